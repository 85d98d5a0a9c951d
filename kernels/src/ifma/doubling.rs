//! Repeated doublings of many points, eight at a time.

use super::field::{Base, Group, Simd, limbs, words};
use super::points::{CHAINS, ONE, Point, invert};
use std::arch::x86_64::*;

/// Doubles every point `times` times; the doublings of a round share an inversion.
pub(super) fn double(simd: Simd, points: &mut [Point], times: u32) {
    let groups = points.len().div_ceil(8);
    let mut coordinates = vec![[Group::zero(simd); 2]; groups];
    for (i, Point(w)) in points.iter().enumerate() {
        let [x, y] = &mut coordinates[i / 8];
        x.set_lane(i % 8, &limbs(&[w[0], w[1], w[2], w[3]]));
        y.set_lane(i % 8, &limbs(&[w[4], w[5], w[6], w[7]]));
    }
    let mut before = vec![Group::zero(simd); groups];
    for _ in 0..times {
        // SAFETY: `simd` proves the instructions.
        unsafe { round(simd, &mut coordinates, &mut before) };
    }
    for (i, Point(w)) in points.iter_mut().enumerate() {
        let [x, y] = &coordinates[i / 8];
        w[..4].copy_from_slice(&words(&x.lane(i % 8)));
        w[4..].copy_from_slice(&words(&y.lane(i % 8)));
    }
}

/// One doubling of all points: λ = 3x² / 2y, x' = λ² − 2x, y' = λ·(x − x') − y. Infinity, at (0, 0), stays there: its
/// denominator counts as one. No other point has y = 0, the group's order being odd.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn round(simd: Simd, points: &mut [[Group; 2]], before: &mut [Group]) {
    let one = simd.splat(&limbs(&ONE));
    let denominator = |[x, y]: &[Group; 2]| {
        let (x, y) = (simd.load(x), simd.load(y));
        let any = x
            .into_iter()
            .fold(simd.word(0), |any, limb| _mm512_or_si512(any, limb));
        let infinite = !_mm512_test_epi64_mask(any, any);
        simd.select(infinite, simd.carry(simd.add(y, y)), one)
    };
    let mut chains = [one; CHAINS];
    for (i, (point, before)) in points.iter().zip(before.iter_mut()).enumerate() {
        let chain = &mut chains[i % CHAINS];
        simd.store(*chain, before);
        *chain = simd.carry(simd.mul::<Base>(*chain, denominator(point)));
    }
    let mut inverses = invert(simd, chains);
    for (i, (point, before)) in points.iter_mut().zip(before.iter()).enumerate().rev() {
        let chain = &mut inverses[i % CHAINS];
        let inverse = simd.carry(simd.mul::<Base>(*chain, simd.load(before)));
        *chain = simd.carry(simd.mul::<Base>(*chain, denominator(point)));
        let (x, y) = (simd.load(&point[0]), simd.load(&point[1]));
        let square = simd.mul::<Base>(x, x);
        let rise = simd.carry(simd.add(square, simd.add(square, square)));
        let slope = simd.carry(simd.mul::<Base>(rise, inverse));
        let square = simd.mul::<Base>(slope, slope);
        let doubled = simd.canonical::<Base>(simd.sub::<Base>(square, simd.add(x, x), 2));
        let fall = simd.carry(simd.sub::<Base>(x, doubled, 1));
        let height = simd.reduce::<Base>(simd.sub::<Base>(simd.mul::<Base>(slope, fall), y, 2));
        simd.store(doubled, &mut point[0]);
        simd.store(height, &mut point[1]);
    }
}
