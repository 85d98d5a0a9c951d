//! The integer graph under construction.

use super::bound::Bound;
use super::derived;
use super::integer::Requantize;
use super::scales::{bits_for, integer_interval, scale_for};
use crate::options::QuantizeOptions;
use crate::{
    ElementKind, FloatTensor, Graph, ModelError, Node, QNode, QOp, QTensor, QuantizedGraph, TensorId, ValueId,
};
use std::collections::HashMap;

/// State of the translation of a float graph, node by node.
///
/// Every float value that is translated has one tensor; `tensors` knows it. A circuit stores it (the result of a requantisation, a
/// table or a pool), or it is elements of such ones moved about, or integers computed from such ones exactly.
pub(crate) struct Lowering<'a> {
    pub graph: &'a Graph,
    pub options: &'a QuantizeOptions,
    facts: Facts<'a>,
    /// The tensor of each value.
    tensors: Vec<Option<TensorId>>,
    /// Names that are taken, with the number of the last tensor that was called after each.
    names: HashMap<String, usize>,
    result: QuantizedGraph,
    /// For every tensor of the result, the value that it approximates, if there is one.
    sources: Vec<Option<ValueId>>,
}

/// What is known about the float graph's values.
pub(crate) struct Facts<'a> {
    /// By their outputs, which nodes were merged into others, in words.
    pub merged: &'a HashMap<ValueId, Vec<String>>,
    /// Greatest magnitude of each value on the calibration data.
    pub ranges: &'a [f64],
    /// Of every graph input whose elements are integers, the least and the greatest one on the calibration data.
    pub integers: &'a [Option<(i64, i64)>],
    /// Values that keep the precision of outputs.
    pub precise: &'a [bool],
}

impl<'a> Lowering<'a> {
    pub fn new(graph: &'a Graph, facts: Facts<'a>, options: &'a QuantizeOptions) -> Self {
        Lowering {
            graph,
            options,
            facts,
            tensors: vec![None; graph.values.len()],
            names: HashMap::new(),
            result: QuantizedGraph {
                name: graph.name.clone(),
                ..QuantizedGraph::default()
            },
            sources: Vec::new(),
        }
    }

    /// Makes the graph's inputs.
    pub fn inputs(&mut self) -> Result<(), ModelError> {
        for (position, &id) in self.graph.inputs.iter().enumerate() {
            let value = &self.graph.values[id.0];
            let seen = self.facts.integers.get(position).copied().flatten();
            let (kind, interval) = match value.whole.zip(seen) {
                Some((whole, seen)) => {
                    let headroom = f64::from(self.options.headroom);
                    let interval = integer_interval(whole.kind, seen, headroom).map_err(|reason| {
                        let reason = format!("input `{}`: {reason}", value.name);
                        ModelError::Calibration { reason }
                    })?;
                    (whole.kind.element(), interval)
                }
                None => {
                    let bits = self.options.bits;
                    (
                        ElementKind::real(scale_for(self.headroom(id), bits)),
                        symmetric(bits),
                    )
                }
            };
            let name = self.unique(value.name.clone());
            let shape = value.shape.clone();
            let tensor = self.push(
                QTensor {
                    name,
                    shape,
                    kind,
                    interval,
                },
                Some(id),
            );
            self.result.inputs.push(tensor);
            self.tensors[id.0] = Some(tensor);
        }
        Ok(())
    }

    /// Remembers the tensors of a node's values.
    pub fn define(&mut self, node: &Node, tensors: Vec<TensorId>) {
        for (id, tensor) in node.outputs.iter().zip(tensors) {
            self.tensors[id.0] = Some(tensor);
        }
    }

    /// Ends the translation.
    pub fn finish(mut self) -> Result<(QuantizedGraph, Vec<Option<ValueId>>), ModelError> {
        for id in &self.graph.outputs {
            let tensor = self.tensors[id.0].ok_or_else(|| ModelError::InvalidGraph {
                place: self.graph.values[id.0].name.clone(),
                reason: "an output that was not translated".to_owned(),
            })?;
            self.result.outputs.push(tensor);
        }
        Ok((self.result, self.sources))
    }

    /// The constant contents of a node's input.
    pub fn constant(&self, node: &Node, index: usize) -> Option<&'a FloatTensor> {
        let graph = self.graph;
        node.inputs
            .get(index)
            .and_then(|id| graph.values[id.0].constant.as_ref())
    }

    /// The stored tensor of a node's input.
    pub fn input(&self, node: &Node, index: usize) -> Result<TensorId, ModelError> {
        let id = node.inputs.get(index).and_then(|id| self.tensors[id.0]);
        id.ok_or_else(|| self.error(node, format!("input {index} has no integer form")))
    }

    /// The tensor of a value, if it has one by now.
    pub fn tensor_of(&self, id: ValueId) -> Option<&QTensor> {
        self.tensors[id.0].map(|tensor| self.tensor(tensor))
    }

    /// The binary places of a tensor made so far, which is none of quantised numbers.
    pub fn scale(&self, id: TensorId) -> i32 {
        self.tensor(id).kind.scale_bits().unwrap_or(0)
    }

    /// A tensor made so far.
    pub fn tensor(&self, id: TensorId) -> &QTensor {
        &self.result.tensors[id.0]
    }

    /// An error about a node.
    pub fn error(&self, node: &Node, reason: String) -> ModelError {
        let reason = match self.facts.merged.get(&node.output()).map(Vec::as_slice) {
            None | Some([]) => reason,
            Some(merged) => format!("{reason}; merged into this node: {}", merged.join(", ")),
        };
        ModelError::InvalidNode {
            node: node.name.clone(),
            op: node.op.name(),
            reason,
        }
    }

    /// The greatest magnitude that a value must be able to have.
    pub fn headroom(&self, id: ValueId) -> f64 {
        self.facts.ranges[id.0] * f64::from(self.options.headroom)
    }

    /// The shape of a node's value.
    pub fn shape(&self, node: &Node) -> Vec<usize> {
        self.graph.values[node.output().0].shape.clone()
    }

    /// Bits of the tensor of a value.
    pub fn bits(&self, id: ValueId) -> u32 {
        if self.facts.precise[id.0] {
            self.options.output_bits
        } else {
            self.options.bits
        }
    }

    /// Adds a node whose output is called after the node's value, with `suffix`; its interval is what the inputs'
    /// intervals give. Refuses integers that the value's type would not hold.
    pub fn emit(
        &mut self,
        node: &Node,
        (op, inputs): (QOp, Vec<TensorId>),
        (suffix, kind): (&str, ElementKind),
        shape: &[usize],
    ) -> Result<TensorId, ModelError> {
        let interval = self.derived(node, (&op, &inputs))?;
        self.check_holds(node, node.output(), (kind, interval))?;
        Ok(self.emit_within(node, (op, inputs), (suffix, kind), shape, interval))
    }

    /// As [`Lowering::emit`], with a given interval.
    pub fn emit_within(
        &mut self,
        node: &Node,
        (op, inputs): (QOp, Vec<TensorId>),
        (suffix, kind): (&str, ElementKind),
        shape: &[usize],
        interval: (i64, i64),
    ) -> TensorId {
        let output = self.output(node.output(), suffix, (shape.to_vec(), kind, interval));
        self.node(node, op, inputs, vec![output]);
        output
    }

    /// As [`Lowering::emit`], with an output for each of the node's values.
    pub fn emit_all(
        &mut self,
        node: &Node,
        (op, inputs): (QOp, Vec<TensorId>),
        kind: ElementKind,
    ) -> Result<Vec<TensorId>, ModelError> {
        let interval = self.derived(node, (&op, &inputs))?;
        let mut outputs = Vec::with_capacity(node.outputs.len());
        for id in &node.outputs {
            self.check_holds(node, *id, (kind, interval))?;
            let shape = self.graph.values[id.0].shape.clone();
            outputs.push(self.output(*id, "", (shape, kind, interval)));
        }
        self.node(node, op, inputs, outputs.clone());
        Ok(outputs)
    }

    /// The interval that the inputs' intervals give.
    fn derived(&self, node: &Node, (op, inputs): (&QOp, &[TensorId])) -> Result<(i64, i64), ModelError> {
        let tensors: Vec<_> = inputs.iter().map(|id| self.tensor(*id)).collect();
        let interval = derived(op.operator(), &tensors, Bound::point(0));
        Ok(interval
            .map_err(|reason| self.error(node, reason))?
            .unwrap_or((0, 0)))
    }

    /// Adds a tensor that is called after a value, with `suffix`.
    fn output(
        &mut self,
        value: ValueId,
        suffix: &str,
        (shape, kind, interval): (Vec<usize>, ElementKind, (i64, i64)),
    ) -> TensorId {
        let name = self.unique(format!("{}{suffix}", self.graph.values[value.0].name));
        let source = Some(value).filter(|_| suffix.is_empty() || suffix == ".sum");
        let tensor = QTensor {
            name,
            shape,
            kind,
            interval,
        };
        self.push(tensor, source)
    }

    fn node(&mut self, node: &Node, op: QOp, inputs: Vec<TensorId>, outputs: Vec<TensorId>) {
        self.result.nodes.push(QNode {
            name: node.name.clone(),
            op,
            inputs,
            outputs,
        });
    }

    /// Adds an operator that chooses among elements or moves them: the value's shape, and by default the kind of its input.
    pub fn choose(
        &mut self,
        node: &Node,
        op: QOp,
        kind: Option<ElementKind>,
    ) -> Result<TensorId, ModelError> {
        let x = self.input(node, 0)?;
        let kind = kind.unwrap_or(self.tensor(x).kind);
        self.emit(node, (op, vec![x]), ("", kind), &self.shape(node))
    }

    /// Scale and bits of a stored tensor for a value whose accumulator has the scale `available`.
    pub fn target(&self, id: ValueId, available: i32) -> (i32, u32) {
        let bits = self.bits(id);
        let scale = scale_for(self.headroom(id), bits);
        if scale <= available {
            return (scale, bits);
        }
        // Finer than the accumulator is pointless; the same range then takes fewer bits.
        (available, bits_for(self.headroom(id), available).min(bits))
    }

    /// Rounds an accumulator to the stored tensor of the node's value.
    pub fn requantize(&mut self, node: &Node, accumulator: TensorId) -> Result<TensorId, ModelError> {
        self.requantize_as(node, accumulator, "")
    }

    /// As [`Lowering::requantize`], for a tensor that only later takes the value's form.
    pub fn requantize_as(
        &mut self,
        node: &Node,
        accumulator: TensorId,
        suffix: &str,
    ) -> Result<TensorId, ModelError> {
        let (scale_bits, shape) = {
            let tensor = self.tensor(accumulator);
            (tensor.kind.scale_bits().unwrap_or(0), tensor.shape.clone())
        };
        let (scale, bits) = self.target(node.output(), scale_bits);
        let shift = (scale_bits - scale) as u32;
        if shift >= 62 {
            let reason =
                format!("its scale would change by {shift} bits; the values differ too much in size");
            return Err(self.error(node, reason));
        }
        let op = (QOp::Requantize(Requantize { shift }), vec![accumulator]);
        Ok(self.emit_within(
            node,
            op,
            (suffix, ElementKind::real(scale)),
            &shape,
            symmetric(bits),
        ))
    }

    fn push(&mut self, tensor: QTensor, source: Option<ValueId>) -> TensorId {
        self.result.tensors.push(tensor);
        self.sources.push(source);
        TensorId(self.result.tensors.len() - 1)
    }

    fn unique(&mut self, name: String) -> String {
        let Some(mut number) = self.names.get(&name).copied() else {
            self.names.insert(name.clone(), 1);
            return name;
        };
        let candidate = loop {
            number += 1;
            let candidate = format!("{name}#{number}");
            if !self.names.contains_key(&candidate) {
                break candidate;
            }
        };
        self.names.insert(name, number);
        self.names.insert(candidate.clone(), 1);
        candidate
    }
}

/// `[−2^(bits−1), 2^(bits−1))`.
pub(crate) fn symmetric(bits: u32) -> (i64, i64) {
    (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
}
