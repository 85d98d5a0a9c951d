//! Where a function has values, and values of a size that is wanted.
//!
//! A logarithm has none below zero, a reciprocal reaches any size near it. The argument of a table is cut to an interval where the
//! function is defined and not much larger than on the calibration data, by a rounding that rounds nothing: an execution that leaves
//! it is refused like one that leaves any other interval.

use super::pointwise::{Form, Wraps};
use crate::fixed_point::{round_half_up, times_power_of_two};
use crate::ops::integer::Requantize;
use crate::ops::lowering::{Lowering, NodeView};
use crate::{ElementKind, ModelError, QOp, TensorId};

/// Arguments from the first to the second one.
type Interval = (i64, i64);

/// How many times larger than wanted values may be where that saves a second cut.
const SLACK: f64 = 4.0;

/// A function of the integers that stand for its arguments.
struct Sampled<'a> {
    form: &'a Form,
    scale: i32,
    /// The greatest magnitude that is wanted of its values.
    wanted: f64,
}

impl Sampled<'_> {
    fn argument(&self, q: i64) -> f64 {
        times_power_of_two(q as f64, -self.scale)
    }

    fn value(&self, q: i64) -> Result<f64, Wraps> {
        self.form.apply(self.argument(q))
    }

    /// Whether there is a value, at most `factor` times as large as wanted.
    fn is_fine(&self, q: i64, factor: f64) -> bool {
        self.value(q)
            .is_ok_and(|v| v.is_finite() && v.abs() <= factor * self.wanted)
    }

    /// The longest interval within `around` that contains `seen` and whose other values are fine.
    fn run(&self, seen: Interval, around: Interval, factor: f64) -> Interval {
        let below = (around.0..seen.0).rev().take_while(|&q| self.is_fine(q, factor));
        let above = (seen.1 + 1..=around.1).take_while(|&q| self.is_fine(q, factor));
        (below.last().unwrap_or(seen.0), above.last().unwrap_or(seen.1))
    }
}

/// The least power of two that is at least 2 and not less than the length of an interval.
fn power_of_two(interval: Interval) -> i64 {
    let length = (interval.1 - interval.0 + 1).max(2);
    1 << (i64::BITS - (length - 1).leading_zeros())
}

/// The least interval of 2^n values within `run` that contains `needed`; of several one that reaches little beyond `own`.
fn window(run: Interval, needed: Interval, own: Interval) -> Option<Interval> {
    let length = power_of_two(needed);
    let (first, last) = (run.0.max(needed.1 - length + 1), needed.0.min(run.1 - length + 1));
    if first > last {
        return None;
    }
    let middle = first + (last - first) / 2;
    let start = middle.min(own.1 - length + 1).max(own.0).clamp(first, last);
    Some((start, start + length - 1))
}

/// The tensor that a table reads in place of `x`, and the function's value for each integer of its interval. Where integers cannot
/// be, because something before excludes them, the value is that of the nearest one that can; where there is none, NaN.
pub(super) fn values(
    to: &mut Lowering<'_, QOp>,
    node: NodeView<'_>,
    form: &Form,
    x: TensorId,
) -> Result<(TensorId, Vec<f64>), ModelError> {
    let whole = to.values[node.output().0].whole.is_some();
    let wanted = match to.headroom(node.output()) {
        _ if whole || !form.narrows() => f64::INFINITY,
        wanted if wanted > 0.0 => wanted,
        _ => 1.0,
    };
    let (own, scale) = (to.tensor(x).interval, to.scale(x));
    let sampled = Sampled { form, scale, wanted };
    let all: Result<Vec<f64>, Wraps> = (own.0..=own.1).map(|q| sampled.value(q)).collect();
    let all =
        all.map_err(|Wraps { value, kind }| to.error(node, kind.wraps(&format!("can reach {value}"))))?;
    if all.iter().all(|v| v.is_finite() && v.abs() <= wanted) {
        return Ok((x, all));
    }
    let Some(seen) = seen(to, node, &sampled, own)? else {
        let value = |v: f64| {
            if v.is_finite() && v.abs() <= wanted {
                v
            } else {
                f64::NAN
            }
        };
        return Ok((x, all.into_iter().map(value).collect()));
    };
    let length = own.1 - own.0 + 1;
    let around = (own.0 - length, own.1 + length);
    let run = sampled.run(seen, around, 1.0);
    let needed = with_room(seen, run, to.options.headroom.into());
    let wider = || window(sampled.run(seen, around, SLACK), needed, own);
    let (tensor, reach) = match window(run, needed, own).or_else(wider) {
        Some(interval) => (cut(to, node, x, interval), interval),
        None => {
            // No interval of 2^n values lies within: two of them have it in common.
            let length = power_of_two(run);
            let from_below = cut(to, node, x, (run.0, run.0 + length - 1));
            (cut(to, node, from_below, (run.1 - length + 1, run.1)), run)
        }
    };
    let (low, high) = to.tensor(tensor).interval;
    let values: Result<Vec<f64>, Wraps> = (low..=high)
        .map(|q| sampled.value(q.clamp(reach.0, reach.1)))
        .collect();
    let values =
        values.map_err(|Wraps { value, kind }| to.error(node, kind.wraps(&format!("can reach {value}"))))?;
    Ok((tensor, values))
}

/// The integers that the argument has on the calibration data. Nothing where there is no value for some in between, as around the pole of
/// a reciprocal of both signs; an error where there is none for an end.
fn seen(
    to: &Lowering<'_, QOp>,
    node: NodeView<'_>,
    sampled: &Sampled<'_>,
    own: Interval,
) -> Result<Option<Interval>, ModelError> {
    let (low, high) = to.extremes(sampled.form.root);
    let integer = |x: f64| round_half_up(times_power_of_two(x, sampled.scale));
    let end = |x: f64| integer(x).unwrap_or(own.0).clamp(own.0, own.1);
    let seen = (end(low), end(high));
    let value = |q: i64| sampled.value(q).unwrap_or(f64::NAN);
    let whole = to.values[node.output().0].whole.is_some();
    match (seen.0..=seen.1).find(|&q| !value(q).is_finite()) {
        None => Ok(Some(seen)),
        Some(q) if seen.0 < q && value(seen.1).is_finite() && !whole => Ok(None),
        Some(q) => {
            let reason = format!(
                "its value at {} is {}, and its argument `{}` lies between {low} and {high} on the calibration data, in steps of \
                 2^{}; keep the argument where there are values (a Clip before this node), or quantise with more bits",
                sampled.argument(q),
                value(q),
                to.values[sampled.form.root.0].name,
                -sampled.scale
            );
            Err(to.error(node, reason))
        }
    }
}

/// What was seen, with room on both sides as far as there is a run.
fn with_room(seen: Interval, run: Interval, headroom: f64) -> Interval {
    let low = if seen.0 < 0 { headroom } else { 1.0 / headroom };
    let high = if seen.1 < 0 { 1.0 / headroom } else { headroom };
    let (low, high) = (libm::floor(seen.0 as f64 * low), libm::ceil(seen.1 as f64 * high));
    ((low as i64).max(run.0), (high as i64).min(run.1))
}

/// The same integers, within an interval of 2^n.
fn cut(to: &mut Lowering<'_, QOp>, node: NodeView<'_>, x: TensorId, interval: Interval) -> TensorId {
    let tensor = to.tensor(x);
    let shape = tensor.shape.clone();
    let kind = match tensor.kind.is_whole() {
        true => ElementKind::Integer,
        false => tensor.kind,
    };
    let op = (Requantize { shift: 0 }, vec![x]);
    to.emit_within(node, op, (".argument", kind), &shape, interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_a_power_of_two_of_values() {
        assert_eq!(power_of_two((0, 0)), 2);
        assert_eq!(power_of_two((-1024, 1023)), 2048);
        assert_eq!(power_of_two((-1024, 1024)), 4096);
        // From 1 up, as a logarithm needs it: it may reach beyond the argument's own interval.
        assert_eq!(window((1, 6000), (17, 1152), (-2048, 2047)), Some((1, 2048)));
        assert_eq!(window((-6000, 51), (-1024, 51), (-2048, 2047)), Some((-1996, 51)));
        // On both sides of zero no such interval lies within ±1023.
        assert_eq!(window((-1023, 1023), (-921, 921), (-2048, 2047)), None);
        assert_eq!(
            window((-1024, 1024), (-921, 921), (-2048, 2047)),
            Some((-1024, 1023))
        );
    }

    #[test]
    fn room_ends_where_values_do() {
        assert_eq!(with_room((100, 900), (1, 1200), 1.5), (66, 1200));
        assert_eq!(with_room((-10, -4), (-12, 100), 1.5), (-12, -2));
    }
}
