//! The command line, as clap reads it. Checked and typed values are made from it in [`crate::config`].

use crate::config::{parse_budget, parse_dimension, parse_shape, parse_size};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use hallmark::{CompileOptions, Error, InputShapes, SrsChoice};
use hallmark_circuits::Target;
use std::net::SocketAddr;
use std::path::PathBuf;

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

/// `--target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TargetArg {
    /// Many columns, few rows.
    Fast,
    /// Few columns.
    Evm,
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

/// `--transcript`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TranscriptArg {
    /// Compressed points: short proofs.
    Blake2b,
    /// What the EVM contract checks.
    Keccak,
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
    /// output whose error is as large as its spread.
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

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The proofs, or audit files of a server; `-` is standard input.
    #[arg(value_name = "PROOF", required = true, value_hint = ValueHint::FilePath)]
    pub proofs: Vec<PathBuf>,

    /// The model that is expected: its id (64 hexadecimal digits), or the folder of a compiled model.
    #[arg(long, value_name = "DIR|ID")]
    pub model: String,

    /// The verifying key; a compiled model's folder has its own.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub vk: Option<PathBuf>,

    /// The nonce that every proof must carry.
    #[arg(long, value_name = "HEX")]
    pub nonce: Option<String>,

    #[command(flatten)]
    pub srs: SrsArgs,

    /// Root of the receipt log that you know: audit files about another state of it are rejected.
    #[arg(long, value_name = "HEX")]
    pub log_root: Option<String>,

    /// Key of the receipt log that you know, the newest one: audit files whose head it or a key after it did not sign are rejected.
    #[arg(long, value_name = "HEX")]
    pub log_key: Option<String>,
}

/// Which SRSs are accepted. All go by the points in the key, not by what anything says about itself.
#[derive(Clone, Debug, Args)]
pub struct SrsArgs {
    /// Reject an SRS whose secret is public, such as the development SRS: anybody can forge proofs over it.
    #[arg(long)]
    pub refuse_insecure: bool,

    /// Accept only an SRS that is recognised as that of a ceremony.
    #[arg(long)]
    pub only_ceremonies: bool,

    /// Accept only the SRS with this digest (may be given several times).
    #[arg(long = "srs", value_name = "DIGEST")]
    pub only: Vec<String>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Folder of a compiled model.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,

    /// The calibration data that it was compiled with: the integer graph is then made again from the ONNX file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub calibration: Option<PathBuf>,

    /// A key from elsewhere, to be compared in place of the folder's own.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub vk: Option<PathBuf>,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// Folder of a compiled model, or a proof.
    #[arg(value_name = "DIR|PROOF", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,

    /// Write a picture of the columns of a compiled model.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub svg: Option<PathBuf>,
}

/// Commands of `srs`.
#[derive(Debug, Subcommand)]
pub enum SrsCommand {
    /// List the SRSs in the cache, or check a file without importing it.
    Info {
        /// A snarkjs .ptau or halo2 KZG parameter file.
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Check a snarkjs .ptau or halo2 KZG parameter file and keep it in the cache.
    Import {
        /// The file.
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Keep powers for 2^K rows instead of all (at most 2^24). More than 2^16 take minutes to prepare.
        #[arg(long, value_name = "K")]
        k: Option<u32>,
    },
    /// Prepare the development SRS. Insecure: its secret is public.
    Dev {
        /// For circuits of 2^K rows.
        #[arg(long, value_name = "K", default_value_t = 14)]
        k: u32,
    },
}

/// Commands of `evm`.
#[derive(Debug, Subcommand)]
pub enum EvmCommand {
    /// A compiled contract: the verifier of all models' proofs, the registry, or the example of a consumer.
    Contract(EvmContractArgs),
    /// A model's key: what the verifier contract needs to know of it, as a contract to deploy or as data.
    Key(EvmKeyArgs),
    /// The call that checks a proof.
    Calldata(EvmCalldataArgs),
    /// A script that deploys verifier and registry with viem, publishes the key and registers the model.
    DeployScript(EvmDeployScriptArgs),
}

/// Which contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ContractArg {
    /// Checks proofs.
    Verifier,
    /// Models and inferences after the draft ERC-7992.
    Registry,
    /// Pays on a proven prediction.
    Bounty,
}

/// Arguments of `evm contract`.
#[derive(Debug, Args)]
pub struct EvmContractArgs {
    /// Which one.
    #[arg(value_enum, default_value_t = ContractArg::Verifier)]
    pub name: ContractArg,

    /// Write interface (ABI) and bytecode as JSON; without it the bytes that deploy the contract are printed.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// A circuit of a compiled model.
#[derive(Debug, Args)]
pub struct EvmModelArgs {
    /// Folder of the compiled model, or its verifying key.
    #[arg(long, value_name = "DIR|FILE", value_hint = ValueHint::AnyPath)]
    pub model: PathBuf,

    /// The circuit with private inputs.
    #[arg(long)]
    pub private_input: bool,
}

/// Arguments of `evm key`.
#[derive(Debug, Args)]
pub struct EvmKeyArgs {
    /// The circuit.
    #[command(flatten)]
    pub model: EvmModelArgs,

    /// The data that `verifyWithKey` takes instead of the bytes that deploy a contract.
    #[arg(long)]
    pub data: bool,

    /// Write the bytes as hexadecimal digits here instead of printing them.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `evm calldata`.
#[derive(Debug, Args)]
pub struct EvmCalldataArgs {
    /// The proof, made with the Keccak transcript.
    #[arg(value_name = "PROOF", value_hint = ValueHint::FilePath)]
    pub proof: PathBuf,

    /// The circuit.
    #[command(flatten)]
    pub model: EvmModelArgs,

    /// Address of the key contract: the call is verify(key, statement, proof). Without it, the key is part of the call:
    /// verifyWithKey(digest, key, statement, proof).
    #[arg(long, value_name = "ADDRESS", conflicts_with = "registry_id")]
    pub key: Option<String>,

    /// The registry's id of the model: the call is the registry's verifyInference(id, inputCommitment, output, proof).
    #[arg(long, value_name = "HEX")]
    pub registry_id: Option<String>,

    /// Write the call as hexadecimal digits here instead of printing it.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Arguments of `evm deploy-script`.
#[derive(Debug, Args)]
pub struct EvmDeployScriptArgs {
    /// The circuit.
    #[command(flatten)]
    pub model: EvmModelArgs,

    /// Address of a verifier that is there already.
    #[arg(long, value_name = "ADDRESS")]
    pub verifier: Option<String>,

    /// Address of a registry that is there already.
    #[arg(long, value_name = "ADDRESS")]
    pub registry: Option<String>,

    /// Go on although anybody can forge proofs over the model's SRS: for test chains. The registry says so to everybody (insecureSrs).
    #[arg(long)]
    pub insecure_srs: bool,

    /// Where to read about the model, for the registry.
    #[arg(long, value_name = "URI", default_value = "")]
    pub uri: String,

    /// The script.
    #[arg(long, short, value_name = "FILE.mjs", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
}

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

/// Arguments of `serve`.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArgs {
    /// Where data and configuration are.
    #[command(flatten)]
    pub place: PlaceArgs,

    /// Address and port to listen on; 127.0.0.1:8420 if not given.
    #[arg(long, value_name = "HOST:PORT")]
    pub bind: Option<SocketAddr>,

    /// Jobs at once in this process; 0 leaves them to `hallmark worker`.
    #[arg(long, value_name = "N")]
    pub workers: Option<usize>,

    /// Print the configuration that would be used, and stop.
    #[arg(long)]
    pub print_config: bool,
}

/// Where a server's data and configuration are.
#[derive(Clone, Debug, Default, Args)]
pub struct PlaceArgs {
    /// A TOML file; `serve --print-config` prints one with all keys.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,

    /// Folder of the database and all files; $XDG_DATA_HOME/hallmark or ~/.local/share/hallmark if not given.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub data: Option<PathBuf>,

    /// postgres://USER@HOST/NAME, or the path of an SQLite file.
    #[arg(long, value_name = "URL|FILE")]
    pub database: Option<String>,

    /// Any key of the configuration, such as `limits.queue_length=100`; may be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Arguments of `worker`.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Where data and configuration are: the same database and objects as the server's.
    #[command(flatten)]
    pub place: PlaceArgs,

    /// Jobs at once.
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
}

/// Commands of `log`.
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Check, without a server, that two signed heads are of one log, and that the new one continues the old one.
    Check(LogCheckArgs),
    /// Replace the key that signs heads by a new one, which the old one signs. Heads name the log by its first key, as before.
    Rotate {
        /// Which server's.
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Arguments of `log check`.
#[derive(Debug, Args)]
pub struct LogCheckArgs {
    /// A head that you kept: the JSON of GET /v1/receipts/head.
    #[arg(value_name = "OLD", value_hint = ValueHint::FilePath)]
    pub old: PathBuf,

    /// One that a server gave out later.
    #[arg(value_name = "NEW", value_hint = ValueHint::FilePath)]
    pub new: PathBuf,

    /// The JSON of GET /v1/receipts/consistency?first=…&second=…; not needed for heads of equal size.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub proof: Option<PathBuf>,

    /// Key of the log that you know, the newest one: a new head that it or a key after it did not sign is rejected.
    #[arg(long, value_name = "HEX")]
    pub log_key: Option<String>,
}

/// Commands of `keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it, once.
    Create(NewKeyArgs),
    /// List all keys, without their secrets.
    List {
        /// Which server's.
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Set a tenant's share of the workers: of two that both have work, one with twice the weight gets twice the time.
    Weight {
        /// Name of the tenant.
        #[arg(value_name = "TENANT")]
        tenant: String,
        /// 1 if it was never set.
        #[arg(value_name = "WEIGHT", value_parser = clap::value_parser!(i64).range(1..=hallmark_server::store::GREATEST_WEIGHT))]
        weight: i64,
        /// Which server's.
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Make a key invalid, at once and for ever.
    Revoke {
        /// Its id (`key_…`), or the key.
        #[arg(value_name = "ID")]
        id: String,
        /// Which server's.
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Arguments of `keys create`.
#[derive(Debug, Args)]
pub struct NewKeyArgs {
    /// Whose key it is. Keys of one tenant see the same models and jobs; a tenant that is not there is made.
    #[arg(value_name = "TENANT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub tenant: String,

    /// What it is for; the tenant's name if not given.
    #[arg(long)]
    pub name: Option<String>,

    /// Make the database if it is not there: for the first key, before the server has ever run.
    #[arg(long)]
    pub init: bool,

    /// What it may do: read, predict, prove, admin.
    #[arg(long, value_delimiter = ',', default_value = "read,predict,prove")]
    pub scopes: Vec<hallmark_server::access::Scope>,

    /// Requests a minute; access.rate_per_minute if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,

    /// Seconds of proving a day; access.proof_seconds_per_day if not given.
    #[arg(long, value_name = "SECONDS")]
    pub quota: Option<u32>,

    /// Days until it ends; never if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36500))]
    pub expires_days: Option<u32>,

    /// Which server's.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
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

impl From<EngineArg> for hallmark_prover::Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Own => Self::Own,
            EngineArg::Stock => Self::Stock,
        }
    }
}

impl From<TranscriptArg> for hallmark_verifier::TranscriptKind {
    fn from(transcript: TranscriptArg) -> Self {
        match transcript {
            TranscriptArg::Blake2b => Self::Blake2b,
            TranscriptArg::Keccak => Self::Keccak,
        }
    }
}
