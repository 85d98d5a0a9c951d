//! Registers of 64 elements with values reduced as late as possible.
//!
//! Each register has a bound in multiples of p and is normal or ragged, the same for all its elements: additions then are
//! five instructions, and the rare reductions are decided once per operation.

use super::convert;
use super::field::{Group, Modulus, Scalar, Simd};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use std::arch::x86_64::*;

/// Groups of a register.
const GROUPS: usize = crate::BLOCK / 8;

/// Bounds of registers stay at most this: the field's arithmetic takes values below 84p and limbs below 2^62, of which an
/// addend of one p brings at most 2^56.3.
const MOST: usize = 64;
/// Bound of what a reduction, or a column, gives.
const REDUCED: usize = 2;

/// What is known of a register's values.
#[derive(Clone, Copy)]
struct State {
    /// Values are below this multiple of p.
    bound: usize,
    /// Limbs may not be normal.
    ragged: bool,
}

/// The register file.
pub(crate) struct File {
    simd: Simd,
    registers: Vec<[Group; GROUPS]>,
    states: Vec<State>,
}

impl File {
    pub(crate) fn new(simd: Simd, count: usize) -> Self {
        let zero = State {
            bound: 0,
            ragged: false,
        };
        Self {
            simd,
            registers: vec![[Group::zero(simd); GROUPS]; count],
            states: vec![zero; count],
        }
    }

    pub(crate) fn simd(&self) -> Simd {
        self.simd
    }

    /// Loads from element `start`, which is inside the column; goes on at the column's beginning.
    pub(crate) fn load(&mut self, r: usize, column: &[Group], start: usize) {
        // SAFETY: `simd` proves the instructions.
        unsafe { load(self.simd, &mut self.registers[r], column, start) };
        self.states[r] = State {
            bound: REDUCED,
            ragged: false,
        };
    }

    /// Writes as many groups as `into` has, at most the register's.
    pub(crate) fn store(&self, r: usize, into: &mut [Group]) {
        // SAFETY: `simd` proves the instructions.
        unsafe { reduce(self.simd, &self.registers[r], into) };
    }

    /// The register's values.
    pub(crate) fn to_field(&self, r: usize) -> Vec<Fr> {
        let mut out = [Group::zero(self.simd); GROUPS];
        self.store(r, &mut out);
        convert::to_field(&out)
    }

    pub(crate) fn broadcast(&mut self, r: usize, value: Fr) {
        let limbs = convert::scalar(self.simd, value);
        // SAFETY: `simd` proves the instructions.
        unsafe { fill(self.simd, &mut self.registers[r], &limbs) };
        self.states[r] = State {
            bound: usize::from(value != Fr::ZERO),
            ragged: false,
        };
    }

    pub(crate) fn add(&mut self, out: usize, a: usize, b: usize) {
        let bound = self.bounded(a, b);
        let [to, a, b] = self.pointers([out, a, b]);
        // SAFETY: `simd` proves the instructions; the pointers are from `pointers`.
        unsafe { add(self.simd, to, a, b) };
        self.states[out] = State { bound, ragged: true };
    }

    pub(crate) fn sub(&mut self, out: usize, a: usize, b: usize) {
        let bound = self.bounded(a, b);
        let offset = self.states[b].bound;
        let [to, a, b] = self.pointers([out, a, b]);
        // SAFETY: `simd` proves the instructions; the pointers are from `pointers`.
        unsafe { sub(self.simd, to, a, b, offset) };
        self.states[out] = State { bound, ragged: true };
    }

    pub(crate) fn negate(&mut self, out: usize, a: usize) {
        let offset = self.states[a].bound;
        let [to, a] = self.pointers([out, a]);
        // SAFETY: `simd` proves the instructions; the pointers are from `pointers`.
        unsafe { negate(self.simd, to, a, offset) };
        self.states[out] = State {
            bound: offset,
            ragged: true,
        };
    }

    pub(crate) fn mul(&mut self, out: usize, a: usize, b: usize) {
        let bound = self.factors(a, b);
        let [to, a, b] = self.pointers([out, a, b]);
        // SAFETY: `simd` proves the instructions; the pointers are from `pointers`.
        unsafe { mul(self.simd, to, a, b) };
        self.states[out] = State { bound, ragged: true };
    }

    pub(crate) fn mul_add(&mut self, out: usize, a: usize, b: usize, c: usize) {
        let mut bound = self.factors(a, b);
        if bound + self.states[c].bound > MOST {
            [a, b, c].into_iter().for_each(|r| self.reduce(r));
            bound = self.factors(a, b);
        }
        let bound = bound + self.states[c].bound;
        let [to, a, b, c] = self.pointers([out, a, b, c]);
        // SAFETY: `simd` proves the instructions; the pointers are from `pointers`.
        unsafe { mul_add(self.simd, to, a, b, c) };
        self.states[out] = State { bound, ragged: true };
    }

    /// Pointers to whole registers.
    fn pointers<const N: usize>(&mut self, registers: [usize; N]) -> [*mut Group; N] {
        assert!(
            registers.iter().all(|r| *r < self.registers.len()),
            "{registers:?} of {}",
            self.registers.len()
        );
        let first = self.registers.as_mut_ptr();
        registers.map(|r| first.wrapping_add(r).cast())
    }

    /// The bound of a sum, after reductions where it would be too large.
    fn bounded(&mut self, a: usize, b: usize) -> usize {
        if self.states[a].bound + self.states[b].bound > MOST {
            self.reduce(a);
            self.reduce(b);
        }
        self.states[a].bound + self.states[b].bound
    }

    /// Makes two factors normal; the bound of their product: p² / R is p / 84.
    fn factors(&mut self, a: usize, b: usize) -> usize {
        for r in [a, b] {
            if self.states[r].ragged {
                // SAFETY: `simd` proves the instructions.
                unsafe { carry(self.simd, &mut self.registers[r]) };
                self.states[r].ragged = false;
            }
        }
        (self.states[a].bound * self.states[b].bound).div_ceil(84) + 1
    }

    fn reduce(&mut self, r: usize) {
        if self.states[r].bound > REDUCED {
            let from = self.registers[r];
            // SAFETY: `simd` proves the instructions.
            unsafe { reduce(self.simd, &from, &mut self.registers[r]) };
            self.states[r] = State {
                bound: REDUCED,
                ragged: false,
            };
        }
    }
}

/// Element by element over registers that may be the same.
macro_rules! operation {
    ($(#[$doc:meta])* $name:ident($simd:ident, $($from:ident),* $(; $extra:ident)?) => $value:expr) => {
        $(#[$doc])*
        /// # Safety
        /// The pointers must be to whole registers, which may be the same.
        #[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
        unsafe fn $name($simd: Simd, out: *mut Group, $($from: *mut Group,)* $($extra: usize)?) {
            for i in 0..GROUPS {
                // SAFETY: i is inside the register, by the caller's promise; nothing else borrows it.
                $(let $from = $simd.load(unsafe { &*$from.add(i) });)*
                let value = $value;
                // SAFETY: as above; the operands have been read.
                $simd.store(value, unsafe { &mut *out.add(i) });
            }
        }
    };
}

operation!(/** out ← a + b, ragged. */ add(simd, a, b) => simd.add(a, b));
operation!(/** out ← a − b + offset·p, ragged. */ sub(simd, a, b; offset) => simd.sub::<Scalar>(a, b, offset));
operation!(/** out ← offset·p − a, ragged. */
    negate(simd, a; offset) => simd.sub::<Scalar>(simd.splat(&Scalar::MULTIPLES[0]), a, offset));
operation!(/** out ← a·b / R for normal a and b, ragged. */ mul(simd, a, b) => simd.mul::<Scalar>(a, b));
operation!(/** out ← a·b / R + c for normal a and b, ragged. */
    mul_add(simd, a, b, c) => simd.add(simd.mul::<Scalar>(a, b), c));

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn carry(simd: Simd, register: &mut [Group; GROUPS]) {
    for group in register {
        simd.store(simd.carry(simd.load(group)), group);
    }
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn reduce(simd: Simd, from: &[Group; GROUPS], into: &mut [Group]) {
    for (from, into) in from.iter().zip(into) {
        simd.store(simd.reduce::<Scalar>(simd.load(from)), into);
    }
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn fill(simd: Simd, register: &mut [Group; GROUPS], limbs: &[u64; 5]) {
    let value = simd.splat(limbs);
    for group in register {
        simd.store(value, group);
    }
}

#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn load(simd: Simd, register: &mut [Group; GROUPS], column: &[Group], start: usize) {
    let (mut at, lane) = (start / 8 % column.len(), start % 8);
    let next = |at: usize| if at + 1 == column.len() { 0 } else { at + 1 };
    if lane == 0 {
        for group in register {
            *group = column[at];
            at = next(at);
        }
        return;
    }
    // Lanes of two groups in sequence, from `lane` on.
    let lanes = _mm512_add_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), simd.word(lane as u64));
    let mut low = simd.load(&column[at]);
    for group in register {
        at = next(at);
        let high = simd.load(&column[at]);
        let mut out = low;
        for i in 0..5 {
            out[i] = _mm512_permutex2var_epi64(low[i], lanes, high[i]);
        }
        simd.store(out, group);
        low = high;
    }
}
