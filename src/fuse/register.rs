//! Registration: a radar's range, azimuth and clock error, learned from ships that tell their place by AIS.
//!
//! A ship's way between two of its reports is interpolated (cubic, with both velocities), and a plot that lies alone near the place
//! where the ship must have been at the plot's own time gives a residual. What the residuals of all radars say together is worked out in
//! [`super::references`]; with few ships the errors simply stay where they are. Nothing is taken from the antenna messages: an azimuth
//! error shows in them only in simulated data.

use super::align::Alignment;
use super::antenna::wrap;
use super::jump::{Jump, JumpWatch};
use super::radar::behind;
use super::realign::Realigned;
use super::references::Belief;
use super::scatter::Scatter;
use crate::geo::{LocalPlane, SensorFrame};
use crate::model::{Mmsi, Timestamp};

/// Error of an interpolated AIS place where plots are sought, m: GNSS 8 m, antenna not amidships, a report's second not its instant.
pub(super) const REFERENCE_M: f64 = 12.0;
/// The part of it that is new in each report, m.
const REPORT_M: f64 = 8.0;
/// Mean of `u² + (1 − u)²`, rounded up for what the velocities add: how much of one report's variance is left between two.
const BETWEEN: f64 = 0.75;
/// Gate on a residual: χ² of two degrees, 99.9 %.
const GATE: f64 = 13.8;
/// Plots kept for segments still to be closed, s: the longest segment, and the delay of the slowest radar.
const KEEP_S: f64 = 45.0;

/// A way is worked so long after its end, s: the antenna's next passage may fall beyond it.
const SETTLED_S: f64 = 0.5;

/// A ship's way between two reports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub ship: Mmsi,
    /// Nobody knows where on the hull the antenna is whose places these are.
    pub unplaced: bool,
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

/// A plot of a ship that told its place: measured less told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Residual {
    pub ship: Mmsi,
    /// By the radar's clock.
    pub t: f64,
    /// Range, m, and azimuth, rad.
    pub y: [f64; 2],
    /// How fast the ship's range and azimuth change a second.
    pub rates: [f64; 2],
    /// From the radar to the ship: east, north; and how far.
    pub unit: [f64; 2],
    pub range: f64,
    /// The ship's course: east, north.
    pub course: [f64; 2],
    pub unplaced: bool,
    /// Variances of `y`, without what is the same in every report of the ship.
    pub variance: [f64; 2],
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
    pub t: f64,
    pub polar: [f64; 2],
}

/// What a sensor's errors are learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A radar's plots, beside AIS ships.
    Plots,
    /// Tracks of its own, beside crafts that others hold.
    Tracks,
    /// A camera's bearings, beside the same.
    Bearings,
}

impl Gives {
    /// The word for it in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plots => "plots",
            Self::Tracks => "tracks",
            Self::Bearings => "bearings",
        }
    }
}

/// A sensor's errors as estimated: measured value minus true value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadarErrors {
    /// What it gives.
    pub gives: Gives,
    /// Whether anything has been learned of it.
    pub known: bool,
    /// Range error, m.
    pub range_m: f64,
    /// Azimuth error, radians.
    pub azimuth: f64,
    /// How far its clock is ahead, s.
    pub clock_s: f64,
    /// Standard deviations of the three.
    pub sigma: [f64; 3],
    /// Pairs of a ship and a plot, or of a craft and a track or bearing, that they rest on.
    pub residuals: u64,
    /// The newest jump of its alignment that is still told.
    pub jump: Option<Jump>,
    /// Jumps since the start.
    pub jumps: u64,
    /// Where it was found to stand, or how far to be turned, before anything was learned of it.
    pub realigned: Option<Realigned>,
    /// Ships under way in its reach, and how many of them it sees where they are, while that is too few.
    pub astray: Option<(usize, usize)>,
}

/// What is believed of a radar's errors, and the plots and ways from which more is learned.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    belief: Belief,
    kept: Vec<Kept>,
    segments: Vec<Segment>,
    // When the first of them ends.
    first_end: f64,
    // Plots from before were seen with other errors.
    from: f64,
    pub jumps: JumpWatch,
    pub alignment: Alignment,
    pub realigned: Option<Realigned>,
    /// How far the plots scatter.
    pub scatter: Scatter,
    /// Residuals taken.
    pub residuals: u64,
}

impl Registration {
    pub fn new() -> Self {
        Self {
            belief: Belief::prior(),
            kept: Vec::new(),
            segments: Vec::new(),
            first_end: f64::INFINITY,
            from: f64::MIN,
            jumps: JumpWatch::default(),
            alignment: Alignment::default(),
            realigned: None,
            scatter: Scatter::default(),
            residuals: 0,
        }
    }

    /// What is believed, with its standard deviation.
    pub fn errors(&self, now: f64, epoch: Timestamp) -> RadarErrors {
        let sigma = |i: usize| self.belief.p[i][i].max(0.0).sqrt();
        RadarErrors {
            gives: Gives::Plots,
            known: self.residuals > 0,
            range_m: self.belief.x[0],
            azimuth: self.belief.x[1],
            clock_s: self.belief.x[2],
            sigma: [sigma(0), sigma(1), sigma(2)],
            residuals: self.residuals,
            jump: self.jumps.told(now, epoch),
            jumps: self.jumps.count,
            realigned: self.realigned,
            astray: self.alignment.astray,
        }
    }

    pub fn azimuth(&self) -> f64 {
        self.belief.x[1]
    }

    /// By how much the radar's clock is ahead, s.
    pub fn clock(&self) -> f64 {
        self.belief.x[2]
    }

    /// Variance of range (m²) and azimuth (rad²) error.
    pub fn variance(&self) -> [f64; 2] {
        [self.belief.p[0][0], self.belief.p[1][1]]
    }

    /// Place in the site's plane of a measurement, corrected.
    pub fn place(&self, frame: &SensorFrame, polar: [f64; 2]) -> [f64; 2] {
        frame.site_from_polar(polar[0] - self.belief.x[0], polar[1] - self.belief.x[1])
    }

    pub fn belief(&self) -> &Belief {
        &self.belief
    }

    pub fn believe(&mut self, belief: Belief) {
        self.belief = belief;
    }

    /// The plots kept, in order of their time.
    pub fn kept(&self) -> &[Kept] {
        &self.kept
    }

    /// The errors have jumped by so much, from the radar's time `since` on; they are known again to `sigma` of azimuth.
    pub fn jumped(&mut self, by: [f64; 2], since: f64, sigma: f64) {
        self.belief.x[0] += by[0];
        self.belief.x[1] += by[1];
        self.belief.p[1][1] += sigma * sigma;
        self.from = since;
    }

    /// Begins anew with these errors of range, m, and azimuth, rad.
    pub fn restart(&mut self, known: [f64; 2]) {
        self.belief = Belief::prior();
        self.belief.x[..2].copy_from_slice(&known);
        self.residuals = 0;
        self.jumps = JumpWatch::default();
        self.scatter = Scatter::default();
    }

    /// Keeps a plot until the segments of its time are closed.
    pub fn keep(&mut self, t: f64, polar: [f64; 2]) {
        let at = behind(&self.kept, t, |k| k.t);
        self.kept.insert(at, Kept { t, polar });
    }

    /// Takes the way of a ship between two reports.
    pub fn add(&mut self, segment: Segment) {
        self.first_end = self.first_end.min(segment.to.t);
        self.segments.push(segment);
    }

    /// Whether the plots of some way that waits have all come.
    pub fn is_due(&self, complete: f64) -> bool {
        self.first_end <= complete - SETTLED_S
    }

    /// How many ways wait to be worked.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.segments.len()
    }

    /// Works the segments that end before `complete` (radar clock). `pass(azimuth, t)` tells when the antenna passed.
    pub fn work(&mut self, complete: f64, sweep: &Sweep<'_>, pass: impl Fn(f64, f64) -> f64, found: impl FnMut(&Residual)) {
        let mut found = found;
        let mut waiting = std::mem::take(&mut self.segments);
        waiting.retain(|segment| {
            if segment.to.t > complete - SETTLED_S {
                return true;
            }
            let mut t = segment.from.t;
            while t < segment.to.t {
                let residual;
                (t, residual) = self.residual(segment, t, sweep, &pass);
                if let Some(residual) = residual {
                    self.residuals += 1;
                    self.scatter.take(&residual, sweep.scan_s);
                    found(&residual);
                }
            }
            false
        });
        self.first_end = waiting.iter().map(|s| s.to.t).fold(f64::INFINITY, f64::min);
        self.segments = waiting;
        let old = self.kept.partition_point(|k| k.t < complete - KEEP_S);
        // Drained in bulk: each drain moves what stays.
        if old > 256 && old > self.kept.len() / 4 {
            self.kept.drain(..old);
        }
    }

    // Looks for the plot of one look after `t`; returns where to look on.
    fn residual(
        &self,
        segment: &Segment,
        t: f64,
        sweep: &Sweep<'_>,
        pass: &impl Fn(f64, f64) -> f64,
    ) -> (f64, Option<Residual>) {
        let scan_s = sweep.scan_s;
        let x = &self.belief.x;
        let (p, v) = segment.at(t + 0.5 * scan_s);
        let look = pass(wrap(sweep.view(p, v).polar[1] + x[1]), t + 0.5 * scan_s);
        let next = (look + 0.5 * scan_s).max(t + 0.25 * scan_s);
        if look < segment.from.t.max(self.from) || look > segment.to.t {
            return (next, None);
        }
        let (p, v) = segment.at(look);
        let view = sweep.view(p, v);
        // The error of a GNSS keeps its direction whichever way the ship turns; an antenna's place on the hull turns with her.
        let (course, astern_m) = if segment.unplaced { (course(v), sweep.astern_m) } else { ([0.0, 1.0], 0.0) };
        let s = self.innovation(&view, sweep.sigma, along(&view, course, astern_m));
        let det = s[0] * s[2] - s[1] * s[1];
        let inv = [s[2] / det, -s[1] / det, s[0] / det];
        let expected = view.expected(x);
        let window = (4.0 * s[2].sqrt() / std::f64::consts::TAU * scan_s).min(0.25 * scan_s) + 0.02 + sweep.stray_s;
        let first = self.kept.partition_point(|k| k.t < look - window);
        let reach = (2.0 * GATE * s[0]).sqrt();
        let mut found = None;
        for k in self.kept[first..].iter().take_while(|k| k.t <= look + window) {
            // Most plots of the window are at another range, which costs less to see than an azimuth.
            if (view.range_residual(k, look) - expected[0]).abs() > reach {
                continue;
            }
            let y = view.residual(k, look);
            let d = [y[0] - expected[0], y[1] - expected[1]];
            let d2 = inv[0] * d[0] * d[0] + 2.0 * inv[1] * d[0] * d[1] + inv[2] * d[1] * d[1];
            if d2 < 2.0 * GATE {
                if found.is_some() {
                    return (next, None);
                }
                found = Some((y, d2));
            }
        }
        let Some((y, d2)) = found else { return (next, None) };
        if d2 > GATE {
            return (next, None);
        }
        // The looks between two reports share what is wrong with them.
        let looks = ((segment.to.t - segment.from.t) / scan_s).max(1.0);
        let told = REPORT_M * REPORT_M * BETWEEN * looks;
        let variance =
            [sweep.sigma[0] * sweep.sigma[0] + told, sweep.sigma[1] * sweep.sigma[1] + told / (view.range * view.range)];
        let View { rates, unit, range, .. } = view;
        let Segment { ship, unplaced, .. } = *segment;
        (next, Some(Residual { ship, t: look, y, rates, unit, range, course, unplaced, variance }))
    }

    // Covariance of a residual, with all that is not known of the radar and what one standard deviation of the antenna's place makes of it.
    fn innovation(&self, view: &View, sigma: [f64; 2], astern: [f64; 2]) -> [f64; 3] {
        let h = view.slopes();
        let across = REFERENCE_M / view.range;
        let r = [sigma[0] * sigma[0] + REFERENCE_M * REFERENCE_M, 0.0, sigma[1] * sigma[1] + across * across];
        let p = &self.belief.p;
        let of = |a: usize, b: usize| (0..3).map(|i| (0..3).map(|j| h[a][i] * p[i][j] * h[b][j]).sum::<f64>()).sum::<f64>();
        let [a, b] = astern;
        [r[0] + of(0, 0) + a * a, r[1] + of(0, 1) + a * b, r[2] + of(1, 1) + b * b]
    }
}

// The direction of a velocity; of one who lies still north, as good as any.
fn course(v: [f64; 2]) -> [f64; 2] {
    let speed = v[0].hypot(v[1]);
    if speed > 0.5 { [v[0] / speed, v[1] / speed] } else { [0.0, 1.0] }
}

// What so many metres along a course are in range and azimuth.
fn along(view: &View, course: [f64; 2], m: f64) -> [f64; 2] {
    let [e, n] = [course[0] * m, course[1] * m];
    [e * view.unit[0] + n * view.unit[1], (e * view.unit[1] - n * view.unit[0]) / view.range]
}

/// What a radar's sweep is like.
pub(crate) struct Sweep<'a> {
    pub scan_s: f64,
    /// By how much a plot's time may differ from the antenna's passage, s.
    pub stray_s: f64,
    /// Errors of range, m, and azimuth, rad.
    pub sigma: [f64; 2],
    /// How far along the hull an antenna stands from the echo where a ship does not tell, m, one sigma.
    pub astern_m: f64,
    pub plane: &'a LocalPlane,
    pub frame: &'a SensorFrame,
}

/// A ship as a radar sees it.
pub(crate) struct View {
    pub polar: [f64; 2],
    pub rates: [f64; 2],
    pub unit: [f64; 2],
    pub range: f64,
}

impl Sweep<'_> {
    /// A ship at `p` with velocity `v` of the site's plane.
    pub fn view(&self, p: [f64; 2], v: [f64; 2]) -> View {
        let polar = self.frame.polar_of(self.plane.geodetic(p[0], p[1]));
        let place = self.frame.place();
        let (de, dn) = (p[0] - place[0], p[1] - place[1]);
        let range = de.hypot(dn).max(1.0);
        let unit = [de / range, dn / range];
        let rates = [unit[0] * v[0] + unit[1] * v[1], (v[0] * unit[1] - v[1] * unit[0]) / range];
        View { polar, rates, unit, range }
    }
}

impl View {
    /// How range and azimuth change with the radar's errors.
    pub fn slopes(&self) -> [[f64; 3]; 2] {
        [[1.0, 0.0, -self.rates[0]], [0.0, 1.0, -self.rates[1]]]
    }

    /// The residual that errors `x` make.
    pub fn expected(&self, x: &[f64; 3]) -> [f64; 2] {
        [x[0] - self.rates[0] * x[2], x[1] - self.rates[1] * x[2]]
    }

    /// Residual of a plot, the ship being moved from `t` to the plot's own time.
    pub fn residual(&self, plot: &Kept, t: f64) -> [f64; 2] {
        let dt = plot.t - t;
        [self.range_residual(plot, t), wrap(plot.polar[1] - self.polar[1] - self.rates[1] * dt)]
    }

    /// The range of it.
    pub fn range_residual(&self, plot: &Kept, t: f64) -> f64 {
        plot.polar[0] - self.polar[0] - self.rates[0] * (plot.t - t)
    }
}

#[cfg(test)]
mod tests {
    use super::super::references::References;
    use super::*;
    use crate::geo::{Geodetic, GeodeticHeight};

    /// A ship on a straight course, seen by a radar with known errors and without noise: the filter must find them. The clock shows only
    /// because two ships run in different directions.
    #[test]
    fn known_errors_are_found() {
        let plane = LocalPlane::new(GeodeticHeight::from_degrees(22.2, 114.25, 0.0));
        let frame = SensorFrame::new(GeodeticHeight::from_degrees(22.21, 114.19, 50.0), &plane);
        let (range_error, azimuth_error, clock) = (35.0, 0.4f64.to_radians(), 0.9);
        let scan_s = 3.0;
        let pass = |azimuth: f64, t: f64| {
            let first = wrap(azimuth) / std::f64::consts::TAU * scan_s;
            first + ((t - first) / scan_s).round() * scan_s
        };
        let ships = [([-2000.0, 6000.0], [14.0, 0.0]), ([4000.0, 9000.0], [-12.0, 6.0]), ([0.0, 4000.0], [0.0, 16.0])];
        let mut registration = Registration::new();
        let mut references = References::default();
        let sweep = Sweep { scan_s, stray_s: 0.0, sigma: [12.0, 0.005], astern_m: 0.0, plane: &plane, frame: &frame };
        for step in 0..60 {
            let t0 = f64::from(step) * 10.0;
            for (ship, (p, v)) in ships.into_iter().enumerate() {
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
                registration.add(Segment { ship: Mmsi(ship as u32), unplaced: false, from: state(t0), to: state(t0 + 10.0) });
            }
            registration.work(t0 + 20.0, &sweep, pass, |r| references.take(0, r));
            if let Some(belief) = references.solve(1)[0] {
                registration.believe(belief);
            }
        }
        let found = registration.errors(0.0, Timestamp::from_nanos(0));
        assert!(found.residuals > 200, "{found:?}");
        // Three ships leave that much to errors of their own, and a clock that is so far off to be one that is kept.
        assert!((found.range_m - range_error).abs() < 2.0, "{found:?}");
        assert!((found.azimuth - azimuth_error).abs().to_degrees() < 0.01, "{found:?}");
        assert!((found.clock_s - clock).abs() < 0.3, "{found:?}");
    }

    #[test]
    fn without_ships_nothing_is_believed() {
        let found = Registration::new().errors(0.0, Timestamp::from_nanos(0));
        assert_eq!((found.range_m, found.azimuth, found.clock_s, found.residuals), (0.0, 0.0, 0.0, 0));
    }
}
