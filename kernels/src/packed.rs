//! Columns of field elements in a backend's own form.

use crate::Backend;
#[cfg(target_arch = "x86_64")]
use crate::ifma;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use std::borrow::Cow;

/// A column of field elements in the backend's own form. Its length is a multiple of eight.
#[derive(Clone)]
pub struct Packed(pub(crate) Store);

#[derive(Clone)]
pub(crate) enum Store {
    Portable(Vec<Fr>),
    /// Only on CPUs with the instructions.
    #[cfg(target_arch = "x86_64")]
    Ifma(Vec<ifma::Group>),
}

impl Packed {
    /// `len` zeros, rounded up to a multiple of eight.
    pub fn zeros(backend: Backend, len: usize) -> Self {
        let len = len.next_multiple_of(8);
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = backend.simd() {
            return Self(Store::Ifma(vec![ifma::Group::zero(simd); len / 8]));
        }
        Self(Store::Portable(vec![Fr::ZERO; len]))
    }

    /// A column with these values, padded with zeros to a multiple of eight.
    pub fn from_field(backend: Backend, values: &[Fr]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = backend.simd() {
            return Self(Store::Ifma(ifma::convert::from_field(simd, values)));
        }
        let mut column = values.to_vec();
        column.resize(values.len().next_multiple_of(8), Fr::ZERO);
        Self(Store::Portable(column))
    }

    /// A column of small signed integers, padded with zeros to `len` elements (itself rounded up to a multiple of eight).
    /// Values past `len` are left out.
    pub fn from_small(backend: Backend, values: &[i64], len: usize) -> Self {
        let len = len.next_multiple_of(8);
        let values = &values[..values.len().min(len)];
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = backend.simd() {
            return Self(Store::Ifma(ifma::convert::from_small(simd, values, len)));
        }
        let mut column: Vec<Fr> = values.iter().map(|v| small(*v)).collect();
        column.resize(len, Fr::ZERO);
        Self(Store::Portable(column))
    }

    /// The column's values.
    pub fn to_field(&self) -> Vec<Fr> {
        match &self.0 {
            Store::Portable(column) => column.clone(),
            #[cfg(target_arch = "x86_64")]
            Store::Ifma(groups) => ifma::convert::to_field(groups),
        }
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match &self.0 {
            Store::Portable(column) => column.len(),
            #[cfg(target_arch = "x86_64")]
            Store::Ifma(groups) => 8 * groups.len(),
        }
    }

    /// Whether the column has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The backend whose form this is.
    pub fn backend(&self) -> Backend {
        match &self.0 {
            Store::Portable(_) => Backend::Portable,
            #[cfg(target_arch = "x86_64")]
            Store::Ifma(_) => Backend::Ifma,
        }
    }

    /// Element `i`. Slow: for single elements.
    ///
    /// # Panics
    /// If `i` is not below [`Packed::len`].
    pub fn get(&self, i: usize) -> Fr {
        match &self.0 {
            Store::Portable(column) => column[i],
            #[cfg(target_arch = "x86_64")]
            Store::Ifma(groups) => ifma::convert::get(&groups[i / 8], i % 8),
        }
    }

    /// Sets element `i`. Slow: for single elements.
    ///
    /// # Panics
    /// If `i` is not below [`Packed::len`].
    pub fn set(&mut self, i: usize, value: Fr) {
        match &mut self.0 {
            Store::Portable(column) => column[i] = value,
            #[cfg(target_arch = "x86_64")]
            Store::Ifma(groups) => ifma::convert::set(&mut groups[i / 8], i % 8, value),
        }
    }

    /// This column in a backend's form, converted if it is in another.
    pub(crate) fn in_form(&self, backend: Backend) -> Cow<'_, Self> {
        if self.backend() == backend.supported() {
            Cow::Borrowed(self)
        } else {
            Cow::Owned(Self::from_field(backend, &self.to_field()))
        }
    }

    /// The elements, if the form is portable.
    pub(crate) fn values(&self) -> Option<&[Fr]> {
        match &self.0 {
            Store::Portable(values) => Some(values),
            #[cfg(target_arch = "x86_64")]
            Store::Ifma(_) => None,
        }
    }

    /// The groups of eight elements, if the form is IFMA's.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn groups(&self) -> Option<&[ifma::Group]> {
        match &self.0 {
            Store::Portable(_) => None,
            Store::Ifma(groups) => Some(groups),
        }
    }

    /// Bytes of memory that the elements occupy.
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Store::Portable(column) => size_of_val(column.as_slice()),
            #[cfg(target_arch = "x86_64")]
            Store::Ifma(groups) => size_of_val(groups.as_slice()),
        }
    }

    /// Splits the column into pieces of `elements` (rounded up to a multiple of eight, at least eight; the last piece may
    /// be shorter), so that threads can write their own.
    pub fn chunks_mut(&mut self, elements: usize) -> Vec<PackedMut<'_>> {
        let elements = elements.next_multiple_of(8).max(8);
        let start = move |i: usize| i * elements;
        match &mut self.0 {
            Store::Portable(column) => {
                let pieces = column.chunks_mut(elements).enumerate();
                pieces
                    .map(|(i, c)| PackedMut {
                        start: start(i),
                        piece: Piece::Portable(c),
                    })
                    .collect()
            }
            #[cfg(target_arch = "x86_64")]
            Store::Ifma(groups) => {
                let pieces = groups.chunks_mut(elements / 8).enumerate();
                pieces
                    .map(|(i, c)| PackedMut {
                        start: start(i),
                        piece: Piece::Ifma(c),
                    })
                    .collect()
            }
        }
    }
}

/// A run of consecutive elements of a [`Packed`] column, exclusively borrowed.
pub struct PackedMut<'a> {
    start: usize,
    pub(crate) piece: Piece<'a>,
}

pub(crate) enum Piece<'a> {
    Portable(&'a mut [Fr]),
    /// Only on CPUs with the instructions.
    #[cfg(target_arch = "x86_64")]
    Ifma(&'a mut [ifma::Group]),
}

impl PackedMut<'_> {
    /// Index in the column of the first element.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match &self.piece {
            Piece::Portable(piece) => piece.len(),
            #[cfg(target_arch = "x86_64")]
            Piece::Ifma(groups) => 8 * groups.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A signed integer as a field element.
pub(crate) fn small(value: i64) -> Fr {
    let magnitude = Fr::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}
