//! What is so, and since when: the instants from which a rule's alert is late.

use super::super::land::{self, is_land};
use super::vessel::Vessel;
use super::world::CoastTruth;
use crate::geo::{Geodetic, LocalPlane};
use crate::model::Timestamp;
use crate::model::units::mps_to_knots;

/// Something came true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruthEvent {
    /// When.
    pub t: Timestamp,
    /// Whom it is about; 0 for the scene.
    pub id: u32,
    /// The rule whose criterion is met, or `landed`, `left`.
    pub rule: &'static str,
    /// In words.
    pub what: &'static str,
    /// Whether a single look there finds the craft half the time or more.
    pub in_coverage: bool,
}

/// Speed from which a craft without AIS is fast, knots: by night, by day.
pub const FAST_KN: (f64, f64) = (25.0, 30.0);
/// In coverage from this probability of a single look on.
const COVERED: f64 = 0.5;
/// A boat may slow down so long in a sea or a turn and still be on its run, s.
const LULL_S: f64 = 30.0;

/// Notes when a sought craft meets the criteria of R01, with and without coverage.
#[derive(Clone, Debug)]
pub struct Follower {
    /// Its number in the scene.
    pub vessel: usize,
    fast_since: Option<Timestamp>,
    last_fast: Option<Timestamp>,
    told_covered: bool,
}

impl Follower {
    /// Follows a vessel.
    pub fn new(vessel: usize) -> Self {
        Self { vessel, fast_since: None, last_fast: None, told_covered: false }
    }

    /// Looks at it once; `pd` is the best single look's probability.
    pub fn look(&mut self, t: Timestamp, v: &Vessel, pd: f64, is_night: bool, events: &mut Vec<TruthEvent>) {
        let limit = if is_night { FAST_KN.0 } else { FAST_KN.1 };
        if !v.afloat || v.kn() < limit {
            if self.last_fast.is_none_or(|last| t.seconds_since(last) > LULL_S) {
                (self.fast_since, self.told_covered) = (None, false);
            }
            return;
        }
        self.last_fast = Some(t);
        let id = v.id;
        if self.fast_since.is_none() {
            self.fast_since = Some(t);
            events.push(TruthEvent {
                t,
                id,
                rule: "fast",
                what: "faster than the limit, seen or not",
                in_coverage: pd >= COVERED,
            });
        }
        // One that transmits is not silent, whatever it says: other rules are about it.
        if !self.told_covered && pd >= COVERED && v.mmsi.is_none() {
            self.told_covered = true;
            events.push(TruthEvent { t, id, rule: "R01", what: "fast without AIS, in coverage", in_coverage: true });
        }
    }
}

/// Minutes to the shore ahead on the present course, by true state; `None` where there is none within `reach_m`.
pub fn eta_shore_min(at: Geodetic, velocity: [f64; 2], reach_m: f64) -> Option<f64> {
    let speed = velocity[0].hypot(velocity[1]);
    if speed < 1.0 {
        return None;
    }
    let plane = LocalPlane::new(at.at_height(0.0));
    let steps = (reach_m / 200.0) as u32;
    (1..=steps).map(|k| f64::from(k) * 200.0).find_map(|m| {
        let point = plane.geodetic(m * velocity[0] / speed, m * velocity[1] / speed);
        is_land(point).then(|| m / speed / 60.0)
    })
}

/// First line of the truth file.
pub fn truth_header() -> &'static str {
    "t,id,class,mmsi,lat,lon,vx,vy"
}

/// A line of the truth file: Unix seconds, number, class, MMSI or nothing, degrees, m/s east and north.
pub fn truth_line(row: &CoastTruth) -> String {
    let mmsi = row.mmsi.map(|m| m.to_string()).unwrap_or_default();
    format!(
        "{},{},{},{mmsi},{:.7},{:.7},{:.3},{:.3}",
        seconds(row.t),
        row.id,
        row.class.word(),
        row.position.lat_deg(),
        row.position.lon_deg(),
        row.velocity[0],
        row.velocity[1]
    )
}

/// First line of the file of events.
pub fn events_header() -> &'static str {
    "t_crit,id,rule,in_coverage,what"
}

/// A line of the file of events.
pub fn event_line(e: &TruthEvent) -> String {
    format!("{},{},{},{},{}", seconds(e.t), e.id, e.rule, e.in_coverage, e.what)
}

fn seconds(t: Timestamp) -> String {
    let millis = t.nanos().div_euclid(1_000_000);
    format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000))
}

/// Share of the grid's open sea where a single look of some radar finds a craft half the time or more.
pub fn coverage(pd: impl Fn(Geodetic) -> f64) -> f64 {
    let sea: Vec<Geodetic> =
        (0..land::ROWS_OF_CELLS * land::COLUMNS).map(land::cell_centre).filter(|at| !is_land(*at)).collect();
    let seen = sea.iter().filter(|at| pd(**at) >= COVERED).count();
    seen as f64 / sea.len().max(1) as f64
}

/// Whether a place is land on the simulator's own coarse grid.
pub fn on_land(at: Geodetic) -> bool {
    is_land(at)
}

/// Knots of a velocity east, north in m/s.
pub fn knots(velocity: [f64; 2]) -> f64 {
    mps_to_knots(velocity[0].hypot(velocity[1]))
}
