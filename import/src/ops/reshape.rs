//! `Reshape`: another shape, same elements in the same order.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered};

pub(super) const RULE: Rule = Rule {
    name: "Reshape",
    attributes: &["allowzero"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let wanted = ctx.required_integers(1, "the shape")?;
    let copy_zeros = !ctx.flag("allowzero", false)?;
    let shape = resolve(&wanted, x.shape(), copy_zeros)?;
    Ok(ctx.reshape(&x, shape)?.into())
}

/// The shape with its 0 (copy the input's axis) and −1 (whatever is left) resolved.
fn resolve(wanted: &[i64], input: &[usize], copy_zeros: bool) -> Result<Vec<usize>, Reason> {
    let fail =
        |problem: &str| Reason::shape(format!("{input:?} cannot be reshaped to {wanted:?}: {problem}"));
    let lengths = wanted
        .iter()
        .enumerate()
        .map(|(axis, &length)| match length {
            -1 => Ok(None),
            0 if copy_zeros => input
                .get(axis)
                .copied()
                .map(Some)
                .ok_or_else(|| fail("a 0 copies no axis")),
            _ => usize::try_from(length)
                .map(Some)
                .map_err(|_| fail("an axis is negative")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let known = lengths
        .iter()
        .flatten()
        .try_fold(1_usize, |product, &axis| product.checked_mul(axis));
    let known = known.ok_or_else(|| fail("it is too large"))?;
    let total: usize = input.iter().product();
    let rest = match lengths.iter().filter(|length| length.is_none()).count() {
        0 => 1,
        1 if known != 0 && total.is_multiple_of(known) => total / known,
        1 => return Err(fail("the elements do not divide")),
        _ => return Err(fail("more than one axis is -1")),
    };
    Ok(lengths.into_iter().map(|length| length.unwrap_or(rest)).collect())
}

/// A shape given as integers, none of them negative.
pub(super) fn target(values: &[i64]) -> Result<Vec<usize>, Reason> {
    if values.len() > hallmark_model::limits::MAX_RANK {
        return Err(Reason::shape(format!(
            "a shape of {} axes is too long",
            values.len()
        )));
    }
    lengths(values)
}

/// Lengths given as integers, none of them negative.
pub(super) fn lengths(values: &[i64]) -> Result<Vec<usize>, Reason> {
    let lengths = values
        .iter()
        .map(|&v| usize::try_from(v))
        .collect::<Result<Vec<_>, _>>();
    lengths.map_err(|_| Reason::shape(format!("{values:?} has a negative length")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_minus_one() {
        assert_eq!(resolve(&[0, -1], &[2, 3, 4], true).unwrap(), [2, 12]);
        assert_eq!(resolve(&[-1], &[], true).unwrap(), [1]);
        assert_eq!(resolve(&[0, 5], &[0, 5], false).unwrap(), [0, 5]);
        for bad in [
            &[-1, -1][..],
            &[5, -1],
            &[1, 1, 1, 0],
            &[-2],
            &[i64::MAX, i64::MAX, -1],
        ] {
            assert!(resolve(bad, &[2, 3], true).is_err(), "{bad:?}");
        }
    }
}
