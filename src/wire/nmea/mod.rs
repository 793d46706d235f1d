//! NMEA 0183 / IEC 61162: sentences, what is wrapped round them, and what they say.
//!
//! The way of a frame: [`Envelope`] finds sentences and who heard them when; [`Reader`] puts AIS messages together and decodes
//! them ([`ais`]); [`Arpa`] reads what radars say of their targets and platforms of themselves ([`target`], [`own`]);
//! [`NmeaDecoder`] makes reports of them.

pub mod ais;
pub mod arpa;
pub mod assemble;
mod decoder;
pub mod envelope;
mod gather;
mod lives;
pub mod own;
mod pghp;
mod plausibility;
pub mod reader;
pub mod repeats;
pub mod said;
pub mod sentence;
pub mod signal;
pub mod tally;
pub mod target;
pub mod value;
pub mod vdm;
mod wrapper;

pub use crate::model::{MAX_STATION, Station};
pub use arpa::Arpa;
pub use decoder::{NO_REPORT, NmeaDecoder, OTHER_SENTENCE};
pub use envelope::{Envelope, Sentences};
pub use gather::{AwaitSignal, Gather};
pub use plausibility::PlausibilityCheck;
pub use reader::{Item, Reader, Received};
pub use sentence::{Fields, Sentence};
pub use signal::{Linked, Signal, SignalLinks, Vsi};
pub use wrapper::{TagGroup, Wrapper};
