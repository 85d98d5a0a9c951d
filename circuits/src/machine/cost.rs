//! What the machine costs to prove and to verify.

use super::{
    gates::DEGREE,
    place::{Arranged, physical},
};
use crate::{builder::Builder, cost::Cost};

/// What a contract pays, in gas; measured with `benches/examples/evm_report.rs`, see docs/evm.md.
mod gas {
    /// A transaction, the pairing check, reading the key, what does not depend on the circuit.
    pub const BASE: f64 = 170_000.0;
    /// A commitment that is part of the proof: a scalar multiplication, an addition, calldata.
    pub const COMMITMENT: f64 = 7_700.0;
    /// A commitment in the key.
    pub const FIXED: f64 = 6_500.0;
    /// An evaluation: calldata, its part in gates and opening.
    pub const EVALUATION: f64 = 900.0;
    /// A public value.
    pub const INSTANCE: f64 = 440.0;
    /// What a millisecond of proving may cost: a second is worth somewhat more than a commitment.
    pub const PER_MILLISECOND: f64 = 10.0;
}

/// Milliseconds per thousand physical rows of the machine, on the same computer as [`crate::evaluations::rates`].
mod rate {
    /// A proof.
    pub const PROOF: f64 = 18.0;
    /// Key generation.
    pub const KEYS: f64 = 6.5;
}

/// Estimates a layout of `2^k` rows.
pub(crate) fn estimate(b: &Builder<'_>, machine: &Arranged, k: u32) -> Cost {
    of(machine.constants.len(), b.statement.rows(), k)
}

/// The cost of a layout of `2^k` rows with so many logical fixed columns and public values.
pub(crate) fn of(constants: usize, public: usize, k: u32) -> Cost {
    let fixed_columns = physical(constants);
    let thousands = (1u64 << k) as f64 / 1000.0;
    let prove_ms = thousands * rate::PROOF;
    // Two advice columns, a grand product, the random polynomial, the quotient's pieces, the opening's two.
    let commitments = 4 + (DEGREE - 1) + 2;
    // Eight of the advice, both permutation polynomials, the grand product twice, the random polynomial, the selector.
    let evaluations = 8 + 2 + 2 + 1 + 1 + constants;
    let score = gas::BASE
        + gas::COMMITMENT * commitments as f64
        + gas::FIXED * (fixed_columns + 2) as f64
        + gas::EVALUATION * evaluations as f64
        + gas::INSTANCE * public as f64
        + gas::PER_MILLISECOND * prove_ms;
    Cost {
        small_columns: 1,
        full_columns: 1,
        fixed_columns,
        weight_columns: 0,
        copied_columns: 2,
        prove_ms,
        keygen_ms: thousands * rate::KEYS,
        proof_bytes: 64 * commitments + 32 * evaluations,
        score,
    }
}
