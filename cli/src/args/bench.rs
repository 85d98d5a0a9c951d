//! `bench`.

use super::{EngineArg, ModelArgs, ShapeArgs};
use crate::values::{parse_budget, parse_size};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// An ONNX model, calibrated on the input, or the folder of a compiled one.
    #[arg(value_name = "MODEL.onnx|DIR", value_hint = ValueHint::AnyPath)]
    pub model: PathBuf,

    /// Input (.json, .npy, .npz).
    #[arg(long, short, value_name = "IN", value_hint = ValueHint::FilePath)]
    pub input: PathBuf,

    /// Number of proofs; times are medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub runs: u32,

    /// Options for an ONNX model; a compiled one has its own.
    #[command(flatten)]
    pub options: ModelArgs,

    /// Lengths of open axes of an ONNX model.
    #[command(flatten)]
    pub shapes: ShapeArgs,

    /// Which implementation makes the proof.
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineArg,

    /// Keep the memory of the whole process below SIZE while proving, for example 2G or 800M.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub memory: Option<u64>,

    /// Memory for what the proofs of a process share (tables of multiples of the SRS's points, fixed columns on cosets), 64M if not
    /// given: it is made before the first, as the service does. With 0 a proof takes what it takes `hallmark prove`.
    #[arg(long, value_name = "SIZE", value_parser = parse_budget)]
    pub precompute: Option<u64>,

    /// Do not measure the floor: the least that this machine takes for the network's cells in full columns.
    #[arg(long)]
    pub no_floor: bool,

    /// The arithmetic of the own engine: the fastest of this CPU, or what every CPU has.
    #[arg(long, value_enum, default_value_t)]
    pub kernels: KernelsArg,
}

/// `--kernels`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum KernelsArg {
    /// AVX-512 IFMA where the CPU has it.
    #[default]
    Auto,
    /// 64-bit arithmetic.
    Portable,
}

impl From<KernelsArg> for hallmark_prover::engine::Backend {
    fn from(kernels: KernelsArg) -> Self {
        match kernels {
            KernelsArg::Auto => Self::detect(),
            KernelsArg::Portable => Self::PORTABLE,
        }
    }
}
