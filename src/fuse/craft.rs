//! A craft as the fusion holds it, and the line told of it.

use super::settings::FuseSettings;
use crate::geo::{Geodetic, LocalPlane};
use crate::model::{AisState, CraftClass, Mmsi, SensorId, SensorSet, Timestamp, Track, TrackId, TrackStatus};
use crate::track::{Existence, Imm, MODES};

/// Radars whose plots a tentative track remembers, to give them back as clutter when it dies.
pub(crate) const MASS_RADARS: usize = 4;

/// A hypothesis of a craft. Times are seconds since the fuser's epoch.
#[derive(Clone)]
pub(crate) struct Craft {
    pub id: TrackId,
    pub born: f64,
    /// Time of the state.
    pub t: f64,
    pub imm: Imm,
    pub existence: Existence,
    pub hits: u32,
    pub confirmed: bool,
    pub last_hit: f64,
    /// Time of the state at which it was seen last.
    pub seen: f64,
    /// Whether it has been asked if it continues a lost one.
    pub settled: bool,
    /// Mean over some looks of how uncertain its place was, m.
    pub blur_m: f64,
    /// Share of radar looks that saw it, over about the last minute.
    pub hit_ratio: f64,
    /// Where its first plot lay.
    pub origin: [f64; 2],
    /// Number of plots taken while tentative, a radar each.
    pub mass: [f32; MASS_RADARS],
    pub sensors: SensorSet,
    pub identity: super::identify::Identity,
    /// Where it was told to be last: start of the next conversion.
    pub geodetic: Geodetic,
    /// A line about it has been given.
    pub told: bool,
}

impl Craft {
    /// Notes a contribution of a sensor at `t`.
    pub fn touch(&mut self, sensor: SensorId, epoch: Timestamp, t: f64) {
        self.sensors.touch(sensor, epoch.plus_seconds(t));
    }

    /// Larger axis of the one-sigma ellipse of its place, bounded from above by the root of the trace, m.
    pub fn sigma_m(&self) -> f64 {
        let n = self.imm.combined();
        (n.pp[0] + n.pp[2]).max(0.0).sqrt()
    }

    /// The line about it.
    pub fn line(&mut self, plane: &LocalPlane, epoch: Timestamp, now: f64, settings: &FuseSettings) -> Track {
        let n = self.imm.combined();
        self.geodetic = plane.geodetic(n.x[0], n.x[1]);
        let sigma = (n.pp[0] + n.pp[2]).max(0.0).sqrt();
        let status = if !self.confirmed {
            TrackStatus::Tentative
        } else if sigma > settings.coast_sigma_m || now - self.last_hit > settings.coast_after_s {
            TrackStatus::Coasting
        } else {
            TrackStatus::Confirmed
        };
        let speed = self.imm.speed();
        let (mut mean, mut second, mut p_fast) = (0.0, 0.0, 0.0);
        for m in 0..MODES {
            let (s, var) = speed[m];
            let w = self.imm.mu[m];
            mean += w * s;
            second += w * (s * s + var);
            p_fast += w * upper_tail((settings.fast_mps - s) / var.max(1e-6).sqrt());
        }
        let sd = (second - mean * mean).max(0.0).sqrt();
        let (mmsi, ais): (Option<Mmsi>, AisState) = self.identity.state(now);
        self.told = true;
        Track {
            id: self.id,
            status,
            t: epoch.plus_seconds(self.t),
            t_out: epoch.plus_seconds(now),
            born: epoch.plus_seconds(self.born),
            position: self.geodetic,
            velocity: [n.x[2], n.x[3]],
            position_cov: n.pp,
            velocity_cov: n.vv,
            // One-sided 90 % point of the normal distribution.
            sog_lcb90: (mean - 1.2816 * sd).max(0.0),
            p_exist: self.existence.r,
            p_fast: p_fast.clamp(0.0, 1.0),
            hit_ratio: self.hit_ratio,
            mmsi,
            ais,
            ais_expected: None,
            class: self.identity.class.unwrap_or(CraftClass::Unknown),
            sensors: self.sensors,
        }
    }
}

/// Probability of a standard normal above `x`: Abramowitz & Stegun 26.2.17, error < 7.5e-8.
pub(crate) fn upper_tail(x: f64) -> f64 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.231_641_9 * a);
    let poly = t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = 0.398_942_280_401_432_7 * (-0.5 * a * a).exp() * poly;
    if x >= 0.0 { tail } else { 1.0 - tail }
}
