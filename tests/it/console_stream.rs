//! The console's stream over a real WebSocket: a snapshot, deltas, removals, and what a client that does not read gets.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use haishao::console::{Console, serve};
use haishao::model::{Picture, SensorId, SensorSet, Timestamp, Track, TrackId};
use serde_json::Value;
use tungstenite::{Message, WebSocket};

use crate::console::{NOW, clock, shared, track};

type Socket = WebSocket<TcpStream>;

fn connect(console: &Console) -> Socket {
    let stream = TcpStream::connect(console.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    tungstenite::client(format!("ws://{}/api/stream", console.address()), stream).unwrap().0
}

/// A track as docs/protocols/console.md says that it is written, read by hand.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    lon: f64,
    lat: f64,
    cog_deg: f64,
    sog_kn: f64,
    flags: [u8; 2],
    seen_ds: u16,
}

#[derive(Debug, Default)]
struct Frame {
    is_snapshot: bool,
    number: u32,
    t_out: f64,
    records: BTreeMap<u64, Seen>,
    removed: Vec<u64>,
}

fn read_frame(bytes: &[u8]) -> Frame {
    assert_eq!(&bytes[..4], b"HST1");
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let i32_at = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let u16_at = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
    let (n, m) = (u32_at(12) as usize, u32_at(16) as usize);
    assert_eq!(bytes.len(), 40 + 20 * n + 4 * m);
    let newest = u64::from_le_bytes(bytes[32..40].try_into().unwrap());
    let whole = |low: u32| newest - u64::from((newest as u32).wrapping_sub(low));
    let mut frame = Frame {
        is_snapshot: bytes[4] == 0,
        number: u32_at(8),
        t_out: f64::from_le_bytes(bytes[24..32].try_into().unwrap()),
        ..Frame::default()
    };
    for i in 0..n {
        let at = 40 + 20 * i;
        let seen = Seen {
            lon: f64::from(i32_at(at + 4)) / 1e7,
            lat: f64::from(i32_at(at + 8)) / 1e7,
            cog_deg: f64::from(u16_at(at + 12)) / 10.0,
            sog_kn: f64::from(u16_at(at + 14)) / 10.0,
            flags: [bytes[at + 16], bytes[at + 17]],
            seen_ds: u16_at(at + 18),
        };
        frame.records.insert(whole(u32_at(at)), seen);
    }
    frame.removed = (0..m).map(|i| whole(u32_at(40 + 20 * n + 4 * i))).collect();
    frame
}

/// The next message, however often the call is interrupted: a socket with a time limit is not read on by the kernel.
fn read(socket: &mut Socket) -> Message {
    loop {
        match socket.read() {
            Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::Interrupted => {}
            told => return told.unwrap(),
        }
    }
}

/// The next binary message, and the text messages before it by their type.
fn next_frame(socket: &mut Socket, texts: &mut BTreeMap<String, Value>) -> Frame {
    loop {
        match read(socket) {
            Message::Binary(bytes) => return read_frame(&bytes),
            Message::Text(text) => {
                let json: Value = serde_json::from_str(&text).unwrap();
                texts.insert(json["type"].as_str().unwrap().to_owned(), json);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn until_text(socket: &mut Socket, wanted: &str) -> Value {
    loop {
        if let Message::Text(text) = read(socket) {
            let json: Value = serde_json::from_str(&text).unwrap();
            if json["type"] == wanted {
                return json;
            }
        }
    }
}

fn picture(number: u64, tracks: Vec<Track>) -> Arc<Picture> {
    Arc::new(Picture::new(NOW.plus_seconds(number as f64), number, tracks))
}

#[test]
fn a_console_gets_all_there_is_and_then_what_changes() {
    let shared = shared();
    let console = serve("127.0.0.1:0", Arc::clone(&shared), clock).unwrap();
    let mut socket = connect(&console);
    let mut texts = BTreeMap::new();
    // The hub may not have looked yet: then the first snapshot is empty and all comes as a delta.
    let mut known = BTreeMap::new();
    while known.len() < 4 {
        let frame = next_frame(&mut socket, &mut texts);
        if frame.is_snapshot {
            known.clear();
        }
        known.extend(frame.records);
    }
    let hello = &texts["hello"];
    assert_eq!((hello["protocol"].as_u64(), hello["mode"].as_str()), (Some(1), Some("live")));
    assert_eq!(hello["sensors"][0]["kind"], "radar");
    let one = &known[&1];
    assert!((one.lat - 22.5).abs() < 1e-7 && (one.lon - 114.7).abs() < 1e-7, "{one:?}");
    // 3 m/s east and 4 north: 9.7 kn, 036.9°.
    assert_eq!((one.sog_kn, one.cog_deg), (9.7, 36.9));
    // Confirmed, seen by radar, AIS never received.
    assert_eq!(one.flags[0], 1 | 1 << 2 | 1 << 5);
    // An alert of severity 3 lasts and waits.
    assert_eq!(one.flags[1], 3 << 3 | 1 << 6);
    assert_eq!(known[&2].flags[1], 0);
    assert_eq!(u64::from(one.seen_ds), NOW.nanos() as u64 / 100_000_000 % 65_536);

    // One has gone, one has moved, one is new; the two that are as they were are not told again.
    let mut moved = track(2, 22.61, 114.8);
    moved.t_out = NOW;
    let far = TrackId(u64::from(u32::MAX) + 1);
    shared.picture.store(picture(10, vec![track(1, 22.5, 114.7), moved, track(4, -10.0, -170.0), track(far.0, 0.0, 0.0)]));
    let frame = loop {
        let frame = next_frame(&mut socket, &mut texts);
        if !frame.is_snapshot && !frame.records.is_empty() {
            break frame;
        }
    };
    assert_eq!(frame.records.keys().copied().collect::<Vec<_>>(), [2, far.0]);
    assert_eq!(frame.removed, [3]);
    assert!((frame.records[&2].lat - 22.61).abs() < 1e-7);
    assert_eq!(frame.t_out, NOW.plus_seconds(10.0).secs_f64());
    let health = until_text(&mut socket, "health");
    assert_eq!(health["consoles"], 1);
    assert_eq!(health["sensors"][0]["refused"]["bad-length"], 3);
}

#[test]
fn a_console_that_does_not_read_is_sent_a_snapshot_and_holds_up_nobody() {
    let shared = shared();
    let console = serve("127.0.0.1:0", Arc::clone(&shared), clock).unwrap();
    // Little room at its end, so that the test is short; the server's own end holds some megabytes.
    let narrow = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    narrow.set_recv_buffer_size(8192).unwrap();
    narrow.connect(&console.address().into()).unwrap();
    let mut slow = tungstenite::client(format!("ws://{}/api/stream", console.address()), TcpStream::from(narrow)).unwrap().0;
    let mut quick = connect(&console);
    let crowd = |number: u64| {
        let at = |id: u64| 22.0 + id as f64 * 1e-5 + number as f64 * 1e-4;
        let mut tracks: Vec<Track> = (1..=20_000).map(|id| track(id, at(id), 114.0)).collect();
        let mut sensors = SensorSet::default();
        sensors.touch(SensorId(0), Timestamp::from_secs(1_773_504_100 + number as i64));
        tracks.iter_mut().for_each(|t| t.sensors = sensors);
        picture(number, tracks)
    };
    let mut texts = BTreeMap::new();
    let (mut frames, mut last) = (0, 0);
    // More than the socket's buffers and the window of messages hold: 400 kB a second, 40 times.
    for number in 10..50 {
        shared.picture.store(crowd(number));
        let frame = next_frame(&mut quick, &mut texts);
        assert!(frame.number > last || frame.is_snapshot, "{} after {last}", frame.number);
        last = frame.number;
        frames += 1;
    }
    assert_eq!(frames, 40);
    // The slow one reads again: what waited in the buffers, then everything as it is now, not all that it has missed.
    let mut seen = Vec::new();
    loop {
        let frame = next_frame(&mut slow, &mut texts);
        seen.push((frame.is_snapshot, frame.number));
        if frame.number >= last {
            break;
        }
    }
    let snapshots = seen.iter().filter(|(is_snapshot, _)| *is_snapshot).count();
    assert!(snapshots >= 2, "{seen:?}");
    assert!(seen.len() < 38, "{} frames: none was left out", seen.len());
}
