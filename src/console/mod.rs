//! HTTP API, stream and the embedded console: what the officer's browser, Prometheus and a curious colleague's `curl` see.
//!
//! Readers never block the engine: every answer is made from the newest published picture and short-held lists in
//! [`Shared`](crate::engine::Shared).

mod accounts;
mod answer;
mod api;
mod area;
mod assets;
mod charts;
mod duty;
mod foresight;
mod gate;
mod geojson;
mod hub;
mod load;
mod messages;
mod metrics;
mod orders;
mod people;
mod records;
mod reload;
mod replay;
mod server;
mod socket;
mod tls;
mod trails;

pub use accounts::{Accounts, LoginError};
pub use assets::is_built;
pub use charts::folder as charts_folder;
pub use reload::Reload;
pub use server::{Console, ConsoleError, Setup, serve, serve_with};
pub use tls::load as load_tls;
