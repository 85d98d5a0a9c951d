//! Block arithmetic for evaluating expressions over columns.

use crate::backend::Backend;
use crate::kernels::File;
use crate::packed::{Packed, PackedMut};
use halo2_proofs::halo2curves::bn256::Fr;

/// A file of registers of [`crate::BLOCK`] elements each, in the backend's form.
///
/// # Panics
/// Every operation, if a register's number is not below the count given to [`Registers::new`].
pub struct Registers(Box<dyn File>);

impl Registers {
    /// `count` registers of zeros.
    pub fn new(backend: Backend, count: usize) -> Self {
        Self(backend.0.registers(count))
    }

    /// Register r ← elements `start`, `start + 1`, … of the column, which goes on at its beginning after its end. Any
    /// `start` is allowed: rotations are loads from elsewhere.
    pub fn load(&mut self, r: usize, column: &Packed, start: usize) {
        assert!(!column.is_empty(), "a column to load from has elements");
        self.0.load(r, &column.column, start % column.len());
    }

    /// Writes register r to the elements of `into` from `at` on, as many as there are; `at` counts from the piece's first
    /// element and must be a multiple of eight.
    pub fn store(&self, r: usize, into: &mut PackedMut<'_>, at: usize) {
        assert!(
            at.is_multiple_of(8) && at <= into.len(),
            "a store at {at} of {} elements",
            into.len()
        );
        self.0.store(r, &mut into.piece, at);
    }

    /// All elements of register r ← value.
    pub fn broadcast(&mut self, r: usize, value: Fr) {
        self.0.broadcast(r, value);
    }

    /// out ← a + b.
    pub fn add(&mut self, out: usize, a: usize, b: usize) {
        self.0.add(out, a, b);
    }

    /// out ← a − b.
    pub fn sub(&mut self, out: usize, a: usize, b: usize) {
        self.0.sub(out, a, b);
    }

    /// out ← a · b.
    pub fn mul(&mut self, out: usize, a: usize, b: usize) {
        self.0.mul(out, a, b);
    }

    /// out ← a².
    pub fn square(&mut self, out: usize, a: usize) {
        self.0.square(out, a);
    }

    /// out ← −a.
    pub fn negate(&mut self, out: usize, a: usize) {
        self.0.negate(out, a);
    }

    /// out ← a · b + c.
    pub fn mul_add(&mut self, out: usize, a: usize, b: usize, c: usize) {
        self.0.mul_add(out, a, b, c);
    }
}
