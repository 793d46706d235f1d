//! What ships call themselves, for readers: the engine notes each name as it is heard, a console looks them up by MMSI.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::Mmsi;

/// Names kept at most: whoever sends made-up numbers fills this and nothing else.
const MOST: usize = 50_000;

/// Names of ships, the newest that each has told.
#[derive(Debug, Default)]
pub struct Ships {
    names: BTreeMap<Mmsi, Arc<str>>,
    version: u64,
}

impl Ships {
    /// Takes what was heard.
    pub fn hear(&mut self, names: &[(Mmsi, String)]) {
        for (mmsi, name) in names {
            let is_room = self.names.len() < MOST;
            match self.names.get_mut(mmsi) {
                Some(known) if **known == **name => {}
                Some(known) => {
                    *known = Arc::from(name.as_str());
                    self.version += 1;
                }
                None if is_room => {
                    self.names.insert(*mmsi, Arc::from(name.as_str()));
                    self.version += 1;
                }
                None => {}
            }
        }
    }

    /// The name of a ship, if it has told one.
    pub fn name(&self, mmsi: Mmsi) -> Option<&Arc<str>> {
        self.names.get(&mmsi)
    }

    /// Changes whenever a name does.
    pub fn version(&self) -> u64 {
        self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_name_holds_and_strangers_cannot_fill_the_memory() {
        let mut ships = Ships::default();
        let heard = |mmsi: u32, name: &str| (Mmsi(mmsi), name.to_owned());
        ships.hear(&[heard(1, "HAI YUE"), heard(1, "HAI YUE"), heard(2, "")]);
        assert_eq!((ships.name(Mmsi(1)).map(|n| &**n), ships.version()), (Some("HAI YUE"), 2));
        ships.hear(&[heard(1, "HAI XING")]);
        assert_eq!((ships.name(Mmsi(1)).map(|n| &**n), ships.version()), (Some("HAI XING"), 3));
        for mmsi in 10..(10 + 2 * MOST as u32) {
            ships.hear(&[heard(mmsi, "X")]);
        }
        assert_eq!(ships.names.len(), MOST);
        // Who is known is still heard.
        ships.hear(&[heard(1, "HAI HU")]);
        assert_eq!(ships.name(Mmsi(1)).map(|n| &**n), Some("HAI HU"));
    }
}
