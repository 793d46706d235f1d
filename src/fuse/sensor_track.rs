//! Tracks that a sensor keeps itself: ARPA targets (TTM, TLL), CAT010, 048 and 062 tracks.
//!
//! What a tracker says is smoothed: the errors of successive positions hang together over several antenna turns, and to take each
//! for a plot would make ours certain of the sensor's lag. So a number of the sensor's is tied to one craft of ours, its position
//! is used once a turn with the covariance of several, which carries the information of one plot in so many, and its velocity is
//! not used at all. The sensor has decided already that there is a craft; of its reports only the tie has to be judged.

use std::collections::BTreeMap;

use super::craft::Craft;
use super::fuser::Fuser;
use super::radar::Radar;
use super::sensor_errors::SensorErrors;
use crate::geo::{LocalPlane, SensorFrame};
use crate::model::{Place, Report, SensorId, SensorTrack, SensorTrackStatus, Site, Timestamp, Track, TrackId, WireFormat};
use crate::track::{Existence, Imm, LEVELS, MODES, Normal};

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
/// Error of a velocity as the sensor tells it, an axis, m/s and share of the speed: smoothed over many turns, and may be off by a third. A craft
/// begins with it; from then on its own positions tell.
const FIRST_MPS: f64 = 3.0;
const FIRST_SHARE: f64 = 0.3;
/// Plots that a sensor's confirmation stands for: three or more of five, and one of them is counted when it is told.
const CONFIRMED_HITS: u32 = 2;
/// Likelihood ratio of a number's use: the sensor's own tracker holds it …
const HELD: f64 = 20.0;
/// … or is still acquiring it.
const ACQUIRING: f64 = 3.0;
/// Ties kept: ARPA numbers go to 999, system tracks to 65535; what is oldest gives way.
const MOST: usize = 8192;

/// A number that is not heard for so many turns holds its craft no longer: another number may be about it.
const SILENT_TURNS: f64 = 2.0;
/// A sensor holds a craft while it has told of it within this, s: five turns of a slow antenna.
const HOLDS_S: f64 = 15.0;
/// What a sensor's tracks may be wrong by as a whole beside what others hold, range in m and north in rad, before it is known …
const UNKNOWN: [f64; 2] = [40.0, 0.0087];
/// … and after.
const KNOWN: [f64; 2] = [10.0, 0.001];
/// Reports in which a number that has a craft for itself must agree with one that others hold, for the two to be one.
const AGREE: u8 = 4;
/// How far the velocities of the two may differ, m/s, and in shares of the speed: a tracker's are smoothed over ten turns.
const VELOCITY_MPS: f64 = 2.0;
const VELOCITY_SHARE: f64 = 0.2;
/// A craft slower than this is known from its neighbours by its place alone, m/s.
const MOVES_MPS: f64 = 2.5;
/// A moving target whose velocity has stayed the same to the last digit for so many turns is extrapolated, though ARPA sentences call it tracked all
/// the same: a Navico 4G told each target that it lost so for its last six to eight turns, and velocities of targets that it saw for two … More than ten turns no
/// tracker waits for an echo.
const SAME_TURNS: [f64; 2] = [1.5, 10.0];
/// Reports from which on a number tells its sensor's errors: its velocity has settled.
const SETTLED: u8 = 8;

#[derive(Clone, Copy, Debug)]
struct Tie {
    craft: TrackId,
    // A craft of others that it agrees with, and how often it has.
    rival: Option<(TrackId, u8)>,
    used: f64,
    heard: f64,
    // Reports since its last jump; at `CALM` it is tied.
    calm: u8,
    // What the sensor said last: time, place, velocity.
    said: (f64, [f64; 2], Option<[f64; 2]>),
    // Since when it has told that velocity.
    since: f64,
}

impl Tie {
    fn swapped(&self, t: f64, place: [f64; 2]) -> bool {
        let (before, at, velocity) = self.said;
        let dt = t - before;
        let Some(v) = velocity else { return false };
        dt > 0.0 && (place[0] - at[0] - v[0] * dt).hypot(place[1] - at[1] - v[1] * dt) > SWAP_M
    }
}

/// One position of a sensor's track in the site's plane.
struct Measured {
    t: f64,
    place: [f64; 2],
    cov: [f64; 3],
    // What all positions of the sensor may be off by beside other sensors.
    common: [f64; 3],
    // As told, before the sensor's errors are taken off.
    told_t: f64,
    told: [f64; 2],
    range: f64,
    // Direction in which the sensor sees it: east, north.
    sight: [f64; 2],
    known: bool,
}

/// Ties of sensors' numbers to crafts.
pub(super) struct SensorTracks {
    frames: Vec<Option<SensorFrame>>,
    turns: Vec<f64>,
    // Sensors whose sentences do not tell an extrapolated position from a measured one.
    silent: Vec<bool>,
    errors: Vec<SensorErrors>,
    ties: BTreeMap<(SensorId, u32, u32), Tie>,
}

impl SensorTracks {
    pub fn new(site: &Site, plane: &LocalPlane) -> Self {
        Self {
            frames: site.sensors.iter().map(|s| s.position.map(|p| SensorFrame::new(p, plane))).collect(),
            turns: site.sensors.iter().map(|s| s.scan_s.unwrap_or(DEFAULT_TURN_S)).collect(),
            silent: site.sensors.iter().map(|s| s.format == WireFormat::Nmea).collect(),
            errors: site.sensors.iter().map(|_| SensorErrors::default()).collect(),
            ties: BTreeMap::new(),
        }
    }

    /// What is learned of a sensor's errors, and where it stands, once it has told of crafts that others hold.
    pub fn errors_of(&self, k: usize) -> Option<(&SensorErrors, &SensorFrame)> {
        let errors = self.errors.get(k).filter(|e| e.looks() > 0.0)?;
        Some((errors, self.frames.get(k)?.as_ref()?))
    }

    /// What one position says; `None` for a range without a place to measure it from.
    fn measure(&self, sensor: SensorId, t: f64, said: &SensorTrack, plane: &LocalPlane) -> Option<Measured> {
        let k = usize::from(sensor.0);
        let frame = self.frames.get(k)?.as_ref();
        let polar = match (said.place, frame) {
            (Place::Geodetic(g), Some(frame)) => Some(frame.polar_of(g)),
            (Place::Geodetic(_), None) => None,
            (Place::Polar { range_m, azimuth }, _) => Some([range_m, azimuth]),
        };
        let told = match (said.place, frame) {
            (Place::Geodetic(g), _) => plane.east_north(g),
            (Place::Polar { range_m, azimuth }, frame) => frame?.site_from_polar(range_m, azimuth),
        };
        let range = polar.map_or(0.0, |p| p[0]);
        let known = self.errors[k].known();
        let (place, late) = match (polar, frame, known) {
            (Some([range, azimuth]), Some(frame), Some([off, north, late])) => {
                (frame.site_from_polar((range - off).max(0.0), azimuth - north), late)
            }
            _ => (told, 0.0),
        };
        let [s, c] = frame.map_or([0.0, 1.0], |f| {
            let d = [told[0] - f.place()[0], told[1] - f.place()[1]];
            let r = d[0].hypot(d[1]).max(1.0);
            [d[0] / r, d[1] / r]
        });
        // The errors that all its positions have, which count beside what other sensors say.
        let common = if known.is_some() { KNOWN } else { UNKNOWN };
        let (along, across) = (common[0].powi(2), (common[1] * range).powi(2));
        let common = [along * s * s + across * c * c, (along - across) * s * c, along * c * c + across * s * s];
        let sigma = SIGMA_M + SIGMA_PER_RANGE * range;
        let cov = said.position_cov.unwrap_or([sigma * sigma, 0.0, sigma * sigma]).map(|v| v * INFLATE);
        Some(Measured { t: t - late, told_t: t, told, place, cov, common, range, sight: [s, c], known: known.is_some() })
    }

    /// Whether a number of `sensor` other than `key` is about a craft now.
    fn taken(&self, sensor: SensorId, key: (SensorId, u32, u32), now: f64) -> Vec<TrackId> {
        let silent = SILENT_TURNS * self.turns.get(usize::from(sensor.0)).copied().unwrap_or(DEFAULT_TURN_S);
        let of = (sensor, 0, 0)..=(sensor, u32::MAX, u32::MAX);
        let holds =
            |(other, tie): &(&(SensorId, u32, u32), &Tie)| **other != key && tie.calm >= CALM && now - tie.heard < silent;
        self.ties.range(of).filter(holds).map(|(_, tie)| tie.craft).collect()
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
            // The craft coasts on by itself; if no one else holds it, it is told so at once.
            if let (Some(tie), Some(epoch)) = (self.sensor_tracks.ties.remove(&key), self.epoch)
                && let Some(i) = self.index_of(tie.craft)
                && !self.held_by_others(i, report.sensor, epoch)
            {
                self.crafts[i].last_hit = f64::MIN;
                out.push(self.crafts[i].line(&self.plane, epoch, self.now, &self.settings));
            }
            return;
        }
        let Some(epoch) = self.epoch else { return };
        let Some(mut m) = self.sensor_tracks.measure(report.sensor, t, said, &self.plane) else { return };
        // A clock that is ahead would move crafts beyond now.
        (m.t, m.told_t) = (m.t.min(self.now), m.told_t.min(self.now));
        let (t, place, alone) = (m.t, m.place, m.cov);
        let beside = [0, 1, 2].map(|k| m.cov[k] + m.common[k]);
        let (mut used, mut calm, mut rival, mut since) = (f64::NEG_INFINITY, CALM + 1, None, t);
        let mut tied = None;
        if let Some(tie) = self.sensor_tracks.ties.get_mut(&key) {
            let swapped = tie.swapped(m.told_t, m.told);
            tie.calm = if swapped { 0 } else { tie.calm.saturating_add(1) };
            if tie.said.2 != said.velocity || said.velocity.is_none_or(|v| v[0].hypot(v[1]) < MOVES_MPS) {
                tie.since = t;
            }
            since = tie.since;
            (tie.heard, tie.said) = (self.now, (m.told_t, m.told, said.velocity));
            if tie.calm < CALM {
                return;
            }
            let (craft, jumped) = (tie.craft, tie.calm == CALM);
            (calm, rival) = (tie.calm, tie.rival);
            if !jumped {
                used = tie.used;
                tied = self.index_of(craft);
            }
        }
        // What the sensor extrapolates is no news.
        let turn = self.sensor_tracks.turns.get(usize::from(report.sensor.0)).copied().unwrap_or(DEFAULT_TURN_S);
        let same = (t - since) / turn;
        let silent = self.sensor_tracks.silent.get(usize::from(report.sensor.0)).is_some_and(|s| *s);
        let extrapolated = silent && same > SAME_TURNS[0] && same < SAME_TURNS[1];
        let news = said.status != SensorTrackStatus::Coasting && !extrapolated;
        if let Some(i) = tied.filter(|_| news) {
            let held = self.held_by_others(i, report.sensor, epoch);
            let d2 = self.distance2(i, t, place, if held { beside } else { alone });
            if d2 >= CUT && held {
                tied = None;
            } else if d2 >= CUT {
                // Its own path is unbroken: it is we who do not follow.
                self.crafts[i].loosen(d2 / CUT);
            }
        }
        let i = match tied {
            Some(i) => i,
            None => {
                (used, rival) = (f64::NEG_INFINITY, None);
                let Some(i) = self.tie_or_begin(key, t, place, alone, said) else { return };
                i
            }
        };
        let (i, rival) = if news { self.agree(key, i, rival, &m, said.velocity, epoch) } else { (i, rival) };
        let due = news && t - used >= USE_EVERY_TURNS * turn;
        if due && calm >= SETTLED {
            self.note_errors(key, &m, said.velocity, epoch);
        }
        let cov = if self.held_by_others(i, report.sensor, epoch) { beside } else { alone };
        let Some(craft) = self.crafts.get_mut(i) else { return };
        let mut tie =
            Tie { craft: craft.id, rival, used, heard: self.now, calm, said: (m.told_t, m.told, said.velocity), since };
        if news {
            craft.last_hit = self.now;
            craft.touch(report.sensor, epoch, t);
        }
        if due {
            tie.used = t;
            use_position(craft, t, place, cov, said.status, &self.settings);
            out.push(craft.line(&self.plane, epoch, self.now, &self.settings));
        }
        if tie.used == t {
            self.sensor_tracks.forget(self.now);
        }
        self.sensor_tracks.ties.insert(key, tie);
    }

    /// Whether sensors other than `sensor` hold a craft: it reports, or they have seen it of late and not by a stray plot now and then.
    fn held_by_others(&self, i: usize, sensor: SensorId, epoch: Timestamp) -> bool {
        let craft = &self.crafts[i];
        let plots = |s: SensorId| self.radars.get(usize::from(s.0)).and_then(Option::as_ref).is_some_and(Radar::has_seen);
        craft.identity.live(self.now)
            || craft.sensors.iter().any(|(s, t)| {
                s != sensor && self.now - t.seconds_since(epoch) < HOLDS_S && (!plots(s) || craft.seen_by_radar())
            })
    }

    // The craft that a number is about, given the one that it is tied to: where that is held by no one else, and lies beside one that others
    // hold and that no number of this sensor has, report after report, the two are one.
    fn agree(
        &mut self,
        key: (SensorId, u32, u32),
        i: usize,
        rival: Option<(TrackId, u8)>,
        m: &Measured,
        velocity: Option<[f64; 2]>,
        epoch: Timestamp,
    ) -> (usize, Option<(TrackId, u8)>) {
        if self.held_by_others(i, key.0, epoch) {
            return (i, None);
        }
        let taken = self.sensor_tracks.taken(key.0, key, self.now);
        let moves = velocity.is_some_and(|v| v[0].hypot(v[1]) > MOVES_MPS);
        // Among boats that lie side by side only a known place tells which it is.
        let wide = moves || m.known;
        let cov = [0, 1, 2].map(|k| m.cov[k] + if wide { m.common[k] } else { 0.0 });
        let mut best: Option<(usize, f64)> = None;
        for k in 0..self.crafts.len() {
            let craft = &self.crafts[k];
            if k == i || craft.waits || !craft.confirmed || !self.near(k, m.place) || taken.contains(&craft.id) {
                continue;
            }
            let v = craft.imm.velocity();
            let apart = velocity.map_or(0.0, |said| (said[0] - v[0]).hypot(said[1] - v[1]));
            if apart > VELOCITY_MPS + VELOCITY_SHARE * v[0].hypot(v[1]) || !self.held_by_others(k, key.0, epoch) {
                continue;
            }
            let d2 = self.distance2(k, m.t, m.place, cov);
            if d2 < TIE && best.is_none_or(|(_, b)| d2 < b) {
                best = Some((k, d2));
            }
        }
        let Some((k, _)) = best else { return (i, None) };
        let id = self.crafts[k].id;
        let times = rival.filter(|(r, _)| *r == id).map_or(1, |(_, n)| n + 1);
        if times < AGREE {
            return (i, Some((id, times)));
        }
        if !self.crafts[i].identity.named() {
            self.crafts[i].existence.r = 0.0;
        }
        (k, None)
    }

    fn near(&self, i: usize, place: [f64; 2]) -> bool {
        let at = self.crafts[i].imm.place();
        (at[0] - place[0]).abs() <= self.settings.gate_m && (at[1] - place[1]).abs() <= self.settings.gate_m
    }

    // Tells the sensor's errors how far from a craft that others hold a number lies that goes as it goes, if there is only one such.
    fn note_errors(&mut self, key: (SensorId, u32, u32), m: &Measured, velocity: Option<[f64; 2]>, epoch: Timestamp) {
        let Some(v) = velocity.filter(|v| v[0].hypot(v[1]) > MOVES_MPS) else { return };
        if m.range <= 0.0 {
            return;
        }
        let speed = v[0].hypot(v[1]);
        let [s, c] = m.sight;
        let mut only = None;
        for (k, craft) in self.crafts.iter().enumerate() {
            if craft.waits || !craft.confirmed {
                continue;
            }
            let (p, u) = (craft.imm.place(), craft.imm.velocity());
            let dt = m.told_t - craft.t;
            let d = [m.told[0] - p[0] - u[0] * dt, m.told[1] - p[1] - u[1] * dt];
            let off = [d[0] * s + d[1] * c, d[0] * c - d[1] * s];
            if off[0].abs() > 150.0 + 2.0 * speed || off[1].abs() > 60.0 + 0.05 * m.range + 2.0 * speed {
                continue;
            }
            if (u[0] - v[0]).hypot(u[1] - v[1]) > 1.5 + 0.1 * speed || !self.held_by_others(k, key.0, epoch) {
                continue;
            }
            if only.is_some() {
                return;
            }
            only = Some((craft.id, off, [u[0] * s + u[1] * c, u[0] * c - u[1] * s]));
        }
        if let (Some((id, off, velocity)), Some(errors)) = (only, self.sensor_tracks.errors.get_mut(usize::from(key.0.0))) {
            errors.note((key.1, key.2, id.0), self.now, m.range, off, velocity);
        }
    }

    fn distance2(&self, i: usize, t: f64, place: [f64; 2], cov: [f64; 3]) -> f64 {
        let craft = &self.crafts[i];
        let nearest = (0..MODES).map(|m| {
            let n = &craft.imm.mode[m];
            n.expect(&self.settings.motion.step(m, t - craft.t, &n.x), cov).distance2(place)
        });
        nearest.fold(f64::INFINITY, f64::min)
    }

    // The craft that a new number is about, or one that has jumped: the nearest within the gate that no number of this sensor has, or a
    // new one; none where there is no room for one.
    fn tie_or_begin(
        &mut self,
        key: (SensorId, u32, u32),
        t: f64,
        place: [f64; 2],
        cov: [f64; 3],
        said: &SensorTrack,
    ) -> Option<usize> {
        let taken = self.sensor_tracks.taken(key.0, key, self.now);
        let mut best: Option<(usize, f64)> = None;
        for i in 0..self.crafts.len() {
            if !self.near(i, place) || taken.contains(&self.crafts[i].id) {
                continue;
            }
            if self.crafts[i].waits {
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
        let imm = match said.velocity {
            Some(v) => {
                let sigma = FIRST_MPS + FIRST_SHARE * v[0].hypot(v[1]);
                let vv = [sigma * sigma, 0.0, sigma * sigma];
                Imm::known(&self.settings.motion, Normal { x: [place[0], place[1], v[0], v[1]], pp: cov, pv: [0.0; 4], vv })
            }
            None => Imm::born(&self.settings.motion, place, cov),
        };
        let hits = if said.status == SensorTrackStatus::Tracking { CONFIRMED_HITS } else { 0 };
        let craft = Craft { sigma_m, blur_m: sigma_m, hits, ..Craft::begun(id, t, (place, cov), imm, existence, self.now) };
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
    let fresh = craft.born == t;
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
