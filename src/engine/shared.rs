//! What the engine shows to the rest of the process: the newest picture, recent alerts, health. Readers never block the loop.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;

use super::keep::KeepHealth;
use super::misaligned::misaligned;
use super::ships::Ships;
use super::{Commander, Latency};
use crate::fuse::RadarErrors;
use crate::incident::hand_over::ListChange;
use crate::incident::load::{Board, LoadBoard};
use crate::model::incident::{Change, HandOver, Incident, IncidentId, MAX_HAND_OVERS, Unit};
use crate::model::{Alert, IncidentEvent, Mmsi, Picture, Site, Suppressed, Timestamp, TrackId};
use crate::rules::{Grounds, Score, Zone};
use crate::store::Store;

/// Alerts kept for a console that connects late; older ones are in the alert lines and the record.
const RECENT_ALERTS: usize = 1000;

/// Events of incidents kept for a console that falls behind; it then takes the whole list again.
const RECENT_EVENTS: usize = 2000;

/// Incidents kept for the console: those that are over go first, oldest first. The store has all.
const SHOWN_INCIDENTS: usize = 2000;

/// Counters since the process began, for `/metrics`.
#[derive(Debug, Default)]
pub struct Counters {
    /// Frames applied.
    pub frames: AtomicU64,
    /// Reports applied.
    pub reports: AtomicU64,
    /// Reports that another feed had brought already.
    pub repeats: AtomicU64,
    /// Track lines said.
    pub track_lines: AtomicU64,
    /// Alerts raised.
    pub alerts_raised: AtomicU64,
    /// Commands recorded.
    pub commands: AtomicU64,
    /// Of these, refused.
    pub commands_refused: AtomicU64,
    /// Reloads of rules, zones and lists that were carried out.
    pub reloads: AtomicU64,
    /// Reloads that were not, because of a fault.
    pub reloads_refused: AtomicU64,
    /// Plots and reports that began no track because the picture was full.
    pub turned_away: AtomicU64,
    /// Pictures published.
    pub pictures: AtomicU64,
    /// Frames that could not be recorded (disk full or failed). Anything but 0 is an alarm.
    pub capture_lost_frames: AtomicU64,
    /// Bytes recorded.
    pub capture_bytes: AtomicU64,
    /// The last record that is known to be on the disk; 0 before any is.
    pub capture_durable: AtomicU64,
}

impl Counters {
    /// Adds to one of the counters.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    /// Sets a counter that is kept elsewhere.
    pub fn set(counter: &AtomicU64, n: u64) {
        counter.store(n, Ordering::Relaxed);
    }
}

/// Health of one sensor as last seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SensorStatus {
    /// The sensor's name.
    pub id: String,
    /// `radar`, `ais`, `camera` or `position`.
    pub kind: &'static str,
    /// The address of its feed.
    pub feed: String,
    /// One word: `waiting`, `ok`, `misaligned`, `silent`, `disconnected`, `ended`, `failed`.
    pub state: &'static str,
    /// What the officer should know beside the word, such as the error.
    pub detail: Option<String>,
    /// Frames received.
    pub frames: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Frames a second over the last 10 s.
    pub rate_hz: f64,
    /// Seconds since the last frame; `None` before the first.
    pub age_s: Option<f64>,
    /// Median of reception time minus the sensor's own time, where it tells one.
    pub clock_skew_s: Option<f64>,
    /// What was refused, by reason.
    pub refused: BTreeMap<String, u64>,
    /// What was left out on purpose, by reason.
    pub ignored: BTreeMap<String, u64>,
    /// Reports decoded.
    pub reports: u64,
    /// Seconds for which the engine held this feed back.
    pub backpressure_s: f64,
    /// Datagrams the kernel dropped, where it tells.
    pub kernel_drops: u64,
    /// A radar's errors as learned from AIS ships, a camera's or a tracker's as learned from what others hold.
    pub registration: Option<RadarErrors>,
}

#[derive(Debug, Default)]
struct Alerts {
    recent: VecDeque<Alert>,
    total: u64,
}

#[derive(Debug, Default)]
struct Incidents {
    shown: BTreeMap<IncidentId, Arc<Incident>>,
    units: BTreeMap<String, Unit>,
    hand_overs: BTreeMap<u64, HandOver>,
    recent: VecDeque<IncidentEvent>,
    total: u64,
    changes: VecDeque<ListChange>,
}

impl Incidents {
    fn push(&mut self, event: &IncidentEvent) {
        match &event.change {
            Change::Loaded { set, source, digest } => {
                if self.changes.len() == RECENT_EVENTS {
                    self.changes.pop_front();
                }
                let actor = event.actor.as_ref().map_or_else(String::new, |a| a.name.clone());
                self.changes.push_back(ListChange { at: event.at, actor, what: format!("{set} {source} {digest}") });
            }
            Change::UnitChanged { unit } => {
                self.units.insert(unit.name.0.clone(), (**unit).clone());
            }
            Change::HandedOver { hand_over } => {
                self.hand_overs.retain(|_, h| h.from.name != hand_over.from.name);
                self.hand_overs.insert(hand_over.id.0, hand_over.clone());
                // As the desk does.
                while self.hand_overs.len() > MAX_HAND_OVERS {
                    self.hand_overs.pop_first();
                }
            }
            Change::TakenOver { hand_over } => {
                self.hand_overs.remove(&hand_over.id.0);
            }
            _ => {}
        }
        if let Some(incident) = &event.incident {
            self.shown.insert(incident.id, Arc::clone(incident));
            if self.shown.len() > SHOWN_INCIDENTS
                && let Some(oldest) = self.shown.values().min_by_key(|i| (!i.is_over(), i.changed, i.id)).map(|i| i.id)
            {
                self.shown.remove(&oldest);
            }
        }
        if self.recent.len() == RECENT_EVENTS {
            self.recent.pop_front();
        }
        self.recent.push_back(event.clone());
        self.total += 1;
    }
}

/// State shared between the engine's loop and its readers.
#[derive(Debug)]
pub struct Shared {
    /// The site, for names.
    pub site: Arc<Site>,
    /// What is shown above the picture, such as “SIMULATED”.
    pub banner: Option<String>,
    /// The newest picture.
    pub picture: ArcSwap<Picture>,
    /// Counters.
    pub counters: Counters,
    /// Delay from the reception of a frame to the publication of the first picture that holds it.
    pub frame_to_picture: Latency,
    /// The way of commands, once the loop takes them.
    pub commander: OnceLock<Commander>,
    /// Where incidents, tracks and accounts are found again, if there is one.
    pub store: OnceLock<Store>,
    alerts: Mutex<Alerts>,
    load: Mutex<LoadBoard>,
    incidents: Mutex<Incidents>,
    /// The most suspicious tracks with what their scores are made of, most suspicious first, as of the newest picture.
    pub scores: ArcSwap<Vec<(TrackId, Score)>>,
    /// Digest of the rules, zones and lists in force, as the record has them; empty before any are loaded.
    pub rules_digest: ArcSwap<String>,
    /// Zones in force with the version of the grounds they belong to.
    pub zones: ArcSwap<(String, Vec<Zone>)>,
    suppressed: Mutex<VecDeque<Suppressed>>,
    sensors: Mutex<Vec<SensorStatus>>,
    /// What is known of each sensor's errors, in the order of the configuration, as of the newest picture.
    pub radar_errors: ArcSwap<Vec<Option<RadarErrors>>>,
    ships: Mutex<Ships>,
    capture_state: Mutex<String>,
    generation: AtomicU64,
    store_state: Mutex<Option<KeepHealth>>,
}

impl Shared {
    /// Nothing seen yet.
    pub fn new(site: Arc<Site>, banner: Option<String>) -> Self {
        Self {
            site,
            banner,
            picture: ArcSwap::from_pointee(Picture::new(Timestamp::MIN, 0, Vec::new())),
            counters: Counters::default(),
            frame_to_picture: Latency::default(),
            commander: OnceLock::new(),
            store: OnceLock::new(),
            alerts: Mutex::default(),
            load: Mutex::default(),
            incidents: Mutex::default(),
            scores: ArcSwap::default(),
            rules_digest: ArcSwap::default(),
            zones: ArcSwap::default(),
            suppressed: Mutex::default(),
            sensors: Mutex::default(),
            radar_errors: ArcSwap::default(),
            ships: Mutex::default(),
            capture_state: Mutex::new("off".to_owned()),
            generation: AtomicU64::new(0),
            store_state: Mutex::new(None),
        }
    }

    /// Shows the zones in force, where they are others than those shown.
    pub fn stand_on(&self, (version, grounds): (&str, &Grounds)) {
        if self.zones.load().0 != version {
            self.zones.store(Arc::new((version.to_owned(), grounds.zones.clone())));
        }
    }

    /// Forgets what was shown: a replay has gone to another time.
    pub fn begin_again(&self) {
        *self.alerts.lock().unwrap_or_else(PoisonError::into_inner) = Alerts::default();
        *self.incidents.lock().unwrap_or_else(PoisonError::into_inner) = Incidents::default();
        self.suppressed.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.scores.store(Arc::default());
        *self.ships.lock().unwrap_or_else(PoisonError::into_inner) = Ships::default();
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts the times that what was shown was forgotten; readers who keep something of it look whether it has changed.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Notes names that ships have told.
    pub fn hear_names(&self, names: &[(Mmsi, String)]) {
        if !names.is_empty() {
            self.ships.lock().unwrap_or_else(PoisonError::into_inner).hear(names);
        }
    }

    /// What ships call themselves. Whoever looks is quick: the engine notes names here.
    pub fn ships(&self) -> std::sync::MutexGuard<'_, Ships> {
        self.ships.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an alert line.
    pub fn push_alert(&self, alert: Alert) {
        let mut alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        if alerts.recent.len() == RECENT_ALERTS {
            alerts.recent.pop_front();
        }
        alerts.recent.push_back(alert);
        alerts.total += 1;
    }

    /// Recent alert lines, oldest first.
    pub fn alerts(&self) -> Vec<Alert> {
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner).recent.iter().cloned().collect()
    }

    /// Alert lines after the first `told` of this run, as far as they are still kept, and how many there were in all.
    pub fn alerts_since(&self, told: u64) -> (Vec<Alert>, u64) {
        let alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        let new = usize::try_from(alerts.total.saturating_sub(told)).unwrap_or(usize::MAX).min(alerts.recent.len());
        (alerts.recent.iter().skip(alerts.recent.len() - new).cloned().collect(), alerts.total)
    }

    /// Notes what happened to incidents.
    pub fn push_incidents(&self, events: &[IncidentEvent]) {
        if !events.is_empty() {
            let mut incidents = self.incidents.lock().unwrap_or_else(PoisonError::into_inner);
            events.iter().for_each(|e| incidents.push(e));
            drop(incidents);
            let mut load = self.load.lock().unwrap_or_else(PoisonError::into_inner);
            events.iter().for_each(|e| load.take(e));
        }
    }

    /// The alarm-load board as of the engine's newest time.
    pub fn load(&self) -> Board {
        let now = self.picture.load().t_out;
        self.load.lock().unwrap_or_else(PoisonError::into_inner).board(now)
    }

    /// Incidents as they are, by number. They are whole: log, members, tasks.
    pub fn incidents(&self) -> Vec<Arc<Incident>> {
        self.incidents.lock().unwrap_or_else(PoisonError::into_inner).shown.values().cloned().collect()
    }

    /// One incident as it is.
    pub fn incident(&self, id: IncidentId) -> Option<Arc<Incident>> {
        self.incidents.lock().unwrap_or_else(PoisonError::into_inner).shown.get(&id).cloned()
    }

    /// Events of incidents after the first `told` of this run, as far as they are still kept, and how many there were in all.
    pub fn incident_events_since(&self, told: u64) -> (Vec<IncidentEvent>, u64) {
        let incidents = self.incidents.lock().unwrap_or_else(PoisonError::into_inner);
        let new = usize::try_from(incidents.total.saturating_sub(told)).unwrap_or(usize::MAX).min(incidents.recent.len());
        (incidents.recent.iter().skip(incidents.recent.len() - new).cloned().collect(), incidents.total)
    }

    /// Rules, lists and zones that were loaded in that time.
    pub fn changes_between(&self, from: Timestamp, to: Timestamp) -> Vec<ListChange> {
        let incidents = self.incidents.lock().unwrap_or_else(PoisonError::into_inner);
        incidents.changes.iter().filter(|c| (from..=to).contains(&c.at)).cloned().collect()
    }

    /// Units that can be sent, by name.
    pub fn units(&self) -> Vec<Unit> {
        self.incidents.lock().unwrap_or_else(PoisonError::into_inner).units.values().cloned().collect()
    }

    /// Hand-overs that wait for the second signature, by number.
    pub fn hand_overs(&self) -> Vec<HandOver> {
        self.incidents.lock().unwrap_or_else(PoisonError::into_inner).hand_overs.values().cloned().collect()
    }

    /// Notes an alert that was kept back.
    pub fn push_suppressed(&self, suppressed: Suppressed) {
        let mut kept = self.suppressed.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == RECENT_ALERTS {
            kept.pop_front();
        }
        kept.push_back(suppressed);
    }

    /// Recent alerts that were kept back, oldest first.
    pub fn suppressed(&self) -> Vec<Suppressed> {
        self.suppressed.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Tracks whose alerts were kept back since then, with the rule and the clause that did it.
    pub fn masked_since(&self, since: Timestamp) -> BTreeSet<(TrackId, String, String)> {
        let kept = self.suppressed.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = kept.iter().rev().take_while(|s| s.alert.t_out >= since);
        newest.map(|s| (s.alert.track, s.alert.rule.clone(), s.by.clone())).collect()
    }

    /// Replaces the sensors' health.
    pub fn set_sensors(&self, sensors: Vec<SensorStatus>) {
        *self.sensors.lock().unwrap_or_else(PoisonError::into_inner) = sensors;
    }

    /// The sensors' health, in the order of the configuration. One that delivers but does not see ships where they are, or did not, is `misaligned`.
    pub fn sensors(&self) -> Vec<SensorStatus> {
        let mut sensors = self.sensors.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (sensor, errors) in sensors.iter_mut().zip(self.radar_errors.load().iter()) {
            sensor.registration = *errors;
            if let Some(detail) = errors.as_ref().and_then(misaligned).filter(|_| sensor.state == "ok") {
                sensor.state = "misaligned";
                sensor.detail = Some(detail);
            }
        }
        sensors
    }

    /// Replaces what is known of the store; `None` where there is none.
    pub fn set_store_state(&self, state: Option<KeepHealth>) {
        *self.store_state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// How the writing into the store goes; `None` where there is no store. `refused` or `lost` is an alarm.
    pub fn store_state(&self) -> Option<KeepHealth> {
        self.store_state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the word on the record: `off`, `ok`, or what is wrong with it.
    pub fn set_capture_state(&self, state: String) {
        *self.capture_state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// The word on the record.
    pub fn capture_state(&self) -> String {
        self.capture_state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
