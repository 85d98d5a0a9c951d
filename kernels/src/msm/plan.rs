//! Which segments run together, and the sum over windows.

use super::additions::Additions;
use super::buckets::{Segment, weighted_sums};
use super::digits::{self, Column, Scalars};
use super::multiples;
use super::prepared::Prepared;
use super::tail::Tail;
use halo2_proofs::halo2curves::bn256::{G1, G1Affine};
use halo2_proofs::halo2curves::group::{Curve as _, Group as _};
use rayon::prelude::*;
use std::ops::Range;

/// Entries that run together at most: their bases and sums stay in the second-level cache.
const MOST_ENTRIES: usize = 1 << 15;
/// Below this many entries an inversion is no longer well shared.
const FEWEST_ENTRIES: usize = 1 << 12;

/// Windows of a range of a column's scalars that share buckets.
struct Task {
    column: usize,
    windows: Range<u32>,
    range: Range<usize>,
    entries: usize,
}

/// A point that counts 2^bit times in the sum of a column.
struct Term {
    column: usize,
    bit: u32,
    point: G1Affine,
}

/// Σ scalar · base for each column.
pub(super) fn run<A: Additions>(prepared: &Prepared<A>, tail: &Tail, scalars: &[Scalars<'_>]) -> Vec<G1> {
    let bases = prepared.len;
    let multiples = prepared.multiples.get();
    let windows = multiples.map(|m| m.windows);
    let split: Vec<Vec<Column<'_>>> = scalars
        .par_iter()
        .map(|s| Column::of(*s, bases, tail, windows))
        .collect();
    let owners: Vec<usize> = split
        .iter()
        .enumerate()
        .flat_map(|(i, own)| own.iter().map(move |_| i))
        .collect();
    let columns: Vec<Column<'_>> = split.into_iter().flatten().collect();
    let (joined, alone): (Vec<Task>, Vec<Task>) = tasks(&columns)
        .into_iter()
        .partition(|task| columns[task.column].stride > 0);
    let tables = multiples.map_or(&[][..], |m| &m.points);
    let work: Vec<(&[A::Point], Vec<Task>)> = [(tables, joined), (&prepared.points, alone)]
        .into_iter()
        .flat_map(|(points, tasks)| groups(tasks).into_iter().map(move |group| (points, group)))
        .collect();
    let terms: Vec<Vec<Term>> = work
        .par_iter()
        .with_max_len(1)
        .map_init(A::Scratch::default, |scratch, (points, group)| {
            terms(prepared.arithmetic, points, &columns, group, scratch)
        })
        .collect();
    let mut per_scalars: Vec<Vec<Term>> = scalars.iter().map(|_| Vec::new()).collect();
    for term in terms.into_iter().flatten() {
        per_scalars[owners[term.column]].push(term);
    }
    for (index, column) in columns.iter().enumerate() {
        if let Some(bit) = column.center {
            let point = total(prepared);
            per_scalars[owners[index]].push(Term {
                column: index,
                bit,
                point,
            });
        }
    }
    per_scalars.into_par_iter().map(horner).collect()
}

/// All windows of all columns, long ones cut so that every thread has work.
fn tasks(columns: &[Column<'_>]) -> Vec<Task> {
    let threads = rayon::current_num_threads();
    let joined = columns.iter().filter(|c| c.stride > 0).count();
    let windows: usize = columns
        .iter()
        .filter(|c| c.stride == 0)
        .map(|c| c.windows as usize)
        .sum();
    // Enough tasks for an even spread, unless the pieces become shorter than their buckets are worth.
    let wanted = (4 * threads).div_ceil(windows.max(1));
    // Columns whose windows share buckets are much alike: those are cut that do not go evenly into the threads.
    let whole = joined - joined % threads;
    let mut tasks = Vec::new();
    let mut seen = 0;
    for (index, column) in columns.iter().enumerate() {
        let len = column.len();
        let (sets, wanted) = if column.stride > 0 {
            seen += 1;
            (0..column.windows, if seen > whole { threads } else { 1 })
        } else {
            (0..1, wanted)
        };
        let together = sets.len();
        let shortest = FEWEST_ENTRIES.max(4 * column.buckets as usize) / together;
        let least = (len * together).div_ceil(multiples::MOST_ENTRIES);
        let pieces = wanted
            .min(len / shortest.max(1))
            .max(if together > 1 { least } else { 1 })
            .max(1);
        let step = len.div_ceil(pieces).max(1);
        for window in (0..column.windows).step_by(together) {
            for start in (0..len.max(1)).step_by(step) {
                let range = start..(start + step).min(len);
                // Zeros do not count; spread them evenly.
                let entries =
                    together * column.weight * range.len() / len.max(1) + column.ones.len() / pieces;
                tasks.push(Task {
                    column: index,
                    windows: window..window + together as u32,
                    range,
                    entries,
                });
            }
        }
    }
    tasks
}

/// Bytes per entry of a group, about: its digit and place, half a pair, half a sum.
const ENTRY_BYTES: usize = 84;
/// And room for the sums to grow, where there are many buckets.
const GROWTH_BYTES: usize = 72;
/// As many, for all of it.
const MANY_BUCKETS: usize = 256;
/// Bytes of a thread's arithmetic.
const THREAD_BYTES: usize = 400_000;

/// How many bytes the sums of `columns` columns of `rows` field elements take beside the columns, about: what
/// `benches/examples/memory.rs` measures, rounded up. `precomputed` is whether there are tables of multiples of the bases.
#[must_use]
pub fn msm_bytes(columns: usize, rows: usize, precomputed: bool) -> usize {
    if precomputed {
        let entries = multiples::count(rows).min(multiples::MOST_ENTRIES);
        return 32 * columns * rows + rayon::current_num_threads() * (ENTRY_BYTES * entries + THREAD_BYTES);
    }
    let (window, windows) = digits::full_windows(rows);
    let buckets = (1 << (window - 1)).min(MANY_BUCKETS);
    let entry = ENTRY_BYTES + GROWTH_BYTES * buckets / MANY_BUCKETS;
    let words = 32 * columns * rows;
    let entries = group_entries(columns * rows * windows as usize);
    words + rayon::current_num_threads() * (entry * entries + THREAD_BYTES)
}

/// Entries that run together, of `total`.
fn group_entries(total: usize) -> usize {
    let even = total / (3 * rayon::current_num_threads());
    even.clamp(FEWEST_ENTRIES, MOST_ENTRIES)
}

fn groups(tasks: Vec<Task>) -> Vec<Vec<Task>> {
    let limit = group_entries(tasks.iter().map(|t| t.entries).sum());
    let mut groups: Vec<Vec<Task>> = Vec::new();
    let mut entries = limit;
    for task in tasks {
        entries += task.entries;
        match groups.last_mut() {
            Some(group) if entries <= limit => group.push(task),
            _ => {
                entries = task.entries;
                groups.push(vec![task]);
            }
        }
    }
    groups
}

/// What the tasks of a group contribute.
fn terms<A: Additions>(
    arithmetic: A,
    points: &[A::Point],
    columns: &[Column<'_>],
    group: &[Task],
    scratch: &mut A::Scratch,
) -> Vec<Term> {
    let segments: Vec<Segment> = group
        .iter()
        .map(|task| segment(&columns[task.column], task))
        .collect();
    let mut terms = Vec::new();
    for (task, sums) in group
        .iter()
        .zip(weighted_sums(arithmetic, points, &segments, scratch))
    {
        let column = task.column;
        // Tables have the powers of two of the windows in them.
        let base = match columns[column].stride {
            0 => task.windows.start * columns[column].window,
            _ => 0,
        };
        let counted = sums.powers.into_iter().zip(base..).chain([(sums.total, base)]);
        for (point, bit) in counted {
            if let Some(point) = point {
                terms.push(Term {
                    column,
                    bit,
                    point: arithmetic.to_affine(&point),
                });
            }
        }
    }
    terms
}

fn segment(column: &Column<'_>, task: &Task) -> Segment {
    let mut entries = Vec::with_capacity(task.entries);
    for window in task.windows.clone() {
        column.digits(window, task.range.clone(), |digit, index| {
            entries.push([digit - 1, index])
        });
    }
    if task.windows.start == 0 && task.range.start == 0 {
        entries.extend(column.ones.iter().map(|index| [0, *index]));
    }
    Segment {
        buckets: column.buckets,
        entries,
    }
}

/// Σ 2^bit · point.
fn horner(mut terms: Vec<Term>) -> G1 {
    terms.sort_unstable_by_key(|t| std::cmp::Reverse(t.bit));
    let mut sum = G1::default();
    let mut at = terms.first().map_or(0, |t| t.bit);
    for term in &terms {
        for _ in term.bit..at {
            sum = sum.double();
        }
        at = term.bit;
        sum += term.point;
    }
    (0..at).fold(sum, |sum, _| sum.double())
}

/// The sum of all bases.
fn total<A: Additions>(prepared: &Prepared<A>) -> G1Affine {
    if let Some(total) = prepared.total.get() {
        return *total;
    }
    // Not inside `get_or_init`: while this thread waits for others, it may do work that asks for the same.
    let ones = vec![1; prepared.len];
    let sums = run(prepared, &Tail::new(prepared.len, 0), &[Scalars::Small(&ones)]);
    let total = sums.first().map_or_else(G1Affine::default, |sum| sum.to_affine());
    *prepared.total.get_or_init(|| total)
}
