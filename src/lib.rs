//! Haishao 海哨: a coastal surveillance engine.
//!
//! Bytes from AIS receivers, radars and cameras come in; one picture of every craft on the water and alerts for the ones that
//! matter go out. The way of a byte: [`feed`] receives it, [`capture`] records it, [`wire`] decodes it into
//! [`model::Report`]s, [`fuse`] makes tracks of them, [`rules`] judge the tracks, [`publish`] tells.
//!
//! A room imports only rooms above it in this list; those marked pure name no thread, socket, file or clock.

pub mod geo; // pure
pub mod model; // pure
pub mod wire; // pure

pub mod track; // pure

pub mod fuse; // pure

pub mod rules; // pure

pub mod incident; // pure

pub mod sim; // pure

pub mod config;

pub mod feed;

pub mod capture;

pub mod store;

pub mod engine;

pub mod publish;

pub mod console;

pub mod cli;
