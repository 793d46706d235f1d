//! Puts fragmented IP datagrams together (RFC 791 §3.2, RFC 8200 §4.5), with bounds on memory and age.

use std::net::IpAddr;

use crate::model::Timestamp;

/// Datagrams in collection at once. A radar's video datagram is some 45 fragments sent back to back; more than a handful of
/// datagrams are open at the same time only when fragments were lost. With 64 KiB each: 4 MiB.
const MAX_OPEN: usize = 64;
/// Age at which the missing fragment will not come any more; Linux waits as long (`net.ipv4.ipfrag_time`).
const MAX_AGE_S: f64 = 30.0;
/// The largest payload an IP datagram can have.
const MAX_PAYLOAD: usize = 65_535;
/// Holes tracked in one datagram; beyond that the fragments are an attack or garbage.
const MAX_PIECES: usize = 256;

/// What the fragments of one datagram have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentKey {
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// Number the sender gave to the datagram.
    pub identification: u32,
    /// Protocol of the payload.
    pub protocol: u8,
    /// VLAN tags, outer first; the same addresses can live in two VLANs.
    pub vlans: [Option<u16>; 3],
}

/// One fragment's place in its datagram.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Offset in bytes.
    pub offset: usize,
    /// Whether others follow.
    pub more: bool,
    /// Its bytes.
    pub bytes: &'a [u8],
}

struct Open {
    key: FragmentKey,
    first_at: Timestamp,
    bytes: Vec<u8>,
    /// Filled ranges, sorted, apart from each other.
    filled: Vec<(usize, usize)>,
    /// Length, known once the last fragment is here.
    length: Option<usize>,
}

/// Datagrams whose fragments are being collected.
#[derive(Default)]
pub struct Reassembly {
    /// In order of their first fragment.
    open: Vec<Open>,
    /// Datagrams given up: too old, or pushed out by newer ones.
    pub given_up: u64,
}

impl Reassembly {
    /// Adds a fragment. `Ok(Some)` is the whole payload, once the last missing fragment is there; `Err` says why the datagram
    /// was thrown away.
    pub fn add(&mut self, at: Timestamp, key: FragmentKey, piece: Piece<'_>) -> Result<Option<Vec<u8>>, &'static str> {
        let before = self.open.len();
        self.open.retain(|o| at.seconds_since(o.first_at).abs() <= MAX_AGE_S);
        self.given_up += (before - self.open.len()) as u64;

        let index = match self.open.iter().position(|o| o.key == key) {
            Some(index) => index,
            None => {
                if self.open.len() == MAX_OPEN {
                    self.open.remove(0);
                    self.given_up += 1;
                }
                self.open.push(Open { key, first_at: at, bytes: Vec::new(), filled: Vec::new(), length: None });
                self.open.len() - 1
            }
        };
        let Some(open) = self.open.get_mut(index) else { return Ok(None) };
        match open.add(piece) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(self.open.remove(index).bytes)),
            Err(reason) => {
                self.open.remove(index);
                Err(reason)
            }
        }
    }

    /// Gives up what is still open, at the end of the capture.
    pub fn finish(&mut self) {
        self.given_up += self.open.len() as u64;
        self.open.clear();
    }
}

impl Open {
    /// Whether the datagram is complete now.
    fn add(&mut self, piece: Piece<'_>) -> Result<bool, &'static str> {
        let (from, to) = (piece.offset, piece.offset + piece.bytes.len());
        if to > MAX_PAYLOAD {
            return Err("fragment-beyond-64k");
        }
        // Offsets count in units of 8 bytes, so every fragment but the last ends on one.
        if piece.bytes.is_empty() || piece.more && !piece.bytes.len().is_multiple_of(8) {
            return Err("fragment-length");
        }
        if !piece.more {
            if self.length.is_some_and(|l| l != to) || self.bytes.len() > to {
                return Err("fragment-conflict");
            }
            self.length = Some(to);
        }
        if self.length.is_some_and(|l| to > l) {
            return Err("fragment-conflict");
        }
        let place = self.filled.partition_point(|&(_, end)| end <= from);
        if self.filled.get(place).is_some_and(|&(start, end)| start < to && from < end) {
            // Overlap. A repeat of what is there (the same frame captured on two ports) is harmless; anything else would let
            // a later fragment rewrite an earlier one, which RFC 5722 forbids.
            return match self.bytes.get(from..to) {
                Some(there) if there == piece.bytes && self.covers(from, to) => Ok(false),
                _ => Err("fragment-conflict"),
            };
        }
        if self.bytes.len() < to {
            self.bytes.resize(to, 0);
        }
        if let Some(target) = self.bytes.get_mut(from..to) {
            target.copy_from_slice(piece.bytes);
        }
        self.filled.insert(place, (from, to));
        self.filled.dedup_by(|later, earlier| {
            let touch = earlier.1 == later.0;
            if touch {
                earlier.1 = later.1;
            }
            touch
        });
        if self.filled.len() > MAX_PIECES {
            return Err("fragment-pieces");
        }
        Ok(self.length.is_some_and(|l| self.covers(0, l)))
    }

    fn covers(&self, from: usize, to: usize) -> bool {
        self.filled.iter().any(|&(start, end)| start <= from && to <= end)
    }
}
