//! The desk: keeps incidents, applies alerts and time to them, tells each change as an event.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alarm::{due, settle};
use super::group::{self, GroupSettings, Home};
use super::ways::Ways;
use crate::geo::Geodetic;
use crate::model::incident::{
    AlarmState, AlertNote, CasePhase, Change, Entry, HandOver, HandOverId, Incident, IncidentEvent, IncidentId, Kinship,
    MAX_ALERTS, MAX_LOG, MAX_MEMBERS, MAX_TASKS, Member, Unit, UnitName,
};
use crate::model::{Actor, Alert, AlertId, AlertState, Severity, Timestamp, Track, TrackId, TrackStatus};

/// Incidents kept at hand. Beyond it those go that are over, then the one that has not changed for longest; the record and the
/// store keep all. EEMUA 191 calls 10 alarms in ten minutes a flood: this is the flood of two weeks.
const MAX_INCIDENTS: usize = 20_000;

/// An incident that is over is kept at hand for this long, s: a note or a new alert of the same craft still finds it.
const KEEP_OVER_S: f64 = 24.0 * 3600.0;

/// How often what is over is looked for, s.
const SWEEP_S: f64 = 60.0;

/// What the desk has counted since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeskCounts {
    /// Alerts raised.
    pub alerts: u64,
    /// Incidents opened.
    pub incidents: u64,
    /// Alerts that joined an incident there was already.
    pub joined: u64,
    /// Incidents that were closed and opened again.
    pub reopened: u64,
    /// Orders that were not carried out.
    pub refused: u64,
    /// Incidents that had to go although they were not over.
    pub evicted: u64,
}

/// Keeps incidents. A deterministic function of the calls made on it.
#[derive(Clone, Debug)]
pub struct Desk {
    pub(super) settings: GroupSettings,
    pub(super) incidents: BTreeMap<IncidentId, Incident>,
    pub(super) units: BTreeMap<UnitName, Unit>,
    pub(super) hand_overs: BTreeMap<HandOverId, HandOver>,
    // The incident to whose lineage a track belongs, and to which an active alert does.
    pub(super) by_track: BTreeMap<TrackId, IncidentId>,
    pub(super) by_alert: BTreeMap<AlertId, IncidentId>,
    // Of these tracks of incidents nothing is seen now: a new track may go them on.
    pub(super) lost: BTreeMap<TrackId, IncidentId>,
    // How the tracks of incidents ran some looks back.
    pub(super) ways: Ways,
    // The incident in which a ship was named last, and when. A restart forgets it: numbers of tracks are new then.
    pub(super) ships: BTreeMap<TrackId, (IncidentId, Timestamp)>,
    pub(super) first_number: u64,
    pub(super) next_incident: u64,
    pub(super) next_event: u64,
    pub(super) next_hand_over: u64,
    pub(super) now: Timestamp,
    swept: Timestamp,
    // Nothing ends by itself before.
    pub(super) due: Timestamp,
    pub(super) counts: DeskCounts,
}

impl Default for Desk {
    fn default() -> Self {
        Self::new(GroupSettings::default())
    }
}

impl Desk {
    /// A desk with nothing on it.
    pub fn new(settings: GroupSettings) -> Self {
        Self {
            settings,
            incidents: BTreeMap::new(),
            units: BTreeMap::new(),
            hand_overs: BTreeMap::new(),
            by_track: BTreeMap::new(),
            by_alert: BTreeMap::new(),
            lost: BTreeMap::new(),
            ways: Ways::default(),
            ships: BTreeMap::new(),
            first_number: 1,
            next_incident: 1,
            next_event: 1,
            next_hand_over: 1,
            now: Timestamp::MIN,
            swept: Timestamp::MIN,
            due: Timestamp::MAX,
            counts: DeskCounts::default(),
        }
    }

    /// Numbers incidents, events and hand-overs to come from `first` on.
    pub fn number_from(&mut self, first: u64) {
        self.first_number = first;
        (self.next_incident, self.next_event, self.next_hand_over) = (first, first, first);
    }

    /// Incidents at hand, by number.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// The incident of that number.
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        self.incidents.get(&id)
    }

    /// Units, by name.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }

    /// Hand-overs that wait for the second signature, by number.
    pub fn hand_overs(&self) -> impl Iterator<Item = &HandOver> {
        self.hand_overs.values()
    }

    /// What was counted.
    pub fn counts(&self) -> DeskCounts {
        self.counts
    }

    /// Applies what one event caused: updates of tracks, then alerts, then the passing of time up to `now`.
    pub fn apply(&mut self, now: Timestamp, tracks: &[Track], alerts: &[Alert], out: &mut Vec<IncidentEvent>) {
        self.now = self.now.max(now);
        if !self.by_track.is_empty() {
            for track in tracks {
                self.follow(track, out);
            }
        }
        for alert in alerts {
            match alert.state {
                AlertState::Raised => self.raised(alert, tracks, out),
                AlertState::Cleared => self.cleared(alert, out),
            }
        }
        self.advance(now, out);
    }

    /// Lets time pass: what ends by itself ends.
    pub fn advance(&mut self, now: Timestamp, out: &mut Vec<IncidentEvent>) {
        self.now = self.now.max(now);
        if self.now >= self.due {
            self.expire(out);
        }
        if self.now.seconds_since(self.swept) >= SWEEP_S {
            self.sweep();
        }
    }

    fn expire(&mut self, out: &mut Vec<IncidentEvent>) {
        let now = self.now;
        let over: Vec<IncidentId> =
            self.incidents.values().filter(|i| due(i).is_some_and(|d| d <= now)).map(|i| i.id).collect();
        for id in over {
            if self.incidents.get(&id).is_some_and(|i| i.silenced_until.is_some_and(|until| until <= now)) {
                self.change(id, None, Change::SilenceExpired, |i| i.silenced_until = None, out);
            }
            if self.incidents.get(&id).is_some_and(|i| i.shelved_until.as_ref().is_some_and(|(until, _)| *until <= now)) {
                self.change(id, None, Change::ShelfExpired, |i| i.shelved_until = None, out);
            }
        }
        self.due = self.incidents.values().filter_map(due).min().unwrap_or(Timestamp::MAX);
    }

    fn sweep(&mut self) {
        self.swept = self.now;
        let now = self.now;
        let (incidents, within_s) = (&self.incidents, self.settings.reacquire_s);
        self.lost.retain(|track, of| {
            let member = incidents.get(of).and_then(|i| i.members.iter().find(|m| m.track == *track));
            member.is_some_and(|m| now.seconds_since(m.seen) <= within_s)
        });
        self.ways.sweep(now, within_s);
        let ship_within_s = self.settings.ship_within_s;
        self.ships.retain(|_, (_, at)| now.seconds_since(*at) <= ship_within_s);
        let over: Vec<IncidentId> = self
            .incidents
            .values()
            .filter(|i| {
                (i.is_over() || i.merged_into.is_some()) && !i.has_condition() && now.seconds_since(i.changed) > KEEP_OVER_S
            })
            .map(|i| i.id)
            .collect();
        for id in over {
            self.forget(id);
        }
        while self.incidents.len() > MAX_INCIDENTS {
            let Some(id) = self.incidents.values().min_by_key(|i| (!i.is_over(), i.changed, i.id)).map(|i| (i.id, i.is_over()))
            else {
                break;
            };
            self.counts.evicted += u64::from(!id.1);
            self.forget(id.0);
        }
    }

    fn forget(&mut self, id: IncidentId) {
        if self.incidents.remove(&id).is_none() {
            return;
        }
        // Not by its members: of a great formation it does not list all.
        self.by_track.retain(|_, of| *of != id);
        self.by_alert.retain(|_, of| *of != id);
        self.lost.retain(|_, of| *of != id);
    }

    /// Keeps in mind where the members of lineages are.
    fn follow(&mut self, track: &Track, out: &mut Vec<IncidentEvent>) {
        let id = match self.by_track.get(&track.id) {
            Some(id) => *id,
            None => {
                if let Some(member) = group::beside(self, track) {
                    self.ways.note_beside(track.id, member, self.now);
                }
                // The tracker says that this one goes on another; or it begins where one was lost, and is perhaps lost in its turn
                // before a rule speaks of it.
                let linked = track.origin.link.and_then(|link| self.by_track.get(&link.from)).copied();
                let (id, kinship) = match linked {
                    Some(id) => (id, Kinship::Linked),
                    None if self.lost.is_empty() => return,
                    None => match group::carried_on(self, track) {
                        Some(id) => (id, Kinship::Reacquired),
                        None => return,
                    },
                };
                self.join_track(id, track, kinship, out);
                id
            }
        };
        let Some(incident) = self.incidents.get_mut(&id) else { return };
        if let Some(member) = incident.members.iter_mut().find(|m| m.track == track.id) {
            incident.position = degrees(track.position);
            member.ended = track.status == TrackStatus::Deleted;
            // Where it was last seen, not where it would be by now: it may have turned when it was lost.
            if matches!(track.status, TrackStatus::Confirmed | TrackStatus::Tentative) {
                (member.seen, member.position, member.velocity) = (track.t, degrees(track.position), track.velocity);
                self.lost.remove(&track.id);
                if incident.event_rule.is_none() && group::runs(track) {
                    self.ways.note(track);
                }
            } else if incident.event_rule.is_none() {
                self.lost.insert(track.id, id);
            }
        }
    }

    pub(super) fn join_track(&mut self, id: IncidentId, track: &Track, kinship: Kinship, out: &mut Vec<IncidentEvent>) {
        let Some(incident) = self.incidents.get_mut(&id) else { return };
        if incident.has_track(track.id) || incident.members.len() >= MAX_MEMBERS {
            return;
        }
        incident.members.push(member(track, kinship));
        if incident.event_rule.is_none() {
            self.by_track.insert(track.id, id);
        }
        self.change(id, None, Change::TrackJoined { track: track.id, kinship }, |_| {}, out);
    }

    fn raised(&mut self, alert: &Alert, tracks: &[Track], out: &mut Vec<IncidentEvent>) {
        if let Some(id) = self.by_alert.get(&alert.id).copied() {
            // The rule has raised its severity.
            self.note_alert(id, alert);
            self.escalate(id, alert.severity, out);
            return;
        }
        self.counts.alerts += 1;
        let track = tracks.iter().rev().find(|t| t.id == alert.track);
        match group::home(self, alert, track) {
            Some(Home { incident, kinship }) => self.join(incident, kinship, alert, track, out),
            None => self.open(alert, track, out),
        }
        if self.settings.is_about_a_ship(&alert.rule)
            && let Some(&id) = self.by_alert.get(&alert.id)
        {
            self.ships.extend(alert.basis.others.iter().map(|ship| (*ship, (id, self.now))));
        }
    }

    fn open(&mut self, alert: &Alert, track: Option<&Track>, out: &mut Vec<IncidentEvent>) {
        let previous = self.by_track.get(&alert.track).copied();
        let id = self.begin(alert.severity, degrees(alert.position));
        let event_rule = self.settings.is_event(&alert.rule).then(|| alert.rule.clone());
        if event_rule.is_none() {
            self.by_track.insert(alert.track, id);
        }
        if let Some(incident) = self.incidents.get_mut(&id) {
            incident.event_rule = event_rule;
            incident.previous = previous;
            incident.members.extend(track.map(|t| member(t, Kinship::Alerted)));
            if track.is_none() {
                incident.members.push(Member {
                    track: alert.track,
                    kinship: Kinship::Alerted,
                    seen: alert.t,
                    position: degrees(alert.position),
                    velocity: [0.0; 2],
                    ended: false,
                });
            }
        }
        self.note_alert(id, alert);
        let change = Change::Opened { rule: Some(alert.rule.clone()), text: alert.text_en.clone() };
        self.change(id, None, change, |_| {}, out);
    }

    /// A new incident, not yet told of.
    pub(super) fn begin(&mut self, severity: Severity, position: [f64; 2]) -> IncidentId {
        let id = IncidentId(self.next_incident);
        self.next_incident += 1;
        self.counts.incidents += 1;
        self.incidents.insert(id, Incident::new(id, self.now, severity, position));
        id
    }

    fn join(&mut self, id: IncidentId, kinship: Kinship, alert: &Alert, track: Option<&Track>, out: &mut Vec<IncidentEvent>) {
        self.counts.joined += 1;
        let Some(incident) = self.incidents.get_mut(&id) else { return };
        incident.joined_alerts += 1;
        let (rule, was) = (alert.rule.clone(), incident.alarm);
        let news = alert.severity > incident.severity || !incident.rules().contains(&rule.as_str());
        // Another craft in an event that someone has seen is news; a further ship whose AIS fell silent with the others is not.
        // So is one that is only probably the craft that they saw.
        let another = kinship == Kinship::SameEvent && incident.event_rule.is_none() || kinship == Kinship::Probable;
        // That it is the craft that was judged is inferred: the judgement does not cover it.
        let inferred = incident.members.iter().any(|m| m.track == alert.track && m.kinship == Kinship::Reacquired)
            && !incident.alerts.iter().any(|a| a.track == alert.track);
        let again = was == AlarmState::Closed && (!incident.judged || news || another || inferred);
        if kinship != Kinship::Alerted
            && let Some(track) = track
        {
            self.join_track(id, track, kinship, out);
        }
        self.note_alert(id, alert);
        // Who took it for a false alarm did not know of this: a second person must not confirm what nobody has looked at.
        let renew = |i: &mut Incident| {
            if news || another || inferred {
                i.false_alarm_proposed = None;
            }
        };
        self.change(id, None, Change::AlertJoined { alert: alert.id, rule, kinship }, renew, out);
        if again {
            self.counts.reopened += 1;
            let severity = alert.severity;
            self.change(
                id,
                None,
                Change::Reopened { alert: alert.id },
                |i| {
                    i.judged = false;
                    i.reviewed = false;
                    (i.false_alarm, i.false_alarm_by) = (None, None);
                    i.acknowledged = None;
                    i.severity = i.severity.max(severity);
                },
                out,
            );
        } else if another && was == AlarmState::Acknowledged {
            self.change(id, None, Change::Escalated { severity: alert.severity }, |i| i.acknowledged = None, out);
        }
        self.escalate(id, alert.severity, out);
        self.merge_events(id, alert, track, out);
    }

    /// A higher severity is a new reason to look: off the shelf, and unacknowledged again.
    fn escalate(&mut self, id: IncidentId, severity: Severity, out: &mut Vec<IncidentEvent>) {
        let Some(incident) = self.incidents.get(&id) else { return };
        if severity <= incident.severity {
            return;
        }
        if incident.shelved_until.is_some() {
            self.change(id, None, Change::Unshelved, |i| i.shelved_until = None, out);
        }
        self.change(
            id,
            None,
            Change::Escalated { severity },
            |i| {
                i.severity = severity;
                i.acknowledged = None;
                i.silenced_until = None;
                i.judged = false;
                (i.false_alarm, i.false_alarm_by, i.false_alarm_proposed) = (None, None, None);
            },
            out,
        );
    }

    /// Two incidents whose crafts turn out to go together become one, unless someone works on the second already.
    fn merge_events(&mut self, into: IncidentId, alert: &Alert, track: Option<&Track>, out: &mut Vec<IncidentEvent>) {
        let Some(Home { incident: from, kinship }) = group::same_event(self, into, alert, track) else { return };
        let (into, from) = (into.min(from), into.max(from));
        let Some(moved) = self.incidents.get(&from).cloned() else { return };
        let all = self.by_track.values_mut().chain(self.by_alert.values_mut()).chain(self.lost.values_mut());
        for of in all.chain(self.ships.values_mut().map(|(of, _)| of)).filter(|of| **of == from) {
            *of = into;
        }
        let (known, was_seen) = self.incidents.get(&into).map(|i| (i.severity, i.acknowledged.is_some())).unwrap_or_default();
        self.change(
            into,
            None,
            Change::Absorbed { incident: from },
            |i| {
                let room = MAX_MEMBERS.saturating_sub(i.members.len());
                i.members.extend(moved.members.iter().take(room).map(|m| Member { kinship, ..m.clone() }));
                i.joined_alerts += moved.joined_alerts + 1;
                for note in &moved.alerts {
                    push_alert(i, note.clone());
                }
                i.alerts.sort_by_key(|a| (a.raised, a.id));
                i.unlisted_active += moved.unlisted_active;
                i.by_hand |= moved.by_hand && !moved.judged;
                // Who took it for a false alarm did not know of these crafts.
                i.false_alarm_proposed = None;
                let known = i.proposals.len();
                i.proposals.extend(moved.proposals.iter().cloned());
                i.proposals.truncate(known.max(MAX_TASKS));
            },
            out,
        );
        // The condition goes with the alerts: what was merged has none of its own.
        self.change(
            from,
            None,
            Change::Merged { into },
            |i| {
                i.merged_into = Some(into);
                i.shelved_until = None;
                i.unlisted_active = 0;
                i.proposals.clear();
                for note in &mut i.alerts {
                    note.cleared.get_or_insert(note.raised);
                }
            },
            out,
        );
        if moved.severity > known {
            self.escalate(into, moved.severity, out);
        } else if was_seen && moved.acknowledged.is_none() {
            // Of this boat nobody knows yet.
            self.change(into, None, Change::Escalated { severity: known }, |i| i.acknowledged = None, out);
        }
    }

    fn cleared(&mut self, alert: &Alert, out: &mut Vec<IncidentEvent>) {
        let Some(id) = self.by_alert.remove(&alert.id) else { return };
        let was_active = self.incidents.get(&id).is_some_and(Incident::is_active);
        let at = self.now;
        self.change(
            id,
            None,
            Change::AlertCleared { alert: alert.id },
            |i| match i.alerts.iter_mut().find(|a| a.id == alert.id) {
                Some(note) => note.cleared = Some(at),
                None => i.unlisted_active = i.unlisted_active.saturating_sub(1),
            },
            out,
        );
        if was_active && self.incidents.get(&id).is_some_and(|i| !i.is_active()) {
            self.change(id, None, Change::Rectified, |_| {}, out);
        }
    }

    fn note_alert(&mut self, id: IncidentId, alert: &Alert) {
        self.by_alert.insert(alert.id, id);
        let at = self.now;
        let Some(incident) = self.incidents.get_mut(&id) else { return };
        if let Some(note) = incident.alerts.iter_mut().find(|a| a.id == alert.id) {
            note.severity = note.severity.max(alert.severity);
            (note.text_zh, note.text_en) = (alert.text_zh.clone(), alert.text_en.clone());
            return;
        }
        incident.position = degrees(alert.position);
        push_alert(
            incident,
            AlertNote {
                id: alert.id,
                rule: alert.rule.clone(),
                severity: alert.severity,
                track: alert.track,
                raised: at,
                cleared: None,
                position: degrees(alert.position),
                text_zh: alert.text_zh.clone(),
                text_en: alert.text_en.clone(),
            },
        );
    }

    /// Makes a change, brings the states in line, notes it in the log and tells it.
    pub(super) fn change(
        &mut self,
        id: IncidentId,
        actor: Option<&Actor>,
        change: Change,
        make: impl FnOnce(&mut Incident),
        out: &mut Vec<IncidentEvent>,
    ) {
        let at = self.now;
        let Some(incident) = self.incidents.get_mut(&id) else { return };
        make(incident);
        let was = incident.alarm;
        settle(incident);
        incident.changed = at;
        log(incident, Entry { at, actor: actor.cloned(), change: change.clone() });
        let closed = incident.alarm == AlarmState::Closed && was != AlarmState::Closed && !matches!(change, Change::Closed);
        if let Some(d) = due(incident) {
            self.due = self.due.min(d);
        }
        let told = Arc::new(incident.clone());
        self.tell(actor, change, Some(told), out);
        if closed {
            self.change(id, None, Change::Closed, nothing, out);
        }
    }

    /// Tells what belongs to no incident, or does not change it.
    pub(super) fn tell(
        &mut self,
        actor: Option<&Actor>,
        change: Change,
        incident: Option<Arc<Incident>>,
        out: &mut Vec<IncidentEvent>,
    ) {
        out.push(IncidentEvent { number: self.next_event, at: self.now, actor: actor.cloned(), change, incident });
        self.next_event += 1;
    }

    /// Tells that rules, lists or zones were loaded, or not: the engine does it, the desk has the log.
    pub fn note(&mut self, now: Timestamp, actor: &Actor, change: Change, out: &mut Vec<IncidentEvent>) {
        self.now = self.now.max(now);
        self.tell(Some(actor), change, None, out);
    }
}

/// Changes no fact. A function and not a closure: `change` calls itself with it.
fn nothing(_: &mut Incident) {}

pub(super) fn degrees(at: Geodetic) -> [f64; 2] {
    [at.lat_deg(), at.lon_deg()]
}

pub(super) fn member(track: &Track, kinship: Kinship) -> Member {
    Member {
        track: track.id,
        kinship,
        seen: track.t,
        position: degrees(track.position),
        velocity: track.velocity,
        ended: track.status == TrackStatus::Deleted,
    }
}

/// Adds an alert; the oldest that is over gives way, and where none is over the new one is only counted.
fn push_alert(incident: &mut Incident, note: AlertNote) {
    if incident.alerts.len() >= MAX_ALERTS {
        match incident.alerts.iter().position(|a| a.cleared.is_some()) {
            Some(old) => {
                incident.alerts.remove(old);
            }
            None => {
                incident.unlisted_active += u32::from(note.cleared.is_none());
                return;
            }
        }
    }
    incident.alerts.push(note);
}

fn log(incident: &mut Incident, entry: Entry) {
    incident.log_total += 1;
    if incident.log.len() >= MAX_LOG {
        // How it began stays.
        incident.log.remove(1);
    }
    incident.log.push(entry);
}

/// Whether a phase is one in which units are busy.
pub(super) const fn at_work(phase: CasePhase) -> bool {
    matches!(phase, CasePhase::Dispatched | CasePhase::Accepted | CasePhase::OnScene)
}
