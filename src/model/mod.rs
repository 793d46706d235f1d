//! The words of the house: time, identities, reports, tracks, the picture, alerts, units.
//!
//! Pure. Every other room speaks these types; they hold no behaviour beyond what keeps their own meaning.

mod alert;
mod change;
pub mod command;
mod ids;
pub mod incident;
mod picture;
mod refusal;
mod report;
mod site;
mod station;
mod time;
mod track;
mod track_detail;
pub mod units;

pub use alert::{Alert, AlertState, Basis, EvidenceValue, Severity, Suppressed};
pub use command::{Accepted, Actor, Answer, Command, Order, Refusal};
pub use ids::{AlertId, FeedId, Mmsi, SensorId, TrackId};
pub use incident::{Incident, IncidentEvent, IncidentId};
pub use picture::Picture;
pub use report::{
    AisClass, AisPosition, AisReception, AisStatic, Antenna, Bearing, Frame, OwnPosition, Place, Plausibility, Plot, Report,
    ReportKind, SensorTrack, SensorTrackStatus, Transmission,
};
pub use site::{AmplitudeScale, FeedAddress, Sensor, SensorKind, Site, WireFormat};
pub use station::{MAX_STATION, Station};
pub use time::Timestamp;
pub use track::{AisState, CraftClass, MAX_TRACK_SENSORS, SensorSet, Track, TrackStatus};
pub use track_detail::{AisDetail, AisOffset, Link, Looks, MAX_NAMES, Modes, Names, Origin, RECENT_LOOKS, Sensing};
