//! Which plot belongs to which track, jointly: a plot is of one craft at most, and a craft gives one plot at most a look.
//!
//! The answer is kept in the form of one number an edge, `nu`: the factor by which the rest of the cluster discounts the claim of a
//! track on a plot. The track's own update then is that of a lone track with its likelihoods multiplied by `nu`, which is exact
//! on trees and lets the per-mode and per-level weights stay inside the track.

/// A claim of a track on a plot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    /// Index of the track in its cluster.
    pub track: usize,
    /// Index of the plot in its cluster.
    pub plot: usize,
    /// Odds of "this plot is of this track" against "the track gave no plot", with the plot as clutter otherwise.
    pub odds: f64,
}

/// Largest clusters that are enumerated exactly; above, belief propagation. 2⁶ subsets times twelve plots are a few µs.
const EXACT_TRACKS: usize = 6;
const EXACT_PLOTS: usize = 12;

/// Sweeps of belief propagation. Its contraction is geometric (Williams & Lau 2014); thirty leave < 1e-3 in the densest clusters met.
const SWEEPS: usize = 30;

/// Memory that is used again from cluster to cluster.
#[derive(Default)]
pub(crate) struct Scratch {
    forward: Vec<f64>,
    backward: Vec<f64>,
    weight: Vec<f64>,
    by_track: Vec<f64>,
    by_plot: Vec<f64>,
    mu: Vec<f64>,
}

impl Scratch {
    /// Fills `nu`, an entry a claim, for one cluster.
    pub fn solve(&mut self, tracks: usize, plots: usize, claims: &[Claim], nu: &mut Vec<f64>) {
        nu.clear();
        nu.resize(claims.len(), 1.0);
        if tracks <= 1 {
            return;
        }
        if tracks <= EXACT_TRACKS && plots <= EXACT_PLOTS {
            self.exact(tracks, plots, claims, nu);
        } else {
            self.propagate(plots, claims, nu);
        }
    }

    /// Sums over every joint event with a table over subsets of tracks that already have their plot.
    pub fn exact(&mut self, tracks: usize, plots: usize, claims: &[Claim], nu: &mut [f64]) {
        let subsets = 1usize << tracks;
        self.weight.clear();
        self.weight.resize(tracks * plots, 0.0);
        for c in claims {
            self.weight[c.plot * tracks + c.track] = c.odds;
        }
        // forward[j][S]: sum over the ways in which the first j plots are of exactly the tracks S; backward: over the ways
        // in which the plots from j on are of any tracks outside S.
        self.forward.clear();
        self.forward.resize((plots + 1) * subsets, 0.0);
        self.backward.clear();
        self.backward.resize((plots + 1) * subsets, 1.0);
        self.forward[0] = 1.0;
        for j in 0..plots {
            for s in 0..subsets {
                let f = self.forward[j * subsets + s];
                if f == 0.0 {
                    continue;
                }
                self.forward[(j + 1) * subsets + s] += f;
                for i in 0..tracks {
                    let w = self.weight[j * tracks + i];
                    if w > 0.0 && s & (1 << i) == 0 {
                        self.forward[(j + 1) * subsets + (s | 1 << i)] += f * w;
                    }
                }
            }
        }
        for j in (0..plots).rev() {
            for s in 0..subsets {
                let mut b = self.backward[(j + 1) * subsets + s];
                for i in 0..tracks {
                    let w = self.weight[j * tracks + i];
                    if w > 0.0 && s & (1 << i) == 0 {
                        b += w * self.backward[(j + 1) * subsets + (s | 1 << i)];
                    }
                }
                self.backward[j * subsets + s] = b;
            }
        }
        // Sum of all events in which track i stays without a plot, and of those in which it has plot j.
        self.by_track.clear();
        self.by_track.resize(tracks, 0.0);
        for s in 0..subsets {
            let f = self.forward[plots * subsets + s];
            for i in 0..tracks {
                if s & (1 << i) == 0 {
                    self.by_track[i] += f;
                }
            }
        }
        for (c, nu) in claims.iter().zip(nu.iter_mut()) {
            let mut with = 0.0;
            for s in 0..subsets {
                if s & (1 << c.track) == 0 {
                    with += self.forward[c.plot * subsets + s] * self.backward[(c.plot + 1) * subsets + (s | 1 << c.track)];
                }
            }
            *nu = with / self.by_track[c.track].max(1e-300);
        }
    }

    /// Loopy belief propagation with a fixed number of sweeps. The claims of a track stand together.
    pub fn propagate(&mut self, plots: usize, claims: &[Claim], nu: &mut [f64]) {
        self.mu.clear();
        self.mu.resize(claims.len(), 0.0);
        for _ in 0..SWEEPS {
            self.by_plot.clear();
            self.by_plot.resize(plots, 1.0);
            // The claims of a track stand together.
            let mut from = 0;
            for of_track in claims.chunk_by(|a, b| a.track == b.track) {
                let here = from..from + of_track.len();
                from = here.end;
                let (nu, mu) = (&nu[here.clone()], &mut self.mu[here]);
                let by_track = of_track.iter().zip(nu).fold(1.0, |sum, (c, nu)| sum + c.odds * nu);
                for ((c, nu), mu) in of_track.iter().zip(nu).zip(mu) {
                    *mu = c.odds / (by_track - c.odds * nu).max(1e-12);
                    self.by_plot[c.plot] += *mu;
                }
            }
            let mut change = 0.0f64;
            for ((c, mu), nu) in claims.iter().zip(&self.mu).zip(nu.iter_mut()) {
                let others = self.by_plot[c.plot] - mu;
                let new = 1.0 / others.max(1.0);
                change = change.max((new - *nu).abs());
                *nu = new;
            }
            if change < 1e-6 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Marginals by listing every joint event: the definition.
    fn brute(tracks: usize, plots: usize, claims: &[Claim]) -> Vec<f64> {
        #[allow(clippy::too_many_arguments)]
        fn go(
            j: usize,
            plots: usize,
            used: u32,
            w: f64,
            taken: &mut Vec<usize>,
            claims: &[Claim],
            sum: &mut f64,
            each: &mut [f64],
        ) {
            if j == plots {
                *sum += w;
                for &e in taken.iter() {
                    each[e] += w;
                }
                return;
            }
            go(j + 1, plots, used, w, taken, claims, sum, each);
            for (e, c) in claims.iter().enumerate() {
                if c.plot == j && used & (1 << c.track) == 0 {
                    taken.push(e);
                    go(j + 1, plots, used | 1 << c.track, w * c.odds, taken, claims, sum, each);
                    taken.pop();
                }
            }
        }
        let (mut sum, mut each) = (0.0, vec![0.0; claims.len()]);
        let _ = tracks;
        go(0, plots, 0, 1.0, &mut Vec::new(), claims, &mut sum, &mut each);
        each.iter().map(|v| v / sum).collect()
    }

    /// Marginals from the discounts, as a track computes them.
    fn marginals(tracks: usize, claims: &[Claim], nu: &[f64]) -> Vec<f64> {
        let mut total = vec![1.0; tracks];
        for (c, n) in claims.iter().zip(nu) {
            total[c.track] += c.odds * n;
        }
        claims.iter().zip(nu).map(|(c, n)| c.odds * n / total[c.track]).collect()
    }

    fn clusters() -> impl Strategy<Value = (usize, usize, Vec<Claim>)> {
        (1usize..5, 1usize..5).prop_flat_map(|(t, p)| {
            proptest::collection::vec(prop_oneof![Just(0.0), 1e-3..1e3f64], t * p).prop_map(move |odds| {
                let claims =
                    (0..t * p).filter(|&k| odds[k] > 0.0).map(|k| Claim { track: k / p, plot: k % p, odds: odds[k] }).collect();
                (t, p, claims)
            })
        })
    }

    proptest! {
        #[test]
        fn exact_marginals_are_those_of_every_joint_event((t, p, claims) in clusters()) {
            let mut nu = vec![1.0; claims.len()];
            Scratch::default().exact(t, p, &claims, &mut nu);
            for (a, b) in marginals(t, &claims, &nu).iter().zip(brute(t, p, &claims)) {
                prop_assert!((a - b).abs() < 1e-9, "{a} {b}");
            }
        }

        #[test]
        fn propagation_is_exact_on_chains(odds in proptest::collection::vec(1e-3..1e3f64, 8)) {
            // Track k claims plots k − 1 and k: no loop, where belief propagation is a theorem and not a heuristic.
            let claims: Vec<Claim> =
                (0..8usize).map(|k| Claim { track: k.div_ceil(2), plot: k / 2, odds: odds[k] }).collect();
            let mut nu = vec![1.0; claims.len()];
            Scratch::default().propagate(4, &claims, &mut nu);
            for (a, b) in marginals(5, &claims, &nu).iter().zip(brute(5, 4, &claims)) {
                prop_assert!((a - b).abs() < 1e-6, "{a} {b}");
            }
        }

        #[test]
        fn propagation_never_gives_a_plot_away_twice_over((t, p, claims) in clusters()) {
            let mut nu = vec![1.0; claims.len()];
            Scratch::default().propagate(p, &claims, &mut nu);
            let share = marginals(t, &claims, &nu);
            for plot in 0..p {
                let sum: f64 = claims.iter().zip(&share).filter(|(c, _)| c.plot == plot).map(|(_, s)| s).sum();
                prop_assert!(sum < 1.1, "{sum}");
            }
        }
    }
}
