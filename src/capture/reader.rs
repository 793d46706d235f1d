//! Reads a whole record, segment after segment, from its beginning or from a time on.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::fault::{Fault, Problem};
use super::header::Header;
use super::listing::segments;
use super::record::{Record, Sequence};
use super::seal::IndexEntry;
use super::segment_reader::{SegmentReader, Step, read_seal};
use crate::model::Timestamp;

/// A record and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its number; of a gap, that of the last record missing.
    pub sequence: Sequence,
    /// What it says.
    pub record: Record<'a>,
}

/// Where reading begins.
#[derive(Clone, Copy, Debug)]
enum Begin {
    /// At the first record of this time or later.
    Time(Timestamp),
    /// At the first record of this number or a higher one.
    Number(Sequence),
}

impl Begin {
    fn is_before(self, sequence: Sequence, at: Timestamp) -> bool {
        match self {
            Self::Time(from) => at < from,
            Self::Number(from) => sequence < from,
        }
    }

    /// Whether nothing that is wanted stands before that place.
    fn is_behind(self, place: &IndexEntry) -> bool {
        match self {
            Self::Time(from) => place.latest_before < from,
            // A gap at that place takes several numbers; the first is still right.
            Self::Number(from) => place.sequence <= from.0,
        }
    }
}

/// Reads the records of a folder in the order they were applied.
///
/// The record may be one that is still being written: at its end [`next_record`](Self::next_record) gives `None`, and may be
/// asked again later.
pub struct Reader {
    dir: PathBuf,
    /// Skip everything before this.
    from: Option<Begin>,
    current: Option<SegmentReader>,
    /// Number of the last segment opened or given up.
    last: u64,
    /// Number of the record that must follow; `None` at the beginning and behind what was skipped.
    expected: Option<u64>,
    torn: u64,
    failed: Option<Fault>,
}

impl Reader {
    /// Opens a folder at its first segment; earlier ones may have been deleted by age.
    ///
    /// # Errors
    /// The folder cannot be read or holds no segment.
    pub fn open(dir: &Path) -> Result<Self, Fault> {
        Self::at(dir, None)
    }

    /// Opens a folder at the first record, in the order applied, whose time is `from` or later; all that follow are given,
    /// also those whose own time is a little earlier.
    ///
    /// # Errors
    /// The folder cannot be read or holds no segment.
    pub fn open_from(dir: &Path, from: Timestamp) -> Result<Self, Fault> {
        Self::at(dir, Some(Begin::Time(from)))
    }

    /// Opens a folder at the record of that number, or the first that is left if it was deleted by age.
    ///
    /// # Errors
    /// The folder cannot be read or holds no segment.
    pub fn open_at(dir: &Path, from: Sequence) -> Result<Self, Fault> {
        Self::at(dir, Some(Begin::Number(from)))
    }

    fn at(dir: &Path, from: Option<Begin>) -> Result<Self, Fault> {
        let found = segments(dir).map_err(|error| Fault::io(dir, 0, &error))?;
        let first = found.first().map(|(number, _)| *number).ok_or_else(|| Fault::new(dir, 0, Problem::NoSegments))?;
        let last = match from {
            None => first.saturating_sub(1),
            Some(Begin::Time(from)) => last_without(&found, from),
            Some(Begin::Number(from)) => last_without_number(&found, from),
        };
        let last = last.max(first.saturating_sub(1));
        Ok(Self { dir: dir.to_owned(), from, current: None, last, expected: None, torn: 0, failed: None })
    }

    /// The next record; `None` at the end of what is written so far.
    ///
    /// # Errors
    /// Damage, with file, offset and reason. Every later call gives the same, until [`skip_segment`](Self::skip_segment).
    pub fn next_record(&mut self) -> Result<Option<Entry<'_>>, Fault> {
        if let Some(fault) = &self.failed {
            return Err(fault.clone());
        }
        match self.advance() {
            Ok(Some((sequence, kind, at, payload))) => {
                let Some(current) = &self.current else { return Ok(None) };
                match current.record(kind, at, payload) {
                    Ok(record) => Ok(Some(Entry { sequence, record })),
                    // Not reached: a step checks the fields.
                    Err(problem) => Err(Fault::new(current.path(), current.offset(), problem)),
                }
            }
            Ok(None) => Ok(None),
            Err(fault) => {
                self.failed = Some(fault.clone());
                Err(fault)
            }
        }
    }

    /// Bytes behind the last whole record, when the end was reached: a write under way, or one that was cut short.
    pub fn torn_bytes(&self) -> u64 {
        self.torn
    }

    /// The header of the segment being read.
    pub fn header(&self) -> Option<&Header> {
        self.current.as_ref().map(SegmentReader::header)
    }

    /// The header of the next segment that would be read, if none is being read yet.
    ///
    /// # Errors
    /// The segment cannot be read.
    pub fn peek_header(&mut self) -> Result<Option<&Header>, Fault> {
        if self.current.is_none() {
            self.open_next()?;
        }
        Ok(self.header())
    }

    /// After damage: goes on with the next segment.
    pub fn skip_segment(&mut self) {
        self.failed = None;
        self.current = None;
        self.expected = None;
    }

    #[allow(clippy::type_complexity)] // A step's fields, once, inside.
    fn advance(&mut self) -> Result<Option<(Sequence, u8, Timestamp, Range<usize>)>, Fault> {
        // Whether the segment being read is known to be followed by another, so that nothing more will be added to it.
        let mut complete = false;
        loop {
            let Some(current) = &mut self.current else { if self.open_next()? { continue } else { return Ok(None) } };
            match current.step()? {
                Step::Record { sequence, kind, at, payload } => {
                    self.expected = Some(sequence.0 + 1);
                    if self.from.is_some_and(|from| from.is_before(sequence, at)) {
                        continue;
                    }
                    self.from = None;
                    self.torn = 0;
                    return Ok(Some((sequence, kind, at, payload)));
                }
                Step::Sealed(_) => {
                    self.torn = 0;
                    complete = false;
                    if !self.open_next()? {
                        return Ok(None);
                    }
                }
                Step::End { torn } if complete => {
                    let problem = if torn == 0 { Problem::Unsealed } else { Problem::TornInside { bytes: torn } };
                    return Err(Fault::new(current.path(), current.offset(), problem));
                }
                Step::End { torn } => {
                    self.torn = torn;
                    if self.listing()?.last().is_none_or(|(number, _)| *number <= self.last) {
                        return Ok(None);
                    }
                    // It may have been closed since the step: look once more.
                    complete = true;
                }
            }
        }
    }

    fn listing(&self) -> Result<Vec<(u64, PathBuf)>, Fault> {
        segments(&self.dir).map_err(|error| Fault::io(&self.dir, 0, &error))
    }

    /// Opens the segment after the last; `false` if there is none yet.
    fn open_next(&mut self) -> Result<bool, Fault> {
        let found = self.listing()?;
        let Some((number, path)) = found.iter().find(|(number, _)| *number > self.last) else { return Ok(false) };
        let is_last = found.last().is_some_and(|(last, _)| last == number);
        let expected = self.last + 1;
        if *number != expected && self.expected.is_some() {
            self.last = number.saturating_sub(1);
            return Err(Fault::new(path, 0, Problem::MissingSegment { expected, found: *number }));
        }
        let mut next = match SegmentReader::open(path, *number) {
            Ok(next) => next,
            // A header that is being written.
            Err(Fault { problem: Problem::HeaderShort, .. }) if is_last => return Ok(false),
            Err(fault) => {
                self.last = *number;
                return Err(fault);
            }
        };
        let first = next.header().first_sequence;
        if let Some(expected) = self.expected.filter(|&expected| expected != first.0) {
            return Err(Fault::new(path, 0, Problem::Sequence { expected, found: first.0 }));
        }
        if let Some(from) = self.from {
            let seal = File::open(path).and_then(|mut file| read_seal(&mut file)).ok().flatten();
            // The last place before which nothing is late enough.
            let places = seal.map(|(_, seal)| seal.index).unwrap_or_default();
            if let Some(place) = places.iter().rev().find(|place| from.is_behind(place)) {
                next.jump(place)?;
            }
        }
        self.last = *number;
        self.current = Some(next);
        Ok(true)
    }
}

/// The last of the closed segments at the front that hold nothing of that time or later; 0 if there is none. What cannot be
/// read here will say so when it is read.
fn last_without(found: &[(u64, PathBuf)], from: Timestamp) -> u64 {
    let is_earlier = |path: &PathBuf| {
        let seal = File::open(path).and_then(|mut file| read_seal(&mut file)).ok().flatten();
        seal.is_some_and(|(_, seal)| seal.latest < from)
    };
    found.iter().take_while(|(_, path)| is_earlier(path)).last().map_or(0, |(number, _)| *number)
}

/// The segment before the one that holds the record of that number, looked for from the end, where a restart needs it.
fn last_without_number(found: &[(u64, PathBuf)], from: Sequence) -> u64 {
    let begins_before = |(number, path): &&(u64, PathBuf)| {
        SegmentReader::open(path, *number).is_ok_and(|segment| segment.header().first_sequence <= from)
    };
    found.iter().rev().find(begins_before).map_or(0, |(number, _)| number.saturating_sub(1))
}
