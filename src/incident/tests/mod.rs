//! The desk against what it must do: scenes by hand, and random sequences against rules written down a second time.

mod grouping;
mod life;
mod lost;
mod merging;
mod random;

use super::Desk;
use crate::geo::Geodetic;
use crate::model::incident::{Change, Incident, IncidentEvent, IncidentId, Level, Unit, UnitKind, UnitName};
use crate::model::{
    Actor, Alert, AlertId, AlertState, Answer, Basis, Command, Link, Order, Severity, Timestamp, Track, TrackId,
};

/// A desk with a clock and the tracks that are there.
pub(super) struct Scene {
    pub desk: Desk,
    pub now: Timestamp,
    pub events: Vec<IncidentEvent>,
    next_alert: u64,
}

/// A track whose speed is known.
pub(super) fn track(id: u64, t: Timestamp, lat: f64, lon: f64, velocity: [f64; 2]) -> Track {
    Track {
        velocity,
        sog_lcb90: velocity[0].hypot(velocity[1]),
        ..Track::still(TrackId(id), t, Geodetic::from_degrees(lat, lon))
    }
}

impl Scene {
    pub fn new() -> Self {
        Self { desk: Desk::default(), now: Timestamp::from_secs(1_773_504_000), events: Vec::new(), next_alert: 1 }
    }

    pub fn wait(&mut self, seconds: f64) {
        self.now = self.now.plus_seconds(seconds);
        self.desk.apply(self.now, &[], &[], &mut self.events);
    }

    pub fn see(&mut self, track: Track) {
        self.desk.apply(self.now, &[Track { t: self.now, t_out: self.now, ..track }], &[], &mut self.events);
    }

    pub fn alert(&self, id: u64, rule: &str, severity: u8, track: &Track) -> Alert {
        Alert {
            id: AlertId(id),
            rule: rule.to_owned(),
            severity: Severity::new(severity).unwrap(),
            state: AlertState::Raised,
            track: track.id,
            t: self.now,
            t_out: self.now,
            position: track.position,
            text_zh: "疑似".to_owned(),
            text_en: "suspected".to_owned(),
            evidence: Vec::new(),
            basis: Basis::default(),
        }
    }

    /// Raises an alert of a new number; says the number and the incident it came to.
    pub fn raise(&mut self, rule: &str, severity: u8, track: &Track) -> (u64, IncidentId) {
        let id = self.next_alert;
        self.next_alert += 1;
        let alert = self.alert(id, rule, severity, track);
        self.apply_alert(&alert, track);
        let home = self.desk.incidents().find(|i| i.merged_into.is_none() && i.alerts.iter().any(|a| a.id.0 == id));
        (id, home.unwrap().id)
    }

    pub fn apply_alert(&mut self, alert: &Alert, track: &Track) {
        let track = Track { t: self.now, t_out: self.now, ..*track };
        self.desk.apply(self.now, &[track], std::slice::from_ref(alert), &mut self.events);
    }

    pub fn clear(&mut self, id: u64, track: &Track) {
        let alert = Alert { state: AlertState::Cleared, ..self.alert(id, "R01", 3, track) };
        self.desk.apply(self.now, &[], &[alert], &mut self.events);
    }

    pub fn order(&mut self, order: Order) -> Answer {
        self.order_about(order, None)
    }

    pub fn order_about(&mut self, order: Order, track: Option<&Track>) -> Answer {
        self.order_of("wang", order, track)
    }

    /// An order of somebody else; `hu` is the supervisor.
    pub fn order_by(&mut self, name: &str, order: Order) -> Answer {
        self.order_of(name, order, None)
    }

    fn order_of(&mut self, name: &str, order: Order, track: Option<&Track>) -> Answer {
        // Through the bytes of the record, as live.
        let role = if name == "hu" { "supervisor" } else { "watch-officer" };
        let bytes = Command::new(Actor::of(name, role), self.now, order).encode().unwrap();
        let command = Command::decode(&bytes).unwrap();
        self.desk.command(self.now, &command, track, &mut self.events)
    }

    pub fn unit(&mut self, name: &str) -> UnitName {
        let unit = Unit {
            name: UnitName(name.to_owned()),
            kind: UnitKind::Boat,
            level: Level::County,
            max_speed_kn: 45.0,
            position: Some([22.5, 114.7]),
            position_at: None,
            available: true,
            ready_min: 0.0,
        };
        self.order(Order::Unit { unit: unit.clone() }).unwrap();
        unit.name
    }

    pub fn incident(&self, id: IncidentId) -> &Incident {
        self.desk.incident(id).unwrap()
    }

    pub fn told(&self, word: &str) -> usize {
        self.events.iter().filter(|e| e.change.word() == word).count()
    }

    pub fn open_count(&self) -> usize {
        self.desk.incidents().filter(|i| i.merged_into.is_none()).count()
    }
}

pub(super) fn linked(mut track: Track, from: u64) -> Track {
    track.origin.link = Some(Link { from: TrackId(from), p: 0.9, gap_s: 20.0 });
    track
}

#[test]
fn a_change_has_the_word_of_its_json() {
    for change in [
        Change::Rectified,
        Change::Acknowledged,
        Change::FalseAlarm { reason: "x".to_owned() },
        Change::FalseAlarmWithdrawn { reason: "x".to_owned() },
        Change::Merged { into: IncidentId(1) },
        Change::Dispatched { unit: UnitName("a".to_owned()), level: Level::City },
    ] {
        assert_eq!(serde_json::to_value(&change).unwrap()["what"], change.word());
    }
}
