//! What every layout has: rows, blocks, fixed contents, copies.

use crate::{block::Block, statement::StatementLayout, table::Tables};

/// A fixed column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedColumn {
    /// Purpose, for reports.
    pub name: String,
    /// Values from row 0; rows beyond are zero.
    pub values: Vec<i64>,
}

/// A cell of an advice column.
pub type CellAt = (usize, usize);

/// A circuit without a witness, but for what its layout adds.
#[derive(Clone)]
pub struct Frame {
    /// `log2` of the number of rows.
    pub k: u32,
    /// Rows that constraints cover.
    pub usable: usize,
    /// Stored blocks.
    pub blocks: Vec<Block>,
    /// Tables.
    pub tables: Tables,
    /// The statement.
    pub statement: StatementLayout,
    /// Number of advice columns.
    pub advice_columns: usize,
    /// Advice columns from this index on are of the last phase.
    pub first_late: usize,
    /// Contents of the fixed columns.
    pub fixed_values: Vec<FixedColumn>,
    /// Pairs of equal cells.
    pub copies: Vec<(CellAt, CellAt)>,
}
