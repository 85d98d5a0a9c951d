//! Powers of the challenges.

use crate::{challenges::Challenges, functional::Base, scalar::Fr};
use halo2_proofs::halo2curves::ff::Field;

/// Powers of ρ and σ, at most three multiplications each.
pub(super) struct Powers {
    pub(super) rho: Table,
    sigma: Table,
}

/// `digits[i][d]` is `base^(d·256^i)`.
pub(super) struct Table {
    digits: [Vec<Fr>; 4],
}

impl Powers {
    pub(super) fn new(challenges: &Challenges) -> Self {
        Self {
            rho: Table::new(challenges.rho),
            sigma: Table::new(challenges.sigma),
        }
    }

    /// A power of a base.
    pub(super) fn of(&self, base: Base, power: u32) -> Fr {
        match base {
            Base::Rho => self.rho.get(power),
            Base::Sigma => self.sigma.get(power),
            Base::TwoPower(bits) => Fr::from(2).pow([u64::from(bits) * u64::from(power)]),
        }
    }
}

impl Table {
    fn new(base: Fr) -> Self {
        let mut base = base;
        let digits = std::array::from_fn(|_| {
            let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |power| Some(*power * base))
                .take(256)
                .collect();
            base *= powers.last().unwrap_or(&Fr::ONE);
            powers
        });
        Self { digits }
    }

    /// The base to this power.
    pub(super) fn get(&self, power: u32) -> Fr {
        let digits = self.digits.iter().zip(power.to_le_bytes());
        digits
            .filter(|(_, digit)| *digit > 0)
            .fold(Fr::ONE, |product, (powers, digit)| {
                product * powers[usize::from(digit)]
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_repeated_multiplication() {
        let base = Fr::from(0x1234_5678_9abc).square();
        let table = Table::new(base);
        for power in [0, 1, 2, 255, 256, 257, 65_535, 65_536, 1 << 24, u32::MAX] {
            assert_eq!(table.get(power), base.pow([u64::from(power)]), "{power}");
        }
    }
}
