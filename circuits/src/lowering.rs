//! A graph lowered for given widths.

use crate::{
    builder::{Builder, Pieces, Widths},
    error::CircuitError,
    evaluations::{
        Evaluations,
        accumulator::{Accumulators, Pattern},
    },
    ops,
    options::{K_RANGE, PlanOptions, Target},
};
use hallmark_model::QuantizedGraph;
use std::{collections::BTreeSet, sync::Arc};

/// Most summands of the coefficients of a row: each is a node of a gate's expression.
const MAX_MONOMIALS: usize = 4096;

/// Most rows of all lookup tables together: they take columns of their own.
const MAX_TABLE_ROWS: usize = 1 << 24;

/// All nodes that are products, with the pieces that they are made in.
fn products(b: &Builder<'_>) -> impl Iterator<Item = (usize, Pieces)> {
    (0..b.graph.nodes.len()).filter_map(|node| Some((node, b.product(node)?.pieces(b, node))))
}

/// Numbers of axes of tensors that are made channel by channel.
fn image_ranks(b: &Builder<'_>) -> BTreeSet<usize> {
    let images = products(b).filter(|(_, pieces)| *pieces == Pieces::Channels);
    images
        .map(|(node, _)| b.shape(b.graph.nodes[node].output()).len())
        .collect()
}

/// Lanes of [`crate::block::Bank::Single`] that rows of a graph's operators need, at least; zero if there are none.
pub fn lanes(graph: &QuantizedGraph, limb_bits: u32) -> usize {
    let lanes = graph
        .nodes
        .iter()
        .map(|node| ops::operator(&node.op).lanes(graph, node, limb_bits));
    lanes.max().unwrap_or(0)
}

/// Lowers a graph for strips, but gives nothing a place: only counts what is stored, and evaluates as if every evaluation were one atom.
pub(crate) fn counted<'g>(
    graph: &'g QuantizedGraph,
    options: &PlanOptions,
    widths: Widths,
    usable: usize,
) -> Result<Builder<'g>, CircuitError> {
    lowered_with(graph, options, widths, usable, Evaluations::Counted(0))
}

/// Lowers a graph for given widths.
///
/// # Errors
/// What cannot be lowered, or is too large.
pub fn lowered<'g>(
    graph: &'g QuantizedGraph,
    options: &PlanOptions,
    widths: Widths,
    usable: usize,
) -> Result<Builder<'g>, CircuitError> {
    let (evaluations, widths) = match options.target {
        Target::Fast => (Evaluations::Placed(Accumulators::default()), widths),
        Target::Evm => {
            let (instance, operands) = (1, false);
            let widths = Widths {
                instance,
                operands,
                ..widths
            };
            (Evaluations::Noted(Vec::new()), widths)
        }
    };
    lowered_with(graph, options, widths, usable, evaluations)
}

fn lowered_with<'g>(
    graph: &'g QuantizedGraph,
    options: &PlanOptions,
    widths: Widths,
    usable: usize,
    evaluations: Evaluations,
) -> Result<Builder<'g>, CircuitError> {
    let with = |joins_repeated| {
        let mut builder = Builder::new(graph, widths, usable, evaluations.clone(), ops::operator);
        builder.joins_repeated = joins_repeated;
        lower(builder, options)
    };
    let mut builder = with(true)?;
    let mut most = positions(&builder);
    if most > MAX_MONOMIALS {
        builder = with(false)?;
        most = positions(&builder);
    }
    if most > MAX_MONOMIALS {
        return Err(CircuitError::TooLarge {
            reason: format!(
                "one row of cells is read by {most} positions, at most {MAX_MONOMIALS} are supported"
            ),
            max_k: *K_RANGE.end(),
        });
    }
    let entries = builder.tables.rows();
    if entries > MAX_TABLE_ROWS {
        return Err(CircuitError::TooLarge {
            reason: format!(
                "its lookup tables have {entries} entries together, at most {MAX_TABLE_ROWS} are supported; round tensors to fewer \
                 bits before functions, ReLUs and max-pools"
            ),
            max_k: *K_RANGE.end(),
        });
    }
    builder.settle();
    Ok(builder)
}

/// The most positions that read one row of cells.
fn positions(b: &Builder<'_>) -> usize {
    let of = |pattern: &Pattern| pattern.lanes.iter().map(|(_, m)| m.len()).sum::<usize>();
    let accumulators = b.evaluations.accumulators();
    let patterns = accumulators.map_or(&[][..], |all| &all.patterns);
    patterns.iter().map(of).max().unwrap_or(0)
}

/// Lowers a graph with an empty lowering of it.
fn lower<'g>(mut builder: Builder<'g>, options: &PlanOptions) -> Result<Builder<'g>, CircuitError> {
    let widths = builder.widths;
    builder.private_input = options.private_input;
    // Contracts pay for columns: nothing is gained by sharing rows there.
    if options.target == Target::Fast {
        builder.image_ranks = image_ranks(&builder);
        builder.readings = Arc::new(builder.readings());
    }
    if widths.operands {
        // Nothing has a pitch yet, so that no rows are together.
        let matrices = products(&builder).filter(|(_, pieces)| *pieces == Pieces::Columns);
        let shapes = matrices.filter_map(|(node, _)| builder.parameters.weight_shape(node));
        let pitch = ops::linear::pitch(shapes);
        builder.dots.pitch = pitch;
    }
    ops::lower(&mut builder)?;
    Ok(builder)
}
