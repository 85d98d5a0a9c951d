//! What can go wrong in the engine.

/// Why the engine could not make a proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The transcript could not be written.
    #[error("the transcript could not be written: {0}")]
    Transcript(#[from] std::io::Error),
    /// A challenge hit a point that has no inverse; another attempt succeeds.
    #[error("a challenge has no inverse (chance below 2^-200); prove again")]
    UnluckyChallenge,
    /// The circuit has no room for blinding rows.
    #[error("the circuit has fewer rows than blinding needs")]
    TooFewRows,
    /// The proving key does not fit the protocol.
    #[error("the proving key does not fit the circuit: {0}")]
    Key(&'static str),
}
