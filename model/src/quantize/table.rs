//! Activations and chains of scalar functions.

use super::pointwise::Form;
use crate::fixed_point::{length, times_power_of_two};
use crate::ops::integer::Lookup;
use crate::ops::lowering::Lowering;
use crate::ops::scales::{quantize_value, scale_for};
use crate::{ElementKind, ModelError, Node, QOp, TensorId};

/// Most bits of a table's input.
const MAX_INPUT_BITS: u32 = 16;

/// Lookup on the stored tensor of the form's root.
///
/// The output's scale is the greatest at which every value in the table has the value's bits, so that the
/// table saturates nowhere.
pub(super) fn table(to: &mut Lowering<'_>, node: &Node, form: &Form) -> Result<TensorId, ModelError> {
    let root = Node {
        inputs: vec![form.root],
        ..node.clone()
    };
    let x = to.input(&root, 0)?;
    let input = to.tensor(x);
    let (interval, shape) = (input.interval, input.shape.clone());
    let input_scale = to.scale(x);
    if length(interval) > 1 << MAX_INPUT_BITS {
        let reason = format!("its input has the interval {interval:?}, over {MAX_INPUT_BITS} bits");
        return Err(to.error(node, reason));
    }
    let single = form.single().map(|activation| activation.function());
    if single.is_some_and(|function| (function.is_identity)(input_scale)) {
        return Ok(x);
    }
    let values: Vec<f64> = (interval.0..=interval.1)
        .map(|q| form.apply(times_power_of_two(q as f64, -input_scale)))
        .collect();
    if let Some(position) = values.iter().position(|v| !v.is_finite()) {
        let at = times_power_of_two((interval.0 + position as i64) as f64, -input_scale);
        return Err(to.error(
            node,
            format!("the function's value at {at} is {}", values[position]),
        ));
    }
    let greatest = values.iter().fold(0f64, |m, v| m.max(v.abs()));
    let mut scale = scale_for(greatest, to.bits(node.output()));
    if let Some(exact) = single.and_then(|function| (function.exact_scale)(input_scale)) {
        scale = scale.min(exact);
    }
    let table: Result<Vec<i64>, String> = values.iter().map(|&v| quantize_value(v, scale)).collect();
    let table = table.map_err(|reason| to.error(node, reason))?;
    to.emit(
        node,
        (
            QOp::Lookup(Lookup {
                function: form.name(),
                table,
            }),
            vec![x],
        ),
        ("", ElementKind::real(scale)),
        &shape,
    )
}
