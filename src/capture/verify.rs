//! Checks all there is to check of a record, and names the first bad byte.

use std::path::{Path, PathBuf};

use super::fault::{Fault, Problem};
use super::listing::segments;
use super::record::{Record, Sequence};
use super::seal::Seal;
use super::segment_reader::{SegmentReader, Step};
use crate::model::Timestamp;

/// What a sound record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Segments.
    pub segments: u64,
    /// Bytes of their files.
    pub bytes: u64,
    /// Records, of all kinds.
    pub records: u64,
    /// Frames.
    pub frames: u64,
    /// Runs that began.
    pub starts: u64,
    /// Gaps, and the records missing in them.
    pub gaps: u64,
    /// Records that gaps stand for.
    pub lost_records: u64,
    /// First and last number.
    pub sequences: Option<(Sequence, Sequence)>,
    /// Earliest and latest time.
    pub times: Option<(Timestamp, Timestamp)>,
    /// How far back the chain of hashes goes.
    pub chain: Chain,
    /// The last segment is open and ends in an incomplete record: file, offset, bytes. It is being written, or its writer
    /// died; what is cut off was never acknowledged.
    pub torn: Option<(PathBuf, u64, u64)>,
}

/// How far back the chain of hashes goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// To the first segment of all.
    Whole,
    /// Segments before this one were deleted; its header still names the BLAKE3 of the last of them.
    Pruned {
        /// The first that is there.
        first_segment: u64,
    },
}

/// Checks header, hash chain, every record's CRC, number and fields, and every seal of the record in `dir`.
///
/// # Errors
/// The first thing that is wrong: its file, the offset of the header, record or seal that holds it, and what was expected.
pub fn verify(dir: &Path) -> Result<Summary, Fault> {
    let found = segments(dir).map_err(|error| Fault::io(dir, 0, &error))?;
    let (Some((first, _)), Some((last, _))) = (found.first(), found.last()) else {
        return Err(Fault::new(dir, 0, Problem::NoSegments));
    };
    let mut summary = Summary {
        segments: 0,
        bytes: 0,
        records: 0,
        frames: 0,
        starts: 0,
        gaps: 0,
        lost_records: 0,
        sequences: None,
        times: None,
        chain: if *first == 1 { Chain::Whole } else { Chain::Pruned { first_segment: *first } },
        torn: None,
    };
    let mut before: Option<Before> = None;
    for (number, path) in &found {
        before = Some(segment(path, *number, *number == *last, before, &mut summary)?);
    }
    Ok(summary)
}

/// What a segment must follow.
struct Before {
    number: u64,
    hash: [u8; 32],
    next_sequence: u64,
}

fn segment(path: &Path, number: u64, is_last: bool, before: Option<Before>, summary: &mut Summary) -> Result<Before, Fault> {
    let at_head = |problem| Err(Fault::new(path, 0, problem));
    if let Some(expected) = before.as_ref().map(|before| before.number + 1).filter(|&expected| expected != number) {
        return at_head(Problem::MissingSegment { expected, found: number });
    }
    let mut reader = SegmentReader::open(path, number)?;
    reader.hash();
    let (first, previous) = (reader.header().first_sequence, reader.header().previous);
    match (&before, previous) {
        (Some(before), stated) => {
            if stated != Some(before.hash) {
                let stated = stated.map_or_else(|| "nothing".to_owned(), |hash| hex(&hash));
                return at_head(Problem::Chain { stated, computed: hex(&before.hash) });
            }
            if first.0 != before.next_sequence {
                return at_head(Problem::Sequence { expected: before.next_sequence, found: first.0 });
            }
        }
        // The first segment of all follows nothing; one whose predecessors were deleted names the last of them.
        (None, stated) if stated.is_none() != (number == 1) => {
            return at_head(Problem::HeaderField { field: "previous segment" });
        }
        (None, _) => {}
    }
    let end = loop {
        match reader.step()? {
            Step::Record { kind, at, payload, .. } => {
                let record = reader.record(kind, at, payload);
                match record.map_err(|problem| Fault::new(path, reader.offset(), problem))? {
                    Record::Start { .. } => summary.starts += 1,
                    Record::Gap(gap) => {
                        summary.gaps += 1;
                        summary.lost_records += gap.records;
                    }
                    Record::Frame(_) | Record::Tick { .. } => {}
                }
            }
            end => break end,
        }
    };
    let tally = reader.tally();
    match end {
        Step::Sealed(seal) => {
            let computed = Seal::of(tally, *reader.hasher().finalize().as_bytes());
            if let Some(what) = seal.difference(&computed) {
                return Err(Fault::new(path, reader.offset(), Problem::Seal { what }));
            }
        }
        Step::End { torn: 0 } if !is_last => return Err(Fault::new(path, reader.offset(), Problem::Unsealed)),
        Step::End { torn } if !is_last => return Err(Fault::new(path, reader.offset(), Problem::TornInside { bytes: torn })),
        Step::End { torn } => summary.torn = (torn > 0).then(|| (path.to_owned(), reader.offset(), torn)),
        Step::Record { .. } => {}
    }
    summary.segments += 1;
    summary.bytes += reader.offset() + reader.left();
    summary.records += tally.records;
    summary.frames += tally.frames;
    if tally.records > 0 {
        let first = summary.sequences.map_or(first, |(first, _)| first);
        summary.sequences = Some((first, Sequence(tally.next_sequence - 1)));
        let (earliest, latest) = summary.times.unwrap_or((tally.earliest, tally.latest));
        summary.times = Some((earliest.min(tally.earliest), latest.max(tally.latest)));
    }
    Ok(Before { number, hash: reader.file_hash(), next_sequence: tally.next_sequence })
}

fn hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}
