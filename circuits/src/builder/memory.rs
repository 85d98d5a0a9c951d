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
#[derive(Clone)]
pub(super) struct Memory {
    /// The last evaluation of each signature.
    last: HashMap<Signature, usize>,
    all: Vec<Known>,
}

#[derive(Clone)]
struct Known {
    functional: Arc<Functional>,
    /// The one before with the same signature.
    before: Option<usize>,
    result: Atoms,
}

/// One atom, as most results are, or another number.
#[derive(Clone)]
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

    /// The result of an evaluation: the one that is known, or else that of `evaluate`.
    pub(super) fn get_or(
        &mut self,
        (field, product): (Field, bool),
        functional: Functional,
        evaluate: impl FnOnce(Arc<Functional>) -> Vec<Atom>,
    ) -> Vec<Atom> {
        let terms = &functional.terms;
        let signature = (
            field,
            product,
            terms.len(),
            terms.first().copied(),
            terms.last().copied(),
        );
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

impl Atoms {
    fn to_vec(&self) -> Vec<Atom> {
        match self {
            Self::One(atom) => vec![*atom],
            Self::Others(atoms) => atoms.clone(),
        }
    }
}
