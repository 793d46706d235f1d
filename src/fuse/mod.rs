//! Reports → picture: gate, cluster, associate, initiate, identify, register. Pure.

use crate::model::{Report, Site, Timestamp, Track};

/// Numbers that tune the fusion; the defaults are for coastal X-band radars.
#[derive(Clone, Debug, PartialEq)]
pub struct FuseSettings {
    /// Speed above which a craft counts as fast, m/s; `Track::p_fast` is the probability to exceed it.
    pub fast_mps: f64,
}

impl Default for FuseSettings {
    fn default() -> Self {
        Self { fast_mps: crate::model::units::knots_to_mps(25.0) }
    }
}

/// Holds the picture and updates it. A deterministic function of the calls made on it.
pub struct Fuser {
    now: Timestamp,
}

impl Fuser {
    /// An empty picture of `site`.
    pub fn new(_site: &Site, _settings: FuseSettings) -> Self {
        Self { now: Timestamp::MIN }
    }

    /// Takes the reports of one frame, received at `received_at`. Appends to `out` one track for each update, and one for
    /// each track that is dropped.
    pub fn apply(&mut self, received_at: Timestamp, _reports: &[Report], _out: &mut Vec<Track>) {
        self.now = self.now.max(received_at);
    }

    /// Lets time pass up to `now` without a report: coasts, drops, closes what waits for more.
    pub fn advance(&mut self, now: Timestamp, _out: &mut Vec<Track>) {
        self.now = self.now.max(now);
    }

    /// Every live track, in order of its number.
    pub fn tracks(&self) -> Vec<Track> {
        Vec::new()
    }
}
