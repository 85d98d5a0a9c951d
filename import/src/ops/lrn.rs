//! `LRN`: `x / (bias + alpha / size · Σ x²)^beta`, the sum over neighbouring channels.

use super::reduction::sum;
use super::rule::Rule;
use crate::Reason;
use crate::context::{Context, Lowered, require_float};
use hallmark_model::{Activation, Op, Window, WindowAxis};

pub(super) const RULE: Rule = Rule {
    name: "LRN",
    attributes: &["alpha", "beta", "bias", "size"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    require_float(&x)?;
    let &[batch, channels, ref spatial @ ..] = x.shape() else {
        return Err(Reason::shape("expected an input (N, C, …)"));
    };
    let size = ctx.int("size")?.and_then(|size| usize::try_from(size).ok());
    let size = size
        .filter(|&size| (1..=2 * channels).contains(&size))
        .ok_or_else(|| Reason::attribute("size", format!("expected 1 to {}", 2 * channels)))?;
    let number = |name, default| Ok::<_, Reason>(ctx.float(name)?.unwrap_or(default));
    let (alpha, beta, bias) = (
        number("alpha", 1e-4)?,
        number("beta", 0.75)?,
        number("bias", 1.0)?,
    );
    if !(bias > 0.0 && alpha >= 0.0) {
        return Err(Reason::form(
            "a bias that is not positive, or a negative alpha, is not supported",
        ));
    }
    let plane: usize = spatial.iter().product();
    let squares = ctx.emit(Op::Mul, &[&x, &x])?;
    let squares = ctx.reshape(&squares, vec![batch, 1, channels, plane])?;
    let along = WindowAxis {
        pads: ((size - 1) / 2, size / 2),
        ..WindowAxis::of(size)
    };
    let window: Window = [along, WindowAxis::of(1)].into_iter().collect();
    let sums = ctx.emit(sum(window), &[&squares])?;
    let sums = ctx.reshape(&sums, x.shape().to_vec())?;
    let scaled = ctx.scaled(sums, alpha / size as f32)?;
    let below = ctx.emit(Op::Add, &[&scaled, &Context::number(bias)])?;
    let factor = ctx.emit(Op::Activation(Activation::pow(f64::from(-beta))), &[&below])?;
    Ok(ctx.emit(Op::Mul, &[&x, &factor])?.into())
}
