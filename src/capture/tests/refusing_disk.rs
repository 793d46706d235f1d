//! A disk that does what a test wants: refuses an operation, is full, writes less than asked, does not answer.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::disk::{Disk, Folder, SegmentFile, SyncHandle};

/// Linux' numbers, so that the kinds are those that a real disk gives.
pub(crate) const ENOSPC: i32 = 28;
pub(crate) const EIO: i32 = 5;

/// What the disk does, shared between test and recorder.
#[derive(Default)]
pub(crate) struct Plan {
    /// Operations so far.
    pub(crate) done: usize,
    /// Operations with these numbers are refused.
    pub(crate) refuse: Option<(std::ops::Range<usize>, i32)>,
    /// Bytes all files together may have.
    pub(crate) capacity: Option<u64>,
    /// A write takes at most this many bytes.
    pub(crate) short: Option<usize>,
    /// Names of the operations so far.
    pub(crate) log: Vec<&'static str>,
    sizes: BTreeMap<String, u64>,
}

impl Plan {
    fn step(&mut self, name: &'static str) -> io::Result<()> {
        self.log.push(name);
        let number = self.done;
        self.done += 1;
        match &self.refuse {
            Some((range, errno)) if range.contains(&number) => Err(io::Error::from_raw_os_error(*errno)),
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Default)]
pub(crate) struct Control(Arc<Mutex<Plan>>);

impl Control {
    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut Plan) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) struct RefusingDisk {
    folder: Folder,
    control: Control,
    /// Where a sync waits while a test holds the other side locked.
    gate: Arc<Mutex<()>>,
}

impl RefusingDisk {
    pub(crate) fn new(dir: &Path, control: &Control) -> Self {
        Self { folder: Folder::new(dir), control: control.clone(), gate: Arc::default() }
    }

    pub(crate) fn with_gate(dir: &Path, control: &Control, gate: &Arc<Mutex<()>>) -> Self {
        Self { gate: Arc::clone(gate), ..Self::new(dir, control) }
    }

    fn file(&self, name: &str, file: Box<dyn SegmentFile>) -> Box<dyn SegmentFile> {
        Box::new(RefusingFile { file, name: name.to_owned(), control: self.control.clone(), gate: Arc::clone(&self.gate) })
    }
}

impl Disk for RefusingDisk {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn SegmentFile>> {
        self.control.with(|plan| plan.step("create"))?;
        self.control.with(|plan| plan.sizes.insert(name.to_owned(), 0));
        let file = self.folder.create(name)?;
        Ok(self.file(name, file))
    }

    fn reopen(&mut self, name: &str, len: u64) -> io::Result<Box<dyn SegmentFile>> {
        self.control.with(|plan| plan.step("reopen"))?;
        self.control.with(|plan| plan.sizes.insert(name.to_owned(), len));
        let file = self.folder.reopen(name, len)?;
        Ok(self.file(name, file))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.control.with(|plan| plan.step("remove"))?;
        self.control.with(|plan| plan.sizes.remove(name));
        self.folder.remove(name)
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.control.with(|plan| plan.step("sync folder"))?;
        Ok(())
    }
}

struct RefusingFile {
    file: Box<dyn SegmentFile>,
    name: String,
    control: Control,
    gate: Arc<Mutex<()>>,
}

impl SegmentFile for RefusingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let allowed = self.control.with(|plan| {
            // A write that is refused has often taken a part first.
            let part = plan.short.unwrap_or(bytes.len()).min(bytes.len());
            if let Err(error) = plan.step("write") {
                return Err((bytes.len() / 2, error));
            }
            let used: u64 = plan.sizes.values().sum();
            let room = plan.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(used));
            let part = part.min(usize::try_from(room).unwrap_or(usize::MAX));
            if part == 0 && !bytes.is_empty() { Err((0, io::Error::from_raw_os_error(ENOSPC))) } else { Ok(part) }
        });
        let (n, refusal) = match allowed {
            Ok(n) => (n, None),
            Err((n, error)) => (n, Some(error)),
        };
        let mut rest = &bytes[..n];
        while !rest.is_empty() {
            let taken = self.file.write(rest)?;
            rest = &rest[taken..];
        }
        self.control.with(|plan| *plan.sizes.entry(self.name.clone()).or_default() += n as u64);
        refusal.map_or(Ok(n), Err)
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.control.with(|plan| plan.step("cut"))?;
        self.control.with(|plan| plan.sizes.insert(self.name.clone(), len));
        self.file.cut(len)
    }

    fn sync_handle(&self) -> io::Result<Box<dyn SyncHandle>> {
        Ok(Box::new(RefusingHandle { control: self.control.clone(), gate: Arc::clone(&self.gate) }))
    }
}

struct RefusingHandle {
    control: Control,
    gate: Arc<Mutex<()>>,
}

impl SyncHandle for RefusingHandle {
    fn sync(&mut self) -> io::Result<()> {
        drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
        // No real sync: no test here cuts the power, and ten thousands of them take minutes on a busy machine.
        self.control.with(|plan| plan.step("sync"))
    }
}
