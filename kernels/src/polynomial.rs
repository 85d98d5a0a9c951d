//! Evaluation, linear combination and division of polynomials.

use crate::Packed;
#[cfg(target_arch = "x86_64")]
use crate::ifma;
use crate::packed::{Piece, Store};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;
use std::borrow::Cow;

/// Elements per task of a linear combination.
const CHUNK: usize = 1 << 9;

/// The polynomial with these coefficients at a point.
pub fn evaluate(column: &Packed, at: Fr) -> Fr {
    evaluate_many(&[column], at).pop().unwrap_or(Fr::ZERO)
}

/// Several polynomials at one point, columns spread over rayon's threads.
pub fn evaluate_many(columns: &[&Packed], at: Fr) -> Vec<Fr> {
    #[cfg(target_arch = "x86_64")]
    let powers = ifma::polynomial::powers(
        at,
        columns.iter().filter_map(|c| c.groups()).max_by_key(|g| g.len()),
    );
    let one = |column: &&Packed| match &column.0 {
        Store::Portable(values) => values.iter().rev().fold(Fr::ZERO, |acc, v| acc * at + v),
        #[cfg(target_arch = "x86_64")]
        Store::Ifma(groups) => ifma::polynomial::dot(groups, &powers),
    };
    columns.par_iter().map(one).collect()
}

/// out ← Σ scalar · column, element by element; `out`'s previous values are lost.
///
/// # Panics
/// If a column is shorter than `out`.
pub fn linear_combination(out: &mut Packed, columns: &[(&Packed, Fr)]) {
    let backend = out.backend();
    let columns: Vec<(Cow<'_, Packed>, Fr)> = columns.iter().map(|(c, s)| (c.in_form(backend), *s)).collect();
    for (column, _) in &columns {
        assert!(
            column.len() >= out.len(),
            "a column of {} elements for {}",
            column.len(),
            out.len()
        );
    }
    #[cfg(target_arch = "x86_64")]
    let terms = ifma::polynomial::Terms::new(columns.iter().filter_map(|(c, s)| Some((c.groups()?, *s))));
    out.chunks_mut(CHUNK).into_par_iter().for_each(|mut into| {
        let start = into.start();
        match &mut into.piece {
            Piece::Portable(out) => {
                out.fill(Fr::ZERO);
                for (values, scalar) in columns.iter().filter_map(|(c, s)| Some((c.values()?, s))) {
                    out.iter_mut()
                        .zip(&values[start..])
                        .for_each(|(o, v)| *o += *scalar * v);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Piece::Ifma(groups) => terms.combine(groups, start / 8),
        }
    });
}

/// The remainder of a polynomial by X^`len` − `factor`: what is left of it on the `len`-th roots of `factor`.
///
/// # Panics
/// If `len` is no multiple of eight that divides the column's length.
pub fn fold(column: &Packed, len: usize, factor: Fr) -> Packed {
    assert!(
        len > 0 && len.is_multiple_of(8) && column.len().is_multiple_of(len),
        "{} elements cannot be folded to {len}",
        column.len()
    );
    let powers = std::iter::successors(Some(Fr::ONE), |power| Some(*power * factor));
    match &column.0 {
        Store::Portable(values) => {
            let mut out = vec![Fr::ZERO; len];
            for (part, power) in values.chunks(len).zip(powers) {
                out.iter_mut().zip(part).for_each(|(o, v)| *o += power * v);
            }
            Packed(Store::Portable(out))
        }
        #[cfg(target_arch = "x86_64")]
        Store::Ifma(groups) => {
            let mut out = groups[..len / 8].to_vec();
            ifma::polynomial::Terms::new(groups.chunks(len / 8).zip(powers)).combine(&mut out, 0);
            Packed(Store::Ifma(out))
        }
    }
}

/// Divides by X − at in place, dropping the remainder (the value at `at`); the highest coefficient becomes zero.
pub fn divide_by_linear(coefficients: &mut [Fr], at: Fr) {
    let mut carry = Fr::ZERO;
    for coefficient in coefficients.iter_mut().rev() {
        let next = *coefficient + carry * at;
        *coefficient = carry;
        carry = next;
    }
}
