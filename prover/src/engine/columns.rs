//! The polynomials of one proof.

use super::key::EngineKey;
use super::polynomial::Polynomial;
use super::program::Source;
use hallmark_kernels::{Domain, Packed};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use std::collections::BTreeMap;

/// The polynomials of one proof: first values, then coefficients; with those that all proofs share.
pub struct Columns<'a> {
    key: &'a EngineKey,
    own: BTreeMap<Source, Packed>,
    /// Values of the last-phase columns and of all under copy constraints, until the permutation argument has read them.
    pub permuted: BTreeMap<usize, Vec<Fr>>,
}

impl<'a> Columns<'a> {
    /// The instance columns' values.
    pub fn new(key: &'a EngineKey, instances: &[Vec<Fr>]) -> Self {
        let n = key.protocol.rows();
        let padded = |column: &Vec<Fr>| {
            let mut values = column.clone();
            values.resize(n, Fr::ZERO);
            Packed::from_field(key.backend(), &values)
        };
        let own = instances
            .iter()
            .enumerate()
            .map(|(i, c)| (Source::Instance(i), padded(c)))
            .collect();
        Self {
            key,
            own,
            permuted: BTreeMap::new(),
        }
    }

    /// Adds a column's values.
    pub fn insert(&mut self, source: Source, values: Packed) {
        self.own.insert(source, values);
    }

    /// Turns all values into coefficients.
    pub fn interpolate(&mut self, domain: &Domain) {
        let (sources, mut columns): (Vec<Source>, Vec<Packed>) =
            std::mem::take(&mut self.own).into_iter().unzip();
        domain.ifft(&mut columns);
        self.own = sources.into_iter().zip(columns).collect();
    }

    /// Coefficients, after [`Self::interpolate`]; of shared polynomials, where they are read on cosets.
    pub fn coefficients(&self, source: Source) -> Option<&Packed> {
        self.own.get(&source).or_else(|| self.key.coefficients(source))
    }

    /// Values on a coset of shared polynomials, if the key keeps them.
    pub fn kept_on(&self, coset: usize) -> Option<&'a BTreeMap<Source, Packed>> {
        self.key.kept_on(coset)
    }

    /// A polynomial in the form in which sums of it cost least, after [`Self::interpolate`].
    pub fn polynomial(&self, source: Source) -> Option<Polynomial<'_>> {
        let own = self.own.get(&source).map(Polynomial::Coefficients);
        own.or_else(|| self.key.constant(source))
    }
}
