//! Geometry of convolutions and pools, from ONNX attributes.

use crate::Reason;
use crate::constant::Operand;
use crate::context::Context;
use hallmark_model::{Window, limits::MAX_WINDOW};

/// A window, and whether it was widened beyond what the file says to honour `ceil_mode`.
pub(crate) struct Geometry {
    /// The window; one-dimensional operators have height 1.
    pub window: Window,
    /// Whether the end padding was widened.
    pub widened: bool,
}

/// Padding rules of the attribute `auto_pad`.
#[derive(Clone, Copy, PartialEq)]
enum AutoPad {
    Explicit,
    SameUpper,
    SameLower,
    Valid,
}

/// Reads strides, dilations, pads and `auto_pad` for a kernel over the spatial axes of an input `(N, C, …)`.
pub(crate) fn geometry(ctx: &Context<'_>, kernel: &[usize], input: &[usize]) -> Result<Geometry, Reason> {
    let spatial = input.get(2..).unwrap_or_default();
    let rank = spatial.len();
    if !(1..=2).contains(&rank) {
        return Err(Reason::form(format!(
            "an input of shape {input:?}: only one- and two-dimensional windows (N, C, L) and (N, C, H, W) are supported"
        )));
    }
    let strides = ctx.sizes("strides")?.unwrap_or_else(|| vec![1; rank]);
    let dilations = ctx.sizes("dilations")?.unwrap_or_else(|| vec![1; rank]);
    let pads = ctx.sizes("pads")?.unwrap_or_else(|| vec![0; 2 * rank]);
    for (name, values, expected) in [
        ("kernel_shape", kernel, rank),
        ("strides", &strides, rank),
        ("dilations", &dilations, rank),
        ("pads", &pads, 2 * rank),
    ] {
        if values.len() != expected {
            return Err(Reason::attribute(
                name,
                format!("expected {expected} values, found {values:?}"),
            ));
        }
        // The pads may be zero. Bounded values keep the arithmetic below far from overflow.
        if values
            .iter()
            .any(|&v| v > MAX_WINDOW || (v == 0 && name != "pads"))
        {
            return Err(Reason::attribute(
                name,
                format!("{values:?} has a value outside 1..={MAX_WINDOW}"),
            ));
        }
    }
    let auto = auto_pad(ctx)?;
    let ceil = ctx.flag("ceil_mode", false)?;
    let axes: Vec<Axis> = (0..rank)
        .map(|i| Axis {
            length: spatial[i],
            kernel: kernel[i],
            stride: strides[i],
            dilation: dilations[i],
            pads: (pads[i], pads[rank + i]),
        })
        .collect();
    if auto == AutoPad::Valid && ceil && axes.iter().any(Axis::leaves_a_rest) {
        return Err(Reason::form(
            "auto_pad VALID with ceil_mode: the windows do not fill the input, and implementations disagree whether a last \
             one reaches beyond it; export it with explicit pads",
        ));
    }
    let padded: Vec<(usize, usize)> = axes.iter().map(|axis| axis.padded(auto, ceil)).collect();
    let widened =
        auto == AutoPad::Explicit && axes.iter().zip(&padded).any(|(axis, pads)| axis.pads != *pads);
    Ok(Geometry {
        window: assemble(&axes, &padded),
        widened,
    })
}

/// One spatial axis.
struct Axis {
    length: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    pads: (usize, usize),
}

impl Axis {
    /// Whether elements are left behind the last window that lies inside the input.
    fn leaves_a_rest(&self) -> bool {
        let extent = (self.kernel - 1) * self.dilation + 1;
        !self.length.saturating_sub(extent).is_multiple_of(self.stride)
    }

    /// Padding before and after.
    fn padded(&self, auto: AutoPad, ceil: bool) -> (usize, usize) {
        let extent = (self.kernel - 1) * self.dilation + 1;
        match auto {
            AutoPad::Valid => (0, 0),
            AutoPad::SameUpper | AutoPad::SameLower => {
                let positions = self.length.div_ceil(self.stride);
                let total = (positions.saturating_sub(1) * self.stride + extent).saturating_sub(self.length);
                match auto {
                    AutoPad::SameUpper => (total / 2, total - total / 2),
                    _ => (total - total / 2, total / 2),
                }
            }
            AutoPad::Explicit if ceil => {
                let before = self.length + self.pads.0;
                let room = (before + self.pads.1).saturating_sub(extent);
                // A last window that would start in the end padding is dropped.
                let last = room.div_ceil(self.stride);
                let last = if last * self.stride >= before {
                    last.saturating_sub(1)
                } else {
                    last
                };
                (
                    self.pads.0,
                    self.pads
                        .1
                        .max((last * self.stride + extent).saturating_sub(before)),
                )
            }
            AutoPad::Explicit => self.pads,
        }
    }
}

fn assemble(axes: &[Axis], pads: &[(usize, usize)]) -> Window {
    let pair = |one: usize, value: fn(&Axis) -> usize| match axes {
        [width] => [one, value(width)],
        [height, width, ..] => [value(height), value(width)],
        [] => [one, one],
    };
    let (top, bottom, left, right) = match pads {
        [width] => (0, 0, width.0, width.1),
        [height, width, ..] => (height.0, height.1, width.0, width.1),
        [] => (0, 0, 0, 0),
    };
    Window {
        kernel: pair(1, |axis| axis.kernel),
        strides: pair(1, |axis| axis.stride),
        pads: [top, left, bottom, right],
        dilations: pair(1, |axis| axis.dilation),
    }
}

fn auto_pad(ctx: &Context<'_>) -> Result<AutoPad, Reason> {
    match ctx.string("auto_pad")?.unwrap_or("NOTSET") {
        "NOTSET" | "" => Ok(AutoPad::Explicit),
        "SAME_UPPER" => Ok(AutoPad::SameUpper),
        "SAME_LOWER" => Ok(AutoPad::SameLower),
        "VALID" => Ok(AutoPad::Valid),
        other => Err(Reason::attribute(
            "auto_pad",
            format!("`{other}` is not a padding rule"),
        )),
    }
}

/// `(N, C, L)` as `(N, C, 1, L)`: one-dimensional windows have height 1. Other shapes stay.
pub(crate) fn with_height(ctx: &mut Context<'_>, x: &Operand) -> Result<Operand, Reason> {
    match *x.shape() {
        [n, c, length] => ctx.reshape(x, vec![n, c, 1, length]),
        _ => Ok(x.clone()),
    }
}

/// Undoes [`with_height`] for an output, where the input had `rank` axes.
pub(crate) fn without_height(ctx: &mut Context<'_>, y: Operand, rank: usize) -> Result<Operand, Reason> {
    match *y.shape() {
        [n, c, 1, length] if rank == 3 => ctx.reshape(&y, vec![n, c, length]),
        _ => Ok(y),
    }
}
