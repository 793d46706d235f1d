//! The engine's end of the recording: encodes, hands over in batches, never waits long.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};

use super::disk::{Disk, Folder};
use super::fault::Fault;
use super::header::{COMMANDS_ADDRESS, Provenance};
use super::health::{CaptureHealth, CaptureState};
use super::record::{Record, Sequence};
use super::recorder::{Batch, Lost, Recorder, Syncer};
use super::recover::{self, Recovery};
use crate::config::CaptureSettings;
use crate::model::{FeedId, Frame, Timestamp};

/// A batch is handed over at this size: some 800 frames, so that the channel costs nothing a frame.
const BATCH_BYTES: usize = 64 << 10;
/// Batches between engine and disk. With [`BATCH_BYTES`] 8 MiB, or 5 s of 20 000 frames a second.
const CHANNEL_BATCHES: usize = 128;
/// A batch is handed over at this part of the fsync interval, so that a crash of the process, which takes only what was not
/// handed over, takes no more than that.
const HAND_OVER_PART: u32 = 10;
/// A sync is asked for at this part of the fsync interval; the rest is for the disk to do it in.
const SYNC_PART: u32 = 2;
/// The longest the engine ever waits for the disk, once, when the channel is full. Well below what an officer would see; after
/// it the picture goes first and records are lost, and counted, until there is room.
const STALL_LIMIT: Duration = Duration::from_millis(50);
/// The longest that closing waits for the disk. DESIGN: shutting down takes at most 5 s.
const CLOSE_LIMIT: Duration = Duration::from_secs(4);

/// Only one writer at a time: this file is locked, and stays.
const LOCK_FILE: &str = "lock";

/// Why a record cannot be opened for writing.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The settings name no folder.
    #[error("no capture folder is configured")]
    NoFolder,
    /// The folder cannot be made or locked.
    #[error("{}: {source}", path.display())]
    Io {
        /// Folder or file.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// Another process is recording there.
    #[error("{}: another process is recording into this folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// What is there cannot be continued.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a record was not taken. Nothing else is lost by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A frame longer than [`MAX_FRAME_BYTES`](super::MAX_FRAME_BYTES), a text longer than 64 KiB, or a gap without records.
    #[error("the record does not fit the format")]
    DoesNotFit,
    /// Of a feed that the provenance does not list.
    #[error("frame of feed {feed}, {listed} feeds are listed")]
    UnknownFeed {
        /// Its feed.
        feed: u16,
        /// How many there are.
        listed: usize,
    },
}

/// Appends to a record.
///
/// Belongs to the engine's loop. A thread of its own does all that touches the disk.
pub struct Writer {
    sender: Option<Sender<Batch>>,
    batch: Batch,
    batch_limit: usize,
    feeds: usize,
    // The number under which the record lists the feed of commands.
    commands: Option<FeedId>,
    fsync_interval: Duration,
    /// When the oldest record that no sync was asked for was received.
    unsynced_since: Option<Timestamp>,
    /// Lost because the channel was full, not yet told to the recorder.
    lost: Option<Lost>,
    /// Counted here: what was lost before it came to the recorder.
    lost_records: u64,
    lost_frames: u64,
    stalled: bool,
    health: Arc<Mutex<CaptureHealth>>,
    recovery: Recovery,
    closed: Receiver<()>,
    thread: Option<JoinHandle<()>>,
    /// Held as long as the recorder may write.
    _lock: Arc<File>,
}

impl Writer {
    /// Opens a folder for appending, recovers what a run before left there, and starts the recording thread.
    ///
    /// # Errors
    /// The folder cannot be made, is in use, or holds what a later version wrote. A full disk is none: see [`CaptureHealth`].
    pub fn open(settings: &CaptureSettings, provenance: Provenance) -> Result<Self, OpenError> {
        let dir = settings.dir.as_deref().ok_or(OpenError::NoFolder)?;
        std::fs::create_dir_all(dir).map_err(|source| OpenError::Io { path: dir.to_owned(), source })?;
        let lock = lock(dir)?;
        Self::on_disk(Box::new(Folder::new(dir)), dir, settings, provenance, lock)
    }

    pub(super) fn on_disk(
        mut disk: Box<dyn Disk>,
        dir: &Path,
        settings: &CaptureSettings,
        provenance: Provenance,
        lock: File,
    ) -> Result<Self, OpenError> {
        let resume = recover::resume(dir, disk.as_mut())?;
        let recovery = resume.recovery.clone();
        let batch = Batch::new(resume.next_sequence);
        let feeds = provenance.feeds.len();
        let commands = provenance.feeds.iter().position(|f| f.address == COMMANDS_ADDRESS).map(|i| FeedId(i as u16));
        let (requests, asked) = bounded(1);
        let (answer, results) = bounded(1);
        let syncer = Syncer::Other { requests, results };
        spawn("capture-sync", dir, move || Syncer::serve(&asked, &answer))?;
        let recorder = Recorder::new(disk, syncer, settings.clone(), provenance, resume);
        let health = Arc::new(Mutex::new(recorder.health.clone()));
        let (sender, receiver) = bounded(CHANNEL_BATCHES);
        let (done, closed) = bounded(1);
        let lock = Arc::new(lock);
        let (theirs, held, idle) = (Arc::clone(&health), Arc::clone(&lock), settings.fsync_interval / SYNC_PART);
        let run = move || {
            record(recorder, &receiver, &theirs, idle);
            drop(held);
            // Nobody waits if the writer was dropped rather than closed.
            let (Ok(()) | Err(_)) = done.try_send(());
        };
        let thread = spawn("capture", dir, run)?;
        Ok(Self {
            sender: Some(sender),
            batch,
            // A segment is closed between batches: small segments need small ones to come near their size.
            batch_limit: BATCH_BYTES.min(usize::try_from(settings.segment_bytes / 8).unwrap_or(usize::MAX)),
            feeds,
            commands,
            fsync_interval: settings.fsync_interval,
            unsynced_since: None,
            lost: None,
            lost_records: 0,
            lost_frames: 0,
            stalled: false,
            health,
            recovery,
            closed,
            thread: Some(thread),
            _lock: lock,
        })
    }

    /// What opening the folder found and did.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The number that the next record will have, unless it is a gap.
    pub fn next_sequence(&self) -> Sequence {
        Sequence(self.batch.next)
    }

    /// Appends a record and gives its number. It is durable once [`durable_through`](Self::durable_through) has reached that.
    ///
    /// Never fails because of the disk and never waits for it longer than 50 ms; what cannot be recorded is counted in
    /// [`health`](Self::health) and a gap stands in its place.
    ///
    /// # Errors
    /// The record itself cannot be recorded. It takes no number.
    pub fn append(&mut self, record: &Record<'_>) -> Result<Sequence, Refused> {
        if !record.fits() {
            return Err(Refused::DoesNotFit);
        }
        if let (Record::Frame(Frame { feed: FeedId::COMMANDS, received_at, bytes }), Some(feed)) = (record, self.commands) {
            return self.append(&Record::Frame(Frame { feed, received_at: *received_at, bytes }));
        }
        if let Record::Frame(frame) = record
            && usize::from(frame.feed.0) >= self.feeds
        {
            return Err(Refused::UnknownFeed { feed: frame.feed.0, listed: self.feeds });
        }
        let sequence = self.batch.push(record);
        self.unsynced_since.get_or_insert(record.at());
        if self.batch.bytes.len() >= self.batch_limit {
            self.hand_over(false, STALL_LIMIT);
        }
        Ok(sequence)
    }

    /// Hands over what has waited long enough, and asks for a sync when one is due. To be called in every turn of the loop with
    /// the engine's time.
    pub fn sync_if_due(&mut self, now: Timestamp) {
        let age = |since: Timestamp| now.seconds_since(since).abs();
        if self.unsynced_since.is_some_and(|since| age(since) >= (self.fsync_interval / SYNC_PART).as_secs_f64()) {
            self.sync();
        } else if !self.batch.is_empty() && age(self.batch.first_at) >= (self.fsync_interval / HAND_OVER_PART).as_secs_f64() {
            self.hand_over(false, STALL_LIMIT);
        }
    }

    /// Hands over what was appended and asks for it to be made durable, without waiting for that.
    pub fn sync(&mut self) {
        self.hand_over(true, STALL_LIMIT);
        self.unsynced_since = None;
    }

    /// All records up to this one outlive a power cut; `None` before that is true of any record of this run.
    pub fn durable_through(&self) -> Option<Sequence> {
        self.recorder_health().durable_through
    }

    /// How the recording is going.
    pub fn health(&self) -> CaptureHealth {
        let mut health = self.recorder_health();
        health.lost_records += self.lost_records;
        health.lost_frames += self.lost_frames;
        if self.stalled {
            health.state = CaptureState::Stopped { reason: STALLED.to_owned() };
        }
        health
    }

    /// Records, syncs and seals all that was appended. Waits for the disk at most 4 s.
    pub fn close(mut self) -> CaptureHealth {
        self.finish();
        match self.closed.recv_timeout(CLOSE_LIMIT) {
            Ok(()) => {
                if let Some(Err(_panicked)) = self.thread.take().map(JoinHandle::join) {
                    self.stalled = true;
                }
            }
            Err(_late) => self.stalled = true,
        }
        self.health()
    }

    fn recorder_health(&self) -> CaptureHealth {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn finish(&mut self) {
        // Nobody waits for the picture any more.
        self.stalled = false;
        self.hand_over(true, CLOSE_LIMIT / 2);
        self.sender = None;
    }

    fn hand_over(&mut self, sync: bool, patience: Duration) {
        if self.batch.is_empty() && !sync {
            return;
        }
        let mut batch = std::mem::replace(&mut self.batch, Batch::new(0));
        self.batch.next = batch.next;
        self.batch.first = batch.next;
        batch.sync = sync;
        batch.lost_before = self.lost.take();
        let Some(sender) = &self.sender else { return };
        let refused = match sender.try_send(batch) {
            Ok(()) => None,
            Err(TrySendError::Full(batch)) if !self.stalled => {
                sender.send_timeout(batch, patience).err().map(crossbeam_channel::SendTimeoutError::into_inner)
            }
            Err(error) => Some(error.into_inner()),
        };
        self.stalled = refused.is_some();
        if let Some(mut batch) = refused {
            self.lost = batch.lost_before.take();
            if !batch.is_empty() {
                let lost = Lost::of(&batch, STALLED);
                self.lost_records += lost.records();
                self.lost_frames += lost.frames;
                self.lost = Some(Lost::merge(self.lost.take(), lost));
            }
        }
    }
}

const STALLED: &str = "the disk does not answer";

impl Drop for Writer {
    fn drop(&mut self) {
        self.finish();
    }
}

/// The recording thread.
fn record(mut recorder: Recorder, batches: &Receiver<Batch>, health: &Mutex<CaptureHealth>, idle: Duration) {
    let publish = |recorder: &Recorder| {
        recorder.health.clone_into(&mut health.lock().unwrap_or_else(PoisonError::into_inner));
    };
    let results = recorder.results();
    loop {
        select! {
            recv(batches) -> batch => match batch {
                Ok(batch) => recorder.take(batch),
                Err(_closed) => break,
            },
            recv(results) -> synced => match synced {
                Ok(synced) => recorder.synced(synced),
                // The syncing thread ends only after this one.
                Err(_gone) => break,
            },
            default(idle) => recorder.idle(),
        }
        publish(&recorder);
    }
    recorder.close();
    publish(&recorder);
}

fn spawn(name: &str, dir: &Path, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(|source| OpenError::Io { path: dir.to_owned(), source })
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join(LOCK_FILE);
    let io = |source| OpenError::Io { path: path.clone(), source };
    let file = File::options().create(true).append(true).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse { path: dir.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(OpenError::Io { path: path.clone(), source }),
    }
}
