//! A boat lost in clutter gets its number back.
//!
//! A confirmed track that ends is kept for a minute. A new track, once confirmed, is taken for its continuation if the boat could have gone
//! from where it was lost to where the new one began, and if nothing else explains the new one better.

use super::craft::Craft;
use super::fuser::Fuser;
use super::gate::FASTEST_MPS;
use crate::model::{Link, Track, TrackId, TrackStatus};

/// The longest gap, s.
const GAP_MAX_S: f64 = 60.0;
/// A new track may have begun on plots of the old boat while the old track was still being dropped, s.
const OVERLAP_S: f64 = 20.0;
/// Standard deviation an axis of a fast boat's displacement from its extrapolated place, m a second of gap: it turns at will at 25 m/s.
const WANDER_MPS: f64 = 12.0;
/// New crafts that show themselves, 1/(m² s): one in ten minutes in 200 km².
const NEW_RATE: f64 = 1e-11;
/// Probability that a lost boat is found again at all.
const FOUND_AGAIN: f64 = 0.7;
/// A link is made at this probability.
const SURE: f64 = 0.8;

/// Furthest from where it was seen last that a lost boat is looked for, m: as fast as any, and a plot's error or two.
pub(super) const FAR_M: f64 = FASTEST_MPS * GAP_MAX_S + ERROR_M;
/// Two standard deviations of a plot across the beam at 15 km, m.
const ERROR_M: f64 = 150.0;

/// Where a boat was seen last.
#[derive(Clone, Copy)]
pub(super) struct LastSeen {
    /// When.
    t: f64,
    /// Where it was then, and how it moved.
    pub place: [f64; 2],
    velocity: [f64; 2],
}

/// A confirmed track that ended.
#[derive(Clone, Copy)]
pub(crate) struct Lost {
    pub id: TrackId,
    pub born: f64,
    pub last: LastSeen,
    /// Its last line, told as deleted when no one takes the number up.
    line: Track,
}

impl Lost {
    pub fn of(craft: &Craft, line: Track) -> Self {
        let (p, v) = (craft.imm.place(), craft.imm.velocity());
        // Back to where it was seen last: what was extrapolated since is no knowledge.
        let back = (craft.t - craft.seen).max(0.0);
        Self {
            id: craft.id,
            born: craft.born,
            last: LastSeen { t: craft.seen, place: [p[0] - v[0] * back, p[1] - v[1] * back], velocity: v },
            line,
        }
    }
}

impl LastSeen {
    /// Density of the place at which this boat would be found at `t`, 1/m²; zero out of reach.
    pub fn density(&self, t: f64, at: [f64; 2]) -> f64 {
        let gap = t - self.t;
        if !(-OVERLAP_S..=GAP_MAX_S).contains(&gap) {
            return 0.0;
        }
        let gap = gap.max(0.0);
        let gone = [at[0] - self.place[0], at[1] - self.place[1]];
        let reach = FASTEST_MPS * gap + ERROR_M;
        if gone[0] * gone[0] + gone[1] * gone[1] > reach * reach {
            return 0.0;
        }
        // Half of the old velocity: a boat that is lost is one that has turned or stopped as often as not.
        let d = [gone[0] - 0.5 * gap * self.velocity[0], gone[1] - 0.5 * gap * self.velocity[1]];
        let sigma = 75.0 + WANDER_MPS * gap;
        (-0.5 * (d[0] * d[0] + d[1] * d[1]) / (sigma * sigma)).exp() / (std::f64::consts::TAU * sigma * sigma)
    }
}

impl Fuser {
    /// Gives numbers of lost tracks to new ones that continue them. `asked` are crafts that may have been confirmed since they were asked
    /// last, as indices in ascending order.
    pub(super) fn stitch(&mut self, asked: impl Iterator<Item = usize>, out: &mut Vec<Track>) {
        let Some(epoch) = self.epoch else { return };
        let (now, settings) = (self.now, &self.settings);
        // Whoever was not found again is gone.
        let plane = &self.plane;
        self.lost.retain(|l| {
            let keep = now - l.last.t < GAP_MAX_S + 2.0 * OVERLAP_S;
            if !keep {
                out.push(Track { status: TrackStatus::Deleted, t_out: epoch.plus_seconds(now), ..l.line });
            }
            keep
        });
        let mut moved = Vec::new();
        for i in asked {
            let c = &mut self.crafts[i];
            if !c.confirmed || c.settled {
                continue;
            }
            c.settled = true;
            if c.identity.named() {
                continue;
            }
            let mut sum = NEW_RATE * GAP_MAX_S;
            let mut best: Option<(usize, f64)> = None;
            for (k, l) in self.lost.iter().enumerate() {
                let w = FOUND_AGAIN * l.last.density(c.born, c.origin);
                sum += w;
                if best.is_none_or(|(_, b)| w > b) {
                    best = Some((k, w));
                }
            }
            let Some((k, w)) = best.filter(|(_, w)| *w > SURE * sum) else { continue };
            if c.told {
                let mut line = c.line(plane, epoch, now, settings);
                line.status = TrackStatus::Deleted;
                out.push(line);
            }
            let lost = self.lost.remove(k);
            let link = Link { from: c.id, p: w / sum, gap_s: (c.born - lost.last.t).max(0.0) };
            c.id = lost.id;
            c.born = lost.born;
            c.history.link = Some(link);
            c.history.born_at = lost.line.origin.position;
            c.history.born_speed = lost.line.origin.speed.map(|v| v as f32);
            moved.push(i);
            out.push(c.line(plane, epoch, now, settings));
        }
        for i in moved {
            self.move_up(i);
        }
    }

    // Brings craft `i`, which has taken up an older number, to its place among those before it, which are in the order of theirs. A crowd takes up numbers
    // in most looks, and sorting it means to fetch each craft from memory.
    fn move_up(&mut self, i: usize) {
        let id = self.crafts[i].id;
        let to = self.crafts[..i].partition_point(|c| c.id < id);
        self.crafts[to..=i].rotate_right(1);
        for slots in &mut self.schedule {
            slots[to..=i].rotate_right(1);
        }
        self.whereabouts.move_up(i, to);
    }
}
