//! What the live watch said, a replay of its record says again, byte for byte; also after it was killed.

use std::net::UdpSocket;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use haishao::model::{FeedId, Timestamp};
use haishao::sim::DayaBayNight;

use crate::program::{Watch, free_port, run, small_site};
use crate::sites::{self, DAXINGSHAN};

/// Sends `seconds` of the simulated night, at its own pace, to a radar's and an AIS receiver's ports: all of each get the same.
fn play(seconds: f64, radar: &[u16], ais: &[u16]) -> u64 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let begun = Instant::now();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let start = Timestamp::from_nanos(now.as_nanos() as i64);
    let mut sent = 0;
    for event in DayaBayNight::new(7, start).lasting(seconds) {
        let due = Duration::from_secs_f64(event.at.seconds_since(start).max(0.0));
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        let ports = match event.feed {
            FeedId(0) => radar,
            FeedId(2) => ais,
            _ => continue,
        };
        for port in ports {
            socket.send_to(&event.bytes, ("127.0.0.1", *port)).unwrap();
        }
        sent += 1;
    }
    sent
}

/// Adds the radar's second network and a second AIS receiver. Whose datagram comes first is chance, and the record holds it.
fn second_feeds(config: &Path) -> (u16, u16) {
    let (radar, ais) = (free_port(), free_port());
    let more = sites::radar("R1-LAN2", &format!("udp://127.0.0.1:{radar}"), DAXINGSHAN)
        + &sites::ais("AIS-2", &format!("udp://127.0.0.1:{ais}"));
    let text = std::fs::read_to_string(config).unwrap();
    std::fs::write(config, text + &more).unwrap();
    (radar, ais)
}

fn replay(config: &Path, folder: &Path, name: &str, more: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let (tracks, alerts) = (folder.join(format!("{name}-tracks.jsonl")), folder.join(format!("{name}-alerts.jsonl")));
    let capture = folder.join("capture");
    let mut arguments: Vec<&std::ffi::OsStr> = vec!["replay".as_ref(), "--config".as_ref(), config.as_os_str()];
    arguments.extend(["--tracks".as_ref(), tracks.as_os_str(), "--alerts".as_ref(), alerts.as_os_str()]);
    arguments.extend(more.iter().map(std::ffi::OsStr::new));
    arguments.push(capture.as_os_str());
    run(&arguments);
    (std::fs::read(tracks).unwrap(), std::fs::read(alerts).unwrap())
}

#[test]
fn a_replay_says_what_the_live_watch_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (config, radar, ais) = small_site(folder);
    let (other_lan, other_receiver) = second_feeds(&config);
    let (live_tracks, live_alerts) = (folder.join("live-tracks.jsonl"), folder.join("live-alerts.jsonl"));
    let outputs = ["--tracks", live_tracks.to_str().unwrap(), "--alerts", live_alerts.to_str().unwrap()];
    let watch = Watch::start(&config, &outputs);
    let sent = play(12.0, &[radar, other_lan], &[ais, other_receiver]);
    let (status, took) = watch.terminate();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(5), "took {took:?} to end");

    let tracks = std::fs::read(&live_tracks).unwrap();
    let alerts = std::fs::read(&live_alerts).unwrap();
    let lines = |bytes: &[u8]| bytes.iter().filter(|b| **b == b'\n').count();
    assert!(sent > 100 && lines(&tracks) > 50, "{sent} datagrams, {} track lines", lines(&tracks));
    assert!(lines(&alerts) > 0, "the rule for anything that moves has not fired");

    for (name, more) in [("first", &[][..]), ("second", &["--speed", "max"]), ("third", &["--speed", "20"])] {
        let (again_tracks, again_alerts) = replay(&config, folder, name, more);
        assert!(again_tracks == tracks, "{name}: track lines differ from the live ones");
        assert!(again_alerts == alerts, "{name}: alert lines differ from the live ones");
    }

    // From the middle on: the lines are the tail of all lines.
    let middle = t_out(&tracks, lines(&tracks) / 2);
    let (tail, _) = replay(&config, folder, "tail", &["--from", &middle]);
    assert!(!tail.is_empty() && tail.len() < tracks.len() && tracks.ends_with(&tail), "not the tail of the whole");

    run(&["verify".as_ref(), folder.join("capture").as_os_str()]);
}

#[test]
fn a_killed_watch_goes_on_with_what_it_had_recorded_and_the_replay_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (config, radar, ais) = small_site(folder);
    let watch = Watch::start(&config, &[]);
    play(6.0, &[radar], &[ais]);
    // Past the fsync bound of 1 s, so that all of it must be there.
    std::thread::sleep(Duration::from_millis(1500));
    watch.kill();

    let live_tracks = folder.join("live-tracks.jsonl");
    let watch = Watch::start(&config, &["--tracks", live_tracks.to_str().unwrap()]);
    play(5.0, &[radar], &[ais]);
    // Still recording: a replay that begins now reads as far as the record goes.
    let (partial, _) = replay(&config, folder, "partial", &[]);
    let (status, _) = watch.terminate();
    assert!(status.success());

    let tracks = std::fs::read(&live_tracks).unwrap();
    let (all, _) = replay(&config, folder, "all", &[]);
    assert!(!tracks.is_empty() && all.ends_with(&tracks), "the second run's lines are not the tail of the replay's");
    assert!(all.len() > tracks.len(), "the first run's lines are missing");
    assert!(all.starts_with(&partial) && !partial.is_empty(), "a replay of the growing record is not a beginning of the whole");
    run(&["verify".as_ref(), folder.join("capture").as_os_str()]);

    // No number of a track is used by both runs.
    let first_run = all.strip_suffix(&tracks[..]).unwrap();
    let numbers = |bytes: &[u8]| -> std::collections::BTreeSet<u64> {
        let lines = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty());
        lines.map(|l| serde_json::from_slice::<serde_json::Value>(l).unwrap()["track_id"].as_u64().unwrap()).collect()
    };
    assert!(numbers(first_run).is_disjoint(&numbers(&tracks)));
}

/// `t_out` of a line.
fn t_out(lines: &[u8], number: usize) -> String {
    let line = lines.split(|b| *b == b'\n').nth(number).unwrap();
    let value: serde_json::Value = serde_json::from_slice(line).unwrap();
    format!("{:.6}", value["t_out"].as_f64().unwrap())
}
