//! What every console is told, made once: track frames each second, alerts as they come, health each second.
//!
//! One task reads the newest picture and sends shared bytes into one bounded channel. A client that reads too slowly falls out of
//! the channel's window and gets a snapshot instead; neither the engine nor another client waits for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes};
use tokio::sync::broadcast;

use super::api::Context;
use super::records::Encoder;
use super::trails::Trails;
use super::{messages, replay};
use crate::engine::SensorStatus;
use crate::incident::hand_over::SensorFault;
use crate::model::{Alert, AlertState, Mmsi, Timestamp};

/// Looks for news this often: an acknowledgement must be on the other consoles within a second.
const LOOK: Duration = Duration::from_millis(100);
/// A track frame every so many looks, live: once a second.
const FRAME_LOOKS: u32 = 10;
/// The same in replay, where seconds pass faster and a step should be seen at once.
const REPLAY_FRAME_LOOKS: u32 = 2;
/// Messages that a client may lie behind: some 12 s live.
const WINDOW: usize = 32;
/// Consoles at a time: twice the largest room asked for.
pub const MAX_CLIENTS: usize = 100;
/// Alerts told to a console that connects, beside all that last.
const RECENT: usize = 200;

/// What is sent, with the number of the frame where it is one.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The frame's number; 0 for text.
    pub frame: u32,
    /// A snapshot replaces what is behind it.
    pub is_snapshot: bool,
    /// Shared bytes.
    pub message: Message,
}

/// What a track is called: its MMSI, and the name that this one has told.
pub type Identity = (Option<Mmsi>, Option<Arc<str>>);

/// What is known of the alerts by the hub.
#[derive(Debug, Default)]
struct Known {
    encoder: Encoder,
    alerts: BTreeMap<u64, Alert>,
    told: u64,
    generation: u64,
    names: BTreeMap<u64, Identity>,
    picture: u64,
    extra: messages::Extra,
}

/// Between the engine and the consoles.
#[derive(Debug)]
pub struct Hub {
    sender: broadcast::Sender<Sent>,
    known: Mutex<Known>,
    /// Where craft were.
    pub trails: Mutex<Trails>,
    clients: AtomicUsize,
    faults: Mutex<Faults>,
}

/// Faults of sensors that are remembered: a sensor that fails every minute fills eight hours.
const FAULTS: usize = 500;

/// What sensors were in, and what failed and came back.
#[derive(Debug, Default)]
struct Faults {
    // Sensor → its state, and since when it is in it.
    now: BTreeMap<String, (String, Timestamp)>,
    over: VecDeque<(Timestamp, Timestamp, SensorFault)>,
}

impl Default for Hub {
    fn default() -> Self {
        let (sender, _) = broadcast::channel(WINDOW);
        Self {
            sender,
            known: Mutex::default(),
            trails: Mutex::default(),
            clients: AtomicUsize::new(0),
            faults: Mutex::default(),
        }
    }
}

/// A place among the clients; given back when dropped.
#[derive(Debug)]
pub struct Seat<'a>(&'a Hub);

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hub {
    /// Consoles connected.
    pub fn clients(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }

    /// A place for one more console, if there is one.
    pub fn seat(&self) -> Option<Seat<'_>> {
        let taken = self.clients.fetch_add(1, Ordering::Relaxed);
        let seat = Seat(self);
        (taken < MAX_CLIENTS).then_some(seat)
    }

    /// Faults of sensors that began or ended in that time and are over.
    pub fn faults_between(&self, from: Timestamp, to: Timestamp) -> Vec<SensorFault> {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.over.iter().filter(|(began, ended, _)| *ended >= from && *began <= to).map(|(.., fault)| fault.clone()).collect()
    }

    fn note_faults(&self, sensors: &[SensorStatus], now: Timestamp) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        for s in sensors {
            let was = faults.now.get(&s.id).cloned();
            if was.as_ref().is_some_and(|(state, _)| state == s.state) {
                continue;
            }
            faults.now.insert(s.id.clone(), (s.state.to_owned(), now));
            // A feed that nothing has come from yet has not failed.
            if let Some((state, since)) = was.filter(|(state, _)| !matches!(state.as_str(), "ok" | "waiting")) {
                if faults.over.len() == FAULTS {
                    faults.over.pop_front();
                }
                let detail = format!("{since} – {now}");
                faults.over.push_back((since, now, SensorFault { sensor: s.id.clone(), state, detail }));
            }
        }
    }

    /// Everything from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Sent> {
        self.sender.subscribe()
    }

    /// All there is to know now: the frame's number, and the messages that tell it.
    pub fn snapshot(&self, context: &Context) -> (u32, Vec<Message>) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let alerts: Vec<&Alert> = newest(&known.alerts);
        let names: Vec<(u64, Identity)> = known.names.iter().map(|(id, of)| (*id, of.clone())).collect();
        let mut out = vec![
            text(messages::hello(context)),
            Message::Binary(Bytes::from(known.encoder.snapshot())),
            text(messages::names(&names, true)),
            text(messages::alerts(&alerts, true)),
        ];
        out.extend(known.extra.snapshot(context).into_iter().map(text));
        out.push(text(messages::health(context, self.clients())));
        (known.encoder.number(), out)
    }

    /// Runs until the runtime ends.
    pub async fn run(self: Arc<Self>, context: Context) {
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut looks = 0u32;
        loop {
            ticks.tick().await;
            looks = looks.wrapping_add(1);
            self.look(&context, looks);
        }
    }

    fn look(&self, context: &Context, looks: u32) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = context.shared.generation();
        let restarted = std::mem::replace(&mut known.generation, generation) != generation;
        if restarted {
            known.alerts.clear();
            known.told = 0;
        }
        self.tell_alerts(&mut known, context, restarted);
        for message in known.extra.news(context, restarted) {
            self.send(text(message));
        }
        let every = if context.replay.is_some() { REPLAY_FRAME_LOOKS } else { FRAME_LOOKS };
        if looks.is_multiple_of(every) || restarted {
            self.tell_tracks(&mut known, context, restarted);
        }
        if looks.is_multiple_of(FRAME_LOOKS) || restarted {
            drop(known);
            self.note_faults(&context.shared.sensors(), (context.clock)());
            self.send(text(messages::health(context, self.clients())));
        }
        if let Some(replay) = &context.replay
            && looks.is_multiple_of(REPLAY_FRAME_LOOKS)
        {
            self.send(text(replay::message(&replay.status())));
        }
    }

    fn tell_alerts(&self, known: &mut Known, context: &Context, restarted: bool) {
        let (new, total) = context.shared.alerts_since(known.told);
        known.told = total;
        if new.is_empty() && !restarted {
            return;
        }
        for alert in &new {
            known.alerts.insert(alert.id.0, alert.clone());
        }
        // Bounded: what is over goes first, oldest first.
        while known.alerts.len() > 2 * RECENT {
            let over = known.alerts.iter().find(|(_, a)| a.state == AlertState::Cleared).map(|(id, _)| *id);
            let Some(oldest) = over.or_else(|| known.alerts.keys().next().copied()) else { break };
            known.alerts.remove(&oldest);
        }
        let told: Vec<&Alert> = if restarted { newest(&known.alerts) } else { new.iter().collect() };
        self.send(text(messages::alerts(&told, restarted)));
    }

    fn tell_tracks(&self, known: &mut Known, context: &Context, restarted: bool) {
        let picture = context.shared.picture.load_full();
        if picture.number == known.picture && !restarted {
            // Nothing new: the health message is the heartbeat.
            return;
        }
        known.picture = picture.number;
        if context.replay.is_none() {
            self.trails.lock().unwrap_or_else(PoisonError::into_inner).note(&picture);
        }
        let raised = known.alerts.values().filter(|a| a.state == AlertState::Raised);
        let threats = known.extra.threats(context, raised);
        let threat = |track: &crate::model::Track| threats.get(&track.id).copied().unwrap_or_default();
        let delta = known.encoder.delta(&picture, &context.shared.site, threat);
        let (frame, bytes) = (known.encoder.number(), if restarted { known.encoder.snapshot() } else { delta });
        let sent = Sent { frame, is_snapshot: restarted, message: Message::Binary(Bytes::from(bytes)) };
        self.push(sent);
        let mut changed = Vec::new();
        let mut names = BTreeMap::new();
        let ships = context.shared.ships();
        for track in picture.tracks() {
            let of = (track.mmsi, track.mmsi.and_then(|mmsi| ships.name(mmsi).cloned()));
            if restarted || known.names.get(&track.id.0) != Some(&of) {
                changed.push((track.id.0, of.clone()));
            }
            names.insert(track.id.0, of);
        }
        drop(ships);
        known.names = names;
        if !changed.is_empty() {
            self.send(text(messages::names(&changed, restarted)));
        }
    }

    fn send(&self, message: Message) {
        self.push(Sent { frame: 0, is_snapshot: false, message });
    }

    fn push(&self, sent: Sent) {
        // Nobody listening is no error.
        self.sender.send(sent).unwrap_or(0);
    }
}

/// Those that last, and the newest of the others.
fn newest(alerts: &BTreeMap<u64, Alert>) -> Vec<&Alert> {
    let skip = alerts.len().saturating_sub(RECENT);
    alerts.values().enumerate().filter(|(i, a)| *i >= skip || a.state == AlertState::Raised).map(|(_, a)| a).collect()
}

/// A text message.
pub fn text(json: Vec<u8>) -> Message {
    // Made by our own writer, which copies UTF-8 as it is.
    Message::Text(Utf8Bytes::try_from(Bytes::from(json)).unwrap_or_default())
}
