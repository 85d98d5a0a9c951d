//! Sums of buckets, for several segments at once.

use super::additions::{Additions, NEGATIVE};

/// Entries of one window of one column: bucket numbers from one to `buckets`, with the signed index of a base.
pub(super) struct Segment {
    /// Buckets, a power of two.
    pub(super) buckets: u32,
    /// Bucket number less one, and signed index.
    pub(super) entries: Vec<[u32; 2]>,
}

/// Σ number · bucket of one segment, in parts; absent ones are infinity.
pub(super) struct Sums<P> {
    /// The sum of the buckets.
    pub(super) total: Option<P>,
    /// What counts 2^i times besides, for each i.
    pub(super) powers: Vec<Option<P>>,
}

/// No point.
const NONE: u32 = u32::MAX;

/// Weighted sums of segments that run through the same rounds.
pub(super) fn weighted_sums<A: Additions>(
    arithmetic: A,
    bases: &[A::Point],
    segments: &[Segment],
    scratch: &mut A::Scratch,
) -> Vec<Sums<A::Point>> {
    let (order, ends) = sort(segments);
    let (mut points, slots) = bucket_sums(arithmetic, bases, &order, &ends, scratch);
    let slots = fold(arithmetic, &mut points, slots, segments, scratch);
    let mut start = 0;
    let mut results = Vec::with_capacity(segments.len());
    for segment in segments {
        let own = &slots[start..start + segment.buckets as usize];
        let point = |slot: u32| (slot != NONE).then(|| points[slot as usize]);
        let powers = (0..segment.buckets.trailing_zeros())
            .map(|i| point(own[1 << i]))
            .collect();
        results.push(Sums {
            total: point(own[0]),
            powers,
        });
        start += segment.buckets as usize;
    }
    results
}

/// Counting sort by bucket: signed indices, and where each bucket's entries end. Buckets of all segments in sequence.
fn sort(segments: &[Segment]) -> (Vec<u32>, Vec<u32>) {
    let buckets: usize = segments.iter().map(|s| s.buckets as usize).sum();
    let mut ends = vec![0_u32; buckets];
    let mut first = 0;
    for segment in segments {
        let own = &mut ends[first..first + segment.buckets as usize];
        segment
            .entries
            .iter()
            .for_each(|[bucket, _]| own[*bucket as usize] += 1);
        first += segment.buckets as usize;
    }
    let mut total = 0;
    for end in &mut ends {
        total += std::mem::replace(end, total);
    }
    let mut order = vec![0; total as usize];
    let mut first = 0;
    for segment in segments {
        let own = &mut ends[first..first + segment.buckets as usize];
        for [bucket, index] in &segment.entries {
            let place = &mut own[*bucket as usize];
            order[*place as usize] = *index;
            *place += 1;
        }
        first += segment.buckets as usize;
    }
    (order, ends)
}

/// Adds up each bucket: points, and per bucket the place of its sum.
fn bucket_sums<A: Additions>(
    arithmetic: A,
    bases: &[A::Point],
    order: &[u32],
    ends: &[u32],
    scratch: &mut A::Scratch,
) -> (Vec<A::Point>, Vec<u32>) {
    let mut slots = vec![NONE; ends.len()];
    let mut open = Vec::new();
    let (mut pairs, mut into, mut singles) = (Vec::new(), Vec::new(), Vec::new());
    let (mut start, mut place) = (0, 0);
    for (slot, end) in slots.iter_mut().zip(ends) {
        let entries = &order[start as usize..*end as usize];
        start = *end;
        if entries.is_empty() {
            continue;
        }
        *slot = place;
        let (couples, rest) = entries.as_chunks::<2>();
        pairs.extend_from_slice(couples);
        into.extend(place..place + couples.len() as u32);
        if let [single] = rest {
            singles.push((place + couples.len() as u32, *single));
        }
        let size = entries.len().div_ceil(2) as u32;
        if size > 1 {
            open.push((place, size));
        }
        place += size;
    }
    let Some(any) = bases.first() else {
        return (Vec::new(), slots);
    };
    let mut points = vec![*any; place as usize];
    for (place, index) in singles {
        points[place as usize] =
            arithmetic.signed(&bases[(index & !NEGATIVE) as usize], index & NEGATIVE != 0);
    }
    arithmetic.add_bases(bases, &pairs, &into, &mut points, scratch);
    while !open.is_empty() {
        pairs.clear();
        open.retain_mut(|(place, size)| {
            let half = size.div_ceil(2);
            pairs.extend((0..*size / 2).map(|i| [*place + i, *place + half + i]));
            *size = half;
            half > 1
        });
        arithmetic.add_in_place(&mut points, &pairs, scratch);
    }
    (points, slots)
}

/// Leaves at slot 0 of each segment the sum of its buckets, and at slot 2^i the sum of those with bit i set in their index.
///
/// Round by round, the upper half of what is left is added onto the lower half, and itself added up in later rounds, one
/// halving each: all additions of a round, of all segments, are independent.
fn fold<A: Additions>(
    arithmetic: A,
    points: &mut Vec<A::Point>,
    mut slots: Vec<u32>,
    segments: &[Segment],
    scratch: &mut A::Scratch,
) -> Vec<u32> {
    let rounds = segments
        .iter()
        .map(|s| s.buckets.trailing_zeros())
        .max()
        .unwrap_or(0);
    let mut pairs = Vec::new();
    for round in 0..rounds {
        pairs.clear();
        let mut start = 0;
        for segment in segments {
            let own = &mut slots[start..start + segment.buckets as usize];
            start += segment.buckets as usize;
            // Upper halves of earlier rounds; by now as many of their slots are left as in the lower half.
            for earlier in 1..=round {
                let region = own.len() >> earlier;
                let half = own.len() >> (round + 1);
                if half > 0 {
                    let (low, high) = own[region..region + 2 * half].split_at_mut(half);
                    collect(low, high, &mut pairs);
                }
            }
            let half = own.len() >> (round + 1);
            if half > 0 {
                let (low, high) = own[..2 * half].split_at_mut(half);
                merge(low, high, &mut pairs, points);
            }
        }
        arithmetic.add_in_place(points, &pairs, scratch);
    }
    slots
}

/// low ← low + high; high is not needed any more.
fn collect(low: &mut [u32], high: &[u32], pairs: &mut Vec<[u32; 2]>) {
    for (low, high) in low.iter_mut().zip(high) {
        match (*low, *high) {
            (_, NONE) => {}
            (NONE, _) => *low = *high,
            (_, _) => pairs.push([*low, *high]),
        }
    }
}

/// low ← low + high; high stays as it is, so where low has no point it gets a copy.
fn merge<P: Copy>(low: &mut [u32], high: &[u32], pairs: &mut Vec<[u32; 2]>, points: &mut Vec<P>) {
    for (low, high) in low.iter_mut().zip(high) {
        match (*low, *high) {
            (_, NONE) => {}
            (NONE, _) => {
                *low = points.len() as u32;
                points.push(points[*high as usize]);
            }
            (_, _) => pairs.push([*low, *high]),
        }
    }
}
