//! Polynomials in the form in which they are at hand, and sums of them.

use hallmark_kernels::{Domain, Packed, SmallColumn, linear_combination, linear_combination_small};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// A polynomial of a degree below the number of rows.
#[derive(Clone, Copy)]
pub enum Polynomial<'a> {
    /// By its coefficients.
    Coefficients(&'a Packed),
    /// By its values on the domain.
    Values(&'a SmallColumn),
}

/// Coefficients of `Σ scalar · polynomial`, for several such sums.
pub fn combine(domain: &Domain, sums: &[Vec<(Polynomial<'_>, Fr)>]) -> Vec<Packed> {
    let zeros = || Packed::zeros(domain.backend(), domain.size());
    // What is given by values is added up first, so that there is one FFT per sum.
    let mut interpolated: Vec<Packed> = sums
        .iter()
        .map(|terms| {
            let values = terms.iter().filter_map(|(polynomial, scalar)| match polynomial {
                Polynomial::Values(column) => Some((*column, *scalar)),
                Polynomial::Coefficients(_) => None,
            });
            let mut sum = zeros();
            linear_combination_small(&mut sum, &values.collect::<Vec<_>>());
            sum
        })
        .collect();
    domain.ifft(&mut interpolated);
    let complete = |(terms, interpolated): (&Vec<(Polynomial<'_>, Fr)>, Packed)| {
        let mut columns: Vec<(&Packed, Fr)> = terms
            .iter()
            .filter_map(|(polynomial, scalar)| match polynomial {
                Polynomial::Coefficients(column) => Some((*column, *scalar)),
                Polynomial::Values(_) => None,
            })
            .collect();
        if columns.is_empty() {
            return interpolated;
        }
        columns.push((&interpolated, Fr::ONE));
        let mut sum = zeros();
        linear_combination(&mut sum, &columns);
        sum
    };
    sums.iter().zip(interpolated).map(complete).collect()
}
