//! Values of the columns that are the same in all proofs, on the cosets on which identities are evaluated.
//!
//! A single proof computes them coset by coset and forgets them. Kept, they save every further proof these FFTs.

use super::key::EngineKey;
use super::program::Source;
use hallmark_kernels::Packed;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// By coset, the values of every such column that some identity reads there.
pub struct KeptCosets(Vec<BTreeMap<Source, Packed>>);

impl KeptCosets {
    /// Computes all.
    pub fn new(key: &EngineKey) -> Self {
        let columns = key.constants_on_cosets();
        let _span =
            tracing::debug_span!("cosets of fixed columns", bytes = key.kept_cosets_bytes()).entered();
        let on = |(coset, sources): (usize, BTreeSet<Source>)| {
            let found: Vec<(Source, &Packed)> = sources
                .into_iter()
                .filter_map(|source| Some((source, key.coefficients(source)?)))
                .collect();
            let (names, mut values): (Vec<Source>, Vec<Packed>) = found
                .into_par_iter()
                .map(|(source, coefficients)| (source, coefficients.clone()))
                .unzip();
            key.domain.coset_fft(&mut values, key.quotient.coset_shift(coset));
            names.into_iter().zip(values).collect()
        };
        Self(columns.into_iter().enumerate().map(on).collect())
    }

    /// The columns on one coset.
    pub fn on(&self, coset: usize) -> Option<&BTreeMap<Source, Packed>> {
        self.0.get(coset)
    }

    /// Bytes of memory that they occupy.
    pub fn bytes(&self) -> usize {
        self.0.iter().flat_map(BTreeMap::values).map(Packed::bytes).sum()
    }
}

impl EngineKey {
    /// By coset, the columns that are the same in all proofs and read there.
    fn constants_on_cosets(&self) -> Vec<BTreeSet<Source>> {
        let constant = |source: &Source| self.coefficients(*source).is_some();
        (0..self.quotient.most_cosets())
            .map(|coset| self.quotient.read_on(coset).filter(constant).collect())
            .collect()
    }

    /// Bytes of memory that their values take there.
    pub(super) fn kept_cosets_bytes(&self) -> usize {
        let columns: usize = self.constants_on_cosets().iter().map(BTreeSet::len).sum();
        columns * self.protocol.rows() * self.element_bytes()
    }
}
