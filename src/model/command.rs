//! What a person (or the program itself) orders, as it goes into the record: who, when, what.
//!
//! A command is recorded as bytes before it is applied, exactly like what a sensor sends, so a replay shows who knew and did what,
//! when. The bytes are JSON with a version, because records outlive programs.

use serde::{Deserialize, Serialize};

use super::incident::{HandOverId, IncidentId, Level, Outcome, Saved, Unit, UnitName};
pub use super::refusal::{NotNow, Refusal};
use super::{Severity, Timestamp, TrackId};

/// Version of the JSON form that is written. Every version that was ever released is read.
pub const COMMAND_VERSION: u32 = 1;

/// The longest command taken, bytes: what a frame of the record may have. Rules and zones are tens of kilobytes, a list of 20 000 boats
/// is two megabytes.
pub const MAX_COMMAND_BYTES: usize = 4 << 20;

/// The longest free text in a command, characters: a page.
pub const MAX_TEXT: usize = 2000;

/// The longest name of an actor, a unit or a reporter, characters.
pub const MAX_NAME: usize = 64;

/// How long a silenced alarm stays silent, s (IEC 62923-1: silence ends by itself after 30 s).
pub const SILENCE_S: u32 = 30;

/// The longest an incident may be shelved, s: a watch of twelve hours. Who wants longer decides again.
pub const MAX_SHELVE_S: u32 = 12 * 3600;

/// Who orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Actor {
    /// The account's name; `haishao` is the program itself.
    pub name: String,
    /// The role in which it was done, as the console calls it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
}

impl Actor {
    /// The program itself.
    pub fn system() -> Self {
        Self { name: "haishao".to_owned(), role: "system".to_owned() }
    }

    /// Whoever sits at the machine itself, where the console has no accounts.
    pub const LOCAL: &str = "local";

    /// Names that no account may have, because they stand for something else.
    pub const RESERVED: [&str; 2] = ["haishao", Self::LOCAL];

    /// The role that is over the watch, as commands name it.
    pub const SUPERVISOR: &str = "supervisor";

    /// Whether this is known to be one person. Where there are no accounts everybody is `local`, and the program is nobody.
    pub fn is_a_person(&self) -> bool {
        !Self::RESERVED.contains(&self.name.trim())
    }

    /// Whether both may be the same person. Names that differ only in case or blanks are taken for the same.
    pub fn may_be(&self, other: &Self) -> bool {
        self.name.trim().to_lowercase() == other.name.trim().to_lowercase()
    }

    /// An account in a role.
    pub fn of(name: impl Into<String>, role: impl Into<String>) -> Self {
        Self { name: name.into(), role: role.into() }
    }
}

/// One command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Version of the form.
    pub v: u32,
    /// Who.
    pub actor: Actor,
    /// When it was given, by the console's clock. What follows from it happens at the engine's time, which is that of the record.
    pub at: Timestamp,
    /// What.
    pub order: Order,
}

/// What can be ordered. In JSON `{"do":"acknowledge","incident":7}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Order {
    /// 确认: someone has seen it. The sound stops; the condition stays as it is.
    Acknowledge {
        /// Which.
        incident: IncidentId,
    },
    /// 消音: no sound for 30 s. Not an acknowledgement.
    Silence {
        /// Which.
        incident: IncidentId,
    },
    /// 搁置: out of the list of what is open, for a reason and a time.
    Shelve {
        /// Which.
        incident: IncidentId,
        /// Why.
        reason: String,
        /// For how long, s; at most 12 h.
        for_s: u32,
    },
    /// Back from the shelf.
    Unshelve {
        /// Which.
        incident: IncidentId,
    },
    /// 误报: the officer judges that there was nothing to it, and says why.
    FalseAlarm {
        /// Which.
        incident: IncidentId,
        /// Why.
        reason: String,
    },
    /// 撤回误报申请: who has proposed a false alarm, or a supervisor, gives it up before a second person has agreed.
    WithdrawFalseAlarm {
        /// Which.
        incident: IncidentId,
        /// Why.
        reason: String,
    },
    /// An incident that no rule has raised.
    Open {
        /// What it is about, where it is a track.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        track: Option<TrackId>,
        /// Where, degrees north and east; that of the track if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<[f64; 2]>,
        /// How much it matters.
        severity: Severity,
        /// What was seen.
        text: String,
    },
    /// A note in the log.
    Note {
        /// Which.
        incident: IncidentId,
        /// What.
        text: String,
    },
    /// 上报 / 下派: who is in charge of it.
    Transfer {
        /// Which.
        incident: IncidentId,
        /// The level that takes it.
        level: Level,
    },
    /// 派单: a unit is to go.
    Dispatch {
        /// Which.
        incident: IncidentId,
        /// Who.
        unit: UnitName,
    },
    /// 签收: the unit has the order.
    Accept {
        /// Which.
        incident: IncidentId,
        /// Who.
        unit: UnitName,
    },
    /// 到场: the unit is there.
    OnScene {
        /// Which.
        incident: IncidentId,
        /// Who.
        unit: UnitName,
    },
    /// 反馈: what the unit found.
    ReportBack {
        /// Which.
        incident: IncidentId,
        /// Who.
        unit: UnitName,
        /// How it ended.
        outcome: Outcome,
        /// In words; for “not intercepted” it says why and must be given.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// A unit is called back, for a reason.
    Recall {
        /// Which.
        incident: IncidentId,
        /// Who.
        unit: UnitName,
        /// Why.
        reason: String,
    },
    /// 复核: someone reads the feedback and takes it or sends it back.
    Review {
        /// Which.
        incident: IncidentId,
        /// Taken, or to be done again.
        accepted: bool,
        /// The outcome of the whole incident; that of the last feedback if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// 归档: finished. Nothing is deleted.
    Archive {
        /// Which.
        incident: IncidentId,
    },
    /// A unit: where it is, how fast, whether it can go. New or changed.
    Unit {
        /// All of it.
        unit: Unit,
    },
    /// What a grid member, a volunteer or a patrol has told, linked to an incident or a track where it is known which.
    FieldReport {
        /// The incident it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incident: Option<IncidentId>,
        /// The track it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        track: Option<TrackId>,
        /// Where it was seen, degrees north and east.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<[f64; 2]>,
        /// Who told, as far as it is to be known.
        reporter: String,
        /// In what part: `grid-member`, `volunteer`, `patrol`, `public`.
        capacity: String,
        /// What.
        text: String,
    },
    /// 交班: the outgoing officer signs the report of the watch.
    HandOver {
        /// Who takes over.
        to: String,
        /// Digest of the report that both sign, as the console shows it.
        digest: String,
        /// In words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// 接班: the incoming officer signs the same report.
    TakeOver {
        /// Which report.
        hand_over: HandOverId,
    },
    /// New rules, lists or zones: what was in force is thereby in the record. The program gives it, at a start and for whoever asks
    /// for a reload; nobody sends the content himself.
    Load {
        /// What was read again. The content is the whole book all the same, so that no load leans on one before it.
        set: LoadedSet,
        /// The file or files it came from.
        source: String,
        /// BLAKE3 of the content, hexadecimal.
        digest: String,
        /// The content.
        content: String,
    },
    /// What was open when the watch was started again. Only the program orders this.
    Resume {
        /// Incidents, units and numbers.
        saved: Box<Saved>,
    },
}

/// What can be loaded anew while the watch runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadedSet {
    /// The rules.
    Rules,
    /// Watch list, registered boats, own forces.
    Lists,
    /// Zones, lines and corridors.
    Zones,
    /// All of these, as one book of rules.
    All,
}

impl LoadedSet {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Lists => "lists",
            Self::Zones => "zones",
            Self::All => "all",
        }
    }

    /// What is read again alone by this word.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Rules, Self::Zones, Self::Lists].into_iter().find(|set| set.word() == word)
    }
}

impl Order {
    /// The word for it, as in JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Acknowledge { .. } => "acknowledge",
            Self::Silence { .. } => "silence",
            Self::Shelve { .. } => "shelve",
            Self::Unshelve { .. } => "unshelve",
            Self::FalseAlarm { .. } => "false-alarm",
            Self::WithdrawFalseAlarm { .. } => "withdraw-false-alarm",
            Self::Open { .. } => "open",
            Self::Note { .. } => "note",
            Self::Transfer { .. } => "transfer",
            Self::Dispatch { .. } => "dispatch",
            Self::Accept { .. } => "accept",
            Self::OnScene { .. } => "on-scene",
            Self::ReportBack { .. } => "report-back",
            Self::Recall { .. } => "recall",
            Self::Review { .. } => "review",
            Self::Archive { .. } => "archive",
            Self::Unit { .. } => "unit",
            Self::FieldReport { .. } => "field-report",
            Self::HandOver { .. } => "hand-over",
            Self::TakeOver { .. } => "take-over",
            Self::Load { .. } => "load",
            Self::Resume { .. } => "resume",
        }
    }

    /// The incident it is about.
    pub const fn incident(&self) -> Option<IncidentId> {
        match self {
            Self::Acknowledge { incident }
            | Self::Silence { incident }
            | Self::Shelve { incident, .. }
            | Self::Unshelve { incident }
            | Self::FalseAlarm { incident, .. }
            | Self::WithdrawFalseAlarm { incident, .. }
            | Self::Note { incident, .. }
            | Self::Transfer { incident, .. }
            | Self::Dispatch { incident, .. }
            | Self::Accept { incident, .. }
            | Self::OnScene { incident, .. }
            | Self::ReportBack { incident, .. }
            | Self::Recall { incident, .. }
            | Self::Review { incident, .. }
            | Self::Archive { incident } => Some(*incident),
            Self::FieldReport { incident, .. } => *incident,
            _ => None,
        }
    }

    /// The track it is about.
    pub const fn track(&self) -> Option<TrackId> {
        match self {
            Self::Open { track, .. } | Self::FieldReport { track, .. } => *track,
            _ => None,
        }
    }

    /// Whether only the program itself may order it.
    pub const fn is_systems(&self) -> bool {
        matches!(self, Self::Resume { .. })
    }
}

impl Command {
    /// A command of today's form.
    pub fn new(actor: Actor, at: Timestamp, order: Order) -> Self {
        Self { v: COMMAND_VERSION, actor, at, order }
    }

    /// The bytes that go into the record.
    pub fn encode(&self) -> Result<Vec<u8>, Refusal> {
        let bytes = serde_json::to_vec(self).map_err(|e| Refusal::Unreadable { why: e.to_string() })?;
        if bytes.len() > MAX_COMMAND_BYTES { Err(Refusal::TooLong) } else { Ok(bytes) }
    }

    /// Reads the bytes of a record. A later version is told from damage.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        if bytes.len() > MAX_COMMAND_BYTES {
            return Err(Refusal::TooLong);
        }
        let unreadable = |e: serde_json::Error| Refusal::Unreadable { why: e.to_string() };
        let Version { v } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if v != COMMAND_VERSION {
            return Err(Refusal::Version { v });
        }
        serde_json::from_slice(bytes).map_err(unreadable)
    }
}

/// What came of a command.
pub type Answer = Result<Accepted, Refusal>;

/// A command that was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// When, by the engine's time.
    pub at: Timestamp,
    /// The incident it was about, or made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// The hand-over it began or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<HandOverId>,
    /// It is only proposed: a second person has to give the same order.
    #[serde(default, skip_serializing_if = "is_false")]
    pub awaits_second_person: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_read_back_as_written() {
        let command = Command::new(
            Actor::of("王", "watch-officer"),
            Timestamp::from_nanos(1_773_504_000_123_456_789),
            Order::Shelve { incident: IncidentId(7), reason: "渔船作业".to_owned(), for_s: 600 },
        );
        let bytes = command.encode().unwrap();
        assert_eq!(
            std::str::from_utf8(&bytes).unwrap(),
            "{\"v\":1,\"actor\":{\"name\":\"王\",\"role\":\"watch-officer\"},\"at\":1773504000123456789,\
             \"order\":{\"do\":\"shelve\",\"incident\":7,\"reason\":\"渔船作业\",\"for_s\":600}}"
        );
        assert_eq!(Command::decode(&bytes), Ok(command));
    }

    #[test]
    fn what_is_no_command_is_refused_with_its_reason() {
        assert!(matches!(Command::decode(b"\x00\xff"), Err(Refusal::Unreadable { .. })));
        assert!(matches!(Command::decode(b"{\"v\":1}"), Err(Refusal::Unreadable { .. })));
        assert_eq!(Command::decode(b"{\"v\":2,\"new\":[]}"), Err(Refusal::Version { v: 2 }));
        let severe = b"{\"v\":1,\"actor\":{\"name\":\"a\"},\"at\":0,\"order\":{\"do\":\"open\",\"severity\":5,\"text\":\"x\"}}";
        assert!(matches!(Command::decode(severe), Err(Refusal::Unreadable { .. })));
    }

    #[test]
    fn the_word_of_an_order_is_its_tag() {
        for order in [
            Order::FalseAlarm { incident: IncidentId(1), reason: "bird".to_owned() },
            Order::WithdrawFalseAlarm { incident: IncidentId(1), reason: "no bird".to_owned() },
        ] {
            assert_eq!(serde_json::to_value(&order).unwrap()["do"], order.word());
        }
    }
}
