//! Counting says what lowering finds: the planner chooses by counts, and lowers few layouts.

use hallmark_circuits::internals::census::{Census, Needs};
use hallmark_circuits::internals::lowering::lowered;
use hallmark_circuits::{PlanOptions, Target, UNUSABLE_ROWS};
use hallmark_tests::random_graph::random_graph;

/// Rows that constraints cover.
fn usable(k: u32) -> usize {
    (1 << k) - UNUSABLE_ROWS
}

/// Rows of stored cells and of public values are counted exactly, whatever the widths; those of the dot section mostly.
#[test]
fn counts_are_those_of_lowerings() {
    let (mut layouts, mut exact) = (0, 0);
    for seed in 0..120 {
        let (graph, _) = random_graph(seed).finish();
        let options = PlanOptions {
            target: Target::Fast,
            private_input: seed % 3 == 0,
        };
        let (limb_bits, operands) = ([4, 8][seed as usize % 2], seed % 4 < 2);
        let census = Census::new(&graph, &options, (limb_bits, operands)).unwrap();
        for k in 6..=10 {
            let Some(widths) = census.widths(usable(k)) else {
                continue;
            };
            let counted = census.needs(&widths);
            assert!(counted.most() <= usable(k), "{seed}, 2^{k} rows: {counted:?}");
            let found = Needs::of(&lowered(&graph, &options, widths, usable(k)).unwrap());
            let but_dots = Needs {
                dots: counted.dots,
                ..found
            };
            assert_eq!(but_dots, counted, "{seed}, 2^{k} rows, {widths:?}");
            (layouts, exact) = (layouts + 1, exact + usize::from(counted == found));
        }
    }
    assert!(layouts > 400 && exact > 300, "{exact} of {layouts} exact");
}
