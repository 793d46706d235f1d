//! The same datagram twice: radars send on two networks so that one may fail, and a site that listens to both hears all twice.
//!
//! A datagram is a repeat when it equals, byte for byte, one of the last few, that one came less than a second ago, and every
//! record in it that speaks of a target carries its own time of day. With the time in it an equal datagram says nothing that
//! the first did not: a target seen again is seen at another 1/128 s. Records without a time (a radar that repeats
//! "no change", plots stamped by reception) are never taken for repeats.

use crate::model::Timestamp;
use crate::wire::Refusal;
use crate::wire::fingerprint::{Fingerprint, fingerprint};

/// Datagrams that came twice.
pub const REPEAT: Refusal = Refusal("dual-lan-repeat");

/// How many datagrams are remembered. Two networks differ by less than 5 ms in the recorded dual-LAN traffic, and the busiest
/// feed met (radar video, 2 000 datagrams/s) sends 10 in that time.
const REMEMBERED: usize = 64;
/// How long. The rotation period of the fastest coastal radars is 1 s, so that not even a radar whose clock has stopped can
/// repeat a whole sector within it.
const WINDOW_S: f64 = 1.0;

/// The last datagrams of a feed.
#[derive(Debug, Default)]
pub struct DualLan {
    // A ring; its buffers are used again, so that a running feed does not allocate.
    seen: Vec<Seen>,
    next: usize,
}

#[derive(Debug)]
struct Seen {
    at: Timestamp,
    sums: Fingerprint,
    bytes: Vec<u8>,
}

impl DualLan {
    /// The sums of a datagram that comes for the first time; `None` where the same was remembered a moment ago.
    pub fn first(&self, bytes: &[u8], at: Timestamp) -> Option<Fingerprint> {
        let sums = fingerprint(bytes, bytes.len() as u64);
        let same = |s: &Seen| s.sums == sums && at.seconds_since(s.at).abs() < WINDOW_S && s.bytes == bytes;
        (!self.seen.iter().any(same)).then_some(sums)
    }

    /// Remembers a datagram, by its sums, whose records all carry their time.
    pub fn remember(&mut self, bytes: &[u8], sums: Fingerprint, at: Timestamp) {
        if self.seen.len() < REMEMBERED {
            self.seen.push(Seen { at, sums, bytes: bytes.to_vec() });
        } else if let Some(slot) = self.seen.get_mut(self.next) {
            slot.at = at;
            slot.sums = sums;
            slot.bytes.clear();
            slot.bytes.extend_from_slice(bytes);
            self.next = (self.next + 1) % REMEMBERED;
        }
    }
}
