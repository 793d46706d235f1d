//! Counts of what was decoded and what was refused, by reason.

use std::collections::BTreeMap;

/// Why something was refused: a short kebab-case word that also names the metric's label, as `bad-checksum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refusal(pub &'static str);

/// Counters of one feed's decoder. Bounded: the reasons are a fixed set of words in the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireHealth {
    /// Frames taken.
    pub frames: u64,
    /// Sentences, records or messages decoded.
    pub decoded: u64,
    /// Reports made of them.
    pub reports: u64,
    /// What was refused, by reason.
    pub refused: BTreeMap<Refusal, u64>,
    /// What was decoded and left out on purpose (repeats, kinds without use), by reason.
    pub ignored: BTreeMap<Refusal, u64>,
}

impl WireHealth {
    /// Counts one refusal.
    pub fn refuse(&mut self, reason: Refusal) {
        *self.refused.entry(reason).or_default() += 1;
    }

    /// Counts one thing left out on purpose.
    pub fn ignore(&mut self, reason: Refusal) {
        *self.ignored.entry(reason).or_default() += 1;
    }

    /// All refusals.
    pub fn refused_total(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        self.frames += other.frames;
        self.decoded += other.decoded;
        self.reports += other.reports;
        for (reason, n) in &other.refused {
            *self.refused.entry(*reason).or_default() += n;
        }
        for (reason, n) in &other.ignored {
            *self.ignored.entry(*reason).or_default() += n;
        }
    }
}
