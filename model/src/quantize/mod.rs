//! From a float graph to an integer graph: calibration, scales, lowering.
//!
//! The scales and the lowering of every operator are described in `docs/semantics.md`.

mod calibrate;
mod domain;
mod fold;
mod folded;
mod mask;
mod normalization;
mod order;
mod plan;
mod pointwise;
mod scales_into_products;
mod table;

pub use crate::options::QuantizeOptions;
pub use crate::quantized::Quantized;

use crate::ops::lowering::{Facts, Lowering};
use crate::{FloatTensor, Graph, ModelError, QNode, QOp, QuantizedGraph};

/// Quantises a float graph.
///
/// `calibration` holds samples, each with one tensor per graph input; the greatest magnitudes that they produce
/// decide the scales, and of integers in types of more than 16 bits the range.
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
    let folded::Folded {
        graph: folded,
        merged,
    } = fold::fold(graph)?;
    let forms = pointwise::forms(&folded);
    let needed = plan::needed(&folded, &forms);
    plan::check_supported(&folded, &forms, &needed)?;
    let facts = Facts {
        merged: &merged,
        extremes: &calibrate::extremes(&folded, calibration)?,
        integers: &calibrate::integer_ranges(&folded, calibration)?,
        precise: &plan::precise_values(&folded),
    };
    let mut lowering = Lowering::<QOp>::new(&folded.values, facts, options);
    let inputs = lowering.inputs(&folded.inputs)?;
    for (node, _) in folded.nodes.iter().zip(&needed).filter(|(_, needed)| **needed) {
        let tensors = match plan::table(&forms, node) {
            Some(form) => vec![table::table(&mut lowering, node.view(), form)?],
            None => node.op.quantizer().quantize_all(&mut lowering, node.view())?,
        };
        lowering.define(node.view(), tensors);
    }
    let outputs = lowering.outputs(&folded.outputs)?;
    let (tensors, nodes, sources) = lowering.finish();
    let graph = QuantizedGraph {
        name: folded.name.clone(),
        tensors,
        nodes: nodes.into_iter().map(QNode::from).collect(),
        inputs,
        outputs,
    };
    let mut quantized = Quantized { graph, sources };
    order::pool_before_tables(&mut quantized);
    quantized.graph.validate()?;
    Ok(quantized)
}
