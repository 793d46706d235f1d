//! SAPIENT (BSI Flex 335 v2): what cameras and other edge nodes say, as length-framed protobuf.
//!
//! A message is a four-byte little-endian length and that many bytes of protobuf. Over TCP messages follow one another;
//! over UDP a datagram holds whole ones.

mod decoder;
mod frame;
pub mod message;
mod node;
mod units;

pub use decoder::SapientDecoder;
pub use frame::{MAX_FRAME_BYTES, Messages, frame_length, messages};
pub use units::{Declared, Polar, coordinates};
