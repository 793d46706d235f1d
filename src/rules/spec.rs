//! A rule as it is written, before it is compiled.

use super::compiled::CompiledRule;
use super::fields::{FIELDS, FieldKind, Slots, slot_of};
use super::grounds::digest;
use super::lang::{Condition, Parameter, condition};
use super::nearest;
use crate::model::{Alert, AlertState, EvidenceValue, Severity, Timestamp};

/// One rule of the site's TOML. Expressions are in CEL syntax over the fields of a track; texts hold fields as
/// `{sog_lcb90_kn:.0}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSpec {
    /// As `R01`.
    pub id: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Limits of this rule, which its expressions and texts call `p.name`.
    pub params: Vec<Parameter>,
    /// What must hold.
    pub when: String,
    /// What is evidence enough besides: while it holds too, `hold_s` is not waited for.
    pub at_once_when: Option<String>,
    /// What ends an alert; without it, that `when` does not hold. Another threshold than in `when` makes the hysteresis.
    pub clear_when: Option<String>,
    /// What keeps the rule silent although `when` holds.
    pub suppress: Option<String>,
    /// `when` must hold for this long, s.
    pub hold_s: f64,
    /// The end must hold for this long, s.
    pub clear_s: f64,
    /// After an alert of this rule about a track, none again about the same track for this long, s, unless more severe.
    pub hold_down_s: f64,
    /// A field that tells how long ago that happened of which it tells: what has happened since the last alert is told again, whatever `hold_down_s`.
    pub event_s: Option<String>,
    /// It is about an event and not a craft: one alert at a time, whatever the tracks, and none for `hold_down_s` after it.
    pub single: bool,
    /// How much it matters.
    pub severity: Severity,
    /// What makes it matter more: one level, or as `escalate_to` says.
    pub escalate_when: Option<String>,
    /// How much it matters then.
    pub escalate_to: Option<Severity>,
    /// A field that tells the severity itself, where it is known: that of the zone or the entry.
    pub severity_from: Option<String>,
    /// Text in Chinese.
    pub text_zh: String,
    /// Text in English.
    pub text_en: String,
    /// What would refute it, in Chinese.
    pub refutes_zh: Option<String>,
    /// What would refute it, in English.
    pub refutes_en: Option<String>,
    /// Tracks about which it must hold and not be suppressed; fields that a sample leaves out are unknown.
    pub must_fire: Vec<Sample>,
    /// Tracks about which it must not hold, or must be suppressed.
    pub must_not_fire: Vec<Sample>,
    /// Who answers for it.
    pub owner: String,
    /// From this instant on it raises nothing.
    pub expires: Option<Timestamp>,
}

/// A track as a rule sees it: values of fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Name and value of each field; sets as words with commas between.
    pub fields: Vec<(String, EvidenceValue)>,
}

/// Something wrong in an expression or a text of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault {
    /// Which key of the rule, as `when`.
    pub key: &'static str,
    /// Which of several under that key.
    pub item: usize,
    /// The byte of the value where it is.
    pub at: usize,
    /// What is wrong and what would be right.
    pub what: String,
}

/// What a rule says of values.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether `when` holds; `None` where what is not known could turn it.
    pub holds: Option<bool>,
    /// The clause of `suppress` that holds.
    pub suppressed: Option<String>,
    /// How much it would matter.
    pub severity: Severity,
    /// Whether what ends the alert holds.
    pub over: Option<bool>,
}

impl RuleSpec {
    /// Whether `when` asks for that field; never where it is wrong.
    pub fn reads(&self, field: &str) -> bool {
        CompiledRule::new(self).is_ok_and(|rule| rule.when.order.iter().any(|&slot| FIELDS[usize::from(slot)].name == field))
    }

    /// Digest of all that decides, 16 hexadecimal digits.
    pub fn version(&self) -> String {
        // Its `Debug` form names every key with all its digits.
        digest(&format!("{self:?}"))
    }

    /// Everything that is wrong in its expressions and texts, and its samples that do not come out.
    pub fn check(&self) -> Vec<RuleFault> {
        let rule = match CompiledRule::new(self) {
            Ok(rule) => rule,
            Err(faults) => return faults,
        };
        let mut faults = Vec::new();
        for (key, samples, wanted) in [("must_fire", &self.must_fire, true), ("must_not_fire", &self.must_not_fire, false)] {
            for (item, sample) in samples.iter().enumerate() {
                let mut fault = |what: String| faults.push(RuleFault { key, item, at: 0, what });
                match sample.slots() {
                    Err(wrong) => wrong.into_iter().for_each(&mut fault),
                    Ok(slots) => {
                        let verdict = rule.verdict(&slots);
                        let fires = verdict.holds == Some(true) && verdict.suppressed.is_none();
                        if fires != wanted {
                            fault(why_not(&verdict, wanted));
                        }
                    }
                }
            }
        }
        faults
    }

    /// What it says of an alert's evidence: the decision computed again. `None` where the rule itself is wrong.
    pub fn verdict(&self, evidence: &[(String, EvidenceValue)]) -> Option<Verdict> {
        let mut slots = Slots::new();
        for (name, value) in evidence {
            if let Some(slot) = slot_of(name) {
                slots.set(slot, value_of(slot, value).ok().flatten());
            }
        }
        CompiledRule::new(self).ok().map(|rule| rule.verdict(&slots))
    }

    /// Whether the evidence of an alert of this rule gives the decision again that it tells; what differs where it does not.
    pub fn confirms(&self, alert: &Alert) -> Result<(), String> {
        let version = self.version();
        if alert.basis.rule_version != version {
            return Err(format!("decided by version {}, and this is {version}", alert.basis.rule_version));
        }
        let verdict = self.verdict(&alert.evidence).ok_or("the rule is wrong")?;
        if alert.state == AlertState::Cleared {
            return Ok(());
        }
        // One that is told again because it has become worse may meanwhile be between its limits.
        if verdict.suppressed.is_some()
            || verdict.severity != alert.severity
            || verdict.holds != Some(true) && verdict.over == Some(true)
        {
            return Err(format!("severity {} was told, and the evidence gives {verdict:?}", alert.severity.level()));
        }
        Ok(())
    }
}

fn why_not(verdict: &Verdict, wanted: bool) -> String {
    match (wanted, verdict) {
        (true, Verdict { holds: Some(true), suppressed: Some(by), .. }) => format!("must fire and is suppressed by \"{by}\""),
        (true, Verdict { holds: None, .. }) => {
            "must fire, but what the sample leaves out is unknown, and unknown never fires".to_owned()
        }
        (true, _) => "must fire, and \"when\" is false of it".to_owned(),
        (false, _) => "must not fire, and does".to_owned(),
    }
}

/// One condition and the values it is asked of, for measuring.
#[derive(Clone, Debug)]
pub struct Probe {
    condition: Condition,
    slots: Slots,
}

impl Probe {
    /// Compiles a condition; all faults of it and of the values.
    pub fn new(text: &str, sample: &Sample) -> Result<Self, Vec<String>> {
        let condition = condition(text, &[]).map_err(|faults| faults.into_iter().map(|f| f.what).collect::<Vec<_>>())?;
        Ok(Self { condition, slots: sample.slots()? })
    }

    /// Whether it holds.
    #[inline]
    pub fn holds(&self) -> Option<bool> {
        self.condition.holds(&self.slots)
    }
}

impl Sample {
    fn slots(&self) -> Result<Slots, Vec<String>> {
        let (mut slots, mut faults) = (Slots::new(), Vec::new());
        for (name, value) in &self.fields {
            match slot_of(name) {
                None => {
                    let near = nearest(name, FIELDS.iter().map(|f| f.name));
                    let hint = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
                    faults.push(format!("\"{name}\" is not a field{hint}"));
                }
                Some(slot) => match value_of(slot, value) {
                    Ok(value) => slots.set(slot, value),
                    Err(what) => faults.push(format!("{name}: {what}")),
                },
            }
        }
        if faults.is_empty() { Ok(slots) } else { Err(faults) }
    }
}

/// A value as its slot holds it.
fn value_of(slot: u8, value: &EvidenceValue) -> Result<Option<f64>, String> {
    let Some(field) = FIELDS.get(usize::from(slot)) else { return Ok(None) };
    let word = |words: &[&str], text: &str| {
        words.iter().position(|w| *w == text).ok_or_else(|| {
            let hint =
                nearest(text, words.iter().copied()).map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
            format!("'{text}' is none of {}{hint}", words.join(", "))
        })
    };
    match (field.kind, value) {
        (_, EvidenceValue::Unknown) => Ok(None),
        (FieldKind::Number, EvidenceValue::Number(v)) => Ok(Some(*v)),
        (FieldKind::Flag, EvidenceValue::Flag(f)) => Ok(Some(f64::from(u8::from(*f)))),
        (FieldKind::Word(words), EvidenceValue::Text(text)) => word(words, text).map(|i| Some(i as f64)),
        (FieldKind::Set(words), EvidenceValue::Text(text)) => {
            let each = text.split(',').map(str::trim).filter(|t| !t.is_empty());
            let bits = each.map(|t| word(words, t)).try_fold(0u32, |bits, i| i.map(|i| bits | 1 << i))?;
            Ok(Some(f64::from(bits)))
        }
        // What something is called decides nothing.
        (FieldKind::Label(_), _) => Ok(None),
        (FieldKind::Number, _) => Err("expected a number".to_owned()),
        (FieldKind::Flag, _) => Err("expected true or false".to_owned()),
        (FieldKind::Word(_) | FieldKind::Set(_), _) => Err("expected a word in quotes".to_owned()),
    }
}
