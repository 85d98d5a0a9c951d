//! Inverses of many values by one inversion.

use super::unit::{Limbs, Unit};
use crate::column::Group;
use crate::montgomery::{Base, from_raw, limbs, raw, words};
use halo2_proofs::halo2curves::bn256::Fq;
use halo2_proofs::halo2curves::ff::Field;

/// Independent chains of products, to hide the latency of a multiplication.
pub(super) const CHAINS: usize = 4;

/// Inverses of all lanes of all chains, by one inversion: products over chains, then over lanes at distance 4, 2 and 1.
#[inline(always)]
pub(super) fn invert<U: Unit>(unit: U, chains: [Limbs<U>; CHAINS]) -> [Limbs<U>; CHAINS] {
    let [a, b, c, d] = chains;
    let (ab, cd) = (mul(unit, a, b), mul(unit, c, d));
    let lanes = mul(unit, ab, cd);
    let four = mul(unit, lanes, swap(unit, lanes, 4));
    let two = mul(unit, four, swap(unit, four, 2));
    let one = mul(unit, two, swap(unit, two, 1));
    let mut all = Group::ZERO;
    unit.store_group(unit.canonical::<Base>(one), &mut all);
    let inverse = unit.splat(&invert_one(&all.lane(0)));
    let two = mul(unit, inverse, swap(unit, two, 1));
    let four = mul(unit, two, swap(unit, four, 2));
    let lanes = mul(unit, four, swap(unit, lanes, 4));
    let (ab, cd) = (mul(unit, lanes, cd), mul(unit, lanes, ab));
    [
        mul(unit, ab, b),
        mul(unit, ab, a),
        mul(unit, cd, d),
        mul(unit, cd, c),
    ]
}

/// The inverse of a value below p; of zero zero.
fn invert_one(value: &[u64; 5]) -> [u64; 5] {
    // v·2^260 read with R = 2^256 is 16·v; its inverse times 256 is 16 / v, which is (1 / v)·2^260 with R = 2^256.
    let sixteenfold: Fq = from_raw(words(value));
    let inverse = sixteenfold.invert().unwrap_or(Fq::ZERO);
    limbs(&raw(&(0..8).fold(inverse, |v, _| v.double())))
}

#[inline(always)]
fn mul<U: Unit>(unit: U, a: Limbs<U>, b: Limbs<U>) -> Limbs<U> {
    unit.carry(unit.mul::<Base>(a, b))
}

/// Lane i ← lane i xor `distance`.
#[inline(always)]
fn swap<U: Unit>(unit: U, a: Limbs<U>, distance: usize) -> Limbs<U> {
    let mut out = a;
    for limb in &mut out {
        *limb = unit.swap(*limb, distance);
    }
    out
}
