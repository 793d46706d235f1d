//! What a record can say, and how it is written in bytes.

use std::fmt;

use super::bytes::{Take, put_string, put_varint, varint_len};
use super::format::{self, MAX_FRAME_BYTES};
use crate::model::{FeedId, Frame, Timestamp};

/// The longest text in a record: they are program names and error messages.
const MAX_TEXT: usize = 1 << 16;

/// Number of a record: 1 for the first ever written into a folder, one more for each that follows, over all runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(pub u64);

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One thing that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// Bytes that a feed received.
    Frame(Frame<'a>),
    /// The engine's time went on although nothing was received.
    Tick {
        /// The time it went to.
        at: Timestamp,
    },
    /// A run begins: the engine's state after this record does not follow from the records before it, except as stated.
    Start {
        /// When.
        at: Timestamp,
        /// The program and its version.
        program: &'a str,
        /// What its state was made from.
        warmed: WarmedFrom,
    },
    /// Records that were applied but could not be recorded.
    Gap(Gap<'a>),
}

/// Where a run had its state from when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmedFrom {
    /// An empty picture.
    Nothing,
    /// All records from this one on were applied again.
    Sequence(Sequence),
}

/// Records that are missing from the record. It stands in their place: its own number is that of the last one missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap<'a> {
    /// When the first one missing was received.
    pub from: Timestamp,
    /// When the last one missing was received.
    pub to: Timestamp,
    /// How many are missing. At least 1.
    pub records: u64,
    /// How many of them were frames.
    pub frames: u64,
    /// Why.
    pub reason: &'a str,
}

impl Record<'_> {
    /// When it was received, or for what is not received, when it was true. The start of a gap.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Frame(frame) => frame.received_at,
            Self::Tick { at } | Self::Start { at, .. } => *at,
            Self::Gap(gap) => gap.from,
        }
    }

    /// How many numbers it takes: 1, except for a gap.
    pub(super) fn span(&self) -> u64 {
        match self {
            Self::Gap(gap) => gap.records,
            _ => 1,
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Frame(_) => format::KIND_FRAME,
            Self::Tick { .. } => format::KIND_TICK,
            Self::Start { .. } => format::KIND_START,
            Self::Gap(_) => format::KIND_GAP,
        }
    }

    /// Whether the format can hold it.
    pub(super) fn fits(&self) -> bool {
        match self {
            Self::Frame(frame) => frame.bytes.len() <= MAX_FRAME_BYTES,
            Self::Tick { .. } => true,
            Self::Start { program, .. } => program.len() <= MAX_TEXT,
            Self::Gap(gap) => gap.records > 0 && gap.frames <= gap.records && gap.reason.len() <= MAX_TEXT,
        }
    }

    /// Appends it to `out` under the number `sequence`.
    pub(super) fn encode(&self, sequence: Sequence, out: &mut Vec<u8>) {
        match self {
            // The only kind that is frequent: its payload is not copied twice.
            Self::Frame(frame) => {
                let feed = u64::from(frame.feed.0);
                let payload_len = varint_len(feed) + frame.bytes.len();
                format::put_record(out, self.kind(), sequence, frame.received_at, payload_len, |out| {
                    put_varint(out, feed);
                    out.extend_from_slice(frame.bytes);
                });
            }
            Self::Tick { at } => format::put_record(out, self.kind(), sequence, *at, 0, |_| {}),
            Self::Start { at, program, warmed } => {
                let mut payload = Vec::new();
                put_string(&mut payload, program);
                match warmed {
                    WarmedFrom::Nothing => payload.push(0),
                    WarmedFrom::Sequence(from) => {
                        payload.push(1);
                        put_varint(&mut payload, from.0);
                    }
                }
                format::put_record(out, self.kind(), sequence, *at, payload.len(), |out| out.extend_from_slice(&payload));
            }
            Self::Gap(gap) => {
                let mut payload = Vec::new();
                payload.extend_from_slice(&gap.to.nanos().to_le_bytes());
                put_varint(&mut payload, gap.records);
                put_varint(&mut payload, gap.frames);
                put_string(&mut payload, gap.reason);
                format::put_record(out, self.kind(), sequence, gap.from, payload.len(), |out| out.extend_from_slice(&payload));
            }
        }
    }
}

/// Reads the payload of a record of that kind and time. The error names the field that is wrong.
pub(super) fn decode(kind: u8, at: Timestamp, payload: &[u8]) -> Result<Record<'_>, &'static str> {
    let mut take = Take::new(payload);
    let record = match kind {
        format::KIND_FRAME => {
            let feed = take.varint().and_then(|n| u16::try_from(n).ok()).ok_or("feed")?;
            return Ok(Record::Frame(Frame { feed: FeedId(feed), received_at: at, bytes: take.rest() }));
        }
        format::KIND_TICK => Record::Tick { at },
        format::KIND_START => {
            let program = take.string().ok_or("program")?;
            let warmed = match take.u8() {
                Some(0) => WarmedFrom::Nothing,
                Some(1) => WarmedFrom::Sequence(Sequence(take.varint().ok_or("warmed from")?)),
                _ => return Err("warmed from"),
            };
            Record::Start { at, program, warmed }
        }
        format::KIND_GAP => {
            let to = Timestamp::from_nanos(take.i64().ok_or("end of the gap")?);
            let records = take.varint().filter(|&n| n > 0).ok_or("records in the gap")?;
            let frames = take.varint().filter(|&n| n <= records).ok_or("frames in the gap")?;
            let reason = take.string().ok_or("reason of the gap")?;
            Record::Gap(Gap { from: at, to, records, frames, reason })
        }
        _ => return Err("kind"),
    };
    if take.is_empty() { Ok(record) } else { Err("bytes after the last field") }
}
