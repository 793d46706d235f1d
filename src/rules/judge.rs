//! Asks every rule of every track that changes, and remembers for how long each has held.

use std::collections::BTreeMap;

use super::compiled::CompiledRule;
use super::fields::{FIELDS, FieldKind, SiteFacts, Slots};
use super::hold::Hold;
use super::spec::RuleSpec;
use super::template::Language;
use crate::model::{Alert, AlertId, AlertState, Basis, EvidenceValue, Severity, Site, Timestamp, Track, TrackId, TrackStatus};

/// What is remembered of a track that is never mentioned again goes after this time. Fusion drops a track within a minute or
/// two and says so; this bound only keeps the memory finite should it not.
const FORGET_AFTER_S: f64 = 600.0;

/// Judges tracks by the site's rules. A deterministic function of the calls made on it.
///
/// Only confirmed tracks are asked. A coasting one keeps what it has and adds nothing; a deleted one clears its alerts. What is
/// not known never raises and never clears.
#[derive(Clone, Debug)]
pub struct Judge {
    rules: Vec<CompiledRule>,
    facts: SiteFacts,
    /// Only of tracks and rules where something has held; all others cost no memory.
    states: BTreeMap<(TrackId, u16), State>,
    next_id: u64,
    swept: Timestamp,
}

/// What is remembered of one rule about one track.
#[derive(Clone, Debug)]
struct State {
    /// The newest `t_out` at which the track was heard of.
    seen: Timestamp,
    raise: Hold,
    clear: Hold,
    active: Option<Box<Alert>>,
    /// When an alert was last raised, and how severe: the hold-down.
    raised: Option<(Timestamp, Severity)>,
}

/// Why an alert is cleared.
#[derive(Clone, Copy)]
enum Cause {
    Over,
    TrackEnded,
    RuleExpired,
}

impl Cause {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Over => ("条件已不成立", "it no longer holds"),
            Self::TrackEnded => ("航迹已终止", "the track has ended"),
            Self::RuleExpired => ("规则已到期", "the rule has expired"),
        }
    }
}

impl Judge {
    /// Compiles `rules`; all their errors at once.
    pub fn new(rules: &[RuleSpec], site: &Site) -> Result<Self, Vec<String>> {
        let (mut compiled, mut errors) = (Vec::new(), Vec::new());
        if rules.len() > usize::from(u16::MAX) {
            errors.push(format!("more than {} rules", u16::MAX));
        }
        for spec in rules {
            match CompiledRule::new(spec) {
                Ok(rule) => compiled.push(rule),
                Err(faults) => {
                    errors.extend(faults.iter().map(|f| format!("rule {}: {}: byte {}: {}", spec.id, f.key, f.at, f.what)));
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let facts = SiteFacts::new(site);
        Ok(Self { rules: compiled, facts, states: BTreeMap::new(), next_id: 1, swept: Timestamp::MIN })
    }

    /// Numbers the alerts to come from `first` on.
    pub fn number_from(&mut self, first: u64) {
        self.next_id = first;
    }

    /// Judges the tracks that one event updated or dropped.
    pub fn apply(&mut self, tracks: &[Track], out: &mut Vec<Alert>) {
        for track in tracks {
            match track.status {
                TrackStatus::Confirmed | TrackStatus::Tentative => self.look(track, out),
                TrackStatus::Deleted => self.end(track, out),
                TrackStatus::Coasting => self.touch(track),
            }
        }
    }

    /// Lets time pass up to `now`.
    pub fn advance(&mut self, now: Timestamp, out: &mut Vec<Alert>) {
        if now.seconds_since(self.swept) < FORGET_AFTER_S / 10.0 {
            return;
        }
        self.swept = now;
        let rules = &self.rules;
        self.states.retain(|&(_, rule), state| {
            let kept = now.seconds_since(state.seen) < FORGET_AFTER_S;
            if !kept && let (Some(alert), Some(rule)) = (state.active.take(), rules.get(usize::from(rule))) {
                out.push(cleared(rule, *alert, now, now, Cause::TrackEnded));
            }
            kept
        });
    }

    /// How many alerts are raised and not yet cleared.
    pub fn active(&self) -> usize {
        self.states.values().filter(|state| state.active.is_some()).count()
    }

    /// For how many pairs of track and rule something is remembered.
    pub fn remembered(&self) -> usize {
        self.states.len()
    }

    fn touch(&mut self, track: &Track) {
        for (_, state) in self.states.range_mut((track.id, 0)..=(track.id, u16::MAX)) {
            state.seen = state.seen.max(track.t_out);
        }
    }

    fn end(&mut self, track: &Track, out: &mut Vec<Alert>) {
        for (index, rule) in self.rules.iter().enumerate() {
            let Some(state) = self.states.remove(&(track.id, index as u16)) else { continue };
            if let Some(alert) = state.active {
                let alert = Alert { position: track.position, ..*alert };
                out.push(cleared(rule, alert, track.t, track.t_out, Cause::TrackEnded));
            }
        }
    }

    fn look(&mut self, track: &Track, out: &mut Vec<Alert>) {
        let mut slots = Slots::new();
        for (index, rule) in self.rules.iter().enumerate() {
            slots.fill(rule.looked_at, track, &self.facts);
            let holds = rule.when.holds(&slots);
            let key = (track.id, index as u16);
            let state = match self.states.get_mut(&key) {
                Some(state) => state,
                // The common case: it has not held and does not.
                None if holds != Some(true) => continue,
                None => self.states.entry(key).or_insert(State {
                    seen: track.t_out,
                    raise: Hold::default(),
                    clear: Hold::default(),
                    active: None,
                    raised: None,
                }),
            };
            state.seen = state.seen.max(track.t_out);
            state.raise.look(track.t, holds == Some(true), rule.hold_ns);
            let expired = rule.expires.is_some_and(|expires| track.t_out >= expires);
            if let Some(alert) = &mut state.active {
                let over = match &rule.clear_when {
                    Some(ending) => ending.holds(&slots),
                    None => holds.map(|holds| !holds),
                };
                state.clear.look(track.t, over == Some(true), rule.clear_ns);
                let cause = match (expired, state.clear.holds(rule.clear_ns)) {
                    (true, _) => Some(Cause::RuleExpired),
                    (false, true) => Some(Cause::Over),
                    (false, false) => None,
                };
                let severity = rule.severity(rule.escalate_when.as_ref().and_then(|c| c.holds(&slots)));
                if let Some(cause) = cause {
                    slots.fill(rule.told, track, &self.facts);
                    let alert =
                        Alert { position: track.position, evidence: evidence(rule, &slots, &state.raise), ..(**alert).clone() };
                    out.push(cleared(rule, alert, track.t, track.t_out, cause));
                    state.active = None;
                    state.clear.forget();
                    state.raise.forget();
                } else if severity > alert.severity {
                    slots.fill(rule.told, track, &self.facts);
                    **alert = raised(rule, alert.id, severity, track, &slots, &state.raise);
                    state.raised = Some((track.t, severity));
                    out.push((**alert).clone());
                }
            } else if !expired && track.status == TrackStatus::Confirmed && state.raise.holds(rule.hold_ns) {
                slots.fill(rule.told, track, &self.facts);
                let suppressed = rule.suppress.as_ref().and_then(|c| c.holds(&slots)) == Some(true);
                let severity = rule.severity(rule.escalate_when.as_ref().and_then(|c| c.holds(&slots)));
                let held_down = state.raised.is_some_and(|(t, before)| {
                    severity <= before && track.t.nanos().saturating_sub(t.nanos()) < rule.hold_down_ns
                });
                if !suppressed && !held_down {
                    let alert = raised(rule, AlertId(self.next_id), severity, track, &slots, &state.raise);
                    self.next_id += 1;
                    state.raised = Some((track.t, severity));
                    state.clear.forget();
                    out.push(alert.clone());
                    state.active = Some(Box::new(alert));
                }
            }
            let down = state.raised.is_some_and(|(t, _)| track.t.nanos().saturating_sub(t.nanos()) < rule.hold_down_ns);
            if state.active.is_none() && state.raise.is_idle() && !down {
                self.states.remove(&key);
            }
        }
    }
}

fn raised(rule: &CompiledRule, id: AlertId, severity: Severity, track: &Track, slots: &Slots, hold: &Hold) -> Alert {
    // In the order of the names that `CompiledRule` gave to its texts.
    let (hold_s, held_s) = (seconds(rule.hold_ns), seconds(hold.held_ns(rule.hold_ns)));
    let extras: Vec<f64> =
        [hold_s, held_s, track.id.0 as f64].into_iter().chain(rule.when.limits.iter().map(|(_, limit)| *limit)).collect();
    Alert {
        id,
        rule: rule.id.clone(),
        severity,
        state: AlertState::Raised,
        track: track.id,
        t: track.t,
        t_out: track.t_out,
        position: track.position,
        text_zh: rule.text_zh.fill(Language::Chinese, |slot| slots.get(slot), &extras),
        text_en: rule.text_en.fill(Language::English, |slot| slots.get(slot), &extras),
        evidence: evidence(rule, slots, hold),
        basis: Basis::default(),
    }
}

fn cleared(rule: &CompiledRule, alert: Alert, t: Timestamp, t_out: Timestamp, cause: Cause) -> Alert {
    let (zh, en) = cause.words();
    Alert {
        state: AlertState::Cleared,
        t,
        t_out,
        text_zh: format!("解除：{}（{zh}）", rule.name_zh),
        text_en: format!("Cleared: {} ({en})", rule.name_en),
        ..alert
    }
}

/// Every field that the rule and its texts read, then the limits, then the times.
fn evidence(rule: &CompiledRule, slots: &Slots, hold: &Hold) -> Vec<(String, EvidenceValue)> {
    let mut list: Vec<(String, EvidenceValue)> = Vec::new();
    for &slot in &rule.told_order {
        let Some(field) = FIELDS.get(usize::from(slot)) else { continue };
        let value = match (slots.get(slot), field.kind) {
            (None, _) => EvidenceValue::Unknown,
            (Some(v), FieldKind::Number) => EvidenceValue::Number(v),
            (Some(v), FieldKind::Flag) => EvidenceValue::Flag(v > 0.5),
            (Some(v), FieldKind::Word(words)) => {
                words.get(v as usize).map_or(EvidenceValue::Unknown, |word| EvidenceValue::Text((*word).to_owned()))
            }
        };
        list.push((field.name.to_owned(), value));
    }
    list.extend(rule.when.limits.iter().map(|(name, limit)| (name.clone(), EvidenceValue::Number(*limit))));
    list.push(("hold_s".to_owned(), EvidenceValue::Number(seconds(rule.hold_ns))));
    list.push(("held_s".to_owned(), EvidenceValue::Number(seconds(hold.held_ns(rule.hold_ns)))));
    list
}

fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}
