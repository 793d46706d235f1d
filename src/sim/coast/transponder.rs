//! AIS of the scene: how often a transmitter speaks, what of it is received, and how wrong it is.

use std::f64::consts::TAU;

use super::super::ais_encode::{Motion, Particulars};
use super::super::rng::Rng;
use super::vessel::Vessel;
use crate::geo::LocalPlane;
use crate::model::{Mmsi, Timestamp};

/// Class of a transmitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Class A.
    A,
    /// Class B, self-organised (5 W): faster with speed.
    BSelfOrganised,
    /// Class B, carrier sense.
    BCarrierSense,
    /// Net buoy, every so many seconds.
    Net(u16),
}

/// What it says that is not true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lie {
    /// Nothing.
    None,
    /// A slow course this far east, north of where it is, m.
    SlowElsewhere([f64; 2]),
}

/// A transmitter on a vessel.
#[derive(Clone, Debug)]
pub struct Transponder {
    /// Its vessel in the scene.
    pub vessel: usize,
    /// The identity it tells.
    pub mmsi: Mmsi,
    /// Its class.
    pub mode: Mode,
    /// What the ship says of itself.
    pub particulars: Particulars,
    /// Intermittently switched off.
    pub fitful: bool,
    /// What it lies about.
    pub lie: Lie,
    /// Switched off in this span, s after the start.
    pub off: Option<(f64, f64)>,
    offset_m: [f64; 2],
    skew_s: f64,
    next_position_s: f64,
    next_static_s: f64,
    switched_at_s: f64,
    is_on: bool,
    fading_until_s: f64,
    fading: bool,
    rng: Rng,
}

/// One GNSS fix in fifty is offset by the antenna's place or a late time: 50–200 m.
const SHARE_OFFSET: f64 = 0.02;
/// Fix noise, one sigma over both axes, m.
const SIGMA_M: f64 = 10.0;
/// Mean lengths of good and bad reception (Gilbert–Elliott), s.
const GOOD_S: f64 = 1200.0;
const BAD_S: f64 = 20.0;
/// What is heard in a bad stretch.
const BAD_SHARE: f64 = 0.1;
const NAUTICAL_MILE_M: f64 = 1852.0;

/// Time from one position report to the next (ITU-R M.1371-5 annex 1 tables 1 and 2), s.
pub fn interval_s(mode: Mode, kn: f64, at_rest: bool, turning: bool) -> f64 {
    match (mode, kn) {
        (Mode::A, ..=3.0) if at_rest => 180.0,
        (Mode::A, ..=14.0) => {
            if turning {
                10.0 / 3.0
            } else {
                10.0
            }
        }
        (Mode::A, ..=23.0) => {
            if turning {
                2.0
            } else {
                6.0
            }
        }
        (Mode::A, _) => 2.0,
        (Mode::BSelfOrganised | Mode::BCarrierSense, ..=2.0) => 180.0,
        (Mode::BSelfOrganised, ..=14.0) | (Mode::BCarrierSense, _) => 30.0,
        (Mode::BSelfOrganised, ..=23.0) => 15.0,
        (Mode::BSelfOrganised, _) => 5.0,
        (Mode::Net(s), _) => f64::from(s),
    }
}

/// Probability that a shore station hears a transmission: nearly all within 15 NM of class A, falling to one half at 30; class B half
/// as far; a fifth less behind land.
pub fn reception(mode: Mode, range_m: f64, behind_land: bool) -> f64 {
    let nm = range_m / NAUTICAL_MILE_M;
    let p = match mode {
        Mode::A => 0.98 - (0.48 * (nm - 15.0) / 15.0).clamp(0.0, 0.9),
        // A net buoy's antenna is a metre above the water.
        Mode::BSelfOrganised | Mode::BCarrierSense | Mode::Net(_) => 0.90 - (0.40 * (nm - 7.5) / 7.5).clamp(0.0, 0.85),
    };
    (p - if behind_land { 0.2 } else { 0.0 }).max(0.02)
}

/// What the air does to it.
#[derive(Clone, Copy, Debug)]
pub struct Air {
    /// From the station, m.
    pub range_m: f64,
    /// Land lies between.
    pub behind_land: bool,
    /// Share of slots that survive the load.
    pub load: f64,
    /// The station hears nothing at all.
    pub deaf: bool,
    /// GNSS is jammed: what to add to the position told, m.
    pub jam_m: Option<[f64; 2]>,
}

/// What is heard of a transmitter in a moment.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A position report; the navigational status.
    Position(u8, Motion),
    /// Static data.
    Static,
}

impl Transponder {
    /// A transmitter of a vessel.
    pub fn new(vessel: usize, mmsi: Mmsi, mode: Mode, particulars: Particulars, mut rng: Rng) -> Self {
        let offset = if rng.chance(SHARE_OFFSET) { rng.between(50.0, 200.0) } else { 2.0 };
        let bearing = rng.between(0.0, TAU);
        Self {
            vessel,
            mmsi,
            mode,
            particulars,
            fitful: false,
            lie: Lie::None,
            off: None,
            offset_m: [offset * bearing.sin(), offset * bearing.cos()],
            skew_s: rng.between(-2.0, 2.0).round(),
            next_position_s: rng.between(0.0, 10.0),
            // A station that has run for hours knows its ships: all are told within the first two minutes.
            next_static_s: rng.between(0.0, 120.0),
            switched_at_s: rng.exponential(900.0),
            is_on: true,
            fading_until_s: rng.exponential(GOOD_S),
            fading: false,
            rng,
        }
    }

    /// The time of its next word, s after the start.
    pub fn due_s(&self) -> f64 {
        self.next_position_s.min(self.next_static_s)
    }

    /// What it transmits by `now_s` that is heard, with the vessel's turn in degrees a second.
    pub fn transmit(
        &mut self,
        now_s: f64,
        now: Timestamp,
        vessel: &Vessel,
        turn_deg_s: f64,
        air: impl Fn() -> Air,
        plane: &LocalPlane,
    ) -> Vec<Heard> {
        let mut out = Vec::new();
        if now_s < self.due_s() {
            return out;
        }
        if self.fitful && now_s >= self.switched_at_s {
            self.is_on = !self.is_on;
            self.switched_at_s = now_s + self.rng.exponential(900.0);
        }
        let switched_off = self.off.is_some_and(|(from, to)| (from..to).contains(&now_s));
        let speaks = vessel.afloat && self.is_on && !switched_off;
        let air = air();
        if now_s >= self.next_position_s {
            let interval = interval_s(self.mode, self.told_kn(vessel), vessel.lies_still(), turn_deg_s.abs() > 0.5);
            self.next_position_s = now_s + interval * self.rng.between(0.95, 1.05);
            if speaks && self.is_heard(now_s, &air) {
                let status = if vessel.lies_still() { 1 } else { 0 };
                out.push(Heard::Position(status, self.motion(now, vessel, air.jam_m, plane)));
            }
        }
        if now_s >= self.next_static_s {
            // M.1371-5 annex 1 table 1: static data every 6 min.
            self.next_static_s = now_s + 360.0 * self.rng.between(0.98, 1.02);
            if speaks && self.is_heard(now_s, &air) {
                out.push(Heard::Static);
            }
        }
        out
    }

    fn told_kn(&self, vessel: &Vessel) -> f64 {
        match self.lie {
            Lie::None => vessel.kn(),
            Lie::SlowElsewhere(_) => vessel.kn().min(SLOW_LIE_KN),
        }
    }

    fn is_heard(&mut self, now_s: f64, air: &Air) -> bool {
        while now_s >= self.fading_until_s {
            self.fading = !self.fading;
            self.fading_until_s += self.rng.exponential(if self.fading { BAD_S } else { GOOD_S });
        }
        let p = reception(self.mode, air.range_m, air.behind_land) * air.load * if self.fading { BAD_SHARE } else { 1.0 };
        self.rng.chance(p) && !air.deaf
    }

    fn motion(&mut self, now: Timestamp, vessel: &Vessel, jam_m: Option<[f64; 2]>, plane: &LocalPlane) -> Motion {
        let jam = jam_m.unwrap_or_default();
        let lie = match self.lie {
            Lie::None => [0.0, 0.0],
            Lie::SlowElsewhere(off) => off,
        };
        let noise = SIGMA_M / 2f64.sqrt();
        let [bow, stern, ..] = self.particulars.dimensions.map(f64::from);
        let ahead = [vessel.course.sin(), vessel.course.cos()].map(|axis| 0.5 * (stern - bow) * axis);
        let mut at = [0.0; 2];
        for axis in 0..2 {
            at[axis] =
                vessel.position[axis] + ahead[axis] + self.offset_m[axis] + jam[axis] + lie[axis] + noise * self.rng.normal();
        }
        let kn = self.told_kn(vessel);
        let sog = if matches!(self.lie, Lie::None) { vessel.speed } else { crate::model::units::knots_to_mps(kn) };
        let told = now.plus_seconds(self.skew_s);
        Motion {
            position: plane.geodetic(at[0], at[1]),
            sog: (sog + 0.1 * self.rng.normal()).max(0.0),
            cog: vessel.course + 0.01 * self.rng.normal(),
            heading: (self.mode == Mode::A).then_some(vessel.course),
            utc_second: told.nanos().div_euclid(1_000_000_000).rem_euclid(60) as u8,
        }
    }
}

/// The speed that one who claims to be slow tells, knots.
const SLOW_LIE_KN: f64 = 5.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_recommendation() {
        // ITU-R M.1371-5 annex 1 table 1 and 2.
        for (mode, kn, at_rest, turning, s) in [
            (Mode::A, 0.0, true, false, 180.0),
            (Mode::A, 3.5, true, false, 10.0),
            (Mode::A, 12.0, false, false, 10.0),
            (Mode::A, 12.0, false, true, 10.0 / 3.0),
            (Mode::A, 18.0, false, false, 6.0),
            (Mode::A, 18.0, false, true, 2.0),
            (Mode::A, 40.0, false, false, 2.0),
            (Mode::BSelfOrganised, 1.0, false, false, 180.0),
            (Mode::BSelfOrganised, 8.0, false, false, 30.0),
            (Mode::BSelfOrganised, 20.0, false, false, 15.0),
            (Mode::BSelfOrganised, 30.0, false, false, 5.0),
            (Mode::BCarrierSense, 30.0, false, false, 30.0),
        ] {
            assert_eq!(interval_s(mode, kn, at_rest, turning), s, "{mode:?} {kn}");
        }
    }

    #[test]
    fn reception_falls_with_distance_and_class() {
        let nm = |n: f64| n * NAUTICAL_MILE_M;
        assert!((reception(Mode::A, nm(10.0), false) - 0.98).abs() < 1e-9);
        assert!((reception(Mode::A, nm(30.0), false) - 0.50).abs() < 1e-9);
        assert!((reception(Mode::BCarrierSense, nm(15.0), false) - 0.50).abs() < 1e-9);
        assert!((reception(Mode::BCarrierSense, nm(5.0), true) - 0.70).abs() < 1e-9);
    }
}
