//! The alarm-load board: what the alarms ask of each officer, beside the figures that EEMUA 191 and ISA-18.2 call bearable.
//!
//! An alarm counts when it begins to sound: a new incident, one that is opened again, one whose severity has risen. It is the load of
//! the officer who acknowledged it; what nobody has acknowledged is nobody's yet.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::model::incident::{AlarmState, Change, IncidentEvent, IncidentId};
use crate::model::{Severity, Timestamp};

/// What is looked back at, s: a day, as the standards count.
const SPAN_S: f64 = 86_400.0;
/// The window in which bursts are counted, s.
const BURST_S: f64 = 600.0;
/// More alarms than this in ten minutes are a flood (ISA-18.2); it lasts until there are fewer than [`FLOOD_OVER`].
const FLOOD: usize = 10;
const FLOOD_OVER: usize = 5;
/// An alarm that sounds this often within [`CHATTER_S`] chatters (ISA-18.2: three times a minute).
const CHATTER: usize = 3;
const CHATTER_S: f64 = 60.0;
/// An alarm that lasts longer is stale, s (ISA-18.2: 24 h).
const STALE_S: f64 = 86_400.0;
/// Alarms that are kept: more than a day of them is a flood all day long, and the oldest then go early.
const MAX_ALARMS: usize = 20_000;

/// What an officer can bear (EEMUA 191, as the reference quotes it; the standards' own texts were not at hand).
pub const AVERAGE_AN_HOUR: f64 = 6.0;
/// The most that can be managed in ten minutes.
pub const PEAK_IN_TEN_MIN: usize = 10;
/// Share of the time that may be flood.
pub const FLOOD_SHARE: f64 = 0.01;
/// Stale alarms at one time.
pub const STALE: usize = 5;

#[derive(Clone, Debug, PartialEq)]
struct Alarm {
    at: Timestamp,
    incident: IncidentId,
    rule: String,
    severity: Severity,
    // Who acknowledged it, after how many seconds.
    taken: Option<(String, f64)>,
}

/// Counts alarms as events of incidents come.
#[derive(Clone, Debug, Default)]
pub struct LoadBoard {
    alarms: VecDeque<Alarm>,
    began: Option<Timestamp>,
    // Incidents whose alarm is not closed: since when it has lasted.
    open: BTreeMap<IncidentId, (Timestamp, AlarmState)>,
}

/// Figures of one officer, or of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// Alarms.
    pub alarms: usize,
    /// Hours looked at.
    pub hours: f64,
    /// On average an hour.
    pub an_hour: f64,
    /// The most in any ten minutes.
    pub peak_in_ten_min: usize,
    /// Alarms in the last ten minutes.
    pub last_ten_min: usize,
    /// How often more than ten came in ten minutes.
    pub floods: usize,
    /// Share of the time that was flood.
    pub flood_share: f64,
    /// Median of the time to acknowledge, s; `None` where nothing was acknowledged.
    pub acknowledged_after_s: Option<f64>,
    /// Shares by severity 4, 3, and less; EEMUA 191 wants some 5, 15, 80 %.
    pub severity_share: [f64; 3],
    /// Whether average, peak and floods are within what can be borne.
    pub bearable: bool,
}

/// One hour.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hour {
    /// Seconds since 1970 at which it begins.
    pub from: i64,
    /// Alarms of each officer in it; the empty name is for what nobody has acknowledged.
    pub alarms: BTreeMap<String, usize>,
}

/// The board at one time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Board {
    /// All alarms, whoever took them.
    pub all: Load,
    /// By officer; the empty name is for what nobody has acknowledged.
    pub officers: BTreeMap<String, Load>,
    /// By hour, oldest first.
    pub hours: Vec<Hour>,
    /// The rules that sounded most: rule, alarms, share.
    pub top_ten: Vec<(String, usize, f64)>,
    /// Incidents that sounded three times within a minute.
    pub chattering: Vec<IncidentId>,
    /// Incidents whose alarm has lasted for more than a day.
    pub stale: Vec<IncidentId>,
    /// Alarms that sound now.
    pub sounding: usize,
    /// Alarms on the shelf now.
    pub shelved: usize,
}

impl LoadBoard {
    /// Takes an event of an incident.
    pub fn take(&mut self, event: &IncidentEvent) {
        self.began.get_or_insert(event.at);
        let Some(incident) = &event.incident else { return };
        if incident.alarm == AlarmState::Closed {
            self.open.remove(&incident.id);
        } else {
            self.open.entry(incident.id).or_insert((event.at, incident.alarm)).1 = incident.alarm;
        }
        let sounds = matches!(event.change, Change::Opened { .. } | Change::Reopened { .. } | Change::Escalated { .. });
        if sounds && incident.alarm.sounds() {
            let rule = incident.alerts.last().map_or_else(|| "-".to_owned(), |a| a.rule.clone());
            // An alert that opens an incident again with a higher severity sounds once.
            let again = self.alarms.back().is_some_and(|a| a.at == event.at && a.incident == incident.id);
            if !again {
                self.alarms.push_back(Alarm {
                    at: event.at,
                    incident: incident.id,
                    rule,
                    severity: incident.severity,
                    taken: None,
                });
            }
        }
        if let (Change::Acknowledged | Change::FalseAlarm { .. } | Change::Shelved { .. }, Some(actor)) =
            (&event.change, &event.actor)
        {
            for alarm in self.alarms.iter_mut().filter(|a| a.incident == incident.id && a.taken.is_none()) {
                alarm.taken = Some((actor.name.clone(), event.at.seconds_since(alarm.at)));
            }
        }
        while self.alarms.len() > MAX_ALARMS || self.alarms.front().is_some_and(|a| event.at.seconds_since(a.at) > SPAN_S) {
            self.alarms.pop_front();
        }
    }

    /// The board as of `now`.
    pub fn board(&self, now: Timestamp) -> Board {
        let began = self.began.unwrap_or(now);
        let from = began.max(now.plus_seconds(-SPAN_S));
        let alarms: Vec<&Alarm> = self.alarms.iter().filter(|a| a.at >= from).collect();
        let officer = |a: &Alarm| a.taken.as_ref().map_or(String::new(), |(name, _)| name.clone());
        let mut by_officer: BTreeMap<String, Vec<&Alarm>> = BTreeMap::new();
        let (mut by_rule, mut by_hour, mut by_incident) =
            (BTreeMap::new(), BTreeMap::<i64, BTreeMap<String, usize>>::new(), BTreeMap::<IncidentId, Vec<Timestamp>>::new());
        for alarm in &alarms {
            by_officer.entry(officer(alarm)).or_default().push(alarm);
            *by_rule.entry(alarm.rule.clone()).or_insert(0usize) += 1;
            let hour = alarm.at.nanos().div_euclid(3_600_000_000_000) * 3600;
            *by_hour.entry(hour).or_default().entry(officer(alarm)).or_insert(0) += 1;
            by_incident.entry(alarm.incident).or_default().push(alarm.at);
        }
        let mut top_ten: Vec<(String, usize, f64)> =
            by_rule.into_iter().map(|(rule, n)| (rule, n, n as f64 / alarms.len() as f64)).collect();
        top_ten.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        top_ten.truncate(10);
        let chatters = |times: &Vec<Timestamp>| {
            times.windows(CHATTER).any(|w| w.last().zip(w.first()).is_some_and(|(b, a)| b.seconds_since(*a) <= CHATTER_S))
        };
        Board {
            all: load(&alarms, from, now),
            officers: by_officer.into_iter().map(|(name, own)| (name, load(&own, from, now))).collect(),
            hours: by_hour.into_iter().map(|(from, alarms)| Hour { from, alarms }).collect(),
            top_ten,
            chattering: by_incident.iter().filter(|(_, times)| chatters(times)).map(|(id, _)| *id).collect(),
            stale: self.open.iter().filter(|(_, (since, _))| now.seconds_since(*since) > STALE_S).map(|(id, _)| *id).collect(),
            sounding: self.open.values().filter(|(_, alarm)| alarm.sounds()).count(),
            shelved: self.open.values().filter(|(_, alarm)| *alarm == AlarmState::Shelved).count(),
        }
    }
}

fn load(alarms: &[&Alarm], from: Timestamp, now: Timestamp) -> Load {
    // A watch that has just begun is not divided by its first minute.
    let hours = (now.seconds_since(from) / 3600.0).max(BURST_S / 3600.0);
    let an_hour = alarms.len() as f64 / hours;
    let times: Vec<Timestamp> = alarms.iter().map(|a| a.at).collect();
    let (peak, floods, flooded_s) = bursts(&times, now);
    let mut waits: Vec<f64> = alarms.iter().filter_map(|a| a.taken.as_ref().map(|(_, s)| *s)).collect();
    waits.sort_by(f64::total_cmp);
    let share = |of: &dyn Fn(u8) -> bool| {
        alarms.iter().filter(|a| of(a.severity.level())).count() as f64 / (alarms.len().max(1)) as f64
    };
    let flood_share = flooded_s / (hours * 3600.0);
    Load {
        alarms: alarms.len(),
        hours,
        an_hour,
        peak_in_ten_min: peak,
        last_ten_min: times.iter().filter(|t| now.seconds_since(**t) <= BURST_S).count(),
        floods,
        flood_share,
        acknowledged_after_s: waits.get(waits.len() / 2).copied(),
        severity_share: [share(&|s| s == 4), share(&|s| s == 3), share(&|s| s < 3)],
        bearable: an_hour <= AVERAGE_AN_HOUR && peak <= PEAK_IN_TEN_MIN && flood_share <= FLOOD_SHARE,
    }
}

/// The most in any ten minutes, how many floods, and for how long there was one, s. Times ascend.
fn bursts(times: &[Timestamp], now: Timestamp) -> (usize, usize, f64) {
    let (mut peak, mut floods, mut flooded_s) = (0, 0, 0.0);
    let mut window: VecDeque<Timestamp> = VecDeque::new();
    let mut since: Option<Timestamp> = None;
    for &t in times {
        // What leaves the window before this one comes may end a flood.
        while let Some(left) = window.front().map(|f| f.plus_seconds(BURST_S)).filter(|left| *left < t) {
            window.pop_front();
            if window.len() < FLOOD_OVER
                && let Some(begun) = since.take()
            {
                flooded_s += left.seconds_since(begun);
            }
        }
        window.push_back(t);
        peak = peak.max(window.len());
        if window.len() > FLOOD && since.is_none() {
            (since, floods) = (Some(t), floods + 1);
        }
    }
    if let Some(begun) = since {
        // The flood ends when all but a few have left the window.
        let end = window.len().checked_sub(FLOOD_OVER).and_then(|i| window.get(i)).map_or(now, |t| t.plus_seconds(BURST_S));
        flooded_s += end.min(now).seconds_since(begun).max(0.0);
    }
    (peak, floods, flooded_s)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Actor;
    use crate::model::incident::Incident;

    fn at(s: f64) -> Timestamp {
        Timestamp::from_secs(1_773_504_000).plus_seconds(s)
    }

    fn event(s: f64, id: u64, severity: u8, alarm: AlarmState, change: Change, actor: Option<&str>) -> IncidentEvent {
        let mut incident = Incident::new(IncidentId(id), at(s), Severity::new(severity).unwrap(), [0.0; 2]);
        incident.alarm = alarm;
        IncidentEvent {
            number: 1,
            at: at(s),
            actor: actor.map(|a| Actor::of(a, "watch-officer")),
            change,
            incident: Some(Arc::new(incident)),
        }
    }

    fn sounds(board: &mut LoadBoard, s: f64, id: u64, severity: u8) {
        let opened = Change::Opened { rule: None, text: String::new() };
        board.take(&event(s, id, severity, AlarmState::Unacknowledged, opened, None));
    }

    fn acknowledge(board: &mut LoadBoard, s: f64, id: u64, who: &str) {
        board.take(&event(s, id, 3, AlarmState::Acknowledged, Change::Acknowledged, Some(who)));
    }

    #[test]
    fn figures_of_a_night_that_can_be_counted_by_hand() {
        let mut board = LoadBoard::default();
        // Six hours, an alarm every 20 minutes: 18, which wang takes after 30 s but for the last two.
        for i in 0..18u64 {
            let s = i as f64 * 1200.0;
            sounds(&mut board, s, i + 1, if i == 0 { 4 } else { 3 });
            if i < 16 {
                acknowledge(&mut board, s + 30.0, i + 1, "wang");
            }
        }
        let b = board.board(at(6.0 * 3600.0));
        assert_eq!((b.all.alarms, b.all.peak_in_ten_min, b.all.floods), (18, 1, 0));
        assert!((b.all.an_hour - 3.0).abs() < 1e-9 && b.all.bearable);
        assert_eq!((b.officers["wang"].alarms, b.officers[""].alarms), (16, 2));
        assert!((b.all.acknowledged_after_s.unwrap() - 30.0).abs() < 1e-6);
        assert!((b.all.severity_share[0] - 1.0 / 18.0).abs() < 1e-12);
        assert_eq!(b.sounding, 2);
        assert_eq!(b.hours.len(), 6);
        assert!(b.hours.iter().all(|h| h.alarms.values().sum::<usize>() == 3));
        assert_eq!((b.chattering.len(), b.stale.len()), (0, 0));
        // A day later all of it is past.
        let b = board.board(at(31.0 * 3600.0));
        assert_eq!(b.all.alarms, 0);
        // Sixteen are acknowledged and last on, two sound: all for more than a day.
        assert_eq!(b.stale.len(), 18);
    }

    #[test]
    fn floods_begin_above_ten_in_ten_minutes_and_end_below_five() {
        let mut board = LoadBoard::default();
        sounds(&mut board, 0.0, 1000, 3);
        // Twelve in a minute an hour later, then silence.
        for i in 0..12u64 {
            sounds(&mut board, 3600.0 + i as f64 * 5.0, i, 3);
        }
        let b = board.board(at(2.0 * 3600.0));
        assert_eq!((b.all.peak_in_ten_min, b.all.floods), (12, 1));
        // From the eleventh alarm (3650 s) until fewer than five are left: the eighth leaves at 3635 + 600 s.
        let expected = (3635.0 + 600.0 - 3650.0) / 7200.0;
        assert!((b.all.flood_share - expected).abs() < 1e-9, "{} {expected}", b.all.flood_share);
        assert!(!b.all.bearable);
        // Ten are none.
        let mut board = LoadBoard::default();
        (0..10u64).for_each(|i| sounds(&mut board, i as f64, i, 3));
        assert_eq!(board.board(at(3600.0)).all.floods, 0);
    }

    #[test]
    fn what_sounds_again_and_again_chatters_and_what_is_closed_is_not_stale() {
        let mut board = LoadBoard::default();
        for s in [0.0, 29.0, 59.0] {
            sounds(&mut board, s, 1, 3);
        }
        for s in [0.0, 40.0, 80.0] {
            sounds(&mut board, s + 100.0, 2, 3);
        }
        board.take(&event(200.0, 2, 3, AlarmState::Closed, Change::Closed, None));
        let b = board.board(at(90_000.0));
        assert_eq!((b.stale, b.sounding), (vec![IncidentId(1)], 1));
        let b = board.board(at(300.0));
        assert_eq!(b.chattering, [IncidentId(1)]);
        assert_eq!(b.top_ten, [("-".to_owned(), 6, 1.0)]);
    }

    #[test]
    fn the_board_is_bounded() {
        let mut board = LoadBoard::default();
        (0..30_000u64).for_each(|i| sounds(&mut board, i as f64, i % 7, 3));
        assert!(board.alarms.len() <= MAX_ALARMS && board.open.len() <= 7);
        assert_eq!(board.board(at(30_000.0)).all.peak_in_ten_min, 601);
    }
}
