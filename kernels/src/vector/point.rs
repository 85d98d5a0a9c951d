//! Affine points in memory.

use crate::montgomery::{Base, Modulus, from_words, less, power_of_two, to_words, words};
use halo2_proofs::halo2curves::bn256::{Fq, G1, G1Affine};
use halo2_proofs::halo2curves::group::Curve as _;

/// R = 2^260 modulo p: one.
pub(super) const ONE: [u64; 4] = words(&power_of_two::<Base>(260));
/// 2p.
const TWICE_ORDER: [u64; 4] = words(&Base::MULTIPLES[2]);

/// An affine point in 64-bit words, Montgomery form with R = 2^260, x below p, y below 2p.
/// Infinity is at (0, 0), which is not on the curve.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Point {
    pub(super) x: [u64; 4],
    pub(super) y: [u64; 4],
}

impl Point {
    pub(super) fn from_affine(point: &G1Affine) -> Self {
        Self {
            x: to_words::<Fq>(point.x),
            y: to_words::<Fq>(point.y),
        }
    }

    pub(super) fn to_affine(self) -> G1Affine {
        G1Affine {
            x: from_words::<Base, Fq>(&self.x),
            y: from_words::<Base, Fq>(&self.y),
        }
    }

    /// The point, negated if asked.
    pub(super) fn signed(self, negative: bool) -> Self {
        // Infinity's zero stays below 2p.
        if !negative || self.y == [0; 4] {
            return self;
        }
        let (y, _) = less(&TWICE_ORDER, &self.y);
        Self { y, ..self }
    }

    /// The sum with any other point.
    pub(super) fn plus(self, other: Self) -> Self {
        Self::from_affine(&(G1::from(self.to_affine()) + other.to_affine()).to_affine())
    }
}
