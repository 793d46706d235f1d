//! Where things are: the WGS-84 ellipsoid, tangent planes, sensors' own frames, land and sea.
//!
//! Pure.

mod coast;
mod enu;
mod geodesic;
mod seaway;
#[cfg(test)]
mod tests;
mod wgs84;

pub use coast::{Coast, CoastFault, Shore};
pub use enu::{LocalPlane, SensorFrame};
pub use geodesic::{distance_m, initial_course};
pub use seaway::{SeaDistance, SeaGrid};
pub use wgs84::{ECCENTRICITY_SQUARED, EQUATORIAL_RADIUS_M, FLATTENING, Geodetic, GeodeticHeight};
