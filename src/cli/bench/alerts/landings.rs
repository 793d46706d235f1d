//! Where a boat was said to land, against where it did.

use std::collections::BTreeMap;

use super::watch::Sought;
use crate::config::Config;
use crate::geo::{Coast, Geodetic, distance_m};
use crate::incident::{Forecast, Landfalls, Target, landing};
use crate::model::{Timestamp, Track, TrackId};
use crate::rules::{Shape, Zone, ZoneKind};
use crate::sim::coast::World;

/// A place of the trail this often, s, as the console keeps it.
const EVERY_S: f64 = 10.0;
/// Only who makes this much may be a boat that runs, m/s.
const RUNS_MPS: f64 = 7.7;
/// Forecasts are taken this often of a sought craft's own track, s.
const FORECAST_S: f64 = 10.0;
/// A boat landed in the zone whose outline or middle is nearest, if that is within this, m.
const LANDED_M: f64 = 6000.0;

/// One forecast about a craft.
#[derive(Clone, Debug)]
pub struct Foretold {
    /// The craft it is truly about.
    pub id: u32,
    /// When.
    pub t: Timestamp,
    /// The zones, the likeliest first: name, probability, seconds to it.
    pub zones: Vec<(String, f64, f64)>,
    /// Where the straight way ahead meets the shore, and in how many seconds.
    pub straight: Option<(Geodetic, f64)>,
    /// Where the likeliest zone's way ends.
    pub at: Option<Geodetic>,
}

/// Where a craft landed.
#[derive(Clone, Debug)]
pub struct Landed {
    /// The craft.
    pub id: u32,
    /// When.
    pub t: Timestamp,
    /// Where.
    pub at: Geodetic,
    /// In which zone.
    pub zone: Option<String>,
}

/// How long before the landing a forecast is asked about, s, with its words: at first, and as late as a unit ashore can use it.
const ASKED: [(f64, &str); 3] = [(600.0, "10"), (300.0, "5"), (120.0, "2")];
/// The forecast from so long before that instant on is taken, s.
const LATELY_S: f64 = 30.0;

/// How well landings of one kind of moment were foretold.
#[derive(Clone, Debug, Default)]
pub struct Foresight {
    /// The moment, in words.
    pub when: String,
    /// Forecasts.
    pub asked: usize,
    /// Of these, with the zone where the boat landed as the likeliest, and among the two likeliest.
    pub first: usize,
    /// See `first`.
    pub second: usize,
    /// From the end of the likeliest zone's way to where it landed, m; from where its straight way met the shore, endless where it met none.
    pub off_m: Vec<f64>,
    /// See `off_m`.
    pub straight_off_m: Vec<f64>,
    /// Told time to the zone where it landed, less the true one, s.
    pub late_s: Vec<f64>,
}

impl Foresight {
    /// Of runs, at the instant `at` tells of a craft of the nth run, if that is before it landed.
    pub fn when(words: &str, runs: &[&Landings], at: impl Fn(usize, u32) -> Option<Timestamp>) -> Self {
        let at = |n, landed: &Landed| at(n, landed.id).filter(|t| *t < landed.t);
        Self::of(words.to_owned(), &cases(runs, at))
    }

    /// The same some time before they landed.
    pub fn before(runs: &[&Landings]) -> Vec<Self> {
        let of = |(before_s, minutes): (f64, &str)| {
            Self::of(format!("{minutes} min before"), &cases(runs, |_, landed| Some(landed.t.plus_seconds(-before_s))))
        };
        ASKED.map(of).to_vec()
    }

    fn of(when: String, cases: &[(&Foretold, &Landed)]) -> Self {
        let mut out = Self { when, ..Self::default() };
        for (told, landed) in cases {
            let Some(zone) = &landed.zone else { continue };
            let rank = told.zones.iter().position(|(name, ..)| name == zone);
            out.asked += 1;
            out.first += usize::from(rank == Some(0));
            out.second += usize::from(rank.is_some_and(|rank| rank < 2));
            out.off_m.push(told.at.map_or(f64::INFINITY, |at| distance_m(at, landed.at)));
            out.straight_off_m.push(told.straight.map_or(f64::INFINITY, |(at, _)| distance_m(at, landed.at)));
            if let Some((.., in_s)) = rank.and_then(|rank| told.zones.get(rank)) {
                out.late_s.push(in_s - landed.t.seconds_since(told.t));
            }
        }
        for figures in [&mut out.off_m, &mut out.straight_off_m, &mut out.late_s] {
            figures.sort_by(f64::total_cmp);
        }
        out
    }
}

/// What was foretold of each craft of some runs at the instant `at` tells, of the nth run, or soon after.
fn cases<'a>(runs: &[&'a Landings], at: impl Fn(usize, &Landed) -> Option<Timestamp>) -> Vec<(&'a Foretold, &'a Landed)> {
    let mut cases = Vec::new();
    for (n, run) in runs.iter().enumerate() {
        for landed in &run.landed {
            let Some(t) = at(n, landed) else { continue };
            let told = run.foretold.iter().filter(|f| f.id == landed.id && (0.0..LATELY_S).contains(&f.t.seconds_since(t)));
            cases.extend(told.min_by_key(|f| f.t).map(|told| (told, landed)));
        }
    }
    cases
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Landings {
    /// What was foretold.
    pub foretold: Vec<Foretold>,
    /// What came true.
    pub landed: Vec<Landed>,
}

/// Looks at sought craft as a console would.
#[derive(Default)]
pub struct Foreteller {
    // Made when a sought craft is first followed: most nights have none.
    landfalls: Option<Landfalls>,
    coast: Option<&'static Coast>,
    zones: Vec<Zone>,
    trails: BTreeMap<TrackId, Vec<(Timestamp, Geodetic)>>,
    last: BTreeMap<u32, Timestamp>,
    out: Landings,
}

impl Foreteller {
    /// For a site whose boats land.
    pub fn new(config: &Config) -> Self {
        let coast = Coast::shipped();
        let zones: Vec<Zone> = config.grounds.zones.iter().filter(|z| z.kind == ZoneKind::Landing).cloned().collect();
        Self { coast, zones, ..Self::default() }
    }

    /// Follows a track.
    pub fn follow(&mut self, track: &Track) {
        if track.velocity[0].hypot(track.velocity[1]) < RUNS_MPS {
            return;
        }
        let trail = self.trails.entry(track.id).or_default();
        if trail.last().is_none_or(|(t, _)| track.t.seconds_since(*t) >= EVERY_S) {
            trail.push((track.t, track.position));
        }
    }

    /// Foretells where a sought craft lands that `track` follows.
    pub fn foretell(&mut self, id: u32, track: &Track, now: Timestamp) {
        if self.last.get(&id).is_some_and(|t| now.seconds_since(*t) < FORECAST_S) {
            return;
        }
        if self.landfalls.is_none() {
            self.landfalls = self.coast.and_then(|c| Landfalls::new(c, &self.zones));
        }
        let Some(landfalls) = &self.landfalls else { return };
        let target = Target::of(track, now.seconds_since(track.t).max(0.0));
        let trail = self.trails.get(&track.id).map_or(&[][..], |t| t);
        let Some(Forecast { places, .. }) = landfalls.forecast(trail, &target, now) else { return };
        self.last.insert(id, now);
        let degrees = |[lat, lon]: [f64; 2]| Geodetic::from_degrees(lat, lon);
        let straight = self.coast.and_then(|c| landing(&target, c)).map(|l| (degrees(l.position), l.in_s));
        let at = places.first().map(|p| degrees(p.position));
        let zones = places.into_iter().map(|p| (p.zone, p.p, p.in_s)).collect();
        self.out.foretold.push(Foretold { id, t: now, zones, straight, at });
    }

    /// Notes where those that landed did.
    pub fn came_true(mut self, world: &World, sought: &[Sought]) -> Landings {
        for craft in sought {
            let (Some(t), Some(v)) = (craft.landed, world.vessels().iter().find(|v| v.id == craft.id)) else { continue };
            let at = world.place(v);
            let zone = self.zone_of(at);
            self.out.landed.push(Landed { id: craft.id, t, at, zone });
        }
        self.out
    }

    /// The landing zone in which a point lies, or else the nearest.
    fn zone_of(&self, at: Geodetic) -> Option<String> {
        let off = |zone: &Zone| match &zone.shape {
            Shape::Area(rings) => {
                let points: Vec<Geodetic> = rings.iter().flatten().copied().collect();
                let n = points.len().max(1) as f64;
                let middle = Geodetic {
                    lat: points.iter().map(|p| p.lat).sum::<f64>() / n,
                    lon: points.iter().map(|p| p.lon).sum::<f64>() / n,
                };
                distance_m(middle, at)
            }
            Shape::Line(_) => f64::INFINITY,
        };
        let nearest = self.zones.iter().map(|z| (off(z), z)).min_by(|a, b| a.0.total_cmp(&b.0))?;
        (nearest.0 < LANDED_M).then(|| nearest.1.id.clone())
    }
}
