//! Where things are: the WGS-84 ellipsoid, tangent planes, sensors' own frames.
//!
//! Pure.

mod enu;
mod geodesic;
#[cfg(test)]
mod tests;
mod wgs84;

pub use enu::{LocalPlane, SensorFrame};
pub use geodesic::{distance_m, initial_course};
pub use wgs84::{ECCENTRICITY_SQUARED, EQUATORIAL_RADIUS_M, FLATTENING, Geodetic, GeodeticHeight};
