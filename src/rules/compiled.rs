//! A rule ready to be asked: expressions as trees, texts as pieces, times in nanoseconds.

use super::fields::{FIELDS, SlotSet, Slots, slot_of};
use super::lang::{Condition, LangFault, clauses, condition};
use super::spec::{RuleFault, RuleSpec, Verdict};
use super::template::Template;
use crate::model::{Severity, Timestamp};

/// What texts can show besides fields and limits.
const TEXT_EXTRAS: [&str; 4] = ["hold_s", "held_s", "track_id", "score"];

/// A compiled rule.
#[derive(Clone, Debug)]
pub(super) struct CompiledRule {
    pub id: String,
    /// Digest of the rule as written.
    pub version: String,
    pub params: Vec<(String, f64)>,
    pub name_zh: String,
    pub name_en: String,
    pub when: Condition,
    pub at_once_when: Option<Condition>,
    pub clear_when: Option<Condition>,
    /// The clauses of `suppress`, any of which keeps it silent, as written and compiled.
    pub suppress: Vec<(String, Condition)>,
    pub escalate_when: Option<Condition>,
    pub hold_ns: i64,
    pub clear_ns: i64,
    pub hold_down_ns: i64,
    pub single: bool,
    severity: Severity,
    escalated: Severity,
    severity_from: Option<u8>,
    event_s: Option<u8>,
    pub text_zh: Template,
    pub text_en: Template,
    pub refutes_zh: Template,
    pub refutes_en: Template,
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
        let params = &spec.params;
        let mut compile = |key, text: &str| condition(text, params).map_err(|found| note(&mut faults, key, found)).ok();
        let when = compile("when", &spec.when);
        let at_once_when = spec.at_once_when.as_deref().map(|text| compile("at_once_when", text));
        let clear_when = spec.clear_when.as_deref().map(|text| compile("clear_when", text));
        let suppress = spec.suppress.as_deref().map(|text| compile("suppress", text));
        let escalate_when = spec.escalate_when.as_deref().map(|text| compile("escalate_when", text));
        let extras = text_extras(when.as_ref(), params);
        let mut template = |key, text: &str| Template::new(text, &extras).map_err(|found| note(&mut faults, key, found)).ok();
        let text_zh = template("text_zh", &spec.text_zh);
        let text_en = template("text_en", &spec.text_en);
        let refutes_zh = template("refutes_zh", spec.refutes_zh.as_deref().unwrap_or_default());
        let refutes_en = template("refutes_en", spec.refutes_en.as_deref().unwrap_or_default());
        let compiled = (|| {
            let (when, text_zh, text_en) = (when?, text_zh?, text_en?);
            let conditions = [Some(&when), clear_when.as_ref().and_then(Option::as_ref)];
            let conditions = conditions
                .into_iter()
                .chain([&at_once_when, &suppress, &escalate_when].map(|c| c.as_ref().and_then(Option::as_ref)));
            let mut read = vec![false; params.len()];
            for condition in conditions.flatten() {
                read.iter_mut().zip(&condition.read).for_each(|(all, one)| *all |= one);
            }
            let unread = params.iter().zip(&read).position(|(_, read)| !read);
            if let Some(item) = unread {
                let what = format!("\"{}\" is read by no condition", params[item].0);
                faults.push(RuleFault { key: "params", item, at: 0, what });
            }
            let mut field = |key, name: &Option<String>| {
                let slot = name.as_deref().map(slot_of);
                if slot == Some(None) {
                    let what = format!("\"{}\" is not a field", name.as_deref().unwrap_or_default());
                    faults.push(RuleFault { key, item: 0, at: 0, what });
                }
                slot.flatten()
            };
            let severity_from = field("severity_from", &spec.severity_from);
            let event_s = field("event_s", &spec.event_s);
            let mut rule = Self {
                id: spec.id.clone(),
                version: spec.version(),
                params: params.clone(),
                name_zh: spec.name_zh.clone(),
                name_en: spec.name_en.clone(),
                looked_at: when.used,
                told: SlotSet::default(),
                told_order: Vec::new(),
                when,
                at_once_when: written(at_once_when)?,
                clear_when: written(clear_when)?,
                suppress: match (suppress, &spec.suppress) {
                    (Some(Some(_)), Some(text)) => clauses(text)
                        .into_iter()
                        .filter_map(|clause| condition(clause, params).ok().map(|c| (clause.to_owned(), c)))
                        .collect(),
                    (None, _) => Vec::new(),
                    _ => return None,
                },
                escalate_when: written(escalate_when)?,
                hold_ns: nanos(spec.hold_s),
                clear_ns: nanos(spec.clear_s),
                hold_down_ns: nanos(spec.hold_down_s),
                single: spec.single,
                severity: spec.severity,
                escalated: spec
                    .escalate_to
                    .or_else(|| Severity::new(spec.severity.level() + 1))
                    .unwrap_or(spec.severity)
                    .max(spec.severity),
                severity_from,
                event_s,
                text_zh,
                text_en,
                refutes_zh: refutes_zh?,
                refutes_en: refutes_en?,
                expires: spec.expires,
            };
            for slot in rule.severity_from.into_iter().chain(rule.event_s) {
                rule.looked_at.insert(slot);
            }
            for condition in rule.at_once_when.iter().chain(&rule.clear_when).chain(&rule.escalate_when) {
                rule.looked_at = rule.looked_at.union(condition.used);
            }
            let suppress = rule.suppress.iter().map(|(_, condition)| condition);
            let conditions = std::iter::once(&rule.when)
                .chain(&rule.at_once_when)
                .chain(suppress)
                .chain(&rule.escalate_when)
                .chain(&rule.clear_when);
            let slots = conditions.flat_map(|condition| condition.order.iter().copied());
            let texts = [&rule.text_zh, &rule.text_en, &rule.refutes_zh, &rule.refutes_en];
            let slots = slots.chain(rule.severity_from).chain(rule.event_s);
            let slots: Vec<u8> = slots.chain(texts.into_iter().flat_map(|text| text.slots())).collect();
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

    /// Its severity, higher where the escalation is known to hold.
    pub(super) fn severity(&self, slots: &Slots) -> Severity {
        let escalated = self.escalate_when.as_ref().and_then(|c| c.holds(slots)) == Some(true);
        let least = if escalated { self.escalated } else { self.severity };
        let told = self.severity_from.and_then(|slot| slots.get(slot)).and_then(|v| Severity::new(v as u8));
        told.map_or(least, |told| told.max(least))
    }

    /// The clause that is known to keep it silent.
    pub(super) fn silenced_by(&self, slots: &Slots) -> Option<&(String, Condition)> {
        self.suppress.iter().find(|(_, clause)| clause.holds(slots) == Some(true))
    }

    /// Whether what ends its alert holds.
    pub(super) fn over(&self, slots: &Slots, holds: Option<bool>) -> Option<bool> {
        match &self.clear_when {
            Some(ending) => ending.holds(slots),
            None => holds.map(|holds| !holds),
        }
    }

    /// For how long a condition that holds must have held, ns.
    pub(super) fn wait_ns(&self, slots: &Slots) -> i64 {
        let at_once = self.at_once_when.as_ref().and_then(|c| c.holds(slots)) == Some(true);
        if at_once { 0 } else { self.hold_ns }
    }

    /// Whether what it tells of has happened since it was told `ago_s` ago.
    pub(super) fn is_news(&self, slots: &Slots, ago_s: f64) -> bool {
        self.event_s.and_then(|slot| slots.get(slot)).is_some_and(|event_s| event_s < ago_s)
    }

    /// What it says of values.
    pub(super) fn verdict(&self, slots: &Slots) -> Verdict {
        let holds = self.when.holds(slots);
        Verdict {
            holds,
            suppressed: self.silenced_by(slots).map(|(clause, _)| clause.clone()),
            severity: self.severity(slots),
            over: self.over(slots, holds),
        }
    }
}

/// Names of the values that its texts can show besides fields, in the order in which the judge gives them. Where `when` is
/// wrong its limits are not known, and a text that shows one is given the benefit of the doubt.
fn text_extras(when: Option<&Condition>, params: &[(String, f64)]) -> Vec<String> {
    let limits: Vec<String> = match when {
        Some(when) => when.limits.iter().map(|limit| limit.name.clone()).collect(),
        None => FIELDS.iter().flat_map(|f| [format!("{}_min", f.name), format!("{}_max", f.name)]).collect(),
    };
    let params = params.iter().map(|(name, _)| format!("p.{name}"));
    TEXT_EXTRAS.iter().map(|name| (*name).to_owned()).chain(params).chain(limits).collect()
}

/// An expression that is written must be right: not written is `Some(None)`, written and wrong is `None`.
fn written(condition: Option<Option<Condition>>) -> Option<Option<Condition>> {
    match condition {
        None => Some(None),
        Some(None) => None,
        Some(Some(condition)) => Some(Some(condition)),
    }
}

fn note(faults: &mut Vec<RuleFault>, key: &'static str, found: Vec<LangFault>) {
    faults.extend(found.into_iter().map(|LangFault { at, what }| RuleFault { key, item: 0, at, what }));
}

fn nanos(seconds: f64) -> i64 {
    (seconds * 1e9).round() as i64
}
