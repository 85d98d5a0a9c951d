//! Twiddles of a domain.

use super::convert;
use super::unit::Unit;
use crate::column::{GROUP, Group};
use crate::kernels::Direction;
use crate::montgomery::scalar;
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};

/// Twiddles of one direction and shift.
pub(super) struct Tables {
    pub(super) direction: Direction,
    pub(super) shift: Fr,
    /// Whether the first two levels have nothing to multiply.
    pub(super) plain: bool,
    /// Level by level: the level that joins blocks of h groups starts at h − 1, and its i-th twiddle is the i-th power of
    /// its root, times the shift's power.
    levels: Vec<[u64; 5]>,
    /// ω^(l·k)·shift^l, for eight consecutive k in the lanes: groups 8·(k / 8) + l.
    pub(super) lanes: Vec<Group>,
    /// ω_8, ω_8², ω_8³.
    pub(super) eighth: [[u64; 5]; 3],
    /// Factors of the results, in groups of natural order.
    pub(super) last: Option<Vec<Group>>,
}

impl Tables {
    pub(super) fn new<U: Unit>(unit: U, omega: Fr, log_size: u32, direction: Direction, shift: Fr) -> Self {
        let size = 1_usize << log_size;
        let rows = size / GROUP;
        let invert = |v: Fr| v.invert().unwrap_or(Fr::ZERO);
        let (root, own_shift, scale) = match direction {
            Direction::Forward => (omega, shift, Fr::ONE),
            Direction::Inverse => (
                invert(omega),
                Fr::ONE,
                (0..log_size).fold(Fr::ONE, |s, _| s * Fr::TWO_INV),
            ),
        };
        let mut levels = Vec::with_capacity(rows - 1);
        let mut half = 1;
        while half < rows {
            // Blocks of 2·half groups evaluate polynomials in x^(size / (2·half)).
            let exponent = [(size / (2 * half)) as u64];
            let (step, start) = (root.pow_vartime(exponent), own_shift.pow_vartime(exponent));
            levels.extend(powers(start, step, half));
            half *= 2;
        }
        let levels = limbs_of(unit, &levels);
        let mut lanes = Vec::with_capacity(size);
        let per_lane: Vec<Vec<Fr>> = (0..GROUP as u64)
            .map(|l| powers(scale * own_shift.pow_vartime([l]), root.pow_vartime([l]), rows).collect())
            .collect();
        for k in (0..rows).step_by(GROUP) {
            per_lane
                .iter()
                .for_each(|lane| lanes.extend_from_slice(&lane[k..k + GROUP]));
        }
        let eighth = root.pow_vartime([rows as u64]);
        let eighth = [eighth, eighth.square(), eighth.square() * eighth].map(scalar);
        let last = (direction == Direction::Inverse && shift != Fr::ONE)
            .then(|| convert::from_field(unit, &powers(Fr::ONE, invert(shift), size).collect::<Vec<_>>()));
        let plain = own_shift == Fr::ONE;
        let lanes = convert::from_field(unit, &lanes);
        Self {
            direction,
            shift,
            plain,
            levels,
            lanes,
            eighth,
            last,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let groups = self.lanes.len() + self.last.as_ref().map_or(0, Vec::len);
        groups * size_of::<Group>() + size_of_val(self.levels.as_slice())
    }

    /// Twiddles of the level that joins blocks of `half` groups.
    #[inline(always)]
    pub(super) fn level(&self, half: usize) -> &[[u64; 5]] {
        &self.levels[half - 1..2 * half - 1]
    }
}

/// start · step^i.
fn powers(start: Fr, step: Fr, count: usize) -> impl Iterator<Item = Fr> {
    std::iter::successors(Some(start), move |p| Some(*p * step)).take(count)
}

fn limbs_of<U: Unit>(unit: U, values: &[Fr]) -> Vec<[u64; 5]> {
    let groups = convert::from_field(unit, values);
    (0..values.len())
        .map(|i| groups[i / GROUP].lane(i % GROUP))
        .collect()
}
