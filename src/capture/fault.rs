//! What can be wrong with a record, and where.

use std::io;
use std::path::{Path, PathBuf};

/// Something wrong in a record: file, offset of the item that holds it, and what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: byte {offset}: {problem}", file.display())]
pub struct Fault {
    /// The segment, or the folder.
    pub file: PathBuf,
    /// Where the header, record or seal begins that is wrong.
    pub offset: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Fault {
    pub(super) fn new(file: &Path, offset: u64, problem: Problem) -> Self {
        Self { file: file.to_owned(), offset, problem }
    }

    pub(super) fn io(file: &Path, offset: u64, error: &io::Error) -> Self {
        Self::new(file, offset, Problem::Io { kind: error.kind(), text: error.to_string() })
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The operating system refused.
    #[error("cannot be read: {text}")]
    Io {
        /// Its kind.
        kind: io::ErrorKind,
        /// In words.
        text: String,
    },
    /// A folder without segments.
    #[error("the folder holds no segment (*.hsc)")]
    NoSegments,
    /// The file does not begin as a segment does.
    #[error("does not begin with the mark of a segment")]
    Magic,
    /// Written by a later program.
    #[error("format version {found}, this program reads up to {}", super::FORMAT_VERSION)]
    Version {
        /// Stated version.
        found: u16,
    },
    /// The header does not end within the file.
    #[error("the header is cut short")]
    HeaderShort,
    /// A header field does not hold what it may.
    #[error("header: {field} is not legal")]
    HeaderField {
        /// The field.
        field: &'static str,
    },
    /// Segments between are not there.
    #[error("segment {expected} is missing: segment {found} follows")]
    MissingSegment {
        /// Next in order.
        expected: u64,
        /// There instead.
        found: u64,
    },
    /// The header's number is not that of the file name.
    #[error("the header says segment {stated}, the file name {named}")]
    SegmentNumber {
        /// In the header.
        stated: u64,
        /// In the file name.
        named: u64,
    },
    /// The segment before is not the one this one was written after.
    #[error("the segment before has BLAKE3 {computed}, this one was written after {stated}")]
    Chain {
        /// In the header.
        stated: String,
        /// Of the file as it is.
        computed: String,
    },
    /// Header, record or seal: the bytes are not those that were written.
    #[error("CRC32C {computed:08x}, expected {stated:08x}")]
    Crc {
        /// Written.
        stated: u32,
        /// Of the bytes as they are.
        computed: u32,
    },
    /// A record length that no record has.
    #[error("record length {found} is not possible")]
    Length {
        /// Stated length.
        found: u64,
    },
    /// A record length that does not end.
    #[error("record length has no end")]
    LengthForm,
    /// A record of a kind this version does not know.
    #[error("record kind {found:#04x} is not known")]
    Kind {
        /// Stated kind.
        found: u8,
    },
    /// The CRC is right but a field is not.
    #[error("record: {field} is not legal")]
    RecordField {
        /// The field.
        field: &'static str,
    },
    /// A frame of a feed that the header does not list.
    #[error("frame of feed {found}, the header lists {listed} feeds")]
    Feed {
        /// Stated feed.
        found: u16,
        /// How many there are.
        listed: usize,
    },
    /// Records are missing, twice there, or not in order.
    #[error("record number {found}, expected {expected}")]
    Sequence {
        /// Follows from the records before.
        expected: u64,
        /// There.
        found: u64,
    },
    /// A record does not end, yet more follows: not a write cut short.
    #[error("damaged: the next whole record begins at byte {next}")]
    Broken {
        /// Where whole records go on.
        next: u64,
    },
    /// A record does not end, yet the segment is closed.
    #[error("the record runs past the end of a closed segment")]
    Overrun,
    /// A segment that is not the last ends within a record.
    #[error("{bytes} bytes of an incomplete record, yet a later segment exists")]
    TornInside {
        /// How many.
        bytes: u64,
    },
    /// A segment that is not the last was not closed.
    #[error("the seal is missing, yet a later segment exists")]
    Unsealed,
    /// The seal says something else than the segment holds.
    #[error("the seal's {what} is not that of the segment")]
    Seal {
        /// The part that differs.
        what: &'static str,
    },
    /// The last bytes of a sealed segment are not those that point to its seal.
    #[error("the trailer does not point to the seal at byte {seal}")]
    Trailer {
        /// Where the seal is.
        seal: u64,
    },
    /// Bytes behind the trailer.
    #[error("{bytes} bytes behind the end of the segment")]
    Behind {
        /// How many.
        bytes: u64,
    },
}
