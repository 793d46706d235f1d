//! All radars' errors at once, from what ships say of their place.
//!
//! A ship's own error hardly changes while it is in sight: the antenna's place on the hull, a slow error of its GNSS. Ten plots of one ship tell
//! therefore less than one plot each of ten, and a ship's error along its course looks like an error of the radar's clock. So each
//! ship has an error of its own in the estimate, the same for all radars, told along and across her course where it may be the place of her
//! antenna, which turns with her. How far along their hulls the antennas of ships stand that say nothing of it is learned from all of them
//! together. Least squares over everything that is remembered: what each radar found of a ship is summed up once, and the ships' own errors
//! are eliminated ship by ship (Schur complement) whenever the radars' are asked for.

use std::collections::BTreeMap;

use super::equations::Solution;
use super::misplaced::Places;
use super::register::Residual;
use crate::model::Mmsi;

/// Errors believed possible before anything was measured: an encoder misaligned by half a degree, a cable and trigger delay of
/// 40 m, a host clock kept by NTP over a poor link. One sigma.
pub(super) const PRIOR: [f64; 3] = [40.0, 0.008, 0.3];
/// A radar's clock is kept to some hundredths of a second by GNSS or NTP, or it is not kept and may be anywhere: the width of a Cauchy
/// law. A normal one would share an error between a clock that is kept and one that is not.
pub(super) const CLOCK_KEPT_S: f64 = 0.06;
/// A ship's own error an axis, m: GNSS 4 m that changes over minutes, and what the echo's centre lies off the middle of hulls up to some
/// 30 m.
const SHIP_M: f64 = 5.0;
/// Furthest that an antenna's place along the hull is believed to spread, m, one sigma: all bridges aft on the longest ships.
const ASTERN_MOST_M: f64 = 100.0;
/// An antenna found so many standard deviations of every ship's own error from the middle of the hull is not there.
const PLACED: f64 = 3.0;
/// How far plots of a ship are looked for until enough ships have shown it, m: a bridge aft on a ship of 100 m. Were they not, the first radar errors
/// that such ships make likely would refuse the plots that tell better.
const ASTERN_FIRST_M: f64 = 30.0;
/// Fewer ships say nothing of how others are built.
const ENOUGH_SHIPS: usize = 4;
/// Residuals that make a ship's own error known to some metres.
const KNOWN_RESIDUALS: f64 = 6.0;
/// So many with their antennas amidships are taken for granted.
const GRANTED: usize = 3;
/// Median to standard deviation of a normal law.
const OF_MEDIAN: f64 = 1.4826;
/// Rounds in which that is worked out at most, and the change at which it is.
const ASTERN_ROUNDS: usize = 4;
const ASTERN_CHANGE: f64 = 0.1;
/// A ship whose own error is less likely than this (χ² of two degrees, 99.9 %) tells nothing of the radars: a false position, false dimensions.
pub(super) const ODD: f64 = 13.8;
/// Residuals a ship must give a radar to count as a reference; a radar without any keeps its errors as they are.
const FEWEST_RESIDUALS: f64 = 2.0;
/// What was found is forgotten with this time, s: mountings settle and cables age over hours. Only while there is something new to put in
/// its place.
const MEMORY_S: f64 = 1800.0;
/// Ships heard within so long are references of now, s, and so many must be for anything to be forgotten.
const RECENT_S: f64 = 60.0;
const RENEWING_SHIPS: usize = 3;
/// Most ships remembered. More than a radar needs; those heard last stay.
const MOST_SHIPS: usize = 128;
/// How much of what was found before a jump counts after it: enough for the clock to be held, not for the azimuth.
const KEPT_AFTER_JUMP: f64 = 0.02;

/// Errors of a radar: range, azimuth, clock, and the place that the site tells, east and north.
pub(super) const ERRORS: usize = 5;
/// Those that are always learned: the place is asked for now and then.
pub(super) const ALWAYS: usize = 3;

/// What one radar found of one ship, summed: with radar errors `x` and the ship's `b`, the residuals are `H x + G b`.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub radar: usize,
    pub n: f64,
    // HᵀWH, HᵀWG, GᵀWG, HᵀWy, GᵀWy.
    pub hh: [[f64; ERRORS]; ERRORS],
    pub hg: [[f64; 2]; ERRORS],
    gg: [[f64; 2]; 2],
    pub hy: [f64; ERRORS],
    gy: [f64; 2],
}

impl Found {
    fn add(&mut self, r: &Residual) {
        // A ship that tells a place further out makes its plots come short: ahead, to starboard. So does a radar that is told to stand less far out.
        let [e, n] = r.course;
        let (range, azimuth) = ([-r.unit[0], -r.unit[1]], [-r.unit[1] / r.range, r.unit[0] / r.range]);
        let g = [range, azimuth].map(|m| [m[0] * e + m[1] * n, m[0] * n - m[1] * e]);
        let h = [[1.0, 0.0, -r.rates[0], -range[0], -range[1]], [0.0, 1.0, -r.rates[1], -azimuth[0], -azimuth[1]]];
        for m in 0..2 {
            let w = 1.0 / r.variance[m];
            for i in 0..ERRORS {
                for j in 0..ERRORS {
                    self.hh[i][j] += w * h[m][i] * h[m][j];
                }
                for j in 0..2 {
                    self.hg[i][j] += w * h[m][i] * g[m][j];
                }
                self.hy[i] += w * h[m][i] * r.y[m];
            }
            for i in 0..2 {
                for j in 0..2 {
                    self.gg[i][j] += w * g[m][i] * g[m][j];
                }
                self.gy[i] += w * g[m][i] * r.y[m];
            }
        }
        self.n += 1.0;
    }

    fn scale(&mut self, f: f64) {
        let all = self.hh.as_flattened_mut().iter_mut().chain(self.hg.as_flattened_mut()).chain(self.gg.as_flattened_mut());
        for v in all.chain(&mut self.hy).chain(&mut self.gy) {
            *v *= f;
        }
        self.n *= f;
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Ship {
    heard: f64,
    odd: bool,
    // Where on the hull its antenna is is not told …
    pub unplaced: bool,
    // … and how far ahead of it the middle of the hull was found to lie, m.
    ahead_m: Option<f64>,
    pub found: Vec<Found>,
}

/// What is believed of one radar: range (m), azimuth (rad), clock (s), and their covariance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Belief {
    pub x: [f64; 3],
    pub p: [[f64; 3]; 3],
}

impl Belief {
    /// Before anything was measured.
    pub fn prior() -> Self {
        let mut p = [[0.0; 3]; 3];
        for i in 0..3 {
            p[i][i] = PRIOR[i] * PRIOR[i];
        }
        Self { x: [0.0; 3], p }
    }
}

/// Everything that ships told of the radars.
#[derive(Clone, Debug, Default)]
pub(crate) struct References {
    pub(super) ships: BTreeMap<Mmsi, Ship>,
    newest: f64,
    aged: f64,
    // How far along the hull the antennas of unplaced ships are, m, beyond what every ship's are, once enough ships have shown it.
    astern_m: Option<f64>,
    // Range (m) and azimuth (rad) errors known before anything was measured, by radar; of those that have any.
    pub(super) known: BTreeMap<usize, [f64; 2]>,
    // What is known of the radars' places.
    pub(super) places: Places,
}

impl References {
    /// What was found by a radar is of no use: it stands elsewhere, or is turned so far that it was found of others. Of its errors so much is known.
    pub fn restart(&mut self, radar: usize, known: [f64; 2]) {
        self.known.insert(radar, known);
        for ship in self.ships.values_mut() {
            ship.found.retain(|f| f.radar != radar);
        }
    }

    /// Takes what a radar found of a ship.
    pub fn take(&mut self, radar: usize, r: &Residual) {
        self.newest = self.newest.max(r.t);
        if self.ships.len() >= MOST_SHIPS && !self.ships.contains_key(&r.ship) {
            let oldest = self.ships.iter().min_by(|a, b| a.1.heard.total_cmp(&b.1.heard)).map(|(m, s)| (*m, s.heard));
            match oldest {
                Some((mmsi, heard)) if heard < r.t - RECENT_S => self.ships.remove(&mmsi),
                _ => return,
            };
        }
        let ship = self.ships.entry(r.ship).or_default();
        ship.heard = ship.heard.max(r.t);
        if ship.unplaced != r.unplaced {
            // What was found of her was of another place of hers.
            *ship = Ship { heard: ship.heard, unplaced: r.unplaced, ..Ship::default() };
        }
        match ship.found.iter_mut().find(|f| f.radar == radar) {
            Some(found) => found.add(r),
            None => {
                let mut found = Found { radar, ..Found::default() };
                found.add(r);
                ship.found.push(found);
                ship.found.sort_by_key(|f| f.radar);
            }
        }
    }

    /// A radar's range and azimuth have jumped by so much: what it found before counts little from now on, and as if the errors had been
    /// as they are now.
    pub fn jumped(&mut self, radar: usize, by: [f64; 2]) {
        for found in self.ships.values_mut().flat_map(|s| &mut s.found).filter(|f| f.radar == radar) {
            for i in 0..ERRORS {
                found.hy[i] += found.hh[i][0] * by[0] + found.hh[i][1] * by[1];
            }
            for j in 0..2 {
                found.gy[j] += found.hg[0][j] * by[0] + found.hg[1][j] * by[1];
            }
            found.scale(KEPT_AFTER_JUMP);
        }
    }

    /// A radar stands elsewhere than told, by so much: what it found is taken as if it had been known to.
    pub(super) fn moved(&mut self, radar: usize, by: [f64; 2]) {
        for found in self.ships.values_mut().flat_map(|s| &mut s.found).filter(|f| f.radar == radar) {
            for i in 0..ERRORS {
                found.hy[i] -= found.hh[i][ALWAYS] * by[0] + found.hh[i][ALWAYS + 1] * by[1];
            }
            for j in 0..2 {
                found.gy[j] -= found.hg[ALWAYS][j] * by[0] + found.hg[ALWAYS + 1][j] * by[1];
            }
        }
    }

    /// The errors of `radars` radars; `None` for one that no ship tells of.
    pub fn solve(&mut self, radars: usize) -> Vec<Option<Belief>> {
        self.age();
        let first = self.solve_with_hulls(radars);
        let law_m = self.law_m();
        // Whether a ship is odd shows against the errors that the others make likely.
        let mut odd: Vec<(Mmsi, bool)> = Vec::new();
        for (mmsi, ship) in &self.ships {
            let is_odd = ship.own_error2(&first, law_m) > ODD;
            if is_odd != ship.odd {
                odd.push((*mmsi, is_odd));
            }
        }
        let enough = self.ships.len() > RENEWING_SHIPS;
        let solution = if enough && !odd.is_empty() {
            for (mmsi, is_odd) in odd {
                if let Some(ship) = self.ships.get_mut(&mmsi) {
                    ship.odd = is_odd;
                }
            }
            self.least_squares(radars, &[], |s| !s.odd)
        } else {
            first
        };
        for ship in self.ships.values_mut() {
            let ahead_m = -ship.own_error(&solution, law_m)[0];
            ship.ahead_m = (ship.unplaced && ahead_m.abs() > PLACED * SHIP_M).then_some(ahead_m);
        }
        (0..radars)
            .map(|k| {
                let known = |s: &Ship| s.found.iter().any(|f| f.radar == k && f.n >= FEWEST_RESIDUALS);
                if !self.ships.values().any(known) {
                    return None;
                }
                let x = std::array::from_fn(|i| solution.of(k, i));
                let p = std::array::from_fn(|i| std::array::from_fn(|j| solution.cov(k, i, j)));
                Some(Belief { x, p })
            })
            .collect()
    }

    /// How far along the hull an antenna may stand where a ship does not tell, m, one sigma.
    pub fn astern_m(&self) -> f64 {
        self.astern_m.unwrap_or(ASTERN_FIRST_M)
    }

    /// How far ahead of her antenna the middle of a ship's hull lies, m, where that was found from her echoes and she does not tell.
    pub fn ahead_m(&self, ship: Mmsi) -> Option<f64> {
        self.ships.get(&ship)?.ahead_m
    }

    // Unplaced ships of which enough was found.
    fn known(&self) -> impl Iterator<Item = &Ship> {
        self.ships.values().filter(|s| s.unplaced && s.found.iter().map(|f| f.n).sum::<f64>() >= KNOWN_RESIDUALS)
    }

    /// Whether it has shown where antennas stand of which nobody tells.
    pub(super) fn hulls_known(&self) -> bool {
        self.astern_m.is_some()
    }

    // The same as ships' own errors are judged by: none before enough of them have shown it.
    pub(super) fn law_m(&self) -> f64 {
        self.astern_m.unwrap_or(0.0)
    }

    // The errors with all ships but the odd ones, and with them how far along their hulls the antennas of unplaced ships stand.
    fn solve_with_hulls(&mut self, radars: usize) -> Solution {
        if self.known().count() < ENOUGH_SHIPS {
            return self.least_squares(radars, &[], |s| !s.odd);
        }
        // From the widest on: taken for amidships, much of what the ships show would pass for errors of the radars.
        self.astern_m.get_or_insert(ASTERN_FIRST_M);
        let mut solution = self.least_squares(radars, &[], |s| !s.odd);
        for _ in 0..ASTERN_ROUNDS {
            let astern_m = self.astern(&solution);
            let before = self.astern_m.replace(astern_m);
            if before.is_some_and(|m| (astern_m - m).abs() <= ASTERN_CHANGE * astern_m.max(SHIP_M)) {
                break;
            }
            solution = self.least_squares(radars, &[], |s| !s.odd);
        }
        solution
    }

    // How far they stand against errors of the radars: by the median, so that few false places tell nothing of how ships are built.
    fn astern(&self, x: &Solution) -> f64 {
        let mut along: Vec<f64> = self.known().map(|s| s.own_error(x, self.law_m())[0].abs()).collect();
        along.extend([0.0; GRANTED]);
        let middle = along.len() / 2;
        let sigma = OF_MEDIAN * *along.select_nth_unstable_by(middle, f64::total_cmp).1;
        (sigma * sigma - SHIP_M * SHIP_M).max(0.0).sqrt().min(ASTERN_MOST_M)
    }

    fn age(&mut self) {
        let now = self.newest;
        if self.ships.values().filter(|s| s.heard > now - RECENT_S).count() >= RENEWING_SHIPS {
            let f = (-(now - self.aged).max(0.0) / MEMORY_S).exp();
            for found in self.ships.values_mut().flat_map(|s| &mut s.found) {
                found.scale(f);
            }
        }
        self.aged = now;
        self.ships.retain(|_, s| s.found.iter().any(|f| f.n > 0.1));
    }
}

impl Ship {
    // Covariance of the ship's own error were the radars' known, and what its plots say of it.
    pub fn own(&self, astern_m: f64) -> ([[f64; 2]; 2], [f64; 2]) {
        let [ahead, across] = self.law(astern_m);
        let (mut c, mut gy) = ([[1.0 / ahead, 0.0], [0.0, 1.0 / across]], [0.0; 2]);
        for f in &self.found {
            for i in 0..2 {
                for j in 0..2 {
                    c[i][j] += f.gg[i][j];
                }
                gy[i] += f.gy[i];
            }
        }
        let det = c[0][0] * c[1][1] - c[0][1] * c[1][0];
        ([[c[1][1] / det, -c[0][1] / det], [-c[1][0] / det, c[0][0] / det]], gy)
    }

    // Variances of its own error along and across its course, m².
    fn law(&self, astern_m: f64) -> [f64; 2] {
        let across = SHIP_M * SHIP_M;
        [across + if self.unplaced { astern_m * astern_m } else { 0.0 }, across]
    }

    // Its own error against the errors of the radars, squared in parts of its law.
    pub fn own_error2(&self, x: &Solution, astern_m: f64) -> f64 {
        let [b, law] = [self.own_error(x, astern_m), self.law(astern_m)];
        b[0] * b[0] / law[0] + b[1] * b[1] / law[1]
    }

    // Its own error along and across its course against the errors of the radars, m.
    fn own_error(&self, x: &Solution, astern_m: f64) -> [f64; 2] {
        let (m, mut rest) = self.own(astern_m);
        for f in &self.found {
            for j in 0..2 {
                for i in 0..x.errors {
                    rest[j] -= f.hg[i][j] * x.of(f.radar, i);
                }
            }
        }
        [m[0][0] * rest[0] + m[0][1] * rest[1], m[1][0] * rest[0] + m[1][1] * rest[1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two radars 7 km apart, `ships` ships on straight courses with errors of their own, no noise.
    fn seen(errors: [[f64; 3]; 2], ships: &[([f64; 2], [f64; 2], [f64; 2])]) -> References {
        seen_of(errors, ships, false)
    }

    fn seen_of(errors: [[f64; 3]; 2], ships: &[([f64; 2], [f64; 2], [f64; 2])], unplaced: bool) -> References {
        let mut all = References::default();
        for step in 0..120 {
            let t = f64::from(step) * 2.5;
            for (i, (p, v, own)) in ships.iter().enumerate() {
                for (k, place) in [[0.0, 0.0], [-7000.0, 0.0]].into_iter().enumerate() {
                    let d = [p[0] + v[0] * t - place[0], p[1] + v[1] * t - place[1]];
                    let range = d[0].hypot(d[1]);
                    let unit = [d[0] / range, d[1] / range];
                    let rates = [unit[0] * v[0] + unit[1] * v[1], (v[0] * unit[1] - v[1] * unit[0]) / range];
                    let across = (own[0] * unit[1] - own[1] * unit[0]) / range;
                    let y = [
                        errors[k][0] - rates[0] * errors[k][2] - (own[0] * unit[0] + own[1] * unit[1]),
                        errors[k][1] - rates[1] * errors[k][2] - across,
                    ];
                    let variance = [200.0, 2.4e-5];
                    let speed = v[0].hypot(v[1]);
                    let course = [v[0] / speed, v[1] / speed];
                    all.take(k, &Residual { ship: Mmsi(i as u32), t, y, rates, unit, range, course, unplaced, variance });
                }
            }
        }
        all
    }

    const SHIPS: [([f64; 2], [f64; 2], [f64; 2]); 6] = [
        ([2000.0, 5000.0], [15.0, 1.0], [0.0, 0.0]),
        ([-3000.0, 7000.0], [-8.0, 9.0], [0.0, 0.0]),
        ([0.0, 9000.0], [2.0, -14.0], [0.0, 0.0]),
        ([-6000.0, 4000.0], [7.0, 7.0], [0.0, 0.0]),
        ([4000.0, 3000.0], [-12.0, 0.0], [0.0, 0.0]),
        ([1000.0, 11000.0], [0.0, 0.5], [0.0, 0.0]),
    ];

    #[test]
    fn what_is_without_noise_is_found() {
        let errors = [[12.0, -0.003, 0.0], [-30.0, 0.006, 0.8]];
        let found = seen(errors, &SHIPS).solve(2);
        for (found, errors) in found.iter().zip(errors) {
            let found = found.unwrap();
            assert!((found.x[0] - errors[0]).abs() < 1.0, "{found:?}");
            assert!((found.x[1] - errors[1]).abs() < 2e-4, "{found:?}");
            assert!((found.x[2] - errors[2]).abs() < 0.1, "{found:?}");
        }
    }

    /// One ship in six tells a place 80 m off: it is left out. Without that the same radars would be several metres off.
    #[test]
    fn a_ship_that_tells_wrong_is_left_out() {
        let mut ships = SHIPS;
        ships[3].2 = [80.0, -30.0];
        let errors = [[12.0, -0.003, 0.0], [-30.0, 0.006, 0.0]];
        let mut references = seen(errors, &ships);
        let found = references.solve(2);
        assert!(references.ships[&Mmsi(3)].odd);
        for (found, errors) in found.iter().zip(errors) {
            let found = found.unwrap();
            assert!((found.x[0] - errors[0]).abs() < 1.0 && (found.x[1] - errors[1]).abs() < 2e-4, "{found:?}");
        }
    }

    /// Every ship has her antenna 40 to 115 m behind the middle and tells nothing of it: radars are registered as if they stood amidships, and each
    /// ship's place is found. Ships that do tell are believed, and none of this is learned of them.
    #[test]
    fn antennas_aft_move_no_radar() {
        let mut ships = SHIPS;
        for (k, (_, v, own)) in ships.iter_mut().enumerate() {
            let aft = (40.0 + 15.0 * k as f64) / v[0].hypot(v[1]);
            *own = [-aft * v[0], -aft * v[1]];
        }
        let errors = [[12.0, -0.003, 0.0], [-30.0, 0.006, 0.0]];
        let mut references = seen_of(errors, &ships, true);
        let found = references.solve(2);
        assert!((40.0..ASTERN_MOST_M).contains(&references.astern_m()), "{}", references.astern_m());
        for (found, errors) in found.iter().zip(errors) {
            let found = found.unwrap();
            assert!((found.x[0] - errors[0]).abs() < 5.0 && (found.x[1] - errors[1]).abs() < 1e-3, "{found:?}");
        }
        for k in 0..ships.len() {
            let aft = 40.0 + 15.0 * k as f64;
            let ahead = references.ahead_m(Mmsi(k as u32)).unwrap();
            assert!((ahead - aft).abs() < 10.0, "{ahead} for {aft}");
        }
        let mut amidships = seen_of(errors, &SHIPS, true);
        amidships.solve(2);
        assert!(amidships.astern_m() == 0.0 && amidships.ahead_m(Mmsi(0)).is_none());
    }

    /// What is told as uncertain covers the ships' own errors: with few ships of several metres each it stays above a metre however many
    /// plots there are.
    #[test]
    fn many_plots_of_few_ships_stay_uncertain() {
        let found = seen([[0.0; 3]; 2], &SHIPS[..3]).solve(2);
        let sigma = found[0].unwrap().p[0][0].sqrt();
        assert!((0.5 * SHIP_M..3.0 * SHIP_M).contains(&(sigma * 3f64.sqrt())), "{sigma}");
    }

    /// One ship leaves a radar as uncertain as the ship's own error, and a radar that sees none as it was.
    #[test]
    fn one_ship_is_a_poor_reference_and_none_is_no_reference() {
        let found = seen([[12.0, -0.003, 0.0]; 2], &SHIPS[..1]).solve(3);
        assert!(found[0].unwrap().p[0][0].sqrt() > 0.9 * SHIP_M);
        assert_eq!(found[2], None);
    }

    #[test]
    fn a_jump_moves_what_was_found() {
        let mut references = seen([[12.0, -0.003, 0.0], [-30.0, 0.006, 0.0]], &SHIPS);
        let before = references.solve(2);
        references.jumped(1, [0.0, 0.02]);
        let after = references.solve(2);
        let (b, a) = (before[1].unwrap(), after[1].unwrap());
        assert!((a.x[1] - b.x[1] - 0.02).abs() < 2e-3 && (a.x[0] - b.x[0]).abs() < 3.0, "{b:?} {a:?}");
        assert!(a.p[1][1] > 4.0 * b.p[1][1]);
        assert!((after[0].unwrap().x[1] + 0.003).abs() < 2e-4);
    }
}
