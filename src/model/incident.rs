//! An incident: what the officer sees instead of alerts. All alerts about one craft, or one event, with what was done about it.
//!
//! Two things go on at once. The *alarm* asks for attention and follows IEC 62923-1: someone has seen it or not, it sounds or not,
//! its condition lasts or not. The *case* is the work on it: 派单→签收→到场→反馈→复核→归档.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use super::change::{Change, Entry, FieldReport, HandOver, IncidentEvent};
use super::command::Actor;
use super::{AlertId, Severity, Timestamp, TrackId};

/// Number of an incident, unique within a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub u64);

/// Number of a hand-over of the watch, unique within a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HandOverId(pub u64);

/// Name of a unit, as officers call it on the radio.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitName(pub String);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for HandOverId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// State of the alarm, as IEC 62923-1 has it, with the shelf of IEC 62682.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmState {
    /// The condition lasts and nobody has acknowledged: it sounds.
    Unacknowledged,
    /// The condition lasts, nobody has acknowledged, the sound is off for a short time.
    Silenced,
    /// The condition lasts and someone has seen it.
    Acknowledged,
    /// Put aside, for a reason and a time.
    Shelved,
    /// The condition has ended and nobody has acknowledged.
    RectifiedUnacknowledged,
    /// The condition has ended and someone has seen it; or someone has judged it a false alarm.
    Closed,
}

impl AlarmState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Unacknowledged, Self::Silenced, Self::Acknowledged, Self::Shelved, Self::RectifiedUnacknowledged, Self::Closed];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unacknowledged => "unacknowledged",
            Self::Silenced => "silenced",
            Self::Acknowledged => "acknowledged",
            Self::Shelved => "shelved",
            Self::RectifiedUnacknowledged => "rectified-unacknowledged",
            Self::Closed => "closed",
        }
    }

    /// The word for it in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Unacknowledged => "未确认",
            Self::Silenced => "已消音",
            Self::Acknowledged => "已确认",
            Self::Shelved => "已搁置",
            Self::RectifiedUnacknowledged => "已恢复未确认",
            Self::Closed => "已关闭",
        }
    }

    /// Whether it sounds.
    pub const fn sounds(self) -> bool {
        matches!(self, Self::Unacknowledged)
    }
}

/// How far the work on an incident has come: that of the unit which is furthest behind among those not called back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CasePhase {
    /// Nobody was sent.
    #[default]
    None,
    /// 派单.
    Dispatched,
    /// 签收.
    Accepted,
    /// 到场.
    OnScene,
    /// 反馈.
    ReportedBack,
    /// 复核.
    Reviewed,
    /// 归档.
    Archived,
}

impl CasePhase {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Dispatched => "dispatched",
            Self::Accepted => "accepted",
            Self::OnScene => "on-scene",
            Self::ReportedBack => "reported-back",
            Self::Reviewed => "reviewed",
            Self::Archived => "archived",
        }
    }

    /// The word for it in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::None => "未派单",
            Self::Dispatched => "已派单",
            Self::Accepted => "已签收",
            Self::OnScene => "已到场",
            Self::ReportedBack => "已反馈",
            Self::Reviewed => "已复核",
            Self::Archived => "已归档",
        }
    }
}

/// The four levels that share the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// 市.
    #[default]
    City,
    /// 县.
    County,
    /// 镇.
    Town,
    /// 村 / 网格.
    VillageGrid,
}

impl Level {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::County => "county",
            Self::Town => "town",
            Self::VillageGrid => "village-grid",
        }
    }

    /// The word for it in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::City => "市",
            Self::County => "县",
            Self::Town => "镇",
            Self::VillageGrid => "村/网格",
        }
    }
}

/// How it ended, as those who went there say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// 已拦截.
    Intercepted,
    /// 未拦截; the reason is told in words.
    NotIntercepted,
    /// 排除嫌疑.
    Innocent,
    /// 未查清.
    Unresolved,
    /// 误报: there was no craft, or the rule was wrong.
    FalseAlarm,
}

impl Outcome {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Intercepted => "intercepted",
            Self::NotIntercepted => "not-intercepted",
            Self::Innocent => "innocent",
            Self::Unresolved => "unresolved",
            Self::FalseAlarm => "false-alarm",
        }
    }

    /// The word for it in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Intercepted => "已拦截",
            Self::NotIntercepted => "未拦截",
            Self::Innocent => "排除嫌疑",
            Self::Unresolved => "未查清",
            Self::FalseAlarm => "误报",
        }
    }
}

/// A unit that can be sent: a boat, a car, a patrol on foot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name; the key.
    pub name: UnitName,
    /// `boat`, `vehicle`, `foot`: only a boat can meet a craft at sea.
    #[serde(default)]
    pub kind: UnitKind,
    /// Whose it is.
    #[serde(default)]
    pub level: Level,
    /// What it can do, knots over ground.
    pub max_speed_kn: f64,
    /// Where it is, degrees north and east; `None` where nobody has told.
    #[serde(default)]
    pub position: Option<[f64; 2]>,
    /// When that was so, by the engine's time.
    #[serde(default)]
    pub position_at: Option<Timestamp>,
    /// Whether it can be sent.
    pub available: bool,
    /// Minutes from the order to under way.
    #[serde(default)]
    pub ready_min: f64,
}

/// What moves a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    /// On the water.
    #[default]
    Boat,
    /// On the road.
    Vehicle,
    /// On foot.
    Foot,
}

/// An alert as an incident keeps it: the whole of it is in the alert lines and the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertNote {
    /// Its number.
    pub id: AlertId,
    /// The rule.
    pub rule: String,
    /// How much it matters, at its highest.
    pub severity: Severity,
    /// Whom it is about.
    pub track: TrackId,
    /// When it was raised.
    pub raised: Timestamp,
    /// When it was cleared; `None` while it lasts.
    pub cleared: Option<Timestamp>,
    /// Where the craft was when it was raised, degrees north and east.
    pub position: [f64; 2],
    /// What the officer reads.
    pub text_zh: String,
    /// The same in English.
    pub text_en: String,
}

/// How a track came to belong to an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kinship {
    /// The alert was about it.
    Alerted,
    /// The tracker has linked it to one of the others: a boat lost and found again.
    Linked,
    /// It began where and as one of the others ended, within ten minutes. Inferred.
    Reacquired,
    /// It began where one that was lost minutes before can have run to by then, and nobody else is known who can. Inferred, and
    /// told as news.
    Probable,
    /// Part of the same event: a formation, many AIS silent at once.
    SameEvent,
    /// Named by a person.
    Named,
    /// The same alert, raised again after a restart of the watch.
    Restart,
}

/// A track of an incident's lineage, and where it was last seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its number.
    pub track: TrackId,
    /// How it came to belong.
    pub kinship: Kinship,
    /// When it was last updated.
    pub seen: Timestamp,
    /// Where it was then, degrees north and east.
    pub position: [f64; 2],
    /// Velocity east and north, m/s.
    pub velocity: [f64; 2],
    /// Whether the track has ended.
    pub ended: bool,
}

/// A unit's part in an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Who.
    pub unit: UnitName,
    /// Whose unit it is.
    pub level: Level,
    /// How far it has come; never `Reviewed` or `Archived`, which are of the whole.
    pub phase: CasePhase,
    /// When it was sent.
    pub dispatched: Timestamp,
    /// When it accepted.
    pub accepted: Option<Timestamp>,
    /// When it was there.
    pub on_scene: Option<Timestamp>,
    /// When it reported back.
    pub reported: Option<Timestamp>,
    /// What it found.
    pub outcome: Option<Outcome>,
    /// When it was called back.
    pub recalled: Option<Timestamp>,
    /// Who ordered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_by: Option<Actor>,
    /// The second person who agreed, where one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<Actor>,
    /// Who told what it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_by: Option<Actor>,
}

/// A unit that one person wants to send where two must agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Which.
    pub unit: UnitName,
    /// Who wants it.
    pub by: Actor,
    /// Since when.
    pub at: Timestamp,
}

impl Task {
    /// Whether the unit is still busy with it.
    pub fn is_open(&self) -> bool {
        self.recalled.is_none() && self.phase < CasePhase::ReportedBack
    }
}

/// Entries kept with an incident; older ones are in the record, the store and the lines.
pub const MAX_LOG: usize = 200;
/// Alerts kept with an incident.
pub const MAX_ALERTS: usize = 64;
/// Tracks kept with an incident: a formation, or a cell whose AIS went silent.
pub const MAX_MEMBERS: usize = 64;
/// Units at one incident.
pub const MAX_TASKS: usize = 32;
/// Hand-overs that wait for the second signature; more than one is a watch that nobody took over, and the oldest gives way.
pub const MAX_HAND_OVERS: usize = 16;

/// All alerts about one craft or one event, and what was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// When it began, by the engine's time.
    pub opened: Timestamp,
    /// When anything of it last changed.
    pub changed: Timestamp,
    /// The highest of its alerts, or what the officer gave.
    pub severity: Severity,
    /// State of the alarm.
    pub alarm: AlarmState,
    /// How far the work has come.
    pub case: CasePhase,
    /// Who is in charge.
    pub level: Level,
    /// Who opened it by hand.
    pub opened_by: Option<Actor>,
    /// What was seen, of one opened by hand.
    pub text: String,
    /// Where, degrees north and east: that of the newest alert or member.
    pub position: [f64; 2],
    /// Its alerts, oldest first.
    pub alerts: Vec<AlertNote>,
    /// Alerts that were joined to it beyond the first: what grouping has spared the officer.
    pub joined_alerts: u64,
    /// Its tracks, in the order they came.
    pub members: Vec<Member>,
    /// Units sent.
    pub tasks: Vec<Task>,
    /// Units that one person wants to send and a second has to agree to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// The end of its log, newest last.
    pub log: Vec<Entry>,
    /// Entries there were in all.
    pub log_total: u64,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Who acknowledged last, and when.
    pub acknowledged: Option<(Actor, Timestamp)>,
    /// Until when it is silent.
    pub silenced_until: Option<Timestamp>,
    /// Until when it is on the shelf, and why.
    pub shelved_until: Option<(Timestamp, String)>,
    /// Judged a false alarm, and why.
    pub false_alarm: Option<String>,
    /// Who judged so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub false_alarm_by: Option<Actor>,
    /// Who takes it for a false alarm, and why, while a second person has to agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub false_alarm_proposed: Option<(Actor, String)>,
    /// Someone has judged the whole: its alarm is closed although its condition may last.
    pub judged: bool,
    /// The feedback was taken.
    pub reviewed: bool,
    /// Opened by hand: its condition lasts until someone judges it.
    pub by_hand: bool,
    /// Alerts that last and for which there was no room in the list.
    pub unlisted_active: u32,
    /// The incident that it turned out to be part of.
    pub merged_into: Option<IncidentId>,
    /// The rule about the whole sea that it is of; it gives no lineage.
    pub event_rule: Option<String>,
    /// An earlier incident of the same craft that was finished.
    pub previous: Option<IncidentId>,
}

impl Incident {
    /// One that begins now, with nothing in it.
    pub fn new(id: IncidentId, at: Timestamp, severity: Severity, position: [f64; 2]) -> Self {
        Self {
            id,
            opened: at,
            changed: at,
            severity,
            alarm: AlarmState::Unacknowledged,
            case: CasePhase::None,
            level: Level::City,
            opened_by: None,
            text: String::new(),
            position,
            alerts: Vec::new(),
            joined_alerts: 0,
            members: Vec::new(),
            tasks: Vec::new(),
            proposals: Vec::new(),
            log: Vec::new(),
            log_total: 0,
            outcome: None,
            acknowledged: None,
            silenced_until: None,
            shelved_until: None,
            false_alarm: None,
            false_alarm_by: None,
            false_alarm_proposed: None,
            judged: false,
            reviewed: false,
            by_hand: false,
            unlisted_active: 0,
            merged_into: None,
            event_rule: None,
            previous: None,
        }
    }

    /// Whether a rule still holds for one of its crafts.
    pub fn has_condition(&self) -> bool {
        self.unlisted_active > 0 || self.alerts.iter().any(|a| a.cleared.is_none())
    }

    /// Whether its condition lasts: that of any of its alerts, or of one opened by hand until someone judges it.
    pub fn is_active(&self) -> bool {
        self.has_condition() || (self.by_hand && !self.judged)
    }

    /// Whether nothing is left to do: the alarm is closed and the case was never begun or is archived.
    pub fn is_over(&self) -> bool {
        self.alarm == AlarmState::Closed && matches!(self.case, CasePhase::None | CasePhase::Archived)
    }

    /// Whether this track is of its lineage.
    pub fn has_track(&self, track: TrackId) -> bool {
        self.members.iter().any(|m| m.track == track)
    }

    /// The rules that have fired, each once, in order of their first alert.
    pub fn rules(&self) -> Vec<&str> {
        let mut rules: Vec<&str> = Vec::new();
        for alert in &self.alerts {
            if !rules.contains(&alert.rule.as_str()) {
                rules.push(&alert.rule);
            }
        }
        rules
    }
}

/// An incident that is over is saved for this long, s: twice what a watch that starts again takes in of its record, so that an alert
/// which is raised again from there finds the incident that is finished.
const SAVE_OVER_S: f64 = 3600.0;

/// What must outlive a restart of the watch: written into the record as a command, so that a replay has it too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Incidents that are not over, or ended lately.
    pub incidents: Vec<Incident>,
    /// Units.
    pub units: Vec<Unit>,
    /// Hand-overs that wait for the second signature.
    pub hand_overs: Vec<HandOver>,
}

impl Saved {
    /// Whether an incident is to be saved at `now`.
    pub fn keeps(incident: &Incident, now: Timestamp) -> bool {
        !incident.is_over() || now.seconds_since(incident.changed) <= SAVE_OVER_S
    }
}
