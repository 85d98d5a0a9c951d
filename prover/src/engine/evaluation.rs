//! Values of polynomials at the points of a proof.

use super::error::EngineError;
use super::polynomial::Polynomial;
use super::program::Source;
use hallmark_kernels::{Domain, Packed, SmallColumn, dot_small, evaluate_many};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use std::collections::BTreeMap;

/// Values of all queries, those at one point together. `point` gives the point of a rotation.
pub fn evaluate<'a>(
    queries: &[(Source, i32)],
    polynomial: &dyn Fn(Source) -> Option<Polynomial<'a>>,
    point: &dyn Fn(i32) -> Fr,
    domain: &Domain,
) -> Result<Vec<Fr>, EngineError> {
    let mut by_rotation: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (index, (_, rotation)) in queries.iter().enumerate() {
        by_rotation.entry(*rotation).or_default().push(index);
    }
    let mut values = vec![Fr::ZERO; queries.len()];
    for (rotation, indices) in by_rotation {
        let at = point(rotation);
        let mut coefficients: Vec<(usize, &Packed)> = Vec::new();
        let mut small: Vec<(usize, &SmallColumn)> = Vec::new();
        for index in indices {
            match polynomial(queries[index].0) {
                Some(Polynomial::Coefficients(column)) => coefficients.push((index, column)),
                Some(Polynomial::Values(column)) => small.push((index, column)),
                None => return Err(EngineError::Key("a queried column is missing")),
            }
        }
        let (at_coefficients, columns): (Vec<usize>, Vec<&Packed>) = coefficients.into_iter().unzip();
        let mut found: Vec<(usize, Fr)> = at_coefficients
            .into_iter()
            .zip(evaluate_many(&columns, at))
            .collect();
        if !small.is_empty() {
            let basis = lagrange_basis(domain, at);
            let (at_values, columns): (Vec<usize>, Vec<&SmallColumn>) = small.into_iter().unzip();
            found.extend(at_values.into_iter().zip(dot_small(&columns, &basis)));
        }
        found.into_iter().for_each(|(index, value)| values[index] = value);
    }
    Ok(values)
}

/// Values of the domain's Lagrange polynomials at a point: Σ_i (at·ω^−j)^i / n for polynomial j, which is what an inverse
/// FFT makes of the point's powers.
fn lagrange_basis(domain: &Domain, at: Fr) -> Packed {
    let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |power| Some(*power * at))
        .take(domain.size())
        .collect();
    let mut basis = [Packed::from_field(domain.backend(), &powers)];
    domain.ifft(&mut basis);
    let [basis] = basis;
    basis
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_kernels::Backend;

    #[test]
    fn the_basis_interpolates() {
        for backend in Backend::available() {
            let domain = Domain::new(backend, 5);
            let integers: Vec<i64> = (0..32).map(|i| (i * i * 77) % 19 - 9).collect();
            let at = Fr::from(987_654_321);
            let mut coefficients = [Packed::from_small(backend, &integers, 32)];
            domain.ifft(&mut coefficients);
            let expected = evaluate_many(&[&coefficients[0]], at);
            let column = SmallColumn::new(&integers, 32).unwrap();
            assert_eq!(dot_small(&[&column], &lagrange_basis(&domain, at)), expected);
            let omega = domain.omega();
            let first = lagrange_basis(&domain, omega).to_field();
            assert_eq!(first[..3], [Fr::ZERO, Fr::ONE, Fr::ZERO]);
        }
    }
}
