//! Equations between scalars, as rows of the dot section.

use super::Builder;
use crate::{
    dot::DotRow,
    expression::{Atom, Scalar},
};

impl Builder<'_> {
    /// Appends rows that add `sign · scalar` to the running total; the first row multiplies the total by ρ if
    /// `horner`, or continues it if `keep`.
    pub fn add_scalar(&mut self, scalar: &Scalar, sign: i64, mut keep: bool, mut horner: bool) {
        for (coefficient, atom) in scalar {
            let row = DotRow {
                node: self.node,
                keep,
                horner,
                f: sign * coefficient,
                f_from: Some(*atom),
                ..DotRow::default()
            };
            self.dots.push(row);
            (keep, horner) = (true, false);
        }
        if scalar.is_empty() && (keep || horner) {
            self.dots.push(DotRow {
                node: self.node,
                keep,
                horner,
                ..DotRow::default()
            });
        }
    }

    /// A scalar as one cell: the atom itself, or a total that adds up several. `None` for zero.
    pub fn single(&mut self, scalar: &Scalar) -> Option<Atom> {
        match scalar.as_slice() {
            [] => None,
            [(1, atom)] => Some(*atom),
            _ => {
                self.add_scalar(scalar, 1, false, false);
                Some(Atom::Total {
                    row: self.dots.len() - 1,
                })
            }
        }
    }

    /// Constrains the running total of the last row to be zero.
    pub fn end_equation(&mut self) {
        if let Some(row) = self.dots.rows.last_mut() {
            row.zero = true;
        }
    }

    /// Constrains two scalars to be equal.
    pub fn equate(&mut self, a: &Scalar, b: &Scalar) {
        if a.is_empty() && b.is_empty() {
            return;
        }
        if let ([(1, a)], [(1, b)]) = (a.as_slice(), b.as_slice()) {
            self.equalities.push((*a, *b));
            return;
        }
        self.add_scalar(a, 1, false, false);
        let keep = !a.is_empty();
        self.add_scalar(b, -1, keep, false);
        self.end_equation();
    }
}
