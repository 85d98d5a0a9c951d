//! What a model answers.

use hallmark_model::{QuantizedGraph, Trace};
use hallmark_prover::element;
use hallmark_verifier::{BoundTensor, ElementKind};
use serde::{Serialize, Serializer};

/// An output of the integer model, row-major: exactly what a proof shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name of the tensor.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What the integers stand for.
    pub element: ElementKind,
    /// The integers.
    pub integers: Vec<i64>,
    /// What they stand for.
    pub values: Vec<f64>,
}

/// An output in documents for programs.
#[derive(Serialize)]
struct Document<'a> {
    name: &'a str,
    shape: &'a [usize],
    element: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale_bits: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zero_point: Option<i64>,
    integers: &'a [i64],
    values: &'a [f64],
}

impl Serialize for Output {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = Document {
            name: &self.name,
            shape: &self.shape,
            element: self.element.name(),
            scale_bits: self.element.scale_bits(),
            scale: self.element.scale(),
            zero_point: self.element.zero_point(),
            integers: &self.integers,
            values: &self.values,
        };
        document.serialize(serializer)
    }
}

impl Output {
    fn new(name: &str, shape: &[usize], element: ElementKind, integers: Vec<i64>) -> Self {
        Self {
            name: name.to_owned(),
            shape: shape.to_vec(),
            element,
            values: integers.iter().map(|integer| element.value(*integer)).collect(),
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
                Self::new(&tensor.name, &tensor.shape, element(tensor.kind), integers)
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
        Self::new(&tensor.name, &tensor.shape, tensor.element, tensor.values.clone())
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
        let shaped =
            |shape: &[usize]| Output::new("y", shape, ElementKind::Real { scale_bits: 1 }, vec![1, 4, 2, 3]);
        assert_eq!(shaped(&[1, 4]).argmax(), Some(1));
        assert_eq!(shaped(&[2, 2]).argmax(), None);
        assert_eq!(shaped(&[1, 4]).values, [0.5, 2.0, 1.0, 1.5]);
        assert_eq!(
            Output::new("y", &[], ElementKind::Integer, vec![7]).argmax(),
            None
        );
    }

    #[test]
    fn documents_say_what_integers_stand_for() {
        let words = |element| serde_json::to_value(Output::new("y", &[1], element, vec![3])).unwrap();
        let integer = words(ElementKind::Integer);
        assert_eq!(
            (&integer["element"], &integer["scale_bits"]),
            (&"integer".into(), &0.into())
        );
        assert_eq!(integer["values"][0], 3.0);
        let scale = 0.5f32.to_bits();
        let quantised = words(ElementKind::Quantized { scale, zero_point: 1 });
        assert_eq!(
            (&quantised["scale"], &quantised["zero_point"]),
            (&0.5.into(), &1.into())
        );
        assert_eq!(
            (&quantised["values"][0], quantised.get("scale_bits")),
            (&1.0.into(), None)
        );
    }
}
