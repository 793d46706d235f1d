//! The few things the recorder asks of a disk, so that a test can make each of them fail.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A segment that is being written.
pub(super) trait SegmentFile: Send {
    /// Writes at the end; may write less than asked.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Cuts to `len` bytes and writes on from there.
    fn cut(&mut self, len: u64) -> io::Result<()>;
    /// What makes it durable, on this thread or another.
    fn sync_handle(&self) -> io::Result<Box<dyn SyncHandle>>;
}

/// Makes a segment durable.
pub(super) trait SyncHandle: Send {
    /// Returns when all bytes written before the call outlive a power cut.
    fn sync(&mut self) -> io::Result<()>;
}

/// A folder of segments.
pub(super) trait Disk: Send {
    /// An empty file of that name; one that is there from a failed attempt is emptied.
    fn create(&mut self, name: &str) -> io::Result<Box<dyn SegmentFile>>;
    /// A file that is there, cut to `len` bytes.
    fn reopen(&mut self, name: &str, len: u64) -> io::Result<Box<dyn SegmentFile>>;
    /// Deletes a file.
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// Returns when creations and deletions outlive a power cut.
    fn sync_folder(&mut self) -> io::Result<()>;
}

/// A folder of the operating system's.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
}

impl Folder {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }
}

impl Disk for Folder {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn SegmentFile>> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(self.dir.join(name))?;
        Ok(Box::new(file))
    }

    fn reopen(&mut self, name: &str, len: u64) -> io::Result<Box<dyn SegmentFile>> {
        let mut file = OpenOptions::new().write(true).open(self.dir.join(name))?;
        SegmentFile::cut(&mut file, len)?;
        Ok(Box::new(file))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.dir.join(name))
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        // Windows cannot open a folder as a file and keeps its entries in a journal by itself.
        if cfg!(windows) { Ok(()) } else { File::open(&self.dir)?.sync_all() }
    }
}

impl SegmentFile for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)?;
        self.seek(SeekFrom::Start(len)).map(|_| ())
    }

    fn sync_handle(&self) -> io::Result<Box<dyn SyncHandle>> {
        Ok(Box::new(self.try_clone()?))
    }
}

impl SyncHandle for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
