//! `Resize` and `Upsample`: planes of another size. To the nearest element it is a movement; linear and cubic interpolation are
//! products with a constant matrix, along one axis after the other.

mod interpolation;

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered, axes, require_float};
use crate::linear::along_axis;
use hallmark_model::Op;
use interpolation::{Coordinates, Mode, Nearest, Resizing};
use ndarray::{ArrayD, IxDyn};

pub(super) const RULE: Rule = Rule {
    name: "Resize",
    attributes: &[
        "antialias",
        "axes",
        "coordinate_transformation_mode",
        "cubic_coeff_a",
        "exclude_outside",
        "extrapolation_value",
        "keep_aspect_ratio_policy",
        "mode",
        "nearest_mode",
    ],
    lower,
};

/// `Upsample`: what Resize was before opset 10.
pub(super) const UPSAMPLE: Rule = Rule {
    name: "Upsample",
    attributes: &["mode", "scales"],
    lower: lower_upsample,
};

/// Room for an element's neighbours and their weights, in elements of constants.
const WEIGHTS: usize = 16;

/// New length, scale, and the part of the input that is meant, of an axis.
struct Target {
    axis: usize,
    length: usize,
    scale: f64,
    part: (f64, f64),
}

fn lower_upsample(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    let scales = match ctx.opset < 9 {
        true => ctx.float_list("scales")?,
        false => Some(ctx.required_floats(1, "the scales")?.iter().copied().collect()),
    };
    let scales = scales.ok_or_else(|| Reason::attribute("scales", "is missing"))?;
    let resizing = old_resizing(ctx)?;
    let all: Vec<usize> = (0..x.rank()).collect();
    let targets = by_scales(&x, &all, &scales)?;
    Ok(resized(ctx, x, &resizing, &targets)?.into())
}

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let x = ctx.input(0)?;
    if ctx.opset < 11 {
        let scales: Vec<f32> = ctx.required_floats(1, "the scales")?.iter().copied().collect();
        let resizing = old_resizing(ctx)?;
        let all: Vec<usize> = (0..x.rank()).collect();
        let targets = by_scales(&x, &all, &scales)?;
        return Ok(resized(ctx, x, &resizing, &targets)?.into());
    }
    let named = match ctx.ints("axes")? {
        Some(named) => {
            // In the order of the attribute: scales and sizes follow it.
            axes(&named, x.rank())?;
            named
                .iter()
                .map(|&axis| crate::context::axis(axis, x.rank()))
                .collect::<Result<_, _>>()?
        }
        None => (0..x.rank()).collect::<Vec<_>>(),
    };
    let scales = given(
        ctx.floats(2, "the scales")?
            .map(|scales| scales.iter().copied().collect()),
    );
    let sizes = given(ctx.integers(3, "the sizes")?);
    let mut targets = match (scales, sizes) {
        (Some(scales), None) => by_scales(&x, &named, &scales)?,
        (None, Some(sizes)) => by_sizes(ctx, &x, &named, &sizes)?,
        _ => return Err(Reason::shape("either scales or sizes must be given")),
    };
    let resizing = resizing(ctx)?;
    if resizing.coordinates == Coordinates::CropAndResize {
        let parts = ctx.required_floats(1, "the regions")?;
        let parts: Vec<f64> = parts.iter().map(|&v| v.into()).collect();
        if parts.len() != 2 * targets.len() {
            return Err(Reason::shape(format!(
                "{} bounds of regions for {} axes",
                parts.len(),
                targets.len()
            )));
        }
        let (starts, ends) = parts.split_at(targets.len());
        for (target, part) in targets.iter_mut().zip(starts.iter().zip(ends)) {
            target.part = (*part.0, *part.1);
        }
    }
    Ok(resized(ctx, x, &resizing, &targets)?.into())
}

/// An input that is there and not empty.
fn given<T>(values: Option<Vec<T>>) -> Option<Vec<T>> {
    values.filter(|values| !values.is_empty())
}

fn by_scales(x: &Operand, named: &[usize], scales: &[f32]) -> Result<Vec<Target>, Reason> {
    if scales.len() != named.len() {
        return Err(Reason::shape(format!(
            "{} scales for {} axes",
            scales.len(),
            named.len()
        )));
    }
    let target = |(&axis, &scale): (&usize, &f32)| {
        let scale = f64::from(scale);
        let length = (scale * x.shape()[axis] as f64).floor();
        match (1.0..1e9).contains(&length) {
            true => Ok(Target {
                axis,
                length: length as usize,
                scale,
                part: (0.0, 1.0),
            }),
            false => Err(Reason::shape(format!(
                "a scale of {scale} makes axis {axis} {length} long"
            ))),
        }
    };
    named.iter().zip(scales).map(target).collect()
}

fn by_sizes(ctx: &Context<'_>, x: &Operand, named: &[usize], sizes: &[i64]) -> Result<Vec<Target>, Reason> {
    let sizes = super::reshape::lengths(sizes)?;
    if sizes.len() != named.len() || sizes.contains(&0) {
        return Err(Reason::shape(format!("sizes {sizes:?} for {} axes", named.len())));
    }
    let own = |(&axis, &size): (&usize, &usize)| size as f64 / x.shape()[axis] as f64;
    let scales: Vec<f64> = named.iter().zip(&sizes).map(own).collect();
    let common = match ctx.string("keep_aspect_ratio_policy")?.unwrap_or("stretch") {
        "stretch" => None,
        "not_larger" => scales.iter().copied().reduce(f64::min),
        "not_smaller" => scales.iter().copied().reduce(f64::max),
        other => {
            return Err(Reason::attribute(
                "keep_aspect_ratio_policy",
                format!("`{other}` is not known"),
            ));
        }
    };
    let target = |((&axis, &size), own): ((&usize, &usize), f64)| Target {
        axis,
        length: match common {
            Some(scale) => (scale * x.shape()[axis] as f64 + 0.5).floor().max(1.0) as usize,
            None => size,
        },
        scale: common.unwrap_or(own),
        part: (0.0, 1.0),
    };
    Ok(named.iter().zip(&sizes).zip(scales).map(target).collect())
}

/// As it was before opset 11.
fn old_resizing(ctx: &Context<'_>) -> Result<Resizing, Reason> {
    Ok(Resizing {
        mode: match ctx.string("mode")?.unwrap_or("nearest") {
            "nearest" => Mode::Nearest(Nearest::Floor),
            "linear" | "bilinear" => Mode::Linear,
            other => return Err(unknown("mode", other)),
        },
        coordinates: Coordinates::Asymmetric,
        antialias: false,
        exclude_outside: false,
        extrapolation: 0.0,
    })
}

fn resizing(ctx: &Context<'_>) -> Result<Resizing, Reason> {
    let nearest = match ctx.string("nearest_mode")?.unwrap_or("round_prefer_floor") {
        "round_prefer_floor" => Nearest::PreferFloor,
        "round_prefer_ceil" => Nearest::PreferCeil,
        "floor" => Nearest::Floor,
        "ceil" => Nearest::Ceil,
        other => return Err(unknown("nearest_mode", other)),
    };
    let name = ctx
        .string("coordinate_transformation_mode")?
        .unwrap_or("half_pixel");
    Ok(Resizing {
        mode: match ctx.string("mode")?.unwrap_or("nearest") {
            "nearest" => Mode::Nearest(nearest),
            "linear" => Mode::Linear,
            "cubic" => Mode::Cubic(ctx.float("cubic_coeff_a")?.unwrap_or(-0.75).into()),
            other => return Err(unknown("mode", other)),
        },
        coordinates: Coordinates::of(name).ok_or_else(|| unknown("coordinate_transformation_mode", name))?,
        antialias: ctx.flag("antialias", false)?,
        exclude_outside: ctx.flag("exclude_outside", false)?,
        extrapolation: ctx.float("extrapolation_value")?.unwrap_or(0.0),
    })
}

fn unknown(attribute: &str, value: &str) -> Reason {
    Reason::attribute(attribute, format!("`{value}` is not known"))
}

/// Resizes one axis after the other.
fn resized(
    ctx: &mut Context<'_>,
    mut x: Operand,
    resizing: &Resizing,
    targets: &[Target],
) -> Result<Operand, Reason> {
    for target in targets {
        let from = x.shape()[target.axis];
        ctx.builder.reserve(target.length.checked_mul(WEIGHTS))?;
        let rows = resizing.rows((from, target.length), target.scale, target.part);
        let single: Option<Vec<usize>> = rows
            .iter()
            .map(|row| match row[..] {
                [(place, 1.0)] => Some(place),
                _ => None,
            })
            .collect();
        if let Some(places) = single {
            x = ctx.along(&x, target.axis, places)?;
            continue;
        }
        require_float(&x)?;
        x = along_axis(ctx, &x, target.axis, target.length, |place, to| {
            let weights = rows[to].iter().filter(|(from, _)| *from == place);
            weights.map(|(_, weight)| weight).sum::<f64>() as f32
        })?;
        if resizing.extrapolation != 0.0 && rows.iter().any(Vec::is_empty) {
            let mut shape = vec![1; x.rank()];
            shape[target.axis] = target.length;
            let outside = rows.iter().map(|row| match row.is_empty() {
                true => resizing.extrapolation,
                false => 0.0,
            });
            let outside = ArrayD::from_shape_vec(IxDyn(&shape), outside.collect());
            let outside = outside.map_err(|_| Reason::shape("constant shape"))?;
            x = ctx.emit(Op::Add, &[&x, &Data::float(outside).into()])?;
        }
    }
    Ok(x)
}
