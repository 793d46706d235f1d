//! How the recording is going, for the console and the alarm.

use std::time::Duration;

use super::record::Sequence;
use crate::model::Timestamp;

/// What the recorder can do at present.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CaptureState {
    /// All is written.
    #[default]
    Recording,
    /// The disk refuses; what comes in is kept in memory and will be written when the disk is back.
    Degraded {
        /// The last error.
        reason: String,
    },
    /// The disk refuses and memory is used up: records are being lost. The picture goes on.
    Stopped {
        /// The last error.
        reason: String,
    },
}

/// How the recording is going.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureHealth {
    /// What the recorder can do at present.
    pub state: CaptureState,
    /// Bytes of all segments on disk.
    pub bytes: u64,
    /// Segments on disk.
    pub segments: u64,
    /// All records up to this one outlive a power cut.
    pub durable_through: Option<Sequence>,
    /// Latest `received_at` among records that are durable.
    pub durable_received_at: Option<Timestamp>,
    /// Bytes held in memory because the disk refuses or is slow.
    pub waiting_bytes: u64,
    /// Records lost in this run: none of them is in the record, a gap says so.
    pub lost_records: u64,
    /// Frames among [`lost_records`](Self::lost_records).
    pub lost_frames: u64,
    /// Refusals of the operating system in this run.
    pub errors: u64,
    /// Segments deleted in this run by age or size.
    pub pruned_segments: u64,
    /// Segments deleted in this run because the disk was full.
    pub sacrificed_segments: u64,
}

impl CaptureHealth {
    /// How far, at `now`, the disk is behind what was received; `None` before anything is durable.
    pub fn durable_age(&self, now: Timestamp) -> Option<Duration> {
        let behind = now.seconds_since(self.durable_received_at?);
        Some(Duration::from_secs_f64(behind.max(0.0)))
    }
}
