//! Batches of affine additions, eight at a time.
//!
//! A batch has two passes, as Montgomery's trick has: forward over the denominators x₂ − x₁, keeping products; one
//! inversion; backward, taking each denominator's inverse off and adding. Additions that have no such denominator (equal or
//! opposite points, infinity) are found in the first pass, count as one there, and are done one by one in the second.

use super::convert::{from_raw, raw};
use super::doubling;
use super::field::{Base, Group, Lanes, Modulus, Simd, limbs, words};
use crate::msm::{Arithmetic, NEGATIVE, subtract};
use halo2_proofs::halo2curves::bn256::{Fq, G1, G1Affine};
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use halo2_proofs::halo2curves::group::Curve as _;
use std::arch::x86_64::*;

/// Groups of eight additions that share an inversion: their products stay in the second-level cache.
const BATCH: usize = 256;
/// Independent chains of products, to hide the latency of a multiplication.
pub(super) const CHAINS: usize = 4;
/// How many groups before they are needed bases are fetched: tables of multiples lie beyond the second-level cache.
const AHEAD: usize = 6;
/// R = 2^260 modulo p: one.
pub(super) const ONE: [u64; 4] = montgomery_one();

/// Eight-lane arithmetic.
#[derive(Clone, Copy)]
pub(crate) struct Ifma(pub(crate) Simd);

/// An affine point: x, then y, in 64-bit words, Montgomery form with R = 2^260, x below p, y below 2p.
/// Infinity is at (0, 0), which is not on the curve.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub(crate) struct Point(pub(super) [u64; 8]);

/// What a batch keeps between its passes.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Denominators, and products of those before in the chain.
    kept: Vec<[Group; 2]>,
    /// Lanes that are added one by one.
    exceptional: Vec<u8>,
}

const fn montgomery_one() -> [u64; 4] {
    // 2^260 = 84 p + the rest, counted up by subtraction from 2^260 − p.
    let mut rest = Base::COMPLEMENT;
    let mut times = 1;
    while times < 84 {
        let mut i = 0;
        let mut borrow = 0;
        while i < 5 {
            let less = rest[i] + (1 << 52) - Base::P[i] - borrow;
            rest[i] = less & ((1 << 52) - 1);
            borrow = 1 - (less >> 52);
            i += 1;
        }
        times += 1;
    }
    words(&rest)
}

impl Arithmetic for Ifma {
    type Point = Point;
    type Scratch = Scratch;

    fn prepare(self, points: &[G1Affine]) -> Vec<Point> {
        points.iter().map(from_affine).collect()
    }

    fn to_affine(self, point: &Point) -> G1Affine {
        to_affine(point)
    }

    fn signed(self, point: &Point, negative: bool) -> Point {
        signed(point, negative)
    }

    fn add_bases(
        self,
        bases: &[Point],
        pairs: &[[u32; 2]],
        into: &[u32],
        out: &mut [Point],
        scratch: &mut Scratch,
    ) {
        assert!(
            pairs.len() == into.len(),
            "a place for each of {} pairs",
            pairs.len()
        );
        assert!(
            pairs
                .iter()
                .flatten()
                .all(|i| ((i & !NEGATIVE) as usize) < bases.len()),
            "indices of bases"
        );
        assert!(into.iter().all(|i| (*i as usize) < out.len()), "places of sums");
        for (pairs, into) in pairs.chunks(8 * BATCH).zip(into.chunks(8 * BATCH)) {
            let job = Job {
                from: bases.as_ptr(),
                pairs,
                to: out.as_mut_ptr(),
                place: |i| into[i],
            };
            // SAFETY: `self` proves the instructions; all indices have been checked against their slices.
            unsafe { batch::<true, _>(self.0, &job, scratch) };
        }
    }

    fn add_in_place(self, points: &mut [Point], pairs: &[[u32; 2]], scratch: &mut Scratch) {
        assert!(
            pairs.iter().flatten().all(|i| (*i as usize) < points.len()),
            "indices of points"
        );
        for pairs in pairs.chunks(8 * BATCH) {
            let to = points.as_mut_ptr();
            let job = Job {
                from: to,
                pairs,
                to,
                place: |i: usize| pairs[i][0],
            };
            // SAFETY: `self` proves the instructions; all indices have been checked against the slice.
            unsafe { batch::<false, _>(self.0, &job, scratch) };
        }
    }

    fn double(self, points: &mut [Point], times: u32, _: &mut Scratch) {
        for points in points.chunks_mut(8 * BATCH) {
            doubling::double(self.0, points, times);
        }
    }
}

fn from_affine(point: &G1Affine) -> Point {
    // From R = 2^256 to 2^260: doubled four times.
    let words = |v: Fq| raw(&(0..4).fold(v, |v, _| v.double()));
    let (x, y) = (words(point.x), words(point.y));
    Point([x[0], x[1], x[2], x[3], y[0], y[1], y[2], y[3]])
}

fn to_affine(point: &Point) -> G1Affine {
    let sixteenth = Fq::TWO_INV.square().square();
    let value = |words: &[u64]| {
        let mut own = [words[0], words[1], words[2], words[3]];
        // Below 2p: one subtraction is enough.
        if !below_order(&own) {
            own = subtract(&own, &Base::WORDS);
        }
        from_raw::<Fq>(own) * sixteenth
    };
    G1Affine {
        x: value(&point.0[..4]),
        y: value(&point.0[4..]),
    }
}

fn below_order(words: &[u64; 4]) -> bool {
    words.iter().rev().lt(Base::WORDS.iter().rev())
}

/// 2p.
const TWICE_ORDER: [u64; 4] = words(&Base::MULTIPLES[2]);

fn signed(point: &Point, negative: bool) -> Point {
    let Point([x @ .., y0, y1, y2, y3]) = *point;
    let y = [y0, y1, y2, y3];
    // Infinity's zero stays below 2p.
    if !negative || y == [0; 4] {
        return *point;
    }
    let [y0, y1, y2, y3] = subtract(&TWICE_ORDER, &y);
    let [x0, x1, x2, x3] = x;
    Point([x0, x1, x2, x3, y0, y1, y2, y3])
}

/// One addition of any two points.
fn exceptional(a: &Point, b: &Point) -> Point {
    from_affine(&(G1::from(to_affine(a)) + to_affine(b)).to_affine())
}

/// Additions of one batch: pairs of places in `from`, results to `to` at `place`.
struct Job<'a, F> {
    from: *const Point,
    pairs: &'a [[u32; 2]],
    to: *mut Point,
    place: F,
}

/// A coordinate of eight points, and their signs.
struct Operands {
    at: [*const Point; 8],
    negative: __mmask8,
}

impl<F: Fn(usize) -> u32> Job<'_, F> {
    /// The first or the second operands of additions 8·group to 8·group + 7; the last addition again for those past it.
    #[inline(always)]
    fn operands<const SIGNED: bool>(&self, group: usize, which: usize) -> Operands {
        let mut at = [self.from; 8];
        let mut negative = 0;
        for (lane, at) in at.iter_mut().enumerate() {
            let index = self.pairs[(8 * group + lane).min(self.pairs.len() - 1)][which];
            if SIGNED {
                negative |= ((index >> 31) as u8) << lane;
            }
            *at = self.from.wrapping_add((index & !NEGATIVE) as usize);
        }
        Operands { at, negative }
    }
}

impl<F> Job<'_, F> {
    /// Asks for the operands of a group to be brought into the cache.
    #[inline(always)]
    fn fetch(&self, group: usize) {
        for index in self.pairs.iter().skip(8 * group).take(8).flatten() {
            let at = self.from.wrapping_add((index & !NEGATIVE) as usize);
            // SAFETY: a hint that reads nothing; `Simd` proves more than the SSE that it needs.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
        }
    }
}

/// Words of x (0) or y (1) of eight points.
///
/// # Safety
/// The pointers must be to points.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
unsafe fn gather(at: &[*const Point; 8], coordinate: usize) -> [__m512i; 4] {
    let half = |lane: usize| {
        let from = at[lane].cast::<__m256i>().wrapping_add(coordinate);
        // SAFETY: a point is two runs of 32 bytes, aligned to 64; the caller promises that it is there.
        unsafe { _mm256_load_si256(from) }
    };
    let two = |lane: usize| _mm512_inserti64x4::<1>(_mm512_castsi256_si512(half(lane)), half(lane + 4));
    let (a, b, c, d) = (two(0), two(1), two(2), two(3));
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

/// The inverse of [`gather`], in the order of lanes.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn scatter(words: [__m512i; 4]) -> [__m256i; 8] {
    let low = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
    let high = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    let (w01, v01) = (
        _mm512_unpacklo_epi64(words[0], words[1]),
        _mm512_unpackhi_epi64(words[0], words[1]),
    );
    let (w23, v23) = (
        _mm512_unpacklo_epi64(words[2], words[3]),
        _mm512_unpackhi_epi64(words[2], words[3]),
    );
    let pairs = [
        _mm512_permutex2var_epi64(w01, low, w23),
        _mm512_permutex2var_epi64(v01, low, v23),
        _mm512_permutex2var_epi64(w01, high, w23),
        _mm512_permutex2var_epi64(v01, high, v23),
    ];
    let mut out = [_mm256_setzero_si256(); 8];
    for (i, pair) in pairs.into_iter().enumerate() {
        out[i] = _mm512_castsi512_si256(pair);
        out[i + 4] = _mm512_extracti64x4_epi64::<1>(pair);
    }
    out
}

/// One batch of at most 8·BATCH additions.
///
/// # Safety
/// All indices of the job must be inside what its pointers point to. Both may be the same points.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
unsafe fn batch<const SIGNED: bool, F: Fn(usize) -> u32>(
    simd: Simd,
    job: &Job<'_, F>,
    scratch: &mut Scratch,
) {
    let groups = job.pairs.len().div_ceil(8);
    if groups == 0 {
        return;
    }
    let one = simd.splat(&limbs(&ONE));
    scratch
        .kept
        .resize(groups.max(scratch.kept.len()), [Group::zero(simd); 2]);
    scratch
        .exceptional
        .resize(groups.max(scratch.exceptional.len()), 0);
    let mut chains = [one; CHAINS];
    for group in 0..groups {
        if SIGNED {
            job.fetch(group + AHEAD);
        }
        // SAFETY: the caller's promise.
        let (a, b) = unsafe {
            let (a, b) = (job.operands::<SIGNED>(group, 0), job.operands::<SIGNED>(group, 1));
            (gather(&a.at, 0), gather(&b.at, 0))
        };
        let mask = no_denominator(a, b);
        let difference = simd.sub::<Base>(simd.split(b), simd.split(a), 1);
        let difference = simd.carry(simd.select(mask, difference, one));
        let chain = &mut chains[group % CHAINS];
        simd.store(difference, &mut scratch.kept[group][0]);
        simd.store(*chain, &mut scratch.kept[group][1]);
        *chain = simd.carry(simd.mul::<Base>(*chain, difference));
        scratch.exceptional[group] = mask;
    }
    let mut inverses = invert(simd, chains);
    for group in (0..groups).rev() {
        let [difference, before] = &scratch.kept[group];
        let chain = &mut inverses[group % CHAINS];
        let inverse = simd.carry(simd.mul::<Base>(*chain, simd.load(before)));
        *chain = simd.carry(simd.mul::<Base>(*chain, simd.load(difference)));
        let (a, b) = (job.operands::<SIGNED>(group, 0), job.operands::<SIGNED>(group, 1));
        // SAFETY: the caller's promise.
        let results = unsafe { chords(simd, &a, &b, inverse) };
        // SAFETY: the caller's promise.
        unsafe { put(job, group, (&a, &b), results, scratch.exceptional[group]) };
    }
}

/// Lanes whose points have the same x, or are perhaps infinity: x is zero.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn no_denominator(a: [__m512i; 4], b: [__m512i; 4]) -> __mmask8 {
    let any = |w: [__m512i; 4]| _mm512_or_si512(_mm512_or_si512(w[0], w[1]), _mm512_or_si512(w[2], w[3]));
    let mut unequal = 0;
    for i in 0..4 {
        unequal |= _mm512_cmpneq_epi64_mask(a[i], b[i]);
    }
    let finite = |w| _mm512_test_epi64_mask(any(w), any(w));
    !(unequal & finite(a) & finite(b))
}

/// Sums of points with different x: x₃ = λ² − x₁ − x₂ and y₃ = λ·(x₁ − x₃) − y₁ with λ = (y₂ − y₁)·inverse; as words.
///
/// # Safety
/// The operands' pointers must be to points.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
unsafe fn chords(simd: Simd, a: &Operands, b: &Operands, inverse: Lanes) -> [[__m512i; 4]; 2] {
    // SAFETY: the caller's promise.
    let [x1, x2, y1, y2] = unsafe {
        [
            gather(&a.at, 0),
            gather(&b.at, 0),
            gather(&a.at, 1),
            gather(&b.at, 1),
        ]
    };
    let zero = simd.splat(&[0; 5]);
    let (x1, x2) = (simd.split(x1), simd.split(x2));
    let (mut y1, mut y2) = (simd.split(y1), simd.split(y2));
    if a.negative | b.negative != 0 {
        y1 = simd.select(a.negative, y1, simd.sub::<Base>(zero, y1, 2));
        y2 = simd.select(b.negative, y2, simd.sub::<Base>(zero, y2, 2));
    }
    let rise = simd.carry(simd.sub::<Base>(y2, y1, 2));
    let slope = simd.carry(simd.mul::<Base>(rise, inverse));
    let square = simd.mul::<Base>(slope, slope);
    let x3 = simd.canonical::<Base>(simd.sub::<Base>(square, simd.add(x1, x2), 2));
    let fall = simd.carry(simd.sub::<Base>(x1, x3, 1));
    let y3 = simd.reduce::<Base>(simd.sub::<Base>(simd.mul::<Base>(slope, fall), y1, 2));
    [simd.join(x3), simd.join(y3)]
}

/// Writes a group's results, exceptional ones computed anew; operands may lie where results go.
///
/// # Safety
/// As [`batch`].
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
unsafe fn put<F: Fn(usize) -> u32>(
    job: &Job<'_, F>,
    group: usize,
    (a, b): (&Operands, &Operands),
    results: [[__m512i; 4]; 2],
    mask: __mmask8,
) {
    let lanes = (job.pairs.len() - 8 * group).min(8);
    let mut anew = [None; 8];
    if mask != 0 {
        for lane in (0..lanes).filter(|lane| mask >> lane & 1 == 1) {
            // SAFETY: the caller's promise.
            let (p, q) = unsafe { (*a.at[lane], *b.at[lane]) };
            let (p, q) = (
                signed(&p, a.negative >> lane & 1 == 1),
                signed(&q, b.negative >> lane & 1 == 1),
            );
            anew[lane] = Some(exceptional(&p, &q));
        }
    }
    let [x, y] = results.map(|words| scatter(words));
    for lane in 0..lanes {
        let to = job.to.wrapping_add((job.place)(8 * group + lane) as usize);
        match anew[lane] {
            // SAFETY: the caller's promise.
            Some(point) => unsafe { to.write(point) },
            // SAFETY: the caller's promise; a point is two runs of 32 bytes, aligned to 64.
            None => unsafe {
                _mm256_store_si256(to.cast(), x[lane]);
                _mm256_store_si256(to.cast::<__m256i>().wrapping_add(1), y[lane]);
            },
        }
    }
}

/// Inverses of all lanes of all chains, by one inversion: products over chains, then over lanes at distance 4, 2 and 1.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
pub(super) fn invert(simd: Simd, chains: [Lanes; CHAINS]) -> [Lanes; CHAINS] {
    let mul = |a: Lanes, b: Lanes| simd.carry(simd.mul::<Base>(a, b));
    let [a, b, c, d] = chains;
    let (ab, cd) = (mul(a, b), mul(c, d));
    let lanes = mul(ab, cd);
    let four = mul(lanes, swap(lanes, 4));
    let two = mul(four, swap(four, 2));
    let one = mul(two, swap(two, 1));
    let mut all = Group::zero(simd);
    simd.store(simd.canonical::<Base>(one), &mut all);
    // v·2^260 read with R = 2^256 is 16·v; its inverse times 256 is 16 / v, which is (1 / v)·2^260 with R = 2^256.
    let sixteenfold: Fq = from_raw(words(&all.lane(0)));
    let inverse = sixteenfold.invert().unwrap_or(Fq::ZERO);
    let inverse = raw(&(0..8).fold(inverse, |v, _| v.double()));
    let inverse = simd.splat(&limbs(&inverse));
    let two = mul(inverse, swap(two, 1));
    let four = mul(two, swap(four, 2));
    let lanes = mul(four, swap(lanes, 4));
    let (ab, cd) = (mul(lanes, cd), mul(lanes, ab));
    [mul(ab, b), mul(ab, a), mul(cd, d), mul(cd, c)]
}

/// Lane i ← lane i xor `distance`.
#[target_feature(enable = "avx512f,avx512ifma,avx512dq,avx512bw,avx512vl")]
fn swap(a: Lanes, distance: i64) -> Lanes {
    let lanes = _mm512_xor_si512(
        _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0),
        _mm512_set1_epi64(distance),
    );
    let mut out = a;
    for limb in &mut out {
        *limb = _mm512_permutexvar_epi64(lanes, *limb);
    }
    out
}
