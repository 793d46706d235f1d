//! Which incident an alert belongs to: one a lineage, one an event.

use super::Desk;
use super::ways::Look;
use crate::geo::{Geodetic, LocalPlane, distance_m};
use crate::model::incident::{AlarmState, AlertNote, CasePhase, Incident, IncidentId, Kinship, Member};
use crate::model::{AisState, Alert, Timestamp, Track, TrackId, TrackStatus};

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
    /// Of these, the one about boats that leave a ship: they run to beaches of their own, so that within [`launch_s`](Self::launch_s)
    /// of its alert all that run within a formation's distance on any course but an opposite one are of it.
    pub launch_rule: String,
    /// See there, s: three boats 300 m apart are off and called for within two minutes; one more.
    pub launch_s: f64,
    /// Rules about a boat at a ship: alerts that name one ship within [`ship_within_s`](Self::ship_within_s) are one incident. The boat's
    /// track is often lost in the ship's echo between two of them.
    pub ship_rules: Vec<String>,
    /// See there, s: half an hour, for which a boat rides abeam of a ship.
    pub ship_within_s: f64,
    /// The rule about a boat that leaves a fleet: it is the run that was lost into that fleet within [`hidden_s`](Self::hidden_s), if one alone was.
    pub fleet_rule: String,
    /// See there, s (catalogue R17: a run that hides in a fleet is kept in mind for an hour).
    pub hidden_s: f64,
    /// How far from where it was last seen it may leave the fleet, m: 2 NM, a fleet of 1 NM (R17) and the way until it is told.
    pub hidden_m: f64,
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
    /// Within this after the last look at it, s, it may have turned, and the more by the longer: it was lost in a turn behind an
    /// island. Beyond it what is reached by any turn is half the bay, and somebody else's.
    pub turned_s: f64,
    /// By how much it may have turned, radians, and radians a second of gap: 90° in half a minute.
    pub turned: [f64; 2],
    /// The most that it may have turned, radians: who goes back is another one's way home.
    pub turned_most: f64,
    /// How near to a boat that runs another begins which belongs to it whatever its course, m: it is a second track of it, or both turn.
    pub beside_m: f64,
    /// What a run that nobody sees makes good of the way that its speed allows, from and to.
    pub run_reach: [f64; 2],
    /// How far the place where it is seen again may lie off its old course, and off its new one, radians.
    pub run_off: f64,
}

impl Default for GroupSettings {
    fn default() -> Self {
        Self {
            event_rules: vec!["R15".to_owned()],
            event_within_s: 120.0,
            formation_rules: ["R01", "R07", "R08", "R17", "R18"].map(str::to_owned).to_vec(),
            launch_rule: "R08".to_owned(),
            launch_s: 180.0,
            ship_rules: ["R08", "R09"].map(str::to_owned).to_vec(),
            ship_within_s: 1800.0,
            fleet_rule: "R17".to_owned(),
            hidden_s: 3600.0,
            hidden_m: 3704.0,
            formation_m: 1852.0,
            formation_course: 20f64.to_radians(),
            fresh_s: 30.0,
            reacquire_s: 600.0,
            reacquire_m: [300.0, 0.25],
            reacquire_mps: [3.0, 0.3],
            turned_s: 60.0,
            turned: [20f64.to_radians(), 2.4f64.to_radians()],
            turned_most: 120f64.to_radians(),
            beside_m: 600.0,
            run_reach: [0.5, REACH],
            run_off: 60f64.to_radians(),
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

    pub(super) fn is_about_a_ship(&self, rule: &str) -> bool {
        self.ship_rules.iter().any(|r| r == rule)
    }
}

/// Crafts slower than this have no course to compare, m/s (10 kn).
const FORMATION_MPS: f64 = 10.0 * 1852.0 / 3600.0;

/// A new track may begin while the old one is still being dropped, s (as the tracker's own stitching).
const OVERLAP_S: f64 = 20.0;

/// What a boat makes good in the way of what its speed at both ends allows, at most: it may have been faster between.
const REACH: f64 = 1.15;

/// A run is no slower than this, m/s (20 kn: R07).
const RUN_MPS: f64 = 20.0 * 1852.0 / 3600.0;

/// Not seen for so long before the other began, nor since, it was lost, s: two turns of a coastal radar.
const LOST_S: f64 = 5.0;

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
    if let Some(incident) = of_ship(desk, alert).or_else(|| of_others(desk, alert)) {
        return Some(Home { incident, kinship: Kinship::SameEvent });
    }
    let track = track?;
    if let Some(incident) = reacquired(desk, track) {
        return Some(Home { incident, kinship: Kinship::Reacquired });
    }
    let rule = alert.rule.as_str();
    if !desk.settings.is_formation(rule) {
        return None;
    }
    if let Some(incident) = formation(desk, rule, &Now::of(track), track.id, None) {
        return Some(Home { incident, kinship: Kinship::SameEvent });
    }
    if let Some(incident) = ran_with(desk, alert.track) {
        return Some(Home { incident, kinship: Kinship::SameEvent });
    }
    if let Some(incident) = ran_on(desk, track, None) {
        return Some(Home { incident, kinship: Kinship::Probable });
    }
    // As when the exit joins another rule's alert: it may be the first that is said of the boat.
    let incident = hidden(desk, None, alert, Now::of(track)).filter(|run| desk.incidents.get(run).is_some_and(calls))?;
    Some(Home { incident, kinship: Kinship::SameEvent })
}

/// Whether its alarm may call: another's that merges into one that is judged or on the shelf would fall silent.
fn calls(i: &Incident) -> bool {
    i.alarm != AlarmState::Closed && i.shelved_until.is_none()
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

/// The open incident in which the ship that this alert names was named last.
fn of_ship(desk: &Desk, alert: &Alert) -> Option<IncidentId> {
    if !desk.settings.is_about_a_ship(&alert.rule) {
        return None;
    }
    let lately = |at: &Timestamp| desk.now.seconds_since(*at) <= desk.settings.ship_within_s;
    let named =
        alert.basis.others.iter().filter_map(|ship| desk.ships.get(ship)).filter(|(_, at)| lately(at)).map(|(id, _)| *id);
    named.filter(|id| desk.incidents.get(id).is_some_and(|i| takes(i) && i.alarm != AlarmState::Closed)).min()
}

/// The incident whose craft was lost where and as this one began.
fn reacquired(desk: &Desk, track: &Track) -> Option<IncidentId> {
    let all = desk.incidents.values().filter(|i| takes(i) && i.event_rule.is_none());
    best(desk, track, all.flat_map(|i| i.members.iter().map(move |m| (i.id, m))))
}

/// The same among the crafts that are lost now, for a track that nothing was said about: it carries the lineage on to the next one.
///
/// Only of a confirmed track that surely runs and never sent AIS: of one that did, the tracker knows by its name whose track it goes on. A spike of the
/// sea that shows 12 kn and may as well lie still is nobody's, and as long as it is followed it would say that the boat is.
pub(super) fn carried_on(desk: &Desk, track: &Track) -> Option<IncidentId> {
    if track.status != TrackStatus::Confirmed || track.ais != AisState::None || track.sog_lcb90 < FORMATION_MPS {
        return None;
    }
    let lost = desk.lost.iter().filter_map(|(id, of)| {
        let i = desk.incidents.get(of).filter(|i| takes(i))?;
        Some((i.id, i.members.iter().find(|m| m.track == *id)?))
    });
    best(desk, track, lost)
}

/// Of these members the likeliest whom the track goes on.
fn best<'a>(desk: &Desk, track: &Track, members: impl Iterator<Item = (IncidentId, &'a Member)>) -> Option<IncidentId> {
    let plane = LocalPlane::new(track.origin.position.at_height(0.0));
    let mut best: Option<(f64, IncidentId)> = None;
    for (id, m) in members {
        if let Some(doubt) = doubt(desk, track, m, &plane)
            && best.is_none_or(|(b, _)| doubt < b)
        {
            best = Some((doubt, id));
        }
    }
    best.map(|(_, id)| id)
}

/// How far from what a member would do by now a track has begun: 1 at the limit, `None` beyond it or where the member was not lost.
fn doubt(desk: &Desk, track: &Track, m: &Member, plane: &LocalPlane) -> Option<f64> {
    let settings = &desk.settings;
    let gap = track.born.seconds_since(m.seen);
    if m.track == track.id || is_followed(desk, m) || !(-OVERLAP_S..=settings.reacquire_s).contains(&gap) {
        return None;
    }
    let gap = gap.max(0.0);
    let [e, n] = plane.east_north(Geodetic::from_degrees(m.position[0], m.position[1]));
    let off = (e + m.velocity[0] * gap).hypot(n + m.velocity[1] * gap);
    let (speed, now) = (m.velocity[0].hypot(m.velocity[1]), track.sog());
    let room = settings.reacquire_m[0] + settings.reacquire_m[1] * speed * gap;
    let change = (track.velocity[0] - m.velocity[0]).hypot(track.velocity[1] - m.velocity[1]);
    let change_room = settings.reacquire_mps[0] + settings.reacquire_mps[1] * speed.max(now);
    let straight = (off / room).max(change / change_room);
    // Or it has turned meanwhile: then it lies off its old course by no more than the chord of such a turn, and is as fast as it was.
    let turned = (gap <= settings.turned_s && speed.min(now) >= FORMATION_MPS).then(|| {
        let most = (settings.turned[0] + settings.turned[1] * gap).min(settings.turned_most);
        let cos = (track.velocity[0] * m.velocity[0] + track.velocity[1] * m.velocity[1]) / (speed * now).max(1e-9);
        let room = settings.reacquire_m[0] + 2.0 * (most / 2.0).sin() * speed * gap;
        let reach = settings.reacquire_m[0] + REACH * speed.max(now) * gap;
        let as_fast = (speed - now).abs() / change_room;
        (off / room).max(e.hypot(n) / reach).max(as_fast).max(cos.clamp(-1.0, 1.0).acos() / most)
    });
    Some(turned.map_or(straight, |t| t.min(straight))).filter(|doubt| *doubt <= 1.0)
}

/// The incident of a run that nobody has seen for minutes, if this track began where it can be by then, and no other such run can; but for
/// `not`.
///
/// Wider than [`reacquired`], and so less sure: of two that may be it none is, and what is shelved or judged takes nothing of it.
fn ran_on(desk: &Desk, track: &Track, not: Option<IncidentId>) -> Option<IncidentId> {
    let settings = &desk.settings;
    let plane = LocalPlane::new(track.origin.position.at_height(0.0));
    let mut found = desk.incidents.values().filter(|i| Some(i.id) != not && is_open_run(settings, i)).filter(|i| {
        // All its crafts are lost. Any of them may go on, from any of its looks: the last ones of a track that dies say little of how it ran.
        i.members.iter().all(|m| was_lost(desk, track.born, m))
            && i.members.iter().any(|m| desk.ways.looks(m).any(|look| may_have_run(settings, track, &look, &plane)))
    });
    let one = found.next()?;
    found.next().is_none().then_some(one.id)
}

/// Whether a member was lost when another craft was first seen. That of one which died on slow clutter may have lived on beside it.
fn was_lost(desk: &Desk, began: Timestamp, m: &Member) -> bool {
    let slow = m.velocity[0].hypot(m.velocity[1]) < FORMATION_MPS;
    began.seconds_since(m.seen) >= LOST_S || slow && !is_followed(desk, m)
}

/// Whether a member is followed still: what begins now is another craft.
fn is_followed(desk: &Desk, m: &Member) -> bool {
    !m.ended && desk.now.seconds_since(m.seen) < STILL_SEEN_S
}

/// A run that may take what is only inferred to be of it: neither judged nor on the shelf.
fn is_open_run(settings: &GroupSettings, i: &Incident) -> bool {
    let open = takes(i) && i.event_rule.is_none() && !i.judged && i.shelved_until.is_none();
    open && i.alerts.iter().any(|a| settings.is_formation(&a.rule))
}

/// The member of an incident with which a craft of none runs now, as the boats of a formation do.
pub(super) fn beside(desk: &Desk, track: &Track) -> Option<TrackId> {
    if track.status != TrackStatus::Confirmed || track.ais != AisState::None || !runs(track) {
        return None;
    }
    let (settings, craft) = (&desk.settings, Now::of(track));
    desk.ways.runners().find(|id| {
        let of = desk.by_track.get(id).and_then(|of| desk.incidents.get(of));
        let member = of.and_then(|i| i.members.iter().find(|m| m.track == *id));
        member.is_some_and(|m| together(settings, desk.now, &craft, m, false))
    })
}

/// The run with which the craft ran before anything was said about it: a second boat of a formation, or a second track of one boat, whose first
/// is lost by the time that the second is known well enough to be called for.
fn ran_with(desk: &Desk, track: TrackId) -> Option<IncidentId> {
    let (member, at) = desk.ways.ran_with(track)?;
    let run = desk.by_track.get(&member).and_then(|of| desk.incidents.get(of))?;
    (desk.now.seconds_since(at) <= desk.settings.reacquire_s && is_open_run(&desk.settings, run)).then_some(run.id)
}

/// Whether a craft is fast enough to have a course.
pub(super) fn runs(track: &Track) -> bool {
    track.sog() >= FORMATION_MPS
}

/// Whether a craft that was lost after this look can have run on to where this track began.
fn may_have_run(settings: &GroupSettings, track: &Track, m: &Look, plane: &LocalPlane) -> bool {
    let gap = track.born.seconds_since(m.t);
    let (speed, now) = (m.velocity[0].hypot(m.velocity[1]), track.sog());
    if track.ais != AisState::None
        || !(STILL_SEEN_S..=settings.reacquire_s).contains(&gap)
        || speed < FORMATION_MPS
        || now < RUN_MPS
    {
        return false;
    }
    let [e, n] = plane.east_north(Geodetic::from_degrees(m.position[0], m.position[1]));
    // Its way, east and north.
    let (e, n) = (-e, -n);
    let way = e.hypot(n);
    let [least, most] = settings.run_reach;
    let slack = settings.reacquire_m[0];
    let off = |v: [f64; 2]| ((v[0] * e + v[1] * n) / (v[0].hypot(v[1]) * way).max(1e-9)).clamp(-1.0, 1.0).acos();
    let change_room = settings.reacquire_mps[0] + settings.reacquire_mps[1] * speed.max(now);
    (least * speed.min(now) * gap - slack..=most * speed.max(now) * gap + slack).contains(&way)
        && (speed - now).abs() <= change_room
        && off(m.velocity).max(off(track.velocity)) <= settings.run_off
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
        .find(|i| {
            let is_launch = rule == settings.launch_rule || has_launch(settings, i, desk.now);
            i.members.iter().any(|m| m.track != id && together(settings, desk.now, craft, m, is_launch))
        })
        .map(|i| i.id)
}

/// Whether a ship has launched boats of the incident just now.
fn has_launch(settings: &GroupSettings, i: &Incident, now: Timestamp) -> bool {
    i.alerts.iter().any(|a| a.rule == settings.launch_rule && now.seconds_since(a.raised) <= settings.launch_s)
}

fn together(settings: &GroupSettings, now: Timestamp, craft: &Now, m: &Member, is_launch: bool) -> bool {
    let other = Now::of_member(m);
    let (a, b) = (craft.velocity[0].hypot(craft.velocity[1]), m.velocity[0].hypot(m.velocity[1]));
    let cos = (craft.velocity[0] * m.velocity[0] + craft.velocity[1] * m.velocity[1]) / (a * b).max(1e-9);
    // Beside it, and off a ship, any course but an opposite one.
    let within = if is_launch || cos >= settings.formation_course.cos() { settings.formation_m } else { settings.beside_m };
    !m.ended
        && now.seconds_since(m.seen) <= settings.fresh_s
        && a.min(b) >= FORMATION_MPS
        && cos >= 0.0
        && distance_m(craft.position, other.position) <= within
}

/// Another incident whose craft, by an alert of a formation rule, goes together with one of `id`'s or was lost and is probably this alert's,
/// or whose ship this alert names, and on which nobody works yet. Neither is judged or on the shelf: there the other's alarm would fall silent, a patrol's and that of the boat that it
/// pursues for one.
pub(super) fn same_event(desk: &Desk, id: IncidentId, alert: &Alert, track: Option<&Track>) -> Option<Home> {
    let own = desk.incidents.get(&id).filter(|i| takes(i) && i.event_rule.is_none() && calls(i))?;
    let is_other = |other: &IncidentId| *other != id;
    let goes_with = || {
        if !desk.settings.is_formation(&alert.rule) {
            return None;
        }
        let member = own.members.iter().find(|m| m.track == alert.track)?;
        let named = of_others(desk, alert).filter(is_other);
        named.or_else(|| formation(desk, &alert.rule, &Now::of_member(member), alert.track, Some(id)))
    };
    let leaves = || own.members.iter().find(|m| m.track == alert.track && is_fresh(desk, m)).map(Now::of_member);
    let event = of_ship(desk, alert).filter(is_other).or_else(goes_with);
    let event = event.or_else(|| hidden(desk, Some(id), alert, leaves()?));
    let event = event.filter(|other| desk.incidents.get(other).is_some_and(calls));
    let event = event.map(|incident| Home { incident, kinship: Kinship::SameEvent });
    let other = event.or_else(|| lost_before(desk, own, alert, track?))?;
    // The later of the two gives way: it must not have been worked on.
    let later = desk.incidents.get(&id.max(other.incident))?;
    (later.case == CasePhase::None).then_some(other)
}

/// The incident of the run that this alert's craft goes on, of which a rule that says nothing of a run has spoken first: with its alert it came
/// to an incident of its own, in which its lineage holds it. One that was there while the run was seen is of another craft.
fn lost_before(desk: &Desk, own: &Incident, alert: &Alert, track: &Track) -> Option<Home> {
    let is_said = |a: &AlertNote| a.track == alert.track && a.id != alert.id && desk.settings.is_formation(&a.rule);
    if !desk.settings.is_formation(&alert.rule) || own.alerts.iter().any(is_said) {
        return None;
    }
    let is_before =
        |run: &IncidentId| desk.incidents.get(run).is_some_and(|run| run.members.iter().all(|m| was_lost(desk, own.opened, m)));
    if let Some(incident) = ran_with(desk, alert.track).filter(|run| *run != own.id) {
        return Some(Home { incident, kinship: Kinship::SameEvent });
    }
    let incident = ran_on(desk, track, Some(own.id)).filter(is_before)?;
    Some(Home { incident, kinship: Kinship::Probable })
}

/// The incident of the run that went into the fleet which this alert's craft leaves. Nothing else of it runs any more, and no other run
/// may be it: of two, neither is.
fn hidden(desk: &Desk, own: Option<IncidentId>, alert: &Alert, leaves: Now) -> Option<IncidentId> {
    let settings = &desk.settings;
    let speed = |v: [f64; 2]| v[0].hypot(v[1]);
    if alert.rule != settings.fleet_rule || speed(leaves.velocity) < FORMATION_MPS {
        return None;
    }
    let runs = |m: &Member| is_fresh(desk, m) && speed(m.velocity) >= FORMATION_MPS;
    let was_lost_here = |i: &&Incident| {
        let last = i.members.iter().max_by_key(|m| m.seen);
        last.is_some_and(|m| {
            desk.now.seconds_since(m.seen) <= settings.hidden_s
                && distance_m(Now::of_member(m).position, leaves.position) <= settings.hidden_m
        })
    };
    let mut found = desk
        .incidents
        .values()
        .filter(|i| Some(i.id) != own && takes(i) && i.event_rule.is_none() && !i.judged)
        .filter(|i| i.alerts.iter().any(|a| settings.is_formation(&a.rule)) && !i.members.iter().any(runs))
        .filter(was_lost_here);
    let one = found.next()?;
    found.next().is_none().then_some(one.id)
}

/// Whether a craft has been seen just now.
fn is_fresh(desk: &Desk, m: &Member) -> bool {
    !m.ended && desk.now.seconds_since(m.seen) <= desk.settings.fresh_s
}
