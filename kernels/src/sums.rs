//! Sums of products of columns: evaluation, dot products and linear combination.

use crate::column::Column;
use crate::offsets::SmallColumn;
use crate::packed::Packed;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// The polynomial with these coefficients at a point.
pub fn evaluate(column: &Packed, at: Fr) -> Fr {
    evaluate_many(&[column], at).pop().unwrap_or(Fr::ZERO)
}

/// Several polynomials at one point, columns spread over rayon's threads.
pub fn evaluate_many(columns: &[&Packed], at: Fr) -> Vec<Fr> {
    let Some(first) = columns.first() else {
        return Vec::new();
    };
    let all: Vec<&Column> = columns.iter().map(|c| &c.column).collect();
    first.backend.0.evaluate(&all, at)
}

/// out ← Σ scalar · column, element by element; `out`'s previous values are lost.
///
/// # Panics
/// If a column is shorter than `out`.
pub fn linear_combination(out: &mut Packed, columns: &[(&Packed, Fr)]) {
    for (column, _) in columns {
        long_enough(column.len(), out);
    }
    let terms: Vec<(&Column, Fr)> = columns.iter().map(|(c, s)| (&c.column, *s)).collect();
    out.backend.0.combine(&mut out.column, &terms);
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
    let backend = column.backend;
    Packed {
        backend,
        column: backend.0.fold(&column.column, len, factor),
    }
}

/// Σ column\[i\] · weights\[i\] for each column, columns spread over rayon's threads.
///
/// # Panics
/// If a column is longer than `weights`.
pub fn dot_small(columns: &[&SmallColumn], weights: &Packed) -> Vec<Fr> {
    for column in columns {
        assert!(column.len() <= weights.len(), "a column longer than its weights");
    }
    let least: Vec<Fr> = columns.iter().map(|c| c.least()).collect();
    let total = if least.iter().any(|v| *v != Fr::ZERO) {
        weights.to_field().iter().sum()
    } else {
        Fr::ZERO
    };
    let offsets = weights.backend.0.dot_small(columns, &weights.column);
    offsets
        .into_iter()
        .zip(least)
        .map(|(o, v)| o + v * total)
        .collect()
}

/// out ← Σ scalar · column, element by element; `out`'s previous values are lost.
///
/// # Panics
/// If a column is shorter than `out`.
pub fn linear_combination_small(out: &mut Packed, columns: &[(&SmallColumn, Fr)]) {
    for (column, _) in columns {
        long_enough(column.len(), out);
    }
    let least = columns.iter().map(|(column, scalar)| column.least() * scalar);
    let constant = least.sum();
    out.backend.0.combine_small(&mut out.column, columns, constant);
}

fn long_enough(len: usize, out: &Packed) {
    assert!(len >= out.len(), "a column of {len} elements for {}", out.len());
}
