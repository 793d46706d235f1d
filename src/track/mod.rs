//! Mathematics of one track: motion models, filter, existence. Pure.
// Matrices and banks of modes: the index is the notation.
#![allow(clippy::needless_range_loop)]

mod bank;
mod existence;
mod exponential;
mod imm;
mod normal;

pub use existence::{Existence, LEVEL_PD, LEVELS};
pub use exponential::{exp_each, lanes};
pub use imm::{Imm, LEFT, MODES, Motion, RESTLESS, RIGHT, STEADY};
pub use normal::{Expected, Normal, Place, Step, mahalanobis2, summed};
