//! Grand products of the permutation argument.

use super::EngineError;
use hallmark_kernels::batch_invert;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};

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

impl Permutation<'_> {
    /// All products; `random` fills the blinding rows.
    pub fn products(
        &self,
        beta: Fr,
        gamma: Fr,
        mut random: impl FnMut() -> Fr,
    ) -> Result<Vec<Vec<Fr>>, EngineError> {
        let rows = self.columns.first().map_or(0, |c| c.len());
        let mut last = Fr::ONE;
        let mut delta = Fr::ONE;
        let mut all = Vec::new();
        for (columns, sigmas) in self
            .columns
            .chunks(self.chunk)
            .zip(self.sigmas.chunks(self.chunk))
        {
            let mut ratios = vec![Fr::ONE; rows];
            for (column, sigma) in columns.iter().zip(sigmas) {
                let pairs = column.iter().zip(sigma);
                ratios
                    .iter_mut()
                    .zip(pairs)
                    .for_each(|(r, (value, s))| *r *= beta * s + gamma + value);
            }
            batch_invert(&mut ratios);
            for column in columns {
                let mut power = delta * beta;
                for (ratio, value) in ratios.iter_mut().zip(*column) {
                    *ratio *= power + gamma + value;
                    power *= self.omega;
                }
                delta *= Fr::DELTA;
            }
            let mut product = Vec::with_capacity(rows);
            let mut running = last;
            for ratio in &ratios {
                product.push(running);
                running *= ratio;
            }
            let usable = rows
                .checked_sub(self.blinding_factors + 1)
                .ok_or(EngineError::TooFewRows)?;
            product[usable + 1..].iter_mut().for_each(|cell| *cell = random());
            last = product[usable];
            all.push(product);
        }
        Ok(all)
    }
}
