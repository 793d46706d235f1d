//! NMEA 0183 / IEC 61162: sentences, what is wrapped round them, and what they say.

pub mod arpa;
pub mod envelope;
pub mod own;
mod pghp;
pub mod sentence;
mod station;
pub mod target;
pub mod value;

pub use envelope::{Envelope, Sentences, TagGroup, Wrapper};
pub use sentence::{Fields, Sentence};
pub use station::{MAX_STATION, Station};

use crate::model::{FeedId, Frame, Report, Site};
use crate::wire::{Decode, WireHealth};

/// Decodes the frames of one Nmea feed.
pub struct NmeaDecoder;

impl NmeaDecoder {
    /// A decoder for the sensors of `feed`.
    pub fn new(_site: &Site, _feed: FeedId) -> Self {
        Self
    }
}

impl Decode for NmeaDecoder {
    fn decode(&mut self, _frame: Frame<'_>, _out: &mut Vec<Report>, _health: &mut WireHealth) {}
}
