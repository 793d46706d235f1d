//! One transmission heard by several stations is one report.
//!
//! On a national feed every second message is a repeat: one drifting ship was heard by 13 stations. The bits of a transmission
//! hold the second of the position and the state of the radio, so that the same bits within a few seconds are the same
//! transmission.

use super::reader::Received;
use crate::model::{Station, Timestamp, Transmission};
use crate::wire::fingerprint::{Fingerprint, fingerprint, transmission};

/// How long the same bits are taken for the same transmission, s. The delays between stations stay below it, and the shortest
/// time after which a station may say the same again is above it (static data: 6 min; a ship at anchor: 3 min); it is also what
/// AisLib uses.
pub const WINDOW_S: f64 = 10.0;

/// Sets of [`WAYS`] entries each; a power of two. 8 192 transmissions in 10 s is four times the busiest national server's
/// 1 700 messages a second less repeats.
const SETS: usize = 1024;
const WAYS: usize = 8;

/// Finds repeats among the messages of one feed as they come. Fixed size; what is oldest in its set gives way.
#[derive(Clone, Debug)]
pub struct Repeats {
    entries: Box<[[Entry; WAYS]]>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    sums: Fingerprint,
    first: Timestamp,
}

impl Default for Repeats {
    fn default() -> Self {
        let nothing = Entry { sums: [0; 2], first: Timestamp::MIN };
        Self { entries: vec![[nothing; WAYS]; SETS].into_boxed_slice() }
    }
}

impl Repeats {
    /// The name of a transmission that is heard for the first time; `None` where the same bits came within the last [`WINDOW_S`] of
    /// arrival.
    pub fn first(&mut self, received: &Received<'_>) -> Option<Transmission> {
        let sums = fingerprint(received.payload.bytes(), received.payload.len() as u64);
        let [low, _] = sums;
        let set = self.entries.get_mut(low as usize % SETS)?;
        let at = received.received_at;
        if set.iter().any(|e| e.sums == sums && at.seconds_since(e.first).abs() <= WINDOW_S) {
            return None;
        }
        // The same bits after the window go on in their own entry; else the oldest gives way.
        let place = set.iter_mut().min_by_key(|e| (e.sums != sums, e.first));
        if let Some(entry) = place {
            *entry = Entry { sums, first: at };
        }
        Some(transmission(sums))
    }

    /// How many transmissions it can hold: never more.
    pub fn capacity(&self) -> usize {
        self.entries.len() * WAYS
    }
}

/// The most stations that one transmission lists.
pub const MAX_STATIONS: usize = 16;

/// Stations that heard a transmission, in the order in which they told it.
#[derive(Clone, Copy, Debug, Default)]
pub struct StationList {
    stations: [Station; MAX_STATIONS],
    len: u8,
}

impl StationList {
    /// Adds a station that is not in it yet; beyond [`MAX_STATIONS`] it is not listed.
    pub fn add(&mut self, station: Station) {
        let n = usize::from(self.len);
        if self.as_slice().contains(&station) {
            return;
        }
        if let Some(free) = self.stations.get_mut(n) {
            *free = station;
            self.len += 1;
        }
    }

    /// The stations.
    pub fn as_slice(&self) -> &[Station] {
        self.stations.get(..usize::from(self.len)).unwrap_or_default()
    }
}
