//! The desk at the start of a run: the store beside the record, what was open before, the units of the configuration.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::engine::live::Live;
use crate::model::incident::Saved;
use crate::model::{Actor, Command, Order, Timestamp};
use crate::store::{Store, StoreError};

/// The store's file, in the folder of the record.
const STORE_FILE: &str = "haishao.sqlite3";

/// Incidents that one command takes up, bytes of JSON: half of what a command may have.
const CHUNK_BYTES: usize = 1 << 20;

/// Where the store of a configuration is; `None` where nothing is recorded.
pub(super) fn store_path(config: &Config) -> Option<PathBuf> {
    config.capture.dir.as_ref().map(|dir| dir.join(STORE_FILE))
}

/// Opens the store. The watch goes on without one: what is derived is in the record.
pub(super) fn open_store(path: Option<&Path>) -> Option<Store> {
    let opened = match path {
        Some(path) => Store::open(path),
        None => Store::in_memory().map(|store| crate::store::Opened { store, damaged: None }),
    };
    match opened {
        Ok(opened) => {
            if let Some((aside, why)) = opened.damaged {
                tracing::error!(
                    aside = %aside.display(),
                    why,
                    "the store was damaged; an empty one is begun: accounts are gone, incidents can be made again by `haishao replay --store`"
                );
            }
            Some(opened.store)
        }
        Err(error) => {
            tracing::error!(%error, "no store: incidents of earlier runs are not taken up, and nothing can be searched");
            None
        }
    }
}

/// What a run that begins now takes up.
pub(super) fn saved(store: Option<&Store>, now: Timestamp) -> Saved {
    let asked = store.map_or_else(|| Ok(Saved::default()), |s| s.saved(now));
    asked.unwrap_or_else(|error: StoreError| {
        tracing::error!(%error, "what was open before is not taken up");
        Saved::default()
    })
}

/// Gives the program's own first commands: what was open, then the units.
pub(super) fn begin(live: &mut Live, saved: Saved, config: &Config, now: Timestamp) {
    let known: Vec<_> = saved.units.iter().map(|u| u.name.clone()).collect();
    // A unit that an officer has moved since is where he said; a new one is where the configuration says.
    let new = config.units.iter().filter(|u| !known.contains(&u.name)).cloned();
    let orders = resume_orders(saved).into_iter().chain(new.map(|unit| Order::Unit { unit }));
    for order in orders {
        let word = order.word();
        if let Err(refusal) = live.command(&Command::new(Actor::system(), now, order), now) {
            tracing::error!(order = word, %refusal, "the desk is not as it was");
        }
    }
}

fn resume_orders(mut saved: Saved) -> Vec<Order> {
    let mut chunks = Vec::new();
    let incidents = std::mem::take(&mut saved.incidents);
    let mut bytes = 0;
    for incident in incidents {
        let size = serde_json::to_vec(&incident).map_or(0, |json| json.len());
        if bytes + size > CHUNK_BYTES {
            chunks.push(std::mem::take(&mut saved));
            bytes = 0;
        }
        bytes += size;
        saved.incidents.push(incident);
    }
    // One in any case: incidents that were raised while the record was taken in are told by it.
    chunks.push(saved);
    chunks.into_iter().map(|saved| Order::Resume { saved: Box::new(saved) }).collect()
}
