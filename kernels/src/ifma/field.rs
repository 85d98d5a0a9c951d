//! Montgomery arithmetic modulo BN254's two primes on eight lanes, radix 2^52, five limbs, R = 2^260.
//!
//! 2^260 is more than 84 p, so that values are reduced rarely. Bounds are in multiples of p and stated per function:
//! - *normal* limbs are below 2^52; *ragged* ones are signed sums that have not been carried yet, below 2^62 in magnitude.
//! - A value is the sum Σ limb·2^(52·i), never negative, whatever its limbs.

use std::arch::x86_64::*;

/// Bits of a limb.
const LIMB: u32 = 52;
const MASK: u64 = (1 << LIMB) - 1;

/// A prime field of BN254.
pub(crate) trait Modulus: Copy + Send + Sync + 'static {
    /// The prime in 64-bit words.
    const WORDS: [u64; 4];
    /// The prime in limbs.
    const P: [u64; 5] = limbs(&Self::WORDS);
    /// −p⁻¹ modulo 2^52.
    const NEGATED_INVERSE: u64 = negated_inverse(Self::P[0]);
    /// 2^260 − p.
    const COMPLEMENT: [u64; 5] = complement(&Self::P);
    /// ⌊2^58 / (⌊p / 2^208⌋ + 1)⌋, for quotients by p.
    const RECIPROCAL: u64 = (1 << 58) / (Self::P[4] + 1);
    /// k·p for k below the length.
    const MULTIPLES: [[u64; 5]; 68] = multiples(&Self::P);
}

/// The scalar field.
#[derive(Clone, Copy)]
pub(crate) struct Scalar;

impl Modulus for Scalar {
    const WORDS: [u64; 4] = [
        0x43e1_f593_f000_0001,
        0x2833_e848_79b9_7091,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ];
}

/// The base field.
#[derive(Clone, Copy)]
pub(crate) struct Base;

impl Modulus for Base {
    const WORDS: [u64; 4] = [
        0x3c20_8c16_d87c_fd47,
        0x9781_6a91_6871_ca8d,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ];
}

/// 64-bit words to limbs.
pub(crate) const fn limbs(w: &[u64; 4]) -> [u64; 5] {
    [
        w[0] & MASK,
        ((w[0] >> 52) | (w[1] << 12)) & MASK,
        ((w[1] >> 40) | (w[2] << 24)) & MASK,
        ((w[2] >> 28) | (w[3] << 36)) & MASK,
        w[3] >> 16,
    ]
}

/// Normal limbs of a value below 2^256 to 64-bit words.
pub(crate) const fn words(l: &[u64; 5]) -> [u64; 4] {
    [
        l[0] | (l[1] << 52),
        (l[1] >> 12) | (l[2] << 40),
        (l[2] >> 24) | (l[3] << 28),
        (l[3] >> 36) | (l[4] << 16),
    ]
}

const fn negated_inverse(p: u64) -> u64 {
    let mut inverse = 1_u64;
    let mut i = 0;
    while i < 6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(p.wrapping_mul(inverse)));
        i += 1;
    }
    inverse.wrapping_neg() & MASK
}

const fn complement(p: &[u64; 5]) -> [u64; 5] {
    let mut out = [0; 5];
    let mut i = 0;
    let mut carry = 1;
    while i < 5 {
        let sum = (MASK - p[i]) + carry;
        out[i] = sum & MASK;
        carry = sum >> LIMB;
        i += 1;
    }
    out
}

const fn multiples<const N: usize>(p: &[u64; 5]) -> [[u64; 5]; N] {
    let mut out = [[0; 5]; N];
    let mut k = 1;
    while k < N {
        let mut i = 0;
        let mut carry = 0;
        while i < 5 {
            let sum = out[k - 1][i] + p[i] + carry;
            out[k][i] = sum & MASK;
            carry = sum >> LIMB;
            i += 1;
        }
        k += 1;
    }
    out
}

/// Eight values, limb by limb.
pub(crate) type Lanes = [__m512i; 5];

/// Eight elements in memory, limb by limb: normal limbs, values below 2p (scalar field) where they are a column's.
///
/// Made only with a [`Simd`], so that a group proves the instructions' presence.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Group([[u64; 8]; 5]);

impl Group {
    /// Eight zeros.
    pub(crate) fn zero(_: Simd) -> Self {
        Self([[0; 8]; 5])
    }

    /// Limbs of one lane.
    pub(crate) fn lane(&self, lane: usize) -> [u64; 5] {
        self.0.map(|limb| limb[lane])
    }

    /// Sets one lane to normal limbs.
    pub(crate) fn set_lane(&mut self, lane: usize, limbs: &[u64; 5]) {
        self.0
            .iter_mut()
            .zip(limbs)
            .for_each(|(limb, value)| limb[lane] = *value);
    }
}

/// Proof that this CPU has the instructions of the kernels; its methods are the lanes' arithmetic.
///
/// They are inlined into kernels that are compiled for those instructions (`#[target_feature]`); elsewhere they would be
/// correct but slow.
#[derive(Clone, Copy)]
pub(crate) struct Simd(());

/// Wraps intrinsics of the features that [`Simd`] stands for.
macro_rules! intrinsics {
    ($($body:tt)*) => {
        // SAFETY: a `Simd` exists only where all features of the kernels were detected.
        unsafe { $($body)* }
    };
}

impl Simd {
    /// Asks the CPU.
    pub(crate) fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl");
        all.then_some(Self(()))
    }

    /// From a group, which exists only where there is a `Simd`.
    pub(crate) fn of(_: &Group) -> Self {
        Self(())
    }

    /// Loads a group.
    #[inline(always)]
    pub(crate) fn load(self, group: &Group) -> Lanes {
        let from = group.0.as_ptr();
        let mut out = self.splat(&[0; 5]);
        for (i, limb) in out.iter_mut().enumerate() {
            // SAFETY: as in `intrinsics`; each limb is 64 readable bytes, aligned to 64 by the group's alignment.
            *limb = unsafe { _mm512_load_si512(from.add(i).cast()) };
        }
        out
    }

    /// Stores normal limbs.
    #[inline(always)]
    pub(crate) fn store(self, a: Lanes, group: &mut Group) {
        let to = group.0.as_mut_ptr();
        for (i, limb) in a.into_iter().enumerate() {
            // SAFETY: as in `load`, and the group is exclusively borrowed.
            unsafe { _mm512_store_si512(to.add(i).cast(), limb) }
        }
    }

    /// Loads one limb of a group.
    #[inline(always)]
    pub(crate) fn load_limb(self, group: &Group, limb: usize) -> __m512i {
        // SAFETY: as in `load`; the index is checked.
        unsafe { _mm512_load_si512(group.0[limb].as_ptr().cast()) }
    }

    /// Stores one limb of a group.
    #[inline(always)]
    pub(crate) fn store_limb(self, a: __m512i, group: &mut Group, limb: usize) {
        // SAFETY: as in `store`; the index is checked.
        unsafe { _mm512_store_si512(group.0[limb].as_mut_ptr().cast(), a) }
    }

    /// The same value in all lanes.
    #[inline(always)]
    pub(crate) fn splat(self, limbs: &[u64; 5]) -> Lanes {
        let mut out = [self.word(limbs[0]); 5];
        for i in 1..5 {
            out[i] = self.word(limbs[i]);
        }
        out
    }

    /// The same word in all lanes.
    #[inline(always)]
    pub(crate) fn word(self, word: u64) -> __m512i {
        intrinsics!(_mm512_set1_epi64(word as i64))
    }

    /// a + b, ragged; bounds add up.
    #[inline(always)]
    pub(crate) fn add(self, a: Lanes, b: Lanes) -> Lanes {
        let mut out = a;
        for i in 0..5 {
            out[i] = intrinsics!(_mm512_add_epi64(a[i], b[i]));
        }
        out
    }

    /// a − b + k·p for b at most k·p, ragged; the bound is a's and k.
    #[inline(always)]
    pub(crate) fn sub<M: Modulus>(self, a: Lanes, b: Lanes, k: usize) -> Lanes {
        let offset = self.splat(&M::MULTIPLES[k]);
        let mut out = a;
        for i in 0..5 {
            out[i] = intrinsics!(_mm512_sub_epi64(_mm512_add_epi64(a[i], offset[i]), b[i]));
        }
        out
    }

    /// Lanes of b where the mask has ones, of a elsewhere.
    #[inline(always)]
    pub(crate) fn select(self, mask: __mmask8, a: Lanes, b: Lanes) -> Lanes {
        let mut out = a;
        for i in 0..5 {
            out[i] = intrinsics!(_mm512_mask_mov_epi64(a[i], mask, b[i]));
        }
        out
    }

    /// Normal limbs of the same value.
    #[inline(always)]
    pub(crate) fn carry(self, a: Lanes) -> Lanes {
        intrinsics! {
            let mask = _mm512_set1_epi64(MASK as i64);
            let mut out = a;
            for i in 0..4 {
                out[i + 1] = _mm512_add_epi64(out[i + 1], _mm512_srai_epi64::<52>(out[i]));
                out[i] = _mm512_and_si512(out[i], mask);
            }
            out
        }
    }

    /// a · b / R for normal a and b: ragged, non-negative limbs below 2^57, value below (a·b / 84 + 1) p.
    #[inline(always)]
    pub(crate) fn mul<M: Modulus>(self, a: Lanes, b: Lanes) -> Lanes {
        intrinsics! {
            let zero = _mm512_setzero_si512();
            let inverse = self.word(M::NEGATED_INVERSE);
            let p = self.splat(&M::P);
            let mut t = [zero; 5];
            for b in b {
                // t ← (t + a·b + q·p) / 2^52, low halves first; high halves land one limb up, which the division undoes.
                let l0 = _mm512_madd52lo_epu64(t[0], a[0], b);
                let q = _mm512_madd52lo_epu64(zero, l0, inverse);
                let mut l = [l0, t[1], t[2], t[3], t[4]];
                for i in 1..5 {
                    l[i] = _mm512_madd52lo_epu64(l[i], a[i], b);
                }
                for i in 0..5 {
                    l[i] = _mm512_madd52lo_epu64(l[i], p[i], q);
                }
                t = [l[1], l[2], l[3], l[4], zero];
                t[0] = _mm512_add_epi64(t[0], _mm512_srli_epi64::<52>(l[0]));
                for i in 0..5 {
                    t[i] = _mm512_madd52hi_epu64(t[i], a[i], b);
                }
                for i in 0..5 {
                    t[i] = _mm512_madd52hi_epu64(t[i], p[i], q);
                }
            }
            t
        }
    }

    /// acc ← acc + a · b in double width, a and b normal. At most 64 products fit.
    #[inline(always)]
    pub(crate) fn accumulate(self, acc: &mut [__m512i; 10], a: Lanes, b: Lanes) {
        intrinsics! {
            for (j, b) in b.into_iter().enumerate() {
                for i in 0..5 {
                    acc[i + j] = _mm512_madd52lo_epu64(acc[i + j], a[i], b);
                }
                for i in 0..5 {
                    acc[i + j + 1] = _mm512_madd52hi_epu64(acc[i + j + 1], a[i], b);
                }
            }
        }
    }

    /// An empty sum of products.
    #[inline(always)]
    pub(crate) fn no_products(self) -> [__m512i; 10] {
        intrinsics!([_mm512_setzero_si512(); 10])
    }

    /// acc / R: ragged, value below (acc / (84 p²) + 1) p.
    #[inline(always)]
    pub(crate) fn montgomery<M: Modulus>(self, mut acc: [__m512i; 10]) -> Lanes {
        intrinsics! {
            let zero = _mm512_setzero_si512();
            let inverse = self.word(M::NEGATED_INVERSE);
            let p = self.splat(&M::P);
            for i in 0..5 {
                let q = _mm512_madd52lo_epu64(zero, acc[i], inverse);
                for j in 0..5 {
                    acc[i + j] = _mm512_madd52lo_epu64(acc[i + j], p[j], q);
                    acc[i + j + 1] = _mm512_madd52hi_epu64(acc[i + j + 1], p[j], q);
                }
                acc[i + 1] = _mm512_add_epi64(acc[i + 1], _mm512_srli_epi64::<52>(acc[i]));
            }
            [acc[5], acc[6], acc[7], acc[8], acc[9]]
        }
    }

    /// The same value modulo p, normal and below 2p, for values below 84p.
    ///
    /// The quotient comes from the top limb: less two for carries that have not reached it yet, it is never too large, and
    /// too small by less than 1.02.
    #[inline(always)]
    pub(crate) fn reduce<M: Modulus>(self, a: Lanes) -> Lanes {
        intrinsics! {
            let zero = _mm512_setzero_si512();
            let top = _mm512_add_epi64(a[4], _mm512_srai_epi64::<52>(a[3]));
            let top = _mm512_max_epi64(_mm512_sub_epi64(top, self.word(2)), zero);
            let q = _mm512_srli_epi64::<6>(_mm512_madd52hi_epu64(zero, top, self.word(M::RECIPROCAL)));
            // a + q·(2^260 − p), of which the top bits fall off.
            let complement = self.splat(&M::COMPLEMENT);
            let mut out = a;
            for i in 0..5 {
                out[i] = _mm512_madd52lo_epu64(out[i], q, complement[i]);
            }
            for i in 0..4 {
                out[i + 1] = _mm512_madd52hi_epu64(out[i + 1], q, complement[i]);
            }
            let mut out = self.carry(out);
            out[4] = _mm512_and_si512(out[4], self.word(MASK));
            out
        }
    }

    /// The value below p, normal, for values below 84p.
    #[inline(always)]
    pub(crate) fn canonical<M: Modulus>(self, a: Lanes) -> Lanes {
        let a = self.reduce::<M>(a);
        let p = self.splat(&M::P);
        let mut less = a;
        for i in 0..5 {
            less[i] = intrinsics!(_mm512_sub_epi64(a[i], p[i]));
        }
        let less = self.carry(less);
        let negative = intrinsics!(_mm512_movepi64_mask(less[4]));
        self.select(negative, less, a)
    }

    /// 64-bit words to normal limbs.
    #[inline(always)]
    pub(crate) fn split(self, w: [__m512i; 4]) -> Lanes {
        intrinsics! {
            let mask = _mm512_set1_epi64(MASK as i64);
            let mut out = [
                w[0],
                _mm512_or_si512(_mm512_srli_epi64::<52>(w[0]), _mm512_slli_epi64::<12>(w[1])),
                _mm512_or_si512(_mm512_srli_epi64::<40>(w[1]), _mm512_slli_epi64::<24>(w[2])),
                _mm512_or_si512(_mm512_srli_epi64::<28>(w[2]), _mm512_slli_epi64::<36>(w[3])),
                _mm512_srli_epi64::<16>(w[3]),
            ];
            for limb in out.iter_mut().take(4) {
                *limb = _mm512_and_si512(*limb, mask);
            }
            out
        }
    }

    /// Normal limbs of values below 2^256 to 64-bit words.
    #[inline(always)]
    pub(crate) fn join(self, l: Lanes) -> [__m512i; 4] {
        intrinsics! {
            [
                _mm512_or_si512(l[0], _mm512_slli_epi64::<52>(l[1])),
                _mm512_or_si512(_mm512_srli_epi64::<12>(l[1]), _mm512_slli_epi64::<40>(l[2])),
                _mm512_or_si512(_mm512_srli_epi64::<24>(l[2]), _mm512_slli_epi64::<28>(l[3])),
                _mm512_or_si512(_mm512_srli_epi64::<36>(l[3]), _mm512_slli_epi64::<16>(l[4])),
            ]
        }
    }
}
