//! Where bytes come from: sockets, serial lines, files. One thread a feed receives and decodes.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backoff;
pub mod clock;
mod file;
pub mod framing;
pub mod health;
mod kernel_drops;
mod listen;
mod outbox;
pub mod pcap;
pub mod pcap_write;
pub mod recorded;
mod serial;
mod start;
pub mod stop;
mod stream;
mod tcp;
mod udp;
pub mod udp_send;

pub use clock::Clock;
pub use file::Pace;
pub use health::{FeedHealth, FeedState, SensorHealth};
pub use start::{FeedError, FeedSettings, Running, start, start_with};
pub use stop::Stop;

use crate::model::{FeedId, Report, Timestamp};

/// Frames of one feed with their reports, in the order received: what a feed thread sends to the engine.
#[derive(Debug, Default)]
pub struct Batch {
    /// The feed.
    pub feed: FeedId,
    /// The frames' bytes, one after the other.
    pub bytes: Vec<u8>,
    /// One entry a frame.
    pub frames: Vec<BatchFrame>,
    /// Reports of all frames, one after the other.
    pub reports: Vec<Report>,
}

/// A frame in a [`Batch`].
#[derive(Clone, Copy, Debug)]
pub struct BatchFrame {
    /// When it reached us.
    pub received_at: Timestamp,
    /// End of its bytes in [`Batch::bytes`]; they begin where the frame before ends.
    pub bytes_end: usize,
    /// End of its reports in [`Batch::reports`].
    pub reports_end: usize,
}

impl Batch {
    /// Each frame's time, bytes and reports.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, &[u8], &[Report])> {
        let (mut byte, mut report) = (0, 0);
        self.frames.iter().map(move |f| {
            let bytes = self.bytes.get(byte..f.bytes_end).unwrap_or_default();
            let reports = self.reports.get(report..f.reports_end).unwrap_or_default();
            (byte, report) = (f.bytes_end, f.reports_end);
            (f.received_at, bytes, reports)
        })
    }
}
