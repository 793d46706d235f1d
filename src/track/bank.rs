//! The modes of a bank side by side: number by number, a lane each.
//!
//! Mixing and moving four modes is most of a prediction. Written so that the same number of every mode stands together, each operation is made on
//! lanes that the compiler puts into vector registers; each lane is the same operations in the same order as [`Normal::mixture`] and
//! [`Normal::predict`], and so the same to the bit.

use super::exponential;
use super::imm::MODES;
use super::normal::{Normal, Step};

type Lanes = [f64; MODES];

/// Normal distributions, a lane each.
pub(super) struct Bank {
    x: [Lanes; 4],
    pp: [Lanes; 3],
    pv: [Lanes; 4],
    vv: [Lanes; 3],
}

/// A lane a mode: the number of lanes is told once.
#[inline(always)]
fn lanes(of: impl Fn(usize) -> f64) -> Lanes {
    exponential::lanes(of)
}

impl Bank {
    /// For each mode `j` the normal with the mean and covariance of the mixture of `parts` with the weights `w[j]`.
    #[inline(never)] // Among other work the compiler takes the lanes apart again.
    pub fn mixed(w: &[[f64; MODES]; MODES], parts: &[Normal; MODES]) -> Self {
        let mut out = Self { x: [[0.0; MODES]; 4], pp: [[0.0; MODES]; 3], pv: [[0.0; MODES]; 4], vv: [[0.0; MODES]; 3] };
        let w: [Lanes; MODES] = std::array::from_fn(|i| lanes(|j| w[j][i]));
        for (w, n) in w.iter().zip(parts) {
            for (x, nx) in out.x.iter_mut().zip(n.x) {
                *x = lanes(|j| x[j] + w[j] * nx);
            }
        }
        for (w, n) in w.iter().zip(parts) {
            let d: [Lanes; 4] = std::array::from_fn(|c| lanes(|j| n.x[c] - out.x[c][j]));
            let wd: [Lanes; 4] = std::array::from_fn(|c| lanes(|j| w[j] * d[c][j]));
            let add = |sum: &mut Lanes, p: f64, a: usize, b: usize| *sum = lanes(|j| sum[j] + w[j] * p + wd[a][j] * d[b][j]);
            add(&mut out.pp[0], n.pp[0], 0, 0);
            add(&mut out.pp[1], n.pp[1], 0, 1);
            add(&mut out.pp[2], n.pp[2], 1, 1);
            add(&mut out.pv[0], n.pv[0], 0, 2);
            add(&mut out.pv[1], n.pv[1], 0, 3);
            add(&mut out.pv[2], n.pv[2], 1, 2);
            add(&mut out.pv[3], n.pv[3], 1, 3);
            add(&mut out.vv[0], n.vv[0], 2, 2);
            add(&mut out.vv[1], n.vv[1], 2, 3);
            add(&mut out.vv[2], n.vv[2], 3, 3);
        }
        out
    }

    /// Mean of a mode.
    pub fn mean(&self, j: usize) -> [f64; 4] {
        self.x.map(|x| x[j])
    }

    /// Moves each mode by its step.
    #[inline(never)]
    pub fn predict(&mut self, f: &[Step; MODES]) {
        let (a, b, c, s) = (lanes(|j| f[j].a), lanes(|j| f[j].b), lanes(|j| f[j].c), lanes(|j| f[j].s));
        let q: [Lanes; 3] = std::array::from_fn(|i| lanes(|j| f[j].q[i]));
        let [e, n, ve, vn] = self.x;
        self.x = [
            lanes(|j| e[j] + a[j] * ve[j] - b[j] * vn[j]),
            lanes(|j| n[j] + b[j] * ve[j] + a[j] * vn[j]),
            lanes(|j| c[j] * ve[j] - s[j] * vn[j]),
            lanes(|j| s[j] * ve[j] + c[j] * vn[j]),
        ];
        let [p0, p1, p2, p3] = self.pv;
        let [ee, en, nn] = self.vv;
        let m0 = lanes(|j| a[j] * ee[j] - b[j] * en[j]);
        let m1 = lanes(|j| a[j] * en[j] - b[j] * nn[j]);
        let m2 = lanes(|j| b[j] * ee[j] + a[j] * en[j]);
        let m3 = lanes(|j| b[j] * en[j] + a[j] * nn[j]);
        let [pp0, pp1, pp2] = self.pp;
        self.pp = [
            lanes(|j| pp0[j] + (2.0 * (p0[j] * a[j] - p1[j] * b[j]) + m0[j] * a[j] - m1[j] * b[j] + q[0][j])),
            lanes(|j| pp1[j] + (p0[j] * b[j] + p1[j] * a[j] + p2[j] * a[j] - p3[j] * b[j] + m0[j] * b[j] + m1[j] * a[j])),
            lanes(|j| pp2[j] + (2.0 * (p2[j] * b[j] + p3[j] * a[j]) + m2[j] * b[j] + m3[j] * a[j] + q[0][j])),
        ];
        let (u0, u1) = (lanes(|j| p0[j] + m0[j]), lanes(|j| p1[j] + m1[j]));
        let (u2, u3) = (lanes(|j| p2[j] + m2[j]), lanes(|j| p3[j] + m3[j]));
        self.pv = [
            lanes(|j| u0[j] * c[j] - u1[j] * s[j] + q[1][j]),
            lanes(|j| u0[j] * s[j] + u1[j] * c[j]),
            lanes(|j| u2[j] * c[j] - u3[j] * s[j]),
            lanes(|j| u2[j] * s[j] + u3[j] * c[j] + q[1][j]),
        ];
        self.vv = [
            lanes(|j| c[j] * c[j] * ee[j] - 2.0 * c[j] * s[j] * en[j] + s[j] * s[j] * nn[j] + q[2][j]),
            lanes(|j| c[j] * s[j] * (ee[j] - nn[j]) + (c[j] * c[j] - s[j] * s[j]) * en[j]),
            lanes(|j| s[j] * s[j] * ee[j] + 2.0 * c[j] * s[j] * en[j] + c[j] * c[j] * nn[j] + q[2][j]),
        ];
    }

    /// Writes the lanes back, a distribution each.
    pub fn write(&self, to: &mut [Normal; MODES]) {
        for (j, n) in to.iter_mut().enumerate() {
            *n = Normal {
                x: self.x.map(|v| v[j]),
                pp: self.pp.map(|v| v[j]),
                pv: self.pv.map(|v| v[j]),
                vv: self.vv.map(|v| v[j]),
            };
        }
    }
}
