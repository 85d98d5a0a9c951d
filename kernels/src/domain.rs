//! Power-of-two domains and their transforms.

use crate::backend::Backend;
use crate::kernels::{Direction, Transform};
use crate::packed::Packed;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};

/// The subgroup of order 2^k of BN254's scalar field, with the generator that halo2 uses, and its twiddles.
///
/// All transforms take and give natural order, work on many columns at once and spread over rayon's threads. Columns may
/// have another backend's form than the domain, at the price of a conversion.
///
/// # Panics
/// Every transform, if a column's length is not the domain's size (eight for smaller domains, the excess unused).
pub struct Domain {
    backend: Backend,
    size: usize,
    omega: Fr,
    transform: Box<dyn Transform>,
}

impl Domain {
    /// The domain of 2^k elements.
    ///
    /// # Panics
    /// If k is over 28, the field's two-adicity.
    pub fn new(backend: Backend, k: u32) -> Self {
        assert!(k <= Fr::S, "no subgroup of order 2^{k}: k is at most {}", Fr::S);
        let omega = (k..Fr::S).fold(Fr::ROOT_OF_UNITY, |root, _| root.square());
        Self {
            backend,
            size: 1 << k,
            omega,
            transform: backend.0.transform(omega, k),
        }
    }

    /// The same domain, which keeps no tables for cosets that it was asked for: for few transforms of many cosets, where
    /// they would only take memory.
    #[must_use]
    pub fn forgetful(mut self) -> Self {
        self.transform.forget();
        self
    }

    /// The backend of its transforms.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The generator ω.
    pub fn omega(&self) -> Fr {
        self.omega
    }

    /// Coefficients to values: element i becomes the value at ω^i.
    pub fn fft(&self, columns: &mut [Packed]) {
        self.run(columns, Direction::Forward, Fr::ONE);
    }

    /// Values at ω^i to coefficients.
    pub fn ifft(&self, columns: &mut [Packed]) {
        self.run(columns, Direction::Inverse, Fr::ONE);
    }

    /// Coefficients to values: element i becomes the value at `shift`·ω^i.
    pub fn coset_fft(&self, columns: &mut [Packed], shift: Fr) {
        self.run(columns, Direction::Forward, shift);
    }

    /// Values at `shift`·ω^i to coefficients. A zero `shift` gives the constant coefficient only.
    pub fn coset_ifft(&self, columns: &mut [Packed], shift: Fr) {
        self.run(columns, Direction::Inverse, shift);
    }

    fn run(&self, columns: &mut [Packed], direction: Direction, shift: Fr) {
        let len = self.size.next_multiple_of(8);
        let mut all = Vec::with_capacity(columns.len());
        for Packed { column, .. } in columns {
            assert_eq!(
                column.len(),
                len,
                "a column of a domain of {} elements",
                self.size
            );
            all.push(column);
        }
        self.transform.run(&mut all, direction, shift);
    }
}
