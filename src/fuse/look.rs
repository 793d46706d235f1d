//! A radar's look at the crafts whose sweep is over: gate, cluster, associate, update, initiate.

use super::associate::{Claim, Scratch};
use super::craft::{Craft, MASS_RADARS, POSSIBLE_AT_BIRTH, YOUNG_HITS};
use super::fuser::{Fuser, Slot};
use super::grid::PlotGrid;
use super::merge::merge;
use super::near::Pairs;
use super::radar::{Radar, Waiting};
use super::settings::FuseSettings;
use super::swap::swaps;
use super::workers::{Workers, cut, run};
use crate::geo::LocalPlane;
use crate::model::{SensorId, Timestamp, Track, TrackId};
use crate::track::{Existence, Expected, Imm, LEVEL_PD, LEVELS, MODES};

/// Time over which the uncertainty of a craft's place is averaged, s: eight looks of a coastal radar.
const BLUR_S: f64 = 20.0;
/// The fastest boat, m/s (60 kn).
const FASTEST_MPS: f64 = 31.0;

/// A radar's look: everything up to `complete` (its clock) has been swept.
struct Swept<'a> {
    radar: &'a Radar,
    k: usize,
    complete: f64,
    settings: &'a FuseSettings,
    // Clutter plots a look and m² over the radar's whole sea.
    sea_density: Option<f64>,
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
    // Probability that the plot is of the craft, if the craft exists.
    beta: f64,
}

/// What a look brought a craft.
#[derive(Clone, Copy, Default)]
struct Brought {
    // Probability that one of the plots is of it.
    hit: f64,
    // Probability that it exists, as far as its claims on plots go.
    r: f64,
}

/// One worker's share of a look: what was found for a run of crafts.
#[derive(Default)]
struct Share {
    due: Vec<Due>,
    expected: Vec<[Expected; MODES]>,
    edges: Vec<Edge>,
    near: Vec<u32>,
    lines: Vec<Track>,
    // Where the share ends: in the crafts, and in the look's lists of dues and edges.
    crafts_end: usize,
    due_end: usize,
    edges_end: usize,
}

/// A share is not smaller than this, so that handing it over costs a small part of its work: some 100 µs a share, some 10 µs a hand-over.
pub(super) const FEWEST_A_SHARE: usize = 64;

/// Memory that is used again from look to look.
#[derive(Default)]
pub(super) struct LookMemory {
    shares: Vec<Share>,
    asked: Vec<usize>,
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
    brought: Vec<Brought>,
    confirmed: Vec<TrackId>,
    members: Vec<usize>,
    pairs: Pairs,
    grid: PlotGrid,
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
        let mut memory = std::mem::take(&mut self.look);
        memory.grid.fill(&radar.waiting);
        let sea_density = radar.clutter.sea(radar.look_number(complete));
        let swept = Swept { radar, k, complete, settings: &self.settings, sea_density };
        memory.gate(&mut self.crafts, &mut self.schedule[k], &swept, &*self.workers);
        memory.associate(&self.crafts, &radar.waiting, &mut self.scratch);
        let now = self.now;
        memory.update(&mut self.crafts, &swept, now, epoch, &*self.workers);
        memory.claim(&mut self.crafts, &mut radar.waiting, k);
        memory.meetings(&mut self.crafts);
        if self.settings.merge {
            memory.merge(&mut self.crafts);
        }
        let mut confirmed = std::mem::take(&mut memory.confirmed);
        confirmed.clear();
        for d in &memory.due {
            let craft = &mut self.crafts[d.craft];
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
            let doubt = w.open * w.doubtful;
            let mut w = w;
            if doubt > 0.0 {
                // As it stands now, with what came since in the neighbourhood, and without itself.
                w.clutter.density = w.clutter.density.max(radar.clutter.at(look, offset, self.settings.patch_margin).density);
            }
            let r = birth(&w, &self.settings, &self.plane);
            if self.settings.clutter_map {
                radar.clutter.learn(look, offset, doubt + if r.is_some() { 0.0 } else { w.fresh * (1.0 - w.doubtful) });
            }
            if let Some(r) = r {
                born.push((w, r));
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
        let (error, range) = radar.error_at(w.z, false);
        let next = w.t + radar.scan_s - early(radar, range, &self.settings);
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
            waits: self.settings.first_step > 0.0,
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
            possible: POSSIBLE_AT_BIRTH,
            mass: [0.0; MASS_RADARS],
            sensors: Default::default(),
            identity: Default::default(),
            geodetic: Default::default(),
            told: false,
            history: Default::default(),
        };
        if let Some(m) = craft.mass.get_mut(k) {
            *m = (w.fresh * (1.0 - w.doubtful)) as f32;
        }
        if let Some(m2) = w.echo_m2 {
            craft.history.echo.note(m2, t);
        }
        craft.touch(SensorId(k as u16), epoch, t);
        self.crafts.push(Box::new(craft));
        for (j, s) in self.schedule.iter_mut().enumerate() {
            s.push(if j == k { Slot { due: next, last: w.t } } else { Slot { due: f64::MIN, last: f64::MIN } });
        }
    }
}

/// Whether a radar's look at a craft is over: predicts the craft to it and returns by how much the look lies before its state, s.
fn due(radar: &Radar, craft: &mut Craft, slot: &mut Slot, complete: f64, settings: &FuseSettings) -> Option<f64> {
    let clock = radar.registration.clock();
    let (place, v) = if craft.waits { (craft.origin, [0.0; 2]) } else { (craft.imm.place(), craft.imm.velocity()) };
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
    slot.due = pass + radar.scan_s - early(radar, range, settings);
    let t = pass - clock;
    // A look from before the craft was first seen says little: its velocity is not known yet.
    if t < craft.born - radar.scan_s || range > radar.reach_m + settings.gate_m {
        return None;
    }
    let dt = t - craft.t;
    if dt > 0.0 {
        if !craft.waits {
            craft.imm.predict(&settings.motion, dt);
        }
        craft.existence.predict(dt, settings.survive_s, settings.fade_s);
        craft.t = t;
        Some(0.0)
    } else {
        Some(-dt)
    }
}

/// By how much a craft may be passed before a whole turn, s: it may be anywhere in its gate, and it goes on.
fn early(radar: &Radar, range: f64, settings: &FuseSettings) -> f64 {
    let angle = (settings.gate_m + FASTEST_MPS * radar.scan_s) / range.max(1.0);
    radar.scan_s * (angle / std::f64::consts::TAU).min(0.1)
}

/// Time the antenna needs past a craft until every plot in its gate has been swept, s.
fn margin(radar: &Radar, range: f64) -> f64 {
    let angle = 200.0 / range.max(200.0) + 4.0 * radar.sigma_azimuth;
    (angle / std::f64::consts::TAU * radar.scan_s).min(radar.hold_s())
}

/// Probability that a plot that leaves the sweep begins a track, if it is large enough.
fn birth(w: &Waiting, settings: &FuseSettings, plane: &LocalPlane) -> Option<f64> {
    let seen: f64 = (0..LEVELS).map(|l| LEVEL_PD[l] * w.ratio[l]).sum::<f64>() / LEVELS as f64;
    let craft = settings.birth_density * seen;
    let r = w.fresh * craft / (w.clutter.density + craft);
    if r < settings.birth_min {
        return None;
    }
    let r = r * settings.land.as_ref().map_or(1.0, |land| land.birth_factor(plane.geodetic(w.z[0], w.z[1])));
    (r >= settings.birth_min).then_some(r)
}

impl Share {
    // Whether a plot near a craft that waits is worth its filter: as likely of it as of the sea, but for a factor.
    fn stirs(&mut self, craft: &Craft, pass: f64, back: f64, swept: &Swept<'_>, grid: &PlotGrid) -> bool {
        let Swept { radar, k, settings, .. } = *swept;
        let shared = settings.registration && craft.sensors.iter().any(|(s, _)| usize::from(s.0) != k);
        let (error, range) = radar.error_at(craft.origin, shared);
        let dt = craft.t - back - craft.born;
        let half = craft.imm.mode.iter().fold(0.0f64, |half, n| {
            let s = n.vv[0] * dt * dt + n.pp[0].max(n.pp[2]) + error[0].max(error[2]);
            half.max(settings.gate * s)
        });
        let half = half.sqrt().min(settings.gate_m);
        let window =
            (half * std::f64::consts::SQRT_2 / range / std::f64::consts::TAU * radar.scan_s).min(radar.scan_s * 0.25) + 1e-3;
        let stirs = |w: &Waiting| {
            let d = [w.z[0] - craft.origin[0], w.z[1] - craft.origin[1]];
            if d[0].abs() > half || d[1].abs() > half || (w.t - pass).abs() > window {
                return false;
            }
            let seen: f64 = (0..LEVELS).map(|l| craft.existence.level[l] * LEVEL_PD[l] * w.ratio[l]).sum();
            let most = settings.first_step * w.clutter.density;
            seen * w.free * craft.first_step(d, dt, error) > most
        };
        if grid.is_made() {
            grid.around(craft.origin, [half; 2], &mut self.near);
            return self.near.iter().any(|&plot| stirs(&radar.waiting[plot as usize]));
        }
        let from = radar.waiting.partition_point(|w| w.t < pass - window);
        radar.waiting.iter().skip(from).take_while(|w| w.t <= pass + window).any(stirs)
    }

    // Takes craft `i` in, which the antenna passed at `pass` (radar clock), `back` seconds before the craft's state.
    fn gate(&mut self, i: usize, craft: &Craft, pass: f64, back: f64, swept: &Swept<'_>, grid: &PlotGrid) {
        let Swept { radar, k, settings, .. } = *swept;
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
                edges.push(Edge { due, plot, density, mean, seen, nu: 1.0, beta: 0.0 });
            }
        };
        if grid.is_made() {
            grid.around(at, half, &mut self.near);
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
}

impl LookMemory {
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

    /// Predicts the crafts whose look is over to it, and finds the plots in their gates.
    fn gate(&mut self, crafts: &mut [Box<Craft>], slots: &mut [Slot], swept: &Swept<'_>, workers: &dyn Workers) {
        let Self { shares, asked, grid, .. } = self;
        asked.clear();
        asked.extend(slots.iter().enumerate().filter(|(_, s)| s.due <= swept.complete).map(|(i, _)| i));
        let count = workers.count().min(asked.len() / swept.settings.fewest_a_share.max(1)).max(1);
        shares.resize_with(count, Share::default);
        let bounds: Vec<usize> = (0..=count).map(|n| asked.len() * n / count).collect();
        for (share, &end) in shares.iter_mut().zip(&bounds[1..]) {
            share.crafts_end = asked.get(end).copied().unwrap_or(crafts.len());
        }
        let ends: Vec<usize> = shares.iter().map(|s| s.crafts_end).collect();
        let mut from = 0;
        let mut jobs = Vec::with_capacity(count);
        let pieces = cut(crafts, &ends).into_iter().zip(cut(slots, &ends));
        for ((share, bound), (crafts, slots)) in shares.iter_mut().zip(bounds.windows(2)).zip(pieces) {
            let (base, asked, grid) = (from, &asked[bound[0]..bound[1]], &*grid);
            from = share.crafts_end;
            jobs.push(move || {
                share.due.clear();
                share.expected.clear();
                share.edges.clear();
                for &i in asked {
                    let (craft, slot) = (&mut crafts[i - base], &mut slots[i - base]);
                    if let Some(back) = due(swept.radar, craft, slot, swept.complete, swept.settings) {
                        if craft.waits {
                            if !share.stirs(craft, slot.last, back, swept, grid) {
                                share.due.push(Due {
                                    craft: i,
                                    expected: share.expected.len(),
                                    first: share.edges.len(),
                                    end: share.edges.len(),
                                });
                                continue;
                            }
                            craft.wake(&swept.settings.motion);
                        }
                        share.gate(i, craft, slot.last, back, swept, grid);
                    }
                }
            });
        }
        run(workers, jobs);
        self.collect();
    }

    // Puts the shares' lists one behind the other.
    fn collect(&mut self) {
        self.due.clear();
        self.expected.clear();
        self.edges.clear();
        if let [only] = &mut self.shares[..] {
            std::mem::swap(&mut self.due, &mut only.due);
            std::mem::swap(&mut self.expected, &mut only.expected);
            std::mem::swap(&mut self.edges, &mut only.edges);
            (only.due_end, only.edges_end) = (self.due.len(), self.edges.len());
            return;
        }
        for share in &mut self.shares {
            let (due, expected, edges) = (self.due.len(), self.expected.len(), self.edges.len());
            self.due.extend(share.due.drain(..).map(|d| Due {
                craft: d.craft,
                expected: d.expected + expected,
                first: d.first + edges,
                end: d.end + edges,
            }));
            self.expected.append(&mut share.expected);
            self.edges.extend(share.edges.drain(..).map(|e| Edge { due: e.due + due, ..e }));
            (share.due_end, share.edges_end) = (self.due.len(), self.edges.len());
        }
    }

    /// Takes into each craft the plots in its gate, weighted.
    fn update(&mut self, crafts: &mut [Box<Craft>], swept: &Swept<'_>, now: f64, epoch: Timestamp, workers: &dyn Workers) {
        self.brought.clear();
        self.brought.resize(self.due.len(), Brought::default());
        let ends = |of: fn(&Share) -> usize| self.shares.iter().map(of).collect::<Vec<_>>();
        let (crafts_ends, due_ends, edges_ends) = (ends(|s| s.crafts_end), ends(|s| s.due_end), ends(|s| s.edges_end));
        let (due, expected) = (&self.due, &self.expected);
        let pieces =
            cut(crafts, &crafts_ends).into_iter().zip(cut(&mut self.brought, &due_ends)).zip(cut(&mut self.edges, &edges_ends));
        let (mut crafts_from, mut due_from, mut edges_from) = (0, 0, 0);
        let mut jobs = Vec::with_capacity(self.shares.len());
        for (((crafts, brought), edges), share) in pieces.zip(&self.shares) {
            let (base, first, due) = (crafts_from, edges_from, &due[due_from..share.due_end]);
            (crafts_from, due_from, edges_from) = (share.crafts_end, share.due_end, share.edges_end);
            jobs.push(move || {
                for (d, brought) in due.iter().zip(brought.iter_mut()) {
                    let craft = &mut crafts[d.craft - base];
                    let edges = &mut edges[d.first - first..d.end - first];
                    *brought = update(craft, expected.get(d.expected), edges, &swept.radar.waiting, now);
                    let hit = brought.hit;
                    if hit > 0.5 {
                        craft.hits += 1;
                        craft.last_hit = now;
                        craft.seen = craft.t;
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
                    craft.history.looks.note(hit > 0.5);
                    craft.measure();
                    craft.blur_m += (craft.sigma_m - craft.blur_m) * (swept.radar.scan_s / BLUR_S).min(0.5);
                    // Mean over about a minute of looks.
                    craft.hit_ratio += (hit - craft.hit_ratio) * (swept.radar.scan_s / 30.0).min(0.5);
                }
            });
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
            if let Some(mass) = craft.mass.get_mut(k).filter(|_| !craft.confirmed) {
                let took: f64 = edges.iter().fold(0.0, |sum, e| {
                    let w = &waiting[e.plot];
                    sum + e.beta * w.fresh * (1.0 - w.doubtful)
                });
                *mass += took as f32;
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
        let ends: Vec<usize> = self.shares.iter().map(|s| s.crafts_end).collect();
        let (mut crafts_from, mut due_from) = (0, 0);
        let mut jobs = Vec::with_capacity(self.shares.len());
        for (share, crafts) in self.shares.iter_mut().zip(cut(crafts, &ends)) {
            let (base, due, brought) =
                (crafts_from, &self.due[due_from..share.due_end], &self.brought[due_from..share.due_end]);
            (crafts_from, due_from) = (share.crafts_end, share.due_end);
            let line = &line;
            jobs.push(move || {
                for (d, brought) in due.iter().zip(brought) {
                    let craft = &mut crafts[d.craft - base];
                    if craft.existence.r != 0.0 && (craft.confirmed || brought.hit > 0.5) {
                        share.lines.push(line(craft));
                    }
                }
            });
        }
        run(workers, jobs);
        for share in &mut self.shares {
            out.append(&mut share.lines);
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

/// Takes the plots in its gate into a craft, weighted.
fn update(
    craft: &mut Craft,
    expected: Option<&[Expected; MODES]>,
    edges: &mut [Edge],
    waiting: &[Waiting],
    now: f64,
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
    if let Some(expected) = expected.filter(|_| !edges.is_empty()) {
        let mut mu_sum = 0.0;
        for m in 0..MODES {
            let expected = &expected[m];
            let mut sum = 0.0;
            let (mut nu, mut spread) = ([0.0; 2], [0.0; 3]);
            for e in &*edges {
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
    }
    Brought { hit: 1.0 - missed / total, r }
}
