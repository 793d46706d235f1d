//! The demo's senders: every sensor of the demo's site speaks, in its own tongue and at its own time of day.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use haishao::cli::demo;
use haishao::feed::{Clock, Stop};
use haishao::model::{FeedAddress, FeedId, Frame, ReportKind};
use haishao::wire::{WireHealth, decoder};

use crate::program::{Watch, run};

#[test]
fn every_sensor_of_the_demo_is_heard_and_read_and_the_senders_stop() {
    let mut site = demo::config().unwrap().site;
    assert_eq!(site.feeds.len(), 4);
    let sockets: Vec<UdpSocket> = (0..4).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    for (feed, socket) in site.feeds.iter_mut().zip(&sockets) {
        let FeedAddress::Udp { port, .. } = feed else { panic!("{feed}") };
        *port = socket.local_addr().unwrap().port();
        // The recording rests for half of each minute.
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    }
    let (stop, clock) = (Stop::new(), Clock::new());
    let begun = clock.now();
    let senders = demo::start(&site, stop.clone()).unwrap();
    for (i, socket) in sockets.iter().enumerate() {
        let feed = FeedId(i as u16);
        let mut decoder = decoder(&site, feed);
        let (mut reports, mut health) = (Vec::new(), WireHealth::default());
        let mut buffer = [0; 65_536];
        let wanted = |kind: &ReportKind| matches!(kind, ReportKind::Plot(_) | ReportKind::AisPosition(_));
        while reports.iter().filter(|r: &&haishao::model::Report| wanted(&r.kind)).count() < 20 {
            let n = crate::shared::receive(socket, &mut buffer);
            decoder.decode(Frame { feed, received_at: clock.now(), bytes: &buffer[..n] }, &mut reports, &mut health);
        }
        // The real log has a few sentences with a talker of two dashes; the simulated sensors make no mistakes.
        if i < 3 {
            assert_eq!(health.refused_total(), 0, "{}: {:?}", site.feeds[i], health.refused);
        }
        for report in reports.iter().filter(|r| wanted(&r.kind)) {
            assert_eq!(usize::from(report.sensor.0), i);
            // It may have lain in the socket while the others were read, but nothing was sent before the start: 10 s for a radar's
            // delay, a station's jitter and a vessel's own second. Real vessels are read in the minute nearest to reception, and some
            // of their clocks, and of the repeaters between, are off by any part of it.
            let (early, late) = if i < 3 { (3.0, 10.0) } else { (31.0, 31.0) };
            let (age, running) = (report.received_at.seconds_since(report.t), report.received_at.seconds_since(begun));
            assert!(
                (-early..running + late).contains(&age),
                "{}: told {age} s ago, {running} s after the start",
                site.feeds[i]
            );
        }
    }
    stop.stop();
    senders.join();
}

#[test]
fn the_demo_records_itself_and_begins_anew_with_every_start() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let mut watch = Watch::demo(folder.path());
        // A run that took in the one before would say so first.
        let said = watch.wait_for("haishao:");
        assert!(said.contains("recording into captures/demo"), "{said}");
        let said = watch.wait_for("watching");
        std::thread::sleep(Duration::from_secs(2));
        let sensors = get(said.rsplit_once("http://").unwrap().1.trim(), "/api/sensors");
        assert!(sensors.contains(r#""capture":"ok""#), "{sensors}");
        assert!(watch.terminate().0.success());
    }
    let capture = folder.path().join("captures/demo");
    let said = String::from_utf8(run(&["verify".as_ref(), capture.as_os_str()])).unwrap();
    assert!(said.contains("2 runs"), "{said}");
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/config/demo.toml");
    run(&["replay".as_ref(), "--config".as_ref(), config.as_ref(), "--tracks".as_ref(), "-".as_ref(), capture.as_os_str()]);
}

/// What the console answers.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_demo_is_shown_where_nothing_can_be_recorded() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("captures"), "not a folder").unwrap();
    let mut watch = Watch::demo(folder.path());
    watch.wait_for("cannot record the demo");
    watch.wait_for("watching");
    assert!(watch.terminate().0.success());
}
