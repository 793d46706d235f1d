//! The fusion on the real radar plots of the Autoferry data set (Helgesen et al. 2022, CC0), held against the GNSS of the two boats that
//! took part. `real_plots` tests by it, `examples/autoferry.rs` prints it.
#![allow(dead_code, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::Path;

use haishao::fuse::{FuseSettings, Fuser};
use haishao::geo::{GeodeticHeight, LocalPlane};
use haishao::model::{
    FeedId, Place, Plot, Report, ReportKind, Sensor, SensorId, SensorKind, Site, Timestamp, TrackId, TrackStatus, WireFormat,
};
use serde_json::Value;

/// Those in which the radar ran.
pub const SCENARIOS: [u32; 9] = [2, 3, 4, 5, 6, 13, 16, 17, 22];
/// The data set's origin (its README).
const ORIGIN: [f64; 2] = [63.4389029083, 10.39908278];
const RADAR: u64 = 2;
/// One turn of the antenna, s: the median between two radar entries.
const TURN_S: f64 = 1.68;
/// Hulls of 10 to 36 m at 20–300 m give plots anywhere along them: 6 m a plot against GNSS, and a beam of some 3°.
const SIGMA_RANGE_M: f64 = 6.0;
const SIGMA_AZIMUTH: f64 = 0.03;
/// A plot or track within this of a boat's GNSS is of it, m: a hull's length.
const NEAR_M: f64 = 30.0;

/// One turn: when it ended, its plots, and where the boats were, north and east.
pub struct Turn {
    pub t: f64,
    pub plots: Vec<[f64; 2]>,
    pub boats: BTreeMap<u64, [f64; 2]>,
}

fn pair(v: &Value) -> [f64; 2] {
    [v[0].as_f64().unwrap(), v[1].as_f64().unwrap()]
}

/// North and east of each plot: one plot is `[n, e]`, several are `[[n…], [e…]]`.
fn plots(m: &Value) -> Vec<[f64; 2]> {
    match m.as_array().map(Vec::as_slice) {
        Some([n, e]) if n.is_number() => vec![[n.as_f64().unwrap(), e.as_f64().unwrap()]],
        Some([n, e]) => {
            let both = n.as_array().unwrap().iter().zip(e.as_array().unwrap());
            both.map(|(n, e)| [n.as_f64().unwrap(), e.as_f64().unwrap()]).collect()
        }
        _ => Vec::new(),
    }
}

/// The turns of a scenario and the mean place of the ferry that carried the radar.
pub fn read(dir: &Path, scenario: u32) -> (Vec<Turn>, [f64; 2]) {
    let json = |what: &str| -> Vec<Value> {
        let path = dir.join(format!("scenario{scenario}_{what}.json"));
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
    };
    let (detections, truth) = (json("detections"), json("groundTruth"));
    let (mut turns, mut sum) = (Vec::new(), [0.0; 2]);
    for (d, truth) in detections.iter().zip(&truth).filter(|(d, _)| d["sensorID"].as_u64() == Some(RADAR)) {
        let own = pair(&d["ownshipPosition"]);
        sum = [sum[0] + own[0], sum[1] + own[1]];
        let boats = truth.as_array().cloned().unwrap_or_else(|| vec![truth.clone()]);
        turns.push(Turn {
            t: d["time"].as_f64().unwrap(),
            plots: plots(&d["measurement"]).into_iter().map(|p| [p[0] + own[0], p[1] + own[1]]).collect(),
            boats: boats.iter().map(|b| (b["targetID"].as_u64().unwrap(), pair(&b["position"]))).collect(),
        });
    }
    let n = turns.len() as f64;
    (turns, sum.map(|s| s / n))
}

/// What became of a boat, or of several.
#[derive(Clone, Debug, Default)]
pub struct Boat {
    /// Turns in which its GNSS is told.
    pub turns: u32,
    /// Of these, those with a plot near it.
    pub plotted: u32,
    /// Those after which a track of its own was near it.
    pub held: u32,
    /// Sums of squares of the distances of plots and of tracks, m².
    pub plot_error2: f64,
    pub error2: f64,
    /// The tracks, in the order in which they held it.
    pub numbers: Vec<TrackId>,
}

impl Boat {
    /// Adds another boat's.
    pub fn add(&mut self, other: &Self) {
        self.turns += other.turns;
        self.plotted += other.plotted;
        self.held += other.held;
        self.plot_error2 += other.plot_error2;
        self.error2 += other.error2;
        self.numbers.extend(&other.numbers);
    }

    /// A count as a share of the turns.
    pub fn share(&self, n: u32) -> f64 {
        f64::from(n) / f64::from(self.turns)
    }

    /// RMS distance of its plots, m.
    pub fn plots_rms_m(&self) -> f64 {
        (self.plot_error2 / f64::from(self.plotted.max(1))).sqrt()
    }

    /// RMS distance of its tracks, m.
    pub fn tracks_rms_m(&self) -> f64 {
        (self.error2 / f64::from(self.held.max(1))).sqrt()
    }
}

/// Follows a scenario's plots; what became of each boat, and how often other things were held.
pub fn follow(turns: &[Turn], ferry: [f64; 2], settings: FuseSettings) -> (BTreeMap<u64, Boat>, u32) {
    let origin = GeodeticHeight::from_degrees(ORIGIN[0], ORIGIN[1], 0.0);
    let plane = LocalPlane::new(origin);
    let place = |p: [f64; 2]| plane.geodetic(p[1], p[0]);
    let radar = Sensor {
        position: Some(place(ferry).at_height(0.0)),
        scan_s: Some(TURN_S),
        sigma_range_m: Some(SIGMA_RANGE_M),
        sigma_azimuth: Some(SIGMA_AZIMUTH),
        ..Sensor::new("radar", SensorKind::Radar, WireFormat::Asterix, FeedId(0))
    };
    let site = Site { name: "Trondheim".into(), origin, sensors: vec![radar], feeds: Vec::new() };
    let mut fuser = Fuser::new(&site, settings);
    let mut lines = Vec::new();
    let (mut boats, mut others): (BTreeMap<u64, Boat>, u32) = (BTreeMap::new(), 0);
    let distance = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    for turn in turns {
        // The set tells one time a turn, its end. The antenna is taken to turn clockwise from north, and each plot to be as old as that makes it.
        let mut sweep: Vec<(f64, [f64; 2])> = (turn.plots.iter())
            .map(|p| {
                let azimuth = (p[1] - ferry[1]).atan2(p[0] - ferry[0]).rem_euclid(std::f64::consts::TAU);
                (turn.t - TURN_S * (1.0 - azimuth / std::f64::consts::TAU), *p)
            })
            .collect();
        sweep.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (t, p) in sweep {
            let t = Timestamp::from_secs_f64(t);
            let kind = ReportKind::Plot(Plot { place: Place::Geodetic(place(p)), snr_db: None });
            let received_at = t.plus_seconds(0.05);
            let report = Report { sensor: SensorId(0), t, received_at, transmission: None, kind };
            fuser.apply(received_at, &[report], &mut lines);
        }
        let now = Timestamp::from_secs_f64(turn.t);
        fuser.advance(now, &mut lines);
        lines.clear();
        let tracks: Vec<(TrackId, [f64; 2])> = fuser
            .tracks()
            .iter()
            .filter(|t| matches!(t.status, TrackStatus::Confirmed | TrackStatus::Coasting))
            .map(|t| {
                let [e, n] = plane.east_north(t.position);
                let dt = now.seconds_since(t.t);
                (t.id, [n + t.velocity[1] * dt, e + t.velocity[0] * dt])
            })
            .collect();
        // One track a boat: the nearest pairs first.
        let mut pairs: Vec<(f64, u64, TrackId)> = Vec::new();
        for (id, at) in &turn.boats {
            let boat = boats.entry(*id).or_default();
            boat.turns += 1;
            let nearest = turn.plots.iter().map(|p| distance(*p, *at)).fold(f64::MAX, f64::min);
            if nearest < NEAR_M {
                boat.plotted += 1;
                boat.plot_error2 += nearest * nearest;
            }
            pairs.extend(tracks.iter().map(|(t, p)| (distance(*p, *at), *id, *t)).filter(|(d, ..)| *d < NEAR_M));
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut taken: Vec<(u64, TrackId)> = Vec::new();
        for (d, id, track) in pairs {
            if taken.iter().any(|(b, t)| *b == id || *t == track) {
                continue;
            }
            taken.push((id, track));
            let boat = boats.entry(id).or_default();
            boat.held += 1;
            boat.error2 += d * d;
            if !boat.numbers.contains(&track) {
                boat.numbers.push(track);
            }
        }
        others += (tracks.len() - taken.len()) as u32;
    }
    (boats, others)
}
