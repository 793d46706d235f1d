//! `haishao completions`.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Arguments of `haishao completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  haishao completions bash > /etc/bash_completion.d/haishao\n  haishao completions fish > ~/.config/fish/completions/haishao.fish"
)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &CompletionsArgs) -> anyhow::Result<ExitCode> {
    clap_complete::generate(args.shell, &mut super::Cli::command(), "haishao", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
