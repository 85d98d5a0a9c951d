//! A model's circuit, laid out: everything that touches the planner's interface.

use crate::ProverError;
use crate::describe::model_description;
use crate::kept::{KeptPlan, refused};
use hallmark_circuits::{
    CircuitError, EntryKind as PlanKind, ModelCircuit, Plan, PlanOptions, Progress, Target,
};
use hallmark_model::QuantizedGraph;
use hallmark_verifier::form::Executions;
use hallmark_verifier::{
    CircuitKey, ElementKind, Entry, EntryKind, Form, Statement, TranscriptKind, VerifyingKey,
};
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
    /// The digest that its keys are to have, if it was laid out by a kept plan.
    pub(crate) digest: Option<String>,
}

/// Whence a circuit's plan is.
#[derive(Clone, Copy)]
enum Choosing<'a> {
    /// The search, and who hears of it.
    Anew(Progress<'a>),
    /// A plan that was kept.
    Kept(&'a KeptPlan),
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
        Self::observed(graph, target, (form, 1), &|_| ())
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
        Self::observed(graph, target, (Form::PUBLIC_BATCH, executions), &|_| ())
    }

    /// As [`Self::new`] or, with a form of several executions, as [`Self::batch`]; says now and then which part of the search is done.
    ///
    /// # Errors
    /// Those of [`Self::new`] and [`Self::batch`].
    pub fn observed(
        graph: &Arc<QuantizedGraph>,
        target: Target,
        (form, executions): (Form, usize),
        progress: Progress<'_>,
    ) -> Result<Self, ProverError> {
        let wide = executed(graph, form, executions)?;
        Self::of(wide, Arc::clone(graph), (target, form), Choosing::Anew(progress))
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
        Self::observed(graph, target, (form, circuit.executions()), &|_| ())
    }

    /// The circuit that `key` has for one kind of statement, laid out for `graph` as `kept` says: nothing is searched. That the
    /// circuit is the key's is seen by rows, columns and statement here, and by the contents when [`crate::Prover::open`] looks at
    /// them.
    ///
    /// # Errors
    /// [`ProverError::NoSuchCircuit`]; [`ProverError::KeptPlan`] if what is kept is not the plan of that circuit.
    pub fn kept(
        graph: &Arc<QuantizedGraph>,
        target: Target,
        key: &VerifyingKey,
        form: Form,
        kept: &KeptPlan,
    ) -> Result<Self, ProverError> {
        let expected = key.circuit(form).ok_or(ProverError::NoSuchCircuit(form))?;
        kept.check(expected)?;
        let wide = executed(graph, form, expected.executions())?;
        let circuit = Self::of(wide, Arc::clone(graph), (target, form), Choosing::Kept(kept))?;
        match circuit.differs_from(expected) {
            None => Ok(circuit),
            Some(what) => Err(refused(
                form,
                format!("its {what} are not those of the verifying key"),
            )),
        }
    }

    /// What of the layout is not as a key says, but for the contents of columns and the gates.
    fn differs_from(&self, expected: &CircuitKey) -> Option<&'static str> {
        let (frame, protocol) = (self.plan.frame(), &expected.protocol);
        if frame.advice_columns != protocol.advice_columns()
            || frame.fixed_values.len() != protocol.fixed_columns()
        {
            return Some("columns");
        }
        (self.statement() != expected.statement).then_some("public values")
    }

    fn of(
        graph: Arc<QuantizedGraph>,
        model: Arc<QuantizedGraph>,
        (target, form): (Target, Form),
        choosing: Choosing<'_>,
    ) -> Result<Self, ProverError> {
        let options = PlanOptions {
            target,
            private_input: form.inputs().are_committed(),
        };
        let plan = match choosing {
            Choosing::Anew(progress) => Plan::observed(Arc::clone(&graph), &options, progress)?,
            Choosing::Kept(kept) => {
                Plan::kept(Arc::clone(&graph), &options, &kept.choice).map_err(|error| match error {
                    CircuitError::Choice { reason } => refused(form, reason),
                    other => other.into(),
                })?
            }
        };
        let plan = Arc::new(plan);
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
            digest: match choosing {
                Choosing::Anew(_) => None,
                Choosing::Kept(kept) => Some(kept.digest.clone()),
            },
        };
        if let Choosing::Anew(_) = choosing {
            circuit.check_writable()?;
        }
        Ok(circuit)
    }

    /// What a key cannot hold is not worth making keys of.
    fn check_writable(&self) -> Result<(), ProverError> {
        let statement = self.statement().check_writable();
        let layers = model_description(&self.model, "", 0, "").check_writable();
        statement.and(layers).map_err(ProverError::KeyLimit)
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

/// What a circuit for a form executes: the model, or as many executions of it at once.
fn executed(
    model: &Arc<QuantizedGraph>,
    form: Form,
    executions: usize,
) -> Result<Arc<QuantizedGraph>, ProverError> {
    match form.executions() {
        Executions::One => Ok(Arc::clone(model)),
        Executions::Several => Ok(Arc::new(model.batched(executions).map_err(ProverError::NoBatch)?)),
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
