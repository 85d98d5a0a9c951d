//! Fiat–Shamir: how challenges follow from the statement and the proof so far.

use crate::codec::{Reader, coordinate_to_bytes, decompress, scalar_to_bytes};
use crate::error::{Document, Problem, VerifyError};
use crate::key::{ModelId, Visibility};
use ark_bn254::{Fr, G1Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use sha2::{Digest, Sha256};

/// The hash that derives challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TranscriptKind {
    /// Blake2b-512, as halo2 uses it by default.
    Blake2b,
}

impl TranscriptKind {
    /// The name that bundles use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TranscriptKind::Blake2b => "blake2b",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        (name == "blake2b").then_some(TranscriptKind::Blake2b)
    }

    pub(crate) fn tag(self) -> u8 {
        match self {
            TranscriptKind::Blake2b => 0,
        }
    }

    pub(crate) fn from_tag(tag: u8) -> Option<Self> {
        (tag == 0).then_some(TranscriptKind::Blake2b)
    }

    pub(crate) fn start(self) -> impl Transcript {
        match self {
            TranscriptKind::Blake2b => Blake2bTranscript::new(),
        }
    }
}

/// The first scalar of every transcript of a circuit: SHA-256 over a domain tag, the model id and the circuit's
/// visibility tag, little-endian, modulo the field's order.
#[must_use]
pub fn transcript_seed(id: &ModelId, visibility: Visibility) -> Fr {
    let digest = Sha256::new()
        .chain_update(b"hallmark transcript v1\0")
        .chain_update(id.0)
        .chain_update([visibility.tag()])
        .finalize();
    Fr::from_le_bytes_mod_order(&digest)
}

/// A sponge that absorbs the statement and the proof.
pub(crate) trait Transcript {
    fn absorb_scalar(&mut self, scalar: &Fr);
    /// The point at infinity counts as the coordinates (0, 0).
    fn absorb_point(&mut self, point: &G1Affine);
    fn challenge(&mut self) -> Fr;
    /// A digest of everything absorbed so far, apart from every challenge.
    fn digest(&self) -> [u8; 64];
}

const CHALLENGE: u8 = 0;
const POINT: u8 = 1;
const SCALAR: u8 = 2;

/// halo2's `Blake2bRead` with `Challenge255`.
pub(crate) struct Blake2bTranscript {
    state: blake2b_simd::State,
}

impl Blake2bTranscript {
    fn new() -> Self {
        let state = blake2b_simd::Params::new()
            .hash_length(64)
            .personal(b"Halo2-Transcript")
            .to_state();
        Blake2bTranscript { state }
    }
}

impl Transcript for Blake2bTranscript {
    fn absorb_scalar(&mut self, scalar: &Fr) {
        self.state.update(&[SCALAR]);
        self.state.update(&scalar_to_bytes(scalar));
    }

    fn absorb_point(&mut self, point: &G1Affine) {
        let (x, y) = point.xy().unwrap_or_default();
        self.state.update(&[POINT]);
        self.state.update(&coordinate_to_bytes(&x));
        self.state.update(&coordinate_to_bytes(&y));
    }

    fn challenge(&mut self) -> Fr {
        self.state.update(&[CHALLENGE]);
        Fr::from_le_bytes_mod_order(self.state.finalize().as_bytes())
    }

    fn digest(&self) -> [u8; 64] {
        // No prefix that the transcript uses has this value.
        *self.state.clone().update(&[0xff]).finalize().as_array()
    }
}

/// Reads a proof and absorbs what it reads.
pub(crate) struct ProofReader<'a, T> {
    reader: Reader<'a>,
    pub(crate) transcript: T,
}

impl<'a, T: Transcript> ProofReader<'a, T> {
    pub(crate) fn new(proof: &'a [u8], transcript: T) -> Self {
        ProofReader {
            reader: Reader::new(Document::Proof, proof),
            transcript,
        }
    }

    pub(crate) fn point(&mut self, field: &'static str) -> Result<G1Affine, VerifyError> {
        let point = self.point_or_infinity(field)?;
        match point.is_zero() {
            true => Err(self.reader.error(32, field, Problem::PointAtInfinity)),
            false => Ok(point),
        }
    }

    pub(crate) fn point_or_infinity(&mut self, field: &'static str) -> Result<G1Affine, VerifyError> {
        let bytes = self.reader.array(field)?;
        let point = decompress(&bytes).map_err(|problem| self.reader.error(32, field, problem))?;
        self.transcript.absorb_point(&point);
        Ok(point)
    }

    pub(crate) fn points(&mut self, count: usize, field: &'static str) -> Result<Vec<G1Affine>, VerifyError> {
        (0..count).map(|_| self.point(field)).collect()
    }

    pub(crate) fn scalar(&mut self, field: &'static str) -> Result<Fr, VerifyError> {
        let scalar = self.reader.scalar(field)?;
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
}
