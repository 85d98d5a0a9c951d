//! Bytes as text.

use super::error::InputError;

/// The text without a byte order mark.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Refuses text in UTF-16, which begins with its mark, or with a zero beside an ASCII character.
pub(super) fn utf_8(bytes: &[u8]) -> Result<&[u8], InputError> {
    match bytes {
        [0x1f, 0x8b, ..] => Err(InputError::Compressed),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => {
            Err(InputError::Encoding { found: "UTF-32" })
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(InputError::Encoding { found: "UTF-16" }),
        [first, second, ..] if (*first == 0) != (*second == 0) => {
            Err(InputError::Encoding { found: "UTF-16" })
        }
        _ => Ok(without_mark(bytes)),
    }
}
