//! Where each craft was: a sample every ten seconds for half an hour, for tails and for the chart of speed.

use std::collections::{BTreeMap, VecDeque};

use crate::model::{Picture, Timestamp, Track};

/// A sample this often: at 60 kn a boat makes 309 m in it, 3 mm on a screen that shows 10 NM.
const EVERY_S: f64 = 10.0;
/// 30 minutes of it (DESIGN §7 asks for a trail of that length in 4 KiB a track; this is 3.6).
const SAMPLES: usize = 180;

/// One sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Seconds since 1970, in tenths.
    pub t_ds: u64,
    /// Degrees times 10⁷, east and north.
    pub at: [i32; 2],
    /// Speed over ground and its lower bound, tenths of a knot.
    pub kn: [u16; 2],
}

/// Trails of all live tracks. Bounded by the number of tracks; a track that is gone takes its trail along.
#[derive(Debug, Default)]
pub struct Trails {
    of: BTreeMap<u64, VecDeque<Sample>>,
    newest: Option<Timestamp>,
}

impl Trails {
    /// Takes samples from a picture, where they are due.
    pub fn note(&mut self, picture: &Picture) {
        if self.newest.is_some_and(|t| picture.t_out < t) {
            // A replay has gone back.
            self.of.clear();
        }
        self.newest = Some(picture.t_out);
        let tracks = picture.tracks();
        self.of.retain(|id, _| tracks.binary_search_by_key(id, |t| t.id.0).is_ok());
        for track in tracks {
            let sample = sample(track, picture.t_out);
            let trail = self.of.entry(track.id.0).or_default();
            let due = trail.back().is_none_or(|last| sample.t_ds >= last.t_ds + (EVERY_S * 10.0) as u64);
            if due {
                if trail.len() == SAMPLES {
                    trail.pop_front();
                }
                trail.push_back(sample);
            }
        }
    }

    /// Samples of one track, oldest first.
    pub fn of(&self, track: u64) -> Vec<Sample> {
        self.of.get(&track).map(|t| t.iter().copied().collect()).unwrap_or_default()
    }

    /// All trails for the console's tails: for each track its number (u32, low half) and how many points follow (u32), then each
    /// point as degrees times 10⁷ east and north (i32), oldest first; little-endian. `newest` points a track at most.
    pub fn encode(&self, newest: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for (id, trail) in &self.of {
            let skip = trail.len().saturating_sub(newest);
            out.extend_from_slice(&(*id as u32).to_le_bytes());
            out.extend_from_slice(&((trail.len() - skip) as u32).to_le_bytes());
            for sample in trail.iter().skip(skip) {
                out.extend(sample.at.iter().flat_map(|v| v.to_le_bytes()));
            }
        }
        out
    }
}

fn sample(track: &Track, now: Timestamp) -> Sample {
    let tenths = |kn: f64| (kn * 10.0).round().clamp(0.0, 65_535.0) as u16;
    Sample {
        t_ds: now.nanos().div_euclid(100_000_000).max(0) as u64,
        at: [(track.position.lon_deg() * 1e7).round() as i32, (track.position.lat_deg() * 1e7).round() as i32],
        kn: [tenths(track.sog_kn()), tenths(track.sog_lcb90_kn())],
    }
}
