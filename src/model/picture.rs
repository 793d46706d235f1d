//! The picture: every track at one moment, immutable once made, with an index by area.

use std::sync::OnceLock;

use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use super::{Timestamp, Track, TrackId};
use crate::geo::Geodetic;

type Entry = GeomWithData<[f64; 2], usize>;

/// All live tracks at one moment. Made by the engine, read by anyone without a lock.
#[derive(Debug, Default)]
pub struct Picture {
    /// The newest `received_at` that went into it.
    pub t_out: Timestamp,
    /// Counts the pictures of a run.
    pub number: u64,
    tracks: Vec<Track>,
    // Built by the first question by area: most pictures are replaced before anyone asks.
    index: OnceLock<RTree<Entry>>,
}

impl Picture {
    /// A picture of `tracks`, which must come in order of their number.
    pub fn new(t_out: Timestamp, number: u64, tracks: Vec<Track>) -> Self {
        debug_assert!(tracks.is_sorted_by_key(|t| t.id));
        Self { t_out, number, tracks, index: OnceLock::new() }
    }

    /// Tracks in order of their number.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// The track of that number.
    pub fn track(&self, id: TrackId) -> Option<&Track> {
        let i = self.tracks.binary_search_by_key(&id, |t| t.id).ok()?;
        self.tracks.get(i)
    }

    /// Tracks inside a box from its south-west to its north-east corner, in order of their number. The box must not cross the
    /// 180° meridian.
    pub fn within(&self, south_west: Geodetic, north_east: Geodetic) -> Vec<&Track> {
        let index = self.index.get_or_init(|| {
            RTree::bulk_load(
                self.tracks.iter().enumerate().map(|(i, t)| Entry::new([t.position.lon, t.position.lat], i)).collect(),
            )
        });
        let area = AABB::from_corners([south_west.lon, south_west.lat], [north_east.lon, north_east.lat]);
        let mut found: Vec<usize> = index.locate_in_envelope(&area).map(|e| e.data).collect();
        found.sort_unstable();
        found.iter().filter_map(|&i| self.tracks.get(i)).collect()
    }
}
