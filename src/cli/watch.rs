//! `haishao watch`: live.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use crossbeam_channel::bounded;

use super::{EXIT_USAGE, config_or_faults, demo, desk};
use crate::capture::{Provenance, Sequence, WarmedFrom, Writer};
use crate::config::Config;
use crate::console;
use crate::engine::keep::{Keeper, Patience, keep};
use crate::engine::live::{BoxedSink, Live, Recorder};
use crate::engine::record::{CaptureRecorder, RecordEvents};
use crate::engine::reload::{NotReloaded, Reloaded, Reloader};
use crate::engine::replay::warm;
use crate::engine::{Pipeline, Shared, health};
use crate::feed::{Clock, Stop};
use crate::model::command::LoadedSet;
use crate::model::incident::Saved;
use crate::model::{Actor, Alert, AlertState, FeedId, Timestamp};
use crate::publish::sinks::{Lines, open};

/// Batches between the feeds and the loop: at 64 frames each some 16 000 frames, or most of a second of the busiest site, so that
/// a slow moment of the disk does not reach the sockets.
const CHANNEL_BATCHES: usize = 256;

/// How much of the record a restarted watch takes in again. After 30 min without a plot no track is left, so more would change
/// nothing but the learned maps.
const WARM: Duration = Duration::from_secs(30 * 60);

/// How often the terminal looks for new alerts.
const TERMINAL_POLL: Duration = Duration::from_millis(100);

/// Arguments of `haishao watch`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    haishao watch                                   the demo: a simulated night and a recorded AIS feed\n  \
    haishao watch --config /etc/haishao/site.toml\n  \
    haishao watch --config site.toml --alerts alerts.jsonl\n  \
    haishao watch --config site.toml --listen 0.0.0.0:8443 --accounts --tls-cert cert.pem --tls-key key.pem\n\n\
    SIGHUP reads rules, zones and lists again; with any fault all of them are listed and what is in force stays.\n\
    Ends by Ctrl-C or SIGTERM within 5 s, with everything recorded.")]
pub struct WatchArgs {
    /// Site configuration; without it the demo is shown
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the console listens [default: the configuration's, or 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Ask who is there: accounts with roles, kept beside the record. The first start makes one, and tells its password once
    #[arg(long)]
    accounts: bool,
    /// Certificate chain for TLS, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Folder of chart data for the console, such as PMTiles: drawn beneath the craft, served at /charts/NAME with byte ranges
    #[arg(long, value_name = "DIR")]
    charts: Option<PathBuf>,
    /// Write track lines here as well; `-` is standard output
    #[arg(long, value_name = "OUT")]
    tracks: Option<PathBuf>,
    /// Write alert lines here as well; `-` is standard output
    #[arg(long, value_name = "OUT")]
    alerts: Option<PathBuf>,
    /// Write incident lines here as well; `-` is standard output
    #[arg(long, value_name = "OUT")]
    incidents: Option<PathBuf>,
}

/// Watches until told to stop.
pub fn run(args: &WatchArgs) -> anyhow::Result<ExitCode> {
    super::log::init();
    let (config, is_demo) = match &args.config {
        Some(path) => match config_or_faults(path)? {
            Some(config) => (config, false),
            None => return Ok(ExitCode::from(EXIT_USAGE)),
        },
        None => (demo::config()?, true),
    };
    let stop = stop_on_signals()?;
    let clock = Clock::new();
    let site = Arc::new(config.site.clone());
    let banner = is_demo.then(|| demo::BANNER.to_owned());
    let shared = Arc::new(Shared::new(Arc::clone(&site), banner));
    let mut sinks: Vec<BoxedSink> = Vec::new();
    for (lines, path) in [(Lines::Tracks, &args.tracks), (Lines::Alerts, &args.alerts), (Lines::Incidents, &args.incidents)] {
        if let Some(path) = path {
            sinks.push(open(lines, path, Arc::clone(&site)).with_context(|| format!("cannot write {}", path.display()))?);
        }
    }
    let (pipeline, recorder) =
        if is_demo { begin_demo(&config, clock.now())? } else { begin(&config, clock.now(), Memory::Record)? };
    let (decoders, core) = pipeline.split();
    let store = desk::open_store(desk::store_path(&config).as_deref());
    // The demo's sea begins anew with every start: nothing of the one before is there any more.
    let saved = if is_demo { Saved::default() } else { desk::saved(store.as_ref(), clock.now()) };
    let keeper = match &store {
        Some(store) => {
            let (sink, keeper) = keep(store.clone(), &site, Patience::Never)?;
            sinks.push(Box::new(sink));
            Some(keeper)
        }
        None => None,
    };
    let (commander, commands) = crate::engine::commander();
    // Nobody else sets them.
    let (Ok(()) | Err(_)) = shared.commander.set(commander);
    if let Some(store) = store {
        let (Ok(()) | Err(_)) = shared.store.set(store);
    }

    let console_clock = {
        let clock = clock.clone();
        move || clock.now()
    };
    // The console first: an address in use is to be known before a sensor is touched.
    let listen = args.listen.as_deref().unwrap_or(&config.listen);
    let reload = args.config.as_ref().map(|path| reload(path, &config, &shared));
    let setup =
        console::Setup { coast: config.grounds.coast.clone(), reload: reload.clone(), ..setup(args, &shared, clock.now())? };
    let console = match console::serve_with(listen, Arc::clone(&shared), console_clock, setup) {
        Err(error @ (console::ConsoleError::Address { .. } | console::ConsoleError::Open { .. })) => {
            eprintln!("haishao: {error}");
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        started => started?,
    };
    let (sender, batches) = bounded(CHANNEL_BATCHES);
    let mut feeds = Vec::new();
    for (i, decoder) in decoders.into_iter().enumerate() {
        feeds.push(crate::feed::start(&site, FeedId(i as u16), decoder, clock.clone(), sender.clone(), stop.clone())?);
    }
    // The loop ends when the last feed has let go of its end.
    drop(sender);
    eprintln!("haishao: watching {} by {} feeds, console on http://{}", config.site.name, feeds.len(), console.address());
    let demo = if is_demo {
        eprintln!("haishao: {}", demo::EXPLANATION);
        Some(demo::start(&config.site, stop.clone())?)
    } else {
        None
    };
    let reloads = reload.map(|reload| reload_on_hangup(reload, stop.clone())).transpose()?;
    let terminal = terminal_alerts(Arc::clone(&shared), stop.clone())?;

    let refresh = |now: Timestamp| {
        shared.set_store_state(keeper.as_ref().map(Keeper::health));
        let feeds: Vec<_> = feeds.iter().map(|f| f.health(now)).collect();
        shared.set_sensors(health::sensors(&site, &feeds));
    };
    let mut live = Live::new(core, Arc::clone(&shared), recorder, sinks).with_commands(commands);
    desk::begin(&mut live, saved, &config, clock.now());
    live.run(&batches, || clock.now(), refresh);
    if let Some(keeper) = keeper {
        let health = keeper.finish();
        if health.lost > 0 || health.refused.is_some() {
            tracing::error!(
                lost = health.lost,
                "the store is not complete; `haishao replay --store` makes it again from the record"
            );
        }
    }

    // All feeds may have ended by themselves, as files do; the picture stays up until the officer ends the watch.
    if !stop.stopped() && !is_demo {
        eprintln!("haishao: every feed has ended; the console stays until Ctrl-C");
        while !stop.wait(Duration::from_secs(3600)) {}
    }
    stop.stop();
    for feed in feeds {
        feed.join();
    }
    if let Some(demo) = demo {
        demo.join();
    }
    console.stop();
    if let Some(reloads) = reloads {
        reloads.join().map_err(|_panic| anyhow::anyhow!("the thread of SIGHUP has failed"))?;
    }
    terminal.join().map_err(|_panic| anyhow::anyhow!("the thread of the terminal's alerts has failed"))?;
    eprintln!("haishao: ended");
    Ok(ExitCode::SUCCESS)
}

fn setup(args: &WatchArgs, shared: &Shared, now: Timestamp) -> anyhow::Result<console::Setup> {
    let mut setup = console::Setup::default();
    if let (Some(cert), Some(key)) = (&args.tls_cert, &args.tls_key) {
        setup.tls = Some(console::load_tls(cert, key).map_err(|what| anyhow::anyhow!("TLS: {what}"))?);
    }
    if let Some(charts) = &args.charts {
        setup.charts = Some(console::charts_folder(charts).map_err(anyhow::Error::msg)?);
    }
    if args.accounts {
        let store =
            shared.store.get().context("accounts are kept beside the record: the configuration must name a capture folder")?;
        let (accounts, first) = console::Accounts::open(store.clone(), now)?;
        if let Some((name, password)) = first {
            eprintln!("haishao: the first account is {name} with the one-time password {password}");
        }
        setup.accounts = Some(Arc::new(accounts));
    }
    Ok(setup)
}

/// Reads the configuration's rules, zones and lists again, and tells on standard error what came of it.
fn reload(path: &Path, config: &Config, shared: &Arc<Shared>) -> Arc<console::Reload> {
    let reloader = Reloader::new(path.to_owned(), config, Arc::clone(shared));
    Arc::new(move |actor: &Actor, set: LoadedSet| {
        let result = reloader.reload(actor, set);
        let mut err = std::io::stderr().lock();
        // Who closed the terminal has the record, the metrics and the answer.
        let (Ok(()) | Err(_)) = tell_reload(actor, set, &result, &mut err);
        result
    })
}

fn tell_reload(
    actor: &Actor,
    set: LoadedSet,
    result: &Result<Reloaded, NotReloaded>,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let only = if set == LoadedSet::All { String::new() } else { format!("only {}, ", set.word()) };
    match result {
        Ok(reloaded) => {
            let list = |what: &str, ids: &[String]| {
                if ids.is_empty() { String::new() } else { format!(", {what} {}", ids.join(" ")) }
            };
            let zones = if reloaded.grounds_changed { ", zones or lists changed" } else { "" };
            writeln!(
                out,
                "haishao: reloaded for {}: {only}rules {}{}{}{}{zones}",
                actor.name,
                reloaded.digest.get(..16).unwrap_or(&reloaded.digest),
                list("added", &reloaded.added),
                list("gone", &reloaded.gone),
                list("changed", &reloaded.changed),
            )?;
            reloaded.notes.iter().try_for_each(|note| writeln!(out, "haishao: {note}"))
        }
        Err(NotReloaded::Faults(faults)) => {
            super::check::write_faults(faults, out)?;
            writeln!(out, "haishao: not reloaded, what was in force stays")
        }
        Err(NotReloaded::Refused(refusal)) => writeln!(out, "haishao: not reloaded: {refusal}"),
    }
}

/// Reloads on SIGHUP, as an init system's `reload` sends.
fn reload_on_hangup(reload: Arc<console::Reload>, stop: Stop) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let asked = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::clone(&asked))?;
    let wait = move || {
        while !stop.wait(TERMINAL_POLL) {
            if asked.swap(false, Ordering::AcqRel) {
                // Told by the function itself.
                let (Ok(_) | Err(_)) = reload(&Actor::system(), LoadedSet::All);
            }
        }
    };
    Ok(std::thread::Builder::new().name("reload".to_owned()).spawn(wait)?)
}

pub(super) fn stop_on_signals() -> anyhow::Result<Stop> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // The first signal asks, the second one insists. The order matters: the conditional one must see the flag unset.
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&flag))?;
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(Stop::from(flag))
}

pub(super) type BoxedRecorder = Box<dyn Recorder + Send>;

/// What a run knows of the sea when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// What the end of the record holds.
    Record,
    /// Nothing.
    None,
}

/// The demo's night begins anew with every start, its ships at their first places: what the record holds of the run before would
/// be taken for other craft, and raise alerts. And a folder where nothing may be written is no reason not to show it.
fn begin_demo(config: &Config, now: Timestamp) -> anyhow::Result<(Pipeline, Option<BoxedRecorder>)> {
    match begin(config, now, Memory::None) {
        Ok(begun) => {
            eprintln!("haishao: recording into {} (the newest 256 MiB are kept)", demo::CAPTURE_DIR);
            Ok(begun)
        }
        Err(error) => {
            tracing::warn!(%error, "cannot record the demo");
            let mut config = config.clone();
            config.capture.dir = None;
            begin(&config, now, Memory::None)
        }
    }
}

/// The pipeline as it is to begin with, and the recorder: opens the record, takes in its end again, and notes that a run begins.
pub(super) fn begin(config: &Config, now: Timestamp, memory: Memory) -> anyhow::Result<(Pipeline, Option<BoxedRecorder>)> {
    let new = |sequence| Pipeline::for_run(config, sequence).map_err(|faults| anyhow::anyhow!(faults.join("; ")));
    let Some(folder) = &config.capture.dir else {
        tracing::warn!("nothing is recorded: the configuration names no capture folder");
        return Ok((new(1)?, None));
    };
    let writer = Writer::open(&config.capture, Provenance::of(config))?;
    // The number of the record that says that this run begins.
    let sequence = writer.next_sequence().0;
    let mut pipeline = new(sequence)?;
    let warmed = match memory {
        Memory::None => Ok(WarmedFrom::Nothing),
        Memory::Record => warm_from_record(folder, config, now, &mut pipeline),
    };
    let warmed = match warmed {
        Ok(warmed) => warmed,
        Err(error) => {
            // A damaged record is for `verify`; the watch goes on without a memory.
            tracing::error!(%error, "cannot take in the end of the record; beginning with an empty picture");
            pipeline = new(sequence)?;
            WarmedFrom::Nothing
        }
    };
    let recorder = CaptureRecorder::new(writer, folder.clone(), now, warmed)?;
    Ok((pipeline, Some(Box::new(recorder))))
}

fn warm_from_record(folder: &Path, config: &Config, now: Timestamp, pipeline: &mut Pipeline) -> anyhow::Result<WarmedFrom> {
    if !crate::capture::holds_segments(folder) {
        return Ok(WarmedFrom::Nothing);
    }
    let mut events = RecordEvents::open_from(folder, now - WARM, &config.site)?;
    let mut first = None;
    let mut count = 0u64;
    while let Some((sequence, event)) = events.next_event()? {
        first.get_or_insert(sequence);
        count += 1;
        warm(pipeline, &event);
    }
    if count > 0 {
        eprintln!("haishao: took in {count} events of the record again");
    }
    Ok(first.map_or(WarmedFrom::Nothing, |s| WarmedFrom::Sequence(Sequence(s))))
}

/// Prints alerts as they come. Not from the loop: a terminal that is held must not hold the picture.
fn terminal_alerts(shared: Arc<Shared>, stop: Stop) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let print = move || {
        let mut told = 0;
        loop {
            let stopping = stop.wait(TERMINAL_POLL);
            let (alerts, total) = shared.alerts_since(told);
            told = total;
            let mut out = std::io::stdout().lock();
            for alert in alerts {
                // Nobody reads any more: the page still shows them.
                if print_alert(&alert, &mut out).is_err() {
                    return;
                }
            }
            if stopping {
                return;
            }
        }
    };
    Ok(std::thread::Builder::new().name("terminal".to_owned()).spawn(print)?)
}

fn print_alert(alert: &Alert, out: &mut impl Write) -> std::io::Result<()> {
    let word = match alert.state {
        AlertState::Raised => "ALERT",
        AlertState::Cleared => "clear",
    };
    writeln!(
        out,
        "{} {word} {} severity {} track {} at {:.5} {:.5}\n    {}\n    {}",
        alert.t_out,
        alert.rule,
        alert.severity.level(),
        alert.track,
        alert.position.lat_deg(),
        alert.position.lon_deg(),
        alert.text_zh,
        alert.text_en
    )?;
    out.flush()
}
