//! Which incident an alert belongs to: one a lineage, one an event.

use super::Desk;
use crate::geo::{Geodetic, LocalPlane, distance_m};
use crate::model::incident::{AlarmState, CasePhase, Incident, IncidentId, Kinship, Member};
use crate::model::{Alert, Timestamp, Track, TrackId};

/// What makes alerts one incident.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSettings {
    /// Rules about the whole sea and not about a craft: their alerts are one incident as long as they come within
    /// [`event_within_s`](Self::event_within_s), and give no lineage, so that a boat among those concerned is not hidden in it.
    pub event_rules: Vec<String>,
    /// See there, s. R15 counts what changes within 120 s.
    pub event_within_s: f64,
    /// Rules whose crafts are one incident when they go together.
    pub formation_rules: Vec<String>,
    /// How close crafts of a formation are, m: 1 NM (R18).
    pub formation_m: f64,
    /// By how much their courses differ, radians: 20° (R18).
    pub formation_course: f64,
    /// How old the last update of a craft may be to say where it is, s: ten turns of a coastal radar.
    pub fresh_s: f64,
    /// For how long after its end a track may be taken up by a new one, s: ten minutes.
    pub reacquire_s: f64,
    /// How far from its extrapolated place a craft may be found again: m, and m a second of gap for each m/s of its speed. A boat
    /// that weaves by ±45° makes good 90 % of its way on average, and 25 % covers a change of course by 15°.
    pub reacquire_m: [f64; 2],
    /// By how much its velocity may differ: m/s, and share of the faster of the two speeds.
    pub reacquire_mps: [f64; 2],
}

impl Default for GroupSettings {
    fn default() -> Self {
        Self {
            event_rules: vec!["R15".to_owned()],
            event_within_s: 120.0,
            formation_rules: vec!["R01".to_owned(), "R18".to_owned()],
            formation_m: 1852.0,
            formation_course: 20f64.to_radians(),
            fresh_s: 30.0,
            reacquire_s: 600.0,
            reacquire_m: [300.0, 0.25],
            reacquire_mps: [3.0, 0.3],
        }
    }
}

impl GroupSettings {
    pub(super) fn is_event(&self, rule: &str) -> bool {
        self.event_rules.iter().any(|r| r == rule)
    }

    fn is_formation(&self, rule: &str) -> bool {
        self.formation_rules.iter().any(|r| r == rule)
    }
}

/// Crafts slower than this have no course to compare, m/s (10 kn).
const FORMATION_MPS: f64 = 10.0 * 1852.0 / 3600.0;

/// A new track may begin while the old one is still being dropped, s (as the tracker's own stitching).
const OVERLAP_S: f64 = 20.0;

/// A fresh look at a lineage that is still followed: it cannot have been lost.
const STILL_SEEN_S: f64 = 15.0;

/// Where an alert belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub incident: IncidentId,
    pub kinship: Kinship,
}

/// The incident that the alert belongs to; `None` for a new one.
pub(super) fn home(desk: &Desk, alert: &Alert, track: Option<&Track>) -> Option<Home> {
    if desk.settings.is_event(&alert.rule) {
        let incident = desk
            .incidents
            .values()
            .rev()
            .find(|i| i.event_rule.as_deref() == Some(&alert.rule) && takes(i) && event_lasts(desk, i))?;
        return Some(Home { incident: incident.id, kinship: Kinship::SameEvent });
    }
    if let Some(id) = lineage(desk, alert.track, track) {
        return desk.incidents.get(&id).filter(|i| takes(i)).map(|i| Home { incident: i.id, kinship: Kinship::Alerted });
    }
    if let Some(incident) = of_others(desk, alert) {
        return Some(Home { incident, kinship: Kinship::SameEvent });
    }
    let track = track?;
    if let Some(incident) = reacquired(desk, track) {
        return Some(Home { incident, kinship: Kinship::Reacquired });
    }
    let rule = alert.rule.as_str();
    let incident =
        desk.settings.is_formation(rule).then(|| formation(desk, rule, &Now::of(track), track.id, None)).flatten()?;
    Some(Home { incident, kinship: Kinship::SameEvent })
}

/// Whether further alerts may join it.
fn takes(i: &Incident) -> bool {
    i.case != CasePhase::Archived && i.merged_into.is_none()
}

fn event_lasts(desk: &Desk, i: &Incident) -> bool {
    i.is_active() || i.alerts.iter().any(|a| desk.now.seconds_since(a.raised) <= desk.settings.event_within_s)
}

fn lineage(desk: &Desk, id: TrackId, track: Option<&Track>) -> Option<IncidentId> {
    let linked = || track.and_then(|t| t.origin.link).and_then(|l| desk.by_track.get(&l.from));
    desk.by_track.get(&id).or_else(linked).copied()
}

/// The incident of another craft that this alert is about as well, where that one is there for the same rule: the two sides of one
/// meeting, or the boats of one formation.
fn of_others(desk: &Desk, alert: &Alert) -> Option<IncidentId> {
    let kin = |rule: &str| rule == alert.rule || (desk.settings.is_formation(rule) && desk.settings.is_formation(&alert.rule));
    let open = |id: &&IncidentId| {
        desk.incidents
            .get(id)
            .is_some_and(|i| takes(i) && i.alarm != AlarmState::Closed && i.alerts.iter().any(|a| kin(&a.rule)))
    };
    alert.basis.others.iter().filter_map(|t| desk.by_track.get(t)).filter(open).min().copied()
}

/// The incident whose craft was lost where and as this one began.
fn reacquired(desk: &Desk, track: &Track) -> Option<IncidentId> {
    let settings = &desk.settings;
    let plane = LocalPlane::new(track.origin.position.at_height(0.0));
    let mut best: Option<(f64, IncidentId)> = None;
    for incident in desk.incidents.values().filter(|i| takes(i) && i.event_rule.is_none()) {
        for m in &incident.members {
            let gap = track.born.seconds_since(m.seen);
            let followed = !m.ended && desk.now.seconds_since(m.seen) < STILL_SEEN_S;
            if m.track == track.id || followed || !(-OVERLAP_S..=settings.reacquire_s).contains(&gap) {
                continue;
            }
            let gap = gap.max(0.0);
            let [e, n] = plane.east_north(Geodetic::from_degrees(m.position[0], m.position[1]));
            let off = (e + m.velocity[0] * gap).hypot(n + m.velocity[1] * gap);
            let speed = m.velocity[0].hypot(m.velocity[1]);
            let room = settings.reacquire_m[0] + settings.reacquire_m[1] * speed * gap;
            let change = (track.velocity[0] - m.velocity[0]).hypot(track.velocity[1] - m.velocity[1]);
            let change_room = settings.reacquire_mps[0] + settings.reacquire_mps[1] * speed.max(track.sog());
            let doubt = (off / room).max(change / change_room);
            if doubt <= 1.0 && best.is_none_or(|(b, _)| doubt < b) {
                best = Some((doubt, incident.id));
            }
        }
    }
    best.map(|(_, id)| id)
}

/// Where a craft is and how it moves.
struct Now {
    position: Geodetic,
    velocity: [f64; 2],
}

impl Now {
    fn of(track: &Track) -> Self {
        Self { position: track.position, velocity: track.velocity }
    }

    fn of_member(m: &Member) -> Self {
        Self { position: Geodetic::from_degrees(m.position[0], m.position[1]), velocity: m.velocity }
    }
}

/// The open incident of the same kind of which a craft goes together with this one, but for `not`; the oldest.
fn formation(desk: &Desk, rule: &str, craft: &Now, id: TrackId, not: Option<IncidentId>) -> Option<IncidentId> {
    let settings = &desk.settings;
    desk.incidents
        .values()
        .filter(|i| takes(i) && i.event_rule.is_none() && i.alarm != AlarmState::Closed && Some(i.id) != not)
        .filter(|i| i.alerts.iter().any(|a| a.rule == rule || settings.is_formation(&a.rule)))
        .find(|i| i.members.iter().any(|m| m.track != id && together(settings, desk.now, craft, m)))
        .map(|i| i.id)
}

fn together(settings: &GroupSettings, now: Timestamp, craft: &Now, m: &Member) -> bool {
    let other = Now::of_member(m);
    let (a, b) = (craft.velocity[0].hypot(craft.velocity[1]), m.velocity[0].hypot(m.velocity[1]));
    let cos = (craft.velocity[0] * m.velocity[0] + craft.velocity[1] * m.velocity[1]) / (a * b).max(1e-9);
    !m.ended
        && now.seconds_since(m.seen) <= settings.fresh_s
        && a.min(b) >= FORMATION_MPS
        && cos >= settings.formation_course.cos()
        && distance_m(craft.position, other.position) <= settings.formation_m
}

/// Another incident whose craft, by an alert of a formation rule, goes together with one of `id`'s, and on which nobody works yet.
pub(super) fn same_formation(desk: &Desk, id: IncidentId, alert: &Alert) -> Option<IncidentId> {
    if !desk.settings.is_formation(&alert.rule) {
        return None;
    }
    let own = desk.incidents.get(&id).filter(|i| takes(i))?;
    let member = own.members.iter().find(|m| m.track == alert.track)?;
    let named = of_others(desk, alert).filter(|other| *other != id);
    let other = named.or_else(|| formation(desk, &alert.rule, &Now::of_member(member), alert.track, Some(id)))?;
    // The later of the two gives way: it must not have been worked on.
    let later = desk.incidents.get(&id.max(other))?;
    (later.case == CasePhase::None && later.shelved_until.is_none()).then_some(other)
}
