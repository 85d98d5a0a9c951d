//! Scalar functions: everything about one in its own file, and its name in the list below.
//!
//! The rule by which ONNX operators become functions, the tables of quantised models and `docs/ops/functions.md` come from what a
//! file says. Functions are computed in `f64` with the portable `libm`, so that the tables made from them are the same on every
//! machine.

/// Makes the modules and the list of the functions.
macro_rules! functions {
    ($($file:ident,)*) => {
        $(mod $file;)*

        /// All scalar functions.
        pub const FUNCTIONS: &[&Function] = &[$(&$file::FUNCTION,)*];
    };
}

functions! {
    abs,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    ceil,
    celu,
    clip,
    cos,
    cosh,
    elu,
    erf,
    exp,
    exponential,
    floor,
    gelu,
    hard_sigmoid,
    hard_swish,
    leaky_relu,
    log,
    mish,
    not,
    not_zero,
    pow,
    reciprocal,
    relu,
    round,
    selu,
    shrink,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    softsign,
    sqrt,
    swish,
    tan,
    tanh,
    thresholded_relu,
    trunc,
}

/// Most parameters of a function.
pub const MAX_PARAMETERS: usize = 2;

/// What a scalar function is.
#[derive(Clone, Copy)]
pub struct Function {
    /// Its name, in messages and tables.
    pub name: &'static str,
    /// The ONNX operator that it is. `None` for functions that only rules for other operators make.
    pub onnx: Option<Onnx>,
    /// The value at `x` in a formula, for documents.
    pub formula: &'static str,
    /// What else a document says, or nothing.
    pub remark: &'static str,
    /// The value at a number, for the parameters.
    pub value: fn(f64, &[f64; MAX_PARAMETERS]) -> f64,
    /// For arguments that are multiples of `2^−scale`: the scale of which all values are multiples too, if there is one.
    pub exact_scale: fn(i32) -> Option<i32>,
    /// Whether it changes nothing of multiples of `2^−scale`.
    pub is_identity: fn(i32) -> bool,
    /// Whether its values can be much larger than those that are wanted, near a pole say: its argument is then cut to where they are
    /// not. Where there is no value at all, the argument is cut in any case.
    pub narrows: bool,
}

impl Function {
    /// What most functions have in common: values that no scale holds exactly.
    const PLAIN: Function = Function {
        name: "",
        onnx: None,
        formula: "",
        remark: "",
        value: |x, _| x,
        exact_scale: |_| None,
        is_identity: |_| false,
        narrows: false,
    };
}

/// The ONNX operator that a function is. It has one input.
#[derive(Clone, Copy)]
pub struct Onnx {
    /// The operator's name.
    pub operator: &'static str,
    /// Its attributes; they are the parameters, in this order.
    pub attributes: &'static [Attribute],
}

impl Onnx {
    /// An operator without attributes.
    const fn plain(operator: &'static str) -> Option<Onnx> {
        let attributes = &[];
        Some(Onnx { operator, attributes })
    }
}

/// An attribute that is a parameter.
#[derive(Clone, Copy, Debug)]
pub enum Attribute {
    /// A number.
    Number {
        /// The attribute's name.
        name: &'static str,
        /// The value where it is left out.
        default: f32,
    },
    /// One of several words; the parameter is its place among them.
    Choice {
        /// The attribute's name.
        name: &'static str,
        /// The words; the first one where it is left out.
        words: &'static [&'static str],
    },
}

impl Attribute {
    /// The attribute's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Attribute::Number { name, .. } | Attribute::Choice { name, .. } => name,
        }
    }
}

/// A scalar function with its parameters: `[X] → f(X)`, element by element.
#[derive(Clone, Copy)]
pub struct Activation {
    function: &'static Function,
    parameters: [f64; MAX_PARAMETERS],
}

impl Activation {
    /// A function with parameters; zeros where there are fewer of them.
    #[must_use]
    pub fn new(function: &'static Function, parameters: &[f32]) -> Self {
        let mut all = [0.0; MAX_PARAMETERS];
        let parameters = parameters.iter().copied().map(f64::from);
        all.iter_mut().zip(parameters).for_each(|(to, from)| *to = from);
        Self::exactly(function, all)
    }

    /// A function with parameters that single precision need not hold, such as integers.
    const fn exactly(function: &'static Function, parameters: [f64; MAX_PARAMETERS]) -> Self {
        Activation { function, parameters }
    }

    /// A function without parameters.
    const fn plain(function: &'static Function) -> Self {
        Self::exactly(function, [0.0; MAX_PARAMETERS])
    }

    /// The function.
    #[must_use]
    pub fn function(&self) -> &'static Function {
        self.function
    }

    /// The function's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.function.name
    }

    /// The function's value.
    #[must_use]
    pub fn apply(&self, x: f64) -> f64 {
        (self.function.value)(x, &self.parameters)
    }
}

impl PartialEq for Activation {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name() && self.parameters == other.parameters
    }
}

impl std::fmt::Debug for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:?}", self.name(), self.parameters)
    }
}

#[cfg(test)]
fn check(function: Activation, x: f64, expected: f64) {
    let got = function.apply(x);
    assert!(
        (got - expected).abs() < 1e-9,
        "{function:?}({x}) = {got}, expected {expected}"
    );
}
