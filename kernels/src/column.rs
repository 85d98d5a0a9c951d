//! Memory of a column: halo2's field elements, or groups of eight for vector units.

use crate::montgomery::{Scalar, from_words, scalar, words};
use halo2_proofs::halo2curves::bn256::Fr;
use std::borrow::Cow;

/// Elements of a group, and what lengths of columns are multiples of.
pub(crate) const GROUP: usize = 8;

/// Eight elements in memory, limb by limb, the same for all vector units: normal limbs, values below 2p (scalar field)
/// where they are a column's.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Group(pub(crate) [[u64; GROUP]; 5]);

impl Group {
    /// Eight zeros.
    pub(crate) const ZERO: Self = Self([[0; GROUP]; 5]);

    /// Limbs of one lane.
    pub(crate) fn lane(&self, lane: usize) -> [u64; 5] {
        self.0.map(|limb| limb[lane])
    }

    /// Sets one lane to normal limbs.
    pub(crate) fn set_lane(&mut self, lane: usize, limbs: &[u64; 5]) {
        self.0
            .iter_mut()
            .zip(limbs)
            .for_each(|(limb, value)| limb[lane] = *value);
    }

    /// One element.
    pub(crate) fn get(&self, lane: usize) -> Fr {
        from_words::<Scalar, Fr>(&words(&self.lane(lane)))
    }

    /// Sets one element.
    pub(crate) fn set(&mut self, lane: usize, value: Fr) {
        self.set_lane(lane, &scalar(value));
    }
}

/// The elements of a column in one of two forms. Kernels give and prefer their own; they take the other one at the price of
/// a conversion, element by element.
#[derive(Clone)]
pub(crate) enum Column {
    /// halo2's form.
    Values(Vec<Fr>),
    /// Groups of eight.
    Groups(Vec<Group>),
}

impl Column {
    /// Number of elements, a multiple of eight.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Groups(groups) => GROUP * groups.len(),
        }
    }

    /// Bytes of memory that the elements occupy.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Values(values) => size_of_val(values.as_slice()),
            Self::Groups(groups) => size_of_val(groups.as_slice()),
        }
    }

    /// Element `i`.
    pub(crate) fn get(&self, i: usize) -> Fr {
        match self {
            Self::Values(values) => values[i],
            Self::Groups(groups) => groups[i / GROUP].get(i % GROUP),
        }
    }

    /// The whole column as one piece.
    pub(crate) fn piece(&mut self) -> Piece<'_> {
        match self {
            Self::Values(values) => Piece::Values(values),
            Self::Groups(groups) => Piece::Groups(groups),
        }
    }

    /// Pieces of `elements`, a multiple of eight; the last one may be shorter.
    pub(crate) fn pieces(&mut self, elements: usize) -> Vec<Piece<'_>> {
        match self {
            Self::Values(values) => values.chunks_mut(elements).map(Piece::Values).collect(),
            Self::Groups(groups) => groups.chunks_mut(elements / GROUP).map(Piece::Groups).collect(),
        }
    }

    /// The elements in halo2's form.
    pub(crate) fn values(&self) -> Cow<'_, [Fr]> {
        match self {
            Self::Values(values) => Cow::Borrowed(values),
            Self::Groups(groups) => {
                let elements = groups.iter().flat_map(|g| (0..GROUP).map(|lane| g.get(lane)));
                Cow::Owned(elements.collect())
            }
        }
    }

    /// The elements in groups.
    pub(crate) fn groups(&self) -> Cow<'_, [Group]> {
        match self {
            Self::Values(values) => {
                let mut groups = vec![Group::ZERO; values.len().div_ceil(GROUP)];
                for (i, value) in values.iter().enumerate() {
                    groups[i / GROUP].set(i % GROUP, *value);
                }
                Cow::Owned(groups)
            }
            Self::Groups(groups) => Cow::Borrowed(groups),
        }
    }

    /// The elements in halo2's form, which the column takes if it has another.
    pub(crate) fn values_mut(&mut self) -> &mut [Fr] {
        if let Self::Groups(_) = self {
            *self = Self::Values(self.values().into_owned());
        }
        match self {
            Self::Values(values) => values,
            Self::Groups(_) => &mut [],
        }
    }

    /// The elements in groups, the form that the column takes if it has another.
    pub(crate) fn groups_mut(&mut self) -> &mut [Group] {
        if let Self::Values(_) = self {
            *self = Self::Groups(self.groups().into_owned());
        }
        match self {
            Self::Groups(groups) => groups,
            Self::Values(_) => &mut [],
        }
    }
}

/// A run of elements of a column, exclusively borrowed.
pub(crate) enum Piece<'a> {
    Values(&'a mut [Fr]),
    Groups(&'a mut [Group]),
}

impl Piece<'_> {
    /// Number of elements.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Groups(groups) => GROUP * groups.len(),
        }
    }

    /// Sets element `i`.
    pub(crate) fn set(&mut self, i: usize, value: Fr) {
        match self {
            Self::Values(values) => values[i] = value,
            Self::Groups(groups) => groups[i / GROUP].set(i % GROUP, value),
        }
    }
}
