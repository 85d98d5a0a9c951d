//! Where the sponge lies in the circuit: slots below each other in one or more tracks of four columns.

use super::{
    parameters::WIDTH,
    permutation::Poseidon,
    rows::{self, AUXILIARY, CELLS, RowKind, SLOT},
};
use crate::{
    Fr,
    builder::Builder,
    error::CircuitError,
    layout::{AdviceColumns, CellAt},
    view::Atom,
};
use halo2_proofs::halo2curves::ff::Field;

/// What is absorbed in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// The salt, a free cell.
    Salt,
    /// The value of an evaluation.
    Atom(Atom),
}

/// The sponge's place and connections. All tracks have the same rows and share their fixed columns; the state at the
/// end of a track is copied to the start of the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What is absorbed, in order; an even number.
    pub elements: Vec<Element>,
    /// The evaluation that equals the result: the instance value.
    pub digest: Atom,
    /// Groups of [`CELLS`] columns.
    pub tracks: usize,
    /// Permutations per track; the last track's last ones can be superfluous, and absorb anything.
    pub slots: usize,
}

impl Section {
    /// A section of the fewest tracks that fit into `usable` rows (or, if not even one permutation does, of one slot
    /// per track), and of equally many permutations in each.
    pub fn new(elements: Vec<Element>, digest: Atom, usable: usize) -> Self {
        let permutations = elements.len() / 2;
        let most = (usable.max(1) - 1) / SLOT;
        let tracks = permutations.div_ceil(most.max(1));
        Self {
            elements,
            digest,
            tracks,
            slots: permutations.div_ceil(tracks),
        }
    }

    /// Rows from row 0, the last state included.
    pub fn height(&self) -> usize {
        self.slots * SLOT + 1
    }

    /// Track and row of cell `u` that absorbs an element.
    fn absorbs(&self, element: usize) -> (usize, usize) {
        let (slot, second) = (element / 2, element % 2);
        (slot / self.slots, slot % self.slots * SLOT + second)
    }

    /// Track and row of the state after the last necessary permutation.
    fn end(&self) -> (usize, usize) {
        let last = (self.elements.len() / 2).max(1) - 1;
        (last / self.slots, (last % self.slots + 1) * SLOT)
    }
}

/// A section with its constants.
#[derive(Clone, Debug)]
pub struct Sponge {
    /// Place and connections.
    pub section: Section,
    /// The capacity that it starts with; see [`super::descriptor`].
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
    /// As [`super::descriptor`].
    pub fn of(b: &Builder<'_>) -> Result<Option<Self>, CircuitError> {
        let Some(section) = b.sponge.clone() else {
            return Ok(None);
        };
        let poseidon = Poseidon::default();
        let capacity = super::descriptor(&poseidon, b.graph)?;
        let rows = rows::slot(poseidon.parameters());
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
                        rows::advance(self.rows[row % SLOT], state, absorbed(element), &self.matrix);
                    columns[AUXILIARY][row] = auxiliary;
                    state = next;
                }
            }
        }
        columns
    }
}
