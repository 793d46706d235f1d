//! Text logs of sentences → one frame a line, each with a time.
//!
//! Where the time comes from is decided once for a log, by its first lines ([`LogClock`]), so that two clocks are never mixed.
//! A line that tells no time takes the last time known. Time never goes back: lines keep the order in which they were logged.
//! A time far ahead of the others (a receiver whose clock is wrong) is not believed unless the lines that follow agree.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::told::Told;
use super::{RecordedError, RecordedFrame};
use crate::feed::framing::{Framer, FramingCounts};
use crate::model::{FeedId, Timestamp, WireFormat};
use crate::wire::nmea::Envelope;

/// Lines looked at before deciding on the clock, and bytes: a minute of a busy coast or the preamble of a log.
const LOOK_AHEAD_LINES: usize = 4096;
const LOOK_AHEAD_BYTES: usize = 1 << 20;
/// Timed lines that have a say on whether a jump in time is true. More than the parts of one message (9), which share a clock.
const JURY: usize = 16;
/// A step ahead beyond this has to be confirmed. Quiet receivers are silent for minutes; wrong clocks are wrong by hours (up to
/// 48 h in USCG logs).
const MAX_STEP_S: f64 = 600.0;
/// Bits a second of a high-speed serial line (IEC 61162-2), ten bits a byte: the pace given to a log without any time.
const SERIAL_BYTES_PER_SECOND: i64 = 38_400 / 10;
/// Stations disagree by less without anything being wrong, and receivers pass messages on up to a second late.
const JITTER_S: f64 = 2.0;
const READ_BYTES: usize = 1 << 16;

/// Where a log's times come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogClock {
    /// TAG blocks, `$PGHP`, or times before or after the sentences.
    Wrappers,
    /// Dates and times in ZDA and RMC.
    Sentences,
    /// Times of day in GGA and GLL; the date is not known and counted from 1970-01-01.
    TimeOfDay,
    /// None at all: lines are spaced as a serial line of 38 400 Bd delivers them, from 1970-01-01.
    Spacing,
}

/// What was found in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogCounts {
    /// Lines given as frames.
    pub lines: u64,
    /// Lines longer than 4096 bytes, left out.
    pub over_long: u64,
    /// Lines that told a time more than 2 s earlier than one before them. They took that one's, as all that are earlier do.
    pub earlier: u64,
    /// Lines that told a time far ahead of all others, and took the last one believed.
    pub disbelieved: u64,
    /// The file is a gzip that breaks off.
    pub truncated: bool,
}

struct Line {
    bytes: Vec<u8>,
    told: Told,
}

/// The lines of a log in order, with their times.
pub struct LogFrames {
    path: PathBuf,
    feed: FeedId,
    reader: Option<Box<dyn Read + Send>>,
    framer: Framer,
    envelope: Envelope,
    window: VecDeque<Line>,
    window_bytes: usize,
    clock: Option<LogClock>,
    /// Last time given to a frame.
    last: Option<Timestamp>,
    counts: LogCounts,
    error: Option<RecordedError>,
}

impl LogFrames {
    /// The lines in `reader`, for `feed`; `path` is for messages.
    pub fn new(reader: impl Read + Send + 'static, path: &Path, feed: FeedId, allow_missing_checksum: bool) -> Self {
        Self {
            path: path.to_owned(),
            feed,
            reader: Some(Box::new(reader)),
            framer: Framer::new(WireFormat::Nmea),
            envelope: Envelope::new(allow_missing_checksum),
            window: VecDeque::new(),
            window_bytes: 0,
            clock: None,
            last: None,
            counts: LogCounts::default(),
            error: None,
        }
    }

    /// What was found so far.
    pub fn counts(&self) -> LogCounts {
        let FramingCounts { over_long, .. } = self.framer.counts();
        LogCounts { over_long, ..self.counts.clone() }
    }

    /// Where the times come from; `None` before the first frame.
    pub fn clock(&self) -> Option<LogClock> {
        self.clock
    }

    /// What a user should know, a line each.
    pub fn notes(&self) -> Vec<String> {
        let path = self.path.display();
        let counts = self.counts();
        let mut notes = Vec::new();
        notes.extend(match self.clock {
            None | Some(LogClock::Wrappers) => None,
            Some(LogClock::Sentences) => {
                Some(format!("{path}: lines carry no time of their own: times are those of the ZDA and RMC sentences in it"))
            }
            Some(LogClock::TimeOfDay) => Some(format!(
                "{path}: times are those of the GGA and GLL sentences in it; no date is told, so days count from 1970-01-01"
            )),
            Some(LogClock::Spacing) => Some(format!(
                "{path}: holds no time at all: lines are spaced as a serial line of 38400 Bd delivers them, from 1970-01-01"
            )),
        });
        if counts.over_long > 0 {
            notes.push(format!("{path}: {} lines left out: longer than 4096 bytes", counts.over_long));
        }
        if counts.earlier > 0 {
            notes.push(format!(
                "{path}: {} lines tell a time more than 2 s before that of lines before them, and took theirs",
                counts.earlier
            ));
        }
        if counts.disbelieved > 0 {
            notes
                .push(format!("{path}: {} lines tell a time far ahead of all others; it was not believed", counts.disbelieved));
        }
        if counts.truncated {
            notes.push(format!("{path}: the gzip breaks off"));
        }
        notes
    }

    /// Reads on until enough lines are known to judge the first one.
    fn fill(&mut self) {
        if self.reader.is_none() {
            return;
        }
        let mut chunk = vec![0; READ_BYTES];
        while self.window.len() < LOOK_AHEAD_LINES && self.window_bytes < LOOK_AHEAD_BYTES {
            let Some(reader) = &mut self.reader else { return };
            let read = reader.read(&mut chunk);
            let (window, window_bytes, envelope) = (&mut self.window, &mut self.window_bytes, &mut self.envelope);
            let mut take = |line: &[u8]| {
                *window_bytes += line.len();
                window.push_back(Line { told: Told::read(envelope, line), bytes: line.to_vec() });
            };
            match read {
                Ok(0) => {
                    self.framer.finish(take);
                    self.reader = None;
                }
                Ok(n) => {
                    let text = chunk.get(..n).unwrap_or_default();
                    // Lines are never out of step.
                    self.framer.push(text, &mut take).unwrap_or_default();
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.framer.finish(take);
                    self.reader = None;
                    if e.kind() == io::ErrorKind::UnexpectedEof {
                        self.counts.truncated = true;
                    } else {
                        let line = self.counts.lines + self.window.len() as u64;
                        self.error = Some(RecordedError::Read { path: self.path.clone(), line, source: e });
                    }
                }
            }
        }
    }

    fn choose_clock(&mut self) -> LogClock {
        let tells = |what: fn(&Told) -> bool| self.window.iter().any(|line| what(&line.told));
        let clock = if tells(|t| t.wrapper.is_some()) {
            LogClock::Wrappers
        } else if tells(|t| t.civil.is_some()) {
            LogClock::Sentences
        } else if tells(|t| t.time_of_day.is_some()) {
            LogClock::TimeOfDay
        } else {
            LogClock::Spacing
        };
        self.clock = Some(clock);
        clock
    }

    /// What the first lines tell, up to the size of the jury.
    fn jury(&self, clock: LogClock) -> impl Iterator<Item = Timestamp> {
        self.window.iter().filter_map(move |line| told(clock, &line.told, None)).take(JURY)
    }

    /// The time before the first line: the first one told that lies near the median of the first ones told.
    fn beginning(&self, clock: LogClock) -> Timestamp {
        let mut sorted: Vec<Timestamp> = self.jury(clock).collect();
        sorted.sort_unstable();
        let Some(&median) = sorted.get(sorted.len() / 2) else { return Timestamp::from_secs(0) };
        self.jury(clock).find(|t| t.seconds_since(median).abs() <= MAX_STEP_S).unwrap_or(median)
    }

    fn time_of(&mut self, clock: LogClock, line: &Line) -> Timestamp {
        let last = match self.last {
            Some(last) => last,
            None => {
                // The line itself is out of the window already; it has a say as well.
                let own = told(clock, &line.told, None);
                let beginning = self.beginning(clock);
                own.filter(|t| t.seconds_since(beginning).abs() <= MAX_STEP_S).unwrap_or(beginning)
            }
        };
        if clock == LogClock::Spacing {
            let bytes = line.bytes.len() as i64 + 2;
            let lasts = bytes * 1_000_000_000 / SERIAL_BYTES_PER_SECOND;
            return Timestamp::from_nanos(last.nanos().saturating_add(lasts));
        }
        let Some(at) = told(clock, &line.told, Some(last)) else { return last };
        if at < last {
            self.counts.earlier += u64::from(last.seconds_since(at) > JITTER_S);
            return last;
        }
        if at.seconds_since(last) > MAX_STEP_S {
            let ahead = |t: &Timestamp| t.seconds_since(last) > MAX_STEP_S;
            let (agree, all) = self.jury(clock).fold((0, 0), |(agree, all), t| (agree + usize::from(ahead(&t)), all + 1));
            // At the end of a log nobody is left to ask, and nobody is left to be harmed.
            if agree * 2 < all {
                self.counts.disbelieved += 1;
                return last;
            }
        }
        at
    }
}

/// What a line tells by the clock chosen; `last` dates a time of day.
fn told(clock: LogClock, told: &Told, last: Option<Timestamp>) -> Option<Timestamp> {
    match clock {
        LogClock::Wrappers => told.wrapper,
        LogClock::Sentences => told.civil,
        LogClock::TimeOfDay => Some(match last {
            Some(last) => last.nearest_time_of_day(told.time_of_day?),
            None => Timestamp::from_secs_f64(told.time_of_day?),
        }),
        LogClock::Spacing => None,
    }
}

impl Iterator for LogFrames {
    type Item = Result<RecordedFrame, RecordedError>;

    fn next(&mut self) -> Option<Self::Item> {
        // Refilled by halves, so that a line is not read for every line given.
        if self.window.len() < LOOK_AHEAD_LINES / 2 && self.window_bytes < LOOK_AHEAD_BYTES / 2 {
            self.fill();
        }
        let clock = match self.clock {
            Some(clock) => clock,
            None => self.choose_clock(),
        };
        let Some(line) = self.window.pop_front() else { return self.error.take().map(Err) };
        self.window_bytes -= line.bytes.len();
        let received_at = self.time_of(clock, &line);
        self.last = Some(received_at);
        self.counts.lines += 1;
        Some(Ok(RecordedFrame { feed: self.feed, received_at, bytes: line.bytes }))
    }
}
