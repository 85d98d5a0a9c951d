//! Activations and chains of scalar functions.

use super::domain;
use super::pointwise::Form;
use crate::fixed_point::{EXACT_IN_F64, length, times_power_of_two};
use crate::ops::integer::{Lookup, Requantize};
use crate::ops::lowering::{Lowering, NodeView, symmetric};
use crate::ops::scales::{quantize_value, scale_for};
use crate::{ElementKind, ModelError, QOp, TensorId, ValueId};

/// Most bits of a table's input.
const MAX_INPUT_BITS: u32 = 16;

/// Lookup on the stored tensor of the form's root.
///
/// The output's scale is the greatest at which every value in the table has the value's bits, so that the
/// table saturates nowhere.
pub(super) fn table(
    to: &mut Lowering<'_, QOp>,
    node: NodeView<'_>,
    form: &Form,
) -> Result<TensorId, ModelError> {
    let root = NodeView {
        inputs: &[form.root],
        ..node
    };
    let whole = to.values[node.output().0].whole.is_some();
    let x = argument(to, node, (form.root, to.input(root, 0)?), whole)?;
    let kind = to.tensor(x).kind;
    let input_scale = to.scale(x);
    let single = form.single().map(|activation| activation.function());
    if single.is_some_and(|function| (function.is_identity)(input_scale)) && (kind.is_whole() || !whole) {
        return Ok(x);
    }
    let (x, values) = domain::values(to, node, form, x)?;
    if let Some(whole) = to.values[node.output().0].whole
        && values.iter().all(|v| v.fract() == 0.0)
    {
        return lookup(to, node, (form, x), (&values, 0), ("", whole.kind.element()));
    }
    let greatest = values.iter().fold(0f64, |m, v| m.max(v.abs()));
    let mut scale = scale_for(greatest, to.bits(node.output()));
    if let Some(exact) = single.and_then(|function| (function.exact_scale)(input_scale)) {
        // Exact where they fit; the least integer of an interval has a magnitude that is one more.
        scale = match times_power_of_two(greatest, exact)
            <= times_power_of_two(1.0, to.bits(node.output()) as i32 - 1)
        {
            true => exact,
            false => scale.min(exact),
        };
    }
    let kind = ElementKind::real(scale);
    if !values.iter().any(|v| v.is_nan()) {
        return lookup(to, node, (form, x), (&values, scale), ("", kind));
    }
    // Where there is no value the table has one that its result may not have.
    let bits = to.bits(node.output());
    let outside = times_power_of_two(1.0, bits as i32 - scale);
    let values: Vec<f64> = values
        .iter()
        .map(|&v| if v.is_nan() { outside } else { v })
        .collect();
    let found = lookup(to, node, (form, x), (&values, scale), (".table", kind))?;
    let (op, shape) = ((Requantize { shift: 0 }, vec![found]), to.shape(node));
    Ok(to.emit_within(node, op, ("", kind), &shape, symmetric(bits)))
}

/// The table of the values, rounded at a scale.
fn lookup(
    to: &mut Lowering<'_, QOp>,
    node: NodeView<'_>,
    (form, x): (&Form, TensorId),
    (values, scale): (&[f64], i32),
    output: (&str, ElementKind),
) -> Result<TensorId, ModelError> {
    let table: Result<Vec<i64>, String> = values.iter().map(|&v| quantize_value(v, scale)).collect();
    let table = table.map_err(|reason| to.error(node, reason))?;
    let function = form.name();
    let shape = to.tensor(x).shape.clone();
    let op = Lookup { function, table };
    to.emit(node, (op, vec![x]), output, &shape)
}

/// The tensor that a table reads: that of the form's root, or where that holds integers of more than 16 bits the integers rounded like
/// any activation. Where the results are integers too, they are not rounded but refused.
fn argument(
    to: &mut Lowering<'_, QOp>,
    node: NodeView<'_>,
    (root, x): (ValueId, TensorId),
    whole: bool,
) -> Result<TensorId, ModelError> {
    let tensor = to.tensor(x);
    let (interval, shape) = (tensor.interval, tensor.shape.clone());
    if whole && interval.0.unsigned_abs().max(interval.1.unsigned_abs()) > EXACT_IN_F64 {
        let reason = format!(
            "its argument lies in [{}, {}], and functions are computed in double precision, which holds integers up to 2^53 only; \
             use smaller ones before this node",
            interval.0, interval.1
        );
        return Err(to.error(node, reason));
    }
    if length(interval) <= 1 << MAX_INPUT_BITS {
        return Ok(x);
    }
    if whole || !tensor.kind.is_whole() {
        let reason = format!(
            "its argument lies in [{}, {}], and functions are tables of at most 2^{MAX_INPUT_BITS} values; calibrate with smaller \
             integers, or cast them to float before this node",
            interval.0, interval.1
        );
        return Err(to.error(node, reason));
    }
    let (scale, bits) = to.target(root, 0);
    let shift = scale.unsigned_abs();
    let op = (Requantize { shift }, vec![x]);
    let kind = ElementKind::real(scale);
    Ok(to.emit_within(node, op, (".argument", kind), &shape, symmetric(bits)))
}
