//! Helpers of the lookups, and their running sum.

use super::{LOOKUPS_PER_HELPER, Strips, stored::positions};
use crate::{
    challenges::Challenges,
    scalar::{Fr, field},
};
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;

/// Helpers of cells and tables and their running sum. Every looked-up value is a table row, so only the table's
/// denominators are inverted.
pub(super) fn columns(
    layout: &Strips,
    stored: &[Vec<i64>],
    challenges: &Challenges,
) -> Vec<(usize, Vec<Fr>)> {
    let Some(sum_column) = layout.advice.sum else {
        return Vec::new();
    };
    let inverses = layout.frame.tables.inverses(challenges.beta, challenges.gamma);
    let usable = layout.frame.usable;
    let mut change = vec![Fr::ZERO; usable];
    let mut columns = Vec::new();
    for (bank, helpers) in layout.advice.helpers.iter().filter(|(_, h)| !h.is_empty()) {
        let rows: Vec<Vec<Fr>> = (0..usable)
            .into_par_iter()
            .map(|row| {
                let all = positions(layout, *bank, row, stored);
                let group = |g: &[usize]| g.iter().map(|p| inverses[*p]).fold(Fr::ZERO, |a, b| a + b);
                all.chunks(LOOKUPS_PER_HELPER).map(group).collect()
            })
            .collect();
        for (i, helper) in helpers.iter().enumerate() {
            let column: Vec<Fr> = rows.iter().map(|r| r[i]).collect();
            change.iter_mut().zip(&column).for_each(|(c, h)| *c += h);
            columns.push((*helper, column));
        }
    }
    let sets: Vec<usize> = (0..layout.advice.multiplicities.len()).collect();
    for (helper, sets) in layout
        .advice
        .table_helpers
        .iter()
        .zip(sets.chunks(LOOKUPS_PER_HELPER))
    {
        let mut column = vec![Fr::ZERO; usable];
        for set in sets {
            let counts = &stored[layout.advice.multiplicities[*set]];
            let inverses = inverses.iter().skip(set * usable);
            column
                .iter_mut()
                .zip(counts.iter().zip(inverses))
                .for_each(|(c, (m, i))| *c += field(*m) * i);
        }
        change.iter_mut().zip(&column).for_each(|(c, h)| *c -= h);
        columns.push((*helper, column));
    }
    let mut running = Fr::ZERO;
    let sum = change.into_iter().map(|c| {
        running += c;
        running
    });
    columns.push((sum_column, sum.collect()));
    columns
}
