//! What a model answers.

use hallmark_model::{QuantizedGraph, Trace};
use hallmark_verifier::BoundTensor;
use serde::Serialize;

/// An output of the integer model, row-major: exactly what a proof shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Output {
    /// Name of the tensor.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// An integer v stands for `v / 2^scale_bits`.
    pub scale_bits: i32,
    /// The integers.
    pub integers: Vec<i64>,
    /// What they stand for.
    pub values: Vec<f64>,
}

impl Output {
    fn new(name: &str, shape: &[usize], scale_bits: i32, integers: Vec<i64>) -> Self {
        let unit = 2f64.powi(scale_bits.saturating_neg());
        Self {
            name: name.to_owned(),
            shape: shape.to_vec(),
            scale_bits,
            values: integers.iter().map(|integer| *integer as f64 * unit).collect(),
            integers,
        }
    }

    /// The outputs of an execution.
    #[must_use]
    pub fn of_trace(graph: &QuantizedGraph, trace: &Trace) -> Vec<Self> {
        let tensors = graph.outputs.iter().filter_map(|id| graph.tensors.get(id.0));
        tensors
            .zip(trace.outputs(graph))
            .map(|(tensor, integers)| {
                let integers = integers.iter().copied().collect();
                Self::new(
                    &tensor.name,
                    &tensor.shape,
                    tensor.kind.scale_bits().unwrap_or(0),
                    integers,
                )
            })
            .collect()
    }

    /// Index of the largest element, the first of equal ones, of an output with one axis that is longer than 1.
    #[must_use]
    pub fn argmax(&self) -> Option<usize> {
        let long = self.shape.iter().filter(|length| **length != 1).count();
        (long == 1 && !self.integers.is_empty()).then(|| argmax(&self.integers))
    }
}

impl From<&BoundTensor> for Output {
    fn from(tensor: &BoundTensor) -> Self {
        Self::new(
            &tensor.name,
            &tensor.shape,
            tensor.scale_bits,
            tensor.values.clone(),
        )
    }
}

/// Index of the largest element, the first of equal ones; 0 for none.
pub fn argmax<T: PartialOrd>(values: &[T]) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if values.get(best).is_some_and(|largest| value > largest) {
            best = index;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_the_first_of_equal_ones() {
        assert_eq!(argmax(&[1, 3, 3, 2]), 1);
        assert_eq!(argmax(&[-0.5, -0.25, -1.0]), 1);
        assert_eq!(argmax::<i64>(&[]), 0);
    }

    #[test]
    fn only_vectors_have_a_largest_element() {
        let shaped = |shape: &[usize]| Output::new("y", shape, 1, vec![1, 4, 2, 3]);
        assert_eq!(shaped(&[1, 4]).argmax(), Some(1));
        assert_eq!(shaped(&[2, 2]).argmax(), None);
        assert_eq!(shaped(&[1, 4]).values, [0.5, 2.0, 1.0, 1.5]);
        assert_eq!(Output::new("y", &[], 0, vec![7]).argmax(), None);
    }
}
