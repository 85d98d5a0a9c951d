//! Evaluations of the constants of expressions.

use super::{Builder, NewBlock};
use crate::{
    arrangement::Arrangement,
    block::{Bank, Field, Offsets},
    error::CircuitError,
    expression::Scalar,
    functional::{Functional, Term},
    parameter::{Constants, Entry, MAX_UNIFORM, ParameterId, ParameterRole, Spread},
};
use std::{collections::BTreeMap, sync::Arc};

/// Terms by what is added to their elements.
type Groups = BTreeMap<Entry, Vec<Term>>;

impl Builder<'_> {
    /// The parameter of a node at every element of its output; `None` if it has none, or one that is zero throughout.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] if it does not broadcast to the output.
    pub fn spread(&mut self, node: usize, role: ParameterRole) -> Result<Option<Spread>, CircuitError> {
        let of = ParameterId { node, role };
        let Some(own) = self.parameters.get(of).filter(|own| !own.is_zero()) else {
            return Ok(None);
        };
        let output = self.graph.nodes[node].output();
        let mut index = crate::index::broadcast(&own.shape, self.shape(output))?;
        if let Some(first) = self.parameters.equal(of) {
            index.iter_mut().for_each(|own| *own = first[*own as usize]);
            self.equal.insert(of);
        }
        let index = Arc::new(index);
        Ok(Some(Spread { of, index }))
    }

    /// `Σ term · constant[element]`, by rows of [`Bank::Single`] whose cells are zero and whose offset is the constant.
    pub(super) fn evaluate_constants(&mut self, constants: &Constants, functional: &Functional) -> Scalar {
        let mut groups = Groups::new();
        for term in &functional.terms {
            let entry = constants.entry(term.element as usize);
            if !entry.is_nothing() {
                groups.entry(entry).or_default().push(*term);
            }
        }
        if groups.len() > MAX_UNIFORM {
            return self.constant_block(groups, functional, true);
        }
        let mut sum = Scalar::new();
        for group in groups {
            sum.extend(self.constant_block(Groups::from([group]), functional, false));
        }
        sum
    }

    /// One block for all groups: of as many rows as there are terms, so that all share one pattern, or of few rows where they have one
    /// constant.
    fn constant_block(&mut self, groups: Groups, functional: &Functional, by_row: bool) -> Scalar {
        let mut all: Vec<(Term, Entry)> = Vec::new();
        for (entry, terms) in groups {
            all.extend(terms.into_iter().map(|term| (term, entry.clone())));
        }
        all.sort_by_key(|(term, _)| term.power);
        let length = all.len();
        let (stride, offsets) = match all.first() {
            // Rows descend, as powers do.
            _ if by_row => {
                let entries = all.iter().rev().map(|(_, entry)| entry.clone()).collect();
                (self.widths.single, Offsets::PerRow(entries))
            }
            Some((_, entry)) => (1, Offsets::Same(entry.clone())),
            None => return Scalar::new(),
        };
        let block = self.store(NewBlock {
            name: "constants".to_owned(),
            bank: Bank::Single,
            length,
            arrangement: Arrangement::flat(length),
            unit: 1,
            stride,
            table: None,
            offsets,
            fills: vec![Arc::new(move |_| vec![0; length])],
        });
        let terms = all
            .iter()
            .zip(0u32..)
            .map(|((term, _), element)| Term { element, ..*term });
        let functional = Functional {
            base: functional.base,
            terms: terms.collect(),
        };
        let atoms = self.evaluate_field(Field { block, index: 0 }, functional, false);
        atoms.into_iter().map(|atom| (1, atom)).collect()
    }
}
