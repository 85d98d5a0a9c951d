//! The gates as the contract's program: instructions `next register = a·b + c`.
//!
//! Signs are carried along instead of computed, products wait for a sum to be added in, and equal expressions are computed
//! once, because every instruction costs gas.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field, Zero};
use std::collections::HashMap;

/// A word of memory that instructions read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operand {
    /// A constant of the key, by position in the pool.
    Constant(usize),
    /// A challenge, in the order in which they are drawn.
    Challenge(usize),
    /// A value that the contract computes from x; see `memory.rs`.
    Derived(usize),
    /// The evaluation of this number in the proof.
    Evaluation(usize),
    /// The result of an instruction.
    Result(usize),
}

/// `a·b + c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(crate) a: Operand,
    pub(crate) b: Operand,
    pub(crate) c: Operand,
}

/// A value under way: known, in a register, or a product that is not computed yet. `negative` stands for a factor −1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Known(Fr),
    Register { negative: bool, operand: Operand },
    Product { negative: bool, a: Operand, b: Operand },
}

impl Value {
    pub(crate) fn register(operand: Operand) -> Self {
        Value::Register {
            negative: false,
            operand,
        }
    }
}

/// A program under construction.
#[derive(Default)]
pub(crate) struct Program {
    pub(crate) instructions: Vec<Instruction>,
    /// The constant pool.
    pub(crate) constants: Vec<Fr>,
    positions: HashMap<Fr, usize>,
    negations: HashMap<Operand, Operand>,
    known: HashMap<(Operand, Operand, Operand), Operand>,
}

impl Program {
    pub(crate) fn constant(&mut self, value: Fr) -> Operand {
        let next = self.constants.len();
        let position = *self.positions.entry(value).or_insert(next);
        if position == next {
            self.constants.push(value);
        }
        Operand::Constant(position)
    }

    fn emit(&mut self, a: Operand, b: Operand, c: Operand) -> Operand {
        if let Some(known) = self.known.get(&(a, b, c)) {
            return *known;
        }
        let result = Operand::Result(self.instructions.len());
        self.instructions.push(Instruction { a, b, c });
        self.known.insert((a, b, c), result);
        self.known.insert((b, a, c), result);
        result
    }

    fn negated(&mut self, operand: Operand) -> Operand {
        if let Operand::Constant(position) = operand {
            let value = self.constants.get(position).copied().unwrap_or_default();
            return self.constant(-value);
        }
        if let Some(known) = self.negations.get(&operand) {
            return *known;
        }
        let (minus_one, zero) = (self.constant(-Fr::ONE), self.constant(Fr::ZERO));
        let result = self.emit(operand, minus_one, zero);
        self.negations.insert(operand, result);
        result
    }

    /// The value in a register up to its sign, which is returned.
    fn settle(&mut self, value: Value) -> (bool, Operand) {
        match value {
            Value::Known(constant) => (false, self.constant(constant)),
            Value::Register { negative, operand } => (negative, operand),
            Value::Product { negative, a, b } => {
                let zero = self.constant(Fr::ZERO);
                (negative, self.emit(a, b, zero))
            }
        }
    }

    /// The value with its product computed.
    pub(crate) fn settled(&mut self, value: Value) -> Value {
        match value {
            Value::Known(_) => value,
            _ => {
                let (negative, operand) = self.settle(value);
                Value::Register { negative, operand }
            }
        }
    }

    /// The value in a register.
    pub(crate) fn finished(&mut self, value: Value) -> Operand {
        match self.settle(value) {
            (false, operand) => operand,
            (true, operand) => self.negated(operand),
        }
    }

    pub(crate) fn negate(value: Value) -> Value {
        match value {
            Value::Known(constant) => Value::Known(-constant),
            Value::Register { negative, operand } => Value::Register {
                negative: !negative,
                operand,
            },
            Value::Product { negative, a, b } => Value::Product {
                negative: !negative,
                a,
                b,
            },
        }
    }

    pub(crate) fn multiply(&mut self, left: Value, right: Value) -> Value {
        match (left, right) {
            (Value::Known(a), Value::Known(b)) => Value::Known(a * b),
            (Value::Known(a), other) | (other, Value::Known(a)) if a.is_zero() || a == Fr::ONE => {
                match a.is_zero() {
                    true => Value::Known(a),
                    false => other,
                }
            }
            _ => {
                let ((s, a), (t, b)) = (self.settle(left), self.settle(right));
                Value::Product {
                    negative: s != t,
                    a,
                    b,
                }
            }
        }
    }

    pub(crate) fn add(&mut self, left: Value, right: Value) -> Value {
        match (left, right) {
            (Value::Known(a), Value::Known(b)) => Value::Known(a + b),
            (Value::Known(a), other) | (other, Value::Known(a)) if a.is_zero() => other,
            (Value::Product { negative, a, b }, other) | (other, Value::Product { negative, a, b }) => {
                self.add_product(negative, a, b, other)
            }
            _ => {
                let ((s, a), (t, b)) = (self.settle(left), self.settle(right));
                // a + b, or a − b with the sign of a.
                let factor = self.constant(if s == t { Fr::ONE } else { -Fr::ONE });
                Value::Register {
                    negative: s,
                    operand: self.emit(b, factor, a),
                }
            }
        }
    }

    fn add_product(&mut self, negative: bool, a: Operand, b: Operand, other: Value) -> Value {
        let (sign, c) = self.settle(other);
        if sign == negative {
            let operand = self.emit(a, b, c);
            return Value::Register { negative, operand };
        }
        // The cheapest operand to negate: a constant or one that has been negated before.
        let is_free = |program: &Self, operand: &Operand| {
            matches!(operand, Operand::Constant(_)) || program.negations.contains_key(operand)
        };
        let operand = if is_free(self, &c) {
            let c = self.negated(c);
            return Value::Register {
                negative,
                operand: self.emit(a, b, c),
            };
        } else if is_free(self, &a) {
            let a = self.negated(a);
            self.emit(a, b, c)
        } else {
            let b = self.negated(b);
            self.emit(a, b, c)
        };
        Value::Register {
            negative: sign,
            operand,
        }
    }

    pub(crate) fn subtract(&mut self, left: Value, right: Value) -> Value {
        self.add(left, Self::negate(right))
    }
}
