//! Asterix. Not yet decoded.

use crate::model::{FeedId, Frame, Report, Site};
use crate::wire::{Decode, WireHealth};

/// Decodes the frames of one Asterix feed.
pub struct AsterixDecoder;

impl AsterixDecoder {
    /// A decoder for the sensors of `feed`.
    pub fn new(_site: &Site, _feed: FeedId) -> Self {
        Self
    }
}

impl Decode for AsterixDecoder {
    fn decode(&mut self, _frame: Frame<'_>, _out: &mut Vec<Report>, _health: &mut WireHealth) {}
}
