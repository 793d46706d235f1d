//! Integration tests: one behaviour a file, one binary so that it links once.
#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::disallowed_methods)] // a test plays the outside world, which has clocks

mod ais_bounded;
mod ais_chimeras;
mod ais_oracle;
mod ais_wrappers;
mod arpa;
mod asterix_fuzz;
mod asterix_oracles;
mod asterix_reports;
mod asterix_round_trip;
mod asterix_scenes;
mod capture;
mod capture_command;
mod capture_damage;
mod capture_full_disk;
mod capture_kill;
mod capture_versions;
mod config_faults;
mod config_scenes;
mod console;
mod demo;
mod feeds;
mod fuzz_nmea;
mod live_replay;
mod pcap;
mod program;
mod purity;
mod recorded;
mod rule_navico;
mod rule_timelines;
mod sapient_scenes;
mod scenes;
mod shared;
mod simulate;
mod tracking;
