//! The units' arithmetic at the edges of its bounds, against halo2curves, and their lanes against arrays.

use super::arrays::Arrays;
#[cfg(target_arch = "x86_64")]
use super::ifma::Ifma;
use super::lanes::Lanes;
use super::unit::{Limbs, Unit};
use crate::column::Group;
use crate::montgomery::{Base, Modulus, Scalar, from_raw, limbs, raw, words};
use halo2_proofs::halo2curves::bn256::{Fq, Fr};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::halo2curves::serde::SerdeObject;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// Calls a function with every unit that this CPU has.
macro_rules! with_every_unit {
    ($check:ident $(::<$($kind:ty),+>)?) => {
        $check::<$($($kind,)+)? _>(Arrays);
        #[cfg(target_arch = "x86_64")]
        if let Some(unit) = Ifma::detect() {
            $check::<$($($kind,)+)? _>(unit);
        }
    };
}

/// k·p + offset as limbs, for a small offset of either sign.
fn multiple<M: Modulus>(k: u64, offset: i64) -> [u64; 5] {
    let mut carry = i128::from(offset);
    std::array::from_fn(|i| {
        let sum = i128::from(M::P[i]) * i128::from(k) + carry;
        carry = sum >> 52;
        (sum & ((1 << 52) - 1)) as u64
    })
}

/// Other limbs of the same value: each lends `lent` units to the one below, top limb last.
fn ragged(mut l: [u64; 5], lent: i64) -> [u64; 5] {
    for i in 0..4 {
        l[i] = l[i].wrapping_add_signed(lent << 52);
        l[i + 1] = l[i + 1].wrapping_add_signed(-lent);
    }
    l
}

fn lanes<U: Unit>(unit: U, l: [u64; 5]) -> Limbs<U> {
    unit.splat(&l)
}

fn first<U: Unit>(unit: U, l: Limbs<U>) -> [u64; 5] {
    let mut group = Group::ZERO;
    unit.store_group(l, &mut group);
    assert_eq!(group.lane(0), group.lane(7));
    group.lane(0)
}

fn at_bounds<M: Modulus, U: Unit>(unit: U) {
    for k in 0..=84 {
        for offset in [-3, -1, 0, 1, 5, 1 << 40] {
            if k == 0 && offset < 0 {
                continue;
            }
            let value = multiple::<M>(k, offset);
            let below = if offset < 0 {
                multiple::<M>(1, offset)
            } else {
                multiple::<M>(0, offset)
            };
            for lent in [0, 1, -1, 500, -500] {
                let input = lanes(unit, ragged(value, lent));
                assert_eq!(
                    first(unit, unit.carry(input)),
                    value,
                    "carry of {k}p + {offset}, lent {lent}"
                );
                assert_eq!(
                    first(unit, unit.canonical::<M>(input)),
                    below,
                    "{k}p + {offset}, lent {lent}"
                );
                let reduced = first(unit, unit.reduce::<M>(input));
                let one_more = multiple::<M>(if offset < 0 { 2 } else { 1 }, offset);
                assert!(
                    reduced == below || reduced == one_more,
                    "{k}p + {offset}, lent {lent}: {reduced:?}"
                );
            }
        }
    }
}

#[test]
fn reductions_at_their_bounds() {
    with_every_unit!(at_bounds::<Scalar>);
    with_every_unit!(at_bounds::<Base>);
}

/// a·b / 2^260 in halo2's arithmetic, for operands k·p + a.
fn products<M: Modulus, F: Field + SerdeObject, U: Unit>(unit: U) {
    // Raw words w of an element e mean e = w / 2^256; the kernel's product of words v and w is v·w / 2^260.
    let sixteenth = F::ONE.double().double().double().double().invert().unwrap();
    for k in [0, 1, 2, 7, 60, 83] {
        for a in [1, 2, 1 << 40, -1, -2] {
            for b in [1, 3, -1, -(1 << 40)] {
                let (k, l) = if a < 0 { (k + 1, 1) } else { (k, 0) };
                let m = u64::from(b < 0);
                let element = |l: u64, v: i64| from_raw::<F>(words(&multiple::<M>(l, v)));
                let right = raw(&(element(l, a) * element(m, b) * sixteenth));
                let product =
                    unit.mul::<M>(lanes(unit, multiple::<M>(k, a)), lanes(unit, multiple::<M>(m, b)));
                assert_eq!(
                    words(&first(unit, unit.canonical::<M>(product))),
                    right,
                    "({k}p + {a})·({b})"
                );
                let mut acc = unit.no_products();
                for _ in 0..64 {
                    unit.accumulate(
                        &mut acc,
                        lanes(unit, multiple::<M>(l, a)),
                        lanes(unit, multiple::<M>(m, b)),
                    );
                }
                let sum = first(unit, unit.canonical::<M>(unit.montgomery::<M>(acc)));
                let mut right = element(l, a) * element(m, b) * sixteenth;
                (0..6).for_each(|_| right = right.double());
                assert_eq!(words(&sum), raw(&right), "64 times {a}·{b}");
            }
        }
    }
}

#[test]
fn products_at_their_bounds() {
    with_every_unit!(products::<Scalar, Fr>);
    with_every_unit!(products::<Base, Fq>);
}

fn split_and_joined<U: Unit>(unit: U) {
    let w = [u64::MAX, 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, u64::MAX];
    assert_eq!(words(&limbs(&w)), w);
    let joined = unit.join(unit.split(w.map(|w| unit.word(w))));
    let again = first(unit, unit.split(joined));
    assert_eq!(again, limbs(&w));
}

#[test]
fn words_and_limbs() {
    with_every_unit!(split_and_joined);
}

/// Words whose bits differ in all lanes, with zeros, ones and signs among them.
fn rows(seed: u64) -> [[u64; 8]; 8] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    std::array::from_fn(|_| {
        std::array::from_fn(|_| match rng.next_u32() % 6 {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << (rng.next_u32() % 64),
            _ => rng.next_u64(),
        })
    })
}

/// Everything that a unit must offer, and what it replaces, gives what plain integers give.
fn like_arrays<U: Unit>(unit: U) {
    for seed in 0..50 {
        let [a, b, c, ..] = rows(seed);
        let [x, y, z] = [a, b, c].map(|r| unit.load(&r));
        let same = |found: U::Word, right: [u64; 8], what: &str| {
            assert_eq!(unit.to_array(found), right, "{} {what}, seed {seed}", U::NAME);
        };
        same(unit.word(a[0]), Arrays.word(a[0]), "word");
        same(unit.plus(x, y), Arrays.plus(a, b), "plus");
        same(unit.minus(x, y), Arrays.minus(a, b), "minus");
        same(unit.and(x, y), Arrays.and(a, b), "and");
        same(unit.or(x, y), Arrays.or(a, b), "or");
        same(unit.up::<12>(x), Arrays.up::<12>(a), "up");
        same(unit.down::<52>(x), Arrays.down::<52>(a), "down");
        same(unit.limbs_down(x), Arrays.limbs_down(a), "limbs down");
        same(
            unit.low_product(z, x, y),
            Arrays.low_product(c, a, b),
            "low product",
        );
        same(
            unit.high_product(z, x, y),
            Arrays.high_product(c, a, b),
            "high product",
        );
        same(unit.at_least_zero(x), Arrays.at_least_zero(a), "at least zero");
        let masks = [unit.negative(x), unit.zero(x), unit.mask(seed as u8)];
        let right = [Arrays.negative(a), Arrays.zero(a), Arrays.mask(seed as u8)];
        for (mask, right) in masks.into_iter().zip(right) {
            assert_eq!(unit.bits(mask), Arrays.bits(right), "{}, seed {seed}", U::NAME);
            same(
                unit.select_word(mask, y, z),
                Arrays.select_word(right, b, c),
                "select",
            );
        }
        let (narrow, wide) = (a.map(|a| a as u16), b.map(|b| b as u32));
        same(unit.load_u16(&narrow), Arrays.load_u16(&narrow), "16 bits");
        same(unit.load_u32(&wide), Arrays.load_u32(&wide), "32 bits");
        for lane in 0..8 {
            same(unit.window(x, y, lane), Arrays.window(a, b, lane), "window");
            same(unit.swap(x, lane), Arrays.swap(a, lane), "swap");
        }
        let mut right = rows(seed);
        let mut found = right.map(|r| unit.load(&r));
        unit.transpose(&mut found);
        Arrays.transpose(&mut right);
        found
            .into_iter()
            .zip(right)
            .for_each(|(f, r)| same(f, r, "transpose"));
        let quadruples: [[u64; 4]; 8] = rows(seed).map(|r| [r[0], r[1], r[2], r[3]]);
        let from = quadruples.each_ref();
        let (found, right) = (unit.gather(from), Arrays.gather(from));
        found
            .into_iter()
            .zip(right)
            .for_each(|(f, r)| same(f, r, "gather"));
        assert_eq!(unit.scatter(found), quadruples, "{}, seed {seed}", U::NAME);
        unit.prefetch(&quadruples);
    }
}

#[test]
fn lanes_are_those_of_arrays() {
    with_every_unit!(like_arrays);
}
