//! Fiat–Shamir: how challenges follow from the statement and the proof so far, and how a proof's elements are encoded.

mod blake2b;
mod keccak;

use crate::codec::Reader;
use crate::error::VerifyError;
use crate::form::Form;
use crate::model_id::ModelId;
use crate::problem::{Document, Problem};
use ark_bn254::{Fr, G1Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use blake2b::Blake2b;
use keccak::Keccak;
use sha2::{Digest, Sha256};

/// The hash that derives challenges, and the encoding of proofs that goes with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TranscriptKind {
    /// Blake2b-512, as halo2 uses it by default; compressed points.
    #[default]
    Blake2b,
    /// Keccak-256 over words as the EVM has them; points with both coordinates.
    Keccak,
}

impl TranscriptKind {
    /// All kinds.
    pub const ALL: [TranscriptKind; 2] = [TranscriptKind::Blake2b, TranscriptKind::Keccak];

    /// The name that bundles use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TranscriptKind::Blake2b => "blake2b",
            TranscriptKind::Keccak => "keccak",
        }
    }

    /// Bytes of a point in a proof. A scalar always has 32.
    #[must_use]
    pub fn point_bytes(self) -> usize {
        match self {
            TranscriptKind::Blake2b => 32,
            TranscriptKind::Keccak => 64,
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn tag(self) -> u8 {
        match self {
            TranscriptKind::Blake2b => 0,
            TranscriptKind::Keccak => 1,
        }
    }

    pub(crate) fn from_tag(tag: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.tag() == tag)
    }

    pub(crate) fn start(self) -> Transcript {
        match self {
            TranscriptKind::Blake2b => Transcript::Blake2b(Blake2b::new()),
            TranscriptKind::Keccak => Transcript::Keccak(Keccak::new()),
        }
    }
}

/// The first scalar of every transcript of a circuit: SHA-256 over a domain tag, the model id and the circuit's
/// visibility tag, little-endian, modulo the field's order.
#[must_use]
pub fn transcript_seed(id: &ModelId, form: Form) -> Fr {
    let digest = Sha256::new()
        .chain_update(b"hallmark transcript v1\0")
        .chain_update(id.0)
        .chain_update([form.tag()])
        .finalize();
    Fr::from_le_bytes_mod_order(&digest)
}

/// Absorbs the statement and the proof.
pub(crate) enum Transcript {
    Blake2b(Blake2b),
    Keccak(Keccak),
}

impl Transcript {
    pub(crate) fn absorb_scalar(&mut self, scalar: &Fr) {
        match self {
            Transcript::Blake2b(state) => state.absorb_scalar(scalar),
            Transcript::Keccak(state) => state.absorb_scalar(scalar),
        }
    }

    /// The point at infinity counts as the coordinates (0, 0).
    fn absorb_point(&mut self, point: &G1Affine) {
        match self {
            Transcript::Blake2b(state) => state.absorb_point(point),
            Transcript::Keccak(state) => state.absorb_point(point),
        }
    }

    fn challenge(&mut self) -> Fr {
        match self {
            Transcript::Blake2b(state) => state.challenge(),
            Transcript::Keccak(state) => state.challenge(),
        }
    }

    /// A digest of everything absorbed so far, apart from every challenge.
    fn digest(&self) -> [u8; 64] {
        match self {
            Transcript::Blake2b(state) => state.digest(),
            Transcript::Keccak(state) => state.digest(),
        }
    }
}

/// Reads a proof and absorbs what it reads.
pub(crate) struct ProofReader<'a> {
    reader: Reader<'a>,
    transcript: Transcript,
}

impl<'a> ProofReader<'a> {
    pub(crate) fn new(proof: &'a [u8], transcript: Transcript) -> Self {
        ProofReader {
            reader: Reader::new(Document::Proof, proof),
            transcript,
        }
    }

    pub(crate) fn point(&mut self, field: &'static str) -> Result<G1Affine, VerifyError> {
        let point = self.point_or_infinity(field)?;
        match point.is_zero() {
            true => Err(self
                .reader
                .error(self.point_bytes(), field, Problem::PointAtInfinity)),
            false => Ok(point),
        }
    }

    pub(crate) fn point_or_infinity(&mut self, field: &'static str) -> Result<G1Affine, VerifyError> {
        let point = match self.transcript {
            Transcript::Blake2b(_) => self.reader.packed_point(field)?,
            Transcript::Keccak(_) => self.reader.big_endian_point(field)?,
        };
        self.transcript.absorb_point(&point);
        Ok(point)
    }

    pub(crate) fn points(&mut self, count: usize, field: &'static str) -> Result<Vec<G1Affine>, VerifyError> {
        (0..count).map(|_| self.point(field)).collect()
    }

    pub(crate) fn scalar(&mut self, field: &'static str) -> Result<Fr, VerifyError> {
        let scalar = match self.transcript {
            Transcript::Blake2b(_) => self.reader.scalar(field)?,
            Transcript::Keccak(_) => self.reader.big_endian_scalar(field)?,
        };
        self.transcript.absorb_scalar(&scalar);
        Ok(scalar)
    }

    pub(crate) fn scalars(&mut self, count: usize, field: &'static str) -> Result<Vec<Fr>, VerifyError> {
        (0..count).map(|_| self.scalar(field)).collect()
    }

    pub(crate) fn challenge(&mut self) -> Fr {
        self.transcript.challenge()
    }

    /// Ends the proof: no byte may be left. Returns the transcript's digest.
    pub(crate) fn finish(self) -> Result<[u8; 64], VerifyError> {
        self.reader.finish()?;
        Ok(self.transcript.digest())
    }

    fn point_bytes(&self) -> usize {
        let kind = match self.transcript {
            Transcript::Blake2b(_) => TranscriptKind::Blake2b,
            Transcript::Keccak(_) => TranscriptKind::Keccak,
        };
        kind.point_bytes()
    }
}
