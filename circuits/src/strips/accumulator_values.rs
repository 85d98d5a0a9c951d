//! Values of the accumulators.

use super::{Strips, powers::Powers, weighted_sum::Factors};
use crate::{
    block::Bank,
    evaluations::accumulator::Pattern,
    functional::Base,
    scalar::{Fr, field},
};
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;

/// One column per accumulator: `E[r] = step·E[r−1] + Σ coefficient·(cell + offset)`.
pub(super) fn columns(
    layout: &Strips,
    stored: &[Vec<i64>],
    instance: &[Vec<Fr>],
    powers: &Powers,
) -> Vec<Vec<Fr>> {
    let all = &layout.accumulators;
    let steps: Vec<Fr> = all.steps.iter().map(|s| powers.of(s.base, s.power)).collect();
    let patterns = all.patterns.par_iter();
    let patterns: Vec<Summand<'_>> = patterns
        .map(|pattern| Summand::new(pattern, layout, stored, instance, powers))
        .collect();
    let columns = all.columns.par_iter().map(|rows| {
        let summands = rows.par_iter().with_min_len(64).enumerate();
        let mut values: Vec<Fr> = summands
            .map(|(row, used)| used.pattern.map_or(Fr::ZERO, |p| patterns[p as usize].at(row)))
            .collect();
        let mut previous = Fr::ZERO;
        for (value, used) in values.iter_mut().zip(rows) {
            if let Some(step) = used.step {
                *value += steps[step as usize] * previous;
            }
            previous = *value;
        }
        values.resize(layout.frame.usable, Fr::ZERO);
        values
    });
    columns.collect()
}

/// What a pattern adds up, with its coefficients at the challenges.
enum Summand<'a> {
    /// Small integers.
    Stored {
        lanes: Vec<&'a [i64]>,
        coefficients: Factors,
        offsets: &'a [i64],
    },
    /// Products of two lanes side by side.
    Products {
        lanes: Vec<([&'a [i64]; 2], Fr)>,
        offsets: [&'a [i64]; 2],
    },
    /// Public values.
    Public(Vec<(&'a [Fr], Fr)>),
}

impl<'a> Summand<'a> {
    fn new(
        pattern: &Pattern,
        layout: &'a Strips,
        stored: &'a [Vec<i64>],
        instance: &'a [Vec<Fr>],
        powers: &Powers,
    ) -> Self {
        let monomial =
            |(power, rho): &(u32, u32)| powers.of(pattern.base, *power) * powers.of(Base::Rho, *rho);
        let coefficients = pattern.lanes.iter().map(|(lane, m)| {
            (
                *lane as usize,
                m.iter().map(monomial).fold(Fr::ZERO, |a, b| a + b),
            )
        });
        if pattern.bank == Bank::Instance {
            return Self::Public(
                coefficients
                    .map(|(lane, c)| (instance[lane].as_slice(), c))
                    .collect(),
            );
        }
        let offsets = |position: usize| {
            let column = layout.fixed.offsets.get(&(pattern.bank, position));
            column.map_or(&[][..], |c| layout.frame.fixed_values[*c].values.as_slice())
        };
        let lanes = &layout.advice.lanes[&pattern.bank];
        let column = |lane: usize| stored[lanes[lane]].as_slice();
        if pattern.product {
            return Self::Products {
                lanes: coefficients
                    .map(|(lane, c)| ([column(lane), column(lane + 1)], c))
                    .collect(),
                offsets: [offsets(0), offsets(1)],
            };
        }
        let (lanes, coefficients): (Vec<&[i64]>, Vec<Fr>) =
            coefficients.map(|(lane, c)| (column(lane), c)).unzip();
        Self::Stored {
            lanes,
            coefficients: Factors::new(&coefficients),
            offsets: offsets(pattern.offset),
        }
    }

    /// Its value in a row.
    fn at(&self, row: usize) -> Fr {
        let offset = |offsets: &[i64]| offsets.get(row).copied().unwrap_or(0);
        match self {
            Self::Stored {
                lanes,
                coefficients,
                offsets,
            } => coefficients.sum(0, lanes.iter().map(|lane| lane[row]), offset(offsets)),
            Self::Products {
                lanes,
                offsets: [a, b],
            } => {
                let (a, b) = (offset(a), offset(b));
                let product = |[x, y]: &[&[i64]; 2]| field(x[row] + a) * field(y[row] + b);
                lanes
                    .iter()
                    .map(|(pair, c)| product(pair) * c)
                    .fold(Fr::ZERO, |sum, x| sum + x)
            }
            Self::Public(lanes) => lanes
                .iter()
                .filter_map(|(lane, c)| Some(*lane.get(row)? * c))
                .fold(Fr::ZERO, |sum, x| sum + x),
        }
    }
}
