//! Whether the suspicion score means what it says: Brier score, expected calibration error, and whether it orders.
//!
//! Once a minute every confirmed track that is under way and whose AIS is not in order is asked for its score. It is of a sought craft from
//! the moment on when that craft met its criterion in coverage; before, it is neither one nor the other and left out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::ledger::{afloat, nearest};
use super::watch::Run;
use crate::model::units::mps_to_knots;
use crate::model::{AisState, Picture, Timestamp, TrackId, TrackStatus};
use crate::rules::{BASE, Score};
use crate::sim::coast::World;

/// How often tracks are asked, s.
pub const EVERY_S: f64 = 60.0;
/// Under way: faster than what drifts and lies at anchor, knots.
const UNDER_WAY_KN: f64 = 5.0;
/// Upper edges of the bins of probability but the last: a third of a decade each where nearly all tracks are, then by quarters.
const EDGES: [f64; 9] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9];
const BINS: usize = EDGES.len() + 1;
/// A bin with fewer tells nothing (rules.md §3.4).
const BIN_LEAST: usize = 50;
/// Resamplings of the bootstrap.
const ROUNDS: usize = 400;
/// Fewer runs than this are resampled by their tracks: an interval over four runs is none.
const RUNS_LEAST: usize = 10;

/// What a sample is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// A sought craft that has met its criterion.
    Sought(u32),
    /// A sought craft before that.
    NotYet(u32),
    /// Another craft, or nothing.
    Other(Option<u32>),
}

/// The score of a track at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub t: Timestamp,
    /// Whose.
    pub track: TrackId,
    /// Log-odds, nats.
    pub log_odds: f64,
    /// What counted: bits by the names of [`Samples::names`].
    pub parts: u32,
    /// What it truly is.
    pub truth: Truth,
    /// Whether it is under way and its AIS is not in order.
    pub dark_under_way: bool,
}

/// The samples of a run.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// In order.
    pub all: Vec<Sample>,
    /// Names of evidence, in the order in which they were met.
    pub names: Vec<&'static str>,
    /// Sought crafts that have met their criterion in coverage.
    pub fast: BTreeSet<u32>,
}

impl Samples {
    /// Asks every confirmed track for its score.
    pub fn take(&mut self, picture: &Picture, world: &World, mut score: impl FnMut(TrackId) -> Option<Score>) {
        self.fast.extend(world.events().iter().filter(|e| e.rule == "R01" && e.in_coverage).map(|e| e.id));
        let afloat = afloat(world);
        for track in picture.tracks().iter().filter(|t| t.status == TrackStatus::Confirmed) {
            let Some(score) = score(track.id) else { continue };
            let mut parts = 0;
            for one in &score.contributions {
                let at = self.names.iter().position(|n| *n == one.name).unwrap_or_else(|| {
                    self.names.push(one.name);
                    self.names.len() - 1
                });
                parts |= 1u32.checked_shl(at as u32).unwrap_or(0);
            }
            let near = nearest(world, &afloat, track.t, track.position);
            let truth = match near {
                Some(v) if v.sought && self.fast.contains(&v.id) => Truth::Sought(v.id),
                Some(v) if v.sought => Truth::NotYet(v.id),
                near => Truth::Other(near.map(|v| v.id)),
            };
            let dark_under_way = track.ais != AisState::Ok && mps_to_knots(track.sog()) >= UNDER_WAY_KN;
            self.all.push(Sample { t: picture.t_out, track: track.id, log_odds: score.log_odds, parts, truth, dark_under_way });
        }
    }

    /// Whether a piece of evidence counted in a sample.
    pub fn counted(&self, sample: &Sample, name: &str) -> bool {
        self.names.iter().position(|n| *n == name).is_some_and(|at| sample.parts >> at & 1 == 1)
    }
}

/// Sums of a cluster of samples, which are drawn together.
#[derive(Clone, Debug, Default)]
struct Sums {
    n: usize,
    positive: usize,
    // Of the score as it is, and with the scenario's rate.
    of: [Fit; 2],
    // Chance to outscore another track of the same moment, summed over positives that had one beside them.
    outscores: (f64, usize),
}

#[derive(Clone, Copy, Debug, Default)]
struct Fit {
    squares: f64,
    bins: [(usize, f64, usize); BINS],
}

impl Fit {
    fn take(&mut self, p: f64, is: bool) {
        self.squares += (p - f64::from(u8::from(is))).powi(2);
        let bin = EDGES.iter().filter(|edge| p >= **edge).count();
        if let Some((n, sum, positive)) = self.bins.get_mut(bin) {
            (*n, *sum, *positive) = (*n + 1, *sum + p, *positive + usize::from(is));
        }
    }

    fn add(&mut self, other: &Self) {
        self.squares += other.squares;
        for (a, b) in self.bins.iter_mut().zip(&other.bins) {
            *a = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
        }
    }

    fn n(&self) -> usize {
        self.bins.iter().map(|b| b.0).sum()
    }

    /// Mean square of probability minus outcome.
    fn brier(&self) -> f64 {
        self.squares / self.n().max(1) as f64
    }

    /// Mean over samples of the gap between mean probability and share of positives in their bin.
    fn ece(&self) -> f64 {
        self.bins.iter().map(|(_, sum, positive)| (sum - *positive as f64).abs()).sum::<f64>() / self.n().max(1) as f64
    }

    /// The largest gap of a bin with enough in it.
    fn worst(&self) -> Option<f64> {
        let gap = |(n, sum, positive): &(usize, f64, usize)| (sum - *positive as f64).abs() / *n as f64;
        self.bins.iter().filter(|b| b.0 >= BIN_LEAST).map(gap).max_by(f64::total_cmp)
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.positive += other.positive;
        self.of.iter_mut().zip(&other.of).for_each(|(a, b)| a.add(b));
        self.outscores = (self.outscores.0 + other.outscores.0, self.outscores.1 + other.outscores.1);
    }

    fn auc(&self) -> f64 {
        self.outscores.0 / self.outscores.1.max(1) as f64
    }
}

fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// What must be added to the log-odds where the rate of what is sought is `share` of the samples, and not the score's own base.
fn offset(share: f64) -> f64 {
    (share / (1.0 - share)).ln() - BASE
}

/// Chance that `one` is above one of `others`; equal is half.
fn above(one: f64, others: &[f64]) -> Option<f64> {
    let beats = |other: &f64| if one > *other { 1.0 } else { 0.5 * f64::from(u8::from(one == *other)) };
    (!others.is_empty()).then(|| others.iter().map(beats).sum::<f64>() / others.len() as f64)
}

/// A figure with its 95 % interval.
type Figure = [f64; 3];

/// How well the score of a scenario's runs is calibrated.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    samples: usize,
    tracks: usize,
    sought: usize,
    not_yet: usize,
    by_runs: bool,
    // As it is, and with the scenario's rate where that is not none.
    brier: [Figure; 2],
    ece: [Figure; 2],
    worst: [Option<f64>; 2],
    bins: [[(usize, f64, usize); BINS]; 2],
    auc: Figure,
    compared: usize,
    /// Where a piece of evidence counted: how many, how many were expected to be sought, how many were; largest difference first.
    evidence: Vec<(&'static str, usize, f64, usize)>,
}

impl Calibration {
    /// Of the runs of a scenario.
    pub fn new(runs: &[&Run]) -> Self {
        let samples: Vec<&Samples> = runs.iter().map(|r| &r.samples).collect();
        Self::of(&samples)
    }

    fn of(runs: &[&Samples]) -> Self {
        let all = || runs.iter().flat_map(|r| r.all.iter().filter(|s| s.dark_under_way));
        let judged = || all().filter(|s| !matches!(s.truth, Truth::NotYet(_)));
        let is = |s: &Sample| matches!(s.truth, Truth::Sought(_));
        let (n, sought) = (judged().count(), judged().filter(|s| is(s)).count());
        let by = if sought > 0 && sought < n { offset(sought as f64 / n as f64) } else { 0.0 };
        let by_runs = runs.len() >= RUNS_LEAST;
        let mut clusters: BTreeMap<(usize, TrackId), Sums> = BTreeMap::new();
        let mut evidence: BTreeMap<&'static str, (usize, f64, usize)> = BTreeMap::new();
        let mut tracks = BTreeSet::new();
        for (run, of) in runs.iter().enumerate() {
            let mut others: BTreeMap<Timestamp, Vec<f64>> = BTreeMap::new();
            let counted = || of.all.iter().filter(|s| s.dark_under_way && !matches!(s.truth, Truth::NotYet(_)));
            counted().filter(|s| !is(s)).for_each(|s| others.entry(s.t).or_default().push(s.log_odds));
            for s in counted() {
                tracks.insert((run, s.track));
                let sums = clusters.entry((run, if by_runs { TrackId(0) } else { s.track })).or_default();
                let (raw, at_rate) = (probability(s.log_odds), probability(s.log_odds + by));
                sums.n += 1;
                sums.positive += usize::from(is(s));
                sums.of[0].take(raw, is(s));
                sums.of[1].take(at_rate, is(s));
                if is(s)
                    && let Some(chance) = others.get(&s.t).and_then(|o| above(s.log_odds, o))
                {
                    sums.outscores = (sums.outscores.0 + chance, sums.outscores.1 + 1);
                }
                for name in of.names.iter().enumerate().filter(|(at, _)| s.parts >> at & 1 == 1).map(|(_, n)| *n) {
                    let e = evidence.entry(name).or_default();
                    *e = (e.0 + 1, e.1 + at_rate, e.2 + usize::from(is(s)));
                }
            }
        }
        let clusters: Vec<Sums> = clusters.into_values().collect();
        let mut sum = Sums::default();
        clusters.iter().for_each(|c| sum.add(c));
        let drawn = resampled(&clusters);
        let told = |of: &dyn Fn(&Sums) -> f64| interval(of(&sum), drawn.iter().map(of).collect());
        let mut evidence: Vec<_> =
            evidence.into_iter().map(|(name, (n, expected, found))| (name, n, expected, found)).collect();
        evidence.sort_by(|a, b| (b.2 - b.3 as f64).abs().total_cmp(&(a.2 - a.3 as f64).abs()));
        Self {
            samples: n,
            tracks: tracks.len(),
            sought,
            not_yet: all().count() - n,
            by_runs,
            brier: [0, 1].map(|k| told(&|s: &Sums| s.of[k].brier())),
            ece: [0, 1].map(|k| told(&|s: &Sums| s.of[k].ece())),
            worst: [0, 1].map(|k: usize| sum.of[k].worst()),
            bins: [sum.of[0].bins, sum.of[1].bins],
            // A draw without a sought craft tells nothing of the order.
            auc: interval(sum.auc(), drawn.iter().filter(|d| d.outscores.1 > 0).map(Sums::auc).collect()),
            compared: sum.outscores.1,
            evidence,
        }
    }

    /// For people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.samples == 0 {
            return Ok(());
        }
        let told = |f: &Figure| format!("{:.4} [{:.4}, {:.4}]", f[0], f[1], f[2]);
        let share = self.sought as f64 / self.samples as f64;
        write!(
            out,
            "  score of {} track-minutes without AIS at {UNDER_WAY_KN} kn or more ({} tracks), {} of sought craft ({:.2} %, {} before their time left out): as it is Brier {}, ECE {}",
            self.samples,
            self.tracks,
            self.sought,
            100.0 * share,
            self.not_yet,
            told(&self.brier[0]),
            told(&self.ece[0]),
        )?;
        if self.sought > 0 {
            write!(
                out,
                "; at this rate Brier {} (a constant: {:.4}), ECE {}, worst bin {}",
                told(&self.brier[1]),
                share * (1.0 - share),
                told(&self.ece[1]),
                self.worst[1].map_or_else(|| "–".to_owned(), |w| format!("{w:.2}"))
            )?;
        }
        writeln!(out)?;
        if self.compared > 0 {
            write!(
                out,
                "  of a sought craft and another such track at one moment it has the higher score: {}",
                told(&self.auc)
            )?;
            let amiss: Vec<String> = self
                .evidence
                .iter()
                .take(3)
                .map(|(name, n, expected, found)| format!("{name} {expected:.0} expected, {found} found of {n}"))
                .collect();
            writeln!(out, "; most amiss: {}", amiss.join("; "))?;
        }
        Ok(())
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Value {
        let bins = |k: usize| {
            let lower = [0.0].into_iter().chain(EDGES);
            let one = |(from, (n, sum, positive)): (f64, &(usize, f64, usize))| {
                let of = (*n).max(1) as f64;
                serde_json::json!({"from": from, "n": n, "mean": sum / of, "share": *positive as f64 / of})
            };
            lower.zip(&self.bins[k]).map(one).collect::<Vec<_>>()
        };
        let fit = |k: usize| serde_json::json!({"brier": self.brier[k], "ece": self.ece[k], "worst_bin": self.worst[k], "bins": bins(k)});
        let rated = self.sought > 0;
        serde_json::json!({
            "track_minutes": self.samples, "tracks": self.tracks, "sought": self.sought, "before_their_time": self.not_yet,
            "drawn_by": if self.by_runs { "runs" } else { "tracks" }, "as_it_is": fit(0), "at_rate": rated.then(|| fit(1)),
            "auc": (self.compared > 0).then_some(self.auc), "compared": self.compared,
            "evidence": self.evidence.iter().map(|(name, n, expected, found)|
                serde_json::json!({"name": name, "n": n, "expected": expected, "found": found})).collect::<Vec<_>>(),
        })
    }
}

/// Sums of as many clusters, drawn with replacement by a generator of a fixed seed.
fn resampled(clusters: &[Sums]) -> Vec<Sums> {
    // Steele, Lea and Flood's SplitMix64.
    let mut state = 0u64;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let one = |_| {
        let mut sum = Sums::default();
        for _ in 0..clusters.len() {
            let at = (next() % clusters.len().max(1) as u64) as usize;
            clusters.get(at).into_iter().for_each(|c| sum.add(c));
        }
        sum
    };
    (0..ROUNDS).map(one).collect()
}

fn interval(value: f64, mut drawn: Vec<f64>) -> Figure {
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn.get((share * (drawn.len().max(1) - 1) as f64).round() as usize).copied().unwrap_or(value);
    [value, at(0.025), at(0.975)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn brier_and_ece_are_those_worked_out_by_hand() {
        let mut fit = Fit::default();
        [(0.2, false), (0.2, true), (0.6, true), (0.6, true), (0.95, false)].iter().for_each(|(p, is)| fit.take(*p, *is));
        // (0.04 + 0.64 + 0.16 + 0.16 + 0.9025) / 5.
        assert!(near(fit.brier(), 0.3805), "{}", fit.brier());
        // Three bins: |0.4 - 1|, |1.2 - 2|, |0.95 - 0|, over five.
        assert!(near(fit.ece(), (0.6 + 0.8 + 0.95) / 5.0), "{}", fit.ece());
        assert_eq!(fit.worst(), None);
        // Sixty of 0.02, three of which are: a gap of 0.03; probabilities on an edge belong above it.
        let mut fit = Fit::default();
        (0..60).for_each(|n| fit.take(0.02, n < 3));
        fit.take(0.03, false);
        assert!(near(fit.worst().unwrap(), 0.03), "{:?}", fit.worst());
        assert!(near(fit.ece(), (60.0 * 0.03 + 0.03) / 61.0), "{}", fit.ece());
    }

    #[test]
    fn the_chance_to_outscore_counts_halves() {
        assert_eq!(above(1.0, &[0.0, 1.0, 2.0, 0.5]), Some(0.625));
        assert_eq!(above(1.0, &[]), None);
    }

    #[test]
    fn the_rate_moves_the_base_and_nothing_else() {
        // No evidence at all: at a rate of one in four it says one in four.
        assert!(near(probability(BASE + offset(0.25)), 0.25));
        // And e^2 times the odds where the evidence says 2: (1/3)·e² to 1.
        let odds = 2f64.exp() / 3.0;
        assert!(near(probability(BASE + 2.0 + offset(0.25)), odds / (1.0 + odds)));
    }

    fn sample(minute: i64, track: u64, log_odds: f64, truth: Truth) -> Sample {
        let t = Timestamp::from_secs(1_773_504_000 + 60 * minute);
        Sample {
            t,
            track: TrackId(track),
            log_odds,
            parts: u32::from(matches!(truth, Truth::Sought(_))),
            truth,
            dark_under_way: true,
        }
    }

    #[test]
    fn only_tracks_of_one_moment_are_compared_and_those_before_their_time_are_left_out() {
        let (is, other) = (Truth::Sought(9), Truth::Other(None));
        let mut all = vec![
            sample(0, 1, -3.0, Truth::NotYet(9)),
            sample(0, 2, -5.0, other),
            // Above one of two, below one that is not of this moment.
            sample(1, 1, -2.0, is),
            sample(1, 2, -5.0, other),
            sample(1, 3, -1.0, other),
            // Above the only one.
            sample(2, 1, 0.0, is),
            sample(2, 2, -5.0, other),
            sample(3, 3, 4.0, other),
        ];
        let named = Sample { dark_under_way: false, ..sample(2, 4, 9.0, other) };
        all.push(named);
        let samples = Samples { all, names: vec!["fast"], fast: BTreeSet::new() };
        let c = Calibration::of(&[&samples]);
        assert_eq!((c.samples, c.sought, c.not_yet, c.tracks, c.compared), (7, 2, 1, 3, 2));
        assert!(near(c.auc[0], 0.75), "{:?}", c.auc);
        assert!(c.auc[1] <= c.auc[0] && c.auc[0] <= c.auc[2]);
        let by = offset(2.0 / 7.0);
        let expected = probability(-2.0 + by) + probability(by);
        assert!(matches!(c.evidence[..], [("fast", 2, e, 2)] if near(e, expected)), "{:?}", c.evidence);
        // The same twice over is the same, interval and all.
        assert_eq!(format!("{c:?}"), format!("{:?}", Calibration::of(&[&samples])));
    }
}
