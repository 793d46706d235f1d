//! Ships that have launched a boat lately, and who else may have left them.
//!
//! Boats that leave one by one take each other's plots for their first minute: one that is left without a track gets its own when it is far off, or under
//! the number of a track that was lost before it left.

use std::collections::VecDeque;

use super::around::{WAY_BACK_LEAST, norm, reach, way_back};
use super::memory::{Memory, Parent};
use crate::model::{AisState, Timestamp, TrackId};

/// Of a ship of which one has been seen to run off within this time, s, others may leave.
const COMPANY_S: f64 = 120.0;
/// So long after it left, s, one of a company may first be seen: boats get their own track 35 to 65 s after they left, whose speed is known to 14-36 kn for
/// its first half minute (`mother_ship` 8, 14, 19, 20).
const UNSEEN_S: f64 = 75.0;
const DOUBT: f64 = 40.0 * 1852.0 / 3600.0;
/// Until a track is so old, s, its way back is asked for: for three quarters of a minute it may run on its neighbours' plots (`mother_ship` 1, 9, 12).
const AGE_S: f64 = 90.0;
/// Who runs (R01's 25 kn, surely) and was first seen after the first of them left has left her as well, if it began no farther off than the fastest boat, m/s
/// (65 kn), would have been by then, and goes on from there within 70° of straight away from her …
const AWAY: f64 = 0.34;
const FASTEST: f64 = 65.0 * 1852.0 / 3600.0;
/// … or on any course but back to her if it began this near beyond her side, m: boats leave on three courses and turn to their own when they are clear of each
/// other, half a kilometre off, so that their way back passes her by 600-800 m (`mother_ship` 12 and 24).
const NEAR: f64 = 300.0;
/// The most ships and ended tracks that are remembered: a night has a launch, a holiday of four hundred boats some tens.
const MOST: usize = 64;

/// A ship of which one has left.
#[derive(Clone, Copy, Debug)]
struct Ship {
    id: TrackId,
    length_m: f64,
    /// When the first of them left her, and when one was last seen to run.
    first: Timestamp,
    ran: Timestamp,
    at: Place,
}

/// Where she was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub t: Timestamp,
    pub p: [f64; 2],
    pub v: [f64; 2],
    pub sigma: f64,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Launches {
    ships: VecDeque<Ship>,
    /// Tracks that have ended, and the ships that they left.
    ended: VecDeque<(TrackId, Parent)>,
}

impl Launches {
    /// Notes that one that left a ship runs, and where she is, if that is known.
    pub fn ran(&mut self, t: Timestamp, left: &Parent, at: Option<Place>) {
        let found = self.ships.iter().position(|s| s.id == left.id).and_then(|n| self.ships.remove(n));
        let before = found.filter(|ship| t.seconds_since(ship.ran) <= COMPANY_S);
        let Some(at) = at.or(before.map(|ship| ship.at)) else { return };
        let first = before.map_or(left.left, |ship| ship.first.min(left.left));
        if self.ships.len() == MOST {
            self.ships.pop_front();
        }
        self.ships.push_back(Ship { id: left.id, length_m: left.length_m, first, ran: t, at });
    }

    /// The ship that this one may have left with those seen to, if its way back meets her.
    pub fn company(&self, me: &Memory) -> Option<Parent> {
        let age = me.t.seconds_since(me.born);
        if self.ships.is_empty() || me.linked || me.ais != AisState::None || age > AGE_S || me.v_sigma > DOUBT {
            return None;
        }
        let lately = self.ships.iter().filter(|s| me.t.seconds_since(s.ran) <= COMPANY_S);
        let meets = lately.filter_map(|ship| {
            let dt = me.t.seconds_since(ship.at.t);
            let r = [0, 1].map(|i| me.p[i] - ship.at.p[i] - ship.at.v[i] * dt);
            let v = [0, 1].map(|i| me.v[i] - ship.at.v[i]);
            let relative = norm(v);
            let (miss, back) = way_back(r, v, relative);
            let reach = reach(norm([me.sigma, ship.at.sigma]), ship.length_m);
            let parent =
                |m: f64, ago_s: f64| Some(Parent { id: ship.id, m, length_m: ship.length_m, left: me.t.plus_seconds(-ago_s) });
            if relative >= WAY_BACK_LEAST && miss <= reach && (age..=age + UNSEEN_S).contains(&back) {
                return parent(miss, back);
            }
            if me.fast_dark != Some(me.t) || me.born <= ship.first {
                return None;
            }
            let dt = me.born.seconds_since(ship.at.t);
            let began = [0, 1].map(|i| me.began[i] - ship.at.p[i] - ship.at.v[i] * dt);
            let (from_her, outwards) = (norm(began), began[0] * v[0] + began[1] * v[1]);
            let away = if from_her <= reach + NEAR { 0.0 } else { AWAY };
            let turned =
                from_her <= reach + FASTEST * me.born.seconds_since(ship.first) && outwards >= away * from_her * relative;
            // No earlier than the first of them.
            let ago_s = (age + from_her / relative).min(me.t.seconds_since(ship.first));
            if turned { parent(miss.min(reach), ago_s) } else { None }
        });
        meets.min_by(|a, b| a.m.total_cmp(&b.m))
    }

    /// Notes the ship that an ended track left.
    pub fn end(&mut self, id: TrackId, parent: Parent) {
        if self.ended.len() == MOST {
            self.ended.pop_front();
        }
        self.ended.push_back((id, parent));
    }

    /// The ship that a track left under the number that it bore before it took up its own again.
    pub fn before(&self, id: TrackId) -> Option<Parent> {
        self.ended.iter().rev().find(|(ended, _)| *ended == id).map(|(_, parent)| *parent)
    }
}
