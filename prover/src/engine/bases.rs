//! The points of an SRS as the engine commits with them.

use super::error::EngineError;
use hallmark_circuits::UNUSABLE_ROWS;
use hallmark_kernels::{Backend, Bases};
use halo2_proofs::SerdeFormat;
use halo2_proofs::halo2curves::bn256::{Bn256, G1Affine};
use halo2_proofs::halo2curves::serde::SerdeObject;
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;

/// Rows at the end of a column whose bases have tables: as many as blinding fills.
const TAIL_ROWS: usize = UNUSABLE_ROWS;

/// An SRS of exactly a circuit's number of rows, prepared for a backend.
pub struct SrsBases {
    /// For columns of values.
    pub(super) lagrange: Bases,
    /// For coefficients.
    pub(super) monomial: Bases,
    /// The commitment to the polynomial X.
    pub(super) x: G1Affine,
}

impl SrsBases {
    /// Prepares both bases of an SRS.
    ///
    /// # Errors
    /// [`EngineError::Key`] if the SRS has fewer points than any circuit has rows.
    pub fn new(params: &ParamsKZG<Bn256>, backend: Backend) -> Result<Self, EngineError> {
        let monomial = params.get_g();
        let lagrange = lagrange_points(params)?;
        let (true, Some(x)) = (lagrange.len() >= TAIL_ROWS, monomial.get(1)) else {
            return Err(EngineError::TooFewRows);
        };
        Ok(Self {
            lagrange: Bases::with_tail(backend, &lagrange, TAIL_ROWS),
            monomial: Bases::new(backend, monomial),
            x: *x,
        })
    }

    /// Makes tables of multiples of the points, as far as they take at most `budget` bytes, and says how many they take.
    /// They make commitments to field elements cheaper and cost about as much as they save in a proof.
    pub fn precompute(&self, budget: usize) -> usize {
        let mut taken = 0;
        for bases in [&self.lagrange, &self.monomial] {
            let bytes = bases.multiples_bytes();
            if bases.precomputed() || taken + bytes <= budget {
                bases.precompute();
                taken += bytes;
            }
        }
        taken
    }

    /// Bytes of memory that the points occupy.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lagrange.bytes() + self.monomial.bytes()
    }

    /// Rows of the circuits that these are for.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lagrange.len()
    }
}

/// The SRS in the Lagrange basis. halo2 keeps it private, but writes it: after the number of rows and the powers.
fn lagrange_points(params: &ParamsKZG<Bn256>) -> Result<Vec<G1Affine>, EngineError> {
    let n = params.get_g().len();
    let mut bytes = Vec::new();
    params.write_custom(&mut bytes, SerdeFormat::RawBytesUnchecked)?;
    let mut rest = bytes
        .get(4 + 64 * n..4 + 128 * n)
        .ok_or(EngineError::Key("size of the SRS"))?;
    (0..n)
        .map(|_| Ok(G1Affine::read_raw_unchecked(&mut rest)))
        .collect()
}
