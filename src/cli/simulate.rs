//! `haishao simulate`: a scenario's bytes into a capture with its truth, or over real UDP.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use flate2::{Compression, GzBuilder};

use super::EXIT_USAGE;
use crate::feed::Clock;
use crate::feed::Stop;
use crate::feed::pcap_write::{Endpoint, PcapWriter};
use crate::feed::udp_send::PacedSender;
use crate::model::{FeedId, Timestamp};
use crate::sim::{DayaBayNight, FEEDS, SCENARIOS, SimFeed, site_toml, truth_csv_header, truth_csv_line};

/// Midnight at the bay on an ordinary night (2026-03-15 00:00 UTC+8): a capture must not depend on when it was made.
const CAPTURE_START: Timestamp = Timestamp::from_secs(1_773_504_000);
/// TEST-NET-1 (RFC 5737): the radars .11 and .12, the AIS station .20, the site's broadcast.
const SOURCES: [Ipv4Addr; 3] = [Ipv4Addr::new(192, 0, 2, 11), Ipv4Addr::new(192, 0, 2, 12), Ipv4Addr::new(192, 0, 2, 20)];
const SITE_BROADCAST: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 255);
const SOURCE_PORT: u16 = 40_000;

/// Writes a simulated scenario as a capture with its truth, or sends it over UDP as live sensors would.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  haishao simulate --list
  haishao simulate daya-bay-night --seed 7 --out night7
  haishao replay --config night7/site.toml --tracks tracks.jsonl night7/capture.pcap.gz
  haishao simulate daya-bay-night --seed 7 --out night7 --udp       # in one terminal
  haishao watch --config night7/site.toml                           # in another

--out writes DIR/capture.pcap.gz, DIR/truth.csv (t,id,class,mmsi,lat,lon,vx,vy: Unix seconds, degrees, m/s) and
DIR/site.toml. The same scenario, seed and duration give the same files.")]
pub struct SimulateArgs {
    /// Scenario; --list names them
    #[arg(required_unless_present = "list")]
    pub scenario: Option<String>,
    /// List the scenarios
    #[arg(long)]
    pub list: bool,
    /// Seed: everything random follows from it
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Folder for capture.pcap.gz, truth.csv and site.toml; made if absent
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Send over UDP at real pace to HOST (radars to port 8600, AIS to 10110), without end unless --duration is given
    #[arg(long, value_name = "HOST", num_args = 0..=1, default_missing_value = "127.0.0.1")]
    pub udp: Option<IpAddr>,
    /// Length in seconds [default: 600 for a capture]
    #[arg(long, value_name = "SECONDS", value_parser = positive_seconds)]
    pub duration: Option<f64>,
}

/// A capture's length where none is asked for, s.
const DEFAULT_DURATION_S: f64 = 600.0;
/// Ten days: more is a slip of the finger, and would fill a disk.
const MAX_DURATION_S: f64 = 864_000.0;

fn positive_seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|e| format!("{e}"))?;
    if seconds > 0.0 && seconds <= MAX_DURATION_S {
        Ok(seconds)
    } else {
        Err(format!("must be more than 0 and at most {MAX_DURATION_S}"))
    }
}

/// Runs the command.
pub fn run(args: SimulateArgs) -> anyhow::Result<ExitCode> {
    let Some(scenario) = args.scenario.as_deref().filter(|_| !args.list) else {
        let mut out = io::stdout().lock();
        for scenario in SCENARIOS {
            writeln!(out, "{:<16}  {}", scenario.name, scenario.what)?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    if !SCENARIOS.iter().any(|s| s.name == scenario) {
        let names: Vec<&str> = SCENARIOS.iter().map(|s| s.name).collect();
        eprintln!("haishao: no scenario {scenario}; there is: {}", names.join(", "));
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    if args.out.is_none() && args.udp.is_none() {
        eprintln!("haishao: say where the bytes go: --out DIR, --udp, or both");
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    if let Some(dir) = &args.out {
        let feeds = args.udp.map_or(FEEDS, |_| unicast_feeds());
        write_capture(dir, args.seed, args.duration.unwrap_or(DEFAULT_DURATION_S), &feeds)?;
    }
    if let Some(host) = args.udp {
        send(host, args.seed, args.duration)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Sent to one host, both radars share a port and their SAC/SIC tell them apart.
fn unicast_feeds() -> [SimFeed; 3] {
    FEEDS.map(|feed| SimFeed { host: "0.0.0.0", ..feed })
}

fn write_capture(dir: &Path, seed: u64, duration_s: f64, feeds: &[SimFeed; 3]) -> anyhow::Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make the folder {}", dir.display()))?;
    let create = |name: &str| {
        let path = dir.join(name);
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        anyhow::Ok(BufWriter::new(file))
    };
    // No name and no time in the gzip header, so that the same night gives the same file.
    let gz = GzBuilder::new().mtime(0).write(create("capture.pcap.gz")?, Compression::default());
    let mut pcap = PcapWriter::new(gz)?;
    let mut truth = create("truth.csv")?;
    writeln!(truth, "{}", truth_csv_header())?;

    let mut night = DayaBayNight::new(seed, CAPTURE_START).lasting(duration_s).with_truth();
    let progress = io::stderr().is_terminal();
    let (mut datagrams, mut rows, mut told_percent) = (0u64, 0u64, 0);
    while let Some(event) = night.next() {
        let (from, to) = endpoints(event.feed);
        pcap.datagram(event.at, from, to, &event.bytes)?;
        datagrams += 1;
        for row in night.take_truth() {
            writeln!(truth, "{}", truth_csv_line(&row))?;
            rows += 1;
        }
        let percent = (event.at.seconds_since(CAPTURE_START) / duration_s * 100.0) as u32;
        if progress && percent > told_percent {
            eprint!("\r{percent:3} %");
            told_percent = percent;
        }
    }
    if progress {
        eprint!("\r     \r");
    }
    pcap.into_inner().finish()?.flush()?;
    truth.flush()?;
    fs::write(dir.join("site.toml"), site_toml(feeds)).with_context(|| format!("cannot write {}/site.toml", dir.display()))?;
    println!("{}: {duration_s} s, {datagrams} datagrams, {rows} rows of truth", dir.display());
    Ok(())
}

fn endpoints(feed: FeedId) -> (Endpoint, Endpoint) {
    let i = usize::from(feed.0);
    // Feeds without an address of their own are broadcast on the site's network.
    let to = FEEDS[i].host.parse().ok().filter(Ipv4Addr::is_multicast).unwrap_or(SITE_BROADCAST);
    (Endpoint { ip: SOURCES[i], port: SOURCE_PORT }, Endpoint { ip: to, port: FEEDS[i].port })
}

fn send(host: IpAddr, seed: u64, duration_s: Option<f64>) -> anyhow::Result<()> {
    let start = Clock::new().now();
    let mut night = DayaBayNight::new(seed, start);
    if let Some(seconds) = duration_s {
        night = night.lasting(seconds);
    }
    let mut sender = PacedSender::new(start).context("cannot open a UDP socket")?;
    eprintln!("sending to {host}, radars to port {}, AIS to port {}; Ctrl-C stops", FEEDS[0].port, FEEDS[2].port);
    let never = Stop::new();
    for event in night {
        let to = SocketAddr::new(host, FEEDS[usize::from(event.feed.0)].port);
        sender.send(event.at, to, &event.bytes, &never);
    }
    println!("{} datagrams sent, {} refused", sender.sent, sender.refused);
    Ok(())
}
