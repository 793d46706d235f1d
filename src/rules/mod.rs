//! Picture → alerts: predicates, the rule language, suspicion, explanations. Pure.
//!
//! A [`RuleSpec`] is a rule as written. Its expressions are read by [`lang`] into trees whose fields are numbers of slots; the
//! [`Judge`] fills the slots from what it remembers of a track ([`memory`]) and of all around it ([`world`]), asks every rule, and
//! keeps for each track and rule how long it has held. [`Grounds`] are the zones, lists and shore of the site. The [`score`] orders.

mod around;
mod compiled;
mod field_table;
mod fields;
mod grid;
mod grounds;
mod hold;
mod judge;
mod lang;
mod launch;
mod listed;
mod lists;
mod memory;
mod normal;
#[cfg(test)]
mod officer_words;
mod pace;
mod registry;
mod rides;
mod score;
mod spec;
mod spelling;
mod sun;
mod template;
mod world;
mod zone;

pub use fields::{Field, FieldKind, Table, fields};
pub use grounds::Grounds;
pub use judge::Judge;
pub use lists::{ALIKE, Entry, Keys, ListKind, Lists, Match};
pub use score::{BASE, Contribution, Group, Score};
pub use spec::{Probe, RuleFault, RuleSpec, Sample, Verdict};
pub(crate) use spelling::nearest;
pub use sun::sun_altitude;
pub(crate) use zone::goes_round;
pub use zone::{Answer, Hours, Shape, ZONE_WORDS, Zone, ZoneKind};
