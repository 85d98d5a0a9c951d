//! Exponentials of differences to the maximum of a row, their sums, and what is made of both.

use super::super::affine::Affine;
use super::super::floor_div::FloorDiv;
use super::super::lookup::Lookup;
use super::super::lowering::{Lowering, NodeView};
use super::super::max_pool::MaxPool;
use super::super::mul::Mul;
use super::super::requantize::Requantize;
use super::super::sum_pool::SumPool;
use super::definition::{Forms, Softmax};
use super::mask::{Mask, constant};
use crate::fixed_point::{shift_half_up, times_power_of_two};
use crate::ops::scales::quantize_value;
use crate::{ElementKind, ModelError, TensorId};

/// Most bits of the argument of an exponential or a logarithm.
const MAX_ARGUMENT_BITS: u32 = 16;

/// Most bits of an exponential: a requantisation of a product with it rounds away some more, and circuits at most 40.
const MAX_EXPONENTIAL_BITS: u32 = 36;

/// Least bits behind the point of the argument of a logarithm.
const LEAST_LOGARITHM_BITS: u32 = 8;

/// Most bits of the argument of a logarithm: those of the longest table.
const MAX_LOGARITHM_BITS: u32 = 20;

/// Bits that a sum with a logarithm keeps below the last bit of the result.
const GUARD_BITS: i32 = 4;

/// How many binary places the numbers of a softmax have.
///
/// With f places of the result, exponentials of `f + 2 + ⌈log₂ n⌉` places and reciprocals of `f + 3` bits keep the result within one unit of its
/// last place of the softmax of the quantised input: `docs/ops/softmax.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Precision {
    /// Of the result: one is 2^result.
    pub result: u32,
    /// Of exponentials.
    pub exponential: u32,
    /// Bits of a reciprocal.
    pub reciprocal: u32,
}

impl Precision {
    /// That of a result of so many bits, for rows of `length` elements.
    pub fn new(bits: u32, length: usize) -> Self {
        let result = bits - 1;
        Self {
            result,
            exponential: (result + 2 + ceil_log2(length)).min(MAX_EXPONENTIAL_BITS),
            reciprocal: result + 3,
        }
    }
}

/// `⌈log₂ n⌉`, zero for one.
fn ceil_log2(n: usize) -> u32 {
    usize::BITS - n.saturating_sub(1).leading_zeros()
}

/// The rows of a softmax, as tensors of the integer graph.
pub(super) struct Exponentials {
    precision: Precision,
    length: usize,
    /// Scale of the input and of maxima.
    scale: i32,
    /// The greatest element of each row.
    maxima: TensorId,
    /// Maximum minus element.
    differences: TensorId,
    /// `2^exponential · e^(−difference)`, rounded, zero where an element does not count.
    exponentials: TensorId,
    /// Their sums: 2^exponential or more, as that of the maximum is exact.
    sums: TensorId,
}

impl Exponentials {
    /// Adds them for a tensor.
    pub fn new<O: Forms>(
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        softmax: &Softmax,
        x: TensorId,
    ) -> Result<Self, ModelError> {
        let shape = to.tensor(x).shape.clone();
        let rows = softmax.rows(&shape);
        let precision = Precision::new(to.bits(node.output()), shape[softmax.axis]);
        let mask = match &softmax.mask {
            Some(mask) => {
                // Exponentials of less than a quarter of a unit are zero.
                let negligible = f64::from(precision.exponential + 2) * core::f64::consts::LN_2;
                Mask::new(to, node, (mask, softmax.axis), (x, negligible))?
            }
            None => Mask::default(),
        };
        let (x, values) = mask.apply(to, node, x, 0)?;
        let (kind, scale, length) = (to.tensor(x).kind, to.scale(x), shape[softmax.axis]);
        let real = ElementKind::real(scale);
        let window = softmax.window(&shape);
        let pool = MaxPool {
            window: window.clone(),
        };
        let maxima = to.emit(node, (pool, vec![x]), (".maxima", kind), &rows)?;
        let op = Affine {
            coefficients: vec![1, -1],
            constant: None,
        };
        let differences = to.emit(node, (op, vec![maxima, x]), (".difference", real), &shape)?;
        let argument = argument(to, node, (differences, values))?;
        let exponentials = table(
            to,
            node,
            argument,
            ("exponential", ".exponential"),
            precision.exponential as i32,
            |d| libm::exp(-d),
        )?;
        let exponentials = mask.without_others(to, node, exponentials)?;
        let kind = ElementKind::real(precision.exponential as i32);
        let sums = to.emit(
            node,
            (SumPool { window }, vec![exponentials]),
            (".exponentials", kind),
            &rows,
        )?;
        Ok(Self {
            precision,
            length,
            scale,
            maxima,
            differences,
            exponentials,
            sums,
        })
    }

    /// Exponentials times the reciprocals of their sums, one of which is divided for each row.
    pub fn over_sums<O: Forms>(
        self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
    ) -> Result<TensorId, ModelError> {
        let Precision {
            result,
            exponential,
            reciprocal,
        } = self.precision;
        let rows = to.tensor(self.sums).shape.clone();
        let one = exponential + reciprocal;
        // One more than the sum, so that its interval has positive numbers only; and a constant, by a coefficient of zero.
        let of_sums = |to: &mut Lowering<'_, O>, factor, added: i64, suffix, scale: u32| {
            let kind = ElementKind::real(scale as i32);
            let added = ndarray::arr0(added).into_dyn();
            constant(
                to,
                node,
                (vec![self.sums], vec![factor]),
                (suffix, kind),
                added,
                &rows,
            )
        };
        let divisors = of_sums(to, 1, 1, ".divisor", exponential)?;
        let ones = of_sums(to, 0, 1 << one, ".one", one)?;
        let kind = ElementKind::real(reciprocal as i32);
        let interval = (0, (1 << reciprocal) - 1);
        let op = (FloorDiv, vec![ones, divisors]);
        let reciprocals = to.emit_within(node, op, (".reciprocal", kind), &rows, interval);
        let shape = to.tensor(self.exponentials).shape.clone();
        let op = (Mul, vec![self.exponentials, reciprocals]);
        let products = to.emit(node, op, (".sum", ElementKind::real(one as i32)), &shape)?;
        let op = Requantize { shift: one - result };
        let kind = ElementKind::real(result as i32);
        let interval = (0, (2 << result) - 1);
        Ok(to.emit_within(node, (op, vec![products]), ("", kind), &shape, interval))
    }

    /// Differences to the maximum, less the logarithm of the sum.
    pub fn logarithms<O: Forms>(
        self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
    ) -> Result<TensorId, ModelError> {
        let differences = self.differences;
        self.with_logarithm(to, node, (differences, -1), -1)
    }

    /// The maximum and the logarithm of the sum.
    pub fn logarithm_of_sum<O: Forms>(
        self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
    ) -> Result<TensorId, ModelError> {
        let maxima = self.maxima;
        self.with_logarithm(to, node, (maxima, 1), 1)
    }

    /// A tensor and the logarithm of the sum, each times a sign.
    fn with_logarithm<O: Forms>(
        self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        (tensor, sign): (TensorId, i64),
        of_logarithm: i64,
    ) -> Result<TensorId, ModelError> {
        let rows = to.tensor(self.sums).shape.clone();
        let more = ceil_log2(self.length);
        let places = MAX_ARGUMENT_BITS.saturating_sub(more).max(LEAST_LOGARITHM_BITS);
        let places = places.min(self.precision.exponential);
        if places + more > MAX_LOGARITHM_BITS {
            let reason = format!(
                "a row of {} elements, the logarithm of its sum would need a table of more than 2^{MAX_LOGARITHM_BITS} values; use \
                 rows of at most {} elements",
                self.length,
                1 << (MAX_LOGARITHM_BITS - LEAST_LOGARITHM_BITS)
            );
            return Err(to.error(node, reason));
        }
        // Sums lie between one and the number of elements.
        let op = Requantize {
            shift: self.precision.exponential - places,
        };
        let one = 1i64 << places;
        let interval = (one, one + (1 << (places + more.max(1))) - 1);
        let kind = ElementKind::real(places as i32);
        let sums = to.emit_within(node, (op, vec![self.sums]), (".rounded", kind), &rows, interval);
        let (target, _) = to.target(node.output(), i32::MAX);
        let common = self.scale.max((target + GUARD_BITS).min(self.scale + 24)).max(0);
        let logarithms = table(to, node, sums, ("logarithm", ".logarithm"), common, libm::log)?;
        let op = Affine {
            coefficients: vec![sign << (common - self.scale), of_logarithm],
            constant: None,
        };
        let shape = to.shape(node);
        let kind = ElementKind::real(common);
        let sum = to.emit(node, (op, vec![tensor, logarithms]), (".sum", kind), &shape)?;
        to.requantize(node, sum)
    }
}

/// Differences of `values` values, in an interval that begins at zero and has a power of two of them; rounded where that would be too many for
/// a table.
fn argument<O: Forms>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    (differences, values): (TensorId, i64),
) -> Result<TensorId, ModelError> {
    let greatest = |shift: u32| shift_half_up(values.saturating_sub(1), shift);
    let fits = |shift: &u32| greatest(*shift) < 1 << MAX_ARGUMENT_BITS;
    let shift = (0..62).find(fits).unwrap_or(0);
    let bits = ceil_log2(greatest(shift).max(1) as usize + 1);
    let (shape, scale) = (to.tensor(differences).shape.clone(), to.scale(differences));
    let kind = ElementKind::real(scale - shift as i32);
    let op = (Requantize { shift }, vec![differences]);
    Ok(to.emit_within(node, op, (".argument", kind), &shape, (0, (1 << bits) - 1)))
}

/// The table of a function over a tensor's interval, rounded at a scale.
fn table<O: Forms>(
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
    x: TensorId,
    (function, suffix): (&str, &str),
    scale: i32,
    value: impl Fn(f64) -> f64,
) -> Result<TensorId, ModelError> {
    let tensor = to.tensor(x);
    let ((low, high), shape, own) = (tensor.interval, tensor.shape.clone(), to.scale(x));
    let entry = |q: i64| quantize_value(value(times_power_of_two(q as f64, -own)), scale);
    let table: Result<Vec<i64>, String> = (low..=high).map(entry).collect();
    let op = Lookup {
        function: function.to_owned(),
        table: table.map_err(|reason| to.error(node, reason))?,
    };
    to.emit(node, (op, vec![x]), (suffix, ElementKind::real(scale)), &shape)
}
