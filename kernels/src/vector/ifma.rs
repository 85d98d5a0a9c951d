//! AVX-512 with integer fused multiply-add (IFMA): eight lanes in a register, products of 52-bit integers.

use super::lanes::Lanes;
use super::unit::{Kernel, Unit};
use std::arch::x86_64::*;

/// The unit; exists only where this CPU has its instructions.
#[derive(Clone, Copy)]
pub(crate) struct Ifma(());

impl Ifma {
    /// Asks the CPU.
    pub(crate) fn detect() -> Option<Self> {
        let all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl");
        all.then_some(Self(()))
    }
}

/// Wraps intrinsics of the features that [`Ifma`] stands for.
macro_rules! intrinsics {
    ($($body:tt)*) => {
        // SAFETY: an `Ifma` exists only where all of its features were detected; nothing here touches memory.
        unsafe { $($body)* }
    };
}

impl Unit for Ifma {
    const NAME: &'static str = "Ifma";

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
        fn compiled<K: Kernel>(unit: Ifma, kernel: K) -> K::Output {
            kernel.on(unit)
        }
        // SAFETY: an `Ifma` exists only where all of these features were detected.
        unsafe { compiled(self, kernel) }
    }
}

impl Lanes for Ifma {
    type Word = __m512i;
    type Mask = __mmask8;

    #[inline(always)]
    fn load(self, from: &[u64; 8]) -> __m512i {
        // SAFETY: as in `intrinsics`; 64 readable bytes.
        unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
    }

    #[inline(always)]
    fn store(self, a: __m512i, to: &mut [u64; 8]) {
        // SAFETY: as in `intrinsics`; 64 bytes, exclusively borrowed.
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), a) }
    }

    #[inline(always)]
    fn word(self, word: u64) -> __m512i {
        intrinsics!(_mm512_set1_epi64(word as i64))
    }

    #[inline(always)]
    fn plus(self, a: __m512i, b: __m512i) -> __m512i {
        intrinsics!(_mm512_add_epi64(a, b))
    }

    #[inline(always)]
    fn minus(self, a: __m512i, b: __m512i) -> __m512i {
        intrinsics!(_mm512_sub_epi64(a, b))
    }

    #[inline(always)]
    fn and(self, a: __m512i, b: __m512i) -> __m512i {
        intrinsics!(_mm512_and_si512(a, b))
    }

    #[inline(always)]
    fn or(self, a: __m512i, b: __m512i) -> __m512i {
        intrinsics!(_mm512_or_si512(a, b))
    }

    #[inline(always)]
    fn up<const BITS: u32>(self, a: __m512i) -> __m512i {
        intrinsics!(_mm512_slli_epi64::<BITS>(a))
    }

    #[inline(always)]
    fn down<const BITS: u32>(self, a: __m512i) -> __m512i {
        intrinsics!(_mm512_srli_epi64::<BITS>(a))
    }

    #[inline(always)]
    fn limbs_down(self, a: __m512i) -> __m512i {
        intrinsics!(_mm512_srai_epi64::<52>(a))
    }

    #[inline(always)]
    fn low_product(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        intrinsics!(_mm512_madd52lo_epu64(sum, a, b))
    }

    #[inline(always)]
    fn high_product(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        intrinsics!(_mm512_madd52hi_epu64(sum, a, b))
    }

    #[inline(always)]
    fn negative(self, a: __m512i) -> __mmask8 {
        intrinsics!(_mm512_movepi64_mask(a))
    }

    #[inline(always)]
    fn zero(self, a: __m512i) -> __mmask8 {
        intrinsics!(_mm512_testn_epi64_mask(a, a))
    }

    #[inline(always)]
    fn bits(self, mask: __mmask8) -> u8 {
        mask
    }

    #[inline(always)]
    fn mask(self, bits: u8) -> __mmask8 {
        bits
    }

    #[inline(always)]
    fn select_word(self, mask: __mmask8, a: __m512i, b: __m512i) -> __m512i {
        intrinsics!(_mm512_mask_mov_epi64(a, mask, b))
    }

    #[inline(always)]
    fn at_least_zero(self, a: __m512i) -> __m512i {
        intrinsics!(_mm512_max_epi64(a, _mm512_setzero_si512()))
    }

    #[inline(always)]
    fn load_u16(self, from: &[u16; 8]) -> __m512i {
        // SAFETY: as in `intrinsics`; 16 readable bytes.
        unsafe { _mm512_cvtepu16_epi64(_mm_loadu_si128(from.as_ptr().cast())) }
    }

    #[inline(always)]
    fn load_u32(self, from: &[u32; 8]) -> __m512i {
        // SAFETY: as in `intrinsics`; 32 readable bytes.
        unsafe { _mm512_cvtepu32_epi64(_mm256_loadu_si256(from.as_ptr().cast())) }
    }

    #[inline(always)]
    fn window(self, a: __m512i, b: __m512i, first: usize) -> __m512i {
        intrinsics! {
            let lanes = _mm512_add_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), self.word(first as u64));
            _mm512_permutex2var_epi64(a, lanes, b)
        }
    }

    #[inline(always)]
    fn swap(self, a: __m512i, distance: usize) -> __m512i {
        intrinsics! {
            let own = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
            _mm512_permutexvar_epi64(_mm512_xor_si512(own, self.word(distance as u64)), a)
        }
    }

    #[inline(always)]
    fn transpose(self, r: &mut [__m512i; 8]) {
        intrinsics! {
            for i in [0, 2, 4, 6] {
                let (low, high) = (
                    _mm512_unpacklo_epi64(r[i], r[i + 1]),
                    _mm512_unpackhi_epi64(r[i], r[i + 1]),
                );
                (r[i], r[i + 1]) = (low, high);
            }
            // 128-bit pieces: even ones and odd ones of two rows.
            let even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
            let odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
            for i in [0, 1, 4, 5] {
                let low = _mm512_permutex2var_epi64(r[i], even, r[i + 2]);
                let high = _mm512_permutex2var_epi64(r[i], odd, r[i + 2]);
                (r[i], r[i + 2]) = (low, high);
            }
            // r[i] has columns i and i + 4 of rows 0..4 in its halves, r[i + 4] those of rows 4..8.
            for i in 0..4 {
                let low = _mm512_shuffle_i64x2::<0x44>(r[i], r[i + 4]);
                let high = _mm512_shuffle_i64x2::<0xee>(r[i], r[i + 4]);
                (r[i], r[i + 4]) = (low, high);
            }
        }
    }

    #[inline(always)]
    fn gather(self, from: [&[u64; 4]; 8]) -> [__m512i; 4] {
        let mut two = [self.word(0); 4];
        for (lane, two) in two.iter_mut().enumerate() {
            // SAFETY: as in `intrinsics`; 32 readable bytes each.
            *two = unsafe {
                let low = _mm256_loadu_si256(from[lane].as_ptr().cast());
                let high = _mm256_loadu_si256(from[lane + 4].as_ptr().cast());
                _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
            };
        }
        intrinsics! {
            let [a, b, c, d] = two;
            let (ab0, ab1) = (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
            let (cd0, cd1) = (_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
            let low = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
            let high = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
            [
                _mm512_permutex2var_epi64(ab0, low, cd0),
                _mm512_permutex2var_epi64(ab1, low, cd1),
                _mm512_permutex2var_epi64(ab0, high, cd0),
                _mm512_permutex2var_epi64(ab1, high, cd1),
            ]
        }
    }

    #[inline(always)]
    fn scatter(self, rows: [__m512i; 4]) -> [[u64; 4]; 8] {
        let pairs = intrinsics! {
            let low = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
            let high = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
            let (w01, v01) = (_mm512_unpacklo_epi64(rows[0], rows[1]), _mm512_unpackhi_epi64(rows[0], rows[1]));
            let (w23, v23) = (_mm512_unpacklo_epi64(rows[2], rows[3]), _mm512_unpackhi_epi64(rows[2], rows[3]));
            [
                _mm512_permutex2var_epi64(w01, low, w23),
                _mm512_permutex2var_epi64(v01, low, v23),
                _mm512_permutex2var_epi64(w01, high, w23),
                _mm512_permutex2var_epi64(v01, high, v23),
            ]
        };
        let mut out = [[0; 4]; 8];
        for (i, pair) in pairs.into_iter().enumerate() {
            // SAFETY: as in `intrinsics`; 32 bytes each, exclusively borrowed.
            unsafe {
                _mm256_storeu_si256(out[i].as_mut_ptr().cast(), _mm512_castsi512_si256(pair));
                _mm256_storeu_si256(
                    out[i + 4].as_mut_ptr().cast(),
                    _mm512_extracti64x4_epi64::<1>(pair),
                );
            }
        }
        out
    }

    #[inline(always)]
    fn prefetch<T>(self, from: &T) {
        // SAFETY: a hint that reads nothing; an `Ifma` proves more than the SSE that it needs.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(from).cast()) }
    }
}
