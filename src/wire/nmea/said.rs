//! What a feed's sentences say besides AIS, decoded and placed.

use super::own::Source;
use super::target::{Acquisition, Rsd};
use crate::geo::Geodetic;
use crate::model::{OwnPosition, Place, SensorTrackStatus, Timestamp};
use crate::wire::Refusal;

/// Which sentence told a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetSentence {
    /// Range and bearing.
    Ttm,
    /// Latitude and longitude.
    Tll,
    /// Range and bearing, encapsulated.
    Ttd,
}

/// What became of a target sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its report goes to the fusion.
    Report,
    /// Another sentence told the same observation.
    Repeat,
    /// Decoded and left out on purpose, for the reason given.
    Left(Refusal),
    /// It cannot be placed, for the reason given.
    Unplaced(Refusal),
}

/// A decoded target sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Which sentence.
    pub sentence: TargetSentence,
    /// Who sent it.
    pub source: Source,
    /// The radar's number.
    pub number: u32,
    /// Counts the lives of the number within the feed.
    pub life: u32,
    /// Status.
    pub status: SensorTrackStatus,
    /// When it was true at sea.
    pub t: Timestamp,
    /// When all that it needs had reached us.
    pub received_at: Timestamp,
    /// Distance from the radar, m.
    pub range_m: Option<f64>,
    /// Bearing in radians from true north.
    pub azimuth: Option<f64>,
    /// Where.
    pub place: Option<Geodetic>,
    /// Speed as told, m/s.
    pub speed: Option<f64>,
    /// True course as told, radians.
    pub course: Option<f64>,
    /// Velocity east and north in m/s, where it is to be believed.
    pub velocity: Option<[f64; 2]>,
    /// Name or label.
    pub name: Option<String>,
    /// How it was acquired.
    pub acquisition: Option<Acquisition>,
    /// Used by the radar to find own ship's drift.
    pub reference: bool,
    /// What became of it.
    pub outcome: Outcome,
    // What one in the last digits of range (m) and true bearing (radians) is worth.
    pub(super) steps: Option<[f64; 2]>,
    // The place the fusion gets: polar from a fixed radar, so that its bias can be learnt.
    pub(super) report_place: Option<Place>,
}

/// What a feed's sentences say, besides AIS.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// A target.
    Target(Box<Target>),
    /// Own position at a new fix.
    Own {
        /// When it was true.
        t: Timestamp,
        /// When it reached us.
        received_at: Timestamp,
        /// What is known.
        own: OwnPosition,
    },
    /// How the radar's display is set.
    Display(Rsd),
}
