//! Whether a radar stands some tens of metres from where it is told to stand: read off a map, or fixed by a hand-held receiver.
//!
//! An error of range and one of azimuth cannot look like it from all sides, so that once ships have been seen all round it is told apart from them. Until
//! then the place is believed; once it is known to some metres that it is right, it is not asked for again.

use super::equations::Solution;
use super::references::{ODD, References, Ship};

/// How often it is asked, s.
const ASKED_S: f64 = 30.0;
/// Ships that must tell of a radar.
const FEWEST_SHIPS: usize = 5;
/// A radar stands elsewhere that is found so far from where it is told, m (nearer is less than its plots scatter) …
const LEAST_M: f64 = 15.0;
/// … and beyond doubt: χ² of two degrees, one in three million.
const SURE: f64 = 30.0;
/// It stands where it is told if it is found to, and that is known to so many metres.
const KNOWN_M: f64 = 5.0;
/// Rounds in which it shows which those are.
const ROUNDS: usize = 2;

/// What is known of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    asked: f64,
    // Radars that stand where they are told.
    settled: Vec<usize>,
}

impl References {
    /// Ships that a radar has seen, with or without those that do not tell where their antennas are.
    pub fn ships_of(&self, k: usize, unplaced: bool) -> usize {
        let counts = |s: &&Ship| (unplaced || !s.unplaced) && s.found.iter().any(|f| f.radar == k && f.n >= 2.0);
        self.ships.values().filter(counts).count()
    }

    /// A radar that stands elsewhere, and by how much its place is told too far east and north, m.
    pub fn misplaced(&mut self, radars: usize, now: f64) -> Option<(usize, [f64; 2])> {
        if self.places.settled.len() == radars || now < self.places.asked + ASKED_S {
            return None;
        }
        self.places.asked = now;
        let open: Vec<usize> = (0..radars)
            .filter(|k| !self.places.settled.contains(k) && self.ships_of(*k, self.hulls_known()) >= FEWEST_SHIPS)
            .collect();
        if open.is_empty() {
            return None;
        }
        // Antennas aft on ships that all go one way look like a radar that stands elsewhere, until it is known how ships are built.
        let speaks = |s: &Ship| self.hulls_known() || !s.unplaced;
        let mut solution = self.least_squares(radars, &open, speaks);
        for _ in 0..ROUNDS {
            let before = &solution;
            solution = self.least_squares(radars, &open, |s| speaks(s) && s.own_error2(before, self.law_m()) <= ODD);
        }
        let mut found: Option<(f64, usize, [f64; 2])> = None;
        for k in open {
            let (place, doubt, sigma_m) = place_of(&solution, k);
            if doubt > SURE && place[0].hypot(place[1]) > LEAST_M {
                if found.is_none_or(|f| f.0 < doubt) {
                    found = Some((doubt, k, place));
                }
            } else if sigma_m < KNOWN_M && place[0].hypot(place[1]) < LEAST_M {
                self.places.settled.push(k);
            }
        }
        let (_, k, place) = found?;
        self.moved(k, place);
        Some((k, place))
    }
}

// How far a radar's place is told wrong, what speaks against its being right (χ²), and how well it is known along its worse axis, m.
fn place_of(solution: &Solution, k: usize) -> ([f64; 2], f64, f64) {
    let d = [solution.of(k, 3), solution.of(k, 4)];
    let [a, b, c] = [solution.cov(k, 3, 3), solution.cov(k, 3, 4), solution.cov(k, 4, 4)];
    let det = a * c - b * b;
    let chi2 = (c * d[0] * d[0] - 2.0 * b * d[0] * d[1] + a * d[1] * d[1]) / det;
    let larger = 0.5 * (a + c) + (0.25 * (a - c) * (a - c) + b * b).sqrt();
    (d, chi2, larger.sqrt())
}
