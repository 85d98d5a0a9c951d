//! What all proofs of a circuit share, and its commitments: halo2's key generation on small integers.

use super::bases::SrsBases;
use super::cycles::Cycles;
use super::error::EngineError;
use super::roots::root_of_unity;
use hallmark_circuits::{CellAt, ModelCircuit, Plan};
use hallmark_kernels::{Scalars, msm_many};
use halo2_proofs::SerdeFormat;
use halo2_proofs::halo2curves::bn256::{Fr, G1, G1Affine};
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use halo2_proofs::halo2curves::group::Curve;
use halo2_proofs::halo2curves::serde::SerdeObject;
use halo2_proofs::plonk::{Any, Circuit, ConstraintSystem, VerifyingKey};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Fixed columns and copied cells of a circuit.
pub struct Structure {
    plan: Arc<Plan>,
    /// A fixed column of field elements, by its index: all others hold small integers, which the plan has.
    field_column: Option<(usize, Vec<Fr>)>,
    cycles: Cycles,
}

/// Commitments to a circuit's fixed columns and permutation polynomials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitments {
    /// One per fixed column.
    pub fixed: Vec<G1Affine>,
    /// One per permuted column.
    pub permutation: Vec<G1Affine>,
}

impl Structure {
    /// The structure of a planned circuit.
    ///
    /// # Errors
    /// [`EngineError::Key`] if a copied cell is not under the permutation argument.
    pub fn new(plan: &Arc<Plan>) -> Result<Self, EngineError> {
        Self::with_constraints(plan).map(|(structure, _)| structure)
    }

    /// As [`Self::new`], with the circuit's constraint system, which is made on the way.
    ///
    /// # Errors
    /// Those of [`Self::new`].
    pub fn with_constraints(plan: &Arc<Plan>) -> Result<(Self, ConstraintSystem<Fr>), EngineError> {
        let mut cs = ConstraintSystem::default();
        ModelCircuit::configure_with_params(&mut cs, ModelCircuit::keygen(Arc::clone(plan)).params());
        let columns: Option<Vec<usize>> = cs
            .permutation()
            .get_columns()
            .iter()
            .map(|column| matches!(column.column_type(), Any::Advice(_)).then(|| column.index()))
            .collect();
        let cycles = columns.and_then(|columns| Cycles::new(&columns, &plan.frame().copies));
        let structure = Self {
            plan: Arc::clone(plan),
            field_column: plan.layout().field_column(),
            cycles: cycles.ok_or(EngineError::Key(
                "a copied cell outside the permuted advice columns",
            ))?,
        };
        Ok((structure, cs))
    }

    /// The planned circuit.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The permutation of equal cells.
    pub(super) fn cycles(&self) -> &Cycles {
        &self.cycles
    }

    /// The fixed columns in order, from row 0; rows beyond are zero.
    pub(super) fn fixed(&self) -> Vec<Scalars<'_>> {
        let mut columns: Vec<Scalars<'_>> = self.plan.fixed_columns().map(Scalars::Small).collect();
        if let Some((index, values)) = &self.field_column {
            columns[*index] = Scalars::Full(values);
        }
        columns
    }

    /// Commits to everything. Deterministic.
    ///
    /// # Errors
    /// [`EngineError::Key`] if the SRS has another size than the circuit.
    pub fn commit(&self, srs: &SrsBases) -> Result<Commitments, EngineError> {
        if srs.rows() != 1 << self.plan.k() {
            return Err(EngineError::Key("size of the SRS"));
        }
        let columns = self.plan.fixed_columns().count() + self.cycles.columns();
        let _span = tracing::debug_span!(
            "commit",
            step = "commit structure",
            bytes = 32 * columns * srs.rows()
        )
        .entered();
        Ok(Commitments {
            fixed: msm_many(&srs.lagrange, &self.fixed()),
            permutation: self.commit_sigmas(srs),
        })
    }

    /// A permutation polynomial is δ^i·X but for the copied cells.
    fn commit_sigmas(&self, srs: &SrsBases) -> Vec<G1Affine> {
        let omega = root_of_unity(self.plan.k());
        let differences: Vec<Vec<Fr>> = (0..self.cycles.columns())
            .map(|index| {
                let mut column = vec![Fr::ZERO; srs.rows()];
                for (row, difference) in self.cycles.differences(index, omega) {
                    column[row] = difference;
                }
                column
            })
            .collect();
        let scalars: Vec<Scalars<'_>> = differences.iter().map(|c| Scalars::Full(c)).collect();
        let mut delta = Fr::ONE;
        let mut sums = Vec::with_capacity(differences.len());
        for point in msm_many(&srs.lagrange, &scalars) {
            sums.push(srs.x * delta + point);
            delta *= Fr::DELTA;
        }
        let mut points = vec![G1Affine::default(); sums.len()];
        G1::batch_normalize(&sums, &mut points);
        points
    }

    /// halo2's verifying key with these commitments.
    ///
    /// # Errors
    /// [`EngineError::Key`] if there are too few or too many, and what halo2 says when it reads the key.
    pub fn verifying_key(&self, commitments: &Commitments) -> Result<VerifyingKey<G1Affine>, EngineError> {
        let Commitments { fixed, permutation } = commitments;
        if fixed.len() != self.plan.fixed_columns().count() || permutation.len() != self.cycles.columns() {
            return Err(EngineError::Key("number of commitments"));
        }
        // halo2 puts a key together from its parts only when it reads one: version, k, no compressed selectors, points.
        let mut bytes = vec![2];
        bytes.extend(self.plan.k().to_le_bytes());
        bytes.push(0);
        bytes.extend((fixed.len() as u32).to_le_bytes());
        for point in fixed.iter().chain(permutation) {
            point.write_raw(&mut bytes)?;
        }
        let params = ModelCircuit::keygen(Arc::clone(&self.plan)).params();
        let format = SerdeFormat::RawBytesUnchecked;
        Ok(VerifyingKey::read::<_, ModelCircuit>(
            &mut bytes.as_slice(),
            format,
            params,
        )?)
    }

    /// As many commitments as the circuit has, to nothing.
    #[must_use]
    pub fn no_commitments(&self) -> Commitments {
        Commitments {
            fixed: vec![G1Affine::generator(); self.plan.fixed_columns().count()],
            permutation: vec![G1Affine::generator(); self.cycles.columns()],
        }
    }

    /// A SHA-256 digest of what is committed to: two circuits with one digest have the same commitments under one SRS. Parts of it are
    /// made at the same time; which ones there are does not depend on the number of threads.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let columns: Vec<&[i64]> = self.plan.fixed_columns().collect();
        let columns: Vec<[u8; 32]> = columns.par_iter().map(|values| digest_of(values)).collect();
        let copies = self.plan.frame().copies.par_chunks(COPIES_TOGETHER);
        let copies: Vec<[u8; 32]> = copies.map(digest_of_copies).collect();
        let mut hash = Sha256::new();
        for number in [self.plan.k() as usize, columns.len(), copies.len()] {
            hash.update((number as u64).to_le_bytes());
        }
        columns.iter().chain(&copies).for_each(|part| hash.update(part));
        if let Some((index, values)) = &self.field_column {
            hash.update((*index as u64).to_le_bytes());
            values.iter().for_each(|value| hash.update(value.to_bytes()));
        }
        hash.finalize().into()
    }
}

/// Copies whose digest is made at once.
const COPIES_TOGETHER: usize = 1 << 14;

/// Of the number of bytes that each value takes, and the values in as many: most are small.
fn digest_of(values: &[i64]) -> [u8; 32] {
    let least = values.iter().copied().min().unwrap_or_default();
    let most = values.iter().copied().max().unwrap_or_default();
    let holds = |bits: u32| least >= -(1 << (bits - 1)) && most < 1 << (bits - 1);
    let (width, bytes): (u8, Vec<u8>) = if holds(8) {
        (1, values.iter().map(|value| *value as u8).collect())
    } else if holds(32) {
        (
            4,
            values
                .iter()
                .flat_map(|value| (*value as i32).to_le_bytes())
                .collect(),
        )
    } else {
        (8, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    };
    Sha256::new()
        .chain_update([width])
        .chain_update(bytes)
        .finalize()
        .into()
}

fn digest_of_copies(copies: &[(CellAt, CellAt)]) -> [u8; 32] {
    let numbers = copies.iter().flat_map(|((a, i), (b, j))| [*a, *i, *b, *j]);
    let bytes: Vec<u8> = numbers.flat_map(|number| (number as u64).to_le_bytes()).collect();
    Sha256::digest(bytes).into()
}
