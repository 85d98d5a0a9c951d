//! The combined lookup table: `(x, tag, y)` rows of all range checks and functions of a circuit.
//!
//! Tag 0 is the null table, whose one row is `(0, 0, 0)`: cells of unused rows carry tag 0 and are thereby zero.

use crate::scalar::{Fr, field};
use halo2_proofs::halo2curves::ff::BatchInvert;
use rayon::prelude::*;

/// Index of a table of a circuit; its tag is the index plus one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub usize);

impl TableId {
    /// The tag that separates this table's rows from the others'.
    pub fn tag(self) -> i64 {
        self.0 as i64 + 1
    }
}

/// Contents of one table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TableSpec {
    /// `x ∈ [0, length)`, `y = 0`.
    Range {
        /// Number of values.
        length: usize,
    },
    /// `(x, values[x])`.
    Function {
        /// The function's name, for reports.
        name: String,
        /// Non-negative cell values.
        values: Vec<i64>,
    },
}

impl TableSpec {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            TableSpec::Range { length } => *length,
            TableSpec::Function { values, .. } => values.len(),
        }
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The second component of row `x`.
    pub fn y(&self, x: usize) -> i64 {
        match self {
            TableSpec::Range { .. } => 0,
            TableSpec::Function { values, .. } => values[x],
        }
    }
}

/// All tables of a circuit, one after the other behind the null row.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    specs: Vec<TableSpec>,
    starts: Vec<usize>,
    rows: usize,
}

impl Tables {
    /// The table `[0, length)`.
    pub fn range(&mut self, length: usize) -> TableId {
        self.add(TableSpec::Range { length })
    }

    /// A function table; equal ones are stored once.
    pub fn function(&mut self, name: &str, values: Vec<i64>) -> TableId {
        self.add(TableSpec::Function {
            name: name.to_owned(),
            values,
        })
    }

    fn add(&mut self, spec: TableSpec) -> TableId {
        if let Some(found) = self.specs.iter().position(|s| *s == spec) {
            return TableId(found);
        }
        if self.rows == 0 {
            self.rows = 1;
        }
        self.starts.push(self.rows);
        // Sizes that no circuit has are refused when the lowering is complete.
        self.rows = self.rows.saturating_add(spec.len());
        self.specs.push(spec);
        TableId(self.specs.len() - 1)
    }

    /// Total number of rows, the null row included; 0 when nothing is looked up.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// All tables.
    pub fn specs(&self) -> &[TableSpec] {
        &self.specs
    }

    /// One table.
    pub fn spec(&self, id: TableId) -> &TableSpec {
        &self.specs[id.0]
    }

    /// Position of row `x` of a table in the combined table.
    pub fn position(&self, id: TableId, x: usize) -> usize {
        self.starts[id.0] + x
    }

    /// The combined table: `(x, tag, y)` of every row.
    pub fn entries(&self) -> impl Iterator<Item = (i64, i64, i64)> + '_ {
        let null = (self.rows > 0).then_some((0, 0, 0));
        let rows = self
            .specs
            .iter()
            .enumerate()
            .flat_map(|(i, spec)| (0..spec.len()).map(move |x| (x as i64, TableId(i).tag(), spec.y(x))));
        null.into_iter().chain(rows)
    }

    /// 1/(β − (x + γ·tag + γ²·y)) of every row of the combined table.
    pub(crate) fn inverses(&self, beta: Fr, gamma: Fr) -> Vec<Fr> {
        let entries: Vec<_> = self.entries().collect();
        let compress = |(x, tag, y)| beta - (field(x) + gamma * (field(tag) + gamma * field(y)));
        let inverted = entries.par_chunks(1 << 9).flat_map_iter(|entries| {
            let mut values: Vec<Fr> = entries.iter().copied().map(compress).collect();
            values.iter_mut().batch_invert();
            values
        });
        inverted.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2_proofs::halo2curves::ff::Field;

    #[test]
    fn positions_agree_with_entries() {
        let mut tables = Tables::default();
        let a = tables.range(4);
        let f = tables.function("square", vec![0, 1, 4]);
        assert_eq!(tables.range(4), a);
        let entries: Vec<_> = tables.entries().collect();
        assert_eq!(entries.len(), tables.rows());
        assert_eq!(entries[0], (0, 0, 0));
        assert_eq!(entries[tables.position(a, 3)], (3, a.tag(), 0));
        assert_eq!(entries[tables.position(f, 2)], (2, f.tag(), 4));
    }

    /// Tables are told apart by what is in them and by their names; tags begin at one, and nothing is looked up in nothing.
    #[test]
    fn equal_tables_are_one() {
        let mut tables = Tables::default();
        assert_eq!((tables.rows(), tables.entries().count()), (0, 0));
        let (a, b) = (tables.range(3), tables.range(4));
        let f = tables.function("f", vec![0, 0, 0]);
        let g = tables.function("g", vec![0, 0, 0]);
        assert_eq!([a, b, f, g].map(TableId::tag), [1, 2, 3, 4]);
        assert_eq!(tables.function("f", vec![0, 0, 0]), f);
        assert_ne!(tables.function("f", vec![0, 0, 1]), f);
        assert_eq!((tables.range(4), tables.rows()), (b, 1 + 3 + 4 + 3 + 3 + 3));
        assert_eq!(tables.position(b, 0), 4);
        assert!(
            !tables.spec(a).is_empty() && tables.range(0) == TableId(5) && tables.spec(TableId(5)).is_empty()
        );
        let mut huge = Tables::default();
        huge.range(usize::MAX);
        huge.range(5);
        assert_eq!(huge.rows(), usize::MAX);
    }

    /// Every row's inverse, across pieces; the null row's is that of beta.
    #[test]
    fn inverses_are_those_of_the_rows() {
        let mut tables = Tables::default();
        tables.range(700);
        tables.function("cube", (0..600).map(|x| x * x * x).collect());
        let (beta, gamma) = (
            Fr::from(0x9876_5432_1abc).square(),
            Fr::from(0x1111_2222_3333).square(),
        );
        let inverses = tables.inverses(beta, gamma);
        assert_eq!(inverses.len(), 1301);
        for ((x, tag, y), inverse) in tables.entries().zip(inverses) {
            let row = Fr::from(x as u64) + gamma * Fr::from(tag as u64) + gamma.square() * Fr::from(y as u64);
            assert_eq!(inverse * (beta - row), Fr::ONE, "({x}, {tag}, {y})");
        }
    }
}
