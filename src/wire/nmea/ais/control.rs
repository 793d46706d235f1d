//! Messages by which stations run the data link: types 7, 10, 13, 15, 16, 20, 22 and 23.

use super::payload::Payload;
use super::units::{Position, ShipType};
use crate::model::Mmsi;

/// Receipt of addressed messages: types 7 and 13 (§3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledge {
    /// Whose message, and its sequence number 0–3; at most four.
    pub receipts: [Option<(Mmsi, u8)>; 4],
}

impl Acknowledge {
    pub(super) fn decode(p: &Payload) -> Self {
        let receipt = |i: usize| {
            let at = 40 + 32 * i;
            (p.len() >= at + 32).then(|| (Mmsi(p.unsigned(at, 30)), p.unsigned(at + 30, 2) as u8))
        };
        Self { receipts: [receipt(0), receipt(1), receipt(2), receipt(3)] }
    }
}

/// Request for UTC: type 10 (§3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcInquiry {
    /// Who is asked.
    pub destination: Mmsi,
}

impl UtcInquiry {
    pub(super) fn decode(p: &Payload) -> Self {
        Self { destination: Mmsi(p.unsigned(40, 30)) }
    }
}

/// A message that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who is asked.
    pub destination: Mmsi,
    /// Message type.
    pub message_type: u8,
    /// In which slot from the current one; 0: as the station pleases.
    pub slot_offset: u16,
}

/// Interrogation: type 15 (§3.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrogation {
    /// One or two messages of a first station and one of a second.
    pub requests: [Option<Request>; 3],
}

impl Interrogation {
    pub(super) fn decode(p: &Payload) -> Self {
        let request = |destination_at: usize, at: usize| {
            (p.len() >= at + 18).then(|| Request {
                destination: Mmsi(p.unsigned(destination_at, 30)),
                message_type: p.unsigned(at, 6) as u8,
                slot_offset: p.unsigned(at + 6, 12) as u16,
            })
        };
        Self { requests: [request(40, 70), request(40, 90), request(110, 140)] }
    }
}

/// Slots given to one station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Who shall obey.
    pub destination: Mmsi,
    /// First slot from the current one, or reports in ten minutes where the increment is 0.
    pub offset: u16,
    /// Slots between reports.
    pub increment: u16,
}

/// Assigned mode command: type 16 (§3.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssignmentCommand {
    /// One or two stations.
    pub assignments: [Option<Assignment>; 2],
}

impl AssignmentCommand {
    pub(super) fn decode(p: &Payload) -> Self {
        let assignment = |at: usize| {
            (p.len() >= at + 52).then(|| Assignment {
                destination: Mmsi(p.unsigned(at, 30)),
                offset: p.unsigned(at + 30, 12) as u16,
                increment: p.unsigned(at + 42, 10) as u16,
            })
        };
        Self { assignments: [assignment(40), assignment(92)] }
    }
}

/// Slots that a base station keeps for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// First slot from the current one.
    pub offset: u16,
    /// How many.
    pub slots: u8,
    /// For how many minutes.
    pub timeout_min: u8,
    /// Slots between blocks.
    pub increment: u16,
}

/// Data link management: type 20 (§3.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataLinkManagement {
    /// One to four reservations.
    pub reservations: [Option<Reservation>; 4],
}

impl DataLinkManagement {
    pub(super) fn decode(p: &Payload) -> Self {
        let reservation = |i: usize| {
            let at = 40 + 30 * i;
            (p.len() >= at + 30).then(|| Reservation {
                offset: p.unsigned(at, 12) as u16,
                slots: p.unsigned(at + 12, 4) as u8,
                timeout_min: p.unsigned(at + 16, 3) as u8,
                increment: p.unsigned(at + 19, 11) as u16,
            })
        };
        Self { reservations: [reservation(0), reservation(1), reservation(2), reservation(3)] }
    }
}

/// A rectangle by its corners, in 1/10 minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// North-east corner.
    pub north_east: Position,
    /// South-west corner.
    pub south_west: Position,
}

impl Area {
    fn decode(p: &Payload, at: usize) -> Self {
        Self {
            north_east: Position::coarse(p.signed(at, 18), p.signed(at + 18, 17)),
            south_west: Position::coarse(p.signed(at + 35, 18), p.signed(at + 53, 17)),
        }
    }
}

/// Whom a channel management message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelManagementScope {
    /// All in an area.
    Area(Area),
    /// Two stations.
    Stations(Mmsi, Mmsi),
}

/// Channel management: type 22 (§3.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelManagement {
    /// Channel number (ITU-R M.1084).
    pub channel_a: u16,
    /// Channel number (ITU-R M.1084).
    pub channel_b: u16,
    /// Which channels to send and receive on, 0–15.
    pub tx_rx: u8,
    /// Low power.
    pub low_power: bool,
    /// For whom.
    pub scope: ChannelManagementScope,
    /// Transitional zone: nautical miles less one, 0–7.
    pub zone: u8,
}

impl ChannelManagement {
    pub(super) fn decode(p: &Payload) -> Self {
        let scope = if p.flag(139) {
            ChannelManagementScope::Stations(Mmsi(p.unsigned(69, 30)), Mmsi(p.unsigned(104, 30)))
        } else {
            ChannelManagementScope::Area(Area::decode(p, 69))
        };
        Self {
            channel_a: p.unsigned(40, 12) as u16,
            channel_b: p.unsigned(52, 12) as u16,
            tx_rx: p.unsigned(64, 4) as u8,
            low_power: p.flag(68),
            scope,
            zone: p.unsigned(142, 3) as u8,
        }
    }
}

/// Group assignment: type 23 (§3.21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupAssignment {
    /// Where it holds.
    pub area: Area,
    /// For which stations, 0–15.
    pub station_type: u8,
    /// For which ships; 0 all.
    pub ship_type: ShipType,
    /// Which channels to send and receive on, 0–3.
    pub tx_rx: u8,
    /// Reporting interval by its code 0–15 (§3.21).
    pub interval: u8,
    /// Minutes of silence, 0–15.
    pub quiet_min: u8,
}

impl GroupAssignment {
    pub(super) fn decode(p: &Payload) -> Self {
        Self {
            area: Area::decode(p, 40),
            station_type: p.unsigned(110, 4) as u8,
            ship_type: ShipType(p.unsigned(114, 8) as u8),
            tx_rx: p.unsigned(144, 2) as u8,
            interval: p.unsigned(146, 4) as u8,
            quiet_min: p.unsigned(150, 4) as u8,
        }
    }
}
