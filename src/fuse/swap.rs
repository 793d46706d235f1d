//! Whether two tracks may have changed crafts.
//!
//! Two crafts that meet leave as two crafts; what may go wrong is which track follows which. When the plots after the meeting are given out,
//! the only evidence is where each track expected its craft and how fast. For two normal beliefs the probability to give them out the wrong way
//! round is the error of the best test between `(a, b)` and `(b, a)`: `Q(d)` with `d² = Δᵀ (Pₐ + P_b)⁻¹ Δ`, one half where nothing tells
//! them apart.

use super::craft::{Craft, upper_tail};
use super::near::{Member, Pairs};
use crate::track::{mahalanobis2, summed};

/// Over this time a swap is recent, s: what a rule looks back over.
const RECENT_S: f64 = 60.0;
/// Tracks less likely than this are no crafts to swap with.
const REAL: f64 = 0.5;
/// Below this a swap is not worth noting.
const LEAST: f64 = 1e-3;
/// Beyond this d², Q(d) is below [`LEAST`] (Q(3.162) = 8e-4).
const FAR2: f64 = 10.0;

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
pub(super) fn swaps(crafts: &mut [Box<Craft>], cluster: &[usize], pairs: &mut Pairs) {
    pairs.members.clear();
    let (mut first, mut last, mut fastest, mut widest) = (f64::MAX, f64::MIN, 0.0f64, 0.0f64);
    for (member, &i) in cluster.iter().enumerate() {
        let c = &crafts[i];
        if c.existence.r >= REAL && c.confirmed {
            pairs.members.push(Member { member, at: c.imm.place() });
            (first, last, fastest) =
                (first.min(c.t), last.max(c.t), c.imm.velocity().iter().fold(fastest, |f, v| f.max(v.abs())));
            widest = widest.max(c.sigma_m);
        }
    }
    if pairs.members.len() < 2 {
        return;
    }
    // d² is at least the squared distance over the trace of the summed covariances.
    let reach = (FAR2 * 2.0).sqrt() * widest + fastest * (last - first);
    let near = |a: usize, b: usize| {
        let (a, b) = (&crafts[cluster[a]], &crafts[cluster[b]]);
        apart2(a, b) <= FAR2 * (a.sigma_m.powi(2) + b.sigma_m.powi(2))
    };
    for &(a, b) in pairs.within(reach, near) {
        let (a, b) = (cluster[a], cluster[b]);
        let p = exchange(&crafts[a], &crafts[b]);
        if p > LEAST {
            let t = crafts[a].t.max(crafts[b].t);
            crafts[a].history.swap.note(p, t);
            crafts[b].history.swap.note(p, t);
        }
    }
}

// Squared distance of two places, brought to one time, m².
fn apart2(a: &Craft, b: &Craft) -> f64 {
    let (pa, va, pb) = (a.imm.place(), a.imm.velocity(), b.imm.place());
    let dt = b.t - a.t;
    (pb[0] - pa[0] - va[0] * dt).powi(2) + (pb[1] - pa[1] - va[1] * dt).powi(2)
}

fn exchange(a: &Craft, b: &Craft) -> f64 {
    let (na, nb) = (a.imm.combined(), b.imm.combined());
    let dt = b.t - a.t;
    let d = [nb.x[0] - na.x[0] - na.x[2] * dt, nb.x[1] - na.x[1] - na.x[3] * dt];
    let v = [nb.x[2] - na.x[2], nb.x[3] - na.x[3]];
    // Place and velocity are taken as independent: their correlation would tell the two apart better yet, so this errs to caution.
    let d2 = mahalanobis2(d, summed(na.pp, nb.pp)) + mahalanobis2(v, summed(na.vv, nb.vv));
    upper_tail(d2.sqrt())
}
