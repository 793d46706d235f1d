//! Integration tests: one behaviour a file, one binary so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ais_chimeras;
mod ais_oracle;
mod asterix_round_trip;
mod asterix_scenes;
mod capture;
mod capture_damage;
mod config_scenes;
mod pcap;
mod recorded;
mod rule_timelines;
mod sapient_scenes;
mod scenes;
mod shared;
mod simulate;
mod tmp_stats;
