//! `DFT`: the discrete Fourier transform of an axis, a product with a constant matrix. The last axis holds real numbers, or real and
//! imaginary parts.

use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, axis, require_float};
use crate::linear::along_axis;
use std::f64::consts::TAU;

pub(super) const RULE: Rule = Rule {
    name: "DFT",
    attributes: &["axis", "inverse", "onesided"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    require_float(&x)?;
    let named = match ctx.opset < 20 {
        true => ctx.int("axis")?.unwrap_or(1),
        false => match ctx.integers(2, "the axis")?.as_deref() {
            None => -2,
            Some(&[named]) => named,
            Some(_) => return Err(Reason::shape("the axis must be a scalar")),
        },
    };
    let along = axis(named, x.rank())?;
    let (last, parts) = (x.rank() - 1, x.shape()[x.rank() - 1]);
    if along == last || !(1..=2).contains(&parts) {
        return Err(Reason::shape(format!(
            "axis {along} of an input of shape {:?}; the last axis must hold one or two parts of numbers",
            x.shape()
        )));
    }
    let transform = Transform::new(ctx, x.shape()[along], parts)?;
    let others = (0..last).filter(|axis| *axis != along);
    let perm: Vec<usize> = others.chain([along, last]).collect();
    let turned = ctx.transpose(&x, perm.clone())?;
    let (rows, _) = turned.shape().split_at(last - 1);
    let shape = [rows, &[transform.to, transform.parts.1]].concat();
    let flat = ctx.reshape(&turned, vec![rows.iter().product(), transform.from * parts])?;
    let made = along_axis(ctx, &flat, 1, transform.to * transform.parts.1, |from, to| {
        transform.weight(from, to) as f32
    })?;
    let made = ctx.reshape(&made, shape)?;
    let mut back = vec![0; perm.len()];
    for (place, &axis) in perm.iter().enumerate() {
        back[axis] = place;
    }
    Ok(ctx.transpose(&made, back)?.into())
}

/// A transform of an axis.
struct Transform {
    /// Numbers that come, and numbers that result.
    from: usize,
    to: usize,
    /// Their parts: one where they are real.
    parts: (usize, usize),
    /// Number of points.
    points: usize,
    inverse: bool,
    /// Whether only the frequencies up to half of the points are there, the others being their conjugates.
    one_sided: bool,
}

impl Transform {
    fn new(ctx: &Context<'_>, from: usize, parts: usize) -> Result<Self, Reason> {
        let (inverse, one_sided) = (ctx.flag("inverse", false)?, ctx.flag("onesided", false)?);
        let length = match ctx.integers(1, "the length")?.as_deref() {
            None => None,
            Some(&[length]) => Some(usize::try_from(length).unwrap_or(0)),
            Some(_) => return Err(Reason::shape("the length must be a scalar")),
        };
        let own = if inverse && one_sided {
            2 * from.saturating_sub(1)
        } else {
            from
        };
        let points = length.unwrap_or(own);
        if !(1..=1 << 20).contains(&points) {
            return Err(Reason::shape(format!("a transform of {points} points")));
        }
        let (to, made) = match (inverse, one_sided) {
            (false, true) if parts == 1 => (points / 2 + 1, 2),
            (true, true) if parts == 2 => (points, 1),
            (_, false) => (points, 2),
            _ => {
                return Err(Reason::form(
                    "a one-sided transform is one of real numbers, or back to them from both parts",
                ));
            }
        };
        Ok(Self {
            from,
            to,
            parts: (parts, made),
            points,
            inverse,
            one_sided,
        })
    }

    /// The weight of a part of a number that comes in a part of one that results.
    fn weight(&self, from: usize, to: usize) -> f64 {
        let (n, part) = (from / self.parts.0, from % self.parts.0);
        let (k, made) = (to / self.parts.1, to % self.parts.1);
        let folded = self.inverse && self.one_sided;
        let present = if folded { self.points / 2 + 1 } else { self.points };
        if n >= present {
            return 0.0;
        }
        let angle = TAU * (n * k % self.points) as f64 / self.points as f64;
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let sin = if self.inverse { sin } else { -sin };
        // (a + ib)·(cos + i·sin)
        let value = match (part, made) {
            (0, 0) | (1, 1) => cos,
            (0, _) => sin,
            _ => -sin,
        };
        let twice = folded && n > 0 && 2 * n != self.points;
        let share = if self.inverse {
            1.0 / self.points as f64
        } else {
            1.0
        };
        value * share * if twice { 2.0 } else { 1.0 }
    }
}
