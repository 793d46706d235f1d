//! Where each craft was: a sample every ten seconds for half an hour, for tails and for the chart of speed.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use crate::model::{Picture, Timestamp, Track};

/// A sample this often: at 60 kn a boat makes 309 m in it, 3 mm on a screen that shows 10 NM.
const EVERY_S: f64 = 10.0;
/// 30 minutes of it. DESIGN §7 asks for 4 KiB a track with a trail of that length; a test adds up what a track holds.
const SAMPLES: usize = 180;

/// Places are kept in steps of 10⁻⁶ degrees, 11 cm: a tenth of a pixel where a screen shows 100 m.
const STEP_1E7: i32 = 10;
/// Room for a trail grows by so many samples: doubling would leave a third of the memory empty.
const GROW: usize = 36;

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

/// From a sample to the one after it: ten bytes, for there are 180 of them a track.
#[derive(Clone, Copy, Debug)]
struct Step {
    t_ds: u16,
    at: [i16; 2],
    // Of the earlier sample.
    kn: [u16; 2],
}

/// Where one craft was: the newest sample, and the way back from it.
#[derive(Debug)]
struct Trail {
    newest: Sample,
    // Oldest first.
    steps: VecDeque<Step>,
}

impl Trail {
    fn push(&mut self, sample: Sample) {
        let last = std::mem::replace(&mut self.newest, sample);
        let t_ds = u16::try_from(sample.t_ds.saturating_sub(last.t_ds)).ok();
        let [e, n] =
            [0, 1].map(|i| i16::try_from((i64::from(sample.at[i]) - i64::from(last.at[i])) / i64::from(STEP_1E7)).ok());
        // A leap of kilometres or a silence of hours begins a new trail.
        let (Some(t_ds), Some(e), Some(n)) = (t_ds, e, n) else { return self.steps.clear() };
        if self.steps.len() + 1 == SAMPLES {
            self.steps.pop_front();
        } else if self.steps.len() == self.steps.capacity() {
            self.steps.reserve_exact(GROW);
        }
        self.steps.push_back(Step { t_ds, at: [e, n], kn: last.kn });
    }

    // Newest first.
    fn back(&self) -> impl Iterator<Item = Sample> + '_ {
        let mut at = self.newest;
        let earlier = self.steps.iter().rev().map(move |step| {
            at.t_ds -= u64::from(step.t_ds);
            at.at[0] -= i32::from(step.at[0]) * STEP_1E7;
            at.at[1] -= i32::from(step.at[1]) * STEP_1E7;
            at.kn = step.kn;
            at
        });
        std::iter::once(self.newest).chain(earlier)
    }

    /// Bytes it holds.
    #[cfg(test)]
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.steps.capacity() * size_of::<Step>()
    }
}

/// Trails of all live tracks. Bounded by the number of tracks; a track that is gone takes its trail along.
#[derive(Debug, Default)]
pub struct Trails {
    of: BTreeMap<u64, Trail>,
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
            match self.of.entry(track.id.0) {
                Entry::Vacant(free) => {
                    free.insert(Trail { newest: sample, steps: VecDeque::new() });
                }
                Entry::Occupied(mut trail) => {
                    let trail = trail.get_mut();
                    if sample.t_ds >= trail.newest.t_ds + (EVERY_S * 10.0) as u64 {
                        trail.push(sample);
                    }
                }
            }
        }
    }

    /// Samples of one track, oldest first.
    pub fn of(&self, track: u64) -> Vec<Sample> {
        let mut samples: Vec<Sample> = self.of.get(&track).map(|t| t.back().collect()).unwrap_or_default();
        samples.reverse();
        samples
    }

    /// All trails for the console's tails: for each track its number (u32, low half) and how many points follow (u32), then each
    /// point as degrees times 10⁷ east and north (i32), oldest first; little-endian. `newest` points a track at most.
    pub fn encode(&self, newest: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for (id, trail) in &self.of {
            let mut samples: Vec<Sample> = trail.back().take(newest).collect();
            samples.reverse();
            out.extend_from_slice(&(*id as u32).to_le_bytes());
            out.extend_from_slice(&(samples.len() as u32).to_le_bytes());
            for sample in samples {
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
        at: [track.position.lon_deg(), track.position.lat_deg()]
            .map(|deg| (deg * 1e7 / f64::from(STEP_1E7)).round() as i32 * STEP_1E7),
        kn: [tenths(track.sog_kn()), tenths(track.sog_lcb90_kn())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuse::{FuseSettings, Fuser};
    use crate::geo::GeodeticHeight;
    use crate::model::{FeedId, Place, Plot, Report, ReportKind, Sensor, SensorId, SensorKind, Site, WireFormat};

    /// A track that a radar has held for 40 minutes: the samples are the last half hour of its places, and all that a track holds in
    /// the fusion, the picture and the trail is less than 4 KiB.
    #[test]
    fn half_an_hour_of_trail_and_the_track_itself_are_less_than_4_kib() {
        let origin = GeodeticHeight::from_degrees(22.55, 114.72, 0.0);
        let radar = Sensor {
            position: Some(origin),
            scan_s: Some(2.5),
            ..Sensor::new("r", SensorKind::Radar, WireFormat::Asterix, FeedId(0))
        };
        let site = Site { name: "bay".into(), origin, sensors: vec![radar], feeds: Vec::new() };
        let mut fuser = Fuser::new(&site, FuseSettings::default());
        let (mut trails, mut lines) = (Trails::default(), Vec::new());
        let begin = Timestamp::from_secs(1_773_504_000);
        let mut places = Vec::new();
        for scan in 0..960u32 {
            let at = begin.plus_seconds(2.5 * f64::from(scan));
            // North at 6 m/s, one plot a scan.
            let place = Place::Polar { range_m: 2000.0 + 15.0 * f64::from(scan), azimuth: 0.0 };
            let plot = Report {
                sensor: SensorId(0),
                t: at,
                received_at: at,
                transmission: None,
                kind: ReportKind::Plot(Plot { place, snr_db: None }),
            };
            lines.clear();
            fuser.apply(at, &[plot], &mut lines);
            let picture = Picture::new(at, u64::from(scan), fuser.tracks());
            trails.note(&picture);
            places.extend(picture.tracks().first().map(|t| (t.id.0, t.position, at)));
        }
        let (id, _, last) = *places.last().unwrap();
        let samples = trails.of(id);
        assert_eq!(samples.len(), SAMPLES);
        let from = samples[0].t_ds as f64 / 10.0;
        assert!((last.secs_f64() - from - 1790.0).abs() < 11.0, "{from}");
        for s in &samples {
            let (_, position, _) =
                places.iter().find(|p| (p.2.secs_f64() - s.t_ds as f64 / 10.0).abs() < 0.06 && p.0 == id).unwrap();
            let [lon, lat] = s.at.map(|v| f64::from(v) / 1e7);
            assert!((lat - position.lat_deg()).abs() < 6e-7 && (lon - position.lon_deg()).abs() < 6e-7, "{s:?}");
        }
        let trail = trails.of[&id].bytes();
        let craft = Fuser::bytes_a_craft(1);
        let told = size_of::<Track>();
        println!("{trail} bytes of trail, {craft} of the fusion, {told} in the picture: {}", trail + craft + told);
        assert!(trail + craft + told <= 4096);
    }

    #[test]
    fn a_leap_begins_a_new_trail() {
        let at = |t_ds, at| Sample { t_ds, at, kn: [0; 2] };
        let mut trail = Trail { newest: at(0, [0, 0]), steps: VecDeque::new() };
        trail.push(at(100, [20_000, -30_000]));
        assert_eq!(trail.back().collect::<Vec<_>>(), [at(100, [20_000, -30_000]), at(0, [0, 0])]);
        trail.push(at(200, [2_000_000, 0]));
        assert_eq!(trail.back().collect::<Vec<_>>(), [at(200, [2_000_000, 0])]);
    }
}
