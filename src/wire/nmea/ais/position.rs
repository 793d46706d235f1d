//! Messages that tell where their sender is: types 1–4, 9, 11, 18, 27 (19 and 21 are in [`static_data`](super::static_data)).

use super::payload::Payload;
use super::units::{AircraftSog, Altitude, Cog, Degrees, LongRangeSog, Position, RateOfTurn, Sog, UtcSecond};
use crate::model::Timestamp;

/// Position report of a class A ship: types 1, 2, 3 (§3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionReport {
    /// Navigational status 0–15; 15 not defined.
    pub nav_status: u8,
    /// Rate of turn.
    pub rot: RateOfTurn,
    /// Speed over ground.
    pub sog: Sog,
    /// Better than 10 m.
    pub accurate: bool,
    /// Where.
    pub position: Position,
    /// Course over ground.
    pub cog: Cog,
    /// True heading.
    pub heading: Degrees,
    /// When.
    pub second: UtcSecond,
    /// Special manoeuvre: 0 not available, 1 not engaged, 2 engaged.
    pub manoeuvre: u8,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: bool,
    /// Communication state, 19 bits.
    pub radio: u32,
}

impl PositionReport {
    #[inline(always)]
    pub(super) fn decode(p: &Payload) -> Self {
        Self {
            nav_status: p.unsigned(38, 4) as u8,
            rot: RateOfTurn(p.signed(42, 8) as i8),
            sog: Sog(p.unsigned(50, 10) as u16),
            accurate: p.flag(60),
            position: Position::fine(p.signed(61, 28), p.signed(89, 27)),
            cog: Cog(p.unsigned(116, 12) as u16),
            heading: Degrees(p.unsigned(128, 9) as u16),
            second: UtcSecond(p.unsigned(137, 6) as u8),
            manoeuvre: p.unsigned(143, 2) as u8,
            raim: p.flag(148),
            radio: p.unsigned(149, 19),
        }
    }
}

/// Base station report and answer to a request for UTC: types 4 and 11 (§3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseStationReport {
    /// 1–9999; 0 not available.
    pub year: u16,
    /// 1–12; 0 not available.
    pub month: u8,
    /// 1–31; 0 not available.
    pub day: u8,
    /// 0–23; 24 not available.
    pub hour: u8,
    /// 0–59; 60 not available.
    pub minute: u8,
    /// 0–59; 60 not available.
    pub second: u8,
    /// Better than 10 m.
    pub accurate: bool,
    /// Where.
    pub position: Position,
    /// Kind of position fixing device 0–15.
    pub epfd: u8,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: bool,
    /// Communication state, 19 bits.
    pub radio: u32,
}

impl BaseStationReport {
    #[inline(always)]
    pub(super) fn decode(p: &Payload) -> Self {
        Self {
            year: p.unsigned(38, 14) as u16,
            month: p.unsigned(52, 4) as u8,
            day: p.unsigned(56, 5) as u8,
            hour: p.unsigned(61, 5) as u8,
            minute: p.unsigned(66, 6) as u8,
            second: p.unsigned(72, 6) as u8,
            accurate: p.flag(78),
            position: Position::fine(p.signed(79, 28), p.signed(107, 27)),
            epfd: p.unsigned(134, 4) as u8,
            raim: p.flag(148),
            radio: p.unsigned(149, 19),
        }
    }

    /// The UTC it tells; `None` where any part is missing.
    pub fn time(&self) -> Option<Timestamp> {
        // Year 0 would be a date; second 60 would be taken for a leap second.
        if self.year == 0 || self.second > 59 {
            return None;
        }
        let [month, day, hour, minute, second] = [self.month, self.day, self.hour, self.minute, self.second].map(u32::from);
        Timestamp::from_civil(i32::from(self.year), month, day, hour, minute, second, 0)
    }
}

/// Position report of a search-and-rescue aircraft: type 9 (§3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AircraftReport {
    /// Altitude.
    pub altitude: Altitude,
    /// Altitude from a barometer, else from GNSS.
    pub barometric: bool,
    /// Speed over ground.
    pub sog: AircraftSog,
    /// Better than 10 m.
    pub accurate: bool,
    /// Where.
    pub position: Position,
    /// Course over ground.
    pub cog: Cog,
    /// When.
    pub second: UtcSecond,
    /// Data terminal *not* available.
    pub dte: bool,
    /// Reporting as a base station told it to.
    pub assigned: bool,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: bool,
    /// Communication state with its selector, 20 bits.
    pub radio: u32,
}

impl AircraftReport {
    #[inline(always)]
    pub(super) fn decode(p: &Payload) -> Self {
        Self {
            altitude: Altitude(p.unsigned(38, 12) as u16),
            barometric: p.flag(134),
            sog: AircraftSog(p.unsigned(50, 10) as u16),
            accurate: p.flag(60),
            position: Position::fine(p.signed(61, 28), p.signed(89, 27)),
            cog: Cog(p.unsigned(116, 12) as u16),
            second: UtcSecond(p.unsigned(128, 6) as u8),
            dte: p.flag(142),
            assigned: p.flag(146),
            raim: p.flag(147),
            radio: p.unsigned(148, 20),
        }
    }
}

/// Position report of a class B craft: type 18 (§3.16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassBReport {
    /// Speed over ground.
    pub sog: Sog,
    /// Better than 10 m.
    pub accurate: bool,
    /// Where.
    pub position: Position,
    /// Course over ground.
    pub cog: Cog,
    /// True heading.
    pub heading: Degrees,
    /// When.
    pub second: UtcSecond,
    /// Carrier-sense unit ("CS"), else self-organising ("SO").
    pub carrier_sense: bool,
    /// Has a display.
    pub display: bool,
    /// Has digital selective calling.
    pub dsc: bool,
    /// Can use the whole marine band.
    pub whole_band: bool,
    /// Obeys channel management by type 22.
    pub obeys_type_22: bool,
    /// Reporting as a base station told it to.
    pub assigned: bool,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: bool,
    /// Communication state with its selector, 20 bits.
    pub radio: u32,
}

impl ClassBReport {
    #[inline(always)]
    pub(super) fn decode(p: &Payload) -> Self {
        Self {
            sog: Sog(p.unsigned(46, 10) as u16),
            accurate: p.flag(56),
            position: Position::fine(p.signed(57, 28), p.signed(85, 27)),
            cog: Cog(p.unsigned(112, 12) as u16),
            heading: Degrees(p.unsigned(124, 9) as u16),
            second: UtcSecond(p.unsigned(133, 6) as u8),
            carrier_sense: p.flag(141),
            display: p.flag(142),
            dsc: p.flag(143),
            whole_band: p.flag(144),
            obeys_type_22: p.flag(145),
            assigned: p.flag(146),
            raim: p.flag(147),
            radio: p.unsigned(148, 20),
        }
    }
}

/// Long-range position report: type 27 (§3.25). Coarse: 1/10 minute, whole knots, whole degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongRangeReport {
    /// Better than 10 m.
    pub accurate: bool,
    /// Receiver autonomous integrity monitoring in use.
    pub raim: bool,
    /// Navigational status 0–15.
    pub nav_status: u8,
    /// Where.
    pub position: Position,
    /// Speed over ground.
    pub sog: LongRangeSog,
    /// Course over ground.
    pub cog: Degrees,
    /// Position older than 5 s.
    pub late: bool,
}

impl LongRangeReport {
    #[inline(always)]
    pub(super) fn decode(p: &Payload) -> Self {
        Self {
            accurate: p.flag(38),
            raim: p.flag(39),
            nav_status: p.unsigned(40, 4) as u8,
            position: Position::coarse(p.signed(44, 18), p.signed(62, 17)),
            sog: LongRangeSog(p.unsigned(79, 6) as u8),
            cog: Degrees(p.unsigned(85, 9) as u16),
            late: p.flag(94),
        }
    }
}
