//! Reports → picture: gate, cluster, associate, initiate, identify, register. Pure.
// Matrices and banks of modes: the index is the notation.
#![allow(clippy::needless_range_loop)]

mod align;
mod amplitude;
mod antenna;
mod associate;
mod bearing;
mod between;
mod births;
mod clutter;
mod craft;
mod echo;
mod equations;
mod events;
mod extent;
mod far;
mod fix;
mod fuser;
mod gate;
mod grid;
mod hull;
mod identify;
mod interval;
mod jump;
mod land;
mod look;
mod merge;
mod misplaced;
mod names;
mod near;
mod owed;
mod places;
mod radar;
mod realign;
mod reception;
mod references;
mod register;
mod scatter;
mod sensor_errors;
mod sensor_track;
mod settings;
mod split;
mod stitch;
mod swap;
mod transmissions;
mod unresolved;
mod whereabouts;
mod workers;

pub use fuser::Fuser;
pub use jump::Jump;
pub use land::Land;
pub use realign::Realigned;
pub use register::RadarErrors;
pub use settings::FuseSettings;
pub use transmissions::Transmissions;
pub use workers::{Alone, Job, Workers};
