//! From a float graph to an integer graph: calibration, scales, lowering.
//!
//! The scales and the lowering of every operator are described in `docs/semantics.md`.

mod add;
mod average_pool;
mod calibrate;
mod concat;
mod conv;
mod fold;
mod lower;
mod mat_mul;
mod movement;
mod mul;
mod options;
mod order;
mod plan;
mod pointwise;
mod scales;
mod table;

pub use options::QuantizeOptions;

use crate::{FloatTensor, Graph, ModelError, QuantizedGraph, ValueId};
use lower::Lowering;
use serde::{Deserialize, Serialize};

/// An integer graph, and where its tensors come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantized {
    /// The integer graph.
    pub graph: QuantizedGraph,
    /// For every tensor of the integer graph, the value of the float graph that it approximates, if there is one.
    pub sources: Vec<Option<ValueId>>,
}

/// Quantises a float graph.
///
/// `calibration` holds samples, each with one tensor per graph input; the greatest magnitudes that they produce
/// decide the scales.
///
/// # Errors
/// - [`ModelError::Option`] for options outside their range;
/// - [`ModelError::Unsupported`], naming every node without an integer form;
/// - [`ModelError::Calibration`] without samples, [`ModelError::NotFinite`] where a sample holds NaN or an infinity,
///   [`ModelError::Diverges`] where the model makes one of a sample, [`ModelError::InputCount`] or [`ModelError::ShapeMismatch`] where it does not fit the graph;
/// - the errors of [`Graph::validate`], and [`ModelError::InvalidNode`] where the integers would be too large.
pub fn quantize(
    graph: &Graph,
    calibration: &[Vec<FloatTensor>],
    options: &QuantizeOptions,
) -> Result<Quantized, ModelError> {
    options.check()?;
    graph.validate()?;
    let fold::Folded {
        graph: folded,
        absorbed,
    } = fold::fold(graph)?;
    let forms = pointwise::forms(&folded);
    let needed = plan::needed(&folded, &forms);
    plan::check_supported(&folded, &forms, &needed)?;
    let ranges = calibrate::greatest_magnitudes(&folded, calibration)?;
    let mut lowering = Lowering::new(&folded, &absorbed, &ranges, options);
    lowering.inputs()?;
    for (index, node) in folded.nodes.iter().enumerate() {
        if needed[index] {
            lowering.node(node, &forms)?;
        }
    }
    let mut quantized = lowering.finish()?;
    order::pool_before_tables(&mut quantized);
    quantized.graph.validate()?;
    Ok(quantized)
}
