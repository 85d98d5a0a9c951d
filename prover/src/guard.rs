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

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::resume_unwind;

    #[test]
    fn panics_come_back_as_errors_of_their_stage() {
        let said = |work: fn()| {
            let made = guarded("keys", || {
                work();
                Ok(())
            });
            made.unwrap_err().to_string()
        };
        for (work, words) in [
            // Without the hook, which would print them.
            ((|| resume_unwind(Box::new("two rows"))) as fn(), "two rows"),
            (|| resume_unwind(Box::new("three rows".to_owned())), "three rows"),
            (|| resume_unwind(Box::new(7)), "unknown cause"),
        ] {
            let text = said(work);
            assert!(
                text.starts_with("keys failed") && text.contains(&format!("it panicked: {words}")),
                "{text}"
            );
        }
        assert_eq!(guarded("keys", || Ok(7)).unwrap(), 7);
        let own = guarded::<()>("keys", || Err(ProverError::NoPrivateInput));
        assert!(matches!(own, Err(ProverError::NoPrivateInput)));
    }
}
