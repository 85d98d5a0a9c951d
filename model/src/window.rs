//! Sliding windows: geometry, and the loop that convolutions and pools share.

use crate::graph::Window;
use crate::limits;
use std::ops::Range;

/// One kernel element: which output positions it touches, and where it reads.
pub(crate) struct Tap {
    /// Output rows and columns whose window has this element inside the input.
    pub rows: Range<usize>,
    pub columns: Range<usize>,
    /// The element reads `input[row·stride + offset]`.
    offset: [isize; 2],
}

/// Output height and width for an input of height and width `input`.
pub(crate) fn output_size(window: &Window, input: [usize; 2]) -> Result<[usize; 2], String> {
    let fields = [&window.kernel[..], &window.strides, &window.dilations];
    if fields
        .iter()
        .any(|f| f.iter().any(|&v| v == 0 || v > limits::MAX_WINDOW))
        || window.pads.iter().any(|&v| v > limits::MAX_WINDOW)
    {
        return Err(format!(
            "kernel, strides and dilations must be in 1..={0}, pads in 0..={0}",
            limits::MAX_WINDOW
        ));
    }
    if window.kernel[0] * window.kernel[1] > limits::MAX_KERNEL {
        return Err(format!(
            "a kernel of {:?} has more than {} elements",
            window.kernel,
            limits::MAX_KERNEL
        ));
    }
    let mut output = [0; 2];
    for axis in 0..2 {
        let extent = window.dilations[axis] * (window.kernel[axis] - 1) + 1;
        let padded = input[axis] + window.pads[axis] + window.pads[axis + 2];
        if extent > padded {
            return Err(format!(
                "the kernel's extent {extent} is longer than the padded input axis of {padded}"
            ));
        }
        output[axis] = (padded - extent) / window.strides[axis] + 1;
    }
    Ok(output)
}

/// Checks that every window contains an element of the input.
pub(crate) fn windows_meet_input(window: &Window, input: [usize; 2]) -> Result<(), String> {
    let output = output_size(window, input)?;
    for axis in 0..2 {
        let mut covered = 0;
        // Later kernel elements touch earlier positions, so that backwards the starts ascend.
        for k in (0..window.kernel[axis]).rev() {
            let range = touched(window, axis, k, input, output);
            if range.start <= covered {
                covered = covered.max(range.end);
            }
        }
        if covered < output[axis] {
            return Err(format!(
                "the window at position {covered} of axis {axis} lies in the padding only"
            ));
        }
    }
    Ok(())
}

/// Output positions along `axis` for which kernel element `k` is inside the input.
fn touched(window: &Window, axis: usize, k: usize, input: [usize; 2], output: [usize; 2]) -> Range<usize> {
    let stride = window.strides[axis];
    let reach = k * window.dilations[axis];
    let first = window.pads[axis].saturating_sub(reach).div_ceil(stride);
    let end = (input[axis] + window.pads[axis])
        .saturating_sub(reach)
        .div_ceil(stride)
        .min(output[axis]);
    first.min(end)..end
}

/// All kernel elements in row-major order, with the output positions they touch.
pub(crate) fn taps(window: &Window, input: [usize; 2], output: [usize; 2]) -> Vec<Tap> {
    let offset = |axis: usize, k: usize| (k * window.dilations[axis]) as isize - window.pads[axis] as isize;
    let mut result = Vec::with_capacity(window.kernel[0] * window.kernel[1]);
    for i in 0..window.kernel[0] {
        for j in 0..window.kernel[1] {
            result.push(Tap {
                rows: touched(window, 0, i, input, output),
                columns: touched(window, 1, j, input, output),
                offset: [offset(0, i), offset(1, j)],
            });
        }
    }
    result
}

/// Calls `combine(output element, input element)` for every output position that `tap` touches.
///
/// `output` and `input` are planes of the given widths.
pub(crate) fn sweep<A, T: Copy>(
    tap: &Tap,
    strides: [usize; 2],
    (output, output_width): (&mut [A], usize),
    (input, input_width): (&[T], usize),
    mut combine: impl FnMut(&mut A, T),
) {
    if tap.columns.is_empty() {
        return;
    }
    for row in tap.rows.clone() {
        let source_row = ((row * strides[0]) as isize + tap.offset[0]) as usize;
        let first = ((tap.columns.start * strides[1]) as isize + tap.offset[1]) as usize;
        let source = &input[source_row * input_width + first..(source_row + 1) * input_width];
        let target =
            &mut output[row * output_width + tap.columns.start..row * output_width + tap.columns.end];
        if strides[1] == 1 {
            target.iter_mut().zip(source).for_each(|(a, &x)| combine(a, x));
        } else {
            target
                .iter_mut()
                .zip(source.iter().step_by(strides[1]))
                .for_each(|(a, &x)| combine(a, x));
        }
    }
}

/// How many input elements each window contains, per output position `(row, column)`.
pub(crate) fn counts(window: &Window, input: [usize; 2], output: [usize; 2]) -> Vec<i64> {
    let mut result = vec![0; output[0] * output[1]];
    let ones = vec![1i64; input[0] * input[1]];
    for tap in taps(window, input, output) {
        sweep(
            &tap,
            window.strides,
            (&mut result, output[1]),
            (&ones, input[1]),
            |a, x| *a += x,
        );
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kernel: usize, stride: usize, pads: (usize, usize), dilation: usize) -> Window {
        Window {
            kernel: [1, kernel],
            strides: [1, stride],
            pads: [0, pads.0, 0, pads.1],
            dilations: [1, dilation],
        }
    }

    #[test]
    fn sizes_follow_the_formula() {
        assert_eq!(output_size(&line(3, 2, (1, 1), 1), [1, 8]).unwrap(), [1, 4]);
        assert_eq!(output_size(&line(3, 1, (0, 0), 3), [1, 8]).unwrap(), [1, 2]);
        assert!(output_size(&line(3, 1, (0, 0), 4), [1, 8]).is_err());
        assert!(output_size(&line(0, 1, (0, 0), 1), [1, 8]).is_err());
        assert!(output_size(&line(3, 1, (usize::MAX, 0), 1), [1, 8]).is_err());
        let huge = Window {
            kernel: [1 << 15; 2],
            strides: [1; 2],
            pads: [1 << 15; 4],
            dilations: [1; 2],
        };
        assert!(output_size(&huge, [8, 8]).is_err());
    }

    #[test]
    fn windows_in_the_padding_are_found() {
        assert!(windows_meet_input(&line(2, 1, (1, 1), 1), [1, 1]).is_ok());
        assert!(windows_meet_input(&line(2, 1, (2, 0), 1), [1, 4]).is_err());
        assert!(windows_meet_input(&line(2, 1, (0, 2), 1), [1, 4]).is_err());
        // Both elements straddle the only input element.
        assert!(windows_meet_input(&line(2, 1, (2, 2), 3), [1, 1]).is_err());
    }

    #[test]
    fn counts_leave_padding_out() {
        let window = Window {
            kernel: [2, 3],
            strides: [1, 2],
            pads: [1, 1, 0, 1],
            dilations: [1, 1],
        };
        let output = output_size(&window, [2, 4]).unwrap();
        assert_eq!(output, [2, 2]);
        assert_eq!(counts(&window, [2, 4], output), [2, 3, 4, 6]);
    }
}
