//! Errors of the engines, and their panics as errors.

use crate::ProverError;
use crate::engine::EngineError;
use halo2_proofs::plonk;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) fn engine_error(stage: &'static str) -> impl Fn(plonk::Error) -> ProverError {
    move |error| ProverError::Engine {
        stage,
        problem: error.to_string(),
    }
}

pub(crate) fn engine_failed(stage: &'static str) -> impl Fn(EngineError) -> ProverError {
    move |error| ProverError::Engine {
        stage,
        problem: error.to_string(),
    }
}

/// The one place where panics of the proving library are caught: it asserts what it should return.
pub(crate) fn guarded<T>(
    stage: &'static str,
    work: impl FnOnce() -> Result<T, ProverError>,
) -> Result<T, ProverError> {
    // Nothing that `work` changes is looked at after a panic.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown cause");
        Err(ProverError::Engine {
            stage,
            problem: format!("it panicked: {words}"),
        })
    })
}
