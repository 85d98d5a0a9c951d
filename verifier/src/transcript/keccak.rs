//! A transcript of 32-byte words, as an EVM contract hashes them straight from calldata.

use crate::curve::{coordinate_to_bytes, reversed, scalar_to_bytes};
use ark_bn254::{Fr, G1Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use sha3::{Digest, Keccak256};

/// The hash of everything up to the last challenge, followed by the words since.
///
/// Which words are absorbed between two challenges is fixed by the circuit, to which the first word binds the transcript;
/// so words need no tags, and the only inputs of other lengths are those of [`Keccak::digest`].
pub(crate) struct Keccak {
    hash: Keccak256,
}

impl Keccak {
    pub(super) fn new() -> Self {
        let domain = Keccak256::digest(b"hallmark keccak transcript v1\0");
        Keccak {
            hash: Keccak256::new_with_prefix(domain),
        }
    }

    fn absorb(&mut self, little_endian: [u8; 32]) {
        self.hash.update(reversed(little_endian));
    }

    pub(super) fn absorb_scalar(&mut self, scalar: &Fr) {
        self.absorb(scalar_to_bytes(scalar));
    }

    pub(super) fn absorb_point(&mut self, point: &G1Affine) {
        let (x, y) = point.xy().unwrap_or_default();
        self.absorb(coordinate_to_bytes(&x));
        self.absorb(coordinate_to_bytes(&y));
    }

    /// The hash modulo the field's order r. As 2^256 is between 5r and 6r, a challenge is at most 6r/2^256 < 1.14 times as
    /// likely as if it were uniform, and so is every cheat that hopes for certain challenges.
    pub(super) fn challenge(&mut self) -> Fr {
        let state = self.hash.finalize_reset();
        self.hash.update(state);
        Fr::from_be_bytes_mod_order(&state)
    }

    pub(super) fn digest(&self) -> [u8; 64] {
        // One byte more than whole words: never the input of a challenge.
        let half = |tag: u8| self.hash.clone().chain_update([tag]).finalize();
        let mut digest = [0; 64];
        for (byte, hashed) in digest.iter_mut().zip(half(0xfe).into_iter().chain(half(0xff))) {
            *byte = hashed;
        }
        digest
    }
}
