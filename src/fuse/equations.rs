//! The least squares of all radars' errors over what ships told of them, the ships' own errors eliminated.

use super::references::{ALWAYS, CLOCK_KEPT_S, ERRORS, PRIOR, References, Ship};

/// How far a radar may stand from where it is told, m, one sigma: what is further is found before anything is learned.
const PLACE_M: f64 = 100.0;
/// Rounds of widening and narrowing the clocks' law: it moves by less than a millisecond from the eighth on.
const CLOCK_ROUNDS: usize = 10;
/// The same where a radar's place is asked for, which hardly shows in its clock.
const PLACE_ROUNDS: usize = 3;

/// Errors of all radars, so many of each, and their covariance.
pub(super) struct Solution {
    pub errors: usize,
    pub x: Vec<f64>,
    pub p: Vec<f64>,
}

impl Solution {
    /// Error `i` of radar `k`.
    pub fn of(&self, k: usize, i: usize) -> f64 {
        if i < self.errors { self.x.get(self.errors * k + i).copied().unwrap_or(0.0) } else { 0.0 }
    }

    /// Covariance of errors `i` and `j` of radar `k`.
    pub fn cov(&self, k: usize, i: usize, j: usize) -> f64 {
        let at = self.errors * k;
        self.p[(at + i) * self.x.len() + at + j]
    }
}

impl References {
    /// The errors by all ships that `speaks` of. Of radars that `may_stand_elsewhere` the place is asked for as well; with none of them it is [`ALWAYS`] errors a radar.
    pub(super) fn least_squares(
        &self,
        radars: usize,
        may_stand_elsewhere: &[usize],
        speaks: impl Fn(&Ship) -> bool,
    ) -> Solution {
        let errors = if may_stand_elsewhere.is_empty() { ALWAYS } else { ERRORS };
        let n = errors * radars;
        let (mut a, mut q) = (vec![0.0; n * n], vec![0.0; n]);
        for ship in self.ships.values().filter(|s| speaks(s)) {
            let (m, gy) = ship.own(self.law_m());
            for f in ship.found.iter().filter(|f| f.radar < radars) {
                let at = errors * f.radar;
                let hm: [[f64; 2]; ERRORS] =
                    std::array::from_fn(|i| std::array::from_fn(|j| f.hg[i][0] * m[0][j] + f.hg[i][1] * m[1][j]));
                for i in 0..errors {
                    q[at + i] += f.hy[i] - hm[i][0] * gy[0] - hm[i][1] * gy[1];
                    for j in 0..errors {
                        a[(at + i) * n + at + j] += f.hh[i][j];
                    }
                    for g in ship.found.iter().filter(|g| g.radar < radars) {
                        for j in 0..errors {
                            a[(at + i) * n + errors * g.radar + j] -= hm[i][0] * g.hg[j][0] + hm[i][1] * g.hg[j][1];
                        }
                    }
                }
            }
        }
        for k in 0..radars {
            let place_m = if may_stand_elsewhere.contains(&k) { PLACE_M } else { 1e-3 };
            for (i, sigma) in [PRIOR[0], PRIOR[1], f64::INFINITY, place_m, place_m].into_iter().take(errors).enumerate() {
                a[(errors * k + i) * n + errors * k + i] += 1.0 / (sigma * sigma);
            }
        }
        for (k, known) in self.known.range(..radars) {
            for i in 0..2 {
                q[errors * k + i] += known[i] / (PRIOR[i] * PRIOR[i]);
            }
        }
        // The clocks' law is not normal: normal ones of changing width lead to its mode, from the widest on.
        let mut width2 = vec![PRIOR[2] * PRIOR[2]; radars];
        let mut x = vec![0.0; n];
        let mut p = Vec::new();
        for round in 0..if errors == ALWAYS { CLOCK_ROUNDS } else { PLACE_ROUNDS } {
            let mut c = a.clone();
            for k in 0..radars {
                c[(errors * k + 2) * n + errors * k + 2] += 1.0 / width2[k];
            }
            if !factor(&mut c, n) {
                break;
            }
            x.copy_from_slice(&q);
            solve_factored(&c, n, &mut x);
            if round == 0 {
                // How sure the ships alone make it, which is what the rest of the fusion must reckon with.
                p = inverse(&c, n);
            }
            for k in 0..radars {
                width2[k] = 0.5 * (CLOCK_KEPT_S * CLOCK_KEPT_S + x[errors * k + 2] * x[errors * k + 2]);
            }
        }
        if p.is_empty() {
            p = vec![0.0; n * n];
        }
        Solution { errors, x, p }
    }
}

/// The solution of `N` equations whose matrix is symmetric and positive; none where it is not.
pub(super) fn solved<const N: usize>(mut a: [[f64; N]; N], mut b: [f64; N]) -> Option<[f64; N]> {
    let a = a.as_flattened_mut();
    factor(a, N).then(|| solve_factored(a, N, &mut b))?;
    Some(b)
}

/// The inverse of such a matrix, times `by`: the covariance of least squares whose normal equations it has.
pub(super) fn inverted<const N: usize>(a: [[f64; N]; N], by: f64) -> Option<[[f64; N]; N]> {
    let mut rows = [[0.0; N]; N];
    for (i, row) in rows.iter_mut().enumerate() {
        row[i] = by;
        *row = solved(a, *row)?;
    }
    Some(rows)
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Cholesky: the lower triangle in place; `false` where the matrix is not positive.
fn factor(a: &mut [f64], n: usize) -> bool {
    for j in 0..n {
        let d = a[j * n + j] - (0..j).map(|k| a[j * n + k] * a[j * n + k]).sum::<f64>();
        if !(d > 0.0 && d.is_finite()) {
            return false;
        }
        let d = d.sqrt();
        a[j * n + j] = d;
        for i in j + 1..n {
            let s = a[i * n + j] - (0..j).map(|k| a[i * n + k] * a[j * n + k]).sum::<f64>();
            a[i * n + j] = s / d;
        }
    }
    true
}

fn solve_factored(l: &[f64], n: usize, b: &mut [f64]) {
    for i in 0..n {
        b[i] = (b[i] - (0..i).map(|k| l[i * n + k] * b[k]).sum::<f64>()) / l[i * n + i];
    }
    for i in (0..n).rev() {
        b[i] = (b[i] - (i + 1..n).map(|k| l[k * n + i] * b[k]).sum::<f64>()) / l[i * n + i];
    }
}

fn inverse(l: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    for i in 0..n {
        let column = &mut out[i * n..(i + 1) * n];
        column[i] = 1.0;
        solve_factored(l, n, column);
    }
    out
}
