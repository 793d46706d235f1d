//! Where a radar's antenna points, as its plots tell.
//!
//! A craft's look is over when the antenna has passed it, and a plot is of the craft's look when its time is that of the passage. Neither is as exact as it sounds: an
//! antenna in gusts does not turn evenly, the turn that a site tells is its maker's nominal figure, and many extractors stamp a plot with the
//! instant at which its sector was over. So phase and turn are followed by a Kalman filter, and how far plots' times stray from it is learned.

use std::f64::consts::{PI, TAU};

/// What plots of so much of a turn tell is taken together: several sectors of any extractor (16 to 64 a turn), so that a time that counts sectors averages out.
const BLOCK: f64 = 1.0 / 8.0;
/// By how much a turn may differ from what the site tells, as a fraction: the makers' figures are nominal.
const TURN_SIGMA: f64 = 0.03;
/// Spectral density of a turn's change, fraction²/s: an antenna's rate moves by a tenth of a hundredth in ten seconds. Where gusts move it more, its plots stray from the
/// filter, which is learned; a filter that followed gusts would shake with the errors of azimuths where there are none.
const GUST: f64 = 1e-7;
/// How far the first plot's time may stray, as a fraction of a turn: half a sector of 32.
const FIRST: f64 = 1.0 / 64.0;
/// Plots of which the mean of how far they stray is, at last, and as many as speak for none before the first.
const STRAYS: f64 = 100.0;
const BEFORE: f64 = 10.0;
/// Most that a plot's time can stray, as a fraction of a turn: a whole sector of 16.
const MOST_STRAY: f64 = 1.0 / 16.0;
/// No stray beyond so many mean deviations: an even one, as of sectors, ends at two of them, a normal one at that many with one in sixty beyond.
const WIDEST: f64 = 3.0;
/// Plots of one block share what their azimuths' errors do not explain, so that more of them than this say no more of it.
const ALIKE: f64 = 4.0;
/// A block so far off, in σ, and a sector of 16 at least, is of another phase: the antenna stood still or the clock was set.
const OFF_SIGMA: f64 = 6.0;
/// Times are told in steps of that, s (ASTERIX I048/140).
const STEP_S: f64 = 1.0 / 128.0;
/// What is always added for the filter's own error, s.
const LEAST_S: f64 = 1e-3;

/// Phase and turn of an antenna.
pub(crate) struct Antenna {
    /// At `t` (radar clock) it points to `azimuth`.
    t: f64,
    azimuth: f64,
    turn_s: f64,
    // Covariance of the time of passage, s, and of the turn, as a fraction of it.
    p: [f64; 3],
    // The block that is being gathered: when it began, plots in it, the sums of their times and of by how much they were late.
    block: (f64, f64, f64, f64),
    // Plots that the next mean is of, at most `STRAYS`.
    seen: f64,
    // Mean of by how much plots' times stray, s, and how much of it the errors of their azimuths explain.
    stray_s: f64,
    explained_s: f64,
    off: bool,
}

impl Antenna {
    /// An antenna that points to `azimuth` at `t`, whose turn is said to take `turn_s`; `sigma_azimuth` is the error of an azimuth, rad.
    pub fn new(t: f64, azimuth: f64, turn_s: f64, sigma_azimuth: f64) -> Self {
        // √(2/π) of σ is the mean deviation of a normal error.
        let explained_s = (2.0 / PI).sqrt() * (sigma_azimuth / TAU * turn_s).hypot(STEP_S / 12f64.sqrt());
        let p = [(FIRST * turn_s).powi(2), 0.0, TURN_SIGMA * TURN_SIGMA];
        Self { t, azimuth, turn_s, p, block: (t, 0.0, 0.0, 0.0), seen: BEFORE, stray_s: explained_s, explained_s, off: false }
    }

    /// How long a turn takes, s.
    pub fn turn_s(&self) -> f64 {
        self.turn_s
    }

    /// By how much a plot's time may differ from the passage of its azimuth, beyond what the error of the azimuth explains, s.
    pub fn stray_s(&self) -> f64 {
        LEAST_S + WIDEST * (self.stray_s - self.explained_s).max(0.0)
    }

    /// When it passes `azimuth` nearest to `t`.
    pub fn pass(&self, azimuth: f64, t: f64) -> f64 {
        let first = self.t + wrap(azimuth - self.azimuth) / TAU * self.turn_s;
        first + ((t - first) / self.turn_s).round() * self.turn_s
    }

    /// Learns from a plot.
    pub fn saw(&mut self, t: f64, azimuth: f64) {
        let late = t - self.pass(azimuth, t);
        self.seen = (self.seen + 1.0).min(STRAYS);
        self.stray_s += (late.abs().min(MOST_STRAY * self.turn_s) - self.stray_s) / self.seen;
        let (began, n, times, lates) = &mut self.block;
        (*n, *times, *lates) = (*n + 1.0, *times + t, *lates + late);
        if t >= *began + BLOCK * self.turn_s {
            let (n, at, late) = (*n, *times / *n, *lates / *n);
            self.block = (t, 0.0, 0.0, 0.0);
            self.correct(at.max(self.t), late, n);
        }
    }

    // A block of `n` plots round `at` was so late in the mean.
    fn correct(&mut self, at: f64, late: f64, n: f64) {
        let dt = at - self.t;
        let [phase, both, turn] = self.p;
        let gust = GUST * dt;
        let [phase, both, turn] =
            [phase + dt * (2.0 * both + dt * turn) + gust * dt * dt / 3.0, both + dt * turn + 0.5 * gust * dt, turn + gust];
        let strays = (self.stray_s - self.explained_s).max(0.0);
        let noise = 0.5 * PI * (self.explained_s.powi(2) / n + strays.powi(2) / n.min(ALIKE));
        let s = phase + noise;
        let far = late.abs() > (OFF_SIGMA * s.sqrt()).max(MOST_STRAY * self.turn_s);
        // One block may be of a reflection.
        let set = far && self.off;
        self.off = far && !set;
        let gain = if set { [1.0, 0.0] } else { [phase / s, both / s].map(|g| if far { 0.0 } else { g }) };
        self.azimuth = wrap(self.azimuth + dt / self.turn_s * TAU);
        self.t = at + gain[0] * late;
        self.turn_s *= 1.0 + gain[1] * late;
        self.p = if set {
            [noise, 0.0, turn.max(TURN_SIGMA * TURN_SIGMA)]
        } else {
            [(1.0 - gain[0]) * phase, (1.0 - gain[0]) * both, turn - gain[1] * both]
        };
    }
}

/// An angle brought to [−π, π).
pub(crate) fn wrap(a: f64) -> f64 {
    (a + PI).rem_euclid(TAU) - PI
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: f64 = 2.5;

    /// An antenna that has followed `turns` turns of `plots` plots each, whose azimuths err by 0.005; `stamp` makes of the passage what is told.
    fn followed(told_turn: f64, turns: u32, plots: u32, stamp: impl Fn(f64) -> f64) -> Antenna {
        let mut antenna = Antenna::new(0.0, 0.0, told_turn, 0.005);
        for n in 1..turns * plots {
            let t = f64::from(n) / f64::from(plots) * TURN;
            let error = 0.005 * [1.2, -0.4, -1.1, 0.9, 0.1, -0.7][n as usize % 6];
            antenna.saw(stamp(t), wrap(t / TURN * TAU + error));
        }
        antenna
    }

    // By how much the passage in three quarters of a turn is told wrong, s.
    fn error(antenna: &Antenna, turns: u32) -> f64 {
        let t = (f64::from(turns) + 0.75) * TURN;
        antenna.pass(wrap(t / TURN * TAU), t + 0.3) - t
    }

    #[test]
    fn an_even_antenna_is_followed_to_a_few_milliseconds_and_strays_by_nothing() {
        for plots in [12, 100, 2000] {
            let antenna = followed(TURN, 100, plots, |t| t);
            assert!(error(&antenna, 100).abs() < 0.003, "{plots}: {}", error(&antenna, 100));
            assert!(antenna.stray_s() < 0.003, "{plots}: {}", antenna.stray_s());
        }
    }

    #[test]
    fn a_turn_told_wrong_is_found() {
        for told in [2.0, 2.4, 2.6, 3.0] {
            let antenna = followed(told, 60, 100, |t| t);
            assert!((antenna.turn_s() / TURN - 1.0).abs() < 0.002, "{told}: {}", antenna.turn_s());
            assert!(error(&antenna, 60).abs() < 0.005, "{told}: {}", error(&antenna, 60));
        }
    }

    /// Of a sector that is told when it is over, plots are half a sector late in the mean and stray by as much.
    #[test]
    fn times_that_count_sectors_stray_by_half_of_one() {
        let sector = TURN / 32.0;
        for plots in [20, 300, 2000] {
            let antenna = followed(TURN, 100, plots, |t| (t / sector).ceil() * sector);
            assert!((error(&antenna, 100) - 0.5 * sector).abs() < 0.012, "{plots}: {}", error(&antenna, 100));
            let stray = antenna.stray_s();
            assert!(stray > 0.5 * sector && stray < sector, "{plots}: {stray}");
        }
    }

    /// Two in a hundred every twenty seconds: 64 ms early or late.
    #[test]
    fn gusts_are_followed_or_known_as_strays() {
        let w = TAU / 20.0;
        for plots in [50, 500] {
            let antenna = followed(TURN, 99, plots, |t| t + 0.02 / w * (w * t).sin());
            let t = 99.75 * TURN;
            let told = antenna.pass(wrap(t / TURN * TAU), t) - t - 0.02 / w * (w * t).sin();
            assert!(told.abs() < antenna.stray_s() && antenna.stray_s() < 0.2, "{plots}: {told} of {}", antenna.stray_s());
        }
    }

    /// A quarter of a turn is lost at a stroke: by the second block it is found.
    #[test]
    fn another_phase_is_taken_up() {
        let before = 40.0 * TURN;
        let antenna = followed(TURN, 42, 100, |t| if t < before { t } else { t + 0.25 * TURN });
        let t = 42.75 * TURN;
        let told = antenna.pass(wrap(t / TURN * TAU), t + 0.25 * TURN) - t - 0.25 * TURN;
        assert!(told.abs() < 0.01, "{told}");
    }
}
