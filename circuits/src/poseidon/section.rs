//! What the sponge absorbs, and its place: slots below each other in one or more tracks of four columns.

use super::rows::SLOT;
use crate::expression::Atom;

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
    /// Groups of [`super::CELLS`] columns.
    pub tracks: usize,
    /// Permutations per track; the last track's last ones can be superfluous, and absorb anything.
    pub slots: usize,
}

impl Section {
    /// A section of the fewest tracks that fit into `usable` rows (or, if not even one permutation does, of one slot
    /// per track), and of equally many permutations in each.
    pub fn new(elements: Vec<Element>, digest: Atom, usable: usize) -> Self {
        let (tracks, slots) = Self::split(elements.len(), usable);
        Self {
            elements,
            digest,
            tracks,
            slots,
        }
    }

    /// Tracks, and permutations in each, for so many elements.
    fn split(elements: usize, usable: usize) -> (usize, usize) {
        let permutations = elements / 2;
        let most = (usable.max(1) - 1) / SLOT;
        let tracks = permutations.div_ceil(most.max(1));
        (tracks, permutations.div_ceil(tracks.max(1)))
    }

    /// Tracks and rows of a section of so many elements; none if there are no elements.
    pub(crate) fn place(elements: usize, usable: usize) -> (usize, usize) {
        let (tracks, slots) = Self::split(elements, usable);
        (tracks, if elements == 0 { 0 } else { slots * SLOT + 1 })
    }

    /// Rows from row 0, the last state included.
    pub fn height(&self) -> usize {
        self.slots * SLOT + 1
    }

    /// Track and row of cell `u` that absorbs an element.
    pub(crate) fn absorbs(&self, element: usize) -> (usize, usize) {
        let (slot, second) = (element / 2, element % 2);
        (slot / self.slots, slot % self.slots * SLOT + second)
    }

    /// Track and row of the state after the last necessary permutation.
    pub(crate) fn end(&self) -> (usize, usize) {
        let last = (self.elements.len() / 2).max(1) - 1;
        (last / self.slots, (last % self.slots + 1) * SLOT)
    }
}
