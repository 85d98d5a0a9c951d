//! Sums of products of small integers and field elements: ten multiply-adds per product, one reduction per sum.

use super::convert;
use super::field::{Group, Lanes, Scalar, Simd};
use crate::SmallColumn;
use crate::small::Offsets;
use halo2_proofs::halo2curves::bn256::Fr;
use std::arch::x86_64::*;

/// Products that fit into one sum: each adds less than 2^53 to a limb.
const PRODUCTS: usize = 1 << 10;

/// An integer below 2^32 that fits into a limb.
trait Offset: Copy {
    /// Eight of them, one per lane.
    fn load(simd: Simd, from: &[Self; 8]) -> __m512i;
}

impl Offset for u16 {
    #[inline(always)]
    fn load(_: Simd, from: &[Self; 8]) -> __m512i {
        // SAFETY: a `Simd` exists only where the instructions do; 16 readable bytes.
        unsafe { _mm512_cvtepu16_epi64(_mm_loadu_si128(from.as_ptr().cast())) }
    }
}

impl Offset for u32 {
    #[inline(always)]
    fn load(_: Simd, from: &[Self; 8]) -> __m512i {
        // SAFETY: a `Simd` exists only where the instructions do; 32 readable bytes.
        unsafe { _mm512_cvtepu32_epi64(_mm256_loadu_si256(from.as_ptr().cast())) }
    }
}

impl Simd {
    /// acc ← acc + a · b for normal a and b below 2^32. At most 2^10 products fit.
    #[inline(always)]
    fn accumulate_small(self, acc: &mut [__m512i; 6], a: Lanes, b: __m512i) {
        for i in 0..5 {
            // SAFETY: a `Simd` exists only where the instructions do.
            unsafe {
                acc[i] = _mm512_madd52lo_epu64(acc[i], a[i], b);
                acc[i + 1] = _mm512_madd52hi_epu64(acc[i + 1], a[i], b);
            }
        }
    }

    /// The sum, ragged, below 3p: [`Simd::montgomery`] divides by R, the product with R² makes up for it.
    #[inline(always)]
    fn finish_small(self, acc: [__m512i; 6]) -> Lanes {
        let mut wide = self.no_products();
        wide[..6].copy_from_slice(&acc);
        let sum = self.carry(self.montgomery::<Scalar>(wide));
        self.mul::<Scalar>(sum, self.splat(&convert::FROM_INTEGER))
    }

    #[inline(always)]
    fn no_small_products(self) -> [__m512i; 6] {
        [self.word(0); 6]
    }
}

/// Σ offset · weight.
pub(crate) fn dot(column: &SmallColumn, weights: &[Group]) -> Fr {
    let Some(first) = weights.first() else {
        return Fr::zero();
    };
    let simd = Simd::of(first);
    let mut sum = [*first];
    // SAFETY: a group proves the instructions.
    unsafe {
        match &column.offsets {
            Offsets::Narrow(offsets) => dot_lanes(simd, offsets, weights, &mut sum[0]),
            Offsets::Wide(offsets) => dot_lanes(simd, offsets, weights, &mut sum[0]),
        }
    }
    convert::to_field(&sum).into_iter().sum()
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn dot_lanes<T: Offset>(simd: Simd, offsets: &[T], weights: &[Group], sum: &mut Group) {
    let mut total = simd.splat(&[0; 5]);
    let (offsets, _) = offsets.as_chunks::<8>();
    for (offsets, weights) in offsets.chunks(PRODUCTS).zip(weights.chunks(PRODUCTS)) {
        let mut acc = simd.no_small_products();
        for (offset, weight) in offsets.iter().zip(weights) {
            simd.accumulate_small(&mut acc, simd.load(weight), T::load(simd, offset));
        }
        // Below 2p and 3p.
        total = simd.reduce::<Scalar>(simd.add(total, simd.finish_small(acc)));
    }
    simd.store(total, sum);
}

/// Columns with their scalars.
pub(crate) struct Terms<'a> {
    simd: Simd,
    narrow: Vec<(&'a [u16], [u64; 5])>,
    wide: Vec<(&'a [u32], [u64; 5])>,
    constant: [u64; 5],
}

impl<'a> Terms<'a> {
    /// `None` without the instructions, which a group of the result proves.
    pub(crate) fn new(
        out: Option<&[Group]>,
        columns: &[(&'a SmallColumn, Fr)],
        constant: Fr,
    ) -> Option<Self> {
        let simd = Simd::of(out?.first()?);
        let (mut narrow, mut wide) = (Vec::new(), Vec::new());
        for (column, scalar) in columns {
            let scalar = convert::scalar(simd, *scalar);
            match &column.offsets {
                Offsets::Narrow(offsets) => narrow.push((offsets.as_slice(), scalar)),
                Offsets::Wide(offsets) => wide.push((offsets.as_slice(), scalar)),
            }
        }
        let constant = convert::scalar(simd, constant);
        Some(Self {
            simd,
            narrow,
            wide,
            constant,
        })
    }

    /// out ← constant + Σ scalar · offset, of the elements from `start` on.
    pub(crate) fn combine(&self, out: &mut [Group], start: usize) {
        // SAFETY: the `Simd` proves the instructions.
        unsafe { self.combine_lanes(out, start) }
    }

    #[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
    fn combine_lanes(&self, out: &mut [Group], start: usize) {
        let simd = self.simd;
        for (i, out) in out.iter_mut().enumerate() {
            let at = start / 8 + i;
            let mut total = simd.splat(&self.constant);
            add(simd, &self.narrow, at, &mut total);
            add(simd, &self.wide, at, &mut total);
            simd.store(total, out);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn add<T: Offset>(simd: Simd, terms: &[(&[T], [u64; 5])], at: usize, total: &mut Lanes) {
    for terms in terms.chunks(PRODUCTS) {
        let mut acc = simd.no_small_products();
        for (offsets, scalar) in terms {
            let (offsets, _) = offsets.as_chunks::<8>();
            simd.accumulate_small(&mut acc, simd.splat(scalar), T::load(simd, &offsets[at]));
        }
        *total = simd.reduce::<Scalar>(simd.add(*total, simd.finish_small(acc)));
    }
}
