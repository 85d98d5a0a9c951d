//! The command line, as clap reads it: a file for commands that belong together. Checked and typed values are made from it in
//! [`crate::config`].

mod bench;
mod compile;
mod evm;
mod keys;
mod log;
mod prove;
mod service;
mod srs;
mod verify;

use clap::{Args, Parser, Subcommand, ValueHint};
use std::path::PathBuf;

pub use bench::{BenchArgs, KernelsArg};
pub use compile::{CompileArgs, ModelArgs, ShapeArgs};
pub use evm::{
    ContractArg, EvmCalldataArgs, EvmCommand, EvmContractArgs, EvmDeployScriptArgs, EvmKeyArgs, EvmModelArgs,
};
pub use keys::{KeysCommand, NewKeyArgs};
pub use log::{LogCheckArgs, LogCommand};
pub use prove::{EngineArg, ProveArgs, RunArgs};
pub use service::{PlaceArgs, ServeArgs, WorkerArgs};
pub use srs::SrsCommand;
pub use verify::{CheckArgs, InspectArgs, SrsArgs, VerifyArgs};

const EXIT_CODES: &str = "Exit codes:
  0  success; for verify: every proof is valid
  1  a proof was rejected
  2  wrong usage
  3  a bad input: file, model or value
  4  a resource or I/O failure: disk, memory, missing SRS
  5  an internal error, please report it";

/// Proofs that this model, on this input, gave this output.
#[derive(Debug, Parser)]
#[command(name = "hallmark", version, about, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Print one JSON object on standard output instead of text.
    #[arg(long, global = true)]
    pub json: bool,

    /// No progress and no notes on standard error.
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// Folder of cached SRSs and proving keys, $XDG_CACHE_HOME/hallmark or ~/.cache/hallmark if not given.
    /// Everything in it but imported SRSs can be made again.
    #[arg(long, global = true, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub cache: Option<PathBuf>,

    /// Threads of proving, at most; all of the machine's if not given.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,

    /// Print on standard error where the time went, and write a trace for Chrome's about:tracing or Perfetto to FILE.
    #[arg(long, global = true, value_name = "FILE", num_args = 0..=1, require_equals = true, value_hint = ValueHint::FilePath)]
    pub profile: Option<Option<PathBuf>>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prove and verify what a small network reads in a handwritten digit.
    Demo(DemoArgs),
    /// Turn an ONNX model into a folder with the integer model, its verifying key and a report.
    Compile(CompileArgs),
    /// Run a compiled model: integers against floats, without a proof.
    Run(RunArgs),
    /// Prove what a compiled model gives for an input.
    Prove(ProveArgs),
    /// Check proofs; several at once are folded into one pairing check.
    Verify(VerifyArgs),
    /// Compile a model again and compare: whether its key is what its integer graph, and that what its ONNX file gives.
    Check(CheckArgs),
    /// Show the layout of a compiled model, or what a proof says.
    Inspect(InspectArgs),
    /// Structured reference strings: list, import, make one for development.
    #[command(subcommand)]
    Srs(SrsCommand),
    /// Contracts that check proofs on EVM chains: their code, models' keys, calldata, gas.
    #[command(subcommand)]
    Evm(EvmCommand),
    /// Run tests of ONNX operators, as the standard has them: which are right, refused, wrong.
    Conformance(ConformanceArgs),
    /// Measure compiling, key generation, proving and verifying.
    Bench(BenchArgs),
    /// Run the proving service: HTTP API, jobs and page. Works without any configuration.
    Serve(ServeArgs),
    /// Run jobs of a server's database, on this or another machine.
    Worker(WorkerArgs),
    /// The process that does one job at a time for a worker.
    #[command(hide = true)]
    Child,
    /// API keys of a server: create, list, revoke.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The receipt log of a server: hold one of its signed heads against another, change the key that signs them.
    #[command(subcommand)]
    Log(LogCommand),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
}

impl Command {
    /// Whether it belongs to the proving service, which has its files where its settings say.
    pub fn is_service(&self) -> bool {
        matches!(
            self,
            Self::Serve(_)
                | Self::Worker(_)
                | Self::Child
                | Self::Keys(_)
                | Self::Log(LogCommand::Rotate { .. })
        )
    }
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which image of the test set to read; a random one if not given.
    #[arg(long, value_name = "INDEX")]
    pub image: Option<usize>,
}

/// Arguments of `conformance`.
#[derive(Debug, Args)]
pub struct ConformanceArgs {
    /// The folder with a folder for each test, as `onnx.backend.test` writes them.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,

    /// Only tests whose names contain this.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,

    /// Make a proof for every test that is right, with the development SRS, and verify it. Without it, the integer model runs
    /// and its circuit is laid out.
    #[arg(long)]
    pub prove: bool,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}
