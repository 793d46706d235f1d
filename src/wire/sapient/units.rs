//! The many units a node may speak in → the house's own.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use super::message::{DATUM_TRUE_NORTH, Location, RangeBearing};
use crate::geo::Geodetic;

const RADIANS_PER_DEGREE: f64 = PI / 180.0;

/// Units that a node declared when it registered; they stand in where a message tells none. Values as on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Declared {
    /// Units of range and bearing.
    pub range_bearing_units: Option<i32>,
    /// North of bearings.
    pub range_bearing_datum: Option<i32>,
    /// Units of coordinates.
    pub location_units: Option<i32>,
    /// m/s in the unit of speed.
    pub mps_per_unit: Option<f64>,
}

/// Range and bearing in the house's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polar {
    /// Radians [0, 2π) clockwise from true north at the node.
    pub azimuth: f64,
    /// Its standard deviation, radians.
    pub sigma_azimuth: Option<f64>,
    /// Slant range, m; `None` where only a bearing is told.
    pub range_m: Option<f64>,
    /// Its standard deviation, m.
    pub sigma_range_m: Option<f64>,
}

impl Polar {
    /// Reads what a detection tells; the error is the reason's word.
    pub fn of(told: &RangeBearing, declared: &Declared) -> Result<Self, &'static str> {
        let datum = if told.datum == 0 { declared.range_bearing_datum.unwrap_or(0) } else { told.datum };
        match datum {
            DATUM_TRUE_NORTH => {}
            0 => return Err("north-not-told"),
            // Variation, grid and heading of the platform are not in these messages.
            _ => return Err("not-true-north"),
        }
        let units =
            if told.coordinate_system == 0 { declared.range_bearing_units.unwrap_or(0) } else { told.coordinate_system };
        let (per_angle, per_range) = match units {
            1 => (RADIANS_PER_DEGREE, 1.0),
            2 => (1.0, 1.0),
            3 => (RADIANS_PER_DEGREE, 1000.0),
            4 => (1.0, 1000.0),
            _ => return Err("units-not-told"),
        };
        let azimuth = told.azimuth.ok_or("no-azimuth")? * per_angle;
        // A turn to either side is a manner of speech; more is a mistake in the units.
        if !(-TAU..=TAU).contains(&azimuth) {
            return Err("azimuth-out-of-range");
        }
        let range_m = told.range.map(|r| r * per_range);
        if range_m.is_some_and(|r| !r.is_finite() || r < 0.0) {
            return Err("range-out-of-range");
        }
        let sigma = |told: Option<f64>, unit: f64| told.map(|s| s * unit).filter(|s| s.is_finite() && *s > 0.0);
        Ok(Self {
            azimuth: positive_turn(azimuth),
            sigma_azimuth: sigma(told.azimuth_error, per_angle),
            range_m,
            sigma_range_m: sigma(told.range_error, per_range),
        })
    }

    /// East-east, cross, north-north in m² at `range_m`, where both errors are told.
    pub fn covariance(&self, range_m: f64) -> Option<[f64; 3]> {
        let along = self.sigma_range_m?.powi(2);
        let across = (self.sigma_azimuth? * range_m).powi(2);
        let (s, c) = self.azimuth.sin_cos();
        Some([along * s * s + across * c * c, (along - across) * s * c, along * c * c + across * s * s])
    }
}

/// The same direction in [0, 2π).
fn positive_turn(angle: f64) -> f64 {
    let turned = angle.rem_euclid(TAU);
    // A tiny negative angle rounds up to a whole turn.
    if turned >= TAU { 0.0 } else { turned }
}

/// Reads coordinates; the error is the reason's word.
pub fn coordinates(told: &Location, declared: &Declared) -> Result<Geodetic, &'static str> {
    let units = if told.coordinate_system == 0 { declared.location_units.unwrap_or(0) } else { told.coordinate_system };
    let per_unit = match units {
        1 => RADIANS_PER_DEGREE,
        2 => 1.0,
        5 => return Err("utm-not-read"),
        _ => return Err("units-not-told"),
    };
    let (Some(x), Some(y)) = (told.x, told.y) else { return Err("no-place") };
    let at = Geodetic { lat: y * per_unit, lon: x * per_unit };
    // Nodes that swap the two are met; where the latitude then exceeds 90° it shows.
    if at.lat.abs() <= FRAC_PI_2 && at.lon.abs() <= PI { Ok(at) } else { Err("position-out-of-range") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(coordinate_system: i32, datum: i32, azimuth: f64, range: Option<f64>) -> RangeBearing {
        RangeBearing { azimuth: Some(azimuth), range, coordinate_system, datum, ..Default::default() }
    }

    #[test]
    fn every_unit_gives_the_same_place() {
        for (units, azimuth, range) in [(1, 270.0, 1500.0), (2, 1.5 * PI, 1500.0), (3, -90.0, 1.5), (4, -0.5 * PI, 1.5)] {
            let polar = Polar::of(&told(units, 1, azimuth, Some(range)), &Declared::default()).unwrap();
            assert!((polar.azimuth - 1.5 * PI).abs() < 1e-12 && (polar.range_m.unwrap() - 1500.0).abs() < 1e-9, "{units}");
        }
    }

    #[test]
    fn what_the_message_leaves_out_is_taken_from_the_registration_and_never_guessed() {
        let bare = told(0, 0, 90.0, None);
        assert_eq!(Polar::of(&bare, &Declared::default()), Err("north-not-told"));
        let declared = Declared { range_bearing_datum: Some(1), ..Declared::default() };
        assert_eq!(Polar::of(&bare, &declared), Err("units-not-told"));
        let declared = Declared { range_bearing_datum: Some(1), range_bearing_units: Some(1), ..Declared::default() };
        assert_eq!(Polar::of(&bare, &declared).unwrap().azimuth, FRAC_PI_2);
        for datum in [2, 3, 4, 99, -1] {
            assert_eq!(Polar::of(&told(1, datum, 90.0, None), &declared), Err("not-true-north"));
        }
        for azimuth in [f64::NAN, f64::INFINITY, 361.0, -400.0] {
            assert_eq!(Polar::of(&told(1, 1, azimuth, None), &declared), Err("azimuth-out-of-range"));
        }
        for range in [f64::NAN, -1.0, f64::INFINITY] {
            assert_eq!(Polar::of(&told(1, 1, 0.0, Some(range)), &declared), Err("range-out-of-range"));
        }
    }

    #[test]
    fn covariance_lies_along_the_line_of_sight() {
        let polar = Polar { azimuth: FRAC_PI_2, sigma_azimuth: Some(0.01), range_m: Some(1000.0), sigma_range_m: Some(3.0) };
        let [ee, en, nn] = polar.covariance(1000.0).unwrap();
        assert!((ee - 9.0).abs() < 1e-9 && en.abs() < 1e-9 && (nn - 100.0).abs() < 1e-9);
    }

    #[test]
    fn x_is_longitude() {
        let at = |x, y, coordinate_system| Location { x: Some(x), y: Some(y), coordinate_system, ..Default::default() };
        let read = |l| coordinates(&l, &Declared::default());
        assert_eq!(read(at(114.5, 22.5, 1)), Ok(Geodetic::from_degrees(22.5, 114.5)));
        assert_eq!(read(at(2.0, 0.4, 2)), Ok(Geodetic { lat: 0.4, lon: 2.0 }));
        assert_eq!(read(at(22.5, 114.5, 1)), Err("position-out-of-range"), "swapped");
        assert_eq!(read(at(f64::NAN, 0.0, 1)), Err("position-out-of-range"));
        assert_eq!(read(at(500_000.0, 2_400_000.0, 5)), Err("utm-not-read"));
        assert_eq!(read(at(1.0, 1.0, 0)), Err("units-not-told"));
        assert_eq!(read(Location { coordinate_system: 1, x: Some(1.0), ..Default::default() }), Err("no-place"));
    }
}
