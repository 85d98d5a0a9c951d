//! What evaluations would cost.

use super::Builder;
use crate::error::CircuitError;

impl Builder<'_> {
    /// What evaluations cost that `work` makes, of which nothing is left. It may evaluate, and do nothing else. What takes cells, for
    /// constants, costs more than all else: cells are counted without trials, and must be as many.
    ///
    /// # Errors
    /// Those of `work`.
    pub(crate) fn cost_of(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), CircuitError>,
    ) -> Result<f64, CircuitError> {
        let Some(mark) = self.evaluations.mark() else {
            return Ok(0.0);
        };
        let heights = self.heights.clone();
        let (blocks, rows, known) = (self.blocks.len(), self.dots.len(), self.evaluated.len());
        let sums = self.sums.len();
        let done = work(self);
        let cost = match self.blocks.len() > blocks {
            true => f64::INFINITY,
            false => self.evaluations.cost(mark, self.usable),
        };
        self.evaluations.forget(mark);
        self.heights = heights;
        self.blocks.truncate(blocks);
        self.dots.rows.truncate(rows);
        self.evaluated.truncate(known);
        self.sums.truncate(sums);
        done.map(|()| cost)
    }
}
