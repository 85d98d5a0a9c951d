//! The identities say as much as the semantics do: over many challenges, the copy constraints have exactly as many
//! independent equations on the stored cells as the graph has elements to check.
//!
//! Single cells that are bound one by one could still be free together, if an identity gave two of them the same challenge
//! power, or left an equation out that another seems to cover. Then the rank would be less than the count.

use crate::equations::{Echelon, add_equations, derived, equations, unknowns};
use crate::forger::Forger;
use crate::setting::Setting;
use crate::suite::{Case, Suite};

/// Rank and determined cells of all cases.
pub fn check(suite: &Suite) {
    for make in suite.cases {
        equations_are_independent(&make(), 0);
        determined(&make(), 0);
    }
}

/// Both for a random graph, unless it has more than `most` cells. Says whether it was small enough.
pub fn is_checked(case: &Case, seed: u64, most: usize) -> bool {
    let small = unknowns(&Forger::new(&Setting::new(case))).len() <= most;
    if small {
        equations_are_independent(case, seed);
        determined(case, seed);
    }
    small
}

/// `seed` is that of a random graph, for the message.
pub fn equations_are_independent(case: &Case, seed: u64) {
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

/// Cells that no table bounds are functions of the others: alone, the constraints determine every one of them.
pub fn determined(case: &Case, seed: u64) {
    let mut setting = Setting::new(case);
    let cells = derived(&Forger::new(&setting)).len();
    let (mut echelon, mut round) = (Echelon::default(), 0);
    while echelon.rank() < cells && round < cells + 3 {
        round += 1;
        add_equations(&mut setting, &mut echelon, round, derived);
    }
    assert_eq!(echelon.rank(), cells, "{} {seed}: free cells", case.name);
}
