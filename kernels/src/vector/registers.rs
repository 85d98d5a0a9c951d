//! Registers of 64 elements with values reduced as late as possible.
//!
//! Each register has a bound in multiples of p and is normal or ragged, the same for all its elements: additions then are
//! five instructions, and the rare reductions are decided once per operation.

use super::convert;
use super::unit::{Kernel, Unit};
use crate::column::{Column, GROUP, Group, Piece};
use crate::kernels;
use crate::montgomery::{Modulus, Scalar, scalar};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// Groups of a register.
const GROUPS: usize = kernels::BLOCK / GROUP;

/// The elements of a register.
type Register = [Group; GROUPS];

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
pub(super) struct File<U> {
    unit: U,
    registers: Vec<Register>,
    states: Vec<State>,
}

impl<U: Unit> File<U> {
    pub(super) fn new(unit: U, count: usize) -> Self {
        let zero = State {
            bound: 0,
            ragged: false,
        };
        Self {
            unit,
            registers: vec![[Group::ZERO; GROUPS]; count],
            states: vec![zero; count],
        }
    }

    /// Makes a register's limbs normal.
    fn carry(&mut self, r: usize) {
        if self.states[r].ragged {
            self.unit.run(Carry(&mut self.registers[r]));
            self.states[r].ragged = false;
        }
    }

    fn reduce(&mut self, r: usize) {
        if self.states[r].bound > REDUCED {
            let from = self.registers[r];
            let into = &mut self.registers[r];
            self.unit.run(Reduce { from: &from, into });
            self.states[r] = State {
                bound: REDUCED,
                ragged: false,
            };
        }
    }

    /// The bound of a sum, after reductions where it would be too large.
    #[inline(always)]
    fn bounded(&mut self, a: usize, b: usize) -> usize {
        if self.states[a].bound + self.states[b].bound > MOST {
            self.reduce(a);
            self.reduce(b);
        }
        self.states[a].bound + self.states[b].bound
    }

    /// Makes two factors normal; the bound of their product: p² / R is p / 84.
    #[inline(always)]
    fn factors(&mut self, a: usize, b: usize) -> usize {
        self.carry(a);
        self.carry(b);
        (self.states[a].bound * self.states[b].bound).div_ceil(84) + 1
    }

    fn ragged(&mut self, r: usize, bound: usize) {
        self.states[r] = State { bound, ragged: true };
    }
}

impl<U: Unit> kernels::File for File<U> {
    fn load(&mut self, r: usize, column: &Column, start: usize) {
        let register = &mut self.registers[r];
        match column {
            Column::Groups(column) => self.unit.run(Load {
                register,
                column,
                start,
            }),
            Column::Values(values) => {
                let block: Vec<Fr> = (0..kernels::BLOCK)
                    .map(|i| values[(start + i) % values.len()])
                    .collect();
                register.copy_from_slice(&convert::from_field(self.unit, &block));
            }
        }
        self.states[r] = State {
            bound: REDUCED,
            ragged: false,
        };
    }

    fn store(&self, r: usize, into: &mut Piece<'_>, at: usize) {
        let from = &self.registers[r];
        match into {
            Piece::Groups(groups) => self.unit.run(Reduce {
                from,
                into: &mut groups[at / GROUP..],
            }),
            Piece::Values(values) => {
                let mut block = [Group::ZERO; GROUPS];
                self.unit.run(Reduce {
                    from,
                    into: &mut block,
                });
                let block = convert::to_field(self.unit, &block);
                values[at..].iter_mut().zip(block).for_each(|(v, b)| *v = b);
            }
        }
    }

    fn broadcast(&mut self, r: usize, value: Fr) {
        let register = &mut self.registers[r];
        self.unit.run(Fill {
            register,
            value: scalar(value),
        });
        self.states[r] = State {
            bound: usize::from(value != Fr::ZERO),
            ragged: false,
        };
    }

    fn add(&mut self, out: usize, a: usize, b: usize) {
        let bound = self.bounded(a, b);
        let registers = self.registers.as_mut_slice();
        self.unit.run(Add {
            registers,
            out,
            from: [a, b],
        });
        self.ragged(out, bound);
    }

    fn sub(&mut self, out: usize, a: usize, b: usize) {
        let bound = self.bounded(a, b);
        let offset = self.states[b].bound;
        let registers = self.registers.as_mut_slice();
        self.unit.run(Sub {
            registers,
            out,
            from: [a, b],
            offset,
        });
        self.ragged(out, bound);
    }

    fn mul(&mut self, out: usize, a: usize, b: usize) {
        let bound = self.factors(a, b);
        let registers = self.registers.as_mut_slice();
        self.unit.run(Mul {
            registers,
            out,
            from: [a, b],
        });
        self.ragged(out, bound);
    }

    fn square(&mut self, out: usize, a: usize) {
        self.mul(out, a, a);
    }

    fn negate(&mut self, out: usize, a: usize) {
        let offset = self.states[a].bound;
        let registers = self.registers.as_mut_slice();
        self.unit.run(Negate {
            registers,
            out,
            from: [a],
            offset,
        });
        self.ragged(out, offset);
    }

    fn mul_add(&mut self, out: usize, a: usize, b: usize, c: usize) {
        let mut bound = self.factors(a, b);
        if bound + self.states[c].bound > MOST {
            [a, b, c].into_iter().for_each(|r| self.reduce(r));
            bound = self.factors(a, b);
        }
        let bound = bound + self.states[c].bound;
        let registers = self.registers.as_mut_slice();
        self.unit.run(MulAdd {
            registers,
            out,
            from: [a, b, c],
        });
        self.ragged(out, bound);
    }
}

/// A kernel that works group by group on registers that may be the same.
macro_rules! operation {
    ($(#[$doc:meta])* $name:ident($unit:ident, $($from:ident),* $(; $offset:ident)?) => $value:expr) => {
        $(#[$doc])*
        struct $name<'a> {
            registers: &'a mut [Register],
            out: usize,
            from: [usize; [$(stringify!($from)),*].len()],
            $($offset: usize,)?
        }

        impl Kernel for $name<'_> {
            type Output = ();

            #[inline(always)]
            fn on<U: Unit>(self, $unit: U) {
                let Self { registers, out, from: [$($from),*], $($offset,)? } = self;
                // Said once, so that it isn't asked for every group.
                let count = registers.len();
                assert!(out < count $(&& $from < count)*, "a register of {count}");
                for i in 0..GROUPS {
                    $(let $from = $unit.load_group(&registers[$from][i]);)*
                    $unit.store_group($value, &mut registers[out][i]);
                }
            }
        }
    };
}

operation!(/** out ← a + b, ragged. */ Add(unit, a, b) => unit.add(a, b));
operation!(/** out ← a − b + offset·p, ragged. */ Sub(unit, a, b; offset) => unit.sub::<Scalar>(a, b, offset));
operation!(/** out ← offset·p − a, ragged. */
    Negate(unit, a; offset) => unit.sub::<Scalar>(unit.splat(&Scalar::MULTIPLES[0]), a, offset));
operation!(/** out ← a·b / R for normal a and b, ragged. */ Mul(unit, a, b) => unit.mul::<Scalar>(a, b));
operation!(/** out ← a·b / R + c for normal a and b, ragged. */
    MulAdd(unit, a, b, c) => unit.add(unit.mul::<Scalar>(a, b), c));

struct Carry<'a>(&'a mut Register);

impl Kernel for Carry<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        for group in self.0 {
            unit.store_group(unit.carry(unit.load_group(group)), group);
        }
    }
}

struct Reduce<'a> {
    from: &'a Register,
    into: &'a mut [Group],
}

impl Kernel for Reduce<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        for (from, into) in self.from.iter().zip(self.into) {
            unit.store_group(unit.reduce::<Scalar>(unit.load_group(from)), into);
        }
    }
}

struct Fill<'a> {
    register: &'a mut Register,
    value: [u64; 5],
}

impl Kernel for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let value = unit.splat(&self.value);
        for group in self.register {
            unit.store_group(value, group);
        }
    }
}

/// Loads from element `start`, which is inside the column; goes on at the column's beginning.
struct Load<'a> {
    register: &'a mut Register,
    column: &'a [Group],
    start: usize,
}

impl Kernel for Load<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let Self {
            register,
            column,
            start,
        } = self;
        let (mut at, lane) = (start / GROUP, start % GROUP);
        if lane == 0 {
            for group in register {
                *group = column[at];
                at = next(at, column.len());
            }
            return;
        }
        let mut low = unit.load_group(&column[at]);
        for group in register {
            at = next(at, column.len());
            let high = unit.load_group(&column[at]);
            let mut out = low;
            for i in 0..5 {
                out[i] = unit.window(low[i], high[i], lane);
            }
            unit.store_group(out, group);
            low = high;
        }
    }
}

/// The place after `at`, in a circle.
#[inline(always)]
fn next(at: usize, len: usize) -> usize {
    if at + 1 == len { 0 } else { at + 1 }
}
