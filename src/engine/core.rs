//! The engine proper: events in, effects out.

use super::workers::workers;
use crate::fuse::{FuseSettings, Fuser, Transmissions};
use crate::model::{Alert, IncidentEvent, Picture, Report, Site, Timestamp, Track};
use crate::rules::{Judge, RuleSpec};

/// What one event caused, in the order it happened.
#[derive(Debug, Default)]
pub struct Effects {
    /// One entry for each update of a track, and one for each track dropped.
    pub tracks: Vec<Track>,
    /// Alerts raised and cleared.
    pub alerts: Vec<Alert>,
    /// What happened to incidents.
    pub incidents: Vec<IncidentEvent>,
}

impl Effects {
    fn clear(&mut self) {
        self.tracks.clear();
        self.alerts.clear();
        self.incidents.clear();
    }
}

/// Owns all tracking and alerting state. Reads no clock, opens no socket, takes no lock: the same events in the same order
/// give the same effects, live and in replay.
pub struct Core {
    transmissions: Transmissions,
    fuser: Fuser,
    judge: Judge,
    now: Timestamp,
    pictures: u64,
    effects: Effects,
}

impl Core {
    /// An engine that has seen nothing. Fails with every fault of the rules at once.
    pub fn new(site: &Site, fuse: FuseSettings, rules: &[RuleSpec]) -> Result<Self, Vec<String>> {
        Ok(Self {
            transmissions: Transmissions::new(site),
            fuser: Fuser::new(site, fuse),
            judge: Judge::new(rules, site)?,
            now: Timestamp::MIN,
            pictures: 0,
            effects: Effects::default(),
        })
    }

    /// Works looks at many crafts by that many threads. Changes no effect.
    pub fn work_by(&mut self, threads: usize) {
        self.fuser.work_with(workers(threads));
    }

    /// Numbers the tracks and alerts to come from `first` on.
    pub fn number_from(&mut self, first: u64) {
        self.fuser.number_from(first);
        self.judge.number_from(first);
    }

    /// Applies a frame that was received and the reports it held.
    ///
    /// Feeds run side by side, so `received_at` may be a little older than that of the frame before; the engine's own time
    /// never goes back.
    pub fn frame(&mut self, received_at: Timestamp, reports: &[Report]) -> &Effects {
        self.pass_time_to(received_at);
        let reports = self.transmissions.admit(reports);
        self.fuser.apply(self.now, reports, &mut self.effects.tracks);
        self.judge()
    }

    /// Applies the passing of time without a frame.
    pub fn tick(&mut self, at: Timestamp) -> &Effects {
        self.pass_time_to(at);
        self.judge()
    }

    /// Reports that another feed had brought already, since the start.
    pub fn repeats(&self) -> u64 {
        self.transmissions.repeats()
    }

    /// The newest `received_at` taken.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Every live track as of now.
    pub fn picture(&mut self) -> Picture {
        self.pictures += 1;
        Picture::new(self.now, self.pictures, self.fuser.tracks())
    }

    fn pass_time_to(&mut self, at: Timestamp) {
        self.effects.clear();
        self.now = self.now.max(at);
        self.fuser.advance(self.now, &mut self.effects.tracks);
    }

    fn judge(&mut self) -> &Effects {
        self.judge.apply(&self.effects.tracks, &mut self.effects.alerts);
        self.judge.advance(self.now, &mut self.effects.alerts);
        &self.effects
    }
}
