//! ASTERIX (EUROCONTROL-SPEC-0149): plots, tracks, antenna and status of radars and of surveillance systems.
//!
//! [`tables`] say how each category is laid out, in the language of [`table`]; [`record`] walks a record by them without
//! copying; [`field`] finds elements in them when the program is compiled; [`statement`] reads what a record says;
//! [`AsterixDecoder`] makes reports of it. [`encode`] goes the other way by the same tables, and [`value`] holds whole records.
//!
//! A frame is one datagram or, on a stream, whole data blocks. What a recorder has put before each block, [`prefixed`] takes off.

mod decoder;
pub mod dual_lan;
pub mod encode;
pub mod field;
pub mod prefixed;
pub mod reader;
pub mod record;
pub mod statement;
pub mod table;
pub mod tables;
pub mod value;

pub use decoder::AsterixDecoder;
pub use field::Field;
pub use record::{Block, Blocks, Record};
