//! Track splitting: a craft of few plots keeps several histories, each with its own choice among the plots that may be its.
//!
//! One normal distribution that stands for "it went left to this plot or right to that one" lies between both, with a velocity that is
//! neither's, and the next gate is as wide as the sea. Kept apart (integrated track splitting, Mušicki, La Scala & Evans 2007; jointly with other
//! tracks by the same discounts as everyone's), each history foretells its own next plot narrowly, and the wrong ones starve.

use super::craft::Craft;
use super::gate::Edge;
use super::radar::Waiting;
use super::settings::FuseSettings;
use crate::track::{Expected, Imm, MODES, Motion, Normal, Place, mahalanobis2, summed};

/// A history beside the leading one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Branch {
    /// Probability among the histories of the craft, if it exists.
    pub w: f64,
    pub imm: Imm,
    /// Probability that it goes no faster than boats do, as last taken into its weight.
    pub possible: f32,
}

/// Most histories a craft may keep: six and twelve reach the same on the scenes, three lose boats in a storm.
pub(crate) const MOST: usize = 6;
/// Histories that agree so well in place and in velocity are one: χ² of two degrees, 22 %.
const AGREE: f64 = 0.5;
/// A history less likely than this beside the best is let go.
const LEAST: f64 = 0.01;

/// A history of the next look: of which, and with which of the edges.
#[derive(Clone, Copy)]
struct Child {
    w: f64,
    of: usize,
    edge: Option<usize>,
}

/// Memory that is used again from craft to craft.
#[derive(Default)]
pub(super) struct Histories {
    children: Vec<Child>,
    // Each with its state over all modes, by which it is compared.
    kept: Vec<(Branch, Normal)>,
}

impl Histories {
    /// Takes a look's plots into a craft, a history each. `expected` holds what the edges tell their places in; `missed` is what the event "none of these" weighs; the edges have their discounts and
    /// their `falls`. A history that is true with less than probability `drop`, the craft's existence taken in, is let go as a craft would be.
    #[allow(clippy::too_many_arguments)]
    pub fn split(
        &mut self,
        craft: &mut Craft,
        expected: &[[Expected; MODES]],
        edges: &[Edge],
        falls: &[[f64; MODES]],
        waiting: &[Waiting],
        missed: f64,
        most: usize,
        drop: f64,
    ) {
        let Self { children, kept } = self;
        children.clear();
        kept.clear();
        for of in 0..=craft.others.len() {
            let (w, imm) = craft.history_of(of);
            children.push(Child { w: w * missed, of, edge: None });
            for (k, e) in edges.iter().enumerate() {
                let plot = &waiting[e.plot];
                let likelihood: f64 = densities(imm, &expected[e.at + of], &falls[e.falls + of]).iter().sum();
                if likelihood > 0.0 {
                    children.push(Child {
                        w: w * e.seen * likelihood * e.nu * plot.free / plot.clutter.density,
                        of,
                        edge: Some(k),
                    });
                }
            }
        }
        children.sort_by(|a, b| b.w.total_cmp(&a.w));
        let sum: f64 = children.iter().map(|c| c.w).sum();
        let best = children[0].w;
        let least = (best * LEAST).max(sum * drop / craft.existence.r.max(drop)).min(best);
        for c in children.iter().take_while(|c| c.w >= least) {
            let (_, imm) = craft.history_of(c.of);
            // Made where it may stay: it is large.
            let before = kept.len();
            kept.push((Branch { w: c.w, imm: *imm, possible: craft.possible_of(c.of) }, imm.mode[0]));
            let (earlier, new) = kept.split_at_mut(before);
            let [(new, state)] = new else { continue };
            if let Some(k) = c.edge {
                let z = edges[k].z;
                let expected = &expected[edges[k].at + c.of];
                let each = densities(imm, expected, &falls[edges[k].falls + c.of]);
                let sum: f64 = each.iter().sum();
                for m in 0..MODES {
                    let x = &expected[m];
                    new.imm.mode[m].correct(&x.gain, [z[0] - x.z[0], z[1] - x.z[1]], x.s);
                    new.imm.mu[m] = each[m] / sum;
                }
            }
            *state = new.imm.combined();
            match earlier.iter_mut().find(|(_, n)| agree(n, state)) {
                Some((b, n)) => {
                    join(b, new);
                    *n = b.imm.combined();
                    kept.truncate(before);
                }
                None => kept.truncate(most),
            }
        }
        craft.take_histories(kept, |(b, _)| b);
    }
}

// Each mode's probability times the density it gives a plot that lies so far down from its peak.
fn densities(imm: &Imm, expected: &[Expected; MODES], fall: &[f64; MODES]) -> [f64; MODES] {
    std::array::from_fn(|m| imm.mu[m] * expected[m].peak * fall[m])
}

fn agree(na: &Normal, nb: &Normal) -> bool {
    let d: [f64; 4] = std::array::from_fn(|i| nb.x[i] - na.x[i]);
    // The mean of both covariances: the histories are no independent measurements of two crafts.
    let mean = |p, q| summed(p, q).map(|v| 0.5 * v);
    mahalanobis2([d[0], d[1]], mean(na.pp, nb.pp)) < AGREE && mahalanobis2([d[2], d[3]], mean(na.vv, nb.vv)) < AGREE
}

// Makes one history of two, mode by mode.
fn join(a: &mut Branch, b: &Branch) {
    let w = a.w + b.w;
    let share = [a.w / w, b.w / w];
    for m in 0..MODES {
        let mu = share[0] * a.imm.mu[m] + share[1] * b.imm.mu[m];
        if mu > 0.0 {
            let parts = [share[0] * a.imm.mu[m] / mu, share[1] * b.imm.mu[m] / mu];
            a.imm.mode[m] = Normal::mixture(&parts, &[a.imm.mode[m], b.imm.mode[m]]);
        }
        a.imm.mu[m] = mu;
    }
    a.possible = (share[0] * f64::from(a.possible) + share[1] * f64::from(b.possible)) as f32;
    a.w = w;
}

impl Craft {
    fn history_of(&self, k: usize) -> (f64, &Imm) {
        match k.checked_sub(1) {
            None => (self.lead, &self.imm),
            Some(k) => (self.others[k].w, &self.others[k].imm),
        }
    }

    fn possible_of(&self, k: usize) -> f32 {
        k.checked_sub(1).map_or(self.possible, |k| self.others[k].possible)
    }

    // Takes at least one and at most [`MOST`] histories, which need be in no order. They are large: only their places are sorted.
    fn take_histories<T>(&mut self, kept: &[T], history: impl Fn(&T) -> &Branch) {
        let count = kept.len();
        let kept = |i: usize| history(&kept[i]);
        let mut order: [usize; MOST] = std::array::from_fn(|i| i);
        let order = &mut order[..count.min(MOST)];
        order.sort_by(|&a, &b| kept(b).w.total_cmp(&kept(a).w));
        let sum: f64 = order.iter().map(|&i| kept(i).w).sum();
        let Some((&first, rest)) = order.split_first() else { return };
        let first = kept(first);
        (self.lead, self.imm, self.possible) = (first.w / sum, first.imm, first.possible);
        self.others.clear();
        // Memory for two or for all: a vector grows to four and then to eight, and histories are what most of a crowd's memory is.
        self.others.reserve_exact(if rest.len() <= 2 { rest.len() } else { MOST - 1 });
        self.others.extend(rest.iter().map(|&i| Branch { w: kept(i).w / sum, ..*kept(i) }));
    }

    /// Whether a look's plots make several histories of it.
    pub fn forks(&self, settings: &FuseSettings) -> bool {
        settings.branches > 1
            && (!self.confirmed || {
                let [e, n] = self.imm.velocity();
                e.hypot(n) >= settings.branch_mps
            })
    }

    /// Every history with its probability, the leading one first.
    pub fn histories(&self) -> impl Iterator<Item = (f64, &Imm)> {
        std::iter::once((self.lead, &self.imm)).chain(self.others.iter().map(|b| (b.w, &b.imm)))
    }

    /// The state over all histories.
    pub fn mean(&self) -> Normal {
        let mut n = self.imm.combined();
        let mut w = self.lead;
        for b in &self.others {
            let sum = w + b.w;
            n = Normal::mixture(&[w / sum, b.w / sum], &[n, b.imm.combined()]);
            w = sum;
        }
        n
    }

    /// Place of [`mean`](Self::mean), to the bit, with its variances alone.
    pub fn mean_place(&self) -> Place {
        let mut n = self.imm.combined_place();
        let mut w = self.lead;
        for b in &self.others {
            let sum = w + b.w;
            n = Place::mixture(&[w / sum, b.w / sum], &[n, b.imm.combined_place()]);
            w = sum;
        }
        n
    }

    /// Lets each history take what has come and tell how likely that was of it. Where none thinks it likely at all, the leading one stays.
    pub fn weigh(&mut self, mut take: impl FnMut(&mut Imm) -> f64) {
        let lead = take(&mut self.imm);
        if self.others.is_empty() {
            return;
        }
        let mut all = vec![Branch { w: self.lead * lead, imm: self.imm, possible: self.possible }];
        for b in self.others.drain(..) {
            let mut imm = b.imm;
            all.push(Branch { w: b.w * take(&mut imm), imm, possible: b.possible });
        }
        let most = all.iter().map(|b| b.w).fold(0.0, f64::max);
        if most > 0.0 {
            all.retain(|b| b.w >= LEAST * most);
        } else {
            all.truncate(1);
            all[0].w = 1.0;
        }
        self.take_histories(&all, |b| b);
    }

    /// Forgets all histories but the leading one.
    pub fn alone(&mut self) {
        self.lead = 1.0;
        self.others.clear();
    }

    /// Moves every history by `dt` seconds.
    pub fn predict(&mut self, motion: &Motion, dt: f64) {
        let transition = motion.transition(dt);
        self.imm.predict_by(motion, dt, &transition);
        for b in &mut self.others {
            b.imm.predict_by(motion, dt, &transition);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::clutter::Clutter;
    use super::super::craft::tests::going;
    use super::*;
    use crate::track::{LEVELS, Step};
    use proptest::prelude::*;

    const ERROR: [f64; 3] = [200.0, 0.0, 200.0];
    const CLUTTER: f64 = 1e-6;

    fn plot(z: [f64; 2]) -> Waiting {
        let clutter = Clutter { density: CLUTTER, excess: 2.0 };
        let ratio = [1.0; LEVELS];
        Waiting {
            t: 0.0,
            z,
            excess: None,
            echo_m2: None,
            clutter,
            of_ship: 0.0,
            ratio,
            free: 1.0,
            taken: 1.0,
            fresh: 1.0,
            open: 1.0,
            doubtful: 0.0,
        }
    }

    fn expected(craft: &Craft) -> Vec<[Expected; MODES]> {
        craft.histories().map(|(_, imm)| std::array::from_fn(|m| imm.mode[m].expect(&Step::NONE, ERROR))).collect()
    }

    // A look `dt` later at plots that nobody else claims.
    fn look(craft: &mut Craft, dt: f64, plots: &[[f64; 2]], most: usize) {
        look_and_drop(craft, dt, plots, most, 0.0);
    }

    fn look_and_drop(craft: &mut Craft, dt: f64, plots: &[[f64; 2]], most: usize, drop: f64) {
        craft.predict(&Motion::default(), dt);
        let waiting: Vec<Waiting> = plots.iter().map(|&z| plot(z)).collect();
        let edges: Vec<Edge> = (0..plots.len())
            .map(|plot| Edge {
                due: 0,
                plot,
                z: plots[plot],
                at: 0,
                density: [0.0; MODES],
                mean: 0.0,
                falls: plot * craft.histories().count(),
                seen: 0.5,
                nu: 1.0,
                beta: 0.0,
            })
            .collect();
        let expected = expected(craft);
        let fall = |e: &Expected, z| (-0.5 * e.distance2(z)).exp();
        let falls: Vec<[f64; MODES]> =
            plots.iter().flat_map(|&z| expected.iter().map(move |e| std::array::from_fn(|m| fall(&e[m], z)))).collect();
        Histories::default().split(craft, &expected, &edges, &falls, &waiting, 0.5, most, drop);
        let sum: f64 = craft.histories().map(|(w, _)| w).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        assert!(craft.histories().count() <= most);
    }

    fn seen_once() -> Craft {
        Craft { imm: Imm::born(&Motion::default(), [0.0; 2], ERROR), ..going(0.0, 0.5) }
    }

    #[test]
    fn the_history_that_goes_on_wins() {
        // A boat that makes 20 m/s to the east, and beside it at each look a plot of the sea.
        let mut craft = seen_once();
        look(&mut craft, 2.5, &[[50.0, 0.0], [-20.0, 60.0]], MOST);
        assert!(craft.histories().count() >= 3, "neither of the two, nor that it was missed, is settled yet");
        look(&mut craft, 2.5, &[[100.0, 0.0], [40.0, -90.0]], MOST);
        look(&mut craft, 2.5, &[[150.0, 0.0]], MOST);
        let [e, n] = craft.imm.velocity();
        assert!((e - 20.0).abs() < 4.0 && n.abs() < 4.0, "{e} {n}");
        assert!(craft.lead > 0.9, "{}", craft.lead);
        // One history alone was drawn to the side by what was not its.
        let mut blurred = seen_once();
        for plots in [&[[50.0, 0.0], [-20.0, 60.0]][..], &[[100.0, 0.0], [40.0, -90.0]], &[[150.0, 0.0]]] {
            look(&mut blurred, 2.5, plots, 1);
        }
        assert!(craft.lead > 0.9 && craft.mean().vv[0] <= blurred.mean().vv[0] + 1e-9);
    }

    #[test]
    fn histories_that_agree_become_one() {
        let mut craft = seen_once();
        look(&mut craft, 2.5, &[[50.0, 0.0], [50.5, 0.3]], MOST);
        // With the one plot, with the other, missed: the first two say the same.
        assert_eq!(craft.histories().count(), 2);
    }

    #[test]
    fn a_doubtful_craft_keeps_no_doubtful_histories() {
        let plots = [[50.0, 0.0], [-20.0, 60.0], [0.0, -70.0], [90.0, 40.0]];
        let all = {
            let mut craft = seen_once();
            look(&mut craft, 2.5, &plots, MOST);
            craft.histories().map(|(w, _)| w).collect::<Vec<_>>()
        };
        assert!(all.len() >= 4, "{all:?}");
        let kept = |r: f64| {
            let mut craft = seen_once();
            craft.existence.r = r;
            look_and_drop(&mut craft, 2.5, &plots, MOST, 0.003);
            craft.histories().count()
        };
        let likely = |r: f64| all.iter().filter(|w| *w * r >= 0.003).count();
        for r in [0.9, 0.05, 0.02, 0.012, 0.001] {
            assert_eq!(kept(r), likely(r).max(1), "{r}: {all:?}");
        }
        assert!(likely(0.9) == all.len() && (2..all.len()).contains(&likely(0.02)), "the cases tell the bounds apart: {all:?}");
    }

    proptest! {
        /// Mean and covariance over all histories are those of probabilistic data association, which moment matching keeps: written out here
        /// from its textbook form (Bar-Shalom, Daum & Huang 2009), for one mode.
        #[test]
        fn together_they_are_probabilistic_data_association(
            // A third of a circle each, so far from each other and from where it is expected that none are taken for one.
            polar in proptest::collection::vec((0.0..0.35f64, 48.0..60.0f64), 2..4),
        ) {
            let plots: Vec<[f64; 2]> = (0u8..)
                .zip(&polar)
                .map(|(i, (turn, r))| {
                    let angle = (f64::from(i) + turn) * std::f64::consts::TAU / 3.0;
                    [r * angle.cos(), r * angle.sin()]
                })
                .collect();
            let start = Normal { x: [0.0, 0.0, 3.0, -1.0], pp: [500.0, 20.0, 400.0], pv: [60.0, 5.0, -4.0, 70.0], vv: [30.0, 2.0, 25.0] };
            let mut craft = Craft { imm: Imm { mu: Motion::default().prior, mode: [start; MODES] }, ..going(0.0, 0.5) };
            let x = start.expect(&Step::NONE, ERROR);
            let weight: Vec<f64> =
                plots.iter().map(|&z| 0.5 * x.peak * (-0.5 * x.distance2(z)).exp() / CLUTTER).collect();
            let total = 0.5 + weight.iter().sum::<f64>();
            let most = weight.iter().copied().fold(0.5, f64::max);
            prop_assume!(weight.iter().all(|&w| w > 1.1 * LEAST * most) && 0.5 > 1.1 * LEAST * most);
            look(&mut craft, 0.0, &plots, MOST);
            prop_assert_eq!(craft.histories().count(), plots.len() + 1);
            let beta: Vec<f64> = weight.iter().map(|w| w / total).collect();
            let hit: f64 = beta.iter().sum();
            let nu: [f64; 2] = std::array::from_fn(|a| plots.iter().zip(&beta).map(|(z, b)| b * (z[a] - x.z[a])).sum());
            let mut spread = [0.0; 3];
            for (z, b) in plots.iter().zip(&beta) {
                let d = [z[0] - x.z[0], z[1] - x.z[1]];
                for (s, v) in spread.iter_mut().zip([d[0] * d[0], d[0] * d[1], d[1] * d[1]]) {
                    *s += b * v;
                }
            }
            let mut theirs = start;
            theirs.correct(&x.gain, nu, [
                hit * x.s[0] - (spread[0] - nu[0] * nu[0]),
                hit * x.s[1] - (spread[1] - nu[0] * nu[1]),
                hit * x.s[2] - (spread[2] - nu[1] * nu[1]),
            ]);
            let ours = craft.mean();
            for (a, b) in ours.x.iter().zip(theirs.x) {
                prop_assert!((a - b).abs() < 1e-6 * (1.0 + b.abs()), "{a} {b}");
            }
            let all = |n: &Normal| [&n.pp[..], &n.pv, &n.vv].concat();
            for (a, b) in all(&ours).iter().zip(all(&theirs)) {
                prop_assert!((a - b).abs() < 1e-6 * (1.0 + b.abs()), "{a} {b}");
            }
        }
    }
}
