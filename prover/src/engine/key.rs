//! What proofs of one circuit are made with.

use super::bases::SrsBases;
use super::cosets::{KeptCosets, constants_on_cosets};
use super::error::EngineError;
use super::identities::Identities;
use super::polynomial::Polynomial;
use super::program::{Program, Source};
use super::structure::Structure;
use crate::extract;
use hallmark_kernels::{Backend, Domain, Packed, Scalars, SmallColumn};
use hallmark_verifier::Protocol;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// What proofs of one circuit are made with.
pub struct EngineKey {
    pub(super) protocol: Protocol,
    pub(super) transcript_repr: Fr,
    pub(super) domain: Domain,
    pub(super) structure: Arc<Structure>,
    pub(super) srs: Arc<SrsBases>,
    /// Coefficients of what is the same in all proofs and read on cosets.
    constants: BTreeMap<Source, Packed>,
    /// Values of the fixed columns, where they are small integers.
    small: BTreeMap<usize, SmallColumn>,
    /// Values of the permutation polynomials.
    pub(super) sigmas: Vec<Vec<Fr>>,
    pub(super) identities: Identities,
    /// Made by [`Self::precompute`].
    kept_cosets: OnceLock<KeptCosets>,
}

impl EngineKey {
    /// Prepares what is the same in all proofs.
    ///
    /// # Errors
    /// [`EngineError::Key`] if the parts have other sizes than the protocol says.
    pub fn new(
        protocol: Protocol,
        structure: Arc<Structure>,
        srs: Arc<SrsBases>,
    ) -> Result<Self, EngineError> {
        let _span = tracing::debug_span!("prepare", bytes = 32 * protocol.rows() * protocol.fixed_columns())
            .entered();
        let (n, backend) = (protocol.rows(), srs.lagrange.backend());
        let fixed = structure.fixed();
        if srs.rows() != n
            || fixed.len() != protocol.fixed_columns()
            || structure.cycles().columns() != protocol.permutation_columns.len()
        {
            return Err(EngineError::Key("number of rows or columns"));
        }
        let domain = Domain::new(backend, protocol.log_rows);
        let identities = Identities::new(Program::new(&protocol), &protocol);
        let small: BTreeMap<usize, SmallColumn> = fixed
            .par_iter()
            .enumerate()
            .filter_map(|(index, column)| match column {
                Scalars::Small(values) => Some((index, SmallColumn::new(values, n)?)),
                _ => None,
            })
            .collect();
        let sigmas: Vec<Vec<Fr>> = (0..structure.cycles().columns())
            .into_par_iter()
            .map(|index| structure.cycles().sigma(index, domain.omega(), n))
            .collect();
        let usable = n
            .checked_sub(protocol.blinding_factors + 1)
            .ok_or(EngineError::TooFewRows)?;
        let on_cosets = identities.sources();
        let constants = constants(backend, n, usable, &fixed, &small, &sigmas, &on_cosets);
        let (sources, mut columns): (Vec<Source>, Vec<Packed>) = constants.into_iter().unzip();
        domain.ifft(&mut columns);
        drop(fixed);
        Ok(Self {
            transcript_repr: extract::halo_scalar(&protocol.transcript_repr),
            domain,
            structure,
            srs,
            constants: sources.into_iter().zip(columns).collect(),
            small,
            sigmas,
            identities,
            kept_cosets: OnceLock::new(),
            protocol,
        })
    }

    /// Makes what several proofs share and a single one can do without, as far as it takes at most `budget` bytes; says how
    /// many it takes. Tables of multiples of the SRS's points come first: a byte of them saves more time than one of fixed
    /// columns on cosets.
    pub fn precompute(&self, budget: usize) -> usize {
        let _span = tracing::debug_span!("precompute").entered();
        let tables = self.srs.precompute(budget);
        if self.kept_cosets.get().is_none() && self.kept_cosets_bytes() <= budget.saturating_sub(tables) {
            // Not inside `get_or_init`: while this thread waits for others, it may do work that asks for the same.
            let bytes = self.kept_cosets_bytes();
            let kept = KeptCosets::new(&self.domain, &self.identities, &self.constants, bytes);
            self.kept_cosets.get_or_init(|| kept);
        }
        tables + self.kept_cosets.get().map_or(0, KeptCosets::bytes)
    }

    /// Bytes of memory that values on cosets of what is the same in all proofs take.
    pub(super) fn kept_cosets_bytes(&self) -> usize {
        let on_cosets = constants_on_cosets(&self.identities, &self.constants);
        let columns: usize = on_cosets.iter().map(BTreeSet::len).sum();
        columns * self.protocol.rows() * self.backend().element_bytes()
    }

    /// Values on a coset of what is the same in all proofs, if they are kept.
    pub(super) fn kept_on(&self, coset: usize) -> Option<&BTreeMap<Source, Packed>> {
        self.kept_cosets.get()?.on(coset)
    }

    /// Whether a column's values on all cosets are kept.
    pub(super) fn keeps_on_cosets(&self, source: Source) -> bool {
        self.kept_cosets.get().is_some() && self.constants.contains_key(&source)
    }

    /// The arithmetic: that of the SRS's points.
    pub(super) fn backend(&self) -> Backend {
        self.domain.backend()
    }

    /// Bytes of memory that this occupies, the SRS included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let constants: usize = self.constants.values().map(Packed::bytes).sum();
        let small: usize = self.small.values().map(SmallColumn::bytes).sum();
        let sigmas: usize = self.sigmas.iter().map(|s| size_of_val(s.as_slice())).sum();
        let cosets = self.kept_cosets.get().map_or(0, KeptCosets::bytes);
        constants + small + sigmas + cosets + self.srs.bytes()
    }

    /// A polynomial that is the same in all proofs, as integers where it has them.
    pub(super) fn constant(&self, source: Source) -> Option<Polynomial<'_>> {
        let small = match source {
            Source::Fixed(index) => self.small.get(&index).map(Polynomial::Values),
            _ => None,
        };
        small.or_else(|| self.coefficients(source).map(Polynomial::Coefficients))
    }

    /// The coefficients of a polynomial that is the same in all proofs and read on cosets.
    pub(super) fn coefficients(&self, source: Source) -> Option<&Packed> {
        self.constants.get(&source)
    }
}

/// Values of everything whose coefficients are needed.
fn constants(
    backend: Backend,
    n: usize,
    usable: usize,
    fixed: &[Scalars<'_>],
    small: &BTreeMap<usize, SmallColumn>,
    sigmas: &[Vec<Fr>],
    on_cosets: &BTreeSet<Source>,
) -> Vec<(Source, Packed)> {
    let rows = |is_one: &dyn Fn(usize) -> bool| {
        let values: Vec<i64> = (0..n).map(|row| i64::from(is_one(row))).collect();
        Packed::from_small(backend, &values, n)
    };
    let mut constants = vec![
        (Source::First, rows(&|row| row == 0)),
        (Source::Last, rows(&|row| row == usable)),
        (Source::Active, rows(&|row| row < usable)),
    ];
    constants.par_extend(fixed.par_iter().enumerate().filter_map(|(index, column)| {
        let source = Source::Fixed(index);
        if small.contains_key(&index) && !on_cosets.contains(&source) {
            return None;
        }
        let packed = match column {
            Scalars::Small(values) => Packed::from_small(backend, values, n),
            Scalars::Full(values) | Scalars::Blinded { tail: values, .. } => {
                let mut values = values.to_vec();
                values.resize(n, Fr::ZERO);
                Packed::from_field(backend, &values)
            }
        };
        Some((source, packed))
    }));
    constants.par_extend(
        sigmas
            .par_iter()
            .enumerate()
            .map(|(index, values)| (Source::Sigma(index), Packed::from_field(backend, values))),
    );
    constants
}
