//! HTTP API and the embedded status page: what the officer's browser, Prometheus and a curious colleague's `curl` see.
//!
//! Readers never block the engine: every answer is made from the newest published picture and short-held lists in
//! [`Shared`](crate::engine::Shared).

mod answer;
mod api;
mod area;
mod geojson;
mod metrics;
mod page;
mod server;

pub use server::{Console, ConsoleError, serve};
