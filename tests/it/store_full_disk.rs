//! The store while the disk is full: it says so, the watch goes on, and what was ordered meanwhile is there when there is room again.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use haishao::engine::Effects;
use haishao::engine::keep::{KeepHealth, Patience, keep};
use haishao::engine::live::Sink;
use haishao::geo::GeodeticHeight;
use haishao::model::incident::{AlarmState, Change, Incident, IncidentEvent, IncidentId};
use haishao::model::{Mmsi, Severity, Site, Timestamp};
use haishao::store::{IncidentQuery, Store, TrackQuery};

use crate::capture_full_disk::SmallDisk;
use crate::console::{ask, get, track};
use crate::program::{Watch, haishao, run, small_site};

fn site() -> Site {
    let origin = GeodeticHeight::from_degrees(22.55, 114.72, 0.0);
    Site { name: "x".into(), origin, sensors: Vec::new(), feeds: Vec::new() }
}

fn event(number: u64) -> IncidentEvent {
    let at = Timestamp::from_secs(1_773_504_000 + number as i64);
    let mut incident = Incident::new(IncidentId(number), at, Severity::new(3).unwrap(), [22.5, 114.7]);
    incident.alarm = AlarmState::Unacknowledged;
    // Some kilobytes each.
    incident.text = "疑似".repeat(500);
    IncidentEvent { number, at, actor: None, change: Change::Rectified, incident: Some(Arc::new(incident)) }
}

/// Fills the disk to the last byte.
fn ballast(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("ballast");
    let mut file = std::fs::File::create(&path).unwrap();
    for size in [1 << 16, 1 << 12, 1 << 8, 1] {
        while file.write_all(&vec![0u8; size]).is_ok() {}
    }
    path
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} did not come within 60 s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_a_full_disk_refuses_is_written_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(dir.path()) else {
        eprintln!("SKIPPED: no right to mount a small file system");
        return;
    };
    let store = Store::open(&dir.path().join("haishao.sqlite3")).unwrap().store;
    let (mut sink, keeper) = keep(store.clone(), &site(), Patience::Never).unwrap();
    let tell = |sink: &mut dyn Sink, numbers: std::ops::Range<u64>| {
        for number in numbers {
            sink.take(&Effects { incidents: vec![event(number)], ..Effects::default() }).unwrap();
        }
        sink.flush().unwrap();
    };
    let stored = || {
        let all = store.incidents(&IncidentQuery { limit: 10_000, ..IncidentQuery::default() }).unwrap();
        all.iter().rev().map(|i| i.id.0).collect::<Vec<_>>()
    };
    tell(&mut sink, 1..11);
    wait_until("the first ten", || stored().len() == 10);

    let ballast = ballast(dir.path());
    // More than fits between what SQLite has set aside and the end of the disk.
    tell(&mut sink, 11..211);
    wait_until("the refusal", || {
        tell(&mut sink, 0..0);
        keeper.health().refused.is_some()
    });
    let health = keeper.health();
    assert!(health.refused.as_ref().is_some_and(|why| why.contains("full")), "{health:?}");
    let kept = stored();
    assert!(kept.starts_with(&(1..11).collect::<Vec<_>>()), "what was acknowledged is gone: {kept:?}");
    assert_eq!(health.lost, 0);

    std::fs::remove_file(ballast).unwrap();
    wait_until("that it takes again", || {
        tell(&mut sink, 0..0);
        keeper.health().refused.is_none() && stored().len() == 210
    });
    assert_eq!(stored(), (1..211).collect::<Vec<_>>());
    drop(sink);
    assert_eq!(keeper.finish(), KeepHealth::default());
    drop(store);
    assert_eq!(Store::open(&dir.path().join("haishao.sqlite3")).unwrap().damaged, None);
}

#[test]
fn a_watch_on_a_full_disk_goes_on_and_what_was_ordered_is_there_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let (config, ..) = small_site(folder);
    let capture = folder.join("capture");
    std::fs::create_dir(&capture).unwrap();
    let Some(disk) = SmallDisk::mount(&capture) else {
        eprintln!("SKIPPED: no right to mount a small file system");
        return;
    };
    let live = folder.join("live-incidents.jsonl");
    let mut command = haishao();
    command.arg("watch").arg("--config").arg(&config).arg("--incidents").arg(&live);
    let mut watch = Watch::spawn(&mut command);
    let address: SocketAddr = watch.wait_for("console on").rsplit_once("http://").unwrap().1.parse().unwrap();
    let order = |body: &str| {
        let head = format!("POST /api/commands HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n");
        ask(address, &format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
    };
    let open = |n: usize| {
        let words = "no lights ".repeat(150);
        let body = format!("{{\"do\":\"open\",\"position\":[22.5,114.7],\"severity\":2,\"text\":\"{n} {words}\"}}");
        let answer = order(&body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["incident"].as_u64().unwrap()
    };
    let up = || get(address, "/metrics").body.lines().find(|l| l.starts_with("haishao_store_up ")).map(str::to_owned);
    let mut opened: Vec<u64> = (0..5).map(&open).collect();
    wait_until("the store", || up().as_deref() == Some("haishao_store_up 1"));

    ballast(&capture);
    // Each is acknowledged to the officer although neither record nor store has room: both wait in memory.
    let deadline = Instant::now() + Duration::from_secs(60);
    while up().as_deref() != Some("haishao_store_up 0") {
        assert!(Instant::now() < deadline, "no alarm");
        opened.push(open(opened.len()));
    }
    watch.wait_for("incidents are not stored");
    assert_eq!(get(address, "/healthz").status, 200, "the picture goes on");
    wait_until("the record's alarm", || {
        get(address, "/api/sensors").json()["capture"].as_str().unwrap().starts_with("degraded")
    });

    disk.enlarge();
    wait_until("that the store takes again", || up().as_deref() == Some("haishao_store_up 1"));
    wait_until("that the record takes again", || get(address, "/api/sensors").json()["capture"] == "ok");
    let (status, _) = watch.terminate();
    assert!(status.success());
    let store = Store::open(&capture.join("haishao.sqlite3")).unwrap();
    assert_eq!(store.damaged, None);
    let all = store.store.incidents(&IncidentQuery { limit: 10_000, ..IncidentQuery::default() }).unwrap();
    let stored: Vec<u64> = all.iter().rev().map(|i| i.id.0).collect();
    assert!(opened.len() > 6 && stored == opened, "{} opened, {} stored", opened.len(), stored.len());
    // And the record has every order: its replay says what was said.
    let again = folder.join("again.jsonl");
    run(&[
        "replay".as_ref(),
        "--config".as_ref(),
        config.as_os_str(),
        "--incidents".as_ref(),
        again.as_os_str(),
        capture.as_os_str(),
    ]);
    assert!(std::fs::read(&live).unwrap() == std::fs::read(&again).unwrap(), "the replay says something else");
}

#[test]
fn tracks_are_found_by_the_name_they_told() {
    let store = Store::in_memory().unwrap();
    let (mut sink, keeper) = keep(store.clone(), &site(), Patience::Never).unwrap();
    let (named, dark) = (track(2, 22.5, 114.7), track(3, 22.6, 114.8));
    sink.take(&Effects { tracks: vec![named, dark], ..Effects::default() }).unwrap();
    // The name comes by another message than the position, here later.
    sink.take(&Effects { names: vec![(Mmsi(412_000_001), "YUE HUI 60123".to_owned())], ..Effects::default() }).unwrap();
    sink.take(&Effects { tracks: vec![named], ..Effects::default() }).unwrap();
    drop(sink);
    assert_eq!(keeper.finish(), KeepHealth::default());
    let found = |part: &str| {
        let query = TrackQuery { name: Some(part.to_owned()), limit: 10, ..TrackQuery::default() };
        store.tracks(&query).unwrap().into_iter().map(|t| (t.track.0, t.name)).collect::<Vec<_>>()
    };
    assert_eq!(found("HUI 60"), [(2, Some("YUE HUI 60123".to_owned()))]);
    assert!(found("HUI 61").is_empty());
}
