//! Evaluation of operations whose inputs are all known at import.
//!
//! Movements of elements work on floats and on integers. Arithmetic on integers is exact and checked, because shapes
//! and indices are computed with it. Arithmetic on floats is that of the model crate: one definition of every
//! operation.

use crate::Reason;
use crate::constant::Data;
use hallmark_model::movement::{Movement, broadcast_shape};
use hallmark_model::ops::float::Concat;
use hallmark_model::{FloatTensor, Graph, IntTensor, ModelError, Node, Op, Value, ValueId};
use ndarray::{ArrayD, IxDyn};

/// Multiplications that folding may spend on one model: a second or so.
pub(crate) const MAX_WORK: u128 = 1 << 29;

const OVERFLOW: &str = "integer overflow or division by zero in a constant";

/// The reason in a model error about a single operation.
pub(crate) fn reason(error: ModelError) -> Reason {
    match error {
        ModelError::InvalidNode { reason, .. } => Reason::shape(reason),
        other => Reason::Model(other),
    }
}

/// Number of elements of the result, if that is not absurd.
pub(crate) fn result_elements(
    op: &Op,
    shapes: &[&[usize]],
    shape: Option<&[usize]>,
) -> Result<Option<usize>, Reason> {
    let product = |shape: &[usize]| shape.iter().try_fold(1_usize, |p, &axis| p.checked_mul(axis));
    if let Some(movement) = movement(op, shapes, shape)? {
        return Ok(movement.elements());
    }
    Ok(match op {
        Op::Activation(_) => product(shapes.first().copied().unwrap_or_default()),
        _ if op.arithmetic().is_some() => product(&broadcast(shapes)?),
        _ => product(&op.output_shape(shapes).map_err(reason)?),
    })
}

/// Multiplications that the float evaluation takes, roughly.
pub(crate) fn work(op: &Op, shapes: &[&[usize]]) -> u128 {
    let Ok(output) = op.output_shape(shapes) else {
        return 1;
    };
    output.iter().fold(op.work_per_element(shapes), |product, &axis| {
        product.saturating_mul(axis as u128)
    })
}

/// Where the elements of an operation's result come from, if it only moves them.
fn movement(op: &Op, shapes: &[&[usize]], shape: Option<&[usize]>) -> Result<Option<Movement>, Reason> {
    let movement = op.movement(shapes, shape.unwrap_or_default()).transpose();
    movement.map_err(|reason| match op {
        Op::Concat(Concat { axis }) => {
            Reason::shape(format!("shapes {shapes:?} cannot be joined along axis {axis}"))
        }
        _ => Reason::shape(reason),
    })
}

/// Evaluates an operation. `shape` is the output's where the operation does not determine it.
pub(crate) fn evaluate(op: &Op, inputs: &[&Data], shape: Option<&[usize]>) -> Result<Data, Reason> {
    let shapes: Vec<&[usize]> = inputs.iter().map(|data| data.shape()).collect();
    if let Some(movement) = movement(op, &shapes, shape)? {
        return Data::moved(inputs, &movement, op.fill());
    }
    if let Some(values) = inputs
        .iter()
        .map(|data| data.integers())
        .collect::<Option<Vec<_>>>()
    {
        if let ([a, b], Some(arithmetic)) = (&values[..], op.arithmetic()) {
            let exact = |a: i64, b: i64| i64::try_from((arithmetic.integer)(a.into(), b.into())?).ok();
            return combine(a, b, exact).map(Data::integer);
        }
        let output = shape.map_or_else(|| op.output_shape(&shapes).map_err(reason), |s| Ok(s.to_vec()))?;
        match op.integers(&values, &output) {
            Some(exact) => return Ok(Data::integer(exact)),
            None if matches!(op, Op::MatMul) => return Err(Reason::form(OVERFLOW)),
            None => {}
        }
    }
    let floats = inputs
        .iter()
        .map(|data| data.to_float())
        .collect::<Result<Vec<_>, _>>()?;
    let floats: Vec<FloatTensor> = floats.iter().map(|array| array.as_ref().clone()).collect();
    Ok(Data::float(run(op, floats, shape)?))
}

/// Applies a function to integers with broadcasting.
pub(crate) fn combine(
    a: &IntTensor,
    b: &IntTensor,
    function: impl Fn(i64, i64) -> Option<i64>,
) -> Result<IntTensor, Reason> {
    let shape = broadcast(&[a.shape(), b.shape()])?;
    let (a, b) = (expand(a, &shape)?, expand(b, &shape)?);
    let values: Option<Vec<i64>> = a.iter().zip(b.iter()).map(|(&x, &y)| function(x, y)).collect();
    let values = values.ok_or_else(|| Reason::form(OVERFLOW))?;
    ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|_| Reason::shape("constant shape"))
}

/// The shape that shapes broadcast to, as NumPy has it; axes of length 0 included.
pub(crate) fn broadcast(shapes: &[&[usize]]) -> Result<Vec<usize>, Reason> {
    broadcast_shape(shapes).map_err(Reason::shape)
}

fn expand(values: &IntTensor, shape: &[usize]) -> Result<IntTensor, Reason> {
    let movement = Movement::broadcast(values.shape(), shape);
    movement
        .and_then(|movement| movement.tensor(&[values], 0))
        .map_err(Reason::shape)
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
            whole: None,
        })
        .collect();
    values.push(Value {
        name: "result".to_owned(),
        shape,
        constant: None,
        whole: None,
    });
    let node = Node {
        name: "constant expression".to_owned(),
        op: op.clone(),
        inputs: (0..count).map(ValueId).collect(),
        outputs: vec![ValueId(count)],
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
    use hallmark_model::ops::Number;
    use hallmark_model::ops::float::{Pad, Slice, Transpose};

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
                value: Number::Integer(7),
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
