//! Tracks in a grid of one nautical mile, to find who is near.

use crate::model::{AisState, Timestamp, TrackId};

/// Edge of a cell, m: the largest distance that is asked for.
const CELL_M: f64 = 1852.0;
/// Buckets that cells are spread over; a power of two. Cells that share one cost a comparison and no error.
const BUCKETS: usize = 4096;

/// What every neighbour is asked at every look round: where a track was at its own last one, and what decides first. In a crowd a look
/// reads seventy of these, so they lie together and each fills one line of the cache; the rest is a [`Mark`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub p: [f64; 2],
    pub v: [f64; 2],
    pub sog: f64,
    pub t: Timestamp,
    /// When it was fast without AIS last.
    pub fast_dark: Timestamp,
    /// Number of its memory.
    pub number: u32,
    pub ais: AisState,
    /// Whether it is a craft: no buoy, no base station, no aircraft.
    pub afloat: bool,
    /// Whether it is a ship that may launch boats, by its length and by what AIS says of it.
    pub launches: bool,
}

/// What is asked of those few that are near.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub id: TrackId,
    pub course: f64,
    pub sigma: f64,
    pub length_m: Option<f64>,
    /// When it was first seen; `None` while it is tentative.
    pub held_since: Option<Timestamp>,
    /// Whether it is a ship under way, by where she tells to be, that no radar shows.
    pub unshown: bool,
    /// Radar cross-section, m²; 0 where it is not known.
    pub echo_m2: f32,
}

/// One that is near.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Close {
    /// The square of its distance.
    pub squared_m: f64,
    place: u32,
    bucket: u16,
}

/// The grid.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    buckets: Vec<Vec<Spot>>,
    /// The bucket of each number, and where in it.
    at: Vec<Option<(u16, u32)>>,
    marks: Vec<Mark>,
}

impl Default for Grid {
    fn default() -> Self {
        Self { buckets: vec![Vec::new(); BUCKETS], at: Vec::new(), marks: Vec::new() }
    }
}

impl Grid {
    /// Notes where a track is.
    pub fn put(&mut self, spot: Spot, mark: Mark) {
        let bucket = bucket(cell(spot.p));
        let number = spot.number as usize;
        if self.at.len() <= number {
            self.at.resize(number + 1, None);
            self.marks.resize(number + 1, mark);
        }
        self.marks[number] = mark;
        match self.at[number] {
            Some((old, place)) if old == bucket => self.buckets[usize::from(bucket)][place as usize] = spot,
            _ => {
                self.remove(spot.number);
                let spots = &mut self.buckets[usize::from(bucket)];
                self.at[number] = Some((bucket, spots.len() as u32));
                spots.push(spot);
            }
        }
    }

    /// Forgets a track.
    pub fn remove(&mut self, number: u32) {
        let Some((bucket, place)) = self.at.get_mut(number as usize).and_then(Option::take) else { return };
        let spots = &mut self.buckets[usize::from(bucket)];
        // Order is kept, so that of two at the same distance the same is found whatever came and went before.
        spots.remove(place as usize);
        for (place, spot) in spots.iter().enumerate().skip(place as usize) {
            self.at[spot.number as usize] = Some((bucket, place as u32));
        }
    }

    /// What else is known of one that was put.
    pub fn mark(&self, number: u32) -> &Mark {
        &self.marks[number as usize]
    }

    /// Those that are within a distance, given squared, of `p` at `t` as their courses go, of the cell of `p` and the
    /// eight round it; some of others. `found` is room to work in.
    ///
    /// In a crowd nothing of what is read here is in the cache. So all of it is read without a question that the processor would have to
    /// guess: it fetches the lines of many craft at once, where it waited for one after the other.
    pub fn within<'f>(&self, p: [f64; 2], t: Timestamp, squared: f64, found: &'f mut Vec<Close>) -> &'f [Close] {
        let (east, north) = cell(p);
        let mut buckets: [u16; 9] = std::array::from_fn(|i| bucket((east + i as i32 % 3 - 1, north + i as i32 / 3 - 1)));
        // Two cells of one bucket must not be read twice.
        buckets.sort_unstable();
        let is_first = |i: usize| i == 0 || buckets[i] != buckets[i - 1];
        let distinct = || (0..9).filter(|&i| is_first(i)).map(|i| buckets[i]);
        let all: usize = distinct().map(|b| self.buckets[usize::from(b)].len()).sum();
        if found.len() < all {
            found.resize(all, Close::default());
        }
        let mut n = 0;
        for bucket in distinct() {
            for (place, spot) in self.buckets[usize::from(bucket)].iter().enumerate() {
                let squared_m = spot.squared_m(p, t);
                found[n] = Close { squared_m, place: place as u32, bucket };
                n += usize::from(squared_m <= squared);
            }
        }
        &found[..n]
    }

    /// One that was found.
    pub fn spot(&self, close: &Close) -> &Spot {
        &self.buckets[usize::from(close.bucket)][close.place as usize]
    }
}

impl Spot {
    /// The square of its distance from `p` at `t`, as its course goes.
    fn squared_m(&self, p: [f64; 2], t: Timestamp) -> f64 {
        let dt = t.seconds_since(self.t);
        let (east, north) = (self.p[0] + self.v[0] * dt - p[0], self.p[1] + self.v[1] * dt - p[1]);
        east * east + north * north
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

    fn spot(number: u32, p: [f64; 2]) -> Spot {
        Spot {
            p,
            v: [0.0; 2],
            sog: 0.0,
            t: Timestamp::MIN,
            fast_dark: Timestamp::MIN,
            number,
            ais: AisState::None,
            afloat: true,
            launches: false,
        }
    }

    fn mark(number: u32) -> Mark {
        Mark {
            id: TrackId(u64::from(number)),
            course: 0.0,
            sigma: 1.0,
            length_m: None,
            held_since: None,
            unshown: false,
            echo_m2: 0.0,
        }
    }

    #[test]
    fn a_spot_is_one_line_of_the_cache() {
        assert_eq!(size_of::<Spot>(), 64);
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
                    grid.put(spot(number, [east, north]), mark(number));
                    all.insert(number, [east, north]);
                }
            }
            let near = |p: &[f64; 2]| (p[0] - x).hypot(p[1] - y) <= CELL_M;
            let expected: Vec<(u32, TrackId)> =
                all.iter().filter(|(_, p)| near(p)).map(|(n, _)| (*n, TrackId(u64::from(*n)))).collect();
            let mut close = Vec::new();
            let close = grid.within([x, y], Timestamp::MIN, CELL_M * CELL_M, &mut close);
            let mut found: Vec<(u32, TrackId)> =
                close.iter().map(|c| grid.spot(c).number).map(|n| (n, grid.mark(n).id)).collect();
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
