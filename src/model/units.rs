//! Conversion factors. SI inside the house; the sea's own units only at its doors.

/// Metres in a nautical mile (exact, International Hydrographic Conference 1929).
pub const METRES_PER_NM: f64 = 1852.0;
/// Metres per second in a knot (exact: one nautical mile an hour).
pub const MPS_PER_KNOT: f64 = METRES_PER_NM / 3600.0;

/// Knots to metres per second.
pub fn knots_to_mps(kn: f64) -> f64 {
    kn * MPS_PER_KNOT
}

/// Metres per second to knots.
pub fn mps_to_knots(mps: f64) -> f64 {
    mps / MPS_PER_KNOT
}

/// Course in degrees [0, 360), clockwise from north, of a velocity in east and north components.
pub fn course_deg(east: f64, north: f64) -> f64 {
    let deg = east.atan2(north).to_degrees();
    if deg < 0.0 { deg + 360.0 } else { deg }
}
