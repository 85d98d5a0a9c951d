//! Length-limited binary reading and canonical writing.
//!
//! Integers are little-endian and of fixed width, so that a value has exactly one encoding. A count is checked
//! against its limit *and* against the bytes that are left before anything is allocated for it.

use crate::character::unacceptable_character;
use crate::curve::{
    coordinate_to_bytes, decompress, point_from, point2_from, reversed, scalar_from_bytes, scalar_to_bytes,
};
use crate::error::VerifyError;
use crate::problem::{Document, Problem};
use crate::size::index;
use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;

/// Longest name in a document, in bytes: of a model, an input or output, a gate.
pub const MAX_NAME_BYTES: u32 = 256;

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
