//! Integration tests: one behaviour a file, one binary so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod config_scenes;
mod pcap;
mod rule_timelines;
mod shared;
