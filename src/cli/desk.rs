//! The desk at the start of a run: the store beside the record, what was open before, the units of the configuration.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::engine::live::Live;
use crate::engine::reload::load_order;
use crate::model::incident::{Saved, Unit};
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

/// Gives the program's own first commands: by which rules it judges, what was open, then the units. A replay looks for the rules in the
/// record's place right after the start.
pub(super) fn begin(live: &mut Live, saved: Saved, config: &Config, now: Timestamp) {
    let units: Vec<Unit> = config.units.iter().filter_map(|u| changed(u, &saved.units)).collect();
    let orders = std::iter::once(load_order(config))
        .chain(resume_orders(saved))
        .chain(units.into_iter().map(|unit| Order::Unit { unit }));
    for order in orders {
        let word = order.word();
        if let Err(refusal) = live.command(&Command::new(Actor::system(), now, order), now) {
            tracing::error!(order = word, %refusal, "the desk is not as it was");
        }
    }
}

/// A unit of the configuration, unless it is known as it is. Where a known one is and whether it can go is what officers have said last.
fn changed(unit: &Unit, known: &[Unit]) -> Option<Unit> {
    let Some(old) = known.iter().find(|k| k.name == unit.name) else { return Some(unit.clone()) };
    let merged = Unit { position: old.position, position_at: old.position_at, available: old.available, ..unit.clone() };
    // Said without a place: the desk keeps the one it has, with its time.
    (merged != *old).then_some(Unit { position: None, ..merged })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;
    use crate::model::incident::{Incident, IncidentId, Level, UnitKind, UnitName};

    fn unit(name: &str, max_speed_kn: f64, position: [f64; 2]) -> Unit {
        Unit {
            name: UnitName(name.to_owned()),
            kind: UnitKind::Boat,
            level: Level::City,
            max_speed_kn,
            position: Some(position),
            position_at: None,
            available: true,
            ready_min: 0.0,
        }
    }

    #[test]
    fn the_configuration_changes_what_a_unit_is_and_not_where_it_is() {
        let known = [Unit { available: false, ..unit("a", 40.0, [22.1, 114.1]) }];
        assert_eq!(changed(&unit("a", 40.0, [22.5, 114.5]), &known), None);
        let faster = changed(&unit("a", 45.0, [22.5, 114.5]), &known).unwrap();
        assert_eq!((faster.max_speed_kn, faster.position, faster.available), (45.0, None, false));
        assert_eq!(changed(&unit("b", 40.0, [22.5, 114.5]), &known), Some(unit("b", 40.0, [22.5, 114.5])));
    }

    #[test]
    fn many_incidents_are_taken_up_by_several_commands_and_none_is_left_out() {
        let incident = |id| {
            let mut i = Incident::new(IncidentId(id), Timestamp::from_secs(0), Severity::default(), [0.0; 2]);
            i.text = "x".repeat(10_000);
            i
        };
        let saved =
            Saved { incidents: (1..=300).map(incident).collect(), units: vec![unit("a", 1.0, [0.0; 2])], hand_overs: vec![] };
        let orders = resume_orders(saved);
        let ids: Vec<u64> = orders
            .iter()
            .flat_map(|o| match o {
                Order::Resume { saved } => saved.incidents.iter().map(|i| i.id.0).collect(),
                _ => Vec::new(),
            })
            .collect();
        assert!(orders.len() >= 3);
        assert_eq!(ids, (1..=300).collect::<Vec<_>>());
        for order in orders {
            assert!(Command::new(Actor::system(), Timestamp::from_secs(0), order).encode().is_ok());
        }
        assert_eq!(resume_orders(Saved::default()).len(), 1);
    }
}
