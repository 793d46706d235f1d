//! A segment that is being written: what is in it, and how much of that is durable.

use std::io;

use super::disk::{Disk, SegmentFile, SyncHandle};
use super::format::{self, KIND_GAP};
use super::header::Header;
use super::listing::segment_file_name;
use super::record;
use super::seal::{Seal, Tally};

/// Everything known of a segment's first `len` bytes.
#[derive(Clone)]
pub(super) struct Written {
    pub(super) len: u64,
    pub(super) tally: Tally,
    pub(super) hasher: blake3::Hasher,
}

/// A segment that is being written. After any failed call only [`rewind`](Self::rewind) is of use.
pub(super) struct OpenSegment {
    pub(super) number: u64,
    file: Box<dyn SegmentFile>,
    /// `None` while another thread has it.
    handle: Option<Box<dyn SyncHandle>>,
    written: Written,
    durable: Written,
}

/// A sync to be done by another thread, and what will be durable then.
pub(super) struct PendingSync {
    pub(super) handle: Box<dyn SyncHandle>,
    pub(super) then_durable: Written,
}

/// A segment that is closed.
#[derive(Clone, Debug)]
pub(super) struct ClosedSegment {
    pub(super) number: u64,
    pub(super) bytes: u64,
    /// Latest time in it, where its end tells one.
    pub(super) latest: Option<crate::model::Timestamp>,
}

impl OpenSegment {
    /// Creates the file; when this returns, its name and header are durable.
    pub(super) fn create(disk: &mut dyn Disk, header: &Header) -> io::Result<Self> {
        let name = segment_file_name(header.segment);
        let mut file = disk.create(&name)?;
        let bytes = header.encode();
        write_all(file.as_mut(), &bytes)?;
        let mut handle = file.sync_handle()?;
        handle.sync()?;
        disk.sync_folder()?;
        let len = bytes.len() as u64;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&bytes);
        let written = Written { len, tally: Tally::new(header.first_sequence.0, len), hasher };
        Ok(Self { number: header.segment, file, handle: Some(handle), durable: written.clone(), written })
    }

    /// Goes on with a file that a run before left open, cutting off what is behind `written`.
    pub(super) fn reopen(disk: &mut dyn Disk, number: u64, written: Written) -> io::Result<Self> {
        let file = disk.reopen(&segment_file_name(number), written.len)?;
        let handle = Some(file.sync_handle()?);
        Ok(Self { number, file, handle, durable: written.clone(), written })
    }

    pub(super) fn len(&self) -> u64 {
        self.written.len
    }

    pub(super) fn tally(&self) -> &Tally {
        &self.written.tally
    }

    pub(super) fn has_unsynced(&self) -> bool {
        self.written.len > self.durable.len
    }

    pub(super) fn unsynced_bytes(&self) -> u64 {
        self.written.len - self.durable.len
    }

    /// Appends whole records as [`super::Record::encode`] made them.
    pub(super) fn append(&mut self, records: &[u8]) -> io::Result<()> {
        write_all(self.file.as_mut(), records)?;
        self.written.hasher.update(records);
        let mut rest = records;
        while let Some(record) = format::front_trusted(rest) {
            let span = match record.kind {
                KIND_GAP => record::decode(record.kind, record.at, record.payload).map_or(1, |gap| gap.span()),
                _ => 1,
            };
            self.written.tally.note(self.written.len, record.kind, record.at, span);
            self.written.len += record.total as u64;
            rest = rest.get(record.total..).unwrap_or_default();
        }
        Ok(())
    }

    /// Makes all that was appended durable. Not while another thread has the handle.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.sync_file()?;
        self.durable = self.written.clone();
        Ok(())
    }

    /// Begins a sync that another thread is to do.
    pub(super) fn begin_sync(&mut self) -> Option<PendingSync> {
        let handle = self.handle.take()?;
        Some(PendingSync { handle, then_durable: self.written.clone() })
    }

    /// Takes the handle back; `durable` is what the sync has made durable, if it has.
    pub(super) fn end_sync(&mut self, handle: Box<dyn SyncHandle>, durable: Option<Written>) {
        self.handle = Some(handle);
        if let Some(durable) = durable {
            self.durable = durable;
        }
    }

    fn sync_file(&mut self) -> io::Result<()> {
        // Not reached without a handle: the recorder waits for it first.
        self.handle.as_mut().ok_or_else(|| io::Error::from(io::ErrorKind::ResourceBusy))?.sync()
    }

    /// Cuts back to what is durable.
    ///
    /// Also after a failed `sync`: the kernel may then have dropped what it could not write and would call the next `sync` a
    /// success, so the bytes have to be written again, not only synced again.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.file.cut(self.durable.len)?;
        self.written = self.durable.clone();
        Ok(())
    }

    /// Writes the seal behind what is durable and makes it durable. Gives the BLAKE3 of the whole file.
    pub(super) fn seal(&mut self) -> io::Result<(ClosedSegment, [u8; 32])> {
        let mut hasher = self.durable.hasher.clone();
        let seal = Seal::of(&self.durable.tally, *hasher.finalize().as_bytes());
        let bytes = seal.encode(self.durable.len);
        write_all(self.file.as_mut(), &bytes)?;
        self.sync_file()?;
        hasher.update(&bytes);
        let latest = (seal.records > 0).then_some(seal.latest);
        let closed = ClosedSegment { number: self.number, bytes: self.durable.len + bytes.len() as u64, latest };
        Ok((closed, *hasher.finalize().as_bytes()))
    }
}

fn write_all(file: &mut dyn SegmentFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
