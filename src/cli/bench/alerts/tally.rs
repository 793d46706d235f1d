//! Runs of one scenario → the figures of the evaluation, with intervals.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::calibration::Calibration;
use super::criteria::Answer;
use super::landings::{Foresight, Landings};
use super::latency::Latencies;
use super::ledger::{Ledger, Said};
use super::watch::{Run, Sought};
use crate::sim::coast::{Class, Story};

/// Two-sided 95 %.
const Z: f64 = 1.959_964;
const CALLS: u8 = 3;

/// Figures of one way to judge the same tracks.
#[derive(Clone, Debug, Default)]
struct Judged {
    called: usize,
    craft: usize,
    to_alert_s: Vec<f64>,
    margin_min: Vec<f64>,
    extra_incidents: usize,
    false_incidents: usize,
    false_by: BTreeMap<&'static str, usize>,
}

/// The figures of a scenario.
#[derive(Clone, Debug)]
pub struct Tally {
    story: &'static Story,
    runs: usize,
    hours: f64,
    coverage: f64,
    covered: usize,
    track_changes: f64,
    ours: Judged,
    naive: Judged,
    answers: Vec<Answer>,
    hidden: usize,
    changes: usize,
    swaps: usize,
    boat_hours: f64,
    again: (usize, usize),
    calibration: Calibration,
    latency: Latencies,
    foresight: Vec<Foresight>,
}

impl Tally {
    /// The figures of its runs.
    pub fn new(story: &'static Story, runs: &[&Run]) -> Self {
        let hours = runs.iter().map(|r| r.hours).sum();
        let mut answers: Vec<Answer> = Vec::new();
        for answer in runs.iter().flat_map(|r| r.answers()) {
            match answers.iter_mut().find(|a| a.what == answer.what) {
                Some(a) => (a.passed, a.asked) = (a.passed + answer.passed, a.asked + answer.asked),
                None => answers.push(answer),
            }
        }
        let covered: Vec<&Sought> = runs.iter().flat_map(|r| &r.sought).filter(|s| s.t_crit.is_some()).collect();
        let changes: usize = covered.iter().map(|s| s.tracks.len().saturating_sub(1)).sum();
        Self {
            story,
            runs: runs.len(),
            hours,
            coverage: runs.iter().map(|r| r.coverage).sum::<f64>() / runs.len().max(1) as f64,
            covered: covered.len(),
            track_changes: changes as f64 / covered.len().max(1) as f64,
            ours: judged(runs, |r| &r.alerts),
            naive: judged(runs, |r| &r.naive),
            hidden: runs.iter().map(|r| hidden(r)).sum(),
            foresight: foresight(runs),
            answers,
            changes,
            swaps: runs.iter().map(|r| r.swaps.count).sum(),
            boat_hours: runs.iter().map(|r| r.swaps.boat_hours).sum(),
            again: runs.iter().fold((0, 0), |sum, r| (sum.0 + r.again.0, sum.1 + r.again.1)),
            calibration: Calibration::new(runs),
            latency: Latencies::new(runs),
        }
    }

    /// For people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "\n{}: {} runs, {:.1} h, a go-fast is in coverage on {:.0} % of the sea; {} sought craft in coverage, {:.1} changes of track number each",
            self.story.name,
            self.runs,
            self.hours,
            100.0 * self.coverage,
            self.covered,
            self.track_changes
        )?;
        writeln!(out, "  asked: {}", self.story.criterion)?;
        for (name, j) in [("rules", &self.ours), ("naive", &self.naive)] {
            write!(out, "  {name}: ")?;
            if j.craft > 0 {
                let (low, high) = wilson(j.called, j.craft);
                write!(out, "P(alert) {:.2} [{low:.2}, {high:.2}] of {}; ", j.called as f64 / j.craft as f64, j.craft)?;
                write!(out, "to alert {} / {} s; ", told(quantile(&j.to_alert_s, 0.5)), told(quantile(&j.to_alert_s, 0.95)))?;
                write!(out, "margin {} min; ", told(quantile(&j.margin_min, 0.5)))?;
                write!(out, "duplicates {:.2}; ", j.extra_incidents as f64 / j.called.max(1) as f64)?;
            }
            let (low, high) = poisson(j.false_incidents);
            let rate = |n: f64| n / self.hours.max(1e-9);
            write!(out, "false {:.2}/h [{:.2}, {:.2}]", rate(j.false_incidents as f64), rate(low), rate(high))?;
            let by: Vec<String> = j.false_by.iter().map(|(class, n)| format!("{class} {n}")).collect();
            writeln!(out, "{}{}", if by.is_empty() { "" } else { ": " }, by.join(", "))?;
        }
        if self.covered > 0 {
            writeln!(out, "  hidden by a suppression and never called for: {} of {}", self.hidden, self.covered)?;
        }
        if self.boat_hours > 0.0 {
            let rate = |n: usize| {
                let (low, high) = poisson(n);
                let an_hour = |n: f64| n / self.boat_hours;
                format!("{n} ({:.2} [{:.2}, {:.2}] an hour and boat)", an_hour(n as f64), an_hour(low), an_hour(high))
            };
            let (changes, swaps) = (rate(self.changes), rate(self.swaps));
            writeln!(
                out,
                "  in {:.1} h of boats at speed: changes of track number {changes}, of the craft under a number {swaps}",
                self.boat_hours
            )?;
        }
        let (low, high) = wilson(self.again.0, self.again.1);
        writeln!(out, "  decided again from its evidence: {} of {} alerts [{low:.3}, {high:.3}]", self.again.0, self.again.1)?;
        self.latency.write(out)?;
        self.calibration.write(out)?;
        for f in &self.foresight {
            let share = |n: usize| n as f64 / f.asked as f64;
            let (low, high) = wilson(f.second, f.asked);
            writeln!(
                out,
                "  landing {}: the likeliest zone {} of {}, among two {} of {} ({:.2} [{low:.2}, {high:.2}]); place off by {} m ({} m straight ahead), time by {} s (median)",
                f.when,
                f.first,
                f.asked,
                f.second,
                f.asked,
                share(f.second),
                told(quantile(&f.off_m, 0.5)),
                told(quantile(&f.straight_off_m, 0.5)),
                told(quantile(&f.late_s, 0.5)),
            )?;
        }
        for a in &self.answers {
            let (low, high) = wilson(a.passed, a.asked);
            writeln!(out, "  {}: {} of {} [{low:.2}, {high:.2}]", a.what, a.passed, a.asked)?;
        }
        Ok(())
    }

    /// For programs; with CPU times, which differ from run to run, where `cpu` asks for them.
    pub fn json(&self, cpu: bool) -> serde_json::Value {
        let told = |j: &Judged| {
            let (low, high) = wilson(j.called, j.craft);
            let (few, many) = poisson(j.false_incidents);
            serde_json::json!({
                "craft": j.craft, "called": j.called, "p_alert": [j.called as f64 / j.craft.max(1) as f64, low, high],
                "to_alert_s": {"median": quantile(&j.to_alert_s, 0.5), "p95": quantile(&j.to_alert_s, 0.95), "all": j.to_alert_s},
                "margin_min": {"median": quantile(&j.margin_min, 0.5), "all": j.margin_min}, "extra_incidents": j.extra_incidents,
                "false_incidents": j.false_incidents, "false_by": j.false_by,
                "false_an_hour": [j.false_incidents as f64 / self.hours, few / self.hours, many / self.hours],
            })
        };
        let (low, high) = wilson(self.again.0, self.again.1);
        serde_json::json!({
            "scenario": self.story.name, "asked": self.story.criterion, "runs": self.runs, "hours": self.hours,
            "coverage": self.coverage, "hidden": self.hidden, "track_changes": self.track_changes, "rules": told(&self.ours), "naive": told(&self.naive),
            "changes_of_number": self.changes, "changes_of_craft": self.swaps, "boat_hours": self.boat_hours,
            "decided_again": {"same": self.again.0, "of": self.again.1, "share": [low, high]},
            "latency": self.latency.json(cpu), "score": self.calibration.json(),
            "landings": self.foresight.iter().map(|f| serde_json::json!({
                "when": f.when, "asked": f.asked, "first": f.first, "among_two": f.second, "off_m": f.off_m, "straight_off_m": f.straight_off_m, "late_s": f.late_s,
            })).collect::<Vec<_>>(),
            "answers": self.answers.iter().map(|a| serde_json::json!({"what": a.what, "passed": a.passed, "asked": a.asked})).collect::<Vec<_>>(),
        })
    }
}

// Sought crafts of which something was kept back, and nothing said.
fn hidden(run: &Run) -> usize {
    let kept = |id| run.alerts.kept_back.iter().any(|k| k.severity >= CALLS && k.about.id == Some(id));
    let called = |id| run.alerts.said.iter().any(|s| s.severity >= CALLS && s.about.id == Some(id));
    run.sought.iter().filter(|s| kept(s.id) && !called(s.id)).count()
}

fn foresight(runs: &[&Run]) -> Vec<Foresight> {
    let landings: Vec<&Landings> = runs.iter().map(|r| &r.landings).collect();
    let first = |n: usize, id, counts: &dyn Fn(&Said) -> bool| {
        let said = runs.get(n)?.alerts.said.iter();
        said.filter(|s| s.about.id == Some(id) && counts(s)).map(|s| s.t).min()
    };
    let mut all = vec![
        Foresight::when("at the first call", &landings, |n, id| first(n, id, &|s| s.severity >= CALLS)),
        Foresight::when("at R07", &landings, |n, id| first(n, id, &|s| s.rule == "R07")),
    ];
    all.extend(Foresight::before(&landings));
    all.retain(|f| f.asked > 0);
    all
}

fn judged(runs: &[&Run], of: impl Fn(&Run) -> &Ledger) -> Judged {
    let mut out = Judged::default();
    for run in runs {
        let ledger = of(run);
        for craft in &run.sought {
            let Some(t_crit) = craft.t_crit else { continue };
            out.craft += 1;
            let about = || ledger.said.iter().filter(|s| s.about.id == Some(craft.id) && s.severity >= CALLS);
            let in_time = about().find(|s| craft.landed.is_none_or(|landed| s.t < landed));
            let Some(first) = in_time else { continue };
            out.called += 1;
            // Called before the criterion was met in coverage: seen further than half the looks.
            out.to_alert_s.push(first.t.seconds_since(t_crit).max(0.0));
            if let Some(landed) = craft.landed {
                out.margin_min.push(landed.seconds_since(first.t) / 60.0);
            }
            let incidents: BTreeSet<usize> = about().map(|s| s.incident).collect();
            out.extra_incidents += incidents.len().saturating_sub(1);
        }
        let right: BTreeSet<usize> = ledger.said.iter().filter(|s| s.about.sought).map(|s| s.incident).collect();
        let mut wrong: BTreeMap<usize, Option<Class>> = BTreeMap::new();
        for s in ledger.said.iter().filter(|s| s.severity >= CALLS && !right.contains(&s.incident)) {
            wrong.entry(s.incident).or_insert(s.about.class);
        }
        out.false_incidents += wrong.len();
        for class in wrong.values() {
            *out.false_by.entry(class.map_or("nothing", |c| c.word())).or_default() += 1;
        }
    }
    out.to_alert_s.sort_by(f64::total_cmp);
    out.margin_min.sort_by(f64::total_cmp);
    out
}

fn told(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.0}"))
}

/// The value below which a share of the sorted values lies.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).ceil() as usize).copied()
}

/// Wilson's 95 % interval of a share.
fn wilson(passed: usize, asked: usize) -> (f64, f64) {
    if asked == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (asked as f64, passed as f64 / asked as f64);
    let centre = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    ((centre - half) / scale, (centre + half) / scale)
}

/// 95 % interval of a Poisson mean from a count, by Wilson and Hilferty's cube root: within a hundredth of the exact one.
fn poisson(count: usize) -> (f64, f64) {
    let cube = |n: f64, z: f64| n * (1.0 - 1.0 / (9.0 * n) + z / (3.0 * n.sqrt())).powi(3);
    let n = count as f64;
    (if count == 0 { 0.0 } else { cube(n, -Z) }, cube(n + 1.0, Z))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_the_published_ones() {
        // Wilson: 0 of 200 below 1.9 %; 95 of 100 in 0.888–0.978 (Newcombe 1998, method 3).
        assert!((wilson(0, 200).1 - 0.0188).abs() < 2e-4);
        let (low, high) = wilson(95, 100);
        assert!((low - 0.8882).abs() < 1e-3 && (high - 0.9785).abs() < 1e-3, "{low} {high}");
        // Garwood's exact interval of 10 events: 4.795–18.39; of none: 0–3.69.
        let (low, high) = poisson(10);
        assert!((low - 4.795).abs() < 0.03 && (high - 18.39).abs() < 0.03, "{low} {high}");
        assert!((poisson(0).1 - 3.69).abs() < 0.05, "{}", poisson(0).1);
    }
}
