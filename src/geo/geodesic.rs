//! Distance and course between points on the ellipsoid.

use super::enu::LocalPlane;
use super::wgs84::{Geodetic, radius_along};

/// Distance along the ellipsoid, m. From the chord and the local radius: within 0.01 mm of the exact geodesic at 50 km and 3 cm
/// at 500 km; not for antipodes.
pub fn distance_m(a: Geodetic, b: Geodetic) -> f64 {
    let (p, q) = (a.ecef(), b.ecef());
    let chord = ((p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2) + (p[2] - q[2]).powi(2)).sqrt();
    let middle = 0.5 * (a.lat + b.lat);
    let radius = radius_along(middle, initial_course(a, b));
    let half_angle = (chord / (2.0 * radius)).min(1.0).asin();
    2.0 * radius * half_angle
}

/// Course at `from` towards `to`, radians [0, 2π) clockwise from true north; 0 where the two are one point. Within 0.00001° of
/// the geodesic's at 50 km, 0.0003° at 500 km.
pub fn initial_course(from: Geodetic, to: Geodetic) -> f64 {
    let [e, n] = LocalPlane::new(from.at_height(0.0)).east_north(to);
    let course = e.atan2(n);
    if course < 0.0 { course + std::f64::consts::TAU } else { course }
}
