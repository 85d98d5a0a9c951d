//! The gates of the sponge; see [`crate::poseidon`] for the rows. All are of degree four or less.

use super::layout::Strips;
use crate::{
    columns::Columns,
    poseidon::{AUXILIARY, CELLS, RowKind},
    scalar::Fr,
};
use halo2_proofs::plonk::{ConstraintSystem, Expression};

type Expr = Expression<Fr>;

/// Creates the gates of all tracks, if the layout has any.
pub(crate) fn create(meta: &mut ConstraintSystem<Fr>, config: &Columns, layout: &Strips) {
    let (Some(sponge), Some(fixed)) = (&layout.sponge, &layout.fixed.sponge) else {
        return;
    };
    let constant = config.fixed[fixed.constants].cur();
    let on = |kind: RowKind| {
        let column = match kind {
            RowKind::Absorb => fixed.absorb,
            RowKind::Rotate => fixed.rotate,
            RowKind::Full => fixed.full,
            RowKind::Partial => fixed.partial,
        };
        config.fixed[column].cur()
    };
    for (track, columns) in layout.advice.sponge.chunks(CELLS).enumerate() {
        let cell = |position: usize| config.advice[columns[position]].cur();
        let next = |position: usize| config.advice[columns[position]].next();
        let x = cell(0) + constant.clone();
        let s = cell(AUXILIARY) * cell(AUXILIARY) * x.clone();
        let sbox = on(RowKind::Rotate) + on(RowKind::Full) + on(RowKind::Partial);
        let mixed = |state: [Expr; 3], i: usize| {
            let [a, b, c] = state;
            let row = sponge.matrix[i];
            a * row[0] + b * row[1] + c * row[2]
        };
        let rotated = || [cell(1), cell(2), s.clone()];
        let mut constraints = vec![("square", sbox.clone() * (cell(AUXILIARY) - x.clone() * x))];
        let absorbed = [cell(0), cell(2), cell(1) + cell(AUXILIARY)];
        let names = ["next state 0", "next state 1", "next state 2"];
        for (i, (name, absorbed)) in names.into_iter().zip(absorbed).enumerate() {
            let wanted = on(RowKind::Absorb) * absorbed
                + on(RowKind::Rotate) * rotated()[i].clone()
                + on(RowKind::Full) * mixed(rotated(), i)
                + on(RowKind::Partial) * mixed([s.clone(), cell(1), cell(2)], i);
            let active = on(RowKind::Absorb) + sbox.clone();
            constraints.push((name, active * next(i) - wanted));
        }
        meta.create_gate(format!("Poseidon {track}"), |_| constraints);
        if track == 0 {
            let first = config.fixed[layout.fixed.usable].cur() - config.fixed[fixed.not_first].cur();
            start(meta, first, sponge.capacity, [cell(0), cell(1), cell(2)]);
        }
    }
}

/// The first state of the first track is `(capacity, 0, 0)`.
fn start(meta: &mut ConstraintSystem<Fr>, first: Expr, capacity: Fr, [tag, a, b]: [Expr; 3]) {
    let constraints = vec![
        ("capacity", first.clone() * (tag - Expression::Constant(capacity))),
        ("rate 1", first.clone() * a),
        ("rate 2", first * b),
    ];
    meta.create_gate("Poseidon start", |_| constraints);
}
