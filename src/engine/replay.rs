//! Replay: events from recordings through the same core, with the same effects.

use std::collections::BTreeMap;
use std::time::Duration;

use super::live::{BoxedSink, TICK_AFTER};
use super::{Effects, Pipeline};
use crate::config::{Config, RuleBook};
use crate::fuse::RadarErrors;
use crate::model::{Command, FeedId, Frame, Order, Picture, Report, Timestamp, TrackId};
use crate::rules::{Grounds, Score};

/// One thing a recording holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A frame was received.
    Frame {
        /// From this feed of the configuration that replays; `None` if the recording's feed is not in it.
        feed: Option<FeedId>,
        /// When.
        received_at: Timestamp,
        /// What.
        bytes: Vec<u8>,
    },
    /// Time passed.
    Tick {
        /// Until then.
        at: Timestamp,
    },
    /// A run of the live watch began here, with an engine that had seen the record from this sequence number on (`None`: nothing).
    Start {
        /// When.
        at: Timestamp,
        /// The number of this record.
        sequence: u64,
        /// Where its warming began.
        warm_from: Option<u64>,
    },
}

impl Event {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Frame { received_at: at, .. } | Self::Tick { at } | Self::Start { at, .. } => *at,
        }
    }
}

/// How fast a recording is replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// As fast as the machine can.
    Max,
    /// So many times real time.
    Times(f64),
}

/// What of a replay is let out. Everything before `from` is still applied, so that lines after it are those of the whole replay.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Window {
    /// Effects of events received earlier are kept back.
    pub from: Option<Timestamp>,
    /// The replay ends before the first event received later.
    pub to: Option<Timestamp>,
}

/// By whose rules, zones and lists a replay judges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JudgesBy {
    /// Those that were in force when it was recorded, as far as the record says; else the configuration's.
    #[default]
    Record,
    /// The configuration's, whatever the record says.
    Configuration,
}

/// What a replay did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Frames applied.
    pub frames: u64,
    /// Frames of feeds that the configuration does not have.
    pub unknown_frames: u64,
    /// Reports decoded.
    pub reports: u64,
    /// Track lines let out.
    pub tracks: u64,
    /// Alert lines let out.
    pub alerts: u64,
    /// Incident lines let out.
    pub incidents: u64,
    /// Time of the first event.
    pub first: Option<Timestamp>,
    /// The latest time of an event.
    pub last: Option<Timestamp>,
}

/// Reads a record again from a sequence number, up to another: how a live run warmed its engine.
pub type Rewarm<'a> = dyn Fn(u64, u64, &mut dyn FnMut(Event)) -> anyhow::Result<()> + 'a;

/// Takes the reports of one frame, for `--reports`.
pub type ReportSink<'a> = dyn FnMut(&[Report]) -> std::io::Result<()> + 'a;

/// Applies events to a pipeline and passes the effects to sinks.
pub struct Replay<'a> {
    config: &'a Config,
    pipeline: Pipeline,
    window: Window,
    sinks: Vec<BoxedSink>,
    reports: Option<Box<ReportSink<'a>>>,
    rewarm: Option<Box<Rewarm<'a>>>,
    judges_by: JudgesBy,
    /// Books of rules that the record brought and that are not the configuration's, or why they cannot be read.
    other_rules: Vec<String>,
    summary: Summary,
    /// How many alerts of each rule each clause kept back.
    suppressed: BTreeMap<(String, String), u64>,
}

impl<'a> Replay<'a> {
    /// A replay that has applied nothing.
    pub fn new(config: &'a Config, window: Window, sinks: Vec<BoxedSink>) -> Result<Self, Vec<String>> {
        let pipeline = Pipeline::new(config)?;
        Ok(Self {
            config,
            pipeline,
            window,
            sinks,
            reports: None,
            rewarm: None,
            judges_by: JudgesBy::Record,
            other_rules: Vec::new(),
            summary: Summary::default(),
            suppressed: BTreeMap::new(),
        })
    }

    /// Lets the reports of every frame out as well.
    pub fn with_reports(mut self, sink: Box<ReportSink<'a>>) -> Self {
        self.reports = Some(sink);
        self
    }

    /// By whose rules it judges; by those of the record unless told otherwise.
    pub fn judge_by(&mut self, judges_by: JudgesBy) {
        self.judges_by = judges_by;
        self.pipeline.keep_rules(judges_by == JudgesBy::Configuration);
    }

    /// What is to be told of rules that the record brought: that they are not the configuration's, or cannot be read.
    pub fn rules_notes(&self) -> &[String] {
        &self.other_rules
    }

    /// How to read the record again where a live run was warmed.
    pub fn rewarm_by(&mut self, rewarm: Box<Rewarm<'a>>) {
        self.rewarm = Some(rewarm);
    }

    /// The pipeline, for its health.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Every live track as of now.
    pub fn picture(&mut self) -> Picture {
        self.pipeline.core().picture()
    }

    /// The `most` most suspicious tracks with what their scores are made of.
    pub fn most_suspicious(&mut self, most: usize) -> Vec<(TrackId, Score)> {
        self.pipeline.core().most_suspicious(most)
    }

    /// Zones, lists and shore in force, with their version.
    pub fn grounds(&self) -> (&str, &Grounds) {
        self.pipeline.grounds()
    }

    /// What is known of each sensor's errors.
    pub fn radar_errors(&mut self) -> Vec<Option<RadarErrors>> {
        self.pipeline.core().radar_errors()
    }

    /// What was done so far.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// How many alerts of each rule each clause kept back: rule, clause, number.
    pub fn suppressed(&self) -> Vec<(String, String, u64)> {
        self.suppressed.iter().map(|((rule, by), n)| (rule.clone(), by.clone(), *n)).collect()
    }

    /// Applies one event. `Ok(false)` once the window has ended. An error is that of an output: a replay without its output is
    /// useless, so it ends.
    pub fn apply(&mut self, event: &Event) -> anyhow::Result<bool> {
        // The engine's time, which never goes back: by the events' own times a window would have ragged ends.
        let at = self.summary.last.map_or(event.at(), |last| last.max(event.at()));
        if self.window.to.is_some_and(|to| at > to) {
            return Ok(false);
        }
        let told = self.window.from.is_none_or(|from| at >= from);
        self.summary.first.get_or_insert(at);
        self.summary.last = Some(at);
        match event {
            Event::Frame { feed: Some(feed), received_at, bytes } => {
                let frame = Frame { feed: *feed, received_at: *received_at, bytes };
                let (reports, effects) = self.pipeline.frame(frame);
                self.summary.frames += 1;
                self.summary.reports += reports.len() as u64;
                if told {
                    if let Some(sink) = &mut self.reports {
                        sink(reports)?;
                    }
                    tell(effects, &mut self.sinks, &mut self.summary, &mut self.suppressed)?;
                }
            }
            Event::Frame { feed: None, received_at, .. } => {
                self.summary.unknown_frames += 1;
                let effects = self.pipeline.tick(*received_at);
                if told {
                    tell(effects, &mut self.sinks, &mut self.summary, &mut self.suppressed)?;
                }
            }
            Event::Tick { at } => {
                let effects = self.pipeline.tick(*at);
                if told {
                    tell(effects, &mut self.sinks, &mut self.summary, &mut self.suppressed)?;
                }
            }
            Event::Start { sequence, warm_from, .. } => self.start(*sequence, *warm_from)?,
        }
        Ok(true)
    }

    /// Writes out what the sinks hold.
    pub fn finish(&mut self) -> anyhow::Result<()> {
        for sink in &mut self.sinks {
            sink.flush()?;
        }
        Ok(())
    }

    // A new run of the live watch: what the old one knew is gone, but for what the new one took from the record.
    fn start(&mut self, sequence: u64, warm_from: Option<u64>) -> anyhow::Result<()> {
        let recorded = match self.judges_by {
            JudgesBy::Record => self.rules_of_run(sequence)?,
            JudgesBy::Configuration => None,
        };
        let config = recorded.as_ref().unwrap_or(self.config);
        self.pipeline = Pipeline::for_run(config, sequence).map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
        self.pipeline.keep_rules(self.judges_by == JudgesBy::Configuration);
        if let (Some(from), Some(rewarm)) = (warm_from, &self.rewarm) {
            let pipeline = &mut self.pipeline;
            rewarm(from, sequence, &mut |event| warm(pipeline, &event))?;
        }
        Ok(())
    }

    fn note_rules(&mut self, note: String) {
        // A watch that was started a hundred times is told of once.
        if !self.other_rules.contains(&note) {
            self.other_rules.push(note);
        }
    }

    // The configuration with the rules that a run began with: the first command after its start, before anything is warmed.
    fn rules_of_run(&mut self, sequence: u64) -> anyhow::Result<Option<Config>> {
        let Some(read) = &self.rewarm else { return Ok(None) };
        let mut loaded = None;
        read(sequence + 1, sequence + 2, &mut |event| {
            if let Event::Frame { feed: Some(FeedId::COMMANDS), bytes, .. } = event
                && let Ok(Command { order: Order::Load { content, digest, .. }, .. }) = Command::decode(&bytes)
            {
                loaded = Some((content, digest));
            }
        })?;
        let Some((content, digest)) = loaded else { return Ok(None) };
        let short = digest.get(..16).unwrap_or(&digest).to_owned();
        let parsed = RuleBook::decode(&content)
            .and_then(|book| book.parse().map_err(|f| f.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")));
        match parsed {
            Ok((rules, grounds)) => {
                let grounds = Grounds { coast: self.config.grounds.coast.clone(), ..grounds };
                if rules == self.config.rules && grounds == self.config.grounds {
                    return Ok(None);
                }
                self.note_rules(format!("judged by the rules of the record ({short}), which are not the configuration's"));
                Ok(Some(Config { rules, grounds, ..self.config.clone() }))
            }
            Err(faults) => {
                self.note_rules(format!(
                    "the rules of the record ({short}) cannot be read by this program, so the configuration's judge: {faults}"
                ));
                Ok(None)
            }
        }
    }
}

/// Applies one event without letting its effects out. What earlier runs loaded is passed over: the run that is warmed judges by its own.
pub fn warm(pipeline: &mut Pipeline, event: &Event) {
    match event {
        Event::Frame { feed: Some(feed), received_at, bytes } => {
            let kept = pipeline.keep_rules(true);
            pipeline.frame(Frame { feed: *feed, received_at: *received_at, bytes });
            pipeline.keep_rules(kept);
        }
        Event::Frame { feed: None, received_at: at, .. } | Event::Tick { at } => {
            pipeline.tick(*at);
        }
        // The run being warmed saw these events as one stretch.
        Event::Start { .. } => {}
    }
}

fn tell(
    effects: &Effects,
    sinks: &mut [BoxedSink],
    summary: &mut Summary,
    suppressed: &mut BTreeMap<(String, String), u64>,
) -> anyhow::Result<()> {
    for kept_back in &effects.suppressed {
        *suppressed.entry((kept_back.alert.rule.clone(), kept_back.by.clone())).or_default() += 1;
    }
    summary.tracks += effects.tracks.len() as u64;
    summary.alerts += effects.alerts.len() as u64;
    summary.incidents += effects.incidents.len() as u64;
    for sink in sinks {
        sink.take(effects).map_err(|e| anyhow::Error::new(e).context(format!("cannot write {}", sink.name())))?;
    }
    Ok(())
}

/// Puts ticks into the silences of a recording that has none of its own, by the rule of the live loop.
pub fn with_ticks<E>(events: impl Iterator<Item = Result<Event, E>>) -> impl Iterator<Item = Result<Event, E>> {
    Ticks { events, held: None, last: None }
}

struct Ticks<I, E> {
    events: I,
    held: Option<Result<Event, E>>,
    last: Option<Timestamp>,
}

impl<E, I: Iterator<Item = Result<Event, E>>> Iterator for Ticks<I, E> {
    type Item = Result<Event, E>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.held.take().or_else(|| self.events.next())?;
        let (Ok(event), Some(last)) = (&next, self.last) else {
            self.note(&next);
            return Some(next);
        };
        let due = last + TICK_AFTER;
        match event.at() {
            at if at > due => {
                // A day of silence holds no more news than the time in which every track ends.
                self.last = Some(if at.seconds_since(due) > LONG_SILENCE.as_secs_f64() { at } else { due });
                self.held = Some(next);
                Some(Ok(Event::Tick { at: due }))
            }
            _ => {
                self.note(&next);
                Some(next)
            }
        }
    }
}

/// Beyond this, one tick stands for the whole silence between two recordings.
const LONG_SILENCE: Duration = Duration::from_secs(3600);

impl<I, E> Ticks<I, E> {
    fn note(&mut self, event: &Result<Event, E>) {
        if let Ok(event) = event {
            self.last = self.last.max(Some(event.at()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(ms: i64) -> Result<Event, ()> {
        Ok(Event::Frame { feed: None, received_at: Timestamp::from_millis(ms), bytes: Vec::new() })
    }

    #[test]
    fn silences_get_ticks_and_busy_times_none() {
        let events: Vec<_> = with_ticks([frame(0), frame(100), frame(900), frame(950), frame(940)].into_iter()).collect();
        let at: Vec<i64> = events.iter().map(|e| e.as_ref().unwrap().at().nanos() / 1_000_000).collect();
        assert_eq!(at, [0, 100, 350, 600, 850, 900, 950, 940]);
        assert_eq!(events.iter().filter(|e| matches!(e, Ok(Event::Tick { .. }))).count(), 3);
    }

    #[test]
    fn a_long_silence_is_one_tick() {
        let events: Vec<_> = with_ticks([frame(0), frame(100_000_000)].into_iter()).collect();
        assert_eq!(events.len(), 3);
    }
}
