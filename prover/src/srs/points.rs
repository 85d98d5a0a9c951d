//! Decoding of points with their place in the error.

use crate::ProverError;
use halo2_proofs::halo2curves::bn256::{Fq, G1Affine, G2Affine};
use halo2_proofs::halo2curves::group::GroupEncoding;
use halo2_proofs::halo2curves::group::prime::PrimeCurveAffine;
use halo2_proofs::halo2curves::serde::SerdeObject;
use rayon::prelude::*;
use std::io::Read;

/// Points that are read and decoded at a time.
const CHUNK_POINTS: usize = 1 << 14;

/// How a file spells points. Raw coordinates are in Montgomery form, little endian: snarkjs and halo2 agree in that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// x then y.
    Raw,
    /// x, with the sign of y and the point at infinity in its top bits.
    Compressed,
}

impl Encoding {
    pub(super) const fn g1_bytes(self) -> usize {
        match self {
            Self::Raw => 64,
            Self::Compressed => 32,
        }
    }

    pub(super) const fn g2_bytes(self) -> usize {
        2 * self.g1_bytes()
    }
}

/// Reads `count` points of the first group; each must be on the curve (whose order is prime) and finite.
pub(super) fn read_g1<R: Read>(
    source: &mut R,
    count: usize,
    encoding: Encoding,
    place: &str,
) -> Result<Vec<G1Affine>, ProverError> {
    let size = encoding.g1_bytes();
    let mut points = Vec::with_capacity(count.min(CHUNK_POINTS));
    let mut buffer = vec![0u8; size * count.min(CHUNK_POINTS)];
    while points.len() < count {
        let first = points.len();
        let take = (count - first).min(CHUNK_POINTS);
        let bytes = buffer.get_mut(..take * size).unwrap_or_default();
        read(source, bytes, place)?;
        let decoded: Result<Vec<G1Affine>, ProverError> = bytes
            .par_chunks(size)
            .enumerate()
            .map(|(index, bytes)| {
                decode_g1(bytes, encoding)
                    .ok_or_else(|| not_a_point(place, first + index, "finite point of the first group"))
            })
            .collect();
        points.extend(decoded?);
    }
    Ok(points)
}

/// Reads one point of the second group's curve, finite. Membership of the subgroup is left to the checks.
pub(super) fn read_g2<R: Read>(
    source: &mut R,
    index: usize,
    encoding: Encoding,
    place: &str,
) -> Result<G2Affine, ProverError> {
    let mut bytes = vec![0u8; encoding.g2_bytes()];
    read(source, &mut bytes, place)?;
    decode_g2(&bytes, encoding)
        .ok_or_else(|| not_a_point(place, index, "finite point of the second group's curve"))
}

fn decode_g1(bytes: &[u8], encoding: Encoding) -> Option<G1Affine> {
    let point = match encoding {
        Encoding::Raw => G1Affine::from_raw_bytes(bytes)?,
        Encoding::Compressed => {
            let mut repr = <G1Affine as GroupEncoding>::Repr::default();
            repr.as_mut().copy_from_slice(bytes);
            Option::from(G1Affine::from_bytes(&repr))?
        }
    };
    (!bool::from(point.is_identity())).then_some(point)
}

fn decode_g2(bytes: &[u8], encoding: Encoding) -> Option<G2Affine> {
    let point = match encoding {
        Encoding::Raw => G2Affine::from_raw_bytes(bytes)?,
        Encoding::Compressed => {
            // The library's decoder panics at coordinates that are not reduced.
            if !is_reduced(bytes) {
                return None;
            }
            let mut repr = <G2Affine as GroupEncoding>::Repr::default();
            repr.as_mut().copy_from_slice(bytes);
            Option::from(G2Affine::from_bytes(&repr))?
        }
    };
    (!bool::from(point.is_identity())).then_some(point)
}

/// Whether both coefficients of a compressed point's x are below the field's order; the last byte's top two bits are flags.
fn is_reduced(bytes: &[u8]) -> bool {
    let (coefficients, _) = bytes.as_chunks::<32>();
    let [c0, mut c1] = *coefficients else {
        return false;
    };
    c1[31] &= 0x3f;
    [c0, c1]
        .iter()
        .all(|bytes| Fq::from_bytes(bytes).is_some().into())
}

fn read<R: Read>(source: &mut R, bytes: &mut [u8], place: &str) -> Result<(), ProverError> {
    source.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => ProverError::SrsFormat {
            place: place.to_owned(),
            expected: "more points".to_owned(),
            got: "the end of the file".to_owned(),
        },
        _ => ProverError::SrsRead(error),
    })
}

fn not_a_point(place: &str, index: usize, expected: &str) -> ProverError {
    ProverError::SrsFormat {
        place: format!("{place}, point {index}"),
        expected: format!("a {expected}"),
        got: "bytes that do not encode one".to_owned(),
    }
}
