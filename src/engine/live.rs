//! The live loop: takes what the feeds received, records it, applies it, publishes. One thread owns everything here.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, never, select};

use super::{Core, Counters, Effects, Shared, Submission};
use crate::feed::Batch;
use crate::model::{Actor, AlertState, Answer, Command, FeedId, Order, Refusal, Timestamp};

/// Silence after which the loop tells the engine that time has passed. Shorter than the 1 s in which an alert must be out (DESIGN
/// §7), long enough that an idle night records 20 bytes four times a second.
pub const TICK_AFTER: Duration = Duration::from_millis(250);

/// Pictures are not made faster than this: a quarter of the 20 ms that a frame may take to the picture (DESIGN §7).
const PICTURE_INTERVAL: Duration = Duration::from_millis(5);

/// At most one part in this many of the loop's time goes into making pictures, so that a crowded sea slows the pictures and not
/// the tracking.
const PICTURE_SHARE: u32 = 5;

/// Tracks whose scores are shown: more than any officer works through.
pub(super) const SCORES_SHOWN: usize = 200;

/// Where the record goes. A recorder never fails the loop: it alarms, counts what it lost, and is asked again.
pub trait Recorder {
    /// Notes a frame before it is applied.
    fn frame(&mut self, feed: FeedId, received_at: Timestamp, bytes: &[u8]);
    /// Notes a tick before it is applied.
    fn tick(&mut self, at: Timestamp);
    /// Called between batches with the time: flush, sync and rotate as is due; tells the state of the record.
    fn attend(&mut self, now: Timestamp, shared: &Shared);
    /// Writes all there is and closes.
    fn close(self: Box<Self>);
}

/// Where effects go, such as a file of track lines.
pub trait Sink {
    /// Takes the effects of one event. An error ends this sink, never the loop.
    fn take(&mut self, effects: &Effects) -> std::io::Result<()>;
    /// Writes out what is buffered.
    fn flush(&mut self) -> std::io::Result<()>;
    /// Names it in messages.
    fn name(&self) -> &str;
}

/// A sink that may be used from the loop's thread.
pub type BoxedSink = Box<dyn Sink + Send>;

/// The loop and all it owns.
pub struct Live {
    core: Core,
    shared: Arc<Shared>,
    recorder: Option<Box<dyn Recorder + Send>>,
    sinks: Vec<BoxedSink>,
    commands: Receiver<Submission>,
    // Times of frames that no picture shows yet.
    waiting: Vec<Timestamp>,
    last_picture: Timestamp,
    picture_interval: Duration,
}

impl Live {
    /// A loop about `core`, which may have been warmed.
    pub fn new(core: Core, shared: Arc<Shared>, recorder: Option<Box<dyn Recorder + Send>>, sinks: Vec<BoxedSink>) -> Self {
        Self {
            core,
            shared,
            recorder,
            sinks,
            commands: never(),
            waiting: Vec::new(),
            last_picture: Timestamp::MIN,
            picture_interval: PICTURE_INTERVAL,
        }
    }

    /// Takes commands from there as well, between batches.
    pub fn with_commands(mut self, commands: Receiver<Submission>) -> Self {
        self.commands = commands;
        self
    }

    /// Runs until every feed has ended and all they sent is applied. `clock` is the feeds' clock; `each_second` is called about
    /// once a second, to refresh what is shown of the feeds.
    pub fn run(mut self, batches: &Receiver<Batch>, clock: impl Fn() -> Timestamp, mut each_second: impl FnMut(Timestamp)) {
        let mut last_second = Timestamp::MIN;
        loop {
            let patience = if self.waiting.is_empty() { TICK_AFTER } else { PICTURE_INTERVAL };
            let open = select! {
                recv(batches) -> batch => match batch {
                    Ok(batch) => {
                        self.batch(&batch);
                        true
                    }
                    Err(_disconnected) => false,
                },
                recv(self.commands) -> submission => {
                    match submission {
                        Ok(submission) => self.submission(submission, clock()),
                        // Nobody is left who could order anything.
                        Err(_disconnected) => self.commands = never(),
                    }
                    true
                }
                default(patience) => true,
            };
            let now = clock();
            if now >= self.core.now() + TICK_AFTER {
                self.tick(now);
            }
            if now >= self.last_picture + self.picture_interval {
                self.publish(now, &clock);
            }
            if let Some(recorder) = &mut self.recorder {
                recorder.attend(now, &self.shared);
            }
            if now >= last_second + Duration::from_secs(1) || !open {
                last_second = now;
                self.sinks.retain_mut(|sink| keep(sink.flush(), sink.name()));
                each_second(now);
            }
            if !open {
                break;
            }
        }
        self.publish(clock(), &clock);
        if let Some(recorder) = self.recorder.take() {
            recorder.close();
        }
    }

    fn batch(&mut self, batch: &Batch) {
        for (received_at, bytes, reports) in batch.iter() {
            if let Some(recorder) = &mut self.recorder {
                recorder.frame(batch.feed, received_at, bytes);
            }
            let effects = self.core.frame(received_at, reports);
            tell(effects, &self.shared, &mut self.sinks);
            self.waiting.push(received_at);
        }
        Counters::add(&self.shared.counters.frames, batch.frames.len() as u64);
        Counters::add(&self.shared.counters.reports, batch.reports.len() as u64);
        Counters::set(&self.shared.counters.repeats, self.core.repeats());
    }

    fn submission(&mut self, submission: Submission, now: Timestamp) {
        let Submission { actor, order, reply } = submission;
        let answer = if order.is_systems() && actor != Actor::system() {
            Err(Refusal::NotYours)
        } else {
            self.command(&Command::new(actor, now, order), now)
        };
        // Whoever asked may have gone.
        let (Ok(()) | Err(_)) = reply.send(answer);
    }

    /// Records a command and carries it out. What is applied is read back from the bytes that were recorded, so that a replay cannot
    /// differ by how a number is printed.
    pub fn command(&mut self, command: &Command, now: Timestamp) -> Answer {
        let bytes = command.encode()?;
        let command = Command::decode(&bytes)?;
        if let Some(recorder) = &mut self.recorder {
            recorder.frame(FeedId::COMMANDS, now, &bytes);
        }
        let (effects, answer) = self.core.command(now, &command);
        if let (Order::Load { digest, .. }, Ok(_)) = (&command.order, &answer) {
            self.shared.rules_digest.store(Arc::new(digest.clone()));
        }
        tell(effects, &self.shared, &mut self.sinks);
        Counters::add(&self.shared.counters.commands, 1);
        if answer.is_err() {
            Counters::add(&self.shared.counters.commands_refused, 1);
        }
        answer
    }

    fn tick(&mut self, now: Timestamp) {
        if let Some(recorder) = &mut self.recorder {
            recorder.tick(now);
        }
        let effects = self.core.tick(now);
        tell(effects, &self.shared, &mut self.sinks);
        // A picture in which tracks have coasted is news as well.
        self.last_picture = Timestamp::MIN;
    }

    fn publish(&mut self, now: Timestamp, clock: &impl Fn() -> Timestamp) {
        self.shared.picture.store(Arc::new(self.core.picture()));
        self.shared.scores.store(Arc::new(self.core.most_suspicious(SCORES_SHOWN)));
        self.shared.stand_on(self.core.grounds());
        self.shared.radar_errors.store(Arc::new(self.core.radar_errors()));
        Counters::set(&self.shared.counters.turned_away, self.core.turned_away());
        let done = clock();
        Counters::add(&self.shared.counters.pictures, 1);
        for received_at in self.waiting.drain(..) {
            self.shared.frame_to_picture.record(done.seconds_since(received_at));
        }
        let cost = Duration::from_nanos(done.nanos().saturating_sub(now.nanos()).max(0) as u64);
        self.picture_interval = PICTURE_INTERVAL.max(cost * (PICTURE_SHARE - 1));
        self.last_picture = done;
    }
}

fn tell(effects: &Effects, shared: &Shared, sinks: &mut Vec<BoxedSink>) {
    effects.suppressed.iter().for_each(|kept_back| shared.push_suppressed(kept_back.clone()));
    shared.hear_names(&effects.names);
    let said = !effects.tracks.is_empty() || !effects.alerts.is_empty() || !effects.incidents.is_empty();
    if !said && effects.suppressed.is_empty() && effects.names.is_empty() {
        return;
    }
    Counters::add(&shared.counters.track_lines, effects.tracks.len() as u64);
    for alert in &effects.alerts {
        if alert.state == AlertState::Raised {
            Counters::add(&shared.counters.alerts_raised, 1);
        }
        shared.push_alert(alert.clone());
    }
    shared.push_incidents(&effects.incidents);
    sinks.retain_mut(|sink| keep(sink.take(effects), sink.name()));
}

fn keep(result: std::io::Result<()>, name: &str) -> bool {
    match result {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(output = name, %error, "output lost: nothing more is written to it");
            false
        }
    }
}
