//! Scalar functions, element by element. Each has a file of its own.
//!
//! They are computed in `f64` with the portable `libm`, so that the tables made from them are the same on every
//! machine.

use super::lowering::Lowering;
use super::{FloatOp, Shaped, clip, erf, gelu, hard_swish, leaky_relu, relu, sigmoid, single, tanh, trunc};
use crate::shape::View;
use crate::{ModelError, Node, TensorId};
use serde::{Deserialize, Serialize};

/// Scalar functions: `[X] → f(X)`, element by element.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x` where positive, else `alpha · x`.
    LeakyRelu {
        /// Slope for negative inputs.
        alpha: f32,
    },
    /// `min(max(x, min), max)`.
    Clip {
        /// Lower bound.
        min: f32,
        /// Upper bound.
        max: f32,
    },
    /// `1 / (1 + e^−x)`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// The error function.
    Erf,
    /// `x · Φ(x)` with the error function, or its tanh approximation.
    Gelu {
        /// Whether the tanh approximation is meant.
        tanh: bool,
    },
    /// `x · max(0, min(1, alpha·x + beta))`; HardSwish has alpha 1/6, beta 1/2.
    HardSwish,
    /// Truncation towards zero (a cast from float to integer).
    Trunc,
}

impl Activation {
    /// The function's name.
    pub fn name(&self) -> &'static str {
        match self {
            Activation::Relu => "Relu",
            Activation::LeakyRelu { .. } => "LeakyRelu",
            Activation::Clip { .. } => "Clip",
            Activation::Sigmoid => "Sigmoid",
            Activation::Tanh => "Tanh",
            Activation::Erf => "Erf",
            Activation::Gelu { .. } => "Gelu",
            Activation::HardSwish => "HardSwish",
            Activation::Trunc => "Trunc",
        }
    }

    /// The function's value.
    pub fn apply(&self, x: f64) -> f64 {
        match *self {
            Activation::Relu => relu::apply(x),
            Activation::LeakyRelu { alpha } => leaky_relu::apply(x, alpha.into()),
            Activation::Clip { min, max } => clip::apply(x, min.into(), max.into()),
            Activation::Sigmoid => sigmoid::apply(x),
            Activation::Tanh => tanh::apply(x),
            Activation::Erf => erf::apply(x),
            Activation::Gelu { tanh } => gelu::apply(x, tanh),
            Activation::HardSwish => hard_swish::apply(x),
            Activation::Trunc => trunc::apply(x),
        }
    }
}

impl Shaped for Activation {
    fn name(&self) -> &'static str {
        Activation::name(self)
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        Ok(single(inputs)?.to_vec())
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        16
    }
}

impl FloatOp for Activation {
    fn evaluate(&self, inputs: &[View<f32>], _output: &[usize]) -> Vec<f32> {
        inputs[0]
            .data
            .iter()
            .map(|&x| self.apply(x.into()) as f32)
            .collect()
    }
    fn quantize(&self, to: &mut Lowering<'_>, node: &Node) -> Result<TensorId, ModelError> {
        // A chain of functions is one table, made before this is asked.
        Err(to.error(node, format!("{} has no integer form", Activation::name(self))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from tables (Abramowitz and Stegun), to ten digits where they are irrational.
    #[test]
    fn known_values() {
        let check = |function: Activation, x: f64, expected: f64| {
            let got = function.apply(x);
            assert!(
                (got - expected).abs() < 1e-9,
                "{function:?}({x}) = {got}, expected {expected}"
            );
        };
        check(Activation::Relu, -2.0, 0.0);
        check(Activation::Relu, 2.5, 2.5);
        check(Activation::LeakyRelu { alpha: 0.25 }, -2.0, -0.5);
        check(Activation::LeakyRelu { alpha: 0.25 }, 2.0, 2.0);
        check(Activation::Clip { min: -1.0, max: 6.0 }, -3.0, -1.0);
        check(Activation::Clip { min: -1.0, max: 6.0 }, 7.0, 6.0);
        check(Activation::Sigmoid, 1.0, 0.7310585786);
        check(Activation::Sigmoid, -1000.0, 0.0);
        check(Activation::Tanh, 0.5, 0.4621171573);
        check(Activation::Erf, 0.5, 0.5204998778);
        check(Activation::Erf, -1.0, -0.8427007929);
        check(Activation::Gelu { tanh: false }, 1.0, 0.8413447461);
        check(Activation::Gelu { tanh: true }, 1.0, 0.8411919906);
        check(Activation::HardSwish, -4.0, 0.0);
        check(Activation::HardSwish, 1.0, 2.0 / 3.0);
        check(Activation::HardSwish, 5.0, 5.0);
        check(Activation::Trunc, -1.75, -1.0);
        check(Activation::Trunc, 1.75, 1.0);
    }
}
