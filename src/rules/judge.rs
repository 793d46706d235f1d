//! Asks every rule of every track that changes, and remembers for how long each has held.

use std::collections::BTreeMap;

use super::compiled::CompiledRule;
use super::fields::{Ctx, FIELDS, FieldKind, SlotSet, Slots, Table};
use super::grounds::Grounds;
use super::hold::Hold;
use super::memory::Memory;
use super::score::Score;
use super::spec::RuleSpec;
use super::template::Language;
use super::world::World;
use crate::model::{
    Alert, AlertId, AlertState, Basis, EvidenceValue, Report, Severity, Site, Suppressed, Timestamp, Track, TrackId,
    TrackStatus,
};

/// What is remembered of a track that is never mentioned again goes after this time. Fusion drops a track within a minute or
/// two and says so; this bound only keeps the memory finite should it not.
const FORGET_AFTER_S: f64 = 600.0;
/// What is kept back is told again this much later, s, where the rule's hold-down is shorter: a run of a quarter of an hour is one
/// line of the report.
const SUPPRESSED_AGAIN_S: f64 = 900.0;

/// Judges tracks by the site's rules. A deterministic function of the calls made on it.
///
/// Only confirmed tracks are asked. A coasting one keeps what it has and adds nothing; a deleted one clears its alerts. What is
/// not known never raises and never clears.
#[derive(Clone, Debug)]
pub struct Judge {
    rules: Vec<CompiledRule>,
    world: World,
    grounds_version: String,
    slots: Slots,
    suppressed: Vec<Suppressed>,
    /// Single rules: the track that bears the alert, and when one was raised last.
    singles: BTreeMap<u16, (Option<TrackId>, Timestamp)>,
    active: usize,
    next_id: u64,
    swept: Timestamp,
}

/// What is remembered of one rule about one track.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleState {
    raise: Hold,
    clear: Hold,
    active: Option<Box<Alert>>,
    /// When an alert was last raised, and how severe: the hold-down.
    raised: Option<(Timestamp, Severity)>,
    /// For how long it has mattered less than was told, and whether that was for as long as an end must last.
    eased: Hold,
    lapsed: bool,
    /// For how long it has mattered more than was told.
    worse: Hold,
    /// When it was last kept back.
    kept_back: Option<Timestamp>,
}

/// Why an alert is cleared.
#[derive(Clone, Copy)]
enum Cause {
    Over,
    TrackEnded,
    RuleExpired,
    RuleGone,
}

impl Cause {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Over => ("条件已不成立", "it no longer holds"),
            Self::TrackEnded => ("航迹已终止", "the track has ended"),
            Self::RuleExpired => ("规则已到期", "the rule has expired"),
            Self::RuleGone => ("规则已撤下", "the rule was taken out"),
        }
    }
}

impl Judge {
    /// Compiles `rules`; all their errors at once. There are no zones and no lists.
    pub fn new(rules: &[RuleSpec], site: &Site) -> Result<Self, Vec<String>> {
        Self::on(rules, site, &Grounds::default())
    }

    /// The same on zones and lists.
    pub fn on(rules: &[RuleSpec], site: &Site, grounds: &Grounds) -> Result<Self, Vec<String>> {
        Ok(Self {
            rules: compiled(rules)?,
            world: World::new(site, grounds),
            grounds_version: grounds.version(),
            slots: Slots::new(),
            suppressed: Vec::new(),
            singles: BTreeMap::new(),
            active: 0,
            next_id: 1,
            swept: Timestamp::MIN,
        })
    }

    /// Puts other rules, zones and lists in force, whole or not at all: with any fault everything stays as it was.
    ///
    /// What is known of tracks stays. A rule that keeps its id keeps its alerts and clocks; the alerts of one that is gone are cleared.
    pub fn replace(
        &mut self,
        rules: &[RuleSpec],
        grounds: &Grounds,
        now: Timestamp,
        out: &mut Vec<Alert>,
    ) -> Result<(), Vec<String>> {
        let rules = compiled(rules)?;
        let moved: Vec<Option<u16>> =
            self.rules.iter().map(|old| rules.iter().position(|new| new.id == old.id).map(|i| i as u16)).collect();
        let ids: Vec<TrackId> = self.world.memories().map(|(_, m)| m.id).collect();
        for id in ids {
            let Some(memory) = self.world.known(id).and_then(|n| self.world.memory_mut(n)) else { continue };
            let mut states = Vec::new();
            for (index, mut state) in std::mem::take(&mut memory.rules) {
                match moved.get(usize::from(index)).copied().flatten() {
                    Some(index) => states.push((index, state)),
                    None => {
                        if let (Some(alert), Some(rule)) = (state.active.take(), self.rules.get(usize::from(index))) {
                            out.push(cleared(rule, *alert, now, now, Cause::RuleGone));
                            self.active -= 1;
                        }
                    }
                }
            }
            states.sort_by_key(|(index, _)| *index);
            memory.rules = states;
        }
        let singles = std::mem::take(&mut self.singles);
        self.singles =
            singles.into_iter().filter_map(|(i, s)| Some((moved.get(usize::from(i)).copied().flatten()?, s))).collect();
        self.rules = rules;
        self.world.stand_on(grounds);
        self.grounds_version = grounds.version();
        Ok(())
    }

    /// Numbers the alerts to come from `first` on.
    pub fn number_from(&mut self, first: u64) {
        self.next_id = first;
    }

    /// Takes what was received, before the tracks that came of it: what stations say of themselves, what cameras see.
    pub fn hear(&mut self, reports: &[Report]) {
        self.world.hear(reports);
    }

    /// Judges the tracks that one event updated or dropped.
    pub fn apply(&mut self, tracks: &[Track], out: &mut Vec<Alert>) {
        for track in tracks {
            match track.status {
                TrackStatus::Confirmed | TrackStatus::Tentative => self.look(track, out),
                TrackStatus::Deleted => self.end(track, out),
                TrackStatus::Coasting => {
                    if let Some(memory) = self.world.known(track.id).and_then(|n| self.world.memory_mut(n)) {
                        memory.seen = memory.seen.max(track.t_out);
                    }
                }
            }
        }
    }

    /// Lets time pass up to `now`.
    pub fn advance(&mut self, now: Timestamp, out: &mut Vec<Alert>) {
        self.world.advance(now);
        if now.seconds_since(self.swept) < FORGET_AFTER_S / 10.0 {
            return;
        }
        self.swept = now;
        self.world.registry.sweep();
        let old = |m: &Memory| now.seconds_since(m.seen) >= FORGET_AFTER_S;
        let gone: Vec<TrackId> = self.world.memories().filter(|(_, m)| old(m)).map(|(_, m)| m.id).collect();
        for id in gone {
            self.forget(id, None, now, now, out);
        }
    }

    /// How many alerts are raised and not yet cleared.
    pub fn active(&self) -> usize {
        self.active
    }

    /// For how many pairs of track and rule something is remembered.
    pub fn remembered(&self) -> usize {
        self.world.memories().map(|(_, m)| m.rules.len()).sum()
    }

    /// How many tracks are remembered.
    pub fn tracks(&self) -> usize {
        self.world.memories().count()
    }

    /// The suspicion of a track with what it is made of, as of its last look round (within 5 s).
    pub fn score(&self, track: TrackId) -> Option<Score> {
        self.world.memory(self.world.known(track)?)?.suspicion.score()
    }

    /// Log-odds of every track, in the order of the tracks.
    pub fn scores(&self) -> Vec<(TrackId, f64)> {
        self.world.memories().filter_map(|(_, m)| Some((m.id, m.suspicion.log_odds()?))).collect()
    }

    /// What was kept back since this was asked last.
    pub fn take_suppressed(&mut self) -> Vec<Suppressed> {
        std::mem::take(&mut self.suppressed)
    }

    /// The zones and lists in force.
    pub fn grounds(&self) -> &Grounds {
        &self.world.grounds
    }

    /// Digest of the zones and lists in force.
    pub fn grounds_version(&self) -> &str {
        &self.grounds_version
    }

    /// Whether these are the rules, zones and lists in force, in the same order.
    pub fn is_by(&self, rules: &[RuleSpec], grounds: &Grounds) -> bool {
        let versions: Vec<String> = rules.iter().map(RuleSpec::version).collect();
        let wanted = rules.iter().zip(&versions).map(|(rule, version)| (rule.id.as_str(), version.as_str()));
        self.versions().eq(wanted) && grounds.version() == self.grounds_version
    }

    /// Id and digest of each rule in force.
    pub fn versions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules.iter().map(|rule| (rule.id.as_str(), rule.version.as_str()))
    }

    fn end(&mut self, track: &Track, out: &mut Vec<Alert>) {
        self.forget(track.id, Some(track), track.t, track.t_out, out);
    }

    fn forget(&mut self, id: TrackId, last: Option<&Track>, t: Timestamp, t_out: Timestamp, out: &mut Vec<Alert>) {
        let Some(memory) = self.world.forget(id) else { return };
        for (index, state) in memory.rules {
            let (Some(alert), Some(rule)) = (state.active, self.rules.get(usize::from(index))) else { continue };
            let alert = Alert { position: last.map_or(alert.position, |track| track.position), ..*alert };
            out.push(cleared(rule, alert, t, t_out, Cause::TrackEnded));
            self.active -= 1;
            self.lay_down(index, id);
        }
    }

    fn lay_down(&mut self, rule: u16, track: TrackId) {
        if let Some((bearer, _)) = self.singles.get_mut(&rule)
            && *bearer == Some(track)
        {
            *bearer = None;
        }
    }

    fn look(&mut self, track: &Track, out: &mut Vec<Alert>) {
        let number = self.world.number(track);
        self.world.look(number, track);
        let Some(memory) = self.world.memory_mut(number) else { return };
        let mut states = std::mem::take(&mut memory.rules);
        let mut suspicion = std::mem::take(&mut memory.suspicion);
        let Some(memory) = self.world.memory(number) else { return };
        let ctx = Ctx { track, memory, vessel: self.world.vessel(memory), world: &self.world };
        if memory.around.at == Some(memory.t) {
            suspicion.renew(&ctx);
        }
        self.slots.clear();
        // Where the states of the rule before ended: both lists are in the order of the rules.
        let mut at = 0;
        for (index, rule) in self.rules.iter().enumerate() {
            let index = index as u16;
            let has_state = states.get(at).is_some_and(|(i, _)| *i == index);
            if !has_state {
                // The common case: what costs nothing shows that it does not hold, and nothing of it is remembered.
                self.slots.fill(rule.when.gate_used, &ctx);
                if rule.when.is_shut(&self.slots) {
                    continue;
                }
            }
            self.slots.fill(rule.looked_at, &ctx);
            let holds = rule.when.holds(&self.slots);
            if !has_state {
                if holds != Some(true) {
                    continue;
                }
                states.insert(at, (index, RuleState::default()));
            }
            let Some((_, state)) = states.get_mut(at) else { continue };
            state.raise.look(track.t, holds == Some(true), rule.hold_ns);
            let expired = rule.expires.is_some_and(|expires| track.t_out >= expires);
            let mut told =
                Told { rule, ctx: &ctx, slots: &mut self.slots, wait_ns: rule.hold_ns, grounds_version: &self.grounds_version };
            if rule.at_once_when.is_some() && state.active.is_none() && !state.raise.holds(rule.hold_ns) {
                told.wait_ns = rule.wait_ns(told.slots);
            }
            let is_news = state.raised.is_some_and(|(raised, _)| rule.is_news(told.slots, track.t.seconds_since(raised)));
            if let Some(alert) = &mut state.active {
                let over = rule.over(told.slots, holds);
                state.clear.look(track.t, over == Some(true), rule.clear_ns);
                let cause = match (expired, state.clear.holds(rule.clear_ns)) {
                    (true, _) => Some(Cause::RuleExpired),
                    (false, true) => Some(Cause::Over),
                    (false, false) => None,
                };
                let severity = rule.severity(told.slots);
                state.eased.look(track.t, severity < alert.severity, rule.clear_ns);
                state.lapsed |= state.eased.holds(rule.clear_ns);
                // What makes it worse must last as what raises it: one look of what lies still may show any speed.
                state.worse.look(track.t, severity > alert.severity, rule.hold_ns);
                // What made it worse was over, and comes back: that is told again, as an alert that was cleared would be. So is what happens anew.
                let returns = severity == alert.severity
                    && (state.lapsed && !state.raised.is_some_and(|(t, _)| within(track.t, t, rule.hold_down_ns))
                        || state.raise.holds(told.wait_ns) && is_news);
                if let Some(cause) = cause {
                    let evidence = told.evidence(&state.raise);
                    let alert = Alert { position: track.position, evidence, ..(**alert).clone() };
                    out.push(cleared(rule, alert, track.t, track.t_out, cause));
                    self.active -= 1;
                    state.active = None;
                    state.clear.forget();
                    state.raise.forget();
                    (state.eased, state.lapsed, state.worse) = (Hold::default(), false, Hold::default());
                    if let Some((bearer, _)) = self.singles.get_mut(&index) {
                        *bearer = None;
                    }
                } else if over != Some(true) && (state.worse.holds(rule.hold_ns) || returns) && told.is_let_out() {
                    // What is over by now, though not for long enough to be cleared, is not told as worse: its evidence would not say so.
                    suspicion.renew(&ctx);
                    (state.eased, state.lapsed, state.worse) = (Hold::default(), false, Hold::default());
                    **alert = told.raised(alert.id, severity, &state.raise, suspicion.score());
                    state.raised = Some((track.t, severity));
                    out.push((**alert).clone());
                }
            } else if !expired && track.status == TrackStatus::Confirmed && state.raise.holds(told.wait_ns) {
                told.slots.fill(rule.told, &ctx);
                let severity = rule.severity(told.slots);
                let held_down =
                    state.raised.is_some_and(|(t, before)| severity <= before && within(track.t, t, rule.hold_down_ns))
                        && !is_news;
                let event_told = rule.single
                    && self.singles.get(&index).is_some_and(|(bearer, t)| {
                        bearer.is_some_and(|b| b != track.id) || within(track.t, *t, rule.hold_down_ns)
                    });
                if let Some((clause, condition)) = rule.silenced_by(told.slots) {
                    let again_ns = rule.hold_down_ns.max((SUPPRESSED_AGAIN_S * 1e9) as i64);
                    if !held_down && !state.kept_back.is_some_and(|t| within(track.t, t, again_ns)) {
                        state.kept_back = Some(track.t);
                        let alert = told.raised(AlertId(0), severity, &state.raise, suspicion.score());
                        let entry = silencer(&ctx, condition.used);
                        self.suppressed.push(Suppressed { alert, by: clause.clone(), entry });
                    }
                } else if !held_down && !event_told {
                    suspicion.renew(&ctx);
                    let alert = told.raised(AlertId(self.next_id), severity, &state.raise, suspicion.score());
                    self.next_id += 1;
                    self.active += 1;
                    state.raised = Some((track.t, severity));
                    state.clear.forget();
                    out.push(alert.clone());
                    state.active = Some(Box::new(alert));
                    if rule.single {
                        self.singles.insert(index, (Some(track.id), track.t));
                    }
                }
            }
            let down = state.raised.is_some_and(|(t, _)| within(track.t, t, rule.hold_down_ns));
            if state.active.is_none() && state.raise.is_idle() && !down {
                states.remove(at);
            } else {
                at += 1;
            }
        }
        if let Some(memory) = self.world.memory_mut(number) {
            memory.rules = states;
            memory.suspicion = suspicion;
        }
    }
}

fn compiled(rules: &[RuleSpec]) -> Result<Vec<CompiledRule>, Vec<String>> {
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
    if errors.is_empty() { Ok(compiled) } else { Err(errors) }
}

/// Whether `t` is less than `window_ns` after `from`.
fn within(t: Timestamp, from: Timestamp, window_ns: i64) -> bool {
    t.nanos().saturating_sub(from.nanos()) < window_ns
}

/// The entry or zone by which a clause that reads these fields keeps silent.
fn silencer(ctx: &Ctx<'_>, used: SlotSet) -> Option<String> {
    let reads = |name: &str| super::fields::slot_of(name).is_some_and(|slot| used.contains(slot));
    let (world, entries) = (ctx.world, ctx.world.grounds.lists.entries());
    let entry = if reads("blue") {
        world.own(ctx)
    } else if reads("registered") {
        world.registered(ctx)
    } else {
        None
    };
    if let Some(entry) = entry.and_then(|e| entries.get(usize::from(e))) {
        return Some(entry.label.clone());
    }
    let zone = reads("zones").then_some(ctx.memory.inside.silencing.or(ctx.memory.inside.first)).flatten()?;
    world.grounds.zones.get(usize::from(zone)).map(|z| z.id.clone())
}

/// What is needed to tell an alert.
struct Told<'a, 'c> {
    rule: &'a CompiledRule,
    ctx: &'a Ctx<'c>,
    slots: &'a mut Slots,
    /// For how long its condition must have held here, ns.
    wait_ns: i64,
    grounds_version: &'a str,
}

impl Told<'_, '_> {
    /// Whether nothing keeps it silent.
    fn is_let_out(&mut self) -> bool {
        self.slots.fill(self.rule.told, self.ctx);
        self.rule.silenced_by(self.slots).is_none()
    }

    fn raised(&mut self, id: AlertId, severity: Severity, hold: &Hold, score: Option<Score>) -> Alert {
        let evidence = self.evidence(hold);
        let Self { rule, ctx, slots, wait_ns, grounds_version } = self;
        let track = ctx.track;
        let score = score.map(|s| s.log_odds);
        // In the order of the names that `CompiledRule` gave to its texts.
        let (hold_s, held_s) = (seconds(*wait_ns), seconds(hold.held_ns(rule.hold_ns)));
        let extras: Vec<f64> = [hold_s, held_s, track.id.0 as f64, score.unwrap_or(f64::NAN)]
            .into_iter()
            .chain(rule.params.iter().map(|(_, v)| *v))
            .chain(rule.when.limits.iter().map(|limit| limit.told(slots)))
            .collect();
        let value = |slot| slots.get(slot);
        let zh = |text: &super::template::Template| {
            text.fill(Language::Chinese, value, |t, v| label(ctx.world, t, v, true), &extras)
        };
        let en = |text: &super::template::Template| {
            text.fill(Language::English, value, |t, v| label(ctx.world, t, v, false), &extras)
        };
        let known = |slot: &u8| FIELDS.get(usize::from(*slot)).map(|f| (f, slots.get(*slot)));
        let fields: Vec<_> = rule.told_order.iter().filter_map(known).collect();
        let unknown = fields.iter().filter(|(_, v)| v.is_none()).map(|(f, _)| f.name.to_owned()).collect();
        let mut others: Vec<TrackId> = Vec::new();
        for (_, v) in fields.iter().filter(|(f, _)| f.kind == FieldKind::Label(Table::Track)) {
            if let Some(id) = v.map(|v| TrackId(v as u64)).filter(|id| *id != track.id && !others.contains(id)) {
                others.push(id);
            }
        }
        Alert {
            id,
            rule: rule.id.clone(),
            severity,
            state: AlertState::Raised,
            track: track.id,
            t: track.t,
            t_out: track.t_out,
            position: track.position,
            text_zh: zh(&rule.text_zh),
            text_en: en(&rule.text_en),
            evidence,
            basis: Basis {
                rule_version: rule.version.clone(),
                grounds_version: (*grounds_version).to_owned(),
                score,
                unknown,
                refutes_zh: zh(&rule.refutes_zh),
                refutes_en: en(&rule.refutes_en),
                others,
            },
        }
    }

    /// Every field that the rule and its texts read, then the limits, then the times.
    fn evidence(&mut self, hold: &Hold) -> Vec<(String, EvidenceValue)> {
        self.slots.fill(self.rule.told, self.ctx);
        let mut list: Vec<(String, EvidenceValue)> = Vec::new();
        for &slot in &self.rule.told_order {
            let Some(field) = FIELDS.get(usize::from(slot)) else { continue };
            let value = match (self.slots.get(slot), field.kind) {
                (None, _) => EvidenceValue::Unknown,
                (Some(v), FieldKind::Number | FieldKind::Label(Table::Track)) => EvidenceValue::Number(v),
                (Some(v), FieldKind::Flag) => EvidenceValue::Flag(v > 0.5),
                (Some(v), FieldKind::Word(words)) => {
                    words.get(v as usize).map_or(EvidenceValue::Unknown, |word| EvidenceValue::Text((*word).to_owned()))
                }
                (Some(v), FieldKind::Set(words)) => {
                    let each = words.iter().enumerate().filter(|(i, _)| v as u32 >> i & 1 == 1);
                    EvidenceValue::Text(each.map(|(_, word)| *word).collect::<Vec<_>>().join(","))
                }
                (Some(v), FieldKind::Label(table)) => {
                    label(self.ctx.world, table, v, false).map_or(EvidenceValue::Unknown, EvidenceValue::Text)
                }
            };
            list.push((field.name.to_owned(), value));
        }
        let rule = self.rule;
        list.extend(rule.params.iter().map(|(name, v)| (format!("p.{name}"), EvidenceValue::Number(*v))));
        list.extend(rule.when.limits.iter().map(|limit| (limit.name.clone(), EvidenceValue::Number(limit.told(self.slots)))));
        list.push(("hold_s".to_owned(), EvidenceValue::Number(seconds(self.wait_ns))));
        list.push(("held_s".to_owned(), EvidenceValue::Number(seconds(hold.held_ns(rule.hold_ns)))));
        list
    }
}

/// What something is called.
fn label(world: &World, table: Table, v: f64, chinese: bool) -> Option<String> {
    match table {
        Table::Track => Some(format!("{v:.0}")),
        Table::Entry => world.grounds.lists.entries().get(v as usize).map(|e| e.label.clone()),
        Table::Zone => {
            let zone = world.grounds.zones.get(v as usize)?;
            Some(if chinese { zone.name_zh.clone() } else { zone.name_en.clone() })
        }
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

fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}
