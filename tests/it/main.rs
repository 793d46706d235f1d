//! Integration tests: one behaviour a file, one binary so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arpa;
mod asterix_scenes;
mod config_scenes;
mod pcap;
mod sapient_scenes;
mod shared;
mod simulate;
