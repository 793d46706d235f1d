//! `haishao check`: everything that is wrong with a configuration, at once.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::EXIT_USAGE;
use crate::config::{Config, Fault, load};

/// Checks a configuration with its rules, and lists every error with file, line and key.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  haishao check --config site.toml
  haishao check --config site.toml && systemctl restart haishao

Exit status: 0 nothing is wrong, 2 something is.")]
pub struct CheckArgs {
    /// The site's configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs the command: faults go to standard error, the summary to standard output.
pub fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    match load(&args.config) {
        Ok(config) => {
            write_summary(&config, &mut io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            write_faults(&faults, &mut io::stderr().lock())?;
            Ok(ExitCode::from(EXIT_USAGE))
        }
    }
}

/// One line a fault, as a compiler prints them, and their number.
pub fn write_faults(faults: &[Fault], out: &mut impl Write) -> io::Result<()> {
    for fault in faults {
        writeln!(out, "{fault}")?;
    }
    writeln!(out, "{} error{}", faults.len(), if faults.len() == 1 { "" } else { "s" })
}

fn write_summary(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let site = &config.site;
    writeln!(out, "{}: {} sensors on {} feeds, {} rules", site.name, site.sensors.len(), site.feeds.len(), config.rules.len())?;
    for sensor in &site.sensors {
        let feed = site.feeds.get(usize::from(sensor.feed.0)).map_or_else(String::new, ToString::to_string);
        let (kind, format) = (format!("{:?}", sensor.kind), format!("{:?}", sensor.format));
        writeln!(out, "  sensor {}: {} by {} from {feed}", sensor.id, kind.to_lowercase(), format.to_lowercase())?;
    }
    for rule in &config.rules {
        writeln!(out, "  rule {}: {} {}, severity {}", rule.id, rule.name_zh, rule.name_en, rule.severity.level())?;
    }
    Ok(())
}
