//! Evaluations of tensors and expressions.

use super::Builder;
use super::repeated::Repeated;
use crate::{
    block::Field,
    cell::NONE,
    dot::{DotRow, Multiplier},
    error::CircuitError,
    evaluations::Evaluation,
    expression::{Atom, Expression, Map, Part, Scalar, Source, mapped, merged},
    functional::{Base, Functional, Term},
    parameter::{Element, Run, Spread},
};
use hallmark_model::TensorId;
use std::{collections::BTreeMap, sync::Arc};

impl Builder<'_> {
    /// `Σ term · tensor[element]` as a combination of evaluations.
    pub fn evaluate(&mut self, tensor: TensorId, functional: &Functional) -> Result<Scalar, CircuitError> {
        let known = self.definition(tensor).map(|known| Arc::clone(&known.expression));
        let Some(expression) = known else {
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
        for part in expression.parts.iter().filter(|part| part.coefficient != 0) {
            let scalar = match &part.map {
                Map::Scaled { factors, .. } => self.evaluate_scaled(part, factors, functional)?,
                map => self.evaluate_terms(&part.source, functional.base, mapped(map, &functional.terms))?,
            };
            for (coefficient, atom) in scalar {
                let coefficient = part.coefficient.checked_mul(coefficient);
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

    fn evaluate_terms(
        &mut self,
        source: &Source,
        base: Base,
        terms: Vec<Term>,
    ) -> Result<Scalar, CircuitError> {
        if terms.is_empty() {
            return Ok(Scalar::new());
        }
        if let Some(Repeated { common, terms }) = Repeated::of(&terms) {
            let once = self.evaluate_source(source, Functional { base, terms })?;
            return Ok(self.repeated(base, common, &once));
        }
        self.evaluate_source(source, Functional { base, terms })
    }

    fn evaluate_source(&mut self, source: &Source, functional: Functional) -> Result<Scalar, CircuitError> {
        match source {
            Source::Field(field) => {
                let atoms = self.evaluate_field(*field, functional, false);
                Ok(atoms.into_iter().map(|atom| (1, atom)).collect())
            }
            Source::Products(field) => {
                let atoms = self.evaluate_field(*field, functional, true);
                Ok(atoms.into_iter().map(|atom| (1, atom)).collect())
            }
            Source::Tensor(tensor) => self.evaluate(*tensor, &functional),
            Source::Expression(expression) => self.evaluate_expression(expression, &functional),
        }
    }

    /// `Σ factor · (Σ term · source[element])` over the elements that have a factor: products with weights, added up in a total.
    fn evaluate_scaled(
        &mut self,
        part: &Part,
        factors: &Spread,
        functional: &Functional,
    ) -> Result<Scalar, CircuitError> {
        let mut groups: BTreeMap<u32, Vec<Term>> = BTreeMap::new();
        for term in &functional.terms {
            let factor = factors.index[term.element as usize];
            if factor != NONE {
                groups.entry(factor).or_default().push(*term);
            }
        }
        let mut products = Vec::with_capacity(groups.len());
        for (index, terms) in groups {
            let scalar = self.evaluate_terms(&part.source, functional.base, mapped(&part.map, &terms))?;
            let factor = Element {
                of: factors.of,
                index,
            };
            products.extend(self.single(&scalar).map(|atom| (factor, atom)));
        }
        let mut total = Scalar::new();
        for (factor, atom) in products {
            let row = self.dots.push(DotRow {
                node: self.node,
                keep: !total.is_empty(),
                product: Multiplier::Factor,
                f_from: Some(atom),
                weights: Some(Run::one(factor)),
                ..DotRow::default()
            });
            total = vec![(1, Atom::Total { row })];
        }
        Ok(total)
    }

    /// `Σ term · field[element]`, each functional once per field.
    pub fn evaluate_field(&mut self, field: Field, functional: Functional, product: bool) -> Vec<Atom> {
        self.evaluated.get_or((field, product), functional, |functional| {
            let evaluation = Evaluation {
                node: self.node,
                field,
                functional,
                product,
            };
            self.evaluations.add(&self.blocks[field.block.0], evaluation)
        })
    }

    /// An evaluation that is zero.
    pub fn zero(&mut self) -> Atom {
        self.evaluations.zero()
    }
}
