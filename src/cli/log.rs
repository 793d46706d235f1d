//! Log lines on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. `HAISHAO_LOG` sets the level (`error` to `trace`, default `info`), `HAISHAO_LOG_JSON=1` writes JSON lines.
pub fn init() {
    let filter = EnvFilter::try_from_env("HAISHAO_LOG").unwrap_or_else(|_unset| EnvFilter::new("info"));
    let json = std::env::var_os("HAISHAO_LOG_JSON").is_some_and(|v| v == "1");
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if json { builder.json().init() } else { builder.with_target(false).init() }
}
