//! Alerts with the craft that they are truly about, and the incidents they make.

use std::collections::BTreeMap;

use crate::geo::{Geodetic, LocalPlane, distance_m};
use crate::model::{Alert, AlertId, Incident, Picture, Suppressed, Timestamp, Track, TrackId};
use crate::sim::coast::{Class, Vessel, World};

/// An alert is about a craft within this of its place, m; beyond it is about nothing. Twice the error of a boat at the edge of
/// coverage (0.25° at 12 NM is 97 m) and of a lag of some seconds at 50 kn.
const ABOUT_M: f64 = 400.0;
/// A track is a sought craft's own where it is nearest to that one of all that are sought, and within this, m …
pub(super) const OWN_M: f64 = 150.0;
/// … at every look for so long, s: four turns of a radar.
const OWN_S: f64 = 10.0;
/// A track found again within this time, on the way of the one lost, is the same incident, s.
const LINEAGE_S: f64 = 600.0;

/// Who an alert is truly about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About {
    /// Number in the truth; `None` where no craft is near.
    pub id: Option<u32>,
    /// What it is.
    pub class: Option<Class>,
    /// Whether the site must find it.
    pub sought: bool,
    /// Distance, m.
    pub off_m: f64,
    /// Its true speed, knots.
    pub kn: f64,
}

/// One alert.
#[derive(Clone, Debug)]
pub struct Said {
    /// When it was said.
    pub t: Timestamp,
    /// The rule.
    pub rule: String,
    /// 1–4.
    pub severity: u8,
    /// The track.
    pub track: TrackId,
    /// Where.
    pub at: Geodetic,
    /// Who it is about.
    pub about: About,
    /// The incident it belongs to.
    pub incident: usize,
    /// Its number, where the product gave one.
    pub alert: Option<AlertId>,
    /// Crafts that the other tracks named in its evidence are of.
    pub named: Vec<u32>,
    /// The track as it was, for people who ask why.
    pub track_was: String,
}

/// An alert that a rule's suppression kept back.
#[derive(Clone, Debug)]
pub struct KeptBack {
    /// When.
    pub t: Timestamp,
    /// The rule.
    pub rule: String,
    /// 1–4.
    pub severity: u8,
    /// By what.
    pub by: String,
    /// Who it would have been about.
    pub about: About,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    t: Timestamp,
    at: Geodetic,
    velocity: [f64; 2],
    incident: usize,
}

/// All that was said in a run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// In order.
    pub said: Vec<Said>,
    /// What was not said.
    pub kept_back: Vec<KeptBack>,
    incidents: usize,
    followed: BTreeMap<TrackId, Last>,
    /// Of tracks that came near a sought craft: which was the nearest, from when to when.
    own: BTreeMap<TrackId, Vec<(Option<u32>, Timestamp, Timestamp)>>,
}

impl Ledger {
    /// Notes an alert that was raised about a state of a track: when it was said, when the state was, where.
    pub fn note(
        &mut self,
        world: &World,
        rule: &str,
        severity: u8,
        track: TrackId,
        (t, true_at, at): (Timestamp, Timestamp, Geodetic),
    ) {
        let about = about(world, true_at, at);
        let incident = self.incident(track, t, at);
        self.said.push(Said {
            t,
            rule: rule.to_owned(),
            severity,
            track,
            at,
            about,
            incident,
            alert: None,
            named: Vec::new(),
            track_was: String::new(),
        });
    }

    /// Notes an alert of the product, which has a number and will have an incident.
    pub fn note_alert(&mut self, world: &World, a: &Alert) {
        let about = about(world, a.t, a.position);
        // Until the desk has said which incident it joins, it is one of its own: numbers of incidents begin at 1. One that has become more severe
        // is where it was: the desk tells nothing of it where the incident was as severe already.
        let before = self.said.iter().rev().find(|s| s.alert == Some(a.id)).map(|s| s.incident);
        let (rule, severity) = (a.rule.clone(), a.severity.level());
        self.said.push(Said {
            t: a.t_out,
            rule,
            severity,
            track: a.track,
            at: a.position,
            about,
            incident: before.unwrap_or(usize::MAX - self.said.len()),
            alert: Some(a.id),
            named: Vec::new(),
            track_was: String::new(),
        });
    }

    /// Notes which crafts the other tracks of an alert are of: who tells that number, or who lies there where none is told.
    pub fn name_others(&mut self, world: &World, picture: &Picture, a: &Alert) {
        let mut named = Vec::new();
        for track in a.basis.others.iter().filter_map(|id| picture.track(*id)) {
            let there = |v: &&Vessel| match track.mmsi {
                Some(_) => v.mmsi == track.mmsi,
                None => off_m(world, v, track.t, track.position).is_some_and(|m| m <= OWN_M),
            };
            named.extend(world.vessels().iter().filter(|v| v.afloat).filter(there).map(|v| v.id));
        }
        if let Some(said) = self.said.iter_mut().rev().find(|s| s.alert == Some(a.id)) {
            said.named = named;
        }
    }

    /// Describes the tracks of what was said at `t` and has no description yet.
    pub fn describe(&mut self, t: Timestamp, was: impl Fn(TrackId) -> String) {
        for said in self.said.iter_mut().rev().take_while(|s| s.t == t && s.track_was.is_empty()) {
            said.track_was = was(said.track);
        }
    }

    /// Notes an alert that was kept back.
    pub fn note_kept_back(&mut self, world: &World, s: &Suppressed) {
        let a = &s.alert;
        let about = about(world, a.t, a.position);
        let (rule, severity, by) = (a.rule.clone(), a.severity.level(), s.by.clone());
        self.kept_back.push(KeptBack { t: a.t_out, rule, severity, by, about });
    }

    /// Notes which alerts an incident holds. One that was merged still lists those that it gave away: they are the other's.
    pub fn group(&mut self, incident: &Incident) {
        if incident.merged_into.is_some() {
            return;
        }
        for note in &incident.alerts {
            for said in self.said.iter_mut().rev().filter(|s| s.alert == Some(note.id)) {
                said.incident = incident.id.0 as usize;
            }
        }
    }

    /// Notes which of the `sought` a track is nearest to.
    pub fn look(&mut self, world: &World, sought: &[&Vessel], track: &Track) {
        let off = |v: &&Vessel| Some((off_m(world, v, track.t, track.position)?, v.id));
        let near = sought.iter().filter_map(off).filter(|(m, _)| *m <= OWN_M).min_by(|a, b| a.0.total_cmp(&b.0));
        self.note_look(track.id, track.t, near.map(|(_, id)| id));
    }

    pub(super) fn note_look(&mut self, track: TrackId, t: Timestamp, near: Option<u32>) {
        if near.is_none() && !self.own.contains_key(&track) {
            return;
        }
        let stretches = self.own.entry(track).or_default();
        match stretches.last_mut() {
            Some((id, _, to)) if *id == near => *to = t.max(*to),
            _ => stretches.push((near, t, t)),
        }
    }

    /// Whether a track was that craft's own for some time between two instants.
    pub fn is_own(&self, track: TrackId, id: u32, from: Timestamp, to: Timestamp) -> bool {
        let within = |a: Timestamp, b: Timestamp| b.min(to).seconds_since(a.max(from)) >= OWN_S;
        self.own.get(&track).is_some_and(|of| of.iter().any(|(of, a, b)| *of == Some(id) && within(*a, *b)))
    }

    /// Follows the tracks that something was said about.
    pub fn follow(&mut self, track: &Track) {
        if let Some(last) = self.followed.get_mut(&track.id) {
            (last.t, last.at, last.velocity) = (track.t, track.position, track.velocity);
        }
    }

    // One lineage is one incident: the same number, or one that begins where a lost one would be by now.
    fn incident(&mut self, track: TrackId, t: Timestamp, at: Geodetic) -> usize {
        if let Some(last) = self.followed.get(&track) {
            return last.incident;
        }
        let found = self.followed.values().filter(|last| continues(last, t, at)).max_by_key(|last| last.t).map(|l| l.incident);
        let incident = found.unwrap_or_else(|| {
            self.incidents += 1;
            self.incidents - 1
        });
        self.followed.insert(track, Last { t, at, velocity: [0.0, 0.0], incident });
        incident
    }
}

fn continues(last: &Last, t: Timestamp, at: Geodetic) -> bool {
    let dt = t.seconds_since(last.t);
    if !(-30.0..LINEAGE_S).contains(&dt) {
        return false;
    }
    let speed = last.velocity[0].hypot(last.velocity[1]);
    let plane = LocalPlane::new(last.at.at_height(0.0));
    let [east, north] = plane.east_north(at);
    let off = [east - last.velocity[0] * dt, north - last.velocity[1] * dt];
    // It may have turned: up to two fifths of the way, and a gate's width at once.
    off[0].hypot(off[1]) < 400.0 + 0.4 * speed * dt.max(0.0)
}

// How far a craft was from a place at a time; most are far, and a quick look tells.
pub(super) fn off_m(world: &World, v: &Vessel, t: Timestamp, at: Geodetic) -> Option<f64> {
    let there = world.place(v);
    if (there.lat - at.lat).abs() > 2e-4 {
        return None;
    }
    let back_s = world.now().seconds_since(t);
    let [east, north] = v.velocity();
    let plane = LocalPlane::new(there.at_height(0.0));
    Some(distance_m(plane.geodetic(-east * back_s, -north * back_s), at))
}

/// Everything afloat with its place now: many tracks are asked at one moment, and a place costs.
pub(super) fn afloat(world: &World) -> Vec<(&Vessel, Geodetic)> {
    world.vessels().iter().filter(|v| v.afloat).map(|v| (v, world.place(v))).collect()
}

/// The craft nearest to a place at a time, if an alert there would be about one.
pub(super) fn nearest<'w>(world: &World, afloat: &[(&'w Vessel, Geodetic)], t: Timestamp, at: Geodetic) -> Option<&'w Vessel> {
    let close = |(_, there): &&(&Vessel, Geodetic)| (there.lat - at.lat).abs() <= 2e-4 && (there.lon - at.lon).abs() <= 4e-4;
    let off = |(v, _): &(&'w Vessel, Geodetic)| Some((off_m(world, v, t, at)?, *v));
    let near = afloat.iter().filter(close).filter_map(off).filter(|(m, _)| *m < ABOUT_M);
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, v)| v)
}

fn about(world: &World, t: Timestamp, at: Geodetic) -> About {
    let mut best: Option<(f64, About)> = None;
    for v in world.vessels().iter().filter(|v| v.afloat) {
        let Some(off_m) = off_m(world, v, t, at) else { continue };
        // Of two craft side by side, the one that is sought is meant: it is what the alert is for.
        let rank = off_m - if v.sought { 150.0 } else { 0.0 };
        if off_m < ABOUT_M && best.is_none_or(|(r, _)| rank < r) {
            let about = About { id: Some(v.id), class: Some(v.class), sought: v.sought, off_m, kn: v.kn() };
            best = Some((rank, about));
        }
    }
    best.map_or(About { id: None, class: None, sought: false, off_m: f64::INFINITY, kn: 0.0 }, |(_, about)| about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::incident::{AlertNote, IncidentId};
    use crate::model::{AlertState, Basis, Severity};
    use crate::sim::coast;

    /// What the desk says of alert 3, of track 7.
    fn note(rule: &str, severity: u8) -> AlertNote {
        AlertNote {
            id: AlertId(3),
            rule: rule.to_owned(),
            severity: Severity::new(severity).unwrap(),
            track: TrackId(7),
            raised: Timestamp::from_secs(1_773_504_000),
            cleared: None,
            position: [22.5, 114.7],
            text_zh: String::new(),
            text_en: String::new(),
        }
    }

    #[test]
    fn what_was_merged_away_counts_as_the_incident_that_took_it() {
        let (t, at) = (Timestamp::from_secs(1_773_504_000), Geodetic::from_degrees(22.5, 114.7));
        let severity = Severity::new(4).unwrap();
        let about = About { id: Some(1), class: None, sought: true, off_m: 0.0, kn: 40.0 };
        let said = Said {
            t,
            rule: "R01".to_owned(),
            severity: 4,
            track: TrackId(7),
            at,
            about,
            incident: 0,
            alert: Some(AlertId(3)),
            named: Vec::new(),
            track_was: String::new(),
        };
        let of =
            |id: u64| Incident { alerts: vec![note("R01", 4)], ..Incident::new(IncidentId(id), t, severity, [22.5, 114.7]) };
        let mut ledger = Ledger { said: vec![said], ..Ledger::default() };
        ledger.group(&of(2));
        assert_eq!(ledger.said[0].incident, 2);
        // The desk tells of the one that takes first, then of the one that is given up, which lists its alerts still.
        ledger.group(&of(1));
        ledger.group(&Incident { merged_into: Some(IncidentId(1)), ..of(2) });
        assert_eq!(ledger.said[0].incident, 1);
    }

    #[test]
    fn an_alert_that_becomes_more_severe_stays_in_its_incident() {
        let world = coast::world(coast::story("null_night").unwrap(), 1);
        let (t, at) = (Timestamp::from_secs(1_773_504_000), Geodetic::from_degrees(22.5, 114.7));
        let alert = |severity: u8| Alert {
            id: AlertId(3),
            rule: "R17".to_owned(),
            severity: Severity::new(severity).unwrap(),
            state: AlertState::Raised,
            track: TrackId(7),
            t,
            t_out: t,
            position: at,
            text_zh: String::new(),
            text_en: String::new(),
            evidence: Vec::new(),
            basis: Basis::default(),
        };
        let mut ledger = Ledger::default();
        ledger.note_alert(&world, &alert(2));
        ledger.group(&Incident {
            alerts: vec![note("R17", 2)],
            ..Incident::new(IncidentId(4), t, alert(4).severity, [22.5, 114.7])
        });
        // The incident is as severe already: the desk has no more to tell.
        ledger.note_alert(&world, &alert(3));
        assert_eq!(ledger.said.iter().map(|s| s.incident).collect::<Vec<_>>(), [4, 4]);
    }
}
