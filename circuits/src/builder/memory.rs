//! Evaluations that there are already.

use crate::{
    block::Field,
    expression::Atom,
    functional::{Functional, Term},
};
use foldhash::{HashMap, HashMapExt};
use std::{collections::hash_map::Entry, sync::Arc};

/// What different evaluations of a field hardly ever have in common: whether of products of lanes, the number of terms, the first and
/// the last one.
type Signature = (Field, bool, usize, Option<Term>, Option<Term>);

/// Results of evaluations, by field and functional.
pub(super) struct Memory {
    /// The last evaluation of each signature.
    last: HashMap<Signature, usize>,
    all: Vec<Known>,
}

struct Known {
    field: Field,
    product: bool,
    functional: Arc<Functional>,
    /// The one before with the same signature.
    before: Option<usize>,
    result: Atoms,
}

/// One atom, as most results are, or another number.
enum Atoms {
    One(Atom),
    Others(Vec<Atom>),
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            last: HashMap::new(),
            all: Vec::new(),
        }
    }

    /// Number of results.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Forgets all but the first `length` results.
    pub(super) fn truncate(&mut self, length: usize) {
        for known in self.all.drain(length.min(self.all.len())..).rev() {
            let signature = signature(known.field, known.product, &known.functional);
            match known.before {
                Some(before) => self.last.insert(signature, before),
                None => self.last.remove(&signature),
            };
        }
    }

    /// The result of an evaluation: the one that is known, or else that of `evaluate`.
    pub(super) fn get_or(
        &mut self,
        (field, product): (Field, bool),
        functional: Functional,
        evaluate: impl FnOnce(Arc<Functional>) -> Vec<Atom>,
    ) -> Vec<Atom> {
        let signature = signature(field, product, &functional);
        let entry = self.last.entry(signature);
        let before = match &entry {
            Entry::Occupied(last) => Some(*last.get()),
            Entry::Vacant(_) => None,
        };
        let mut next = before;
        while let Some(known) = next.and_then(|index| self.all.get(index)) {
            if *known.functional == functional {
                return known.result.to_vec();
            }
            next = known.before;
        }
        let functional = Arc::new(functional);
        let result = evaluate(Arc::clone(&functional));
        entry.insert_entry(self.all.len());
        self.all.push(Known {
            field,
            product,
            functional,
            before,
            result: match result.as_slice() {
                [atom] => Atoms::One(*atom),
                _ => Atoms::Others(result.clone()),
            },
        });
        result
    }
}

fn signature(field: Field, product: bool, functional: &Functional) -> Signature {
    let terms = &functional.terms;
    (
        field,
        product,
        terms.len(),
        terms.first().copied(),
        terms.last().copied(),
    )
}

impl Atoms {
    fn to_vec(&self) -> Vec<Atom> {
        match self {
            Self::One(atom) => vec![*atom],
            Self::Others(atoms) => atoms.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block::BlockId, functional::Base};

    #[test]
    fn what_is_forgotten_is_evaluated_again() {
        let field = Field {
            block: BlockId(0),
            index: 0,
        };
        // Three of one signature.
        let functional = |middle| Functional::new(Base::Rho, [(0, 0), (middle, 1), (9, 2)]);
        let (mut memory, mut evaluated) = (Memory::new(), 0);
        let mut ask = |memory: &mut Memory, middle| {
            memory.get_or((field, false), functional(middle), |_| {
                evaluated += 1;
                vec![Atom::Total { row: evaluated }]
            })
        };
        let row = |row| vec![Atom::Total { row }];
        for (middle, expected) in [(1, 1), (2, 2), (3, 3), (1, 1), (3, 3)] {
            assert_eq!(ask(&mut memory, middle), row(expected));
        }
        memory.truncate(1);
        assert_eq!(memory.len(), 1);
        for (middle, expected) in [(1, 1), (3, 4), (2, 5), (3, 4)] {
            assert_eq!(ask(&mut memory, middle), row(expected));
        }
        memory.truncate(0);
        assert_eq!(ask(&mut memory, 1), row(6));
    }
}
