//! An alert: a rule that holds for a track, with the numbers that made it hold.

use serde::{Deserialize, Serialize};

use super::{AlertId, Timestamp, TrackId};
use crate::geo::Geodetic;

/// How much it matters: 1 information, 2 advisory, 3 warning, 4 alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub struct Severity(u8);

impl From<Severity> for u8 {
    fn from(severity: Severity) -> Self {
        severity.0
    }
}

impl TryFrom<u8> for Severity {
    type Error = &'static str;

    fn try_from(level: u8) -> Result<Self, Self::Error> {
        Self::new(level).ok_or("a severity is 1 to 4")
    }
}

/// The least: information.
impl Default for Severity {
    fn default() -> Self {
        Self(1)
    }
}

impl Severity {
    /// The highest: alarm.
    pub const MAX: Self = Self(4);

    /// `None` unless 1–4.
    pub fn new(level: u8) -> Option<Self> {
        (1..=4).contains(&level).then_some(Self(level))
    }

    /// 1–4.
    pub fn level(self) -> u8 {
        self.0
    }
}

/// Where an alert is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// The rule has held for its hold time.
    Raised,
    /// The rule has not held for its clear time, or the track has ended.
    Cleared,
}

impl AlertState {
    /// The word for it in lines.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Cleared => "cleared",
        }
    }
}

/// A number or word that a clause of the rule was decided on.
#[derive(Clone, Debug, PartialEq)]
pub enum EvidenceValue {
    /// A number, in the unit its name carries.
    Number(f64),
    /// A word.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Not known; never fires a rule.
    Unknown,
}

/// One alert line.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Our number for it; raised and cleared lines share it.
    pub id: AlertId,
    /// The rule, as `R01`.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// Raised or cleared.
    pub state: AlertState,
    /// Whom it is about.
    pub track: TrackId,
    /// The time of the state that decided.
    pub t: Timestamp,
    /// The newest `received_at` taken when it was said.
    pub t_out: Timestamp,
    /// Where the craft was.
    pub position: Geodetic,
    /// What the officer reads, in Chinese.
    pub text_zh: String,
    /// What the officer reads, in English.
    pub text_en: String,
    /// Numbers behind every clause, in the order of the rule.
    pub evidence: Vec<(String, EvidenceValue)>,
    /// By what it was decided and what stands against it.
    pub basis: Basis,
}

/// What an alert stands on beside its evidence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Basis {
    /// Digest of the rule as it was, 16 hexadecimal digits: an old alert is judged again by the rule of its day.
    pub rule_version: String,
    /// Digest of the zones and lists as they were, 16 hexadecimal digits.
    pub grounds_version: String,
    /// Suspicion of the track, log-odds in nats. It orders what officers look at first and decides nothing.
    pub score: Option<f64>,
    /// What was asked for and not known.
    pub unknown: Vec<String>,
    /// What would refute it, in Chinese.
    pub refutes_zh: String,
    /// What would refute it, in English.
    pub refutes_en: String,
    /// Other tracks that it is about: the partner of a meeting, the mother ship, the rest of a formation.
    pub others: Vec<TrackId>,
}

/// An alert that was not raised although its rule held, and why: kept so that what suppression hides can be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppressed {
    /// What would have been raised; its number is 0.
    pub alert: Alert,
    /// The rule's `suppress` clause that held, or the word for another reason: `single`, `rate`.
    pub by: String,
    /// The entry or zone that made it hold, where one did.
    pub entry: Option<String>,
}
