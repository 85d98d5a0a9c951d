//! Polynomials over cells and challenges, of which gates are made.

use crate::scalar::Fr;
use halo2_proofs::plonk::Expression;
use std::ops::{Add, Mul, Sub};

/// halo2's [`Expression`], put together without the operators that halo2 has for it: these look through both operands, for selectors
/// of a kind that no circuit here has, so that a sum of many terms takes time in the square of their number.
#[derive(Clone, Debug)]
pub(crate) struct Polynomial(Expression<Fr>);

impl Polynomial {
    /// A constant.
    pub(crate) fn constant(value: Fr) -> Self {
        Self(Expression::Constant(value))
    }
}

impl From<Expression<Fr>> for Polynomial {
    fn from(expression: Expression<Fr>) -> Self {
        Self(expression)
    }
}

impl From<Polynomial> for Expression<Fr> {
    fn from(polynomial: Polynomial) -> Self {
        polynomial.0
    }
}

impl Add for Polynomial {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(Expression::Sum(Box::new(self.0), Box::new(other.0)))
    }
}

impl Sub for Polynomial {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(Expression::Sum(Box::new(self.0), Box::new(-other.0)))
    }
}

impl Mul for Polynomial {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self(Expression::Product(Box::new(self.0), Box::new(other.0)))
    }
}

impl Mul<Fr> for Polynomial {
    type Output = Self;
    fn mul(self, factor: Fr) -> Self {
        Self(self.0 * factor)
    }
}
