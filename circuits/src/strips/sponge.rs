//! The commitment's sponge in columns of its own.

use super::columns::AdviceColumns;
use crate::{
    builder::Builder,
    cell::CellAt,
    error::CircuitError,
    expression::Atom,
    poseidon::{
        AUXILIARY, CELLS, Element, Poseidon, RowKind, SLOT, Section, WIDTH, advance, descriptor, slot,
    },
    scalar::Fr,
};
use halo2_proofs::halo2curves::ff::Field;

/// A section with its constants.
#[derive(Clone, Debug)]
pub struct Sponge {
    /// Place and connections.
    pub section: Section,
    /// The capacity that it starts with; see [`descriptor`].
    pub capacity: Fr,
    /// The mixing matrix.
    pub matrix: [[Fr; WIDTH]; WIDTH],
    /// The rows of a slot.
    pub rows: Vec<(RowKind, Fr)>,
}

impl Sponge {
    /// The section of a lowering, if it has one.
    ///
    /// # Errors
    /// As [`descriptor`].
    pub fn of(b: &Builder<'_>) -> Result<Option<Self>, CircuitError> {
        let Some(section) = b.sponge.clone() else {
            return Ok(None);
        };
        let poseidon = Poseidon::default();
        let capacity = descriptor(&poseidon, b.graph)?;
        let rows = slot(poseidon.parameters());
        Ok(Some(Self {
            section,
            capacity,
            matrix: poseidon.parameters().matrix,
            rows,
        }))
    }

    /// Rows of one kind.
    pub fn rows_of(&self, kind: RowKind) -> impl Iterator<Item = usize> + '_ {
        (0..self.section.height() - 1).filter(move |row| self.rows[row % SLOT].0 == kind)
    }

    /// The round constants, from row 0.
    pub fn constants(&self) -> impl Iterator<Item = Fr> + '_ {
        (0..self.section.height() - 1).map(|row| self.rows[row % SLOT].1)
    }

    /// The cell that holds the result.
    pub fn result(&self, advice: &AdviceColumns) -> CellAt {
        let (track, row) = self.section.end();
        (advice.sponge[track * CELLS + 1], row)
    }

    /// Copies: absorbed evaluations, the result, and the state between tracks.
    pub fn copies(&self, advice: &AdviceColumns, cell: &dyn Fn(Atom) -> CellAt) -> Vec<(CellAt, CellAt)> {
        let section = &self.section;
        let column = |track: usize, position: usize| advice.sponge[track * CELLS + position];
        let mut copies = Vec::new();
        for (i, element) in section.elements.iter().enumerate() {
            if let Element::Atom(atom) = element {
                let (track, row) = section.absorbs(i);
                copies.push((cell(*atom), (column(track, AUXILIARY), row)));
            }
        }
        copies.push((cell(section.digest), self.result(advice)));
        for track in 1..section.tracks {
            let last = section.height() - 1;
            copies.extend((0..WIDTH).map(|i| ((column(track - 1, i), last), (column(track, i), 0))));
        }
        copies
    }

    /// Values of the columns, [`CELLS`] per track, `usable` rows each.
    pub fn witness(&self, usable: usize, salt: Fr, value_of: &dyn Fn(Atom) -> Fr) -> Vec<Vec<Fr>> {
        let section = &self.section;
        let absorbed = |element: usize| match section.elements.get(element) {
            Some(Element::Salt) => salt,
            Some(Element::Atom(atom)) => value_of(*atom),
            None => Fr::ZERO,
        };
        let mut columns = vec![vec![Fr::ZERO; usable]; section.tracks * CELLS];
        let mut state = [self.capacity, Fr::ZERO, Fr::ZERO];
        for (track, columns) in columns.chunks_mut(CELLS).enumerate() {
            for row in 0..section.height() {
                columns
                    .iter_mut()
                    .zip(state)
                    .for_each(|(column, value)| column[row] = value);
                if row + 1 < section.height() {
                    let element = (track * section.slots + row / SLOT) * 2 + row % SLOT;
                    let (auxiliary, next) =
                        advance(self.rows[row % SLOT], state, absorbed(element), &self.matrix);
                    columns[AUXILIARY][row] = auxiliary;
                    state = next;
                }
            }
        }
        columns
    }
}
