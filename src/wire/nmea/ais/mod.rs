//! AIS messages (ITU-R M.1371-5): all 27 types, typed, borrowed, without allocation.
//!
//! [`Payload`] holds the bits of one message; [`Message::decode`] gives them types. The eight-bit checksum of a sentence lets
//! one damaged message in 256 through, so that lengths are held to the standard's table and values to their ranges. Sections (§)
//! named in this folder are those of M.1371-5 annex 8.

mod binary;
mod control;
mod length;
mod message;
mod payload;
mod position;
mod static_data;
pub mod units;

pub use binary::{AddressedBinary, AddressedText, ApplicationId, BroadcastBinary, GnssCorrections, SlotBinary};
pub use control::{
    Acknowledge, Area, Assignment, AssignmentCommand, ChannelManagement, ChannelManagementScope, DataLinkManagement,
    GroupAssignment, Interrogation, Request, Reservation, UtcInquiry,
};
pub use length::{UNKNOWN_TYPE, WRONG_LENGTH};
pub use message::{BAD_PART, Body, Kinematics, Message};
pub use payload::{BAD_FILL_BITS, Bits, ILLEGAL_CHARACTER, MAX_BITS, MAX_CHARS, Payload, TOO_LONG, Text};
pub use position::{AircraftReport, BaseStationReport, ClassBReport, LongRangeReport, PositionReport};
pub use static_data::{AidToNavigation, ClassBExtended, StaticAndVoyage, StaticData, StaticDetails};
