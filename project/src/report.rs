//! What is known about a model after it was compiled.

use crate::Built;
use hallmark_prover::srs::hex;
use serde_json::{Value, json};

/// What `report.json` holds: identity, accuracy, circuits, times.
#[must_use]
pub fn report(built: &Built) -> Value {
    let project = &built.project;
    let circuits: Vec<Value> = built
        .circuits
        .iter()
        .zip(&built.compiled.keys)
        .map(|(circuit, keys)| {
            let protocol = &keys.circuit_key().protocol;
            json!({
                "visibility": circuit.visibility().name(),
                "k": circuit.k(),
                "advice_columns": protocol.advice_columns(),
                "fixed_columns": protocol.fixed_columns(),
                "proof_bytes": protocol.proof_bytes(circuit.transcript()),
                "layout": circuit.plan().summary(),
            })
        })
        .collect();
    let srs = project.key.srs();
    json!({
        "model": project.settings.name,
        "model_id": project.settings.model_id,
        "parameters": project.key.model().parameters,
        "bits": project.settings.bits,
        "target": project.settings.target,
        "calibration": project.settings.calibration,
        "srs": { "name": srs.name, "digest": hex(&srs.digest), "insecure": srs.insecure },
        "accuracy": built.accuracy,
        "circuits": circuits,
        "compile_ms": built.compile_ms,
        "keygen_ms": built.compiled.keygen_ms,
    })
}

/// What making keys and proofs of a circuit is expected to need, in bytes: five times its columns as field elements, and 24 MB
/// for the program. Within a quarter of the peaks in `docs/benchmarks.md`.
#[must_use]
pub fn memory_estimate_bytes(k: u32, advice_columns: usize, fixed_columns: usize) -> u64 {
    let cells = (advice_columns as u64 + fixed_columns as u64) << k.min(32);
    cells.saturating_mul(5 * 32).saturating_add(24_000_000)
}

/// What one proof of a circuit is expected to take on two cores with AVX-512 IFMA, in milliseconds: 15, and per row 0.55 µs for
/// an advice column and 0.035 µs for a fixed one. Within a quarter of the times in `docs/benchmarks.md`.
#[must_use]
pub fn prove_estimate_ms(k: u32, advice_columns: usize, fixed_columns: usize) -> u64 {
    let row_us = 0.55 * advice_columns as f64 + 0.035 * fixed_columns as f64;
    let rows = (1u64 << k.min(32)) as f64;
    (15.0 + rows * row_us / 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::{memory_estimate_bytes, prove_estimate_ms};

    #[test]
    fn the_estimate_is_near_the_measured_peaks() {
        // k, advice and fixed columns, and the peak in megabytes, from docs/benchmarks.md.
        let measured = [
            (9, 46, 154, 36.0),
            (11, 44, 161, 85.6),
            (12, 58, 186, 172.0),
            (14, 16, 373, 1000.0),
            (12, 17, 34, 61.2),
            (13, 24, 117, 201.0),
        ];
        for (k, advice, fixed, peak) in measured {
            let ratio = memory_estimate_bytes(k, advice, fixed) as f64 / 1e6 / peak;
            assert!((0.75..1.34).contains(&ratio), "{k} {advice} {fixed}: {ratio}");
        }
    }

    #[test]
    fn the_estimate_is_near_the_measured_times() {
        // k, advice and fixed columns, and the time of a proof in milliseconds, from docs/benchmarks.md.
        let measured = [
            (9, 23, 44, 22.0),
            (9, 46, 154, 35.0),
            (10, 19, 102, 34.0),
            (11, 44, 161, 89.0),
            (12, 58, 186, 173.0),
            (14, 16, 373, 376.0),
        ];
        for (k, advice, fixed, ms) in measured {
            let ratio = prove_estimate_ms(k, advice, fixed) as f64 / ms;
            assert!((0.75..1.25).contains(&ratio), "2^{k}: {ratio}");
        }
    }
}
