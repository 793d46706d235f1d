//! Target numbers and their lives: radars give a number to another target once its first one is lost.

use std::collections::BTreeMap;

use super::own::Source;
use crate::geo::Geodetic;
use crate::model::{SensorTrackStatus, Timestamp};

/// A number that was silent for so long is another target's when it comes again. Ship radars drop a target after five missed
/// scans (their makers' manuals), at most 15 s; the rest allows for a line that was cut.
const NUMBER_IS_FREE_S: f64 = 60.0;
/// The most targets remembered: the numbers of four radars on one line. The one longest silent gives way.
const MAX_TARGETS: usize = 4096;
/// Two sentences of one target whose times differ by less tell one observation: times are whole seconds, antennas turn in
/// 1.2 s or more.
const SAME_OBSERVATION_S: f64 = 0.5;

/// What is remembered of a target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    /// Counts the lives of its number within the feed.
    pub(super) life: u32,
    status: SensorTrackStatus,
    seen_at: Timestamp,
    /// The last observation reported.
    pub(super) reported_t: Option<Timestamp>,
    /// Capture time of the last TTM or TTD that was placed.
    pub(super) ttm_at: Option<Timestamp>,
    /// The last TLL.
    pub(super) tll: Option<(Timestamp, Geodetic)>,
}

/// The targets of a feed, by who tells them and their number.
#[derive(Clone, Debug, Default)]
pub(super) struct Lives {
    targets: BTreeMap<(Source, u32), Life>,
    // Over all sources, so that number and life together name one target of the feed.
    next: BTreeMap<u32, u32>,
}

impl Lives {
    /// What is known of a target.
    pub(super) fn get(&self, source: Source, number: u32) -> Option<&Life> {
        self.targets.get(&(source, number))
    }

    /// The same, to note what became of it.
    pub(super) fn get_mut(&mut self, source: Source, number: u32) -> Option<&mut Life> {
        self.targets.get_mut(&(source, number))
    }

    /// Which life of its number a target is in, now that it was heard of with this status.
    pub(super) fn hear(&mut self, source: Source, number: u32, status: SensorTrackStatus, now: Timestamp) -> u32 {
        use SensorTrackStatus::{Acquiring, Lost, Tracking};
        if let Some(known) = self.targets.get_mut(&(source, number)) {
            let silent_s = now.seconds_since(known.seen_at);
            let again = match (known.status, status) {
                (Lost, Lost) => false,
                // A target that is tracked and then acquired is another echo, though nobody told the first one lost.
                (Lost, _) | (Tracking, Acquiring) => true,
                _ => silent_s > NUMBER_IS_FREE_S,
            };
            known.status = status;
            known.seen_at = now;
            if !again {
                return known.life;
            }
        } else if self.targets.len() >= MAX_TARGETS
            && let Some(oldest) = self.targets.iter().min_by_key(|(_, l)| l.seen_at).map(|(key, _)| *key)
        {
            self.targets.remove(&oldest);
        }
        let next = self.next.entry(number).or_insert(0);
        let life = *next;
        *next = next.wrapping_add(1);
        let born = Life { life, status, seen_at: now, reported_t: None, ttm_at: None, tll: None };
        self.targets.insert((source, number), born);
        life
    }
}

/// Whether `t` is the time of the observation reported.
pub(super) fn same_observation(reported: Option<Timestamp>, t: Timestamp) -> bool {
    reported.is_some_and(|r| t.seconds_since(r).abs() < SAME_OBSERVATION_S)
}
