//! What a sensor's own tracks are wrong by as a whole: its range, its north, its clock.
//!
//! A tracker's positions carry the errors of its radar, and no plots of it come from which they might be learned. They are learned
//! from where its numbers lie beside crafts that others hold: ships that report, or what other radars see. One pair may be of two
//! crafts, so that what most of the numbers agree on is taken: least squares whose weights fall with the distance from it, with a
//! scale that narrows from what a whole compass may be off to what two good sensors differ by.

use super::equations::{dot, inverted, solved};

/// What a shore station's tracker may be wrong by before anything is known (one sigma): range, m; north, rad (1°: a heading line
/// laid by eye, a gyro); clock, s (no time told, and a serial line).
const PRIOR: [f64; 3] = [40.0, 0.0175, 2.0];
/// Error of a number's mean beside a craft's: along, m, and across, with a range-proportional part.
const SIGMA: [f64; 3] = [20.0, 20.0, 0.003];
/// Looks whose errors hang together (a smoothed track's).
const CORRELATED: f64 = 4.0;
/// Looks over which a number's distance is averaged at most.
const MEAN_OF: f64 = 40.0;
/// … and from how many on it counts at all.
const FEWEST: f64 = 4.0;
/// Numbers remembered, and for how long, s: errors change in hours, and few ships pass.
const MOST: usize = 64;
const KEPT_S: f64 = 1800.0;
/// Scales of the fall of the weights, in sigmas, from wide to narrow.
const SCALES: [f64; 10] = [12.0, 8.0, 6.0, 4.0, 3.0, 3.0, 2.5, 2.0, 2.0, 2.0];
/// Looks, in independent ones, that must agree before anything is taken for known: two numbers for half a minute each, or one for a minute.
const AGREE: f64 = 4.0;
/// How often it is worked out, s.
const SOLVE_S: f64 = 5.0;

/// One number beside one craft.
#[derive(Clone, Copy, Debug)]
struct Pair {
    key: (u32, u32, u64),
    heard: f64,
    looks: f64,
    range: f64,
    /// The sensor's place less the craft's, and the craft's velocity: along and across the line of sight.
    off: [f64; 2],
    velocity: [f64; 2],
}

/// Errors of one sensor's tracks.
#[derive(Clone, Debug, Default)]
pub(super) struct SensorErrors {
    pairs: Vec<Pair>,
    solved: f64,
    errors: Option<[f64; 3]>,
    // When they were known first, and their standard deviations.
    since: f64,
    sigma: Option<[f64; 3]>,
}

impl SensorErrors {
    /// Standard deviations of the three.
    pub fn sigma(&self) -> [f64; 3] {
        self.sigma.unwrap_or(PRIOR)
    }

    /// When they were known first, s since the epoch.
    pub fn since(&self) -> f64 {
        self.since
    }

    /// Looks that they rest on.
    pub fn looks(&self) -> f64 {
        self.pairs.iter().map(|p| p.looks).sum()
    }

    /// Crafts.
    pub fn crafts(&self) -> usize {
        let mut crafts: Vec<u64> = self.pairs.iter().filter(|p| p.looks >= FEWEST).map(|p| p.key.2).collect();
        crafts.sort_unstable();
        crafts.dedup();
        crafts.len()
    }

    /// Range (m), azimuth (rad) and clock (s) by which the sensor's tracks are off; `None` until enough agree.
    pub fn known(&self) -> Option<[f64; 3]> {
        self.errors
    }

    /// Notes that a number lies `off` (m, along and across the line of sight, what is known already not taken off) beside a craft of such a
    /// velocity, `range` m away.
    pub fn note(&mut self, key: (u32, u32, u64), now: f64, range: f64, off: [f64; 2], velocity: [f64; 2]) {
        if let Some(p) = self.pairs.iter_mut().find(|p| p.key == key) {
            p.looks += 1.0;
            let w = 1.0 / p.looks.min(MEAN_OF);
            p.heard = now;
            p.range += w * (range - p.range);
            for axis in 0..2 {
                p.off[axis] += w * (off[axis] - p.off[axis]);
                p.velocity[axis] += w * (velocity[axis] - p.velocity[axis]);
            }
        } else {
            self.pairs.retain(|p| now - p.heard < KEPT_S);
            if self.pairs.len() >= MOST
                && let Some(oldest) = (0..self.pairs.len()).min_by(|a, b| self.pairs[*a].heard.total_cmp(&self.pairs[*b].heard))
            {
                self.pairs.remove(oldest);
            }
            self.pairs.push(Pair { key, heard: now, looks: 1.0, range, off, velocity });
        }
        if now - self.solved > SOLVE_S {
            self.solved = now;
            let found = self.solve();
            if self.errors.is_none() && found.is_some() {
                self.since = now;
            }
            (self.errors, self.sigma) = found.unzip();
        }
    }

    // The errors and their standard deviations.
    fn solve(&self) -> Option<([f64; 3], [f64; 3])> {
        let mut x = [0.0; 3];
        let mut sigma = PRIOR;
        let mut agree = 0.0;
        for scale in SCALES {
            let mut a = [[0.0; 3]; 3];
            let mut b = [0.0; 3];
            for k in 0..3 {
                a[k][k] = PRIOR[k].powi(-2);
            }
            agree = 0.0;
            for p in self.pairs.iter().filter(|p| p.looks >= FEWEST) {
                let sigma = [SIGMA[0], SIGMA[1] + SIGMA[2] * p.range];
                // What a late clock tells is where it was.
                let rows = [[1.0, 0.0, -p.velocity[0]], [0.0, p.range, -p.velocity[1]]];
                let z = [0, 1].map(|axis| (p.off[axis] - dot(rows[axis], x)) / sigma[axis]);
                let fit = 1.0 / (1.0 + (z[0] * z[0] + z[1] * z[1]) / (scale * scale));
                let looks = p.looks.min(MEAN_OF) / CORRELATED;
                agree += looks * fit * fit;
                for axis in 0..2 {
                    let w = looks * fit * fit / (sigma[axis] * sigma[axis]);
                    for r in 0..3 {
                        b[r] += w * rows[axis][r] * p.off[axis];
                        for c in 0..3 {
                            a[r][c] += w * rows[axis][r] * rows[axis][c];
                        }
                    }
                }
            }
            x = solved(a, b)?;
            let covariance = inverted(a, 1.0)?;
            sigma = std::array::from_fn(|k| covariance[k][k].max(0.0).sqrt());
        }
        (agree >= AGREE).then_some((x, sigma))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUE: [f64; 3] = [30.0, 0.026, 2.0];

    fn beside(errors: &mut SensorErrors, key: u32, range: f64, velocity: [f64; 2], more: [f64; 2]) {
        let off = [TRUE[0] - velocity[0] * TRUE[2] + more[0], range * TRUE[1] - velocity[1] * TRUE[2] + more[1]];
        for look in 0..20 {
            // Noise of no mean.
            let noise = if look % 2 == 0 { 15.0 } else { -15.0 };
            errors.note(
                (key, 0, 1),
                60.0 * f64::from(key) + 3.0 * f64::from(look),
                range,
                [off[0] + noise, off[1] - noise],
                velocity,
            );
        }
    }

    #[test]
    fn range_north_and_clock_are_learned_though_a_third_of_the_pairs_are_of_two_crafts() {
        let mut errors = SensorErrors::default();
        let ships = [(4000.0, [9.0, 3.0]), (7000.0, [-8.0, 4.0]), (9000.0, [2.0, 12.0]), (6000.0, [-3.0, -11.0])];
        for (k, (range, velocity)) in ships.into_iter().enumerate() {
            beside(&mut errors, k as u32, range, velocity, [0.0, 0.0]);
        }
        beside(&mut errors, 8, 5000.0, [5.0, 5.0], [-120.0, 200.0]);
        beside(&mut errors, 9, 8000.0, [-5.0, 5.0], [90.0, -260.0]);
        let known = errors.known().unwrap();
        assert!((known[0] - TRUE[0]).abs() < 15.0, "{known:?}");
        assert!((known[1] - TRUE[1]).abs() < 0.002, "{known:?}");
        assert!((known[2] - TRUE[2]).abs() < 1.0, "{known:?}");
    }

    #[test]
    fn nothing_is_known_of_a_few_looks_and_the_memory_has_an_end() {
        let mut errors = SensorErrors::default();
        for look in 0..8 {
            errors.note((1, 0, 1), 10.0 * f64::from(look), 5000.0, [40.0, 80.0], [8.0, 0.0]);
        }
        assert!(errors.known().is_none());
        for key in 0..1000 {
            errors.note((key, 0, 1), 100.0, 5000.0, [0.0; 2], [8.0, 0.0]);
        }
        assert!(errors.pairs.len() <= MOST);
    }
}
