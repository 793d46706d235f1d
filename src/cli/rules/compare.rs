//! Two sets of rules on the same tracks: what each raised, and which alerts are new, gone or changed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use crate::model::{Alert, AlertState, Severity, TrackId};
use crate::rules::RuleSpec;

/// An alert by what makes it the same in both sets: its rule, its craft, and which of that craft's alerts by that rule it is.
type Key = (String, TrackId, usize);

/// One alert from its raising on.
#[derive(Clone, Debug, PartialEq)]
struct Raised {
    first: Alert,
    /// The highest severity it came to.
    severity: Severity,
}

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Added,
    Gone,
    /// Raised by both, at another time or with another severity.
    Changed,
}

impl Change {
    const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}

/// Alerts by rule, as counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counts {
    name_zh: String,
    name_en: String,
    before: usize,
    after: usize,
    added: usize,
    gone: usize,
    changed: usize,
}

/// The comparison of two sets of rules.
pub struct Comparison {
    hours: f64,
    rules: BTreeMap<String, Counts>,
    /// Crafts that raised anything of severity 3 or more, before and after.
    crafts: [usize; 2],
    differences: Vec<(Change, Option<Raised>, Option<Raised>)>,
}

/// From this severity on an officer is called: warning.
const CALLS: u8 = 3;

impl Comparison {
    /// Compares what the rules of today and the tried ones raised in `seconds` of recording.
    pub fn new(today: &[RuleSpec], before: &[Alert], tried: &[RuleSpec], after: &[Alert], seconds: f64) -> Self {
        let mut rules: BTreeMap<String, Counts> = BTreeMap::new();
        for spec in today.iter().chain(tried) {
            let counts = rules.entry(spec.id.clone()).or_default();
            (counts.name_zh, counts.name_en) = (spec.name_zh.clone(), spec.name_en.clone());
        }
        let (before, after) = (raised(before), raised(after));
        let mut differences = Vec::new();
        for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (old, new) = (before.get(key), after.get(key));
            let counts = rules.entry(key.0.clone()).or_default();
            counts.before += usize::from(old.is_some());
            counts.after += usize::from(new.is_some());
            let change = match (old, new) {
                (None, Some(_)) => Change::Added,
                (Some(_), None) => Change::Gone,
                (Some(o), Some(n)) if o.severity != n.severity || o.first.t != n.first.t => Change::Changed,
                _ => continue,
            };
            match change {
                Change::Added => counts.added += 1,
                Change::Gone => counts.gone += 1,
                Change::Changed => counts.changed += 1,
            }
            differences.push((change, old.cloned(), new.cloned()));
        }
        // An officer reads a night from its beginning.
        differences.sort_by_key(|(change, old, new)| {
            let t = [old, new].into_iter().flatten().map(|r| r.first.t).min();
            (t, *change)
        });
        Self { hours: seconds / 3600.0, rules, crafts: [crafts(&before), crafts(&after)], differences }
    }

    /// A table for people: a line a rule, then at most `list` differences.
    pub fn write_table(&self, list: usize, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{:.2} h of recording; alerts by today's rules and by the tried ones", self.hours)?;
        writeln!(
            out,
            "{:<6} {:>7} {:>7} {:>9} {:>9} {:>6} {:>6} {:>8}  name",
            "rule", "today", "tried", "today/h", "tried/h", "added", "gone", "changed"
        )?;
        let mut sum = Counts { name_en: "all".to_owned(), ..Counts::default() };
        for (id, c) in &self.rules {
            self.row(id, c, out)?;
            sum.before += c.before;
            sum.after += c.after;
            sum.added += c.added;
            sum.gone += c.gone;
            sum.changed += c.changed;
        }
        self.row("", &sum, out)?;
        writeln!(out, "crafts with an alert of severity {CALLS} or more: {} today, {} tried", self.crafts[0], self.crafts[1])?;
        for (change, old, new) in self.differences.iter().take(list) {
            let (Some(shown), both) = (new.as_ref().or(old.as_ref()), old.as_ref().zip(new.as_ref())) else { continue };
            let a = &shown.first;
            write!(out, "{:<8} {} {} track {} severity {}", change.word(), a.t, a.rule, a.track.0, shown.severity.level())?;
            if let Some((old, new)) = both {
                let later = new.first.t.seconds_since(old.first.t);
                write!(out, " (was {}, {:+.1} s)", old.severity.level(), later)?;
            }
            writeln!(out, ": {}", a.text_en)?;
        }
        let more = self.differences.len().saturating_sub(list);
        if more > 0 {
            writeln!(out, "{more} more; --json has all")?;
        }
        Ok(())
    }

    fn row(&self, id: &str, c: &Counts, out: &mut dyn Write) -> io::Result<()> {
        let (before, after) = (self.an_hour(c.before), self.an_hour(c.after));
        writeln!(
            out,
            "{id:<6} {:>7} {:>7} {before:>9.2} {after:>9.2} {:>6} {:>6} {:>8}  {} {}",
            c.before, c.after, c.added, c.gone, c.changed, c.name_en, c.name_zh
        )
    }

    // A recording without length has no rate.
    fn an_hour(&self, count: usize) -> f64 {
        if self.hours > 0.0 { count as f64 / self.hours } else { f64::NAN }
    }

    /// Everything, as one JSON object.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let rules: Vec<_> = self
            .rules
            .iter()
            .map(|(id, c)| {
                serde_json::json!({
                    "rule": id, "name": {"zh": c.name_zh, "en": c.name_en}, "today": c.before, "tried": c.after,
                    "added": c.added, "gone": c.gone, "changed": c.changed,
                })
            })
            .collect();
        let differences: Vec<_> = self
            .differences
            .iter()
            .map(|(change, old, new)| serde_json::json!({"change": change.word(), "today": told(old), "tried": told(new)}))
            .collect();
        let all = serde_json::json!({
            "hours": self.hours,
            "crafts_called_for": {"today": self.crafts[0], "tried": self.crafts[1]},
            "rules": rules,
            "differences": differences,
        });
        writeln!(out, "{all}")
    }
}

fn told(raised: &Option<Raised>) -> serde_json::Value {
    raised.as_ref().map_or(serde_json::Value::Null, |r| {
        let a = &r.first;
        serde_json::json!({
            "rule": a.rule, "track_id": a.track.0, "t": a.t.nanos() as f64 / 1e9, "severity": r.severity.level(),
            "lat": a.position.lat_deg(), "lon": a.position.lon_deg(), "text": {"zh": a.text_zh, "en": a.text_en},
        })
    })
}

// Alert lines become alerts: one that is said again under its own number has grown more severe.
fn raised(lines: &[Alert]) -> BTreeMap<Key, Raised> {
    let mut by_id: BTreeMap<u64, Raised> = BTreeMap::new();
    for line in lines.iter().filter(|a| a.state == AlertState::Raised) {
        let known = by_id.entry(line.id.0).or_insert_with(|| Raised { first: line.clone(), severity: line.severity });
        known.severity = known.severity.max(line.severity);
    }
    let mut ordinals: BTreeMap<(String, TrackId), usize> = BTreeMap::new();
    let mut alerts = BTreeMap::new();
    for alert in by_id.into_values() {
        let ordinal = ordinals.entry((alert.first.rule.clone(), alert.first.track)).or_insert(0);
        alerts.insert((alert.first.rule.clone(), alert.first.track, *ordinal), alert);
        *ordinal += 1;
    }
    alerts
}

fn crafts(alerts: &BTreeMap<Key, Raised>) -> usize {
    alerts.values().filter(|a| a.severity.level() >= CALLS).map(|a| a.first.track).collect::<BTreeSet<_>>().len()
}
