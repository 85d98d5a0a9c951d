//! A model's circuit, laid out: everything that touches the planner's interface.

use crate::ProverError;
use crate::describe::model_description;
use hallmark_circuits::{EntryKind as PlanKind, ModelCircuit, Plan, PlanOptions, Target};
use hallmark_model::QuantizedGraph;
use hallmark_verifier::form::Executions;
use hallmark_verifier::{ElementKind, Entry, EntryKind, Form, Statement, TranscriptKind, VerifyingKey};
use serde::Serialize;
use std::sync::Arc;

/// A model's circuit for one kind of statement, laid out.
#[derive(Clone)]
pub struct PlannedCircuit {
    pub(crate) plan: Arc<Plan>,
    /// What the circuit executes: the model, or a batch of it.
    pub(crate) graph: Arc<QuantizedGraph>,
    /// The model.
    pub(crate) model: Arc<QuantizedGraph>,
    pub(crate) graph_digest: [u8; 32],
    pub(crate) form: Form,
}

/// What a step is expected to take on a machine of two cores; a rough guide for progress displays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Key generation, in milliseconds.
    pub keygen_ms: u64,
    /// One proof, in milliseconds.
    pub prove_ms: u64,
}

impl PlannedCircuit {
    /// Lays out `graph`. Deterministic.
    ///
    /// # Errors
    /// [`ProverError::Circuit`] naming the node that has no circuit, or what does not fit; [`ProverError::KeyLimit`] naming the
    /// input or output whose name no key can hold, or what there is too much of; [`ProverError::NoPrivateInput`].
    pub fn new(graph: &Arc<QuantizedGraph>, target: Target, form: Form) -> Result<Self, ProverError> {
        Self::of(Arc::clone(graph), Arc::clone(graph), target, form)
    }

    /// Lays out `executions` executions of `graph` in one circuit, which share all that depends on the weights only.
    ///
    /// # Errors
    /// [`ProverError::NoBatch`] naming what mixes inputs; those of [`Self::new`].
    pub fn batch(
        graph: &Arc<QuantizedGraph>,
        target: Target,
        executions: usize,
    ) -> Result<Self, ProverError> {
        let wide = graph.batched(executions).map_err(ProverError::NoBatch)?;
        Self::of(Arc::new(wide), Arc::clone(graph), target, Form::PUBLIC_BATCH)
    }

    /// The circuit that `key` has for one kind of statement, laid out for `graph`.
    ///
    /// # Errors
    /// [`ProverError::NoSuchCircuit`]; those of [`Self::new`] and [`Self::batch`].
    pub fn of_key(
        graph: &Arc<QuantizedGraph>,
        target: Target,
        key: &VerifyingKey,
        form: Form,
    ) -> Result<Self, ProverError> {
        let circuit = key.circuit(form).ok_or(ProverError::NoSuchCircuit(form))?;
        match form.executions() {
            Executions::One => Self::new(graph, target, form),
            Executions::Several => Self::batch(graph, target, circuit.executions()),
        }
    }

    fn of(
        graph: Arc<QuantizedGraph>,
        model: Arc<QuantizedGraph>,
        target: Target,
        form: Form,
    ) -> Result<Self, ProverError> {
        let options = PlanOptions {
            target,
            private_input: form.inputs().are_committed(),
        };
        let plan = Arc::new(Plan::new(Arc::clone(&graph), &options)?);
        let commits = plan
            .statement()
            .entries
            .iter()
            .any(|entry| entry.kind == PlanKind::InputCommitment);
        // The statement decides what a proof reveals: it must be the one that was asked for.
        if commits != options.private_input {
            return Err(ProverError::NoPrivateInput);
        }
        let circuit = Self {
            plan,
            graph,
            graph_digest: model.digest(),
            model,
            form,
        };
        // What a key cannot hold is not worth making keys of.
        let statement = circuit.statement().check_writable();
        let layers = model_description(&circuit.model, "", 0, "").check_writable();
        statement.and(layers).map_err(ProverError::KeyLimit)?;
        Ok(circuit)
    }

    /// The circuit has 2^k rows.
    #[must_use]
    pub fn k(&self) -> u32 {
        self.plan.k()
    }

    /// What is executed and proven: the model, or a batch of it.
    #[must_use]
    pub fn graph(&self) -> &Arc<QuantizedGraph> {
        &self.graph
    }

    /// Digest of the model's quantised graph.
    #[must_use]
    pub fn graph_digest(&self) -> [u8; 32] {
        self.graph_digest
    }

    /// What its proofs show.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// How challenges of its proofs are derived unless the caller says otherwise: contracts want Keccak.
    #[must_use]
    pub fn transcript(&self) -> TranscriptKind {
        match self.plan.options().target {
            Target::Fast => TranscriptKind::Blake2b,
            Target::Evm => TranscriptKind::Keccak,
        }
    }

    /// The layout, for reports and pictures.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn shared_plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What lies where in the instance columns.
    #[must_use]
    pub fn statement(&self) -> Statement {
        let layout = self.plan.statement();
        let entries = layout.entries.iter().map(|entry| Entry {
            kind: match entry.kind {
                PlanKind::Nonce => EntryKind::Nonce,
                PlanKind::Input => EntryKind::Input,
                PlanKind::InputCommitment => EntryKind::InputCommitment,
                PlanKind::Output => EntryKind::Output,
            },
            name: entry.name.clone(),
            shape: if matches!(entry.kind, PlanKind::Input | PlanKind::Output) {
                entry.shape.clone()
            } else {
                Vec::new()
            },
            element: element(entry.element),
            interval: entry.interval,
            first: entry.first,
        });
        Statement {
            columns: layout.columns,
            entries: entries.collect(),
            length: layout.length,
        }
    }

    /// How long keys and proofs are expected to take.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let cost = self.plan.cost();
        Estimate {
            keygen_ms: cost.keygen_ms.round() as u64,
            prove_ms: cost.prove_ms.round() as u64,
        }
    }

    pub(crate) fn without_witness(&self) -> ModelCircuit {
        ModelCircuit::keygen(Arc::clone(&self.plan))
    }
}

/// What integers of a tensor stand for, in the verifier's terms.
#[must_use]
pub fn element(kind: hallmark_model::ElementKind) -> ElementKind {
    use hallmark_model::ElementKind as Model;
    match kind {
        Model::Real { scale_bits } => ElementKind::Real { scale_bits },
        Model::Integer => ElementKind::Integer,
        Model::Boolean => ElementKind::Boolean,
        Model::Quantized { scale, zero_point } => ElementKind::Quantized {
            scale: scale.bits(),
            zero_point,
        },
    }
}
