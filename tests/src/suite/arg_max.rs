//! Positions of maxima.

use super::{AtLeast, Case, Suite};
use crate::graph_builder::{GraphBuilder, signed};

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "arg_max",
    cases: &[arg_max_first, arg_max_last, arg_max_limbs, arg_max_inner_axis],
    necessity_with: &[|| arg_max_claims(4), || arg_max_claims(6)],
    at_least: AtLeast {
        executions: 4,
        models: 2,
        mixtures: 39,
        batches: 0,
        mock_accepted: 8,
        mock_rejected: 8,
    },
};

fn arg_max(name: &'static str, bits: u32, values: [i64; 12], select_last: bool) -> Case {
    let mut g = GraphBuilder::named(name);
    let x = g.input_values(&[3, 4], signed(bits), &values);
    let i = g.arg_max(x, 1, select_last);
    g.output(i);
    Case::new(name, g)
}

/// Ties; the first wins.
pub fn arg_max_first() -> Case {
    arg_max(
        "arg-max, first",
        4,
        [5, 7, 7, 1, -7, -7, -7, -7, 3, 2, 1, 7],
        false,
    )
}

/// Ties; the last wins.
pub fn arg_max_last() -> Case {
    arg_max("arg-max, last", 4, [5, 7, 7, 1, -7, -7, -7, -7, 3, 2, 1, 7], true)
}

/// Differences of two limbs.
pub fn arg_max_limbs() -> Case {
    arg_max(
        "arg-max, limbs",
        6,
        [-32, 31, 30, 31, 8, 0, 16, -16, 20, 4, -12, -32],
        false,
    )
}

/// Sequences along an axis that is not the last one, of a tensor that a layer made.
pub fn arg_max_inner_axis() -> Case {
    let mut g = GraphBuilder::named("arg-max, inner axis");
    let x = g.input(&[3, 2], 4);
    let y = g.linear(x, 2, 4);
    let i = g.arg_max(y, 0, false);
    g.output(i);
    Case::new("arg-max, inner axis", g)
}

/// Sequences that leave room for claims about every constraint; two limbs if `bits` is 6, one if it is 4.
pub fn arg_max_claims(bits: u32) -> Case {
    let third = if bits == 6 { [2, 10, 2, -6] } else { [2, 6, 2, -6] };
    let mut g = GraphBuilder::named("arg-max, claims");
    let x = g.input_values(
        &[3, 4],
        signed(bits),
        &[[3, 5, 5, 1], [5, 4, 5, 0], third].concat(),
    );
    let i = g.arg_max(x, 1, false);
    g.output(i);
    Case::new("arg-max, claims", g)
}
