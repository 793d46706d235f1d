//! Where the sun is, for day and night.

use std::f64::consts::TAU;

use crate::geo::Geodetic;
use crate::model::Timestamp;

/// 2000-01-01T12:00Z, the epoch J2000.0, in seconds since 1970.
const J2000_S: i64 = 946_728_000;
const SECONDS_PER_DAY: f64 = 86_400.0;

/// Altitude of the centre of the sun above the horizon, radians, without refraction.
///
/// Low-precision formulas of the Astronomical Almanac, section C: within 0.01° from 1950 to 2050. The difference between UT and
/// terrestrial time (a minute) moves the sun by 0.0007° and is left out.
pub fn sun_altitude(t: Timestamp, place: Geodetic) -> f64 {
    let (right_ascension, declination) = sun_direction(t);
    let hour_angle = sidereal_time(t) + place.lon - right_ascension;
    let (sin_lat, cos_lat) = place.lat.sin_cos();
    let (sin_dec, cos_dec) = declination.sin_cos();
    (sin_lat * sin_dec + cos_lat * cos_dec * hour_angle.cos()).clamp(-1.0, 1.0).asin()
}

/// Days since J2000.0.
fn days(t: Timestamp) -> f64 {
    t.seconds_since(Timestamp::from_secs(J2000_S)) / SECONDS_PER_DAY
}

/// Apparent right ascension and declination, radians.
fn sun_direction(t: Timestamp) -> (f64, f64) {
    let n = days(t);
    let mean_longitude = 280.460 + 0.985_647_4 * n;
    let (sin_g, cos_g) = (357.528 + 0.985_600_3 * n).to_radians().sin_cos();
    // 1.915° sin g + 0.020° sin 2g: the equation of the centre.
    let longitude = (mean_longitude + 1.915 * sin_g + 0.020 * 2.0 * sin_g * cos_g).to_radians();
    let obliquity = (23.439 - 0.000_000_4 * n).to_radians();
    let (sin_l, cos_l) = longitude.sin_cos();
    ((obliquity.cos() * sin_l).atan2(cos_l), (obliquity.sin() * sin_l).asin())
}

/// Greenwich mean sidereal time, radians in [0, 2π) (IAU 1982, linear part).
fn sidereal_time(t: Timestamp) -> f64 {
    (280.460_618_37 + 360.985_647_366_29 * days(t)).to_radians().rem_euclid(TAU)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> Timestamp {
        Timestamp::from_civil(year, month, day, hour, minute, 0, 0).unwrap()
    }

    #[test]
    fn direction_is_that_of_a_worked_example() {
        // Meeus, Astronomical Algorithms, example 25.a (1992-10-13 0h TD): apparent α 198.38083°, δ −7.78507°.
        let (ra, dec) = sun_direction(at(1992, 10, 13, 0, 0));
        assert!((ra.to_degrees().rem_euclid(360.0) - 198.380_83).abs() < 0.01, "{}", ra.to_degrees());
        assert!((dec.to_degrees() + 7.785_07).abs() < 0.01, "{}", dec.to_degrees());
    }

    #[test]
    fn sidereal_time_is_that_of_a_worked_example() {
        // Meeus, example 12.a: 1987-04-10 0h UT, 13h 10m 46.3668s.
        let degrees = sidereal_time(at(1987, 4, 10, 0, 0)).to_degrees();
        assert!((degrees - 197.693_195).abs() < 1e-4, "{degrees}");
    }

    #[test]
    fn the_sun_rises_and_sets_over_hong_kong_when_the_almanac_says() {
        // Hong Kong Observatory (22°18′N 114°10′E), times of sunrise and sunset to the minute: at both the sun's centre is
        // 0.833° below the horizon, and it moves at most 0.25° a minute.
        let hong_kong = Geodetic::from_degrees(22.302, 114.174);
        let east_of_greenwich_h = 8;
        for (month, day, rise, set) in [(6, 21, (5, 40), (19, 10)), (12, 21, (6, 58), (17, 44))] {
            for (hour, minute) in [rise, set] {
                let local = at(2024, month, day, hour, minute);
                let t = local.plus_seconds(-f64::from(east_of_greenwich_h * 3600));
                let altitude = sun_altitude(t, hong_kong).to_degrees();
                assert!((altitude + 0.833).abs() < 0.35, "{month}-{day} {hour}:{minute}: {altitude}");
            }
        }
        // At noon of the June solstice it passes 1.1° north of the zenith: altitude 90 − (23.44 − 22.30).
        let noon = at(2024, 6, 21, 4, 25);
        assert!((sun_altitude(noon, hong_kong).to_degrees() - 88.86).abs() < 0.15);
        assert!(sun_altitude(at(2024, 6, 20, 16, 25), hong_kong).to_degrees() < -40.0);
    }
}
