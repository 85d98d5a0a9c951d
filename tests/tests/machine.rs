//! The layout for contracts: what [`hallmark_tests::checks::machine`] does not say of every operator.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

#[path = "machine/lies.rs"]
mod lies;
#[path = "machine/necessity.rs"]
mod necessity;
#[path = "machine/proofs.rs"]
mod proofs;

use hallmark_circuits::internals::machine::{MACHINE, SEGMENTS, Wire};
use hallmark_tests::cheater::{Cheater, inverse, setting};
use hallmark_tests::setting::arbitrary;
use hallmark_tests::suite::conv;
use hallmark_verifier::integer;

/// Every absent multiplier is a copy of the zero. If the zero were another value v, those rows would read the results before them;
/// this prover computes everything in front of the zero so that it could be v.
#[test]
fn the_zero_is_nothing_else() {
    let case = conv::padded();
    let setting = setting(&case, false);
    let cheater = Cheater::new(&setting);
    let (arranged, height) = (cheater.arranged, cheater.arranged.height);
    let Wire::Row(zero) = arranged.machine.zero else {
        panic!("the zero is a result")
    };
    let zero = zero as usize;
    let lie = arbitrary(5);
    let mut column = cheater.machine(&cheater.cells, &cheater.instance);
    let result = |row: usize| 2 * height + row;
    column[..=zero].fill(lie);
    // Backwards from a one in front of the zero; the cell in front of the first row is free.
    let mut value = integer(1);
    for row in (0..zero).rev() {
        column[result(row)] = value;
        value = (value - cheater.instance[row]) * inverse(lie);
    }
    column[result(0) - 1] = value;
    column[result(zero)] = lie;
    // The row that pins it.
    column[zero + 1] = lie;
    column[height + zero + 1] = lie;
    column[result(zero + 1)] = lie * lie + lie;
    let names = cheater.failing_gates(&column, 0..zero + 2);
    assert_eq!(names, Vec::<String>::new(), "every gate holds");
    let rows = |cell: usize| cell % height <= zero + 1 && cell < SEGMENTS * height - height;
    let failing: Vec<(usize, usize)> = cheater
        .failing_copies(&column)
        .into_iter()
        .filter(|((a, i), (b, j))| *a == MACHINE && *b == MACHINE && rows(*i) && rows(*j))
        .map(|((_, i), (_, j))| (i, j))
        .collect();
    assert_eq!(failing, [(result(zero + 1), result(zero))]);
}
