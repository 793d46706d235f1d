//! The whole way: recorded bytes to alerts, and frame in to picture out over real sockets.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use crossbeam_channel::bounded;

use super::figures::{Figures, median_cpu_seconds};
use super::fuse::night_config;
use crate::cli::watch::Memory;
use crate::config::{CaptureSettings, Config};
use crate::engine::live::Live;
use crate::engine::{Pipeline, Shared};
use crate::feed::{Clock, Stop, start};
use crate::geo::LocalPlane;
use crate::model::{FeedId, Frame, Mmsi, Timestamp};
use crate::publish::lines::{alert_line, track_line};
use crate::sim::{DayaBayNight, Motion, Station};

/// Length of the simulated night that is run through.
const NIGHT_S: f64 = 600.0;
const ROUNDS: usize = 3;

/// Bytes of a night, already in memory, to track and alert lines.
pub fn night(figures: &mut Figures) -> anyhow::Result<()> {
    let config = night_config()?;
    let events: Vec<_> = DayaBayNight::new(7, Timestamp::from_secs(1_773_504_000)).lasting(NIGHT_S).collect();
    let (mut tracks, mut alerts, mut bytes) = (0usize, 0usize, 0usize);
    let mut failed = Ok(());
    let seconds = median_cpu_seconds(ROUNDS, || {
        let mut pipeline = match Pipeline::new(&config) {
            Ok(pipeline) => pipeline,
            Err(faults) => {
                failed = Err(anyhow::anyhow!(faults.join("; ")));
                return;
            }
        };
        let mut line = Vec::new();
        (tracks, alerts, bytes) = (0, 0, 0);
        for event in &events {
            let (_, effects) = pipeline.frame(Frame { feed: event.feed, received_at: event.at, bytes: &event.bytes });
            tracks += effects.tracks.len();
            alerts += effects.alerts.len();
            effects.tracks.iter().for_each(|t| track_line(t, &config.site, &mut line));
            effects.alerts.iter().for_each(|a| alert_line(a, &mut line));
            bytes += line.len();
            line.clear();
        }
    });
    failed?;
    figures.add("pipeline.times_real_time", NIGHT_S / seconds, "×");
    figures.add("pipeline.frames_per_s", events.len() as f64 / seconds, "frames/s");
    figures
        .note(format!("pipeline: {} frames, {tracks} track lines, {alerts} alert lines, {bytes} bytes of lines", events.len()));
    Ok(())
}

/// Reports a second, as DESIGN §7 asks.
const RATE_HZ: usize = 20_000;
const LIVE_S: usize = 6;
/// The sender's step: so many datagrams go out at once.
const STEP: Duration = Duration::from_millis(1);
/// Ships that send; each tells its position ten times a second.
const SHIPS: u32 = 2_000;

/// Real datagrams over loopback through a feed's thread, the record, the loop, to the picture.
pub fn frame_to_picture(figures: &mut Figures) -> anyhow::Result<()> {
    let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    let folder = std::env::temp_dir().join(format!("haishao-bench-{}", std::process::id()));
    let config = Config {
        capture: CaptureSettings { dir: Some(folder.clone()), ..CaptureSettings::default() },
        ..parse(&format!(
            "[site]\nname = \"bench\"\norigin = {{ lat = 22.55, lon = 114.72 }}\n\n\
             [[sensor]]\nid = \"ais\"\nkind = \"ais\"\nformat = \"nmea\"\nfeed = \"udp://127.0.0.1:{port}\"\n"
        ))?
    };
    let site = Arc::new(config.site.clone());
    let shared = Arc::new(Shared::new(Arc::clone(&site), None));
    let (clock, stop) = (Clock::new(), Stop::new());
    let (pipeline, recorder) = crate::cli::watch::begin(&config, clock.now(), Memory::None)?;
    let (decoders, core) = pipeline.split();
    let (sender, batches) = bounded(256);
    let mut feeds = Vec::new();
    for (i, decoder) in decoders.into_iter().enumerate() {
        feeds.push(start(&site, FeedId(i as u16), decoder, clock.clone(), sender.clone(), stop.clone())?);
    }
    drop(sender);
    let live = {
        let (shared, clock) = (Arc::clone(&shared), clock.clone());
        std::thread::Builder::new()
            .name("loop".to_owned())
            .spawn(move || Live::new(core, shared, recorder, Vec::new()).run(&batches, || clock.now(), |_| {}))?
    };
    let datagrams = sentences(&config, clock.now());
    let sent = send(&datagrams, port, &clock)?;
    std::thread::sleep(Duration::from_millis(300));
    let health = feeds.first().map(|f| f.health(clock.now())).unwrap_or_default();
    stop.stop();
    live.join().map_err(|_panic| anyhow::anyhow!("the loop has failed"))?;
    feeds.into_iter().for_each(|f| drop(f.join()));
    std::fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;

    let delay = |q| shared.frame_to_picture.quantile(q).map_or(f64::NAN, |d| d.as_secs_f64() * 1e3);
    figures.add("live.frame_to_picture_p50_ms", delay(0.5), "ms");
    figures.add("live.frame_to_picture_p99_ms", delay(0.99), "ms");
    figures.add("live.frame_to_picture_max_ms", delay(1.0), "ms");
    let reports = shared.counters.reports.load(std::sync::atomic::Ordering::Relaxed);
    figures.note(format!(
        "live: {sent} datagrams sent at {RATE_HZ}/s, {} received, {reports} reports, {} dropped by the kernel, {} tracks, recorded",
        health.frames,
        health.kernel_drops,
        shared.picture.load().tracks().len()
    ));
    Ok(())
}

fn parse(text: &str) -> anyhow::Result<Config> {
    crate::config::parse(text, std::path::Path::new("bench.toml"))
        .map_err(|faults| anyhow::anyhow!(faults.into_iter().map(|f| f.what).collect::<Vec<_>>().join("; ")))
}

/// Position reports of ships on a lattice, each a little further than the one before.
fn sentences(config: &Config, now: Timestamp) -> Vec<Vec<u8>> {
    let plane = LocalPlane::new(config.site.origin);
    let mut station = Station::new("BENCH");
    let total = RATE_HZ * LIVE_S;
    (0..total)
        .map(|i| {
            let ship = i as u32 % SHIPS;
            let t = i as f64 / RATE_HZ as f64;
            let (column, row) = (f64::from(ship % 50), f64::from(ship / 50));
            let speed = 5.0 + f64::from(ship % 7);
            let position = plane.geodetic(column * 800.0 - 20_000.0 + speed * t, row * 800.0 - 16_000.0);
            let at = now.plus_seconds(t);
            let motion = Motion {
                position,
                sog: speed,
                cog: std::f64::consts::FRAC_PI_2,
                heading: None,
                utc_second: (at.nanos().div_euclid(1_000_000_000) % 60) as u8,
            };
            station.class_a_position(at.nanos() / 1_000_000_000, Mmsi(412_000_000 + ship), 0, &motion).into_bytes()
        })
        .collect()
}

fn send(datagrams: &[Vec<u8>], port: u16, clock: &Clock) -> anyhow::Result<usize> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(("127.0.0.1", port))?;
    let begun = clock.monotonic();
    let mut sent = 0;
    while sent < datagrams.len() {
        let due = ((clock.monotonic() - begun).as_secs_f64() * RATE_HZ as f64) as usize;
        while sent < due.min(datagrams.len()) {
            if let Some(datagram) = datagrams.get(sent) {
                socket.send(datagram)?;
            }
            sent += 1;
        }
        std::thread::sleep(STEP);
    }
    Ok(sent)
}
