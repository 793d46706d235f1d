//! The commands, one file each. `main.rs` only parses and calls.

pub mod bench;
mod check;
mod completions;
mod decode;
pub mod demo;
mod desk;
mod log;
mod progress;
mod replay;
mod replay_console;
mod rules;
pub mod simulate;
pub mod verify;
mod watch;

use std::process::ExitCode;

use std::path::Path;

use crate::config::Config;
use clap::{Parser, Subcommand};

/// Exit status for wrong usage or configuration (DESIGN §4); clap uses the same for usage.
pub const EXIT_USAGE: u8 = 2;

/// Coastal surveillance: AIS, radars and cameras fused into one picture, with alerts for the craft that matter.
#[derive(Debug, Parser)]
#[command(name = "haishao", version, about, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure, with ratios to named peers
    Bench(bench::BenchArgs),
    /// List everything that is wrong with a configuration
    Check(check::CheckArgs),
    /// Print what recorded bytes say, as JSON lines
    Decode(decode::DecodeArgs),
    /// Run recordings through the engine: the same lines that the live watch said
    Replay(replay::ReplayArgs),
    /// Try rules on recordings before they are switched on
    Rules(rules::RulesArgs),
    /// Write or send a simulated night
    Simulate(simulate::SimulateArgs),
    /// Check that a record is what was written
    Verify(verify::VerifyArgs),
    /// Watch live: record, fuse, judge, tell
    Watch(watch::WatchArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
}

/// Runs the command that was asked for.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Bench(args) => bench::run(&args),
        Command::Check(args) => check::run(args),
        Command::Decode(args) => decode::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Simulate(args) => simulate::run(args),
        Command::Verify(args) => verify::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}

/// Reads a configuration; its faults go to standard error, and `None` comes back.
fn config_or_faults(path: &Path) -> anyhow::Result<Option<Config>> {
    match crate::config::load(path) {
        Ok(config) => Ok(Some(config)),
        Err(faults) => {
            check::write_faults(&faults, &mut std::io::stderr())?;
            Ok(None)
        }
    }
}
