//! Picture → alerts: predicates, the rule language, explanations. Pure.
//!
//! A [`RuleSpec`] is a rule as written. Its expressions are read by [`lang`] into trees whose fields are numbers of slots; the
//! [`Judge`] fills the slots from a track once, asks every rule, and keeps for each track and rule how long it has held.

mod compiled;
mod fields;
mod hold;
mod judge;
mod lang;
mod spec;
mod spelling;
mod sun;
mod template;

pub use fields::{FieldKind, fields};
pub use judge::Judge;
pub use spec::{RuleFault, RuleSpec};
pub(crate) use spelling::nearest;
pub use sun::sun_altitude;
