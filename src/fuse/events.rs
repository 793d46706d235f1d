//! The joint events of a small cluster, one by one: what sums over subsets cannot say.
//!
//! A radar shows two crafts within one of its cells as one plot. An event may therefore give a plot to two tracks at once (Koch & van Keuk 1997). And
//! of two confirmed tracks that may have changed places, only the likelier way round is kept (JPDA*, Blom & Bloem 2000): averaged over both ways, the
//! two tracks run into one and never part again.

use super::associate::Claim;

/// Two tracks' claim on one plot: that it shows both.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Both {
    /// Indices of the tracks in their cluster, the smaller first.
    pub tracks: [usize; 2],
    /// Index of the plot in its cluster.
    pub plot: usize,
    /// Odds against "neither gave a plot".
    pub odds: f64,
}

/// Two tracks that a radar may not tell apart: by what factor it changes the odds that each has a plot of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolved {
    pub tracks: [usize; 2],
    pub factor: f64,
}

/// A small cluster.
pub(crate) struct Cluster<'a> {
    pub plots: usize,
    pub claims: &'a [Claim],
    pub both: &'a [Both],
    pub resolved: &'a [Resolved],
    /// Of each track, whether it is kept apart from others of which that holds.
    pub apart: &'a [bool],
}

/// Most tracks and plots: an event is packed into 64 bits.
pub(super) const MOST_TRACKS: usize = 6;
pub(super) const MOST_PLOTS: usize = 12;
/// Most events; beyond, sums over subsets are quicker. 2 000 take some 50 µs.
const MOST_EVENTS: usize = 2000;

/// What a track has in an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Has {
    Open,
    None,
    Own(u8),
    Shared(u8),
}

/// Events of a cluster; memory that is used again.
#[derive(Default)]
pub(crate) struct Events {
    // Key by which alike events compete, weight, what each track has.
    all: Vec<(u64, f64, [Has; MOST_TRACKS])>,
}

impl Events {
    /// Fills `nu`, an entry a claim, and `share`, an entry a claim of two: the odds of that event against the one in which the first, or the second, of the two
    /// has nothing. Tells whether the cluster was small enough; if not, nothing is filled.
    pub fn solve(&mut self, c: &Cluster<'_>, nu: &mut Vec<f64>, share: &mut Vec<[f64; 2]>) -> bool {
        let tracks = c.apart.len();
        if tracks > MOST_TRACKS || c.plots > MOST_PLOTS {
            return false;
        }
        let mut choices = [1usize; MOST_TRACKS];
        for claim in c.claims {
            choices[claim.track] += 1;
        }
        for b in c.both {
            choices[b.tracks[0]] += 1;
        }
        if choices.iter().product::<usize>() > MOST_EVENTS {
            return false;
        }
        self.all.clear();
        self.list(c, 0, 0, 1.0, [Has::Open; MOST_TRACKS]);
        self.all.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        let mut none = [0.0; MOST_TRACKS];
        let mut own = [[0.0; MOST_PLOTS]; MOST_TRACKS];
        share.clear();
        share.resize(c.both.len(), [0.0; 2]);
        let mut last = None;
        for &(key, w, has) in &self.all {
            // Of events that differ only in which of the tracks kept apart has which plot, the likeliest stands for all.
            if last.replace(key) == Some(key) {
                continue;
            }
            for (i, has) in has.iter().enumerate().take(tracks) {
                match *has {
                    Has::Own(p) => own[i][usize::from(p)] += w,
                    Has::None | Has::Open => none[i] += w,
                    Has::Shared(_) => {}
                }
            }
            for (b, s) in c.both.iter().zip(share.iter_mut()) {
                if has[b.tracks[0]] == Has::Shared(b.plot as u8) && has[b.tracks[1]] == Has::Shared(b.plot as u8) {
                    s[0] += w;
                }
            }
        }
        for (b, s) in c.both.iter().zip(share.iter_mut()) {
            *s = b.tracks.map(|i| s[0] / none[i].max(1e-300));
        }
        nu.clear();
        nu.extend(c.claims.iter().map(|e| own[e.track][e.plot] / (e.odds * none[e.track]).max(1e-300)));
        true
    }

    fn list(&mut self, c: &Cluster<'_>, i: usize, used: u32, w: f64, has: [Has; MOST_TRACKS]) {
        if i == c.apart.len() {
            let w = c
                .resolved
                .iter()
                .fold(w, |w, r| if r.tracks.iter().all(|&i| matches!(has[i], Has::Own(_))) { w * r.factor } else { w });
            self.all.push((key(&has, c.apart), w, has));
            return;
        }
        if has[i] != Has::Open {
            return self.list(c, i + 1, used, w, has);
        }
        let with = |h: Has, j: Option<usize>| {
            let mut has = has;
            has[i] = h;
            if let Some(j) = j {
                has[j] = h;
            }
            has
        };
        self.list(c, i + 1, used, w, with(Has::None, None));
        for e in c.claims.iter().filter(|e| e.track == i && used & 1 << e.plot == 0) {
            self.list(c, i + 1, used | 1 << e.plot, w * e.odds, with(Has::Own(e.plot as u8), None));
        }
        for b in c.both.iter().filter(|b| b.tracks[0] == i && used & 1 << b.plot == 0 && has[b.tracks[1]] == Has::Open) {
            self.list(c, i + 1, used | 1 << b.plot, w * b.odds, with(Has::Shared(b.plot as u8), Some(b.tracks[1])));
        }
    }
}

// What each track has, in five bits each; of those kept apart only that they have one, and which plots they have together.
fn key(has: &[Has; MOST_TRACKS], apart: &[bool]) -> u64 {
    let (mut key, mut plots) = (0u64, 0u64);
    for (h, apart) in has.iter().zip(apart) {
        let code = match *h {
            Has::Open | Has::None => 0,
            Has::Own(p) if *apart => {
                plots |= 1 << p;
                31
            }
            Has::Own(p) => u64::from(p) + 1,
            Has::Shared(p) => u64::from(p) + 1 + MOST_PLOTS as u64,
        };
        key = key << 5 | code;
    }
    key << MOST_PLOTS | plots
}

#[cfg(test)]
mod tests {
    use super::super::associate::Scratch;
    use super::*;
    use proptest::prelude::*;

    fn solve(c: &Cluster<'_>) -> (Vec<f64>, Vec<[f64; 2]>) {
        let (mut nu, mut share) = (Vec::new(), Vec::new());
        assert!(Events::default().solve(c, &mut nu, &mut share));
        (nu, share)
    }

    proptest! {
        #[test]
        fn without_pairs_they_are_the_sums_over_subsets(odds in proptest::collection::vec(prop_oneof![Just(0.0), 1e-3..1e3f64], 12)) {
            let claims: Vec<Claim> =
                (0..12).filter(|&k| odds[k] > 0.0).map(|k| Claim { track: k / 4, plot: k % 4, odds: odds[k] }).collect();
            let (nu, _) = solve(&Cluster { plots: 4, claims: &claims, both: &[], resolved: &[], apart: &[false; 3] });
            let mut sums = vec![1.0; claims.len()];
            Scratch::default().exact(3, 4, &claims, &mut sums);
            for (a, b) in nu.iter().zip(&sums) {
                prop_assert!((a - b).abs() < 1e-9 * b.max(1.0), "{a} {b}");
            }
        }
    }

    #[test]
    fn one_plot_may_show_both() {
        // Two tracks, one plot. Each alone: odds 2. Both at once: odds 10. The events weigh 1, 2, 2, 10.
        let claims = [Claim { track: 0, plot: 0, odds: 2.0 }, Claim { track: 1, plot: 0, odds: 2.0 }];
        let both = [Both { tracks: [0, 1], plot: 0, odds: 10.0 }];
        let (nu, share) = solve(&Cluster { plots: 1, claims: &claims, both: &both, resolved: &[], apart: &[true; 2] });
        // Against the events in which track 0 has nothing: 1 and 2.
        assert!((2.0 * nu[0] - 2.0 / 3.0).abs() < 1e-12, "{nu:?}");
        assert!((share[0][0] - 10.0 / 3.0).abs() < 1e-12 && (share[0][1] - 10.0 / 3.0).abs() < 1e-12, "{share:?}");
    }

    #[test]
    fn what_a_radar_does_not_resolve_has_seldom_two_plots() {
        let claims = [Claim { track: 0, plot: 0, odds: 4.0 }, Claim { track: 1, plot: 1, odds: 4.0 }];
        let resolved = [Resolved { tracks: [0, 1], factor: 0.25 }];
        let (nu, _) = solve(&Cluster { plots: 2, claims: &claims, both: &[], resolved: &resolved, apart: &[true; 2] });
        // Events 1, 4, 4 and 16 × .25: track 0 has its plot in 8 and nothing in 5.
        assert!((4.0 * nu[0] - 8.0 / 5.0).abs() < 1e-12, "{nu:?}");
    }

    #[test]
    fn tracks_kept_apart_take_the_likelier_way_round() {
        let odds = [8.0, 6.0, 6.0, 8.0];
        let claims: Vec<Claim> = (0..4).map(|k| Claim { track: k / 2, plot: k % 2, odds: odds[k] }).collect();
        let share = |apart: bool| {
            let (nu, _) = solve(&Cluster { plots: 2, claims: &claims, both: &[], resolved: &[], apart: &[apart; 2] });
            8.0 * nu[0] / (1.0 + 8.0 * nu[0] + 6.0 * nu[1])
        };
        // Events in which track 0 has plot 0: 8 and 64; plot 1: 6 and 36, the last of them the other way round; none: 1, 6 and 8.
        assert!((share(false) - 72.0 / 129.0).abs() < 1e-12, "{}", share(false));
        // One track alone may still have either: 8 + 64 to 6; and of the pairs of (0, 1) and (1, 0) one is left.
        assert!((share(true) - 72.0 / 93.0).abs() < 1e-12, "{}", share(true));
        assert!(share(true) > share(false));
    }
}
