//! The first alignment of a radar: whether what it sees lies where ships say that they are, before anything is learned of it.
//!
//! Registration begins at what the site tells and reaches some 150 m and 1.5° round it. A radar's place read off a chart of another datum lies half a
//! kilometre beside (China's maps are shifted so by law), a compass north 3°, a heading line that nobody has set anywhere. Each ship under way is then two
//! tracks, one of them without AIS. So the first turns are searched far round: by which shift, or by which turn, do most ships that move
//! have a plot where they say they are? A single answer is taken and told; none, or two, are told as a radar that agrees with no ship.
//!
//! It is asked once. A radar that has agreed with ships is not moved any more, or a false GNSS signal over a bay would move it along with
//! its ships.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use super::antenna::wrap;
use super::equations::solved;
use super::jump::Reports;
use super::references::PRIOR;
use super::register::{Kept, Sweep};
use crate::model::Mmsi;

/// Ships slower than this do not count, m/s: what lies still stands by chance where clutter or a moored boat is, in every look.
const UNDER_WAY_MPS: f64 = 2.5;
/// Looks at a ship, and how many ships with so many there must be.
const LOOKS: usize = 8;
const FEWEST_SHIPS: usize = 4;
/// Ships looked at. More say nothing that these do not.
const MOST_SHIPS: usize = 32;
/// A ship agrees that has a plot in so many of its looks: ships show one in 95 of 100, chance (one plot a km², 200 m across) in one of 25.
const AGREED_SHARE: f64 = 0.7;
/// How far off a radar's place is looked for, m: the shift of China's maps is 300 to 700 m (docs/adr).
const REACH_M: f64 = 1500.0;
/// The same of a range error where azimuths are turned, m: what registration believes possible, and as much again.
const RANGE_M: f64 = 300.0;
/// Cells that count looks: shifts, and turns. Two beside each other hold what a radar of .8° scatters at 10 km.
const CELL_M: f64 = 100.0;
const CELLS: usize = 30;
const TURNS: usize = 720;
const RANGES: usize = 6;
/// Of each kind the fullest cells are looked at closely.
const CLOSELY: usize = 4;
/// Where a ship's own place is uncertain, m: its GNSS, its hull, one report carried on for some seconds.
const SHIP_M: f64 = 20.0;
/// χ² of two degrees beyond which a plot is not the ship's, round by round, and at last: 99.9 %.
const GATES: [f64; 6] = [120.0, 60.0, 30.0, 13.8, 13.8, 13.8];
/// What a ship costs that has no plot at all.
const NONE: f64 = 13.8;
/// By so much less must the ships cost together for the radar to stand elsewhere …
const GAIN: f64 = 20.0;
/// … which is at least so far off, m, or turned by so much, rad (1.2°), or its range off by so much, m: less is registration's to learn.
const LEAST_M: f64 = 50.0;
const LEAST_TURN: f64 = 0.021;
const LEAST_RANGE_M: f64 = 120.0;
/// Another answer must have at most this share of the ships.
const RIVAL: f64 = 0.5;
/// As things are is right where so many of the ships agree that agree with anything.
const STANDS: f64 = 0.6;
/// Ships of which so few agree after so long, s, say that something is wrong.
const ASTRAY_SHARE: f64 = 0.3;
const ASTRAY_AFTER_S: f64 = 60.0;
/// From then on it is asked only so often, s.
const AGAIN_S: f64 = 20.0;
/// Two faults at once may be found one after the other: how often a radar is moved.
const MOST_MOVES: usize = 3;
/// Plots kept of one look.
const MOST_PLOTS: usize = 400;

/// How a radar errs: its place as told less where it stands, range and azimuth as measured less true.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Error {
    /// East, north, m.
    pub place: [f64; 2],
    pub range_m: f64,
    pub azimuth: f64,
}

impl Error {
    // Beyond what registration learns.
    fn is_far(&self) -> bool {
        self.place[0].hypot(self.place[1]) > LEAST_M || self.azimuth.abs() > LEAST_TURN || self.range_m.abs() > LEAST_RANGE_M
    }
}

/// What the ships say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// The radar sees them where they are, as well as registration needs it.
    Stands,
    /// It errs so; so many ships say it.
    Errs(Error, usize),
}

// A ship at one look, and what lies round it.
#[derive(Clone, Debug)]
struct Look {
    // Slant range and azimuth that the ship must have.
    ship: [f64; 2],
    // Plots, the ship's motion taken out: range, azimuth.
    plots: Vec<[f64; 2]>,
}

/// Watches one radar until it is known how it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alignment {
    looks: BTreeMap<Mmsi, Vec<Look>>,
    watched: Option<f64>,
    since: Option<f64>,
    judged: f64,
    moves: usize,
    done: bool,
    /// Ships under way that were looked at, and how many of them the radar sees where they are, while that is too few.
    pub astray: Option<(usize, usize)>,
}

impl Alignment {
    /// Whether a turn has passed since the last watch, and anything is still to be known.
    pub fn is_due(&self, complete: f64, scan_s: f64) -> bool {
        !self.done && self.watched.is_none_or(|w| complete - w >= scan_s)
    }

    /// Takes what the radar saw of ships in the turn up to `complete` (its clock), and says what they say of it beyond the errors of range (m) and azimuth
    /// (rad) that are `known`.
    pub fn watch(
        &mut self,
        complete: f64,
        reach_m: f64,
        known: [f64; 2],
        sweep: &Sweep<'_>,
        kept: &[Kept],
        reports: &Reports,
    ) -> Option<Verdict> {
        let watched = self.watched.replace(complete)?.max(complete - sweep.scan_s);
        let middle = 0.5 * (watched + complete);
        let turn = kept.partition_point(|k| k.t <= watched)..kept.partition_point(|k| k.t <= complete);
        let plots = &kept[turn];
        if plots.is_empty() {
            return None;
        }
        let mut more = false;
        for (ship, report) in reports.at(middle) {
            if report.v[0].hypot(report.v[1]) < UNDER_WAY_MPS
                || (self.looks.len() >= MOST_SHIPS && !self.looks.contains_key(&ship))
            {
                continue;
            }
            let dt = middle - report.t;
            let view = sweep.view([report.p[0] + report.v[0] * dt, report.p[1] + report.v[1] * dt], report.v);
            if view.range > reach_m {
                continue;
            }
            let of_ship = self.looks.entry(ship).or_default();
            if of_ship.len() == LOOKS {
                of_ship.remove(0);
            }
            // In the ring of her range, or in the square round her, as wide in azimuth as it is there.
            let [range, azimuth] = view.polar;
            let wide = 2.0 * REACH_M / range;
            let near = |[r, a]: &[f64; 2]| {
                let along = (r - range).abs();
                along < RANGE_M || (along < 1.5 * REACH_M && (range < 2.0 * REACH_M || wrap(a - azimuth).abs() < wide))
            };
            let moved = plots.iter().map(|k| {
                let dt = k.t - middle;
                [0, 1].map(|i| k.polar[i] - known[i] - view.rates[i] * dt)
            });
            let moved = moved.filter(near);
            of_ship.push(Look { ship: view.polar, plots: moved.take(MOST_PLOTS).collect() });
            more = true;
        }
        if more { self.judge(complete, sweep.sigma) } else { None }
    }

    fn judge(&mut self, now: f64, sigma: [f64; 2]) -> Option<Verdict> {
        let known: Vec<&Vec<Look>> = self.looks.values().filter(|l| l.len() == LOOKS).collect();
        if known.len() < FEWEST_SHIPS {
            return None;
        }
        let since = *self.since.get_or_insert(now);
        let early = now - since < ASTRAY_AFTER_S;
        if !early && now < self.judged + AGAIN_S {
            return None;
        }
        self.judged = now;
        let stands = refine(&known, sigma, Error::default(), Free::Registration);
        if stands.cost <= GAIN && stands.ships >= FEWEST_SHIPS && stands.ships == known.len() && !stands.error.is_far() {
            // Nothing else can explain so much more.
            self.finish();
            return Some(Verdict::Stands);
        }
        let mut others: Vec<Answer> = fullest_shifts(&known)
            .into_iter()
            .map(|place| refine(&known, sigma, Error { place, ..Error::default() }, Free::Place))
            .collect();
        others.extend(
            fullest_turns(&known)
                .into_iter()
                .map(|[range_m, azimuth]| refine(&known, sigma, Error { range_m, azimuth, ..Error::default() }, Free::Turn)),
        );
        others.push(stands.clone());
        let best = others
            .iter()
            .max_by(|a, b| (a.ships, -a.cost).partial_cmp(&(b.ships, -b.cost)).unwrap_or(std::cmp::Ordering::Equal))?;
        let rival = others.iter().filter(|o| !o.is_alike(best)).map(|o| o.ships).max().unwrap_or(0);
        let alone = best.ships >= FEWEST_SHIPS && rival as f64 <= RIVAL * best.ships as f64;
        let gains = stands.error.is_far() || stands.cost - best.cost > GAIN;
        if alone && best.error.is_far() && gains {
            let found = Verdict::Errs(best.explained(), best.ships);
            *self = Self { moves: self.moves + 1, done: self.moves + 1 == MOST_MOVES, ..Self::default() };
            return Some(found);
        }
        if stands.ships >= FEWEST_SHIPS && stands.ships as f64 >= STANDS * best.ships as f64 && !stands.error.is_far() {
            self.finish();
            return Some(Verdict::Stands);
        }
        let few = (stands.ships as f64) < ASTRAY_SHARE * known.len() as f64;
        self.astray = (few && !early).then_some((known.len(), stands.ships));
        None
    }

    fn finish(&mut self) {
        *self = Self { done: true, ..Self::default() };
    }
}

// What may be changed of an error to make ships agree.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Free {
    // As registration does: range and azimuth near to none.
    Registration,
    // These, and where it stands.
    Place,
    // Its azimuth, by however much.
    Turn,
}

#[derive(Clone, Debug)]
struct Answer {
    free: Free,
    error: Error,
    // Of each look the plot that is the ship's.
    chosen: Vec<Option<usize>>,
    // Ships that agree, and what all cost.
    ships: usize,
    cost: f64,
}

impl Answer {
    // The error without what registration learns better, once the radar is where it stands.
    fn explained(&self) -> Error {
        match self.free {
            Free::Place if self.error.azimuth.abs() < 0.5 * LEAST_TURN => Error { place: self.error.place, ..Error::default() },
            Free::Place => Error { range_m: 0.0, ..self.error },
            Free::Registration | Free::Turn => self.error,
        }
    }

    // Whether both say the same of most ships, so that they differ only in what explains it.
    fn is_alike(&self, other: &Self) -> bool {
        let pairs = || self.chosen.iter().zip(&other.chosen).filter(|(a, b)| a.is_some() && b.is_some());
        let both = pairs().count();
        let least = self.chosen.iter().flatten().count().min(other.chosen.iter().flatten().count());
        2 * both >= least && 2 * pairs().filter(|(a, b)| a == b).count() >= both
    }
}

// Least squares over the plots that are nearest to where the error puts each ship, in rounds of narrowing gates.
fn refine(ships: &[&Vec<Look>], sigma: [f64; 2], from: Error, free: Free) -> Answer {
    let mut error = from;
    let mut chosen = Vec::new();
    let (mut agreed, mut cost) = (0, 0.0);
    for (round, gate) in GATES.into_iter().enumerate() {
        let (mut a, mut q) = ([[0.0; 4]; 4], [0.0; 4]);
        chosen.clear();
        (agreed, cost) = (0, 0.0);
        for looks in ships {
            let (mut seen, mut sum) = (0, 0.0);
            for look in *looks {
                let nearest = look.nearest(&error, sigma, gate);
                chosen.push(nearest.as_ref().map(|n| n.plot));
                let Some(n) = nearest else {
                    sum += NONE;
                    continue;
                };
                seen += 1;
                sum += n.d2.min(NONE);
                // Looks at one ship share what is wrong with her place.
                let w = n.variance.map(|v| 1.0 / (v * looks.len() as f64));
                for m in 0..2 {
                    for i in 0..4 {
                        q[i] += w[m] * n.slopes[m][i] * n.y[m];
                        for j in 0..4 {
                            a[i][j] += w[m] * n.slopes[m][i] * n.slopes[m][j];
                        }
                    }
                }
            }
            agreed += usize::from(f64::from(seen) >= AGREED_SHARE * looks.len() as f64);
            cost += sum / looks.len() as f64;
        }
        if round + 1 == GATES.len() {
            break;
        }
        let wide = match free {
            Free::Registration => [0.0, 0.0, PRIOR[0], PRIOR[1]],
            Free::Place => [REACH_M, REACH_M, PRIOR[0], PRIOR[1]],
            Free::Turn => [0.0, 0.0, PRIOR[0], TAU],
        };
        let now = [error.place[0], error.place[1], error.range_m, error.azimuth];
        for i in 0..4 {
            if wide[i] == 0.0 {
                a[i] = [0.0; 4];
                a.iter_mut().for_each(|row| row[i] = 0.0);
                (a[i][i], q[i]) = (1.0, 0.0);
            } else {
                a[i][i] += 1.0 / (wide[i] * wide[i]);
                q[i] -= now[i] / (wide[i] * wide[i]);
            }
        }
        let Some(by) = solved(a, q) else { break };
        error = Error { place: [now[0] + by[0], now[1] + by[1]], range_m: now[2] + by[2], azimuth: wrap(now[3] + by[3]) };
    }
    Answer { free, error, chosen, ships: agreed, cost }
}

struct Nearest {
    plot: usize,
    d2: f64,
    y: [f64; 2],
    variance: [f64; 2],
    slopes: [[f64; 4]; 2],
}

impl Look {
    // The plot nearest to where a radar with this error must have seen the ship, of those within the gate.
    fn nearest(&self, error: &Error, sigma: [f64; 2], gate: f64) -> Option<Nearest> {
        let at = cartesian(self.ship);
        // The ship as seen from where the radar stands.
        let [e, n] = [at[0] + error.place[0], at[1] + error.place[1]];
        let range = e.hypot(n).max(SHIP_M);
        let expected = [range + error.range_m, e.atan2(n) + error.azimuth];
        let across = SHIP_M / range;
        let variance = [sigma[0] * sigma[0] + SHIP_M * SHIP_M, sigma[1] * sigma[1] + across * across];
        let mut best: Option<(usize, f64, [f64; 2])> = None;
        for (plot, p) in self.plots.iter().enumerate() {
            // Most are at another range, which costs less to see than an azimuth.
            let along = p[0] - expected[0];
            let least = along * along / variance[0];
            if least >= best.map_or(gate, |b| b.1) {
                continue;
            }
            let y = [along, wrap(p[1] - expected[1])];
            let d2 = least + y[1] * y[1] / variance[1];
            if d2 < best.map_or(gate, |b| b.1) {
                best = Some((plot, d2, y));
            }
        }
        let (plot, d2, y) = best?;
        let slopes = [[e / range, n / range, 1.0, 0.0], [n / (range * range), -e / (range * range), 0.0, 1.0]];
        Some(Nearest { plot, d2, y, variance, slopes })
    }
}

// The shifts at which most looks have a plot.
fn fullest_shifts(ships: &[&Vec<Look>]) -> Vec<[f64; 2]> {
    let mut cells = Cells::new(CELLS, CELLS);
    for look in ships.iter().flat_map(|l| l.iter()) {
        let ship = cartesian(look.ship);
        cells.next();
        for p in &look.plots {
            let at = cartesian(*p);
            let [i, j] = [0, 1].map(|i| (at[i] - ship[i] + REACH_M) / CELL_M);
            cells.count(i, j);
        }
    }
    cells.fullest(false).into_iter().map(|[i, j]| [i * CELL_M - REACH_M, j * CELL_M - REACH_M]).collect()
}

// The range errors and turns.
fn fullest_turns(ships: &[&Vec<Look>]) -> Vec<[f64; 2]> {
    let mut cells = Cells::new(RANGES, TURNS);
    for look in ships.iter().flat_map(|l| l.iter()) {
        cells.next();
        for p in &look.plots {
            let range = (p[0] - look.ship[0] + RANGE_M) / (2.0 * RANGE_M) * RANGES as f64;
            cells.count(range, (p[1] - look.ship[1]).rem_euclid(TAU) / TAU * TURNS as f64);
        }
    }
    let of = |[i, j]: [f64; 2]| [i / RANGES as f64 * 2.0 * RANGE_M - RANGE_M, wrap(j / TURNS as f64 * TAU)];
    cells.fullest(true).into_iter().map(of).collect()
}

// Counts looks, each once a cell.
struct Cells {
    wide: usize,
    high: usize,
    look: u32,
    last: Vec<u32>,
    count: Vec<u32>,
}

impl Cells {
    fn new(wide: usize, high: usize) -> Self {
        Self { wide, high, look: 0, last: vec![0; wide * high], count: vec![0; wide * high] }
    }

    fn next(&mut self) {
        self.look += 1;
    }

    fn count(&mut self, i: f64, j: f64) {
        if i < 0.0 || j < 0.0 || i >= self.wide as f64 || j >= self.high as f64 {
            return;
        }
        let at = i as usize * self.high + j as usize;
        if self.last[at] != self.look {
            self.last[at] = self.look;
            self.count[at] += 1;
        }
    }

    // The corners that the fullest cells two by two meet at, none beside a fuller one. The second axis may be a circle.
    fn fullest(&self, round: bool) -> Vec<[f64; 2]> {
        let mut corners: Vec<(u32, usize, usize)> = Vec::new();
        for i in 1..self.wide {
            for j in usize::from(!round)..self.high {
                let before = (j + self.high - 1) % self.high;
                let of = |i: usize, j: usize| self.count[i * self.high + j];
                corners.push((of(i - 1, before) + of(i - 1, j) + of(i, before) + of(i, j), i, j));
            }
        }
        corners.sort_unstable_by(|a, b| b.cmp(a));
        let mut best: Vec<(usize, usize)> = Vec::new();
        for (_, i, j) in corners {
            let beside = |(k, l): &(usize, usize)| {
                let apart = l.abs_diff(j);
                k.abs_diff(i) <= 2 && apart.min(if round { self.high - apart } else { apart }) <= 2
            };
            if !best.iter().any(beside) {
                best.push((i, j));
                if best.len() == CLOSELY {
                    break;
                }
            }
        }
        best.into_iter().map(|(i, j)| [i as f64, j as f64]).collect()
    }
}

fn cartesian([range, azimuth]: [f64; 2]) -> [f64; 2] {
    [range * azimuth.sin(), range * azimuth.cos()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGMA: [f64; 2] = [12.0, 0.005];
    const SHIPS: [[f64; 2]; 6] = [[6000.0, 0.3], [9000.0, 1.2], [4000.0, 2.2], [12_000.0, 3.4], [7000.0, 4.4], [10_000.0, 5.6]];

    /// Each ship eight times, 100 m further on each time, with the plots that `see` makes of her place.
    fn judged(ships: usize, see: impl Fn(usize, [f64; 2]) -> Vec<[f64; 2]>) -> (Option<Verdict>, Alignment) {
        let mut alignment = Alignment::default();
        for (k, ship) in SHIPS.into_iter().take(ships).enumerate() {
            let looks = (0..LOOKS).map(|i| [ship[0] + 100.0 * i as f64, ship[1]]);
            let looks = looks.map(|ship| Look { ship, plots: see(k, ship) }).collect();
            alignment.looks.insert(Mmsi(k as u32), looks);
        }
        let verdict = alignment.judge(30.0, SIGMA);
        (verdict, alignment)
    }

    fn shifted(ship: [f64; 2], by: [f64; 2]) -> [f64; 2] {
        let [e, n] = cartesian(ship);
        let [e, n] = [e + by[0], n + by[1]];
        [e.hypot(n), e.atan2(n).rem_euclid(TAU)]
    }

    #[test]
    fn a_radar_that_sees_ships_where_they_are_stands() {
        let (verdict, alignment) = judged(6, |_, ship| vec![[ship[0] + 20.0, ship[1] - 0.004]]);
        assert!(verdict == Some(Verdict::Stands) && alignment.done);
        // What lies within reach of registration is left to it: 100 m of range, a degree.
        assert_eq!(judged(6, |_, ship| vec![[ship[0] - 90.0, ship[1] + 0.016]]).0, Some(Verdict::Stands));
    }

    #[test]
    fn a_shift_and_a_turn_are_told_apart() {
        let Some(Verdict::Errs(error, 6)) = judged(6, |_, ship| vec![shifted(ship, [-600.0, 250.0])]).0 else { panic!() };
        assert!((error.place[0] + 600.0).hypot(error.place[1] - 250.0) < 1.0 && error.azimuth == 0.0, "{error:?}");
        for turn in [0.054, -1.2, 3.1] {
            let turned = |_, ship: [f64; 2]| vec![[ship[0] + 15.0, (ship[1] + turn).rem_euclid(TAU)]];
            let Some(Verdict::Errs(error, 6)) = judged(6, turned).0 else { panic!() };
            assert!(error.place == [0.0; 2] && (error.azimuth - turn).abs() < 1e-3, "{error:?}");
        }
    }

    /// Two answers, or too few ships, are none.
    #[test]
    fn what_is_not_beyond_doubt_moves_no_radar() {
        let both = |_, ship| vec![shifted(ship, [-600.0, 250.0]), shifted(ship, [500.0, 500.0])];
        assert_eq!(judged(6, both).0, None);
        assert_eq!(judged(3, |_, ship| vec![shifted(ship, [-600.0, 250.0])]).0, None);
        // Ships that agree on nothing.
        let each = |k: usize, ship| vec![shifted(ship, [300.0 * k as f64 - 800.0, 1000.0 - 370.0 * k as f64])];
        assert_eq!(judged(6, each).0, None);
        // Four are seen where they are, and two elsewhere.
        let two = |k, ship: [f64; 2]| if k < 4 { vec![ship] } else { vec![shifted(ship, [400.0, 0.0])] };
        assert_eq!(judged(6, two).0, Some(Verdict::Stands));
    }

    #[test]
    fn who_agrees_with_no_ship_for_a_minute_is_told() {
        let (_, mut alignment) = judged(6, |_, _| Vec::new());
        assert_eq!(alignment.astray, None);
        assert_eq!(alignment.judge(100.0, SIGMA), None);
        assert_eq!(alignment.astray, Some((6, 0)));
    }
}
