//! The commands, one file each. `main.rs` only parses and calls.

pub mod check;
mod completions;
pub mod simulate;
pub mod verify;

use std::process::ExitCode;

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
    /// List everything that is wrong with a configuration
    Check(check::CheckArgs),
    /// Write or send a simulated night
    Simulate(simulate::SimulateArgs),
    /// Check that a record is what was written
    Verify(verify::VerifyArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
}

/// Runs the command that was asked for.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Check(args) => check::run(args),
        Command::Simulate(args) => simulate::run(args),
        Command::Verify(args) => verify::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}
