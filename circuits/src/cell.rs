//! How cells and elements are named.

/// A cell: column and row.
pub type CellAt = (usize, usize);

/// Marks a slot or a gathered position that holds no element.
pub const NONE: u32 = u32::MAX;
