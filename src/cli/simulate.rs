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
use crate::sim::coast::{self, STORIES, World};
use crate::sim::{DayaBayNight, FEEDS, SCENARIOS, SimEvent, SimFeed, site_toml, truth_csv_header, truth_csv_line};

/// Midnight at the bay on an ordinary night (2026-03-15 00:00 UTC+8): a capture must not depend on when it was made.
const CAPTURE_START: Timestamp = Timestamp::from_secs(1_773_504_000);
/// TEST-NET-1 (RFC 5737): the radars from .11 on, the AIS station .20, the site's broadcast.
const FIRST_RADAR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 11);
const AIS_STATION: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 20);
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
  haishao simulate mother_ship --seed 3 --out ship3

--out writes DIR/capture.pcap.gz, DIR/truth.csv (t,id,class,mmsi,lat,lon,vx,vy: Unix seconds, degrees, m/s), DIR/site.toml
and, but for daya-bay-night, DIR/truth_events.csv (t_crit,id,rule,in_coverage,what: since when what a rule looks for is so).
The same scenario, seed and duration give the same files. docs/scenarios.md describes them.")]
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
    /// Length in seconds [default: 600 for a capture of daya-bay-night, else the scenario's own, which is also its longest]
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
    let Some(name) = args.scenario.as_deref().filter(|_| !args.list) else {
        let mut out = io::stdout().lock();
        for (name, what) in listed() {
            writeln!(out, "{name:<16}  {what}")?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    if !listed().any(|(listed, _)| listed == name) {
        let names: Vec<&str> = listed().map(|(name, _)| name).collect();
        eprintln!("haishao: no scenario {name}; there is: {}", names.join(", "));
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    if args.out.is_none() && args.udp.is_none() {
        eprintln!("haishao: say where the bytes go: --out DIR, --udp, or both");
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    if let Some(dir) = &args.out {
        let run = Running::new(name, args.seed, None, args.duration, true);
        write_capture(dir, run, args.seed, args.udp.is_some())?;
    }
    if let Some(host) = args.udp {
        let start = Clock::new().now();
        send(host, start, Running::new(name, args.seed, Some(start), args.duration, false))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
    SCENARIOS.iter().map(|s| (s.name, s.what)).chain(STORIES.iter().map(|s| (s.name, s.what)))
}

/// A scenario that runs.
enum Running {
    Bay { night: Box<DayaBayNight> },
    Coast { world: Box<World>, told: usize },
}

impl Running {
    /// A listed scenario: for a capture at its own hour, to be sent from `now` on.
    fn new(name: &str, seed: u64, now: Option<Timestamp>, duration_s: Option<f64>, with_truth: bool) -> Self {
        if let Some(story) = coast::story(name) {
            let mut world = match now {
                Some(now) => coast::world(story, seed).starting(now),
                None => coast::world(story, seed),
            };
            if let Some(seconds) = duration_s {
                world = world.lasting(seconds);
            }
            if with_truth {
                world = world.with_truth();
            }
            return Self::Coast { world: Box::new(world), told: 0 };
        }
        let length_s = if with_truth { Some(duration_s.unwrap_or(DEFAULT_DURATION_S)) } else { duration_s };
        let mut night = DayaBayNight::new(seed, now.unwrap_or(CAPTURE_START));
        if let Some(seconds) = length_s {
            night = night.lasting(seconds);
        }
        if with_truth {
            night = night.with_truth();
        }
        Self::Bay { night: Box::new(night) }
    }

    fn next(&mut self) -> Option<SimEvent> {
        match self {
            Self::Bay { night } => night.next(),
            Self::Coast { world, .. } => world.next(),
        }
    }

    fn feeds(&self) -> Vec<SimFeed> {
        match self {
            Self::Bay { .. } => FEEDS.to_vec(),
            Self::Coast { world, .. } => world.feeds(),
        }
    }

    fn start(&self) -> Timestamp {
        match self {
            Self::Bay { .. } => CAPTURE_START,
            Self::Coast { world, .. } => world.start(),
        }
    }

    /// Lines of truth since the last call.
    fn truth(&mut self) -> Vec<String> {
        match self {
            Self::Bay { night } => night.take_truth().iter().map(truth_csv_line).collect(),
            Self::Coast { world, .. } => world.take_truth().iter().map(coast::truth_line).collect(),
        }
    }

    /// Lines of what has come true since the last call.
    fn events(&mut self) -> Vec<String> {
        match self {
            Self::Bay { .. } => Vec::new(),
            Self::Coast { world, told, .. } => {
                let new = world.events().iter().skip(*told).map(coast::event_line).collect();
                *told = world.events().len();
                new
            }
        }
    }

    fn site_toml(&self, seed: u64, feeds: &[SimFeed]) -> String {
        match (self, feeds) {
            (Self::Bay { .. }, [a, b, c, ..]) => site_toml(&[*a, *b, *c]),
            (Self::Bay { .. }, _) => site_toml(&FEEDS),
            (Self::Coast { .. }, _) => coast::site_toml(&coast::radars(seed), feeds),
        }
    }
}

fn write_capture(dir: &Path, mut run: Running, seed: u64, to_one_host: bool) -> anyhow::Result<()> {
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
    let mut events = match &run {
        Running::Bay { .. } => None,
        Running::Coast { .. } => Some(create("truth_events.csv")?),
    };
    if let Some(events) = &mut events {
        writeln!(events, "{}", coast::events_header())?;
    }

    let (feeds, start) = (run.feeds(), run.start());
    let progress = io::stderr().is_terminal();
    let (mut datagrams, mut rows, mut told_minutes) = (0u64, 0u64, 0);
    let mut last = start;
    while let Some(event) = run.next() {
        let (from, to) = endpoints(event.feed, &feeds);
        pcap.datagram(event.at, from, to, &event.bytes)?;
        datagrams += 1;
        last = event.at;
        for row in run.truth() {
            writeln!(truth, "{row}")?;
            rows += 1;
        }
        if let Some(events) = &mut events {
            for line in run.events() {
                writeln!(events, "{line}")?;
            }
        }
        let minutes = (event.at.seconds_since(start) / 60.0) as u32;
        if progress && minutes > told_minutes {
            eprint!("\r{minutes:3} min");
            told_minutes = minutes;
        }
    }
    if progress {
        eprint!("\r       \r");
    }
    pcap.into_inner().finish()?.flush()?;
    truth.flush()?;
    if let Some(events) = &mut events {
        events.flush()?;
    }
    // Sent to one host, radars share a port and their SAC/SIC tell them apart.
    let told: Vec<SimFeed> =
        if to_one_host { feeds.iter().map(|feed| SimFeed { host: "0.0.0.0", ..*feed }).collect() } else { feeds };
    fs::write(dir.join("site.toml"), run.site_toml(seed, &told))
        .with_context(|| format!("cannot write {}/site.toml", dir.display()))?;
    let seconds = last.seconds_since(start).round();
    println!("{}: {seconds} s, {datagrams} datagrams, {rows} rows of truth", dir.display());
    Ok(())
}

fn endpoints(feed: FeedId, feeds: &[SimFeed]) -> (Endpoint, Endpoint) {
    let i = usize::from(feed.0);
    let host = if i + 1 == feeds.len() {
        AIS_STATION
    } else {
        let [a, b, c, d] = FIRST_RADAR.octets();
        Ipv4Addr::new(a, b, c, d.saturating_add(feed.0 as u8))
    };
    let (name, port) = feeds.get(i).map_or(("", 0), |f| (f.host, f.port));
    // Feeds without an address of their own are broadcast on the site's network.
    let to = name.parse().ok().filter(Ipv4Addr::is_multicast).unwrap_or(SITE_BROADCAST);
    (Endpoint { ip: host, port: SOURCE_PORT }, Endpoint { ip: to, port })
}

fn send(host: IpAddr, start: Timestamp, mut run: Running) -> anyhow::Result<()> {
    let feeds = run.feeds();
    let mut sender = PacedSender::new(start).context("cannot open a UDP socket")?;
    eprintln!("sending to {host}, radars to port {}, AIS to port {}; Ctrl-C stops", FEEDS[0].port, FEEDS[2].port);
    let never = Stop::new();
    while let Some(event) = run.next() {
        let Some(feed) = feeds.get(usize::from(event.feed.0)) else { continue };
        sender.send(event.at, SocketAddr::new(host, feed.port), &event.bytes, &never);
    }
    println!("{} datagrams sent, {} refused", sender.sent, sender.refused);
    Ok(())
}
