//! Camera bearings: they sharpen tracks and never begin one.

use std::f64::consts::TAU;

use super::antenna::wrap;
use super::craft::YOUNG_HITS;
use super::fuser::Fuser;
use super::north::{HULL_M, Held, North, UNKNOWN};
use crate::geo::SensorFrame;
use crate::model::{Bearing, Sensor, SensorId, Timestamp, Track};
use crate::track::{Expected, MODES};

/// Bearing error where neither report nor site tell one: a pixel of a 20° camera, and its mount, rad.
const DEFAULT_SIGMA: f64 = 1.5e-3;
/// Reach where the site tells none, m.
const DEFAULT_REACH_M: f64 = 8000.0;
/// What is told of a reach is what a boat is recognised at; a ship is seen some way beyond, m.
const BEYOND_M: f64 = 500.0;
/// Nearer than this nothing is looked for, m.
const NEAREST_M: f64 = 50.0;
/// False bearings a frame and rad of view: one in some frames of a 20° view.
const FALSE_DENSITY: f64 = 1.0;
/// Probability that a camera shows a craft that is in its view.
const DETECTION: f64 = 0.8;
/// A bearing is taken into a track only if it is of it with this probability: beside one radar plot a scan it brings little, and a
/// wrong one pulls.
const SURE: f64 = 0.9;

/// How long what a bearing says of a craft's place stays in it, s: four looks of a radar. What all bearings are off by, as far as it is not known, does
/// not fall with their number in that time.
const MEMORY_S: f64 = 10.0;
/// … of which no more than so many come.
const MOST_IN_MEMORY: f64 = 40.0;
/// They are taken once what they are all off by is known to so many of their own errors. Until then more is learned of it from tracks that are not drawn along.
const FINE: f64 = 1.5;
/// A craft is held by others than cameras that one of them has seen within this, s: five turns of a slow antenna.
const HELD_S: f64 = 15.0;
/// … and whose place is known so well across the line of sight, rad (.6°).
const HELD_SIGMA: f64 = 0.0105;

/// A camera.
pub(crate) struct Camera {
    frame: SensorFrame,
    sigma: f64,
    reach_m: f64,
    /// What it is wrong by.
    pub north: North,
}

impl Camera {
    /// Where the site says it stands.
    pub fn frame(&self) -> &SensorFrame {
        &self.frame
    }

    pub fn new(sensor: &Sensor, plane: &crate::geo::LocalPlane) -> Option<Self> {
        Some(Self {
            frame: SensorFrame::new(sensor.position?, plane),
            sigma: sensor.sigma_azimuth.unwrap_or(DEFAULT_SIGMA),
            reach_m: sensor.max_range_m.unwrap_or(DEFAULT_REACH_M),
            north: North::default(),
        })
    }
}

// A craft in a camera's sight.
struct InSight {
    craft: usize,
    held: Held,
    // Variance of its place across the line of sight, m².
    var: f64,
    surely: bool,
}

impl Fuser {
    // What is in reach of a camera at `t`, all round.
    fn in_sight(&self, camera: &Camera, t: f64, azimuth: f64, sigma: f64, epoch: Timestamp) -> Vec<InSight> {
        let place = camera.frame.place();
        let mut found = Vec::new();
        let reach = camera.reach_m + BEYOND_M;
        for i in self.whereabouts.near(place, reach) {
            let craft = &self.crafts[i];
            let dt = t - craft.t;
            // What waits is not likely enough: a plot begins a craft at some hundredths.
            if craft.waits || craft.existence.r < 0.2 || dt.abs() > 6.0 {
                continue;
            }
            let (p, v) = (craft.imm.place(), craft.imm.velocity());
            let (de, dn) = (p[0] + v[0] * dt - place[0], p[1] + v[1] * dt - place[1]);
            let range = de.hypot(dn);
            if range < NEAREST_M || range > reach {
                continue;
            }
            let (s, c) = (de / range, dn / range);
            let n = craft.imm.combined();
            let spread = n.vv[0] * c * c - 2.0 * n.vv[1] * c * s + n.vv[2] * s * s;
            let var = n.pp[0] * c * c - 2.0 * n.pp[1] * c * s + n.pp[2] * s * s + spread * dt * dt;
            let own = (var + HULL_M * HULL_M) / (range * range) + sigma * sigma;
            let at = de.atan2(dn);
            let held = Held { craft: craft.id.0, off: wrap(azimuth - at), sigma: own.sqrt(), range, azimuth: at };
            let others = |(k, at): (SensorId, Timestamp)| {
                self.cameras.get(usize::from(k.0)).is_none_or(Option::is_none) && t - at.seconds_since(epoch) < HELD_S
            };
            // A young track lags.
            let settled = craft.hits >= YOUNG_HITS || craft.identity.live(self.now);
            let surely = craft.confirmed && settled && held.sigma < HELD_SIGMA && craft.sensors.iter().any(others);
            found.push(InSight { craft: i, held, var, surely });
        }
        found
    }

    /// Takes a bearing of camera `sensor` at `t` seconds since the epoch.
    pub(super) fn bearing(&mut self, sensor: SensorId, t: f64, bearing: &Bearing, out: &mut Vec<Track>) {
        let Some(epoch) = self.epoch else { return };
        let slot = usize::from(sensor.0);
        let Some(Some(camera)) = self.cameras.get(slot) else { return };
        let sigma = bearing.sigma_azimuth.filter(|s| *s > 0.0).unwrap_or(camera.sigma);
        let told = wrap(bearing.azimuth - camera.frame.convergence());
        let place = camera.frame.place();
        let known = camera.north.known().copied();
        let in_sight = self.in_sight(camera, t, told, sigma, epoch);
        let mut sum = 0.0;
        let mut best: Option<(&InSight, f64, [f64; 2])> = None;
        for seen in &in_sight {
            let (by, doubt) = known.map_or((0.0, UNKNOWN * UNKNOWN), |k| k.of(&seen.held));
            let across = seen.held.range * wrap(seen.held.off - by);
            if across.abs() > 400.0 {
                continue;
            }
            let error = sigma * sigma + doubt;
            let var = seen.var + seen.held.range.powi(2) * error;
            let density = (-0.5 * across * across / var).exp() / (TAU * var).sqrt() * seen.held.range;
            let w = self.crafts[seen.craft].existence.r * DETECTION * density / FALSE_DENSITY;
            sum += w;
            if best.is_none_or(|(_, b, _)| w > b) {
                best = Some((seen, w, [by, doubt]));
            }
        }
        let best = best.filter(|(_, w, _)| *w > SURE * (1.0 + sum)).map(|(seen, _, [by, doubt])| (seen.craft, by, doubt));
        let fine = (FINE * sigma).powi(2);
        let taken = best.filter(|(.., doubt)| known.is_some() && *doubt < fine);
        let last = |i: usize| self.crafts[i].sensors.iter().find(|(k, _)| *k == sensor).map(|(_, at)| at.seconds_since(epoch));
        let last = taken.and_then(|(i, ..)| last(i)).map_or(f64::MAX, |last| (t - last).abs());
        // A place that has taken bearings says of the camera what the camera has said.
        let biased = last < MEMORY_S;
        if let Some(Some(camera)) = self.cameras.get_mut(slot) {
            let surely = in_sight.iter().filter(|s| s.surely).map(|s| s.held);
            camera.north.told(t, surely.clone());
            if !biased {
                camera.north.note(t, told, surely.collect(), self.now);
            }
        }
        let Some((i, by, doubt)) = taken else {
            // It says what is there and pulls at nothing.
            if let Some((i, ..)) = best {
                self.crafts[i].touch(sensor, epoch, t);
            }
            return;
        };
        let craft = &mut self.crafts[i];
        let sigma = (sigma * sigma + (MEMORY_S / last.max(1e-3)).clamp(1.0, MOST_IN_MEMORY) * doubt).sqrt();
        let (s, c) = (told - by).sin_cos();
        craft.wake(&self.settings.motion);
        let motion = &self.settings.motion;
        let dt = t - craft.t;
        if dt > 0.0 {
            craft.predict(motion, dt);
            craft.existence.predict(dt, self.settings.survive_s, self.settings.fade_s);
            craft.t = t;
        }
        let back = t - craft.t;
        craft.weigh(|imm| {
            let mut mu = 0.0;
            for m in 0..MODES {
                let n = &mut imm.mode[m];
                let step = motion.step(m, back, &n.x);
                let at = n.expect(&step, [0.0; 3]);
                let (de, dn) = (at.z[0] - place[0], at.z[1] - place[1]);
                let along = (de * s + dn * c).max(NEAREST_M);
                // A bearing is a place far uncertain along the line of sight: the along-axis variance is so large that it tells nothing.
                let (far, near) = (1e8, (along * sigma).powi(2));
                let r = [far * s * s + near * c * c, (far - near) * s * c, far * c * c + near * s * s];
                let e: Expected = n.expect(&step, r);
                let z = [place[0] + along * s, place[1] + along * c];
                let d2 = e.distance2(z);
                imm.mu[m] *= e.peak * (-0.5 * d2.min(60.0)).exp();
                mu += imm.mu[m];
                n.correct(&e.gain, [z[0] - e.z[0], z[1] - e.z[1]], e.s);
            }
            for v in &mut imm.mu {
                *v /= mu;
            }
            mu
        });
        craft.touch(sensor, epoch, t);
        if craft.confirmed {
            out.push(craft.line(&self.plane, epoch, self.now, &self.settings));
        }
    }
}
