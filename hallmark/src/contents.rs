//! What files are read as.

use hallmark_import::Limits;
use hallmark_import::input::InputLimits;
use hallmark_verifier::audit::MAX_AUDIT_BYTES;
use hallmark_verifier::log_head::MAX_LOG_HEAD_BYTES;
use hallmark_verifier::{MAX_BUNDLE_BYTES, MAX_KEY_BYTES};

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contents {
    /// An ONNX model.
    Model,
    /// Inputs of a model, for running, proving or calibration.
    Inputs,
    /// The integer graph of a compiled model.
    Graph,
    /// What a compiled model's folder says of itself: options and identity, or the report.
    About,
    /// A verifying key.
    Key,
    /// A proof.
    Proof,
    /// A proof, or an audit file around one.
    ProofOrAudit,
    /// A head of a receipt log, or a proof that one continues another.
    LogHead,
}

impl Contents {
    /// Most bytes that are read: what the decoder accepts.
    #[must_use]
    pub fn limit(self) -> u64 {
        let bytes = match self {
            Self::Model | Self::Graph => Limits::default().file_bytes,
            Self::Inputs => InputLimits::default().file_bytes,
            Self::About => 64 << 20,
            Self::Key => MAX_KEY_BYTES,
            Self::Proof => MAX_BUNDLE_BYTES,
            Self::ProofOrAudit => MAX_AUDIT_BYTES,
            Self::LogHead => MAX_LOG_HEAD_BYTES,
        };
        bytes as u64
    }
}

impl std::fmt::Display for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Model => "an ONNX model",
            Self::Inputs => "a file of inputs",
            Self::Graph => "an integer graph",
            Self::About => "a compiled model's description",
            Self::Key => "a verifying key",
            Self::Proof => "a proof",
            Self::ProofOrAudit => "a proof or an audit file",
            Self::LogHead => "a head of a log",
        })
    }
}
