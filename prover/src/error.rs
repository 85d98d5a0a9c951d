//! What can go wrong between a model and its proof.

use std::path::PathBuf;

/// Errors of this crate. Messages name the place, what was expected, what came, and the remedy.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum ProverError {
    /// An SRS file that is not what its format says.
    #[error(
        "SRS file: {place}: expected {expected}, got {got}; download the file again and compare its checksum"
    )]
    SrsFormat {
        /// Section, field or point, with its offset or index where there is one.
        place: String,
        /// What the format asks for.
        expected: String,
        /// What the file holds.
        got: String,
    },
    /// A well-formed SRS file whose points are not the powers of one secret, or whose secret is trivial.
    #[error("SRS file: {0}; it is unusable and must not be trusted: get the file from another source")]
    SrsInconsistent(String),
    /// An SRS with fewer powers than the circuit has rows.
    #[error(
        "the SRS {name:?} supports circuits up to 2^{available} rows, this one needs 2^{needed}: \
         import a file with power {needed} or more"
    )]
    SrsTooSmall {
        /// Name of the SRS.
        name: String,
        /// Largest k that it supports.
        available: u32,
        /// The k that was asked for.
        needed: u32,
    },
    /// A size outside the supported ones.
    #[error("{what}: 2^{got} rows asked for, between 2^{least} and 2^{most} are supported")]
    Size {
        /// What has the size.
        what: &'static str,
        /// The k that was asked for.
        got: u32,
        /// Least supported k.
        least: u32,
        /// Greatest supported k.
        most: u32,
    },
    /// The SRS that a key was made with is not on this machine.
    #[error(
        "the SRS {name:?} with digest {digest} is not in the cache {folder:?}: import its file with `hallmark srs import FILE`"
    )]
    SrsMissing {
        /// Name of the SRS as the key states it.
        name: String,
        /// Digest in hexadecimal digits.
        digest: String,
        /// The cache folder.
        folder: PathBuf,
    },
    /// Reading an SRS failed below its format.
    #[error("reading the SRS: {0}")]
    SrsRead(#[source] std::io::Error),
    /// A cache or output file could not be read or written (permissions, full disk).
    #[error("{action} {path:?}: {source}")]
    File {
        /// What was attempted, for example `writing`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
}
