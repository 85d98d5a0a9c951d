//! The gates of the machine and of the lookups.

use super::{
    cells::{
        ADDEND, CELLS, FUNCTION_VALUES, LOOKUP_SUM, MACHINE, MULTIPLICITIES, MULTIPLIER, RESULT, SEGMENTS,
    },
    layout::MachineLayout,
    place::{Arranged, Constant},
};
use crate::{columns::Columns, scalar::Fr};
use halo2_proofs::{
    halo2curves::ff::Field,
    plonk::{ConstraintSystem, Expression},
};

/// Degree of the constraint system: the selector times three factors of the lookup.
pub const DEGREE: usize = 4;

type Expr = Expression<Fr>;

impl MachineLayout {
    /// Creates both gates.
    pub(crate) fn create_gates(&self, meta: &mut ConstraintSystem<Fr>, columns: &Columns) {
        let gates = Gates {
            columns,
            arranged: &self.arranged,
        };
        let selector = columns.fixed[0].cur();
        let step = selector.clone() * gates.step();
        meta.create_gate("machine", |_| vec![("step", step)]);
        if self.arranged.has_lookups() {
            let lookup = selector * gates.lookup();
            meta.create_gate("lookup", |_| vec![("sum", lookup)]);
        }
    }
}

struct Gates<'a> {
    columns: &'a Columns,
    arranged: &'a Arranged,
}

impl Gates<'_> {
    /// A logical advice cell, `ahead` rows from the gate's.
    fn advice(&self, column: usize, segment: usize, ahead: i32) -> Expr {
        self.columns.advice[column].rot((segment * self.arranged.height) as i32 + ahead)
    }

    fn constant(&self, wanted: Constant) -> Option<Expr> {
        let index = self.arranged.constants.iter().position(|c| *c == wanted)?;
        let rotation = (index % SEGMENTS * self.arranged.height) as i32;
        Some(self.columns.fixed[1 + index / SEGMENTS].rot(rotation))
    }

    fn known(&self, wanted: Constant) -> Expr {
        self.constant(wanted).unwrap_or(Expression::Constant(Fr::ZERO))
    }

    /// `E − (e·E_before + c·b + f + Σ ρ^i·w_i + instance)`.
    fn step(&self) -> Expr {
        let result = |ahead| self.advice(MACHINE, RESULT, ahead);
        let product = self.advice(MACHINE, MULTIPLIER, 0) * result(-1);
        let scaled = self.known(Constant::Factor) * self.advice(MACHINE, ADDEND, 0);
        let mut value = product + scaled + self.known(Constant::Addend) + self.columns.instance[0].cur();
        let weights = (0..).map_while(|i| self.constant(Constant::Weight(i)));
        let weights: Vec<Expr> = weights.collect();
        let rho = || self.columns.rho.expr();
        let folded = weights
            .into_iter()
            .rev()
            .reduce(|sum, weight| sum * rho() + weight);
        if let Some(folded) = folded {
            value = value + folded * rho();
        }
        result(0) - value
    }

    /// `(S − S_before)·(β − lookup)·(β − table) − (β − table) + multiplicity·(β − lookup)`.
    fn lookup(&self) -> Expr {
        let sum = |ahead| self.advice(MACHINE, LOOKUP_SUM, ahead);
        let function = self.constant(Constant::TableValue);
        let value = function.as_ref().map(|_| self.advice(CELLS, FUNCTION_VALUES, 0));
        let lookup = self
            .columns
            .compressed(self.advice(CELLS, 0, 0), self.known(Constant::Tag), value);
        let table = self.columns.compressed(
            self.known(Constant::TableArgument),
            self.known(Constant::TableTag),
            function,
        );
        (sum(0) - sum(-1)) * lookup.clone() * table.clone() - table
            + self.advice(CELLS, MULTIPLICITIES, 0) * lookup
    }
}
