//! Alerts → incidents, and what officers do about them.
//!
//! Pure. [`Desk`] is a deterministic function of the alerts, the tracks, the commands and the engine's time it is given, so a replay
//! of the record tells the same story: who knew and did what, when. States and orders: `docs/incidents.md`.

mod alarm;
mod desk;
mod group;
pub mod hand_over;
mod intercept;
mod landfall;
pub mod load;
mod orders;
mod resume;
mod tasks;
mod ways;

#[cfg(test)]
mod tests;

pub use desk::{Desk, DeskCounts};
pub use group::GroupSettings;
pub use intercept::{Advice, Ellipse, Help, Landing, Target, advise, landing};
pub use landfall::{Forecast, Landfall, Landfalls};
