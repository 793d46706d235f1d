//! Integration tests: one behaviour a file, one binary so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asterix_scenes;
mod capture;
mod config_scenes;
mod feeds;
mod pcap;
mod recorded;
mod sapient_scenes;
mod shared;
mod simulate;
