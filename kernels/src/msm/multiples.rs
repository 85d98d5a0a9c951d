//! Tables of multiples of all bases.
//!
//! With 2^(c·w)·P in a table for every base P and every window w, all windows of a scalar count once: they fall into one set
//! of buckets, which is summed up once, and nothing is doubled at the end. So windows may be wider (E. Brickell, D. Gordon,
//! K. McCurley, D. Wilson, "Fast exponentiation with precomputation", EUROCRYPT 1992).

use super::additions::Additions;
use super::digits::{self, FULL_BITS};
use rayon::prelude::*;

/// Entries that go into one set of buckets at most: their sums should stay in a core's cache.
pub(super) const MOST_ENTRIES: usize = 1 << 16;
/// Points that one thread doubles at a time.
const CHUNK: usize = 1 << 11;

/// 2^(window·w)·base for every window w, windows after each other.
pub(super) struct Multiples<P> {
    /// Bits of a window, and number of windows.
    pub(super) windows: (u32, u32),
    pub(super) points: Vec<P>,
}

impl<P: Copy + Send + Sync> Multiples<P> {
    pub(super) fn new<A: Additions<Point = P>>(arithmetic: A, bases: &[P]) -> Self {
        let (window, windows) = windows(bases.len());
        let len = bases.len();
        let mut points = Vec::with_capacity(len * windows as usize);
        points.extend_from_slice(bases);
        let chunk = len.div_ceil(rayon::current_num_threads()).clamp(1, CHUNK);
        for start in (1..windows as usize).map(|w| w * len) {
            points.extend_from_within(start - len..);
            points[start..]
                .par_chunks_mut(chunk)
                .for_each_init(A::Scratch::default, |scratch, points| {
                    arithmetic.double(points, window, scratch);
                });
        }
        Self {
            windows: (window, windows),
            points,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.points.as_slice())
    }
}

/// Points of the tables of so many bases.
pub(super) fn count(bases: usize) -> usize {
    bases * windows(bases).1 as usize
}

/// Bits of a window, and number of windows, with the fewest additions.
fn windows(bases: usize) -> (u32, u32) {
    let cost = |window: u32| {
        let windows = digits::windows(FULL_BITS, window);
        let entries = bases * windows as usize;
        entries as f64
            + entries.div_ceil(MOST_ENTRIES) as f64 * digits::bucket_cost(window, entries.min(MOST_ENTRIES))
    };
    let window = (4..=digits::MAX_WINDOW)
        .min_by(|a, b| cost(*a).total_cmp(&cost(*b)))
        .unwrap_or(4);
    (window, digits::windows(FULL_BITS, window))
}
