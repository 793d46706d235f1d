//! Bytes ⇄ reports. One folder a format. Pure: bytes in, reports out, no clock and no socket.
//!
//! A decoder ([`Decode`]) belongs to one feed and sees its frames in the order they came; all state that decoding needs (parts of a
//! message that still miss their fellows, own position for relative targets) is in it, so that a replay decodes as the live
//! run did, on any thread.
// Everything here handles bytes that a stranger sent.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod asterix;
mod fingerprint;
pub mod health;
pub mod nmea;
pub mod sapient;

pub use health::{Refusal, WireHealth};

use crate::model::{FeedId, Frame, Report, Site, WireFormat};

/// Decodes the frames of one feed.
pub trait Decode: Send {
    /// Appends the reports of `frame` to `out`; what cannot be decoded is counted in `health` and loses nothing else.
    fn decode(&mut self, frame: Frame<'_>, out: &mut Vec<Report>, health: &mut WireHealth);
}

/// The decoder for the sensors of `feed`. All sensors of a feed write the same format; `config` sees to that.
pub fn decoder(site: &Site, feed: FeedId) -> Box<dyn Decode> {
    let format = site.sensors_on(feed).next().map_or(WireFormat::Nmea, |(_, s)| s.format);
    match format {
        WireFormat::Nmea => Box::new(nmea::NmeaDecoder::new(site, feed)),
        WireFormat::Asterix => Box::new(asterix::AsterixDecoder::new(site, feed)),
        WireFormat::Sapient => Box::new(sapient::SapientDecoder::new(site, feed)),
    }
}
