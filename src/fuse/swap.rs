//! Whether two tracks may have changed crafts.
//!
//! Two crafts that meet leave as two crafts; what may go wrong is which track follows which. When the plots after the meeting are given out,
//! the only evidence is where each track expected its craft and how fast. For two normal beliefs the probability to give them out the wrong way
//! round is the error of the best test between `(a, b)` and `(b, a)`: `Q(d)` with `d² = Δᵀ (Pₐ + P_b)⁻¹ Δ`, one half where nothing tells
//! them apart.

use super::craft::{Craft, upper_tail};

/// Over this time a swap is recent, s: what a rule looks back over.
const RECENT_S: f64 = 60.0;
/// Tracks less likely than this are no crafts to swap with.
const REAL: f64 = 0.5;
/// Below this a swap is not worth noting.
const LEAST: f64 = 1e-3;

/// What a craft has gone through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Swap {
    p: f32,
    t: f64,
}

impl Swap {
    /// Probability of a recent swap.
    pub fn p(&self, now: f64) -> f64 {
        if self.p == 0.0 {
            return 0.0;
        }
        f64::from(self.p) * (-(now - self.t).max(0.0) / RECENT_S).exp()
    }

    fn note(&mut self, p: f64, t: f64) {
        // Looks of one meeting are one decision and not many: the worst counts.
        if p > self.p(t) {
            *self = Self { p: p as f32, t };
        }
    }

    /// Its name was heard again where it is: it is the one it was.
    pub fn settled(&mut self) {
        self.p = 0.0;
    }
}

/// Notes for every pair of a cluster, given as indices, how likely both change over in this look.
pub(super) fn swaps(crafts: &mut [Craft], cluster: &[usize]) {
    for (n, &a) in cluster.iter().enumerate() {
        for &b in &cluster[n + 1..] {
            if crafts[a].existence.r < REAL || crafts[b].existence.r < REAL || !crafts[a].confirmed || !crafts[b].confirmed {
                continue;
            }
            let p = exchange(&crafts[a], &crafts[b]);
            if p > LEAST {
                let t = crafts[a].t.max(crafts[b].t);
                crafts[a].history.swap.note(p, t);
                crafts[b].history.swap.note(p, t);
            }
        }
    }
}

fn exchange(a: &Craft, b: &Craft) -> f64 {
    let (na, nb) = (a.imm.combined(), b.imm.combined());
    let dt = b.t - a.t;
    let d = [nb.x[0] - na.x[0] - na.x[2] * dt, nb.x[1] - na.x[1] - na.x[3] * dt];
    let v = [nb.x[2] - na.x[2], nb.x[3] - na.x[3]];
    // Place and velocity are taken as independent: their correlation would tell the two apart better yet, so this errs to caution.
    let d2 = distance2(d, na.pp, nb.pp) + distance2(v, na.vv, nb.vv);
    upper_tail(d2.sqrt())
}

fn distance2(d: [f64; 2], p: [f64; 3], q: [f64; 3]) -> f64 {
    let s = [p[0] + q[0], p[1] + q[1], p[2] + q[2]];
    let det = (s[0] * s[2] - s[1] * s[1]).max(1e-9);
    (s[2] * d[0] * d[0] - 2.0 * s[1] * d[0] * d[1] + s[0] * d[1] * d[1]) / det
}
