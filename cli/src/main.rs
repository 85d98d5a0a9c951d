//! The `hallmark` command.

mod args;
mod commands;
mod config;
mod failure;
mod layout;
mod machine;
mod median;
mod memory;
mod output;
mod profile;
mod streams;
mod table;
mod terminal;
mod values;

use args::{Cli, Command};
use clap::Parser;
use config::Config;
use failure::Failure;
use profile::Profile;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => code,
        Err(failure) => {
            report(&cli, &failure);
            failure.kind.into()
        }
    }
}

fn run(cli: &Cli) -> Result<ExitCode, Failure> {
    let config = Config::new(cli)?;
    if let Some(threads) = cli.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global()
            .map_err(Failure::internal)?;
    }
    let profile = cli.profile.as_ref().map(|_| Profile::start()).transpose()?;
    let code = command(cli, &config)?;
    if let (Some(profile), Some(file)) = (profile, &cli.profile) {
        config.console.warn(profile.tree().trim_end());
        if let Some(path) = file {
            profile.write(path)?;
        }
    }
    Ok(code)
}

fn command(cli: &Cli, config: &Config) -> Result<ExitCode, Failure> {
    match &cli.command {
        Command::Demo(args) => commands::demo::run(args, config),
        Command::Compile(args) => commands::compile::run(args, config),
        Command::Run(args) => commands::run::run(args, config),
        Command::Prove(args) => commands::prove::run(args, config),
        Command::Verify(args) => commands::verify::run(args, config),
        Command::Check(args) => commands::check::run(args, config),
        Command::Inspect(args) => commands::inspect::run(args, config),
        Command::Srs(command) => commands::srs::run(command, config),
        Command::Evm(command) => commands::evm::run(command, config),
        Command::Conformance(args) => commands::conformance::run(args, config),
        Command::Bench(args) => commands::bench::run(args, config),
        Command::Serve(args) => commands::serve::run(args, config),
        Command::Worker(args) => commands::worker::run(args, config),
        Command::Child => Ok(hallmark_server::child::run()),
        Command::Keys(command) => commands::keys::run(command, config),
        Command::Log(command) => commands::log::run(command, config),
        Command::Completions(args) => commands::completions::run(args, config),
    }
}

/// Says why the command stopped: on standard error, and as the JSON object that was asked for.
fn report(cli: &Cli, failure: &Failure) {
    let console = output::Console::new(cli.json, cli.quiet);
    console.warn(&format!("error: {}", failure.message));
    if cli.json {
        let object =
            serde_json::json!({ "error": { "kind": failure.kind.word(), "message": failure.message } });
        let _ = console.print(&format!("{}\n", terminal::json(&object.to_string())));
    }
}
