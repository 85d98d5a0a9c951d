//! What a tensor is while nodes are lowered: computed at run time, or known now.

use crate::Reason;
use crate::onnx::element::Element;
use hallmark_model::movement::Movement;
use hallmark_model::ops::Number;
use hallmark_model::{FloatTensor, IntTensor, ValueId, Whole};
use ndarray::{Array1, Dimension};
use std::rc::Rc;

/// Integers up to this magnitude are exact in single precision.
const EXACT_IN_F32: i64 = 1 << 24;

/// A tensor that a node takes or makes.
#[derive(Clone, Debug)]
pub(crate) enum Operand {
    /// Computed at run time.
    Variable(Variable),
    /// Known at import.
    Constant(Constant),
}

/// A tensor that is computed at run time.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// The value in the graph under construction.
    pub id: ValueId,
    /// Static shape.
    pub shape: Vec<usize>,
    /// What the elements are.
    pub element: Element,
    /// What is known about elements that are integers.
    pub whole: Option<Whole>,
}

/// A tensor that is known at import.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    /// Name in the file; empty for derived constants, which are named when a node uses them.
    pub name: String,
    /// Contents.
    pub data: Data,
}

/// Contents of a constant. Integers stay exact: shapes and indices are computed with them.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    /// Floats.
    Float(Rc<FloatTensor>),
    /// Integers, or booleans as 0 and 1.
    Integer {
        /// The elements.
        values: Rc<IntTensor>,
        /// Whether they are booleans.
        boolean: bool,
    },
}

impl Data {
    /// Wraps integers.
    pub fn integer(values: IntTensor) -> Self {
        Self::Integer {
            values: Rc::new(values),
            boolean: false,
        }
    }

    /// Wraps floats.
    pub fn float(values: FloatTensor) -> Self {
        Self::Float(Rc::new(values))
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Float(array) => array.shape(),
            Self::Integer { values, .. } => values.shape(),
        }
    }

    /// What the elements are.
    pub fn element(&self) -> Element {
        match self {
            Self::Float(_) => Element::Float,
            Self::Integer { boolean: false, .. } => Element::Integer,
            Self::Integer { boolean: true, .. } => Element::Boolean,
        }
    }

    /// The elements where they are integers.
    pub fn integers(&self) -> Option<&IntTensor> {
        match self {
            Self::Float(_) => None,
            Self::Integer { values, .. } => Some(values),
        }
    }

    /// The elements as floats, which must be exact.
    pub fn to_float(&self) -> Result<Rc<FloatTensor>, Reason> {
        match self {
            Self::Float(array) => Ok(Rc::clone(array)),
            Self::Integer { values, .. } => {
                match values.iter().find(|&&v| i128::from(v) != v as f32 as i128) {
                    None => Ok(Rc::new(values.mapv(|v| v as f32))),
                    Some(value) => Err(Reason::form(format!(
                        "the integer constant {value} meets run-time values and is not exact in single precision"
                    ))),
                }
            }
        }
    }

    /// Moves the elements of constants, as integers where all of them are; `fill` is what none of them gives.
    pub fn moved(inputs: &[&Self], movement: &Movement, fill: Number) -> Result<Self, Reason> {
        let integers: Option<Vec<_>> = inputs
            .iter()
            .map(|data| match data {
                Self::Integer { values, boolean } => Some((values.as_ref(), boolean)),
                Self::Float(_) => None,
            })
            .collect();
        if let Some(integers) = integers {
            let (values, booleans): (Vec<_>, Vec<&bool>) = integers.into_iter().unzip();
            let moved = movement.tensor(&values, fill.integer()).map_err(Reason::shape)?;
            return Ok(Self::Integer {
                values: Rc::new(moved),
                boolean: booleans.into_iter().all(|&boolean| boolean),
            });
        }
        let floats = inputs
            .iter()
            .map(|data| data.to_float())
            .collect::<Result<Vec<_>, _>>()?;
        let floats: Vec<&FloatTensor> = floats.iter().map(AsRef::as_ref).collect();
        movement
            .tensor(&floats, fill.real())
            .map(Self::float)
            .map_err(Reason::shape)
    }
}

impl From<Data> for Operand {
    fn from(data: Data) -> Self {
        Self::Constant(Constant {
            name: String::new(),
            data,
        })
    }
}

impl Operand {
    /// The shape.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Variable(variable) => &variable.shape,
            Self::Constant(constant) => constant.data.shape(),
        }
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.shape().len()
    }

    /// The value that is computed at run time.
    pub fn id(&self) -> Option<ValueId> {
        match self {
            Self::Variable(variable) => Some(variable.id),
            Self::Constant(_) => None,
        }
    }

    /// What the elements are.
    pub fn element(&self) -> Element {
        match self {
            Self::Variable(variable) => variable.element,
            Self::Constant(constant) => constant.data.element(),
        }
    }

    /// The contents, if they are known.
    pub fn data(&self) -> Option<&Data> {
        match self {
            Self::Variable(_) => None,
            Self::Constant(constant) => Some(&constant.data),
        }
    }

    /// The same tensor with its elements declared to be of another type.
    pub fn with_element(self, element: Element, whole: Option<Whole>) -> Self {
        match self {
            Self::Variable(variable) => Self::Variable(Variable {
                element,
                whole,
                ..variable
            }),
            constant @ Self::Constant(_) => constant,
        }
    }

    /// The same numbers as floats, as a cast makes them.
    pub fn into_float(self) -> Result<Self, Reason> {
        match self {
            Self::Constant(Constant {
                data: data @ Data::Integer { .. },
                ..
            }) => Ok(Data::Float(data.to_float()?).into()),
            other => Ok(other.with_element(Element::Float, None)),
        }
    }

    /// The integers that elements can be, where they are integers.
    pub fn range(&self) -> Option<(i64, i64)> {
        match self {
            Self::Variable(variable) => variable.whole.map(|whole| whole.range),
            Self::Constant(Constant {
                data: Data::Integer { values, .. },
                ..
            }) => Some((*values.iter().min()?, *values.iter().max()?)),
            Self::Constant(Constant {
                data: Data::Float(values),
                ..
            }) => {
                let whole = |v: &f32| v.fract() == 0.0 && v.abs() <= EXACT_IN_F32 as f32;
                let ends = |range: Option<(i64, i64)>, &v: &f32| {
                    let v = v as i64;
                    Some(range.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
                };
                values.iter().all(whole).then(|| values.iter().fold(None, ends))?
            }
        }
    }
}

/// An integer vector as a constant.
pub(crate) fn vector(values: impl IntoIterator<Item = i64>) -> Data {
    Data::integer(Array1::from_iter(values).into_dyn())
}

/// The first element that is NaN or an infinity.
pub(crate) fn not_finite(values: &FloatTensor) -> Option<(Vec<usize>, f32)> {
    // There hardly ever is one, and counting indices takes longer than looking.
    if values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut elements = values.indexed_iter();
    let (index, &value) = elements.find(|(_, value)| !value.is_finite())?;
    Some((index.as_array_view().to_vec(), value))
}
