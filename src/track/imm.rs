//! Interacting multiple models: a craft that keeps its course, one that is restless, and one that turns to either side.
//!
//! Blom & Bar-Shalom 1988, with transitions by time and not by scan: the sensors of a site are asynchronous, so a step of 0.2 s
//! must not change the mode as often as one of 3 s.

use super::bank::Bank;
use super::exponential::exp_each;
use super::normal::{Normal, Place, Step};

/// Number of models.
pub const MODES: usize = 4;

/// Steady course (ships, drifting boats).
pub const STEADY: usize = 0;
/// Restless: any acceleration.
pub const RESTLESS: usize = 1;
/// A turn to the left (to port).
pub const LEFT: usize = 2;
/// A turn to the right (to starboard).
pub const RIGHT: usize = 3;

/// Numbers of the motion models.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
    /// Power spectral density of white acceleration a mode, m²/s³.
    pub noise: [f64; MODES],
    /// Lateral acceleration a mode, m/s², anticlockwise positive; zero is straight.
    pub lateral: [f64; MODES],
    /// Mean time in a mode, s.
    pub dwell_s: [f64; MODES],
    /// Where a mode goes when it ends; rows sum to 1.
    pub next: [[f64; MODES]; MODES],
    /// Probability of each mode of a new track.
    pub prior: [f64; MODES],
    /// Standard deviation of each velocity component of a new track a mode, m/s.
    pub sigma_v: [f64; MODES],
    /// Fastest turn, rad/s: a planing boat with its helm hard over at low speed.
    pub max_turn: f64,
}

impl Default for Motion {
    fn default() -> Self {
        Self {
            noise: [0.025, 6.0, 4.0, 4.0],
            lateral: [0.0, 0.0, 4.0, -4.0],
            dwell_s: [150.0, 20.0, 12.0, 12.0],
            next: [[0.0, 0.6, 0.2, 0.2], [0.4, 0.0, 0.3, 0.3], [0.2, 0.4, 0.0, 0.4], [0.2, 0.4, 0.4, 0.0]],
            prior: [0.5, 0.3, 0.1, 0.1],
            sigma_v: [4.0, 15.0, 15.0, 15.0],
            max_turn: 0.45,
        }
    }
}

impl Motion {
    /// Probability to be in mode `j` after `dt` having been in mode `i`.
    pub fn transition(&self, dt: f64) -> [[f64; MODES]; MODES] {
        let mut p = self.next;
        let stays = exp_each(self.dwell_s.map(|dwell_s| -dt / dwell_s));
        for (i, stay) in stays.into_iter().enumerate() {
            for v in &mut p[i] {
                *v *= 1.0 - stay;
            }
            p[i][i] += stay;
        }
        p
    }

    /// The step of mode `m` over `dt` (negative: back) from a state.
    pub fn step(&self, m: usize, dt: f64, x: &[f64; 4]) -> Step {
        let lateral = self.lateral[m];
        let omega = if lateral == 0.0 {
            0.0
        } else {
            // A turn is bounded by what the hull stands (lateral acceleration) and by the helm (rate).
            let speed = (x[2] * x[2] + x[3] * x[3]).sqrt().max(1.0);
            (lateral / speed).clamp(-self.max_turn, self.max_turn)
        };
        Step::new(dt, omega, self.noise[m])
    }
}

/// A bank of filters, a mode each, with the probability of each mode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Imm {
    /// Probability of each mode; sums to 1.
    pub mu: [f64; MODES],
    /// State in each mode.
    pub mode: [Normal; MODES],
}

impl Imm {
    /// The model that it most likely follows.
    pub fn likeliest(&self) -> usize {
        (1..MODES).fold(0, |best, m| if self.mu[m] > self.mu[best] { m } else { best })
    }

    /// A craft seen once.
    pub fn born(motion: &Motion, place: [f64; 2], r: [f64; 3]) -> Self {
        Self { mu: motion.prior, mode: motion.sigma_v.map(|s| Normal::at(place, r, s)) }
    }

    /// A craft whose state is known as `n` in every mode.
    pub fn known(motion: &Motion, n: Normal) -> Self {
        Self { mu: motion.prior, mode: [n; MODES] }
    }

    /// Moves every mode by `dt` ≥ 0 seconds.
    pub fn predict(&mut self, motion: &Motion, dt: f64) {
        if dt > 0.0 {
            self.predict_by(motion, dt, &motion.transition(dt));
        }
    }

    /// The same, where the [`transition`](Motion::transition) over `dt` is known: histories of one craft share it.
    pub fn predict_by(&mut self, motion: &Motion, dt: f64, transition: &[[f64; MODES]; MODES]) {
        if dt <= 0.0 {
            return;
        }
        let (mu, w) = self.weights(transition);
        self.mu = mu;
        let mut bank = Bank::mixed(&w, &self.mode);
        bank.predict(&std::array::from_fn(|j| motion.step(j, dt, &bank.mean(j))));
        bank.write(&mut self.mode);
    }

    /// As [`predict`](Self::predict), a mode after the other in the words of [`Normal`].
    #[cfg(test)]
    fn predict_each(&mut self, motion: &Motion, dt: f64) {
        let (mu, w) = self.weights(&motion.transition(dt));
        let mode = std::array::from_fn(|j| {
            let mut n = Normal::mixture(&w[j], &self.mode);
            n.predict(&motion.step(j, dt, &n.x));
            n
        });
        *self = Self { mu, mode };
    }

    #[cfg(test)]
    fn mix(&mut self, p: &[[f64; MODES]; MODES]) {
        let (mu, w) = self.weights(p);
        *self = Self { mu, mode: w.map(|w| Normal::mixture(&w, &self.mode)) };
    }

    // Probability of each mode after a transition, and for each the share that came from each mode before.
    fn weights(&self, p: &[[f64; MODES]; MODES]) -> ([f64; MODES], [[f64; MODES]; MODES]) {
        let mut mu = [0.0; MODES];
        for i in 0..MODES {
            for j in 0..MODES {
                mu[j] += p[i][j] * self.mu[i];
            }
        }
        (mu, std::array::from_fn(|j| std::array::from_fn(|i| p[i][j] * self.mu[i] / mu[j].max(1e-300))))
    }

    /// The state over all modes.
    pub fn combined(&self) -> Normal {
        Normal::mixture(&self.mu, &self.mode)
    }

    /// Place of [`combined`](Self::combined), to the bit, with its variances alone.
    pub fn combined_place(&self) -> Place {
        let parts = std::array::from_fn(|m| self.mode[m].marginal());
        Place::mixture(&self.mu, &parts)
    }

    /// Mean place over all modes.
    pub fn place(&self) -> [f64; 2] {
        let mut p = [0.0; 2];
        for (w, n) in self.mu.iter().zip(&self.mode) {
            p[0] += w * n.x[0];
            p[1] += w * n.x[1];
        }
        p
    }

    /// Mean velocity over all modes.
    pub fn velocity(&self) -> [f64; 2] {
        let mut v = [0.0; 2];
        for (w, n) in self.mu.iter().zip(&self.mode) {
            v[0] += w * n.x[2];
            v[1] += w * n.x[3];
        }
        v
    }

    /// Mean and variance of the speed. A mode's speed is that of a normal velocity to second order: `|v| + (tr − along)/2|v|`
    /// with the variance along the course.
    pub fn speed(&self) -> [(f64, f64); MODES] {
        std::array::from_fn(|m| {
            let n = &self.mode[m];
            let v = (n.x[2] * n.x[2] + n.x[3] * n.x[3]).sqrt();
            let trace = n.vv[0] + n.vv[2];
            if v < 0.1 {
                return ((trace * 0.5).sqrt(), trace * 0.5);
            }
            let (e, k) = (n.x[2] / v, n.x[3] / v);
            let along = e * e * n.vv[0] + 2.0 * e * k * n.vv[1] + k * k * n.vv[2];
            // Near rest the expansion fails; the root of the second moment bounds it.
            let mean = (v + 0.5 * (trace - along) / v).min((v * v + trace).sqrt());
            (mean, along)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn modes_change_by_time_and_not_by_step() {
        let motion = Motion::default();
        for row in &motion.next {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        for dt in [0.0, 0.2, 3.0, 100.0] {
            for row in motion.transition(dt) {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
        // Staying is exponential in time: ten short steps keep a mode as often as one long one.
        let (short, long) = (motion.transition(0.25)[STEADY][STEADY], motion.transition(2.5)[STEADY][STEADY]);
        assert!((short.powi(10) - long).abs() < 1e-12);
    }

    proptest! {
        /// All modes at once are each mode by itself, to the bit.
        #[test]
        fn a_bank_is_its_modes_one_by_one(
            v in proptest::collection::vec((-500.0..500.0f64, -30.0..30.0f64, 0.5..900.0f64, 0.1..90.0f64), MODES),
            weight in proptest::collection::vec(1e-6..1.0f64, MODES),
            dt in 0.01..9.0f64,
        ) {
            let mode = std::array::from_fn(|m| {
                let (place, speed, pp, vv) = v[m];
                let pv = 0.3 * (pp * vv).sqrt();
                Normal {
                    x: [place, 100.0 - place, speed, 0.5 * speed - 3.0],
                    pp: [pp, 0.2 * pp, 1.5 * pp],
                    pv: [pv, -0.1 * pv, 0.2 * pv, 0.9 * pv],
                    vv: [vv, -0.3 * vv, 0.8 * vv],
                }
            });
            let sum: f64 = weight.iter().sum();
            let mut at_once = Imm { mu: std::array::from_fn(|m| weight[m] / sum), mode };
            let mut each = at_once;
            at_once.predict(&Motion::default(), dt);
            each.predict_each(&Motion::default(), dt);
            prop_assert_eq!(at_once, each);
        }
    }

    #[test]
    fn mixing_keeps_the_mean_and_the_whole_covariance() {
        let motion = Motion::default();
        let mut imm = Imm::born(&motion, [100.0, 200.0], [400.0, 10.0, 900.0]);
        for (m, n) in imm.mode.iter_mut().enumerate() {
            n.x = [100.0 + 10.0 * m as f64, 200.0, 3.0 * m as f64, -1.0];
        }
        imm.mu = [0.4, 0.3, 0.2, 0.1];
        let before = imm.combined();
        imm.mix(&motion.transition(2.5));
        let after = imm.combined();
        assert!((imm.mu.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for (a, b) in before.x.iter().zip(after.x) {
            assert!((a - b).abs() < 1e-9);
        }
        for (a, b) in before.pp.iter().chain(&before.vv).zip(after.pp.iter().chain(&after.vv)) {
            assert!((a - b).abs() < 1e-9 * (1.0 + a.abs()), "{a} {b}");
        }
    }
}
