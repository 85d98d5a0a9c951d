//! `hallmark completions`.

use crate::args::{Cli, CompletionsArgs};
use crate::config::Config;
use crate::failure::Failure;
use clap::CommandFactory;
use std::process::ExitCode;

/// Prints the script; the same under `--json`, since only a shell reads it.
pub fn run(args: &CompletionsArgs, config: &Config) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "hallmark", &mut script);
    config.console.print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
