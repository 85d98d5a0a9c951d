//! Operators: everything about one in its own file.
//!
//! A new operator is a file with its struct and its traits (`FloatOp`, `Quantize`, `IntOp`), a `mod` line, and a line in the list of float
//! operators, in the list of integer operators, or in both. See `docs/operators.md`.

mod activation;
mod affine;
mod arg_max;
mod average_pool;
pub(crate) mod bound;
mod check;
mod compare;
mod concat;
mod conv;
mod div;
mod division;
mod element;
mod embedding;
mod exact;
mod extremum;
mod floor_div;
pub mod functions;
mod gather;
mod isqrt;
mod length_pool;
mod linear;
mod lookup;
pub(crate) mod lowering;
mod masked;
mod mat_mul;
mod max_pool;
mod modulo;
mod mul;
mod multiply;
mod neg;
mod normalize;
mod number;
mod operands;
mod operator;
mod pad;
mod parameter;
mod requantize;
mod reshape;
mod scale;
pub(crate) mod scales;
mod slice;
mod softmax;
mod split;
mod sum_pool;
mod transpose;
mod where_;

pub(crate) use check::derived;
pub use check::dimensions;
pub use compare::Relation;
pub(crate) use lowering::NodeView;
pub use number::Number;
pub use operator::{Arithmetic, Ranged, Role};
pub(crate) use operator::{FloatOp, IntOp, Ranks, Shaped};
pub use parameter::{Parameter, ParameterRole};
pub use slice::SliceAxis;
pub use softmax::SoftmaxResult;

use crate::movement::Movement;
use crate::shape::{self, View};
use crate::{IntTensor, ModelError, QTensor};
use bound::Bound;
use check::checked_shapes;
use lowering::{Operation, Quantize};

/// Makes the enum of float operators. Those with fields are variants that hold their struct, the others plain variants.
macro_rules! float_operators {
    ($($variant:ident($module:ident::$type:ident $(<$number:ty>)?),)* ; $($plain:ident($file:ident),)*) => {
        /// Operations with float semantics. The importer lowers the many ONNX operators to these.
        ///
        /// Scalar functions are one variant ([`Op::Activation`]): they differ only in the function.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Op {
            $(#[doc = concat!("See [`float::", stringify!($type), "`].")] $variant($module::$type $(<$number>)?),)*
            $(#[doc = concat!("See [`float::", stringify!($plain), "`].")] $plain,)*
        }

        /// The structs of the float operators.
        pub mod float {
            pub use super::normalize::Measure;
            $(pub use super::$module::$type;)*
            $(pub use super::$file::$plain;)*
        }

        impl Op {
            /// What the operator's file says.
            pub(crate) fn operator(&self) -> &dyn FloatOp {
                match self {
                    $(Self::$variant(operator) => operator,)*
                    $(Self::$plain => &$file::$plain,)*
                }
            }

            /// What it says of the integer form.
            pub(crate) fn quantizer(&self) -> &dyn Quantize<QOp> {
                match self {
                    $(Self::$variant(operator) => operator,)*
                    $(Self::$plain => &$file::$plain,)*
                }
            }
        }
    };
}

/// Makes the enum of integer operators, likewise. The numbers are the tags of the canonical encoding: they are never reused.
macro_rules! integer_operators {
    (
        $($tag:literal $variant:ident($module:ident::$type:ident $(<$number:ty>)?),)*
        ; $($plain_tag:literal $plain:ident($file:ident),)*
    ) => {
        /// Integer operations.
        ///
        /// Only [`QOp::Requantize`], [`QOp::FloorDiv`], [`QOp::Isqrt`], [`QOp::Lookup`], [`QOp::MaxPool`] and [`QOp::ArgMax`] make tensors that a
        /// circuit stores; the others are linear (or quadratic, for products of two tensors) and are checked without being
        /// stored.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum QOp {
            $(#[doc = concat!("See [`integer::", stringify!($type), "`].")] $variant($module::$type $(<$number>)?),)*
            $(#[doc = concat!("See [`integer::", stringify!($plain), "`].")] $plain,)*
        }

        /// The structs of the integer operators.
        pub mod integer {
            $(pub use super::$module::$type;)*
            $(pub use super::$file::$plain;)*
        }

        impl QOp {
            /// The names of all operators.
            pub const NAMES: &[&str] = &[$(stringify!($variant),)* $(stringify!($plain),)*];

            /// As [`IntOp::widen`].
            pub(crate) fn widen(&mut self, ranks: Ranks<'_>, executions: usize) -> Result<(), &'static str> {
                match self {
                    $(Self::$variant(operator) => operator.widen(ranks, executions),)*
                    $(Self::$plain => $file::$plain.widen(ranks, executions),)*
                }
            }

            /// The operator's number in the canonical encoding.
            pub(crate) fn tag(&self) -> usize {
                match self {
                    $(Self::$variant(_) => $tag,)*
                    $(Self::$plain => $plain_tag,)*
                }
            }
        }

        impl Operation for QOp {
            fn operator(&self) -> &dyn IntOp {
                match self {
                    $(Self::$variant(operator) => operator,)*
                    $(Self::$plain => &$file::$plain,)*
                }
            }
        }

        $(impl From<$module::$type $(<$number>)?> for QOp {
            fn from(operator: $module::$type $(<$number>)?) -> Self {
                Self::$variant(operator)
            }
        })*

        $(impl From<$file::$plain> for QOp {
            fn from(_: $file::$plain) -> Self {
                Self::$plain
            }
        })*

        #[cfg(test)]
        const TAGS: &[usize] = &[$($tag,)* $($plain_tag,)*];
    };
}

float_operators! {
    Activation(activation::Activation),
    ArgMax(arg_max::ArgMax),
    AveragePool(average_pool::AveragePool),
    Compare(compare::Compare),
    Concat(concat::Concat),
    Conv(conv::FloatConv),
    Embedding(embedding::Embedding),
    Gather(gather::Gather),
    LengthPool(length_pool::LengthPool),
    Masked(masked::Masked),
    MaxPool(max_pool::MaxPool),
    Mod(modulo::Mod),
    Normalize(normalize::Normalize),
    Pad(pad::Pad<Number>),
    Slice(slice::Slice),
    Softmax(softmax::Softmax),
    Split(split::Split),
    SumPool(sum_pool::SumPool),
    Transpose(transpose::Transpose),
    ;
    Add(affine),
    Div(div),
    MatMul(mat_mul),
    Max(extremum),
    Min(extremum),
    Mul(mul),
    Neg(neg),
    Reshape(reshape),
    Sub(affine),
    Where(where_),
}

integer_operators! {
    1 Conv(conv::IntConv),
    2 Linear(linear::Linear),
    4 Affine(affine::Affine),
    5 Scale(scale::Scale),
    7 SumPool(sum_pool::SumPool),
    8 Requantize(requantize::Requantize),
    9 Lookup(lookup::Lookup),
    10 MaxPool(max_pool::MaxPool),
    11 ArgMax(arg_max::ArgMax),
    13 Transpose(transpose::Transpose),
    14 Concat(concat::Concat),
    15 Slice(slice::Slice),
    16 Pad(pad::Pad<i64>),
    17 Split(split::Split),
    20 Gather(gather::Gather),
    ;
    3 MatMul(mat_mul),
    6 Mul(mul),
    12 Reshape(reshape),
    18 FloorDiv(floor_div),
    19 Isqrt(isqrt),
}

impl Op {
    /// The operator's name, for messages.
    pub fn name(&self) -> &'static str {
        self.operator().name()
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.operator().outputs()
    }

    /// The first output's shape for the given input shapes: of most operators, the only one's.
    ///
    /// [`Op::ArgMax`] gives the shape with the reduced axis kept (length 1). The target of [`Op::Reshape`] is not
    /// determined by its input; here it is the flat shape `[elements]`.
    ///
    /// # Errors
    /// [`ModelError::InvalidNode`], named after the operator, where the number or the shapes of the inputs do not
    /// fit the operator and its attributes, or a shape is over [`crate::limits`].
    pub fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, ModelError> {
        first_shape(self.operator(), inputs).map_err(|reason| invalid(self.name(), reason))
    }

    /// The shapes of all outputs, likewise.
    ///
    /// # Errors
    /// Those of [`Self::output_shape`].
    pub fn output_shapes(&self, inputs: &[&[usize]]) -> Result<Vec<Vec<usize>>, ModelError> {
        checked_shapes(self.operator(), inputs).map_err(|reason| invalid(self.name(), reason))
    }

    /// What the results are to the inputs.
    pub fn role(&self) -> Role {
        self.operator().role()
    }

    /// Where the results' elements come from, if the operator only moves elements, or a reason why it cannot move these. Axes of
    /// length 0 are allowed. Only [`Op::Reshape`] asks for the output's shape.
    pub fn movement(&self, inputs: &[&[usize]], output: &[usize]) -> Option<Result<Movement, String>> {
        self.operator().movement(inputs, output)
    }

    /// Of a movement, the value of elements that come from no input.
    pub fn fill(&self) -> Number {
        self.operator().fill()
    }

    /// What the one output holds where the inputs are integers and it is too, exactly. `None` where the operator has several outputs or
    /// gives no integers of these, 64 bits do not hold one, or the shapes do not fit.
    pub fn integers(&self, inputs: &[&IntTensor], output: &[usize]) -> Option<IntTensor> {
        let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape()).collect();
        checked_shapes(self.operator(), &shapes).ok()?;
        self.operator().check_shapes(&shapes, &[output]).ok()?;
        let contents: Vec<_> = inputs.iter().map(|input| View::contents(input)).collect();
        let views = shapes.iter().zip(&contents);
        let views: Vec<View<i64>> = views.map(|(shape, data)| View { shape, data }).collect();
        let made = self.operator().evaluate_integers(&views, &[output])?;
        shape::tensor(output, made.into_iter().next()?).ok()
    }

    /// Whether an input of this shape is the output as it is.
    pub fn is_identity(&self, input: &[usize], output: &[usize]) -> bool {
        self.operator().is_identity(input, output)
    }

    /// Number of basic steps per output element.
    pub fn work_per_element(&self, inputs: &[&[usize]]) -> u128 {
        self.operator().work_per_element(inputs)
    }

    /// Between which integers the results lie, from what is known of the inputs; `None` where that says nothing. Ends that 64 bits do
    /// not hold are the nearest that they do.
    pub fn range(&self, inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        self.operator().range(inputs)
    }

    /// Whether results are booleans, whatever the inputs are.
    pub fn gives_booleans(&self) -> bool {
        self.operator().gives_booleans()
    }

    /// What it does to two numbers, where it does only that.
    pub fn arithmetic(&self) -> Option<Arithmetic> {
        self.operator().arithmetic()
    }
}

impl QOp {
    /// What the operator's file says.
    pub(crate) fn operator(&self) -> &dyn IntOp {
        Operation::operator(self)
    }

    /// All parameters of the operator.
    pub fn parameters(&self) -> Vec<Parameter<'_>> {
        self.operator().parameters()
    }

    /// The operator's name, for messages.
    pub fn name(&self) -> &'static str {
        self.operator().name()
    }

    /// What the results are to the inputs.
    pub fn role(&self) -> Role {
        self.operator().role()
    }

    /// As [`Op::movement`], for all outputs.
    pub fn movements(
        &self,
        inputs: &[&[usize]],
        outputs: &[&[usize]],
    ) -> Option<Result<Vec<Movement>, String>> {
        self.operator().movements(inputs, outputs)
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.operator().outputs()
    }

    /// Of a movement, the value of elements that come from no input.
    pub fn fill(&self) -> i64 {
        self.operator().fill()
    }

    /// What the operator is called in tables: its name, or that of its function.
    pub fn label(&self) -> &str {
        self.operator().label()
    }

    /// The operator with its size in words, for example `convolution 8×1×3×3`.
    pub fn words(&self) -> String {
        self.operator().words()
    }

    /// The output's shape for the given input shapes, as for [`Op::output_shape`].
    ///
    /// # Errors
    /// [`ModelError::InvalidNode`], named after the operator.
    pub fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, ModelError> {
        first_shape(self.operator(), inputs).map_err(|reason| invalid(self.name(), reason))
    }

    /// The shapes of all outputs, likewise.
    ///
    /// # Errors
    /// Those of [`Self::output_shape`].
    pub fn output_shapes(&self, inputs: &[&[usize]]) -> Result<Vec<Vec<usize>>, ModelError> {
        checked_shapes(self.operator(), inputs).map_err(|reason| invalid(self.name(), reason))
    }

    /// The interval of the outputs that the intervals of the inputs give; the one that a graph has to declare. `None` for
    /// [`QOp::Requantize`], [`QOp::FloorDiv`] and [`QOp::Isqrt`], whose intervals are chosen and cut.
    ///
    /// # Errors
    /// [`ModelError::InvalidNode`], named after the operator, for inputs whose shapes do not fit it and where a partial sum could
    /// reach 2^62.
    pub fn interval(&self, inputs: &[&QTensor]) -> Result<Option<(i64, i64)>, ModelError> {
        let shapes: Vec<&[usize]> = inputs.iter().map(|t| t.shape.as_slice()).collect();
        checked_shapes(self.operator(), &shapes)
            .and_then(|_| match self.operator().cuts() {
                true => Ok(None),
                false => derived(self.operator(), inputs, Bound::point(0)),
            })
            .map_err(|reason| invalid(self.name(), reason))
    }
}

/// The first output's shape.
fn first_shape<T: Shaped + ?Sized>(op: &T, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
    let shapes = checked_shapes(op, inputs)?;
    shapes.into_iter().next().ok_or_else(|| "no outputs".to_owned())
}

fn invalid(op: &'static str, reason: String) -> ModelError {
    ModelError::InvalidNode {
        node: op.to_owned(),
        op,
        reason,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_tag_is_given_twice() {
        let distinct: std::collections::HashSet<_> = super::TAGS.iter().collect();
        assert_eq!(distinct.len(), super::TAGS.len());
    }
}
