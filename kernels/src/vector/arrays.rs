//! Lanes in arrays of words, for tests: generic code runs on every machine, with nothing but what a unit must have.

use super::lanes::Lanes;
use super::unit::{Kernel, Unit};
use crate::montgomery::MASK;

/// The unit of plain integers.
#[derive(Clone, Copy)]
pub(crate) struct Arrays;

fn each(a: [u64; 8], b: [u64; 8], f: impl Fn(u64, u64) -> u64) -> [u64; 8] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

fn product(a: u64, b: u64) -> u128 {
    u128::from(a & MASK) * u128::from(b & MASK)
}

impl Unit for Arrays {
    const NAME: &'static str = "Arrays";

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.on(self)
    }
}

impl Lanes for Arrays {
    type Word = [u64; 8];
    type Mask = [bool; 8];

    fn load(self, from: &[u64; 8]) -> [u64; 8] {
        *from
    }

    fn store(self, a: [u64; 8], to: &mut [u64; 8]) {
        *to = a;
    }

    fn word(self, word: u64) -> [u64; 8] {
        [word; 8]
    }

    fn plus(self, a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        each(a, b, u64::wrapping_add)
    }

    fn minus(self, a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        each(a, b, u64::wrapping_sub)
    }

    fn and(self, a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        each(a, b, |a, b| a & b)
    }

    fn or(self, a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        each(a, b, |a, b| a | b)
    }

    fn up<const BITS: u32>(self, a: [u64; 8]) -> [u64; 8] {
        a.map(|a| a << BITS)
    }

    fn down<const BITS: u32>(self, a: [u64; 8]) -> [u64; 8] {
        a.map(|a| a >> BITS)
    }

    fn limbs_down(self, a: [u64; 8]) -> [u64; 8] {
        a.map(|a| (a as i64 >> 52) as u64)
    }

    fn low_product(self, sum: [u64; 8], a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        self.plus(sum, each(a, b, |a, b| product(a, b) as u64 & MASK))
    }

    fn high_product(self, sum: [u64; 8], a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        self.plus(sum, each(a, b, |a, b| (product(a, b) >> 52) as u64))
    }

    fn negative(self, a: [u64; 8]) -> [bool; 8] {
        a.map(|a| (a as i64) < 0)
    }

    fn zero(self, a: [u64; 8]) -> [bool; 8] {
        a.map(|a| a == 0)
    }

    fn bits(self, mask: [bool; 8]) -> u8 {
        (0..8).map(|i| u8::from(mask[i]) << i).sum()
    }

    fn mask(self, bits: u8) -> [bool; 8] {
        std::array::from_fn(|i| bits >> i & 1 == 1)
    }

    fn select_word(self, mask: [bool; 8], a: [u64; 8], b: [u64; 8]) -> [u64; 8] {
        std::array::from_fn(|i| if mask[i] { b[i] } else { a[i] })
    }
}
