//! `haishao replay`: recordings through the engine.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::progress::Progress;
use super::{EXIT_USAGE, config_or_faults};
use crate::config::Config;
use crate::engine::keep::{Keeper, Patience, keep};
use crate::engine::misaligned;
use crate::engine::record::{RecordEvents, stretch};
use crate::engine::replay::{Event, JudgesBy, Replay, Speed, Window, with_ticks};
use crate::feed::recorded::{Recorded, merge};
use crate::model::{SensorId, Timestamp};
use crate::publish::report_lines::report_line;
use crate::publish::sinks::{Lines, open, output};
use crate::store::Store;

/// Arguments of `haishao replay`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    haishao replay --config site.toml --alerts - capture/\n  \
    haishao replay --config site.toml --tracks tracks.jsonl --speed 20 night.pcap.gz\n  \
    haishao replay --config site.toml --alerts - --from 2026-03-14T16:05:00Z --to 2026-03-14T16:10:00Z capture/\n  \
    haishao replay --config site.toml --reports - --sensor ais-1 log.nmea\n  \
    haishao replay --config site.toml --console 127.0.0.1:8080 capture/\n\n\
    Everything before --from is still applied, so that the lines after it are those of the whole replay.")]
pub struct ReplayArgs {
    /// Site configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Write track lines here; `-` is standard output
    #[arg(long, value_name = "OUT")]
    tracks: Option<PathBuf>,
    /// Write alert lines here; `-` is standard output
    #[arg(long, value_name = "OUT")]
    alerts: Option<PathBuf>,
    /// Write incident lines here; `-` is standard output
    #[arg(long, value_name = "OUT")]
    incidents: Option<PathBuf>,
    /// Make the store anew here: incidents, hand-overs, tracks to be searched; accounts and the audit log are left as they are
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Write lines of alerts that were kept back here, with the reason; `-` is standard output
    #[arg(long, value_name = "OUT")]
    suppressed: Option<PathBuf>,
    /// Write decoded reports here; `-` is standard output
    #[arg(long, value_name = "OUT")]
    reports: Option<PathBuf>,
    /// Keep back lines of what was received before (RFC 3339 or seconds since 1970)
    #[arg(long, value_name = "T", value_parser = instant)]
    pub(super) from: Option<Timestamp>,
    /// Stop at what was received later (RFC 3339 or seconds since 1970)
    #[arg(long, value_name = "T", value_parser = instant)]
    to: Option<Timestamp>,
    /// Times real time, or `max`
    #[arg(long, value_name = "N", default_value = "max", value_parser = speed)]
    pub(super) speed: Speed,
    /// Show the replay in a browser: the console with a time slider, on this address, until Ctrl-C
    #[arg(long, value_name = "ADDR:PORT", num_args = 0..=1, default_missing_value = "127.0.0.1:8080",
          conflicts_with_all = ["tracks", "alerts", "reports", "to"])]
    pub(super) console: Option<String>,
    /// Folder of chart data for the console, such as PMTiles: drawn beneath the craft, served at /charts/NAME with byte ranges
    #[arg(long, value_name = "DIR", requires = "console")]
    pub(super) charts: Option<PathBuf>,
    /// Threads that work looks at many craft, instead of the configuration's; changes no line
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: Option<u16>,
    /// Judge by the configuration's rules, zones and lists instead of those that the record says were in force
    #[arg(long)]
    pub(super) todays_rules: bool,
    /// The sensor that wrote a text log
    #[arg(long, value_name = "ID")]
    sensor: Option<String>,
    /// Captures: a folder of ours, .pcap, .pcapng (or .gz), or a text log of NMEA sentences; several are merged by time
    #[arg(required = true, value_name = "CAPTURE")]
    pub(super) captures: Vec<PathBuf>,
}

/// An instant as a user writes it.
pub fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::from_str(text).map_err(|e| e.to_string())
}

fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    match text.parse::<f64>() {
        Ok(times) if times.is_finite() && times > 0.0 => Ok(Speed::Times(times)),
        _ => Err("a number above 0, or `max`".to_owned()),
    }
}

/// Replays.
pub fn run(args: &ReplayArgs) -> anyhow::Result<ExitCode> {
    let Some(mut config) = config_or_faults(&args.config)? else {
        return Ok(ExitCode::from(EXIT_USAGE));
    };
    config.threads = args.threads.map_or(config.threads, usize::from);
    let sensor = match sensor_named(args.sensor.as_deref(), &config) {
        Ok(sensor) => sensor,
        Err(what) => {
            eprintln!("haishao: {what}");
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    if let Some(listen) = &args.console {
        return super::replay_console::run(listen, args, config, sensor);
    }
    let site = Arc::new(config.site.clone());
    let mut sinks = Vec::new();
    let outputs = [
        (Lines::Tracks, &args.tracks),
        (Lines::Alerts, &args.alerts),
        (Lines::Incidents, &args.incidents),
        (Lines::Suppressed, &args.suppressed),
    ];
    for (lines, path) in outputs {
        if let Some(path) = path {
            sinks.push(open(lines, path, Arc::clone(&site)).with_context(|| format!("cannot write {}", path.display()))?);
        }
    }
    let keeper = match &args.store {
        Some(path) => {
            let opened = Store::open(path)?;
            if let Some((aside, why)) = opened.damaged {
                eprintln!("haishao: {} was damaged ({why}); it is now {}", path.display(), aside.display());
            }
            let (sink, keeper) = keep(opened.store, &site, Patience::Replay)?;
            sinks.push(Box::new(sink));
            Some(keeper)
        }
        None => None,
    };
    let mut reports_out = match &args.reports {
        Some(path) => Some(output(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => None,
    };
    let window = Window { from: args.from, to: args.to };
    let mut replay = Replay::new(&config, window, sinks).map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
    if let Some(out) = &mut reports_out {
        let (site, mut line) = (Arc::clone(&site), Vec::new());
        replay = replay.with_reports(Box::new(move |reports| {
            line.clear();
            reports.iter().for_each(|r| report_line(r, &site, &mut line));
            out.write_all(&line)
        }));
    }
    if args.todays_rules {
        replay.judge_by(JudgesBy::Configuration);
    }
    let mut notes = through(&mut replay, &args.captures, &config, sensor, args.speed)?;
    replay.finish()?;
    notes.extend(replay.rules_notes().iter().map(|note| format!("{note}; --todays-rules judges by the configuration's alone")));
    let summary = replay.summary();
    let repeats = replay.pipeline().repeats();
    let refused: u64 = replay.pipeline().health().map(crate::wire::WireHealth::refused_total).sum();
    let turned_away = replay.pipeline().turned_away();
    let replay_suppressed = replay.suppressed();
    let radar_errors = replay.radar_errors();
    drop(replay);
    if let Some(health) = keeper.map(Keeper::finish)
        && (health.lost > 0 || health.refused.is_some())
    {
        let why = health.refused.unwrap_or_default();
        anyhow::bail!("the store is not complete: {} entries were left out; {why}", health.lost);
    }
    if let Some(mut out) = reports_out {
        out.flush()?;
    }
    for note in notes {
        eprintln!("haishao: {note}");
    }
    if summary.unknown_frames > 0 {
        eprintln!("haishao: {} frames belong to feeds that the configuration does not have", summary.unknown_frames);
    }
    for (sensor, errors) in config.site.sensors.iter().zip(radar_errors) {
        if let Some(what) = errors.as_ref().and_then(misaligned) {
            eprintln!("haishao: {} {what}", sensor.id);
        }
    }
    if turned_away > 0 {
        let most = config.fuse.most_crafts;
        eprintln!("haishao: {turned_away} plots and reports began no track: the picture held {most} ([track] most_crafts)");
    }
    eprintln!(
        "haishao: {} frames, {} reports, {repeats} of them brought by another feed before, {refused} refused, {} track lines, \
         {} alert lines, {} incident lines",
        summary.frames, summary.reports, summary.tracks, summary.alerts, summary.incidents
    );
    for (rule, by, n) in replay_suppressed {
        eprintln!("haishao: {n} alerts of {rule} were kept back by {by}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The sensor of that name, or what `--sensor` may be.
pub(super) fn sensor_named(name: Option<&str>, config: &Config) -> Result<Option<SensorId>, String> {
    let Some(name) = name else { return Ok(None) };
    match config.site.sensors.iter().position(|s| s.id == *name) {
        Some(i) => Ok(Some(SensorId(i as u16))),
        None => {
            let names = config.site.sensors.iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join(", ");
            Err(format!("--sensor {name}: the site has {names}"))
        }
    }
}

/// Drives the captures through a replay; gives what their readers have to say.
pub(super) fn through(
    replay: &mut Replay<'_>,
    captures: &[PathBuf],
    config: &Config,
    sensor: Option<SensorId>,
    speed: Speed,
) -> anyhow::Result<Vec<String>> {
    match captures {
        [folder] if folder.is_dir() => {
            let (site, rewarmed) = (config.site.clone(), folder.clone());
            replay.rewarm_by(Box::new(move |from, until, each| stretch(&rewarmed, &site, from, until, each)));
            let mut events = RecordEvents::open(folder, &config.site)?;
            drive(replay, &mut events, speed)?;
            Ok(events.notes())
        }
        captures => foreign(replay, captures, config, sensor, speed),
    }
}

// Recordings that are not ours, or several of any kind: merged by time, with ticks in their silences.
fn foreign(
    replay: &mut Replay<'_>,
    captures: &[PathBuf],
    config: &Config,
    sensor: Option<SensorId>,
    speed: Speed,
) -> anyhow::Result<Vec<String>> {
    let mut sources = Vec::new();
    for path in captures {
        anyhow::ensure!(
            !path.is_dir(),
            "{}: a folder of ours holds the order of everything received and is replayed alone",
            path.display()
        );
        sources.push(Recorded::open(path, &config.site, sensor)?);
    }
    let notes = std::cell::RefCell::new(Vec::new());
    let sources: Vec<_> = sources.into_iter().map(|source| Noted { source, notes: &notes }).collect();
    let events = merge(sources).map(|frame| {
        frame
            .map(|f| Event::Frame { feed: Some(f.feed), received_at: f.received_at, bytes: f.bytes })
            .map_err(anyhow::Error::from)
    });
    drive(replay, &mut with_ticks(events), speed)?;
    Ok(notes.into_inner())
}

// Keeps what a source has to say when it has ended.
struct Noted<'a> {
    source: Recorded,
    notes: &'a std::cell::RefCell<Vec<String>>,
}

impl Iterator for Noted<'_> {
    type Item = <Recorded as Iterator>::Item;

    fn next(&mut self) -> Option<Self::Item> {
        self.source.next()
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.notes.borrow_mut().extend(self.source.notes());
    }
}

fn drive(replay: &mut Replay<'_>, events: &mut dyn Iterator<Item = anyhow::Result<Event>>, speed: Speed) -> anyhow::Result<()> {
    /// Events between two looks at the clock for the progress line.
    const LOOK_EVERY: usize = 256;
    let mut progress = Progress::new();
    let mut first = None;
    for (count, event) in events.enumerate() {
        // A recording that ends in damage has been replayed up to there; what came before stands.
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                progress.done();
                replay.finish()?;
                return Err(error);
            }
        };
        let at = event.at();
        let begun = *first.get_or_insert(at);
        if let Speed::Times(times) = speed {
            pace(&progress, at.seconds_since(begun) / times);
        }
        if !replay.apply(&event)? {
            break;
        }
        if count.is_multiple_of(LOOK_EVERY) {
            progress.tell(|elapsed| {
                let passed = at.seconds_since(begun);
                format!("{at}  {count} events, {:.0} × real time", passed / elapsed.max(1e-3))
            });
        }
    }
    progress.done();
    Ok(())
}

// Waits until `due_s` seconds of the replay have passed.
fn pace(progress: &Progress, due_s: f64) {
    let wait = due_s - progress.elapsed_s();
    if wait > 0.0 {
        std::thread::sleep(std::time::Duration::from_secs_f64(wait));
    }
}
