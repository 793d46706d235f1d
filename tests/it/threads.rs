//! However many threads work a look, the same is said.

use std::fmt::Write;
use std::process::Command;

use haishao::cli::bench::fuse::night_config;
use haishao::engine::Pipeline;
use haishao::model::{Frame, Timestamp};
use haishao::sim::DayaBayNight;

use super::shared;

/// Everything that a minute and a half of the simulated night causes, as text.
fn said(threads: usize, fewest_a_share: usize) -> String {
    let mut config = night_config().unwrap();
    config.threads = threads;
    config.fuse.fewest_a_share = fewest_a_share;
    let mut pipeline = Pipeline::new(&config).unwrap();
    let mut out = String::new();
    for event in DayaBayNight::new(7, Timestamp::from_secs(1_773_504_000)).lasting(90.0) {
        let (_, effects) = pipeline.frame(Frame { feed: event.feed, received_at: event.at, bytes: &event.bytes });
        // Debug writes every bit of a number that its shortest decimal tells apart.
        writeln!(out, "{:?} {:?}", effects.tracks, effects.alerts).unwrap();
    }
    out
}

/// Every look is cut, down to a single craft a share.
#[test]
fn looks_cut_among_threads_say_the_same_as_whole_ones() {
    let whole = said(1, 64);
    assert!(whole.len() > 1_000_000, "{}", whole.len());
    for threads in [2, 4] {
        assert!(said(threads, 1) == whole, "{threads} threads say something else");
    }
}

/// Through the program, on a thousand craft, whose looks are too small to be cut in service; those of ten thousand are (`cli::bench::fuse`).
#[test]
fn a_replay_on_one_two_and_four_threads_writes_the_same_bytes() {
    let Some(scene) = shared::data("scenes/wire/S5_scale_1") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut written = Vec::new();
    for threads in ["1", "2", "4"] {
        let (tracks, alerts) =
            (folder.path().join(format!("tracks-{threads}")), folder.path().join(format!("alerts-{threads}")));
        let status = Command::new(env!("CARGO_BIN_EXE_haishao"))
            .args(["replay", "--threads", threads, "--config"])
            .arg(scene.join("site.toml"))
            .arg("--tracks")
            .arg(&tracks)
            .arg("--alerts")
            .arg(&alerts)
            .args(["--to", "2026-03-14T16:00:40Z"])
            .arg(scene.join("capture.pcap.gz"))
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
        written.push((std::fs::read(tracks).unwrap(), std::fs::read(alerts).unwrap()));
    }
    assert!(written[0].0.len() > 1_000_000, "{} bytes of tracks", written[0].0.len());
    assert!(written[1] == written[0] && written[2] == written[0]);
}
