//! What a camera is wrong by: its north above all, and where it stands as far as the bearings tell.
//!
//! A camera's pan is set to zero by a compass or by eye, and off by degrees: the craft nearest to a bearing then is another one. So nothing
//! is taken for paired before a turn has been found by which bearings of several crafts lie on crafts that others hold. What is asked is how
//! much likelier each turn of the full circle makes the bearings, beside what cameras are off by at all: one boat that moves is
//! enough for a camera that is told right, and not for one that is off, since another may go abreast of it unseen. The rest is least squares.

use std::f64::consts::{PI, TAU};

use super::antenna::wrap;
use super::equations::{dot, inverted, solved};

/// Cells of the circle of turns, .1° each: what a camera's bearing of a boat at 3 km scatters beside where radars hold it.
const TURNS: usize = 3600;
const TURN: f64 = TAU / TURNS as f64;
/// What mounted cameras are off by: most by so much, rad (.3°, a plumb line and a known mark), with long tails; …
const SET: f64 = 0.0052;
/// … and this share was never set at all.
const UNSET: f64 = 0.3;
/// One sigma of it, rad (1°): what may be told before anything is known.
pub(super) const UNKNOWN: f64 = 0.0175;
/// A turn is taken that has this share of the belief within [`NEAR`] of it, rad (1°).
const SURE: f64 = 0.995;
const NEAR: f64 = 0.0175;
/// Bearings within this of each other, rad (.5°), tell nothing of their own: what lies still is at the same bearing for hours.
const CELL: f64 = 0.0087;
/// … but for so many, so far apart in time, s, of which the mean counts.
const IN_CELL: usize = 4;
const APART_S: f64 = 10.0;
/// Bearings remembered, and for how long, s.
const MOST: usize = 300;
const KEPT_S: f64 = 900.0;
/// Crafts remembered with one bearing: the best known.
const MOST_CRAFTS: usize = 64;
/// What one craft may say for a turn, in logarithms: others may go abreast of it.
const OF_CRAFT: f64 = 8.0;
/// Half the breadth of sea over which it is counted how many crafts stand side by side, rad (9°: half a camera's view).
const BREADTH: f64 = 0.157;
/// What a craft's bearing may be off by beside its place's own error, m: hulls, and a camera some metres from its mark.
pub(super) const HULL_M: f64 = 10.0;
/// A camera's place told right is so far off, m, with long tails: narrowed from the second number on.
const PLACE_M: [f64; 2] = [8.0, 100.0];
/// Scales of the fall of the weights, in sigmas, from wide to narrow.
const SCALES: [f64; 12] = [12.0, 9.0, 7.0, 5.0, 4.0, 3.0, 3.0, 2.5, 2.5, 2.0, 2.0, 2.0];
/// Bearings whose errors hang together: a track's place goes astray for some looks.
const CORRELATED: f64 = 2.0;
/// Squared distance, in sigmas, beyond which a bearing is of nobody; and the share that must be of somebody.
const GATE: f64 = 16.0;
const AGREE: f64 = 0.4;
/// Fewest bearings, no two in a cell at once, by which anything is known.
const FEWEST: usize = 8;
/// Fewest crafts: from one alone its own track's error would be learned, and given back to it.
const FEWEST_CRAFTS: usize = 3;
/// Share of the newest bearing in how many are of somebody; where it falls below the second number the camera has been turned …
const NEWEST: f64 = 0.03;
const TURNED_SHARE: f64 = 0.15;
/// … and what is older than this, s, was seen with another north. As much is asked whether it tells of another than before …
const LATELY_S: f64 = 60.0;
/// … by so many standard deviations.
const ANOTHER: f64 = 4.0;
/// How often it is worked out, s, while it is not known and after.
const SOLVE_S: [f64; 2] = [3.0, 20.0];
/// What is believed least of the error of a north, rad (.03°): what radars' own are known to.
const LEAST: f64 = 5e-4;

/// A craft that others than cameras hold, when a bearing came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub craft: u64,
    /// The bearing as told less the craft's, and how well that is known, rad.
    pub off: f64,
    pub sigma: f64,
    pub range: f64,
    /// The craft's bearing, rad.
    pub azimuth: f64,
}

impl Held {
    /// How north and place (east, north) show in its bearing.
    pub fn slopes(&self) -> [f64; 3] {
        let (s, c) = self.azimuth.sin_cos();
        [1.0, c / self.range, -s / self.range]
    }
}

#[derive(Clone, Debug)]
struct Look {
    t: f64,
    cell: i32,
    held: Vec<Held>,
}

/// What is known of a camera's errors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Known {
    /// North, rad: bearings as told less true; place as told less where it stands, east and north, m.
    pub errors: [f64; 3],
    covariance: [[f64; 3]; 3],
    /// Crafts, and bearings, that say so.
    pub crafts: usize,
    pub bearings: usize,
    /// Since when something is known, s since the epoch.
    pub since: f64,
}

impl Known {
    /// By how much a bearing of that craft is told too large, rad, and the variance of that.
    pub fn of(&self, held: &Held) -> (f64, f64) {
        let h = held.slopes();
        let variance = (0..3).map(|i| (0..3).map(|j| h[i] * self.covariance[i][j] * h[j]).sum::<f64>()).sum::<f64>();
        (dot(h, self.errors), variance.max(0.0) + LEAST * LEAST)
    }

    /// Standard deviation of an error.
    pub fn sigma(&self, error: usize) -> f64 {
        let least = if error == 0 { LEAST } else { 0.0 };
        self.covariance[error][error].max(0.0).sqrt().max(least)
    }
}

/// Learns one camera's errors.
#[derive(Clone, Debug, Default)]
pub(super) struct North {
    looks: Vec<Look>,
    solved: f64,
    known: Option<Known>,
    // Share of the latest bearings that are of somebody.
    agree: f64,
}

impl North {
    pub fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// Takes a bearing `azimuth` as told beside the crafts that others hold.
    pub fn note(&mut self, t: f64, azimuth: f64, mut held: Vec<Held>, now: f64) {
        let cell = (azimuth / CELL).floor() as i32;
        if held.is_empty() || self.looks.iter().any(|l| l.cell == cell && (l.t - t).abs() < APART_S) {
            return;
        }
        held.sort_by(|a, b| a.sigma.total_cmp(&b.sigma).then(a.craft.cmp(&b.craft)));
        held.truncate(MOST_CRAFTS);
        self.looks.retain(|l| t - l.t < KEPT_S);
        let full = self.looks.iter().filter(|l| l.cell == cell).count() >= IN_CELL;
        if let Some(oldest) = self.looks.iter().position(|l| if full { l.cell == cell } else { self.looks.len() >= MOST }) {
            self.looks.remove(oldest);
        }
        self.looks.push(Look { t, cell, held });
        if now - self.solved > SOLVE_S[usize::from(self.known.is_some())] {
            self.solved = now;
            self.solve(t, now);
        }
    }

    /// Notes whether a bearing was of somebody, of a camera of which something is known.
    pub fn told(&mut self, t: f64, held: impl Iterator<Item = Held>) {
        let Some(known) = &self.known else { return };
        let of = |h: Held| {
            let left = wrap(h.off - known.of(&h).0);
            left * left < GATE * h.sigma * h.sigma
        };
        self.agree += NEWEST * (f64::from(held.into_iter().any(of)) - self.agree);
        if self.agree < TURNED_SHARE {
            self.looks.retain(|l| t - l.t < LATELY_S);
            self.known = None;
        }
    }

    fn solve(&mut self, t: f64, now: f64) {
        if let Some(known) = &self.known {
            let lately: Vec<&Look> = self.looks.iter().filter(|l| t - l.t < LATELY_S).collect();
            if lately.len() >= FEWEST
                && let Some(other) = refined(&lately, known.errors[0])
                && wrap(other.errors[0] - known.errors[0]).abs() > ANOTHER * (known.sigma(0).hypot(other.sigma(0)))
                && share(&lately, &other) > share(&lately, known)
            {
                self.looks.retain(|l| t - l.t < LATELY_S);
            }
        }
        let all: Vec<&Look> = self.looks.iter().collect();
        if all.len() < FEWEST {
            return;
        }
        // Once something is known, bearings of those that take them are not among these, and more of them are nobody's.
        let agrees = |found: &Known| found.crafts >= FEWEST_CRAFTS && (self.known.is_some() || share(&all, found) >= AGREE);
        let found = likeliest(&all).and_then(|turn| refined(&all, turn)).filter(agrees);
        if let Some(found) = found {
            if self.known.is_none() {
                self.agree = 1.0;
            }
            let since = self.known.map_or(now, |known| known.since);
            self.known = Some(Known { since, ..found });
        }
    }
}

// By how many looks in its cell one counts.
fn weights(looks: &[&Look]) -> Vec<f64> {
    looks.iter().map(|l| 1.0 / looks.iter().filter(|o| o.cell == l.cell).count() as f64).collect()
}

// The turn that all the looks together leave no doubt of.
fn likeliest(looks: &[&Look]) -> Option<f64> {
    let mut of_craft: Vec<(u64, usize, Held, f64)> = Vec::new();
    for (k, (look, weight)) in looks.iter().zip(weights(looks)).enumerate() {
        for held in &look.held {
            of_craft.push((held.craft, k, *held, weight));
        }
    }
    of_craft.sort_by_key(|pair| (pair.0, pair.1));
    let mut sum = vec![0.0f64; TURNS];
    let mut own = vec![0.0f64; TURNS];
    for pairs in of_craft.chunk_by(|a, b| a.0 == b.0) {
        own.fill(0.0);
        for (_, k, held, weight) in pairs {
            let sigma = held.sigma.max(TURN);
            let beside = looks[*k].held.iter().filter(|o| wrap(o.off - held.off).abs() < BREADTH).count() as f64;
            // Likelihood of the bearing, in what it is of any other.
            let peak = 2.0 * BREADTH / beside / (TAU.sqrt() * sigma);
            let middle = (held.off / TURN).round() as i64;
            let reach = (4.0 * sigma / TURN).ceil() as i64;
            for cell in middle - reach..=middle + reach {
                let z = (cell as f64 * TURN - held.off) / sigma;
                own[cell.rem_euclid(TURNS as i64) as usize] += weight * (peak * (-0.5 * z * z).exp()).ln_1p();
            }
        }
        for (all, own) in sum.iter_mut().zip(&own) {
            *all += OF_CRAFT * -(-own / OF_CRAFT).exp_m1();
        }
    }
    let most = sum.iter().copied().fold(0.0, f64::max);
    let belief = |cell: usize| {
        let turn = wrap(cell as f64 * TURN);
        let prior = (1.0 - UNSET) * SET / (PI * (SET * SET + turn * turn)) + UNSET / TAU;
        prior * (sum[cell] - most).exp()
    };
    let beliefs: Vec<f64> = (0..TURNS).map(belief).collect();
    let best = (0..TURNS).max_by(|a, b| beliefs[*a].total_cmp(&beliefs[*b]))?;
    let all: f64 = beliefs.iter().sum();
    let near = (NEAR / TURN) as usize;
    let here: f64 = (0..=2 * near).map(|k| beliefs[(best + TURNS + k - near) % TURNS]).sum();
    (here > SURE * all).then(|| wrap(best as f64 * TURN))
}

// The craft that a look is of, if north and place are off so: what is left of the bearing, rad, and the craft.
fn nearest<'a>(look: &'a Look, errors: &[f64; 3]) -> Option<(f64, &'a Held)> {
    let left = |h: &Held| wrap(h.off - dot(h.slopes(), *errors));
    look.held.iter().map(|h| (left(h), h)).min_by(|a, b| (a.0.abs() / a.1.sigma).total_cmp(&(b.0.abs() / b.1.sigma)))
}

fn refined(looks: &[&Look], turn: f64) -> Option<Known> {
    let weights = weights(looks);
    let mut errors = [turn, 0.0, 0.0];
    let mut law = [PLACE_M[1]; 2];
    let mut known = None;
    for scale in SCALES {
        let mut a = [[0.0; 3]; 3];
        let mut b = [0.0; 3];
        let (mut misfit, mut n) = (0.0, 0.0);
        let mut crafts = Vec::new();
        let mut bearings = 0;
        for i in 0..2 {
            a[i + 1][i + 1] = law[i].powi(-2);
            b[i + 1] = -errors[i + 1] * a[i + 1][i + 1];
        }
        // What north itself is off by is not pulled towards anything.
        a[0][0] = 1e-6;
        for (look, weight) in looks.iter().zip(&weights) {
            let Some((left, held)) = nearest(look, &errors) else { continue };
            let z = left / held.sigma;
            let fit = (1.0 + z * z / (scale * scale)).powi(-2);
            let w = weight * fit / (CORRELATED * held.sigma * held.sigma);
            let h = held.slopes();
            for i in 0..3 {
                b[i] += w * h[i] * left;
                for j in 0..3 {
                    a[i][j] += w * h[i] * h[j];
                }
            }
            if z * z < GATE {
                misfit += weight * fit * z * z;
                n += weight * fit;
                crafts.push(held.craft);
                bearings += 1;
            }
        }
        let by = solved(a, b)?;
        for i in 0..3 {
            errors[i] += by[i];
        }
        for i in 0..2 {
            law[i] = (0.5 * (PLACE_M[0].powi(2) + errors[i + 1].powi(2))).sqrt();
        }
        crafts.sort_unstable();
        crafts.dedup();
        // Bearings that scatter more than they should make it less certain.
        let more = f64::max(misfit / f64::max(n, 1.0), 1.0);
        let covariance = inverted(a, more)?;
        known = Some(Known {
            errors: [wrap(errors[0]), errors[1], errors[2]],
            covariance,
            crafts: crafts.len(),
            bearings,
            since: 0.0,
        });
    }
    known
}

// The share of the looks that are of a craft.
fn share(looks: &[&Look], known: &Known) -> f64 {
    let (mut all, mut agree) = (0.0, 0.0);
    for (look, weight) in looks.iter().zip(weights(looks)) {
        all += weight;
        let of = nearest(look, &known.errors).is_some_and(|(left, held)| left * left < GATE * (held.sigma * held.sigma));
        agree += weight * f64::from(of);
    }
    agree / all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Crafts: place and velocity.
    const CRAFTS: [([f64; 2], [f64; 2]); 5] = [
        ([-2000.0, 3000.0], [6.0, 1.0]),
        ([300.0, 4000.0], [-5.0, 2.0]),
        ([1500.0, 2500.0], [2.0, -4.0]),
        ([2500.0, 5000.0], [-3.0, -3.0]),
        ([-800.0, 5500.0], [0.0, 0.0]),
    ];

    /// What a camera learns that is told to stand at the origin and stands `place` short of it, its north off by `off` at a time, in so many seconds in which it looks at each of
    /// `seen` in turn.
    fn learned(seen: &[usize], off: impl Fn(f64) -> f64, place: [f64; 2], seconds: u32) -> North {
        let mut north = North::default();
        for second in 0..seconds {
            let t = f64::from(second);
            let at = |k: usize| {
                let (p, v) = CRAFTS[k];
                [p[0] + v[0] * t, p[1] + v[1] * t]
            };
            let of = at(seen[second as usize % seen.len()]);
            // Noise of no mean.
            let noise = if second % 2 == 0 { 0.001 } else { -0.001 };
            let told = (of[0] + place[0]).atan2(of[1] + place[1]) + off(t) + noise;
            let held = (0..CRAFTS.len()).map(|k| {
                let p = at(k);
                let azimuth = p[0].atan2(p[1]);
                Held { craft: k as u64, off: wrap(told - azimuth), sigma: 0.004, range: p[0].hypot(p[1]), azimuth }
            });
            let held: Vec<Held> = held.collect();
            north.told(t, held.iter().copied());
            north.note(t, told, held, t);
        }
        north
    }

    #[test]
    fn a_north_off_by_any_angle_is_learned_beside_several_crafts() {
        for off in [0.0, 0.005, 0.035, -0.26, 3.1] {
            let north = learned(&[0, 1, 2, 3, 4], |_| off, [0.0; 2], 120);
            let known = north.known().unwrap();
            assert!(wrap(known.errors[0] - off).abs() < 0.002 && known.crafts >= FEWEST_CRAFTS, "{off}: {known:?}");
        }
    }

    #[test]
    fn of_one_craft_nothing_is_learned_however_long_it_is_looked_at() {
        for off in [0.0, 0.035, 0.5] {
            assert_eq!(learned(&[0], |_| off, [0.0; 2], 600).known(), None, "{off}");
            assert_eq!(learned(&[4], |_| off, [0.0; 2], 600).known(), None, "{off}");
        }
    }

    /// A camera that stands 60 m from where it is told: bearings of what it has seen are put right.
    #[test]
    fn a_place_told_wrong_is_put_right_where_it_looks() {
        let north = learned(&[0, 1, 2, 3, 4], |_| 0.02, [60.0, 0.0], 400);
        let known = north.known().unwrap();
        for (k, (p, _)) in CRAFTS.into_iter().enumerate() {
            let azimuth = p[0].atan2(p[1]);
            let off = (p[0] + 60.0).atan2(p[1]) - azimuth + 0.02;
            let held = Held { craft: k as u64, off, sigma: 0.004, range: p[0].hypot(p[1]), azimuth };
            assert!((known.of(&held).0 - off).abs() < 0.004, "{k}: {off} {:?}", known.of(&held));
        }
    }

    #[test]
    fn a_camera_that_is_turned_is_learned_anew() {
        let off = |t| if t < 200.0 { 0.0 } else { 0.09 };
        let known = *learned(&[0, 1, 2, 3, 4], off, [0.0; 2], 400).known().unwrap();
        assert!((known.errors[0] - 0.09).abs() < 0.002, "{known:?}");
    }

    #[test]
    fn the_memory_has_an_end() {
        let mut north = North::default();
        let held: Vec<Held> = (0..200)
            .map(|k| Held { craft: k, off: 0.01 * k as f64, sigma: 0.004, range: 3000.0, azimuth: 0.01 * k as f64 })
            .collect();
        for i in 0..2000 {
            let t = f64::from(i);
            north.note(t, 0.01 * f64::from(i % 600), held.clone(), 0.0);
        }
        assert!(north.looks.len() <= MOST && north.looks.iter().all(|l| l.held.len() <= MOST_CRAFTS));
    }
}
