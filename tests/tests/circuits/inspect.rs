//! Summary and picture of a small network's layout.

use crate::{graph_of, padded};
use hallmark_circuits::internals::builder::Widths;
use hallmark_circuits::{ColumnKind, Plan, PlanOptions, Target, Witness};
use hallmark_tests::deep_graph::{Size, deep_graph};
use hallmark_tests::graph_builder::window;

fn plan(private_input: bool) -> Plan {
    let mut g = graph_of(3);
    let x = g.input(&[1, 1, 6, 6], 8);
    let y = g.conv(x, padded(2, [3, 3]), 8);
    let m = g.max_pool(y, window([2, 2], [2, 2], [[0; 2]; 2]));
    let f = g.reshape(m, &[1, 18]);
    let z = g.linear(f, 4, 12);
    g.output(z);
    let options = PlanOptions {
        private_input,
        ..PlanOptions::default()
    };
    Plan::new(g.finish().0, &options).unwrap()
}

#[test]
fn shares_add_up_and_cells_are_those_of_the_blocks() {
    for private_input in [false, true] {
        let plan = plan(private_input);
        let summary = plan.summary();
        let shares: f64 = summary.layers.iter().map(|layer| layer.share).sum();
        assert!((shares - 1.0).abs() < 1e-9, "{shares}");
        let layout = plan.layout().strips().unwrap();
        let stored = layout
            .frame
            .blocks
            .iter()
            .map(|b| b.slot_of.len() * b.fills.len())
            .sum::<usize>();
        assert_eq!(summary.totals.cells, stored);
        assert_eq!(
            summary.totals.weights,
            2 * 9 + 18 * 4 + 4,
            "kernels, matrix, and the bias of the single row"
        );
        assert_eq!(summary.totals.dot_rows + 1, layout.dots.len());
        let taken = layout.accumulators.taken();
        let unowned = usize::from(private_input);
        assert!(
            taken - summary.totals.accumulator_rows <= unowned,
            "every evaluation has an owner, but a zero"
        );
        let names: Vec<&str> = summary.layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names.contains(&"commitment"), private_input, "{names:?}");
        assert!(
            summary
                .groups
                .iter()
                .all(|group| (0.0..=1.0).contains(&group.filled))
        );
    }
}

/// What is empty is empty for a reason: of every kind of columns, the reasons' cells and the filled ones are all that there are.
#[test]
fn reasons_add_up_to_what_is_empty() {
    let strips = [plan(false), plan(true), deep()];
    let machine = Plan::new(
        strips[2].graph().clone(),
        &PlanOptions {
            target: Target::Evm,
            private_input: false,
        },
    );
    for plan in strips.into_iter().chain([machine.unwrap()]) {
        let (summary, usable) = (plan.summary(), plan.frame().usable);
        for group in &summary.groups {
            let empty: usize = group.empty.iter().map(|reason| reason.cells).sum();
            assert_eq!(
                group.cells + empty,
                group.columns * usable,
                "{}: {:?}",
                group.name,
                group.empty
            );
            let shares: f64 = group.empty.iter().map(|reason| reason.share).sum();
            assert!((shares + group.filled - 1.0).abs() < 1e-9, "{}", group.name);
        }
        let of = |kind| {
            let groups = summary.groups.iter().filter(move |group| group.kind == kind);
            groups.map(|group| group.columns).sum::<usize>()
        };
        assert_eq!(of(ColumnKind::Small), summary.columns.small);
        assert_eq!(of(ColumnKind::Full), summary.columns.full);
        assert_eq!(of(ColumnKind::Fixed), summary.columns.fixed);
    }
}

/// Rows are as wide as a third channel needs; images of 7×7 fill them by half, and the reason names them.
#[test]
fn channels_that_are_narrower_than_a_row_are_named() {
    let mut g = graph_of(4);
    let x = g.input(&[1, 8, 7, 7], 8);
    let y = g.conv(x, padded(8, [3, 3]), 8);
    g.output(y);
    let widths = Widths {
        single: 72,
        pair: 1,
        product: 1,
        border: 2,
        weights: 9,
        instance: 8,
        limb_bits: 8,
        operands: false,
    };
    let plan = Plan::forced(g.finish().0, &PlanOptions::default(), 8, widths).unwrap();
    let groups = plan.summary().groups;
    let numbers = groups.iter().find(|group| group.name == "numbers").unwrap();
    let reason = |words: &str| numbers.empty.iter().find(|empty| empty.reason.contains(words));
    let channels = reason("whole channels").unwrap();
    let most = channels.most.as_deref().unwrap();
    assert!(
        most.contains("1×8×7×7: 49 in the 72 lanes of a row, 8 rows"),
        "{most}"
    );
    assert!(
        reason("rows behind the last one").is_some(),
        "{:?}",
        numbers.empty
    );
}

/// The small integers that a network needs are those of its blocks and tables, whatever lies between them.
#[test]
fn needed_integers_are_all_that_is_stored() {
    for target in [Target::Fast, Target::Evm] {
        let (graph, trace) = deep_graph(2, Size::TINY).finish();
        let options = PlanOptions {
            target,
            private_input: false,
        };
        let plan = Plan::new(graph, &options).unwrap();
        let witness = Witness::new(&plan, &trace, [0; 32]).unwrap();
        let mut needed = plan.needed_integers(&trace, &witness);
        let small = plan
            .summary()
            .groups
            .into_iter()
            .filter(|group| group.kind == ColumnKind::Small);
        assert_eq!(needed.len(), small.map(|group| group.cells).sum::<usize>());
        let mut stored: Vec<i64> = witness.stored().iter().flatten().copied().collect();
        needed.retain(|value| *value != 0);
        stored.retain(|value| *value != 0);
        needed.sort_unstable();
        stored.sort_unstable();
        // Cells of pairs without an element hold a function's first value, and lookups of them count as its row's.
        assert!(needed.len() <= stored.len(), "{target:?}");
        assert!(target == Target::Fast || needed == stored, "{target:?}");
    }
}

fn deep() -> Plan {
    Plan::new(deep_graph(5, Size::SMALL).finish().0, &PlanOptions::default()).unwrap()
}

#[test]
fn the_picture_is_deterministic_and_well_formed() {
    let (first, second) = (plan(true).svg(), plan(true).svg());
    assert_eq!(first, second);
    assert!(first.starts_with("<svg ") && first.ends_with("</svg>\n"));
    for element in ["text", "svg"] {
        let opened = first.matches(&format!("<{element} ")).count();
        assert_eq!(
            opened,
            first.matches(&format!("</{element}>")).count(),
            "{element}"
        );
    }
    assert!(
        !first.contains("NaN") && !first.contains("inf"),
        "all coordinates are numbers"
    );
}
