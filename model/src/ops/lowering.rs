//! The integer graph under construction.

use super::bound::Bound;
use super::check::derived;
use super::operator::{FloatOp, IntOp};
use super::requantize::Requantize;
use super::scales::{bits_for, integer_interval, scale_for};
use crate::options::QuantizeOptions;
use crate::value::{QTensor, TensorId, Value, ValueId};
use crate::{ElementKind, FloatTensor, ModelError};
use std::collections::HashMap;

/// A float operator that has an integer form: one or several operators of `O`.
pub(crate) trait Quantize<O: Operation>: FloatOp {
    /// Adds the integer form of a node with this operator, and returns the tensor of the node's one value.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError>;

    /// As `quantize`, with the tensors of all values of the node.
    fn quantize_all(
        &self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
    ) -> Result<Vec<TensorId>, ModelError> {
        Ok(vec![self.quantize(to, node)?])
    }
}

/// Any integer operator. Which there are is for the list to say, which knows the operators' files; these say what they need of it.
pub(crate) trait Operation: From<Requantize> {
    /// What the operator's file says.
    fn operator(&self) -> &dyn IntOp;
}

/// What an operator sees of its node in the float graph.
#[derive(Clone, Copy)]
pub(crate) struct NodeView<'a> {
    /// The node's name.
    pub name: &'a str,
    /// The operator's name.
    pub op: &'static str,
    /// Inputs, in the order that the operator states.
    pub inputs: &'a [ValueId],
    /// Outputs, likewise.
    pub outputs: &'a [ValueId],
}

impl NodeView<'_> {
    /// The output of an operator that has one, or the first one.
    pub fn output(self) -> ValueId {
        self.outputs[0]
    }
}

/// A node of the integer graph.
pub(crate) struct Lowered<O> {
    /// Name of the source node.
    pub name: String,
    /// The operator with its constants.
    pub op: O,
    /// Inputs in the order that it states.
    pub inputs: Vec<TensorId>,
    /// Outputs in the order that it states.
    pub outputs: Vec<TensorId>,
}

/// State of the translation of a float graph, node by node.
///
/// Every float value that is translated has one tensor; `tensors` knows it. A circuit stores it (the result of a requantisation, a
/// table or a pool), or it is elements of such ones moved about, or integers computed from such ones exactly.
pub(crate) struct Lowering<'a, O> {
    /// All values of the float graph.
    pub values: &'a [Value],
    pub options: &'a QuantizeOptions,
    facts: Facts<'a>,
    /// The tensor of each value.
    tensors: Vec<Option<TensorId>>,
    /// Names that are taken, with the number of the last tensor that was called after each.
    names: HashMap<String, usize>,
    /// The integer graph's tensors.
    made: Vec<QTensor>,
    /// Its nodes, in topological order.
    nodes: Vec<Lowered<O>>,
    /// For every tensor of the integer graph, the value that it approximates, if there is one.
    sources: Vec<Option<ValueId>>,
}

/// What is known about the float graph's values.
pub(crate) struct Facts<'a> {
    /// By their outputs, which nodes were merged into others, in words.
    pub merged: &'a HashMap<ValueId, Vec<String>>,
    /// The least and the greatest element of each value on the calibration data.
    pub extremes: &'a [(f64, f64)],
    /// Of every graph input whose elements are integers, the least and the greatest one on the calibration data.
    pub integers: &'a [Option<(i64, i64)>],
    /// Values that keep the precision of outputs.
    pub precise: &'a [bool],
}

impl<'a, O: Operation> Lowering<'a, O> {
    pub fn new(values: &'a [Value], facts: Facts<'a>, options: &'a QuantizeOptions) -> Self {
        Lowering {
            values,
            options,
            facts,
            tensors: vec![None; values.len()],
            names: HashMap::new(),
            made: Vec::new(),
            nodes: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// Makes the tensors of the graph's inputs, and returns them in their order.
    pub fn inputs(&mut self, inputs: &[ValueId]) -> Result<Vec<TensorId>, ModelError> {
        let mut made = Vec::with_capacity(inputs.len());
        for (position, &id) in inputs.iter().enumerate() {
            let value = &self.values[id.0];
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
            made.push(tensor);
            self.tensors[id.0] = Some(tensor);
        }
        Ok(made)
    }

    /// Remembers the tensors of a node's values.
    pub fn define(&mut self, node: NodeView<'_>, tensors: Vec<TensorId>) {
        for (id, tensor) in node.outputs.iter().zip(tensors) {
            self.tensors[id.0] = Some(tensor);
        }
    }

    /// The tensors of the graph's outputs.
    pub fn outputs(&self, outputs: &[ValueId]) -> Result<Vec<TensorId>, ModelError> {
        let tensor = |id: &ValueId| {
            self.tensors[id.0].ok_or_else(|| ModelError::InvalidGraph {
                place: self.values[id.0].name.clone(),
                reason: "an output that was not translated".to_owned(),
            })
        };
        outputs.iter().map(tensor).collect()
    }

    /// Ends the translation: tensors, nodes, and for every tensor the value that it approximates, if there is one.
    pub fn finish(self) -> (Vec<QTensor>, Vec<Lowered<O>>, Vec<Option<ValueId>>) {
        (self.made, self.nodes, self.sources)
    }

    /// The constant contents of a node's input.
    pub fn constant(&self, node: NodeView<'_>, index: usize) -> Option<&'a FloatTensor> {
        let values = self.values;
        node.inputs
            .get(index)
            .and_then(|id| values[id.0].constant.as_ref())
    }

    /// The stored tensor of a node's input.
    pub fn input(&self, node: NodeView<'_>, index: usize) -> Result<TensorId, ModelError> {
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
        &self.made[id.0]
    }

    /// An error about a node.
    pub fn error(&self, node: NodeView<'_>, reason: String) -> ModelError {
        let reason = match self.facts.merged.get(&node.output()).map(Vec::as_slice) {
            None | Some([]) => reason,
            Some(merged) => format!("{reason}; merged into this node: {}", merged.join(", ")),
        };
        ModelError::InvalidNode {
            node: node.name.to_owned(),
            op: node.op,
            reason,
        }
    }

    /// The greatest magnitude that a value must be able to have.
    pub fn headroom(&self, id: ValueId) -> f64 {
        let (low, high) = self.extremes(id);
        low.abs().max(high.abs()) * f64::from(self.options.headroom)
    }

    /// The least and the greatest element of a value on the calibration data.
    pub fn extremes(&self, id: ValueId) -> (f64, f64) {
        self.facts.extremes[id.0]
    }

    /// The shape of a node's value.
    pub fn shape(&self, node: NodeView<'_>) -> Vec<usize> {
        self.values[node.output().0].shape.clone()
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
        node: NodeView<'_>,
        (op, inputs): (impl Into<O>, Vec<TensorId>),
        (suffix, kind): (&str, ElementKind),
        shape: &[usize],
    ) -> Result<TensorId, ModelError> {
        let op = op.into();
        let interval = self.derived(node, (&op, &inputs))?;
        // What has a suffix is on the way to the value, and of no type of the file.
        if suffix.is_empty() {
            self.check_holds(node, node.output(), (kind, interval))?;
        }
        Ok(self.emit_within(node, (op, inputs), (suffix, kind), shape, interval))
    }

    /// As [`Lowering::emit`], with a given interval.
    pub fn emit_within(
        &mut self,
        node: NodeView<'_>,
        (op, inputs): (impl Into<O>, Vec<TensorId>),
        (suffix, kind): (&str, ElementKind),
        shape: &[usize],
        interval: (i64, i64),
    ) -> TensorId {
        let output = self.output(node.output(), suffix, (shape.to_vec(), kind, interval));
        self.node(node, op.into(), inputs, vec![output]);
        output
    }

    /// As [`Lowering::emit`], with an output for each of the node's values.
    pub fn emit_all(
        &mut self,
        node: NodeView<'_>,
        (op, inputs): (impl Into<O>, Vec<TensorId>),
        kind: ElementKind,
    ) -> Result<Vec<TensorId>, ModelError> {
        let op = op.into();
        let interval = self.derived(node, (&op, &inputs))?;
        let mut outputs = Vec::with_capacity(node.outputs.len());
        for id in node.outputs {
            self.check_holds(node, *id, (kind, interval))?;
            let shape = self.values[id.0].shape.clone();
            outputs.push(self.output(*id, "", (shape, kind, interval)));
        }
        self.node(node, op, inputs, outputs.clone());
        Ok(outputs)
    }

    /// The interval that the inputs' intervals give.
    fn derived(&self, node: NodeView<'_>, (op, inputs): (&O, &[TensorId])) -> Result<(i64, i64), ModelError> {
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
        let name = self.unique(format!("{}{suffix}", self.values[value.0].name));
        let source = Some(value).filter(|_| suffix.is_empty() || suffix == ".sum");
        let tensor = QTensor {
            name,
            shape,
            kind,
            interval,
        };
        self.push(tensor, source)
    }

    fn node(&mut self, node: NodeView<'_>, op: O, inputs: Vec<TensorId>, outputs: Vec<TensorId>) {
        self.nodes.push(Lowered {
            name: node.name.to_owned(),
            op,
            inputs,
            outputs,
        });
    }

    /// Adds an operator that chooses among elements or moves them: the value's shape, and by default the kind of its input.
    pub fn choose(
        &mut self,
        node: NodeView<'_>,
        op: impl Into<O>,
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
    pub fn requantize(&mut self, node: NodeView<'_>, accumulator: TensorId) -> Result<TensorId, ModelError> {
        self.requantize_as(node, accumulator, "")
    }

    /// As [`Lowering::requantize`], for a tensor that only later takes the value's form.
    pub fn requantize_as(
        &mut self,
        node: NodeView<'_>,
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
        let op = (Requantize { shift }, vec![accumulator]);
        Ok(self.emit_within(
            node,
            op,
            (suffix, ElementKind::real(scale)),
            &shape,
            symmetric(bits),
        ))
    }

    fn push(&mut self, tensor: QTensor, source: Option<ValueId>) -> TensorId {
        self.made.push(tensor);
        self.sources.push(source);
        TensorId(self.made.len() - 1)
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
