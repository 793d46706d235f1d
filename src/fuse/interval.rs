//! How often a transmitter reports: ITU-R M.1371-5 annex 1 tables 1 and 2.

use crate::model::units::mps_to_knots;
use crate::model::{AisClass, AisPosition};

/// At anchor, moored, aground: navigational status codes of a ship that reports every three minutes.
const AT_REST: [u8; 3] = [1, 5, 6];

/// Interval between position reports of the transmitter of `said`, by its class and told speed, s. A class A ship that turns reports three
/// times as often; this is the longer one.
pub(crate) fn reporting_interval_s(said: &AisPosition) -> f64 {
    interval_s(said.class, said.sog.unwrap_or(0.0), said.nav_status.is_some_and(|s| AT_REST.contains(&s)))
}

/// The same of any craft of a class, at a speed in m/s.
pub(crate) fn interval_s(class: AisClass, speed: f64, at_rest: bool) -> f64 {
    let kn = mps_to_knots(speed);
    match class {
        AisClass::A => match kn {
            _ if kn <= 3.0 && at_rest => 180.0,
            _ if kn <= 14.0 => 10.0,
            _ if kn <= 23.0 => 6.0,
            _ => 2.0,
        },
        // A carrier-sense unit, the common one, has no faster rate than 30 s; which kind it is is not told in every report.
        AisClass::B if kn <= 2.0 => 180.0,
        AisClass::B => 30.0,
        AisClass::Base => 10.0,
        AisClass::AidToNavigation => 180.0,
        AisClass::SarAircraft => 10.0,
    }
}
