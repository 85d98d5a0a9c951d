//! What is known about a model after it was compiled.

use super::{Built, srs_json};
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
                "visibility": circuit.form().name(),
                "k": circuit.k(),
                "advice_columns": protocol.advice_columns(),
                "fixed_columns": protocol.fixed_columns(),
                "proof_bytes": protocol.proof_bytes(circuit.transcript()),
                "layout": circuit.plan().summary(),
            })
        })
        .collect();
    json!({
        "model": project.settings.name,
        "model_id": project.settings.model_id,
        "parameters": project.key.model().parameters,
        "bits": project.settings.bits,
        "target": project.settings.target,
        "calibration": project.settings.calibration,
        "calibration_samples": project.settings.calibration_samples,
        "calibration_digest": project.settings.calibration_digest,
        "srs": srs_json(project.key.srs()),
        "accuracy": built.accuracy,
        "warnings": built.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "input_shapes": project.settings.input_shapes,
        "circuits": circuits,
        "compile_ms": built.compile_ms,
        "keygen_ms": built.compiled.keygen_ms,
    })
}
