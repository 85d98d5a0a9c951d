//! `log`.

use super::PlaceArgs;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

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
