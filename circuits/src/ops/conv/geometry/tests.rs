//! Outputs are single coefficients of the product, for one to three axes.

use super::*;
use std::collections::HashMap;

/// With 32 bits, two images would share powers and only sums of outputs would be constrained.
#[test]
fn positions_that_could_wrap_are_refused() {
    let window = Window::new([2, 2], [1, 1], [[0, 0], [32_769, 65_536]], [32_767, 65_535]);
    assert!(Geometry::new(&window, 1, &[2, 1, 1, 1], &[2, 1, 3, 2]).is_none());
    let long = WindowAxis {
        stride: 1,
        ..WindowAxis::of(1 << 16)
    };
    let window = Window::from_iter([long; 3]);
    let (input, output) = ([1, 1, 1 << 16, 1 << 16, 1 << 16], [1; 5]);
    assert!(Geometry::new(&window, 1, &input, &output).is_none());
}

/// Strides that are longer than an axis cost nothing.
#[test]
fn only_phases_with_kernel_elements_are_there() {
    let window = Window::from_iter(
        [WindowAxis {
            stride: 1 << 16,
            ..WindowAxis::of(2)
        }; 3],
    );
    let geometry = Geometry::new(&window, 1, &[1, 1, 2, 2, 2], &[1; 5]).unwrap();
    assert_eq!(geometry.phases.len(), 8);
    assert!(geometry.border().is_empty());
}

/// Row-major coordinates of a place.
fn coordinates(lengths: &[usize], mut place: usize) -> Vec<usize> {
    let mut at: Vec<usize> = lengths
        .iter()
        .rev()
        .map(|length| {
            let along = place % length;
            place /= length;
            along
        })
        .collect();
    at.reverse();
    at
}

/// Output `place` by the definition.
fn expected(window: &Window, lengths: [&[usize]; 2], (x, w): (&[i64], &[i64]), place: usize) -> i64 {
    let [plane, output] = lengths;
    let at = coordinates(output, place);
    let term = |(tap, w): (usize, &i64)| {
        let tap = coordinates(&window.kernel(), tap);
        let element = window.axes.iter().enumerate().try_fold(0, |element, (i, axis)| {
            let along = (at[i] * axis.stride + tap[i] * axis.dilation).checked_sub(axis.pads.0)?;
            (along < plane[i]).then_some(element * plane[i] + along)
        });
        element.map_or(0, |element| w * x[element])
    };
    w.iter().enumerate().map(term).sum()
}

/// Multiplies the polynomials of a strided, padded, dilated kernel and reads the outputs off.
fn outputs_are_single_coefficients(window: &Window, plane: &[usize]) {
    let size = |(axis, length): (&WindowAxis, &usize)| {
        (axis.pads.0 + length + axis.pads.1 - axis.extent()) / axis.stride + 1
    };
    let output: Vec<usize> = window.axes.iter().zip(plane).map(size).collect();
    let with = |plane: &[usize]| [&[1, 1], plane].concat();
    let geometry = Geometry::new(window, 1, &with(plane), &with(&output)).unwrap();
    let elements: usize = plane.iter().product();
    let x: Vec<i64> = (0..elements).map(|i| (i * i) as i64 % 17 - 5).collect();
    let taps: usize = window.kernel().iter().product();
    let w: Vec<i64> = (0..taps).map(|i| (i * i * i) as i64 % 13 - 4).collect();
    let mut product: HashMap<u32, i64> = HashMap::new();
    for phase in &geometry.phases {
        for (place, position) in &phase.elements {
            for tap in &phase.taps {
                *product.entry(position + tap.position).or_default() += x[*place as usize] * w[tap.place];
            }
        }
    }
    let border = geometry.border();
    for (place, power) in geometry.outputs.iter().enumerate() {
        let expected = expected(window, [plane, &output], (&x, &w), place);
        let found = product.get(power).copied().unwrap_or(0);
        assert_eq!(found, expected, "output {place} of {window:?} on {plane:?}");
        assert!(!border.contains(power));
    }
    assert_eq!(geometry.outputs.len(), output.iter().product::<usize>());
    for power in product.keys() {
        assert!(geometry.outputs.contains(power) || border.contains(power));
    }
}

#[test]
fn valid_outputs_are_single_coefficients() {
    let axis = |kernel, stride, dilation, pads| WindowAxis {
        kernel,
        stride,
        dilation,
        pads,
    };
    // Kernels, strides, dilations and pads of an axis, and its length.
    let axes = [
        (axis(3, 2, 1, (1, 0)), 5),
        (axis(2, 1, 2, (1, 1)), 4),
        (axis(2, 3, 2, (0, 2)), 4),
        (axis(1, 2, 1, (0, 0)), 3),
        (axis(3, 1, 1, (2, 2)), 2),
    ];
    for a in axes {
        outputs_are_single_coefficients(&Window::from_iter([a.0]), &[a.1]);
        for b in axes {
            outputs_are_single_coefficients(&Window::from_iter([a.0, b.0]), &[a.1, b.1]);
            for c in axes {
                let window = Window::from_iter([a.0, b.0, c.0]);
                outputs_are_single_coefficients(&window, &[a.1, b.1, c.1]);
            }
        }
    }
}
