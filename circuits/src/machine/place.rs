//! Where everything lies: the machine's rows, stored cells, fixed columns, copies.

use super::{
    cells::{
        ADDEND, CELLS, Cells, LOOKUP_SUM, MACHINE, MULTIPLICITIES, MULTIPLIER, RESULT, SEGMENTS, UNUSABLE,
    },
    evaluations, lanes,
    rows::{Machine, Number, Row, Wire},
    sponge::Absorbed,
    totals::Totals,
};
use crate::{
    block::Bank,
    builder::Builder,
    cell::CellAt,
    error::CircuitError,
    frame::{Contents, FixedColumn},
    parameter::{Door, Held},
    scalar::Fr,
    table::TableSpec,
};
use halo2_proofs::halo2curves::ff::Field;

/// Which logical fixed column is which; the first physical column is the selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// Factor of `b`.
    Factor,
    /// What is added.
    Addend,
    /// The lookup's table.
    Tag,
    /// A row of the table.
    TableArgument,
    /// Its tag.
    TableTag,
    /// Its value.
    TableValue,
    /// What is added times a power of ρ, from 1.
    Weight(usize),
}

/// Index of [`Constant::Addend`] among the logical fixed columns.
const ADDENDS: usize = 1;

impl Constant {
    fn contents(self) -> Contents {
        match self {
            Self::Factor | Self::Tag => Contents::Structure,
            Self::TableArgument | Self::TableTag | Self::TableValue => Contents::Table,
            Self::Addend | Self::Weight(_) => Contents::Parameters,
        }
    }
}

/// Where everything lies.
#[derive(Clone, Debug)]
pub struct Arranged {
    /// Rows of a logical column.
    pub height: usize,
    /// Rows that stored cells and tables need.
    pub(super) others: usize,
    /// Whether anything is looked up.
    pub(super) lookups: bool,
    /// The machine.
    pub machine: Machine,
    /// The stored cells.
    pub cells: Cells,
    /// The logical fixed columns, [`SEGMENTS`] in each physical one behind the selector.
    pub constants: Vec<Constant>,
    /// Constants that are no small integers: segment of the physical column 1, row, value.
    field_cells: Vec<(usize, usize, Fr)>,
}

impl Arranged {
    /// Row of the column of stored cells in which the first multiplicity of the lookup tables lies.
    pub fn first_multiplicity(&self) -> usize {
        MULTIPLICITIES * self.height
    }

    /// Lowers everything to rows; the height is the least power of two that holds them.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] if the lowering contradicts itself.
    pub fn new(b: &Builder<'_>) -> Result<Self, CircuitError> {
        let cells = Cells::new(b);
        let mut machine = Machine::new(b.statement.rows());
        let mut results = Vec::with_capacity(b.evaluations.noted().len());
        for evaluation in b.evaluations.noted() {
            machine.node = evaluation.node;
            results.push(evaluations::lower(b, &cells, &mut machine, evaluation)?);
        }
        let mut totals = Totals::new(b, &cells, &mut machine, &results);
        totals.lower()?;
        let absorbed = Absorbed::of(b, &totals)?;
        machine.node = None;
        if let Some(absorbed) = absorbed {
            absorbed.lower(&mut machine)?;
        }
        lanes::lower(b, &cells, &mut machine)?;
        machine.check()?;
        let others = cells.looked_up.max(cells.unchecked).max(b.tables.rows());
        let is_function = |spec: &TableSpec| matches!(spec, TableSpec::Function { .. });
        let functions = b.tables.specs().iter().any(is_function);
        let mut constants = vec![
            Constant::Factor,
            Constant::Addend,
            Constant::Tag,
            Constant::TableArgument,
            Constant::TableTag,
        ];
        constants.extend(functions.then_some(Constant::TableValue));
        let weights = machine
            .rows
            .iter()
            .map(|row| row.weights.len())
            .max()
            .unwrap_or(0);
        constants.extend((0..weights).map(Constant::Weight));
        let field_cells = field_cells(&machine);
        Ok(Self {
            lookups: b.tables.rows() > 0,
            height: height(machine.rows.len(), others),
            others,
            machine,
            cells,
            constants,
            field_cells,
        })
    }

    /// Rows of a logical column that gates cover.
    pub fn usable(&self) -> usize {
        self.height - UNUSABLE
    }

    /// `log2` of the number of physical rows.
    pub fn k(&self) -> u32 {
        (self.height * SEGMENTS).trailing_zeros()
    }

    /// Physical fixed columns.
    pub fn fixed_columns(&self) -> usize {
        physical(self.constants.len())
    }

    /// The one fixed column that can hold any field elements, if it has to: its index, and its values from row 0.
    pub fn field_column(&self, small: &[FixedColumn]) -> Option<(usize, Vec<Fr>)> {
        let column = small.get(1).filter(|_| !self.field_cells.is_empty())?;
        let mut values: Vec<Fr> = column
            .values
            .iter()
            .map(|value| crate::scalar::field(*value))
            .collect();
        values.resize(self.height * SEGMENTS - UNUSABLE, Fr::ZERO);
        for (segment, row, value) in &self.field_cells {
            values[segment * self.height + row] = *value;
        }
        Some((1, values))
    }

    /// The physical row of a stored cell: a field of an element of a block.
    pub fn cell(&self, block: usize, element: u32, field: u32) -> usize {
        let (segment, row) = self.cells.place(block, element, field);
        segment * self.height + row
    }

    /// Whether values of functions are looked up.
    pub fn has_functions(&self) -> bool {
        self.constants.contains(&Constant::TableValue)
    }

    /// The physical rows of the multiplicities.
    pub fn multiplicities(&self) -> std::ops::Range<usize> {
        MULTIPLICITIES * self.height..(MULTIPLICITIES + 1) * self.height
    }

    /// The fixed columns, and which of their cells hold parameters.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] if a number of a fixed column is missing.
    pub(super) fn fixed_values(&self, b: &Builder<'_>) -> Result<(Vec<FixedColumn>, Held), CircuitError> {
        let mut columns = vec![FixedColumn {
            name: "rows with gates".to_owned(),
            contents: vec![(0, Contents::Structure)],
            values: vec![1; self.usable()],
        }];
        for group in self.constants.chunks(SEGMENTS) {
            let mut values = vec![0i64; self.height * SEGMENTS];
            let (mut names, mut contents) = (Vec::new(), Vec::new());
            for (segment, constant) in group.iter().enumerate() {
                let first = segment * self.height;
                self.fill(b, *constant, &mut values[first..first + self.height]);
                names.push(format!("{constant:?}"));
                contents.push((first, constant.contents()));
            }
            values.truncate(self.height * SEGMENTS - UNUSABLE);
            columns.push(FixedColumn {
                name: names.join(", "),
                contents,
                values,
            });
        }
        let held = self.enter_parameters(b, &mut columns)?;
        Ok((columns, held))
    }

    /// Writes parameters into the columns.
    fn enter_parameters(&self, b: &Builder<'_>, columns: &mut [FixedColumn]) -> Result<Held, CircuitError> {
        let mut door = Door::new(&b.parameters, b.equal.clone());
        let mut write = |(column, row): CellAt, value: i64| columns[column].values[row] = value;
        let lanes = self.constants.iter().enumerate();
        let lanes = lanes.filter(|(_, c)| matches!(c, Constant::Addend | Constant::Weight(_)));
        door.lanes(lanes.map(|(index, _)| self.constant_at(index, 0)).collect());
        for (row, run) in &self.machine.runs {
            door.run(*run, *row as usize, 0, &mut write)?;
        }
        for (row, own) in self.machine.rows.iter().enumerate() {
            // Factors are structure, what is added may be both.
            let Number::Parameters { entry, .. } = own.f else {
                continue;
            };
            let at = self.constant_at(ADDENDS, row);
            write(at, door.number(&self.machine.entries[entry as usize], at)?);
        }
        Ok(door.held())
    }

    /// The physical cell of a row of a logical fixed column.
    fn constant_at(&self, index: usize, row: usize) -> CellAt {
        (1 + index / SEGMENTS, index % SEGMENTS * self.height + row)
    }

    /// Fills a logical column, but for parameters.
    fn fill(&self, b: &Builder<'_>, constant: Constant, values: &mut [i64]) {
        let small = |number: Number| match number {
            Number::Small(value) => value,
            _ => 0,
        };
        let rows = self.machine.rows.iter().zip(values.iter_mut());
        match constant {
            Constant::Factor => rows.for_each(|(row, value)| *value = small(row.c)),
            Constant::Addend => rows.for_each(|(row, value)| *value = small(row.f)),
            Constant::Weight(index) => {
                // ρ itself is the one row of lanes that are no parameters.
                let own = rows.filter(|(row, _)| !matches!(row.f, Number::Lane(_)));
                own.for_each(|(row, value)| *value = row.weights.get(index).copied().unwrap_or(0));
            }
            Constant::Tag => {
                for (index, block) in b.blocks.iter().enumerate() {
                    let Some(table) = block.table else { continue };
                    for element in 0..block.slot_of.len() as u32 {
                        let fields = if block.bank == Bank::Pair {
                            1
                        } else {
                            block.fills.len()
                        };
                        for field in 0..fields as u32 {
                            values[self.cells.place(index, element, field).1] = table.tag();
                        }
                    }
                }
            }
            Constant::TableArgument | Constant::TableTag | Constant::TableValue => {
                for ((x, tag, y), value) in b.tables.entries().zip(values) {
                    *value = match constant {
                        Constant::TableArgument => x,
                        Constant::TableTag => tag,
                        _ => y,
                    };
                }
            }
        }
    }

    /// The physical cell of a wire.
    fn source(&self, wire: Wire) -> CellAt {
        match wire {
            Wire::Row(row) => self.at(MACHINE, RESULT, row as usize),
            Wire::Cell(segment, row) => self.at(CELLS, segment as usize, row as usize),
        }
    }

    pub(super) fn at(&self, column: usize, segment: usize, row: usize) -> CellAt {
        (column, segment * self.height + row)
    }

    /// All copy constraints.
    pub(super) fn copies(&self) -> Vec<(CellAt, CellAt)> {
        let zero = self.source(self.machine.zero);
        let mut copies = Vec::with_capacity(2 * self.machine.rows.len());
        for (index, row) in self.machine.rows.iter().enumerate() {
            let multiplier = row.e.map_or(zero, |wire| self.source(wire));
            copies.push((multiplier, self.at(MACHINE, MULTIPLIER, index)));
            if let Some(wire) = row.b {
                copies.push((self.source(wire), self.at(MACHINE, ADDEND, index)));
            }
        }
        for (a, c) in &self.machine.equal {
            copies.push((self.source(*a), self.source(*c)));
        }
        // The sum of lookups starts from the cell before its segment, and ends at zero.
        copies.push((zero, self.at(MACHINE, RESULT, self.height - 1)));
        copies.push((zero, self.at(MACHINE, LOOKUP_SUM, self.usable() - 1)));
        copies.retain(|(a, c)| a != c);
        copies
    }
}

/// Rows of a logical column that has so many rows of the machine, or of anything else.
pub(super) fn height(machine: usize, others: usize) -> usize {
    (machine.max(others) + UNUSABLE).next_power_of_two()
}

/// Physical fixed columns that hold so many logical ones, and the selector.
pub(super) fn physical(constants: usize) -> usize {
    1 + constants.div_ceil(SEGMENTS)
}

/// Constants that are no small integers: segment of the first column of constants, row, value.
fn field_cells(machine: &Machine) -> Vec<(usize, usize, Fr)> {
    let of_row = |(index, row): (usize, &Row)| {
        let number = |segment: usize, number: Number| match number {
            Number::Field(value) => Some((segment, index, value)),
            _ => None,
        };
        [number(0, row.c), number(1, row.f)]
    };
    machine
        .rows
        .iter()
        .enumerate()
        .flat_map(of_row)
        .flatten()
        .collect()
}
