//! Who rode in a ship's echo and was lost there: what is first seen where he rode is he, under another number.
//!
//! Beside a great echo a small one is lost for half a minute and more, and its track with it. It had ridden along for seven minutes, its next one did
//! for nine, and neither for the ten that R09 asks for (`shadow` 1168).

use std::collections::VecDeque;

use super::around::{MEET_M, SHADOW_GRACE_S, norm};
use super::memory::{Memory, Neighbour};
use crate::model::{AisState, Timestamp, TrackId};

/// The most rides that are remembered: one at a ship, and a night has tens of ships under way.
const MOST: usize = 64;

/// One that rode in a ship's echo.
#[derive(Clone, Copy, Debug)]
struct Ride {
    ship: TrackId,
    since: Timestamp,
    last: Timestamp,
    /// Where it was from her, m.
    off: [f64; 2],
}

/// The last of each ship.
#[derive(Clone, Debug, Default)]
pub(super) struct Rides(VecDeque<Ride>);

impl Rides {
    /// Since when someone has ridden where this one does. What sends its own number is known by that.
    pub fn since(&mut self, me: &Memory, ship: &Memory, now: &Neighbour) -> Timestamp {
        if me.ais == AisState::Ok || now.last != me.t {
            return now.since;
        }
        let dt = me.t.seconds_since(ship.t);
        let off = [0, 1].map(|i| me.p[i] - ship.p[i] - dt * ship.v[i]);
        let mut ride = Ride { ship: ship.id, since: now.since, last: me.t, off };
        let before = self.0.iter().position(|r| r.ship == ship.id);
        if let Some(before) = before.map(|n| self.0[n]).filter(|r| me.t.seconds_since(r.last) <= SHADOW_GRACE_S) {
            if norm([off[0] - before.off[0], off[1] - before.off[1]]) > MEET_M {
                // Another, on another side of her.
                return now.since;
            }
            ride.since = before.since.min(now.since);
        }
        match before {
            Some(n) => self.0[n] = ride,
            None => {
                if self.0.len() == MOST {
                    self.0.pop_front();
                }
                self.0.push_back(ride);
            }
        }
        ride.since
    }
}
