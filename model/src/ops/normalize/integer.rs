//! The integer form of normalisations. `docs/ops/normalize.md` has the formulas and the bound of the error.

use super::definition::{Measure, Normalize};
use crate::fixed_point::times_power_of_two;
use crate::ops::affine::Affine;
use crate::ops::floor_div::FloorDiv;
use crate::ops::isqrt::Isqrt;
use crate::ops::lowering::{Lowering, NodeView, Operation, symmetric};
use crate::ops::mul::Mul;
use crate::ops::reshape::Reshape;
use crate::ops::sum_pool::SumPool;
use crate::window::Window;
use crate::{ElementKind, IntTensor, ModelError, TensorId, limits};
use ndarray::{ArrayD, IxDyn};

/// Most bits of a row's reciprocal.
const RECIPROCAL_BITS: u32 = limits::MAX_REQUANTIZED_BITS;

/// Greatest error of a result, in its last bits, that rounding the reciprocal may make.
const RECIPROCAL_ERROR: f64 = 0.25;

/// Most bits of a root by which every element is divided.
const DIVISOR_BITS: u32 = 23;

/// Most binary places that a root gets beyond its argument's.
const MAX_PLACES: u32 = 16;

/// Most bits that are rounded away from a product; more have no circuit.
const MAX_SHIFT: i32 = 40;

/// Adds the integer form of a node.
pub(super) fn quantize<O>(
    op: &Normalize,
    to: &mut Lowering<'_, O>,
    node: NodeView<'_>,
) -> Result<TensorId, ModelError>
where
    O: Operation + From<Affine> + From<FloorDiv> + From<Isqrt> + From<Mul> + From<Reshape> + From<SumPool>,
{
    let x = to.input(node, 0)?;
    let rows = Rows::of(op, &to.tensor(x).shape);
    let rows = rows.map_err(|reason| to.error(node, reason))?;
    let (own, kind) = (to.tensor(x).shape.clone(), to.tensor(x).kind);
    let flat = match own == rows.shape {
        true => x,
        false => to.emit(node, (Reshape, vec![x]), (".rows", kind), &rows.shape)?,
    };
    let (scale, bits) = to.target(node.output(), i32::MAX);
    let plan = Plan::new(op, &rows, (to.tensor(x).interval, to.scale(x)), (scale, bits));
    let plan = plan.map_err(|reason| to.error(node, reason))?;
    let form = Form { rows, plan, flat };
    let (sum, root) = form.root(to, node)?;
    let reshaped = own != form.rows.shape;
    let suffix = if reshaped { ".normalized" } else { "" };
    let y = match form.plan.reciprocal {
        Some(reciprocal) => form.by_reciprocal(to, node, (sum, root, reciprocal), suffix)?,
        None => form.by_quotients(to, node, (sum, root), suffix)?,
    };
    match reshaped {
        true => {
            let kind = to.tensor(y).kind;
            to.emit(node, (Reshape, vec![y]), ("", kind), &own)
        }
        false => Ok(y),
    }
}

/// How rows lie in a tensor over which windows can move.
struct Rows {
    /// `(N, rows, …)`, a row over all axes from the third on.
    shape: Vec<usize>,
    /// The same with one element for each row.
    each: Vec<usize>,
    /// Elements of a row.
    length: usize,
}

impl Rows {
    fn of(op: &Normalize, shape: &[usize]) -> Result<Self, String> {
        let length = op.row(shape);
        let fits = |part: usize| length.is_multiple_of(part) && part <= limits::MAX_WINDOW;
        let axes = match length <= limits::MAX_WINDOW {
            true => vec![length],
            // A window has so many elements along an axis at most.
            false => {
                let part = (1..=limits::MAX_WINDOW)
                    .find(|part| fits(*part) && fits(length / part))
                    .ok_or_else(|| format!("rows of {length} elements, which are too long to be added up"))?;
                vec![part, length / part]
            }
        };
        let batch = if op.first == 0 { 1 } else { shape[0] };
        let count = shape.iter().product::<usize>() / length.max(1) / batch.max(1);
        let lead = [batch, count];
        let ones = vec![1; axes.len()];
        Ok(Self {
            shape: lead.into_iter().chain(axes).collect(),
            each: lead.into_iter().chain(ones).collect(),
            length,
        })
    }

    fn window(&self) -> Window {
        Window::of(&self.shape[2..])
    }
}

/// The numbers of the integer form.
struct Plan {
    measure: Measure,
    /// Elements of a row.
    length: i64,
    /// Binary places of the input.
    input_scale: i32,
    /// Binary places that the root has beyond these.
    places: u32,
    /// ε in units of the root's argument.
    epsilon: i64,
    /// The greatest root is at most 2 to this.
    root_bits: u32,
    /// Binary places and bits of the result.
    output: (i32, u32),
    /// How rows get a reciprocal; else every element is divided.
    reciprocal: Option<Reciprocal>,
}

/// The reciprocal `⌊m·2^power / q + 1/2⌋` of a root q.
#[derive(Clone, Copy)]
struct Reciprocal {
    power: u32,
    /// Bits of the greatest one.
    bits: u32,
}

/// What is known of the elements of rows.
struct Extent {
    /// Greatest magnitude of an element.
    magnitude: i128,
    /// Greatest difference of two elements.
    spread: i128,
}

impl Plan {
    fn new(
        op: &Normalize,
        rows: &Rows,
        ((low, high), input_scale): ((i64, i64), i32),
        output: (i32, u32),
    ) -> Result<Self, String> {
        let extent = Extent {
            magnitude: i128::from(low).abs().max(i128::from(high).abs()).max(1),
            spread: i128::from(high) - i128::from(low),
        };
        let mut plan = Self {
            measure: op.measure,
            length: rows.length as i64,
            input_scale,
            places: 0,
            epsilon: 1,
            root_bits: 1,
            output,
            reciprocal: None,
        };
        let mut found = None;
        for most_bits in [limits::MAX_ROOT_BITS, DIVISOR_BITS] {
            // More binary places until the least root has enough bits for the result's.
            for places in 0..=MAX_PLACES {
                let Some((epsilon, root_bits)) = plan.at(places, op.epsilon, &extent) else {
                    break;
                };
                if places > 0 && root_bits > most_bits {
                    break;
                }
                (plan.places, plan.epsilon, plan.root_bits) = (places, epsilon, root_bits);
                found = Some(places);
                if epsilon.isqrt() >= 2 << output.1 {
                    break;
                }
            }
            plan.reciprocal = plan.reciprocal(&extent);
            if found.is_none() || plan.reciprocal.is_some() {
                break;
            }
        }
        match found {
            Some(_) => Ok(plan),
            None => Err(format!(
                "rows of {} integers in [{low}, {high}], whose squares add up to 2^62 or more with epsilon; use fewer bits, or scale the input \
                 down before this node",
                rows.length
            )),
        }
    }

    /// ε in units of the root's argument and the bits of the greatest root, with so many binary places; nothing where a sum could
    /// reach 2^62.
    fn at(&self, places: u32, epsilon: f64, extent: &Extent) -> Option<(i64, u32)> {
        let length = i128::from(self.length);
        let (unit, terms, greatest) = match self.measure {
            Measure::Deviation => {
                let terms = 2 * length * length * extent.magnitude * extent.magnitude;
                (
                    length * length,
                    terms,
                    length * length * extent.spread * extent.spread / 4,
                )
            }
            Measure::RootMeanSquare => {
                let terms = length * length * extent.magnitude * extent.magnitude;
                (length * length, terms, terms)
            }
            Measure::Length => {
                let terms = length * extent.magnitude * extent.magnitude;
                (1, terms, terms)
            }
        };
        let exponent = 2 * (self.input_scale + places as i32);
        let epsilon = libm::round(times_power_of_two(epsilon * unit as f64, exponent)).max(1.0);
        let most = i128::from(limits::MAX_MAGNITUDE);
        if epsilon >= most as f64 || length << (2 * places) >= i128::from(limits::MAX_WEIGHT) {
            return None;
        }
        let factor = 1i128 << (2 * places);
        let epsilon = epsilon as i64;
        if terms.checked_mul(factor)?.checked_add(epsilon.into())? >= most {
            return None;
        }
        let root = (greatest * factor + i128::from(epsilon)).isqrt();
        let bits = (1..=limits::MAX_ROOT_BITS).find(|bits| root <= 1 << bits)?;
        Some((epsilon, bits))
    }

    /// What a root is divided into, and the greatest magnitude of what is multiplied by the reciprocal.
    fn numerator(&self) -> i64 {
        match self.measure {
            Measure::RootMeanSquare => self.length,
            Measure::Deviation | Measure::Length => 1,
        }
    }

    fn reciprocal(&self, extent: &Extent) -> Option<Reciprocal> {
        let factor = match self.measure {
            Measure::Deviation => (i128::from(self.length) - 1).max(1) * extent.spread,
            _ => extent.magnitude,
        };
        let (scale, places) = (self.output.0, self.places as i32);
        let error = |power: i32| times_power_of_two(factor as f64, scale + places - power - 1);
        let least = (scale + places).max(0);
        let power = (least..=60).find(|power| error(*power) <= RECIPROCAL_ERROR)?;
        let dividend = i128::from(self.numerator()) << (power + 1);
        let root = i128::from(self.epsilon.isqrt());
        let greatest = (dividend + root) / (2 * root);
        let bits = (1..=RECIPROCAL_BITS).find(|bits| greatest < 1 << bits)?;
        let product = factor.checked_mul(1 << bits)?;
        let most = i128::from(limits::MAX_MAGNITUDE) / 4;
        let fits = dividend < most && product < most && power - places - scale <= MAX_SHIFT;
        fits.then_some(Reciprocal {
            power: power as u32,
            bits,
        })
    }
}

/// The integer form under construction.
struct Form {
    rows: Rows,
    plan: Plan,
    /// The input, in rows.
    flat: TensorId,
}

impl Form {
    /// The sum of each row, where its mean is subtracted, and `⌊√(V + ε)·2^places⌋`.
    fn root<O>(
        &self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
    ) -> Result<(Option<TensorId>, TensorId), ModelError>
    where
        O: Operation + From<Affine> + From<Isqrt> + From<Mul> + From<SumPool>,
    {
        let (scale, plan) = (self.plan.input_scale, &self.plan);
        let (shape, each) = (&self.rows.shape, &self.rows.each);
        let window = || SumPool {
            window: self.rows.window(),
        };
        let kind = ElementKind::real(2 * scale);
        let squares = to.emit(node, (Mul, vec![self.flat, self.flat]), (".squares", kind), shape)?;
        let squares = to.emit(node, (window(), vec![squares]), (".square", kind), each)?;
        let (mut inputs, factor) = (vec![squares], 1i64 << (2 * plan.places));
        let (coefficients, sum) = match plan.measure {
            Measure::Deviation => {
                let sum = (window(), vec![self.flat]);
                let sum = to.emit(node, sum, (".total", ElementKind::real(scale)), each)?;
                inputs.push(to.emit(node, (Mul, vec![sum, sum]), (".total squared", kind), each)?);
                (vec![plan.length * factor, -factor], Some(sum))
            }
            Measure::RootMeanSquare => (vec![plan.length * factor], None),
            Measure::Length => (vec![factor], None),
        };
        let op = Affine {
            coefficients,
            constant: Some(number(plan.epsilon)),
        };
        let root_scale = scale + plan.places as i32;
        let below = (".below the root", ElementKind::real(2 * root_scale));
        let below = to.emit(node, (op, inputs), below, each)?;
        let kind = (".root", ElementKind::real(root_scale));
        let root = to.emit_within(node, (Isqrt, vec![below]), kind, each, (1, 1 << plan.root_bits));
        Ok((sum, root))
    }

    /// `x·R` or `(D·x − Σx)·R`, rounded, with `R = ⌊m·2^power / q + 1/2⌋`.
    fn by_reciprocal<O>(
        &self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        (sum, root, Reciprocal { power, bits }): (Option<TensorId>, TensorId, Reciprocal),
        suffix: &str,
    ) -> Result<TensorId, ModelError>
    where
        O: Operation + From<Affine> + From<FloorDiv> + From<Mul>,
    {
        let (plan, each) = (&self.plan, &self.rows.each);
        let scale = to.scale(root);
        let dividend = Affine {
            coefficients: vec![1],
            constant: Some(number(plan.numerator() << (power + 1))),
        };
        let kind = (".dividend", ElementKind::real(power as i32));
        let dividend = to.emit(node, (dividend, vec![root]), kind, each)?;
        let twice = Affine {
            coefficients: vec![2],
            constant: None,
        };
        let twice = to.emit(
            node,
            (twice, vec![root]),
            (".divisor", ElementKind::real(scale)),
            each,
        )?;
        let kind = (".reciprocal", ElementKind::real(power as i32 - scale));
        let quotient = (FloorDiv, vec![dividend, twice]);
        let reciprocal = to.emit_within(node, quotient, kind, each, (0, (1 << bits) - 1));
        let shape = &self.rows.shape;
        let factor = match sum {
            Some(sum) => {
                let centred = Affine {
                    coefficients: vec![plan.length, -1],
                    constant: None,
                };
                let kind = (".centred", ElementKind::real(plan.input_scale));
                to.emit(node, (centred, vec![self.flat, sum]), kind, shape)?
            }
            None => self.flat,
        };
        let kind = ElementKind::real(to.scale(factor) + to.scale(reciprocal));
        let product = to.emit(node, (Mul, vec![factor, reciprocal]), (".sum", kind), shape)?;
        to.requantize_as(node, product, suffix)
    }

    /// Every element divided by its row's root, rounded half up: `⌊(2^(g+1)·m·c + q) / 2q⌋`.
    fn by_quotients<O>(
        &self,
        to: &mut Lowering<'_, O>,
        node: NodeView<'_>,
        (sum, root): (Option<TensorId>, TensorId),
        suffix: &str,
    ) -> Result<TensorId, ModelError>
    where
        O: Operation + From<Affine> + From<FloorDiv>,
    {
        let (plan, shape) = (&self.plan, &self.rows.shape);
        let (scale, bits) = plan.output;
        let power = scale + plan.places as i32;
        if power.abs() > MAX_SHIFT {
            let reason = "the scales of its input and its results lie too far apart".to_owned();
            return Err(to.error(node, reason));
        }
        let (up, down) = (1i64 << power.max(0), 1i64 << (-power).max(0));
        let (mut inputs, mut coefficients) = (vec![self.flat], vec![2 * up * plan.numerator()]);
        if let Some(sum) = sum {
            inputs.push(sum);
            coefficients = vec![2 * up * plan.length, -2 * up];
        }
        inputs.push(root);
        coefficients.push(down);
        let root_scale = to.scale(root);
        let op = Affine {
            coefficients,
            constant: None,
        };
        let kind = (".dividends", ElementKind::real(root_scale + scale));
        let dividends = to.emit(node, (op, inputs), kind, shape)?;
        let divisor = Affine {
            coefficients: vec![2 * down],
            constant: None,
        };
        let kind = (".divisor", ElementKind::real(root_scale));
        let divisor = to.emit(node, (divisor, vec![root]), kind, &self.rows.each)?;
        let quotient = (FloorDiv, vec![dividends, divisor]);
        let kind = (suffix, ElementKind::real(scale));
        Ok(to.emit_within(node, quotient, kind, shape, symmetric(bits)))
    }
}

/// A constant for all elements.
fn number(value: i64) -> IntTensor {
    ArrayD::from_elem(IxDyn(&[]), value)
}
