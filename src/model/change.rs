//! What happens to an incident: the entries of its log and the lines of `--incidents`. Every change is told by one of these words,
//! whoever or whatever made it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::Actor;
use super::incident::{HandOverId, Incident, IncidentId, Kinship, Level, Outcome, Unit, UnitName};
use super::{AlertId, Severity, Timestamp, TrackId};

/// What happened to an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[allow(missing_docs)] // the fields are those of the orders and of the alert
pub enum Change {
    /// It began.
    Opened {
        rule: Option<String>,
        text: String,
    },
    /// Another alert belongs to it.
    AlertJoined {
        alert: AlertId,
        rule: String,
        kinship: Kinship,
    },
    /// The severity has risen: a new reason to look, so it is unacknowledged again.
    Escalated {
        severity: Severity,
    },
    /// It was closed and its condition is back.
    Reopened {
        alert: AlertId,
    },
    /// One of its alerts was cleared.
    AlertCleared {
        alert: AlertId,
    },
    /// No alert of it lasts any more.
    Rectified,
    /// A track belongs to it.
    TrackJoined {
        track: TrackId,
        kinship: Kinship,
    },
    Acknowledged,
    Silenced {
        until: Timestamp,
    },
    SilenceExpired,
    Shelved {
        until: Timestamp,
        reason: String,
    },
    Unshelved,
    ShelfExpired,
    FalseAlarm {
        reason: String,
    },
    /// One person takes it for a false alarm where two must agree; it waits for the second.
    FalseAlarmProposed {
        reason: String,
    },
    /// What was proposed is given up; nobody has judged.
    FalseAlarmWithdrawn {
        reason: String,
    },
    Closed,
    Noted {
        text: String,
    },
    Transferred {
        level: Level,
    },
    Dispatched {
        unit: UnitName,
        level: Level,
    },
    /// One person wants to send a unit where two must agree; it waits for the second.
    DispatchProposed {
        unit: UnitName,
    },
    /// What was proposed is given up.
    ProposalWithdrawn {
        unit: UnitName,
        reason: String,
    },
    Accepted {
        unit: UnitName,
    },
    OnScene {
        unit: UnitName,
    },
    ReportedBack {
        unit: UnitName,
        outcome: Outcome,
        text: String,
    },
    Recalled {
        unit: UnitName,
        reason: String,
    },
    Reviewed {
        accepted: bool,
        outcome: Option<Outcome>,
        text: String,
    },
    Archived,
    /// Another incident turned out to be part of this one.
    Absorbed {
        incident: IncidentId,
    },
    /// It turned out to be part of another one.
    Merged {
        into: IncidentId,
    },
    /// What someone outside has told.
    FieldReport {
        report: FieldReport,
    },
    /// Of no incident: a unit is new or has changed.
    UnitChanged {
        unit: Box<Unit>,
    },
    /// Of no incident: the outgoing officer has signed.
    HandedOver {
        hand_over: HandOver,
    },
    /// Of no incident: the incoming officer has signed.
    TakenOver {
        hand_over: HandOver,
    },
    /// Of no incident: rules, lists or zones were loaded.
    Loaded {
        set: String,
        source: String,
        digest: String,
    },
    /// It was open when the watch was started again.
    Resumed,
    /// An order that was not carried out.
    Refused {
        order: String,
        code: String,
        why: String,
    },
}

impl Change {
    /// The word for it, as in JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::AlertJoined { .. } => "alert-joined",
            Self::Escalated { .. } => "escalated",
            Self::Reopened { .. } => "reopened",
            Self::AlertCleared { .. } => "alert-cleared",
            Self::Rectified => "rectified",
            Self::TrackJoined { .. } => "track-joined",
            Self::Acknowledged => "acknowledged",
            Self::Silenced { .. } => "silenced",
            Self::SilenceExpired => "silence-expired",
            Self::Shelved { .. } => "shelved",
            Self::Unshelved => "unshelved",
            Self::ShelfExpired => "shelf-expired",
            Self::FalseAlarm { .. } => "false-alarm",
            Self::FalseAlarmProposed { .. } => "false-alarm-proposed",
            Self::FalseAlarmWithdrawn { .. } => "false-alarm-withdrawn",
            Self::Closed => "closed",
            Self::Noted { .. } => "noted",
            Self::Transferred { .. } => "transferred",
            Self::Dispatched { .. } => "dispatched",
            Self::DispatchProposed { .. } => "dispatch-proposed",
            Self::ProposalWithdrawn { .. } => "proposal-withdrawn",
            Self::Accepted { .. } => "accepted",
            Self::OnScene { .. } => "on-scene",
            Self::ReportedBack { .. } => "reported-back",
            Self::Recalled { .. } => "recalled",
            Self::Reviewed { .. } => "reviewed",
            Self::Archived => "archived",
            Self::Absorbed { .. } => "absorbed",
            Self::Merged { .. } => "merged",
            Self::FieldReport { .. } => "field-report",
            Self::UnitChanged { .. } => "unit-changed",
            Self::HandedOver { .. } => "handed-over",
            Self::TakenOver { .. } => "taken-over",
            Self::Loaded { .. } => "loaded",
            Self::Resumed => "resumed",
            Self::Refused { .. } => "refused",
        }
    }
}

/// What a grid member, a volunteer or a patrol has told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldReport {
    /// The track it is about.
    pub track: Option<TrackId>,
    /// Where, degrees north and east.
    pub position: Option<[f64; 2]>,
    /// Who told.
    pub reporter: String,
    /// In what part.
    pub capacity: String,
    /// What.
    pub text: String,
}

/// A hand-over of the watch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Its number.
    pub id: HandOverId,
    /// Who goes.
    pub from: Actor,
    /// Who comes.
    pub to: String,
    /// Digest of the report that both sign.
    pub digest: String,
    /// In words.
    pub text: String,
    /// When the outgoing officer signed.
    pub signed: Timestamp,
    /// When the incoming officer signed.
    pub taken: Option<Timestamp>,
}

/// One entry in an incident's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When, by the engine's time.
    pub at: Timestamp,
    /// Who; `None` where it followed from what sensors sent or from time.
    pub actor: Option<Actor>,
    /// What.
    pub change: Change,
}

/// One line of `--incidents`: something happened to an incident, or to what all of them share.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentEvent {
    /// Counts the events of a run.
    pub number: u64,
    /// When, by the engine's time.
    pub at: Timestamp,
    /// Who; `None` where it followed from what sensors sent or from time.
    pub actor: Option<Actor>,
    /// What.
    pub change: Change,
    /// The incident as it is after that; `None` for what belongs to none.
    pub incident: Option<Arc<Incident>>,
}
