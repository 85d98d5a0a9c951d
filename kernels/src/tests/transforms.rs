//! FFTs of every backend against halo2curves and against evaluation.

use crate::{Backend, Domain, Packed};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use halo2_proofs::halo2curves::fft::best_fft;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

fn columns(k: u32) -> Vec<Vec<Fr>> {
    let mut rng = ChaCha8Rng::seed_from_u64(u64::from(k));
    let n = 1 << k;
    let mut all: Vec<Vec<Fr>> = (0..2)
        .map(|_| (0..n).map(|_| Fr::random(&mut rng)).collect())
        .collect();
    all.push(vec![-Fr::ONE; n]);
    all.push(vec![Fr::ZERO; n]);
    let alternating = |i: usize| if i.is_multiple_of(2) { -Fr::ONE } else { Fr::ONE };
    all.push((0..n).map(alternating).collect());
    all.push(
        (0..n)
            .map(|i| if i == n - 1 { -Fr::ONE } else { Fr::ZERO })
            .collect(),
    );
    all
}

fn packed(backend: Backend, columns: &[Vec<Fr>]) -> Vec<Packed> {
    columns.iter().map(|c| Packed::from_field(backend, c)).collect()
}

fn plain(columns: &[Packed], k: u32) -> Vec<Vec<Fr>> {
    columns.iter().map(|c| c.to_field()[..1 << k].to_vec()).collect()
}

#[test]
fn equal_to_halo2() {
    for k in 0..=13 {
        let coefficients = columns(k);
        let omega = (k..Fr::S).fold(Fr::ROOT_OF_UNITY, |w, _| w.square());
        let halo2 = |shift: Fr| -> Vec<Vec<Fr>> {
            let mut all = coefficients.clone();
            for column in &mut all {
                let powers = std::iter::successors(Some(Fr::ONE), |p| Some(*p * shift));
                column.iter_mut().zip(powers).for_each(|(c, p)| *c *= p);
                best_fft(column, omega, k);
            }
            all
        };
        for backend in Backend::available() {
            let domain = Domain::new(backend, k);
            assert_eq!(domain.omega(), omega);
            let mut work = packed(backend, &coefficients);
            domain.fft(&mut work);
            assert!(plain(&work, k) == halo2(Fr::ONE), "{backend:?} fft 2^{k}");
            domain.ifft(&mut work);
            assert!(plain(&work, k) == coefficients, "{backend:?} ifft 2^{k}");
            for shift in [Fr::MULTIPLICATIVE_GENERATOR, -Fr::ONE, Fr::ONE, Fr::DELTA] {
                domain.coset_fft(&mut work, shift);
                assert!(
                    plain(&work, k) == halo2(shift),
                    "{backend:?} coset fft 2^{k} by {shift:?}"
                );
                domain.coset_ifft(&mut work, shift);
                assert!(
                    plain(&work, k) == coefficients,
                    "{backend:?} coset ifft 2^{k} by {shift:?}"
                );
            }
        }
    }
}

/// Columns of another backend than the domain's give the same.
#[test]
fn backends_mix() {
    let coefficients = columns(7);
    let available = Backend::available();
    for (of_domain, of_columns) in available
        .iter()
        .flat_map(|a| available.iter().map(move |b| (*a, *b)))
    {
        let domain = Domain::new(of_domain, 7);
        let mut work = packed(of_columns, &coefficients);
        domain.coset_fft(&mut work, Fr::from(5));
        let at = Fr::from(5) * domain.omega().pow([9]);
        let value = coefficients[0].iter().rev().fold(Fr::ZERO, |acc, c| acc * at + c);
        assert_eq!(work[0].get(9), value);
        assert_eq!(work[0].backend(), of_columns);
        domain.coset_ifft(&mut work, Fr::from(5));
        assert!(plain(&work, 7) == coefficients);
    }
}

/// A size with more passes than the caches hold.
#[test]
fn large() {
    let k = 16;
    let coefficients = vec![columns(k).swap_remove(1)];
    let mut expected = coefficients.clone();
    best_fft(&mut expected[0], Domain::new(Backend::PORTABLE, k).omega(), k);
    for backend in Backend::available() {
        let domain = Domain::new(backend, k);
        let mut work = packed(backend, &coefficients);
        domain.fft(&mut work);
        assert!(plain(&work, k) == expected, "{backend:?}");
        domain.ifft(&mut work);
        assert!(plain(&work, k) == coefficients, "{backend:?}");
    }
}
