//! A rule ready to be asked: expressions as trees, texts as pieces, times in nanoseconds.

use super::fields::{FIELDS, SlotSet};
use super::lang::{Condition, LangFault, condition};
use super::spec::{RuleFault, RuleSpec};
use super::template::Template;
use crate::model::{Severity, Timestamp};

/// What texts can show besides fields and limits.
const TEXT_EXTRAS: [&str; 3] = ["hold_s", "held_s", "track_id"];

/// A compiled rule.
#[derive(Clone, Debug)]
pub(super) struct CompiledRule {
    pub id: String,
    pub name_zh: String,
    pub name_en: String,
    pub when: Condition,
    pub clear_when: Option<Condition>,
    pub suppress: Option<Condition>,
    pub escalate_when: Option<Condition>,
    pub hold_ns: i64,
    pub clear_ns: i64,
    pub hold_down_ns: i64,
    severity: Severity,
    pub text_zh: Template,
    pub text_en: Template,
    pub expires: Option<Timestamp>,
    /// Fields that every look needs.
    pub looked_at: SlotSet,
    /// Fields that an alert needs besides.
    pub told: SlotSet,
    /// All fields of the rule and its texts, in the order of the rule: what the evidence lists.
    pub told_order: Vec<u8>,
}

impl CompiledRule {
    /// Compiles a rule; all its faults at once.
    pub(super) fn new(spec: &RuleSpec) -> Result<Self, Vec<RuleFault>> {
        let mut faults = Vec::new();
        let when = compile(&mut faults, "when", &spec.when);
        let clear_when = spec.clear_when.as_deref().map(|text| compile(&mut faults, "clear_when", text));
        let suppress = spec.suppress.as_deref().map(|text| compile(&mut faults, "suppress", text));
        let escalate_when = spec.escalate_when.as_deref().map(|text| compile(&mut faults, "escalate_when", text));
        let extras = text_extras(when.as_ref());
        let text_zh = template(&mut faults, "text_zh", &spec.text_zh, &extras);
        let text_en = template(&mut faults, "text_en", &spec.text_en, &extras);
        let compiled = (|| {
            let (when, text_zh, text_en) = (when?, text_zh?, text_en?);
            let mut rule = Self {
                id: spec.id.clone(),
                name_zh: spec.name_zh.clone(),
                name_en: spec.name_en.clone(),
                looked_at: when.used,
                told: SlotSet::default(),
                told_order: Vec::new(),
                when,
                clear_when: written(clear_when)?,
                suppress: written(suppress)?,
                escalate_when: written(escalate_when)?,
                hold_ns: nanos(spec.hold_s),
                clear_ns: nanos(spec.clear_s),
                hold_down_ns: nanos(spec.hold_down_s),
                severity: spec.severity,
                text_zh,
                text_en,
                expires: spec.expires,
            };
            for condition in rule.clear_when.iter().chain(&rule.escalate_when) {
                rule.looked_at = rule.looked_at.union(condition.used);
            }
            let conditions = [Some(&rule.when), rule.suppress.as_ref(), rule.escalate_when.as_ref()];
            let slots = conditions.into_iter().flatten().flat_map(|condition| condition.order.iter().copied());
            let slots: Vec<u8> = slots.chain(rule.text_zh.slots()).chain(rule.text_en.slots()).collect();
            for slot in slots {
                if !rule.told.contains(slot) {
                    rule.told.insert(slot);
                    rule.told_order.push(slot);
                }
            }
            Some(rule)
        })();
        match compiled {
            Some(rule) if faults.is_empty() => Ok(rule),
            _ => Err(faults),
        }
    }

    /// Its severity, one level higher where the escalation is known to hold.
    pub(super) fn severity(&self, escalated: Option<bool>) -> Severity {
        let higher = (escalated == Some(true)).then(|| Severity::new(self.severity.level() + 1)).flatten();
        higher.unwrap_or(self.severity)
    }
}

/// Names of the values that its texts can show besides fields, in the order in which the judge gives them. Where `when` is
/// wrong its limits are not known, and a text that shows one is given the benefit of the doubt.
fn text_extras(when: Option<&Condition>) -> Vec<String> {
    let limits: Vec<String> = match when {
        Some(when) => when.limits.iter().map(|(name, _)| name.clone()).collect(),
        None => FIELDS.iter().flat_map(|f| [format!("{}_min", f.name), format!("{}_max", f.name)]).collect(),
    };
    TEXT_EXTRAS.iter().map(|name| (*name).to_owned()).chain(limits).collect()
}

/// An expression that is written must be right: not written is `Some(None)`, written and wrong is `None`.
fn written(condition: Option<Option<Condition>>) -> Option<Option<Condition>> {
    match condition {
        None => Some(None),
        Some(None) => None,
        Some(Some(condition)) => Some(Some(condition)),
    }
}

fn compile(faults: &mut Vec<RuleFault>, key: &'static str, text: &str) -> Option<Condition> {
    condition(text).map_err(|found| note(faults, key, found)).ok()
}

fn template(faults: &mut Vec<RuleFault>, key: &'static str, text: &str, extras: &[String]) -> Option<Template> {
    Template::new(text, extras).map_err(|found| note(faults, key, found)).ok()
}

fn note(faults: &mut Vec<RuleFault>, key: &'static str, found: Vec<LangFault>) {
    faults.extend(found.into_iter().map(|LangFault { at, what }| RuleFault { key, at, what }));
}

fn nanos(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64
}
