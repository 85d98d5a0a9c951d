//! Length-limited binary reading and canonical writing.
//!
//! Integers are little-endian and of fixed width, so that a value has exactly one encoding. A count is checked
//! against its limit *and* against the bytes that are left before anything is allocated for it.

use crate::error::{Document, Problem, VerifyError};
use crate::name::unacceptable_character;
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInt, PrimeField};

/// Longest name in a document, in bytes: of a model, an input or output, a gate.
pub const MAX_NAME_BYTES: u32 = 256;

/// A `u32` as an index; lossless on every platform with at least 32-bit pointers.
pub(crate) fn index(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

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
fn decompress(bytes: &[u8; 32]) -> Result<G1Affine, Problem> {
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

fn point_from(x: &[u8; 32], y: &[u8; 32]) -> Result<G1Affine, Problem> {
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

fn point2_from(coordinates: &[[u8; 32]; 4]) -> Result<G2Affine, Problem> {
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

/// Reads one document.
pub(crate) struct Reader<'a> {
    document: Document,
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: Document, bytes: &'a [u8]) -> Self {
        Reader {
            document,
            bytes,
            offset: 0,
        }
    }

    /// Bytes read so far.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.offset)
    }

    /// An error about the field that was read last, `width` bytes back.
    pub(crate) fn error(&self, width: usize, field: &'static str, problem: Problem) -> VerifyError {
        VerifyError::Malformed {
            document: self.document,
            offset: self.offset.saturating_sub(width),
            field,
            problem,
        }
    }

    pub(crate) fn take(&mut self, needed: usize, field: &'static str) -> Result<&'a [u8], VerifyError> {
        let end = self.offset.checked_add(needed);
        match end.and_then(|end| self.bytes.get(self.offset..end).map(|bytes| (bytes, end))) {
            Some((bytes, end)) => {
                self.offset = end;
                Ok(bytes)
            }
            None => Err(self.error(
                0,
                field,
                Problem::Truncated {
                    needed,
                    left: self.left(),
                },
            )),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], VerifyError> {
        let mut array = [0u8; N];
        array.copy_from_slice(self.take(N, field)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, VerifyError> {
        self.array::<1>(field).map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, VerifyError> {
        self.array(field).map(u32::from_le_bytes)
    }

    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32, VerifyError> {
        self.array(field).map(i32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, VerifyError> {
        self.array(field).map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self, field: &'static str) -> Result<i64, VerifyError> {
        self.array(field).map(i64::from_le_bytes)
    }

    /// 0 or 1.
    pub(crate) fn boolean(&mut self, field: &'static str) -> Result<bool, VerifyError> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            tag => Err(self.error(1, field, Problem::UnknownTag(tag))),
        }
    }

    /// An index or size of at most `limit`.
    pub(crate) fn size(&mut self, field: &'static str, limit: u32) -> Result<usize, VerifyError> {
        let value = self.u32(field)?;
        match value <= limit {
            true => Ok(index(value)),
            false => Err(self.error(
                4,
                field,
                Problem::TooLarge {
                    found: value.into(),
                    limit: limit.into(),
                },
            )),
        }
    }

    /// A count of at most `limit` items that take at least `item_bytes` each.
    pub(crate) fn count(
        &mut self,
        field: &'static str,
        limit: u32,
        item_bytes: usize,
    ) -> Result<usize, VerifyError> {
        let count = self.size(field, limit)?;
        let needed = count.saturating_mul(item_bytes);
        match needed <= self.left() {
            true => Ok(count),
            false => Err(self.error(
                4,
                field,
                Problem::Truncated {
                    needed,
                    left: self.left(),
                },
            )),
        }
    }

    /// UTF-8 of at most `limit` bytes whose characters can all be seen, see [`crate::name`].
    pub(crate) fn text(&mut self, field: &'static str, limit: u32) -> Result<String, VerifyError> {
        let length = self.count(field, limit, 1)?;
        let bytes = self.take(length, field)?;
        let text = std::str::from_utf8(bytes).map_err(|_| self.error(length, field, Problem::BadText))?;
        match name_problem(text, limit) {
            None => Ok(text.to_owned()),
            Some(problem) => Err(self.error(length, field, problem)),
        }
    }

    pub(crate) fn scalar(&mut self, field: &'static str) -> Result<Fr, VerifyError> {
        let bytes = self.array(field)?;
        scalar_from_bytes(&bytes).ok_or_else(|| self.error(32, field, Problem::NonCanonicalScalar))
    }

    /// x and y as 32 bytes each; the point at infinity as zeros.
    pub(crate) fn point(&mut self, field: &'static str) -> Result<G1Affine, VerifyError> {
        let (x, y) = (self.array(field)?, self.array(field)?);
        point_from(&x, &y).map_err(|problem| self.error(64, field, problem))
    }

    /// A compressed point, see [`decompress`].
    pub(crate) fn packed_point(&mut self, field: &'static str) -> Result<G1Affine, VerifyError> {
        let bytes = self.array(field)?;
        decompress(&bytes).map_err(|problem| self.error(32, field, problem))
    }

    /// [`Reader::scalar`] as the EVM writes numbers.
    pub(crate) fn big_endian_scalar(&mut self, field: &'static str) -> Result<Fr, VerifyError> {
        let bytes = reversed(self.array(field)?);
        scalar_from_bytes(&bytes).ok_or_else(|| self.error(32, field, Problem::NonCanonicalScalar))
    }

    /// [`Reader::point`] as the EVM writes numbers.
    pub(crate) fn big_endian_point(&mut self, field: &'static str) -> Result<G1Affine, VerifyError> {
        let (x, y) = (reversed(self.array(field)?), reversed(self.array(field)?));
        point_from(&x, &y).map_err(|problem| self.error(64, field, problem))
    }

    /// Like [`Reader::point`], but not at infinity.
    pub(crate) fn finite_point(&mut self, field: &'static str) -> Result<G1Affine, VerifyError> {
        let point = self.point(field)?;
        match point.is_zero() {
            true => Err(self.error(64, field, Problem::PointAtInfinity)),
            false => Ok(point),
        }
    }

    /// x.c0, x.c1, y.c0, y.c1 as 32 bytes each; on the curve, in the subgroup, not at infinity.
    pub(crate) fn g2(&mut self, field: &'static str) -> Result<G2Affine, VerifyError> {
        let mut coordinates = [[0u8; 32]; 4];
        for coordinate in &mut coordinates {
            *coordinate = self.array(field)?;
        }
        point2_from(&coordinates).map_err(|problem| self.error(128, field, problem))
    }

    pub(crate) fn magic(&mut self, magic: &[u8; 8], version: u32) -> Result<(), VerifyError> {
        if self.bytes.get(..magic.len()) != Some(magic.as_slice()) {
            return Err(self.error(0, "magic", Problem::BadMagic));
        }
        self.take(magic.len(), "magic")?;
        let found = self.u32("version")?;
        match found == version {
            true => Ok(()),
            false => Err(self.error(
                4,
                "version",
                Problem::UnsupportedVersion {
                    found,
                    supported: version,
                },
            )),
        }
    }

    pub(crate) fn finish(self) -> Result<(), VerifyError> {
        match self.left() {
            0 => Ok(()),
            left => Err(self.error(0, "end", Problem::TrailingBytes(left))),
        }
    }
}

/// What keeps a document from holding text of at most `limit` bytes, if anything does.
pub(crate) fn name_problem(text: &str, limit: u32) -> Option<Problem> {
    if text.len() > index(limit) {
        let found = u64::try_from(text.len()).unwrap_or(u64::MAX);
        return Some(Problem::TooLarge {
            found,
            limit: limit.into(),
        });
    }
    unacceptable_character(text).map(|character| Problem::UnacceptableCharacter(u32::from(character)))
}

/// Writes one document.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    /// A size or index. Sizes are validated to fit long before; saturation only keeps this free of panics, and a
    /// saturated size is above every limit of the reader.
    pub(crate) fn size(&mut self, value: usize) {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX));
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.size(text.len());
        self.raw(text.as_bytes());
    }

    pub(crate) fn scalar(&mut self, value: &Fr) {
        self.raw(&scalar_to_bytes(value));
    }

    pub(crate) fn point(&mut self, point: &G1Affine) {
        match point.xy() {
            Some((x, y)) => {
                self.raw(&coordinate_to_bytes(&x));
                self.raw(&coordinate_to_bytes(&y));
            }
            None => self.raw(&[0; 64]),
        }
    }

    pub(crate) fn g2(&mut self, point: &G2Affine) {
        match point.xy() {
            Some((x, y)) => {
                for coordinate in [x.c0, x.c1, y.c0, y.c1] {
                    self.raw(&coordinate_to_bytes(&coordinate));
                }
            }
            None => self.raw(&[0; 128]),
        }
    }
}
