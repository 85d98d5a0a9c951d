//! What is kept of a model's plans, so that proving need not search again: `plan.json`.
//!
//! It is a hint from whoever compiled the model, and nothing rests on it. Of each circuit it says what the search decided, and by a
//! digest what came of it: fixed columns, copies and the commitments to them in the verifying key. A program that lays the circuit out
//! and finds that digest need not commit again. If the hint is a lie, proofs do not verify and are thrown away.

use crate::ProverError;
use crate::srs::hex;
use hallmark_circuits::Choice;
use hallmark_verifier::{CircuitKey, Form, g1_to_bytes};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Version of what is kept.
pub const PLANS_VERSION: u32 = 1;

/// The plans of a model's circuits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptPlans {
    /// [`PLANS_VERSION`].
    pub version: u32,
    /// Digest of the integer graph, hexadecimal.
    pub graph_digest: String,
    /// By the name of the form.
    pub circuits: BTreeMap<String, KeptPlan>,
}

/// The plan of one circuit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptPlan {
    /// What the search decided.
    pub choice: Choice,
    /// SHA-256, hexadecimal, of the fixed columns and copies, and of the commitments to them in the verifying key.
    pub digest: String,
}

impl KeptPlans {
    /// The plan for one kind of statement, if there is one.
    #[must_use]
    pub fn plan(&self, form: Form) -> Option<&KeptPlan> {
        self.circuits.get(form.name())
    }

    /// Whether these are plans for the graph with this digest.
    #[must_use]
    pub fn are_for(&self, graph_digest: &[u8; 32]) -> bool {
        self.graph_digest == hex(graph_digest)
    }
}

impl KeptPlan {
    /// Whether a layout of this choice can be that of `expected`, as far as that can be said without one. What a layout takes grows
    /// with its rows: those are the key's, before anything is laid out. (A choice may have more weights in a row than any row needs,
    /// and so more than the key has columns: what no row uses takes none.)
    pub(crate) fn check(&self, expected: &CircuitKey) -> Result<(), ProverError> {
        let (k, rows) = (self.choice.k, expected.protocol.log_rows);
        match k == rows {
            true => Ok(()),
            false => Err(refused(
                expected.form,
                format!("it has 2^{k} rows, the verifying key 2^{rows}"),
            )),
        }
    }
}

/// A kept plan that is not one of the model.
pub(crate) fn refused(form: Form, reason: String) -> ProverError {
    ProverError::KeptPlan { form, reason }
}

/// SHA-256 of the digest of fixed columns and copies, and the commitments to them in a key.
pub(crate) fn with_commitments(structure: [u8; 32], key: &CircuitKey) -> [u8; 32] {
    let protocol = &key.protocol;
    let mut hash = Sha256::new();
    hash.update(structure);
    for point in protocol
        .fixed_commitments
        .iter()
        .chain(&protocol.permutation_commitments)
    {
        hash.update(g1_to_bytes(point).as_flattened());
    }
    hash.finalize().into()
}
