//! Geometry of convolutions and pools, from ONNX attributes.

use crate::Reason;
use crate::context::Context;
use hallmark_model::limits::{MAX_WINDOW, MAX_WINDOW_AXES};
use hallmark_model::{Window, WindowAxis};

/// A window, and whether it was widened beyond what the file says to honour `ceil_mode`.
pub(crate) struct Geometry {
    /// The window.
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
    if !(1..=MAX_WINDOW_AXES).contains(&rank) {
        return Err(Reason::form(format!(
            "an input of shape {input:?}: windows move over one to three spatial axes, (N, C, L), (N, C, H, W) or \
             (N, C, D, H, W)"
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
            window: WindowAxis {
                kernel: kernel[i],
                stride: strides[i],
                dilation: dilations[i],
                pads: (pads[i], pads[rank + i]),
            },
        })
        .collect();
    if auto == AutoPad::Valid && ceil && axes.iter().any(Axis::leaves_a_rest) {
        return Err(Reason::form(
            "auto_pad VALID with ceil_mode: the windows do not fill the input, and implementations disagree whether a last \
             one reaches beyond it; export it with explicit pads",
        ));
    }
    let padded = |axis: &Axis| WindowAxis {
        pads: axis.padded(auto, ceil),
        ..axis.window
    };
    let window: Window = axes.iter().map(padded).collect();
    let differs = |(axis, padded): (&Axis, &WindowAxis)| axis.window.pads != padded.pads;
    let widened = auto == AutoPad::Explicit && axes.iter().zip(&window.axes).any(differs);
    Ok(Geometry { window, widened })
}

/// One spatial axis.
struct Axis {
    length: usize,
    /// As the file has it.
    window: WindowAxis,
}

impl Axis {
    /// Whether elements are left behind the last window that lies inside the input.
    fn leaves_a_rest(&self) -> bool {
        let rest = self.length.saturating_sub(self.window.extent());
        !rest.is_multiple_of(self.window.stride)
    }

    /// Padding before and after.
    fn padded(&self, auto: AutoPad, ceil: bool) -> (usize, usize) {
        let WindowAxis { stride, pads, .. } = self.window;
        let extent = self.window.extent();
        match auto {
            AutoPad::Valid => (0, 0),
            AutoPad::SameUpper | AutoPad::SameLower => {
                let positions = self.length.div_ceil(stride);
                let total = (positions.saturating_sub(1) * stride + extent).saturating_sub(self.length);
                match auto {
                    AutoPad::SameUpper => (total / 2, total - total / 2),
                    _ => (total - total / 2, total / 2),
                }
            }
            AutoPad::Explicit if ceil => {
                let before = self.length + pads.0;
                let room = (before + pads.1).saturating_sub(extent);
                // A last window that would start in the end padding is dropped.
                let last = room.div_ceil(stride);
                let last = if last * stride >= before {
                    last.saturating_sub(1)
                } else {
                    last
                };
                let reached = (last * stride + extent).saturating_sub(before);
                (pads.0, pads.1.max(reached))
            }
            AutoPad::Explicit => pads,
        }
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
