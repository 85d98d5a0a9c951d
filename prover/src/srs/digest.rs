//! The digest that names an SRS.

use halo2_proofs::halo2curves::bn256::{Fq, G1Affine, G2Affine};
use sha2::{Digest, Sha256};

const DOMAIN: &[u8] = b"hallmark/srs/1";

/// SHA-256 over the tag `hallmark/srs/1` and the coordinates of g₁, s·g₁, g₂ and s·g₂, each as 32 bytes big
/// endian, x before y, and the constant coefficient of an extension element before the other.
///
/// The four points determine the secret and so every power: SRSs of the same ceremony have the same digest whatever
/// their size and file format.
#[must_use]
pub fn digest(g1: &G1Affine, s_g1: &G1Affine, g2: &G2Affine, s_g2: &G2Affine) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    for point in [g1, s_g1] {
        absorb(&mut hash, &[point.x, point.y]);
    }
    for point in [g2, s_g2] {
        absorb(&mut hash, &[point.x.c0, point.x.c1, point.y.c0, point.y.c1]);
    }
    hash.finalize().into()
}

fn absorb(hash: &mut Sha256, coordinates: &[Fq]) {
    for coordinate in coordinates {
        let mut bytes = coordinate.to_bytes();
        bytes.reverse();
        hash.update(bytes);
    }
}
