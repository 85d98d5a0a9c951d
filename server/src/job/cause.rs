//! Why a job did not succeed.

use super::state::{UnknownWord, words};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The kind of reason, stable for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// A value of the input is outside the interval that the model was calibrated for.
    InputOutOfRange,
    /// The input has not the model's shape or form.
    InvalidInput,
    /// The private input was erased before the job could run.
    InputErased,
    /// The model uses something that has no circuit.
    UnsupportedModel,
    /// The file is no acceptable ONNX model, or its calibration data do not fit it.
    InvalidModel,
    /// The integer model would answer grossly otherwise than the float model, and `accept_inaccurate` was not given.
    Inaccurate,
    /// Another model has the wanted name and version.
    VersionTaken,
    /// The model or the circuit exceeds a limit of this server.
    TooLarge,
    /// The child process reached its memory limit.
    OutOfMemory,
    /// The job took longer than this server allows.
    TimedOut,
    /// The worker or its child process died.
    WorkerDied,
    /// Somebody asked for it.
    CancelledByUser,
    /// Artifacts could not be read or written.
    Storage,
    /// The SRS that the model's key names is not on the worker.
    SrsMissing,
    /// A fault of this program.
    Internal,
}

words!(CauseKind {
    InputOutOfRange => "input_out_of_range",
    InvalidInput => "invalid_input",
    InputErased => "input_erased",
    UnsupportedModel => "unsupported_model",
    InvalidModel => "invalid_model",
    Inaccurate => "inaccurate",
    VersionTaken => "version_taken",
    TooLarge => "too_large",
    OutOfMemory => "out_of_memory",
    TimedOut => "timed_out",
    WorkerDied => "worker_died",
    CancelledByUser => "cancelled_by_user",
    Storage => "storage",
    SrsMissing => "srs_missing",
    Internal => "internal",
});

impl CauseKind {
    /// The kind in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::InputOutOfRange => "Input out of range",
            Self::InvalidInput => "Invalid input",
            Self::InputErased => "Input erased",
            Self::UnsupportedModel => "Unsupported model",
            Self::InvalidModel => "Invalid model",
            Self::Inaccurate => "Inaccurate model",
            Self::VersionTaken => "Version taken",
            Self::TooLarge => "Too large",
            Self::OutOfMemory => "Out of memory",
            Self::TimedOut => "Timed out",
            Self::WorkerDied => "Worker died",
            Self::CancelledByUser => "Cancelled",
            Self::Storage => "Storage failed",
            Self::SrsMissing => "SRS missing",
            Self::Internal => "Internal error",
        }
    }

    /// Whether another attempt may end otherwise. What the work itself refuses, it refuses every time; a time-out
    /// would cost the whole time again.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::OutOfMemory | Self::WorkerDied | Self::Storage | Self::Internal
        )
    }
}

/// Why a job did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Cause {
    /// The kind of reason.
    #[serde(rename = "type")]
    pub kind: CauseKind,
    /// The reason in words: place, what was expected, what came, remedy.
    pub detail: String,
}

impl Cause {
    /// A cause.
    pub fn new(kind: CauseKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.title(), self.detail)
    }
}
