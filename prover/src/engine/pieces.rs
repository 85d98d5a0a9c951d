//! The pieces of the quotient from its values on cosets.
//!
//! On the coset of `s` the polynomial `Σ_j X^(n·j)·piece_j` is `Σ_j s^(n·j)·piece_j`, of degree below n: one inverse FFT of n
//! values gives its coefficients. Of m cosets these are m equations for m pieces, coefficient by coefficient; the powers s^n
//! are `g^n` times the m-th roots of unity, so that the solution is an inverse Fourier transform of length m.

use super::error::EngineError;
use super::roots::root_of_unity;
use hallmark_kernels::{Backend, Domain, Packed, linear_combination};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use rayon::prelude::*;

/// Values of a class's quotient: on the coset of `g·w^c` for each c below m, where g generates the field and w is of
/// order n·m.
pub type OnCosets = Vec<Packed>;

/// The first `count` pieces of the sum of several classes' quotients.
pub fn pieces(
    mut classes: Vec<OnCosets>,
    count: usize,
    domain: &Domain,
) -> Result<Vec<Vec<Fr>>, EngineError> {
    let n = domain.size();
    let generator = Fr::MULTIPLICATIVE_GENERATOR;
    classes.par_iter_mut().for_each(|cosets| {
        let w = root_of_unity((n * cosets.len()).trailing_zeros());
        cosets.par_iter_mut().enumerate().for_each(|(c, column)| {
            let shift = generator * w.pow([c as u64]);
            domain.coset_ifft(std::slice::from_mut(column), shift);
        });
    });
    let inverse = |element: Fr| Option::<Fr>::from(element.invert()).ok_or(EngineError::UnluckyChallenge);
    let shift = inverse(generator.pow([n as u64]))?;
    let mut terms: Vec<Vec<(&Packed, Fr)>> = vec![Vec::new(); count];
    for cosets in &classes {
        let m = cosets.len();
        let root = inverse(root_of_unity(m.trailing_zeros()))?;
        let part = inverse(Fr::from(m as u64))?;
        for (j, terms) in terms.iter_mut().enumerate().take(m) {
            let scale = part * shift.pow([j as u64]);
            terms.extend(
                cosets
                    .iter()
                    .enumerate()
                    .map(|(c, column)| (column, scale * root.pow([(c * j) as u64]))),
            );
        }
    }
    Ok(terms
        .into_par_iter()
        .map(|terms| {
            let mut piece = Packed::zeros(domain.backend(), n);
            linear_combination(&mut piece, &terms);
            piece.to_field()
        })
        .collect())
}

/// A column from its parts: part i has the rows that are i modulo their number.
pub fn interleaved(backend: Backend, mut parts: Vec<Packed>) -> Packed {
    if parts.len() == 1
        && let Some(whole) = parts.pop()
    {
        return whole;
    }
    let rows = parts.first().map_or(0, Packed::len);
    let mut all = vec![Fr::ZERO; parts.len() * rows];
    for (i, part) in parts.iter().enumerate() {
        let places = all.iter_mut().skip(i).step_by(parts.len());
        places
            .zip(part.to_field())
            .for_each(|(place, value)| *place = value);
    }
    Packed::from_field(backend, &all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_kernels::evaluate;

    #[test]
    fn pieces_are_those_that_the_values_are_of() {
        let n = 16;
        for backend in Backend::available() {
            let domain = Domain::new(backend, 4);
            let polynomial = |m: usize, seed: u64| -> Vec<Fr> {
                (0..m * n)
                    .map(|i| Fr::from(seed + i as u64).square() + Fr::from(3))
                    .collect()
            };
            let (a, b) = (polynomial(2, 5), polynomial(4, 77));
            let on_cosets = |coefficients: &Vec<Fr>| -> OnCosets {
                let m = coefficients.len() / n;
                let w = root_of_unity((n * m).trailing_zeros());
                let packed = Packed::from_field(backend, coefficients);
                let value = |c: usize, i: usize| {
                    let shift = Fr::MULTIPLICATIVE_GENERATOR * w.pow([c as u64]);
                    evaluate(&packed, shift * domain.omega().pow([i as u64]))
                };
                let coset = |c: usize| (0..n).map(|i| value(c, i)).collect::<Vec<_>>();
                (0..m).map(|c| Packed::from_field(backend, &coset(c))).collect()
            };
            let found = pieces(vec![on_cosets(&a), on_cosets(&b)], 3, &domain).unwrap();
            let mut expected = b.clone();
            expected.iter_mut().zip(&a).for_each(|(e, a)| *e += a);
            let expected: Vec<Vec<Fr>> = expected.chunks(n).take(3).map(<[Fr]>::to_vec).collect();
            assert_eq!(found, expected, "{backend:?}");
        }
    }

    #[test]
    fn parts_are_interleaved() {
        let parts = [0i64, 1].map(|first| {
            let rows: Vec<i64> = (0..8).map(|i| 2 * i + first).collect();
            Packed::from_small(Backend::PORTABLE, &rows, 8)
        });
        let whole = interleaved(Backend::PORTABLE, parts.into()).to_field();
        let expected: Vec<Fr> = (0..16).map(Fr::from).collect();
        assert_eq!(whole, expected);
    }
}
