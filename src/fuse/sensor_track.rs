//! Tracks that a sensor keeps itself: ARPA targets (TTM, TLL), CAT010, 048 and 062 tracks.
//!
//! What a tracker says is smoothed: the errors of successive positions hang together over several antenna turns, and to take each
//! for a plot would make ours certain of the sensor's lag. So a number of the sensor's is tied to one craft of ours, its position
//! is used once a turn with the covariance of several, which carries the information of one plot in so many, and its velocity is
//! not used at all. The sensor has decided already that there is a craft; of its reports only the tie has to be judged.

use std::collections::BTreeMap;

use super::craft::Craft;
use super::fuser::Fuser;
use crate::geo::{LocalPlane, SensorFrame};
use crate::model::{Place, Report, SensorId, SensorTrack, SensorTrackStatus, Site, Track, TrackId};
use crate::track::{Existence, Imm, LEVELS, MODES};

/// Between two uses of one number, in antenna turns: what is repeated within a turn is the same observation. A little less than
/// one, since turns vary.
const USE_EVERY_TURNS: f64 = 0.8;
/// Turn of a radar that does not tell, s: a common shore and ship radar at 24 rpm.
const DEFAULT_TURN_S: f64 = 2.5;
/// Factor on the covariance of a smoothed position (correlation time over turn, 3 to 5).
const INFLATE: f64 = 4.0;
/// Standard deviation of a position without covariance, m: the 0.01 NM of TTM is 18.5 m, and its azimuth 0.1°.
const SIGMA_M: f64 = 20.0;
/// Range-proportional part: 1° of beam, a tenth of which is what a tracker is wrong by.
const SIGMA_PER_RANGE: f64 = 0.002;
/// Squared Mahalanobis distance within which a number is tied to a craft (99 % of two dimensions) …
const TIE: f64 = 9.2;
/// … and beyond which it is cut: the number has swapped to another target. Against the inflated covariance this is twice as wide.
const CUT: f64 = 9.2;
/// A number has swapped to another target when its position runs away from what its own velocity told by this much within a turn,
/// m: three standard deviations of the difference of two positions. Trackers that swap slide there over two or three turns, each
/// step well within the gate, and would look like a burst of 60 kn.
const SWAP_M: f64 = 85.0;
/// Reports without such a jump after which a number that has swapped is taken for a target again.
const CALM: u8 = 2;
/// A tie not heard of for so long is forgotten, s: ARPA tracks are repeated every turn or every second.
const FORGET_S: f64 = 30.0;
/// Likelihood ratio of a number's use: the sensor's own tracker holds it …
const HELD: f64 = 20.0;
/// … or is still acquiring it.
const ACQUIRING: f64 = 3.0;
/// Ties kept: ARPA numbers go to 999, system tracks to 65535; what is oldest gives way.
const MOST: usize = 8192;

#[derive(Clone, Copy, Debug)]
struct Tie {
    craft: TrackId,
    used: f64,
    heard: f64,
    // Reports since its last jump; at `CALM` it is tied.
    calm: u8,
    // What the sensor said last: time, place, velocity.
    said: (f64, [f64; 2], Option<[f64; 2]>),
}

impl Tie {
    fn swapped(&self, t: f64, place: [f64; 2]) -> bool {
        let (before, at, velocity) = self.said;
        let dt = t - before;
        let Some(v) = velocity else { return false };
        dt > 0.0 && (place[0] - at[0] - v[0] * dt).hypot(place[1] - at[1] - v[1] * dt) > SWAP_M
    }
}

/// Ties of sensors' numbers to crafts.
pub(super) struct SensorTracks {
    frames: Vec<Option<SensorFrame>>,
    turns: Vec<f64>,
    ties: BTreeMap<(SensorId, u32, u32), Tie>,
}

impl SensorTracks {
    pub fn new(site: &Site, plane: &LocalPlane) -> Self {
        Self {
            frames: site.sensors.iter().map(|s| s.position.map(|p| SensorFrame::new(p, plane))).collect(),
            turns: site.sensors.iter().map(|s| s.scan_s.unwrap_or(DEFAULT_TURN_S)).collect(),
            ties: BTreeMap::new(),
        }
    }

    /// Place in the site's plane and covariance of one position; `None` for a range without a place to measure it from.
    fn measure(&self, sensor: SensorId, said: &SensorTrack, plane: &LocalPlane) -> Option<([f64; 2], [f64; 3])> {
        let (place, range) = match said.place {
            Place::Geodetic(g) => (plane.east_north(g), 0.0),
            Place::Polar { range_m, azimuth } => {
                (self.frames.get(usize::from(sensor.0))?.as_ref()?.site_from_polar(range_m, azimuth), range_m)
            }
        };
        let sigma = SIGMA_M + SIGMA_PER_RANGE * range;
        let cov = said.position_cov.unwrap_or([sigma * sigma, 0.0, sigma * sigma]);
        Some((place, cov.map(|v| v * INFLATE)))
    }

    fn forget(&mut self, now: f64) {
        self.ties.retain(|_, tie| now - tie.heard < FORGET_S);
        while self.ties.len() >= MOST {
            let Some(oldest) = self.ties.iter().min_by(|a, b| a.1.heard.total_cmp(&b.1.heard)).map(|(key, _)| *key) else {
                break;
            };
            self.ties.remove(&oldest);
        }
    }
}

impl Fuser {
    /// Takes a sensor's own track. `t` is its time in seconds since the epoch.
    pub(super) fn sensor_track(&mut self, report: &Report, t: f64, said: &SensorTrack, out: &mut Vec<Track>) {
        let key = (report.sensor, said.number, said.life);
        if said.status == SensorTrackStatus::Lost {
            // The craft coasts on by itself.
            self.sensor_tracks.ties.remove(&key);
            return;
        }
        let Some((place, cov)) = self.sensor_tracks.measure(report.sensor, said, &self.plane) else { return };
        let Some(epoch) = self.epoch else { return };
        // A clock that is ahead would move crafts beyond now.
        let t = t.min(self.now);
        let mut used = f64::NEG_INFINITY;
        let mut not = None;
        let mut tied = None;
        if let Some(tie) = self.sensor_tracks.ties.get_mut(&key) {
            let swapped = tie.swapped(t, place);
            tie.calm = if swapped { 0 } else { tie.calm.saturating_add(1) };
            (tie.heard, tie.said) = (self.now, (t, place, said.velocity));
            if tie.calm < CALM {
                return;
            }
            // After a jump it is about another craft than before.
            not = Some(tie.craft);
            let (craft, jumped) = (tie.craft, tie.calm == CALM);
            used = tie.used;
            tied = if jumped { None } else { self.crafts.iter().position(|c| c.id == craft) };
        }
        let i = match tied {
            Some(i) if self.distance2(i, t, place, cov) < CUT => i,
            _ => {
                used = f64::NEG_INFINITY;
                let Some(i) = self.tie_or_begin(report.sensor, not, t, place, cov) else { return };
                i
            }
        };
        let turn = self.sensor_tracks.turns.get(usize::from(report.sensor.0)).copied().unwrap_or(DEFAULT_TURN_S);
        let Some(craft) = self.crafts.get_mut(i) else { return };
        let mut tie = Tie { craft: craft.id, used, heard: self.now, calm: CALM + 1, said: (t, place, said.velocity) };
        // What the sensor extrapolates is no news.
        if said.status != SensorTrackStatus::Coasting {
            craft.last_hit = self.now;
            craft.touch(report.sensor, epoch, t);
            if t - used >= USE_EVERY_TURNS * turn {
                tie.used = t;
                use_position(craft, t, place, cov, said.status, &self.settings);
                out.push(craft.line(&self.plane, epoch, self.now, &self.settings));
            }
        }
        if tie.used == t {
            self.sensor_tracks.forget(self.now);
        }
        self.sensor_tracks.ties.insert(key, tie);
    }

    fn distance2(&self, i: usize, t: f64, place: [f64; 2], cov: [f64; 3]) -> f64 {
        let craft = &self.crafts[i];
        let nearest = (0..MODES).map(|m| {
            let n = &craft.imm.mode[m];
            n.expect(&self.settings.motion.step(m, t - craft.t, &n.x), cov).distance2(place)
        });
        nearest.fold(f64::INFINITY, f64::min)
    }

    // The craft that a new number is about: the nearest within the gate that no number of this sensor has, nor had this one, or a
    // new one; none where there is no room for one.
    fn tie_or_begin(
        &mut self,
        sensor: SensorId,
        not: Option<TrackId>,
        t: f64,
        place: [f64; 2],
        cov: [f64; 3],
    ) -> Option<usize> {
        let taken: Vec<TrackId> =
            self.sensor_tracks.ties.iter().filter(|((s, _, _), _)| *s == sensor).map(|(_, tie)| tie.craft).collect();
        let mut best: Option<(usize, f64)> = None;
        for i in 0..self.crafts.len() {
            let craft = &self.crafts[i];
            let at = craft.imm.place();
            if (at[0] - place[0]).abs() > self.settings.gate_m
                || (at[1] - place[1]).abs() > self.settings.gate_m
                || taken.contains(&craft.id)
                || not == Some(craft.id)
            {
                continue;
            }
            if craft.waits {
                self.crafts[i].wake(&self.settings.motion);
            }
            let d2 = self.distance2(i, t, place, cov);
            if d2 < TIE && best.is_none_or(|(_, b)| d2 < b) {
                best = Some((i, d2));
            }
        }
        if let Some((i, _)) = best {
            return Some(i);
        }
        if !self.has_room() {
            return None;
        }
        let id = self.new_id();
        let existence = Existence { r: 0.5, level: [1.0 / LEVELS as f64; LEVELS] };
        let sigma_m = cov[0].sqrt();
        let craft = Craft {
            sigma_m,
            blur_m: sigma_m,
            ..Craft::begun(id, t, (place, cov), Imm::born(&self.settings.motion, place, cov), existence, self.now)
        };
        Some(self.hold(craft))
    }
}

fn use_position(
    craft: &mut Craft,
    t: f64,
    place: [f64; 2],
    cov: [f64; 3],
    status: SensorTrackStatus,
    settings: &super::FuseSettings,
) {
    craft.wake(&settings.motion);
    craft.alone();
    if t > craft.t {
        craft.imm.predict(&settings.motion, t - craft.t);
        craft.existence.predict(t - craft.t, settings.survive_s, settings.fade_s);
        craft.t = t;
    }
    let fresh = craft.hits == 0 && craft.born == t;
    if !fresh {
        let back = t - craft.t;
        let mut sum = 0.0;
        for m in 0..MODES {
            let n = &mut craft.imm.mode[m];
            let e = n.expect(&settings.motion.step(m, back, &n.x), cov);
            let d2 = e.distance2(place);
            n.correct(&e.gain, [place[0] - e.z[0], place[1] - e.z[1]], e.s);
            // A floor, so that one wild position does not rule a mode out for ever.
            craft.imm.mu[m] *= (e.peak * (-0.5 * d2).exp()).max(1e-12);
            sum += craft.imm.mu[m];
        }
        for mu in &mut craft.imm.mu {
            *mu /= sum;
        }
    }
    craft.seen = t;
    craft.measure(&settings.motion);
    craft.hits += 1;
    let k = if status == SensorTrackStatus::Tracking { HELD } else { ACQUIRING };
    let r = craft.existence.r;
    craft.existence.r = r * k / (1.0 - r + r * k);
    craft.confirmed |= craft.existence.r >= settings.confirm && craft.hits >= settings.confirm_hits;
}
