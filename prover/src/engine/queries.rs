//! The evaluations of a proof.

use super::key::EngineKey;
use super::program::Source;

/// Which polynomials are evaluated at which rotations of x, in the order of the proof.
pub(super) struct Queries {
    pub(super) all: Vec<(Source, i32)>,
    fixed: usize,
    /// From here on, after the random polynomial's value.
    pub(super) sigmas: usize,
    products: usize,
}

impl Queries {
    pub(super) fn of(key: &EngineKey) -> Self {
        let protocol = &key.protocol;
        let advice = protocol.advice_queries.iter();
        let mut all: Vec<(Source, i32)> = advice.map(|q| (Source::Advice(q.column), q.rotation)).collect();
        let fixed = all.len();
        all.extend(
            protocol
                .fixed_queries
                .iter()
                .map(|q| (Source::Fixed(q.column), q.rotation)),
        );
        let sigmas = all.len();
        all.extend((0..key.sigmas.len()).map(|i| (Source::Sigma(i), 0)));
        let products = all.len();
        let count = protocol.permutation_products();
        for i in 0..count {
            all.extend([(Source::Product(i), 0), (Source::Product(i), 1)]);
            if i + 1 < count {
                all.push((Source::Product(i), protocol.last_rotation()));
            }
        }
        Self {
            all,
            fixed,
            sigmas,
            products,
        }
    }

    /// halo2 opens in the order advice, products, fixed, permutation polynomials; then quotient and random polynomial.
    pub(super) fn opening_order(&self) -> Vec<usize> {
        let products = || self.products..self.all.len();
        let mut order: Vec<usize> = (0..self.fixed).collect();
        order.extend(products().filter(|i| self.all[*i].1 >= 0));
        order.extend(products().rev().filter(|i| self.all[*i].1 < 0));
        order.extend(self.fixed..self.products);
        order
    }
}
