//! Operators: float and integer evaluation side by side, one file each.
//!
//! A new operator is a file with its structs, and one line in [`float`] or [`integer`] (or both).

pub(crate) mod activation;
mod affine;
mod arg_max;
mod average_pool;
pub(crate) mod bound;
mod clip;
mod concat;
mod conv;
mod div;
mod element;
mod erf;
mod gelu;
mod hard_swish;
mod leaky_relu;
mod linear;
mod lookup;
mod mat_mul;
mod max_pool;
mod mul;
mod pad;
mod relu;
mod requantize;
mod reshape;
mod scale;
mod sigmoid;
mod slice;
mod sum_pool;
mod tanh;
mod transpose;
mod trunc;

use crate::{ModelError, Op, QOp, QTensor, shape, shape::View};
use bound::Bound;

/// What float and integer operators have in common. Errors are reasons; callers add the node's name.
pub(crate) trait Shaped {
    /// The operator's name, as in the enum.
    fn name(&self) -> &'static str;

    /// The output's shape; also checks the number of inputs, the attributes and the constants.
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String>;

    /// Checks the shape that a graph declares for the output.
    fn check_shape(&self, inputs: &[&[usize]], declared: &[usize]) -> Result<(), String> {
        let expected = self.shape(inputs)?;
        if expected != declared {
            return Err(format!(
                "inputs {inputs:?} give an output of shape {expected:?}, declared is {declared:?}"
            ));
        }
        Ok(())
    }

    /// Number of basic steps per output element.
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        1
    }
}

/// An operator on floats.
pub(crate) trait FloatOp: Shaped {
    /// Row-major contents of the output. Shapes have been checked.
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32>;
}

/// An operator on integers.
pub(crate) trait IntOp: Shaped {
    /// An interval for the outputs, from intervals of the inputs, or `None` where the declared interval may cut.
    /// Fails where a partial sum could reach 2^62. Shapes have been checked.
    fn bound(&self, inputs: &[(Bound, &[usize])], declared: Bound) -> Result<Option<Bound>, String>;

    /// Checks the output's `scale_bits`.
    fn check_scale(&self, inputs: &[i32], output: i32) -> Result<(), String>;

    /// Row-major contents of the output. Shapes and bounds have been checked; `lows` are the lower ends of the
    /// inputs' intervals.
    fn evaluate(&self, inputs: &[View<i64>], lows: &[i64], output: &[usize]) -> Vec<i64>;
}

/// The float operators.
pub(crate) fn float(op: &Op) -> Box<dyn FloatOp + '_> {
    match op {
        Op::Conv { window, groups } => Box::new(conv::FloatConv {
            window,
            groups: *groups,
        }),
        Op::MatMul => Box::new(mat_mul::MatMul),
        Op::Add => Box::new(affine::Add),
        Op::Sub => Box::new(affine::Sub),
        Op::Mul => Box::new(mul::Mul),
        Op::Div => Box::new(div::Div),
        Op::Activation(function) => Box::new(activation::Pointwise(*function)),
        Op::MaxPool { window } => Box::new(max_pool::MaxPool { window }),
        Op::AveragePool {
            window,
            count_include_pad,
        } => Box::new(average_pool::AveragePool {
            window,
            count_include_pad: *count_include_pad,
        }),
        Op::Reshape => Box::new(reshape::Reshape),
        Op::Transpose { perm } => Box::new(transpose::Transpose { perm }),
        Op::Concat { axis } => Box::new(concat::Concat { axis: *axis }),
        Op::Slice { axes } => Box::new(slice::Slice { axes }),
        Op::Pad { pads, value } => Box::new(pad::Pad { pads, value: *value }),
        Op::ArgMax { axis, select_last } => Box::new(arg_max::ArgMax {
            axis: *axis,
            select_last: *select_last,
        }),
    }
}

/// The integer operators.
pub(crate) fn integer(op: &QOp) -> Box<dyn IntOp + '_> {
    match op {
        QOp::Conv {
            weight,
            bias,
            window,
            groups,
        } => Box::new(conv::IntConv {
            weight,
            bias,
            window,
            groups: *groups,
        }),
        QOp::Linear { weight, bias } => Box::new(linear::Linear { weight, bias }),
        QOp::MatMul => Box::new(mat_mul::MatMul),
        QOp::Affine {
            coefficients,
            constant,
        } => Box::new(affine::Affine {
            coefficients,
            constant: constant.as_ref(),
        }),
        QOp::Scale { factor } => Box::new(scale::Scale { factor }),
        QOp::Mul => Box::new(mul::Mul),
        QOp::SumPool { window } => Box::new(sum_pool::SumPool { window }),
        QOp::Requantize { shift } => Box::new(requantize::Requantize { shift: *shift }),
        QOp::Lookup { table, .. } => Box::new(lookup::Lookup { table }),
        QOp::MaxPool { window } => Box::new(max_pool::MaxPool { window }),
        QOp::ArgMax { axis, select_last } => Box::new(arg_max::ArgMax {
            axis: *axis,
            select_last: *select_last,
        }),
        QOp::Reshape => Box::new(reshape::Reshape),
        QOp::Transpose { perm } => Box::new(transpose::Transpose { perm }),
        QOp::Concat { axis } => Box::new(concat::Concat { axis: *axis }),
        QOp::Slice { axes } => Box::new(slice::Slice { axes }),
        QOp::Pad { pads, value } => Box::new(pad::Pad { pads, value: *value }),
    }
}

impl Op {
    /// The operator's name, for messages.
    pub fn name(&self) -> &'static str {
        float(self).name()
    }

    /// The output's shape for the given input shapes.
    ///
    /// [`Op::ArgMax`] gives the shape with the reduced axis kept (length 1). The target of [`Op::Reshape`] is not
    /// determined by its input; here it is the flat shape `[elements]`.
    ///
    /// # Errors
    /// [`ModelError::InvalidNode`], named after the operator, where the number or the shapes of the inputs do not
    /// fit the operator and its attributes, or a shape is over [`crate::limits`].
    pub fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, ModelError> {
        let op = float(self);
        checked_shape(op.as_ref(), inputs).map_err(|reason| ModelError::InvalidNode {
            node: op.name().to_owned(),
            op: op.name(),
            reason,
        })
    }
}

impl QOp {
    /// The operator's name, for messages.
    pub fn name(&self) -> &'static str {
        integer(self).name()
    }

    /// The output's shape for the given input shapes, as for [`Op::output_shape`].
    ///
    /// # Errors
    /// [`ModelError::InvalidNode`], named after the operator.
    pub fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, ModelError> {
        let op = integer(self);
        checked_shape(op.as_ref(), inputs).map_err(|reason| ModelError::InvalidNode {
            node: op.name().to_owned(),
            op: op.name(),
            reason,
        })
    }
}

impl QOp {
    /// The interval of the output that the intervals of the inputs give; the one that a graph has to declare. `None` for
    /// [`QOp::Requantize`], whose interval is chosen and cuts.
    ///
    /// # Errors
    /// [`ModelError::InvalidNode`], named after the operator, for inputs whose shapes do not fit it and where a partial sum could
    /// reach 2^62.
    pub fn interval(&self, inputs: &[&QTensor]) -> Result<Option<(i64, i64)>, ModelError> {
        let op = integer(self);
        let invalid = |reason| ModelError::InvalidNode {
            node: op.name().to_owned(),
            op: op.name(),
            reason,
        };
        let shapes: Vec<&[usize]> = inputs.iter().map(|t| t.shape.as_slice()).collect();
        checked_shape(op.as_ref(), &shapes).map_err(invalid)?;
        if matches!(self, QOp::Requantize { .. }) {
            return Ok(None);
        }
        derived(op.as_ref(), inputs, Bound::point(0)).map_err(invalid)
    }
}

/// The interval of an operator's output, in integers that fit; `None` where the declared one may cut. Shapes have been checked.
pub(crate) fn derived(
    op: &dyn IntOp,
    inputs: &[&QTensor],
    declared: Bound,
) -> Result<Option<(i64, i64)>, String> {
    let bounds: Vec<_> = inputs
        .iter()
        .map(|t| (Bound::new(t.interval.0, t.interval.1), t.shape.as_slice()))
        .collect();
    let Some(bound) = op.bound(&bounds, declared)? else {
        return Ok(None);
    };
    let most = i128::from(crate::limits::MAX_MAGNITUDE);
    if bound.magnitude() >= most {
        return Err("results can reach 2^62; use fewer bits".to_owned());
    }
    Ok(Some((bound.low as i64, bound.high as i64)))
}

/// The divisor of each position `(row, column)` of an average pool's output.
pub(crate) fn average_divisors(
    window: &crate::Window,
    count_include_pad: bool,
    input: &[usize],
    output: &[usize],
) -> Vec<i64> {
    average_pool::AveragePool {
        window,
        count_include_pad,
    }
    .divisors([input[2], input[3]], [output[2], output[3]])
}

fn checked_shape<T: Shaped + ?Sized>(op: &T, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
    // The bound on the inputs keeps the operators' own arithmetic far from overflow.
    for input in inputs {
        shape::elements(input)?;
    }
    let output = op.shape(inputs)?;
    shape::elements(&output)?;
    Ok(output)
}

/// Checks the number of inputs.
fn arity<'a, 'b>(
    inputs: &'b [&'a [usize]],
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<&'b [&'a [usize]], String> {
    if !allowed.contains(&inputs.len()) {
        return Err(format!("{} inputs, expected {}", inputs.len(), Counts(allowed)));
    }
    Ok(inputs)
}

struct Counts(std::ops::RangeInclusive<usize>);

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (*self.0.start(), *self.0.end()) {
            (least, most) if least == most => write!(f, "{least}"),
            (least, usize::MAX) => write!(f, "at least {least}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

/// The one input's shape.
fn single<'a>(inputs: &[&'a [usize]]) -> Result<&'a [usize], String> {
    arity(inputs, 1..=1)?.first().copied().ok_or_else(String::new)
}

/// The four axes of an image tensor.
fn image(shape: &[usize]) -> Result<[usize; 4], String> {
    shape
        .try_into()
        .map_err(|_| format!("input of shape {shape:?}, expected (N, C, H, W)"))
}

/// Refuses an output scale other than the expected one.
fn same_scale(expected: i32, output: i32) -> Result<(), String> {
    if expected != output {
        return Err(format!(
            "the output has scale_bits {output}, the inputs give {expected}"
        ));
    }
    Ok(())
}
