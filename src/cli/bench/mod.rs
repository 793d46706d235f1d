//! `haishao bench`: figures with their ratio to a named peer.

mod alerts;
pub mod decode;
mod figures;
pub mod fuse;
#[cfg(feature = "peers")]
mod peers;
mod pipeline;
pub mod rules;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};

use figures::Figures;
pub use figures::race;

/// Arguments of `haishao bench`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  haishao bench\n  haishao bench decode --json bench.json\n  \
    haishao bench alerts --scenario night_run --seeds 1000..1020\n\n\
    Times are CPU time of the measuring thread, the median of interleaved rounds: read the ratios, not the absolute numbers.\n\
    The peers (nmea-parser, ais, cel) are built in only with `--features peers`, as `make bench` does.")]
pub struct BenchArgs {
    /// What to measure
    #[arg(value_enum, default_value_t = Part::All)]
    part: Part,
    #[command(flatten)]
    alerts: alerts::AlertsArgs,
    /// Write the figures as JSON to this file as well
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Sentences and records a second
    Decode,
    /// Plots a second through the tracker
    Fuse,
    /// Track × rule judgements a second
    Rules,
    /// Capture to alerts, and frame in to picture out
    Pipeline,
    /// Scenarios through the whole product: alerts in time, false ones, against what is true (minutes; not part of all)
    Alerts,
    /// Everything else
    All,
}

/// Measures and prints.
pub fn run(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    if args.part == Part::Alerts {
        alerts::run(&args.alerts, args.json.as_deref())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut figures = Figures::default();
    if matches!(args.part, Part::Decode | Part::All) {
        decode::ais(&mut figures)?;
        decode::asterix(&mut figures);
    }
    if matches!(args.part, Part::Fuse | Part::All) {
        fuse::night(&mut figures)?;
        fuse::crowded_scan(&mut figures);
    }
    if matches!(args.part, Part::Rules | Part::All) {
        rules::judge(&mut figures)?;
    }
    if matches!(args.part, Part::Pipeline | Part::All) {
        pipeline::night(&mut figures)?;
        pipeline::frame_to_picture(&mut figures)?;
    }
    figures.print(&mut std::io::stdout().lock())?;
    if let Some(path) = &args.json {
        std::fs::write(path, figures.json()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}
