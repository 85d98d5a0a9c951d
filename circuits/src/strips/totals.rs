//! Values of the dot section.

use super::{Strips, powers::Powers, weighted_sum::Factors};
use crate::{
    block::Bank,
    dot::Multiplier,
    expression::Atom,
    functional::Step,
    scalar::{Fr, field},
};
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;

/// Weight accumulator, factor and total.
pub(super) fn columns(
    layout: &Strips,
    stored: &[Vec<i64>],
    accumulators: &[Vec<Fr>],
    powers: &Powers,
) -> Vec<Vec<Fr>> {
    let (Some(columns), Some(_)) = (&layout.fixed.dot, layout.advice.dot) else {
        return Vec::new();
    };
    let rows = &layout.dots.rows;
    let rho = powers.rho.get(1);
    let lanes = 0..columns.lanes.len() as u32;
    let factors = Factors::new(&lanes.map(|lane| powers.rho.get(lane)).collect::<Vec<Fr>>());
    let lanes: Vec<&[i64]> = columns
        .lanes
        .iter()
        .map(|column| layout.frame.fixed_values[*column].values.as_slice())
        .collect();
    let weights: Vec<Fr> = rows
        .par_iter()
        .enumerate()
        .map(|(row, dot)| {
            let used = dot.weights.map_or(0..0, |w| w.lane..w.lane + w.count);
            let weights = lanes[used.clone()].iter().map(|values| values[row]);
            factors.sum(used.start, weights, -layout.weight_offset)
        })
        .collect();
    let operands = layout.advice.lanes[&Bank::Operand].iter().map(|c| &stored[*c]);
    let operands: Vec<&Vec<i64>> = operands.collect();
    let images: Vec<Fr> = (0..operands.len().max(1) as u32)
        .map(|image| powers.rho.get(image * layout.dots.pitch))
        .collect();
    let totals: Vec<Fr> = (0..=images.len()).map(|n| images[..n].iter().sum()).collect();
    let images = Factors::new(&images);
    let steps: Vec<(Step, Fr)> = columns
        .steps
        .iter()
        .map(|(step, _)| (*step, powers.of(step.base, step.power)))
        .collect();
    let mut all = vec![vec![Fr::ZERO; layout.frame.usable]; 3];
    for (row, dot) in rows.iter().enumerate() {
        let value_of = |atom: Atom, totals: &[Fr]| match atom {
            Atom::Evaluation { index, row } => accumulators[index][row],
            Atom::Total { row } => totals[row],
        };
        let previous = |column: &Vec<Fr>| if row > 0 { column[row - 1] } else { Fr::ZERO };
        let mut v = weights[row];
        if let Some(step) = dot.step {
            let factor = steps.iter().find(|(other, _)| *other == step);
            v += previous(&all[0]) * factor.map_or(Fr::ZERO, |(_, power)| *power);
        }
        if let Some(atom) = dot.v_from {
            v = value_of(atom, &all[2]);
        }
        let f = dot.f_from.map_or(Fr::ZERO, |atom| value_of(atom, &all[2]));
        let mut total = field(dot.v) * totals[dot.images] * v + field(dot.f) * f;
        if dot.keep {
            total += previous(&all[2]);
        }
        if dot.horner {
            total += rho * previous(&all[2]);
        }
        total += match dot.product {
            Multiplier::None => Fr::ZERO,
            Multiplier::Operand => {
                let operands = operands[..dot.images].iter().map(|column| column[row]);
                v * images.sum(0, operands, 0)
            }
            Multiplier::Factor => v * f,
        };
        (all[0][row], all[1][row], all[2][row]) = (v, f, total);
    }
    all
}
