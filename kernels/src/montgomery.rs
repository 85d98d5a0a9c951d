//! BN254's two primes in limbs of 52 bits, and single elements to and from them.
//!
//! Vector units keep an element v as v·2^260 modulo p, in five limbs of 52 bits; halo2 keeps it as v·2^256 in four words.

use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use halo2_proofs::halo2curves::serde::SerdeObject;

/// Bits of a limb.
pub(crate) const LIMB: u32 = 52;
/// All bits of a limb.
pub(crate) const MASK: u64 = (1 << LIMB) - 1;

/// A prime field of BN254.
pub(crate) trait Modulus: Copy + Send + Sync + 'static {
    /// The prime in 64-bit words.
    const WORDS: [u64; 4];
    /// The prime in limbs.
    const P: [u64; 5] = limbs(&Self::WORDS);
    /// −p⁻¹ modulo 2^52.
    const NEGATED_INVERSE: u64 = negated_inverse(Self::P[0]);
    /// 2^260 − p.
    const COMPLEMENT: [u64; 5] = complement(&Self::P);
    /// ⌊2^58 / (⌊p / 2^208⌋ + 1)⌋, for quotients by p.
    const RECIPROCAL: u64 = (1 << 58) / (Self::P[4] + 1);
    /// k·p for k below the length.
    const MULTIPLES: [[u64; 5]; 68] = multiples(&Self::P);
}

/// The scalar field.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

impl Modulus for Scalar {
    const WORDS: [u64; 4] = [
        0x43e1_f593_f000_0001,
        0x2833_e848_79b9_7091,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ];
}

/// The base field.
#[derive(Clone, Copy)]
pub(crate) struct Base;

impl Modulus for Base {
    const WORDS: [u64; 4] = [
        0x3c20_8c16_d87c_fd47,
        0x9781_6a91_6871_ca8d,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ];
}

/// 64-bit words to limbs.
pub(crate) const fn limbs(w: &[u64; 4]) -> [u64; 5] {
    [
        w[0] & MASK,
        ((w[0] >> 52) | (w[1] << 12)) & MASK,
        ((w[1] >> 40) | (w[2] << 24)) & MASK,
        ((w[2] >> 28) | (w[3] << 36)) & MASK,
        w[3] >> 16,
    ]
}

/// Normal limbs of a value below 2^256 to 64-bit words.
pub(crate) const fn words(l: &[u64; 5]) -> [u64; 4] {
    [
        l[0] | (l[1] << 52),
        (l[1] >> 12) | (l[2] << 40),
        (l[2] >> 24) | (l[3] << 28),
        (l[3] >> 36) | (l[4] << 16),
    ]
}

const fn negated_inverse(p: u64) -> u64 {
    let mut inverse = 1_u64;
    let mut i = 0;
    while i < 6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(p.wrapping_mul(inverse)));
        i += 1;
    }
    inverse.wrapping_neg() & MASK
}

const fn complement(p: &[u64; 5]) -> [u64; 5] {
    let mut out = [0; 5];
    let mut i = 0;
    let mut carry = 1;
    while i < 5 {
        let sum = (MASK - p[i]) + carry;
        out[i] = sum & MASK;
        carry = sum >> LIMB;
        i += 1;
    }
    out
}

const fn multiples<const N: usize>(p: &[u64; 5]) -> [[u64; 5]; N] {
    let mut out = [[0; 5]; N];
    let mut k = 1;
    while k < N {
        let mut i = 0;
        let mut carry = 0;
        while i < 5 {
            let sum = out[k - 1][i] + p[i] + carry;
            out[k][i] = sum & MASK;
            carry = sum >> LIMB;
            i += 1;
        }
        k += 1;
    }
    out
}

/// a − b, and whether that is negative (then 2^256 more).
pub(crate) const fn less(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], bool) {
    let mut out = [0; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (rest, first) = a[i].overflowing_sub(b[i]);
        let (rest, second) = rest.overflowing_sub(borrow as u64);
        out[i] = rest;
        borrow = first || second;
        i += 1;
    }
    (out, borrow)
}

/// The same value modulo the prime, below it, for values below 2p.
pub(crate) const fn below_order<M: Modulus>(value: &[u64; 4]) -> [u64; 4] {
    let (rest, negative) = less(value, &M::WORDS);
    if negative { *value } else { rest }
}

/// 2^`exponent` modulo a field's prime, in limbs.
pub(crate) const fn power_of_two<M: Modulus>(exponent: u32) -> [u64; 5] {
    let mut value = [1_u64, 0, 0, 0];
    let mut step = 0;
    while step < exponent {
        // p is below 2^254, so that nothing falls off.
        let doubled = [
            value[0] << 1,
            (value[1] << 1) | (value[0] >> 63),
            (value[2] << 1) | (value[1] >> 63),
            (value[3] << 1) | (value[2] >> 63),
        ];
        value = below_order::<M>(&doubled);
        step += 1;
    }
    limbs(&value)
}

/// Montgomery words of an element in halo2's form, without conversion.
pub(crate) fn raw(value: &impl SerdeObject) -> [u64; 4] {
    let mut bytes = [0; 32];
    // Four words fit into the buffer, so that this never fails.
    let _ = value.write_raw(&mut bytes.as_mut_slice());
    let (chunks, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|i| u64::from_le_bytes(chunks[i]))
}

/// An element from its Montgomery words, which must be below p.
pub(crate) fn from_raw<F: SerdeObject>(words: [u64; 4]) -> F {
    let mut bytes = [0; 32];
    bytes
        .as_chunks_mut::<8>()
        .0
        .iter_mut()
        .zip(words)
        .for_each(|(b, w)| *b = w.to_le_bytes());
    F::from_raw_bytes_unchecked(&bytes)
}

/// An element in words with R = 2^260, below p: with R = 2^256 it is sixteen times as much.
pub(crate) fn to_words<F: Field + SerdeObject>(value: F) -> [u64; 4] {
    raw(&(0..4).fold(value, |v, _| v.double()))
}

/// The element that words with R = 2^260, below 2p, stand for.
pub(crate) fn from_words<M: Modulus, F: PrimeField + SerdeObject>(words: &[u64; 4]) -> F {
    from_raw::<F>(below_order::<M>(words)) * F::TWO_INV.square().square()
}

/// Limbs of a scalar, below p.
pub(crate) fn scalar(value: Fr) -> [u64; 5] {
    limbs(&to_words(value))
}

/// A signed integer as a field element.
pub(crate) fn small(value: i64) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}
