//! The normal distribution of one craft's place and velocity, and the linear steps made on it.
//!
//! State: east, north (m), velocity east, north (m/s) in the site's plane. The covariance is kept in its three 2×2 blocks so
//! that every step is a handful of products, and its symmetry cannot drift.

/// A linear step of place and velocity: `p' = p + A v`, `v' = B v`, with `A = [[a, −b], [b, a]]` and `B = [[c, −s], [s, c]]`, plus
/// isotropic process noise. Straight motion has `a = dt, b = 0, B = 1`; a coordinated turn rotates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    pub(super) a: f64,
    pub(super) b: f64,
    pub(super) c: f64,
    pub(super) s: f64,
    // Variances of place, place–velocity and velocity that the step adds, an axis.
    pub(super) q: [f64; 3],
}

impl Step {
    /// No time passes.
    pub const NONE: Self = Self { a: 0.0, b: 0.0, c: 1.0, s: 0.0, q: [0.0; 3] };

    /// Motion over `dt` seconds (negative: backwards) turning at `omega` rad/s (anticlockwise positive), with white acceleration
    /// of power spectral density `q` m²/s³. The noise is that of the straight model: over a few seconds the turn only rotates
    /// an isotropic matrix, which changes nothing to first order (Bar-Shalom, Li, Kirubarajan 2001, §6.3, §11.7).
    pub fn new(dt: f64, omega: f64, q: f64) -> Self {
        let n = dt.abs();
        let q = [q * n * n * n / 3.0, 0.5 * q * n * dt, q * n];
        let turn = omega * dt;
        if turn.abs() < 1e-6 {
            return Self { a: dt, b: 0.0, c: 1.0, s: 0.0, q };
        }
        let (s, c) = turn.sin_cos();
        Self { a: s / omega, b: (1.0 - c) / omega, c, s, q }
    }
}

/// A normal distribution over [east, north, velocity east, velocity north].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    /// Mean.
    pub x: [f64; 4],
    /// Covariance of place: east-east, east-north, north-north, m².
    pub pp: [f64; 3],
    /// Covariance of place (rows) and velocity (columns), m²/s.
    pub pv: [f64; 4],
    /// Covariance of velocity, (m/s)².
    pub vv: [f64; 3],
}

/// What a position sensor is expected to say: mean, covariance, gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Expected measurement, m.
    pub z: [f64; 2],
    /// Covariance of the innovation, m².
    pub s: [f64; 3],
    /// Inverse of `s`.
    pub inv: [f64; 3],
    /// Peak of the innovation's density, 1/m².
    pub peak: f64,
    /// Kalman gain, a row per state component.
    pub gain: [[f64; 2]; 4],
}

impl Expected {
    /// Memory to be filled.
    pub const NONE: Self = Self { z: [0.0; 2], s: [0.0; 3], inv: [0.0; 3], peak: 0.0, gain: [[0.0; 2]; 4] };

    /// Squared Mahalanobis distance of a measurement.
    #[inline]
    pub fn distance2(&self, z: [f64; 2]) -> f64 {
        let (e, n) = (z[0] - self.z[0], z[1] - self.z[1]);
        self.inv[0] * e * e + 2.0 * self.inv[1] * e * n + self.inv[2] * n * n
    }
}

/// Squared Mahalanobis distance of a difference of covariance `s`.
#[inline]
pub fn mahalanobis2(d: [f64; 2], s: [f64; 3]) -> f64 {
    let det = (s[0] * s[2] - s[1] * s[1]).max(1e-9);
    (s[2] * d[0] * d[0] - 2.0 * s[1] * d[0] * d[1] + s[0] * d[1] * d[1]) / det
}

// Rows of two times a symmetric matrix.
#[inline(always)]
fn times(rows: &[[f64; 2]; 4], s: [f64; 3]) -> [[f64; 2]; 4] {
    let row = |c: [f64; 2]| [c[0] * s[0] + c[1] * s[1], c[0] * s[1] + c[1] * s[2]];
    [row(rows[0]), row(rows[1]), row(rows[2]), row(rows[3])]
}

/// Covariance of the difference of two independent places or velocities.
#[inline]
pub fn summed(p: [f64; 3], q: [f64; 3]) -> [f64; 3] {
    [p[0] + q[0], p[1] + q[1], p[2] + q[2]]
}

/// A place and its variances along east and north: all that the trace of its covariance needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Mean, m.
    pub x: [f64; 2],
    /// Variances, m².
    pub variance: [f64; 2],
}

impl Place {
    /// The one with the mean and variances of a mixture, in the steps of [`Normal::mixture`].
    #[inline]
    pub fn mixture<const N: usize>(w: &[f64; N], parts: &[Self; N]) -> Self {
        let mut out = Self { x: [0.0; 2], variance: [0.0; 2] };
        for (w, p) in w.iter().zip(parts) {
            for i in 0..2 {
                out.x[i] += w * p.x[i];
            }
        }
        for (w, p) in w.iter().zip(parts) {
            for i in 0..2 {
                let d = p.x[i] - out.x[i];
                out.variance[i] = out.variance[i] + w * p.variance[i] + w * d * d;
            }
        }
        out
    }
}

impl Normal {
    /// At `place` with covariance `pp`, at rest within `sigma_v` m/s an axis.
    pub fn at(place: [f64; 2], pp: [f64; 3], sigma_v: f64) -> Self {
        let v = sigma_v * sigma_v;
        Self { x: [place[0], place[1], 0.0, 0.0], pp, pv: [0.0; 4], vv: [v, 0.0, v] }
    }

    /// Moves the distribution by a step.
    pub fn predict(&mut self, f: &Step) {
        let Step { a, b, c, s, q } = *f;
        let [e, n, ve, vn] = self.x;
        self.x = [e + a * ve - b * vn, n + b * ve + a * vn, c * ve - s * vn, s * ve + c * vn];
        let [p0, p1, p2, p3] = self.pv;
        let [ee, en, nn] = self.vv;
        // A·vv, then pv·Aᵀ and A·vv·Aᵀ.
        let m = [a * ee - b * en, a * en - b * nn, b * ee + a * en, b * en + a * nn];
        self.pp[0] += 2.0 * (p0 * a - p1 * b) + m[0] * a - m[1] * b + q[0];
        self.pp[1] += p0 * b + p1 * a + p2 * a - p3 * b + m[0] * b + m[1] * a;
        self.pp[2] += 2.0 * (p2 * b + p3 * a) + m[2] * b + m[3] * a + q[0];
        let u = [p0 + m[0], p1 + m[1], p2 + m[2], p3 + m[3]];
        self.pv = [u[0] * c - u[1] * s + q[1], u[0] * s + u[1] * c, u[2] * c - u[3] * s, u[2] * s + u[3] * c + q[1]];
        self.vv = [
            c * c * ee - 2.0 * c * s * en + s * s * nn + q[2],
            c * s * (ee - nn) + (c * c - s * s) * en,
            s * s * ee + 2.0 * c * s * en + c * c * nn + q[2],
        ];
    }

    /// What a sensor of position error `r` (m²) is expected to say of the place reached by the step `to` from this state. A step
    /// of no time is the usual measurement; a step backwards is a measurement that comes late. The process noise of a step
    /// back is taken as independent of the state: for the ≤ 2 s delays of shore radars it is a tenth of `r` or less.
    pub fn expect(&self, to: &Step, r: [f64; 3]) -> Expected {
        let Step { a, b, q, .. } = *to;
        let [e, n, ve, vn] = self.x;
        let z = [e + a * ve - b * vn, n + b * ve + a * vn];
        let [p0, p1, p2, p3] = self.pv;
        let [ee, en, nn] = self.vv;
        // Cross-covariance of state and measurement: P·[1 A]ᵀ.
        let t = [p0 * a - p1 * b, p0 * b + p1 * a, p2 * a - p3 * b, p2 * b + p3 * a];
        let w = [ee * a - en * b, ee * b + en * a, en * a - nn * b, en * b + nn * a];
        let cross = [
            [self.pp[0] + t[0], self.pp[1] + t[1]],
            [self.pp[1] + t[2], self.pp[2] + t[3]],
            [p0 + w[0], p2 + w[1]],
            [p1 + w[2], p3 + w[3]],
        ];
        // [1 A]·cross.
        let s = [
            cross[0][0] + a * cross[2][0] - b * cross[3][0] + q[0] + r[0],
            cross[0][1] + a * cross[2][1] - b * cross[3][1] + r[1],
            cross[1][1] + b * cross[2][1] + a * cross[3][1] + q[0] + r[2],
        ];
        let det = (s[0] * s[2] - s[1] * s[1]).max(1e-9);
        let inv = [s[2] / det, -s[1] / det, s[0] / det];
        let gain = times(&cross, inv);
        Expected { z, s, inv, peak: 1.0 / (std::f64::consts::TAU * det.sqrt()), gain }
    }

    /// [`expect`](Self::expect) by [`Step::NONE`].
    #[inline]
    pub fn expect_now(&self, r: [f64; 3]) -> Expected {
        let [p0, p1, p2, p3] = self.pv;
        let s = summed(self.pp, r);
        let det = (s[0] * s[2] - s[1] * s[1]).max(1e-9);
        let inv = [s[2] / det, -s[1] / det, s[0] / det];
        let cross = [[self.pp[0], self.pp[1]], [self.pp[1], self.pp[2]], [p0, p2], [p1, p3]];
        let gain = times(&cross, inv);
        Expected { z: [self.x[0], self.x[1]], s, inv, peak: 1.0 / (std::f64::consts::TAU * det.sqrt()), gain }
    }

    /// What a sensor of velocity error `r` ((m/s)²) is expected to say.
    pub fn expect_velocity(&self, r: [f64; 3]) -> Expected {
        let [p0, p1, p2, p3] = self.pv;
        let [ee, en, nn] = self.vv;
        let s = [ee + r[0], en + r[1], nn + r[2]];
        let det = (s[0] * s[2] - s[1] * s[1]).max(1e-12);
        let inv = [s[2] / det, -s[1] / det, s[0] / det];
        let cross = [[p0, p1], [p2, p3], [ee, en], [en, nn]];
        let gain = times(&cross, inv);
        Expected { z: [self.x[2], self.x[3]], s, inv, peak: 1.0 / (std::f64::consts::TAU * det.sqrt()), gain }
    }

    /// Takes the weighted innovation `nu` into the state; `m` is what the gain takes out of the covariance (the innovation's
    /// covariance for a certain measurement, less the spread of the candidates for an uncertain one).
    #[inline]
    pub fn correct(&mut self, gain: &[[f64; 2]; 4], nu: [f64; 2], m: [f64; 3]) {
        for (x, k) in self.x.iter_mut().zip(gain) {
            *x += k[0] * nu[0] + k[1] * nu[1];
        }
        let km = times(gain, m);
        let g = |i: usize, j: usize| km[i][0] * gain[j][0] + km[i][1] * gain[j][1];
        self.pp[0] -= g(0, 0);
        self.pp[1] -= g(0, 1);
        self.pp[2] -= g(1, 1);
        self.pv[0] -= g(0, 2);
        self.pv[1] -= g(0, 3);
        self.pv[2] -= g(1, 2);
        self.pv[3] -= g(1, 3);
        self.vv[0] -= g(2, 2);
        self.vv[1] -= g(2, 3);
        self.vv[2] -= g(3, 3);
    }

    /// The place with its variances alone.
    #[inline]
    pub fn marginal(&self) -> Place {
        Place { x: [self.x[0], self.x[1]], variance: [self.pp[0], self.pp[2]] }
    }

    /// The normal with the mean and covariance of a mixture.
    pub fn mixture<const N: usize>(w: &[f64; N], parts: &[Self; N]) -> Self {
        let mut out = Self { x: [0.0; 4], pp: [0.0; 3], pv: [0.0; 4], vv: [0.0; 3] };
        for (w, n) in w.iter().zip(parts) {
            for i in 0..4 {
                out.x[i] += w * n.x[i];
            }
        }
        for (w, n) in w.iter().zip(parts) {
            let d: [f64; 4] = std::array::from_fn(|i| n.x[i] - out.x[i]);
            let wd = d.map(|d| w * d);
            out.pp[0] = out.pp[0] + w * n.pp[0] + wd[0] * d[0];
            out.pp[1] = out.pp[1] + w * n.pp[1] + wd[0] * d[1];
            out.pp[2] = out.pp[2] + w * n.pp[2] + wd[1] * d[1];
            out.pv[0] = out.pv[0] + w * n.pv[0] + wd[0] * d[2];
            out.pv[1] = out.pv[1] + w * n.pv[1] + wd[0] * d[3];
            out.pv[2] = out.pv[2] + w * n.pv[2] + wd[1] * d[2];
            out.pv[3] = out.pv[3] + w * n.pv[3] + wd[1] * d[3];
            out.vv[0] = out.vv[0] + w * n.vv[0] + wd[2] * d[2];
            out.vv[1] = out.vv[1] + w * n.vv[1] + wd[2] * d[3];
            out.vv[2] = out.vv[2] + w * n.vv[2] + wd[3] * d[3];
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Matrix = [[f64; 4]; 4];

    fn full(n: &Normal) -> Matrix {
        let (p, c, v) = (n.pp, n.pv, n.vv);
        [[p[0], p[1], c[0], c[1]], [p[1], p[2], c[2], c[3]], [c[0], c[2], v[0], v[1]], [c[1], c[3], v[1], v[2]]]
    }

    fn product(a: &Matrix, b: &Matrix) -> Matrix {
        std::array::from_fn(|i| std::array::from_fn(|j| (0..4).map(|k| a[i][k] * b[k][j]).sum()))
    }

    fn transposed(a: &Matrix) -> Matrix {
        std::array::from_fn(|i| std::array::from_fn(|j| a[j][i]))
    }

    fn some() -> impl Strategy<Value = Normal> {
        proptest::collection::vec(-3.0..3.0f64, 20).prop_map(|v| {
            // L·Lᵀ of any L is a covariance.
            let l: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| v[4 * i + j] + if i == j { 4.0 } else { 0.0 }));
            let p = product(&l, &transposed(&l));
            Normal {
                x: [v[16] * 100.0, v[17] * 100.0, v[18] * 5.0, v[19] * 5.0],
                pp: [p[0][0], p[0][1], p[1][1]],
                pv: [p[0][2], p[0][3], p[1][2], p[1][3]],
                vv: [p[2][2], p[2][3], p[3][3]],
            }
        })
    }

    fn near(a: &Matrix, b: &Matrix) -> bool {
        a.iter().flatten().zip(b.iter().flatten()).all(|(x, y)| (x - y).abs() < 1e-7 * (1.0 + x.abs()))
    }

    proptest! {
        /// The block form against F P Fᵀ + Q written out, for straight and turning steps (Bar-Shalom et al. 2001, eq. 11.7.1-4).
        #[test]
        fn prediction_is_the_textbook_one(n in some(), dt in 0.01..5.0f64, w in -0.4..0.4f64, q in 0.0..30.0f64) {
            let (s, c) = (w * dt).sin_cos();
            let (a, b) = if w.abs() < 1e-6 { (dt, 0.0) } else { (s / w, (1.0 - c) / w) };
            let f = [[1.0, 0.0, a, -b], [0.0, 1.0, b, a], [0.0, 0.0, c, -s], [0.0, 0.0, s, c]];
            let mut expected = product(&product(&f, &full(&n)), &transposed(&f));
            for i in 0..2 {
                expected[i][i] += q * dt * dt * dt / 3.0;
                expected[i][i + 2] += q * dt * dt / 2.0;
                expected[i + 2][i] += q * dt * dt / 2.0;
                expected[i + 2][i + 2] += q * dt;
            }
            let mut m = n;
            m.predict(&Step::new(dt, w, q));
            prop_assert!(near(&full(&m), &expected));
            for i in 0..4 {
                let x: f64 = (0..4).map(|k| f[i][k] * n.x[k]).sum();
                prop_assert!((m.x[i] - x).abs() < 1e-7 * (1.0 + x.abs()));
            }
        }

        /// The correction against the information form P⁻¹ + HᵀR⁻¹H, by P⁺ · (P⁻¹ + HᵀR⁻¹H) = 1, with P⁻¹ applied as a solve.
        #[test]
        fn correction_is_that_of_the_information_filter(n in some(), r in 1.0..100.0f64, ze in -50.0..50.0f64, zn in -50.0..50.0f64) {
            let e = n.expect(&Step::NONE, [r, 0.0, r]);
            let mut m = n;
            m.correct(&e.gain, [ze - e.z[0], zn - e.z[1]], e.s);
            // P⁺(1 + HᵀR⁻¹H·P) = P, because P⁺ = (P⁻¹ + HᵀR⁻¹H)⁻¹.
            let p = full(&n);
            let mut right: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| if i < 2 { p[i][j] / r } else { 0.0 }));
            for i in 0..4 {
                right[i][i] += 1.0;
            }
            prop_assert!(near(&product(&full(&m), &right), &p));
            // And the mean: x⁺ = x + P⁺HᵀR⁻¹(z − Hx).
            let post = full(&m);
            for i in 0..4 {
                let x = n.x[i] + (post[i][0] * (ze - n.x[0]) + post[i][1] * (zn - n.x[1])) / r;
                prop_assert!((m.x[i] - x).abs() < 1e-6 * (1.0 + x.abs()));
            }
        }

        /// The trace alone is that of the whole mixture, to the bit.
        #[test]
        fn a_place_is_mixed_as_the_whole(a in some(), b in some(), w in 0.0..1.0f64) {
            let whole = Normal::mixture(&[w, 1.0 - w], &[a, b]);
            prop_assert_eq!(Place::mixture(&[w, 1.0 - w], &[a.marginal(), b.marginal()]), whole.marginal());
        }

        /// What is expected now is what is expected after no time, to the bit.
        #[test]
        fn now_is_a_step_of_no_time(n in some(), r in 1.0..100.0f64) {
            let r = [r, 0.3 * r, 2.0 * r];
            prop_assert_eq!(n.expect_now(r), n.expect(&Step::NONE, r));
        }

        /// A late measurement of a craft that moved straight without noise gives what it would have given in time.
        #[test]
        fn a_late_measurement_tells_the_same(n in some(), dt in 0.1..3.0f64, ze in -50.0..50.0f64, zn in -50.0..50.0f64) {
            let r = [30.0, 5.0, 60.0];
            let mut in_time = n;
            let e = in_time.expect(&Step::NONE, r);
            in_time.correct(&e.gain, [ze - e.z[0], zn - e.z[1]], e.s);
            in_time.predict(&Step::new(dt, 0.0, 0.0));
            let mut late = n;
            late.predict(&Step::new(dt, 0.0, 0.0));
            let e = late.expect(&Step::new(-dt, 0.0, 0.0), r);
            late.correct(&e.gain, [ze - e.z[0], zn - e.z[1]], e.s);
            prop_assert!(near(&full(&late), &full(&in_time)));
            for i in 0..4 {
                prop_assert!((late.x[i] - in_time.x[i]).abs() < 1e-6 * (1.0 + in_time.x[i].abs()));
            }
        }
    }
}
