//! Rules, zones and lists read anew while the watch runs, all of them or one: whole or not at all.
//!
//! Files are read by whoever asks; the loop only takes the finished text, as a command that is recorded before it is applied.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Counters, Shared};
use crate::config::{self, Config, Fault, NewPart, RuleBook};
use crate::model::command::LoadedSet;
use crate::model::{Actor, Order, Refusal, Timestamp};

/// Reads a configuration's rules, zones and lists again.
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    shared: Arc<Shared>,
    /// What is in force. Held while a reload goes on: they come one after the other.
    running: Mutex<Running>,
}

#[derive(Debug)]
struct Running {
    config: Config,
    book: RuleBook,
}

/// What a reload has put in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// When, by the engine's time.
    pub at: Timestamp,
    /// Digest of all of it, as the record has it.
    pub digest: String,
    /// Ids of rules that are new.
    pub added: Vec<String>,
    /// Ids of rules that are gone.
    pub gone: Vec<String>,
    /// Ids of rules that decide otherwise than before.
    pub changed: Vec<String>,
    /// Whether zones or lists decide otherwise than before.
    pub grounds_changed: bool,
    /// What else in the configuration has changed and waits for a start.
    pub notes: Vec<String>,
}

/// Why nothing was put in force.
#[derive(Clone, Debug, PartialEq)]
pub enum NotReloaded {
    /// The files have faults: all of them.
    Faults(Vec<Fault>),
    /// The engine did not take it.
    Refused(Refusal),
}

/// The order that puts the rules, zones and lists of a configuration in force and in the record.
pub fn load_order(config: &Config) -> Order {
    order_of(&RuleBook::of(config), LoadedSet::All)
}

fn order_of(book: &RuleBook, set: LoadedSet) -> Order {
    let content = book.encode();
    Order::Load { set, source: book.path.clone(), digest: RuleBook::digest(&content), content }
}

impl Reloader {
    /// For the configuration that runs.
    pub fn new(path: PathBuf, running: &Config, shared: Arc<Shared>) -> Self {
        let running = Running { config: running.clone(), book: RuleBook::of(running) };
        Self { path, shared, running: Mutex::new(running) }
    }

    /// Reads `set` again and puts it in force in the name of `actor`. Waits for the engine.
    ///
    /// # Errors
    /// Any fault in any of its files, or a refusal of the engine: then all stays as it was.
    pub fn reload(&self, actor: &Actor, set: LoadedSet) -> Result<Reloaded, NotReloaded> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.put_in_force(actor, set, &mut running);
        let counters = &self.shared.counters;
        Counters::add(if result.is_ok() { &counters.reloads } else { &counters.reloads_refused }, 1);
        result
    }

    fn put_in_force(&self, actor: &Actor, set: LoadedSet, running: &mut Running) -> Result<Reloaded, NotReloaded> {
        let NewPart { config: new, book, notes } = if set == LoadedSet::All {
            let config = config::load(&self.path).map_err(NotReloaded::Faults)?;
            NewPart { book: RuleBook::of(&config), config, notes: Vec::new() }
        } else {
            running.book.with(set, &self.path).map_err(NotReloaded::Faults)?
        };
        let order = order_of(&book, set);
        let digest = match &order {
            Order::Load { digest, .. } => digest.clone(),
            _ => String::new(),
        };
        let commander = self.shared.commander.get().ok_or(NotReloaded::Refused(Refusal::Ended))?;
        let accepted = commander.order_blocking(actor.clone(), order).map_err(NotReloaded::Refused)?;
        let mut reloaded = compared(&running.config, &new, accepted.at, digest);
        reloaded.notes.extend(notes);
        // Only what is in force: the rest waits for a start.
        let config = &mut running.config;
        config.grounds = crate::rules::Grounds { coast: config.grounds.coast.take(), ..new.grounds };
        config.rules = new.rules;
        running.book = book;
        Ok(reloaded)
    }
}

fn compared(old: &Config, new: &Config, at: Timestamp, digest: String) -> Reloaded {
    let id_of = |config: &Config, id: &str| config.rules.iter().find(|r| r.id == id).cloned();
    let ids = |config: &Config| config.rules.iter().map(|r| r.id.clone()).collect::<Vec<_>>();
    let mut notes = Vec::new();
    for (changed, what) in [
        (new.site != old.site, "[site] and sensors"),
        (new.grounds.coast != old.grounds.coast, "coast"),
        (new.units != old.units, "units"),
        (new.capture != old.capture, "[capture]"),
        (new.fuse != old.fuse || new.threads != old.threads || new.listen != old.listen, "[track], [engine] or [console]"),
    ] {
        if changed {
            notes.push(format!("{what} changed: taken at the next start only"));
        }
    }
    Reloaded {
        at,
        digest,
        added: ids(new).into_iter().filter(|id| id_of(old, id).is_none()).collect(),
        gone: ids(old).into_iter().filter(|id| id_of(new, id).is_none()).collect(),
        changed: ids(new).into_iter().filter(|id| id_of(old, id).is_some_and(|r| Some(r) != id_of(new, id))).collect(),
        grounds_changed: new.grounds.version() != old.grounds.version(),
        notes,
    }
}
