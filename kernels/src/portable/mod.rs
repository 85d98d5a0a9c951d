//! Kernels in plain 64-bit arithmetic.

mod fft;
mod points;
mod registers;
mod small;

use crate::column::{Column, GROUP};
use crate::kernels::{File, Kernels, Transform};
use crate::montgomery;
use crate::msm::{Points, Prepared};
use crate::offsets::SmallColumn;
use halo2_proofs::halo2curves::bn256::{Fr, G1Affine};
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;

/// Elements per task of a linear combination.
const CHUNK: usize = 1 << 9;

/// 64-bit arithmetic.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

impl Kernels for Portable {
    fn name(&self) -> &'static str {
        "Portable"
    }

    fn element_bytes(&self) -> usize {
        size_of::<Fr>()
    }

    fn zeros(&self, len: usize) -> Column {
        Column::Values(vec![Fr::ZERO; len])
    }

    fn pack(&self, values: &[Fr]) -> Column {
        let mut column = values.to_vec();
        column.resize(values.len().next_multiple_of(GROUP), Fr::ZERO);
        Column::Values(column)
    }

    fn pack_small(&self, values: &[i64], len: usize) -> Column {
        let mut column: Vec<Fr> = values.iter().map(|v| montgomery::small(*v)).collect();
        column.resize(len, Fr::ZERO);
        Column::Values(column)
    }

    fn unpack(&self, column: &Column) -> Vec<Fr> {
        column.values().into_owned()
    }

    fn transform(&self, omega: Fr, log_size: u32) -> Box<dyn Transform> {
        Box::new(fft::Transform::new(omega, log_size))
    }

    fn registers(&self, count: usize) -> Box<dyn File> {
        Box::new(registers::File::new(count))
    }

    fn points(&self, points: &[G1Affine], tail: usize) -> Box<dyn Points> {
        Box::new(Prepared::new(*self, points, tail))
    }

    fn evaluate(&self, columns: &[&Column], at: Fr) -> Vec<Fr> {
        let one = |column: &&Column| column.values().iter().rev().fold(Fr::ZERO, |acc, v| acc * at + v);
        columns.par_iter().map(one).collect()
    }

    fn combine(&self, out: &mut Column, terms: &[(&Column, Fr)]) {
        let columns: Vec<_> = terms.iter().map(|(c, s)| (c.values(), *s)).collect();
        let chunks = out.values_mut().par_chunks_mut(CHUNK).enumerate();
        chunks.for_each(|(i, out)| {
            out.fill(Fr::ZERO);
            for (values, scalar) in &columns {
                let values = &values[i * CHUNK..];
                out.iter_mut().zip(values).for_each(|(o, v)| *o += *scalar * v);
            }
        });
    }

    fn fold(&self, column: &Column, len: usize, factor: Fr) -> Column {
        let powers = std::iter::successors(Some(Fr::ONE), |power| Some(*power * factor));
        let mut out = vec![Fr::ZERO; len];
        for (part, power) in column.values().chunks(len).zip(powers) {
            out.iter_mut().zip(part).for_each(|(o, v)| *o += power * v);
        }
        Column::Values(out)
    }

    fn dot_small(&self, columns: &[&SmallColumn], weights: &Column) -> Vec<Fr> {
        let weights = weights.values();
        columns
            .par_iter()
            .map(|column| small::dot(column, &weights))
            .collect()
    }

    fn combine_small(&self, out: &mut Column, terms: &[(&SmallColumn, Fr)], constant: Fr) {
        let chunks = out.values_mut().par_chunks_mut(CHUNK).enumerate();
        chunks.for_each(|(i, out)| small::combine(terms, constant, i * CHUNK, out));
    }
}
