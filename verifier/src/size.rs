//! Lengths and indices as integers of fixed width, and back.

/// A `u32` as an index; lossless on every platform with at least 32-bit pointers.
pub(crate) fn index(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// A length in 64 bits, likewise.
pub(crate) fn to_u64(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
