//! Columns of field elements in a backend's own form.

use crate::backend::Backend;
use crate::column::{Column, GROUP, Piece};
use halo2_proofs::halo2curves::bn256::Fr;

/// A column of field elements in the backend's own form. Its length is a multiple of eight.
#[derive(Clone)]
pub struct Packed {
    pub(crate) backend: Backend,
    pub(crate) column: Column,
}

impl Packed {
    /// `len` zeros, rounded up to a multiple of eight.
    pub fn zeros(backend: Backend, len: usize) -> Self {
        let column = backend.0.zeros(len.next_multiple_of(GROUP));
        Self { backend, column }
    }

    /// A column with these values, padded with zeros to a multiple of eight.
    pub fn from_field(backend: Backend, values: &[Fr]) -> Self {
        let column = backend.0.pack(values);
        Self { backend, column }
    }

    /// A column of small signed integers, padded with zeros to `len` elements (itself rounded up to a multiple of eight).
    /// Values past `len` are left out.
    pub fn from_small(backend: Backend, values: &[i64], len: usize) -> Self {
        let len = len.next_multiple_of(GROUP);
        let column = backend.0.pack_small(&values[..values.len().min(len)], len);
        Self { backend, column }
    }

    /// The column's values.
    pub fn to_field(&self) -> Vec<Fr> {
        self.backend.0.unpack(&self.column)
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Whether the column has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The backend whose form this is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Element `i`. Slow: for single elements.
    ///
    /// # Panics
    /// If `i` is not below [`Packed::len`].
    pub fn get(&self, i: usize) -> Fr {
        self.column.get(i)
    }

    /// Sets element `i`. Slow: for single elements.
    ///
    /// # Panics
    /// If `i` is not below [`Packed::len`].
    pub fn set(&mut self, i: usize, value: Fr) {
        self.column.piece().set(i, value);
    }

    /// Bytes of memory that the elements occupy.
    pub fn bytes(&self) -> usize {
        self.column.bytes()
    }

    /// Splits the column into pieces of `elements` (rounded up to a multiple of eight, at least eight; the last piece may
    /// be shorter), so that threads can write their own.
    pub fn chunks_mut(&mut self, elements: usize) -> Vec<PackedMut<'_>> {
        let elements = elements.next_multiple_of(GROUP).max(GROUP);
        let pieces = self.column.pieces(elements).into_iter().enumerate();
        pieces
            .map(|(i, piece)| PackedMut {
                start: i * elements,
                piece,
            })
            .collect()
    }
}

/// A run of consecutive elements of a [`Packed`] column, exclusively borrowed.
pub struct PackedMut<'a> {
    start: usize,
    pub(crate) piece: Piece<'a>,
}

impl PackedMut<'_> {
    /// Index in the column of the first element.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.piece.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
