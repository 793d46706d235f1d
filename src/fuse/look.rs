//! A radar's look at the crafts whose sweep is over: gate, cluster, associate, update, initiate.

use super::associate::{Claim, Scratch};
use super::craft::{Craft, MASS_RADARS};
use super::fuser::{Fuser, Slot};
use super::grid::PlotGrid;
use super::merge::merge;
use super::near::Pairs;
use super::radar::{Radar, Waiting};
use super::settings::FuseSettings;
use super::swap::swaps;
use crate::model::{SensorId, Timestamp, Track, TrackId};
use crate::track::{Existence, Expected, Imm, LEVEL_PD, LEVELS, MODES};

/// Time over which the uncertainty of a craft's place is averaged, s: eight looks of a coastal radar.
const BLUR_S: f64 = 20.0;

/// When and by which radar a craft was looked at.
struct Swept {
    radar: usize,
    // By the radar's clock.
    pass: f64,
    // By how much the look lies before the craft's state, s.
    back: f64,
}

/// A craft that the antenna has just passed.
struct Due {
    craft: usize,
    // Place of its modes' expectations in `LookMemory::expected`; none where no plot is near.
    expected: usize,
    // Range of its edges in `LookMemory::edges`.
    first: usize,
    end: usize,
}

/// A plot in the gate of a craft.
#[derive(Clone, Copy)]
struct Edge {
    due: usize,
    plot: usize,
    // Density of the innovation in each mode, 1/m².
    density: [f64; MODES],
    // The same over all modes.
    mean: f64,
    // Σ over levels of level × Pd × amplitude ratio.
    seen: f64,
    nu: f64,
}

/// Memory that is used again from look to look.
#[derive(Default)]
pub(super) struct LookMemory {
    due: Vec<Due>,
    expected: Vec<[Expected; MODES]>,
    edges: Vec<Edge>,
    root: Vec<usize>,
    owner: Vec<usize>,
    local: Vec<usize>,
    order: Vec<usize>,
    claims: Vec<Claim>,
    claim_edge: Vec<usize>,
    nu: Vec<f64>,
    hits: Vec<f64>,
    confirmed: Vec<TrackId>,
    members: Vec<usize>,
    pairs: Pairs,
    grid: PlotGrid,
    near: Vec<u32>,
}

impl Fuser {
    /// Looks of radar `k` that are over by now.
    pub(super) fn look_of(&mut self, k: usize, out: &mut Vec<Track>) {
        let Some(epoch) = self.epoch else { return };
        let Some(radar) = self.radars[k].as_mut() else { return };
        let complete = radar.complete(self.now);
        // Sweeps are worked in slices of half a sector at least, so that a cluster is seldom cut.
        if complete < radar.done + radar.scan_s / 64.0 {
            return;
        }
        if self.settings.registration {
            radar.register(self.now, &self.plane);
        }
        let mut memory = std::mem::take(&mut self.look);
        memory.due.clear();
        memory.expected.clear();
        memory.edges.clear();
        memory.grid.fill(&radar.waiting);
        let slots = &mut self.schedule[k];
        for (i, (craft, slot)) in self.crafts.iter_mut().zip(slots.iter_mut()).enumerate() {
            if slot.due <= complete
                && let Some(back) = due(radar, craft, slot, complete, &self.settings)
            {
                memory.gate(i, craft, radar, Swept { radar: k, pass: slot.last, back }, &self.settings);
            }
        }
        memory.associate(&self.crafts, &radar.waiting, &mut self.scratch);
        let now = self.now;
        let mut hits = std::mem::take(&mut memory.hits);
        hits.clear();
        for d in &memory.due {
            let craft = &mut self.crafts[d.craft];
            let edges = &memory.edges[d.first..d.end];
            let hit = update(craft, memory.expected.get(d.expected), edges, &mut radar.waiting, k, now);
            hits.push(hit);
            if hit > 0.5 {
                craft.hits += 1;
                craft.last_hit = now;
                craft.seen = craft.t;
                craft.touch(SensorId(k as u16), epoch, craft.t);
            }
            craft.history.looks.note(hit > 0.5);
            craft.measure();
            craft.blur_m += (craft.sigma_m - craft.blur_m) * (radar.scan_s / BLUR_S).min(0.5);
            // Mean over about a minute of looks.
            craft.hit_ratio += (hit - craft.hit_ratio) * (radar.scan_s / 30.0).min(0.5);
        }
        memory.meetings(&mut self.crafts);
        if self.settings.merge {
            memory.merge(&mut self.crafts);
        }
        let mut confirmed = std::mem::take(&mut memory.confirmed);
        confirmed.clear();
        for (d, &hit) in memory.due.iter().zip(&hits) {
            let craft = &mut self.crafts[d.craft];
            if craft.existence.r == 0.0 {
                continue;
            }
            if !craft.confirmed && craft.existence.r >= self.settings.confirm && craft.hits >= self.settings.confirm_hits {
                craft.confirmed = true;
                confirmed.push(craft.id);
            }
            if craft.confirmed || hit > 0.5 {
                out.push(craft.line(&self.plane, epoch, now, &self.settings));
            }
        }
        for w in &mut radar.waiting {
            w.free = w.taken;
        }
        memory.hits = hits;
        radar.done = complete;
        let hold = radar.hold_s();
        let over = radar.waiting.partition_point(|w| w.t < complete - hold);
        let mut born: Vec<(Waiting, f64)> = Vec::new();
        let gone: Vec<Waiting> = radar.waiting.drain(..over).collect();
        for w in gone {
            let (look, offset) = (radar.look_number(w.t), radar.offset(w.z));
            if self.settings.clutter_map
                && let Some(excess) = w.excess
            {
                radar.clutter.learn_excess(look, offset, excess, w.fresh);
            }
            if let Some(r) = birth(&w, &self.settings) {
                born.push((w, r));
            } else if self.settings.clutter_map {
                radar.clutter.learn(look, offset, w.fresh);
            }
        }
        self.drop_dead(memory.due.iter().map(|d| d.craft), out);
        if self.settings.stitch && !confirmed.is_empty() {
            let at: Vec<usize> =
                confirmed.iter().filter_map(|id| self.crafts.binary_search_by_key(id, |c| c.id).ok()).collect();
            self.stitch(at.into_iter(), out);
        }
        memory.confirmed = confirmed;
        self.look = memory;
        for (w, r) in born {
            self.initiate(k, &w, r, epoch);
        }
    }

    fn initiate(&mut self, k: usize, w: &Waiting, r: f64, epoch: Timestamp) {
        let id = self.new_id();
        let Some(radar) = self.radars[k].as_ref() else { return };
        let (error, _) = radar.error_at(w.z, false);
        let t = w.t - radar.registration.clock();
        let mut level = [0.0; LEVELS];
        let mut sum = 0.0;
        for (l, v) in level.iter_mut().enumerate() {
            *v = LEVEL_PD[l] * w.ratio[l];
            sum += *v;
        }
        for v in &mut level {
            *v /= sum;
        }
        let mut craft = Craft {
            id,
            born: t,
            t,
            imm: Imm::born(&self.settings.motion, w.z, error),
            existence: Existence { r, level },
            hits: 1,
            confirmed: false,
            last_hit: self.now,
            seen: t,
            sigma_m: (error[0] + error[2]).sqrt(),
            settled: false,
            blur_m: (error[0] + error[2]).sqrt(),
            hit_ratio: 1.0,
            origin: w.z,
            mass: [0.0; MASS_RADARS],
            sensors: Default::default(),
            identity: Default::default(),
            geodetic: Default::default(),
            told: false,
            history: Default::default(),
        };
        if let Some(m) = craft.mass.get_mut(k) {
            *m = w.fresh as f32;
        }
        craft.touch(SensorId(k as u16), epoch, t);
        self.crafts.push(Box::new(craft));
        for (j, s) in self.schedule.iter_mut().enumerate() {
            let last = if j == k { w.t } else { f64::MIN };
            s.push(Slot { due: f64::MIN, last });
        }
    }
}

/// Whether a radar's look at a craft is over: predicts the craft to it and returns by how much the look lies before its state, s.
fn due(radar: &Radar, craft: &mut Craft, slot: &mut Slot, complete: f64, settings: &FuseSettings) -> Option<f64> {
    let clock = radar.registration.clock();
    let place = craft.imm.place();
    let v = craft.imm.velocity();
    let ahead = (complete - clock - craft.t).clamp(-radar.scan_s, radar.scan_s);
    let place = [place[0] + v[0] * ahead, place[1] + v[1] * ahead];
    let (_, range) = radar.error_at(place, false);
    let azimuth = radar.azimuth_of(place);
    let margin = margin(radar, range);
    let mut pass = radar.pass(azimuth, complete);
    if pass + margin > complete {
        pass -= radar.scan_s;
    }
    if pass < slot.last + 0.5 * radar.scan_s {
        slot.due = pass + radar.scan_s + 0.5 * margin;
        return None;
    }
    slot.last = pass;
    slot.due = pass + 0.9 * radar.scan_s;
    let t = pass - clock;
    // A look from before the craft was first seen says little: its velocity is not known yet.
    if t < craft.born - radar.scan_s || range > radar.reach_m + settings.gate_m {
        return None;
    }
    let dt = t - craft.t;
    if dt > 0.0 {
        craft.imm.predict(&settings.motion, dt);
        craft.existence.predict(dt, settings.survive_s, settings.fade_s);
        craft.t = t;
        Some(0.0)
    } else {
        Some(-dt)
    }
}

/// Time the antenna needs past a craft until every plot in its gate has been swept, s.
fn margin(radar: &Radar, range: f64) -> f64 {
    let angle = 200.0 / range.max(200.0) + 4.0 * radar.sigma_azimuth;
    (angle / std::f64::consts::TAU * radar.scan_s).min(radar.hold_s())
}

/// Probability that a plot that leaves the sweep begins a track, if it is large enough.
fn birth(w: &Waiting, settings: &FuseSettings) -> Option<f64> {
    let seen: f64 = (0..LEVELS).map(|l| LEVEL_PD[l] * w.ratio[l]).sum::<f64>() / LEVELS as f64;
    let craft = settings.birth_density * seen;
    let r = w.fresh * craft / (w.clutter.density + craft);
    (r >= settings.birth_min).then_some(r)
}

impl LookMemory {
    fn gate(&mut self, i: usize, craft: &Craft, radar: &Radar, swept: Swept, settings: &FuseSettings) {
        let Swept { radar: k, pass, back } = swept;
        let motion = &settings.motion;
        let at = {
            let p = craft.imm.place();
            let v = craft.imm.velocity();
            [p[0] - v[0] * back, p[1] - v[1] * back]
        };
        let shared = settings.registration && craft.sensors.iter().any(|(s, _)| usize::from(s.0) != k);
        let (error, range) = radar.error_at(at, shared);
        let expected: [Expected; MODES] = std::array::from_fn(|m| {
            let n = &craft.imm.mode[m];
            n.expect(&motion.step(m, -back, &n.x), error)
        });
        // A box that holds the gates of all modes.
        let mut half = [0.0f64; 2];
        for e in &expected {
            half[0] = half[0].max((settings.gate * e.s[0]).sqrt() + (e.z[0] - at[0]).abs());
            half[1] = half[1].max((settings.gate * e.s[2]).sqrt() + (e.z[1] - at[1]).abs());
        }
        let half = half.map(|h| h.min(settings.gate_m));
        let reach = half[0].hypot(half[1]) / range;
        let window = (reach / std::f64::consts::TAU * radar.scan_s).min(radar.scan_s * 0.25) + 1e-3;
        let first = self.edges.len();
        let due = self.due.len();
        let edges = &mut self.edges;
        let mut consider = |plot: usize, w: &Waiting| {
            if (w.z[0] - at[0]).abs() > half[0] || (w.z[1] - at[1]).abs() > half[1] {
                return;
            }
            let mut density = [0.0; MODES];
            let mut mean = 0.0;
            let mut inside = false;
            for m in 0..MODES {
                let d2 = expected[m].distance2(w.z);
                inside |= d2 <= settings.gate;
                // exp(−15) of the peak and less is nothing beside the clutter.
                if d2 < 30.0 {
                    density[m] = expected[m].peak * (-0.5 * d2).exp();
                    mean += craft.imm.mu[m] * density[m];
                }
            }
            if inside && mean > 0.0 {
                let seen = (0..LEVELS).map(|l| craft.existence.level[l] * LEVEL_PD[l] * w.ratio[l]).sum();
                edges.push(Edge { due, plot, density, mean, seen, nu: 1.0 });
            }
        };
        if self.grid.is_made() {
            self.grid.around(at, half, &mut self.near);
            for &plot in &self.near {
                let w = &radar.waiting[plot as usize];
                if (pass - window..=pass + window).contains(&w.t) {
                    consider(plot as usize, w);
                }
            }
        } else {
            let from = radar.waiting.partition_point(|w| w.t < pass - window);
            for (plot, w) in radar.waiting.iter().enumerate().skip(from).take_while(|(_, w)| w.t <= pass + window) {
                consider(plot, w);
            }
        }
        self.due.push(Due { craft: i, expected: self.expected.len(), first, end: self.edges.len() });
        if self.edges.len() > first {
            self.expected.push(expected);
        }
    }

    // Notes which crafts of each cluster may have changed over in the last association.
    fn meetings(&mut self, crafts: &mut [Box<Craft>]) {
        for part in self.order.chunk_by(|&a, &b| self.root[a] == self.root[b]) {
            if part.len() > 1 {
                self.members.clear();
                self.members.extend(part.iter().map(|&d| self.due[d].craft));
                swaps(crafts, &self.members, &mut self.pairs);
            }
        }
    }

    // Merges within each cluster of the last association.
    fn merge(&mut self, crafts: &mut [Box<Craft>]) {
        for part in self.order.chunk_by(|&a, &b| self.root[a] == self.root[b]) {
            if part.len() > 1 {
                self.members.clear();
                self.members.extend(part.iter().map(|&d| self.due[d].craft));
                merge(crafts, &self.members, &mut self.pairs);
            }
        }
    }

    /// Clusters by union-find on shared plots, and the discounts of every edge.
    fn associate(&mut self, crafts: &[Box<Craft>], waiting: &[Waiting], scratch: &mut Scratch) {
        let n = self.due.len();
        self.root.clear();
        self.root.extend(0..n);
        self.owner.clear();
        self.owner.resize(waiting.len(), usize::MAX);
        for e in &self.edges {
            let o = self.owner[e.plot];
            if o == usize::MAX {
                self.owner[e.plot] = e.due;
            } else {
                let (a, b) = (find(&mut self.root, o), find(&mut self.root, e.due));
                let (low, high) = (a.min(b), a.max(b));
                self.root[high] = low;
            }
        }
        self.order.clear();
        self.order.extend(0..n);
        for d in 0..n {
            let r = find(&mut self.root, d);
            self.root[d] = r;
        }
        let root = &self.root;
        self.order.sort_by_key(|&d| (root[d], d));
        self.local.clear();
        self.local.resize(waiting.len(), usize::MAX);
        let mut at = 0;
        while at < n {
            let mut end = at + 1;
            while end < n && self.root[self.order[end]] == self.root[self.order[at]] {
                end += 1;
            }
            if end - at > 1 {
                self.claims.clear();
                self.claim_edge.clear();
                let mut plots = 0;
                for (track, &d) in self.order[at..end].iter().enumerate() {
                    let due = &self.due[d];
                    let x = &crafts[due.craft].existence;
                    let none = 1.0 - x.r + x.r * x.missed();
                    for e in due.first..due.end {
                        let edge = &self.edges[e];
                        let w = &waiting[edge.plot];
                        if self.local[edge.plot] == usize::MAX {
                            self.local[edge.plot] = plots;
                            plots += 1;
                        }
                        let odds = x.r * edge.seen * edge.mean * w.free / (w.clutter.density * none);
                        self.claims.push(Claim { track, plot: self.local[edge.plot], odds });
                        self.claim_edge.push(e);
                    }
                }
                scratch.solve(end - at, plots, &self.claims, &mut self.nu);
                for (&e, &nu) in self.claim_edge.iter().zip(&self.nu) {
                    self.edges[e].nu = nu;
                    self.local[self.edges[e].plot] = usize::MAX;
                }
            }
            at = end;
        }
    }
}

fn find(root: &mut [usize], mut i: usize) -> usize {
    while root[i] != i {
        root[i] = root[root[i]];
        i = root[i];
    }
    i
}

/// Takes the plots in its gate into a craft, weighted. Returns the probability that one of them is of it.
fn update(
    craft: &mut Craft,
    expected: Option<&[Expected; MODES]>,
    edges: &[Edge],
    waiting: &mut [Waiting],
    k: usize,
    now: f64,
) -> f64 {
    let mut missed = craft.existence.missed();
    // A craft that AIS holds is there whatever the radars see; its existence is then that of an echo, and a plot that is of none must not
    // pull it. Whom only radars hold is updated as if it exists.
    let held = craft.identity.holds(now);
    if held {
        let r = craft.existence.r.max(1e-9);
        missed += (1.0 - r) / r;
    }
    let mut found = [0.0; LEVELS];
    let mut total = missed;
    for e in edges {
        let w = &waiting[e.plot];
        let g = e.nu * w.free / w.clutter.density;
        total += e.seen * e.mean * g;
        for (f, ratio) in found.iter_mut().zip(w.ratio) {
            *f += ratio * e.mean * g;
        }
    }
    craft.existence.look(found);
    let r = if held { 1.0 } else { craft.existence.r };
    let mut took = 0.0;
    for e in edges {
        let w = &mut waiting[e.plot];
        let beta = e.seen * e.mean * e.nu * w.free / w.clutter.density / total;
        took += beta * w.fresh;
    }
    if let Some(expected) = expected.filter(|_| !edges.is_empty()) {
        let mut mu_sum = 0.0;
        for m in 0..MODES {
            let expected = &expected[m];
            let mut sum = 0.0;
            let (mut nu, mut spread) = ([0.0; 2], [0.0; 3]);
            for e in edges {
                let w = &waiting[e.plot];
                let weight = e.seen * e.density[m] * e.nu * w.free / w.clutter.density;
                let d = [w.z[0] - expected.z[0], w.z[1] - expected.z[1]];
                sum += weight;
                nu[0] += weight * d[0];
                nu[1] += weight * d[1];
                spread[0] += weight * d[0] * d[0];
                spread[1] += weight * d[0] * d[1];
                spread[2] += weight * d[1] * d[1];
            }
            let all = missed + sum;
            let nu = nu.map(|v| v / all);
            let hit = sum / all;
            let s = expected.s;
            let take = [
                hit * s[0] - spread[0] / all + nu[0] * nu[0],
                hit * s[1] - spread[1] / all + nu[0] * nu[1],
                hit * s[2] - spread[2] / all + nu[1] * nu[1],
            ];
            craft.imm.mode[m].correct(&expected.gain, nu, take);
            craft.imm.mu[m] *= all;
            mu_sum += craft.imm.mu[m];
        }
        for v in &mut craft.imm.mu {
            *v /= mu_sum;
        }
        if let Some(mass) = craft.mass.get_mut(k).filter(|_| !craft.confirmed) {
            *mass += took as f32;
        }
        for e in edges {
            let w = &mut waiting[e.plot];
            let beta = (e.seen * e.mean * e.nu * w.free / w.clutter.density / total).min(1.0);
            w.taken *= 1.0 - r * beta;
            // A weak track's claim does not free a plot from its duty to begin another, a fair one's does.
            w.fresh *= 1.0 - beta * (10.0 * r).min(1.0);
        }
    }
    1.0 - missed / total
}
