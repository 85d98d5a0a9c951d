//! Between halo2's field elements (Montgomery with R = 2^256) and groups of eight (R = 2^260).

use super::unit::{Kernel, Unit};
use crate::column::{GROUP, Group};
use crate::montgomery::{Scalar, from_raw, power_of_two, raw};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// 2^256 as an integer modulo the scalar field's order: multiplying by it takes R = 2^260 to R = 2^256.
const TO_HALO2: [u64; 5] = power_of_two::<Scalar>(256);
/// 2^264: from R = 2^256 to R = 2^260.
const FROM_HALO2: [u64; 5] = power_of_two::<Scalar>(264);
/// 2^520: from integers to R = 2^260.
pub(super) const FROM_INTEGER: [u64; 5] = power_of_two::<Scalar>(520);

/// A column, padded with zeros to a multiple of eight.
pub(super) fn from_field<U: Unit>(unit: U, values: &[Fr]) -> Vec<Group> {
    let mut groups = vec![Group::ZERO; values.len().div_ceil(GROUP)];
    unit.run(LoadField {
        values,
        groups: &mut groups,
    });
    groups
}

struct LoadField<'a> {
    values: &'a [Fr],
    groups: &'a mut [Group],
}

impl Kernel for LoadField<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let factor = unit.splat(&FROM_HALO2);
        for (values, group) in self.values.chunks(GROUP).zip(self.groups) {
            let mut lanes = [[0; GROUP]; 4];
            for (lane, value) in values.iter().enumerate() {
                let words = raw(value);
                for i in 0..4 {
                    lanes[i][lane] = words[i];
                }
            }
            let mut words = [unit.word(0); 4];
            for i in 0..4 {
                words[i] = unit.load(&lanes[i]);
            }
            let product = unit.mul::<Scalar>(unit.split(words), factor);
            unit.store_group(unit.canonical::<Scalar>(product), group);
        }
    }
}

/// A column of signed integers, padded with zeros to `len`.
pub(super) fn from_small<U: Unit>(unit: U, values: &[i64], len: usize) -> Vec<Group> {
    let mut groups = vec![Group::ZERO; len.div_ceil(GROUP)];
    unit.run(LoadSmall {
        values,
        groups: &mut groups,
    });
    groups
}

struct LoadSmall<'a> {
    values: &'a [i64],
    groups: &'a mut [Group],
}

impl Kernel for LoadSmall<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let factor = unit.splat(&FROM_INTEGER);
        let zero = unit.splat(&[0; 5]);
        for (values, group) in self.values.chunks(GROUP).zip(self.groups) {
            let mut lanes = [0; GROUP];
            for (lane, value) in lanes.iter_mut().zip(values) {
                *lane = *value as u64;
            }
            let signed = unit.load(&lanes);
            let negative = unit.negative(signed);
            let magnitude = unit.select_word(negative, signed, unit.minus(zero[0], signed));
            let words = [magnitude, zero[0], zero[0], zero[0]];
            let product = unit.mul::<Scalar>(unit.split(words), factor);
            let negated = unit.sub::<Scalar>(zero, product, 2);
            unit.store_group(
                unit.reduce::<Scalar>(unit.select(negative, product, negated)),
                group,
            );
        }
    }
}

/// The values of a column.
pub(super) fn to_field<U: Unit>(unit: U, groups: &[Group]) -> Vec<Fr> {
    let mut values = vec![Fr::ZERO; GROUP * groups.len()];
    unit.run(StoreField {
        groups,
        values: &mut values,
    });
    values
}

struct StoreField<'a> {
    groups: &'a [Group],
    values: &'a mut [Fr],
}

impl Kernel for StoreField<'_> {
    type Output = ();

    #[inline(always)]
    fn on<U: Unit>(self, unit: U) {
        let factor = unit.splat(&TO_HALO2);
        for (group, values) in self.groups.iter().zip(self.values.chunks_mut(GROUP)) {
            let product = unit.mul::<Scalar>(unit.load_group(group), factor);
            let words = unit.join(unit.canonical::<Scalar>(product));
            let mut lanes = [[0; GROUP]; 4];
            for i in 0..4 {
                unit.store(words[i], &mut lanes[i]);
            }
            for (lane, value) in values.iter_mut().enumerate() {
                *value = from_raw([lanes[0][lane], lanes[1][lane], lanes[2][lane], lanes[3][lane]]);
            }
        }
    }
}
