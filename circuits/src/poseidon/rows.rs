//! A permutation and its absorption as rows of four cells `a0, a1, a2, u`: one S-box per row.
//!
//! With `x = a0 + c` and `s = x^5`, held to degree by `u = x²`:
//!
//! ```text
//! absorb    next = (a0, a2, a1 + u)              twice per slot: adds two elements to the rate
//! rotate    next = (a1, a2, s)                   the first two S-boxes of a full round
//! full      next = M·(a1, a2, s)                 the third one, and the mixing
//! partial   next = M·(s, a1, a2)                 a partial round
//! ```

use super::{
    parameters::{FULL_ROUNDS, PARTIAL_ROUNDS, Parameters, WIDTH},
    permutation::mix,
};
use crate::scalar::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// Advice cells per row: the state and the auxiliary cell.
pub const CELLS: usize = WIDTH + 1;

/// Position of the auxiliary cell `u`.
pub(crate) const AUXILIARY: usize = WIDTH;

/// Rows that absorb two elements and permute; the result is the state of the next row.
pub const SLOT: usize = 2 + WIDTH * FULL_ROUNDS + PARTIAL_ROUNDS;

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// Adds an element to the rate.
    Absorb,
    /// An S-box of a full round, without the mixing.
    Rotate,
    /// The last S-box of a full round, and the mixing.
    Full,
    /// A partial round.
    Partial,
}

/// The rows of a slot with their constants `c`.
///
/// A partial round adds constants to elements that pass no S-box; as they only go through the mixing, they are carried
/// to the next round, so that every row has one constant.
pub fn slot(parameters: &Parameters) -> Vec<(RowKind, Fr)> {
    let mut rows = vec![(RowKind::Absorb, Fr::ZERO); 2];
    let mut carried = [Fr::ZERO; WIDTH];
    let half = FULL_ROUNDS / 2;
    for (round, constants) in parameters.constants.iter().enumerate() {
        let [first, second, third] = [0, 1, 2].map(|i| carried[i] + constants[i]);
        if round < half || round >= half + PARTIAL_ROUNDS {
            rows.extend([
                (RowKind::Rotate, first),
                (RowKind::Rotate, second),
                (RowKind::Full, third),
            ]);
            carried = [Fr::ZERO; WIDTH];
        } else {
            rows.push((RowKind::Partial, first));
            carried = mix(&parameters.matrix, &[Fr::ZERO, second, third]);
        }
    }
    rows
}

/// The auxiliary cell of a row (for an absorbing row: the element `absorbed`) and the state of the next row.
pub(crate) fn advance(
    (kind, constant): (RowKind, Fr),
    [a0, a1, a2]: [Fr; WIDTH],
    absorbed: Fr,
    matrix: &[[Fr; WIDTH]; WIDTH],
) -> (Fr, [Fr; WIDTH]) {
    let x = a0 + constant;
    let square = x.square();
    let s = square.square() * x;
    match kind {
        RowKind::Absorb => (absorbed, [a0, a2, a1 + absorbed]),
        RowKind::Rotate => (square, [a1, a2, s]),
        RowKind::Full => (square, mix(matrix, &[a1, a2, s])),
        RowKind::Partial => (square, mix(matrix, &[s, a1, a2])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poseidon::Poseidon;

    #[test]
    fn a_slot_is_the_permutation() {
        let poseidon = Poseidon::default();
        let parameters = poseidon.parameters();
        let rows = slot(parameters);
        assert_eq!(rows.len(), SLOT);
        let elements = [Fr::from(11), Fr::from(12)];
        let mut state = [5, 6, 7].map(Fr::from);
        for (i, row) in rows.into_iter().enumerate() {
            let absorbed = elements.get(i).copied().unwrap_or(Fr::ZERO);
            state = advance(row, state, absorbed, &parameters.matrix).1;
        }
        assert_eq!(state, poseidon.permute([5, 6 + 11, 7 + 12].map(Fr::from)));
    }
}
