//! Columns and challenges, as halo2 knows them.

use crate::{frame::Frame, scalar::Fr};
use halo2_proofs::plonk::{
    Advice, Challenge, Column, ConstraintSystem, Expression, FirstPhase, Fixed, Instance, SecondPhase,
};

type Expr = Expression<Fr>;

/// Columns and challenges of a circuit.
#[derive(Clone, Debug)]
pub struct Columns {
    /// Advice columns, as numbered by the layout.
    pub advice: Vec<Column<Advice>>,
    /// Fixed columns, as numbered by the layout.
    pub fixed: Vec<Column<Fixed>>,
    /// Instance columns.
    pub instance: Vec<Column<Instance>>,
    /// ρ, drawn after phase 0.
    pub rho: Challenge,
    /// σ, drawn with ρ.
    pub sigma: Challenge,
    /// β and γ of the lookups, drawn with ρ.
    pub lookup: [Challenge; 2],
}

impl Columns {
    /// Declares the columns of a layout, and its challenges.
    pub(crate) fn declare(meta: &mut ConstraintSystem<Fr>, frame: &Frame, degree: usize) -> Self {
        // Stated, because halo2-axiom otherwise lets an environment variable cap it.
        meta.set_minimum_degree(degree);
        let fixed: Vec<_> = frame.fixed_values.iter().map(|_| meta.fixed_column()).collect();
        let instance: Vec<_> = (0..frame.statement.columns)
            .map(|_| meta.instance_column())
            .collect();
        let mut advice = Vec::with_capacity(frame.advice_columns);
        for index in 0..frame.advice_columns {
            advice.push(if index < frame.first_late {
                meta.advice_column_in(FirstPhase)
            } else {
                meta.advice_column_in(SecondPhase)
            });
        }
        let [rho, sigma, beta, gamma] = [(); 4].map(|()| meta.challenge_usable_after(FirstPhase));
        for ((a, _), (c, _)) in &frame.copies {
            meta.enable_equality(advice[*a]);
            meta.enable_equality(advice[*c]);
        }
        Self {
            advice,
            fixed,
            instance,
            rho,
            sigma,
            lookup: [beta, gamma],
        }
    }

    /// No columns: the configuration of no model.
    pub fn empty(meta: &mut ConstraintSystem<Fr>) -> Self {
        let _ = meta.advice_column_in(FirstPhase);
        let challenges = [(); 4].map(|()| meta.challenge_usable_after(FirstPhase));
        let [rho, sigma, beta, gamma] = challenges;
        Self {
            advice: vec![],
            fixed: vec![],
            instance: vec![],
            rho,
            sigma,
            lookup: [beta, gamma],
        }
    }

    /// `β − (x + γ·tag + γ²·y)`: a row of a table, or what is looked up in one.
    pub(crate) fn compressed(&self, x: Expr, tag: Expr, y: Option<Expr>) -> Expr {
        let [beta, gamma] = self.lookup.map(|c| c.expr());
        let value = match y {
            Some(y) => x + gamma.clone() * (tag + gamma * y),
            None => x + gamma * tag,
        };
        beta - value
    }
}
