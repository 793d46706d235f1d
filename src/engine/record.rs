//! Our own record: as a source of events for a replay, and as the recorder of the live loop.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::live::Recorder;
use super::replay::Event;
use super::{Counters, Shared};
use crate::capture::{COMMANDS_ADDRESS, CaptureHealth, CaptureState, Header, Reader, Record, Sequence, WarmedFrom, Writer};
use crate::model::{FeedId, Frame, Site, Timestamp};

/// Events of a record of ours, in the order they were applied.
pub struct RecordEvents {
    reader: Reader,
    site: Site,
    // The record's feed numbers in terms of the site that replays; anew for every segment.
    feeds: Vec<Option<FeedId>>,
    segment: Option<u64>,
    gaps: u64,
    missing: u64,
}

impl RecordEvents {
    /// Opens a folder. Feeds are matched by their address, so that a configuration may be changed between recording and replay.
    pub fn open(dir: &Path, site: &Site) -> anyhow::Result<Self> {
        Ok(Self::new(Reader::open(dir)?, site))
    }

    /// Opens a folder at the first record of `from` or later.
    pub fn open_from(dir: &Path, from: Timestamp, site: &Site) -> anyhow::Result<Self> {
        Ok(Self::new(Reader::open_from(dir, from)?, site))
    }

    /// Opens a folder at the record of that number.
    pub fn open_at(dir: &Path, from: Sequence, site: &Site) -> anyhow::Result<Self> {
        Ok(Self::new(Reader::open_at(dir, from)?, site))
    }

    fn new(reader: Reader, site: &Site) -> Self {
        Self { reader, site: site.clone(), feeds: Vec::new(), segment: None, gaps: 0, missing: 0 }
    }

    /// The next event with its number in the record.
    pub fn next_event(&mut self) -> anyhow::Result<Option<(u64, Event)>> {
        loop {
            let (sequence, mut event) = match self.reader.next_record()? {
                None => return Ok(None),
                Some(entry) => match entry.record {
                    Record::Frame(Frame { feed, received_at, bytes }) => {
                        (entry.sequence.0, Event::Frame { feed: Some(feed), received_at, bytes: bytes.to_vec() })
                    }
                    Record::Tick { at } => (entry.sequence.0, Event::Tick { at }),
                    Record::Start { at, warmed, .. } => {
                        let warm_from = match warmed {
                            WarmedFrom::Nothing => None,
                            WarmedFrom::Sequence(sequence) => Some(sequence.0),
                        };
                        (entry.sequence.0, Event::Start { at, sequence: entry.sequence.0, warm_from })
                    }
                    Record::Gap(gap) => {
                        self.gaps += 1;
                        self.missing += gap.frames;
                        continue;
                    }
                },
            };
            self.map_feed(&mut event);
            return Ok(Some((sequence, event)));
        }
    }

    fn map_feed(&mut self, event: &mut Event) {
        if let Some(header) = self.reader.header()
            && self.segment != Some(header.segment)
        {
            self.segment = Some(header.segment);
            self.feeds = feeds(header, &self.site);
        }
        if let Event::Frame { feed, .. } = event {
            *feed = feed.and_then(|f| self.feeds.get(usize::from(f.0)).copied().flatten());
        }
    }

    /// What a user should know of the record, a line each; complete once it is read to the end.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.gaps > 0 {
            notes.push(format!(
                "{} frames are missing from the record in {} places: after each, lines may differ from the live run's",
                self.missing, self.gaps
            ));
        }
        if self.reader.torn_bytes() > 0 {
            notes.push(format!("the record ends in {} bytes of a write that was cut short", self.reader.torn_bytes()));
        }
        notes
    }
}

impl Iterator for RecordEvents {
    type Item = anyhow::Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_event().map(|found| found.map(|(_, event)| event)).transpose()
    }
}

fn feeds(header: &Header, site: &Site) -> Vec<Option<FeedId>> {
    header
        .provenance
        .feeds
        .iter()
        .map(|f| {
            if f.address == COMMANDS_ADDRESS {
                return Some(FeedId::COMMANDS);
            }
            site.feeds.iter().position(|a| a.to_string() == f.address).map(|i| FeedId(i as u16))
        })
        .collect()
}

/// Reads the records from number `from` up to, not including, number `until`.
pub fn stretch(dir: &Path, site: &Site, from: u64, until: u64, each: &mut dyn FnMut(Event)) -> anyhow::Result<()> {
    let mut events = RecordEvents::open_at(dir, Sequence(from), site)?;
    while let Some((sequence, event)) = events.next_event()? {
        if sequence >= until {
            break;
        }
        each(event);
    }
    Ok(())
}

/// The recorder of the live loop.
pub struct CaptureRecorder {
    writer: Writer,
    folder: PathBuf,
    refused: u64,
    /// What was told last; nothing yet to begin with.
    told: Option<CaptureHealth>,
}

impl CaptureRecorder {
    /// About an open writer. The first record says that a run begins and what its engine knows already.
    pub fn new(mut writer: Writer, folder: PathBuf, at: Timestamp, warmed: WarmedFrom) -> anyhow::Result<Self> {
        let program = concat!("haishao ", env!("CARGO_PKG_VERSION"));
        writer.append(&Record::Start { at, program, warmed }).context("cannot begin the record")?;
        Ok(Self { writer, folder, refused: 0, told: None })
    }

    fn append(&mut self, record: &Record<'_>) {
        if let Err(error) = self.writer.append(record) {
            self.refused += 1;
            tracing::error!(folder = %self.folder.display(), %error, "frame not recorded");
        }
    }
}

impl Recorder for CaptureRecorder {
    fn frame(&mut self, feed: FeedId, received_at: Timestamp, bytes: &[u8]) {
        self.append(&Record::Frame(Frame { feed, received_at, bytes }));
        if feed == FeedId::COMMANDS {
            // Rare, and what people did: to the disk at once, without waiting for it.
            self.writer.sync();
        }
    }

    fn tick(&mut self, at: Timestamp) {
        self.append(&Record::Tick { at });
    }

    fn attend(&mut self, now: Timestamp, shared: &Shared) {
        self.writer.sync_if_due(now);
        let health = self.writer.health();
        if self.told.as_ref() == Some(&health) {
            return;
        }
        if self.told.as_ref().is_none_or(|told| told.state != health.state) {
            match &health.state {
                CaptureState::Recording => tracing::info!(folder = %self.folder.display(), "recording"),
                state => {
                    tracing::error!(folder = %self.folder.display(), state = %state_text(state), "the record is in danger")
                }
            }
            shared.set_capture_state(state_text(&health.state));
        }
        Counters::set(&shared.counters.capture_lost_frames, health.lost_frames + self.refused);
        Counters::set(&shared.counters.capture_bytes, health.bytes);
        Counters::set(&shared.counters.capture_durable, health.durable_through.map_or(0, |s| s.0));
        self.told = Some(health);
    }

    fn close(self: Box<Self>) {
        let health = self.writer.close();
        if health.lost_frames > 0 || health.state != CaptureState::Recording {
            tracing::error!(lost_frames = health.lost_frames, state = %state_text(&health.state), "the record is not complete");
        }
    }
}

fn state_text(state: &CaptureState) -> String {
    match state {
        CaptureState::Recording => "ok".to_owned(),
        CaptureState::Degraded { reason } => format!("degraded: {reason}; frames wait in memory"),
        CaptureState::Stopped { reason } => format!("stopped: {reason}; frames are not recorded"),
    }
}
