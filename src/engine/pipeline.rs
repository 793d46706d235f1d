//! Decoding and the core in one thread: what replay, warm start and tests run. Live, the feeds' threads decode and the loop
//! applies; the order within a feed and the order of applying are the same, so the effects are.

use super::{Core, Effects};
use crate::config::Config;
use crate::model::{Command, FeedId, Frame, Order, Report, Timestamp};
use crate::rules::Grounds;
use crate::wire::{self, Decode, WireHealth};

/// One decoder a feed, and the core behind them.
pub struct Pipeline {
    feeds: Vec<FeedDecoder>,
    core: Core,
    reports: Vec<Report>,
    unreadable_commands: u64,
    keeps_rules: bool,
}

struct FeedDecoder {
    decoder: Box<dyn Decode>,
    health: WireHealth,
}

impl Pipeline {
    /// A pipeline that has seen nothing. Fails with every fault of the rules at once.
    pub fn new(config: &Config) -> Result<Self, Vec<String>> {
        let feeds = (0..config.site.feeds.len())
            .map(|i| FeedDecoder { decoder: wire::decoder(&config.site, FeedId(i as u16)), health: WireHealth::default() })
            .collect();
        let mut core = Core::new(&config.site, config.fuse.clone(), &config.rules, &config.grounds)?;
        core.work_by(config.threads);
        Ok(Self { feeds, core, reports: Vec::new(), unreadable_commands: 0, keeps_rules: false })
    }

    /// A pipeline for the run that begins with record number `sequence`.
    ///
    /// Runs of one record must not use a number twice, and a run cannot know how far the one before came when it was killed. So
    /// each begins at a number that no earlier one can have reached: ten for every record before it, five times what the stormiest
    /// scene needs. Larger steps would be safer still, but an officer has to read the numbers out.
    pub fn for_run(config: &Config, sequence: u64) -> Result<Self, Vec<String>> {
        const NUMBERS_A_RECORD: u64 = 10;
        let mut pipeline = Self::new(config)?;
        pipeline.core.number_from(sequence.saturating_sub(1) * NUMBERS_A_RECORD + 1);
        Ok(pipeline)
    }

    /// Decodes and applies one frame: its reports and what they caused. A frame of a feed that the site does not have causes
    /// nothing but the passing of time.
    pub fn frame(&mut self, frame: Frame<'_>) -> (&[Report], &Effects) {
        self.reports.clear();
        if frame.feed == FeedId::COMMANDS {
            let effects = match Command::decode(frame.bytes) {
                // Only time passes.
                Ok(command) if self.keeps_rules && matches!(command.order, Order::Load { .. }) => {
                    self.core.tick(frame.received_at)
                }
                Ok(command) => self.core.command(frame.received_at, &command).0,
                Err(_) => {
                    self.unreadable_commands += 1;
                    self.core.tick(frame.received_at)
                }
            };
            return (&self.reports, effects);
        }
        if let Some(feed) = self.feeds.get_mut(usize::from(frame.feed.0)) {
            feed.decoder.decode(frame, &mut self.reports, &mut feed.health);
        }
        let effects = self.core.frame(frame.received_at, &self.reports);
        (&self.reports, effects)
    }

    /// Applies the passing of time.
    pub fn tick(&mut self, at: Timestamp) -> &Effects {
        self.core.tick(at)
    }

    /// Whether it judges by the rules it began with, whatever the record says was loaded. Gives back what it did before.
    pub fn keep_rules(&mut self, keep: bool) -> bool {
        std::mem::replace(&mut self.keeps_rules, keep)
    }

    /// What each feed's decoder has counted, in the order of the feeds.
    pub fn health(&self) -> impl Iterator<Item = &WireHealth> {
        self.feeds.iter().map(|f| &f.health)
    }

    /// Reports that another feed had brought already, since the start.
    pub fn repeats(&self) -> u64 {
        self.core.repeats()
    }

    /// Plots and reports that began no craft because the picture was full.
    pub fn turned_away(&self) -> u64 {
        self.core.turned_away()
    }

    /// Commands that could not be read: of a later program, or damaged.
    pub fn unreadable_commands(&self) -> u64 {
        self.unreadable_commands
    }

    /// The core.
    pub fn core(&mut self) -> &mut Core {
        &mut self.core
    }

    /// Zones, lists and shore in force, with their version.
    pub fn grounds(&self) -> (&str, &Grounds) {
        self.core.grounds()
    }

    /// Gives the decoders, in the order of the feeds, and the core to threads of their own, with all they have learned.
    pub fn split(self) -> (Vec<Box<dyn Decode>>, Core) {
        (self.feeds.into_iter().map(|f| f.decoder).collect(), self.core)
    }
}
