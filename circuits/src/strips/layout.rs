//! Everything about a circuit laid out in strips.

use super::{
    columns::{self, AdviceColumns, FixedColumns},
    copies, fixed,
    sponge::Sponge,
};
use crate::{
    builder::{Builder, Widths},
    dot::Dots,
    error::CircuitError,
    evaluations::accumulator::Accumulators,
    frame::Frame,
    parameter::{Door, ParameterRole},
    poseidon::Section,
    scalar::Fr,
};

/// Rows at the end of the columns that halo2 fills with randomness: at most three openings per column, two for the
/// multi-open argument and slack, and the last usable row's neighbour.
pub const UNUSABLE_ROWS: usize = 7;

/// Rows that constraints cover, of `2^k`.
pub(crate) fn usable(k: u32) -> usize {
    (1usize << k) - UNUSABLE_ROWS
}

/// A circuit laid out in strips.
#[derive(Clone)]
pub struct Strips {
    /// What every layout has.
    pub frame: Frame,
    /// Bank widths.
    pub widths: Widths,
    /// Evaluations.
    pub accumulators: Accumulators,
    /// Weights and equations.
    pub dots: Dots,
    /// Advice columns.
    pub advice: AdviceColumns,
    /// Fixed columns.
    pub fixed: FixedColumns,
    /// What is added to weights so that they are stored as non-negative integers.
    pub weight_offset: i64,
    /// The commitment to private inputs.
    pub sponge: Option<Sponge>,
}

/// Rows that a lowering needs, by section.
pub fn rows_needed(b: &Builder<'_>) -> usize {
    let banks = b.heights.values().copied().max().unwrap_or(0);
    let sponge = b.sponge.as_ref().map_or(0, Section::height);
    banks
        .max(b.dots.len())
        .max(b.evaluations.accumulators().map_or(0, Accumulators::height))
        .max(b.statement.rows())
        .max(sponge)
}

impl Strips {
    /// Numbers the columns and fills the fixed ones.
    ///
    /// # Errors
    /// [`CircuitError::TooLarge`] if `2^k` rows do not hold the lowering; [`CircuitError::Inconsistent`] if it was one for another layout.
    pub(crate) fn new(b: Builder<'_>, k: u32) -> Result<Self, CircuitError> {
        let usable = usable(k);
        let needed = rows_needed(&b);
        if needed > usable {
            return Err(CircuitError::TooLarge {
                reason: format!("{needed} rows are needed"),
                max_k: k,
            });
        }
        let Some(accumulators) = b.evaluations.accumulators() else {
            return Err(CircuitError::Inconsistent {
                place: b.graph.name.clone(),
                reason: "its evaluations were not placed in strips".to_owned(),
            });
        };
        let sets = b.tables.rows().div_ceil(usable);
        let weight_offset = b.parameters.power_above(ParameterRole::Weight);
        let advice = columns::advice_columns(&b, sets);
        let mut contents = fixed::Fixed {
            usable,
            all: Vec::new(),
            door: Door::new(&b.parameters, b.equal.clone()),
        };
        let mut fixed = fixed::fixed_columns(&b, accumulators, &mut contents, sets, weight_offset)?;
        let sponge = Sponge::of(&b)?;
        let mut copies = copies::copies(&b, &advice);
        if let Some(sponge) = &sponge {
            fixed.sponge = Some(fixed::sponge_columns(sponge, &mut fixed.not_first, &mut contents));
            let total = advice.dot.map(|[.., total]| total);
            copies.extend(sponge.copies(&advice, &|atom| copies::cell(&advice, total, atom)));
        }
        Ok(Self {
            accumulators: accumulators.clone(),
            frame: Frame {
                k,
                usable,
                blocks: b.blocks,
                tables: b.tables,
                statement: b.statement,
                advice_columns: advice.count,
                first_late: advice.first_late,
                fixed_values: contents.all,
                held: contents.door.held(),
                copies,
            },
            widths: b.widths,
            dots: b.dots,
            advice,
            fixed,
            weight_offset,
            sponge,
        })
    }

    /// The column of round constants, which are no small integers, if there is one: its index and its values from row 0.
    pub(crate) fn field_column(&self) -> Option<(usize, Vec<Fr>)> {
        let (sponge, columns) = self.sponge.as_ref().zip(self.fixed.sponge.as_ref())?;
        Some((columns.constants, sponge.constants().collect()))
    }
}
