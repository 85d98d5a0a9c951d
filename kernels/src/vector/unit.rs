//! Montgomery arithmetic modulo BN254's two primes on eight lanes, radix 2^52, five limbs, R = 2^260.
//!
//! 2^260 is more than 84 p, so that values are reduced rarely. Bounds are in multiples of p and stated per function:
//! - *normal* limbs are below 2^52; *ragged* ones are signed sums that have not been carried yet, below 2^62 in magnitude.
//! - A value is the sum Σ limb·2^(52·i), never negative, whatever its limbs.

use super::lanes::Lanes;
use crate::column::Group;
use crate::montgomery::{MASK, Modulus};

/// Eight values, limb by limb.
pub(crate) type Limbs<U> = [<U as Lanes>::Word; 5];

/// Code that is written once for all units. Its arguments are its fields.
pub(crate) trait Kernel {
    /// What it gives.
    type Output;
    /// Does it. Has to be `#[inline(always)]`, like all functions that it hands words to; closures are not inlined for
    /// certain, so that none may hold words.
    fn on<U: Unit>(self, unit: U) -> Self::Output;
}

/// A vector unit: lanes, and field arithmetic on them. The arithmetic has bodies that a unit may replace by faster ones: limbs
/// may then differ, values modulo p and the stated bounds may not.
pub(crate) trait Unit: Lanes {
    /// The unit's name.
    const NAME: &'static str;

    /// Runs a kernel, compiled for the unit's instructions.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// Loads a group.
    #[inline(always)]
    fn load_group(self, group: &Group) -> Limbs<Self> {
        // No iterator: arrays of words that are moved into one may be copied in memory.
        let [a, b, c, d, e] = &group.0;
        [
            self.load(a),
            self.load(b),
            self.load(c),
            self.load(d),
            self.load(e),
        ]
    }

    /// Stores normal limbs; ragged ones where the group is not a column's.
    #[inline(always)]
    fn store_group(self, limbs: Limbs<Self>, group: &mut Group) {
        let [a, b, c, d, e] = &mut group.0;
        self.store(limbs[0], a);
        self.store(limbs[1], b);
        self.store(limbs[2], c);
        self.store(limbs[3], d);
        self.store(limbs[4], e);
    }

    /// The same value in all lanes.
    #[inline(always)]
    fn splat(self, limbs: &[u64; 5]) -> Limbs<Self> {
        let mut out = [self.word(limbs[0]); 5];
        for i in 1..5 {
            out[i] = self.word(limbs[i]);
        }
        out
    }

    /// a + b, ragged; bounds add up.
    #[inline(always)]
    fn add(self, a: Limbs<Self>, b: Limbs<Self>) -> Limbs<Self> {
        let mut out = a;
        for i in 0..5 {
            out[i] = self.plus(a[i], b[i]);
        }
        out
    }

    /// a − b + k·p for b at most k·p, ragged; the bound is a's and k.
    #[inline(always)]
    fn sub<M: Modulus>(self, a: Limbs<Self>, b: Limbs<Self>, k: usize) -> Limbs<Self> {
        let offset = self.splat(&M::MULTIPLES[k]);
        let mut out = a;
        for i in 0..5 {
            out[i] = self.minus(self.plus(a[i], offset[i]), b[i]);
        }
        out
    }

    /// b where the mask says yes, else a.
    #[inline(always)]
    fn select(self, mask: Self::Mask, a: Limbs<Self>, b: Limbs<Self>) -> Limbs<Self> {
        let mut out = a;
        for i in 0..5 {
            out[i] = self.select_word(mask, a[i], b[i]);
        }
        out
    }

    /// Normal limbs of the same value.
    #[inline(always)]
    fn carry(self, a: Limbs<Self>) -> Limbs<Self> {
        let mask = self.word(MASK);
        let mut out = a;
        for i in 0..4 {
            out[i + 1] = self.plus(out[i + 1], self.limbs_down(out[i]));
            out[i] = self.and(out[i], mask);
        }
        out
    }

    /// a · b / R for normal a and b: ragged, non-negative limbs below 2^57, value below (a·b / 84 + 1) p.
    #[inline(always)]
    fn mul<M: Modulus>(self, a: Limbs<Self>, b: Limbs<Self>) -> Limbs<Self> {
        let zero = self.word(0);
        let inverse = self.word(M::NEGATED_INVERSE);
        let p = self.splat(&M::P);
        let mut t = [zero; 5];
        for b in b {
            // t ← (t + a·b + q·p) / 2^52, low halves first; high halves land one limb up, which the division undoes.
            let l0 = self.low_product(t[0], a[0], b);
            let q = self.low_product(zero, l0, inverse);
            let mut l = [l0, t[1], t[2], t[3], t[4]];
            for i in 1..5 {
                l[i] = self.low_product(l[i], a[i], b);
            }
            for i in 0..5 {
                l[i] = self.low_product(l[i], p[i], q);
            }
            t = [l[1], l[2], l[3], l[4], zero];
            t[0] = self.plus(t[0], self.down::<52>(l[0]));
            for i in 0..5 {
                t[i] = self.high_product(t[i], a[i], b);
            }
            for i in 0..5 {
                t[i] = self.high_product(t[i], p[i], q);
            }
        }
        t
    }

    /// acc ← acc + a · b in double width, a and b normal. At most 64 products fit.
    #[inline(always)]
    fn accumulate(self, acc: &mut [Self::Word; 10], a: Limbs<Self>, b: Limbs<Self>) {
        for j in 0..5 {
            for i in 0..5 {
                acc[i + j] = self.low_product(acc[i + j], a[i], b[j]);
            }
            for i in 0..5 {
                acc[i + j + 1] = self.high_product(acc[i + j + 1], a[i], b[j]);
            }
        }
    }

    /// acc ← acc + a · b for normal a and b below 2^32. At most 2^10 products fit.
    #[inline(always)]
    fn accumulate_small(self, acc: &mut [Self::Word; 6], a: Limbs<Self>, b: Self::Word) {
        for i in 0..5 {
            acc[i] = self.low_product(acc[i], a[i], b);
            acc[i + 1] = self.high_product(acc[i + 1], a[i], b);
        }
    }

    /// An empty sum of products.
    #[inline(always)]
    fn no_products<const WORDS: usize>(self) -> [Self::Word; WORDS] {
        [self.word(0); WORDS]
    }

    /// acc / R: ragged, value below (acc / (84 p²) + 1) p.
    #[inline(always)]
    fn montgomery<M: Modulus>(self, mut acc: [Self::Word; 10]) -> Limbs<Self> {
        let zero = self.word(0);
        let inverse = self.word(M::NEGATED_INVERSE);
        let p = self.splat(&M::P);
        for i in 0..5 {
            let q = self.low_product(zero, acc[i], inverse);
            for j in 0..5 {
                acc[i + j] = self.low_product(acc[i + j], p[j], q);
                acc[i + j + 1] = self.high_product(acc[i + j + 1], p[j], q);
            }
            acc[i + 1] = self.plus(acc[i + 1], self.down::<52>(acc[i]));
        }
        [acc[5], acc[6], acc[7], acc[8], acc[9]]
    }

    /// The same value modulo p, normal and below 2p, for values below 84p.
    ///
    /// The quotient comes from the top limb: less two for carries that have not reached it yet, it is never too large, and
    /// too small by less than 1.02.
    #[inline(always)]
    fn reduce<M: Modulus>(self, a: Limbs<Self>) -> Limbs<Self> {
        let zero = self.word(0);
        let top = self.plus(a[4], self.limbs_down(a[3]));
        let top = self.at_least_zero(self.minus(top, self.word(2)));
        let q = self.down::<6>(self.high_product(zero, top, self.word(M::RECIPROCAL)));
        // a + q·(2^260 − p), of which the top bits fall off.
        let complement = self.splat(&M::COMPLEMENT);
        let mut out = a;
        for i in 0..5 {
            out[i] = self.low_product(out[i], q, complement[i]);
        }
        for i in 0..4 {
            out[i + 1] = self.high_product(out[i + 1], q, complement[i]);
        }
        let mut out = self.carry(out);
        out[4] = self.and(out[4], self.word(MASK));
        out
    }

    /// The value below p, normal, for values below 84p.
    #[inline(always)]
    fn canonical<M: Modulus>(self, a: Limbs<Self>) -> Limbs<Self> {
        let a = self.reduce::<M>(a);
        let p = self.splat(&M::P);
        let mut less = a;
        for i in 0..5 {
            less[i] = self.minus(a[i], p[i]);
        }
        let less = self.carry(less);
        self.select(self.negative(less[4]), less, a)
    }

    /// 64-bit words to normal limbs.
    #[inline(always)]
    fn split(self, w: [Self::Word; 4]) -> Limbs<Self> {
        let mask = self.word(MASK);
        [
            self.and(w[0], mask),
            self.and(self.or(self.down::<52>(w[0]), self.up::<12>(w[1])), mask),
            self.and(self.or(self.down::<40>(w[1]), self.up::<24>(w[2])), mask),
            self.and(self.or(self.down::<28>(w[2]), self.up::<36>(w[3])), mask),
            self.down::<16>(w[3]),
        ]
    }

    /// Normal limbs of values below 2^256 to 64-bit words.
    #[inline(always)]
    fn join(self, l: Limbs<Self>) -> [Self::Word; 4] {
        [
            self.or(l[0], self.up::<52>(l[1])),
            self.or(self.down::<12>(l[1]), self.up::<40>(l[2])),
            self.or(self.down::<24>(l[2]), self.up::<28>(l[3])),
            self.or(self.down::<36>(l[3]), self.up::<16>(l[4])),
        ]
    }
}
