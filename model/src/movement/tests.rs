//! Movements against the definitions of the operators that make them.

use super::*;
use crate::ops::integer::{Concat, Pad, Slice, Transpose};
use crate::shape::coordinates;
use crate::{QOp, SliceAxis};
use proptest::prelude::*;

fn moved(movement: &Movement, shape: &[usize], data: &[i64]) -> Vec<i64> {
    let result = movement.apply(&[View { shape, data }], -1);
    // Element by element it is the same map.
    let mut single = vec![-1; result.len()];
    movement.for_each(|_, from, to| single[to] = data[from]);
    assert_eq!(result, single);
    result
}

#[test]
fn broadcasting_follows_numpy() {
    let column = Movement::broadcast(&[2, 1], &[2, 3]).unwrap();
    assert_eq!(moved(&column, &[2, 1], &[5, 6]), [5, 5, 5, 6, 6, 6]);
    let row = Movement::broadcast(&[1, 2], &[2, 2]).unwrap();
    assert_eq!(moved(&row, &[1, 2], &[5, 6]), [5, 6, 5, 6]);
    let number = Movement::broadcast(&[], &[2, 2]).unwrap();
    assert_eq!(moved(&number, &[], &[7]), [7; 4]);
    assert!(Movement::broadcast(&[2, 1], &[3]).is_err());
    assert!(Movement::broadcast(&[2], &[1]).is_err());
}

#[test]
fn boxes_are_read_at_their_steps() {
    let data: Vec<i64> = (0..12).collect();
    let turned = Movement::new(vec![3, 2]).filled(0, (&[0, 0], &[3, 2]), (11, &[-4, -2]));
    assert_eq!(moved(&turned, &[12], &data), [11, 9, 7, 5, 3, 1]);
    let framed = Movement::new(vec![3, 3]).filled(0, (&[1, 0], &[2, 2]), (0, &[6, 1]));
    assert_eq!(moved(&framed, &[12], &data), [-1, -1, -1, 0, 1, -1, 6, 7, -1]);
    let one = Movement::new(vec![]).filled(0, (&[], &[]), (7, &[]));
    assert_eq!(moved(&one, &[12], &data), [7]);
}

#[test]
fn axes_that_go_on_alike_are_one() {
    let whole = Movement::broadcast(&[2, 3, 1, 4], &[2, 3, 1, 4]).unwrap();
    assert_eq!(whole.boxes[0].lengths, [24]);
    let half = Movement::new(vec![2, 6, 4]).filled(0, (&[0, 3, 0], &[2, 3, 4]), (0, &[12, 4, 1]));
    assert_eq!(half.boxes[0].lengths, [2, 12]);
}

#[test]
fn boxes_side_by_side_are_rows_in_order() {
    let [left, right] = [[0, 1, 2, 3], [10, 11, 12, 13]];
    let [left, right] = [&left[..], &right[..]].map(|data| View { shape: &[2, 2], data });
    let beside = |lengths: &[usize; 2]| {
        Movement::new(vec![2, 2 + lengths[1]])
            .filled(0, (&[0, 0], &[2, 2]), (0, &[2, 1]))
            .filled(1, (&[0, 2], lengths), (0, &[2, 1]))
    };
    let whole = beside(&[2, 2]);
    assert_eq!(whole.rows_in_order(8), Some(2));
    assert_eq!(whole.apply(&[left, right], -1), [0, 1, 10, 11, 2, 3, 12, 13]);
    let gap = beside(&[1, 1]);
    assert_eq!(gap.rows_in_order(6), None);
    assert_eq!(gap.apply(&[left, right], -1), [0, 1, 10, 2, 3, -1]);
    let below = Movement::new(vec![4, 2])
        .filled(0, (&[0, 0], &[2, 2]), (0, &[2, 1]))
        .filled(1, (&[2, 0], &[2, 2]), (2, &[-2, 1]));
    assert_eq!(below.apply(&[left, right], -1), [0, 1, 2, 3, 12, 13, 10, 11]);
}

#[test]
fn gathering_takes_elements_in_any_order_and_often() {
    let rows = Movement::gather(&[3, 2], 0, &[2, 0, 0]).unwrap();
    assert_eq!(rows.shape(), [3, 2]);
    assert_eq!(moved(&rows, &[3, 2], &[0, 1, 2, 3, 4, 5]), [4, 5, 0, 1, 0, 1]);
    let columns = Movement::gather(&[3, 2], 1, &[1]).unwrap();
    assert_eq!(moved(&columns, &[3, 2], &[0, 1, 2, 3, 4, 5]), [1, 3, 5]);
    let none = Movement::gather(&[3, 2], 1, &[]).unwrap();
    assert_eq!(moved(&none, &[3, 2], &[0; 6]), [] as [i64; 0]);
    assert!(Movement::gather(&[3, 2], 1, &[2]).is_err() && Movement::gather(&[3], 1, &[0]).is_err());
}

#[test]
fn results_too_large_to_be_made_are_no_results() {
    let vast = Movement::new(vec![usize::MAX, 2]).filled(0, (&[0, 0], &[1, 1]), (0, &[1, 1]));
    assert_eq!(vast.elements(), None);
    assert!(vast.tensor(&[&ndarray::arr1(&[1]).into_dyn()], 0).is_err());
}

/// Row-major index of coordinates.
fn index(shape: &[usize], at: &[usize]) -> usize {
    at.iter()
        .zip(shape)
        .fold(0, |index, (i, length)| index * length + i)
}

/// What a movement of one input is, if every element of the result comes from the coordinates that `from` tells, or is −1.
fn check(movement: &Movement, input: &[usize], from: impl Fn(&[usize]) -> Option<Vec<usize>>) {
    let count: usize = input.iter().product();
    let data: Vec<i64> = (0..count as i64).collect();
    let place = |i: usize| match from(&coordinates(movement.shape(), i)) {
        Some(at) => index(input, &at) as i64,
        None => -1,
    };
    let right: Vec<i64> = (0..movement.elements().unwrap()).map(place).collect();
    assert_eq!(moved(movement, input, &data), right, "{movement:?}");
}

/// The movement of an operator with one result.
fn of(op: &QOp, inputs: &[&[usize]]) -> Movement {
    op.movements(inputs, &[]).unwrap().unwrap().remove(0)
}

/// A shape of up to four axes, with a number for each of them and more to choose by.
fn shapes() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    let axes = prop::collection::vec((1usize..5, 0usize..1000), 1..5);
    axes.prop_map(|axes| axes.into_iter().unzip())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn transposes_are_the_definition((shape, dice) in shapes()) {
        let mut perm: Vec<usize> = (0..shape.len()).collect();
        perm.sort_by_key(|axis| dice[*axis] % 7);
        let movement = of(&QOp::Transpose(Transpose { perm: perm.clone() }), &[&shape]);
        let permuted: Vec<usize> = perm.iter().map(|axis| shape[*axis]).collect();
        prop_assert_eq!(movement.shape(), &permuted[..]);
        check(&movement, &shape, |at| {
            let mut from = vec![0; at.len()];
            perm.iter().zip(at).for_each(|(axis, i)| from[*axis] = *i);
            Some(from)
        });
    }

    #[test]
    fn slices_are_the_definition((shape, dice) in shapes()) {
        let axis = |(length, dice): (&usize, &usize)| {
            let (start, step) = (dice % length, [1isize, 2, -1, -3][dice / 7 % 4]);
            let room = if step > 0 { length - 1 - start } else { start };
            let len = 1 + dice / 31 % (room / step.unsigned_abs() + 1);
            SliceAxis { start, step, len }
        };
        let axes: Vec<SliceAxis> = shape.iter().zip(&dice).map(axis).collect();
        let movement = of(&QOp::Slice(Slice { axes: axes.clone() }), &[&shape]);
        check(&movement, &shape, |at| {
            let from = axes.iter().zip(at).map(|(axis, i)| (axis.start as isize + *i as isize * axis.step) as usize);
            Some(from.collect())
        });
    }

    #[test]
    fn paddings_are_the_definition((shape, dice) in shapes()) {
        let pads: Vec<(usize, usize)> = dice.iter().map(|dice| (dice % 3, dice / 3 % 3)).collect();
        let movement = of(&QOp::Pad(Pad { pads: pads.clone(), value: 0 }), &[&shape]);
        check(&movement, &shape, |at| {
            let inside = at.iter().zip(&pads).zip(&shape).map(|((i, (before, _)), length)| {
                i.checked_sub(*before).filter(|i| i < length)
            });
            inside.collect()
        });
    }

    #[test]
    fn broadcasts_and_gathers_are_the_definition((shape, dice) in shapes()) {
        let input: Vec<usize> = shape.iter().zip(&dice).map(|(length, dice)| if dice % 2 == 0 { *length } else { 1 }).collect();
        let input = &input[dice[0] / 2 % shape.len()..];
        let movement = Movement::broadcast(input, &shape).unwrap();
        check(&movement, input, |at| {
            let own = &at[at.len() - input.len()..];
            Some(own.iter().zip(input).map(|(i, length)| if *length == 1 { 0 } else { *i }).collect())
        });
        let axis = dice[0] % shape.len();
        let indices: Vec<usize> = dice.iter().map(|dice| dice / 5 % shape[axis]).collect();
        let movement = Movement::gather(&shape, axis, &indices).unwrap();
        check(&movement, &shape, |at| {
            let mut from = at.to_vec();
            from[axis] = indices[at[axis]];
            Some(from)
        });
    }

    /// Every input's elements, each in its place and nothing else.
    #[test]
    fn joined_tensors_are_the_definition((shape, dice) in shapes(), lengths in prop::collection::vec(1usize..4, 1..4)) {
        let axis = dice[0] % shape.len();
        let inputs: Vec<Vec<usize>> = lengths
            .iter()
            .map(|length| {
                let mut own = shape.clone();
                own[axis] = *length;
                own
            })
            .collect();
        let shapes: Vec<&[usize]> = inputs.iter().map(Vec::as_slice).collect();
        let movement = of(&QOp::Concat(Concat { axis }), &shapes);
        let data: Vec<Vec<i64>> = inputs
            .iter()
            .zip(1i64..)
            .map(|(shape, number)| (0..shape.iter().product::<usize>() as i64).map(|i| 1000 * number + i).collect())
            .collect();
        let views: Vec<View<'_, i64>> = shapes.iter().zip(&data).map(|(shape, data)| View { shape, data }).collect();
        let found = movement.apply(&views, -1);
        for (i, value) in found.iter().enumerate() {
            let mut at = coordinates(movement.shape(), i);
            let mut input = 0;
            while at[axis] >= lengths[input] {
                at[axis] -= lengths[input];
                input += 1;
            }
            prop_assert_eq!(*value, data[input][index(shapes[input], &at)]);
        }
        let mut single = vec![-1; found.len()];
        movement.for_each(|input, from, to| single[to] = data[input][from]);
        prop_assert_eq!(single, found);
    }
}
