//! What a proof of a circuit will take, from its size alone.

use serde::Serialize;
use utoipa::ToSchema;

/// Expected cost of proofs of one circuit. Rough: within a factor of two on a machine like that of `docs/benchmarks.md`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct CircuitCost {
    /// Time of a proof, in milliseconds.
    pub prove_ms: u64,
    /// Memory of the process that makes keys and proofs, in bytes.
    pub memory_bytes: u64,
}

/// Memory of the process besides the circuit's columns.
const BASE_BYTES: u64 = 20 << 20;
/// Copies of a column that are in memory at once at the peak, in tenths: coefficients, extended domain, keys.
const COPIES_TENTHS: u64 = 52;
const FIELD_BYTES: u64 = 32;
/// Time of a proof besides its columns.
const BASE_MS: f64 = 15.0;
/// Microseconds per row of an advice and of a fixed column.
const ADVICE_US: f64 = 0.55;
const FIXED_US: f64 = 0.035;

/// The cost of a circuit of 2^k rows. The coefficients are fitted to the measured models of `docs/benchmarks.md`.
#[must_use]
pub fn circuit_cost(k: u32, advice_columns: u64, fixed_columns: u64) -> CircuitCost {
    let rows = 1u64.checked_shl(k).unwrap_or(u64::MAX);
    let cells = rows.saturating_mul(advice_columns.saturating_add(fixed_columns));
    let columns_bytes = cells.saturating_mul(FIELD_BYTES).saturating_mul(COPIES_TENTHS) / 10;
    let row_us = ADVICE_US * advice_columns as f64 + FIXED_US * fixed_columns as f64;
    CircuitCost {
        prove_ms: (BASE_MS + rows as f64 * row_us / 1000.0).round() as u64,
        memory_bytes: BASE_BYTES.saturating_add(columns_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// k, advice, fixed, measured milliseconds and megabytes, from the README's table.
    const MEASURED: [(u32, u64, u64, f64, f64); 6] = [
        (9, 23, 44, 22.0, 24.7),
        (9, 46, 154, 35.0, 36.0),
        (10, 19, 102, 34.0, 38.8),
        (11, 44, 161, 89.0, 85.6),
        (12, 58, 186, 173.0, 172.0),
        (14, 16, 373, 376.0, 1000.0),
    ];

    #[test]
    fn measured_models_are_within_a_third() {
        for (k, advice, fixed, ms, mb) in MEASURED {
            let cost = circuit_cost(k, advice, fixed);
            let (time, memory) = (cost.prove_ms as f64 / ms, cost.memory_bytes as f64 / 1e6 / mb);
            assert!(
                (0.67..1.5).contains(&time),
                "2^{k}: {} ms for {ms}",
                cost.prove_ms
            );
            assert!(
                (0.67..1.5).contains(&memory),
                "2^{k}: {} B for {mb} MB",
                cost.memory_bytes
            );
        }
    }

    #[test]
    fn absurd_sizes_do_not_overflow() {
        assert_eq!(
            circuit_cost(200, u64::MAX, 1).memory_bytes,
            u64::MAX / 10 + BASE_BYTES
        );
    }
}
