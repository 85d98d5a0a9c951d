//! Evaluations of the constants of expressions.

use super::{Builder, NewBlock};
use crate::{
    block::{Arrangement, Bank, Field, Offsets},
    expression::Scalar,
    functional::{Functional, Term},
};
use std::{collections::BTreeMap, sync::Arc};

/// Most different constants that get blocks of their own.
const MAX_UNIFORM: usize = 8;

impl Builder<'_> {
    /// `Σ term · constant[element]`, by rows of [`Bank::Single`] whose cells are zero and whose offset is the constant.
    pub(super) fn evaluate_constants(&mut self, constants: &[i64], functional: &Functional) -> Scalar {
        let mut by_value: BTreeMap<i64, Vec<Term>> = BTreeMap::new();
        for term in &functional.terms {
            let value = constants[term.element as usize];
            if value != 0 {
                by_value.entry(value).or_default().push(*term);
            }
        }
        if by_value.len() > MAX_UNIFORM {
            return self.evaluate_distinct(constants, functional);
        }
        let mut sum = Scalar::new();
        for (value, mut terms) in by_value {
            terms.sort_unstable_by_key(|t| t.power);
            let length = terms.len();
            let renumbered = terms
                .iter()
                .zip(0u32..)
                .map(|(t, element)| Term { element, ..*t })
                .collect();
            let block = self.store(NewBlock {
                name: format!("constant {value}"),
                bank: Bank::Single,
                length,
                arrangement: Arrangement::flat(length),
                unit: 1,
                stride: 1,
                table: None,
                offsets: Offsets::Uniform(vec![value]),
                fills: vec![Arc::new(move |_| vec![0; length])],
            });
            let functional = Functional {
                base: functional.base,
                terms: renumbered,
            };
            let atoms = self.evaluate_field(Field { block, index: 0 }, functional, false);
            sum.extend(atoms.into_iter().map(|atom| (1, atom)));
        }
        sum
    }

    /// As [`Self::evaluate_constants`] for many different values: one row each, so that all share one pattern.
    fn evaluate_distinct(&mut self, constants: &[i64], functional: &Functional) -> Scalar {
        let mut terms: Vec<Term> = functional.terms.clone();
        terms.retain(|t| constants[t.element as usize] != 0);
        terms.sort_unstable_by_key(|t| t.power);
        let length = terms.len();
        // Rows descend, as powers do.
        let offsets = terms
            .iter()
            .rev()
            .map(|t| constants[t.element as usize])
            .collect();
        let block = self.store(NewBlock {
            name: "constants".to_owned(),
            bank: Bank::Single,
            length,
            arrangement: Arrangement::flat(length),
            unit: 1,
            stride: self.widths.single,
            table: None,
            offsets: Offsets::PerRow(offsets),
            fills: vec![Arc::new(move |_| vec![0; length])],
        });
        let renumbered = terms
            .iter()
            .zip(0u32..)
            .map(|(t, element)| Term { element, ..*t })
            .collect();
        let functional = Functional {
            base: functional.base,
            terms: renumbered,
        };
        let atoms = self.evaluate_field(Field { block, index: 0 }, functional, false);
        atoms.into_iter().map(|atom| (1, atom)).collect()
    }
}
