//! Whether a graph is well-formed, and the static proof that its execution cannot wrap.

use crate::name::unacceptable_character;
use crate::ops::{self, Shaped, bound::Bound};
use crate::{Graph, ModelError, Node, QNode, QTensor, QuantizedGraph, TensorId, ValueId, limits, shape};
use std::collections::HashSet;

fn graph_error(place: impl Into<String>, reason: impl Into<String>) -> ModelError {
    ModelError::InvalidGraph {
        place: place.into(),
        reason: reason.into(),
    }
}

fn count(place: &str, size: usize) -> Result<(), ModelError> {
    let limit = limits::MAX_GRAPH_ITEMS;
    if size > limit {
        let (size, limit) = (size as u128, limit as u128);
        return Err(ModelError::TooLarge {
            place: place.to_owned(),
            what: "number of items",
            size,
            limit,
        });
    }
    Ok(())
}

/// Adds to a running total of a resource.
fn spend(
    total: &mut u128,
    amount: u128,
    limit: u128,
    place: &str,
    what: &'static str,
) -> Result<(), ModelError> {
    *total = total.saturating_add(amount);
    if *total > limit {
        return Err(ModelError::TooLarge {
            place: place.to_owned(),
            what,
            size: *total,
            limit,
        });
    }
    Ok(())
}

/// Follows which tensors are known at each point of a topological order.
struct Order {
    known: Vec<bool>,
}

impl Order {
    fn define(&mut self, id: usize, place: &str) -> Result<(), ModelError> {
        match self.known.get_mut(id) {
            None => Err(graph_error(place, format!("there is no tensor {id}"))),
            Some(true) => Err(graph_error(place, format!("tensor {id} has two producers"))),
            Some(known) => {
                *known = true;
                Ok(())
            }
        }
    }

    fn use_of(&self, id: usize, place: &str) -> Result<(), ModelError> {
        match self.known.get(id) {
            Some(true) => Ok(()),
            Some(false) => Err(graph_error(
                place,
                format!("tensor {id} is used before it is computed"),
            )),
            None => Err(graph_error(place, format!("there is no tensor {id}"))),
        }
    }
}

/// Names end up in keys and reports: what could not be shown there is refused before anything is made.
fn named(what: &'static str, name: &str) -> Result<(), ModelError> {
    match unacceptable_character(name) {
        None => Ok(()),
        Some(character) => Err(ModelError::UnacceptableName {
            what,
            name: name.to_owned(),
            character: character.into(),
        }),
    }
}

impl Graph {
    /// Checks that the graph is well-formed: topological order, one producer per value, shapes as the operators
    /// give them, sizes within [`crate::limits`].
    ///
    /// # Errors
    /// [`ModelError::InvalidGraph`], [`ModelError::InvalidNode`] or [`ModelError::TooLarge`], naming the place.
    pub fn validate(&self) -> Result<(), ModelError> {
        count("values", self.values.len())?;
        count("nodes", self.nodes.len())?;
        let mut order = Order {
            known: vec![false; self.values.len()],
        };
        self.nodes.iter().try_for_each(|node| named("node", &node.name))?;
        for (id, value) in self.values.iter().enumerate() {
            named("tensor", &value.name)?;
            if let Some(constant) = &value.constant {
                if constant.shape() != value.shape {
                    let reason = format!(
                        "shape {:?}, its contents have {:?}",
                        value.shape,
                        constant.shape()
                    );
                    return Err(graph_error(&value.name, reason));
                }
                order.define(id, &value.name)?;
            }
        }
        let (mut elements, mut work) = (0, 0);
        let mut defined = |order: &mut Order, id: usize, place: &str| {
            order.define(id, place)?;
            let value = &self.values[id];
            let size = shape::elements(&value.shape).map_err(|reason| graph_error(&value.name, reason))?;
            spend(
                &mut elements,
                size as u128,
                limits::MAX_TOTAL_ELEMENTS as u128,
                &value.name,
                "elements so far",
            )?;
            Ok(size)
        };
        for id in &self.inputs {
            defined(&mut order, id.0, "graph inputs")?;
        }
        for node in &self.nodes {
            for id in &node.inputs {
                order.use_of(id.0, &node.name)?;
            }
            let mut size = 0;
            for id in &node.outputs {
                size += defined(&mut order, id.0, &node.name)?;
            }
            let per_element = self.check_shapes(node)?;
            spend(
                &mut work,
                per_element * size as u128,
                limits::MAX_WORK,
                &node.name,
                "operations so far",
            )?;
        }
        self.outputs
            .iter()
            .try_for_each(|id| order.use_of(id.0, "graph outputs"))
    }

    /// Checks the shapes of a node's values, which exist, and returns its number of steps per element.
    fn check_shapes(&self, node: &Node) -> Result<u128, ModelError> {
        let op = node.op.operator();
        let shapes = |ids: &[ValueId]| -> Vec<&[usize]> {
            ids.iter().map(|id| self.values[id.0].shape.as_slice()).collect()
        };
        check_node(op, &shapes(&node.inputs), &shapes(&node.outputs)).map_err(|reason| {
            ModelError::InvalidNode {
                node: node.name.clone(),
                op: op.name(),
                reason,
            }
        })
    }
}

/// Checks shapes and returns the number of steps per output element.
fn check_node<T: Shaped + ?Sized>(op: &T, inputs: &[&[usize]], outputs: &[&[usize]]) -> Result<u128, String> {
    // Constants have not been measured yet; the operators' own arithmetic relies on these bounds.
    inputs
        .iter()
        .try_for_each(|input| shape::elements(input).map(drop))?;
    op.check_shapes(inputs, outputs)?;
    // Far from overflow when it is multiplied with a number of elements.
    Ok(op.work_per_element(inputs).min(1 << 64))
}

impl QuantizedGraph {
    /// Checks that the graph is well-formed and that no execution can wrap.
    ///
    /// - topological order, one producer per tensor, unique names, sizes within [`crate::limits`];
    /// - shapes and kinds as the operators give them;
    /// - every interval is the one that the operator gives for inputs within their intervals ([`crate::QOp::interval`]), except for
    ///   the graph's inputs and for [`crate::QOp::Requantize`], [`crate::QOp::FloorDiv`] and [`crate::QOp::Isqrt`], whose intervals are chosen; the latter
    ///   may cut and have a power of two values;
    /// - every partial sum is less than 2^62 in magnitude;
    /// - lookup tables cover their input's interval exactly.
    ///
    /// # Errors
    /// [`ModelError::InvalidGraph`], [`ModelError::InvalidNode`] or [`ModelError::TooLarge`], naming the place.
    pub fn validate(&self) -> Result<(), ModelError> {
        self.validate_tensors()?;
        let mut order = Order {
            known: vec![false; self.tensors.len()],
        };
        for id in &self.inputs {
            order.define(id.0, "graph inputs")?;
        }
        let mut work = 0;
        for node in &self.nodes {
            for id in &node.inputs {
                order.use_of(id.0, &node.name)?;
            }
            for id in &node.outputs {
                order.define(id.0, &node.name)?;
            }
            let op = node.op.operator();
            let steps = self
                .validate_node(node, op)
                .map_err(|reason| ModelError::InvalidNode {
                    node: node.name.clone(),
                    op: op.name(),
                    reason,
                })?;
            spend(
                &mut work,
                steps,
                limits::MAX_WORK,
                &node.name,
                "operations so far",
            )?;
        }
        if let Some(id) = order.known.iter().position(|known| !known) {
            return Err(graph_error(
                &self.tensors[id].name,
                "neither an input nor an output of a node",
            ));
        }
        if self.outputs.is_empty() {
            return Err(graph_error("graph outputs", "there are none"));
        }
        self.outputs
            .iter()
            .try_for_each(|id| order.use_of(id.0, "graph outputs"))
    }

    fn validate_tensors(&self) -> Result<(), ModelError> {
        count("tensors", self.tensors.len())?;
        count("nodes", self.nodes.len())?;
        count("graph outputs", self.outputs.len())?;
        let mut names = HashSet::new();
        let mut elements = 0;
        self.nodes.iter().try_for_each(|node| named("node", &node.name))?;
        for tensor in &self.tensors {
            let place = &tensor.name;
            named("tensor", place)?;
            if !names.insert(place) {
                return Err(graph_error(place, "two tensors have this name"));
            }
            let size = shape::elements(&tensor.shape).map_err(|reason| graph_error(place, reason))?;
            spend(
                &mut elements,
                size as u128,
                limits::MAX_TOTAL_ELEMENTS as u128,
                place,
                "elements so far",
            )?;
            let (low, high) = tensor.interval;
            let magnitude = low.unsigned_abs().max(high.unsigned_abs());
            if low > high || magnitude >= limits::MAX_MAGNITUDE.unsigned_abs() {
                return Err(graph_error(
                    place,
                    format!("[{low}, {high}] is not an interval within ±2^62"),
                ));
            }
            tensor
                .kind
                .check(tensor.interval)
                .map_err(|reason| graph_error(place, reason))?;
        }
        Ok(())
    }

    /// Checks shapes, kinds and intervals of a node whose tensors exist, and returns its number of steps.
    fn validate_node<'a>(&'a self, node: &QNode, op: &dyn ops::IntOp) -> Result<u128, String> {
        let inputs: Vec<_> = node
            .inputs
            .iter()
            .map(|&TensorId(id)| &self.tensors[id])
            .collect();
        let outputs: Vec<_> = node.outputs.iter().map(|id| &self.tensors[id.0]).collect();
        let shapes = |tensors: &[&'a QTensor]| -> Vec<&'a [usize]> {
            tensors.iter().map(|t| t.shape.as_slice()).collect()
        };
        let per_element = check_node(op, &shapes(&inputs), &shapes(&outputs))?;
        let kinds: Vec<_> = inputs.iter().map(|t| t.kind).collect();
        let mut steps = 0;
        for output in outputs {
            op.check_kind(&kinds, output.kind)?;
            let declared = Bound::new(output.interval.0, output.interval.1);
            if let Some((low, high)) = ops::derived(op, &inputs, declared)?
                && (low, high) != output.interval
            {
                return Err(format!(
                    "tensor '{}' is declared to lie in [{}, {}], its inputs give [{low}, {high}]; quantise the model again",
                    output.name, declared.low, declared.high,
                ));
            }
            steps += per_element * output.shape.iter().product::<usize>() as u128;
        }
        Ok(steps)
    }
}

#[cfg(test)]
mod tests;
