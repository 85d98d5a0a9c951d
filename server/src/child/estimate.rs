//! Laying a model out, to say what its proofs will cost.

use super::cause;
use super::clock::StageClock;
use super::compile::calibrated;
use super::prove::storage;
use crate::child::EstimateRequest;
use crate::job::{Cause, JobStage};
use crate::model_summary::CircuitSummary;
use hallmark::Error;
use hallmark::project::{InputShapes, memory_estimate_bytes};
use hallmark_model::{QuantizeOptions, quantize};
use hallmark_prover::{PlannedCircuit, ProverError};
use hallmark_verifier::Form;
use std::fs;
use std::sync::Arc;

pub(super) fn run(request: &EstimateRequest, clock: &StageClock<'_>) -> Result<Vec<CircuitSummary>, Cause> {
    clock.enter(JobStage::Importing, None);
    let onnx = fs::read(&request.onnx).map_err(|error| storage("reading", &request.onnx, &error))?;
    let shapes = InputShapes {
        shapes: request.shapes.clone(),
        dimensions: request.dimensions.clone(),
    };
    let calibrated = calibrated(onnx, None, &shapes, request.calibration.as_deref())?;
    let (float, samples) = (calibrated.model().graph(), calibrated.samples());
    let quantized = quantize(float, samples, &QuantizeOptions::with_bits(request.bits))
        .map_err(|error| cause(&Error::Model(error)))?;
    clock.enter(JobStage::Planning, None);
    let graph = Arc::new(quantized.graph);
    let plan = |form| PlannedCircuit::new(&graph, request.target.into(), form);
    let mut circuits = Vec::new();
    for form in [Form::PUBLIC, Form::PRIVATE_INPUT] {
        if form.inputs().are_committed() && !request.private_input {
            continue;
        }
        match plan(form) {
            Ok(circuit) => circuits.push(summary(&circuit)),
            Err(ProverError::NoPrivateInput) => {}
            Err(error) => return Err(cause(&Error::Prover(error))),
        }
    }
    Ok(circuits)
}

/// By the planner's own account: without keys there is nothing to measure.
fn summary(circuit: &PlannedCircuit) -> CircuitSummary {
    let cost = circuit.plan().cost();
    let (advice, fixed) = (cost.small_columns + cost.full_columns, cost.fixed_columns);
    CircuitSummary {
        visibility: circuit.form().name().to_owned(),
        k: circuit.k(),
        advice_columns: advice as u64,
        fixed_columns: fixed as u64,
        proof_bytes: cost.proof_bytes as u64,
        prove_ms_estimate: circuit.estimate().prove_ms,
        memory_bytes_estimate: memory_estimate_bytes(circuit.k(), advice, fixed),
    }
}
