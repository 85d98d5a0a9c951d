//! What [`hallmark_tests::checks::rank`] says of the operators' cases, of random graphs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_tests::checks::rank::is_checked;
use hallmark_tests::equations::random_case;
use hallmark_tests::random_graph::{random_rounded_graph, widths};

/// Random graphs with more cells take too long.
const MOST_CELLS: usize = 400;

/// Rank and determined cells of random graphs; returns how many were small enough.
fn check_random(seeds: std::ops::Range<u64>) -> usize {
    let mut checked = 0;
    for seed in seeds {
        let case = random_case(random_rounded_graph(seed), widths(seed));
        checked += usize::from(is_checked(&case, seed, MOST_CELLS));
    }
    checked
}

#[test]
fn of_random_graphs() {
    assert!(check_random(0..12) > 4);
}

#[test]
#[ignore = "some minutes"]
fn of_many_random_graphs() {
    assert!(check_random(1000..1400) > 150);
}
