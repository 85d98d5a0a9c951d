//! The permutation and the sponge, outside the circuit.

use super::parameters::{FULL_ROUNDS, PARTIAL_ROUNDS, Parameters, WIDTH};
use crate::scalar::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// Poseidon with generated parameters.
#[derive(Clone, Debug)]
pub struct Poseidon {
    parameters: Parameters,
}

impl Default for Poseidon {
    fn default() -> Self {
        Self {
            parameters: Parameters::generate(),
        }
    }
}

impl Poseidon {
    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The permutation.
    pub fn permute(&self, mut state: [Fr; WIDTH]) -> [Fr; WIDTH] {
        let half = FULL_ROUNDS / 2;
        for (round, constants) in self.parameters.constants.iter().enumerate() {
            state.iter_mut().zip(constants).for_each(|(s, c)| *s += c);
            let full = round < half || round >= half + PARTIAL_ROUNDS;
            state
                .iter_mut()
                .take(if full { WIDTH } else { 1 })
                .for_each(|s| *s *= s.square().square());
            state = mix(&self.parameters.matrix, &state);
        }
        state
    }

    /// The sponge: from the state `(capacity, 0, 0)`, adds two elements at a time to the last two of the state and
    /// permutes; the result is the state's second element. A list of odd length is completed by a zero, so `capacity`
    /// or the list itself has to determine the list's length.
    pub fn sponge(&self, capacity: Fr, elements: &[Fr]) -> Fr {
        let mut state = [capacity, Fr::ZERO, Fr::ZERO];
        for pair in elements.chunks(2) {
            state.iter_mut().skip(1).zip(pair).for_each(|(s, e)| *s += e);
            state = self.permute(state);
        }
        state[1]
    }
}

/// `matrix · state`.
pub(super) fn mix(matrix: &[[Fr; WIDTH]; WIDTH], state: &[Fr; WIDTH]) -> [Fr; WIDTH] {
    matrix.map(|row| {
        row.iter()
            .zip(state)
            .map(|(m, s)| *m * s)
            .fold(Fr::ZERO, |a, b| a + b)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(value: Fr) -> String {
        format!("{value:?}")
    }

    /// The first state element of the permutation of `(0, a, b)`: circomlib's hash of two elements.
    fn pair(poseidon: &Poseidon, a: Fr, b: Fr) -> Fr {
        poseidon.permute([Fr::ZERO, a, b])[0]
    }

    #[test]
    fn the_designers_test_vector() {
        let state = Poseidon::default().permute([0, 1, 2].map(Fr::from));
        let expected = [
            "0x115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189a",
            "0x0fca49b798923ab0239de1c9e7a4a9a2210312b6a2f616d18b5a87f9b628ae29",
            "0x0e7ae82e40091e63cbd4f16a6d16310b3729d4b6e138fcf54110e2867045a30c",
        ];
        assert_eq!(state.map(hex), expected);
    }

    #[test]
    fn roots_of_empty_trees() {
        let poseidon = Poseidon::default();
        let one = pair(&poseidon, Fr::ZERO, Fr::ZERO);
        assert_eq!(
            hex(one),
            "0x2098f5fb9e239eab3ceac3f27b81e481dc3124d55ffed523a839ee8446b64864"
        );
        let two = pair(&poseidon, one, one);
        assert_eq!(
            hex(two),
            "0x1069673dcdb12263df301a6ff584a7ec261a44cb9dc68df067a4774460b1f1e1"
        );
    }

    #[test]
    fn the_sponge_adds_to_the_last_two_elements() {
        let poseidon = Poseidon::default();
        let [a, b, c] = [7, 8, 9].map(Fr::from);
        let tag = Fr::from(3);
        let first = poseidon.permute([tag, a, b]);
        let second = poseidon.permute([first[0], first[1] + c, first[2]]);
        assert_eq!(poseidon.sponge(tag, &[a, b, c]), second[1]);
    }
}
