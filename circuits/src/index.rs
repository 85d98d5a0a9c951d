//! Row-major places: for every output element of a movement, the input element that it is.

use crate::{cell::NONE, error::CircuitError};
use hallmark_model::movement::Movement;

/// Calls `visit` with the coordinates of every element in row-major order.
pub fn for_each(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    let total: usize = shape.iter().product();
    let mut at = vec![0; shape.len()];
    for _ in 0..total {
        visit(&at);
        for axis in (0..shape.len()).rev() {
            at[axis] += 1;
            if at[axis] < shape[axis] {
                break;
            }
            at[axis] = 0;
        }
    }
}

/// For every element of a movement's result, the element of an input that it is, or [`NONE`].
pub fn sources(movement: &Movement, input: usize) -> Vec<u32> {
    let mut sources = vec![NONE; movement.elements().unwrap_or(0)];
    movement.for_each(|from_input, from, to| {
        if from_input == input {
            sources[to] = from as u32;
        }
    });
    sources
}

/// NumPy broadcasting of `input` to `output`.
pub fn broadcast(input: &[usize], output: &[usize]) -> Result<Vec<u32>, CircuitError> {
    let movement = Movement::broadcast(input, output);
    let movement = movement.map_err(|reason| CircuitError::Inconsistent {
        place: "a broadcast tensor".to_owned(),
        reason,
    })?;
    Ok(sources(&movement, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_model::ops::integer::{Concat, Pad, Slice, Transpose};
    use hallmark_model::{QOp, SliceAxis};

    fn movement(op: &QOp, inputs: &[&[usize]]) -> Movement {
        op.movements(inputs, &[]).unwrap().unwrap().remove(0)
    }

    #[test]
    fn maps_of_small_tensors() {
        assert_eq!(broadcast(&[2, 1], &[2, 3]).unwrap(), vec![0, 0, 0, 1, 1, 1]);
        assert_eq!(broadcast(&[3], &[2, 3]).unwrap(), vec![0, 1, 2, 0, 1, 2]);
        assert_eq!(broadcast(&[], &[2]).unwrap(), vec![0, 0]);
        let transpose = QOp::Transpose(Transpose { perm: vec![1, 0] });
        assert_eq!(
            sources(&movement(&transpose, &[&[2, 3]]), 0),
            vec![0, 3, 1, 4, 2, 5]
        );
        let axes = vec![
            SliceAxis {
                start: 1,
                step: 1,
                len: 1,
            },
            SliceAxis {
                start: 2,
                step: -2,
                len: 2,
            },
        ];
        let slice = QOp::Slice(Slice { axes });
        assert_eq!(sources(&movement(&slice, &[&[2, 3]]), 0), vec![5, 3]);
        let pads = vec![(1, 1)];
        let pad = QOp::Pad(Pad { pads, value: 0 });
        assert_eq!(sources(&movement(&pad, &[&[2]]), 0), vec![NONE, 0, 1, NONE]);
        let concat = movement(&QOp::Concat(Concat { axis: 1 }), &[&[1, 2], &[1, 1]]);
        assert_eq!(sources(&concat, 0), vec![0, 1, NONE]);
        assert_eq!(sources(&concat, 1), vec![NONE, NONE, 0]);
    }
}
