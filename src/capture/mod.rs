//! The record of what was received, in the order it was applied: append, rotate, seek, verify.
//!
//! A record is a folder of segments, `000000000001.hsc` and up. What the engine applied is in it byte for byte and in order, so
//! that an investigator can ask what was known when, and a replay gives what the live run gave. The format and its reasons are in
//! `docs/adr/0003-capture-format.md`.
//!
//! * [`Writer`] appends. It never makes the engine wait for a disk longer than a stated bound, says up to which record all is
//!   durable, and says in its [`CaptureHealth`] when it cannot record.
//! * [`Reader`] gives the records back, from a time on if asked, and can follow a record that is still being written.
//! * [`verify()`] checks everything there is to check and names the first bad byte.
// Everything read here comes from a disk that may have failed.
#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bytes;
mod disk;
mod fault;
mod format;
mod header;
mod health;
mod listing;
mod reader;
mod record;
mod recorder;
mod recover;
mod seal;
mod segment;
mod segment_reader;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

pub use fault::{Fault, Problem};
pub use format::{FORMAT_VERSION, MAX_FRAME_BYTES};
pub use header::{COMMANDS_ADDRESS, FeedEntry, Header, Provenance};
pub use health::{CaptureHealth, CaptureState};
pub use listing::{holds_segments, segment_file_name};
pub use reader::{Entry, Reader};
pub use record::{Gap, Record, Sequence, WarmedFrom};
pub use recover::Recovery;
pub use verify::{Chain, Summary, verify};
pub use writer::{OpenError, Refused, Writer};
