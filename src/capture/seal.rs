//! The end of a closed segment: totals, an index of times, and the hash of all before it.
//!
//! ```text
//! seal    = a record of kind 0x53 numbered as the record that would have been next, `at` the latest time in the segment;
//!           payload: records u64 | frames u64 | earliest i64 | latest i64 | BLAKE3 of all before the seal [32]
//!           | index entries: offset u64, sequence u64, latest before i64
//! trailer = offset of the seal u64 | crc32c of that offset u32 | "HSC." [4]
//! ```
//!
//! An index entry names a record and the latest time of all records before it in the segment. Times need not ascend (feeds are
//! merged in the order applied), so it is this running maximum, not the record's own time, that says what can be skipped.

use super::bytes::Take;
use super::format::{self, KIND_FRAME, KIND_SEAL};
use super::record::Sequence;
use crate::model::Timestamp;

/// Content between two index entries. A seek then reads at most 1 MiB too much, some milliseconds, and the index of a 64 MiB
/// segment has 64 entries.
const INDEX_EVERY: u64 = 1 << 20;
/// Keeps the seal of an enormous segment within a record's length.
const MAX_INDEX: usize = 1 << 16;

const TRAILER_MARK: &[u8; 4] = b"HSC.";
pub(super) const TRAILER_LEN: usize = 16;

/// A place in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IndexEntry {
    pub(super) offset: u64,
    /// First number that the record there takes.
    pub(super) sequence: u64,
    pub(super) latest_before: Timestamp,
}

/// What is counted of the records of a segment while they are written, read or recovered: the same code for all three, so
/// that a seal can be compared whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) next_sequence: u64,
    pub(super) records: u64,
    pub(super) frames: u64,
    pub(super) earliest: Timestamp,
    pub(super) latest: Timestamp,
    pub(super) index: Vec<IndexEntry>,
    next_entry_at: u64,
}

impl Tally {
    pub(super) fn new(first_sequence: u64, header_len: u64) -> Self {
        Self {
            next_sequence: first_sequence,
            records: 0,
            frames: 0,
            earliest: Timestamp::MAX,
            latest: Timestamp::MIN,
            index: Vec::new(),
            next_entry_at: header_len + INDEX_EVERY,
        }
    }

    /// Counts a record at `offset` that takes `span` numbers.
    pub(super) fn note(&mut self, offset: u64, kind: u8, at: Timestamp, span: u64) {
        if offset >= self.next_entry_at && self.index.len() < MAX_INDEX {
            self.index.push(IndexEntry { offset, sequence: self.next_sequence, latest_before: self.latest });
            self.next_entry_at = offset + INDEX_EVERY;
        }
        self.next_sequence = self.next_sequence.saturating_add(span);
        self.records += 1;
        self.frames += u64::from(kind == KIND_FRAME);
        self.earliest = self.earliest.min(at);
        self.latest = self.latest.max(at);
    }
}

/// The end of a closed segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) next_sequence_low: u32,
    pub(super) records: u64,
    pub(super) frames: u64,
    pub(super) earliest: Timestamp,
    pub(super) latest: Timestamp,
    pub(super) content: [u8; 32],
    pub(super) index: Vec<IndexEntry>,
}

impl Seal {
    pub(super) fn of(tally: &Tally, content: [u8; 32]) -> Self {
        Self {
            next_sequence_low: tally.next_sequence as u32,
            records: tally.records,
            frames: tally.frames,
            earliest: tally.earliest,
            latest: tally.latest,
            content,
            index: tally.index.clone(),
        }
    }

    /// Seal and trailer, for the offset at which they are to stand.
    pub(super) fn encode(&self, offset: u64) -> Vec<u8> {
        let mut payload = Vec::with_capacity(64 + self.index.len() * 24);
        payload.extend_from_slice(&self.records.to_le_bytes());
        payload.extend_from_slice(&self.frames.to_le_bytes());
        payload.extend_from_slice(&self.earliest.nanos().to_le_bytes());
        payload.extend_from_slice(&self.latest.nanos().to_le_bytes());
        payload.extend_from_slice(&self.content);
        for entry in &self.index {
            payload.extend_from_slice(&entry.offset.to_le_bytes());
            payload.extend_from_slice(&entry.sequence.to_le_bytes());
            payload.extend_from_slice(&entry.latest_before.nanos().to_le_bytes());
        }
        let mut out = Vec::new();
        let sequence = Sequence(u64::from(self.next_sequence_low));
        format::put_record(&mut out, KIND_SEAL, sequence, self.latest, payload.len(), |out| out.extend_from_slice(&payload));
        out.extend_from_slice(&trailer(offset));
        out
    }

    /// Of a record of kind seal.
    pub(super) fn decode(record: &format::Framed<'_>) -> Option<Self> {
        let mut take = Take::new(record.payload);
        let (records, frames) = (take.u64()?, take.u64()?);
        let (earliest, latest) = (Timestamp::from_nanos(take.i64()?), Timestamp::from_nanos(take.i64()?));
        let content = take.array()?;
        let mut index = Vec::new();
        while !take.is_empty() {
            let (offset, sequence) = (take.u64()?, take.u64()?);
            index.push(IndexEntry { offset, sequence, latest_before: Timestamp::from_nanos(take.i64()?) });
        }
        let next_sequence_low = record.sequence_low;
        (record.at == latest).then_some(Self { next_sequence_low, records, frames, earliest, latest, content, index })
    }

    /// The part in which it is not `other`.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let parts = [
            ("record count", self.records == other.records),
            ("frame count", self.frames == other.frames),
            ("last sequence", self.next_sequence_low == other.next_sequence_low),
            ("earliest time", self.earliest == other.earliest),
            ("latest time", self.latest == other.latest),
            ("index", self.index == other.index),
            ("BLAKE3", self.content == other.content),
        ];
        parts.into_iter().find(|(_, same)| !same).map(|(what, _)| what)
    }
}

/// The last bytes of a sealed segment.
pub(super) fn trailer(seal_offset: u64) -> [u8; TRAILER_LEN] {
    let offset = seal_offset.to_le_bytes();
    let crc = crc32c::crc32c(&offset).to_le_bytes();
    let mut out = [0; TRAILER_LEN];
    for (to, from) in out.iter_mut().zip(offset.iter().chain(&crc).chain(TRAILER_MARK)) {
        *to = *from;
    }
    out
}

/// Where the seal is, by the last bytes of a file; `None` if they are not a trailer.
pub(super) fn sealed_at(last: [u8; TRAILER_LEN]) -> Option<u64> {
    let offset = Take::new(&last).u64()?;
    (trailer(offset) == last).then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_with_its_place() {
        let mut tally = Tally::new(5, 100);
        for n in 0..40 {
            tally.note(100 + n * 100_000, KIND_FRAME, Timestamp::from_secs(n as i64 ^ 3), 1);
        }
        assert_eq!(tally.index.len(), 3);
        assert_eq!(tally.index[0].offset, 100 + 11 * 100_000, "the first record a mebibyte behind the header");
        assert_eq!(tally.index[0].sequence, 16);
        assert_eq!(tally.index[0].latest_before, Timestamp::from_secs(11));
        let seal = Seal::of(&tally, [3; 32]);
        let bytes = seal.encode(4_000_000);
        let record = format::front_trusted(&bytes).unwrap();
        assert_eq!(Seal::decode(&record), Some(seal));
        let last = bytes[record.total..].try_into().unwrap();
        assert_eq!(sealed_at(last), Some(4_000_000));
    }
}
