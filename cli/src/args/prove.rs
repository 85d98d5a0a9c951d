//! Running and proving.

use crate::values::parse_size;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Folder of the compiled model.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,

    /// Input (.json, .npy, .npz); `-` is standard input.
    #[arg(long, short, value_name = "IN", value_hint = ValueHint::FilePath)]
    pub input: PathBuf,
}

/// Arguments of `prove`.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// Folder of the compiled model.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,

    /// Input (.json, .npy, .npz) with one sample; `-` is standard input.
    #[arg(long, short, value_name = "IN", value_hint = ValueHint::FilePath)]
    pub input: PathBuf,

    /// Where the proof goes: JSON if the name ends in .json, else the compact binary form; `-` is standard output.
    #[arg(long, short, value_name = "PROOF", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,

    /// Up to 32 bytes that the proof is bound to, for example a challenge of the one who asks. All zero if not given.
    #[arg(long, value_name = "HEX")]
    pub nonce: Option<String>,

    /// Prove all samples in IN at once, with the circuit that `compile --batch` made. If IN has fewer than that circuit
    /// takes, the last one is proven again.
    #[arg(long, conflicts_with_all = ["private_input"])]
    pub batch: bool,

    /// Put a hiding commitment to the input into the statement instead of the input. What opens it goes to
    /// PROOF.opening.json, which is to be kept secret.
    #[arg(long)]
    pub private_input: bool,

    /// Which implementation makes the proof.
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineArg,

    /// Keep the memory of the whole process below SIZE, for example 2G or 800M, at the price of some time.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub memory: Option<u64>,

    /// The hash that derives challenges; if not given, keccak for a model compiled with --target evm, else blake2b.
    #[arg(long, value_enum)]
    pub transcript: Option<TranscriptArg>,
}

/// `--engine`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineArg {
    /// Hallmark's own.
    #[default]
    Own,
    /// halo2-axiom's: slower; proofs of both are alike.
    Stock,
}

impl From<EngineArg> for hallmark_prover::Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Own => Self::Own,
            EngineArg::Stock => Self::Stock,
        }
    }
}

/// `--transcript`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TranscriptArg {
    /// Compressed points: short proofs.
    Blake2b,
    /// What the EVM contract checks.
    Keccak,
}

impl From<TranscriptArg> for hallmark_verifier::TranscriptKind {
    fn from(transcript: TranscriptArg) -> Self {
        match transcript {
            TranscriptArg::Blake2b => Self::Blake2b,
            TranscriptArg::Keccak => Self::Keccak,
        }
    }
}
