//! Factors and summands behind a normalisation, one for each element of a row, into the constant matrices that the result is multiplied
//! by: `(x·γ + β)·W + b = x·(γW) + (βW + b)`.

use super::folded::{Folded, Links, per_channel};
use super::normalization::constant_value;
use crate::{FloatTensor, Graph, Node, Op, ValueId};
use ndarray::{Array1, Axis};

/// Merges them where nothing but such products reads the result.
pub(super) fn merge(folded: &mut Folded) {
    let links = Links::new(&folded.graph);
    for index in 0..folded.graph.nodes.len() {
        if matches!(folded.graph.nodes[index].op, Op::Normalize(_))
            && let Some(scaled) = Scaled::behind(&folded.graph, &links, index)
        {
            scaled.merge(folded);
        }
    }
}

/// What is done to the elements of rows behind a normalisation.
struct Scaled {
    /// What is normalised.
    normalized: ValueId,
    factors: Vec<f64>,
    summands: Vec<f64>,
    /// The nodes that do it.
    nodes: Vec<usize>,
    /// The products that read the result.
    products: Vec<usize>,
}

impl Scaled {
    fn behind(graph: &Graph, links: &Links, index: usize) -> Option<Self> {
        let normalized = graph.nodes[index].output();
        let shape = graph.values[normalized.0].shape.clone();
        let channels = *shape.last()?;
        let mut scaled = Self {
            normalized,
            factors: vec![1.0; channels],
            summands: vec![0.0; channels],
            nodes: Vec::new(),
            products: Vec::new(),
        };
        let mut value = normalized;
        loop {
            let readers = links.readers(value)?;
            let &[next] = readers.as_slice() else {
                scaled.products = readers;
                break;
            };
            let node = &graph.nodes[next];
            if !scaled.apply(graph, node, value) {
                scaled.products = readers;
                break;
            }
            scaled.nodes.push(next);
            value = node.output();
            if graph.values[value.0].shape != shape {
                return None;
            }
        }
        let is_product = |index: &usize| {
            let node = &graph.nodes[*index];
            let constant = |input: usize| {
                let id = node.inputs.get(input)?;
                graph.values[id.0].constant.as_ref()
            };
            let has_bias = node.inputs.len() == 3;
            node.op == Op::MatMul
                && node.inputs.first() == Some(&value)
                && constant(1).is_some_and(|weight| weight.ndim() == 2)
                && (!has_bias || constant(2).is_some_and(|bias| bias.ndim() == 1))
        };
        let are_products = !scaled.products.is_empty() && scaled.products.iter().all(is_product);
        (!scaled.nodes.is_empty() && are_products).then_some(scaled)
    }

    /// Takes a node's factor or summand on, if it has one for each element of a row.
    fn apply(&mut self, graph: &Graph, node: &Node, value: ValueId) -> bool {
        let &[a, b] = node.inputs.as_slice() else {
            return false;
        };
        let constant = |id: ValueId| graph.values[id.0].constant.as_ref();
        let rank = graph.values[value.0].shape.len();
        let numbers = constant(if a == value { b } else { a });
        let numbers = numbers.and_then(|own| per_channel(own, rank, rank - 1, self.factors.len()));
        let Some(numbers) = numbers else { return false };
        let each = self.factors.iter_mut().zip(&mut self.summands).zip(numbers);
        match node.op {
            Op::Mul => each
                .for_each(|((factor, summand), own)| (*factor, *summand) = (*factor * own, *summand * own)),
            Op::Add => each.for_each(|((_, summand), own)| *summand += own),
            _ => return false,
        }
        true
    }

    fn merge(self, folded: &mut Folded) {
        let words: Vec<String> = (self.nodes.iter())
            .map(|index| {
                let node = &folded.graph.nodes[*index];
                format!("`{}` ({})", node.name, node.op.name())
            })
            .collect();
        for index in &self.products {
            let node = folded.graph.nodes[*index].clone();
            let constant = |input: usize| {
                let id = node.inputs.get(input)?;
                folded.graph.values[id.0].constant.as_ref()
            };
            let Some((weight, bias)) = constant(1).and_then(|weight| self.merged(weight, constant(2))) else {
                continue;
            };
            let graph = &mut folded.graph;
            let weight = constant_value(graph, &format!("{}.weight", node.name), weight);
            let bias = constant_value(graph, &format!("{}.bias", node.name), bias);
            graph.nodes[*index].inputs = vec![self.normalized, weight, bias];
            let merged = folded.merged.entry(node.output()).or_default();
            merged.extend(words.iter().cloned());
        }
    }

    /// A product's weight and bias with the factors and summands.
    fn merged(&self, weight: &FloatTensor, bias: Option<&FloatTensor>) -> Option<(FloatTensor, FloatTensor)> {
        let columns = weight.shape()[1];
        let mut sums = match bias {
            Some(bias) => bias.iter().copied().map(f64::from).collect(),
            None => vec![0.0; columns],
        };
        let mut scaled = weight.clone();
        let rows = scaled
            .axis_iter_mut(Axis(0))
            .zip(self.factors.iter().zip(&self.summands));
        for (mut row, (factor, summand)) in rows {
            for (weight, sum) in row.iter_mut().zip(&mut sums) {
                *sum += summand * f64::from(*weight);
                *weight = (f64::from(*weight) * factor) as f32;
            }
        }
        let fits = sums.len() == columns && scaled.iter().chain(&[0.0]).all(|w| w.is_finite());
        let bias: Array1<f32> = sums.into_iter().map(|sum| sum as f32).collect();
        fits.then(|| (scaled, bias.into_dyn()))
    }
}
