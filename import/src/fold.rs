//! Evaluation of operations whose inputs are all known at import.
//!
//! Movements of elements work on floats and on integers. Arithmetic on integers is exact and checked, because shapes
//! and indices are computed with it. Arithmetic on floats is that of the model crate: one definition of every
//! operation.

use crate::Reason;
use crate::constant::Data;
use hallmark_model::ops::float::{AveragePool, Concat, MaxPool, Pad, Slice, Transpose};
use hallmark_model::{FloatTensor, Graph, IntTensor, ModelError, Node, Op, Value, ValueId};
use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn};

/// Multiplications that folding may spend on one model: a second or so.
pub(crate) const MAX_WORK: u128 = 1 << 29;

/// The reason in a model error about a single operation.
pub(crate) fn reason(error: ModelError) -> Reason {
    match error {
        ModelError::InvalidNode { reason, .. } => Reason::shape(reason),
        other => Reason::Model(other),
    }
}

/// Whether an operation leaves its input as it is.
pub(crate) fn is_identity(op: &Op, input: &[usize], output: &[usize]) -> bool {
    match op {
        Op::Reshape => input == output,
        Op::Transpose(Transpose { perm }) => perm.iter().enumerate().all(|(axis, &from)| axis == from),
        Op::Slice(Slice { axes }) => input == output && axes.iter().all(|axis| axis.step > 0),
        Op::Pad { .. } | Op::Concat { .. } => input == output,
        _ => false,
    }
}

/// Number of elements of the result, if that is not absurd.
pub(crate) fn result_elements(op: &Op, shapes: &[&[usize]]) -> Result<Option<usize>, Reason> {
    let product = |shape: &[usize]| shape.iter().try_fold(1_usize, |p, &axis| p.checked_mul(axis));
    let first = shapes.first().copied().unwrap_or_default();
    Ok(match op {
        Op::Reshape | Op::Transpose { .. } | Op::Activation(_) => product(first),
        Op::Slice(Slice { axes }) => product(&axes.iter().map(|axis| axis.len).collect::<Vec<_>>()),
        Op::Concat { .. } => shapes
            .iter()
            .try_fold(0_usize, |sum, shape| sum.checked_add(product(shape)?)),
        Op::Pad(Pad { pads, .. }) => {
            let padded = first
                .iter()
                .zip(pads)
                .map(|(&n, pad)| n.checked_add(pad.0)?.checked_add(pad.1));
            padded
                .collect::<Option<Vec<_>>>()
                .and_then(|shape| product(&shape))
        }
        Op::Add | Op::Sub | Op::Mul | Op::Div => product(&broadcast(shapes)?),
        _ => product(&op.output_shape(shapes).map_err(reason)?),
    })
}

/// Multiplications that the float evaluation takes, roughly.
pub(crate) fn work(op: &Op, shapes: &[&[usize]]) -> u128 {
    let output = op.output_shape(shapes).unwrap_or_default();
    let per_element = match (op, shapes) {
        (Op::MatMul, [a, ..]) => a.last().map_or(1, |&k| k as u128),
        (Op::Conv { .. }, [_, w, ..]) => w.iter().skip(1).map(|&n| n as u128).product(),
        (Op::MaxPool(MaxPool { window }) | Op::AveragePool(AveragePool { window, .. }), _) => {
            window.kernel.iter().map(|&n| n as u128).product()
        }
        _ => 1,
    };
    output
        .iter()
        .fold(per_element, |product, &axis| product.saturating_mul(axis as u128))
}

/// Evaluates an operation. `shape` is the output's where the operation does not determine it.
pub(crate) fn evaluate(op: &Op, inputs: &[&Data], shape: Option<&[usize]>) -> Result<Data, Reason> {
    if let Some(moved) = movement(op, inputs, shape)? {
        return Ok(moved);
    }
    if let [Data::Integer { values: a, .. }, Data::Integer { values: b, .. }] = inputs
        && let Some(result) = integer(op, a, b)?
    {
        return Ok(Data::integer(result));
    }
    let floats = inputs
        .iter()
        .map(|data| data.to_float())
        .collect::<Result<Vec<_>, _>>()?;
    let floats: Vec<FloatTensor> = floats.iter().map(|array| array.as_ref().clone()).collect();
    Ok(Data::float(run(op, floats, shape)?))
}

/// Operations that only move elements; `None` for others.
fn movement(op: &Op, inputs: &[&Data], shape: Option<&[usize]>) -> Result<Option<Data>, Reason> {
    let first = *inputs.first().ok_or(Reason::MissingInput { index: 0 })?;
    let result = match op {
        Op::Reshape => first.moved(|a| reshape(a, shape), |a| reshape(a, shape)),
        Op::Transpose(Transpose { perm }) => first.moved(|a| transpose(a, perm), |a| transpose(a, perm)),
        Op::Slice(Slice { axes }) => first.moved(|a| slice(a, axes), |a| slice(a, axes)),
        Op::Pad(Pad { pads, value }) => {
            first.moved(|a| pad(a, pads, *value), |a| pad(a, pads, *value as i64))
        }
        Op::Concat(Concat { axis }) => concat(inputs, *axis),
        _ => return Ok(None),
    };
    result.map(Some)
}

fn reshape<T: Clone>(array: &ArrayD<T>, shape: Option<&[usize]>) -> Result<ArrayD<T>, Reason> {
    let shape = shape.unwrap_or_default();
    array
        .to_shape(IxDyn(shape))
        .map(|view| view.into_owned())
        .map_err(|_| Reason::shape(format!("{:?} cannot be reshaped to {shape:?}", array.shape())))
}

fn transpose<T: Clone>(array: &ArrayD<T>, perm: &[usize]) -> Result<ArrayD<T>, Reason> {
    let mut sorted = perm.to_vec();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..array.ndim()) {
        return Err(Reason::shape(format!(
            "perm {perm:?} is no permutation of {} axes",
            array.ndim()
        )));
    }
    Ok(array
        .view()
        .permuted_axes(IxDyn(perm))
        .as_standard_layout()
        .into_owned())
}

fn slice<T: Clone>(array: &ArrayD<T>, axes: &[hallmark_model::SliceAxis]) -> Result<ArrayD<T>, Reason> {
    let mut view = array.view();
    if axes.len() != view.ndim() {
        return Err(Reason::shape(format!(
            "{} slices for {} axes",
            axes.len(),
            view.ndim()
        )));
    }
    for (index, axis) in axes.iter().enumerate() {
        let length = view.shape()[index];
        let picked: Option<Vec<usize>> = (0..axis.len)
            .map(|i| {
                let offset = isize::try_from(i).ok()?.checked_mul(axis.step)?;
                axis.start.checked_add_signed(offset).filter(|&at| at < length)
            })
            .collect();
        let picked = picked
            .ok_or_else(|| Reason::shape(format!("slice {axis:?} leaves an axis of length {length}")))?;
        // Contiguous slices, by far the most, stay views.
        if axis.step == 1 || axis.len == 0 {
            let start = if axis.len == 0 { 0 } else { axis.start };
            view.slice_axis_inplace(Axis(index), ndarray::Slice::from(start..start + axis.len));
        } else {
            let selected = view.select(Axis(index), &picked);
            let rest = &axes[index + 1..];
            return finish_slice(selected, index + 1, rest);
        }
    }
    Ok(view.as_standard_layout().into_owned())
}

/// The axes that are left after a strided one: they are sliced one after the other on owned arrays.
fn finish_slice<T: Clone>(
    array: ArrayD<T>,
    from: usize,
    rest: &[hallmark_model::SliceAxis],
) -> Result<ArrayD<T>, Reason> {
    let full = array
        .shape()
        .iter()
        .take(from)
        .map(|&len| hallmark_model::SliceAxis::whole(len));
    let axes: Vec<_> = full.chain(rest.iter().copied()).collect();
    slice(&array, &axes)
}

fn pad<T: Clone>(array: &ArrayD<T>, pads: &[(usize, usize)], value: T) -> Result<ArrayD<T>, Reason> {
    if pads.len() != array.ndim() {
        return Err(Reason::shape(format!(
            "{} pads for {} axes",
            pads.len(),
            array.ndim()
        )));
    }
    let shape: Vec<usize> = array
        .shape()
        .iter()
        .zip(pads)
        .map(|(&n, pad)| n + pad.0 + pad.1)
        .collect();
    let mut result = ArrayD::from_elem(IxDyn(&shape), value);
    let mut inner = result.view_mut();
    for (axis, (pad, &length)) in pads.iter().zip(array.shape()).enumerate() {
        inner.slice_axis_inplace(Axis(axis), ndarray::Slice::from(pad.0..pad.0 + length));
    }
    inner.assign(array);
    Ok(result)
}

fn concat(inputs: &[&Data], axis: usize) -> Result<Data, Reason> {
    fn join<T: Clone>(views: &[ArrayViewD<'_, T>], axis: usize) -> Result<ArrayD<T>, Reason> {
        let shapes: Vec<&[usize]> = views.iter().map(|view| view.shape()).collect();
        let mismatch = || Reason::shape(format!("shapes {shapes:?} cannot be joined along axis {axis}"));
        if shapes.iter().any(|shape| axis >= shape.len()) {
            return Err(mismatch());
        }
        ndarray::concatenate(Axis(axis), views).map_err(|_| mismatch())
    }
    let integers: Option<Vec<_>> = inputs
        .iter()
        .map(|data| match data {
            Data::Integer { values, .. } => Some(values.view()),
            Data::Float(_) => None,
        })
        .collect();
    if let Some(views) = integers {
        return Ok(Data::integer(join(&views, axis)?));
    }
    let floats = inputs
        .iter()
        .map(|data| data.to_float())
        .collect::<Result<Vec<_>, _>>()?;
    let views: Vec<_> = floats.iter().map(|array| array.view()).collect();
    Ok(Data::float(join(&views, axis)?))
}

/// Exact arithmetic on integers; `None` for operations that have none.
fn integer(op: &Op, a: &IntTensor, b: &IntTensor) -> Result<Option<IntTensor>, Reason> {
    let function: fn(i64, i64) -> Option<i64> = match op {
        Op::Add => i64::checked_add,
        Op::Sub => i64::checked_sub,
        Op::Mul => i64::checked_mul,
        // Integer division truncates, as ONNX says.
        Op::Div => i64::checked_div,
        _ => return Ok(None),
    };
    combine(a, b, function).map(Some)
}

/// Applies a function to integers with broadcasting.
pub(crate) fn combine(
    a: &IntTensor,
    b: &IntTensor,
    function: impl Fn(i64, i64) -> Option<i64>,
) -> Result<IntTensor, Reason> {
    let shape = broadcast(&[a.shape(), b.shape()])?;
    let mismatch = || {
        Reason::shape(format!(
            "shapes {:?} and {:?} do not broadcast",
            a.shape(),
            b.shape()
        ))
    };
    let a = a.broadcast(IxDyn(&shape)).ok_or_else(mismatch)?;
    let b = b.broadcast(IxDyn(&shape)).ok_or_else(mismatch)?;
    let values: Option<Vec<i64>> = a.iter().zip(b.iter()).map(|(&x, &y)| function(x, y)).collect();
    let values = values.ok_or_else(|| Reason::form("integer overflow or division by zero in a constant"))?;
    ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|_| Reason::shape("constant shape"))
}

/// The shape that shapes broadcast to, as NumPy has it; axes of length 0 included.
pub(crate) fn broadcast(shapes: &[&[usize]]) -> Result<Vec<usize>, Reason> {
    let rank = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let mut result = vec![1_usize; rank];
    for shape in shapes {
        for (axis, &length) in result.iter_mut().rev().zip(shape.iter().rev()) {
            match (*axis, length) {
                (_, 1) => {}
                (1, _) => *axis = length,
                (have, want) if have == want => {}
                _ => return Err(Reason::shape(format!("shapes {shapes:?} do not broadcast"))),
            }
        }
    }
    Ok(result)
}

/// Runs a float operation of the model crate as a graph of one node.
fn run(op: &Op, inputs: Vec<FloatTensor>, shape: Option<&[usize]>) -> Result<FloatTensor, Reason> {
    let shapes: Vec<&[usize]> = inputs.iter().map(|input| input.shape()).collect();
    let inferred = op.output_shape(&shapes).map_err(reason)?;
    let shape = shape.map_or(inferred, <[usize]>::to_vec);
    let count = inputs.len();
    let mut values: Vec<Value> = inputs
        .into_iter()
        .enumerate()
        .map(|(index, tensor)| Value {
            name: format!("constant {index}"),
            shape: tensor.shape().to_vec(),
            constant: Some(tensor),
        })
        .collect();
    values.push(Value {
        name: "result".to_owned(),
        shape,
        constant: None,
    });
    let node = Node {
        name: "constant expression".to_owned(),
        op: op.clone(),
        inputs: (0..count).map(ValueId).collect(),
        output: ValueId(count),
    };
    let graph = Graph {
        name: String::new(),
        values,
        nodes: vec![node],
        inputs: Vec::new(),
        outputs: vec![ValueId(count)],
    };
    let mut results = graph.run(&[]).map_err(reason)?;
    results
        .pop()
        .ok_or_else(|| Reason::form("the constant expression has no value"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constant::vector;
    use hallmark_model::SliceAxis;

    fn integers(data: &Data) -> (Vec<usize>, Vec<i64>) {
        match data {
            Data::Integer { values, .. } => (values.shape().to_vec(), values.iter().copied().collect()),
            Data::Float(_) => panic!("floats"),
        }
    }

    #[test]
    fn integers_stay_exact() {
        let big = (1_i64 << 53) + 1;
        let sum = evaluate(&Op::Add, &[&vector([big]), &vector([1, 2])], None).unwrap();
        assert_eq!(integers(&sum), (vec![2], vec![big + 1, big + 2]));
        let quotient = evaluate(&Op::Div, &[&vector([-7]), &vector([2])], None).unwrap();
        assert_eq!(integers(&quotient).1, [-3]);
        assert!(evaluate(&Op::Div, &[&vector([1]), &vector([0])], None).is_err());
        assert!(evaluate(&Op::Mul, &[&vector([i64::MAX]), &vector([2])], None).is_err());
    }

    #[test]
    fn movements_of_integers() {
        let data = Data::integer(ArrayD::from_shape_vec(IxDyn(&[2, 3]), (0..6).collect()).unwrap());
        let axes = [
            SliceAxis {
                start: 1,
                step: -1,
                len: 2,
            },
            SliceAxis {
                start: 0,
                step: 2,
                len: 2,
            },
        ];
        let sliced = evaluate(&Op::Slice(Slice { axes: axes.to_vec() }), &[&data], None).unwrap();
        assert_eq!(integers(&sliced), (vec![2, 2], vec![3, 5, 0, 2]));
        let outside = Op::Slice(Slice {
            axes: vec![
                SliceAxis {
                    start: 1,
                    step: 1,
                    len: 2,
                },
                axes[1],
            ],
        });
        assert!(evaluate(&outside, &[&data], None).is_err());
        let turned = evaluate(&Op::Transpose(Transpose { perm: vec![1, 0] }), &[&data], None).unwrap();
        assert_eq!(integers(&turned), (vec![3, 2], vec![0, 3, 1, 4, 2, 5]));
        let padded = evaluate(
            &Op::Pad(Pad {
                pads: vec![(0, 0), (1, 0)],
                value: 7.0,
            }),
            &[&data],
            None,
        )
        .unwrap();
        assert_eq!(integers(&padded).1, [7, 0, 1, 2, 7, 3, 4, 5]);
        let empty = vector([]);
        let joined = evaluate(&Op::Concat(Concat { axis: 0 }), &[&empty, &vector([4])], None).unwrap();
        assert_eq!(integers(&joined), (vec![1], vec![4]));
        assert!(evaluate(&Op::Concat(Concat { axis: 1 }), &[&empty, &empty], None).is_err());
        assert!(evaluate(&Op::Transpose(Transpose { perm: vec![0, 0] }), &[&data], None).is_err());
    }

    #[test]
    fn floats_run_in_the_model_crate() {
        let product = evaluate(
            &Op::MatMul,
            &[
                &Data::float(ArrayD::from_elem(IxDyn(&[2, 3]), 2.0)),
                &Data::float(ArrayD::from_elem(IxDyn(&[3, 1]), 0.5)),
            ],
            None,
        );
        match product.unwrap() {
            Data::Float(values) => assert_eq!(values.as_ref(), &ArrayD::from_elem(IxDyn(&[2, 1]), 3.0)),
            Data::Integer { .. } => panic!("integers"),
        }
    }
}
