//! Grand products of the permutation argument.

use super::error::EngineError;
use hallmark_kernels::batch_invert;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use rayon::prelude::*;
use std::ops::Range;

/// What the grand products are made of.
pub struct Permutation<'a> {
    /// Values of the columns under the argument, in order, blinding rows included.
    pub columns: Vec<&'a [Fr]>,
    /// Values of the permutation polynomials.
    pub sigmas: &'a [Vec<Fr>],
    /// Columns per product.
    pub chunk: usize,
    /// Generator of the domain.
    pub omega: Fr,
    /// Random rows at the end of each product.
    pub blinding_factors: usize,
}

/// Rows that are worked on together.
const BLOCK: usize = 1 << 8;

impl Permutation<'_> {
    /// All products; `random` fills the blinding rows.
    pub fn products(
        &self,
        beta: Fr,
        gamma: Fr,
        mut random: impl FnMut() -> Fr,
    ) -> Result<Vec<Vec<Fr>>, EngineError> {
        let rows = self.columns.first().map_or(0, |c| c.len());
        let usable = rows
            .checked_sub(self.blinding_factors + 1)
            .ok_or(EngineError::TooFewRows)?;
        let blocks = rows.div_ceil(BLOCK);
        let starts: Vec<Fr> = self.row_powers(rows);
        // Of each block the products up to every row, and that of all its rows.
        let chunks = self.columns.len().div_ceil(self.chunk);
        let mut parts: Vec<(Vec<Fr>, Fr)> = (0..chunks * blocks)
            .into_par_iter()
            .map(|i| {
                let (chunk, block) = (i / blocks, i % blocks);
                let range = block * BLOCK..rows.min((block + 1) * BLOCK);
                let mut ratios = self.ratios(chunk, range, starts[block], beta, gamma);
                let mut running = Fr::ONE;
                for ratio in &mut ratios {
                    let next = running * *ratio;
                    *ratio = std::mem::replace(&mut running, next);
                }
                (ratios, running)
            })
            .collect();
        // A product begins with the one before at the first unusable row.
        let mut last = Fr::ONE;
        for parts in parts.chunks_mut(blocks) {
            let mut running = last;
            for (block, (products, total)) in parts.iter_mut().enumerate() {
                if let Some(product) = usable
                    .checked_sub(block * BLOCK)
                    .and_then(|row| products.get(row))
                {
                    last = running * product;
                }
                running *= std::mem::replace(total, running);
            }
        }
        let scaled = parts.par_iter_mut();
        scaled.for_each(|(products, start)| products.iter_mut().for_each(|product| *product *= *start));
        let mut all = Vec::with_capacity(chunks);
        for parts in parts.chunks(blocks) {
            let mut product: Vec<Fr> = parts.iter().flat_map(|(products, _)| products).copied().collect();
            product[usable + 1..].iter_mut().for_each(|cell| *cell = random());
            all.push(product);
        }
        Ok(all)
    }

    /// ω to the first row of every block.
    fn row_powers(&self, rows: usize) -> Vec<Fr> {
        let step = self.omega.pow([BLOCK as u64]);
        std::iter::successors(Some(Fr::ONE), |power| Some(*power * step))
            .take(rows.div_ceil(BLOCK))
            .collect()
    }

    /// Numerators over denominators of the rows of a range, whose first has ω to the power `start`.
    fn ratios(&self, chunk: usize, range: Range<usize>, start: Fr, beta: Fr, gamma: Fr) -> Vec<Fr> {
        let first = chunk * self.chunk;
        let columns = first..self.columns.len().min(first + self.chunk);
        let mut ratios = vec![Fr::ONE; range.len()];
        for column in columns.clone() {
            let pairs = self.columns[column][range.clone()]
                .iter()
                .zip(&self.sigmas[column][range.clone()]);
            ratios
                .iter_mut()
                .zip(pairs)
                .for_each(|(r, (value, s))| *r *= beta * s + gamma + value);
        }
        batch_invert(&mut ratios);
        for column in columns {
            let mut power = Fr::DELTA.pow([column as u64]) * beta * start;
            for (ratio, value) in ratios.iter_mut().zip(&self.columns[column][range.clone()]) {
                *ratio *= power + gamma + value;
                power *= self.omega;
            }
        }
        ratios
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use halo2_proofs::halo2curves::ff::WithSmallOrderMulGroup;

    /// Columns of three blocks and a rest in which some cells are equal and permuted.
    fn columns(rows: usize) -> Vec<Vec<Fr>> {
        let value = |column: usize, row: usize| Fr::from((row * row + 7 * column) as u64 % 101);
        (0..5)
            .map(|column| (0..rows).map(|row| value(column, row)).collect())
            .collect()
    }

    /// The permutation polynomials under which every cell of a column is followed by the next row's of the next column.
    fn sigmas(columns: &mut [Vec<Fr>], omega: Fr, usable: usize) -> Vec<Vec<Fr>> {
        let identity = |column: usize, row: usize| Fr::DELTA.pow([column as u64]) * omega.pow([row as u64]);
        let count = columns.len();
        let rows = columns[0].len();
        let mut sigmas: Vec<Vec<Fr>> = (0..count)
            .map(|column| (0..rows).map(|row| identity(column, row)).collect())
            .collect();
        for row in 0..usable / count {
            // One cycle through all columns, of as many rows.
            let cell = |i: usize| (i % count, row * count + i % count);
            for i in 0..count {
                let ((column, own), (next, other)) = (cell(i), cell(i + 1));
                sigmas[column][own] = identity(next, other);
                columns[column][own] = columns[0][row * count];
            }
        }
        sigmas
    }

    #[test]
    fn products_run_through_blocks_and_chunks() {
        let k = 10;
        let (rows, blinding_factors) = (1 << k, 5);
        let usable = rows - blinding_factors - 1;
        assert!(rows > 3 * BLOCK, "more than one block");
        let omega = (k..Fr::S).fold(Fr::ROOT_OF_UNITY, |root, _| root.square());
        let mut columns = columns(rows);
        let sigmas = sigmas(&mut columns, omega, usable);
        let (beta, gamma) = (Fr::from(1234), Fr::ZETA);
        for chunk in [1, 2, 5, 9] {
            let permutation = Permutation {
                columns: columns.iter().map(Vec::as_slice).collect(),
                sigmas: &sigmas,
                chunk,
                omega,
                blinding_factors,
            };
            let mut drawn = 0;
            let random = || {
                drawn += 1;
                Fr::from(drawn)
            };
            let found = permutation.products(beta, gamma, random).unwrap();
            assert_eq!(found.len(), 5usize.div_ceil(chunk));
            assert_eq!(drawn as usize, found.len() * blinding_factors);
            let mut product = Fr::ONE;
            for (first, found) in (0..5).step_by(chunk).zip(&found) {
                for row in 0..=usable {
                    assert_eq!(
                        found[row], product,
                        "chunk {chunk}, row {row} of columns from {first}"
                    );
                    if row < usable {
                        for column in first..5.min(first + chunk) {
                            let value = columns[column][row] + gamma;
                            let own = Fr::DELTA.pow([column as u64]) * omega.pow([row as u64]);
                            let below = value + beta * sigmas[column][row];
                            product *= (value + beta * own) * below.invert().unwrap();
                        }
                    }
                }
            }
            assert_eq!(product, Fr::ONE, "equal cells leave nothing");
        }
        let short = Permutation {
            columns: vec![&columns[0][..5]],
            sigmas: &sigmas[..1],
            chunk: 1,
            omega,
            blinding_factors,
        };
        assert!(matches!(
            short.products(beta, gamma, || Fr::ONE),
            Err(EngineError::TooFewRows)
        ));
    }
}
