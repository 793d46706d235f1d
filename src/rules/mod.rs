//! Picture → alerts: predicates, the rule language, explanations. Pure.

mod spec;
mod spelling;

pub use spec::{RuleFault, RuleSpec};
pub(crate) use spelling::nearest;

use crate::model::{Alert, Site, Timestamp, Track};

/// Judges tracks by the site's rules. A deterministic function of the calls made on it.
pub struct Judge;

impl Judge {
    /// Compiles `rules`; all their errors at once.
    pub fn new(_rules: &[RuleSpec], _site: &Site) -> Result<Self, Vec<String>> {
        Ok(Self)
    }

    /// Judges the tracks that one event updated or dropped.
    pub fn apply(&mut self, _tracks: &[Track], _out: &mut Vec<Alert>) {}

    /// Lets time pass up to `now`.
    pub fn advance(&mut self, _now: Timestamp, _out: &mut Vec<Alert>) {}
}
