//! What a test shows.

use serde::Serialize;

/// What a test shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The outputs are right: those of integer types exactly, others within the error that quantisation may have, as `docs/cli.md`
    /// states it; and there is a circuit.
    Right {
        /// Inputs whose values are the model's, since it takes no others: those of the test.
        bound: Vec<String>,
        /// Bits of activations and weights.
        bits: u32,
        /// Whether a proof was made and verified. Without it, the integer model has run, and the circuit has been laid out.
        proven: bool,
    },
    /// The model is not taken.
    Refused {
        /// The reason, as a user of the command line reads it.
        reason: String,
        /// The operators that the reason names, or all of the model.
        at: Vec<String>,
    },
    /// The model is taken, and an output is not what it should be.
    Wrong {
        /// What differs.
        difference: String,
    },
    /// It is about other things than tensors of numbers.
    Foreign {
        /// What.
        what: String,
    },
}
