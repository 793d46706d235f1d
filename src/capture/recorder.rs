//! The one owner of the segments that are written: takes batches, keeps them until they are durable, survives the disk.
//!
//! What is handed over is kept in memory until it is durable. When the disk refuses anything at all, the open segment is cut
//! back to what is durable and everything else is written again later, so an error that passes costs nothing. Only when memory
//! for that is used up are records lost, the newest ones, and a gap then stands in their place.
//!
//! Runs on the recording thread; has no thread and no clock itself: time is that of the records.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::disk::{Disk, SyncHandle};
use super::header::{Header, Provenance};
use super::health::{CaptureHealth, CaptureState};
use super::listing::segment_file_name;
use super::record::{Gap, Record, Sequence};
use super::recover::Resume;
use super::segment::{ClosedSegment, OpenSegment, Written};
use crate::config::CaptureSettings;
use crate::model::Timestamp;

/// What may wait in memory for a disk: 10 s of 20 000 frames a second of 80 bytes, a busy site with ten radars.
const WAITING_LIMIT: u64 = 16 << 20;
/// More than this is synced without being asked, so that waiting for the next sync cannot use up `WAITING_LIMIT`.
const UNSYNCED_LIMIT: u64 = 4 << 20;
/// Between two attempts at a disk that refuses: often enough that recording is back when the officer has made room, seldom
/// enough that a failing disk is not kept busy.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// Segments deleted by age when one is closed. One keeps pace and two catch up; more would let a clock that jumps ahead by
/// years delete the whole record at once.
const MAX_BY_AGE: u32 = 2;

/// Whole records, one after the other, as handed to the recorder.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    /// First number taken.
    pub(super) first: u64,
    /// Number that follows.
    pub(super) next: u64,
    /// How many are frames.
    pub(super) frames: u64,
    /// When the first and the last of them were received.
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    /// Latest of all of them.
    pub(super) latest: Timestamp,
    /// To be made durable at once, with all before.
    pub(super) sync: bool,
    /// Records between the last batch and this one that were lost on the way.
    pub(super) lost_before: Option<Lost>,
}

impl Batch {
    pub(super) fn new(next: u64) -> Self {
        Self {
            bytes: Vec::new(),
            first: next,
            next,
            frames: 0,
            first_at: Timestamp::MIN,
            last_at: Timestamp::MIN,
            latest: Timestamp::MIN,
            sync: false,
            lost_before: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Appends a record that [fits](Record::fits).
    pub(super) fn push(&mut self, record: &Record<'_>) -> Sequence {
        let at = record.at();
        if self.is_empty() {
            self.first_at = at;
        }
        self.next = self.next.saturating_add(record.span());
        let sequence = Sequence(self.next - 1);
        record.encode(sequence, &mut self.bytes);
        self.frames += u64::from(matches!(record, Record::Frame(_)));
        self.last_at = at;
        self.latest = self.latest.max(at);
        sequence
    }
}

/// Records that will never be written.
#[derive(Clone, Debug)]
pub(super) struct Lost {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    first: u64,
    next: u64,
    pub(super) frames: u64,
    pub(super) reason: String,
}

impl Lost {
    pub(super) fn of(batch: &Batch, reason: &str) -> Self {
        let (from, to) = (batch.first_at, batch.last_at);
        Self { from, to, first: batch.first, next: batch.next, frames: batch.frames, reason: reason.to_owned() }
    }

    pub(super) fn records(&self) -> u64 {
        self.next.saturating_sub(self.first)
    }

    /// Together with what was lost right after.
    pub(super) fn merge(earlier: Option<Self>, later: Self) -> Self {
        let Some(earlier) = earlier else { return later };
        Self { to: later.to, next: later.next, frames: earlier.frames + later.frames, ..earlier }
    }
}

/// A sync that was done.
pub(super) struct Synced {
    handle: Box<dyn SyncHandle>,
    result: io::Result<()>,
}

/// Who syncs.
///
/// A disk may take seconds for it, and what was handed over should not wait in this process meanwhile, where a crash would take
/// it: so another thread syncs, and writing goes on.
pub(super) enum Syncer {
    /// The recorder itself, so that a test knows the order.
    #[cfg(test)]
    Same,
    /// Another thread, which runs [`serve`](Self::serve).
    Other { requests: Sender<Box<dyn SyncHandle>>, results: Receiver<Synced> },
}

impl Syncer {
    /// Syncs what comes until nobody asks any more.
    pub(super) fn serve(requests: &Receiver<Box<dyn SyncHandle>>, results: &Sender<Synced>) {
        while let Ok(mut handle) = requests.recv() {
            let result = handle.sync();
            if results.send(Synced { handle, result }).is_err() {
                return;
            }
        }
    }
}

/// A sync that the other thread does at present.
struct InFlight {
    then_durable: Written,
    /// How many of the waiting batches are durable then.
    batches: usize,
    /// The segment was cut back meanwhile: a success means nothing any more, a failure still does.
    void: bool,
    /// Asked for again meanwhile.
    again: bool,
}

/// Whether to sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SyncWhen {
    /// Only if much is waiting for it.
    IfMuch,
    /// Ask for it.
    Soon,
    /// Wait for it.
    Now,
}

/// See the module.
pub(super) struct Recorder {
    disk: Box<dyn Disk>,
    syncer: Syncer,
    in_flight: Option<InFlight>,
    settings: CaptureSettings,
    provenance: Provenance,
    closed: VecDeque<ClosedSegment>,
    open: Option<OpenSegment>,
    /// A segment that a run before left open: to be sealed before anything is written.
    seal_first: bool,
    next_segment: u64,
    previous: Option<[u8; 32]>,
    /// Handed over and not durable, in order; the first `written` of them are in the open segment.
    waiting: VecDeque<Batch>,
    written: usize,
    /// Lost after all that is waiting.
    lost: Option<Lost>,
    /// The open segment may end in bytes that do not belong there.
    soiled: bool,
    /// When the disk last refused, while it does.
    refused_at: Option<Timestamp>,
    now: Timestamp,
    pub(super) waiting_limit: u64,
    pub(super) health: CaptureHealth,
}

impl Recorder {
    pub(super) fn new(
        disk: Box<dyn Disk>,
        syncer: Syncer,
        settings: CaptureSettings,
        provenance: Provenance,
        resume: Resume,
    ) -> Self {
        let mut recorder = Self {
            disk,
            syncer,
            in_flight: None,
            settings,
            provenance,
            closed: resume.closed.into(),
            seal_first: resume.open.is_some(),
            open: resume.open,
            next_segment: resume.next_segment,
            previous: resume.previous,
            waiting: VecDeque::new(),
            written: 0,
            lost: None,
            soiled: false,
            refused_at: None,
            now: Timestamp::MIN,
            waiting_limit: WAITING_LIMIT,
            health: CaptureHealth::default(),
        };
        recorder.report();
        recorder
    }

    /// Takes a batch. Never fails: what cannot be written waits, and what cannot wait is counted.
    pub(super) fn take(&mut self, mut batch: Batch) {
        if let Some(lost) = batch.lost_before.take() {
            // The engine's end has counted them.
            self.lost = Some(Lost::merge(self.lost.take(), lost));
        }
        if !batch.is_empty() {
            self.now = batch.last_at;
        }
        // First, so that a disk that is back has room in memory again for the batch. With a sync: a disk that takes writes and
        // refuses to keep them is not back.
        if self.is_due_to_retry() {
            self.attempt(SyncWhen::Now);
        }
        let sync = if batch.sync { SyncWhen::Soon } else { SyncWhen::IfMuch };
        if !batch.is_empty() {
            self.queue(batch);
        }
        if self.refused_at.is_none() {
            self.attempt(sync);
        }
        self.report();
    }

    fn is_due_to_retry(&self) -> bool {
        self.refused_at.is_some_and(|at| self.now.seconds_since(at).abs() >= RETRY_EVERY.as_secs_f64())
    }

    fn queue(&mut self, batch: Batch) {
        let len = batch.bytes.len() as u64;
        if self.refused_at.is_none() && self.health.waiting_bytes + len > self.waiting_limit {
            // All of it is written, and the disk is slow to make it durable: now the channel is to fill, not the memory.
            self.attempt(SyncWhen::Now);
        }
        let waiting = self.health.waiting_bytes + len;
        // After a loss all that follows is lost too until the gap can be written: the order of the record is the truth.
        if waiting > self.waiting_limit || (self.lost.is_some() && self.refused_at.is_some()) {
            let reason = match &self.health.state {
                CaptureState::Recording => "the disk does not keep up".to_owned(),
                CaptureState::Degraded { reason } | CaptureState::Stopped { reason } => reason.clone(),
            };
            let lost = Lost::of(&batch, &reason);
            self.count_lost(lost.records(), lost.frames);
            self.lost = Some(Lost::merge(self.lost.take(), lost));
            return;
        }
        if let Some(lost) = self.lost.take() {
            self.wait(gap_batch(&lost));
        }
        self.wait(batch);
    }

    fn wait(&mut self, batch: Batch) {
        self.health.waiting_bytes += batch.bytes.len() as u64;
        self.waiting.push_back(batch);
    }

    /// Nothing came for a while: makes durable what is not, and tries again if the disk refused.
    pub(super) fn idle(&mut self) {
        self.attempt(if self.refused_at.is_some() { SyncWhen::Now } else { SyncWhen::Soon });
        self.report();
    }

    /// Where the results of the other thread come from, for [`synced`](Self::synced).
    pub(super) fn results(&self) -> Receiver<Synced> {
        match &self.syncer {
            #[cfg(test)]
            Syncer::Same => crossbeam_channel::never(),
            Syncer::Other { results, .. } => results.clone(),
        }
    }

    /// Takes a result of the other thread.
    pub(super) fn synced(&mut self, synced: Synced) {
        let again = self.in_flight.as_ref().is_some_and(|sync| sync.again);
        match self.settle(synced) {
            Err(error) => self.refuse(&error),
            Ok(()) if again && self.refused_at.is_none() => self.attempt(SyncWhen::Soon),
            Ok(()) => {}
        }
        self.report();
    }

    /// Writes and closes all. What the disk refuses now is lost.
    pub(super) fn close(&mut self) {
        self.attempt(SyncWhen::Now);
        if self.refused_at.is_none() && self.open.is_some() {
            self.attempt_with(Self::close_segment);
        }
        if !self.waiting.is_empty() {
            for batch in std::mem::take(&mut self.waiting) {
                self.count_lost(batch.next - batch.first, batch.frames);
            }
            self.health.waiting_bytes = 0;
        }
        self.report();
    }

    fn count_lost(&mut self, records: u64, frames: u64) {
        self.health.lost_records += records;
        self.health.lost_frames += frames;
    }

    fn attempt(&mut self, sync: SyncWhen) {
        self.attempt_with(|this| this.write_waiting(sync));
    }

    /// Does `work`, making room as often as that helps.
    fn attempt_with(&mut self, work: impl Fn(&mut Self) -> io::Result<()>) {
        loop {
            let error = match work(self) {
                Ok(()) => {
                    self.refused_at = None;
                    return;
                }
                Err(error) => error,
            };
            self.refuse(&error);
            let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            if !(full && self.sacrifice_oldest()) {
                return;
            }
        }
    }

    /// Notes that the disk refuses: all that is not durable is to be written again.
    fn refuse(&mut self, error: &io::Error) {
        self.health.errors += 1;
        self.health.state = CaptureState::Degraded { reason: error.to_string() };
        self.refused_at = Some(self.now);
        self.soiled = true;
        self.written = 0;
        if let Some(sync) = &mut self.in_flight {
            sync.void = true;
        }
    }

    fn write_waiting(&mut self, sync: SyncWhen) -> io::Result<()> {
        if self.soiled {
            if let Some(open) = &mut self.open {
                open.rewind()?;
            }
            self.soiled = false;
        }
        if self.seal_first {
            self.close_segment()?;
        }
        loop {
            while let Some(batch) = self.waiting.get(self.written) {
                let (len, at) = (batch.bytes.len() as u64, batch.last_at);
                if self.open.as_ref().is_some_and(|open| self.is_due_to_close(open, len, at)) {
                    // Makes durable, and so takes from `waiting`, what is written.
                    self.close_segment()?;
                    continue;
                }
                self.write_next()?;
            }
            let Some(lost) = self.lost.take() else { break };
            self.wait(gap_batch(&lost));
        }
        let unsynced = self.open.as_ref().map_or(0, OpenSegment::unsynced_bytes);
        match sync {
            SyncWhen::IfMuch if unsynced <= UNSYNCED_LIMIT => Ok(()),
            SyncWhen::IfMuch | SyncWhen::Soon => self.sync_soon(),
            SyncWhen::Now => self.sync(),
        }
    }

    fn is_due_to_close(&self, open: &OpenSegment, more: u64, at: Timestamp) -> bool {
        let tally = open.tally();
        tally.records > 0
            && (open.len() + more > self.settings.segment_bytes
                || at.seconds_since(tally.earliest) >= self.settings.segment_age.as_secs_f64())
    }

    /// Writes the first waiting batch that is not.
    fn write_next(&mut self) -> io::Result<()> {
        let Some(batch) = self.waiting.get(self.written) else { return Ok(()) };
        let open = match &mut self.open {
            Some(open) => open,
            none => {
                let header = Header {
                    created_at: batch.first_at,
                    segment: self.next_segment,
                    first_sequence: Sequence(batch.first),
                    previous: self.previous,
                    provenance: self.provenance.clone(),
                };
                let open = OpenSegment::create(self.disk.as_mut(), &header)?;
                self.next_segment += 1;
                none.insert(open)
            }
        };
        open.append(&batch.bytes)?;
        self.written += 1;
        Ok(())
    }

    /// Asks the other thread to sync.
    fn sync_soon(&mut self) -> io::Result<()> {
        if let Some(sync) = &mut self.in_flight {
            sync.again = true;
            return Ok(());
        }
        match &self.syncer {
            #[cfg(test)]
            Syncer::Same => self.sync(),
            Syncer::Other { requests, .. } => {
                let Some(open) = self.open.as_mut().filter(|open| open.has_unsynced()) else { return Ok(()) };
                let Some(sync) = open.begin_sync() else { return Ok(()) };
                let (then_durable, batches) = (sync.then_durable, self.written);
                // There is room: it holds one and none is in flight.
                if let Err(gone) = requests.try_send(sync.handle) {
                    open.end_sync(gone.into_inner(), None);
                    return self.sync();
                }
                self.in_flight = Some(InFlight { then_durable, batches, void: false, again: false });
                Ok(())
            }
        }
    }

    /// Syncs, and returns when all that is written is durable.
    fn sync(&mut self) -> io::Result<()> {
        if self.in_flight.is_some() {
            let synced = self.results().recv().map_err(io::Error::other)?;
            self.settle(synced)?;
        }
        let Some(open) = self.open.as_mut().filter(|open| open.has_unsynced()) else { return Ok(()) };
        open.sync()?;
        self.forget_durable(self.written);
        Ok(())
    }

    /// Ends the sync in flight.
    fn settle(&mut self, synced: Synced) -> io::Result<()> {
        let Some(sync) = self.in_flight.take() else { return synced.result };
        let done = synced.result.is_ok() && !sync.void;
        if let Some(open) = &mut self.open {
            open.end_sync(synced.handle, done.then_some(sync.then_durable));
        }
        if done {
            self.forget_durable(sync.batches);
        }
        synced.result
    }

    fn forget_durable(&mut self, batches: usize) {
        for batch in self.waiting.drain(..batches) {
            self.health.waiting_bytes = self.health.waiting_bytes.saturating_sub(batch.bytes.len() as u64);
            self.health.durable_through = Some(Sequence(batch.next - 1));
            self.health.durable_received_at = self.health.durable_received_at.max(Some(batch.latest));
        }
        self.written = self.written.saturating_sub(batches);
    }

    fn close_segment(&mut self) -> io::Result<()> {
        self.sync()?;
        let Some(open) = &mut self.open else { return Ok(()) };
        let (closed, hash) = open.seal()?;
        self.open = None;
        self.seal_first = false;
        self.previous = Some(hash);
        self.closed.push_back(closed);
        self.prune();
        Ok(())
    }

    /// Deletes whole segments that are older or more than asked for. The newest closed one always stays: the next segment's
    /// header vouches for it.
    fn prune(&mut self) {
        let mut by_age = 0;
        while self.closed.len() > 1 {
            let Some(oldest) = self.closed.front() else { return };
            let bytes: u64 = self.closed.iter().map(|segment| segment.bytes).sum();
            let too_many = self.settings.retain_bytes.is_some_and(|most| bytes > most);
            let too_old = match (self.settings.retain_age, oldest.latest) {
                (Some(age), Some(latest)) => by_age < MAX_BY_AGE && self.now.seconds_since(latest) > age.as_secs_f64(),
                _ => false,
            };
            if !(too_many || too_old) || !self.delete_oldest() {
                return;
            }
            by_age += u32::from(!too_many);
            self.health.pruned_segments += 1;
        }
    }

    /// Deletes the oldest segment to make room. Only where the site has said that old segments may go at all.
    fn sacrifice_oldest(&mut self) -> bool {
        let may_go = self.settings.retain_age.is_some() || self.settings.retain_bytes.is_some();
        let done = may_go && self.closed.len() > 1 && self.delete_oldest();
        self.health.sacrificed_segments += u64::from(done);
        done
    }

    fn delete_oldest(&mut self) -> bool {
        let Some(oldest) = self.closed.front() else { return false };
        // The folder is not synced: a deletion that a power cut takes back is done again by the next prune.
        match self.disk.remove(&segment_file_name(oldest.number)) {
            Ok(()) => {}
            // Someone else made room.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_refused) => {
                self.health.errors += 1;
                return false;
            }
        }
        self.closed.pop_front();
        true
    }

    fn report(&mut self) {
        let closed: u64 = self.closed.iter().map(|segment| segment.bytes).sum();
        self.health.bytes = closed + self.open.as_ref().map_or(0, OpenSegment::len);
        self.health.segments = self.closed.len() as u64 + u64::from(self.open.is_some());
        self.health.state = match std::mem::take(&mut self.health.state) {
            _ if self.refused_at.is_none() => CaptureState::Recording,
            CaptureState::Degraded { reason } if self.lost.is_some() => CaptureState::Stopped { reason },
            other => other,
        };
    }
}

fn gap_batch(lost: &Lost) -> Batch {
    let mut batch = Batch::new(lost.first);
    let (from, to, records, frames) = (lost.from, lost.to, lost.records(), lost.frames);
    batch.push(&Record::Gap(Gap { from, to, records, frames, reason: &lost.reason }));
    batch
}
