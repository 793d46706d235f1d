//! What has been learned of each sensor's errors, whatever it gives, as it is told to who looks after it.

use super::fuser::Fuser;
use super::north::North;
use super::radar::Radar;
use super::realign::Realigned;
use super::register::{Gives, RadarErrors};
use super::sensor_errors::SensorErrors;
use crate::geo::{LocalPlane, SensorFrame};
use crate::model::{SensorId, Timestamp};

/// Of a sensor that gives tracks or bearings it is told what its site should tell otherwise: a north off by more than this, rad (.5°, what a heading
/// line or a pan is set to), …
const GRAVE_AZIMUTH: f64 = 0.0087;
/// … ranges, m, …
const GRAVE_RANGE_M: f64 = 100.0;
/// … a tracker's clock, s: its words come late over a serial line, and its filter lags; …
const GRAVE_CLOCK_S: f64 = 5.0;
/// … and a camera's place, m.
const GRAVE_PLACE_M: f64 = 50.0;
/// So many standard deviations from none is beyond doubt.
const BEYOND: f64 = 4.0;

impl Fuser {
    /// Errors of a sensor as learned from AIS ships and from what other sensors hold; `None` if it is neither radar nor camera.
    pub fn radar_errors(&self, sensor: SensorId) -> Option<RadarErrors> {
        let k = usize::from(sensor.0);
        let epoch = self.epoch.unwrap_or(Timestamp::MIN);
        if let Some(Some(camera)) = self.cameras.get(k) {
            return Some(of_camera(&camera.north, camera.frame(), &self.plane, epoch));
        }
        let radar = self.radars.get(k)?.as_ref();
        let tracks = self.sensor_tracks.errors_of(k).filter(|_| !radar.is_some_and(Radar::has_seen));
        if let Some((errors, frame)) = tracks {
            return Some(of_tracker(errors, frame, &self.plane, epoch));
        }
        radar.map(|r| {
            let errors = r.registration.errors(self.now, epoch);
            RadarErrors { clock_s: errors.clock_s - r.shift_s, ..errors }
        })
    }
}

fn grave(value: f64, sigma: f64, least: f64) -> f64 {
    if value.abs() > least && value.abs() > BEYOND * sigma { value } else { 0.0 }
}

// Nothing but what it gives.
fn unknown(gives: Gives, sigma: [f64; 3]) -> RadarErrors {
    RadarErrors {
        gives,
        known: false,
        range_m: 0.0,
        azimuth: 0.0,
        clock_s: 0.0,
        sigma,
        residuals: 0,
        jump: None,
        jumps: 0,
        realigned: None,
        astray: None,
    }
}

fn of_camera(north: &North, frame: &SensorFrame, plane: &LocalPlane, epoch: Timestamp) -> RadarErrors {
    let Some(known) = north.known() else { return unknown(Gives::Bearings, [0.0, super::north::UNKNOWN, 0.0]) };
    let [azimuth, east, north_m] = known.errors;
    let sigma = [0, 1, 2].map(|i| known.sigma(i));
    let off = grave(east.hypot(north_m), sigma[1].max(sigma[2]), GRAVE_PLACE_M) != 0.0;
    let place = if off { [east, north_m] } else { [0.0; 2] };
    let from = frame.place();
    let told = Realigned {
        at: epoch.plus_seconds(known.since),
        place,
        stands: plane.geodetic(from[0] - place[0], from[1] - place[1]),
        range_m: 0.0,
        azimuth: grave(azimuth, sigma[0], GRAVE_AZIMUTH),
        clock_s: 0.0,
        ships: known.crafts,
    };
    RadarErrors {
        known: true,
        azimuth,
        sigma: [0.0, sigma[0], 0.0],
        residuals: known.bearings as u64,
        realigned: Some(told).filter(Realigned::is_grave),
        ..unknown(Gives::Bearings, [0.0; 3])
    }
}

fn of_tracker(errors: &SensorErrors, frame: &SensorFrame, plane: &LocalPlane, epoch: Timestamp) -> RadarErrors {
    let sigma = errors.sigma();
    let Some([range_m, azimuth, clock_s]) = errors.known() else { return unknown(Gives::Tracks, sigma) };
    let from = frame.place();
    let told = Realigned {
        at: epoch.plus_seconds(errors.since()),
        place: [0.0; 2],
        stands: plane.geodetic(from[0], from[1]),
        range_m: grave(range_m, sigma[0], GRAVE_RANGE_M),
        azimuth: grave(azimuth, sigma[1], GRAVE_AZIMUTH),
        clock_s: grave(clock_s, sigma[2], GRAVE_CLOCK_S),
        ships: errors.crafts(),
    };
    RadarErrors {
        known: true,
        range_m,
        azimuth,
        clock_s,
        residuals: errors.looks() as u64,
        realigned: Some(told).filter(Realigned::is_grave),
        ..unknown(Gives::Tracks, sigma)
    }
}
