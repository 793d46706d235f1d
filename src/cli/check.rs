//! `haishao check`: everything that is wrong with a configuration, at once.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::EXIT_USAGE;
use crate::config::{Config, Fault, load};
use crate::model::SensorKind;

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
    writeln!(out, "{}", counted(faults.len(), "error"))
}

fn write_summary(config: &Config, out: &mut impl Write) -> io::Result<()> {
    let site = &config.site;
    let (sensors, feeds) = (counted(site.sensors.len(), "sensor"), counted(site.feeds.len(), "feed"));
    writeln!(out, "{}: {sensors} on {feeds}, {}", site.name, counted(config.rules.len(), "rule"))?;
    for sensor in &site.sensors {
        let feed = site.feeds.get(usize::from(sensor.feed.0)).map_or_else(String::new, ToString::to_string);
        writeln!(out, "  sensor {}: {}, {}, {feed}", sensor.id, sensor.kind.word(), sensor.format.word())?;
    }
    for rule in &config.rules {
        writeln!(out, "  rule {}: {} ({}), severity {}", rule.id, rule.name_zh, rule.name_en, rule.severity.level())?;
    }
    for warning in warnings(config) {
        writeln!(out, "warning: {warning}")?;
    }
    Ok(())
}

/// What is allowed and probably not meant.
fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if config.rules.is_empty() {
        warnings.push("there are no rules: no alert will ever be raised".to_owned());
    }
    let hears_ais = config.site.sensors.iter().any(|s| s.kind == SensorKind::Ais);
    let asks_ais: Vec<&str> = config.rules.iter().filter(|rule| rule.reads("ais")).map(|rule| rule.id.as_str()).collect();
    if !hears_ais && !asks_ais.is_empty() {
        let rules = asks_ais.join(", ");
        warnings
            .push(format!("no sensor is of kind \"ais\": to {rules} every craft will be one from which AIS is not received"));
    }
    if config.capture.dir.is_none() {
        warnings.push("[capture] has no dir: nothing will be recorded".to_owned());
    }
    warnings
}

fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}
