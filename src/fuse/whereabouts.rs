//! Roughly where each craft is, side by side in memory: what a report may be of is found without fetching every craft.

use super::craft::Craft;

/// How far a craft may be from where it was noted, and the first of its models from its mean, m: what is not noted anew with a radar's look is within seconds, in which
/// no craft goes a kilometre, and models of one craft part by some hundred metres before it is dropped.
const SLACK_M: f32 = 2_000.0;

/// The places of all crafts, in their order.
#[derive(Default)]
pub(super) struct Whereabouts(Vec<[f32; 2]>);

/// Where a craft stands, as far as its first line of memory or its first model tells.
fn of(craft: &Craft) -> [f32; 2] {
    let at = if craft.waits { craft.origin } else { [craft.imm.mode[0].x[0], craft.imm.mode[0].x[1]] };
    at.map(|v| v as f32)
}

impl Whereabouts {
    /// A craft is held, the last in order.
    pub fn push(&mut self, craft: &Craft) {
        self.0.push(of(craft));
    }

    /// Craft `i` has moved.
    pub fn note(&mut self, i: usize, craft: &Craft) {
        if let Some(at) = self.0.get_mut(i) {
            *at = of(craft);
        }
    }

    /// All have moved.
    pub fn fill(&mut self, crafts: &[Box<Craft>]) {
        self.0.clear();
        self.0.extend(crafts.iter().map(|c| of(c)));
    }

    /// Those from `from` up to `end` stand at `to` now.
    pub fn close_gap(&mut self, from: usize, end: usize, to: usize) {
        self.0.copy_within(from..end, to);
    }

    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// The last of `to..=from` is the first of them now.
    pub fn move_up(&mut self, from: usize, to: usize) {
        self.0[to..=from].rotate_right(1);
    }

    /// Indices of all crafts that may be within `reach` (m, along each axis) of a place, in order, and of some beyond.
    pub fn near(&self, place: [f64; 2], reach: f64) -> impl Iterator<Item = usize> {
        let (p, far) = (place.map(|v| v as f32), reach as f32 + SLACK_M);
        let near = move |at: &[f32; 2]| (at[0] - p[0]).abs() <= far && (at[1] - p[1]).abs() <= far;
        self.0.iter().enumerate().filter(move |(_, at)| near(at)).map(|(i, _)| i)
    }
}
