//! Registration: a radar's range, azimuth and clock error, learned from ships that tell their place by AIS.
//!
//! A ship's way between two of its reports is interpolated (cubic, with both velocities), and a plot that lies alone near the place
//! where the ship must have been at the plot's own time gives a residual. A Kalman filter over the residuals keeps the error and
//! its covariance; with few ships it simply stays where it is. Nothing is taken from the antenna messages: an azimuth error shows in
//! them only in simulated data.

use super::radar::wrap;
use crate::geo::{LocalPlane, SensorFrame};

/// Errors believed possible before anything was measured: an encoder misaligned by half a degree, a cable and trigger delay of
/// 40 m, a host clock kept by NTP over a poor link. One sigma.
const PRIOR: [f64; 3] = [40.0, 0.008, 0.3];
/// Drift a second, one sigma: a degree in some days.
const DRIFT: [f64; 3] = [0.01, 2e-6, 1e-3];
/// Error of an interpolated AIS place, m: GNSS 8 m, antenna not amidships, a report's second not its instant. The plots of one
/// segment share most of it, which is why it is not divided by their number.
const REFERENCE_M: f64 = 12.0;
/// Gate on a residual: χ² of two degrees, 99.9 %.
const GATE: f64 = 13.8;
/// Plots kept for segments still to be closed, s: the longest segment, and the delay of the slowest radar.
const KEEP_S: f64 = 30.0;

/// A ship's way between two reports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub from: ShipState,
    pub to: ShipState,
}

/// Where a ship said it was: time, east, north, velocity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShipState {
    pub t: f64,
    pub p: [f64; 2],
    pub v: [f64; 2],
}

impl Segment {
    /// Place and velocity at `t` by the cubic through both ends.
    fn at(&self, t: f64) -> ([f64; 2], [f64; 2]) {
        let h = self.to.t - self.from.t;
        let u = (t - self.from.t) / h;
        let (u2, u3) = (u * u, u * u * u);
        let place = |i: usize| {
            (2.0 * u3 - 3.0 * u2 + 1.0) * self.from.p[i]
                + (u3 - 2.0 * u2 + u) * h * self.from.v[i]
                + (3.0 * u2 - 2.0 * u3) * self.to.p[i]
                + (u3 - u2) * h * self.to.v[i]
        };
        let velocity = |i: usize| self.from.v[i] + u * (self.to.v[i] - self.from.v[i]);
        ([place(0), place(1)], [velocity(0), velocity(1)])
    }
}

/// A plot kept for registration: time by the radar's clock, slant range, azimuth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    t: f64,
    polar: [f64; 2],
}

/// A radar's errors as estimated: measured value minus true value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadarErrors {
    /// Range error, m.
    pub range_m: f64,
    /// Azimuth error, radians.
    pub azimuth: f64,
    /// How far its clock is ahead, s.
    pub clock_s: f64,
    /// Standard deviations of the three.
    pub sigma: [f64; 3],
    /// Ship–plot pairs they rest on.
    pub residuals: u64,
}

/// What is believed of a radar's errors.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    // Range error in m, azimuth error in rad, clock ahead in s.
    x: [f64; 3],
    p: [[f64; 3]; 3],
    t: f64,
    kept: Vec<Kept>,
    segments: Vec<Segment>,
    /// Residuals taken.
    pub residuals: u64,
}

impl Registration {
    pub fn new() -> Self {
        let mut p = [[0.0; 3]; 3];
        for i in 0..3 {
            p[i][i] = PRIOR[i] * PRIOR[i];
        }
        Self { x: [0.0; 3], p, t: f64::MIN, kept: Vec::new(), segments: Vec::new(), residuals: 0 }
    }

    /// What is believed, with its standard deviation.
    pub fn errors(&self) -> RadarErrors {
        let sigma = |i: usize| self.p[i][i].max(0.0).sqrt();
        RadarErrors {
            range_m: self.x[0],
            azimuth: self.x[1],
            clock_s: self.x[2],
            sigma: [sigma(0), sigma(1), sigma(2)],
            residuals: self.residuals,
        }
    }

    pub fn azimuth(&self) -> f64 {
        self.x[1]
    }

    /// By how much the radar's clock is ahead, s.
    pub fn clock(&self) -> f64 {
        self.x[2]
    }

    /// Variance of range (m²) and azimuth (rad²) error.
    pub fn variance(&self) -> [f64; 2] {
        [self.p[0][0], self.p[1][1]]
    }

    /// Place in the site's plane of a measurement, corrected.
    pub fn place(&self, frame: &SensorFrame, polar: [f64; 2]) -> [f64; 2] {
        frame.site_from_polar(polar[0] - self.x[0], polar[1] - self.x[1])
    }

    /// Keeps a plot until the segments of its time are closed.
    pub fn keep(&mut self, t: f64, polar: [f64; 2]) {
        let at = self.kept.partition_point(|k| k.t <= t);
        self.kept.insert(at, Kept { t, polar });
    }

    /// Takes the way of a ship between two reports.
    pub fn add(&mut self, segment: Segment) {
        self.segments.push(segment);
    }

    /// Works the segments that end before `complete` (radar clock). `pass(azimuth, t)` tells when the antenna passed.
    pub fn work(
        &mut self,
        complete: f64,
        scan_s: f64,
        sigma: [f64; 2],
        plane: &LocalPlane,
        frame: &SensorFrame,
        pass: impl Fn(f64, f64) -> f64,
    ) {
        let mut waiting = std::mem::take(&mut self.segments);
        waiting.retain(|segment| {
            if segment.to.t > complete - 0.5 {
                return true;
            }
            let mut t = segment.from.t;
            while t < segment.to.t {
                t = self.residual(segment, t, scan_s, sigma, plane, frame, &pass);
            }
            false
        });
        self.segments = waiting;
        let old = self.kept.partition_point(|k| k.t < complete - KEEP_S);
        // Drained in bulk: each drain moves what stays.
        if old > 256 && old > self.kept.len() / 4 {
            self.kept.drain(..old);
        }
    }

    // Looks for the plot of one look after `t`; returns where to look on.
    #[allow(clippy::too_many_arguments)]
    fn residual(
        &mut self,
        segment: &Segment,
        t: f64,
        scan_s: f64,
        sigma: [f64; 2],
        plane: &LocalPlane,
        frame: &SensorFrame,
        pass: &impl Fn(f64, f64) -> f64,
    ) -> f64 {
        let polar_at = |t: f64| {
            let (p, v) = segment.at(t);
            let polar = frame.polar_of(plane.geodetic(p[0], p[1]));
            (polar, p, v)
        };
        let (polar, _, _) = polar_at(t + 0.5 * scan_s);
        let look = pass(wrap(polar[1] + self.x[1]), t + 0.5 * scan_s);
        let next = (look + 0.5 * scan_s).max(t + 0.25 * scan_s);
        if look < segment.from.t || look > segment.to.t {
            return next;
        }
        let (polar, p, v) = polar_at(look);
        let place = frame.place();
        let (de, dn) = (p[0] - place[0], p[1] - place[1]);
        let range = de.hypot(dn).max(1.0);
        let range_rate = (de * v[0] + dn * v[1]) / range;
        let azimuth_rate = (v[0] * dn - v[1] * de) / (range * range);
        let h = [[1.0, 0.0, -range_rate], [0.0, 1.0, -azimuth_rate]];
        let across = REFERENCE_M / range;
        let r = [sigma[0] * sigma[0] + REFERENCE_M * REFERENCE_M, sigma[1] * sigma[1] + across * across];
        // Innovation covariance, with the cross gains.
        let ph: [[f64; 2]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| self.p[i][k] * h[j][k]).sum()));
        let s: [[f64; 2]; 2] = std::array::from_fn(|i| {
            std::array::from_fn(|j| (0..3).map(|k| h[i][k] * ph[k][j]).sum::<f64>() + if i == j { r[i] } else { 0.0 })
        });
        let det = s[0][0] * s[1][1] - s[0][1] * s[1][0];
        let inv = [[s[1][1] / det, -s[0][1] / det], [-s[1][0] / det, s[0][0] / det]];
        let expected: [f64; 2] = std::array::from_fn(|i| (0..3).map(|k| h[i][k] * self.x[k]).sum());
        let window = (4.0 * s[1][1].sqrt() / std::f64::consts::TAU * scan_s).min(0.25 * scan_s) + 0.02;
        let first = self.kept.partition_point(|k| k.t < look - window);
        let mut found = None;
        for k in self.kept[first..].iter().take_while(|k| k.t <= look + window) {
            let y = [k.polar[0] - polar[0] - expected[0], wrap(k.polar[1] - polar[1]) - expected[1]];
            let d2 = inv[0][0] * y[0] * y[0] + (inv[0][1] + inv[1][0]) * y[0] * y[1] + inv[1][1] * y[1] * y[1];
            if d2 < 2.0 * GATE {
                if found.is_some() {
                    return next;
                }
                found = Some((y, d2));
            }
        }
        let Some((y, d2)) = found else { return next };
        if d2 > GATE {
            return next;
        }
        let dt = if self.t == f64::MIN { 0.0 } else { (look - self.t).max(0.0) };
        self.t = self.t.max(look);
        let gain: [[f64; 2]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| (0..2).map(|k| ph[i][k] * inv[k][j]).sum()));
        for i in 0..3 {
            self.x[i] += gain[i][0] * y[0] + gain[i][1] * y[1];
        }
        let old = self.p;
        for i in 0..3 {
            for j in 0..3 {
                self.p[i][j] = old[i][j] - gain[i][0] * ph[j][0] - gain[i][1] * ph[j][1];
            }
        }
        for i in 0..3 {
            self.p[i][i] += DRIFT[i] * DRIFT[i] * dt;
        }
        self.residuals += 1;
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geo::{Geodetic, GeodeticHeight};

    /// A ship on a straight course, seen by a radar with known errors and without noise: the filter must find them. The clock shows only
    /// because two ships run in different directions.
    #[test]
    fn known_errors_are_found() {
        let plane = LocalPlane::new(GeodeticHeight::from_degrees(22.2, 114.25, 0.0));
        let frame = SensorFrame::new(GeodeticHeight::from_degrees(22.21, 114.19, 50.0), &plane);
        let (range_error, azimuth_error, clock) = (35.0, 0.4f64.to_radians(), 0.35);
        let scan_s = 3.0;
        let pass = |azimuth: f64, t: f64| {
            let first = wrap(azimuth) / std::f64::consts::TAU * scan_s;
            first + ((t - first) / scan_s).round() * scan_s
        };
        let ships = [([-2000.0, 6000.0], [14.0, 0.0]), ([4000.0, 9000.0], [-12.0, 6.0]), ([0.0, 4000.0], [0.0, 16.0])];
        let mut registration = Registration::new();
        for step in 0..60 {
            let t0 = f64::from(step) * 10.0;
            for (p, v) in ships {
                let at = |t: f64| [p[0] + v[0] * (t % 300.0), p[1] + v[1] * (t % 300.0)];
                if (t0 % 300.0) + 10.0 >= 300.0 {
                    continue;
                }
                // Looks of these ten seconds: the antenna meets the ship at true time, the plot tells the radar's.
                for scan in 0..4 {
                    let mut t = t0 + f64::from(scan) * scan_s;
                    for _ in 0..4 {
                        let g: Geodetic = plane.geodetic(at(t)[0], at(t)[1]);
                        t = pass(frame.polar_of(g)[1] + azimuth_error, t0 + f64::from(scan) * scan_s) - clock;
                    }
                    if t < t0 || t > t0 + 10.0 {
                        continue;
                    }
                    let g = plane.geodetic(at(t)[0], at(t)[1]);
                    let [range, azimuth] = frame.polar_of(g);
                    registration.keep(t + clock, [range + range_error, azimuth + azimuth_error]);
                }
                let state = |t: f64| ShipState { t, p: at(t), v };
                registration.add(Segment { from: state(t0), to: state(t0 + 10.0) });
            }
            registration.work(t0 + 20.0, scan_s, [12.0, 0.005], &plane, &frame, pass);
        }
        let found = registration.errors();
        assert!(found.residuals > 200, "{found:?}");
        assert!((found.range_m - range_error).abs() < 1.0, "{found:?}");
        assert!((found.azimuth - azimuth_error).abs().to_degrees() < 0.01, "{found:?}");
        assert!((found.clock_s - clock).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn without_ships_nothing_is_believed() {
        let found = Registration::new().errors();
        assert_eq!((found.range_m, found.azimuth, found.clock_s, found.residuals), (0.0, 0.0, 0.0, 0));
    }
}
