//! Between halo2's field elements (Montgomery with R = 2^256) and groups of eight (R = 2^260).

use super::field::{Group, Lanes, Modulus, Scalar, Simd, limbs};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::halo2curves::serde::SerdeObject;
use std::arch::x86_64::*;

/// 2^256 as an integer modulo the scalar field's order, in limbs: multiplying by it takes R = 2^260 to R = 2^256.
const TO_HALO2: [u64; 5] = power_of_two(256);
/// 2^264: from R = 2^256 to R = 2^260.
const FROM_HALO2: [u64; 5] = power_of_two(264);
/// 2^520: from integers to R = 2^260.
pub(super) const FROM_INTEGER: [u64; 5] = power_of_two(520);

const fn power_of_two(exponent: u32) -> [u64; 5] {
    let p = Scalar::WORDS;
    let mut value = [1_u64, 0, 0, 0];
    let mut step = 0;
    while step < exponent {
        // Doubled: p is below 2^254, so that nothing falls off; then less p if that is not negative.
        let doubled = [
            value[0] << 1,
            (value[1] << 1) | (value[0] >> 63),
            (value[2] << 1) | (value[1] >> 63),
            (value[3] << 1) | (value[2] >> 63),
        ];
        let mut less = [0; 4];
        let mut borrow = false;
        let mut i = 0;
        while i < 4 {
            let (rest, first) = doubled[i].overflowing_sub(p[i]);
            let (rest, second) = rest.overflowing_sub(borrow as u64);
            less[i] = rest;
            borrow = first || second;
            i += 1;
        }
        value = if borrow { doubled } else { less };
        step += 1;
    }
    limbs(&value)
}

/// Montgomery words of an element, without conversion.
pub(super) fn raw(value: &impl SerdeObject) -> [u64; 4] {
    let mut bytes = [0; 32];
    // Four words fit into the buffer, so that this never fails.
    let _ = value.write_raw(&mut bytes.as_mut_slice());
    let (chunks, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|i| u64::from_le_bytes(chunks[i]))
}

/// An element from its Montgomery words, which must be below p.
pub(super) fn from_raw<F: SerdeObject>(words: [u64; 4]) -> F {
    let mut bytes = [0; 32];
    bytes
        .as_chunks_mut::<8>()
        .0
        .iter_mut()
        .zip(words)
        .for_each(|(b, w)| *b = w.to_le_bytes());
    F::from_raw_bytes_unchecked(&bytes)
}

/// A column, padded with zeros to a multiple of eight.
pub(crate) fn from_field(simd: Simd, values: &[Fr]) -> Vec<Group> {
    let mut groups = vec![Group::zero(simd); values.len().div_ceil(8)];
    // SAFETY: `simd` proves the instructions.
    unsafe { load_field(simd, values, &mut groups) };
    groups
}

/// Limbs of a scalar in the groups' form, below p.
pub(crate) fn scalar(simd: Simd, value: Fr) -> [u64; 5] {
    let mut group = [Group::zero(simd)];
    // SAFETY: `simd` proves the instructions.
    unsafe { load_field(simd, &[value], &mut group) };
    group[0].lane(0)
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn load_field(simd: Simd, values: &[Fr], groups: &mut [Group]) {
    let factor = simd.splat(&FROM_HALO2);
    for (values, group) in values.chunks(8).zip(groups) {
        let mut lanes = [[0; 8]; 4];
        for (lane, value) in values.iter().enumerate() {
            let words = raw(value);
            for i in 0..4 {
                lanes[i][lane] = words[i];
            }
        }
        let mut words = [simd.word(0); 4];
        for i in 0..4 {
            words[i] = load_words(&lanes[i]);
        }
        let product = simd.mul::<Scalar>(simd.split(words), factor);
        simd.store(simd.canonical::<Scalar>(product), group);
    }
}

#[target_feature(enable = "avx512f")]
fn load_words(lanes: &[u64; 8]) -> __m512i {
    // SAFETY: 64 readable bytes.
    unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
}

/// A column of signed integers, padded with zeros to `len`.
pub(crate) fn from_small(simd: Simd, values: &[i64], len: usize) -> Vec<Group> {
    let mut groups = vec![Group::zero(simd); len.div_ceil(8)];
    // SAFETY: `simd` proves the instructions.
    unsafe { load_small(simd, values, &mut groups) };
    groups
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn load_small(simd: Simd, values: &[i64], groups: &mut [Group]) {
    let factor = simd.splat(&FROM_INTEGER);
    let zero = simd.splat(&[0; 5]);
    for (values, group) in values.chunks(8).zip(groups) {
        let mut lanes = [0; 8];
        lanes
            .iter_mut()
            .zip(values)
            .for_each(|(lane, value)| *lane = *value as u64);
        let lanes = load_words(&lanes);
        let negative = _mm512_movepi64_mask(lanes);
        let magnitude = _mm512_abs_epi64(lanes);
        let words = [magnitude, zero[0], zero[0], zero[0]];
        let product = simd.mul::<Scalar>(simd.split(words), factor);
        let negated = simd.sub::<Scalar>(zero, product, 2);
        simd.store(
            simd.reduce::<Scalar>(simd.select(negative, product, negated)),
            group,
        );
    }
}

/// The values of a column.
pub(crate) fn to_field(groups: &[Group]) -> Vec<Fr> {
    let mut values = vec![Fr::ZERO; 8 * groups.len()];
    if let Some(first) = groups.first() {
        // SAFETY: a group proves the instructions.
        unsafe { store_field(Simd::of(first), groups, &mut values) };
    }
    values
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn store_field(simd: Simd, groups: &[Group], values: &mut [Fr]) {
    for (group, values) in groups.iter().zip(values.chunks_mut(8)) {
        let lanes = lane_words(simd, to_halo2(simd, group));
        for (lane, value) in values.iter_mut().enumerate() {
            *value = from_raw(std::array::from_fn(|i| lanes[i][lane]));
        }
    }
}

#[inline(always)]
fn to_halo2(simd: Simd, group: &Group) -> Lanes {
    simd.canonical::<Scalar>(simd.mul::<Scalar>(simd.load(group), simd.splat(&TO_HALO2)))
}

#[inline(always)]
fn lane_words(simd: Simd, lanes: Lanes) -> [[u64; 8]; 4] {
    let words = simd.join(lanes);
    let mut out = [[0; 8]; 4];
    for (out, word) in out.iter_mut().zip(words) {
        // SAFETY: `simd` proves the instructions; 64 writable bytes.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), word) };
    }
    out
}

/// One element of a group.
pub(crate) fn get(group: &Group, lane: usize) -> Fr {
    to_field(std::slice::from_ref(group))
        .get(lane)
        .copied()
        .unwrap_or(Fr::ZERO)
}

/// Sets one element of a group.
pub(crate) fn set(group: &mut Group, lane: usize, value: Fr) {
    let limbs = scalar(Simd::of(group), value);
    group.set_lane(lane, &limbs);
}
