//! What an operator's lowering sees: its attributes, its inputs, and the graph under construction.

use crate::Reason;
use crate::builder::Builder;
use crate::constant::{Data, Operand};
use crate::onnx::element::Element;
use crate::onnx::proto::{AttributeProto, NodeProto, attribute_kind as kind};
use crate::tensor;
use hallmark_model::ops::Number;
use hallmark_model::ops::float::Transpose;
use hallmark_model::{FloatTensor, Op};
use ndarray::{ArrayD, IxDyn};
use std::rc::Rc;

/// The outputs of a lowered node.
pub(crate) struct Outputs(pub Vec<Operand>);

impl From<Operand> for Outputs {
    fn from(operand: Operand) -> Self {
        Self(vec![operand])
    }
}

impl From<Data> for Outputs {
    fn from(data: Data) -> Self {
        Self(vec![data.into()])
    }
}

/// What a lowering returns.
pub(crate) type Lowered = Result<Outputs, Reason>;

/// One node that is being lowered.
pub(crate) struct Context<'a> {
    /// The node in the file.
    pub node: &'a NodeProto,
    /// Its name, or a name for it.
    pub label: &'a str,
    /// Version of the default operator set.
    pub opset: i64,
    /// Its inputs; `None` where an optional one is left out.
    pub inputs: Vec<Option<Operand>>,
    /// The graph under construction.
    pub builder: &'a mut Builder,
}

impl Context<'_> {
    /// A required input.
    pub fn input(&self, index: usize) -> Result<Operand, Reason> {
        self.optional(index).ok_or(Reason::MissingInput { index })
    }

    /// An optional input.
    pub fn optional(&self, index: usize) -> Option<Operand> {
        self.inputs.get(index).cloned().flatten()
    }

    /// All inputs of a variadic operator.
    pub fn all_inputs(&self) -> Result<Vec<Operand>, Reason> {
        match self.inputs.len() {
            0 => Err(Reason::MissingInput { index: 0 }),
            count => (0..count).map(|index| self.input(index)).collect(),
        }
    }

    /// An optional input that must be a constant.
    fn constant(&self, index: usize, what: &'static str) -> Result<Option<Data>, Reason> {
        match self.optional(index) {
            None => Ok(None),
            Some(operand) => operand
                .data()
                .cloned()
                .map(Some)
                .ok_or(Reason::NotConstant { index, what }),
        }
    }

    /// The integers in an optional constant input, flattened.
    pub fn integers(&self, index: usize, what: &'static str) -> Result<Option<Vec<i64>>, Reason> {
        match self.constant(index, what)? {
            None => Ok(None),
            Some(Data::Integer { values, .. }) => Ok(Some(values.iter().copied().collect())),
            Some(Data::Float(_)) => Err(Reason::ElementType {
                expected: "integers",
                found: format!("{what} in floating point"),
            }),
        }
    }

    /// The integers in a required constant input, flattened.
    pub fn required_integers(&self, index: usize, what: &'static str) -> Result<Vec<i64>, Reason> {
        self.integers(index, what)?.ok_or(Reason::MissingInput { index })
    }

    /// An optional constant input as floats.
    pub fn floats(&self, index: usize, what: &'static str) -> Result<Option<Rc<FloatTensor>>, Reason> {
        self.constant(index, what)?
            .map(|data| data.to_float())
            .transpose()
    }

    /// A required constant input as floats.
    pub fn required_floats(&self, index: usize, what: &'static str) -> Result<Rc<FloatTensor>, Reason> {
        self.floats(index, what)?.ok_or(Reason::MissingInput { index })
    }

    /// The one number in an optional constant input.
    pub fn scalar(&self, index: usize, what: &'static str) -> Result<Option<Number>, Reason> {
        let Some(data) = self.constant(index, what)? else {
            return Ok(None);
        };
        let elements = data.shape().iter().product::<usize>();
        let value = match data {
            Data::Integer { values, .. } => values.first().copied().map(Number::Integer),
            Data::Float(values) => values.first().copied().map(Number::Real),
        };
        match value {
            Some(value) if elements == 1 => Ok(Some(value)),
            _ => Err(Reason::shape(format!(
                "input {index} ({what}) must be a scalar, has {elements} elements"
            ))),
        }
    }

    /// As [`Self::scalar`], of a tensor whose elements are of the given type: of integers it is one.
    pub fn scalar_of(
        &self,
        element: Element,
        index: usize,
        what: &'static str,
    ) -> Result<Option<Number>, Reason> {
        match self.scalar(index, what)? {
            Some(Number::Real(value)) if element != Element::Float => Err(Reason::ElementType {
                expected: "integers",
                found: format!("{what} in floating point ({value})"),
            }),
            scalar => Ok(scalar),
        }
    }

    /// The integers that ONNX keeps in attribute `name` before opset `since`, and in input `index` from it on.
    pub fn attribute_or_input(
        &self,
        name: &'static str,
        index: usize,
        since: i64,
    ) -> Result<Option<Vec<i64>>, Reason> {
        if self.opset < since {
            self.ints(name)
        } else {
            self.integers(index, name)
        }
    }

    fn attribute(&self, name: &str, expected: i32) -> Result<Option<&AttributeProto>, Reason> {
        let Some(attribute) = self.node.attribute.iter().find(|a| a.name == name) else {
            return Ok(None);
        };
        if !attribute.ref_attr_name.is_empty() {
            return Err(Reason::attribute(
                name,
                "refers to a function's attribute, which is not supported",
            ));
        }
        // Files before IR version 2 leave the kind out.
        if attribute.kind != expected && attribute.kind != kind::UNDEFINED {
            return Err(Reason::attribute(
                name,
                format!("expected kind {expected}, found {}", attribute.kind),
            ));
        }
        Ok(Some(attribute))
    }

    /// An integer attribute.
    pub fn int(&self, name: &str) -> Result<Option<i64>, Reason> {
        Ok(self.attribute(name, kind::INT)?.map(|a| a.i))
    }

    /// An integer attribute that is a truth value.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Reason> {
        Ok(self.int(name)?.map_or(default, |value| value != 0))
    }

    /// A list of integers.
    pub fn ints(&self, name: &str) -> Result<Option<Vec<i64>>, Reason> {
        Ok(self.attribute(name, kind::INTS)?.map(|a| a.ints.clone()))
    }

    /// A list of lengths, steps or paddings: integers that are not negative.
    pub fn sizes(&self, name: &str) -> Result<Option<Vec<usize>>, Reason> {
        let Some(values) = self.ints(name)? else {
            return Ok(None);
        };
        let sizes = values
            .iter()
            .map(|&v| usize::try_from(v))
            .collect::<Result<Vec<_>, _>>();
        sizes
            .map(Some)
            .map_err(|_| Reason::attribute(name, format!("{values:?} has a negative element")))
    }

    /// A float attribute.
    pub fn float(&self, name: &str) -> Result<Option<f32>, Reason> {
        Ok(self.attribute(name, kind::FLOAT)?.map(|a| a.f))
    }

    /// A list of floats.
    pub fn float_list(&self, name: &str) -> Result<Option<Vec<f32>>, Reason> {
        Ok(self.attribute(name, kind::FLOATS)?.map(|a| a.floats.clone()))
    }

    /// A string attribute.
    pub fn string(&self, name: &str) -> Result<Option<&str>, Reason> {
        let Some(attribute) = self.attribute(name, kind::STRING)? else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&attribute.s);
        text.map(Some)
            .map_err(|_| Reason::attribute(name, "is not valid UTF-8"))
    }

    /// A tensor attribute.
    pub fn tensor(&self, name: &str) -> Result<Option<Data>, Reason> {
        match self.attribute(name, kind::TENSOR)?.and_then(|a| a.t.as_deref()) {
            None => Ok(None),
            Some(stored) => tensor::read(stored, self.label)
                .map(Some)
                .map_err(|error| Reason::Tensor(Box::new(error))),
        }
    }

    /// Adds an operation whose output shape follows from its inputs.
    pub fn emit(&mut self, op: Op, inputs: &[&Operand]) -> Result<Operand, Reason> {
        self.builder.emit(self.label, op, inputs)
    }

    /// Adds an operation with several outputs, not all of whose inputs are constants.
    pub fn emit_all(&mut self, op: Op, inputs: &[&Operand]) -> Result<Vec<Operand>, Reason> {
        self.builder.emit_all(self.label, op, inputs)
    }

    /// Adds an operation with an explicit output shape.
    pub fn emit_as(&mut self, op: Op, inputs: &[&Operand], shape: Vec<usize>) -> Result<Operand, Reason> {
        self.builder.emit_as(self.label, op, inputs, Some(shape))
    }

    /// Adds a reshape.
    pub fn reshape(&mut self, x: &Operand, shape: Vec<usize>) -> Result<Operand, Reason> {
        let product = |s: &[usize]| s.iter().try_fold(1_usize, |p, &axis| p.checked_mul(axis));
        if product(x.shape()) != product(&shape) {
            return Err(Reason::shape(format!(
                "shape {:?} cannot become {shape:?}",
                x.shape()
            )));
        }
        self.emit_as(Op::Reshape, &[x], shape)
    }

    /// Adds a transposition.
    pub fn transpose(&mut self, x: &Operand, perm: Vec<usize>) -> Result<Operand, Reason> {
        self.emit(Op::Transpose(Transpose { perm }), &[x])
    }

    /// A constant of one float.
    pub fn number(value: f32) -> Operand {
        Data::float(ArrayD::from_elem(IxDyn(&[]), value)).into()
    }

    /// Multiplies by a number, if it is not 1.
    pub fn scaled(&mut self, x: Operand, factor: f32) -> Result<Operand, Reason> {
        if factor == 1.0 {
            Ok(x)
        } else {
            self.emit(Op::Mul, &[&x, &Self::number(factor)])
        }
    }
}

/// An axis that may count from the end, as ONNX has it, as an index below `rank`.
pub(crate) fn axis(value: i64, rank: usize) -> Result<usize, Reason> {
    let outside = || Reason::shape(format!("axis {value} is outside a tensor of {rank} axes"));
    let signed_rank = i64::try_from(rank).map_err(|_| outside())?;
    let index = if value < 0 {
        value.saturating_add(signed_rank)
    } else {
        value
    };
    usize::try_from(index)
        .ok()
        .filter(|&index| index < rank)
        .ok_or_else(outside)
}

/// Several axes, each named once.
pub(crate) fn axes(values: &[i64], rank: usize) -> Result<Vec<usize>, Reason> {
    if values.len() > rank {
        return Err(Reason::shape(format!(
            "{} axes are named, the tensor has {rank}",
            values.len()
        )));
    }
    let mut result = values
        .iter()
        .map(|&value| axis(value, rank))
        .collect::<Result<Vec<_>, _>>()?;
    result.sort_unstable();
    match result.windows(2).any(|pair| pair[0] == pair[1]) {
        true => Err(Reason::shape(format!("axes {values:?} name an axis twice"))),
        false => Ok(result),
    }
}

/// Refuses elements that are not numbers computed in floating point.
pub(crate) fn require_float(operand: &Operand) -> Result<(), Reason> {
    match operand.element() {
        Element::Float => Ok(()),
        other => Err(Reason::ElementType {
            expected: "floating-point values",
            found: other.name().to_owned(),
        }),
    }
}
