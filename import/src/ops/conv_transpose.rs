//! `ConvTranspose`: the elements with zeros between them, convolved with the kernel turned round. The kernel must be constant.

use super::rule::Rule;
use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::{Context, Lowered};
use crate::moves::elements;
use hallmark_model::limits::{MAX_WINDOW, MAX_WINDOW_AXES};
use hallmark_model::ops::Number;
use hallmark_model::ops::float::{FloatConv, Pad};
use hallmark_model::{Op, WindowAxis};

pub(super) const RULE: Rule = Rule {
    name: "ConvTranspose",
    attributes: &[
        "auto_pad",
        "dilations",
        "group",
        "kernel_shape",
        "output_padding",
        "output_shape",
        "pads",
        "strides",
    ],
    lower,
};

/// One spatial axis.
struct Axis {
    kernel: usize,
    stride: usize,
    dilation: usize,
    /// What is cut off the full result before and behind it; behind it, less than nothing is more.
    cut: (i64, i64),
}

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let mut x = ctx.input(0)?;
    let weight = ctx.input(1)?;
    if weight.data().is_none() {
        return Err(Reason::NotConstant {
            index: 1,
            what: "the kernel",
        });
    }
    let spatial = x.rank().saturating_sub(2);
    if !(1..=MAX_WINDOW_AXES).contains(&spatial) || weight.rank() != x.rank() {
        return Err(Reason::shape(format!(
            "an input of shape {:?} and a kernel of shape {:?}; one to three spatial axes are expected",
            x.shape(),
            weight.shape()
        )));
    }
    let groups = ctx.int("group")?.unwrap_or(1);
    let groups = usize::try_from(groups).ok().filter(|groups| *groups > 0);
    let groups = groups.ok_or_else(|| Reason::attribute("group", "must be positive"))?;
    let kernel = turned(ctx, &weight, groups)?;
    let axes = axes(ctx, x.shape(), weight.shape())?;
    let mut window = Vec::with_capacity(axes.len());
    for (index, axis) in axes.iter().enumerate() {
        x = spread(ctx, &x, index + 2, axis.stride)?;
        let reach = (axis.dilation * (axis.kernel - 1)) as i64;
        let pads = [reach - axis.cut.0, reach - axis.cut.1];
        x = cropped(ctx, &x, index + 2, pads)?;
        let [before, after] = pads.map(|pad| usize::try_from(pad).unwrap_or(0));
        window.push(WindowAxis {
            kernel: axis.kernel,
            stride: 1,
            dilation: axis.dilation,
            pads: (before, after),
        });
    }
    let window = window.into_iter().collect();
    let bias = ctx.floats(2, "the bias")?.map(|bias| Data::Float(bias).into());
    let inputs: Vec<_> = [&x, &kernel].into_iter().chain(&bias).collect();
    Ok(ctx.emit(Op::Conv(FloatConv { window, groups }), &inputs)?.into())
}

/// The kernel `(C, M/g, …)` as that of a convolution, `(M, C/g, …)`, with its spatial axes reversed.
fn turned(ctx: &mut Context<'_>, weight: &Operand, groups: usize) -> Result<Operand, Reason> {
    let &[channels, filters, ref kernel @ ..] = weight.shape() else {
        return Err(Reason::shape("a kernel of fewer than two axes"));
    };
    if channels % groups != 0 || kernel.contains(&0) {
        return Err(Reason::shape(format!(
            "a kernel of shape {:?} does not divide into {groups} groups",
            weight.shape()
        )));
    }
    let kernel = kernel.to_vec();
    let apart = [&[groups, channels / groups, filters], &kernel[..]].concat();
    let mut turned = ctx.reshape(weight, apart)?;
    let perm = [0, 2, 1].into_iter().chain(3..3 + kernel.len()).collect();
    turned = ctx.transpose(&turned, perm)?;
    turned = ctx.reshape(
        &turned,
        [&[groups * filters, channels / groups], &kernel[..]].concat(),
    )?;
    for (index, &length) in kernel.iter().enumerate() {
        turned = ctx.along(&turned, index + 2, (0..length).rev().collect())?;
    }
    Ok(turned)
}

/// `stride − 1` zeros between the elements of an axis.
fn spread(ctx: &mut Context<'_>, x: &Operand, axis: usize, stride: usize) -> Result<Operand, Reason> {
    let length = x.shape()[axis];
    if stride == 1 || length == 1 {
        return Ok(x.clone());
    }
    let pads = (0..x.rank())
        .map(|other| (0, usize::from(other == axis)))
        .collect();
    let value = Number::Integer(0);
    let padded = ctx.emit(Op::Pad(Pad { pads, value }), &[x])?;
    let place = |i: usize| {
        if i.is_multiple_of(stride) {
            i / stride
        } else {
            length
        }
    };
    let count = (length - 1).checked_mul(stride).and_then(|n| n.checked_add(1));
    let count = ctx.builder.reserve(count)?;
    ctx.along(&padded, axis, (0..count).map(place).collect())
}

/// Negative padding.
fn cropped(ctx: &mut Context<'_>, x: &Operand, axis: usize, pads: [i64; 2]) -> Result<Operand, Reason> {
    let [before, after] = pads.map(|pad| usize::try_from(-pad).unwrap_or(0));
    let length = x.shape()[axis];
    match before.checked_add(after).is_some_and(|cut| cut < length) {
        true => ctx.along(x, axis, (before..length - after).collect()),
        false => Err(Reason::shape(format!(
            "spatial axis {} has no elements left",
            axis - 2
        ))),
    }
}

/// Geometry of the spatial axes.
fn axes(ctx: &Context<'_>, input: &[usize], weight: &[usize]) -> Result<Vec<Axis>, Reason> {
    let (lengths, kernel) = (&input[2..], &weight[2..]);
    let rank = lengths.len();
    let sizes = |name: &str, default: usize, count: usize| -> Result<Vec<usize>, Reason> {
        let values = ctx.sizes(name)?.unwrap_or_else(|| vec![default; count]);
        let bounded = values.len() == count && values.iter().all(|v| (default..=MAX_WINDOW).contains(v));
        match bounded {
            true => Ok(values),
            false => Err(Reason::attribute(
                name,
                format!("{values:?}, expected {count} values from {default} to {MAX_WINDOW}"),
            )),
        }
    };
    let (strides, dilations) = (sizes("strides", 1, rank)?, sizes("dilations", 1, rank)?);
    let (pads, extra) = (sizes("pads", 0, 2 * rank)?, sizes("output_padding", 0, rank)?);
    if let Some(declared) = ctx.sizes("kernel_shape")?
        && declared != kernel
    {
        return Err(Reason::attribute(
            "kernel_shape",
            format!("is {declared:?}, the kernel has {kernel:?}"),
        ));
    }
    let odd = |n: &usize| !(1..=1 << 31).contains(n);
    if elements(kernel).is_none_or(|taps| taps > MAX_WINDOW) || lengths.iter().any(odd) {
        return Err(Reason::shape(
            "a plane without elements, or a kernel or plane that is too large",
        ));
    }
    let wanted = ctx.sizes("output_shape")?;
    let wanted = wanted.map(|shape| shape[shape.len().saturating_sub(rank)..].to_vec());
    let rule = ctx.string("auto_pad")?.unwrap_or("NOTSET").to_owned();
    (0..rank)
        .map(|i| {
            let full = strides[i] * (lengths[i] - 1) + dilations[i] * (kernel[i] - 1) + 1 + extra[i];
            let output = match (&wanted, rule.as_str()) {
                (Some(shape), _) => shape.get(i).copied(),
                (None, "SAME_UPPER" | "SAME_LOWER") => Some(strides[i] * lengths[i]),
                (None, _) => None,
            };
            let cut = cut(&rule, (full, output), (pads[i] as i64, pads[rank + i] as i64))?;
            Ok(Axis {
                kernel: kernel[i],
                stride: strides[i],
                dilation: dilations[i],
                cut: (cut.0, cut.1 - extra[i] as i64),
            })
        })
        .collect()
}

/// What is cut off a result of `full` elements to have `output` of them.
fn cut(rule: &str, (full, output): (usize, Option<usize>), pads: (i64, i64)) -> Result<(i64, i64), Reason> {
    let total = output.map(|output| full as i64 - output as i64);
    match (rule, total) {
        ("VALID", None) => Ok((0, 0)),
        ("SAME_UPPER", Some(total)) if total >= 0 => Ok((total / 2, total - total / 2)),
        ("SAME_LOWER", Some(total)) if total >= 0 => Ok((total - total / 2, total / 2)),
        ("NOTSET" | "", None) => Ok(pads),
        // The result goes on with zeros.
        ("NOTSET" | "", Some(total)) if total <= 0 && pads == (0, 0) => Ok((0, total)),
        ("NOTSET" | "", Some(total)) if total == pads.0 + pads.1 => Ok(pads),
        ("NOTSET" | "" | "SAME_UPPER" | "SAME_LOWER" | "VALID", Some(_)) => Err(Reason::form(
            "implementations disagree about where the result lies for this output_shape or auto_pad; export it with explicit pads",
        )),
        _ => Err(Reason::attribute(
            "auto_pad",
            format!("`{rule}` is not a padding rule"),
        )),
    }
}
