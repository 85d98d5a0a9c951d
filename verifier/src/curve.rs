//! Scalars and points of BN254 as bytes.

use crate::problem::Problem;
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInt, PrimeField};

fn limbs(bytes: &[u8; 32]) -> BigInt<4> {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = chunk
            .iter()
            .rev()
            .fold(0u64, |acc, byte| (acc << 8) | u64::from(*byte));
    }
    BigInt::new(limbs)
}

fn unlimbs(value: BigInt<4>) -> [u8; 32] {
    let mut bytes = [0u8; 32];
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(value.0) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

/// The same number in the other byte order.
pub(crate) fn reversed(mut bytes: [u8; 32]) -> [u8; 32] {
    bytes.reverse();
    bytes
}

/// 32 bytes, little-endian, less than the order of the field.
#[must_use]
pub fn scalar_to_bytes(value: &Fr) -> [u8; 32] {
    unlimbs(value.into_bigint())
}

/// The inverse of [`scalar_to_bytes`]; `None` for a value not less than the order.
#[must_use]
pub fn scalar_from_bytes(bytes: &[u8; 32]) -> Option<Fr> {
    Fr::from_bigint(limbs(bytes))
}

/// A coordinate as 32 bytes, little-endian.
pub(crate) fn coordinate_to_bytes(value: &Fq) -> [u8; 32] {
    unlimbs(value.into_bigint())
}

fn coordinate_from_bytes(bytes: &[u8; 32]) -> Option<Fq> {
    Fq::from_bigint(limbs(bytes))
}

/// Decompresses a point: x little-endian, bit 6 of the last byte the parity of y, bit 7 set only for the point at
/// infinity, whose other bits are zero.
pub(crate) fn decompress(bytes: &[u8; 32]) -> Result<G1Affine, Problem> {
    let mut x = *bytes;
    let last = x.last_mut().ok_or(Problem::NonCanonicalPoint)?;
    let (infinite, odd) = (*last & 0x80 != 0, *last & 0x40 != 0);
    *last &= 0x3f;
    if infinite {
        return match !odd && x.iter().all(|byte| *byte == 0) {
            true => Ok(G1Affine::identity()),
            false => Err(Problem::NonCanonicalPoint),
        };
    }
    let x = coordinate_from_bytes(&x).ok_or(Problem::NonCanonicalPoint)?;
    let (y, negated) = G1Affine::get_ys_from_x_unchecked(x).ok_or(Problem::OffCurve)?;
    let y_is_odd = y.into_bigint().0.first().is_some_and(|limb| limb & 1 == 1);
    Ok(G1Affine::new_unchecked(
        x,
        if y_is_odd == odd { y } else { negated },
    ))
}

pub(crate) fn point_from(x: &[u8; 32], y: &[u8; 32]) -> Result<G1Affine, Problem> {
    if x == &[0; 32] && y == &[0; 32] {
        return Ok(G1Affine::identity());
    }
    let (Some(x), Some(y)) = (coordinate_from_bytes(x), coordinate_from_bytes(y)) else {
        return Err(Problem::NonCanonicalPoint);
    };
    let point = G1Affine::new_unchecked(x, y);
    // The group's order is prime, so every point of the curve lies in it.
    if point.is_on_curve() {
        Ok(point)
    } else {
        Err(Problem::OffCurve)
    }
}

pub(crate) fn point2_from(coordinates: &[[u8; 32]; 4]) -> Result<G2Affine, Problem> {
    let [x0, x1, y0, y1] = coordinates.each_ref().map(coordinate_from_bytes);
    let (Some(x0), Some(x1), Some(y0), Some(y1)) = (x0, x1, y0, y1) else {
        return Err(Problem::NonCanonicalPoint);
    };
    let point = G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1));
    if !point.is_on_curve() {
        return Err(Problem::OffCurve);
    }
    if point.is_in_correct_subgroup_assuming_on_curve() {
        Ok(point)
    } else {
        Err(Problem::WrongSubgroup)
    }
}

/// A point of the first group from its coordinates, 32 bytes little-endian each; zeros are the point at infinity.
/// `None` if they are not canonical or not on the curve.
#[must_use]
pub fn g1_from_bytes(x: &[u8; 32], y: &[u8; 32]) -> Option<G1Affine> {
    point_from(x, y).ok()
}

/// The inverse of [`g1_from_bytes`].
#[must_use]
pub fn g1_to_bytes(point: &G1Affine) -> [[u8; 32]; 2] {
    point.xy().map_or([[0; 32]; 2], |(x, y)| {
        [coordinate_to_bytes(&x), coordinate_to_bytes(&y)]
    })
}

/// A point of the second group from x.c0, x.c1, y.c0, y.c1, 32 bytes little-endian each. `None` if they are not
/// canonical, not on the curve or not in the subgroup of prime order.
#[must_use]
pub fn g2_from_bytes(coordinates: &[[u8; 32]; 4]) -> Option<G2Affine> {
    point2_from(coordinates).ok()
}
