//! Evaluations in which every element occurs many times, at powers that are the same but for a common factor: those of a tensor that is
//! broadcast. `Σ_e Σ_j b^(p_e + q_j)·x[e]` is `(Σ_j b^q_j)·(Σ_e b^p_e·x[e])`, exactly: an evaluation of ones times one of few terms.

use super::Builder;
use crate::{
    dot::{DotRow, Multiplier},
    expression::{Atom, Scalar},
    functional::{Base, Functional, Term},
    parameter::Constants,
};
use std::collections::BTreeMap;

/// Fewest occurrences of an element that are evaluated once: an evaluation of ones and a product take less than so many coefficients of a
/// cell.
pub(super) const LEAST: usize = 64;

/// Powers of the base and of ρ, ascending.
type Powers = Vec<(u32, u32)>;

/// Terms in which every element has the same powers, each times one of its own.
pub(super) struct Repeated {
    /// What every element is multiplied by.
    pub(super) common: Powers,
    /// Every element once.
    pub(super) terms: Vec<Term>,
}

impl Repeated {
    /// The terms as such a product; none where elements occur less than [`LEAST`] times, or at other powers than others.
    pub(super) fn of(terms: &[Term]) -> Option<Self> {
        let first = terms.first()?.element;
        if terms.iter().filter(|term| term.element == first).count() < LEAST {
            return None;
        }
        let mut elements: BTreeMap<u32, Powers> = BTreeMap::new();
        for term in terms {
            elements
                .entry(term.element)
                .or_default()
                .push((term.power, term.rho));
        }
        let mut common: Option<Powers> = None;
        let mut once = Vec::with_capacity(elements.len());
        for (element, mut powers) in elements {
            let power = powers.iter().map(|own| own.0).min()?;
            let rho = powers.iter().map(|own| own.1).min()?;
            powers
                .iter_mut()
                .for_each(|own| *own = (own.0 - power, own.1 - rho));
            powers.sort_unstable();
            if *common.get_or_insert_with(|| powers.clone()) != powers {
                return None;
            }
            once.push(Term { element, power, rho });
        }
        Some(Self {
            common: common?,
            terms: once,
        })
    }
}

impl Builder<'_> {
    /// An evaluation of terms that occur once each, times what is common to them.
    pub(super) fn repeated(&mut self, base: Base, common: Powers, once: &Scalar) -> Scalar {
        let sum = self.sum_of_powers(base, common);
        let (Some(sum), Some(once)) = (self.single(&sum), self.single(once)) else {
            return Scalar::new();
        };
        let row = self.dots.push(DotRow {
            node: self.node,
            product: Multiplier::Factor,
            v_from: Some(sum),
            f_from: Some(once),
            ..DotRow::default()
        });
        vec![(1, Atom::Total { row })]
    }

    /// `Σ_j b^q_j`: an evaluation of ones.
    fn sum_of_powers(&mut self, base: Base, powers: Powers) -> Scalar {
        let key = (base, powers);
        if let Some((_, known)) = self.sums.iter().find(|(known, _)| *known == key) {
            return known.clone();
        }
        let terms = (0..).zip(&key.1).map(|(element, (power, rho))| Term {
            element,
            power: *power,
            rho: *rho,
        });
        let functional = Functional {
            base,
            terms: terms.collect(),
        };
        let ones = Constants::structure(vec![1; key.1.len()]);
        let sum = self.evaluate_constants(&ones, &functional);
        self.sums.push((key, sum.clone()));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(element: u32, power: u32, rho: u32) -> Term {
        Term { element, power, rho }
    }

    /// All terms of such a product.
    fn expanded(repeated: &Repeated) -> Vec<(u32, u32, u32)> {
        let common = repeated.common.iter();
        let all = common.flat_map(|(power, rho)| {
            let of = move |t: &Term| (t.element, t.power + power, t.rho + rho);
            repeated.terms.iter().map(of)
        });
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn terms_of_broadcast_tensors_are_products() {
        let length = LEAST as u32;
        let (rows, columns) = (0..3u32, 0..length);
        let behind = rows
            .clone()
            .flat_map(|e| (0..length).map(move |j| term(e, e * length + j, 0)));
        let before = columns.flat_map(|j| (0..3u32).map(move |e| term(e, 7 + 3 * j + e, j % 2)));
        for terms in [behind.collect::<Vec<_>>(), before.collect()] {
            let repeated = Repeated::of(&terms).unwrap();
            assert_eq!((repeated.terms.len(), repeated.common.len()), (3, LEAST));
            let mut all: Vec<_> = terms.iter().map(|t| (t.element, t.power, t.rho)).collect();
            all.sort_unstable();
            assert_eq!(expanded(&repeated), all);
        }
    }

    #[test]
    fn others_are_evaluated_term_by_term() {
        let length = LEAST as u32;
        let few: Vec<Term> = (0..length - 1).map(|j| term(0, j, 0)).collect();
        let mut other: Vec<Term> = (0..2 * length).map(|j| term(j % 2, j, 0)).collect();
        assert!(Repeated::of(&other).is_some());
        other[5].power += 1;
        let once: Vec<Term> = (0..2 * length).map(|j| term(j, j, 0)).collect();
        for terms in [few, other, once, Vec::new()] {
            assert!(Repeated::of(&terms).is_none());
        }
    }
}
