//! What can go wrong between a model and its proof.

use crate::extract::ExtractError;
use hallmark_circuits::CircuitError;
use hallmark_verifier::{Form, Problem, VerifyError};
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
    /// An SRS that the caller does not accept for its keys.
    #[error("the SRS for new keys: {0}")]
    Srs(#[source] VerifyError),
    /// Circuits of one key that were laid out for different models.
    #[error(
        "the circuit for {form} was laid out for another integer graph than the key's first one: an id names one model; \
         compile each model on its own"
    )]
    DifferentModels {
        /// Which circuit.
        form: Form,
    },
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
    /// The model cannot be laid out, or a witness does not fit its layout.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
    /// The proving library's key has no counterpart for verifiers.
    #[error("translating the key for verifiers: {0}; please report this")]
    Extract(#[from] ExtractError),
    /// The model has a name, a count or a size that no verifying key can hold. Found before keys are made.
    #[error("no verifying key can hold {0}; {remedy}", remedy = remedy(.0))]
    KeyLimit(#[source] VerifyError),
    /// The verifying key could not be put together.
    #[error("putting the verifying key together: {0}")]
    Key(#[source] VerifyError),
    /// The verifying key is not the one that this version of the program makes for the model.
    #[error(
        "the circuit planned for model {model} is not the one in its verifying key: the key was made by another version \
         of this program or from other files; compile the model again"
    )]
    KeyMismatch {
        /// Model id in the key.
        model: String,
    },
    /// A plan that was kept with the model does not lead to the circuit in its verifying key.
    #[error(
        "the kept plan of the circuit for {form} is not that of the verifying key: {reason}; it was made by another version of this \
         program or changed: compile the model again"
    )]
    KeptPlan {
        /// Which circuit.
        form: Form,
        /// What differs.
        reason: String,
    },
    /// The verifying key has no circuit of this kind.
    #[error("the model was compiled without a circuit for {0}; compile it again with one")]
    NoSuchCircuit(Form),
    /// The model has no form for several executions at once.
    #[error("the model cannot be proven in batches: {0}; compile it without --batch")]
    NoBatch(#[source] hallmark_model::ModelError),
    /// The planner has no circuit that hides the inputs.
    #[error("this version of the program has no circuit for private inputs; compile for public ones only")]
    NoPrivateInput,
    /// The proving library failed.
    #[error("{stage} failed in the proving library: {problem}; please report this")]
    Engine {
        /// What was being done.
        stage: &'static str,
        /// The library's message.
        problem: String,
    },
    /// The memory limit is too low.
    #[error(
        "a proof of this circuit takes at least {} beyond what is in memory already, {} are allowed: allow more memory, or \
         compile for fewer columns and rows",
        megabytes(*least_bytes),
        megabytes(*limit_bytes)
    )]
    Memory {
        /// What may be taken.
        limit_bytes: usize,
        /// The least that suffices.
        least_bytes: usize,
    },
    /// A memory limit for the stock engine.
    #[error("the stock engine keeps no memory limit: use Hallmark's own engine, or give no limit")]
    NoMemoryLimit,
    /// A proof that was made did not verify and was thrown away.
    #[error("the new proof does not verify and was thrown away: {0}; please report this")]
    SelfVerify(#[source] VerifyError),
}

/// Who has to act on an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Whoever called: the arguments contradict each other, or name a place that must not be written to.
    Usage,
    /// Whoever sent it: an input, a proof or a nonce is not acceptable.
    Input,
    /// The model's author: the model, its calibration data or its key is not acceptable.
    Model,
    /// Whoever runs the machine: disk, memory or an SRS is missing.
    Resource,
    /// Us: a fault of this program.
    Internal,
}

impl ProverError {
    /// Who has to act.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::SrsFormat { .. }
            | Self::SrsInconsistent(_)
            | Self::Srs(_)
            | Self::Size { .. }
            | Self::NoMemoryLimit => Class::Input,
            Self::Circuit(_)
            | Self::DifferentModels { .. }
            | Self::KeyLimit(_)
            | Self::KeyMismatch { .. }
            | Self::KeptPlan { .. }
            | Self::NoPrivateInput
            | Self::NoBatch(_)
            | Self::NoSuchCircuit(_) => Class::Model,
            Self::Extract(_) | Self::Key(_) | Self::Engine { .. } | Self::SelfVerify(_) => Class::Internal,
            Self::Memory { .. }
            | Self::SrsTooSmall { .. }
            | Self::SrsMissing { .. }
            | Self::SrsRead(_)
            | Self::File { .. } => Class::Resource,
        }
    }
}

/// What can be done about what no key can hold.
fn remedy(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::Unwritable {
            problem: Problem::UnacceptableCharacter(_),
            ..
        } => "rename it, in the model's file if the name is from there",
        VerifyError::Unwritable { place, .. } if place.starts_with("the ") => {
            "shorten the name, in the model's file if it is from there"
        }
        _ => "split the model, or compile a smaller one",
    }
}

/// Decimal megabytes, rounded up.
fn megabytes(bytes: usize) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes are rounded up to megabytes, so that what is said to suffice does.
    #[test]
    fn memory_is_said_in_megabytes_rounded_up() {
        for (bytes, words) in [
            (0, "0 MB"),
            (1, "1 MB"),
            (1_000_000, "1 MB"),
            (1_000_001, "2 MB"),
            (12_345_678, "13 MB"),
        ] {
            assert_eq!(megabytes(bytes), words);
        }
        let error = ProverError::Memory {
            limit_bytes: 1_999_999,
            least_bytes: 2_000_001,
        };
        let text = error.to_string();
        assert!(
            text.contains("at least 3 MB") && text.contains("2 MB are allowed"),
            "{text}"
        );
        assert_eq!(error.class(), Class::Resource);
    }

    /// The remedy is for what is wrong: a character, a length, or a size.
    #[test]
    fn remedies_are_for_what_is_wrong() {
        let said = |place: &str, problem| {
            let place = place.to_owned();
            ProverError::KeyLimit(VerifyError::Unwritable { place, problem }).to_string()
        };
        let character = said("the name of the model", Problem::UnacceptableCharacter(0x202e));
        assert!(
            character.ends_with("rename it, in the model's file if the name is from there"),
            "{character}"
        );
        let limit = Problem::TooLarge {
            found: 300,
            limit: 256,
        };
        let long = said("the input \"x\"", limit.clone());
        assert!(long.contains("shorten the name"), "{long}");
        let many = said("number of layers", limit);
        assert!(
            many.ends_with("split the model, or compile a smaller one"),
            "{many}"
        );
    }

    /// Whoever can do something about it is told.
    #[test]
    fn classes_say_who_has_to_act() {
        let path = PathBuf::from("/nowhere");
        let source = || std::io::Error::other("full");
        for (error, class) in [
            (ProverError::SrsRead(source()), Class::Resource),
            (ProverError::SrsInconsistent(String::new()), Class::Input),
            (ProverError::NoMemoryLimit, Class::Input),
            (ProverError::NoPrivateInput, Class::Model),
            (ProverError::NoSuchCircuit(Form::PUBLIC), Class::Model),
            (ProverError::Extract(ExtractError::Lookups(2)), Class::Internal),
            (
                ProverError::SelfVerify(VerifyError::PairingFailed),
                Class::Internal,
            ),
            (
                ProverError::File {
                    action: "writing",
                    path,
                    source: source(),
                },
                Class::Resource,
            ),
        ] {
            assert_eq!(error.class(), class, "{error}");
        }
    }
}
