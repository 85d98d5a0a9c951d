//! Numbers of the key's format, which is docs/evm.md's; the contracts have the same.

/// Words of counts, seed, constants and reference string.
pub(crate) const HEADER_WORDS: usize = 17;
/// How a key begins: the format and its version.
pub(crate) const MAGIC: &[u8; 8] = b"HMKEVM02";
/// Instructions in one word, and operands of 16 bits.
pub(crate) const PER_WORD: usize = 5;
/// Operands in a word.
pub(crate) const OPERANDS: usize = 16;
/// Most bytes of memory that a key may have the contract use, its own scratch space included.
pub const MOST_MEMORY: usize = 1 << 20;
