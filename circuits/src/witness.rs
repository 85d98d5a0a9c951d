//! Witness columns: small integers for the stored cells, field elements for what depends on challenges.

use crate::{
    challenges::Challenges,
    error::CircuitError,
    layout::Layout,
    ops::output,
    plan::Plan,
    poseidon,
    scalar::{Fr, field},
    statement::{EntryKind, StatementLayout},
};
use hallmark_model::Trace;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};

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
        let stored = plan.layout().stored(trace)?;
        let mut instance = instance(plan.statement(), trace, nonce);
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
        layout.late(&self.stored, &self.instance, self.salt, challenges)
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

/// The instance columns, but for the commitment to private inputs.
fn instance(statement: &StatementLayout, trace: &Trace, nonce: [u8; 32]) -> Vec<Vec<Fr>> {
    let mut columns = vec![vec![Fr::ZERO; statement.rows()]; statement.columns];
    let mut set =
        |index: usize, value: Fr| columns[index % statement.columns][index / statement.columns] = value;
    for entry in &statement.entries {
        match (entry.kind, entry.tensor) {
            (EntryKind::Nonce, _) => {
                for (i, half) in nonce.chunks(16).enumerate() {
                    let number = half.iter().fold(0u128, |n, byte| (n << 8) | u128::from(*byte));
                    set(entry.first + i, Fr::from_u128(number));
                }
            }
            (_, Some(tensor)) => {
                let values = &trace.tensors[tensor.0];
                for (element, value) in (0u32..).zip(values.iter()) {
                    set(
                        entry.first + output::reversed(element, values.len()) as usize,
                        field(*value),
                    );
                }
            }
            _ => {}
        }
    }
    columns
}
