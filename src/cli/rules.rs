//! `haishao rules try`: what a set of rules would have raised on a recording, beside today's.

mod compare;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::replay::{instant, sensor_named, through};
use super::{EXIT_USAGE, check, config_or_faults};
use crate::config::{self, Config};
use crate::engine::Effects;
use crate::engine::live::Sink;
use crate::engine::replay::{JudgesBy, Replay, Speed, Summary, Window};
use crate::model::{Alert, SensorId, Timestamp};
use crate::publish::sinks::output;
use compare::Comparison;

/// Arguments of `haishao rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// What RULES would have raised on recordings, against the rules that the site has now
    Try(TryArgs),
}

/// Arguments of `haishao rules try`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    haishao rules try new-rules.toml --config site.toml capture/\n  \
    haishao rules try new-rules.toml --config site.toml --json diff.json night.pcap.gz\n\n\
    Both sets judge the same tracks, so every difference is the rules'. Nothing is switched on.\n\
    Exit status: 0 done, 1 failed, 2 the rules or the configuration are wrong.")]
struct TryArgs {
    /// The rules to try: a TOML file of rules
    #[arg(value_name = "RULES")]
    rules: PathBuf,
    /// Site configuration, with today's rules
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Write the whole comparison here as JSON; `-` is standard output
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
    /// Leave out what was received before (RFC 3339 or seconds since 1970)
    #[arg(long, value_name = "T", value_parser = instant)]
    from: Option<Timestamp>,
    /// Stop at what was received later (RFC 3339 or seconds since 1970)
    #[arg(long, value_name = "T", value_parser = instant)]
    to: Option<Timestamp>,
    /// The sensor that wrote a text log
    #[arg(long, value_name = "ID")]
    sensor: Option<String>,
    /// Differences listed in the table's notes; the JSON has all
    #[arg(long, value_name = "N", default_value_t = 20)]
    list: usize,
    /// Captures, as for `haishao replay`
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(args: &RulesArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        RulesCommand::Try(args) => try_rules(args),
    }
}

fn try_rules(args: &TryArgs) -> anyhow::Result<ExitCode> {
    // Faults of both files are told in one go.
    let today = config_or_faults(&args.config)?;
    let tried = match config::load_rules(&args.rules) {
        Ok(rules) => Some(rules),
        Err(faults) => {
            check::write_faults(&faults, &mut std::io::stderr())?;
            None
        }
    };
    let (Some(today), Some(rules)) = (today, tried) else { return Ok(ExitCode::from(EXIT_USAGE)) };
    let sensor = match sensor_named(args.sensor.as_deref(), &today) {
        Ok(sensor) => sensor,
        Err(what) => {
            eprintln!("haishao: {what}");
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    let tried = Config { rules, ..today.clone() };
    let window = Window { from: args.from, to: args.to };
    // A core each: the two replays share nothing, and each is as deterministic as any.
    let (before, after) = std::thread::scope(|scope| {
        let other = scope.spawn(|| judged(&tried, window, &args.captures, sensor));
        (judged(&today, window, &args.captures, sensor), other.join())
    });
    let before = before?;
    // A panic of the other thread is one of ours: it goes on here.
    let after = after.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let seconds = match (before.summary.first, before.summary.last) {
        (Some(first), Some(last)) => last.seconds_since(window.from.map_or(first, |from| from.max(first))).max(0.0),
        _ => 0.0,
    };
    let compared = Comparison::new(&today.rules, &before.alerts, &tried.rules, &after.alerts, seconds);
    if let Some(path) = &args.json {
        let mut out = output(path).with_context(|| format!("cannot write {}", path.display()))?;
        compared.write_json(&mut out)?;
        out.flush()?;
    }
    // Two things on one output would be neither.
    if args.json.as_ref().is_none_or(|path| path.as_os_str() != "-") {
        compared.write_table(args.list, &mut std::io::stdout().lock())?;
    }
    for note in before.notes {
        eprintln!("haishao: {note}");
    }
    Ok(ExitCode::SUCCESS)
}

/// What one set of rules said of the captures.
struct Judged {
    alerts: Vec<Alert>,
    summary: Summary,
    notes: Vec<String>,
}

fn judged(config: &Config, window: Window, captures: &[PathBuf], sensor: Option<SensorId>) -> anyhow::Result<Judged> {
    let alerts = Arc::new(Mutex::new(Vec::new()));
    let sinks: Vec<Box<dyn Sink + Send>> = vec![Box::new(Kept(Arc::clone(&alerts)))];
    let mut replay = Replay::new(config, window, sinks).map_err(|faults| anyhow::anyhow!(faults.join("; ")))?;
    replay.judge_by(JudgesBy::Configuration);
    let notes = through(&mut replay, captures, config, sensor, Speed::Max)?;
    replay.finish()?;
    let summary = replay.summary();
    drop(replay);
    let alerts = std::mem::take(&mut *alerts.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Judged { alerts, summary, notes })
}

/// Keeps the alerts of a replay. They are as many as a recording's officers would have read, so memory is no question.
struct Kept(Arc<Mutex<Vec<Alert>>>);

impl Sink for Kept {
    fn take(&mut self, effects: &Effects) -> std::io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(effects.alerts.iter().cloned());
        Ok(())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn name(&self) -> &str {
        "the comparison"
    }
}
