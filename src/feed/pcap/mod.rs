//! Recorded network traffic: `.pcap` and `.pcapng` → UDP datagrams, and the streams of TCP connections where asked for.
//!
//! [`PcapReader`] streams: it holds one packet, the datagrams whose fragments it still collects (bounded), and counters. What
//! is no UDP datagram, or cannot be read as one, is counted by reason and loses nothing else.

mod file;
mod fragments;
mod packet;
mod reader;
mod tcp;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod write;

pub(crate) use reader::unpacked;
pub use reader::{Datagram, PcapCounts, PcapError, PcapItem, PcapReader};
pub use tcp::Chunk;
