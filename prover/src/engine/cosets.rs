//! Values of the columns that are the same in all proofs, on the cosets on which identities are evaluated.
//!
//! A single proof computes them coset by coset and forgets them. Kept, they save every further proof these FFTs.

use super::identities::Identities;
use super::program::Source;
use hallmark_kernels::{Domain, Packed};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// By coset, the values of every such column that some identity reads there.
pub struct KeptCosets(Vec<BTreeMap<Source, Packed>>);

impl KeptCosets {
    /// Computes all.
    pub fn new(
        domain: &Domain,
        identities: &Identities,
        constants: &BTreeMap<Source, Packed>,
        bytes: usize,
    ) -> Self {
        let columns = constants_on_cosets(identities, constants);
        let _span = tracing::debug_span!("cosets of fixed columns", bytes).entered();
        let on = |(coset, sources): (usize, BTreeSet<Source>)| {
            let found: Vec<(Source, &Packed)> = sources
                .into_iter()
                .filter_map(|source| Some((source, constants.get(&source)?)))
                .collect();
            let (names, mut values): (Vec<Source>, Vec<Packed>) = found
                .into_par_iter()
                .map(|(source, coefficients)| (source, coefficients.clone()))
                .unzip();
            domain.coset_fft(&mut values, identities.coset_shift(coset));
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

/// By coset, the columns that are the same in all proofs and read there.
pub fn constants_on_cosets(
    identities: &Identities,
    constants: &BTreeMap<Source, Packed>,
) -> Vec<BTreeSet<Source>> {
    let constant = |source: &Source| constants.contains_key(source);
    (0..identities.most_cosets())
        .map(|coset| identities.read_on(coset).filter(constant).collect())
        .collect()
}
