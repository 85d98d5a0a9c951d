//! Ranges of values on calibration data.

use crate::{FloatTensor, Graph, ModelError, Whole, limits, shape};

/// Of every graph input whose elements are integers, the least and the greatest one over all samples.
pub(super) fn integer_ranges(
    graph: &Graph,
    samples: &[Vec<FloatTensor>],
) -> Result<Vec<Option<(i64, i64)>>, ModelError> {
    let range = |(position, id): (usize, &crate::ValueId)| {
        let value = &graph.values[id.0];
        let Some(Whole { kind, .. }) = value.whole else {
            return Ok(None);
        };
        let mut range: Option<(i64, i64)> = None;
        let tensors = samples.iter().filter_map(|sample| sample.get(position));
        for (place, &x) in tensors.flat_map(|tensor| tensor.iter().enumerate()) {
            let index = || shape::coordinates(&value.shape, place);
            if x.fract() != 0.0 {
                return Err(ModelError::NotWhole {
                    tensor: value.name.clone(),
                    index: index(),
                    value: x,
                });
            }
            if x.abs() >= (1i64 << limits::MAX_INPUT_BITS) as f32 {
                let bits = limits::MAX_INPUT_BITS;
                let reason = format!(
                    "input `{}` at {:?} is {x}; integers of inputs have at most {bits} bits; give smaller ones, or divide them \
                     into several inputs",
                    value.name,
                    index()
                );
                return Err(ModelError::Calibration { reason });
            }
            let integer = x as i64;
            if !kind.contains((integer, integer)) {
                let reason = format!(
                    "input `{}` at {:?} is {integer}, and of type {}, which holds {} to {}; give integers that it holds",
                    value.name,
                    index(),
                    kind.name,
                    kind.holds.0,
                    kind.holds.1
                );
                return Err(ModelError::Calibration { reason });
            }
            let (low, high) = range.get_or_insert((integer, integer));
            (*low, *high) = ((*low).min(integer), (*high).max(integer));
        }
        Ok(range)
    };
    graph.inputs.iter().enumerate().map(range).collect()
}

/// The least and the greatest element of every value over all samples; zeros of constants.
pub(super) fn extremes(graph: &Graph, samples: &[Vec<FloatTensor>]) -> Result<Vec<(f64, f64)>, ModelError> {
    if samples.is_empty() {
        let reason = "no samples; give at least one input that is typical of the model's use".to_owned();
        return Err(ModelError::Calibration { reason });
    }
    let mut ranges: Vec<Option<(f64, f64)>> = vec![None; graph.values.len()];
    for (number, sample) in samples.iter().enumerate() {
        let computed = graph.run_borrowed(sample)?;
        for (id, (value, (tensor, range))) in graph
            .values
            .iter()
            .zip(computed.iter().zip(&mut ranges))
            .enumerate()
        {
            if value.constant.is_some() {
                continue;
            }
            if let Some(position) = tensor.iter().position(|x| !x.is_finite()) {
                let value_found = tensor.iter().nth(position).copied().unwrap_or(f32::NAN);
                let index = shape::coordinates(tensor.shape(), position);
                // An input is the data's fault, everything else the model's.
                return Err(
                    match graph
                        .nodes
                        .iter()
                        .find(|node| node.outputs.iter().any(|output| output.0 == id))
                    {
                        Some(node) => ModelError::Diverges {
                            node: node.name.clone(),
                            op: node.op.name(),
                            sample: number,
                            index,
                            value: value_found,
                        },
                        None => ModelError::NotFinite {
                            tensor: value.name.clone(),
                            index,
                            value: value_found,
                        },
                    },
                );
            }
            *range = tensor.iter().copied().map(f64::from).fold(*range, |range, x| {
                let (low, high) = range.unwrap_or((x, x));
                Some((low.min(x), high.max(x)))
            });
        }
    }
    Ok(ranges.into_iter().map(Option::unwrap_or_default).collect())
}
