//! Sums of products over columns: one Montgomery reduction for up to 64 products.

use super::convert;
use super::field::{Group, Lanes, Scalar, Simd};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// Products that fit into one double-width sum. Values below 2p each give (64·4 / 84 + 1) p < 5p.
const PRODUCTS: usize = 64;

/// at^i for as many elements as `like` has.
pub(crate) fn powers(at: Fr, like: Option<&[Group]>) -> Vec<Group> {
    let Some((len, first)) = like.and_then(|l| Some((l.len(), l.first()?))) else {
        return Vec::new();
    };
    let simd = Simd::of(first);
    // The first 64 powers one by one; then each group is the one eight groups before, times at^64.
    let start: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * at))
        .take(64)
        .collect();
    let mut groups = convert::from_field(simd, &start);
    groups.resize(len.max(8), Group::zero(simd));
    let step = convert::scalar(simd, at.pow_vartime([64]));
    // SAFETY: `simd` proves the instructions.
    unsafe { extend(simd, &mut groups, &step) };
    groups
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn extend(simd: Simd, groups: &mut [Group], step: &[u64; 5]) {
    let step = simd.splat(step);
    for i in 8..groups.len() {
        let next = simd.mul::<Scalar>(simd.load(&groups[i - 8]), step);
        simd.store(simd.carry(next), &mut groups[i]);
    }
}

/// Σ column\[i\] · powers\[i\] over the column's length.
pub(crate) fn dot(column: &[Group], powers: &[Group]) -> Fr {
    let Some(first) = column.first() else {
        return Fr::ZERO;
    };
    let mut sum = [*first];
    // SAFETY: a group proves the instructions.
    unsafe { dot_lanes(Simd::of(first), column, powers, &mut sum[0]) };
    convert::to_field(&sum).into_iter().sum()
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn dot_lanes(simd: Simd, column: &[Group], powers: &[Group], sum: &mut Group) {
    let mut total = simd.splat(&[0; 5]);
    for (column, powers) in column.chunks(PRODUCTS).zip(powers.chunks(PRODUCTS)) {
        let mut acc = simd.no_products();
        for (a, b) in column.iter().zip(powers) {
            simd.accumulate(&mut acc, simd.load(a), simd.load(b));
        }
        // Below 2p and 5p.
        total = simd.reduce::<Scalar>(simd.add(total, simd.montgomery::<Scalar>(acc)));
    }
    simd.store(total, sum);
}

/// Columns with their scalars.
pub(crate) struct Terms<'a> {
    terms: Vec<(&'a [Group], [u64; 5])>,
}

impl<'a> Terms<'a> {
    pub(crate) fn new(terms: impl Iterator<Item = (&'a [Group], Fr)>) -> Self {
        let limbs = |(groups, scalar): (&'a [Group], Fr)| {
            let simd = Simd::of(groups.first()?);
            Some((groups, convert::scalar(simd, scalar)))
        };
        Self {
            terms: terms.filter_map(limbs).collect(),
        }
    }

    /// out ← Σ scalar · column from group `start` on.
    pub(crate) fn combine(&self, out: &mut [Group], start: usize) {
        if let Some(first) = out.first() {
            let simd = Simd::of(first);
            // SAFETY: a group proves the instructions.
            unsafe { combine(simd, &self.terms, out, start) };
        }
    }
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn combine(simd: Simd, terms: &[(&[Group], [u64; 5])], out: &mut [Group], start: usize) {
    for (i, out) in out.iter_mut().enumerate() {
        let mut total: Lanes = simd.splat(&[0; 5]);
        for terms in terms.chunks(PRODUCTS) {
            let mut acc = simd.no_products();
            for (groups, scalar) in terms {
                simd.accumulate(&mut acc, simd.load(&groups[start + i]), simd.splat(scalar));
            }
            total = simd.reduce::<Scalar>(simd.add(total, simd.montgomery::<Scalar>(acc)));
        }
        simd.store(total, out);
    }
}
