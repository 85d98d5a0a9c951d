//! Numbers, points and hashes as the EVM has them.

use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use sha3::{Digest, Keccak256};

/// 32 bytes; a number is big-endian.
pub type Word = [u8; 32];

pub(crate) fn scalar_word(value: &Fr) -> Word {
    word(value.into_bigint())
}

fn coordinate_word(value: &Fq) -> Word {
    word(value.into_bigint())
}

fn word(value: impl BigInteger) -> Word {
    let mut word = Word::default();
    let bytes = value.to_bytes_be();
    word[32 - bytes.len()..].copy_from_slice(&bytes);
    word
}

/// x, y; zeros at infinity.
pub(crate) fn g1_words(point: &G1Affine) -> [Word; 2] {
    point
        .xy()
        .map_or([[0; 32]; 2], |(x, y)| [coordinate_word(&x), coordinate_word(&y)])
}

/// The pairing precompile's order: the imaginary part of a coordinate first.
pub(crate) fn g2_words(point: &G2Affine) -> [Word; 4] {
    point.xy().map_or([[0; 32]; 4], |(x, y)| {
        [&x.c1, &x.c0, &y.c1, &y.c0].map(coordinate_word)
    })
}

/// Keccak-256.
#[must_use]
pub fn keccak(bytes: &[u8]) -> Word {
    Keccak256::digest(bytes).into()
}
