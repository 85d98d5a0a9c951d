//! `srs`.

use clap::{Subcommand, ValueHint};
use std::path::PathBuf;

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
