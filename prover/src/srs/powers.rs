//! An SRS: powers of a secret, from whatever source, under one digest.

use super::size::check_k;
use super::{development, halo2_file, ptau};
use crate::{ProverError, extract};
use hallmark_verifier::SrsPoints;
use hallmark_verifier::hexadecimal::encode as hex;
use halo2_proofs::halo2curves::bn256::{Bn256, G1Affine, G2Affine};
use halo2_proofs::poly::commitment::{Params, ParamsProver};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use serde::Serialize;
use std::io::{Read, Seek, SeekFrom};

/// Powers of a secret, ready for circuits of 2^k rows.
#[derive(Clone, Debug)]
pub struct Srs {
    params: ParamsKZG<Bn256>,
    name: String,
    points: SrsPoints,
}

/// What there is to say about an SRS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SrsInfo {
    /// The name of its file, which says nothing about its origin, or `development (INSECURE)`.
    pub name: String,
    /// Digest in hexadecimal digits.
    pub digest: String,
    /// Supports circuits of up to 2^k rows.
    pub k: u32,
    /// Whether the secret is publicly known.
    pub insecure: bool,
    /// `insecure`, `ceremony` or `unknown`, by its points.
    pub provenance: String,
    /// What the points are recognised as, if they are.
    pub recognised_as: Option<String>,
}

impl Srs {
    /// The development SRS for 2^k rows. Its secret is public: it is labelled insecure wherever it appears.
    ///
    /// # Errors
    /// [`ProverError::Size`] for k outside [`MIN_K`](super::MIN_K)..=[`MAX_K`](super::MAX_K).
    pub fn development(k: u32) -> Result<Self, ProverError> {
        check_k(k)?;
        Self::from_params(development::params(k), development::NAME)
    }

    /// The digest of the development SRS, without generating it.
    #[must_use]
    pub fn development_digest() -> [u8; 32] {
        development::DIGEST
    }

    /// Reads a snarkjs `.ptau` file or a halo2 KZG parameter file (raw or compressed points, told apart by the
    /// length), keeps the powers for 2^k rows (without `k`: as many as the file has, up to [`MAX_K`](super::MAX_K)) and checks
    /// that every point is on its curve and in its subgroup, and that they are the powers of one secret.
    ///
    /// `name` is what the SRS is called in messages; it is no part of keys. The development SRS keeps its own name.
    ///
    /// # Errors
    /// [`ProverError::SrsFormat`], [`ProverError::SrsInconsistent`], [`ProverError::SrsTooSmall`],
    /// [`ProverError::SrsRead`].
    pub fn import<R: Read + Seek>(source: &mut R, name: &str, k: Option<u32>) -> Result<Self, ProverError> {
        if let Some(k) = k {
            check_k(k)?;
        }
        let length = source.seek(SeekFrom::End(0)).map_err(ProverError::SrsRead)?;
        source.seek(SeekFrom::Start(0)).map_err(ProverError::SrsRead)?;
        let mut magic = [0u8; 4];
        source
            .read_exact(&mut magic)
            .map_err(|_| ProverError::SrsFormat {
                place: "start of the file".into(),
                expected: "a snarkjs .ptau file or halo2 KZG parameters".into(),
                got: format!("{length} bytes"),
            })?;
        let params = if magic == ptau::MAGIC {
            ptau::read(source, length, name, k)?
        } else {
            halo2_file::read(source, length, u32::from_le_bytes(magic), name, k)?
        };
        Self::from_params(params, name)
    }

    /// Wraps parameters whose powers are known to be those of one secret.
    pub(super) fn from_params(params: ParamsKZG<Bn256>, name: &str) -> Result<Self, ProverError> {
        let s_g1 = params.get_g().get(1).copied().unwrap_or_default();
        let points = points(&s_g1, &params.s_g2())?;
        // A file that holds the development SRS is as insecure as the SRS itself, whatever it is called.
        let name = if points.digest() == development::DIGEST {
            development::NAME
        } else {
            name
        };
        Ok(Self {
            params,
            name: name.to_owned(),
            points,
        })
    }

    /// The same SRS for circuits of 2^k rows.
    ///
    /// # Errors
    /// [`ProverError::SrsTooSmall`], [`ProverError::Size`].
    pub fn downsized(mut self, k: u32) -> Result<Self, ProverError> {
        check_k(k)?;
        if k > self.k() {
            return Err(ProverError::SrsTooSmall {
                name: self.name,
                available: self.params.k(),
                needed: k,
            });
        }
        if k < self.k() {
            self.params.downsize(k);
        }
        Ok(self)
    }

    /// Supports circuits of 2^k rows.
    #[must_use]
    pub fn k(&self) -> u32 {
        self.params.k()
    }

    /// The parameters as halo2 takes them.
    #[must_use]
    pub fn params(&self) -> &ParamsKZG<Bn256> {
        &self.params
    }

    /// The name of its file, or `development (INSECURE)`. For messages: neither keys nor proofs depend on it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// See [`SrsPoints::digest`].
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.points.digest()
    }

    /// Whether the secret is publicly known.
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        self.points.is_insecure()
    }

    /// What a verifier needs, and what it says about the SRS's origin.
    #[must_use]
    pub fn points(&self) -> &SrsPoints {
        &self.points
    }

    /// What there is to say about this SRS.
    #[must_use]
    pub fn info(&self) -> SrsInfo {
        SrsInfo {
            name: self.name.clone(),
            digest: hex(&self.digest()),
            k: self.k(),
            insecure: self.is_insecure(),
            provenance: self.points.provenance().word().to_owned(),
            recognised_as: self.points.provenance().name().map(ToOwned::to_owned),
        }
    }
}

/// The verifier's form of the secret's multiples of the generators.
fn points(s_g1: &G1Affine, s_g2: &G2Affine) -> Result<SrsPoints, ProverError> {
    SrsPoints::new(extract::g1(s_g1)?, extract::g2(s_g2)?)
        .map_err(|problem| ProverError::SrsInconsistent(problem.to_string()))
}
