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
    /// Products of the two fields of a block, each cell plus its offset; the field is the first.
    Products(Field),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::random::Dice;
    use std::collections::BTreeMap;

    /// A functional of what a map makes is the mapped functional of the source.
    #[test]
    fn functionals_are_pulled_back() {
        for seed in 0..500 {
            let mut dice = Dice(seed);
            let (sources, elements) = (1 + dice.below(9), 1 + dice.below(9));
            let read: Vec<Vec<u32>> = (0..elements)
                .map(|_| (0..dice.below(4)).map(|_| dice.below(sources) as u32).collect())
                .collect();
            let ends = read.iter().scan(0, |end, items| {
                *end += items.len() as u32;
                Some(*end)
            });
            let many = Map::Many {
                starts: std::iter::once(0).chain(ends).collect(),
                items: read.iter().flatten().copied().collect(),
            };
            let first = |items: &Vec<u32>| items.first().copied().unwrap_or(NONE);
            let gather = Map::Gather(read.iter().map(first).collect());
            let single: Vec<Vec<u32>> = read
                .iter()
                .map(|items| items.iter().take(1).copied().collect())
                .collect();
            let same: Vec<Vec<u32>> = (0..elements as u32).map(|element| vec![element]).collect();
            let x: Vec<i64> = (0..sources.max(elements))
                .map(|_| dice.below(100) as i64 - 50)
                .collect();
            let terms: Vec<Term> = (0..dice.below(12))
                .map(|_| Term {
                    element: dice.below(elements) as u32,
                    power: dice.below(10) as u32,
                    rho: dice.below(3) as u32,
                })
                .collect();
            let weight = |term: &Term| 3i64.pow(term.power) * 7i64.pow(term.rho);
            for (map, read) in [(many, &read), (gather, &single), (Map::Identity, &same)] {
                let value = |element: u32| {
                    read[element as usize]
                        .iter()
                        .map(|source| x[*source as usize])
                        .sum::<i64>()
                };
                let right: i64 = terms.iter().map(|term| weight(term) * value(term.element)).sum();
                let pulled = mapped(&map, &terms);
                let found: i64 = pulled
                    .iter()
                    .map(|term| weight(term) * x[term.element as usize])
                    .sum();
                assert_eq!(found, right, "seed {seed}");
            }
        }
    }

    /// Equal atoms are added up in the order in which they first occur, few and many alike; what cancels is gone, and what
    /// would wrap stays apart.
    #[test]
    fn equal_atoms_are_added_up() {
        for seed in 0..500 {
            let mut dice = Dice(seed);
            let atom = |i: usize| match i % 2 {
                0 => Atom::Total { row: i },
                _ => Atom::Evaluation { index: i / 4, row: i },
            };
            let scalar: Scalar = (0..dice.below(60))
                .map(|_| (dice.below(7) as i64 - 3, atom(dice.below(12))))
                .collect();
            let mut sums: BTreeMap<Atom, i64> = BTreeMap::new();
            let mut order = Vec::new();
            for (coefficient, atom) in &scalar {
                if !order.contains(atom) {
                    order.push(*atom);
                }
                *sums.entry(*atom).or_default() += coefficient;
            }
            let right: Scalar = order
                .into_iter()
                .map(|atom| (sums[&atom], atom))
                .filter(|(c, _)| *c != 0)
                .collect();
            assert_eq!(merged(scalar), right, "seed {seed}");
        }
        let (a, b) = (Atom::Total { row: 0 }, Atom::Total { row: 1 });
        for others in [0, 20] {
            let mut scalar = vec![(i64::MAX, a), (1, b), (1, a), (-1, a)];
            scalar.extend((0..others).map(|row| (1, Atom::Total { row: 10 + row })));
            let found = merged(scalar);
            let of = |atom: Atom| {
                found
                    .iter()
                    .filter(|(_, other)| *other == atom)
                    .map(|(c, _)| i128::from(*c))
                    .sum::<i128>()
            };
            assert_eq!((of(a), of(b)), (i64::MAX.into(), 1));
            assert_eq!(
                found.iter().filter(|(_, atom)| *atom == a).count(),
                2,
                "one of them would wrap"
            );
        }
    }
}
