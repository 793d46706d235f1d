//! Whether there is a craft at all, and how well a radar sees it.
//!
//! Integrated data association (Mušicki & Evans 2004) with the detection probability itself unknown: five levels with a
//! posterior each, drifting in time, because a boat behind swell fades for many scans without leaving.

use super::exponential::exp_each;

/// Number of detection levels.
pub const LEVELS: usize = 5;

/// Detection probability of each level: from a hull that shows in every seventh scan to one that is never missed.
pub const LEVEL_PD: [f64; LEVELS] = [0.15, 0.35, 0.55, 0.75, 0.93];

/// Existence and detectability of a craft.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Existence {
    /// Probability that it exists.
    pub r: f64,
    /// Posterior over the detection levels; sums to 1.
    pub level: [f64; LEVELS],
}

impl Existence {
    /// Lets `dt` seconds pass: `survive_s` is the mean life, `fade_s` the mean time at a detection level.
    pub fn predict(&mut self, dt: f64, survive_s: f64, fade_s: f64) {
        let dt = dt.max(0.0);
        let [survives, stays] = exp_each([-dt / survive_s, -dt / fade_s]);
        self.r *= survives;
        let move_ = 0.5 * (1.0 - stays);
        let old = self.level;
        for l in 0..LEVELS {
            let down = if l > 0 { move_ } else { 0.0 };
            let up = if l + 1 < LEVELS { move_ } else { 0.0 };
            self.level[l] -= old[l] * (down + up);
            if l > 0 {
                self.level[l - 1] += old[l] * down;
            }
            if l + 1 < LEVELS {
                self.level[l + 1] += old[l] * up;
            }
        }
    }

    /// Probability that a look finds nothing of it, given that it exists.
    pub fn missed(&self) -> f64 {
        1.0 - self.pd()
    }

    /// Mean detection probability.
    pub fn pd(&self) -> f64 {
        self.level.iter().zip(LEVEL_PD).map(|(w, pd)| w * pd).sum()
    }

    /// Probability that a look finds nothing of it, whether or not it exists.
    pub fn unfound(&self) -> f64 {
        1.0 - self.r + self.r * self.missed()
    }

    /// Takes a look: `found[l]` is the sum over the candidate plots of likelihood over clutter density, with the amplitude
    /// law of level `l`, for a craft that is detected. Returns the likelihood ratio of the whole look.
    pub fn look(&mut self, found: [f64; LEVELS]) -> f64 {
        let mut total = 0.0;
        for l in 0..LEVELS {
            self.level[l] *= 1.0 - LEVEL_PD[l] + LEVEL_PD[l] * found[l];
            total += self.level[l];
        }
        let total = total.max(1e-300);
        for v in &mut self.level {
            *v /= total;
        }
        self.r = self.r * total / (1.0 - self.r + self.r * total);
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_is_bayes() {
        let mut x = Existence { r: 0.6, level: [0.2; LEVELS] };
        let pd = x.pd();
        x.look([0.0; LEVELS]);
        let expected = 0.6 * (1.0 - pd) / (0.4 + 0.6 * (1.0 - pd));
        assert!((x.r - expected).abs() < 1e-12);
        // Whoever is missed is more likely one that is seldom seen.
        assert!(x.pd() < pd);
        assert!((x.level.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn levels_keep_their_sum_and_even_out() {
        let mut x = Existence { r: 1.0, level: [1.0, 0.0, 0.0, 0.0, 0.0] };
        for _ in 0..1000 {
            x.predict(10.0, 1e9, 10.0);
        }
        for v in x.level {
            assert!((v - 0.2).abs() < 1e-9);
        }
    }
}
