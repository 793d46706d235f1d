//! Messages that carry text or data of another standard: types 6, 8, 12, 14, 17, 25 and 26.

use super::payload::{Bits, Payload, Text};
use super::units::Position;
use crate::model::Mmsi;

/// Whose data it is: designated area code and function identifier (M.1371-5 annex 5 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationId {
    /// Designated area code 0–1023: 1 international, else the first three digits of a land's MMSIs.
    pub dac: u16,
    /// Function identifier 0–63.
    pub fi: u8,
}

impl ApplicationId {
    #[inline(always)]
    fn decode(p: &Payload, at: usize) -> Self {
        Self { dac: p.unsigned(at, 10) as u16, fi: p.unsigned(at + 10, 6) as u8 }
    }
}

/// Data to one station: type 6 (§3.4).
#[derive(Clone, Copy, Debug)]
pub struct AddressedBinary<'m> {
    /// Sequence number 0–3.
    pub sequence: u8,
    /// For whom.
    pub destination: Mmsi,
    /// Sent again.
    pub retransmitted: bool,
    /// What the data means.
    pub application: ApplicationId,
    /// The data.
    pub data: Bits<'m>,
}

impl<'m> AddressedBinary<'m> {
    pub(super) fn decode(p: &'m Payload) -> Self {
        Self {
            sequence: p.unsigned(38, 2) as u8,
            destination: Mmsi(p.unsigned(40, 30)),
            retransmitted: p.flag(70),
            application: ApplicationId::decode(p, 72),
            data: p.bits_from(88),
        }
    }
}

/// Data to all: type 8 (§3.6).
#[derive(Clone, Copy, Debug)]
pub struct BroadcastBinary<'m> {
    /// What the data means.
    pub application: ApplicationId,
    /// The data.
    pub data: Bits<'m>,
}

impl<'m> BroadcastBinary<'m> {
    pub(super) fn decode(p: &'m Payload) -> Self {
        Self { application: ApplicationId::decode(p, 40), data: p.bits_from(56) }
    }
}

/// Safety text to one station: type 12 (§3.10).
#[derive(Clone, Copy, Debug)]
pub struct AddressedText<'m> {
    /// Sequence number 0–3.
    pub sequence: u8,
    /// For whom.
    pub destination: Mmsi,
    /// Sent again.
    pub retransmitted: bool,
    /// The text.
    pub text: Text<'m>,
}

impl<'m> AddressedText<'m> {
    pub(super) fn decode(p: &'m Payload) -> Self {
        Self {
            sequence: p.unsigned(38, 2) as u8,
            destination: Mmsi(p.unsigned(40, 30)),
            retransmitted: p.flag(70),
            text: p.text_to_end(72),
        }
    }
}

/// Corrections for satellite navigation: type 17 (§3.15).
#[derive(Clone, Copy, Debug)]
pub struct GnssCorrections<'m> {
    /// Where the reference station is.
    pub position: Position,
    /// The corrections, as in ITU-R M.823.
    pub data: Bits<'m>,
}

impl<'m> GnssCorrections<'m> {
    pub(super) fn decode(p: &'m Payload) -> Self {
        Self { position: Position::coarse(p.signed(40, 18), p.signed(58, 17)), data: p.bits_from(80) }
    }
}

/// Short data: types 25 (§3.23) and 26 (§3.24).
#[derive(Clone, Copy, Debug)]
pub struct SlotBinary<'m> {
    /// For whom; `None` for all.
    pub destination: Option<Mmsi>,
    /// What the data means; `None` where only the sender and the addressee know.
    pub application: Option<ApplicationId>,
    /// The data.
    pub data: Bits<'m>,
    /// Communication state with its selector, 20 bits (type 26).
    pub radio: Option<u32>,
}

impl<'m> SlotBinary<'m> {
    /// `None` where the message ends before its own header does.
    pub(super) fn decode(p: &'m Payload, with_radio: bool) -> Option<Self> {
        let (addressed, structured) = (p.flag(38), p.flag(39));
        let application_at = if addressed { 70 } else { 40 };
        let data_at = if structured { application_at + 16 } else { application_at };
        let radio_bits = if with_radio { 20 } else { 0 };
        let data_end = p.len().checked_sub(radio_bits).filter(|&end| end >= data_at)?;
        Some(Self {
            destination: addressed.then(|| Mmsi(p.unsigned(40, 30))),
            application: structured.then(|| ApplicationId::decode(p, application_at)),
            data: p.bits_between(data_at, data_end),
            radio: with_radio.then(|| p.unsigned(data_end, 20)),
        })
    }
}
