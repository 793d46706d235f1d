//! The WGS-84 ellipsoid: geodetic ⇄ earth-centred coordinates and radii of curvature (NIMA TR8350.2, third edition).

/// Equatorial radius, m (WGS-84 defining parameter).
pub const EQUATORIAL_RADIUS_M: f64 = 6_378_137.0;
/// Flattening (WGS-84 defining parameter 1/f = 298.257223563).
pub const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// First eccentricity squared, from the flattening.
pub const ECCENTRICITY_SQUARED: f64 = FLATTENING * (2.0 - FLATTENING);

/// A point on the ellipsoid; radians.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Geodetic {
    /// Latitude, radians, north positive.
    pub lat: f64,
    /// Longitude, radians, east positive.
    pub lon: f64,
}

impl Geodetic {
    /// From degrees.
    pub fn from_degrees(lat_deg: f64, lon_deg: f64) -> Self {
        Self { lat: lat_deg.to_radians(), lon: lon_deg.to_radians() }
    }

    /// Latitude in degrees.
    pub fn lat_deg(self) -> f64 {
        self.lat.to_degrees()
    }

    /// Longitude in degrees.
    pub fn lon_deg(self) -> f64 {
        self.lon.to_degrees()
    }

    /// The same place at a height above the ellipsoid, m.
    pub fn at_height(self, height_m: f64) -> GeodeticHeight {
        GeodeticHeight { lat: self.lat, lon: self.lon, height_m }
    }

    /// Earth-centred coordinates of the point on the ellipsoid, m.
    pub fn ecef(self) -> [f64; 3] {
        self.at_height(0.0).ecef()
    }
}

/// A point with its height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GeodeticHeight {
    /// Latitude, radians, north positive.
    pub lat: f64,
    /// Longitude, radians, east positive.
    pub lon: f64,
    /// Height above the ellipsoid, m.
    pub height_m: f64,
}

impl GeodeticHeight {
    /// From degrees and metres.
    pub fn from_degrees(lat_deg: f64, lon_deg: f64, height_m: f64) -> Self {
        Geodetic::from_degrees(lat_deg, lon_deg).at_height(height_m)
    }

    /// Without the height.
    pub fn ground(self) -> Geodetic {
        Geodetic { lat: self.lat, lon: self.lon }
    }

    /// Earth-centred coordinates, m.
    pub fn ecef(self) -> [f64; 3] {
        let (sin_lat, cos_lat) = self.lat.sin_cos();
        let (sin_lon, cos_lon) = self.lon.sin_cos();
        let n = prime_vertical_radius(sin_lat);
        let h = self.height_m;
        [(n + h) * cos_lat * cos_lon, (n + h) * cos_lat * sin_lon, (n * (1.0 - ECCENTRICITY_SQUARED) + h) * sin_lat]
    }

    /// From earth-centred coordinates. Exact to < 1 nm near the surface: Bowring's start value and two Newton-like passes.
    pub fn from_ecef(p: [f64; 3]) -> Self {
        let [x, y, z] = p;
        let rho = x.hypot(y);
        let semi_minor = EQUATORIAL_RADIUS_M * (1.0 - FLATTENING);
        let second_ecc = ECCENTRICITY_SQUARED / (1.0 - ECCENTRICITY_SQUARED);
        let mut beta = (z * EQUATORIAL_RADIUS_M).atan2(rho * semi_minor);
        let mut lat = 0.0;
        for _ in 0..3 {
            let (sin_b, cos_b) = beta.sin_cos();
            lat = (z + second_ecc * semi_minor * sin_b.powi(3))
                .atan2(rho - ECCENTRICITY_SQUARED * EQUATORIAL_RADIUS_M * cos_b.powi(3));
            beta = ((1.0 - FLATTENING) * lat.sin()).atan2(lat.cos());
        }
        let (sin_lat, cos_lat) = lat.sin_cos();
        let n = prime_vertical_radius(sin_lat);
        // The form that stays well-conditioned at the poles and at the equator.
        let height_m = rho * cos_lat + z * sin_lat - EQUATORIAL_RADIUS_M * EQUATORIAL_RADIUS_M / n;
        Self { lat, lon: y.atan2(x), height_m }
    }
}

/// Radius of curvature east–west, m, at the latitude of that sine.
pub fn prime_vertical_radius(sin_lat: f64) -> f64 {
    EQUATORIAL_RADIUS_M / (1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat).sqrt()
}

/// Radius of curvature north–south, m, at the latitude of that sine.
pub fn meridian_radius(sin_lat: f64) -> f64 {
    let w = 1.0 - ECCENTRICITY_SQUARED * sin_lat * sin_lat;
    EQUATORIAL_RADIUS_M * (1.0 - ECCENTRICITY_SQUARED) / (w * w.sqrt())
}

/// Radius of curvature in the direction of `azimuth` (radians), m: Euler's formula.
pub fn radius_along(lat: f64, azimuth: f64) -> f64 {
    let sin_lat = lat.sin();
    let (s, c) = azimuth.sin_cos();
    1.0 / (c * c / meridian_radius(sin_lat) + s * s / prime_vertical_radius(sin_lat))
}
