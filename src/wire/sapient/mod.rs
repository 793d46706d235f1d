//! Sapient. Not yet decoded.

use crate::model::{FeedId, Frame, Report, Site};
use crate::wire::{Decode, WireHealth};

/// Decodes the frames of one Sapient feed.
pub struct SapientDecoder;

impl SapientDecoder {
    /// A decoder for the sensors of `feed`.
    pub fn new(_site: &Site, _feed: FeedId) -> Self {
        Self
    }
}

impl Decode for SapientDecoder {
    fn decode(&mut self, _frame: Frame<'_>, _out: &mut Vec<Report>, _health: &mut WireHealth) {}
}
