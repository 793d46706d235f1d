//! Tracks on the wire to the console: fixed records of 20 bytes, little-endian (`docs/protocols/console.md`, version 1).
//!
//! Encoded once for all clients. A delta holds the records that differ from the frame before.

use std::collections::BTreeMap;

use crate::model::{AisState, CraftClass, Picture, SensorKind, Site, Timestamp, Track, TrackStatus};

/// Opens every binary message.
pub const MAGIC: &[u8; 4] = b"HST1";
/// Bytes before the first record.
pub const HEADER: usize = 40;
/// Bytes of a record.
pub const RECORD: usize = 20;

/// A sensor counts as a source of a track for this long after its last contribution: two turns of a slow antenna, or the reporting
/// interval of a class B craft (30 s, ITU-R M.1371) with one report missed.
const RADAR_SOURCE_S: f64 = 10.0;
const AIS_SOURCE_S: f64 = 65.0;

/// A track is drawn as fast where it more likely is than not.
const FAST: f64 = 0.5;

/// Speed not told.
const NONE: u16 = u16::MAX;

/// One encoded track.
pub type Record = [u8; RECORD];

/// What an officer's attention adds to a track, from the alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Threat {
    /// Highest severity of an alert that lasts, 0 for none.
    pub severity: u8,
    /// Whether one of them waits for an acknowledgement.
    pub unacknowledged: bool,
}

/// Encodes one track.
pub fn record(track: &Track, site: &Site, threat: Threat) -> Record {
    let mut out = [0; RECORD];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(slot) = out.get_mut(at..at + bytes.len()) {
            slot.copy_from_slice(bytes);
        }
    };
    // The header's newest number tells the upper half.
    put(0, &(track.id.0 as u32).to_le_bytes());
    put(4, &scaled_i32(track.position.lon_deg()).to_le_bytes());
    put(8, &scaled_i32(track.position.lat_deg()).to_le_bytes());
    put(12, &((track.cog_deg() * 10.0).round() as u16 % 3600).to_le_bytes());
    put(14, &tenths(track.sog_kn()).to_le_bytes());
    put(16, &[status_bits(track.status) | sources(track, site) << 2 | ais_bits(track.ais) << 5]);
    let unacknowledged = if threat.unacknowledged { 1 } else { 0 };
    let fast = if track.p_fast >= FAST { 1 } else { 0 };
    put(17, &[class_bits(track.class) | threat.severity.min(7) << 3 | unacknowledged << 6 | fast << 7]);
    put(18, &deciseconds(last_seen(track)).to_le_bytes());
    out
}

/// The newest contribution of any sensor.
pub fn last_seen(track: &Track) -> Timestamp {
    track.sensors.iter().map(|(_, t)| t).max().unwrap_or(track.t)
}

// Degrees times 10^7 fit: 180 * 10^7 < 2^31.
fn scaled_i32(degrees: f64) -> i32 {
    (degrees * 1e7).round() as i32
}

fn tenths(knots: f64) -> u16 {
    if knots.is_finite() { (knots * 10.0).round().clamp(0.0, f64::from(NONE - 1)) as u16 } else { NONE }
}

// Unix time in tenths of a second, modulo 2^16 (109 minutes): tracks live for less without being seen.
fn deciseconds(t: Timestamp) -> u16 {
    t.nanos().div_euclid(100_000_000).rem_euclid(65_536) as u16
}

fn sources(track: &Track, site: &Site) -> u8 {
    let mut bits = 0;
    for (id, t) in track.sensors.iter() {
        let age = track.t_out.seconds_since(t);
        bits |= match site.sensor(id).map(|s| s.kind) {
            Some(SensorKind::Radar) if age <= RADAR_SOURCE_S => 1,
            Some(SensorKind::Ais) if age <= AIS_SOURCE_S => 2,
            Some(SensorKind::Camera) if age <= RADAR_SOURCE_S => 4,
            _ => 0,
        };
    }
    if bits == 0 {
        // Nobody sees it now: it keeps the shape of who saw it.
        for (id, _) in track.sensors.iter() {
            bits |= match site.sensor(id).map(|s| s.kind) {
                Some(SensorKind::Radar) => 1,
                Some(SensorKind::Ais) => 2,
                Some(SensorKind::Camera) => 4,
                _ => 0,
            };
        }
    }
    bits
}

fn status_bits(status: TrackStatus) -> u8 {
    match status {
        TrackStatus::Tentative => 0,
        TrackStatus::Confirmed => 1,
        TrackStatus::Coasting => 2,
        TrackStatus::Deleted => 3,
    }
}

fn ais_bits(ais: AisState) -> u8 {
    match ais {
        AisState::Ok => 0,
        AisState::None => 1,
        AisState::Lost => 2,
        AisState::Inconsistent => 3,
        AisState::Ambiguous => 4,
    }
}

fn class_bits(class: CraftClass) -> u8 {
    match class {
        CraftClass::Unknown => 0,
        CraftClass::Ship => 1,
        CraftClass::SmallCraft => 2,
        CraftClass::Fixed => 3,
        CraftClass::Aircraft => 4,
    }
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// Every live track: forget what was known.
    Snapshot,
    /// What has changed since the frame before.
    Delta,
}

/// The records of the newest frame, and how to tell the next one.
#[derive(Debug, Default)]
pub struct Encoder {
    number: u32,
    known: BTreeMap<u32, Record>,
    t_out: Timestamp,
    newest: u64,
}

impl Encoder {
    /// Takes a picture and makes the delta to it.
    pub fn delta(&mut self, picture: &Picture, site: &Site, threat: impl Fn(&Track) -> Threat) -> Vec<u8> {
        self.number = self.number.wrapping_add(1);
        self.t_out = picture.t_out;
        self.newest = picture.tracks().last().map_or(self.newest, |t| t.id.0);
        let mut changed = Vec::new();
        let mut next = BTreeMap::new();
        for track in picture.tracks() {
            let record = record(track, site, threat(track));
            let key = track.id.0 as u32;
            if self.known.get(&key) != Some(&record) {
                changed.push(record);
            }
            next.insert(key, record);
        }
        let removed: Vec<u32> = self.known.keys().filter(|key| !next.contains_key(key)).copied().collect();
        self.known = next;
        self.frame(FrameKind::Delta, changed.iter(), changed.len(), &removed)
    }

    /// Everything that is known, under the number of the newest delta.
    pub fn snapshot(&self) -> Vec<u8> {
        self.frame(FrameKind::Snapshot, self.known.values(), self.known.len(), &[])
    }

    /// The number of the newest frame.
    pub fn number(&self) -> u32 {
        self.number
    }

    fn frame<'r>(&self, kind: FrameKind, records: impl Iterator<Item = &'r Record>, n: usize, removed: &[u32]) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + RECORD * n + 4 * removed.len());
        out.extend_from_slice(MAGIC);
        out.push(match kind {
            FrameKind::Snapshot => 0,
            FrameKind::Delta => 1,
        });
        out.extend_from_slice(&[0; 3]);
        for word in [self.number, n as u32, removed.len() as u32, 0] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&self.t_out.secs_f64().to_le_bytes());
        out.extend_from_slice(&self.newest.to_le_bytes());
        for record in records {
            out.extend_from_slice(record);
        }
        for id in removed {
            out.extend_from_slice(&id.to_le_bytes());
        }
        out
    }
}
