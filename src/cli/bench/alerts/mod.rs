//! `haishao bench alerts`: scenarios through the whole product, many seeds, against what is true.

mod calibration;
mod criteria;
mod landings;
mod latency;
mod ledger;
mod questions;
mod recovery;
mod swaps;
mod tally;
mod watch;

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;

use crate::sim::coast::{STORIES, Story, story};
use tally::Tally;
use watch::{Run, watch};

/// Seeds by which thresholds and the simulator were tuned. Those of the published figures begin beyond them.
pub const TUNING_SEEDS: std::ops::Range<u64> = 1..100;
/// Seeds taken where none are named: none of the tuning's.
const DEFAULT_SEEDS: std::ops::Range<u64> = 1000..1004;

/// Arguments of the part `alerts`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct AlertsArgs {
    /// alerts: a scenario; may be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// alerts: seeds, the last one not included; 1..100 were tuned on [default: 1000..1004]
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    seeds: Option<std::ops::Range<u64>>,
    /// alerts: at most so many seconds of each scenario
    #[arg(long, value_name = "SECONDS")]
    duration: Option<f64>,
    /// alerts: worker threads [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// alerts: judge by the rules of this file in place of those that ship
    #[arg(long, value_name = "RULES")]
    rules: Option<std::path::PathBuf>,
    /// alerts: write CPU times into the JSON too; they are never quite the same, all else is
    #[arg(long)]
    cpu: bool,
    /// alerts: name every alert with the craft nearest to it
    #[arg(long)]
    show: bool,
}

fn seeds(text: &str) -> Result<std::ops::Range<u64>, String> {
    let (a, b) = text.split_once("..").ok_or("must be two numbers with .. between, as 1000..1010")?;
    let (a, b): (u64, u64) = (a.parse().map_err(|e| format!("{a}: {e}"))?, b.parse().map_err(|e| format!("{b}: {e}"))?);
    if a < b { Ok(a..b) } else { Err("is empty".to_owned()) }
}

/// Runs the scenarios and prints what came of them.
pub fn run(args: &AlertsArgs, json: Option<&Path>) -> anyhow::Result<()> {
    let stories: Vec<&'static Story> = if args.scenario.is_empty() {
        STORIES.iter().collect()
    } else {
        args.scenario
            .iter()
            .map(|name| {
                let names: Vec<&str> = STORIES.iter().map(|s| s.name).collect();
                story(name).with_context(|| format!("no scenario {name}; there is: {}", names.join(", ")))
            })
            .collect::<anyhow::Result<_>>()?
    };
    let seeds = args.seeds.clone().unwrap_or(DEFAULT_SEEDS);
    let jobs: Vec<(&'static Story, u64)> = stories.iter().flat_map(|s| seeds.clone().map(move |seed| (*s, seed))).collect();
    let runs = all(&jobs, args)?;
    let mut out = std::io::stdout().lock();
    let tuned = TUNING_SEEDS.start < seeds.end && seeds.start < TUNING_SEEDS.end;
    writeln!(out, "seeds {}..{} ({})", seeds.start, seeds.end, if tuned { "TUNING seeds" } else { "test seeds" })?;
    let mut told = Vec::new();
    for story in stories {
        let of: Vec<&Run> = runs.iter().filter(|r| r.story == story.name).collect();
        let tally = Tally::new(story, &of);
        tally.write(&mut out)?;
        if args.show {
            for run in &of {
                run.write_alerts(&mut out)?;
            }
        }
        told.push(tally.json(args.cpu));
    }
    if let Some(path) = json {
        let all = serde_json::json!({"seeds": [seeds.start, seeds.end], "tuning": tuned, "scenarios": told});
        std::fs::write(path, format!("{all:#}\n")).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

// Each worker takes the next job; results stand in the order of the jobs, whatever finishes first.
fn all(jobs: &[(&'static Story, u64)], args: &AlertsArgs) -> anyhow::Result<Vec<Run>> {
    let threads = args.threads;
    let threads = threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1).max(1);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, anyhow::Result<Run>)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                while let Some((n, (story, seed))) = {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    jobs.get(n).map(|job| (n, *job))
                } {
                    let run = watch(story, seed, args.duration, args.rules.as_deref(), args.show);
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((n, run));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, run)| run).collect()
}
