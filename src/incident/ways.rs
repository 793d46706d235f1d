//! How crafts ran some looks back: in clutter the last looks of a track that dies tell of the clutter and not of the craft.

use std::collections::{BTreeMap, VecDeque};

use crate::model::incident::Member;
use crate::model::{Timestamp, Track, TrackId};

/// Looks are kept so far apart, s: a turn at 45 kn (6°/s) is over in it, and a coastal radar has had four looks.
const APART_S: f64 = 10.0;

/// So many of them, two minutes: a track that its craft has left follows clutter for a minute and a half in the storm (`clutter_storm`,
/// tuning seeds).
const LOOKS: usize = 12;

/// Where a craft was and how it ran.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    /// When.
    pub t: Timestamp,
    /// Degrees north and east.
    pub position: [f64; 2],
    /// East and north, m/s.
    pub velocity: [f64; 2],
}

/// Looks back along the ways of the members of lineages, while they ran. A restart forgets them: numbers of tracks are new then.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    of: BTreeMap<TrackId, VecDeque<Look>>,
    // With which member a craft of no incident has run, and when last.
    with: BTreeMap<TrackId, (TrackId, Timestamp)>,
}

impl Ways {
    /// Keeps in mind how a craft runs.
    pub fn note(&mut self, track: &Track) {
        let looks = self.of.entry(track.id).or_default();
        if looks.back().is_some_and(|last| track.t.seconds_since(last.t) < APART_S) {
            return;
        }
        if looks.len() == LOOKS {
            looks.pop_front();
        }
        let position = [track.position.lat_deg(), track.position.lon_deg()];
        looks.push_back(Look { t: track.t, position, velocity: track.velocity });
    }

    /// The last look at a member, and those back along its way.
    pub fn looks<'a>(&'a self, m: &Member) -> impl Iterator<Item = Look> + 'a {
        let last = Look { t: m.seen, position: m.position, velocity: m.velocity };
        std::iter::once(last).chain(self.of.get(&m.track).into_iter().flatten().copied())
    }

    /// The members that have run of late.
    pub fn runners(&self) -> impl Iterator<Item = TrackId> + '_ {
        self.of.keys().copied()
    }

    /// Keeps in mind with whom a craft of no incident runs.
    pub fn note_beside(&mut self, track: TrackId, member: TrackId, at: Timestamp) {
        self.with.insert(track, (member, at));
    }

    /// With which member it has run last, and when.
    pub fn ran_with(&self, track: TrackId) -> Option<(TrackId, Timestamp)> {
        self.with.get(&track).copied()
    }

    /// Forgets those that were last kept so long ago.
    pub fn sweep(&mut self, now: Timestamp, keep_s: f64) {
        self.with.retain(|_, (_, at)| now.seconds_since(*at) <= keep_s);
        self.of.retain(|_, looks| looks.back().is_some_and(|last| now.seconds_since(last.t) <= keep_s));
    }
}
