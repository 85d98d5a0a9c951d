//! How much memory a proof takes, and how it is kept within a limit.

use super::key::EngineKey;
use super::plan::Input;
use super::program::Source;
use hallmark_kernels::{BLOCK, msm_bytes};
use std::collections::BTreeSet;

/// Bytes of a field element where it waits.
const FIELD: usize = 32;
/// Sets of points at which polynomials are opened, and the sums over all of them.
const POINT_SETS: usize = 6;

impl EngineKey {
    /// Bytes that a proof takes at its peak, beyond the key, the witness's stored columns and what the process holds
    /// besides, if every coset is worked on in `strips` parts.
    #[must_use]
    pub fn working_bytes(&self, strips: usize) -> usize {
        let protocol = &self.protocol;
        let rows = protocol.rows();
        let packed = rows * self.element_bytes();
        let late = protocol.advice_phases.iter().filter(|phase| **phase > 0).count();
        let stored = protocol.advice_columns() - late;
        let products = protocol.permutation_products();
        // Those that the permutation argument reads later are kept as field elements too.
        let kept = (0..protocol.advice_columns())
            .filter(|column| protocol.advice_phases.get(*column) == Some(&0) && self.permutes(*column))
            .count();
        let waiting = (stored + protocol.instance_columns) * packed + (late + kept) * rows * FIELD;
        let committing = waiting + msm_bytes(late, rows, self.srs.lagrange.precomputed()).max(late * packed);
        let columns = (protocol.advice_columns() + protocol.instance_columns + products) * packed;
        let pieces = protocol.quotient_pieces();
        let precomputed = self.srs.monomial.precomputed();
        let values: usize = self.identities.codes.iter().map(|code| code.cosets).sum();
        let on_cosets = self.loaded_columns(strips) * packed / strips
            + self
                .identities
                .codes
                .iter()
                .map(|code| code.virtuals.len())
                .sum::<usize>()
                * packed;
        let evaluating = values * packed + on_cosets;
        let interpolating = values * packed + pieces * (packed + rows * FIELD);
        let committing_pieces = pieces * rows * FIELD + msm_bytes(pieces, rows, precomputed);
        let opening =
            pieces * rows * FIELD + POINT_SETS * (packed + rows * FIELD) + msm_bytes(1, rows, precomputed);
        let random = rows * FIELD;
        let later = [evaluating, interpolating, committing_pieces, opening];
        committing.max(columns + random + later.into_iter().max().unwrap_or(0))
    }

    /// The fewest strips with which a proof takes at most `limit` bytes (see [`Self::working_bytes`]), or the least limit
    /// that can be kept.
    ///
    /// # Errors
    /// The least number of bytes that suffices.
    pub fn strips_within(&self, limit: usize) -> Result<usize, usize> {
        let most = (self.protocol.rows() / BLOCK).max(1);
        let choices = std::iter::successors(Some(1), |strips| Some(2 * strips)).take_while(|s| *s <= most);
        let mut least = usize::MAX;
        for strips in choices {
            let needed = self.working_bytes(strips);
            if needed <= limit {
                return Ok(strips);
            }
            least = least.min(needed);
        }
        Err(least)
    }

    /// Columns that the classes together load on one coset; rotations are columns of their own if there are strips, and what the
    /// key keeps on whole cosets is of use only if there are none.
    fn loaded_columns(&self, strips: usize) -> usize {
        let mut shared: BTreeSet<(Source, i32)> = BTreeSet::new();
        let mut sums = 0;
        for code in &self.identities.codes {
            for (input, rotation) in code.loads() {
                if let Input::Source(source) = input
                    && !(strips == 1 && self.keeps_on_cosets(source))
                {
                    shared.insert((source, if strips == 1 { 0 } else { rotation }));
                }
            }
            sums += code.virtuals.len();
        }
        shared.len() + sums
    }

    /// Bytes of a field element in a column of the backend.
    pub(super) fn element_bytes(&self) -> usize {
        self.backend().element_bytes()
    }
}
