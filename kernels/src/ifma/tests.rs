//! The lanes' arithmetic at the edges of its bounds, against halo2curves.

use super::convert::{from_raw, raw};
use super::field::{Base, Group, Lanes, Modulus, Scalar, Simd, limbs, words};
use halo2_proofs::halo2curves::bn256::{Fq, Fr};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::halo2curves::serde::SerdeObject;

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

fn lanes(simd: Simd, l: [u64; 5]) -> Lanes {
    simd.splat(&l)
}

fn first(simd: Simd, l: Lanes) -> [u64; 5] {
    let mut group = Group::zero(simd);
    simd.store(l, &mut group);
    assert_eq!(group.lane(0), group.lane(7));
    group.lane(0)
}

fn at_bounds<M: Modulus>(simd: Simd) {
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
                let input = lanes(simd, ragged(value, lent));
                assert_eq!(
                    first(simd, simd.carry(input)),
                    value,
                    "carry of {k}p + {offset}, lent {lent}"
                );
                assert_eq!(
                    first(simd, simd.canonical::<M>(input)),
                    below,
                    "{k}p + {offset}, lent {lent}"
                );
                let reduced = first(simd, simd.reduce::<M>(input));
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
    let Some(simd) = Simd::detect() else { return };
    at_bounds::<Scalar>(simd);
    at_bounds::<Base>(simd);
}

/// a·b / 2^260 in halo2's arithmetic, for operands k·p + a.
fn products<M: Modulus, F: Field + SerdeObject>(simd: Simd) {
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
                    simd.mul::<M>(lanes(simd, multiple::<M>(k, a)), lanes(simd, multiple::<M>(m, b)));
                assert_eq!(
                    words(&first(simd, simd.canonical::<M>(product))),
                    right,
                    "({k}p + {a})·({b})"
                );
                let mut acc = simd.no_products();
                for _ in 0..64 {
                    simd.accumulate(
                        &mut acc,
                        lanes(simd, multiple::<M>(l, a)),
                        lanes(simd, multiple::<M>(m, b)),
                    );
                }
                let sum = first(simd, simd.canonical::<M>(simd.montgomery::<M>(acc)));
                let mut right = element(l, a) * element(m, b) * sixteenth;
                (0..6).for_each(|_| right = right.double());
                assert_eq!(words(&sum), raw(&right), "64 times {a}·{b}");
            }
        }
    }
}

#[test]
fn products_at_their_bounds() {
    let Some(simd) = Simd::detect() else { return };
    products::<Scalar, Fr>(simd);
    products::<Base, Fq>(simd);
}

#[test]
fn words_and_limbs() {
    let w = [u64::MAX, 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, u64::MAX];
    assert_eq!(words(&limbs(&w)), w);
    let Some(simd) = Simd::detect() else { return };
    let joined = simd.join(simd.split([simd.word(w[0]), simd.word(w[1]), simd.word(w[2]), simd.word(w[3])]));
    let again = first(simd, simd.split(joined));
    assert_eq!(again, limbs(&w));
}
