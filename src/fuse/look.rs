//! A radar's look at the crafts whose sweep is over: cluster, associate, update, initiate, once [`super::gate`] has told the plots near each.

use super::associate::{Claim, Scratch};
use super::births::{Missing, by_place};
use super::clutter::Spot;
use super::craft::{Craft, YOUNG_HITS};
use super::extent;
use super::fix::share;
use super::fuser::{Fuser, Slot};
use super::gate::{Due, Edge, Share, Swept, early};
use super::grid::PlotGrid;
use super::merge::merge;
use super::near::Pairs;
use super::radar::Waiting;
use super::settings::FuseSettings;
use super::split::{Histories, MOST};
use super::swap::swaps;
use super::unresolved::{Joint, show};
use super::workers::{Workers, cut, run};
use crate::geo::LocalPlane;
use crate::model::{SensorId, Timestamp, Track, TrackId};
use crate::track::{Existence, Expected, Imm, LEVEL_PD, LEVELS, MODES};

/// Time over which the uncertainty of a craft's place is averaged, s: eight looks of a coastal radar.
const BLUR_S: f64 = 20.0;
/// What a look brought a craft.
#[derive(Clone, Copy, Default)]
struct Brought {
    // Probability that one of the plots is of it.
    hit: f64,
    // Probability that it exists, as far as its claims on plots go.
    r: f64,
}

/// A share is not smaller than this, so that handing it over costs a small part of its work: a share of 64 takes some 100 µs, and on a virtual machine waking a thread for it as long
/// (1000 craft by two threads took a third longer than by one).
pub(super) const FEWEST_A_SHARE: usize = 256;

/// Memory that is used again from look to look.
#[derive(Default)]
pub(super) struct LookMemory {
    pub(super) shares: Vec<Share>,
    pub(super) asked: Vec<usize>,
    pub(super) due: Vec<Due>,
    pub(super) expected: Vec<[Expected; MODES]>,
    pub(super) edges: Vec<Edge>,
    pub(super) falls: Vec<[f64; MODES]>,
    root: Vec<usize>,
    // How many a root stands for, itself among them.
    members_of: Vec<u32>,
    // Of a root, where in `order` its next member goes.
    next_of: Vec<usize>,
    owner: Vec<usize>,
    pub(super) local: Vec<usize>,
    // Those that share plots with others, cluster by cluster.
    order: Vec<usize>,
    pub(super) claims: Vec<Claim>,
    claim_edge: Vec<usize>,
    pub(super) nu: Vec<f64>,
    pub(super) joint: Joint,
    brought: Vec<Brought>,
    confirmed: Vec<TrackId>,
    // Plots that begin a track, with the probability that it is one.
    born: Vec<(Waiting, f64)>,
    members: Vec<usize>,
    pairs: Pairs,
    pub(super) grid: PlotGrid,
    missing: Missing,
}

impl Fuser {
    /// Looks of radar `k` that are over by now.
    pub(super) fn look_of(&mut self, k: usize, out: &mut Vec<Track>) {
        let Some(epoch) = self.epoch else { return };
        let Some(radar) = self.radars[k].as_ref() else { return };
        let complete = radar.complete(self.now);
        // Sweeps are worked in slices of half a sector at least, so that a cluster is seldom cut.
        if complete < radar.done + radar.scan_s / 64.0 {
            return;
        }
        if self.settings.registration {
            self.register(k);
        }
        let Some(radar) = self.radars[k].as_mut() else { return };
        self.large.expect(radar);
        let mut memory = std::mem::take(&mut self.look);
        memory.grid.fill(&radar.waiting);
        let sea_density = radar.clutter.sea(radar.look_number(complete));
        let swept = Swept { radar, k, complete, settings: &self.settings, sea_density };
        memory.gate(&mut self.crafts, &mut self.schedule[k], &swept, &*self.workers);
        memory.associate(&self.crafts, &swept, &mut self.scratch);
        let now = self.now;
        memory.update(&mut self.crafts, &swept, now, epoch, &*self.workers);
        memory.claim(&mut self.crafts, &mut radar.waiting, k);
        extent::count(&memory, &mut self.crafts, radar, now);
        memory.meetings(&mut self.crafts);
        if self.settings.merge {
            memory.merge(&mut self.crafts);
        }
        let mut confirmed = std::mem::take(&mut memory.confirmed);
        confirmed.clear();
        for d in &memory.due {
            let craft = &mut self.crafts[d.craft];
            self.whereabouts.note(d.craft, craft);
            let stands = craft.existence.r >= self.settings.confirm && craft.existence.r > 0.0;
            if !craft.confirmed && stands && craft.hits >= self.settings.confirm_hits {
                craft.confirmed = true;
                confirmed.push(craft.id);
            }
        }
        memory.tell(&mut self.crafts, &*self.workers, |craft| craft.line(&self.plane, epoch, now, &self.settings), out);
        for w in &mut radar.waiting {
            w.free = w.taken;
        }
        let before = std::mem::replace(&mut radar.done, complete);
        self.lying.look_up(&self.crafts, self.now);
        self.large.look_up(&self.crafts, self.now);
        let hold = radar.hold_s();
        let over = radar.waiting.partition_point(|w| w.t < complete - hold);
        let mut born = std::mem::take(&mut memory.born);
        born.clear();
        if over > 0 {
            memory.missing.look_up(&self.lost);
        }
        for gone in 0..over {
            let mut w = radar.waiting[gone];
            let (look, spot) = (radar.look_number(w.t), Spot::at(radar.offset(w.z)));
            if self.settings.clutter_map
                && let Some(excess) = w.excess
            {
                radar.clutter.learn_excess(look, &spot, excess, w.fresh);
            }
            let doubt = w.open * w.doubtful;
            if doubt > 0.0 {
                // As it stands now, with what came since in the neighbourhood, and without itself.
                w.clutter.density =
                    w.clutter.density.max(w.of_ship.max(0.0) + radar.clutter.density(look, &spot, self.settings.patch_margin));
            }
            let place =
                |edge_alone| by_place((w.t, w.z), edge_alone, radar, &self.lying, &memory.missing, &self.settings, &self.plane);
            let r = birth(&w, look, place, &self.settings, &self.plane);
            if self.settings.clutter_map {
                // A ship takes its parts along: they are not of that place.
                let sea = 1.0 - w.of_ship.max(0.0) / w.clutter.density;
                radar.clutter.learn(look, &spot, sea * (doubt + if r.is_some() { 0.0 } else { w.fresh * (1.0 - w.doubtful) }));
            }
            if let Some(r) = r {
                born.push((w, r));
            }
        }
        radar.waiting.drain(..over);
        self.drop_dead(memory.due.iter().map(|d| d.craft), out);
        if self.settings.stitch && !confirmed.is_empty() {
            let at: Vec<usize> = confirmed.iter().filter_map(|&id| self.index_of(id)).collect();
            self.stitch(at.into_iter(), out);
        }
        memory.confirmed = confirmed;
        for (w, r) in &born {
            self.initiate(k, w, *r, epoch);
        }
        memory.born = born;
        self.look = memory;
        self.tell_between(k, before, out);
    }

    fn initiate(&mut self, k: usize, w: &Waiting, r: f64, epoch: Timestamp) {
        if !self.has_room() {
            return;
        }
        let id = self.new_id();
        let Some(radar) = self.radars[k].as_ref() else { return };
        let (error, range) = radar.error_at(w.z, false);
        let next = w.t + radar.turn_s() - early(radar, range, &self.settings);
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
        let spare = self.spare.pop();
        let existence = Existence { r, level };
        let begun = Craft::begun(id, t, (w.z, error), Imm::born(&self.settings.motion, w.z, error), existence, self.now);
        let mut craft = Craft { waits: self.settings.first_step > 0.0, hits: 1, ..begun };
        craft.owed.add(k, (w.fresh * (1.0 - w.doubtful)) as f32);
        if let Some(m2) = w.echo_m2 {
            craft.history.echo.note(m2, t);
        }
        craft.touch(SensorId(k as u16), epoch, t);
        let boxed = match spare {
            Some(mut spare) => {
                craft.others = std::mem::take(&mut spare.others);
                craft.others.clear();
                *spare = craft;
                spare
            }
            None => Box::new(craft),
        };
        self.whereabouts.push(&boxed);
        self.crafts.push(boxed);
        for (j, s) in self.schedule.iter_mut().enumerate() {
            s.push(if j == k { Slot { due: next, last: w.t } } else { Slot::NEW });
        }
    }
}

/// Probability that a plot that leaves the sweep begins a track, if it is large enough; `place` is the density of births there.
fn birth(w: &Waiting, look: f64, place: impl Fn(bool) -> f64, settings: &FuseSettings, plane: &LocalPlane) -> Option<f64> {
    let seen: f64 = (0..LEVELS).map(|l| LEVEL_PD[l] * w.ratio[l]).sum::<f64>() / LEVELS as f64;
    let unseen = settings.unseen * (-look / settings.unseen_looks).exp();
    let begins = |place: f64| {
        let craft = settings.birth_density * place * (1.0 + unseen) * seen;
        w.fresh * craft / (w.clutter.density + craft)
    };
    // Most plots begin nothing wherever they are, and are not asked where.
    if begins(settings.birth_edge.max(1.0)) < settings.birth_min {
        return None;
    }
    let r = begins(place(begins(1.0) < settings.birth_min));
    if r < settings.birth_min {
        return None;
    }
    let r = r * settings.land.as_ref().map_or(1.0, |land| land.birth_factor(plane.geodetic(w.z[0], w.z[1])));
    (r >= settings.birth_min).then_some(r)
}

impl LookMemory {
    // Notes which crafts of each cluster may have changed over in the last association.
    fn meetings(&mut self, crafts: &mut [Box<Craft>]) {
        for part in self.order.chunk_by(|&a, &b| self.root[a] == self.root[b]) {
            self.members.clear();
            self.members.extend(part.iter().map(|&d| self.due[d].craft));
            swaps(crafts, &self.members, &mut self.pairs);
        }
    }

    /// Takes into each craft the plots in its gate, weighted.
    fn update(&mut self, crafts: &mut [Box<Craft>], swept: &Swept<'_>, now: f64, epoch: Timestamp, workers: &dyn Workers) {
        self.brought.clear();
        self.brought.resize(self.due.len(), Brought::default());
        let (expected, falls) = (&self.expected, &self.falls);
        let work = |base: usize,
                    first: usize,
                    due: &[Due],
                    crafts: &mut [Box<Craft>],
                    brought: &mut [Brought],
                    edges: &mut [Edge],
                    histories: &mut Histories| {
            for (d, brought) in due.iter().zip(brought.iter_mut()) {
                let craft = &mut crafts[d.craft - base];
                let edges = &mut edges[d.first - first..d.end - first];
                *brought =
                    update(craft, expected, d.expected, edges, falls, &swept.radar.waiting, now, swept.settings, histories);
                let hit = brought.hit;
                if hit > 0.5 {
                    craft.hits += 1;
                    if craft.confirmed && d.clear {
                        show(craft);
                    }
                    craft.last_hit = now;
                    craft.seen = craft.t;
                    if craft.hits % 4 == 1 {
                        craft.note_error(swept.radar.error_m(craft.imm.place()));
                    }
                    craft.touch(SensorId(swept.k as u16), epoch, craft.t);
                    let best = edges.iter().max_by(|a, b| a.beta.total_cmp(&b.beta));
                    if let Some(m2) = best.and_then(|e| swept.radar.waiting[e.plot].echo_m2) {
                        craft.history.echo.note(m2, craft.t);
                    }
                    craft.history.sea_km2 = swept.sea_density.map(|d| (d * 1e6) as f32);
                }
                if swept.settings.bound_speed && (2..YOUNG_HITS).contains(&craft.hits) && !craft.identity.named() {
                    craft.bound_speed();
                }
                craft.looks.note(hit > 0.5);
                craft.note_turn(swept.radar.scan_s);
                craft.measure(&swept.settings.motion);
                craft.blur_m += (craft.sigma_m - craft.blur_m) * (swept.radar.scan_s / BLUR_S).min(0.5);
                // Mean over about a minute of looks.
                craft.hit_ratio += (hit - craft.hit_ratio) * (swept.radar.scan_s / 30.0).min(0.5);
            }
        };
        if let [only] = &mut self.shares[..] {
            return work(0, 0, &self.due, crafts, &mut self.brought, &mut self.edges, &mut only.histories);
        }
        let ends = |of: fn(&Share) -> usize| self.shares.iter().map(of).collect::<Vec<_>>();
        let (crafts_ends, due_ends, edges_ends) = (ends(|s| s.crafts_end), ends(|s| s.due_end), ends(|s| s.edges_end));
        let due = &self.due;
        let pieces =
            cut(crafts, &crafts_ends).into_iter().zip(cut(&mut self.brought, &due_ends)).zip(cut(&mut self.edges, &edges_ends));
        let (mut crafts_from, mut due_from, mut edges_from) = (0, 0, 0);
        let mut jobs = Vec::with_capacity(self.shares.len());
        for (((crafts, brought), edges), share) in pieces.zip(&mut self.shares) {
            let (base, first, due) = (crafts_from, edges_from, &due[due_from..share.due_end]);
            (crafts_from, due_from, edges_from) = (share.crafts_end, share.due_end, share.edges_end);
            let work = &work;
            jobs.push(move || work(base, first, due, crafts, brought, edges, &mut share.histories));
        }
        run(workers, jobs);
    }

    /// Lets each craft claim its plots, in the order of the crafts.
    fn claim(&self, crafts: &mut [Box<Craft>], waiting: &mut [Waiting], k: usize) {
        for (d, brought) in self.due.iter().zip(&self.brought) {
            let edges = &self.edges[d.first..d.end];
            if edges.is_empty() {
                continue;
            }
            let craft = &mut crafts[d.craft];
            if !craft.confirmed {
                let took: f64 = edges.iter().fold(0.0, |sum, e| {
                    let w = &waiting[e.plot];
                    sum + e.beta * w.fresh * (1.0 - w.doubtful)
                });
                craft.owed.add(k, took as f32);
            }
            for e in edges {
                let w = &mut waiting[e.plot];
                let beta = e.beta.min(1.0);
                w.taken *= 1.0 - brought.r * beta;
                if craft.confirmed {
                    w.open *= 1.0 - brought.r * beta;
                }
                // A weak track's claim does not free a plot from its duty to begin another, a fair one's does.
                w.fresh *= 1.0 - beta * (10.0 * brought.r).min(1.0);
            }
        }
    }

    /// Tells of each craft that the look confirmed or saw.
    fn tell(
        &mut self,
        crafts: &mut [Box<Craft>],
        workers: &dyn Workers,
        line: impl Fn(&mut Craft) -> Track + Sync,
        out: &mut Vec<Track>,
    ) {
        let work = |base: usize, due: &[Due], brought: &[Brought], crafts: &mut [Box<Craft>], out: &mut Vec<Track>| {
            for (d, brought) in due.iter().zip(brought) {
                let craft = &mut crafts[d.craft - base];
                if craft.existence.r != 0.0 && (craft.confirmed || brought.hit > 0.5) {
                    out.push(line(craft));
                }
            }
        };
        if let [_] = &self.shares[..] {
            return work(0, &self.due, &self.brought, crafts, out);
        }
        let ends: Vec<usize> = self.shares.iter().map(|s| s.crafts_end).collect();
        let (mut crafts_from, mut due_from) = (0, 0);
        let mut jobs = Vec::with_capacity(self.shares.len());
        for (share, crafts) in self.shares.iter_mut().zip(cut(crafts, &ends)) {
            let (base, due, brought) =
                (crafts_from, &self.due[due_from..share.due_end], &self.brought[due_from..share.due_end]);
            (crafts_from, due_from) = (share.crafts_end, share.due_end);
            let work = &work;
            jobs.push(move || work(base, due, brought, crafts, &mut share.lines));
        }
        run(workers, jobs);
        for share in &mut self.shares {
            out.append(&mut share.lines);
        }
    }

    // Merges within each cluster of the last association.
    fn merge(&mut self, crafts: &mut [Box<Craft>]) {
        for part in self.order.chunk_by(|&a, &b| self.root[a] == self.root[b]) {
            self.members.clear();
            self.members.extend(part.iter().map(|&d| self.due[d].craft));
            merge(crafts, &self.members, &mut self.pairs);
        }
    }

    /// Clusters by union-find on shared plots, and the discounts of every edge.
    fn associate(&mut self, crafts: &[Box<Craft>], swept: &Swept<'_>, scratch: &mut Scratch) {
        let waiting = &swept.radar.waiting;
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
        self.members_of.clear();
        self.members_of.resize(n, 0);
        for d in 0..n {
            let r = find(&mut self.root, d);
            self.root[d] = r;
            self.members_of[r] += 1;
        }
        // Who is alone has nothing to share.
        let (root, members_of) = (&self.root, &self.members_of);
        self.next_of.clear();
        let mut places = 0;
        self.next_of.extend((0..n).map(|d| {
            let first = places;
            places += if root[d] == d && members_of[d] > 1 { members_of[d] as usize } else { 0 };
            first
        }));
        // Clusters in order of their roots, each in order of its members.
        self.order.clear();
        self.order.resize(places, 0);
        for d in (0..n).filter(|&d| members_of[root[d]] > 1) {
            let next = &mut self.next_of[root[d]];
            self.order[*next] = d;
            *next += 1;
        }
        self.local.clear();
        self.local.resize(waiting.len(), usize::MAX);
        let mut at = 0;
        while at < self.order.len() {
            let mut end = at + 1;
            while end < self.order.len() && self.root[self.order[end]] == self.root[self.order[at]] {
                end += 1;
            }
            self.claims.clear();
            self.claim_edge.clear();
            let mut plots = 0;
            for (track, &d) in self.order[at..end].iter().enumerate() {
                let due = &self.due[d];
                let x = &crafts[due.craft].existence;
                let none = x.unfound();
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
            let (mut joint, order) = (std::mem::take(&mut self.joint), std::mem::take(&mut self.order));
            if !joint.solve(&order[at..end], plots, self, crafts, swept) {
                scratch.solve(end - at, plots, &self.claims, &mut self.nu);
            }
            (self.joint, self.order) = (joint, order);
            for (&e, &nu) in self.claim_edge.iter().zip(&self.nu) {
                self.edges[e].nu = nu;
                self.local[self.edges[e].plot] = usize::MAX;
            }
            at = end;
        }
        self.take_shared();
    }
}

fn find(root: &mut [usize], mut i: usize) -> usize {
    while root[i] != i {
        root[i] = root[root[i]];
        i = root[i];
    }
    i
}

/// Takes the plots in its gate into a craft, weighted.
#[allow(clippy::too_many_arguments)]
fn update(
    craft: &mut Craft,
    expected: &[[Expected; MODES]],
    own: usize,
    edges: &mut [Edge],
    falls: &[[f64; MODES]],
    waiting: &[Waiting],
    now: f64,
    settings: &FuseSettings,
    histories: &mut Histories,
) -> Brought {
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
    for e in &*edges {
        let w = &waiting[e.plot];
        let g = e.nu * w.free / w.clutter.density;
        total += e.seen * e.mean * g;
        for (f, ratio) in found.iter_mut().zip(w.ratio) {
            *f += ratio * e.mean * g;
        }
    }
    craft.existence.look(found);
    let r = if held { 1.0 } else { craft.existence.r };
    for e in edges.iter_mut() {
        let w = &waiting[e.plot];
        e.beta = e.seen * e.mean * e.nu * w.free / w.clutter.density / total;
    }
    let splits = !held && !edges.is_empty() && craft.forks(settings);
    if splits || !craft.others.is_empty() && !edges.is_empty() {
        let most = if splits { settings.branches.min(MOST) } else { 1 };
        let drop = if craft.confirmed { 0.0 } else { settings.drop_tentative };
        histories.split(craft, expected, edges, falls, waiting, missed, most, drop);
    } else if let Some(usual) = expected.get(own).filter(|_| !edges.is_empty()) {
        if craft.lean > 0.0 {
            craft.lean *= 1.0 - (1.0 - missed / total) * share(&usual[craft.imm.likeliest()]);
        }
        let mut mu_sum = 0.0;
        for m in 0..MODES {
            let usual = &usual[m];
            let mut sum = 0.0;
            // `more`: what plots of two crafts take out of the covariance beyond, or short of, the usual.
            let (mut nu, mut spread, mut more) = ([0.0; 2], [0.0; 3], [0.0; 3]);
            for e in &*edges {
                let w = &waiting[e.plot];
                let weight = e.seen * e.density[m] * e.nu * w.free / w.clutter.density;
                let mut d = [e.z[0] - usual.z[0], e.z[1] - usual.z[1]];
                if e.at != own {
                    let taken;
                    (d, taken) = as_usual(d, &expected[e.at][m], usual);
                    for (more, (t, s)) in more.iter_mut().zip(taken.into_iter().zip(usual.s)) {
                        *more += weight * (t - s);
                    }
                }
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
            let s = usual.s;
            let take = [
                hit * s[0] - (spread[0] - more[0]) / all + nu[0] * nu[0],
                hit * s[1] - (spread[1] - more[1]) / all + nu[0] * nu[1],
                hit * s[2] - (spread[2] - more[2]) / all + nu[1] * nu[1],
            ];
            craft.imm.mode[m].correct(&usual.gain, nu, take);
            craft.imm.mu[m] *= all;
            mu_sum += craft.imm.mu[m];
        }
        for v in &mut craft.imm.mu {
            *v /= mu_sum;
        }
    }
    Brought { hit: 1.0 - missed / total, r }
}

/// An innovation that comes with another covariance, as the usual gain must be given it to do what its own would: with it the covariance that the usual gain
/// must be given to take as much out.
fn as_usual(d: [f64; 2], its: &Expected, usual: &Expected) -> ([f64; 2], [f64; 3]) {
    let (s, i) = (usual.s, its.inv);
    // S·S'⁻¹, then that times d and times S.
    let f = [s[0] * i[0] + s[1] * i[1], s[0] * i[1] + s[1] * i[2], s[1] * i[0] + s[2] * i[1], s[1] * i[1] + s[2] * i[2]];
    (
        [f[0] * d[0] + f[1] * d[1], f[2] * d[0] + f[3] * d[1]],
        [f[0] * s[0] + f[1] * s[1], f[0] * s[1] + f[1] * s[2], f[2] * s[1] + f[3] * s[2]],
    )
}
