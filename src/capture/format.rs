//! How a record lies on disk, version 1. All integers little-endian.
//!
//! ```text
//! record  = crc32c u32 | length varint | kind u8 | sequence u32 | at i64 | payload
//! ```
//!
//! The CRC covers everything after itself; the length counts everything after itself. `sequence` is the low half of the number;
//! the upper half follows from the segment's header. Numbers and times are whole in each record rather than differences to the
//! one before, because a record next to damage must still be understood; a frame of 60 bytes costs 19 bytes more.

use super::bytes::{Take, put_varint};
use super::fault::Problem;
use super::record::Sequence;
use crate::model::Timestamp;

/// Version of the format that is written. Every version that was ever released is read.
pub const FORMAT_VERSION: u16 = 1;

/// The longest frame that can be recorded: 4 MiB. No datagram is above 64 KiB and no feed delivers more than 1 MiB at once; the
/// bound is there so that a damaged length cannot make a reader allocate without limit, and it stays well below what may wait in
/// memory for the disk.
pub const MAX_FRAME_BYTES: usize = 1 << 22;

/// Frame: payload is the feed as a varint and the bytes.
pub(super) const KIND_FRAME: u8 = 1;
/// Tick: no payload.
pub(super) const KIND_TICK: u8 = 2;
/// Start of a run: program, 0 or 1 and the first record applied again.
pub(super) const KIND_START: u8 = 3;
/// Gap: its end i64, records, frames, reason. `at` is its beginning.
pub(super) const KIND_GAP: u8 = 4;
/// Seal: the last record of a closed segment, see [`super::seal`].
pub(super) const KIND_SEAL: u8 = 0x53;

/// Kind, sequence and time: what every record's length counts besides the payload.
pub(super) const FIXED_LEN: usize = 1 + 4 + 8;
/// The shortest record: CRC, a length of one byte and no payload.
pub(super) const MIN_RECORD_LEN: usize = 4 + 1 + FIXED_LEN;
/// The longest frame and the rest of its record, of which `FIXED_LEN` and feed need 16 bytes.
const MAX_LENGTH: u64 = (MAX_FRAME_BYTES + 64) as u64;
/// `MAX_LENGTH` needs 23 bits, so 4 bytes of 7.
const MAX_LENGTH_VARINT: usize = 4;

/// Appends a record whose payload is appended by `payload` and has `payload_len` bytes.
pub(super) fn put_record(
    out: &mut Vec<u8>,
    kind: u8,
    sequence: Sequence,
    at: Timestamp,
    payload_len: usize,
    payload: impl FnOnce(&mut Vec<u8>),
) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    put_varint(out, (FIXED_LEN + payload_len) as u64);
    out.push(kind);
    out.extend_from_slice(&(sequence.0 as u32).to_le_bytes());
    out.extend_from_slice(&at.nanos().to_le_bytes());
    payload(out);
    if let Some((crc, covered)) = out.get_mut(start..).and_then(|record| record.split_first_chunk_mut::<4>()) {
        *crc = crc32c::crc32c(covered).to_le_bytes();
    }
}

/// A record whose CRC is right, in front of other bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Framed<'a> {
    /// Bytes it takes on disk.
    pub(super) total: usize,
    pub(super) kind: u8,
    pub(super) sequence_low: u32,
    pub(super) at: Timestamp,
    pub(super) payload: &'a [u8],
}

/// What stands at the front of some bytes.
#[derive(Clone, Debug)]
pub(super) enum Front<'a> {
    /// A whole record.
    Whole(Framed<'a>),
    /// The beginning of a record; more bytes are needed to say whether it is one.
    Short,
    /// Not a record.
    Bad(Problem),
}

/// Looks at the front of `bytes`.
pub(super) fn front(bytes: &[u8]) -> Front<'_> {
    framed(bytes, true)
}

/// Looks at the front of bytes that we have just encoded: the CRC is not computed again.
pub(super) fn front_trusted(bytes: &[u8]) -> Option<Framed<'_>> {
    match framed(bytes, false) {
        Front::Whole(record) => Some(record),
        Front::Short | Front::Bad(_) => None,
    }
}

fn framed(bytes: &[u8], check: bool) -> Front<'_> {
    let Some((crc, covered)) = bytes.split_first_chunk::<4>() else { return Front::Short };
    let mut take = Take::new(covered.get(..MAX_LENGTH_VARINT).unwrap_or(covered));
    let Some(length) = take.varint() else {
        return if covered.len() < MAX_LENGTH_VARINT { Front::Short } else { Front::Bad(Problem::LengthForm) };
    };
    if length < FIXED_LEN as u64 || length > MAX_LENGTH {
        return Front::Bad(Problem::Length { found: length });
    }
    let varint_len = covered.len().min(MAX_LENGTH_VARINT) - take.rest().len();
    let Some(covered) = covered.get(..varint_len + length as usize) else { return Front::Short };
    if check {
        let (stated, computed) = (u32::from_le_bytes(*crc), crc32c::crc32c(covered));
        if stated != computed {
            return Front::Bad(Problem::Crc { stated, computed });
        }
    }
    let mut take = Take::new(covered.get(varint_len..).unwrap_or_default());
    match (take.u8(), take.u32(), take.i64()) {
        (Some(kind), Some(sequence_low), Some(at)) => Front::Whole(Framed {
            total: 4 + covered.len(),
            kind,
            sequence_low,
            at: Timestamp::from_nanos(at),
            payload: take.rest(),
        }),
        // Not reached: the length was at least FIXED_LEN.
        _ => Front::Bad(Problem::Length { found: length }),
    }
}

/// Finds the first whole record that begins in `bytes` after their front and whose number follows `expected` closely enough to
/// belong there.
///
/// This is what tells a torn tail from damage: a write that was cut short has nothing after it, a flipped bit has. The number
/// must lie within what the bytes between could have held, which leaves a chance of about 1 in 10⁹ a mebibyte that noise passes.
pub(super) fn record_after(bytes: &[u8], expected: u64) -> Option<usize> {
    for skipped in 1..bytes.len().saturating_sub(MIN_RECORD_LEN - 1) {
        let candidate = bytes.get(skipped..)?;
        // Cheap look first: the CRC of a long candidate is not computed for every offset.
        let Some(record) = front_trusted(candidate) else { continue };
        let known = matches!(record.kind, KIND_FRAME | KIND_TICK | KIND_START | KIND_GAP | KIND_SEAL);
        let ahead = u64::from(record.sequence_low.wrapping_sub(expected as u32));
        let room = (skipped / MIN_RECORD_LEN + 1) as u64;
        let near = ahead <= room || matches!(record.kind, KIND_GAP);
        if known && near && matches!(front(candidate), Front::Whole(_)) {
            return Some(skipped);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::record::Record;
    use super::*;
    use crate::model::{FeedId, Frame};

    #[test]
    fn a_frame_of_60_bytes_costs_19_bytes_more() {
        let frame = Frame { feed: FeedId(3), received_at: Timestamp::from_secs(1_773_504_000), bytes: &[7; 60] };
        let mut out = Vec::new();
        Record::Frame(frame).encode(Sequence(u64::from(u32::MAX)), &mut out);
        assert_eq!(out.len(), 60 + 19);
    }

    #[test]
    fn the_crc_is_castagnoli() {
        // RFC 3720 appendix B.4: 32 bytes of zeros.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
    }

    #[test]
    fn every_cut_of_a_record_is_short_and_every_flip_is_seen() {
        let frame = Frame { feed: FeedId(300), received_at: Timestamp::from_nanos(-5), bytes: b"!AIVDM,1,1,,A,x,0*00\r\n" };
        let mut out = Vec::new();
        Record::Frame(frame).encode(Sequence(9), &mut out);
        for n in 0..out.len() {
            assert!(matches!(front(&out[..n]), Front::Short), "cut at {n}");
        }
        for n in 0..out.len() * 8 {
            let mut bad = out.clone();
            bad[n / 8] ^= 1 << (n % 8);
            assert!(!matches!(front(&bad), Front::Whole(_)), "flip of bit {n}");
        }
    }

    #[test]
    fn a_record_behind_damage_is_found_and_one_of_another_place_is_not() {
        let mut out = vec![0xaa; 100];
        Record::Tick { at: Timestamp::from_secs(1) }.encode(Sequence(12), &mut out);
        assert_eq!(record_after(&out, 10), Some(100));
        assert_eq!(record_after(&out, 12), Some(100));
        assert_eq!(record_after(&out, 13), None, "numbers do not go back");
        assert_eq!(record_after(&out, 1), None, "100 bytes do not hold 11 records");
    }
}
