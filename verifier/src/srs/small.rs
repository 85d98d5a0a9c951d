//! Secrets that are small numbers, as tests and examples of setups have them.

use ark_bn254::{Fq, Fr, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup};
use std::collections::HashMap;

/// Multiples of the generator that are made: up to this.
const BABY_STEPS: u32 = 1024;
/// Steps of `2·BABY_STEPS + 1` in either direction.
const GIANT_STEPS: u32 = 512;

/// Greatest magnitude of a number that is found, 512·2049 + 1024: a little more than 2^20.
#[cfg(test)]
pub(super) const GREATEST: i64 = 1_050_112;

/// The number n with `point = n·g1` and |n| < 2^20, if there is one: baby steps and giant steps, about 2000
/// additions.
pub(super) fn secret(point: &G1Affine) -> Option<i64> {
    let generator = G1Affine::generator();
    let width = BABY_STEPS.saturating_mul(2).saturating_add(1);
    let baby = multiples(generator.into_group(), generator, BABY_STEPS);
    let numbers: HashMap<Fq, (Fq, i64)> = baby.iter().zip(1..).map(|(m, n)| (m.x, (m.y, n))).collect();
    let step = (generator * Fr::from(width)).into_affine();
    let start = *point - step * Fr::from(GIANT_STEPS);
    let giants = multiples(start, step, GIANT_STEPS.saturating_mul(2).saturating_add(1));
    let (width, middle) = (i64::from(width), i64::from(GIANT_STEPS));
    giants.iter().zip(0i64..).find_map(|(giant, index)| {
        let rest = match numbers.get(&giant.x) {
            _ if giant.is_zero() => 0,
            Some((y, n)) if *y == giant.y => *n,
            Some((_, n)) => n.saturating_neg(),
            None => return None,
        };
        let steps = index.saturating_sub(middle);
        Some(rest.saturating_sub(steps.saturating_mul(width)))
    })
}

/// `start`, `start + step`, …
fn multiples(start: G1Projective, step: G1Affine, count: u32) -> Vec<G1Affine> {
    let all: Vec<_> = std::iter::successors(Some(start), |point| Some(*point + step))
        .zip(0..count)
        .map(|(point, _)| point)
        .collect();
    G1Projective::normalize_batch(&all)
}
