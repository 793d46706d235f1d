//! Daya Bay: sites, routes and grounds (WGS-84 degrees; surveyed by no one, good for a simulation only).

use crate::geo::{Geodetic, GeodeticHeight, LocalPlane};

/// Latitude and longitude in degrees.
pub type Point = (f64, f64);

/// Origin of the site's plane: the middle of the bay's mouth.
pub const ORIGIN: Point = (22.55, 114.72);
/// Radar on Daxingshan 大星山, the cape east of the mouth; antenna 110 m.
pub const DAXINGSHAN: (f64, f64, f64) = (22.5500, 114.8860, 110.0);
/// Radar on Luzui 鹿嘴, the eastern head of the Dapeng peninsula; antenna 90 m.
pub const LUZUI: (f64, f64, f64) = (22.5150, 114.6120, 90.0);

/// From the Hong Kong side, outside Sanmen Dao, up the west of the bay to Aotou 澳头.
pub const RUN_AOTOU: &[Point] = &[
    (22.360, 114.560),
    (22.415, 114.700),
    (22.490, 114.690),
    (22.545, 114.610),
    (22.605, 114.608),
    (22.660, 114.602),
    (22.672, 114.560),
];
/// From the same waters up the east of the bay to Fanhe 范和.
pub const RUN_FANHE: &[Point] = &[
    (22.340, 114.640),
    (22.440, 114.735),
    (22.530, 114.690),
    (22.620, 114.695),
    (22.700, 114.695),
    (22.765, 114.730),
    (22.790, 114.785),
];
/// Coastal lane, west to east, south of the islands.
pub const LANE_EAST: &[Point] = &[(22.300, 114.420), (22.330, 114.740), (22.370, 115.080)];
/// Coastal lane, east to west: a mile further out.
pub const LANE_WEST: &[Point] = &[(22.350, 115.090), (22.308, 114.740), (22.278, 114.420)];
/// From sea to the berths of Mabianzhou 马鞭洲.
pub const LANE_MABIANZHOU: &[Point] =
    &[(22.230, 114.760), (22.450, 114.750), (22.540, 114.705), (22.620, 114.685), (22.655, 114.672)];
/// A fast ferry outside the islands, Hong Kong to the east and back.
pub const FERRY: &[Point] = &[(22.380, 114.480), (22.385, 114.720), (22.440, 115.060)];
/// Tugs between the berths and the anchorage.
pub const TUG: &[Point] = &[(22.645, 114.680), (22.580, 114.690), (22.530, 114.750)];
/// Ships at anchor off the mouth.
pub const ANCHORAGE: &[Point] =
    &[(22.500, 114.742), (22.512, 114.771), (22.524, 114.735), (22.532, 114.768), (22.541, 114.788)];
/// Fishing grounds: place and how far a boat strays, m.
pub const FISHING_GROUNDS: &[(Point, f64)] =
    &[((22.440, 114.860), 1800.0), ((22.405, 114.960), 2200.0), ((22.470, 114.800), 1200.0)];
/// Ways of sampans and anglers.
pub const SMALL_CRAFT: &[&[Point]] = &[
    &[(22.680, 114.690), (22.620, 114.660), (22.560, 114.670)],
    &[(22.740, 114.690), (22.700, 114.700), (22.640, 114.710)],
    &[(22.570, 114.780), (22.530, 114.810), (22.490, 114.830)],
    &[(22.660, 114.600), (22.620, 114.605), (22.580, 114.600)],
    &[(22.520, 114.660), (22.470, 114.690), (22.440, 114.700)],
    &[(22.590, 114.820), (22.565, 114.770), (22.560, 114.740)],
    &[(22.480, 114.920), (22.450, 114.900), (22.430, 114.930)],
    &[(22.600, 114.700), (22.560, 114.710), (22.510, 114.700)],
];
/// Rough water off the eastern cape.
pub const ROUGH_PATCH: Point = (22.490, 114.870);

/// A site with its height.
pub fn site(at: (f64, f64, f64)) -> GeodeticHeight {
    GeodeticHeight::from_degrees(at.0, at.1, at.2)
}

/// East, north in the plane, m.
pub fn east_north(plane: &LocalPlane, at: Point) -> [f64; 2] {
    plane.east_north(Geodetic::from_degrees(at.0, at.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::land::is_land;

    #[test]
    fn no_route_crosses_land() {
        let routes = [RUN_AOTOU, RUN_FANHE, LANE_EAST, LANE_WEST, LANE_MABIANZHOU, FERRY, TUG];
        for route in routes.iter().chain(SMALL_CRAFT) {
            for leg in route.windows(2) {
                for i in 0..=200 {
                    let f = f64::from(i) / 200.0;
                    let (lat, lon) = (leg[0].0 + f * (leg[1].0 - leg[0].0), leg[0].1 + f * (leg[1].1 - leg[0].1));
                    assert!(!is_land(Geodetic::from_degrees(lat, lon)), "{lat:.4} {lon:.4} on {route:?}");
                }
            }
        }
    }
}
