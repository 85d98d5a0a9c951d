//! What every layout has: rows, blocks, fixed contents, copies.

use crate::{block::Block, cell::CellAt, parameter::Held, statement::StatementLayout, table::Tables};

/// A fixed column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedColumn {
    /// Purpose, for reports.
    pub name: String,
    /// What it holds, from which row on.
    pub contents: Vec<(usize, Contents)>,
    /// Values from row 0; rows beyond are zero.
    pub values: Vec<i64>,
}

/// What cells of a fixed column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contents {
    /// Selectors, tags, offsets, coefficients: what follows from the architecture.
    Structure,
    /// Rows of lookup tables.
    Table,
    /// Parameters in some cells, as [`Held`] says, and structure in the others.
    Parameters,
}

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
    /// Which of their cells hold parameters.
    pub held: Held,
    /// Pairs of equal cells.
    pub copies: Vec<(CellAt, CellAt)>,
}
