//! What must outlive a restart: out of the desk, into the record, and back onto a desk.
//!
//! A watch that is started again takes in the end of its record, with numbers of its own for tracks and alerts. Incidents are older
//! than that, and officers know them by their numbers. So the new run writes into its record, as a command, what was open; a replay
//! comes to it at the same place. What the new run has raised in the meantime and is the same alert again joins the incident it
//! belongs to.

use super::Desk;
use super::alarm::settle;
use crate::geo::{Geodetic, distance_m};
use crate::model::incident::{
    AlertNote, Change, Incident, IncidentEvent, IncidentId, Kinship, MAX_ALERTS, MAX_MEMBERS, Member, Saved,
};
use crate::model::{AlertId, TrackId};

/// Two alerts of one rule are the same one, raised again from the record, if no more than this is between them: s and m. The state of
/// a tracker that begins in the middle of a record differs from the old one's for some turns of the radar.
const SAME_S: f64 = 60.0;
const SAME_M: f64 = 1500.0;

impl Desk {
    /// What a later run must know.
    pub fn saved(&self) -> Saved {
        Saved {
            incidents: self.incidents.values().filter(|i| Saved::keeps(i, self.now)).cloned().collect(),
            units: self.units.values().cloned().collect(),
            hand_overs: self.hand_overs.values().cloned().collect(),
        }
    }

    /// Takes up what an earlier run has saved.
    pub(super) fn resume(&mut self, saved: &Saved, out: &mut Vec<IncidentEvent>) {
        for unit in &saved.units {
            self.units.insert(unit.name.clone(), unit.clone());
        }
        for hand_over in &saved.hand_overs {
            self.next_hand_over = self.next_hand_over.max(hand_over.id.0 + 1);
            self.hand_overs.insert(hand_over.id, hand_over.clone());
        }
        // What this run has raised while it took in the record; not what an earlier command of this kind has brought.
        let fresh: Vec<IncidentId> = self.incidents.range(IncidentId(self.first_number)..).map(|(id, _)| *id).collect();
        for old in &saved.incidents {
            if self.incidents.contains_key(&old.id) {
                continue;
            }
            self.next_incident = self.next_incident.max(old.id.0 + 1);
            self.incidents.insert(old.id, old.clone());
            for member in &old.members {
                // Numbers of the old run: no track bears them any more.
                self.by_track.entry(member.track).or_insert(old.id);
            }
            self.rejoin(old.id, &fresh);
        }
        // Silently raised while the record was taken in, or saved: nobody has been told yet.
        let silent = |i: &&Incident| !i.log.last().is_some_and(|e| e.change == Change::Resumed);
        let told: Vec<IncidentId> = self.incidents.values().filter(silent).map(|i| i.id).collect();
        for id in told {
            self.change(id, None, Change::Resumed, |_| {}, out);
        }
    }

    /// Moves alerts and tracks of this run, which are those of the incident again, to it; its own old alerts are over.
    fn rejoin(&mut self, id: IncidentId, fresh: &[IncidentId]) {
        let now = self.now;
        let Some(mut old) = self.incidents.remove(&id) else { return };
        for member in &mut old.members {
            member.ended = true;
        }
        let mut notes: Vec<(AlertId, TrackId)> = Vec::new();
        let mut emptied = Vec::new();
        for from in fresh {
            let Some(new) = self.incidents.get(from) else { continue };
            if new.alerts.is_empty() || !new.alerts.iter().any(|a| old.alerts.iter().any(|b| same(a, b))) {
                continue;
            }
            for a in &new.alerts {
                // Each of an earlier run is taken up once: of five boats that ran abreast each has its own alert.
                let is_taken = |b: &AlertNote| notes.iter().any(|(id, _)| *id == b.id);
                match old.alerts.iter_mut().find(|b| same(a, b) && !is_taken(b)) {
                    Some(b) => *b = AlertNote { raised: b.raised, severity: a.severity.max(b.severity), ..a.clone() },
                    None => old.alerts.push(a.clone()),
                }
                notes.push((a.id, a.track));
            }
            old.members.extend(new.members.iter().map(|m| Member { kinship: Kinship::Restart, ..m.clone() }));
            // Those of earlier runs give way: no track bears their numbers any more.
            old.members.drain(..old.members.len().saturating_sub(MAX_MEMBERS));
            emptied.push(*from);
        }
        // An alert of the old run that was not raised again has no condition any more that this run could tell the end of.
        for alert in &mut old.alerts {
            if alert.cleared.is_none() && !notes.iter().any(|(id, _)| *id == alert.id) {
                alert.cleared = Some(now);
            }
        }
        old.unlisted_active = 0;
        while old.alerts.len() > MAX_ALERTS {
            match old.alerts.iter().position(|a| a.cleared.is_some()) {
                Some(over) => drop(old.alerts.remove(over)),
                None => old.unlisted_active += old.alerts.pop().map_or(0, |_| 1),
            }
        }
        for from in emptied {
            if let Some(gone) = self.incidents.remove(&from) {
                self.counts.incidents = self.counts.incidents.saturating_sub(1);
                for member in &gone.members {
                    self.by_track.insert(member.track, id);
                }
            }
        }
        for (alert, track) in notes {
            self.by_alert.insert(alert, id);
            self.by_track.insert(track, id);
        }
        settle(&mut old);
        self.incidents.insert(id, old);
    }
}

fn same(a: &AlertNote, b: &AlertNote) -> bool {
    let at = |p: [f64; 2]| Geodetic::from_degrees(p[0], p[1]);
    a.rule == b.rule && a.raised.seconds_since(b.raised).abs() <= SAME_S && distance_m(at(a.position), at(b.position)) <= SAME_M
}
