//! Two crafts in one cell of a radar: how likely they are, and what their one plot says of each.
//!
//! The radar's cell is taken as a normal of its own (Koch & van Keuk 1997), the power's centre as anywhere between both. Given the separation `d` that
//! their tracks expect, the plot of both, moved by `d/2`, measures the one craft, and moved back the other: both follow the middle, and neither
//! takes the other's place.

use super::associate::Claim;
use super::craft::Craft;
use super::events::{Both, Cluster, Events, MOST_PLOTS, MOST_TRACKS, Resolved};
use super::gate::{Due, Edge, Swept};
use super::look::LookMemory;
use super::radar::Waiting;
use crate::track::{Expected, MODES, Normal, mahalanobis2, summed};

/// Separation at which two equal echoes show as two in every second look, in the radar's own errors (1 σ): an extractor finds the centre of an echo to two
/// fifths of its width.
const CELL_SIGMAS: f64 = 2.4;
/// The normal cell has half its peak there: σ = separation / √(2 ln 2).
const HALF: f64 = 1.177_41;
/// Pairs less likely in one cell than this are not worked.
const LEAST: f64 = 0.05;
/// A track that was seen fewer times than this away from the other has not shown that there are two: a second track of one craft would live on that craft's
/// plots for ever.
const SHOWN: u8 = 3;
/// How long that holds, s: two boats that run abreast part, or their radar tells them apart in one look of some; what has been one plot for longer is one craft, and two
/// tracks of it would pass for a meeting at sea.
const SHOWN_FOR_S: f64 = 150.0;
/// Squared distance beyond which two tracks are surely not in one cell: χ² of two degrees, 99 %.
const APART: f64 = 9.21;
/// Tracks less likely than this are no crafts that could hide each other.
const REAL: f64 = 0.5;

/// Whether a craft was seen often enough, and lately, where no other could be in its cell.
fn has_shown(craft: &Craft) -> bool {
    craft.shown >= SHOWN && craft.t <= craft.shown_at + SHOWN_FOR_S
}

/// Notes that a craft was seen where no other could be in its cell.
pub(super) fn show(craft: &mut Craft) {
    if craft.t > craft.shown_at + SHOWN_FOR_S {
        craft.shown = 0;
    }
    craft.shown = craft.shown.saturating_add(1);
    craft.shown_at = craft.t;
}

/// Two tracks of a cluster that may be in one cell.
#[derive(Clone, Copy)]
struct Pair {
    /// Indices in the look's list of dues.
    due: [usize; 2],
    /// Probability that they are in one cell.
    together: f64,
    /// From the first to the second, m.
    separation: [f64; 2],
}

/// A pair's claim on one plot.
#[derive(Clone, Copy)]
struct SharedClaim {
    pair: usize,
    plot: usize,
    /// Density of the middle there, 1/m².
    density: f64,
}

/// Probability that crafts separated by `d`, known to `s`, are in one cell of a radar whose own error is `r`.
fn together(d: [f64; 2], s: [f64; 3], r: [f64; 3]) -> Together {
    let scale = (CELL_SIGMAS / HALF).powi(2);
    let cell = r.map(|v| v * scale);
    let all = summed(cell, s);
    let det = |m: [f64; 3]| (m[0] * m[2] - m[1] * m[1]).max(1e-9);
    let d2 = mahalanobis2(d, all);
    // Cell·(cell + s)⁻¹·d.
    let k = 1.0 / det(all);
    let u = [k * (all[2] * d[0] - all[1] * d[1]), k * (all[0] * d[1] - all[1] * d[0])];
    let separation = [cell[0] * u[0] + cell[1] * u[1], cell[1] * u[0] + cell[2] * u[1]];
    Together { p: (det(cell) / det(all)).sqrt() * (-0.5 * d2).exp(), may: d2 < APART, separation }
}

/// Two crafts and a radar's cell.
struct Together {
    /// Probability that both are in it.
    p: f64,
    /// They may be, for all that is known of their places.
    may: bool,
    /// How far apart they are, if they are: that they were not told apart says as much as a measurement of no separation with the cell's error.
    separation: [f64; 2],
}

/// Finds in a cluster the pairs that may be in one cell, with the plots that may show both.
fn find(
    dues: &[usize],
    look: &mut LookMemory,
    crafts: &[Box<Craft>],
    swept: &Swept<'_>,
    pairs: &mut Vec<Pair>,
    claims: &mut Vec<SharedClaim>,
) {
    let place = |due: &Due| -> Option<Normal> {
        let craft = &crafts[due.craft];
        // What is fast has passed through a cell within a look or two, and its histories say enough.
        (craft.confirmed && craft.existence.r >= REAL && !craft.forks(swept.settings)).then(|| craft.mean())
    };
    for (k, &a) in dues.iter().enumerate() {
        let Some(na) = place(&look.due[a]) else { continue };
        for &b in &dues[k + 1..] {
            let Some(nb) = place(&look.due[b]) else { continue };
            let separation = [nb.x[0] - na.x[0], nb.x[1] - na.x[1]];
            let (error, _) = swept.radar.error_at([na.x[0], na.x[1]], false);
            let found = together(separation, summed(na.pp, nb.pp), error);
            for d in [a, b] {
                look.due[d].clear &= !found.may;
            }
            let together = found.p;
            if together < LEAST || [a, b].iter().any(|&d| !has_shown(&crafts[look.due[d].craft])) {
                continue;
            }
            let pair = pairs.len();
            pairs.push(Pair { due: [a, b], together, separation: found.separation });
            let middle = [na.x[0] + 0.5 * separation[0], na.x[1] + 0.5 * separation[1]];
            let quarter = summed(na.pp, nb.pp).map(|v| 0.25 * v);
            let spread = spread(found.separation).map(|v| v / 12.0);
            let s = summed(summed(quarter, spread), error);
            let det = (s[0] * s[2] - s[1] * s[1]).max(1e-9);
            let (ea, eb) = (&look.due[a], &look.due[b]);
            for e in &look.edges[ea.first..ea.end] {
                if look.edges[eb.first..eb.end].iter().any(|o| o.plot == e.plot) {
                    let z = swept.radar.waiting[e.plot].z;
                    let d2 = mahalanobis2([z[0] - middle[0], z[1] - middle[1]], s);
                    if d2 < swept.settings.gate {
                        let density = (-0.5 * d2).exp() / (std::f64::consts::TAU * det.sqrt());
                        claims.push(SharedClaim { pair, plot: e.plot, density });
                    }
                }
            }
        }
    }
}

fn spread(d: [f64; 2]) -> [f64; 3] {
    [d[0] * d[0], d[0] * d[1], d[1] * d[1]]
}

impl Pair {
    /// How likely a look that does not resolve them shows one plot, times how much likelier its power is of crafts than of the sea.
    fn seen(&self, look: &LookMemory, crafts: &[Box<Craft>], seen: [f64; 2]) -> f64 {
        let pd = self.due.map(|d| crafts[look.due[d].craft].existence.pd());
        let either = 1.0 - (1.0 - pd[0]) * (1.0 - pd[1]);
        either * (seen[0] + seen[1]) / (pd[0] + pd[1]).max(1e-9)
    }

    // Probability that each is there and unseen, where it has no plot.
    fn hidden(&self, look: &LookMemory, crafts: &[Box<Craft>]) -> [f64; 2] {
        self.due.map(|d| {
            let x = &crafts[look.due[d].craft].existence;
            x.r * x.missed() / x.unfound()
        })
    }
}

/// The events of a cluster with its pairs, as [`super::events`] wants them. `track_of` and `plot_of` give indices in the cluster. The claims that a track has
/// alone are weakened by what the radar would show of it together with another.
fn weigh(
    pairs: &[Pair],
    shared: &[SharedClaim],
    look: &LookMemory,
    crafts: &[Box<Craft>],
    waiting: &[Waiting],
    (track_of, plot_of): (impl Fn(usize) -> usize, impl Fn(usize) -> usize),
    claims: &mut [Claim],
) -> ([f64; MOST_TRACKS], Vec<Both>, Vec<Resolved>) {
    let mut factor = [1.0; MOST_TRACKS];
    let mut resolved = Vec::with_capacity(pairs.len());
    for p in pairs {
        let hidden = p.hidden(look, crafts);
        let tracks = p.due.map(&track_of);
        let alone = [1.0 - p.together * hidden[1], 1.0 - p.together * hidden[0]];
        factor[tracks[0]] *= alone[0];
        factor[tracks[1]] *= alone[1];
        resolved.push(Resolved { tracks, factor: (1.0 - p.together) / (alone[0] * alone[1]).max(1e-9) });
    }
    for c in claims {
        c.odds *= factor[c.track];
    }
    let both = shared
        .iter()
        .map(|s| {
            let p = &pairs[s.pair];
            let w = &waiting[s.plot];
            let none = p.due.map(|d| {
                let x = &crafts[look.due[d].craft].existence;
                (x.r, x.unfound())
            });
            let seen = p.due.map(|d| {
                let due = &look.due[d];
                look.edges[due.first..due.end].iter().find(|e| e.plot == s.plot).map_or(0.0, |e| e.seen)
            });
            let odds = none[0].0 * none[1].0 * p.together * p.seen(look, crafts, seen) * s.density * w.free
                / (w.clutter.density * none[0].1 * none[1].1);
            Both { tracks: p.due.map(&track_of), plot: plot_of(s.plot), odds }
        })
        .collect();
    (factor, both, resolved)
}

/// The edge by which one of a pair, half their separation `shift` from the middle, takes the plot of both: `odds` are those of that event against its having none.
fn edge(
    craft: &Craft,
    back: f64,
    shift: [f64; 2],
    own: &Edge,
    odds: f64,
    swept: &Swept<'_>,
    (expected, falls): (&mut Vec<[Expected; MODES]>, &mut Vec<[f64; MODES]>),
) -> Edge {
    let (w, motion) = (&swept.radar.waiting[own.plot], &swept.settings.motion);
    let z = [w.z[0] - shift[0], w.z[1] - shift[1]];
    let (error, _) = swept.radar.error_at(z, false);
    // What measures half the one and half the other has the gain of one that measures the one with twice the error.
    let error = summed(error.map(|v| 2.0 * v), spread(shift).map(|v| v * 4.0 / 6.0));
    let (at, first_fall) = (expected.len(), falls.len());
    let mut density = [0.0; MODES];
    let mut mean = 0.0;
    for (h, (weight, imm)) in craft.histories().enumerate() {
        let each: [Expected; MODES] = std::array::from_fn(|m| {
            let n = &imm.mode[m];
            n.expect(&motion.step(m, -back, &n.x), error)
        });
        let mut fall = [0.0; MODES];
        for m in 0..MODES {
            let d2 = each[m].distance2(z);
            // As in the gate.
            if d2 < 30.0 {
                fall[m] = (-0.5 * d2).exp();
                if h == 0 {
                    density[m] = each[m].peak * fall[m];
                }
                mean += weight * imm.mu[m] * each[m].peak * fall[m];
            }
        }
        falls.push(fall);
        expected.push(each);
    }
    let x = &craft.existence;
    let alone = x.r * own.seen * mean * w.free / (w.clutter.density * x.unfound());
    let nu = if alone > 0.0 { odds / alone } else { 0.0 };
    Edge { z, at, density, mean, falls: first_fall, nu, beta: 0.0, ..*own }
}

/// Memory of [`LookMemory::associate`] for clusters whose events are written out.
#[derive(Default)]
pub(super) struct Joint {
    events: Events,
    pairs: Vec<Pair>,
    shared: Vec<SharedClaim>,
    share: Vec<[f64; 2]>,
    claims: Vec<Claim>,
    apart: Vec<bool>,
    // Edges by which crafts take plots of two, to be put among the others: the due, and the edge.
    found: Vec<(usize, Edge)>,
}

impl Joint {
    /// Solves a cluster, given as indices of dues, if it has pairs that may be in one cell or tracks to be kept apart, and few enough events; fills the look's discounts.
    pub fn solve(
        &mut self,
        dues: &[usize],
        plots: usize,
        look: &mut LookMemory,
        crafts: &[Box<Craft>],
        swept: &Swept<'_>,
    ) -> bool {
        if dues.len() > MOST_TRACKS || plots > MOST_PLOTS {
            for &d in dues {
                look.due[d].clear = false;
            }
            return false;
        }
        self.apart.clear();
        self.apart.extend(dues.iter().map(|&d| {
            let craft = &crafts[look.due[d].craft];
            // What keeps several histories does not average over them.
            swept.settings.apart && craft.confirmed && craft.existence.r >= REAL && !craft.forks(swept.settings)
        }));
        self.pairs.clear();
        self.shared.clear();
        if swept.settings.unresolved {
            find(dues, look, crafts, swept, &mut self.pairs, &mut self.shared);
        }
        if self.pairs.is_empty() && !contested(&look.claims, &self.apart) {
            return false;
        }
        self.claims.clone_from(&look.claims);
        let track_of = |d: usize| dues.iter().position(|&x| x == d).unwrap_or(0);
        let plot_of = |p: usize| look.local[p];
        let (factor, both, resolved) =
            weigh(&self.pairs, &self.shared, look, crafts, &swept.radar.waiting, (track_of, plot_of), &mut self.claims);
        let cluster = Cluster { plots, claims: &self.claims, both: &both, resolved: &resolved, apart: &self.apart };
        if !self.events.solve(&cluster, &mut look.nu, &mut self.share) {
            return false;
        }
        for (nu, c) in look.nu.iter_mut().zip(&self.claims) {
            *nu *= factor[c.track];
        }
        for (s, share) in self.shared.iter().zip(&self.share) {
            let pair = self.pairs[s.pair];
            for ((&d, &odds), first) in pair.due.iter().zip(share).zip([true, false]) {
                let due = look.due[d];
                let Some(own) = look.edges[due.first..due.end].iter().find(|e| e.plot == s.plot).copied() else { continue };
                let craft = &crafts[due.craft];
                let half = if first { 0.5 } else { -0.5 };
                let shift = pair.separation.map(|d| half * d);
                let edge = edge(craft, due.back, shift, &own, odds, swept, (&mut look.expected, &mut look.falls));
                if edge.nu > 0.0 {
                    self.found.push((d, edge));
                }
            }
        }
        true
    }
}

// Whether two tracks kept apart claim the same two plots: there are two ways round.
fn contested(claims: &[Claim], apart: &[bool]) -> bool {
    let mut plots = [0u32; MOST_TRACKS];
    for c in claims.iter().filter(|c| apart[c.track]) {
        plots[c.track] |= 1 << c.plot;
    }
    (0..apart.len()).any(|a| (a + 1..apart.len()).any(|b| (plots[a] & plots[b]).count_ones() >= 2))
}

impl LookMemory {
    /// Puts the edges of plots that show two crafts among the others.
    pub(super) fn take_shared(&mut self) {
        if self.joint.found.is_empty() {
            return;
        }
        let mut found = std::mem::take(&mut self.joint.found);
        found.sort_by_key(|(d, _)| *d);
        let mut edges = Vec::with_capacity(self.edges.len() + found.len());
        let mut more = found.iter().peekable();
        let mut share = 0;
        for (d, due) in self.due.iter_mut().enumerate() {
            while self.shares[share].due_end <= d {
                self.shares[share].edges_end = edges.len();
                share += 1;
            }
            let first = edges.len();
            edges.extend_from_slice(&self.edges[due.first..due.end]);
            while let Some((_, e)) = more.next_if(|(to, _)| *to == d) {
                edges.push(*e);
            }
            (due.first, due.end) = (first, edges.len());
        }
        for s in &mut self.shares[share..] {
            s.edges_end = edges.len();
        }
        self.edges = edges;
        found.clear();
        self.joint.found = found;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_crafts_at_one_place_are_in_one_cell_and_far_ones_are_not() {
        // 10 m along the beam (north), 50 m across.
        let r = [2500.0, 0.0, 100.0];
        let known = [1e-6, 0.0, 1e-6];
        let together = |d, s, r| together(d, s, r).p;
        assert!((together([0.0; 2], known, r) - 1.0).abs() < 1e-6);
        // Where two equal echoes show as two in every second look, along and across.
        assert!((together([0.0, CELL_SIGMAS * 10.0], known, r) - 0.5).abs() < 1e-3);
        assert!((together([CELL_SIGMAS * 50.0, 0.0], known, r) - 0.5).abs() < 1e-3);
        assert!(together([0.0, 60.0], known, r) < 0.02);
        // Where they are is not known: in one cell only by chance.
        assert!(together([0.0; 2], [1e6, 0.0, 1e6], r) < 0.01);
    }
}
