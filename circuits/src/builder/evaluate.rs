//! Evaluations of tensors and expressions.

use super::Builder;
use crate::{
    block::Field,
    error::CircuitError,
    evaluations::Evaluation,
    expression::{Atom, Expression, Scalar, Source, mapped, merged},
    functional::Functional,
};
use hallmark_model::TensorId;
use std::sync::Arc;

impl Builder<'_> {
    /// `Σ term · tensor[element]` as a combination of evaluations.
    pub fn evaluate(&mut self, tensor: TensorId, functional: &Functional) -> Result<Scalar, CircuitError> {
        let Some(expression) = self.expressions.get(&tensor).cloned() else {
            return Err(CircuitError::Inconsistent {
                place: self.graph.tensors[tensor.0].name.clone(),
                reason: "it is read before it has an expression".to_owned(),
            });
        };
        self.evaluate_expression(&expression, functional)
    }

    /// As [`Self::evaluate`] for an expression.
    pub fn evaluate_expression(
        &mut self,
        expression: &Expression,
        functional: &Functional,
    ) -> Result<Scalar, CircuitError> {
        let mut sum = Scalar::new();
        for (part, factor, terms) in expression.parts.iter().flat_map(|p| {
            mapped(&p.map, &functional.terms)
                .into_iter()
                .map(move |(factor, terms)| (p, factor, terms))
        }) {
            if terms.is_empty() || part.coefficient == 0 {
                continue;
            }
            let functional = Functional {
                base: functional.base,
                terms,
            };
            let scalar = match &part.source {
                Source::Field(field) => self
                    .evaluate_field(*field, functional, false)
                    .into_iter()
                    .map(|atom| (1, atom))
                    .collect(),
                Source::Tensor(tensor) => self.evaluate(*tensor, &functional)?,
                Source::Expression(expression) => self.evaluate_expression(expression, &functional)?,
            };
            for (coefficient, atom) in scalar {
                let coefficient: Option<i64> = part
                    .coefficient
                    .checked_mul(factor)
                    .and_then(|f| f.checked_mul(coefficient));
                let coefficient =
                    coefficient.ok_or_else(|| self.unsupported("a constant factor exceeds 63 bits"))?;
                sum.push((coefficient, atom));
            }
        }
        if !expression.constants.is_empty() {
            sum.extend(self.evaluate_constants(&expression.constants, functional));
        }
        Ok(merged(sum))
    }

    /// `Σ term · field[element]`, each functional once per field.
    pub fn evaluate_field(&mut self, field: Field, functional: Functional, product: bool) -> Vec<Atom> {
        let terms = &functional.terms;
        let signature = (
            field,
            product,
            terms.len(),
            terms.first().copied(),
            terms.last().copied(),
        );
        let known = self.evaluated.entry(signature).or_default();
        if let Some((_, atoms)) = known.iter().find(|(f, _)| **f == functional) {
            return atoms.clone();
        }
        let functional = Arc::new(functional);
        let evaluation = Evaluation {
            node: self.node,
            field,
            functional: Arc::clone(&functional),
            product,
        };
        let atoms = self.evaluations.add(&self.blocks[field.block.0], evaluation);
        known.push((functional, atoms.clone()));
        atoms
    }

    /// An evaluation that is zero.
    pub fn zero(&mut self) -> Atom {
        self.evaluations.zero()
    }
}
