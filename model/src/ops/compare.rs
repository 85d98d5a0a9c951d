//! Comparisons of two tensors, and logic of two booleans: where a difference, or a sum, lies.

use super::affine::{Affine, zip};
use super::check::arity;
use super::lookup::Lookup;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operands::Operands;
use super::operator::{Arithmetic, FloatOp, Ranged, Shaped};
use super::requantize::Requantize;
use crate::fixed_point::{length, times_power_of_two};
use crate::shape::{self, View};
use crate::{ElementKind, FloatTensor, ModelError, TensorId};

/// What is asked of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are called as in ONNX")]
pub enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Xor,
}

/// `[A, B] →` booleans: whether the relation holds, NumPy broadcasting. Of [`Relation::And`] and those after it, the inputs are
/// booleans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compare {
    /// What is asked.
    pub relation: Relation,
}

/// Most bits of a difference that is looked up; of longer ones the sign is found by rounding the rest away.
const MAX_TABLE_BITS: u32 = 17;
/// Most bits of a difference.
const MOST_BITS: u32 = 60;

impl Relation {
    /// Whether it is one of booleans, which is found from their sum.
    fn is_logical(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Xor)
    }

    /// Whether it holds for two elements with this difference, or this sum.
    fn holds(self, difference: i64) -> bool {
        match self {
            Self::Equal => difference == 0,
            Self::Less => difference < 0,
            Self::LessOrEqual => difference <= 0,
            Self::Greater => difference > 0,
            Self::GreaterOrEqual => difference >= 0,
            Self::And => difference == 2,
            Self::Or => difference >= 1,
            Self::Xor => difference == 1,
        }
    }

    /// The relation of `b` to `a` that this one of `a` to `b` is.
    fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            other => other,
        }
    }

    /// The integer that takes the place of a real number, which an integer between two others is compared with; `None` where the
    /// relation holds for none.
    fn threshold(self, number: f64) -> Option<f64> {
        match self {
            Self::Less | Self::GreaterOrEqual => Some(libm::ceil(number)),
            Self::LessOrEqual | Self::Greater => Some(libm::floor(number)),
            _ => (number.fract() == 0.0).then_some(number),
        }
    }

    fn arithmetic(self) -> Arithmetic {
        macro_rules! both {
            ($a:ident, $b:ident, $float:expr, $integer:expr) => {
                Arithmetic {
                    float: |$a, $b| f64::from(u8::from($float)),
                    integer: |$a, $b| Some(i128::from($integer)),
                }
            };
        }
        match self {
            Self::Equal => both!(a, b, a == b, a == b),
            Self::Less => both!(a, b, a < b, a < b),
            Self::LessOrEqual => both!(a, b, a <= b, a <= b),
            Self::Greater => both!(a, b, a > b, a > b),
            Self::GreaterOrEqual => both!(a, b, a >= b, a >= b),
            Self::And => both!(a, b, a != 0.0 && b != 0.0, a != 0 && b != 0),
            Self::Or => both!(a, b, a != 0.0 || b != 0.0, a != 0 || b != 0),
            Self::Xor => both!(a, b, (a != 0.0) != (b != 0.0), (a != 0) != (b != 0)),
        }
    }
}

impl Compare {
    /// A table of the difference, which is exact, or of its sign.
    fn of_operands<O: Operation + From<Affine> + From<Lookup>>(
        self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        operands: &Operands,
    ) -> Result<TensorId, ModelError> {
        let sign = if self.relation.is_logical() { 1 } else { -1 };
        let difference = operands.combined(to, node, ([1, sign], None, 0), ".difference")?;
        let interval = to.tensor(difference).interval;
        if length(interval) > 1 << MAX_TABLE_BITS {
            return self.of_signs(to, node, (operands, interval));
        }
        let table = (interval.0..=interval.1).map(|difference| self.relation.holds(difference));
        self.lookup(to, node, difference, table)
    }

    /// As `of_operands`, from the signs of the difference and of its negative: each is −1 where that is negative, else 0.
    fn of_signs<O: Operation + From<Affine> + From<Lookup>>(
        self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        (operands, interval): (&Operands, (i64, i64)),
    ) -> Result<TensorId, ModelError> {
        let mut sign = |factors: [i64; 2]| {
            // The negative of the least difference is one more than the greatest that the difference's own sign has room for.
            let greatest = interval.0.unsigned_abs().max(interval.1.unsigned_abs()) + 1;
            let shift = greatest.next_power_of_two().trailing_zeros();
            let moved = operands.combined(to, node, (factors, None, -(1 << (shift - 1))), ".moved")?;
            let kind = ElementKind::real(operands.kind.scale_bits().unwrap_or(0) - shift as i32);
            let op = (Requantize { shift }, vec![moved]);
            Ok::<_, ModelError>(to.emit_within(node, op, (".sign", kind), &to.shape(node), (-1, 0)))
        };
        match self.relation {
            Relation::Equal => {
                let (below, above) = (sign([1, -1])?, sign([-1, 1])?);
                let op = Affine {
                    coefficients: vec![1, 1],
                    constant: None,
                };
                let kind = to.tensor(below).kind;
                let signs = to.emit(node, (op, vec![below, above]), (".signs", kind), &to.shape(node))?;
                self.lookup(to, node, signs, (-2..=0).map(|signs| signs == 0))
            }
            Relation::Less | Relation::GreaterOrEqual => {
                let sign = sign([1, -1])?;
                self.lookup(to, node, sign, (-1..=0).map(|sign| self.relation.holds(sign)))
            }
            _ => {
                let sign = sign([-1, 1])?;
                let holds = self.relation.turned();
                self.lookup(to, node, sign, (-1..=0).map(|sign| holds.holds(sign)))
            }
        }
    }

    fn lookup<O: Operation + From<Lookup>>(
        self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        argument: TensorId,
        table: impl Iterator<Item = bool>,
    ) -> Result<TensorId, ModelError> {
        let op = Lookup {
            function: self.name().to_owned(),
            table: table.map(i64::from).collect(),
        };
        to.emit(
            node,
            (op, vec![argument]),
            ("", ElementKind::Boolean),
            &to.shape(node),
        )
    }

    /// A tensor of reals and a constant, which becomes the integers between which the relation changes: exact, whatever the constant.
    fn with_thresholds<O: Operation>(
        self,
        to: &Lowering<'_, O>,
        node: NodeView<'_>,
        (x, constant): (TensorId, &FloatTensor),
    ) -> Result<Operands, ModelError> {
        let (scale, tensor) = (to.scale(x), to.tensor(x));
        // Beyond the interval one place is like another.
        let (least, most) = (tensor.interval.0 - 1, tensor.interval.1 + 1);
        let threshold = |&c: &f32| match self.relation.threshold(times_power_of_two(c.into(), scale)) {
            None => least,
            Some(threshold) => threshold.clamp(least as f64, most as f64) as i64,
        };
        let thresholds = shape::tensor(constant.shape(), constant.iter().map(threshold).collect());
        let thresholds = thresholds.map_err(|reason| to.error(node, reason))?;
        Ok(Operands::with_constant(x, thresholds, ElementKind::real(scale)))
    }
}

impl Shaped for Compare {
    fn name(&self) -> &'static str {
        match self.relation {
            Relation::Equal => "Equal",
            Relation::Less => "Less",
            Relation::LessOrEqual => "LessOrEqual",
            Relation::Greater => "Greater",
            Relation::GreaterOrEqual => "GreaterOrEqual",
            Relation::And => "And",
            Relation::Or => "Or",
            Relation::Xor => "Xor",
        }
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape::broadcast(arity(inputs, 2..=2)?)
    }
}

impl FloatOp for Compare {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let truth = self.relation.arithmetic().float;
        zip(inputs, output, |a, b| truth(a.into(), b.into()) as f32)
    }
    fn arithmetic(&self) -> Option<Arithmetic> {
        Some(self.relation.arithmetic())
    }
    fn range(&self, _inputs: &[Ranged<'_>]) -> Option<(i64, i64)> {
        Some((0, 1))
    }
    fn gives_booleans(&self) -> bool {
        true
    }
}

impl<O: Operation + From<Affine> + From<Lookup>> Quantize<O> for Compare {
    /// Affine, then Lookup.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let (compare, operands) = match (to.constant(node, 0), to.constant(node, 1)) {
            (None, Some(constant)) if !to.is_exact(node) => {
                let x = to.input(node, 0)?;
                (*self, self.with_thresholds(to, node, (x, constant))?)
            }
            (Some(constant), None) if !to.is_exact(node) => {
                let turned = Self {
                    relation: self.relation.turned(),
                };
                let x = to.input(node, 1)?;
                (turned, turned.with_thresholds(to, node, (x, constant))?)
            }
            _ => (*self, Operands::of(to, node, [0, 1], MOST_BITS)?),
        };
        compare.of_operands(to, node, &operands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPARISONS: [Relation; 5] = [
        Relation::Equal,
        Relation::Less,
        Relation::LessOrEqual,
        Relation::Greater,
        Relation::GreaterOrEqual,
    ];

    #[test]
    fn thresholds_change_no_comparison() {
        for relation in COMPARISONS {
            for number in [-2.0, -1.5, -0.25, 0.0, 0.5, 1.0, 1.75] {
                for integer in -3i64..=3 {
                    let exact = (relation.arithmetic().float)(integer as f64, number) == 1.0;
                    let found = relation
                        .threshold(number)
                        .is_some_and(|threshold| relation.holds(integer - threshold as i64));
                    assert_eq!(found, exact, "{integer} {relation:?} {number}");
                }
            }
        }
    }

    #[test]
    fn turned_relations_are_those_of_turned_operands() {
        for relation in COMPARISONS {
            for difference in -1..=1 {
                assert_eq!(relation.holds(difference), relation.turned().holds(-difference));
            }
        }
    }
}
