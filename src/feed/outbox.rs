//! Decodes frames as they come and sends them on in batches.

use std::time::Duration;

use crossbeam_channel::{SendTimeoutError, Sender, TrySendError};

use super::clock::Clock;
use super::health::{FeedState, HealthCell};
use super::stop::{STOP_POLL, Stop};
use super::{Batch, BatchFrame};
use crate::model::{FeedId, Frame, Timestamp};
use crate::wire::{Decode, WireHealth};

/// Frames in a batch at most: large enough that the channel costs little beside decoding, small enough to decode in less than a
/// millisecond.
const MAX_FRAMES: usize = 64;
/// A batch is sent this long after its first frame though more keep coming: a quarter of the 20 ms from frame to picture.
const MAX_WAIT_S: f64 = 0.005;
/// How long a feed that has to stop waits for an engine that takes no more, before it gives up what it holds. A feed has to end
/// within a second.
const STOP_GRACE: Duration = Duration::from_millis(600);
/// How often the feed's state is looked at to tell of a change.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The engine is gone, or the feed has to stop: nothing more can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed;

/// The end of a feed's thread that faces the engine.
pub(super) struct Outbox {
    feed: FeedId,
    name: String,
    decoder: Box<dyn Decode>,
    pub clock: Clock,
    pub stop: Stop,
    pub health: HealthCell,
    out: Sender<Batch>,
    batch: Batch,
    /// How many frames and reports of the batch are counted already.
    counted: (usize, usize),
    wire: WireHealth,
    blocked_since: Option<Duration>,
    looked_at: Duration,
    state: FeedState,
}

impl Outbox {
    pub fn new(
        feed: FeedId,
        name: String,
        decoder: Box<dyn Decode>,
        clock: Clock,
        stop: Stop,
        health: HealthCell,
        out: Sender<Batch>,
    ) -> Self {
        Self {
            feed,
            name,
            decoder,
            looked_at: clock.monotonic(),
            clock,
            stop,
            health,
            out,
            batch: Batch { feed, ..Batch::default() },
            counted: (0, 0),
            wire: WireHealth::default(),
            blocked_since: None,
            state: FeedState::Waiting,
        }
    }

    /// Decodes a frame and puts it in the batch; sends the batch if it is full or has waited long enough, and then waits for the
    /// engine if need be.
    pub fn frame(&mut self, received_at: Timestamp, bytes: &[u8]) -> Result<(), Closed> {
        self.decoder.decode(Frame { feed: self.feed, received_at, bytes }, &mut self.batch.reports, &mut self.wire);
        self.batch.bytes.extend_from_slice(bytes);
        self.batch.frames.push(BatchFrame {
            received_at,
            bytes_end: self.batch.bytes.len(),
            reports_end: self.batch.reports.len(),
        });
        let waited = self.batch.frames.first().is_some_and(|f| received_at.seconds_since(f.received_at) >= MAX_WAIT_S);
        if self.batch.frames.len() >= MAX_FRAMES || waited && self.blocked_since.is_none() {
            return self.send();
        }
        Ok(())
    }

    /// Whether frames wait for room in the channel, so that the source should not be waited for long.
    pub fn pending(&self) -> bool {
        !self.batch.frames.is_empty()
    }

    /// To be called whenever the source has nothing more at the moment: sends what there is if the engine has room, and keeps it
    /// for later if not. Thus an idle feed loses no time and a busy engine gets larger batches.
    pub fn flush(&mut self) -> Result<(), Closed> {
        self.look();
        if self.batch.frames.is_empty() {
            return Ok(());
        }
        let batch = self.take();
        match self.out.try_send(batch) {
            Ok(()) => {
                self.unblocked();
                Ok(())
            }
            Err(TrySendError::Full(batch)) => {
                self.batch = batch;
                self.blocked();
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Err(Closed),
        }
    }

    /// Sends what there is and waits for room as long as it takes, but not long once asked to stop.
    pub fn send(&mut self) -> Result<(), Closed> {
        self.flush()?;
        let mut asked_to_stop = None;
        while self.pending() {
            let now = self.clock.monotonic();
            if self.stop.stopped() && now - *asked_to_stop.get_or_insert(now) > STOP_GRACE {
                let lost = self.batch.frames.len() as u64;
                tracing::error!(feed = %self.name, frames = lost, "frames given up: the engine takes no more");
                self.health.lock().health.lost_at_stop += lost;
                self.batch = Batch { feed: self.feed, ..Batch::default() };
                self.unblocked();
                return Err(Closed);
            }
            self.look();
            let batch = self.take();
            match self.out.send_timeout(batch, STOP_POLL) {
                Ok(()) => self.unblocked(),
                Err(SendTimeoutError::Timeout(batch)) => self.batch = batch,
                Err(SendTimeoutError::Disconnected(_)) => return Err(Closed),
            }
        }
        Ok(())
    }

    /// The batch as it goes out, counted before the engine can have it.
    fn take(&mut self) -> Batch {
        let mut ledger = self.health.lock();
        let bytes_before = |i: usize| i.checked_sub(1).and_then(|i| self.batch.frames.get(i)).map_or(0, |f| f.bytes_end);
        for (i, frame) in self.batch.frames.iter().enumerate().skip(self.counted.0) {
            ledger.count_frame(frame.received_at, frame.bytes_end - bytes_before(i));
        }
        ledger.count_reports(self.batch.reports.get(self.counted.1..).unwrap_or_default());
        // The maps seldom change, and copying them costs more than comparing.
        let (shown, counted) = (&mut ledger.health.wire, &self.wire);
        (shown.frames, shown.decoded, shown.reports) = (counted.frames, counted.decoded, counted.reports);
        if shown.refused != counted.refused {
            shown.refused.clone_from(&counted.refused);
        }
        if shown.ignored != counted.ignored {
            shown.ignored.clone_from(&counted.ignored);
        }
        // What is tried again may have grown meanwhile.
        self.counted = (self.batch.frames.len(), self.batch.reports.len());
        std::mem::replace(&mut self.batch, Batch { feed: self.feed, ..Batch::default() })
    }

    fn blocked(&mut self) {
        if self.blocked_since.is_none() {
            self.blocked_since = Some(self.clock.monotonic());
            self.health.lock().health.blocked += 1;
        }
    }

    fn unblocked(&mut self) {
        self.counted = (0, 0);
        if let Some(since) = self.blocked_since.take() {
            let waited = self.clock.monotonic() - since;
            self.health.lock().health.backpressure += waited;
        }
    }

    /// Tells the log of a change of state, about once a second.
    fn look(&mut self) {
        let now = self.clock.monotonic();
        if now - self.looked_at < LOOK_EVERY {
            return;
        }
        self.looked_at = now;
        let state = self.health.state(self.clock.now());
        if state != self.state {
            match state {
                FeedState::Silent => tracing::warn!(feed = %self.name, "silent: nothing received"),
                FeedState::Ok => tracing::info!(feed = %self.name, "receiving"),
                _ => {}
            }
            self.state = state;
        }
    }
}
