//! `haishao verify`: integrity of a record.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::EXIT_USAGE;
use crate::capture::{self, Chain, Fault, Problem, Summary};

/// Exit status of a record that is damaged, or cannot be read through.
const DAMAGED: u8 = 1;

/// Checks that a record is what was written: every CRC, number, hash and seal.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  haishao verify /var/lib/haishao/capture

Exit status: 0 sound, 1 damaged, 2 there is no record.")]
pub struct VerifyArgs {
    /// Folder of the record (*.hsc).
    #[arg(value_name = "CAPTURE")]
    pub dir: PathBuf,
}

/// Runs the command: what was found goes to standard output, damage to standard error.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    match capture::verify(&args.dir) {
        Ok(summary) => {
            std::io::stdout().lock().write_all(report(&summary).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            writeln!(std::io::stderr().lock(), "haishao verify: {fault}")?;
            Ok(ExitCode::from(if is_usage(&fault, args) { EXIT_USAGE } else { DAMAGED }))
        }
    }
}

fn is_usage(fault: &Fault, args: &VerifyArgs) -> bool {
    fault.file == args.dir && matches!(fault.problem, Problem::NoSegments | Problem::Io { .. })
}

fn report(summary: &Summary) -> String {
    let Summary { segments, bytes, records, frames, starts, gaps, lost_records, .. } = summary;
    let mut lines =
        vec![format!("sound: {segments} segments, {bytes} bytes, {records} records, {frames} frames, {starts} runs")];
    if let Some((first, last)) = summary.sequences {
        lines.push(format!("records {first} to {last}"));
    }
    if let Some((earliest, latest)) = summary.times {
        lines.push(format!("received {earliest} to {latest}"));
    }
    if *gaps > 0 {
        lines.push(format!("{gaps} gaps: {lost_records} records could not be recorded"));
    }
    match summary.chain {
        Chain::Whole => lines.push("hash chain whole from the first segment".to_owned()),
        Chain::Pruned { first_segment } => {
            lines.push(format!("hash chain whole from segment {first_segment}; earlier segments were deleted"));
        }
    }
    if let Some((file, offset, bytes)) = &summary.torn {
        lines.push(format!("torn tail: {}: byte {offset}: {bytes} bytes of an incomplete record", file.display()));
    }
    lines.join("\n") + "\n"
}
