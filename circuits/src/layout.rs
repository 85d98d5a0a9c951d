//! The final circuit: numbered columns, fixed contents, copies. Everything a prover needs except a witness.

use crate::{
    challenges::Challenges,
    columns::Columns,
    error::CircuitError,
    frame::Frame,
    machine::{self, MachineLayout},
    scalar::Fr,
    strips::{self, Strips},
};
use hallmark_model::Trace;
use halo2_proofs::plonk::ConstraintSystem;

/// A circuit without a witness.
#[derive(Clone)]
pub enum Layout {
    /// Of least proving time.
    Strips(Box<Strips>),
    /// Of fewest columns.
    Machine(Box<MachineLayout>),
}

impl Layout {
    /// What every layout has.
    pub fn frame(&self) -> &Frame {
        match self {
            Self::Strips(strips) => &strips.frame,
            Self::Machine(machine) => &machine.frame,
        }
    }

    /// The strips, if it consists of these.
    pub fn strips(&self) -> Option<&Strips> {
        match self {
            Self::Strips(strips) => Some(strips),
            Self::Machine(_) => None,
        }
    }

    /// The machine, if it is one.
    pub fn machine(&self) -> Option<&MachineLayout> {
        match self {
            Self::Strips(_) => None,
            Self::Machine(machine) => Some(machine),
        }
    }

    /// The one fixed column that holds other field elements than small integers, if there is one: its index and its values
    /// from row 0.
    pub fn field_column(&self) -> Option<(usize, Vec<Fr>)> {
        match self {
            Self::Strips(strips) => strips.field_column(),
            Self::Machine(machine) => machine.field_column(),
        }
    }

    /// Degree of the constraint system.
    pub(crate) fn degree(&self) -> usize {
        match self {
            Self::Strips(_) => strips::DEGREE,
            Self::Machine(_) => machine::DEGREE,
        }
    }

    pub(crate) fn create_gates(&self, meta: &mut ConstraintSystem<Fr>, columns: &Columns) {
        match self {
            Self::Strips(strips) => strips.create_gates(meta, columns),
            Self::Machine(machine) => machine.create_gates(meta, columns),
        }
    }

    /// The columns of stored cells and multiplicities.
    pub(crate) fn stored(&self, trace: &Trace) -> Result<Vec<Vec<i64>>, CircuitError> {
        match self {
            Self::Strips(strips) => strips.stored(trace),
            Self::Machine(machine) => machine.stored(trace),
        }
    }

    /// The columns of the last phase, with their indices.
    pub(crate) fn late(
        &self,
        stored: &[Vec<i64>],
        instance: &[Vec<Fr>],
        salt: Option<Fr>,
        challenges: &Challenges,
    ) -> Vec<(usize, Vec<Fr>)> {
        match self {
            Self::Strips(strips) => strips.late(stored, instance, salt, challenges),
            Self::Machine(machine) => machine.late(stored, instance, salt, challenges),
        }
    }
}
