//! A case's circuit as the verifier sees it, with an honest witness.

use crate::suite::Case;
use hallmark_circuits::{CircuitError, ModelCircuit, Plan, PlanOptions, Witness};
use hallmark_model::Trace;
use hallmark_prover::extract;
use hallmark_verifier::check::{Cell, Checker};
use hallmark_verifier::{ColumnKind, Fr, PermutationColumn, Protocol, integer};
use halo2_proofs::halo2curves::bn256::Bn256;
use halo2_proofs::plonk::keygen_vk;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use rand_core::OsRng;
use std::sync::Arc;

/// The nonce of all witnesses.
pub const NONCE: [u8; 32] = [7; 32];

/// A circuit without proving keys.
pub struct Setting {
    /// The case's name.
    pub name: &'static str,
    /// The layout.
    pub plan: Arc<Plan>,
    /// The execution.
    pub trace: Arc<Trace>,
    /// The gates, read out of halo2's constraint system.
    pub protocol: Protocol,
    /// Fixed columns.
    pub fixed: Vec<Vec<Fr>>,
    /// Copy constraints.
    pub copies: Vec<(Cell, Cell)>,
    /// ρ, σ, β, γ: arbitrary.
    pub challenges: [Fr; 4],
}

impl Setting {
    /// Lays the case out in as few rows as its widths allow.
    pub fn new(case: &Case) -> Self {
        let options = PlanOptions::default();
        let plan = (5..14)
            .find_map(
                |k| match Plan::forced(Arc::clone(&case.graph), &options, k, case.widths) {
                    Ok(plan) => Some(Arc::new(plan)),
                    Err(CircuitError::TooLarge { .. }) => None,
                    Err(error) => panic!("{}: {error}", case.name),
                },
            )
            .expect("small graphs fit");
        Self::of_plan(case.name, plan, Arc::clone(&case.trace))
    }

    /// The setting of any plan.
    pub fn of_plan(name: &'static str, plan: Arc<Plan>, trace: Arc<Trace>) -> Self {
        let params = ParamsKZG::<Bn256>::setup(plan.k(), OsRng);
        let key = keygen_vk(&params, &ModelCircuit::keygen(Arc::clone(&plan))).unwrap();
        let protocol = extract::protocol(&key).unwrap();
        // Otherwise the last constrained rows would be among those that the prover fills at will.
        assert!(protocol.usable_rows() >= plan.frame().usable, "{name}");
        let mut fixed: Vec<Vec<Fr>> = plan
            .fixed_columns()
            .map(|c| c.iter().map(|v| integer(*v)).collect())
            .collect();
        if let Some((column, values)) = plan.layout().field_column() {
            fixed[column] = values.iter().map(extract::scalar).collect();
        }
        let cell = |(column, row): (usize, usize)| Cell {
            column: PermutationColumn {
                kind: ColumnKind::Advice,
                column,
            },
            row,
        };
        let copies = plan
            .frame()
            .copies
            .iter()
            .map(|(a, b)| (cell(*a), cell(*b)))
            .collect();
        let challenges = [1, 2, 3, 4].map(|i| arbitrary(i * 1_000_003));
        Self {
            name,
            plan,
            trace,
            protocol,
            fixed,
            copies,
            challenges,
        }
    }

    /// The honest witness.
    pub fn witness(&self) -> Witness {
        Witness::new(&self.plan, &self.trace, NONCE).unwrap()
    }

    /// A checker of the gates.
    pub fn checker(&self) -> Checker<'_> {
        Checker::new(&self.protocol, &self.challenges)
    }
}

/// A fixed, arbitrary field element of full size.
pub fn arbitrary(seed: u64) -> Fr {
    let mut value = Fr::from(seed | 1);
    for _ in 0..6 {
        value = value * value * value + Fr::from(0x9e37_79b9_7f4a_7c15u64);
    }
    value
}
