//! Values as they are on the air, each with its scale and its words for "not available".
//!
//! The raw integers are kept, so that a record can be reproduced exactly; what is not available or out of range is `None` when
//! read. Sections (§) are those of ITU-R M.1371-5 annex 8.

use crate::geo::Geodetic;

/// A position in minutes of arc, as sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Longitude, east positive.
    pub lon: i32,
    /// Latitude, north positive.
    pub lat: i32,
    /// Units in a minute: 10 000 (§3.1, …) or 10 (types 17, 22, 23, 27).
    pub per_minute: i32,
}

impl Position {
    /// In 1/10 000 minute.
    pub(super) fn fine(lon: i32, lat: i32) -> Self {
        Self { lon, lat, per_minute: 10_000 }
    }

    /// In 1/10 minute.
    pub(super) fn coarse(lon: i32, lat: i32) -> Self {
        Self { lon, lat, per_minute: 10 }
    }

    /// Degrees −90…90; 91° stands for not available.
    #[inline]
    pub fn latitude(self) -> Option<f64> {
        self.degrees(self.lat, 90)
    }

    /// Degrees −180…180; 181° stands for not available.
    #[inline]
    pub fn longitude(self) -> Option<f64> {
        self.degrees(self.lon, 180)
    }

    /// Both, or `None` where either is missing.
    #[inline]
    pub fn geodetic(self) -> Option<Geodetic> {
        Some(Geodetic { lat: self.latitude()?.to_radians(), lon: self.longitude()?.to_radians() })
    }

    #[inline]
    fn degrees(self, raw: i32, limit: i32) -> Option<f64> {
        let per_degree = self.per_minute * 60;
        (raw.abs() <= limit * per_degree).then(|| f64::from(raw) / f64::from(per_degree))
    }
}

/// Speed over ground. 0.1 kn steps; 1023 not available, 1022 = 102.2 kn or more (§3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sog(pub u16);

impl Sog {
    /// Knots.
    #[inline]
    pub fn knots(self) -> Option<f64> {
        (self.0 < 1023).then(|| f64::from(self.0) / 10.0)
    }
}

/// Speed over ground of a search-and-rescue aircraft. Knots; 1023 not available, 1022 or more (§3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AircraftSog(pub u16);

impl AircraftSog {
    /// Knots.
    pub fn knots(self) -> Option<f64> {
        (self.0 < 1023).then(|| f64::from(self.0))
    }
}

/// Speed over ground in a long-range report. Knots 0–62; 63 not available (§3.25).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongRangeSog(pub u8);

impl LongRangeSog {
    /// Knots.
    pub fn knots(self) -> Option<f64> {
        (self.0 < 63).then(|| f64::from(self.0))
    }
}

/// Course over ground. 0.1° steps below 360°; 3600 not available, more not to be used (§3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cog(pub u16);

impl Cog {
    /// Degrees [0, 360).
    #[inline]
    pub fn degrees(self) -> Option<f64> {
        (self.0 < 3600).then(|| f64::from(self.0) / 10.0)
    }
}

/// Whole degrees below 360; 511 not available. True heading (§3.1), and course in a long-range report (§3.25).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Degrees(pub u16);

impl Degrees {
    /// Degrees [0, 360).
    #[inline]
    pub fn degrees(self) -> Option<f64> {
        (self.0 < 360).then(|| f64::from(self.0))
    }
}

/// Rate of turn: 4.733 √(degrees a minute), with the sign of the turn; −128 not available; ±127 turning faster than 5° in
/// 30 s without a turn indicator (§3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateOfTurn(pub i8);

impl RateOfTurn {
    /// Degrees a minute, positive to starboard, as a turn indicator measured it.
    #[inline]
    pub fn degrees_per_minute(self) -> Option<f64> {
        if self.0.unsigned_abs() > 126 {
            return None;
        }
        let root = f64::from(self.0) / 4.733;
        Some((root * root).copysign(root))
    }

    /// Which way it turns, known also without an indicator: −1 port, 0 not, 1 starboard.
    pub fn direction(self) -> Option<i8> {
        (self.0 != -128).then(|| self.0.signum())
    }
}

/// Second of UTC minute when the position was fixed: 0–59; 60 not available, 61 manual, 62 dead reckoning, 63 not working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcSecond(pub u8);

impl UtcSecond {
    /// 0–59.
    #[inline]
    pub fn second(self) -> Option<u8> {
        (self.0 < 60).then_some(self.0)
    }
}

/// Altitude of an aircraft over the GNSS zero. Metres; 4095 not available, 4094 or more (§3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Altitude(pub u16);

impl Altitude {
    /// Metres.
    pub fn metres(self) -> Option<f64> {
        (self.0 < 4095).then(|| f64::from(self.0))
    }
}

/// Greatest present static draught. 0.1 m steps; 0 not available, 255 = 25.5 m or more (§3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draught(pub u8);

impl Draught {
    /// Metres.
    pub fn metres(self) -> Option<f64> {
        (self.0 != 0).then(|| f64::from(self.0) / 10.0)
    }
}

/// Distances from the reference point to the hull's ends, m (§3.3.3). All 0: not available. Only bow and port
/// side 0: the size is known, where the antenna is is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// To the bow, 0–511.
    pub bow: u16,
    /// To the stern, 0–511.
    pub stern: u16,
    /// To the port side, 0–63.
    pub port: u16,
    /// To the starboard side, 0–63.
    pub starboard: u16,
}

impl Dimensions {
    /// Bow, stern, port, starboard; `None` where nothing is told.
    pub fn metres(self) -> Option<[u16; 4]> {
        let all = [self.bow, self.stern, self.port, self.starboard];
        (all != [0; 4]).then_some(all)
    }
}

/// Estimated time of arrival, UTC, without a year (§3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eta {
    /// As sent; 0 not available.
    pub raw_month: u8,
    /// As sent; 0 not available.
    pub raw_day: u8,
    /// As sent; 24 not available.
    pub raw_hour: u8,
    /// As sent; 60 not available.
    pub raw_minute: u8,
}

impl Eta {
    /// 1–12.
    pub fn month(self) -> Option<u8> {
        (1..=12).contains(&self.raw_month).then_some(self.raw_month)
    }

    /// 1–31.
    pub fn day(self) -> Option<u8> {
        (1..=31).contains(&self.raw_day).then_some(self.raw_day)
    }

    /// 0–23.
    pub fn hour(self) -> Option<u8> {
        (self.raw_hour < 24).then_some(self.raw_hour)
    }

    /// 0–59.
    pub fn minute(self) -> Option<u8> {
        (self.raw_minute < 60).then_some(self.raw_minute)
    }
}

/// IMO ship identification number, or above 9 999 999 the number of a flag state; 0 not available (§3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImoNumber(pub u32);

impl ImoNumber {
    /// The number.
    pub fn number(self) -> Option<u32> {
        (self.0 != 0).then_some(self.0)
    }
}

/// Type of ship and cargo: 1–99; 0 not available, 100 and more without a common meaning (§3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShipType(pub u8);

impl ShipType {
    /// 1–99.
    pub fn code(self) -> Option<u8> {
        (1..=99).contains(&self.0).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_available_and_out_of_range_are_none() {
        assert_eq!(Position::fine(181 * 600_000, 91 * 600_000).longitude(), None);
        assert_eq!(Position::fine(181 * 600_000, 91 * 600_000).latitude(), None);
        assert_eq!(Position::fine(-180 * 600_000, 90 * 600_000).longitude(), Some(-180.0));
        assert_eq!(Position::fine(0, 54_000_001).latitude(), None);
        assert_eq!(Position::coarse(181 * 600, 91 * 600).geodetic(), None);
        assert_eq!((Sog(1022).knots(), Sog(1023).knots()), (Some(102.2), None));
        assert_eq!((Cog(3599).degrees(), Cog(3600).degrees(), Cog(4095).degrees()), (Some(359.9), None, None));
        assert_eq!((Degrees(359).degrees(), Degrees(360).degrees(), Degrees(511).degrees()), (Some(359.0), None, None));
        assert_eq!((LongRangeSog(62).knots(), LongRangeSog(63).knots()), (Some(62.0), None));
        assert_eq!((UtcSecond(59).second(), UtcSecond(60).second()), (Some(59), None));
        assert_eq!((ShipType(0).code(), ShipType(99).code(), ShipType(100).code()), (None, Some(99), None));
    }

    #[test]
    fn rate_of_turn_has_scale_and_sign() {
        // 21 is 19.7°/min and not the 621.6 that squaring twice gives.
        assert!((RateOfTurn(21).degrees_per_minute().unwrap() - 19.686).abs() < 1e-3);
        assert!((RateOfTurn(-126).degrees_per_minute().unwrap() + 708.7).abs() < 0.1);
        assert_eq!(RateOfTurn(0).degrees_per_minute(), Some(0.0));
        assert_eq!([127, -127, -128].map(|r| RateOfTurn(r).degrees_per_minute()), [None; 3]);
        assert_eq!([127, -127, 0, -128].map(|r| RateOfTurn(r).direction()), [Some(1), Some(-1), Some(0), None]);
    }
}
