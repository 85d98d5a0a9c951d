//! Summary and picture of a small network's layout.

use crate::{graph_of, padded};
use hallmark_circuits::{Plan, PlanOptions};
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
