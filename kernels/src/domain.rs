//! Power-of-two domains and their transforms.

#[cfg(target_arch = "x86_64")]
use crate::ifma;
use crate::packed::Store;
use crate::portable::fft::Transform;
use crate::{Backend, Packed};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use rayon::prelude::*;

/// The subgroup of order 2^k of BN254's scalar field, with the generator that halo2 uses, and its twiddles.
///
/// All transforms take and give natural order, work on many columns at once and spread over rayon's threads. Columns may
/// have another backend's form than the domain, at the price of a conversion.
///
/// # Panics
/// Every transform, if a column's length is not the domain's size (eight for smaller domains, the excess unused).
pub struct Domain {
    size: usize,
    omega: Fr,
    tables: Tables,
}

enum Tables {
    Portable(Transform),
    #[cfg(target_arch = "x86_64")]
    Ifma(ifma::fft::Transform),
}

impl Domain {
    /// The domain of 2^k elements.
    ///
    /// # Panics
    /// If k is over 28, the field's two-adicity.
    pub fn new(backend: Backend, k: u32) -> Self {
        assert!(k <= Fr::S, "no subgroup of order 2^{k}: k is at most {}", Fr::S);
        let size = 1_usize << k;
        let omega = (k..Fr::S).fold(Fr::ROOT_OF_UNITY, |root, _| root.square());
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = backend.simd().filter(|_| k >= ifma::fft::MIN_LOG_SIZE) {
            let tables = Tables::Ifma(ifma::fft::Transform::new(simd, omega, k));
            return Self { size, omega, tables };
        }
        Self {
            size,
            omega,
            tables: Tables::Portable(Transform::new(omega, k)),
        }
    }

    /// The same domain, which keeps no tables for cosets that it was asked for: for few transforms of many cosets, where
    /// they would only take memory.
    #[must_use]
    pub fn forgetful(self) -> Self {
        let tables = match self.tables {
            #[cfg(target_arch = "x86_64")]
            Tables::Ifma(transform) => Tables::Ifma(transform.forgetful()),
            portable @ Tables::Portable(_) => portable,
        };
        Self { tables, ..self }
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
        for column in columns.iter() {
            assert_eq!(
                column.len(),
                len,
                "a column of a domain of {} elements",
                self.size
            );
        }
        match &self.tables {
            Tables::Portable(transform) => portable(transform, self.size, columns, direction, shift),
            #[cfg(target_arch = "x86_64")]
            Tables::Ifma(transform) => vector(transform, columns, direction, shift),
        }
    }
}

/// Which way a transform goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Inverse,
}

fn portable(transform: &Transform, size: usize, columns: &mut [Packed], direction: Direction, shift: Fr) {
    columns.par_iter_mut().for_each(|column| match &mut column.0 {
        Store::Portable(values) => transform.run(&mut values[..size], direction, shift),
        #[cfg(target_arch = "x86_64")]
        Store::Ifma(_) => {
            let mut values = column.to_field();
            transform.run(&mut values[..size], direction, shift);
            *column = Packed::from_field(Backend::Ifma, &values);
        }
    });
}

#[cfg(target_arch = "x86_64")]
fn vector(transform: &ifma::fft::Transform, columns: &mut [Packed], direction: Direction, shift: Fr) {
    let tables = transform.tables(direction, shift);
    columns
        .par_iter_mut()
        .for_each_init(Vec::new, |scratch, column| match &mut column.0 {
            Store::Ifma(groups) => transform.run(groups, scratch, &tables),
            Store::Portable(values) => {
                let mut groups = ifma::convert::from_field(transform.simd(), values);
                transform.run(&mut groups, scratch, &tables);
                *values = ifma::convert::to_field(&groups);
            }
        });
}
