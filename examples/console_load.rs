//! Serves the console over a made-up sea, to measure it: `console_load TRACKS [CLIENTS [SECONDS [ADDR [LEAK_KB]]]]`.
//!
//! Every second all tracks move and a new picture is published. CLIENTS threads read the stream as browsers would. At the end it
//! prints what the console's own threads took of the processor (from /proc), what each client received, and the memory of the
//! process along the way; it fails if that has grown beyond what trails need. LEAK_KB keeps so much for ever each second: with it the
//! program must fail, which shows that it would find a leak.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on may end")]
#![allow(missing_docs, reason = "a program")]

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use haishao::console::serve;
use haishao::engine::Shared;
use haishao::feed::Clock;
use haishao::geo::{Geodetic, GeodeticHeight};
use haishao::model::{
    AisState, CraftClass, FeedId, Mmsi, Picture, Sensor, SensorId, SensorKind, SensorSet, Site, Timestamp, Track, TrackId,
    TrackStatus, WireFormat,
};

/// Trails keep a sample of 10 bytes a track each 10 s, and take room for 36 at a time (`console/trails.rs`).
const TRAIL_EVERY_S: u64 = 10;
const TRAIL_ROOM: u64 = 36;
const TRAIL_BYTES: u64 = 10;
/// What the allocator may take for messages on their way, of what the process holds after a minute.
const SLACK: f64 = 0.05;

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: u64| given.get(i).map_or(default, |t| t.parse().unwrap());
    let (tracks, clients, seconds) = (number(0, 10_000), number(1, 0), number(2, u64::MAX));
    let leak_kb = number(4, 0);
    let mut leaked: Vec<Vec<u8>> = Vec::new();
    let listen = given.get(3).map_or("127.0.0.1:0", String::as_str);

    let clock = Clock::new();
    let shared = Arc::new(Shared::new(Arc::new(site()), Some("MEASUREMENT".to_owned())));
    let now = {
        let clock = clock.clone();
        move || clock.now()
    };
    let console = serve(listen, Arc::clone(&shared), now).unwrap();
    eprintln!("console_load: {tracks} tracks, {clients} clients, console on http://{}", console.address());
    let received = Arc::new(AtomicU64::new(0));
    let worst_gap_ms = Arc::new(AtomicU64::new(0));
    for _ in 0..clients {
        let (address, received, worst) = (console.address(), Arc::clone(&received), Arc::clone(&worst_gap_ms));
        let clock = clock.clone();
        std::thread::spawn(move || {
            let stream = TcpStream::connect(address).unwrap();
            let (mut socket, _) = tungstenite::client(format!("ws://{address}/api/stream"), stream).unwrap();
            let mut last = None::<Timestamp>;
            while let Ok(message) = socket.read() {
                received.fetch_add(message.len() as u64, Ordering::Relaxed);
                if message.is_binary() {
                    let now = clock.now();
                    if let Some(last) = last {
                        worst.fetch_max((now.seconds_since(last) * 1e3) as u64, Ordering::Relaxed);
                    }
                    last = Some(now);
                }
            }
        });
    }
    let (mut spent_before, mut settled_mb) = (None, None);
    for second in 0..seconds {
        let at = clock.now();
        let moved = (0..tracks).map(|id| track(id + 1, second, at)).collect();
        shared.picture.store(Arc::new(Picture::new(at, second + 1, moved)));
        if second == 10 {
            spent_before = Some((console_cpu_s(), received.load(Ordering::Relaxed), second));
        }
        if second.is_multiple_of(60) {
            eprintln!("console_load: {second} s, {:.1} MB resident", resident_mb());
        }
        if second == 60 {
            settled_mb = Some(resident_mb());
        }
        if leak_kb > 0 {
            // Written to, so that it is resident.
            leaked.push(vec![1; leak_kb as usize * 1000]);
        }
        let spent = clock.now().seconds_since(at);
        std::thread::sleep(Duration::from_secs_f64((1.0 - spent).max(0.0)));
    }
    if let Some((cpu, bytes, since)) = spent_before {
        let span = (seconds - since) as f64;
        let each = |v: f64| if clients > 0 { v / clients as f64 } else { 0.0 };
        let cpu_ms = (console_cpu_s() - cpu) * 1e3 / span;
        let kb = (received.load(Ordering::Relaxed) - bytes) as f64 / 1e3 / span;
        println!(
            "{tracks} tracks, {clients} clients: console {cpu_ms:.2} ms of processor a second, {:.1} kB a second to each client, longest gap between frames {} ms, {:.1} MB resident",
            each(kb),
            worst_gap_ms.load(Ordering::Relaxed),
            resident_mb()
        );
    }
    let Some(settled) = settled_mb else { return };
    let samples = (seconds / TRAIL_EVERY_S).next_multiple_of(TRAIL_ROOM);
    let bound = settled * (1.0 + SLACK) + (samples * TRAIL_BYTES * tracks) as f64 / 1e6;
    let resident = resident_mb();
    println!(
        "memory: {settled:.1} MB after a minute, {resident:.1} at the end, at most {bound:.1}; kept on purpose: {} MB",
        leaked.len() as u64 * leak_kb / 1000
    );
    if resident > bound {
        eprintln!("console_load: it has grown beyond that");
        std::process::exit(1);
    }
}

/// User and system time of the console's threads, s; ticks of 10 ms.
fn console_cpu_s() -> f64 {
    let mut ticks = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let Ok(stat) = std::fs::read_to_string(task.path().join("stat")) else { continue };
        let Some((head, tail)) = stat.rsplit_once(") ") else { continue };
        if head.contains("(console") {
            let fields: Vec<&str> = tail.split(' ').collect();
            ticks += fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        }
    }
    ticks as f64 / 100.0
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1e3
}

fn track(id: u64, second: u64, at: Timestamp) -> Track {
    // A low-discrepancy sea: every craft on a course of its own, moving.
    let spread = |k: u64, step: f64| (k as f64 * step).fract();
    let course = spread(id, 0.618_033_988_75) * std::f64::consts::TAU;
    let mps = 1.0 + 12.0 * spread(id, 0.754_877_666);
    let gone = mps * second as f64 / 111_000.0;
    let mut sensors = SensorSet::default();
    sensors.touch(SensorId((id % 2) as u16), at.plus_seconds(-spread(id, 0.3)));
    Track {
        id: TrackId(id),
        status: TrackStatus::Confirmed,
        t: at,
        t_out: at,
        born: at.plus_seconds(-60.0),
        position: Geodetic::from_degrees(
            22.2 + 0.7 * spread(id, 0.569_840_29) + gone * course.cos(),
            114.3 + 0.9 * spread(id, 0.381_966) + gone * course.sin(),
        ),
        velocity: [mps * course.sin(), mps * course.cos()],
        position_cov: [100.0, 0.0, 100.0],
        velocity_cov: [1.0, 0.0, 1.0],
        sog_lcb90: mps * 0.9,
        p_exist: 0.99,
        p_fast: 0.0,
        hit_ratio: 0.9,
        mmsi: id.is_multiple_of(2).then_some(Mmsi(412_000_000 + (id % 1_000_000) as u32)),
        ais: if id.is_multiple_of(2) { AisState::Ok } else { AisState::None },
        ais_expected: None,
        class: CraftClass::Ship,
        sensors,
        modes: haishao::model::Modes::default(),
        sensing: haishao::model::Sensing::default(),
        ais_detail: haishao::model::AisDetail::default(),
        origin: haishao::model::Origin::default(),
    }
}

fn site() -> Site {
    let sensor = |id: &str, kind, lon| Sensor {
        position: Some(GeodeticHeight::from_degrees(22.55, lon, 110.0)),
        scan_s: Some(2.5),
        ..Sensor::new(id, kind, WireFormat::Asterix, FeedId(0))
    };
    Site {
        name: "made up".to_owned(),
        origin: GeodeticHeight::from_degrees(22.55, 114.72, 0.0),
        sensors: vec![sensor("ais", SensorKind::Ais, 114.7), sensor("radar", SensorKind::Radar, 114.886)],
        feeds: Vec::new(),
    }
}
