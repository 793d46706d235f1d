//! Tracks in a grid of one nautical mile, to find who is near.

use crate::model::{AisState, Timestamp, TrackId};

/// Edge of a cell, m: the largest distance that is asked for.
const CELL_M: f64 = 1852.0;
/// Buckets that cells are spread over; a power of two. Cells that share one cost a comparison and no error.
const BUCKETS: usize = 4096;

/// What neighbours need to know of a track, at its last look round.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Number of its memory.
    pub number: u32,
    pub id: TrackId,
    pub p: [f64; 2],
    pub v: [f64; 2],
    pub sog: f64,
    pub course: f64,
    pub sigma: f64,
    pub t: Timestamp,
    pub ais: AisState,
    /// When it was fast without AIS last.
    pub fast_dark: Timestamp,
    pub length_m: Option<f64>,
    /// Whether it is a craft: no buoy, no base station, no aircraft.
    pub afloat: bool,
    /// When it was first seen; `None` while it is tentative.
    pub held_since: Option<Timestamp>,
}

/// The grid.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    buckets: Vec<Vec<Mark>>,
    /// The bucket of each number.
    at: Vec<Option<u16>>,
}

impl Default for Grid {
    fn default() -> Self {
        Self { buckets: vec![Vec::new(); BUCKETS], at: Vec::new() }
    }
}

impl Grid {
    /// Notes where a track is.
    pub fn put(&mut self, mark: Mark) {
        let bucket = bucket(cell(mark.p));
        let number = mark.number as usize;
        if self.at.len() <= number {
            self.at.resize(number + 1, None);
        }
        if self.at[number] != Some(bucket) {
            self.remove(mark.number);
            self.at[number] = Some(bucket);
            self.buckets[usize::from(bucket)].push(mark);
        } else if let Some(old) = self.buckets[usize::from(bucket)].iter_mut().find(|m| m.number == mark.number) {
            *old = mark;
        }
    }

    /// Forgets a track.
    pub fn remove(&mut self, number: u32) {
        if let Some(bucket) = self.at.get_mut(number as usize).and_then(Option::take) {
            // Order is kept, so that of two at the same distance the same is found whatever came and went before.
            self.buckets[usize::from(bucket)].retain(|m| m.number != number);
        }
    }

    /// Tracks of the cell of `p` and the eight round it; some of others.
    pub fn near(&self, p: [f64; 2]) -> impl Iterator<Item = &Mark> {
        let (east, north) = cell(p);
        let mut buckets: [u16; 9] = std::array::from_fn(|i| bucket((east + i as i32 % 3 - 1, north + i as i32 / 3 - 1)));
        // Two cells of one bucket must not be read twice.
        buckets.sort_unstable();
        let distinct = (0..9).filter(move |&i| i == 0 || buckets[i] != buckets[i - 1]).map(move |i| buckets[i]);
        distinct.flat_map(|b| self.buckets[usize::from(b)].iter())
    }
}

fn cell(p: [f64; 2]) -> (i32, i32) {
    ((p[0] / CELL_M).floor() as i32, (p[1] / CELL_M).floor() as i32)
}

/// Neighbouring cells go to different buckets: a block of 64 × 64 cells (a site) fits without sharing.
fn bucket((east, north): (i32, i32)) -> u16 {
    ((east & 63) | (north & 63) << 6) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mark(number: u32, p: [f64; 2]) -> Mark {
        Mark {
            number,
            id: TrackId(u64::from(number)),
            p,
            v: [0.0; 2],
            sog: 0.0,
            course: 0.0,
            sigma: 1.0,
            t: Timestamp::MIN,
            ais: AisState::None,
            fast_dark: Timestamp::MIN,
            length_m: None,
            afloat: true,
            held_since: None,
        }
    }

    proptest! {
        /// Against looking at all of them, after moves and removals.
        #[test]
        fn all_within_a_mile_are_found_once(
            moves in proptest::collection::vec((0u32..40, -200_000.0..200_000.0f64, -4000.0..4000.0f64, proptest::bool::weighted(0.1)), 1..200),
            x in -200_000.0..200_000.0f64, y in -4000.0..4000.0f64)
        {
            let mut grid = Grid::default();
            let mut all = std::collections::BTreeMap::new();
            for (number, east, north, gone) in moves {
                if gone {
                    grid.remove(number);
                    all.remove(&number);
                } else {
                    grid.put(mark(number, [east, north]));
                    all.insert(number, [east, north]);
                }
            }
            let near = |p: &[f64; 2]| (p[0] - x).hypot(p[1] - y) <= CELL_M;
            let expected: Vec<u32> = all.iter().filter(|(_, p)| near(p)).map(|(n, _)| *n).collect();
            let mut found: Vec<u32> = grid.near([x, y]).filter(|m| near(&m.p)).map(|m| m.number).collect();
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
