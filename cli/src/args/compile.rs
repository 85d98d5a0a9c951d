//! Compiling: the options of a model.

use crate::values::{parse_dimension, parse_shape};
use clap::{Args, ValueEnum, ValueHint};
use hallmark::{CompileOptions, Error, InputShapes, SrsChoice};
use hallmark_circuits::Target;
use std::path::PathBuf;

/// Options that shape a compiled model.
#[derive(Clone, Debug, Args)]
pub struct ModelArgs {
    /// Bits of activations and weights.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(4..=16))]
    pub bits: u32,

    /// What the layout is made for: fast proving, or few columns for a cheap check on an EVM chain.
    #[arg(long, value_enum, default_value_t = TargetArg::Fast)]
    pub target: TargetArg,

    /// A snarkjs .ptau or halo2 KZG parameter file, the digest of an imported one, or `dev` for the development
    /// SRS (insecure: anybody can forge proofs made with it).
    #[arg(long, value_name = "FILE|DIGEST|dev", default_value = "dev")]
    pub srs: String,

    /// What the model is called in its key, and so a part of its id. If not given: what the ONNX file calls its graph, or
    /// "model".
    #[arg(long)]
    pub name: Option<String>,

    /// Make no circuit for private inputs.
    #[arg(long)]
    pub public_only: bool,

    /// Make a circuit that proves N inputs at once as well: cheaper per input, because what depends on the weights only
    /// is shared. The model's id then covers it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=4096))]
    pub batch: Option<u32>,
}

impl ModelArgs {
    /// What they ask for, accurate or not; `keep_keys` says whether the proving keys go to the cache.
    ///
    /// # Errors
    /// A usage failure if `--srs` has no meaning.
    pub fn compile_options(&self, keep_keys: bool) -> Result<CompileOptions, Error> {
        Ok(CompileOptions {
            bits: self.bits,
            target: match self.target {
                TargetArg::Fast => Target::Fast,
                TargetArg::Evm => Target::Evm,
            },
            srs: SrsChoice::parse(&self.srs)?,
            public_only: self.public_only,
            batch: self.batch,
            keep_keys,
            accept_inaccurate: true,
            ..CompileOptions::default()
        })
    }
}

/// `--target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TargetArg {
    /// Many columns, few rows.
    Fast,
    /// Few columns.
    Evm,
}

/// Arguments of `compile`.
#[derive(Debug, Args)]
pub struct CompileArgs {
    /// The ONNX model; `-` is standard input.
    #[arg(value_name = "MODEL.onnx", value_hint = ValueHint::FilePath)]
    pub model: PathBuf,

    /// Typical inputs (.json, .npy, .npz) that decide the scales. Without them scales are guesses.
    #[arg(long, value_name = "DATA", value_hint = ValueHint::FilePath)]
    pub calibration: Option<PathBuf>,

    /// Options of the model.
    #[command(flatten)]
    pub options: ModelArgs,

    /// Lengths of open axes.
    #[command(flatten)]
    pub shapes: ShapeArgs,

    /// The folder to make.
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: PathBuf,

    /// Replace the folder if it is there.
    #[arg(long)]
    pub force: bool,

    /// Make a model that answers wrongly all the same: one that refuses calibration samples, rounds integers, or has an
    /// output whose error is half its spread or more.
    #[arg(long)]
    pub accept_inaccurate: bool,
}

/// Lengths of axes that an ONNX file leaves open.
#[derive(Clone, Debug, Default, Args)]
pub struct ShapeArgs {
    /// The shape of an input whose axes the file leaves open, such as `x=1x3x48x192`; may be given several times. Where
    /// nothing is given, calibration data decide, and the first axis is a batch of 1.
    #[arg(long = "shape", value_name = "INPUT=AxBxC", value_parser = parse_shape)]
    pub shapes: Vec<(String, Vec<usize>)>,

    /// The length of an open axis that has a name in the file, such as `sequence=128`; may be given several times.
    #[arg(long = "dim", value_name = "NAME=N", value_parser = parse_dimension)]
    pub dimensions: Vec<(String, usize)>,
}

impl ShapeArgs {
    /// What they say, as the importer takes it.
    pub fn input_shapes(&self) -> InputShapes {
        InputShapes {
            shapes: self.shapes.iter().cloned().collect(),
            dimensions: self.dimensions.iter().cloned().collect(),
        }
    }
}
