//! What a scenario is made of.

use super::super::radar::RadarSpec;
use super::echo::Sea;
use super::sea::RainCell;
use super::transponder::Transponder;
use super::vessel::Vessel;
use crate::geo::GeodeticHeight;
use crate::model::Timestamp;

/// A scenario, ready to run.
#[derive(Clone, Debug)]
pub struct Scene {
    /// When it begins.
    pub start: Timestamp,
    /// Its length, s.
    pub length_s: f64,
    /// The radars.
    pub radars: Vec<RadarSpec>,
    /// Where AIS is received.
    pub station: GeodeticHeight,
    /// The sea.
    pub sea: Sea,
    /// Showers.
    pub rain: Vec<RainCell>,
    /// Everything that gives an echo.
    pub vessels: Vec<Vessel>,
    /// Everything that transmits.
    pub transponders: Vec<Transponder>,
    /// What fails, and when.
    pub faults: Vec<Fault>,
    /// Things that happen to no vessel in particular: rule, words, s after the start.
    pub marks: Vec<(f64, &'static str, &'static str)>,
    /// Whether the sun is down.
    pub is_night: bool,
}

/// A failure of the site or of what it relies on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The AIS station hears nothing.
    AisDeaf {
        /// s after the start.
        from_s: f64,
        /// s after the start.
        to_s: f64,
    },
    /// A radar stops.
    RadarDead {
        /// Its number.
        radar: usize,
        /// s after the start.
        from_s: f64,
        /// s after the start.
        to_s: f64,
    },
    /// A radar's clock jumps and stays so.
    ClockJump {
        /// Its number.
        radar: usize,
        /// s after the start.
        from_s: f64,
        /// Seconds forward.
        by_s: f64,
    },
    /// GNSS of the ships within `radius_m` of a place shows circles about another.
    Jam {
        /// s after the start.
        from_s: f64,
        /// s after the start.
        to_s: f64,
        /// East, north, m.
        centre: [f64; 2],
        /// m.
        radius_m: f64,
        /// Where they seem to be: east, north, m.
        shown: [f64; 2],
    },
}
