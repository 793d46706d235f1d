//! Reads one segment from its start, or from a place its index names, record by record.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fault::{Fault, Problem};
use super::format::{self, Framed, Front, KIND_FRAME, KIND_GAP, KIND_SEAL};
use super::header::Header;
use super::record::{self, Record, Sequence};
use super::seal::{self, IndexEntry, Seal, TRAILER_LEN, Tally};
use crate::model::Timestamp;

/// Read at once: large enough that system calls do not count, small enough to stay in the second-level cache.
const CHUNK: usize = 256 << 10;

/// What comes next in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A record; its payload lies in the reader's buffer.
    Record { sequence: Sequence, kind: u8, at: Timestamp, payload: Range<usize> },
    /// The seal, and nothing behind it.
    Sealed(Seal),
    /// The end of a segment that is not sealed, with the bytes of a record that is not whole. More may come.
    End { torn: u64 },
}

/// Reads one segment. After a fault it stays where the fault is.
pub(super) struct SegmentReader {
    path: PathBuf,
    file: File,
    header: Header,
    buffer: Vec<u8>,
    /// Consumed bytes of `buffer`.
    start: usize,
    /// Offset in the file of what is next.
    offset: u64,
    tally: Tally,
    hasher: Option<blake3::Hasher>,
    /// Bytes of `buffer` that are in `hasher`. Hashed in one piece when the buffer moves on: BLAKE3 is many times slower on the
    /// 80 bytes of a record.
    hashed: usize,
}

impl SegmentReader {
    /// Opens the segment of that number and reads its header.
    pub(super) fn open(path: &Path, number: u64) -> Result<Self, Fault> {
        let fault = |problem| Fault::new(path, 0, problem);
        let mut file = File::open(path).map_err(|error| Fault::io(path, 0, &error))?;
        let mut buffer = Vec::new();
        let (header, len) = loop {
            let more = read_chunk(&mut file, &mut buffer).map_err(|error| Fault::io(path, 0, &error))?;
            match Header::decode(&buffer) {
                Ok(header) => break header,
                Err(Problem::HeaderShort) if more > 0 => {}
                Err(problem) => return Err(fault(problem)),
            }
        };
        if header.segment != number {
            return Err(fault(Problem::SegmentNumber { stated: header.segment, named: number }));
        }
        let (offset, tally) = (len as u64, Tally::new(header.first_sequence.0, len as u64));
        Ok(Self { path: path.to_owned(), file, header, buffer, start: len, offset, tally, hasher: None, hashed: 0 })
    }

    /// Hashes what is read from now on; to be called before the first step.
    pub(super) fn hash(&mut self) {
        self.hasher = Some(blake3::Hasher::new());
    }

    /// The hasher after all that was read, without the seal.
    pub(super) fn hasher(&self) -> blake3::Hasher {
        let mut hasher = self.hasher.clone().unwrap_or_default();
        hasher.update(self.buffer.get(self.hashed..self.start).unwrap_or_default());
        hasher
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Offset of what is next.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Of the records given so far; after a jump only its `next_sequence` is right.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Goes to a place that the index names.
    pub(super) fn jump(&mut self, entry: &IndexEntry) -> Result<(), Fault> {
        self.file.seek(SeekFrom::Start(entry.offset)).map_err(|error| Fault::io(&self.path, entry.offset, &error))?;
        self.buffer.clear();
        (self.start, self.hashed) = (0, 0);
        self.offset = entry.offset;
        self.tally.next_sequence = entry.sequence;
        Ok(())
    }

    /// The next record, seal or end.
    pub(super) fn step(&mut self) -> Result<Step, Fault> {
        loop {
            match format::front(self.rest()) {
                Front::Whole(found) => {
                    let (kind, total) = (found.kind, found.total);
                    return match kind {
                        KIND_SEAL => self.at_seal(),
                        _ => self.at_record(kind, total),
                    };
                }
                Front::Short => {
                    if self.fill()? == 0 {
                        return self.at_end(None);
                    }
                }
                Front::Bad(problem) => return self.at_end(Some(problem)),
            }
        }
    }

    /// The record that a step found.
    pub(super) fn record(&self, kind: u8, at: Timestamp, payload: Range<usize>) -> Result<Record<'_>, Problem> {
        let payload = self.buffer.get(payload).unwrap_or_default();
        record::decode(kind, at, payload).map_err(|field| Problem::RecordField { field })
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn fault(&self, problem: Problem) -> Fault {
        Fault::new(&self.path, self.offset, problem)
    }

    fn at_record(&mut self, kind: u8, total: usize) -> Result<Step, Fault> {
        let Some(found) = format::front_trusted(self.rest()) else { return Ok(Step::End { torn: 0 }) };
        let (at, sequence_low, payload_len) = (found.at, found.sequence_low, found.payload.len());
        let span = self.span(&found).map_err(|problem| self.fault(problem))?;
        let expected = self.tally.next_sequence.saturating_add(span - 1);
        if sequence_low != expected as u32 {
            // The upper half as it is most likely meant: the nearest to what was expected.
            let found = expected.wrapping_add_signed(i64::from(sequence_low.wrapping_sub(expected as u32) as i32));
            return Err(self.fault(Problem::Sequence { expected, found }));
        }
        self.tally.note(self.offset, kind, at, span);
        self.start += total;
        self.offset += total as u64;
        Ok(Step::Record { sequence: Sequence(expected), kind, at, payload: self.start - payload_len..self.start })
    }

    /// How many numbers a record takes; checks what a CRC cannot.
    fn span(&self, found: &Framed<'_>) -> Result<u64, Problem> {
        match found.kind {
            KIND_FRAME => {
                let listed = self.header.provenance.feeds.len();
                let feed = super::bytes::Take::new(found.payload).varint().unwrap_or(u64::MAX);
                match u16::try_from(feed) {
                    Ok(feed) if usize::from(feed) < listed => Ok(1),
                    Ok(found) => Err(Problem::Feed { found, listed }),
                    Err(_) => Err(Problem::RecordField { field: "feed" }),
                }
            }
            kind if (format::KIND_TICK..=KIND_GAP).contains(&kind) => {
                let record = record::decode(kind, found.at, found.payload);
                record.map(|record| record.span()).map_err(|field| Problem::RecordField { field })
            }
            found => Err(Problem::Kind { found }),
        }
    }

    /// At a whole seal: it must be followed by its trailer and nothing else.
    fn at_seal(&mut self) -> Result<Step, Fault> {
        while self.fill()? > 0 {}
        let Some(found) = format::front_trusted(self.rest()) else { return Ok(Step::End { torn: 0 }) };
        let Some(seal) = Seal::decode(&found) else { return Err(self.fault(Problem::Seal { what: "form" })) };
        let behind = self.rest().get(found.total..).unwrap_or_default();
        let Some((last, behind)) = behind.split_first_chunk::<TRAILER_LEN>() else {
            // The seal was being written; it is written again as a whole.
            return Ok(Step::End { torn: self.rest().len() as u64 });
        };
        let trailer_at = self.offset + found.total as u64;
        if seal::sealed_at(*last) != Some(self.offset) {
            return Err(Fault::new(&self.path, trailer_at, Problem::Trailer { seal: self.offset }));
        }
        if !behind.is_empty() {
            let bytes = behind.len() as u64;
            return Err(Fault::new(&self.path, trailer_at + TRAILER_LEN as u64, Problem::Behind { bytes }));
        }
        if seal.next_sequence_low != self.tally.next_sequence as u32 {
            return Err(self.fault(Problem::Seal { what: "last sequence" }));
        }
        Ok(Step::Sealed(seal))
    }

    /// At bytes that are no whole record: a write that was cut short, or damage.
    fn at_end(&mut self, problem: Option<Problem>) -> Result<Step, Fault> {
        // All of it, at one moment: the file may be growing, and what is read grows only at its end.
        while self.fill()? > 0 {}
        let rest = self.rest();
        if problem.is_none() && !matches!(format::front(rest), Front::Short) {
            return self.step();
        }
        let trailer = rest.last_chunk::<TRAILER_LEN>().and_then(|last| seal::sealed_at(*last));
        let next = format::record_after(rest, self.tally.next_sequence).map(|skipped| self.offset + skipped as u64);
        match (problem, next, trailer) {
            (_, None, None) => Ok(Step::End { torn: rest.len() as u64 }),
            (Some(problem), ..) => Err(self.fault(problem)),
            (None, Some(next), _) => Err(self.fault(Problem::Broken { next })),
            (None, None, Some(_)) => Err(self.fault(Problem::Overrun)),
        }
    }

    /// BLAKE3 of the whole file, after the step that gave its seal or end.
    pub(super) fn file_hash(&self) -> [u8; 32] {
        let mut hasher = self.hasher();
        hasher.update(self.rest());
        *hasher.finalize().as_bytes()
    }

    /// Bytes behind [`offset`](Self::offset), after the step that gave the seal or end.
    pub(super) fn left(&self) -> u64 {
        self.rest().len() as u64
    }

    /// Reads more; gives how much.
    fn fill(&mut self) -> Result<usize, Fault> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(self.buffer.get(self.hashed..self.start).unwrap_or_default());
        }
        self.buffer.drain(..self.start);
        (self.start, self.hashed) = (0, 0);
        let read = read_chunk(&mut self.file, &mut self.buffer);
        read.map_err(|error| Fault::io(&self.path, self.offset, &error))
    }
}

/// Appends up to a chunk from where the file is; gives how much, 0 at its end.
fn read_chunk(file: &mut File, buffer: &mut Vec<u8>) -> io::Result<usize> {
    Read::take(file, CHUNK as u64).read_to_end(buffer)
}

/// The seal of a closed segment and its offset; `None` if the file does not end in one.
pub(super) fn read_seal(file: &mut File) -> io::Result<Option<(u64, Seal)>> {
    let len = file.seek(SeekFrom::End(0))?;
    let Some(trailer_at) = len.checked_sub(TRAILER_LEN as u64) else { return Ok(None) };
    file.seek(SeekFrom::Start(trailer_at))?;
    let mut last = [0; TRAILER_LEN];
    file.read_exact(&mut last)?;
    let Some(offset) = seal::sealed_at(last).filter(|&offset| offset < trailer_at) else { return Ok(None) };
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(match format::front(&bytes) {
        Front::Whole(record) if record.kind == KIND_SEAL => Seal::decode(&record).map(|seal| (offset, seal)),
        _ => None,
    })
}
