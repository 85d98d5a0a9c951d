//! The graph under construction: emits operations, folds those whose inputs are all constants, keeps the limits.

use crate::constant::{Constant, Data, Operand, Variable, not_finite};
use crate::onnx::element::Element;
use crate::{Limits, Reason, fold, integers};
use hallmark_model::{FloatTensor, Graph, Node, Op, Value, ValueId, Whole};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Constants may be derived (padded, broadcast, generated) up to this many elements for each byte of the file …
const DERIVED_ELEMENTS_PER_BYTE: usize = 16;
/// … and this many more.
const DERIVED_ELEMENTS_BASE: usize = 1 << 22;

/// The graph under construction.
pub(crate) struct Builder {
    graph: Graph,
    limits: Limits,
    /// Names that are taken: those of the file, and those given to derived values.
    names: HashSet<String>,
    /// The last number that was added to each label.
    numbers: HashMap<String, usize>,
    /// Constants that are in the graph, by the address of their contents; holding them keeps the address theirs.
    interned: HashMap<usize, (ValueId, Data)>,
    /// Elements of all values so far.
    elements: usize,
    /// Elements that may still be derived.
    derivable: usize,
    /// Multiplications that folding may still spend.
    fold_work: u128,
}

impl Builder {
    /// An empty graph. `names` are the tensor names of the file.
    pub fn new(name: &str, limits: Limits, file_bytes: usize, names: HashSet<String>) -> Self {
        Self {
            graph: Graph {
                name: name.to_owned(),
                ..Graph::default()
            },
            limits,
            names,
            numbers: HashMap::new(),
            interned: HashMap::new(),
            elements: 0,
            derivable: file_bytes
                .saturating_mul(DERIVED_ELEMENTS_PER_BYTE)
                .saturating_add(DERIVED_ELEMENTS_BASE),
            fold_work: fold::MAX_WORK,
        }
    }

    /// Adds a graph input.
    pub fn input(
        &mut self,
        name: &str,
        shape: Vec<usize>,
        (element, whole): (Element, Option<Whole>),
    ) -> Result<Operand, Reason> {
        let id = self.value(name.to_owned(), shape.clone(), None)?;
        self.graph.inputs.push(id);
        let variable = Variable {
            id,
            shape,
            element,
            whole,
        };
        Ok(self.variable(variable))
    }

    /// Remembers what is known about a variable's integers.
    fn variable(&mut self, variable: Variable) -> Operand {
        if let Some(value) = self.graph.values.get_mut(variable.id.0) {
            value.whole = variable.whole;
        }
        Operand::Variable(variable)
    }

    /// Declares what the integers of a value are, after a cast that made it. A cast that changes nothing leaves the value
    /// what it was.
    pub fn declare(&mut self, operand: &Operand) {
        if let Operand::Variable(variable) = operand
            && let Some(value) = self.graph.values.get_mut(variable.id.0)
            && value.whole.is_none()
        {
            value.whole = variable.whole;
        }
    }

    /// Adds an operation whose output shape follows from its inputs, or folds it.
    pub fn emit(&mut self, label: &str, op: Op, inputs: &[&Operand]) -> Result<Operand, Reason> {
        self.emit_as(label, op, inputs, None)
    }

    /// Adds an operation whose output has the given shape, or folds it. For [`Op::Reshape`] and [`Op::ArgMax`].
    pub fn emit_as(
        &mut self,
        label: &str,
        op: Op,
        inputs: &[&Operand],
        shape: Option<Vec<usize>>,
    ) -> Result<Operand, Reason> {
        if let Some(data) = inputs
            .iter()
            .map(|input| input.data())
            .collect::<Option<Vec<_>>>()
        {
            return self.fold(&op, &data, shape);
        }
        let first = inputs.first().ok_or(Reason::MissingInput { index: 0 })?;
        let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape()).collect();
        let inferred = op.output_shape(&shapes).map_err(fold::reason)?;
        let shape = shape.unwrap_or(inferred);
        if op.is_identity(first.shape(), &shape) {
            return Ok((*first).clone());
        }
        let known = integers::result(&op, inputs)?;
        self.one_node(label, op, inputs, shape, known)
    }

    /// Adds an operation with any number of outputs, whose inputs are not all constants.
    pub fn emit_all(&mut self, label: &str, op: Op, inputs: &[&Operand]) -> Result<Vec<Operand>, Reason> {
        let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape()).collect();
        let shapes = op.output_shapes(&shapes).map_err(fold::reason)?;
        let known = integers::result(&op, inputs)?;
        self.node(label, op, inputs, shapes, known)
    }

    /// Adds an operation that copies its input: for outputs that would else share a value.
    pub fn copy(&mut self, label: &str, input: &Operand) -> Result<Operand, Reason> {
        let known = integers::result(&Op::Reshape, &[input])?;
        self.copy_as(label, input, known)
    }

    /// As [`Self::copy`], with what is known of the copy's elements.
    pub fn copy_as(
        &mut self,
        label: &str,
        input: &Operand,
        known: (Element, Option<Whole>),
    ) -> Result<Operand, Reason> {
        self.one_node(label, Op::Reshape, &[input], input.shape().to_vec(), known)
    }

    /// Adds a node with one output.
    fn one_node(
        &mut self,
        label: &str,
        op: Op,
        inputs: &[&Operand],
        shape: Vec<usize>,
        known: (Element, Option<Whole>),
    ) -> Result<Operand, Reason> {
        let mut outputs = self.node(label, op, inputs, vec![shape], known)?;
        outputs
            .pop()
            .ok_or_else(|| Reason::form("an operator without an output"))
    }

    fn node(
        &mut self,
        label: &str,
        op: Op,
        inputs: &[&Operand],
        shapes: Vec<Vec<usize>>,
        (element, whole): (Element, Option<Whole>),
    ) -> Result<Vec<Operand>, Reason> {
        let limit = self.limits.nodes;
        let found = self.graph.nodes.len() + 1;
        if found > limit {
            return Err(Reason::TooLarge {
                what: "the number of lowered nodes",
                found,
                limit,
            });
        }
        let inputs = inputs
            .iter()
            .map(|input| self.value_of(label, input))
            .collect::<Result<Vec<_>, Reason>>()?;
        let mut names = Vec::with_capacity(shapes.len());
        let mut outputs = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let name = self.fresh_name(label);
            let id = self.value(name.clone(), shape.clone(), None)?;
            names.push(name);
            outputs.push(self.variable(Variable {
                id,
                shape,
                element,
                whole,
            }));
        }
        let ids = outputs.iter().filter_map(Operand::id).collect();
        self.graph.nodes.push(Node {
            name: names.into_iter().next().unwrap_or_default(),
            op,
            inputs,
            outputs: ids,
        });
        Ok(outputs)
    }

    /// Reserves room for a constant that is about to be derived.
    pub fn reserve(&mut self, elements: Option<usize>) -> Result<usize, Reason> {
        let found = elements.unwrap_or(usize::MAX);
        let limit = self.limits.tensor_elements.min(self.derivable);
        if found > limit {
            return Err(Reason::TooLarge {
                what: "elements of a derived constant",
                found,
                limit,
            });
        }
        self.derivable -= found;
        Ok(found)
    }

    fn fold(&mut self, op: &Op, inputs: &[&Data], shape: Option<Vec<usize>>) -> Result<Operand, Reason> {
        let shapes: Vec<&[usize]> = inputs.iter().map(|data| data.shape()).collect();
        self.reserve(fold::result_elements(op, &shapes, shape.as_deref())?)?;
        let work = fold::work(op, &shapes);
        self.fold_work = self.fold_work.checked_sub(work).ok_or_else(|| Reason::TooLarge {
            what: "multiplications to fold constants",
            found: usize::try_from(work).unwrap_or(usize::MAX),
            limit: usize::try_from(fold::MAX_WORK).unwrap_or(usize::MAX),
        })?;
        Ok(fold::evaluate(op, inputs, shape.as_deref())?.into())
    }

    /// The graph value of an operand; constants enter the graph when they are first used.
    fn value_of(&mut self, label: &str, operand: &Operand) -> Result<ValueId, Reason> {
        let Constant { name, data } = match operand {
            Operand::Variable(variable) => return Ok(variable.id),
            Operand::Constant(constant) => constant,
        };
        let address = match data {
            Data::Float(values) => Rc::as_ptr(values).addr(),
            Data::Integer { values, .. } => Rc::as_ptr(values).addr(),
        };
        if let Some((id, _)) = self.interned.get(&address) {
            return Ok(*id);
        }
        let name = if name.is_empty() {
            self.fresh_name(&format!("{label}.constant"))
        } else {
            name.clone()
        };
        let values = data.to_float()?;
        if let Some((index, value)) = not_finite(&values) {
            let what = format!("the constant `{name}` that it takes");
            return Err(Reason::NotFinite { what, index, value });
        }
        let id = self.value(name, data.shape().to_vec(), Some(values.as_ref().clone()))?;
        self.interned.insert(address, (id, data.clone()));
        Ok(id)
    }

    fn value(
        &mut self,
        name: String,
        shape: Vec<usize>,
        constant: Option<FloatTensor>,
    ) -> Result<ValueId, Reason> {
        let found = shape
            .iter()
            .try_fold(1_usize, |p, &axis| p.checked_mul(axis))
            .unwrap_or(usize::MAX);
        let limit = self.limits.tensor_elements;
        if found > limit {
            return Err(Reason::TooLarge {
                what: "elements of a tensor",
                found,
                limit,
            });
        }
        if found == 0 {
            return Err(Reason::shape(format!(
                "tensor `{name}` of shape {shape:?} has no elements"
            )));
        }
        self.elements = self.elements.saturating_add(found);
        let limit = self.limits.total_elements;
        if self.elements > limit {
            return Err(Reason::TooLarge {
                what: "elements of all tensors",
                found: self.elements,
                limit,
            });
        }
        let id = ValueId(self.graph.values.len());
        self.graph.values.push(Value {
            name,
            shape,
            constant,
            whole: None,
        });
        Ok(id)
    }

    /// The label itself where it is free, else the label with a number.
    fn fresh_name(&mut self, label: &str) -> String {
        if self.names.insert(label.to_owned()) {
            return label.to_owned();
        }
        let number = self.numbers.entry(label.to_owned()).or_insert(1);
        loop {
            *number += 1;
            let name = format!("{label}.{number}");
            if self.names.insert(name.clone()) {
                return name;
            }
        }
    }

    /// Number of values so far: those with this index or a greater one are made later.
    pub fn mark(&self) -> usize {
        self.graph.values.len()
    }

    /// Gives a value made since `mark` its name in the file, and the node that makes it the name of the ONNX node.
    /// Values made earlier keep theirs: the ONNX node was an identity.
    pub fn name_output(&mut self, operand: &Operand, mark: usize, tensor: &str, node: &str) {
        let Operand::Variable(variable) = operand else {
            return;
        };
        if variable.id.0 < mark {
            return;
        }
        if let Some(value) = self.graph.values.get_mut(variable.id.0) {
            tensor.clone_into(&mut value.name);
        }
        if let Some(maker) = self
            .graph
            .nodes
            .iter_mut()
            .rev()
            .find(|n| n.outputs.contains(&variable.id))
        {
            node.clone_into(&mut maker.name);
        }
    }

    /// Gives a value the name of the graph output that it is.
    pub fn name_value(&mut self, id: ValueId, name: &str) {
        if let Some(value) = self.graph.values.get_mut(id.0) {
            name.clone_into(&mut value.name);
        }
    }

    /// Ends the construction.
    pub fn finish(mut self, outputs: Vec<ValueId>) -> Graph {
        self.graph.outputs = outputs;
        self.graph
    }
}
