//! Parameters of Poseidon for BN254, `t = 3`, `x^5`, 8 full and 57 partial rounds, generated as the designers publish it:
//! an 80-bit Grain LFSR in self-shrinking mode that is seeded with the instance (Poseidon paper, appendix E).

use crate::scalar::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};

/// Elements of the state.
pub const WIDTH: usize = 3;
/// Rounds in which every element passes the S-box; half of them before, half after the partial rounds.
pub const FULL_ROUNDS: usize = 8;
/// Rounds in which only the first element passes the S-box.
pub const PARTIAL_ROUNDS: usize = 57;

/// Bits of a field element.
const BITS: usize = 254;

/// Round constants and mixing matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Constants added before the S-boxes, one triple per round.
    pub constants: Vec<[Fr; WIDTH]>,
    /// The MDS matrix: `next[i] = Σ_j matrix[i][j]·state[j]`.
    pub matrix: [[Fr; WIDTH]; WIDTH],
}

impl Parameters {
    /// Runs the generator; about a millisecond.
    pub fn generate() -> Self {
        let mut grain = Grain::new();
        let constants = (0..FULL_ROUNDS + PARTIAL_ROUNDS)
            .map(|_| [(); WIDTH].map(|()| grain.canonical()))
            .collect();
        loop {
            if let Some(matrix) = cauchy(&[(); 2 * WIDTH].map(|()| grain.reduced())) {
                return Self { constants, matrix };
            }
        }
    }
}

/// `1 / (x_i + y_j)` for the first and the second half of `points`; `None` unless all are distinct and no sum is zero.
fn cauchy(points: &[Fr; 2 * WIDTH]) -> Option<[[Fr; WIDTH]; WIDTH]> {
    let repeated = points.iter().enumerate().any(|(i, p)| points[..i].contains(p));
    let mut matrix = [[Fr::ZERO; WIDTH]; WIDTH];
    for (i, row) in matrix.iter_mut().enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            *entry = Option::from((points[i] + points[WIDTH + j]).invert())?;
        }
    }
    (!repeated).then_some(matrix)
}

/// The generator: bit `i` of `state` is the bit that leaves the register after `i` further steps.
struct Grain {
    state: u128,
}

impl Grain {
    fn new() -> Self {
        // Prime field, S-box x^α, field bits, width, full rounds, partial rounds, ones: each most significant bit first.
        let ones = (1 << 30) - 1;
        let seed = [
            (1, 2),
            (0, 4),
            (BITS, 12),
            (WIDTH, 12),
            (FULL_ROUNDS, 10),
            (PARTIAL_ROUNDS, 10),
            (ones, 30),
        ];
        let bits = seed
            .iter()
            .flat_map(|(value, count)| (0..*count).rev().map(move |bit| (value >> bit) & 1));
        let state = bits
            .enumerate()
            .fold(0u128, |state, (i, bit)| state | ((bit as u128) << i));
        let mut grain = Self { state };
        (0..160).for_each(|_| {
            grain.step();
        });
        grain
    }

    fn step(&mut self) -> bool {
        let bit = [62, 51, 38, 23, 13, 0]
            .iter()
            .fold(0, |sum, tap| sum ^ (self.state >> tap))
            & 1;
        self.state = (self.state >> 1) | (bit << 79);
        bit == 1
    }

    /// Of every pair of bits, the second one if the first one is set.
    fn bit(&mut self) -> bool {
        loop {
            let (chosen, bit) = (self.step(), self.step());
            if chosen {
                return bit;
            }
        }
    }

    /// The next integer below the modulus.
    fn canonical(&mut self) -> Fr {
        loop {
            let mut bytes = [0u8; 32];
            for position in (0..BITS).rev() {
                bytes[position / 8] |= u8::from(self.bit()) << (position % 8);
            }
            if let Some(value) = Option::from(Fr::from_repr(bytes)) {
                return value;
            }
        }
    }

    /// The next integer, modulo the modulus.
    fn reduced(&mut self) -> Fr {
        (0..BITS).fold(Fr::ZERO, |sum, _| sum.double() + Fr::from(u64::from(self.bit())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_the_published_ones() {
        let all = Parameters::generate();
        let hex = |f: &Fr| format!("{f:?}");
        assert_eq!(
            hex(&all.constants[0][0]),
            "0x0ee9a592ba9a9518d05986d656f40c2114c4993c11bb29938d21d47304cd8e6e"
        );
        assert_eq!(
            hex(&all.constants[0][1]),
            "0x00f1445235f2148c5986587169fc1bcd887b08d4d00868df5696fff40956e864"
        );
        assert!(hex(&all.constants[64][2]).starts_with("0x1da55cc900f0"));
        assert!(
            hex(&all.matrix[0][0])
                .starts_with("0x109b7f411ba0e4c9b2b70caf5c36a7b194be7c11ad24378bfedb68592ba8118b")
        );
    }
}
