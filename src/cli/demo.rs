//! What `watch` shows without a configuration: the simulated night and the recording, sent to the demo's own feeds.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::thread::JoinHandle;

use anyhow::Context;
use flate2::read::GzDecoder;

use crate::config::{self, Config};
use crate::feed::Clock;
use crate::feed::Stop;
use crate::feed::udp_send::PacedSender;
use crate::model::{FeedAddress, Site, Timestamp};
use crate::sim::{DayaBayNight, Recording};

/// What stands above the picture and on the terminal.
pub const BANNER: &str = "模拟演示 SIMULATED";

/// The same in a sentence, for the terminal.
pub const EXPLANATION: &str = "the demo: a simulated night over Daya Bay and a real AIS recording of Denmark, 2010, sent again and \
                               again; no radar or ship of this picture exists";

const CONFIG: &str = include_str!("../../config/demo.toml");
const RECORDED: &[u8] = include_bytes!("../../fixtures/demo/dma-stream_example.txt.gz");

/// The seed of the night: any would do; this one keeps the screenshot in the manual true.
const SEED: u64 = 1;

/// Sensors of the scenario in `config/demo.toml`, in the order of the scenario's feeds.
const SIMULATED: [&str; 3] = ["simulated-radar-daxingshan", "simulated-radar-luzui", "simulated-ais-daxingshan"];
const RECORDING: &str = "recorded-ais-denmark-2010";

/// Where the demo is recorded, below the folder that it is started in.
pub const CAPTURE_DIR: &str = "captures/demo";
/// What the demo may take of a visitor's disk: some hours of it.
const CAPTURE_BYTES: u64 = 256 << 20;
/// Small segments, so that the oldest can go without taking much of that along.
const CAPTURE_SEGMENT_BYTES: u64 = 16 << 20;

/// The demo's configuration: that of `config/demo.toml`, recording into [`CAPTURE_DIR`].
pub fn config() -> anyhow::Result<Config> {
    let mut config = config::parse(CONFIG, Path::new("config/demo.toml")).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the demo's configuration is faulty: {}", faults.join("; "))
    })?;
    config.capture.dir = Some(CAPTURE_DIR.into());
    config.capture.segment_bytes = CAPTURE_SEGMENT_BYTES;
    config.capture.retain_bytes = Some(CAPTURE_BYTES);
    Ok(config)
}

/// The running senders.
#[derive(Debug)]
pub struct Demo {
    threads: Vec<JoinHandle<()>>,
}

/// Sends the scenario and the recording to the feeds of `site`, which has the sensors of [`config()`], until `stop`.
pub fn start(site: &Site, stop: Stop) -> anyhow::Result<Demo> {
    let mut targets = Vec::new();
    for id in SIMULATED {
        targets.push(address(site, id)?);
    }
    let recording_target = address(site, RECORDING)?;
    let mut log = String::new();
    GzDecoder::new(RECORDED).read_to_string(&mut log).context("the recording is damaged")?;
    let recording = Recording::new(&log);

    let start = Clock::new().now();
    let night = spawn("demo-night", start, stop.clone(), move |sender, stop| {
        for event in DayaBayNight::new(SEED, start) {
            let Some(to) = targets.get(usize::from(event.feed.0)) else { continue };
            if !sender.send(event.at, *to, &event.bytes, stop) {
                break;
            }
        }
    })?;
    let recorded = spawn("demo-recording", start, stop, move |sender, stop| {
        let mut begins = recording.start_before(start);
        loop {
            let rest = Timestamp::from_nanos(begins.nanos().saturating_add(recording.period_ns() / 2));
            // The first repetition is joined where it stands.
            let sent = recording.datagrams(begins).chain(recording.static_datagrams(rest)).filter(|(at, _)| *at >= start);
            for (at, bytes) in sent {
                if !sender.send(at, recording_target, &bytes, stop) {
                    return;
                }
            }
            begins = Timestamp::from_nanos(begins.nanos().saturating_add(recording.period_ns()));
        }
    })?;
    Ok(Demo { threads: vec![night, recorded] })
}

impl Demo {
    /// Waits for the senders, which have been asked to stop.
    pub fn join(self) {
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a sender of the demo had panicked");
            }
        }
    }
}

fn spawn(
    name: &str,
    start: Timestamp,
    stop: Stop,
    send: impl FnOnce(&mut PacedSender, &Stop) + Send + 'static,
) -> anyhow::Result<JoinHandle<()>> {
    let mut sender = PacedSender::new(start).context("cannot open a UDP socket for the demo")?;
    let run = move || send(&mut sender, &stop);
    std::thread::Builder::new().name(name.to_owned()).spawn(run).context("cannot start a thread for the demo")
}

fn address(site: &Site, id: &str) -> anyhow::Result<SocketAddr> {
    let sensor = site.sensors.iter().find(|s| s.id == id).with_context(|| format!("the demo needs a sensor {id}"))?;
    match site.feeds.get(usize::from(sensor.feed.0)) {
        Some(FeedAddress::Udp { host, port }) => {
            let ip = host.parse().with_context(|| format!("the feed of {id} needs an IP address"))?;
            Ok(SocketAddr::new(ip, *port))
        }
        _ => anyhow::bail!("the feed of {id} is not udp://"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::radars;

    #[test]
    fn the_demo_is_configured_as_its_radars_are_built() {
        let config = config().unwrap();
        for (id, spec) in SIMULATED.iter().zip(radars()) {
            let sensor = config.site.sensors.iter().find(|s| s.id == *id).unwrap();
            let [at, is] = [sensor.position.unwrap(), spec.position];
            assert!((at.lat - is.lat).abs() < 1e-9 && (at.lon - is.lon).abs() < 1e-9 && at.height_m == is.height_m);
            assert_eq!(sensor.sac_sic, Some(spec.sac_sic));
            assert_eq!((sensor.scan_s, sensor.sigma_range_m), (Some(spec.scan_s), Some(spec.sigma_range_m)));
            assert!((sensor.sigma_azimuth.unwrap().to_degrees() - spec.sigma_azimuth_deg).abs() < 1e-9);
        }
    }

    #[test]
    fn the_recording_is_whole() {
        let mut log = String::new();
        GzDecoder::new(RECORDED).read_to_string(&mut log).unwrap();
        let recording = Recording::new(&log);
        assert_eq!(recording.len(), log.lines().filter(|l| l.starts_with("$PGHP")).count());
        // Sent at the time at which it was heard, it is what was recorded, to the last checksum.
        let began = Timestamp::from_civil(2010, 6, 11, 11, 46, 11, 390_000_000).unwrap();
        let sent: Vec<u8> = recording.datagrams(began).flat_map(|(_, bytes)| bytes).collect();
        assert_eq!(String::from_utf8(sent).unwrap().replace("\r\n", "\n").trim_end(), log.replace("\r\n", "\n").trim_end());
        assert_eq!(recording.period_ns(), 60_000_000_000);
    }
}
