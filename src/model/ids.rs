//! Numbers that name things. Newtypes, so that a track is never looked up by a sensor's number.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A feed: one socket, file or serial line from which frames come. Index into [`Site::feeds`](super::Site::feeds).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId(pub u16);

impl FeedId {
    /// The feed of commands: no socket, the engine's own source of what officers order. Beyond any site's feeds.
    pub const COMMANDS: Self = Self(u16::MAX);
}

/// A sensor: one radar, AIS receiver, camera or position source. Index into [`Site::sensors`](super::Site::sensors).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SensorId(pub u16);

/// Number of a track of ours, unique within a run and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackId(pub u64);

/// Number of an alert, unique within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertId(pub u64);

/// Maritime Mobile Service Identity: 30 bits on the air, nine decimal digits in print (ITU-R M.585).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mmsi(pub u32);

impl fmt::Display for Mmsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
