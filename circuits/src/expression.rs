//! How tensors are expressed by stored cells, and scalars by evaluations.

use crate::{
    block::Field,
    cell::NONE,
    functional::Term,
    parameter::{Constants, Spread},
};
use foldhash::{HashMap, HashMapExt};
use hallmark_model::TensorId;
use std::sync::Arc;

/// A cell that holds a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// An evaluation.
    Evaluation {
        /// The accumulator, or the position among noted evaluations.
        index: usize,
        /// The circuit row; zero for noted evaluations.
        row: usize,
    },
    /// Cell of the running total of the dot section.
    Total {
        /// The circuit row.
        row: usize,
    },
}

/// A scalar as an integer combination of evaluations.
pub type Scalar = Vec<(i64, Atom)>;

/// How the elements of a tensor are expressed: `value[e] = constant[e] + Σ_parts coefficient · source[map(e)]`.
#[derive(Clone, Default)]
pub struct Expression {
    /// The summands.
    pub parts: Vec<Part>,
    /// Constants.
    pub constants: Constants,
}

impl Expression {
    /// A sum.
    pub fn of(parts: Vec<Part>) -> Self {
        Self {
            parts,
            constants: Constants::default(),
        }
    }
}

/// One summand of a [`Expression`].
#[derive(Clone)]
pub struct Part {
    /// Integer factor.
    pub coefficient: i64,
    /// What is summed.
    pub source: Source,
    /// Which elements.
    pub map: Map,
}

/// What a [`Part`] reads.
#[derive(Clone)]
pub enum Source {
    /// Stored cells (plus their offset).
    Field(Field),
    /// Another tensor of the graph.
    Tensor(TensorId),
    /// An expression that is no tensor of the graph.
    Expression(Arc<Expression>),
}

/// Elements of the source for each element of the result.
#[derive(Clone)]
pub enum Map {
    /// The same element.
    Identity,
    /// One element, or none ([`NONE`]).
    Gather(Arc<[u32]>),
    /// Several: element `e` reads `items[starts[e]..starts[e + 1]]`.
    Many {
        /// One more than elements.
        starts: Arc<[u32]>,
        /// Source elements.
        items: Arc<[u32]>,
    },
    /// One element, times a factor of its own; equal factors are one element of the parameter, and [`NONE`] is the factor zero.
    Scaled {
        /// Source elements.
        index: Arc<Vec<u32>>,
        /// Factors.
        factors: Spread,
    },
}

/// Terms on the source of a map that has no factors.
pub(crate) fn mapped(map: &Map, terms: &[Term]) -> Vec<Term> {
    let moved = |t: &Term, element: u32| Term { element, ..*t };
    match map {
        Map::Identity => terms.to_vec(),
        Map::Gather(index) => gathered(index, terms),
        Map::Scaled { index, .. } => gathered(index, terms),
        Map::Many { starts, items } => terms
            .iter()
            .flat_map(|t| {
                let range = starts[t.element as usize] as usize..starts[t.element as usize + 1] as usize;
                items[range].iter().map(move |element| moved(t, *element))
            })
            .collect(),
    }
}

fn gathered(index: &[u32], terms: &[Term]) -> Vec<Term> {
    let mut all = Vec::with_capacity(terms.len());
    all.extend(terms.iter().filter_map(|term| {
        let element = index[term.element as usize];
        (element != NONE).then_some(Term { element, ..*term })
    }));
    all
}

/// Atoms among which one is found by looking at each.
const FEW: usize = 16;

/// Adds up the coefficients of equal atoms.
pub(crate) fn merged(scalar: Scalar) -> Scalar {
    let mut result: Scalar = Vec::with_capacity(scalar.len());
    // Most have a few atoms; a sum over many pieces has thousands.
    let mut first: Option<HashMap<Atom, usize>> = (scalar.len() > FEW).then(HashMap::new);
    for (coefficient, atom) in scalar {
        let place = match &mut first {
            Some(first) => *first.entry(atom).or_insert(result.len()),
            None => result
                .iter()
                .position(|(_, known)| *known == atom)
                .unwrap_or(result.len()),
        };
        match result.get_mut(place) {
            Some(found) if found.0.checked_add(coefficient).is_some() => found.0 += coefficient,
            _ => result.push((coefficient, atom)),
        }
    }
    result.retain(|(coefficient, _)| *coefficient != 0);
    result
}
