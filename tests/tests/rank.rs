//! The identities say as much as the semantics do: over many challenges, the copy constraints have exactly as many
//! independent equations on the stored cells as the graph has elements to check.
//!
//! Single cells that are bound one by one could still be free together, if an identity gave two of them the same challenge
//! power, or left an equation out that another seems to cover. Then the rank would be less than the count.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use hallmark_tests::cases::{self, Case};
use hallmark_tests::equations::{Echelon, add_equations, derived, equations, random_case, unknowns};
use hallmark_tests::forger::Forger;
use hallmark_tests::random_graph::{random_rounded_graph, widths};
use hallmark_tests::setting::Setting;

/// Random graphs with more cells take too long.
const MOST_CELLS: usize = 400;

/// `seed` is that of a random graph, for the message.
fn check(case: &Case, seed: u64) {
    let mut setting = Setting::new(case);
    let (expected, most) = {
        let forger = Forger::new(&setting);
        (equations(case, &forger), unknowns(&forger).len())
    };
    let mut echelon = Echelon::default();
    // Two rounds more than needed, to see that there are not more equations either.
    let (mut round, mut stale) = (0, 0);
    while stale < 2 && round < most + 3 {
        round += 1;
        let before = echelon.rank();
        add_equations(&mut setting, &mut echelon, round, unknowns);
        stale = if echelon.rank() == before { stale + 1 } else { 0 };
    }
    let operations: Vec<&str> = case.graph.nodes.iter().map(|n| n.op.name()).collect();
    assert_eq!(
        echelon.rank(),
        expected,
        "{} {seed}: independent equations on {most} cells of {operations:?}",
        case.name
    );
}

macro_rules! families {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            cases::$name::ALL.iter().for_each(|make| check(&make(), 0));
        }
    )*};
}

families! { convolutions functions matrices movement }

/// The same of random graphs; returns how many were small enough.
fn check_random(seeds: std::ops::Range<u64>) -> usize {
    let mut checked = 0;
    for seed in seeds {
        let case = random_case(random_rounded_graph(seed), widths(seed));
        let setting = Setting::new(&case);
        if unknowns(&Forger::new(&setting)).len() > MOST_CELLS {
            continue;
        }
        check(&case, seed);
        determined(&case, seed);
        checked += 1;
    }
    checked
}

/// Cells that no table bounds are functions of the others: alone, the constraints determine every one of them.
fn determined(case: &Case, seed: u64) {
    let mut setting = Setting::new(case);
    let cells = derived(&Forger::new(&setting)).len();
    let (mut echelon, mut round) = (Echelon::default(), 0);
    while echelon.rank() < cells && round < cells + 3 {
        round += 1;
        add_equations(&mut setting, &mut echelon, round, derived);
    }
    assert_eq!(echelon.rank(), cells, "{} {seed}: free cells", case.name);
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

#[test]
fn cells_without_a_table_are_determined() {
    cases::all().iter().for_each(|make| determined(&make(), 0));
}
