//! Camera bearings: they sharpen tracks and never begin one.

use super::fuser::Fuser;
use crate::geo::SensorFrame;
use crate::model::{Bearing, Sensor, SensorId, Track};
use crate::track::{Expected, MODES};

/// Bearing error where neither report nor site tell one: a pixel of a 20° camera, and its mount, rad.
const DEFAULT_SIGMA: f64 = 1.5e-3;
/// Reach where the site tells none, m.
const DEFAULT_REACH_M: f64 = 8000.0;
/// False bearings a frame and rad of view: one in some frames of a 20° view.
const FALSE_DENSITY: f64 = 1.0;
/// Probability that a camera shows a craft that is in its view.
const DETECTION: f64 = 0.8;
/// A bearing is taken into a track only if it is of it with this probability: beside one radar plot a scan it brings little, and a
/// wrong one pulls.
const SURE: f64 = 0.9;

/// A camera.
pub(crate) struct Camera {
    frame: SensorFrame,
    sigma: f64,
    reach_m: f64,
}

impl Camera {
    pub fn new(sensor: &Sensor, plane: &crate::geo::LocalPlane) -> Option<Self> {
        Some(Self {
            frame: SensorFrame::new(sensor.position?, plane),
            sigma: sensor.sigma_azimuth.unwrap_or(DEFAULT_SIGMA),
            reach_m: sensor.max_range_m.unwrap_or(DEFAULT_REACH_M),
        })
    }
}

impl Fuser {
    /// Takes a bearing of camera `sensor` at `t` seconds since the epoch.
    pub(super) fn bearing(&mut self, sensor: SensorId, t: f64, bearing: &Bearing, out: &mut Vec<Track>) {
        let Some(epoch) = self.epoch else { return };
        let Some(Some(camera)) = self.cameras.get(usize::from(sensor.0)) else { return };
        let sigma = bearing.sigma_azimuth.filter(|s| *s > 0.0).unwrap_or(camera.sigma);
        let site_azimuth = bearing.azimuth - camera.frame.convergence();
        let (s, c) = site_azimuth.sin_cos();
        let place = camera.frame.place();
        let mut sum = 0.0;
        let mut best: Option<(usize, f64)> = None;
        for (i, craft) in self.crafts.iter().enumerate() {
            let dt = t - craft.t;
            // What waits is not likely enough: a plot begins a craft at some hundredths.
            if craft.waits || craft.existence.r < 0.2 || dt.abs() > 6.0 {
                continue;
            }
            let (p, v) = (craft.imm.place(), craft.imm.velocity());
            let (de, dn) = (p[0] + v[0] * dt - place[0], p[1] + v[1] * dt - place[1]);
            // Along and across the line of sight.
            let (along, across) = (de * s + dn * c, de * c - dn * s);
            if along < 50.0 || along > camera.reach_m + 500.0 || across.abs() > 400.0 {
                continue;
            }
            let n = craft.imm.combined();
            let spread = n.vv[0] * c * c - 2.0 * n.vv[1] * c * s + n.vv[2] * s * s;
            let var = n.pp[0] * c * c - 2.0 * n.pp[1] * c * s + n.pp[2] * s * s + spread * dt * dt + (along * sigma).powi(2);
            let density = (-0.5 * across * across / var).exp() / (std::f64::consts::TAU * var).sqrt() * along;
            let w = craft.existence.r * DETECTION * density / FALSE_DENSITY;
            sum += w;
            if best.is_none_or(|(_, b)| w > b) {
                best = Some((i, w));
            }
        }
        let Some((i, w)) = best.filter(|(_, w)| *w > SURE * (1.0 + sum)) else { return };
        let _ = w;
        let craft = &mut self.crafts[i];
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
                let along = (de * s + dn * c).max(50.0);
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
