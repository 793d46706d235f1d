//! A record shown at a pace that the officer chooses: play, pause, seek, step, loop, at any speed.
//!
//! A seek back begins the record again and runs to the wanted time at full speed: the engine is a function of what was received, so
//! nothing else gives the state of that time, and nothing less is “what we knew then”.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::live::{BoxedSink, SCORES_SHOWN, Sink};
use super::replay::{Event, Replay, Window};
use super::{Counters, Effects, SensorStatus, Shared};
use crate::config::Config;
use crate::feed::{Clock, Stop};
use crate::model::{AlertState, FeedId, Picture, Timestamp};

/// Events of a record, from its beginning, each time it is called.
pub type Open = dyn Fn() -> anyhow::Result<Box<dyn Iterator<Item = anyhow::Result<Event>>>> + Send + Sync;

/// Prepares a replay for records of ours, which may have been warmed.
pub type Prepare = dyn for<'a> Fn(Replay<'a>) -> Replay<'a> + Send + Sync;

/// The slowest and the fastest that can be asked for.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.25..=64.0;

/// Pictures while playing come this often at most: the console takes no more.
const PICTURE_EVERY: Duration = Duration::from_millis(100);
/// While running to a time, pictures are taken this often in the record's time, for the trails.
const TRAIL_EVERY_S: f64 = 10.0;
/// Alert marks kept on the slider.
const MAX_MARKS: usize = 2000;

/// An alert raised in the record.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When it was said.
    pub t: Timestamp,
    /// Its severity.
    pub severity: u8,
    /// Its number.
    pub alert: u64,
}

/// Where a replay stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// The first event's time; `None` until the record has been read.
    pub first: Option<Timestamp>,
    /// The last event's time so far as the record has been read.
    pub last: Option<Timestamp>,
    /// Whether the whole record has been read.
    pub is_indexed: bool,
    /// The time shown.
    pub now: Option<Timestamp>,
    /// Whether it runs.
    pub playing: bool,
    /// Times real time.
    pub speed: f64,
    /// Whether it begins again at the end.
    pub looping: bool,
    /// Whether it is running to a time that was asked for.
    pub seeking: bool,
    /// Alerts raised, in order of time.
    pub marks: Vec<Mark>,
    /// What is wrong with the record.
    pub error: Option<String>,
}

/// What may be asked of a replay; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Order {
    /// Run or stand still.
    pub playing: Option<bool>,
    /// Times real time, within [`SPEEDS`].
    pub speed: Option<f64>,
    /// Begin again at the end.
    pub looping: Option<bool>,
    /// Go to this time.
    pub seek: Option<Timestamp>,
    /// Go so many seconds on (or back), and stand still.
    pub step_s: Option<f64>,
}

#[derive(Debug, Default)]
struct State {
    status: Status,
    order: Option<Order>,
    ended: bool,
}

/// The handle of a replay that is shown.
#[derive(Debug, Default)]
pub struct Playback {
    state: Mutex<State>,
    news: Condvar,
}

impl Playback {
    /// Where it stands.
    pub fn status(&self) -> Status {
        self.lock().status.clone()
    }

    /// Asks for something. What was asked for and not done yet is joined with it.
    pub fn order(&self, order: Order) {
        let mut state = self.lock();
        let before = state.order.take().unwrap_or_default();
        state.order = Some(Order {
            playing: order.playing.or(before.playing),
            speed: order.speed.or(before.speed),
            looping: order.looping.or(before.looping),
            seek: order.seek.or(before.seek),
            step_s: match (order.step_s, before.step_s) {
                (Some(a), Some(b)) => Some(a + b),
                (a, b) => a.or(b),
            },
        });
        // Told at once, so that the next question sees it under way.
        if order.seek.is_some() || order.step_s.is_some() {
            state.status.seeking = true;
        }
        drop(state);
        self.news.notify_all();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.lock().status);
    }

    fn take_order(&self, wait: Duration) -> Option<Order> {
        let state = self.lock();
        let (mut state, _) = self
            .news
            .wait_timeout_while(state, wait, |s| s.order.is_none() && !s.ended)
            .unwrap_or_else(PoisonError::into_inner);
        state.order.take()
    }

    /// Reads the whole record once at full speed, for its span and its alerts.
    pub fn index(&self, config: &Config, open: &Open, prepare: &Prepare, stop: &Stop) {
        let marks = Arc::new(Mutex::new(Vec::new()));
        let result = (|| {
            let sinks: Vec<BoxedSink> = vec![Box::new(MarkSink(Arc::clone(&marks)))];
            let mut replay =
                prepare(Replay::new(config, Window::default(), sinks).map_err(|faults| anyhow::anyhow!(faults.join("; ")))?);
            for (count, event) in open()?.enumerate() {
                replay.apply(&event?)?;
                if count.is_multiple_of(20_000) {
                    let summary = replay.summary();
                    let marks = marks.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    self.set(|s| (s.first, s.last, s.marks) = (summary.first, summary.last, marks));
                    if stop.stopped() {
                        return anyhow::Ok(());
                    }
                }
            }
            let summary = replay.summary();
            self.set(|s| (s.first, s.last) = (summary.first, summary.last));
            Ok(())
        })();
        let marks = marks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.set(|s| {
            s.marks = marks;
            s.is_indexed = true;
            s.error = result.err().map(|e| e.to_string());
        });
    }

    /// Plays until `stop`. `note` is given pictures for the trails.
    pub fn run(
        &self,
        config: &Config,
        open: &Open,
        prepare: &Prepare,
        shared: &Arc<Shared>,
        stop: &Stop,
        note: &dyn Fn(&Picture),
    ) {
        let clock = Clock::new();
        let mut deck = Deck { config, open, prepare, shared, note, stop, tape: None };
        let (mut wall, mut shown) = (clock.now(), Timestamp::MIN);
        while !stop.stopped() {
            let status = self.status();
            let wait = if status.playing { Duration::from_millis(20) } else { Duration::from_millis(250) };
            if let Some(order) = self.take_order(wait) {
                let result = self.obey(order, &mut deck);
                if let Err(error) = result {
                    self.set(|s| s.error = Some(error.to_string()));
                }
                self.set(|s| s.seeking = false);
                wall = clock.now();
                continue;
            }
            let now = clock.now();
            let passed = now.seconds_since(wall);
            wall = now;
            if !status.playing {
                continue;
            }
            let target = match status.now {
                Some(at) => at.plus_seconds(passed * status.speed),
                None => Timestamp::MIN,
            };
            let publish = now.seconds_since(shown) >= PICTURE_EVERY.as_secs_f64();
            match deck.run_to(target, publish) {
                Ok((at, ended)) => {
                    if publish {
                        shown = now;
                    }
                    // Between two events the replay's time goes on.
                    let at = if ended { at } else { target.max(at) };
                    self.set(|s| s.now = Some(at));
                    if ended {
                        self.at_end(&mut deck);
                    }
                }
                Err(error) => self.set(|s| (s.playing, s.error) = (false, Some(error.to_string()))),
            }
        }
    }

    fn at_end(&self, deck: &mut Deck<'_>) {
        if self.status().looping {
            deck.tape = None;
            self.set(|s| s.now = None);
        } else {
            deck.publish();
            self.set(|s| s.playing = false);
        }
    }

    fn obey(&self, order: Order, deck: &mut Deck<'_>) -> anyhow::Result<()> {
        self.set(|s| {
            s.speed = order.speed.unwrap_or(s.speed).clamp(*SPEEDS.start(), *SPEEDS.end());
            s.looping = order.looping.unwrap_or(s.looping);
            s.playing = order.playing.unwrap_or(s.playing && order.step_s.is_none());
        });
        let status = self.status();
        let base = order.seek.or(status.now);
        let target = match (order.seek, order.step_s) {
            (None, None) => return Ok(()),
            (_, Some(step)) => base.or(status.first).map(|t| t.plus_seconds(step)),
            (seek, None) => seek,
        };
        let Some(target) = target else { return Ok(()) };
        let target = status.first.map_or(target, |first| target.max(first));
        let target = if status.is_indexed { status.last.map_or(target, |last| target.min(last)) } else { target };
        if deck.tape.is_none() || status.now.is_none_or(|now| target < now) {
            deck.tape = None;
        }
        self.set(|s| s.seeking = true);
        let (_, _) = deck.run_to(target, true)?;
        self.set(|s| s.now = Some(target));
        Ok(())
    }
}

// The record as it is being read.
struct Tape<'a> {
    replay: Replay<'a>,
    events: Box<dyn Iterator<Item = anyhow::Result<Event>>>,
    held: Option<Event>,
    at: Timestamp,
    sensors: Vec<SensorStatus>,
}

struct Deck<'a> {
    config: &'a Config,
    open: &'a Open,
    prepare: &'a Prepare,
    shared: &'a Arc<Shared>,
    note: &'a dyn Fn(&Picture),
    stop: &'a Stop,
    tape: Option<Tape<'a>>,
}

impl<'a> Deck<'a> {
    fn insert(&mut self) -> anyhow::Result<()> {
        if self.tape.is_some() {
            return Ok(());
        }
        self.shared.begin_again();
        let sinks: Vec<BoxedSink> = vec![Box::new(ShowSink(Arc::clone(self.shared)))];
        let replay = Replay::new(self.config, Window::default(), sinks).map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
        let sensors = self
            .config
            .site
            .sensors
            .iter()
            .map(|s| SensorStatus { id: s.id.clone(), kind: s.kind.word(), state: "waiting", ..SensorStatus::default() })
            .collect();
        let events = (self.open)()?;
        self.tape = Some(Tape { replay: (self.prepare)(replay), events, held: None, at: Timestamp::MIN, sensors });
        Ok(())
    }

    // Applies all events up to `target`; the first one at least. Tells the time reached and whether the record has ended.
    fn run_to(&mut self, target: Timestamp, publish: bool) -> anyhow::Result<(Timestamp, bool)> {
        self.insert()?;
        let Some(tape) = &mut self.tape else { return Ok((target, true)) };
        let mut noted = tape.at;
        let ended = loop {
            let event = match tape.held.take() {
                Some(event) => event,
                None => match tape.events.next() {
                    Some(event) => event?,
                    None => break true,
                },
            };
            if tape.at != Timestamp::MIN && event.at() > target {
                tape.held = Some(event);
                break false;
            }
            tape.at = tape.at.max(event.at());
            count(&event, self.config, &mut tape.sensors);
            tape.replay.apply(&event)?;
            if tape.at.seconds_since(noted) >= TRAIL_EVERY_S || noted == Timestamp::MIN {
                noted = tape.at;
                (self.note)(&tape.replay.picture());
                if self.stop.stopped() {
                    break true;
                }
            }
        };
        let at = tape.at;
        if publish {
            self.publish();
        }
        Ok((at, ended))
    }

    fn publish(&mut self) {
        let Some(tape) = &mut self.tape else { return };
        for sensor in &mut tape.sensors {
            // `age_s` holds the time of the last frame until here.
            sensor.rate_hz = 0.0;
        }
        let picture = tape.replay.picture();
        (self.note)(&picture);
        let summary = tape.replay.summary();
        Counters::set(&self.shared.counters.frames, summary.frames);
        Counters::set(&self.shared.counters.reports, summary.reports);
        Counters::add(&self.shared.counters.pictures, 1);
        let now = tape.at.secs_f64();
        let sensors = tape.sensors.iter().map(|s| SensorStatus { age_s: s.age_s.map(|t| (now - t).max(0.0)), ..s.clone() });
        self.shared.set_sensors(sensors.collect());
        self.shared.radar_errors.store(Arc::new(tape.replay.radar_errors()));
        self.shared.scores.store(Arc::new(tape.replay.most_suspicious(SCORES_SHOWN)));
        self.shared.stand_on(tape.replay.grounds());
        self.shared.picture.store(Arc::new(picture));
    }
}

// What the sensors' table shows in a replay: frames of the feed, and when the last one came.
fn count(event: &Event, config: &Config, sensors: &mut [SensorStatus]) {
    let Event::Frame { feed: Some(feed), received_at, bytes } = event else { return };
    for (id, _) in config.site.sensors_on(FeedId(feed.0)) {
        if let Some(sensor) = sensors.get_mut(usize::from(id.0)) {
            sensor.frames += 1;
            sensor.bytes += bytes.len() as u64;
            sensor.state = "ok";
            sensor.age_s = Some(received_at.secs_f64());
        }
    }
}

struct MarkSink(Arc<Mutex<Vec<Mark>>>);

impl Sink for MarkSink {
    fn take(&mut self, effects: &Effects) -> std::io::Result<()> {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for alert in effects.alerts.iter().filter(|a| a.state == AlertState::Raised) {
            if marks.len() < MAX_MARKS {
                marks.push(Mark { t: alert.t_out, severity: alert.severity.level(), alert: alert.id.0 });
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn name(&self) -> &str {
        "marks"
    }
}

struct ShowSink(Arc<Shared>);

impl Sink for ShowSink {
    fn take(&mut self, effects: &Effects) -> std::io::Result<()> {
        effects.alerts.iter().for_each(|alert| self.0.push_alert(alert.clone()));
        effects.suppressed.iter().for_each(|kept_back| self.0.push_suppressed(kept_back.clone()));
        self.0.push_incidents(&effects.incidents);
        self.0.hear_names(&effects.names);
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn name(&self) -> &str {
        "console"
    }
}
