//! Sliding windows: geometry, and the loop that convolutions and pools share.

use crate::limits::{MAX_KERNEL, MAX_WINDOW, MAX_WINDOW_AXES};
use crate::sink::Sink;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Geometry of a sliding window over the spatial axes of a tensor `(N, C, …)`: convolutions and pools.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// One entry per spatial axis, at most [`MAX_WINDOW_AXES`](crate::limits::MAX_WINDOW_AXES), the last one innermost.
    pub axes: Vec<WindowAxis>,
}

/// A window along one axis. Lengths are in input elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WindowAxis {
    /// Number of kernel elements.
    pub kernel: usize,
    /// From one output position to the next.
    pub stride: usize,
    /// From one kernel element to the next.
    pub dilation: usize,
    /// Elements added before the axis and after it.
    pub pads: (usize, usize),
}

impl WindowAxis {
    /// A kernel that moves by one element, without gaps or padding.
    #[must_use]
    pub const fn of(kernel: usize) -> Self {
        Self {
            kernel,
            stride: 1,
            dilation: 1,
            pads: (0, 0),
        }
    }

    /// Elements from the kernel's first one to its last one, both included.
    #[must_use]
    pub fn extent(&self) -> usize {
        self.dilation * self.kernel.saturating_sub(1) + 1
    }
}

impl Window {
    /// A window over `N` axes; `pads` are the elements before each axis and those after each axis.
    #[must_use]
    pub fn new<const N: usize>(
        kernel: [usize; N],
        strides: [usize; N],
        pads: [[usize; N]; 2],
        dilations: [usize; N],
    ) -> Self {
        let axis = |axis: usize| WindowAxis {
            kernel: kernel[axis],
            stride: strides[axis],
            dilation: dilations[axis],
            pads: (pads[0][axis], pads[1][axis]),
        };
        (0..N).map(axis).collect()
    }

    /// A kernel that moves by one element along every axis, without gaps or padding.
    #[must_use]
    pub fn of(kernel: &[usize]) -> Self {
        kernel.iter().copied().map(WindowAxis::of).collect()
    }

    /// The kernel's length along each axis.
    #[must_use]
    pub fn kernel(&self) -> Vec<usize> {
        self.axes.iter().map(|axis| axis.kernel).collect()
    }

    /// Whether there is padding anywhere.
    #[must_use]
    pub fn is_padded(&self) -> bool {
        self.axes.iter().any(|axis| axis.pads != (0, 0))
    }
}

impl FromIterator<WindowAxis> for Window {
    fn from_iter<I: IntoIterator<Item = WindowAxis>>(axes: I) -> Self {
        Self {
            axes: axes.into_iter().collect(),
        }
    }
}

/// Batch, channels and spatial axes of a tensor that a window moves over.
pub(crate) fn channels_and_plane(shape: &[usize]) -> Result<(usize, usize, &[usize]), String> {
    match shape {
        &[batch, channels, ref plane @ ..] if (1..=MAX_WINDOW_AXES).contains(&plane.len()) => {
            Ok((batch, channels, plane))
        }
        _ => Err(format!(
            "input of shape {shape:?}, expected (N, C, …) with 1 to {MAX_WINDOW_AXES} spatial axes"
        )),
    }
}

/// Lengths of the output's spatial axes for an input with the spatial axes `input`.
pub(crate) fn output_size(window: &Window, input: &[usize]) -> Result<Vec<usize>, String> {
    if window.axes.len() != input.len() {
        return Err(format!(
            "a window of {} axes over {} spatial axes",
            window.axes.len(),
            input.len()
        ));
    }
    let positive = 1..=MAX_WINDOW;
    let bounded = |axis: &WindowAxis| {
        let all_positive = [axis.kernel, axis.stride, axis.dilation]
            .iter()
            .all(|v| positive.contains(v));
        all_positive && axis.pads.0 <= MAX_WINDOW && axis.pads.1 <= MAX_WINDOW
    };
    if !window.axes.iter().all(bounded) {
        return Err(format!(
            "kernel, strides and dilations must be in 1..={MAX_WINDOW}, pads in 0..={MAX_WINDOW}"
        ));
    }
    if elements(window) > MAX_KERNEL as u128 {
        return Err(format!(
            "a kernel of {:?} has more than {MAX_KERNEL} elements",
            window.kernel()
        ));
    }
    let position = |(axis, length): (&WindowAxis, &usize)| {
        let (extent, padded) = (axis.extent(), axis.pads.0 + length + axis.pads.1);
        if extent > padded {
            return Err(format!(
                "the kernel's extent {extent} is longer than the padded input axis of {padded}"
            ));
        }
        Ok((padded - extent) / axis.stride + 1)
    };
    window.axes.iter().zip(input).map(position).collect()
}

/// Number of elements of the kernel of one channel.
pub(crate) fn elements(window: &Window) -> u128 {
    window.axes.iter().map(|axis| axis.kernel as u128).product()
}

/// Whether a window has one position in a plane, with all of its elements and no padding.
pub(crate) fn covers(window: &Window, plane: &[usize]) -> bool {
    let kernels = window.axes.iter().map(|axis| axis.kernel);
    kernels.eq(plane.iter().copied()) && !window.is_padded()
}

/// Writes a window: the number of axes, then kernel, stride, dilation and both pads of each.
pub(crate) fn encode(window: &Window, sink: &mut dyn Sink) {
    sink.number(window.axes.len());
    for axis in &window.axes {
        let (before, after) = axis.pads;
        for number in [axis.kernel, axis.stride, axis.dilation, before, after] {
            sink.number(number);
        }
    }
}

/// Checks that every window contains an element of the input.
pub(crate) fn windows_meet_input(window: &Window, input: &[usize]) -> Result<(), String> {
    let output = output_size(window, input)?;
    for (index, (axis, (&input, output))) in window.axes.iter().zip(input.iter().zip(output)).enumerate() {
        let mut covered = 0;
        // Later kernel elements touch earlier positions, so that backwards the starts ascend.
        for k in (0..axis.kernel).rev() {
            let range = touched(axis, k, input, output);
            if range.start <= covered {
                covered = covered.max(range.end);
            }
        }
        if covered < output {
            return Err(format!(
                "the window at position {covered} of axis {index} lies in the padding only"
            ));
        }
    }
    Ok(())
}

/// Output positions along an axis for which kernel element `k` is inside the input.
fn touched(axis: &WindowAxis, k: usize, input: usize, output: usize) -> Range<usize> {
    let reach = k * axis.dilation;
    let first = axis.pads.0.saturating_sub(reach).div_ceil(axis.stride);
    let end = (input + axis.pads.0)
        .saturating_sub(reach)
        .div_ceil(axis.stride)
        .min(output);
    first.min(end)..end
}

/// A window over an input and an output of known lengths.
pub(crate) struct Sweep {
    axes: Vec<SweepAxis>,
}

/// What a sweep does along one axis.
struct SweepAxis {
    stride: usize,
    taps: Vec<Tap>,
    /// Elements of the input and of the output in one step along the axis.
    source: usize,
    target: usize,
}

/// One kernel element along one axis.
struct Tap {
    /// Output positions whose window has this element inside the input.
    positions: Range<usize>,
    /// The element reads `input[position·stride + offset]`.
    offset: isize,
}

impl Sweep {
    /// For planes with the spatial axes `input` and `output`.
    pub fn new(window: &Window, input: &[usize], output: &[usize]) -> Self {
        let inner = |lengths: &[usize], index: usize| lengths.iter().skip(index + 1).product();
        let axis = |(index, (axis, (&length, &positions))): (usize, (&WindowAxis, (&usize, &usize)))| {
            let tap = |k: usize| Tap {
                positions: touched(axis, k, length, positions),
                offset: (k * axis.dilation) as isize - axis.pads.0 as isize,
            };
            SweepAxis {
                stride: axis.stride,
                taps: (0..axis.kernel).map(tap).collect(),
                source: inner(input, index),
                target: inner(output, index),
            }
        };
        Self {
            axes: window
                .axes
                .iter()
                .zip(input.iter().zip(output))
                .enumerate()
                .map(axis)
                .collect(),
        }
    }

    /// Combines every output element with the input elements in its window, those in ascending order.
    ///
    /// `step` says how, for each kernel element by its row-major place, or that it is left out.
    pub fn run<A, T: Copy, C: FnMut(&mut A, T)>(
        &self,
        output: &mut [A],
        input: &[T],
        mut step: impl FnMut(usize) -> Option<C>,
    ) {
        sweep(&self.axes, 0, (output, input), &mut step);
    }
}

/// [`Sweep::run`] for the part of the kernel that comes after `place` parts of the same size.
fn sweep<A, T: Copy, C: FnMut(&mut A, T)>(
    axes: &[SweepAxis],
    place: usize,
    (output, input): (&mut [A], &[T]),
    step: &mut impl FnMut(usize) -> Option<C>,
) {
    let Some((axis, inner)) = axes.split_first() else {
        return;
    };
    for (k, tap) in axis.taps.iter().enumerate() {
        if tap.positions.is_empty() {
            continue;
        }
        let place = place * axis.taps.len() + k;
        let read = |position: usize| ((position * axis.stride) as isize + tap.offset) as usize;
        if !inner.is_empty() {
            for position in tap.positions.clone() {
                let target = &mut output[position * axis.target..][..axis.target];
                let source = &input[read(position) * axis.source..][..axis.source];
                sweep(inner, place, (target, source), step);
            }
        } else if let Some(mut combine) = step(place) {
            let source = &input[read(tap.positions.start)..];
            let target = &mut output[tap.positions.clone()];
            if axis.stride == 1 {
                target.iter_mut().zip(source).for_each(|(a, &x)| combine(a, x));
            } else {
                let source = source.iter().step_by(axis.stride);
                target.iter_mut().zip(source).for_each(|(a, &x)| combine(a, x));
            }
        }
    }
}

/// How many input elements each window contains, per output position in row-major order.
pub(crate) fn counts(window: &Window, input: &[usize], output: &[usize]) -> Vec<i64> {
    let mut result = vec![0; output.iter().product()];
    let ones = vec![1i64; input.iter().product()];
    Sweep::new(window, input, output).run(&mut result, &ones, |_| Some(|count: &mut i64, x| *count += x));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kernel: usize, stride: usize, pads: (usize, usize), dilation: usize) -> Window {
        Window::from_iter([WindowAxis {
            kernel,
            stride,
            dilation,
            pads,
        }])
    }

    #[test]
    fn sizes_follow_the_formula() {
        assert_eq!(output_size(&line(3, 2, (1, 1), 1), &[8]).unwrap(), [4]);
        assert_eq!(output_size(&line(3, 1, (0, 0), 3), &[8]).unwrap(), [2]);
        assert!(output_size(&line(3, 1, (0, 0), 4), &[8]).is_err());
        assert!(output_size(&line(0, 1, (0, 0), 1), &[8]).is_err());
        assert!(output_size(&line(3, 1, (usize::MAX, 0), 1), &[8]).is_err());
        assert!(output_size(&line(3, 1, (0, 0), 1), &[8, 8]).is_err());
        assert_eq!(
            output_size(&Window::of(&[1, 2, 3]), &[4, 4, 4]).unwrap(),
            [4, 3, 2]
        );
        for axes in 2..=3 {
            let huge = WindowAxis {
                pads: (1 << 15, 1 << 15),
                ..WindowAxis::of(1 << 15)
            };
            assert!(output_size(&Window::from_iter(vec![huge; axes]), &vec![8; axes]).is_err());
        }
    }

    #[test]
    fn as_many_spatial_axes_as_are_supported() {
        assert!(channels_and_plane(&[1, 2]).is_err());
        assert_eq!(channels_and_plane(&[1, 2, 3]).unwrap(), (1, 2, &[3][..]));
        assert!(channels_and_plane(&[1, 2, 3, 4, 5]).is_ok());
        assert!(channels_and_plane(&[1, 2, 3, 4, 5, 6]).is_err());
    }

    #[test]
    fn windows_in_the_padding_are_found() {
        assert!(windows_meet_input(&line(2, 1, (1, 1), 1), &[1]).is_ok());
        assert!(windows_meet_input(&line(2, 1, (2, 0), 1), &[4]).is_err());
        assert!(windows_meet_input(&line(2, 1, (0, 2), 1), &[4]).is_err());
        // Both elements straddle the only input element.
        assert!(windows_meet_input(&line(2, 1, (2, 2), 3), &[1]).is_err());
    }

    #[test]
    fn counts_leave_padding_out() {
        let rows = WindowAxis {
            pads: (1, 0),
            ..WindowAxis::of(2)
        };
        let columns = WindowAxis {
            stride: 2,
            pads: (1, 1),
            ..WindowAxis::of(3)
        };
        let count = |axes: &[WindowAxis], input: &[usize]| {
            let window = Window::from_iter(axes.iter().copied());
            let output = output_size(&window, input).unwrap();
            counts(&window, input, &output)
        };
        assert_eq!(count(&[columns], &[4]), [2, 3]);
        assert_eq!(count(&[rows, columns], &[2, 4]), [2, 3, 4, 6]);
        assert_eq!(
            count(&[rows, rows, columns], &[2, 2, 4]),
            [2, 3, 4, 6, 4, 6, 8, 12]
        );
    }

    /// The elements come with the row-major places of the kernel.
    #[test]
    fn a_sweep_meets_every_kernel_element() {
        let window = Window::of(&[2, 1, 2]);
        let mut result = vec![0; 4];
        let input: Vec<i64> = (0..12).collect();
        let sweep = Sweep::new(&window, &[2, 2, 3], &[1, 2, 2]);
        sweep.run(&mut result, &input, |place| {
            (place != 1).then_some(move |sum: &mut i64, x| *sum += x * 100i64.pow(place as u32))
        });
        let expected = |first: i64| first + (first + 6) * 10_000 + (first + 7) * 1_000_000;
        assert_eq!(result, [expected(0), expected(1), expected(3), expected(4)]);
    }
}
