//! The halo2 circuit of a planned model.

use crate::{
    challenges::Challenges, columns::Columns, layout::Layout, plan::Plan, scalar::Fr, witness::Witness,
};
use halo2_proofs::{
    circuit::{Cell, Layouter, Region, SimpleFloorPlanner, Value},
    plonk::{Any, Challenge, Circuit, Column, ConstraintSystem, Error},
};
use std::sync::Arc;

/// Configures halo2 for a layout.
#[derive(Clone, Default)]
pub struct LayoutParams(Option<Arc<Plan>>);

/// A model's circuit, with or without a witness.
#[derive(Clone)]
pub struct ModelCircuit {
    plan: Arc<Plan>,
    witness: Option<Arc<Witness>>,
}

impl ModelCircuit {
    /// The circuit for key generation.
    pub fn keygen(plan: Arc<Plan>) -> Self {
        Self { plan, witness: None }
    }

    /// The circuit for proving.
    pub fn prove(plan: Arc<Plan>, witness: Arc<Witness>) -> Self {
        Self {
            plan,
            witness: Some(witness),
        }
    }

    fn layout(&self) -> &Layout {
        self.plan.layout()
    }

    /// Fixed contents and copies.
    fn assign_structure(&self, config: &Columns, region: &mut Region<'_, Fr>) {
        for (column, values) in config.fixed.iter().zip(self.plan.fixed_columns()) {
            for (row, value) in values.iter().enumerate().filter(|(_, v)| **v != 0) {
                region.assign_fixed(*column, row, crate::scalar::field(*value));
            }
        }
        if let Some((column, values)) = self.layout().field_column() {
            for (row, value) in values.into_iter().enumerate() {
                region.assign_fixed(config.fixed[column], row, value);
            }
        }
        let cell = |(column, row): (usize, usize)| Cell {
            row_offset: row,
            column: Column::<Any>::from(config.advice[column]),
        };
        for (a, b) in &self.plan.frame().copies {
            region.constrain_equal(cell(*a), cell(*b));
        }
    }

    fn assign_witness(
        &self,
        config: &Columns,
        witness: &Witness,
        known: [Option<Fr>; 4],
        region: &mut Region<'_, Fr>,
    ) {
        let layout = self.layout();
        match known {
            [None, ..] => {
                for (index, values) in witness.stored().iter().enumerate() {
                    for (row, value) in values.iter().enumerate().filter(|(_, v)| **v != 0) {
                        region.assign_advice(
                            config.advice[index],
                            row,
                            Value::known(Fr::from(value.unsigned_abs())),
                        );
                    }
                }
            }
            [Some(rho), Some(sigma), Some(beta), Some(gamma)] => {
                let challenges = Challenges {
                    rho,
                    sigma,
                    beta,
                    gamma,
                };
                for (index, values) in witness.late(layout, &challenges) {
                    assign(region, config, index, &values);
                }
            }
            _ => {}
        }
    }
}

fn assign(region: &mut Region<'_, Fr>, config: &Columns, column: usize, values: &[Fr]) {
    for (row, value) in values.iter().enumerate() {
        region.assign_advice(config.advice[column], row, Value::known(*value));
    }
}

impl Circuit<Fr> for ModelCircuit {
    type Config = Columns;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = LayoutParams;

    fn without_witnesses(&self) -> Self {
        Self::keygen(Arc::clone(&self.plan))
    }

    fn params(&self) -> LayoutParams {
        LayoutParams(Some(Arc::clone(&self.plan)))
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, params: LayoutParams) -> Columns {
        match params.0 {
            Some(plan) => configured(meta, plan.layout()),
            None => Self::configure(meta),
        }
    }

    /// Declares nothing but the challenges: a model circuit is configured by its plan.
    fn configure(meta: &mut ConstraintSystem<Fr>) -> Columns {
        Columns::empty(meta)
    }

    fn synthesize(&self, config: Columns, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let challenges = [config.rho, config.sigma, config.lookup[0], config.lookup[1]];
        let known = challenges.map(|c| challenge(&layouter, c));
        layouter.assign_region(
            || "model",
            |mut region| {
                if known[0].is_none() {
                    self.assign_structure(&config, &mut region);
                }
                if let Some(witness) = &self.witness {
                    self.assign_witness(&config, witness, known, &mut region);
                }
                Ok(())
            },
        )
    }
}

/// Declares all columns and gates.
fn configured(meta: &mut ConstraintSystem<Fr>, layout: &Layout) -> Columns {
    let columns = Columns::declare(meta, layout.frame(), layout.degree());
    layout.create_gates(meta, &columns);
    columns
}

fn challenge(layouter: &impl Layouter<Fr>, challenge: Challenge) -> Option<Fr> {
    let mut known = None;
    layouter.get_challenge(challenge).map(|value| known = Some(value));
    known
}
