//! Whether a number stays with its craft: what was truly under each track that followed a sought one.

use std::collections::BTreeMap;

use super::ledger::{OWN_M, off_m};
use crate::geo::Geodetic;
use crate::model::{Picture, Timestamp, Track, TrackId, TrackStatus};
use crate::sim::coast::{Vessel, World};

/// A craft is under a track after it was the nearest for so long, s: four turns of a radar, as [`Ledger`](super::ledger::Ledger) asks.
const STAYS_S: f64 = 10.0;
/// A craft farther from a sought one than this cannot be nearest to a track that is within [`OWN_M`] of it, m.
const AROUND_M: f64 = 2.5 * OWN_M;

/// Crafts nearer to each other than this are one echo or two by turns (40 m and 0.6° of the scenarios' radars, 10 km off), m: no number can stay with one.
const APART_M: f64 = 100.0;
/// Tracks within [`OWN_M`] of a craft, some seconds of lag at 60 kn besides, are of a latitude so near to its own, rad: 640 m.
const CLOSE_RAD: f64 = 1e-4;

#[derive(Clone, Copy, Debug, Default)]
struct Under {
    settled: Option<u32>,
    // Another that is nearest, and since when.
    other: Option<(u32, Timestamp)>,
}

impl Under {
    /// Takes which craft is nearest at `t`; whether another has settled under the number.
    fn look(&mut self, t: Timestamp, nearest: Option<u32>) -> Option<(u32, u32)> {
        // Where none is near nobody has taken its place.
        let nearest = nearest?;
        if self.settled == Some(nearest) {
            self.other = None;
            return None;
        }
        let since = self.other.filter(|(id, _)| *id == nearest).map_or(t, |(_, since)| since);
        if t.seconds_since(since) < STAYS_S {
            self.other = Some((nearest, since));
            return None;
        }
        self.other = None;
        self.settled.replace(nearest).map(|before| (before, nearest))
    }
}

/// What changed under the numbers of a run.
#[derive(Clone, Debug, Default)]
pub struct Swaps {
    /// Times at which the craft under a number changed from a sought one to another or back.
    pub count: usize,
    /// Hours that sought craft were out at speed.
    pub boat_hours: f64,
    under: BTreeMap<TrackId, Under>,
    looked: Option<Timestamp>,
}

impl Swaps {
    /// Looks at every track near a sought craft, and at those that were.
    pub fn look(&mut self, picture: &Picture, world: &World) {
        let now = world.now();
        let fast: Vec<&Vessel> = world.vessels().iter().filter(|v| v.sought && v.afloat).collect();
        let since_s = self.looked.replace(now).map_or(0.0, |before| now.seconds_since(before));
        // A pause in which none was afloat is none of theirs.
        let out = fast.iter().filter(|v| v.kn() > 20.0).count() as f64;
        self.boat_hours += out * since_s.min(5.0) / 3600.0;
        let around = |of: &Vessel| {
            let near =
                |v: &&Vessel| v.afloat && (v.position[0] - of.position[0]).hypot(v.position[1] - of.position[1]) < AROUND_M;
            world.vessels().iter().filter(near).collect::<Vec<_>>()
        };
        let around: Vec<(&Vessel, Geodetic, Vec<&Vessel>)> = fast.iter().map(|v| (*v, world.place(v), around(v))).collect();
        for track in picture.tracks().iter().filter(|t| t.status == TrackStatus::Confirmed) {
            // Most tracks are far from all of them, and a quick look tells.
            let close = |at: &Geodetic| (at.lat - track.position.lat).abs() <= CLOSE_RAD;
            let within = |v: &Vessel| off_m(world, v, track.t, track.position).is_some_and(|m| m <= OWN_M);
            let is_sought = |id: u32| world.vessels().iter().any(|v| v.id == id && v.sought);
            // Far from all that is sought only who followed one is asked.
            let known = self.under.get(&track.id).and_then(|u| u.settled).is_some_and(is_sought);
            let nearest = match around.iter().find(|(v, at, _)| close(at) && within(v)) {
                Some((_, _, those)) => nearest_of(those.iter().copied(), world, track),
                None if known => nearest_of(world.vessels().iter().filter(|v| v.afloat), world, track),
                None => continue,
            };
            let Some((before, after)) = self.under.entry(track.id).or_default().look(track.t, nearest) else { continue };
            let place = |id: u32| world.vessels().iter().find(|v| v.id == id && v.afloat).map(|v| v.position);
            let apart_m = place(before).zip(place(after)).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
            let told_apart = apart_m.is_some_and(|m| m >= APART_M);
            self.count += usize::from(told_apart && (is_sought(before) || is_sought(after)));
        }
    }
}

fn nearest_of<'v>(vessels: impl Iterator<Item = &'v Vessel>, world: &World, track: &Track) -> Option<u32> {
    let off = |v: &'v Vessel| Some((off_m(world, v, track.t, track.position)?, v.id));
    vessels.filter_map(off).filter(|(m, _)| *m <= OWN_M).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nearest by the second, from one on; what settled.
    fn settled(stretches: &[(i64, Option<u32>)]) -> Vec<(u32, u32)> {
        let (mut under, mut out, mut s) = (Under::default(), Vec::new(), 0);
        for &(seconds, nearest) in stretches {
            for _ in 0..seconds {
                s += 1;
                out.extend(under.look(Timestamp::from_secs(1_773_504_000 + s), nearest));
            }
        }
        out
    }

    #[test]
    fn a_craft_is_under_a_number_after_ten_seconds() {
        // One goes by another in nine seconds: none. In eleven: there and back.
        assert_eq!(settled(&[(20, Some(1)), (9, Some(2)), (20, Some(1))]), []);
        assert_eq!(settled(&[(20, Some(1)), (11, Some(2)), (20, Some(1))]), [(1, 2), (2, 1)]);
        // Two that are nearest in turn have neither settled.
        assert_eq!(settled(&[(20, Some(1)), (6, Some(2)), (6, Some(3)), (6, Some(2))]), []);
        // Lost for a while between two nearest is a change all the same; lost and found is none.
        assert_eq!(settled(&[(20, Some(1)), (60, None), (12, Some(2))]), [(1, 2)]);
        assert_eq!(settled(&[(20, Some(1)), (60, None), (12, Some(1))]), []);
    }
}
