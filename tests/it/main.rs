//! Integration tests: one behaviour a file, one binary so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asterix_oracles;
mod asterix_reports;
mod asterix_round_trip;
mod asterix_scenes;
mod capture;
mod config_scenes;
mod pcap;
mod recorded;
mod sapient_scenes;
mod shared;
mod simulate;
