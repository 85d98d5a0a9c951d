//! Checking proofs and models, and looking at them.

use clap::{Args, ValueHint};
use std::path::PathBuf;

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
