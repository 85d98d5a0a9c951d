//! Registers of halo2's field elements.

use crate::column::{Column, Piece};
use crate::kernels::{self, BLOCK};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// The register file.
pub(super) struct File(Vec<[Fr; BLOCK]>);

impl File {
    pub(super) fn new(count: usize) -> Self {
        Self(vec![[Fr::ZERO; BLOCK]; count])
    }

    /// Element by element; `out` may be one of the operands.
    fn each<const N: usize>(&mut self, out: usize, from: [usize; N], f: impl Fn([Fr; N]) -> Fr) {
        let count = self.0.len();
        for r in from.into_iter().chain([out]) {
            assert!(r < count, "register {r} of {count}");
        }
        self.0[out] = std::array::from_fn(|i| f(from.map(|r| self.0[r][i])));
    }
}

impl kernels::File for File {
    fn load(&mut self, r: usize, column: &Column, start: usize) {
        let register = &mut self.0[r];
        match column {
            Column::Values(values) => {
                let mut rest = &mut register[..];
                let mut from = start;
                while !rest.is_empty() {
                    let run = rest.len().min(values.len() - from);
                    let (now, later) = rest.split_at_mut(run);
                    now.copy_from_slice(&values[from..from + run]);
                    (rest, from) = (later, 0);
                }
            }
            Column::Groups(_) => *register = std::array::from_fn(|i| column.get((start + i) % column.len())),
        }
    }

    fn store(&self, r: usize, into: &mut Piece<'_>, at: usize) {
        let run = BLOCK.min(into.len() - at);
        let from = &self.0[r][..run];
        match into {
            Piece::Values(values) => values[at..at + run].copy_from_slice(from),
            Piece::Groups(_) => from.iter().enumerate().for_each(|(i, v)| into.set(at + i, *v)),
        }
    }

    fn broadcast(&mut self, r: usize, value: Fr) {
        self.0[r] = [value; BLOCK];
    }

    fn add(&mut self, out: usize, a: usize, b: usize) {
        self.each(out, [a, b], |[a, b]| a + b);
    }

    fn sub(&mut self, out: usize, a: usize, b: usize) {
        self.each(out, [a, b], |[a, b]| a - b);
    }

    fn mul(&mut self, out: usize, a: usize, b: usize) {
        self.each(out, [a, b], |[a, b]| a * b);
    }

    fn square(&mut self, out: usize, a: usize) {
        self.each(out, [a], |[a]| a.square());
    }

    fn negate(&mut self, out: usize, a: usize) {
        self.each(out, [a], |[a]| -a);
    }

    fn mul_add(&mut self, out: usize, a: usize, b: usize, c: usize) {
        self.each(out, [a, b, c], |[a, b, c]| a * b + c);
    }
}
