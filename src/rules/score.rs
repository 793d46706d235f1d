//! Suspicion of a track: log-odds in nats, summed over groups of evidence, each contribution shown. It orders what officers look at
//! first; it raises nothing and silences nothing.

use super::fields::Ctx;
use super::memory::NM;
use crate::model::units::mps_to_knots;
use crate::model::{AisState, Timestamp};

/// Log-odds before any evidence: one real run in three nights against 300 small-craft tracks a night, ln(1/900).
pub const BASE: f64 = -6.8;
/// The evidence together may move the odds by this much, nats: nobody is ever sure by numbers.
const MOST: f64 = 8.0;
/// What was so for a while fades with this half-life, s.
const HALF_LIFE_S: f64 = 1800.0;

/// That it came over a line, or left a ship, is news for so long, s (R11's end; R08): both stand in its memory for ever, and would never fade.
const CROSSED_S: f64 = 60.0;
const LEFT_S: f64 = 300.0;

/// A group of evidence that says much the same: within it the largest for and the largest against count, not the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // each says itself in word()
pub enum Group {
    Kinematic,
    Identity,
    Place,
    Intent,
    Sensing,
    History,
    Own,
}

impl Group {
    const ALL: [Self; 7] =
        [Self::Kinematic, Self::Identity, Self::Place, Self::Intent, Self::Sensing, Self::History, Self::Own];

    /// English and Chinese.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Kinematic => ("kinematic", "运动"),
            Self::Identity => ("identity", "身份"),
            Self::Place => ("place and time", "地点与时间"),
            Self::Intent => ("intent", "意图"),
            Self::Sensing => ("sensing", "感知"),
            Self::History => ("history", "历史"),
            Self::Own => ("own forces", "己方"),
        }
    }
}

/// One kind of evidence.
struct Evidence {
    name: &'static str,
    zh: &'static str,
    group: Group,
    /// Nats where it is certain.
    weight: f64,
    /// Whether it stays, fading, after it has ceased.
    fades: bool,
    /// How certain it is, 0–1; `None` is not known and counts as nothing.
    read: fn(&Ctx<'_>) -> Option<f64>,
}

const fn lasting(
    name: &'static str,
    zh: &'static str,
    group: Group,
    weight: f64,
    read: fn(&Ctx<'_>) -> Option<f64>,
) -> Evidence {
    Evidence { name, zh, group, weight, fades: false, read }
}

const fn fading(
    name: &'static str,
    zh: &'static str,
    group: Group,
    weight: f64,
    read: fn(&Ctx<'_>) -> Option<f64>,
) -> Evidence {
    Evidence { name, zh, group, weight, fades: true, read }
}

/// How many kinds there are.
const KINDS: usize = 24;

/// Weights are starting values of the reference (rules.md §3.4), to be fitted to outcomes. What earlier alerts said is none of them:
/// a rule must not make its own next alert likelier.
static EVIDENCE: [Evidence; KINDS] = [
    fading("at least 25 kn", "航速≥25节", Group::Kinematic, 1.5, |c| faster(c, 25.0)),
    fading("at least 35 kn", "航速≥35节", Group::Kinematic, 2.5, |c| faster(c, 35.0)),
    fading("at least 45 kn", "航速≥45节", Group::Kinematic, 3.2, |c| faster(c, 45.0)),
    lasting("AIS not received where expected", "应收而未收到AIS", Group::Identity, 1.0, |c| {
        // What nobody could receive is not known.
        let expected = c.track.ais_expected.filter(|_| c.world.was_listened_to(c.track))?;
        flag(c.track.ais == AisState::None && expected >= 0.5).map(|f| f * expected)
    }),
    lasting("AIS stopped", "AIS中断", Group::Identity, 1.5, |c| {
        let event = c.world.event(c.memory).is_some();
        if c.track.ais != AisState::Lost {
            return flag(false);
        }
        // While nobody is heard, and until it would have been heard again, it is not known whether it has stopped.
        let own = c.world.stopped_by_itself(c.track)?;
        if own { flag(!event) } else { None }
    }),
    lasting("AIS tells of another place", "AIS位置不符", Group::Identity, 2.5, |c| {
        let event = c.world.event(c.memory).is_some();
        c.track.ais_detail.offset.and_then(|_| flag(c.memory.spoof_llr >= 9.0 && !event))
    }),
    lasting("one MMSI in two places", "一码多船", Group::Identity, 1.5, |c| {
        flag(c.track.ais == AisState::Ambiguous || c.vessel?.jumps(c.track.t_out) >= 3)
    }),
    lasting("AIS received, registered here", "AIS正常且已登记", Group::Identity, -3.0, |c| {
        flag(c.track.ais == AisState::Ok && c.world.registered(c).is_some())
    }),
    lasting("night", "夜间", Group::Place, 1.2, |c| {
        let altitude = super::sun::sun_altitude(c.track.t, c.track.position).to_degrees();
        // Dusk counts in part: from 0 at sunset to 1 at the end of civil twilight.
        Some((-altitude / 6.0).clamp(0.0, 1.0))
    }),
    lasting("in a landing zone", "位于登陆区", Group::Place, 1.0, |c| in_zone(c, 0)),
    lasting("shuttle corridor in its hours", "航线时段内", Group::Place, -2.0, |c| in_zone(c, 7)),
    lasting("jet-ski zone in its hours", "摩托艇区时段内", Group::Place, -2.0, |c| in_zone(c, 8)),
    fading("runs for the shore", "冲滩", Group::Intent, 2.0, |c| {
        let (_, closing) = c.memory.shore?;
        flag(mps_to_knots(closing) >= 20.0 && c.memory.eta_shore_min().is_some_and(|eta| eta <= 20.0))
    }),
    fading("came over a watch line", "越过监视线", Group::Intent, 1.2, |c| {
        let lately = |at: Timestamp| c.memory.t.seconds_since(at) <= CROSSED_S;
        c.world.zones.any_line.then_some(f64::from(u8::from(c.memory.crossing.is_some_and(|x| x.inward && lately(x.at)))))
    }),
    fading("began beside a ship", "母船放艇", Group::Intent, 2.0, |c| {
        let parent = c.memory.parent?;
        let lately = c.memory.t.seconds_since(parent.left) <= LEFT_S;
        flag(lately && parent.m <= 400.0 && c.memory.length_is_small(c) && mps_to_knots(c.track.sog_lcb90) >= 15.0)
    }),
    fading("met another at sea without AIS", "海上会合", Group::Intent, 1.5, |c| {
        let Some(meeting) = c.memory.around.meeting else { return c.memory.around.at.and_then(|_| flag(false)) };
        let dark = c.track.ais != AisState::Ok || meeting.ais != AisState::Ok;
        let offshore = c.memory.shore.is_none_or(|(m, _)| m >= NM);
        flag(dark && offshore && meeting.last.seconds_since(meeting.since) >= 180.0)
    }),
    fading("in formation without AIS", "无AIS编队", Group::Intent, 1.0, |c| {
        c.memory.around.at.and_then(|_| flag(c.memory.around.fast_dark > 0 && faster(c, 25.0) == Some(1.0)))
    }),
    lasting("camera: go-fast", "光电：快艇", Group::Sensing, 2.5, |c| camera(c, 1)),
    lasting("camera: fishing boat", "光电：渔船", Group::Sensing, -2.5, |c| camera(c, 3)),
    lasting("seen from two places", "双站可见", Group::Sensing, 0.3, |c| {
        flag(c.track.radar_sites(&c.world.site, 60.0) >= 2)
    }),
    lasting("may be clutter", "疑为杂波", Group::Sensing, -2.0, |c| flag(c.track.sensing.p_clutter > 0.1)),
    lasting("may have changed crafts", "疑为串批", Group::Sensing, -1.5, |c| flag(c.track.sensing.p_swap > 0.2)),
    lasting("on the watch list", "布控名单", Group::History, 3.0, |c| {
        c.vessel.map(|_| c.world.watched(c).map_or(0.0, |m| m.likeness))
    }),
    lasting("one of our own", "己方力量", Group::Own, -8.0, |c| flag(c.world.own(c).is_some())),
];

fn flag(holds: bool) -> Option<f64> {
    Some(f64::from(u8::from(holds)))
}

fn faster(c: &Ctx<'_>, kn: f64) -> Option<f64> {
    flag(mps_to_knots(c.track.sog_lcb90) >= kn)
}

fn in_zone(c: &Ctx<'_>, kind: u32) -> Option<f64> {
    c.world.zones.any.then(|| f64::from(c.memory.inside.kinds >> kind & 1))
}

fn camera(c: &Ctx<'_>, class: u8) -> Option<f64> {
    c.world.sighted(c.track).map(|(seen, p, _)| if seen == class { p } else { 0.0 })
}

/// What is remembered of a track's evidence.
#[derive(Clone, Debug, Default)]
pub(super) struct Suspicion {
    at: Option<Timestamp>,
    /// Certainty now; NaN where not known.
    now: Box<[f32]>,
    /// What fades: the largest certainty so far, faded to now.
    kept: Box<[f32]>,
}

/// One line of the score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Its group.
    pub group: Group,
    /// What, in English.
    pub name: &'static str,
    /// What, in Chinese.
    pub zh: &'static str,
    /// Nats where it is certain.
    pub weight: f64,
    /// How certain, 0–1.
    pub confidence: f64,
}

impl Contribution {
    /// What it adds, nats.
    pub fn nats(&self) -> f64 {
        self.weight * self.confidence
    }
}

/// The score of a track with what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// When it was taken.
    pub at: Timestamp,
    /// Log-odds, nats.
    pub log_odds: f64,
    /// What counted: the largest for and the largest against of each group.
    pub contributions: Vec<Contribution>,
    /// What is not known and would count.
    pub unknown: Vec<&'static str>,
}

impl Score {
    /// As a probability.
    pub fn p(&self) -> f64 {
        1.0 / (1.0 + (-self.log_odds).exp())
    }
}

impl Suspicion {
    /// Takes the evidence anew.
    pub fn renew(&mut self, ctx: &Ctx<'_>) {
        let t = ctx.memory.t;
        let fade = self.at.map_or(0.0, |at| 0.5f64.powf(t.seconds_since(at).max(0.0) / HALF_LIFE_S)) as f32;
        if self.now.is_empty() {
            self.now = vec![f32::NAN; KINDS].into();
            self.kept = vec![0.0; KINDS].into();
        }
        self.at = Some(t);
        for ((evidence, now), kept) in EVIDENCE.iter().zip(&mut self.now).zip(&mut self.kept) {
            *now = (evidence.read)(ctx).map_or(f32::NAN, |c| c.clamp(0.0, 1.0) as f32);
            // What is not known neither adds nor takes: what was known fades on.
            *kept = (*kept * fade).max(if now.is_nan() { 0.0 } else { *now });
        }
    }

    /// Calls `each` with what counts of every group.
    fn counted(&self, mut each: impl FnMut(Contribution)) {
        for group in Group::ALL {
            let (mut best, mut worst): (Option<Contribution>, Option<Contribution>) = (None, None);
            for ((evidence, now), kept) in EVIDENCE.iter().zip(&self.now).zip(&self.kept).filter(|((e, _), _)| e.group == group)
            {
                let confidence = f64::from(if evidence.fades { *kept } else { *now });
                if confidence.is_nan() || confidence <= 0.0 {
                    continue;
                }
                let Evidence { name, zh, group, weight, .. } = *evidence;
                let one = Contribution { group, name, zh, weight, confidence };
                let side = if weight > 0.0 { &mut best } else { &mut worst };
                if side.is_none_or(|s| one.nats().abs() > s.nats().abs()) {
                    *side = Some(one);
                }
            }
            best.into_iter().chain(worst).for_each(&mut each);
        }
    }

    /// Log-odds, nats, if evidence was ever taken.
    pub fn log_odds(&self) -> Option<f64> {
        self.at?;
        let mut sum = 0.0;
        self.counted(|one| sum += one.nats());
        Some(BASE + sum.clamp(-MOST, MOST))
    }

    /// The score with what it is made of, if evidence was ever taken.
    pub fn score(&self) -> Option<Score> {
        let (at, log_odds) = (self.at?, self.log_odds()?);
        let mut contributions = Vec::new();
        self.counted(|one| contributions.push(one));
        let unknown = EVIDENCE.iter().zip(&self.now).filter(|(_, now)| now.is_nan()).map(|(e, _)| e.name).collect();
        Some(Score { at, log_odds, contributions, unknown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[(usize, f32)]) -> Suspicion {
        let mut now = vec![f32::NAN; KINDS];
        values.iter().for_each(|(i, v)| now[*i] = *v);
        let kept = now.iter().map(|v| if v.is_nan() { 0.0 } else { *v }).collect();
        Suspicion { at: Some(Timestamp::from_secs(0)), now: now.into(), kept }
    }

    #[test]
    fn what_is_not_known_adds_nothing() {
        let score = with(&[]).score().unwrap();
        assert_eq!((score.log_odds, score.contributions.len(), score.unknown.len()), (BASE, 0, KINDS));
    }

    #[test]
    fn of_a_group_the_largest_counts_and_all_is_bounded() {
        // 25, 35 and 45 kn at once: 3.2, not 7.2.
        let score = with(&[(0, 1.0), (1, 1.0), (2, 1.0)]).score().unwrap();
        assert!((score.log_odds - (BASE + 3.2)).abs() < 1e-9);
        // Night for, corridor against: both, of one group.
        let score = with(&[(8, 1.0), (10, 1.0)]).score().unwrap();
        assert!((score.log_odds - (BASE + 1.2 - 2.0)).abs() < 1e-6);
        let all: Vec<(usize, f32)> = (0..KINDS).filter(|i| EVIDENCE[*i].weight > 0.0).map(|i| (i, 1.0)).collect();
        assert_eq!(with(&all).score().unwrap().log_odds, BASE + MOST);
    }

    #[test]
    fn the_sum_is_that_of_its_lines() {
        let score = with(&[(0, 1.0), (4, 1.0), (8, 0.5), (19, 1.0)]).score().unwrap();
        let sum: f64 = score.contributions.iter().map(Contribution::nats).sum();
        assert!((score.log_odds - BASE - sum).abs() < 1e-9);
        assert_eq!(score.contributions.len(), 4);
    }
}
