//! From the loop to the store: incidents as they change, tracks as they are summed up. A thread of its own writes; the loop never
//! waits for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};

use super::Effects;
use super::live::Sink;
use crate::model::{IncidentEvent, Mmsi, SensorKind, Site, Timestamp, Track, TrackId, TrackStatus};
use crate::store::{Store, TrackSummary};

/// Batches between loop and writer.
const WAITING: usize = 16;
/// Events and summaries that wait while the disk refuses, in all. A day of the busiest watch; beyond it the newest are left out and
/// counted, and a replay of the record makes them again.
const MOST_PENDING: usize = 20_000;
/// A refused write is tried again after this time.
const AGAIN: Duration = Duration::from_secs(1);
/// Tracks that still live are written this often, s of the engine's time.
const TRACKS_EVERY_S: f64 = 10.0;

/// A replay hands over so many at once: one sync of the disk for each.
const REPLAY_BATCH: usize = 1000;

/// Names that are remembered: every ship that a coast hears in a month. Beyond it new ones are not; their tracks are found by MMSI.
const MOST_NAMES: usize = 50_000;

/// How long the end of the watch waits for a writer that is behind: within the 5 s in which the process closes.
const LAST_WAIT: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
struct Batch {
    events: Vec<IncidentEvent>,
    tracks: Vec<TrackSummary>,
}

impl Batch {
    fn len(&self) -> usize {
        self.events.len() + self.tracks.len()
    }
}

/// How the writing goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeepHealth {
    /// What the store says while it refuses; `None` while all is written.
    pub refused: Option<String>,
    /// Events and summaries that were left out.
    pub lost: u64,
}

/// The writer's thread, and its health.
#[derive(Debug)]
pub struct Keeper {
    health: Arc<Mutex<KeepHealth>>,
    thread: std::thread::JoinHandle<()>,
}

/// A sink that sums up and hands over.
pub struct KeepSink {
    sender: Sender<Batch>,
    batch: Batch,
    live: BTreeMap<TrackId, (TrackSummary, bool)>,
    names: BTreeMap<Mmsi, String>,
    radar: Vec<bool>,
    written: Timestamp,
    health: Arc<Mutex<KeepHealth>>,
    patience: Patience,
}

/// Whether whoever applies events may wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// The live loop never does.
    Never,
    /// A replay does: it would outrun any disk.
    Replay,
}

/// Starts to keep what happens at a site in a store.
pub fn keep(store: Store, site: &Site, patience: Patience) -> std::io::Result<(KeepSink, Keeper)> {
    let (sender, batches) = bounded(WAITING);
    let health = Arc::new(Mutex::new(KeepHealth::default()));
    let theirs = Arc::clone(&health);
    let thread = std::thread::Builder::new().name("store".to_owned()).spawn(move || write(&store, &batches, &theirs))?;
    let sink = KeepSink {
        sender,
        batch: Batch::default(),
        live: BTreeMap::new(),
        names: BTreeMap::new(),
        radar: site.sensors.iter().map(|s| s.kind == SensorKind::Radar).collect(),
        written: Timestamp::MIN,
        health: Arc::clone(&health),
        patience,
    };
    Ok((sink, Keeper { health, thread }))
}

impl Keeper {
    /// How the writing goes.
    pub fn health(&self) -> KeepHealth {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until all is written that the sink, which must be gone, has handed over; what the disk still refuses is left out.
    pub fn finish(self) -> KeepHealth {
        if self.thread.join().is_err() {
            tracing::error!("the store's thread had panicked");
        }
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn write(store: &Store, batches: &Receiver<Batch>, health: &Mutex<KeepHealth>) {
    let mut pending = Batch::default();
    loop {
        let patience = if pending.len() > 0 { AGAIN } else { Duration::from_secs(3600) };
        let open = match batches.recv_timeout(patience) {
            Ok(batch) => {
                pending.events.extend(batch.events);
                pending.tracks.extend(batch.tracks);
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        };
        let result = store.write(&pending.events, &pending.tracks);
        let mut health = health.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(()) => {
                if health.refused.take().is_some() {
                    tracing::info!("the store takes incidents again");
                }
                pending = Batch::default();
            }
            Err(error) => {
                if health.refused.is_none() {
                    tracing::error!(%error, "incidents are not stored; the record has them, and the watch goes on");
                }
                health.refused = Some(error.to_string());
                let over = pending.len().saturating_sub(MOST_PENDING);
                health.lost += over as u64;
                pending.tracks.truncate(pending.tracks.len().saturating_sub(over));
                pending.events.truncate(MOST_PENDING);
                if !open {
                    health.lost += pending.len() as u64;
                }
            }
        }
        if !open {
            return;
        }
    }
}

impl KeepSink {
    fn sum_up(&mut self, track: &Track) {
        let p = [track.position.lat_deg(), track.position.lon_deg()];
        let radar = track.sensors.iter().any(|(id, _)| self.radar.get(usize::from(id.0)).copied().unwrap_or(false));
        let (summary, changed) = self.live.entry(track.id).or_insert_with(|| {
            let summary = TrackSummary {
                track: track.id,
                first: track.born,
                last: track.t,
                within: [p[0], p[1], p[0], p[1]],
                speed_kn: 0.0,
                radar: false,
                mmsi: None,
                name: None,
            };
            (summary, true)
        });
        let [south, west, north, east] = summary.within;
        summary.within = [south.min(p[0]), west.min(p[1]), north.max(p[0]), east.max(p[1])];
        summary.last = summary.last.max(track.t);
        summary.speed_kn = summary.speed_kn.max(track.sog_lcb90_kn());
        summary.radar |= radar;
        summary.mmsi = track.mmsi.or(summary.mmsi);
        if let Some(name) = summary.mmsi.and_then(|mmsi| self.names.get(&mmsi))
            && summary.name.as_ref() != Some(name)
        {
            summary.name = Some(name.clone());
        }
        *changed = true;
    }

    fn hand_over(&mut self) {
        if self.batch.len() == 0 {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        if self.patience == Patience::Replay {
            if let Err(unsent) = self.sender.send(batch) {
                self.lose(unsent.0.len());
            }
            return;
        }
        match self.sender.try_send(batch) {
            Ok(()) => {}
            // The writer is busy with a slow disk: later.
            Err(TrySendError::Full(batch)) => self.batch = batch,
            Err(TrySendError::Disconnected(batch)) => self.lose(batch.len()),
        }
        if self.batch.len() > MOST_PENDING {
            let lost = std::mem::take(&mut self.batch).len();
            self.lose(lost);
        }
    }

    fn lose(&self, n: usize) {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).lost += n as u64;
    }
}

impl Drop for KeepSink {
    /// What was not yet handed over, at the end of the watch.
    fn drop(&mut self) {
        let batch = &mut self.batch;
        batch.tracks.extend(self.live.values().filter(|(_, changed)| *changed).map(|(summary, _)| summary.clone()));
        let n = batch.len();
        if n > 0 && self.sender.send_timeout(std::mem::take(batch), LAST_WAIT).is_err() {
            self.lose(n);
        }
    }
}

impl Sink for KeepSink {
    fn take(&mut self, effects: &Effects) -> std::io::Result<()> {
        for (mmsi, name) in &effects.names {
            if self.names.len() < MOST_NAMES || self.names.contains_key(mmsi) {
                self.names.insert(*mmsi, name.clone());
            }
        }
        for track in &effects.tracks {
            match track.status {
                // May be clutter: told by nobody.
                TrackStatus::Tentative => {}
                TrackStatus::Confirmed | TrackStatus::Coasting => self.sum_up(track),
                TrackStatus::Deleted => {
                    if let Some((summary, _)) = self.live.remove(&track.id) {
                        self.batch.tracks.push(summary);
                    }
                }
            }
            if track.t_out.seconds_since(self.written) >= TRACKS_EVERY_S {
                self.written = track.t_out;
                for (summary, changed) in self.live.values_mut().filter(|(_, changed)| *changed) {
                    self.batch.tracks.push(summary.clone());
                    *changed = false;
                }
            }
        }
        if !effects.incidents.is_empty() {
            self.batch.events.extend(effects.incidents.iter().cloned());
        }
        // Live, each change of an incident goes at once, and the rest with the flush of each second.
        let much = self.patience == Patience::Replay && self.batch.len() >= REPLAY_BATCH;
        if much || (self.patience == Patience::Never && !effects.incidents.is_empty()) {
            self.hand_over();
        }
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.hand_over();
        Ok(())
    }

    fn name(&self) -> &str {
        "store"
    }
}
