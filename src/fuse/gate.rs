//! The gate: which crafts a radar's sweep has passed, and the plots that may be of them.

use super::craft::Craft;
use super::fuser::Slot;
use super::grid::PlotGrid;
use super::look::LookMemory;
use super::radar::{Radar, Waiting};
use super::settings::FuseSettings;
use super::split::Histories;
use super::workers::{Workers, cut, run};
use crate::model::Track;
use crate::track::{Expected, LEVEL_PD, LEVELS, MODES, Normal, exp_each, summed};

/// Crafts fetched from memory at once: a dozen stretches of memory can be on their way to a core at a time, and a craft is some six …
const FETCHED: usize = 8;
/// … and from how many crafts on: 2 MB of them, what a core's second cache holds.
const FETCHED_FROM: usize = 2000;

/// Squared distance from which on a plot is nothing to a mode: exp(−15) of the peak.
const NOTHING_D2: f64 = 30.0;

/// The fastest boat, m/s (60 kn).
pub(super) const FASTEST_MPS: f64 = 31.0;

/// A radar's look: everything up to `complete` (its clock) has been swept.
pub(super) struct Swept<'a> {
    pub radar: &'a Radar,
    pub k: usize,
    pub complete: f64,
    pub settings: &'a FuseSettings,
    /// Clutter plots a look and m² over the radar's whole sea.
    pub sea_density: Option<f64>,
}

/// A craft that the antenna has just passed.
#[derive(Clone, Copy)]
pub(super) struct Due {
    pub craft: usize,
    /// By how much the look lies before its state, s.
    pub back: f64,
    /// No other craft may be in one cell of the radar with it.
    pub clear: bool,
    /// Place of its modes' expectations in `LookMemory::expected`; none where no plot is near.
    pub expected: usize,
    /// Range of its edges in `LookMemory::edges`.
    pub first: usize,
    pub end: usize,
}

/// A plot in the gate of a craft.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub due: usize,
    pub plot: usize,
    /// What the plot says of the craft's place: where it lies, but for plots of two crafts.
    pub z: [f64; 2],
    /// Place of the expectations that hold for it in `LookMemory::expected`, a history each.
    pub at: usize,
    /// Density of the innovation in each mode of the leading history, 1/m².
    pub density: [f64; MODES],
    /// The same over all modes of all histories.
    pub mean: f64,
    /// Place in `LookMemory::falls` of the edge's first history.
    pub falls: usize,
    /// Σ over levels of level × Pd × amplitude ratio.
    pub seen: f64,
    pub nu: f64,
    /// Probability that the plot is of the craft, if the craft exists.
    pub beta: f64,
}

/// One worker's share of a look: what was found for a run of crafts.
#[derive(Default)]
pub(super) struct Share {
    pub due: Vec<Due>,
    pub expected: Vec<[Expected; MODES]>,
    pub edges: Vec<Edge>,
    /// For each edge and each history of its craft, how far below the peak of each mode's density the plot lies, as a factor.
    pub falls: Vec<[f64; MODES]>,
    pub near: Vec<u32>,
    pub lines: Vec<Track>,
    pub histories: Histories,
    // Where the share ends: in the crafts, and in the look's lists of dues and edges.
    pub crafts_end: usize,
    pub due_end: usize,
    pub edges_end: usize,
}

/// Whether a radar's look at a craft is over: predicts the craft to it and returns by how much the look lies before its state, s.
fn due(radar: &Radar, craft: &mut Craft, slot: &mut Slot, complete: f64, settings: &FuseSettings) -> Option<f64> {
    let clock = radar.registration.clock();
    let (place, v) = if craft.waits { (craft.origin, [0.0; 2]) } else { (craft.imm.place(), craft.imm.velocity()) };
    let ahead = (complete - clock - craft.t).clamp(-radar.scan_s, radar.scan_s);
    let place = [place[0] + v[0] * ahead, place[1] + v[1] * ahead];
    let range = radar.range_of(place);
    let azimuth = radar.azimuth_of(place);
    let margin = margin(radar, range);
    let turn = radar.turn_s();
    let mut pass = radar.pass(azimuth, complete);
    if pass + margin > complete {
        pass -= turn;
    }
    if pass < slot.last + 0.5 * radar.scan_s {
        slot.due = pass + turn + 0.5 * margin;
        return None;
    }
    slot.last = pass;
    slot.due = pass + turn - early(radar, range, settings);
    let t = pass - clock;
    // A look from before the craft was first seen says little: its velocity is not known yet.
    if t < craft.born - radar.scan_s || range > radar.reach_m + settings.gate_m {
        return None;
    }
    let dt = t - craft.t;
    if dt > 0.0 {
        if !craft.waits {
            craft.predict(&settings.motion, dt);
        }
        craft.existence.predict(dt, settings.survive_s, settings.fade_s);
        craft.t = t;
        Some(0.0)
    } else {
        Some(-dt)
    }
}

/// By how much a craft may be passed before a whole turn, s: it may be anywhere in its gate, and it goes on.
pub(super) fn early(radar: &Radar, range: f64, settings: &FuseSettings) -> f64 {
    let angle = (settings.gate_m + FASTEST_MPS * radar.scan_s) / range.max(1.0);
    radar.scan_s * (angle / std::f64::consts::TAU).min(0.1)
}

/// How far off a plot may lie, m: as the setting says, but no less than the gate round a place that is known as well as one plot tells it.
fn widest(error: [f64; 3], settings: &FuseSettings) -> f64 {
    settings.gate_m.max((2.0 * settings.gate * error[0].max(error[2])).sqrt())
}

/// Time the antenna needs past a craft until every plot in its gate has been swept, s.
fn margin(radar: &Radar, range: f64) -> f64 {
    let angle = 200.0 / range.max(200.0) + 4.0 * radar.sigma_azimuth;
    (angle / std::f64::consts::TAU * radar.scan_s).min(radar.scan_s / 16.0) + radar.stray_s()
}

impl Share {
    // Whether a plot near a craft that waits is worth its filter: as likely of it as of the sea, but for a factor.
    fn stirs(&mut self, craft: &Craft, pass: f64, back: f64, swept: &Swept<'_>, grid: &PlotGrid) -> bool {
        let Swept { radar, k, settings, .. } = *swept;
        let shared = settings.registration && craft.sensors.iter().any(|(s, _)| usize::from(s.0) != k);
        let (error, range) = radar.error_at(craft.origin, shared);
        let dt = craft.t - back - craft.born;
        let half = settings.motion.sigma_v.iter().fold(0.0f64, |half, sigma_v| {
            let s = sigma_v * sigma_v * dt * dt + craft.start[0].max(craft.start[2]) + error[0].max(error[2]);
            half.max(settings.gate * s)
        });
        let half = half.sqrt().min(widest(error, settings));
        let window = (half * std::f64::consts::SQRT_2 / range / std::f64::consts::TAU * radar.scan_s).min(radar.scan_s * 0.25)
            + radar.stray_s();
        let stirs = |w: &Waiting| {
            let d = [w.z[0] - craft.origin[0], w.z[1] - craft.origin[1]];
            if d[0].abs() > half || d[1].abs() > half || (w.t - pass).abs() > window {
                return false;
            }
            let seen: f64 = (0..LEVELS).map(|l| craft.existence.level[l] * LEVEL_PD[l] * w.ratio[l]).sum();
            let most = settings.first_step * w.clutter.density;
            seen * w.free * craft.first_step(&settings.motion, d, dt, error) > most
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
        let expect = |m: usize, n: &Normal| {
            if back == 0.0 { n.expect_now(error) } else { n.expect(&motion.step(m, -back, &n.x), error) }
        };
        // A box that holds the gates of all modes.
        let mut half = [0.0f64; 2];
        for (_, imm) in craft.histories() {
            for (m, n) in imm.mode.iter().enumerate() {
                // Most looks are at where the craft is now, and this much of what is expected then costs nothing.
                let (z, s) = if back == 0.0 {
                    ([n.x[0], n.x[1]], summed(n.pp, error))
                } else {
                    let e = expect(m, n);
                    (e.z, e.s)
                };
                half[0] = half[0].max((settings.gate * s[0]).sqrt() + (z[0] - at[0]).abs());
                half[1] = half[1].max((settings.gate * s[2]).sqrt() + (z[1] - at[1]).abs());
            }
        }
        let half = half.map(|h| h.min(widest(error, settings)));
        let reach = half[0].hypot(half[1]) / range;
        let window = (reach / std::f64::consts::TAU * radar.scan_s).min(radar.scan_s * 0.25) + radar.stray_s();
        let near = |w: &Waiting| (w.z[0] - at[0]).abs() <= half[0] && (w.z[1] - at[1]).abs() <= half[1];
        if grid.is_made() {
            grid.around(at, half, &mut self.near);
            self.near.retain(|&plot| {
                let w = &radar.waiting[plot as usize];
                near(w) && (pass - window..=pass + window).contains(&w.t)
            });
        } else {
            self.near.clear();
            let from = radar.waiting.partition_point(|w| w.t < pass - window);
            let until = radar.waiting.iter().enumerate().skip(from).take_while(|(_, w)| w.t <= pass + window);
            self.near.extend(until.filter(|(_, w)| near(w)).map(|(plot, _)| plot as u32));
        }
        let (start, first, due) = (self.expected.len(), self.edges.len(), self.due.len());
        // Gain and density are worth working out only for whom a plot is near.
        if !self.near.is_empty() {
            for (_, imm) in craft.histories() {
                self.expected.push([Expected::NONE; MODES]);
                if let Some(expected) = self.expected.last_mut() {
                    for (m, (expected, n)) in expected.iter_mut().zip(&imm.mode).enumerate() {
                        *expected = expect(m, n);
                    }
                }
            }
        }
        for &plot in &self.near {
            let w = &radar.waiting[plot as usize];
            let falls = self.falls.len();
            let (mut density, mut mean, mut inside) = ([0.0; MODES], 0.0, false);
            for (h, ((weight, imm), expected)) in craft.histories().zip(&self.expected[start..]).enumerate() {
                let mut d2 = [0.0; MODES];
                for m in 0..MODES {
                    d2[m] = expected[m].distance2(w.z);
                    inside |= d2[m] <= settings.gate;
                }
                // exp(−15) of the peak and less is nothing beside the clutter.
                let mut fall = [0.0; MODES];
                if d2.iter().any(|d2| *d2 < NOTHING_D2) {
                    let each = exp_each(d2.map(|d2| -0.5 * d2));
                    for m in 0..MODES {
                        fall[m] = if d2[m] < NOTHING_D2 { each[m] } else { 0.0 };
                        let likely = expected[m].peak * fall[m];
                        if h == 0 {
                            density[m] = likely;
                        }
                        mean += weight * imm.mu[m] * likely;
                    }
                }
                self.falls.push(fall);
            }
            if inside && mean > 0.0 {
                let seen = (0..LEVELS).map(|l| craft.existence.level[l] * LEVEL_PD[l] * w.ratio[l]).sum();
                self.edges.push(Edge {
                    due,
                    plot: plot as usize,
                    z: w.z,
                    at: start,
                    density,
                    mean,
                    falls,
                    seen,
                    nu: 1.0,
                    beta: 0.0,
                });
            } else {
                self.falls.truncate(falls);
            }
        }
        self.due.push(Due { craft: i, back, clear: true, expected: start, first, end: self.edges.len() });
        if self.edges.len() == first {
            self.expected.truncate(start);
        }
    }
}

impl Share {
    // Takes the crafts `asked` for, of which `crafts` and their slots begin with number `base`.
    fn look(
        &mut self,
        asked: &[usize],
        base: usize,
        crafts: &mut [Box<Craft>],
        slots: &mut [Slot],
        swept: &Swept<'_>,
        grid: &PlotGrid,
    ) {
        self.due.clear();
        self.expected.clear();
        self.edges.clear();
        self.falls.clear();
        // With few of them all are in the cache, and fetching would cost more than it spares.
        let fetches = crafts.len() > FETCHED_FROM;
        for (n, &i) in asked.iter().enumerate() {
            if fetches && n % FETCHED == 0 {
                asked[n..].iter().take(FETCHED).for_each(|&i| crafts[i - base].fetch());
            }
            let (craft, slot) = (&mut crafts[i - base], &mut slots[i - base]);
            if let Some(back) = due(swept.radar, craft, slot, swept.complete, swept.settings) {
                if craft.waits {
                    if !self.stirs(craft, slot.last, back, swept, grid) {
                        let (expected, end) = (self.expected.len(), self.edges.len());
                        self.due.push(Due { craft: i, back, clear: true, expected, first: end, end });
                        continue;
                    }
                    craft.wake(&swept.settings.motion);
                }
                self.gate(i, craft, slot.last, back, swept, grid);
            }
        }
    }
}

impl LookMemory {
    /// Predicts the crafts whose look is over to it, and finds the plots in their gates.
    pub(super) fn gate(&mut self, crafts: &mut [Box<Craft>], slots: &mut [Slot], swept: &Swept<'_>, workers: &dyn Workers) {
        let Self { shares, asked, grid, .. } = self;
        asked.clear();
        asked.extend(slots.iter().enumerate().filter(|(_, s)| s.due <= swept.complete).map(|(i, _)| i));
        let count = workers.count().min(asked.len() / swept.settings.fewest_a_share.max(1)).max(1);
        shares.resize_with(count, Share::default);
        if let [only] = &mut shares[..] {
            only.crafts_end = crafts.len();
            only.look(asked, 0, crafts, slots, swept, grid);
            return self.collect();
        }
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
            jobs.push(move || share.look(asked, base, crafts, slots, swept, grid));
        }
        run(workers, jobs);
        self.collect();
    }

    // Puts the shares' lists one behind the other.
    fn collect(&mut self) {
        self.due.clear();
        self.expected.clear();
        self.edges.clear();
        self.falls.clear();
        if let [only] = &mut self.shares[..] {
            std::mem::swap(&mut self.due, &mut only.due);
            std::mem::swap(&mut self.expected, &mut only.expected);
            std::mem::swap(&mut self.edges, &mut only.edges);
            std::mem::swap(&mut self.falls, &mut only.falls);
            (only.due_end, only.edges_end) = (self.due.len(), self.edges.len());
            return;
        }
        for share in &mut self.shares {
            let (due, expected, edges) = (self.due.len(), self.expected.len(), self.edges.len());
            let falls = self.falls.len();
            self.due.extend(share.due.drain(..).map(|d| Due {
                expected: d.expected + expected,
                first: d.first + edges,
                end: d.end + edges,
                ..d
            }));
            self.expected.append(&mut share.expected);
            self.edges.extend(share.edges.drain(..).map(|e| Edge {
                due: e.due + due,
                at: e.at + expected,
                falls: e.falls + falls,
                ..e
            }));
            self.falls.append(&mut share.falls);
            (share.due_end, share.edges_end) = (self.due.len(), self.edges.len());
        }
    }
}
