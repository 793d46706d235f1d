//! What a run before left in the folder, made ready to be continued.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::disk::Disk;
use super::fault::{Fault, Problem};
use super::format;
use super::listing::segments;
use super::record::Sequence;
use super::segment::{ClosedSegment, OpenSegment, Written};
use super::segment_reader::{SegmentReader, Step, read_seal};

/// What opening a folder for writing found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Segments that were there.
    pub segments: u64,
    /// The last record that was there.
    pub last: Option<Sequence>,
    /// Bytes of a torn tail that were cut off: the beginning of records that were never acknowledged.
    pub cut_bytes: u64,
    /// The last segment is damaged before its end. It was left as it is, for whoever looks into it, and a new one follows.
    pub left_damaged: Option<Fault>,
}

/// Where recording goes on.
pub(super) struct Resume {
    pub(super) closed: Vec<ClosedSegment>,
    pub(super) open: Option<OpenSegment>,
    pub(super) next_segment: u64,
    pub(super) next_sequence: u64,
    pub(super) previous: Option<[u8; 32]>,
    pub(super) recovery: Recovery,
}

/// Looks at the folder, cuts the torn tail of the last segment and finds where to go on.
pub(super) fn resume(dir: &Path, disk: &mut dyn Disk) -> Result<Resume, Fault> {
    let mut found = segments(dir).map_err(|error| Fault::io(dir, 0, &error))?;
    let mut resume = Resume {
        closed: Vec::new(),
        open: None,
        next_segment: 1,
        next_sequence: 1,
        previous: None,
        recovery: Recovery::default(),
    };
    while let Some((number, path)) = found.pop() {
        let mut at_end = AtEnd { number, path: &path, disk: &mut *disk, resume: &mut resume };
        if at_end.look()? == Found::Nothing {
            continue;
        }
        let recovery = &mut resume.recovery;
        recovery.segments = found.len() as u64 + 1;
        recovery.last = resume.next_sequence.checked_sub(1).filter(|&n| n > 0).map(Sequence);
        resume.next_segment = number + 1;
        break;
    }
    let mut closed = Vec::new();
    for (number, path) in &found {
        let bytes = std::fs::metadata(path).map_err(|error| Fault::io(path, 0, &error))?.len();
        // A segment without a readable end is kept until the limit by size takes it.
        let latest = File::open(path).and_then(|mut file| read_seal(&mut file)).ok().flatten();
        let latest = latest.map(|(_, seal)| seal).filter(|seal| seal.records > 0).map(|seal| seal.latest);
        closed.push(ClosedSegment { number: *number, bytes, latest });
    }
    closed.append(&mut resume.closed);
    resume.closed = closed;
    Ok(resume)
}

#[derive(PartialEq, Eq)]
enum Found {
    /// A segment to follow.
    Segment,
    /// The beginning of a header, now deleted.
    Nothing,
}

struct AtEnd<'a> {
    number: u64,
    path: &'a Path,
    disk: &'a mut dyn Disk,
    resume: &'a mut Resume,
}

impl AtEnd<'_> {
    fn look(&mut self) -> Result<Found, Fault> {
        let mut reader = match SegmentReader::open(self.path, self.number) {
            Ok(reader) => reader,
            Err(fault) => return self.without_header(fault),
        };
        reader.hash();
        loop {
            match reader.step() {
                Ok(Step::Record { .. }) => {}
                Ok(Step::Sealed(seal)) => {
                    self.resume.next_sequence = reader.tally().next_sequence;
                    let latest = (seal.records > 0).then_some(seal.latest);
                    return self.follow_closed(latest);
                }
                Ok(Step::End { torn }) => {
                    let (len, tally) = (reader.offset(), reader.tally().clone());
                    self.resume.next_sequence = tally.next_sequence;
                    self.resume.recovery.cut_bytes += torn;
                    let written = Written { len, tally, hasher: reader.hasher() };
                    let open = OpenSegment::reopen(self.disk, self.number, written).map_err(|e| self.io(len, &e))?;
                    self.resume.open = Some(open);
                    return Ok(Found::Segment);
                }
                Err(fault) => {
                    let expected = reader.tally().next_sequence;
                    return self.leave_damaged(fault, reader.offset(), expected);
                }
            }
        }
    }

    /// The header cannot be read: the beginning of one that was being written, or damage.
    fn without_header(&mut self, fault: Fault) -> Result<Found, Fault> {
        if matches!(fault.problem, Problem::Io { .. } | Problem::Version { .. }) {
            return Err(fault);
        }
        let bytes = self.read()?;
        if holds_any_record(&bytes) {
            return self.leave_damaged(fault, 0, self.next_after_predecessor());
        }
        // Nothing in it was ever acknowledged: records follow a header only when that is durable.
        let name = super::listing::segment_file_name(self.number);
        self.disk.remove(&name).map_err(|error| self.io(0, &error))?;
        self.resume.recovery.cut_bytes += bytes.len() as u64;
        Ok(Found::Nothing)
    }

    /// The number at which this segment began, by the one before it.
    fn next_after_predecessor(&self) -> u64 {
        let number = self.number - 1;
        let path = self.path.with_file_name(super::listing::segment_file_name(number));
        let Ok(mut reader) = SegmentReader::open(&path, number) else { return self.resume.next_sequence };
        while let Ok(Step::Record { .. }) = reader.step() {}
        reader.tally().next_sequence
    }

    /// Not ours to repair: the numbers go on behind the last record that can still be read.
    fn leave_damaged(&mut self, fault: Fault, offset: u64, expected: u64) -> Result<Found, Fault> {
        let bytes = self.read()?;
        let mut next = expected;
        let mut rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        while let Some(skipped) = format::record_after(rest, next) {
            rest = rest.get(skipped..).unwrap_or_default();
            while let format::Front::Whole(record) = format::front(rest) {
                let ahead = record.sequence_low.wrapping_sub(next as u32);
                next += u64::from(ahead) + u64::from(record.kind != format::KIND_SEAL);
                rest = rest.get(record.total..).unwrap_or_default();
            }
        }
        self.resume.next_sequence = next;
        self.resume.recovery.left_damaged = Some(fault);
        self.follow_closed(None)
    }

    fn follow_closed(&mut self, latest: Option<crate::model::Timestamp>) -> Result<Found, Fault> {
        let bytes = self.read()?;
        self.resume.previous = Some(*blake3::hash(&bytes).as_bytes());
        self.resume.closed.push(ClosedSegment { number: self.number, bytes: bytes.len() as u64, latest });
        Ok(Found::Segment)
    }

    fn read(&self) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        File::open(self.path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|error| self.io(0, &error))?;
        Ok(bytes)
    }

    fn io(&self, offset: u64, error: &io::Error) -> Fault {
        Fault::io(self.path, offset, error)
    }
}

/// Whether a record of any number stands anywhere in `bytes`.
fn holds_any_record(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| {
        let candidate = bytes.get(at..).unwrap_or_default();
        let known = format::front_trusted(candidate).is_some_and(|r| (format::KIND_FRAME..=format::KIND_GAP).contains(&r.kind));
        known && matches!(format::front(candidate), format::Front::Whole(_))
    })
}
