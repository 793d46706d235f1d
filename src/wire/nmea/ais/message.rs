//! A message of any of the 27 types.

use super::binary::{AddressedBinary, AddressedText, BroadcastBinary, GnssCorrections, SlotBinary};
use super::control::{
    Acknowledge, AssignmentCommand, ChannelManagement, DataLinkManagement, GroupAssignment, Interrogation, UtcInquiry,
};
use super::length;
use super::payload::{Payload, Text};
use super::position::{AircraftReport, BaseStationReport, ClassBReport, LongRangeReport, PositionReport};
use super::static_data::{AidToNavigation, ClassBExtended, StaticAndVoyage, StaticData};
use super::units::{Position, RateOfTurn, UtcSecond};
use crate::model::{AisClass, Mmsi};
use crate::wire::Refusal;

/// A message of type 24 whose part does not exist or has not its length.
pub const BAD_PART: Refusal = Refusal("ais-bad-part");

/// A decoded message. Text and data are borrowed from its payload.
#[derive(Clone, Copy, Debug)]
pub struct Message<'m> {
    /// 1–27.
    pub message_type: u8,
    /// How often it was repeated by other stations, 0–3; 3: do not repeat.
    pub repeat: u8,
    /// Who sends.
    pub mmsi: Mmsi,
    /// The rest.
    pub body: Body<'m>,
}

/// What a message says, by family of types.
#[derive(Clone, Copy, Debug)]
pub enum Body<'m> {
    /// Types 1, 2, 3.
    Position(PositionReport),
    /// Types 4, 11.
    BaseStation(BaseStationReport),
    /// Type 5.
    StaticAndVoyage(StaticAndVoyage<'m>),
    /// Type 6.
    AddressedBinary(AddressedBinary<'m>),
    /// Types 7, 13.
    Acknowledge(Acknowledge),
    /// Type 8.
    BroadcastBinary(BroadcastBinary<'m>),
    /// Type 9.
    Aircraft(AircraftReport),
    /// Type 10.
    UtcInquiry(UtcInquiry),
    /// Type 12.
    AddressedText(AddressedText<'m>),
    /// Type 14.
    BroadcastText(Text<'m>),
    /// Type 15.
    Interrogation(Interrogation),
    /// Type 16.
    Assignment(AssignmentCommand),
    /// Type 17.
    GnssCorrections(GnssCorrections<'m>),
    /// Type 18.
    ClassB(ClassBReport),
    /// Type 19.
    ClassBExtended(ClassBExtended<'m>),
    /// Type 20.
    DataLinkManagement(DataLinkManagement),
    /// Type 21.
    AidToNavigation(AidToNavigation<'m>),
    /// Type 22.
    ChannelManagement(ChannelManagement),
    /// Type 23.
    GroupAssignment(GroupAssignment),
    /// Type 24.
    StaticData(StaticData<'m>),
    /// Types 25, 26.
    SlotBinary(SlotBinary<'m>),
    /// Type 27.
    LongRange(LongRangeReport),
}

/// Where a sender is and how it moves, of whatever type its message was. Units as in the report line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kinematics {
    /// Position as sent.
    pub position: Position,
    /// Better than 10 m.
    pub accurate: bool,
    /// Speed over ground, kn.
    pub sog_kn: Option<f64>,
    /// Course over ground, degrees [0, 360).
    pub cog_deg: Option<f64>,
    /// True heading, degrees [0, 360).
    pub heading_deg: Option<f64>,
    /// Rate of turn.
    pub rot: Option<RateOfTurn>,
    /// Navigational status 0–15.
    pub nav_status: Option<u8>,
    /// UTC second of the fix.
    pub second: Option<UtcSecond>,
}

impl<'m> Message<'m> {
    /// Decodes a payload; refuses what has not the length of its type.
    #[inline(always)]
    pub fn decode(p: &'m Payload) -> Result<Self, Refusal> {
        let message_type = p.message_type();
        length::check(message_type, p.len())?;
        let mmsi = Mmsi(p.unsigned(8, 30));
        let body = match message_type {
            1..=3 => Body::Position(PositionReport::decode(p)),
            4 | 11 => Body::BaseStation(BaseStationReport::decode(p)),
            5 => Body::StaticAndVoyage(StaticAndVoyage::decode(p)),
            6 => Body::AddressedBinary(AddressedBinary::decode(p)),
            7 | 13 => Body::Acknowledge(Acknowledge::decode(p)),
            8 => Body::BroadcastBinary(BroadcastBinary::decode(p)),
            9 => Body::Aircraft(AircraftReport::decode(p)),
            10 => Body::UtcInquiry(UtcInquiry::decode(p)),
            12 => Body::AddressedText(AddressedText::decode(p)),
            14 => Body::BroadcastText(p.text_to_end(40)),
            15 => Body::Interrogation(Interrogation::decode(p)),
            16 => Body::Assignment(AssignmentCommand::decode(p)),
            17 => Body::GnssCorrections(GnssCorrections::decode(p)),
            18 => Body::ClassB(ClassBReport::decode(p)),
            19 => Body::ClassBExtended(ClassBExtended::decode(p)),
            20 => Body::DataLinkManagement(DataLinkManagement::decode(p)),
            21 => Body::AidToNavigation(AidToNavigation::decode(p)),
            22 => Body::ChannelManagement(ChannelManagement::decode(p)),
            23 => Body::GroupAssignment(GroupAssignment::decode(p)),
            24 => Body::StaticData(StaticData::decode(p, mmsi).ok_or(BAD_PART)?),
            25 => Body::SlotBinary(SlotBinary::decode(p, false).ok_or(length::WRONG_LENGTH)?),
            26 => Body::SlotBinary(SlotBinary::decode(p, true).ok_or(length::WRONG_LENGTH)?),
            27 => Body::LongRange(LongRangeReport::decode(p)),
            _ => return Err(length::UNKNOWN_TYPE),
        };
        Ok(Self { message_type, repeat: p.unsigned(6, 2) as u8, mmsi, body })
    }

    /// What kind of station sends it, where the type tells.
    pub fn class(&self) -> Option<AisClass> {
        match self.body {
            Body::Position(_) | Body::StaticAndVoyage(_) => Some(AisClass::A),
            // Type 27 is also sent by class B "SO", but says nothing of it; most senders are class A.
            Body::LongRange(_) => Some(AisClass::A),
            Body::ClassB(_) | Body::ClassBExtended(_) | Body::StaticData(_) => Some(AisClass::B),
            // Type 11 is a mobile station's answer.
            Body::BaseStation(_) if self.message_type == 4 => Some(AisClass::Base),
            Body::Aircraft(_) => Some(AisClass::SarAircraft),
            Body::AidToNavigation(_) => Some(AisClass::AidToNavigation),
            _ => None,
        }
    }

    /// Position and motion, where the type has them.
    #[inline]
    pub fn kinematics(&self) -> Option<Kinematics> {
        let nothing = |position, accurate| Kinematics {
            position,
            accurate,
            sog_kn: None,
            cog_deg: None,
            heading_deg: None,
            rot: None,
            nav_status: None,
            second: None,
        };
        Some(match &self.body {
            Body::Position(r) => Kinematics {
                sog_kn: r.sog.knots(),
                cog_deg: r.cog.degrees(),
                heading_deg: r.heading.degrees(),
                rot: Some(r.rot),
                nav_status: Some(r.nav_status),
                second: Some(r.second),
                ..nothing(r.position, r.accurate)
            },
            Body::BaseStation(r) => nothing(r.position, r.accurate),
            Body::Aircraft(r) => Kinematics {
                sog_kn: r.sog.knots(),
                cog_deg: r.cog.degrees(),
                second: Some(r.second),
                ..nothing(r.position, r.accurate)
            },
            Body::ClassB(r) => Kinematics {
                sog_kn: r.sog.knots(),
                cog_deg: r.cog.degrees(),
                heading_deg: r.heading.degrees(),
                second: Some(r.second),
                ..nothing(r.position, r.accurate)
            },
            Body::ClassBExtended(r) => Kinematics {
                sog_kn: r.sog.knots(),
                cog_deg: r.cog.degrees(),
                heading_deg: r.heading.degrees(),
                second: Some(r.second),
                ..nothing(r.position, r.accurate)
            },
            Body::AidToNavigation(r) => Kinematics { second: Some(r.second), ..nothing(r.position, r.accurate) },
            Body::LongRange(r) => Kinematics {
                sog_kn: r.sog.knots(),
                cog_deg: r.cog.degrees(),
                nav_status: Some(r.nav_status),
                ..nothing(r.position, r.accurate)
            },
            _ => return None,
        })
    }
}
