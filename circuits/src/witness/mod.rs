//! Witness columns: small integers for the stored cells, field elements for what depends on challenges.

mod accumulators;
mod dot;
mod lookups;
mod powers;
mod stored;

use crate::{
    Fr, error::CircuitError, layout::Layout, plan::Plan, poseidon, statement::EntryKind, view::Atom, wired,
};
use hallmark_model::Trace;
use halo2_proofs::halo2curves::ff::Field;
use powers::Powers;

/// The verifier's challenges, in the order in which they are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Challenges {
    /// Drawn after the stored cells are committed.
    pub rho: Fr,
    /// Drawn with ρ, independent of it.
    pub sigma: Fr,
    /// Separates lookups from table rows.
    pub beta: Fr,
    /// Separates components of a lookup.
    pub gamma: Fr,
}

/// One execution, laid out.
#[derive(Clone)]
pub struct Witness {
    stored: Vec<Vec<i64>>,
    instance: Vec<Vec<Fr>>,
    salt: Option<Fr>,
}

impl Witness {
    /// Lays out a trace and the instance values with the caller's nonce.
    ///
    /// # Errors
    /// [`CircuitError::Salt`] if the circuit has private inputs: use [`Self::with_salt`];
    /// [`CircuitError::TraceMismatch`] if the trace has other tensors than the planned graph, and
    /// [`CircuitError::NotInTable`] if a value is outside its proven interval.
    pub fn new(plan: &Plan, trace: &Trace, nonce: [u8; 32]) -> Result<Self, CircuitError> {
        Self::with_salt(plan, trace, nonce, None)
    }

    /// As [`Self::new`], for private inputs, too. `salt` hides them: a uniformly random scalar, little-endian; `None`
    /// where inputs are public.
    ///
    /// # Errors
    /// Those of [`Self::new`]; [`CircuitError::Salt`] if the salt is missing, superfluous or not below the scalar
    /// field's modulus.
    pub fn with_salt(
        plan: &Plan,
        trace: &Trace,
        nonce: [u8; 32],
        salt: Option<[u8; 32]>,
    ) -> Result<Self, CircuitError> {
        check_trace(plan, trace)?;
        let layout = plan.layout();
        let stored = match &layout.wired {
            Some(wired) => vec![wired::stored(layout, wired, trace)?],
            None => stored::columns(layout, trace)?,
        };
        let mut instance = stored::instance(layout, trace, nonce);
        let salt = commit(plan, trace, salt, &mut instance)?;
        Ok(Self {
            stored,
            instance,
            salt,
        })
    }

    /// The instance columns.
    pub fn instances(&self) -> &[Vec<Fr>] {
        &self.instance
    }

    /// Mutable access for tests that check that wrong statements are rejected.
    pub fn instances_mut(&mut self) -> &mut Vec<Vec<Fr>> {
        &mut self.instance
    }

    /// The phase-0 columns, by advice column index: non-negative integers, from row 0.
    pub fn stored(&self) -> &[Vec<i64>] {
        &self.stored
    }

    /// Mutable access for tests that check that wrong cells are rejected.
    pub fn stored_mut(&mut self) -> &mut Vec<Vec<i64>> {
        &mut self.stored
    }

    /// All last-phase columns, with their advice column indices.
    pub fn late(&self, layout: &Layout, challenges: &Challenges) -> Vec<(usize, Vec<Fr>)> {
        if let (Some(wired), [cells], [instance]) =
            (&layout.wired, self.stored.as_slice(), self.instance.as_slice())
        {
            return wired::late(layout, wired, cells, instance, self.salt, challenges);
        }
        let (machine, lookups) = rayon::join(
            || self.evaluations(layout, challenges),
            || lookups::columns(layout, &self.stored, challenges),
        );
        machine.into_iter().chain(lookups).collect()
    }

    /// Accumulators, the dot section, and the sponge.
    fn evaluations(&self, layout: &Layout, challenges: &Challenges) -> Vec<(usize, Vec<Fr>)> {
        let powers = Powers::new(challenges);
        let accumulators = accumulators::columns(layout, &self.stored, &self.instance, &powers);
        let dot = dot::columns(layout, &self.stored, &accumulators, &powers);
        let mut columns = Vec::new();
        if let (Some(sponge), Some(salt)) = (&layout.sponge, self.salt) {
            let value_of = |atom| value_of(&accumulators, dot.last(), atom);
            let sponge = sponge.witness(layout.usable, salt, &value_of);
            columns.extend(layout.advice.sponge.iter().copied().zip(sponge));
        }
        columns.extend(layout.advice.accumulators.iter().copied().zip(accumulators));
        columns.extend(layout.advice.dot.into_iter().flatten().zip(dot));
        columns
    }
}

/// Puts the commitment to private inputs into the instance; returns the salt.
fn commit(
    plan: &Plan,
    trace: &Trace,
    salt: Option<[u8; 32]>,
    instance: &mut [Vec<Fr>],
) -> Result<Option<Fr>, CircuitError> {
    let statement = plan.statement();
    let entry = statement
        .entries
        .iter()
        .find(|e| e.kind == EntryKind::InputCommitment);
    let (entry, salt) = match (entry, salt) {
        (None, None) => return Ok(None),
        (Some(entry), Some(salt)) => (entry, salt),
        (None, Some(_)) => return Err(CircuitError::Salt("the circuit has public inputs; leave it out")),
        (Some(_), None) => {
            return Err(CircuitError::Salt(
                "the circuit has private inputs, and there is none",
            ));
        }
    };
    let inputs: Vec<_> = plan
        .graph()
        .inputs
        .iter()
        .map(|t| trace.tensors[t.0].clone())
        .collect();
    let value = poseidon::commitment(plan.graph(), &inputs, salt)?;
    instance[entry.first % statement.columns][entry.first / statement.columns] = value;
    poseidon::salt(salt).map(Some)
}

/// The value of an evaluation.
fn value_of(accumulators: &[Vec<Fr>], totals: Option<&Vec<Fr>>, atom: Atom) -> Fr {
    match atom {
        Atom::Accumulator { index, row } => accumulators[index][row],
        Atom::Total { row } => totals.map_or(Fr::ZERO, |totals| totals[row]),
    }
}

fn check_trace(plan: &Plan, trace: &Trace) -> Result<(), CircuitError> {
    let tensors = &plan.graph().tensors;
    if tensors.len() != trace.tensors.len() {
        let reason = format!("{} tensors instead of {}", trace.tensors.len(), tensors.len());
        return Err(CircuitError::TraceMismatch(reason));
    }
    for (info, tensor) in tensors.iter().zip(&trace.tensors) {
        if info.shape != tensor.shape() {
            let reason = format!(
                "tensor '{}' has shape {:?} instead of {:?}",
                info.name,
                tensor.shape(),
                info.shape
            );
            return Err(CircuitError::TraceMismatch(reason));
        }
    }
    Ok(())
}
