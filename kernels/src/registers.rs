//! Block arithmetic for evaluating expressions over columns.

#[cfg(target_arch = "x86_64")]
use crate::ifma;
use crate::packed::{Piece, Store};
use crate::{Backend, Packed, PackedMut};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// Elements of a register.
pub const BLOCK: usize = 64;

/// A file of registers of [`BLOCK`] elements each, in the backend's form.
///
/// # Panics
/// Every operation, if a register's number is not below the count given to [`Registers::new`].
pub struct Registers(File);

enum File {
    Portable(Vec<[Fr; BLOCK]>),
    /// Only on CPUs with the instructions.
    #[cfg(target_arch = "x86_64")]
    Ifma(ifma::registers::File),
}

/// Runs the same operation on either file.
macro_rules! dispatch {
    ($self:ident, $portable:ident => $plain:expr, $vector:ident => $wide:expr) => {
        match &mut $self.0 {
            File::Portable($portable) => $plain,
            #[cfg(target_arch = "x86_64")]
            File::Ifma($vector) => $wide,
        }
    };
}

impl Registers {
    /// `count` registers of zeros.
    pub fn new(backend: Backend, count: usize) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = backend.simd() {
            return Self(File::Ifma(ifma::registers::File::new(simd, count)));
        }
        Self(File::Portable(vec![[Fr::ZERO; BLOCK]; count]))
    }

    /// Register r ← elements `start`, `start + 1`, … of the column, which goes on at its beginning after its end. Any
    /// `start` is allowed: rotations are loads from elsewhere.
    pub fn load(&mut self, r: usize, column: &Packed, start: usize) {
        assert!(!column.is_empty(), "a column to load from has elements");
        let start = start % column.len();
        match (&mut self.0, &column.0) {
            (File::Portable(file), Store::Portable(values)) => {
                let mut rest = &mut file[r][..];
                let mut from = start;
                while !rest.is_empty() {
                    let run = rest.len().min(values.len() - from);
                    let (now, later) = rest.split_at_mut(run);
                    now.copy_from_slice(&values[from..from + run]);
                    (rest, from) = (later, 0);
                }
            }
            #[cfg(target_arch = "x86_64")]
            (File::Ifma(file), Store::Ifma(groups)) => file.load(r, groups, start),
            #[cfg(target_arch = "x86_64")]
            (file, _) => {
                let block: [Fr; BLOCK] = std::array::from_fn(|i| column.get((start + i) % column.len()));
                match file {
                    File::Portable(file) => file[r] = block,
                    File::Ifma(file) => file.load(r, &ifma::convert::from_field(file.simd(), &block), 0),
                }
            }
        }
    }

    /// Writes register r to the elements of `into` from `at` on, as many as there are; `at` counts from the piece's first
    /// element and must be a multiple of eight.
    pub fn store(&self, r: usize, into: &mut PackedMut<'_>, at: usize) {
        assert!(
            at.is_multiple_of(8) && at <= into.len(),
            "a store at {at} of {} elements",
            into.len()
        );
        match (&self.0, &mut into.piece) {
            (File::Portable(file), Piece::Portable(values)) => {
                let run = BLOCK.min(values.len() - at);
                values[at..at + run].copy_from_slice(&file[r][..run]);
            }
            #[cfg(target_arch = "x86_64")]
            (File::Ifma(file), Piece::Ifma(groups)) => file.store(r, &mut groups[at / 8..]),
            #[cfg(target_arch = "x86_64")]
            (file, piece) => {
                let block = match file {
                    File::Portable(file) => file[r].to_vec(),
                    File::Ifma(file) => file.to_field(r),
                };
                for (i, value) in block.iter().enumerate().take(BLOCK) {
                    match piece {
                        Piece::Portable(values) if at + i < values.len() => values[at + i] = *value,
                        Piece::Ifma(groups) if at + i < 8 * groups.len() => {
                            ifma::convert::set(&mut groups[(at + i) / 8], i % 8, *value)
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// All elements of register r ← value.
    pub fn broadcast(&mut self, r: usize, value: Fr) {
        dispatch!(self, file => file[r] = [value; BLOCK], file => file.broadcast(r, value));
    }

    /// out ← a + b.
    pub fn add(&mut self, out: usize, a: usize, b: usize) {
        dispatch!(self, file => each(file, out, [a, b], |[a, b]| a + b), file => file.add(out, a, b));
    }

    /// out ← a − b.
    pub fn sub(&mut self, out: usize, a: usize, b: usize) {
        dispatch!(self, file => each(file, out, [a, b], |[a, b]| a - b), file => file.sub(out, a, b));
    }

    /// out ← a · b.
    pub fn mul(&mut self, out: usize, a: usize, b: usize) {
        dispatch!(self, file => each(file, out, [a, b], |[a, b]| a * b), file => file.mul(out, a, b));
    }

    /// out ← a².
    pub fn square(&mut self, out: usize, a: usize) {
        dispatch!(self, file => each(file, out, [a], |[a]| a.square()), file => file.mul(out, a, a));
    }

    /// out ← −a.
    pub fn negate(&mut self, out: usize, a: usize) {
        dispatch!(self, file => each(file, out, [a], |[a]| -a), file => file.negate(out, a));
    }

    /// out ← a · b + c.
    pub fn mul_add(&mut self, out: usize, a: usize, b: usize, c: usize) {
        dispatch!(self, file => each(file, out, [a, b, c], |[a, b, c]| a * b + c),
            file => file.mul_add(out, a, b, c));
    }
}

/// Element by element; `out` may be one of the operands.
fn each<const N: usize>(file: &mut [[Fr; BLOCK]], out: usize, from: [usize; N], f: impl Fn([Fr; N]) -> Fr) {
    for r in from.into_iter().chain([out]) {
        assert!(r < file.len(), "register {r} of {}", file.len());
    }
    let values = std::array::from_fn(|i| f(from.map(|r| file[r][i])));
    file[out] = values;
}
