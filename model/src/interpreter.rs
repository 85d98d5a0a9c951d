//! Execution of float and integer graphs.

use crate::shape::{self, View};
use crate::{
    ElementKind, FloatTensor, Graph, IntTensor, ModelError, Node, QuantizedGraph, TensorId, ValueId, limits,
};
use std::borrow::Cow;

/// Every tensor of one execution of a [`QuantizedGraph`].
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The tensors, indexed by [`TensorId`], row-major and contiguous.
    pub tensors: Vec<IntTensor>,
}

impl Trace {
    /// The model's outputs, in the order of [`QuantizedGraph::outputs`].
    pub fn outputs<'a>(&'a self, graph: &'a QuantizedGraph) -> impl Iterator<Item = &'a IntTensor> {
        graph.outputs.iter().filter_map(|id| self.tensors.get(id.0))
    }
}

fn check_shape<T>(name: &str, expected: &[usize], tensor: &ndarray::ArrayD<T>) -> Result<(), ModelError> {
    if tensor.shape() != expected {
        return Err(ModelError::ShapeMismatch {
            tensor: name.to_owned(),
            expected: expected.to_vec(),
            got: tensor.shape().to_vec(),
        });
    }
    Ok(())
}

impl Graph {
    /// Evaluates the graph on one tensor per graph input.
    ///
    /// Returns one tensor per value, indexed by [`ValueId`]; constants are among them. A value that nothing
    /// produces has an empty tensor. Integers that are computed from integers are exact within 64 bits; what is returned of them is
    /// rounded to single precision, once.
    ///
    /// # Errors
    /// Those of [`Graph::validate`], [`ModelError::InputCount`] and [`ModelError::ShapeMismatch`].
    pub fn run(&self, inputs: &[FloatTensor]) -> Result<Vec<FloatTensor>, ModelError> {
        let computed = self.run_borrowed(inputs)?;
        Ok(computed.into_iter().map(Cow::into_owned).collect())
    }

    /// As [`Graph::run`], without copying constants and inputs.
    pub(crate) fn run_borrowed<'a>(
        &'a self,
        inputs: &'a [FloatTensor],
    ) -> Result<Vec<Cow<'a, FloatTensor>>, ModelError> {
        self.validate()?;
        check_count(inputs.len(), self.inputs.iter().map(|id| &self.values[id.0].name))?;
        let mut results: Vec<Cow<FloatTensor>> = self
            .values
            .iter()
            .map(|v| match &v.constant {
                Some(constant) => Cow::Borrowed(constant),
                None => Cow::Owned(FloatTensor::zeros(vec![0])),
            })
            .collect();
        let mut integers: Vec<Option<Vec<i64>>> = vec![None; self.values.len()];
        for (&ValueId(id), input) in self.inputs.iter().zip(inputs) {
            let value = &self.values[id];
            check_shape(&value.name, &value.shape, input)?;
            integers[id] = value.whole.and_then(|_| whole(input));
            results[id] = Cow::Borrowed(input);
        }
        for node in &self.nodes {
            let outputs: Vec<&[usize]> = node
                .outputs
                .iter()
                .map(|id| self.values[id.0].shape.as_slice())
                .collect();
            let exact = self.evaluate_integers(node, &integers, &outputs);
            let made = match &exact {
                Some(exact) => exact
                    .iter()
                    .map(|data| data.iter().map(|&q| q as f32).collect())
                    .collect(),
                None => evaluate(node, &results, &outputs),
            };
            let mut exact = exact.map(Vec::into_iter);
            for ((id, shape), data) in node.outputs.iter().zip(&outputs).zip(made) {
                let result = shape::tensor(shape, data).map_err(|reason| ModelError::InvalidNode {
                    node: node.name.clone(),
                    op: node.op.name(),
                    reason,
                })?;
                integers[id.0] = match &mut exact {
                    Some(exact) => exact.next(),
                    None => self.values[id.0].whole.and_then(|_| whole(&result)),
                };
                results[id.0] = Cow::Owned(result);
            }
        }
        Ok(results)
    }

    /// The outputs of a node that computes integers from integers, which 64 bits hold where single precision would round them. `None`
    /// of others. `integers` has what is known of variables.
    fn evaluate_integers(
        &self,
        node: &Node,
        integers: &[Option<Vec<i64>>],
        outputs: &[&[usize]],
    ) -> Option<Vec<Vec<i64>>> {
        if node.outputs.iter().any(|id| self.values[id.0].whole.is_none()) {
            return None;
        }
        let contents = node.inputs.iter().map(|id| {
            let value = &self.values[id.0];
            let data = match &value.constant {
                Some(constant) => Cow::Owned(whole(constant)?),
                None => Cow::Borrowed(integers[id.0].as_deref()?),
            };
            Some((value.shape.as_slice(), data))
        });
        let contents: Vec<_> = contents.collect::<Option<_>>()?;
        let views: Vec<View<i64>> = contents
            .iter()
            .map(|(shape, data)| View { shape, data })
            .collect();
        node.op.operator().evaluate_integers(&views, outputs)
    }
}

/// The outputs of a node, in single precision.
fn evaluate(node: &Node, results: &[Cow<FloatTensor>], outputs: &[&[usize]]) -> Vec<Vec<f32>> {
    let contents: Vec<_> = node
        .inputs
        .iter()
        .map(|id| (results[id.0].shape(), View::contents(&results[id.0])))
        .collect();
    let views: Vec<View<f32>> = contents
        .iter()
        .map(|(shape, data)| View { shape, data })
        .collect();
    node.op.operator().evaluate_all(&views, outputs)
}

/// The integers that a tensor holds, if it holds nothing else.
fn whole(tensor: &FloatTensor) -> Option<Vec<i64>> {
    let integer = |&x: &f32| (x.fract() == 0.0 && x.abs() < limits::MAX_MAGNITUDE as f32).then_some(x as i64);
    tensor.iter().map(integer).collect()
}

fn check_count<'a>(got: usize, names: impl ExactSizeIterator<Item = &'a String>) -> Result<(), ModelError> {
    let expected = names.len();
    if got != expected {
        return Err(ModelError::InputCount {
            expected,
            got,
            names: names.cloned().collect(),
        });
    }
    Ok(())
}

impl QuantizedGraph {
    /// Executes the graph on one integer tensor per graph input: the exact semantics of the model.
    ///
    /// # Errors
    /// Those of [`QuantizedGraph::validate`], [`ModelError::InputCount`], [`ModelError::ShapeMismatch`], and
    /// [`ModelError::OutOfRange`] as soon as an element of a tensor leaves the tensor's interval.
    pub fn run(&self, inputs: &[IntTensor]) -> Result<Trace, ModelError> {
        self.validate()?;
        check_count(
            inputs.len(),
            self.inputs.iter().map(|id| &self.tensors[id.0].name),
        )?;
        let mut results: Vec<Vec<i64>> = vec![Vec::new(); self.tensors.len()];
        for (&TensorId(id), input) in self.inputs.iter().zip(inputs) {
            check_shape(&self.tensors[id].name, &self.tensors[id].shape, input)?;
            results[id] = View::contents(input).into_owned();
            self.check_interval(id, &results[id])?;
        }
        for node in &self.nodes {
            let views: Vec<View<i64>> = node
                .inputs
                .iter()
                .map(|id| View {
                    shape: &self.tensors[id.0].shape,
                    data: &results[id.0],
                })
                .collect();
            let lows: Vec<i64> = node
                .inputs
                .iter()
                .map(|id| self.tensors[id.0].interval.0)
                .collect();
            let outputs: Vec<&[usize]> = node
                .outputs
                .iter()
                .map(|id| self.tensors[id.0].shape.as_slice())
                .collect();
            let made = node.op.operator().evaluate_all(&views, &lows, &outputs);
            for (id, data) in node.outputs.iter().zip(made) {
                self.check_interval(id.0, &data)?;
                results[id.0] = data;
            }
        }
        let tensors = self.tensors.iter().zip(results).map(|(tensor, data)| {
            shape::tensor(&tensor.shape, data).map_err(|reason| ModelError::InvalidGraph {
                place: tensor.name.clone(),
                reason,
            })
        });
        Ok(Trace {
            tensors: tensors.collect::<Result<_, _>>()?,
        })
    }

    fn check_interval(&self, id: usize, data: &[i64]) -> Result<(), ModelError> {
        let tensor = &self.tensors[id];
        let (low, high) = tensor.interval;
        // Without an early exit the common case is a vector loop.
        if data
            .iter()
            .fold(true, |within, &x| within & (low <= x) & (x <= high))
        {
            return Ok(());
        }
        let index = data.iter().position(|&x| x < low || high < x).unwrap_or(0);
        Err(ModelError::OutOfRange {
            tensor: tensor.name.clone(),
            index: shape::coordinates(&tensor.shape, index),
            value: data.get(index).copied().unwrap_or(0),
            interval: tensor.interval,
            kind: tensor.kind,
        })
    }

    /// The integers that stand for the input of the given index, as its kind says ([`ElementKind::integer`]).
    ///
    /// # Errors
    /// [`ModelError::NoSuchInput`], [`ModelError::ShapeMismatch`], [`ModelError::NotFinite`],
    /// [`ModelError::NotWhole`] where the tensor holds integers and an element is none, and [`ModelError::InputOutOfRange`] where the
    /// integer is outside the tensor's interval; each with the tensor's name, the latter three with the element's coordinates.
    pub fn quantize_input(&self, index: usize, input: &FloatTensor) -> Result<IntTensor, ModelError> {
        let missing = ModelError::NoSuchInput {
            index,
            count: self.inputs.len(),
        };
        let tensor = self
            .inputs
            .get(index)
            .and_then(|id| self.tensors.get(id.0))
            .ok_or(missing)?;
        check_shape(&tensor.name, &tensor.shape, input)?;
        let mut integers = Vec::with_capacity(input.len());
        for (position, &value) in input.iter().enumerate() {
            let place = || (tensor.name.clone(), shape::coordinates(&tensor.shape, position));
            if !value.is_finite() {
                let (tensor, index) = place();
                return Err(ModelError::NotFinite { tensor, index, value });
            }
            if tensor.kind.is_whole() && value.fract() != 0.0 {
                let (tensor, index) = place();
                return Err(ModelError::NotWhole { tensor, index, value });
            }
            let integer = tensor.kind.integer(value.into());
            match integer.filter(|&q| tensor.interval.0 <= q && q <= tensor.interval.1) {
                Some(q) => integers.push(q),
                None => {
                    let [min, max] = [tensor.interval.0, tensor.interval.1].map(|end| tensor.kind.value(end));
                    let kind = tensor.kind;
                    let (tensor, index) = place();
                    return Err(ModelError::InputOutOfRange {
                        tensor,
                        index,
                        value,
                        min,
                        max,
                        kind,
                    });
                }
            }
        }
        shape::tensor(&tensor.shape, integers).map_err(|reason| ModelError::InvalidGraph {
            place: tensor.name.clone(),
            reason,
        })
    }

    /// The real values that a tensor's integers stand for, rounded to `f32`.
    ///
    /// An id outside the graph is taken to be one of integers.
    pub fn dequantize(&self, id: TensorId, tensor: &IntTensor) -> FloatTensor {
        let kind = self.tensors.get(id.0).map_or(ElementKind::Integer, |t| t.kind);
        tensor.mapv(|q| kind.value(q) as f32)
    }
}
