//! Everything about a circuit laid out for the machine.

use super::{
    cells::{SEGMENTS, UNUSABLE},
    place::Arranged,
};
use crate::{builder::Builder, dot::Dots, error::CircuitError, frame::Frame, scalar::Fr};

/// A circuit laid out for the machine.
#[derive(Clone)]
pub struct MachineLayout {
    /// What every layout has.
    pub frame: Frame,
    /// Where everything lies.
    pub arranged: Arranged,
    /// Weights and equations, for reports.
    pub dots: Dots,
}

impl MachineLayout {
    /// The layout of a lowering whose rows are arranged.
    ///
    /// # Errors
    /// [`CircuitError::TooLarge`] if `2^k` rows do not hold it.
    pub(crate) fn new(b: Builder<'_>, mut arranged: Arranged, k: u32) -> Result<Self, CircuitError> {
        if arranged.k() > k {
            return Err(CircuitError::TooLarge {
                reason: format!("2^{} rows are needed", arranged.k()),
                max_k: k,
            });
        }
        arranged.height = (1 << k) / SEGMENTS;
        let (fixed_values, held) = arranged.fixed_values(&b)?;
        let frame = Frame {
            k,
            usable: (1 << k) - UNUSABLE,
            advice_columns: 2,
            first_late: 1,
            fixed_values,
            held,
            copies: arranged.copies(),
            blocks: b.blocks,
            tables: b.tables,
            statement: b.statement,
        };
        Ok(Self {
            frame,
            arranged,
            dots: b.dots,
        })
    }

    /// The fixed column that holds constants that are no small integers, if there is one: its index and its values from row 0.
    pub(crate) fn field_column(&self) -> Option<(usize, Vec<Fr>)> {
        self.arranged.field_column(&self.frame.fixed_values)
    }
}
