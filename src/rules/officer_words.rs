//! What officers read of a rule has words: the console's file of them (`web/src/fieldWords.ts`) is held against the rules that ship.

use std::collections::{BTreeMap, BTreeSet};

use super::compiled::CompiledRule;
use super::fields::{FIELDS, FieldKind};
use crate::config::default_rules;

const FILE: &str = include_str!("../../web/src/fieldWords.ts");
const CONSOLE: &str = include_str!("../../web/src/words.ts");

/// The entries of one table: name, and what stands between its brackets.
fn table<'a>(file: &'a str, name: &str) -> BTreeMap<&'a str, &'a str> {
    let from = file.find(&format!("const {name}:")).unwrap_or_else(|| panic!("no table {name}"));
    let body = file[from..].split("\n};").next().unwrap();
    body.lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("  ")?.split_once(": [")?;
            Some((name.trim_matches('\''), rest.strip_suffix("],")?))
        })
        .collect()
}

/// Chinese, English, unit.
fn words(entry: &str) -> Vec<&str> {
    entry.split("', '").map(|word| word.trim_matches('\'')).collect()
}

/// Everything that shipped rules read and their alerts list, and their settings.
fn read_by_shipped_rules() -> (BTreeSet<usize>, BTreeSet<String>) {
    let (mut slots, mut settings) = (BTreeSet::new(), BTreeSet::new());
    let rules = default_rules().unwrap();
    assert!(rules.len() >= 18, "all shipped rules are looked at");
    for spec in &rules {
        let rule = CompiledRule::new(spec).unwrap();
        slots.extend(rule.told_order.iter().map(|&slot| usize::from(slot)));
        settings.extend(rule.params.iter().map(|(name, _)| name.clone()));
    }
    (slots, settings)
}

#[test]
fn every_field_and_setting_of_shipped_rules_has_words_and_its_unit() {
    let (fields, settings) = (table(FILE, "FIELDS"), table(FILE, "SETTINGS"));
    let (slots, named) = read_by_shipped_rules();
    let mut missing = Vec::new();
    for field in slots.iter().map(|&slot| &FIELDS[slot]) {
        match fields.get(field.name).map(|entry| words(entry)) {
            Some(told) if told.len() >= 2 && told.iter().all(|word| !word.is_empty()) => {
                let unit = match field.unit {
                    "deg" => "°",
                    "deg/s" => "°/s",
                    "nm" => "NM",
                    unit => unit,
                };
                // Units of areas and of nats are in no suffix: the file may say them.
                assert!(unit.is_empty() || told.get(2) == Some(&unit), "{} is in {unit}", field.name);
            }
            _ => missing.push(field.name.to_owned()),
        }
    }
    missing.extend(named.iter().filter(|name| !settings.contains_key(name.as_str())).map(|name| format!("p.{name}")));
    missing.extend(["hold_s", "held_s"].iter().filter(|name| !fields.contains_key(**name)).map(|name| (*name).to_owned()));
    assert_eq!(missing, Vec::<String>::new(), "officers would read these names as they are");
}

#[test]
fn words_that_such_fields_hold_are_told_in_both_languages() {
    let (held, console) = (table(FILE, "HELD"), table(CONSOLE, "VALUES"));
    let (slots, _) = read_by_shipped_rules();
    let mut missing = Vec::new();
    for field in slots.iter().map(|&slot| &FIELDS[slot]) {
        let (FieldKind::Word(choices) | FieldKind::Set(choices)) = field.kind else { continue };
        let is_ais = field.name == "ais" || field.name.ends_with("_ais");
        for word in choices {
            let of_console = if is_ais { format!("ais:{word}") } else { (*word).to_owned() };
            if !held.contains_key(format!("{}:{word}", field.name).as_str()) && !console.contains_key(of_console.as_str()) {
                missing.push(format!("{}: {word}", field.name));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn no_word_is_of_a_field_that_is_gone() {
    let known: BTreeSet<&str> = FIELDS.iter().map(|field| field.name).chain(["hold_s", "held_s"]).collect();
    let gone: Vec<&str> = table(FILE, "FIELDS").into_keys().filter(|name| !known.contains(name)).collect();
    assert_eq!(gone, Vec::<&str>::new());
}
