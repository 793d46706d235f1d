//! What comes back after a sensor was gone: names, and tracks of what is in coverage.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{OWN_M, off_m};
use crate::model::{AisState, Mmsi, Picture, Report, ReportKind, Timestamp, Track, TrackStatus};
use crate::sim::coast::World;

/// Two turns of a radar of the scenarios (2.5 s), s.
const TWO_TURNS_S: f64 = 5.0;
/// What the slowest radar's plots and the turn that was under way when it came back add, s.
const ON_ITS_WAY_S: f64 = 1.0;
/// So long after its return it is looked how many are followed, s.
const LOOKED_AFTER_S: f64 = 120.0;
/// In coverage: half of single looks see it.
const COVERED: f64 = 0.5;
/// Who is heard again so late after the receiver is back is asked for no more, s: the slowest interval of a ship at anchor is 3 min.
const HEARD_WITHIN_S: f64 = 200.0;

/// Names and tracks about the gaps of a run.
#[derive(Clone, Debug, Default)]
pub struct Recovery {
    /// Who was named before the receiver fell silent.
    named: BTreeSet<Mmsi>,
    /// When each was first heard again.
    heard: BTreeMap<Mmsi, Timestamp>,
    /// Ships heard again: how many were named again within two turns of their first report, of how many.
    pub again: (usize, usize),
    /// As a radar dies.
    pub before: Option<Held>,
    /// From two turns after it is back on.
    pub after: Vec<Held>,
}

/// Crafts in coverage that are followed, each with of how many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// How long after the radar was back.
    pub after_s: f64,
    /// By a track of any status that was fed within the last two turns.
    pub live: (usize, usize),
    /// By one that is confirmed or was.
    pub confirmed: (usize, usize),
}

impl Recovery {
    /// Notes who is heard for the first time since the receiver is back.
    pub fn hear(&mut self, back: Timestamp, at: Timestamp, reports: &[Report]) {
        if !(0.0..HEARD_WITHIN_S).contains(&at.seconds_since(back)) {
            return;
        }
        for report in reports {
            if let ReportKind::AisPosition(said) = &report.kind
                && self.named.contains(&said.mmsi)
                && !self.heard.contains_key(&said.mmsi)
            {
                self.heard.insert(said.mmsi, at);
                self.again.1 += 1;
            }
        }
    }

    /// Notes who is named again, in what the engine tells.
    pub fn follow(&mut self, tracks: &[Track]) {
        if self.heard.is_empty() || self.named.is_empty() {
            return;
        }
        for track in tracks.iter().filter(|t| t.ais == AisState::Ok && t.status != TrackStatus::Deleted) {
            let Some(mmsi) = track.mmsi else { continue };
            if self.heard.get(&mmsi).is_some_and(|first| track.t_out.seconds_since(*first) <= TWO_TURNS_S)
                && self.named.remove(&mmsi)
            {
                self.again.0 += 1;
            }
        }
    }

    /// Looks at the picture about the gaps: `silent` is when the receiver falls silent, `gap` when a radar dies and when it is back.
    pub fn look(&mut self, picture: &Picture, world: &World, silent: Timestamp, gap: [Timestamp; 2]) {
        let now = world.now();
        if now < silent {
            self.named = picture.tracks().iter().filter(|t| t.ais == AisState::Ok).filter_map(|t| t.mmsi).collect();
        }
        let after_s = now.seconds_since(gap[1]);
        if now < gap[0] && gap[0].seconds_since(now) < 10.0 {
            self.before = Some(held(picture, world, after_s));
        }
        if (TWO_TURNS_S + ON_ITS_WAY_S..LOOKED_AFTER_S).contains(&after_s) {
            self.after.push(held(picture, world, after_s));
        }
    }
}

fn held(picture: &Picture, world: &World, after_s: f64) -> Held {
    let fed = |t: &Track| world.now().seconds_since(t.t) <= TWO_TURNS_S + ON_ITS_WAY_S;
    let (mut live, mut confirmed) = ((0, 0), (0, 0));
    for v in world.vessels().iter().filter(|v| v.afloat && world.detection_of(v) >= COVERED) {
        let own = |t: &&Track| off_m(world, v, t.t, t.position).is_some_and(|m| m <= OWN_M);
        let tracks = || picture.tracks().iter().filter(own);
        live = (live.0 + usize::from(tracks().any(fed)), live.1 + 1);
        let known = tracks().any(|t| matches!(t.status, TrackStatus::Confirmed | TrackStatus::Coasting));
        confirmed = (confirmed.0 + usize::from(known), confirmed.1 + 1);
    }
    Held { after_s, live, confirmed }
}
