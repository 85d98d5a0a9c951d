//! From planned circuits to their keys.

use crate::cache::Cache;
use crate::describe::model_description;
use crate::kept::{KeptPlan, KeptPlans, PLANS_VERSION};
use crate::keys::Keys;
use crate::observer::timed;
use crate::planned::PlannedCircuit;
use crate::srs::{Srs, hex};
use crate::{Observer, ProverError, Stage};
use hallmark_model::QuantizedGraph;
use hallmark_verifier::{SrsPoints, VerifyingKey};
use std::sync::Arc;

/// A model's verifying key with the keys of its circuits.
pub struct Compiled {
    /// The verifying key.
    pub key: Arc<VerifyingKey>,
    /// One per planned circuit, in the order given.
    pub keys: Vec<Keys>,
    /// Time of key generation, in milliseconds.
    pub keygen_ms: f64,
}

/// How a model is described in its key.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// The model's name.
    pub name: &'a str,
    /// Bits of activations and weights.
    pub bits: u32,
    /// What the layout was planned for.
    pub target: &'a str,
}

/// Makes the keys of a model's circuits and its verifying key. With a cache, the proving keys are kept there.
///
/// `srs` gives the SRS for exactly 2^k rows, of one and the same ceremony for every k.
///
/// # Errors
/// [`ProverError::KeyLimit`] for a name that no key can hold; those of `srs` and [`Keys::generate`]; [`ProverError::Key`] if the parts
/// do not fit together.
pub fn compile(
    circuits: &[PlannedCircuit],
    description: Description<'_>,
    srs: &dyn Fn(u32) -> Result<Srs, ProverError>,
    cache: Option<&Cache>,
    observer: &dyn Observer,
) -> Result<Compiled, ProverError> {
    let mut keys = Vec::with_capacity(circuits.len());
    let model = one_model(circuits)?;
    let model = model_description(model, description.name, description.bits, description.target);
    model.check_writable().map_err(ProverError::KeyLimit)?;
    let (mut points, mut keygen_ms): (Option<SrsPoints>, _) = (None, 0.0);
    for circuit in circuits {
        let srs = srs(circuit.k())?;
        let estimate = Some(circuit.estimate().keygen_ms);
        let (made, ms) = timed(observer, Stage::Keys, estimate, || Keys::generate(circuit, &srs))?;
        keygen_ms += ms;
        keys.push(made);
        if points.as_ref().is_some_and(|other| other != srs.points()) {
            return Err(ProverError::SrsInconsistent(
                "the circuits of one key were given SRSs with different secrets".to_owned(),
            ));
        }
        points = Some(srs.points().clone());
    }
    let points = points.ok_or_else(no_circuit)?;
    let circuit_keys = keys.iter().map(|keys| keys.circuit_key().clone()).collect();
    let key = Arc::new(VerifyingKey::new(points, model, circuit_keys).map_err(ProverError::Key)?);
    if let Some(cache) = cache {
        for made in &keys {
            if let Err(error) = made.store(cache, &key.model_id()) {
                observer.notice(crate::Event::CacheNotWritten {
                    problem: error.to_string(),
                });
            }
        }
    }
    Ok(Compiled { key, keys, keygen_ms })
}

impl KeptPlans {
    /// What is to be kept of a model's circuits, which are those that `compiled` has the keys of, in the same order.
    #[must_use]
    pub fn of(circuits: &[PlannedCircuit], compiled: &Compiled) -> Self {
        let all = circuits.iter().zip(&compiled.keys);
        let plans = all.map(|(circuit, keys)| {
            let plan = KeptPlan {
                choice: circuit.plan().choice(),
                digest: hex(&keys.digest()),
            };
            (circuit.form().name().to_owned(), plan)
        });
        Self {
            version: PLANS_VERSION,
            graph_digest: hex(&compiled.key.model().graph_digest),
            circuits: plans.collect(),
        }
    }
}

/// The model that all circuits are laid out for: an id names one.
fn one_model(circuits: &[PlannedCircuit]) -> Result<&QuantizedGraph, ProverError> {
    let model = &circuits.first().ok_or_else(no_circuit)?.model;
    let digest = model.digest();
    match circuits.iter().find(|circuit| circuit.graph_digest != digest) {
        Some(other) => Err(ProverError::DifferentModels { form: other.form }),
        None => Ok(model),
    }
}

fn no_circuit() -> ProverError {
    ProverError::Engine {
        stage: "key generation",
        problem: "there is no circuit".to_owned(),
    }
}
