//! `[[rule]]`, in the site's file or in files that it names.

use toml::Spanned;

use super::section::{Bounds, Reading, Section, Written};
use crate::model::{EvidenceValue, Severity, Timestamp};
use crate::rules::{RuleSpec, Sample};

const SECONDS: Bounds = Bounds::new(0.0, 86_400.0, "seconds");
/// How long a rule's condition must be gone before its alert clears, unless the rule says: long enough to outlast a turn or a
/// gap of some scans.
const DEFAULT_CLEAR_S: f64 = 30.0;

/// One rule with the byte where its id stands, or `None` where something is wrong with it.
pub(super) fn read_rule(section: Section<'_>) -> Option<(usize, RuleSpec)> {
    section.require("id", "a short name of its own, as \"R01\"");
    section.require("name_zh", "what officers call it, in Chinese");
    section.require("name_en", "what officers call it, in English");
    section.require("when", "the condition, as \"sog_lcb90_kn >= 25.0 && ais == 'none'\"");
    section.require("severity", "1 information, 2 advisory, 3 warning or 4 alarm");
    section.require("text_zh", "what the officer reads, in Chinese, with the numbers as {sog_lcb90_kn:.0}");
    section.require("text_en", "what the officer reads, in English, with the numbers as {sog_lcb90_kn:.0}");
    section.require("owner", "who answers for it");

    let id = section.string("id");
    let (name_zh, name_en, owner) = (section.string("name_zh"), section.string("name_en"), section.string("owner"));
    let seconds = |key, default| section.number(key, SECONDS).map_or(default, Spanned::into_inner);
    let (hold_s, clear_s) = (seconds("hold_s", 0.0), seconds("clear_s", DEFAULT_CLEAR_S));
    let hold_down_s = seconds("hold_down_s", 0.0);
    let severity = section.whole("severity", 1..5).and_then(|n| Severity::new(n.into_inner() as u8));
    let expires = section.date("expires").and_then(|date| {
        let (year, month, day) = date.into_inner();
        Timestamp::from_civil(i32::from(year), u32::from(month), u32::from(day), 0, 0, 0, 0)
    });
    // These are checked further; a fault in them is told where it stands, whatever else is wrong with the rule.
    let keys = [
        "when",
        "at_once_when",
        "clear_when",
        "suppress",
        "escalate_when",
        "text_zh",
        "text_en",
        "refutes_zh",
        "refutes_en",
        "severity_from",
        "event_s",
    ];
    let checked = keys.map(|k| (k, section.string(k)));
    let [
        when,
        at_once_when,
        clear_when,
        suppress,
        escalate_when,
        text_zh,
        text_en,
        refutes_zh,
        refutes_en,
        severity_from,
        event_s,
    ] = checked.clone().map(|(_, text)| text.map(owned));
    let single = section.flag("single").is_some_and(Spanned::into_inner);
    let escalate_to = section.whole("escalate_to", 1..5).and_then(|n| Severity::new(n.into_inner() as u8));
    let numbers = section.free_table("params");
    let mut params = Vec::new();
    for (name, at, value) in &numbers {
        match value {
            EvidenceValue::Number(v) => params.push((name.clone(), *v)),
            _ => section.reading().fault(*at, section.key("params"), format!("\"{name}\" is not a number")),
        }
    }
    let must_fire = samples(&section, "must_fire");
    let must_not_fire = samples(&section, "must_not_fire");
    let complete = [&id, &name_zh, &name_en, &owner].iter().all(|text| text.is_some())
        && [&when, &text_zh, &text_en].iter().all(|text| text.is_some());
    let spec = RuleSpec {
        id: id.clone().map_or_else(String::new, owned),
        name_zh: name_zh.map_or_else(String::new, owned),
        name_en: name_en.map_or_else(String::new, owned),
        params: params.clone(),
        when: when.unwrap_or_else(|| "true".to_owned()),
        at_once_when,
        clear_when,
        suppress,
        hold_s,
        clear_s,
        hold_down_s,
        event_s,
        single,
        severity: severity.unwrap_or_default(),
        escalate_when,
        escalate_to,
        severity_from,
        text_zh: text_zh.unwrap_or_default(),
        text_en: text_en.unwrap_or_default(),
        refutes_zh,
        refutes_en,
        must_fire: must_fire.iter().map(|(_, sample)| sample.clone()).collect(),
        must_not_fire: must_not_fire.iter().map(|(_, sample)| sample.clone()).collect(),
        owner: owner.map_or_else(String::new, owned),
        expires,
    };
    let (path, reading) = (section.path_name().to_owned(), section.reading());
    section.finish();
    for fault in spec.check() {
        let place = match fault.key {
            "must_fire" => must_fire.get(fault.item).map(|(at, _)| *at),
            "must_not_fire" => must_not_fire.get(fault.item).map(|(at, _)| *at),
            "params" => numbers.get(fault.item).map(|(_, at, _)| *at),
            _ => None,
        };
        if let Some(at) = place {
            reading.fault(at, format!("{path}.{}", fault.key), fault.what);
        } else if let Some((key, Some(text))) = checked.iter().find(|(key, _)| *key == fault.key) {
            reading.fault_marked(byte_in_file(reading, text, fault.at), format!("{path}.{key}"), fault.what);
        }
    }
    let at = id?.span().start;
    (complete && severity.is_some()).then_some((at, spec))
}

/// Tables of fields, each with the byte where it begins.
fn samples(section: &Section<'_>, key: &'static str) -> Vec<(usize, Sample)> {
    let tables = section.free_tables(key);
    let sample = |values: Vec<Written>| Sample { fields: values.into_iter().map(|(name, _, value)| (name, value)).collect() };
    tables.into_iter().map(|(at, values)| (at, sample(values))).collect()
}

fn owned(text: Spanned<&str>) -> String {
    (*text.get_ref()).to_owned()
}

/// The byte of the file where byte `at` of a string's contents stands. Escapes make the two differ; then the string's own line
/// has to do.
fn byte_in_file(reading: &Reading<'_>, text: &Spanned<&str>, at: usize) -> usize {
    let span = text.span();
    let inside = reading.text().get(span.clone()).and_then(|raw| raw.find(*text.get_ref()));
    inside.map_or(span.start, |offset| span.start + offset + at)
}
