//! Threads and channels, and the one loop: event → apply → effects.
//!
//! [`Core`] is the engine proper: a deterministic function of the events it is given, without a clock; how many threads work a look changes nothing. [`live`] gives
//! it what the feeds receive, recording first; [`replay`] gives it what a record holds. Both end in the same call.

mod commander;
mod core;
pub mod health;
pub mod keep;
mod latency;
pub mod live;
mod misaligned;
mod pipeline;
pub mod playback;
pub mod record;
pub mod reload;
pub mod replay;
mod shared;
mod ships;
pub mod workers;

pub use self::commander::{Commander, Submission, commander};
pub use self::core::{Core, Effects};
pub use latency::Latency;
pub use misaligned::misaligned;
pub use pipeline::Pipeline;
pub use shared::{Counters, SensorStatus, Shared};
pub use ships::Ships;
