//! What is wrong with bytes, and with bytes of what.

use crate::form::Form;

/// Which kind of bytes a decode error speaks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A verifying-key file.
    Key,
    /// A proof bundle.
    Bundle,
    /// The proof inside a bundle.
    Proof,
    /// An audit file.
    Audit,
    /// A signed head of a receipt log, or a proof of consistency.
    LogHead,
}

impl std::fmt::Display for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Document::Key => "verifying key",
            Document::Bundle => "proof bundle",
            Document::Proof => "proof",
            Document::Audit => "audit file",
            Document::LogHead => "log head",
        })
    }
}

/// What is wrong with the bytes at one place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The bytes end too early.
    #[error("{needed} more bytes expected, {left} left: the data is truncated")]
    Truncated {
        /// Bytes the field takes.
        needed: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// Bytes are left over after the last field.
    #[error("{0} bytes follow the end: the data was extended or belongs to another key")]
    TrailingBytes(usize),
    /// A size or count is above its limit.
    #[error("{found} is more than the limit of {limit}")]
    TooLarge {
        /// Size or count found.
        found: u64,
        /// Greatest accepted one.
        limit: u64,
    },
    /// The first bytes are those of no format of this kind.
    #[error("not a Hallmark file of this kind")]
    BadMagic,
    /// The format version is not supported.
    #[error(
        "version {found} is not supported (this program reads version {supported}): update it, or make the file again"
    )]
    UnsupportedVersion {
        /// Version found.
        found: u32,
        /// Version this crate reads.
        supported: u32,
    },
    /// A tag has no meaning here.
    #[error("unknown tag {0}")]
    UnknownTag(u8),
    /// A form of statement for which there are no circuits: its tag or name.
    #[error("{0} is no kind of statement that can be proven; there are {names}", names = Form::names())]
    UnknownForm(String),
    /// A scalar is not less than the field's order.
    #[error("scalar is not less than the order of the field: non-canonical encoding")]
    NonCanonicalScalar,
    /// A coordinate is not less than the base field's order, or flag bits contradict it.
    #[error("point has a non-canonical encoding")]
    NonCanonicalPoint,
    /// The coordinates are those of no point of the curve.
    #[error("point does not lie on the curve")]
    OffCurve,
    /// A point of the second group lies outside the subgroup of prime order.
    #[error("point does not lie in the subgroup of prime order")]
    WrongSubgroup,
    /// A point at infinity where none can be.
    #[error("point at infinity")]
    PointAtInfinity,
    /// A secret without which nothing is committed to.
    #[error("its secret is 1 or −1: no contribution was ever made to it")]
    TrivialSecret,
    /// Multiples of the two generators by different secrets.
    #[error("its points are not multiples by one secret: e(s·g1, g2) is not e(g1, s·g2)")]
    TwoSecrets,
    /// Text is not UTF-8.
    #[error("text is not UTF-8")]
    BadText,
    /// A character that cannot be seen, or that changes how others are shown: names that look alike would not be alike.
    #[error(
        "text has the character U+{0:04X}, which is invisible or changes how other characters are shown: name it without"
    )]
    UnacceptableCharacter(u32),
    /// JSON that cannot be read.
    #[error("{0}")]
    Json(String),
    /// Hexadecimal or base64 text that cannot be read.
    #[error("expected {0}")]
    BadEncoding(&'static str),
}
