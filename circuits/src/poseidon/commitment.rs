//! What is committed: the inputs' integers, packed many to a field element.

use super::permutation::Poseidon;
use crate::{
    error::CircuitError,
    limbs::interval_values,
    scalar::{Fr, field},
};
use hallmark_model::{IntTensor, QuantizedGraph, TensorId};
use halo2_proofs::halo2curves::ff::{Field, PrimeField};

/// Names this version of the commitment; read as a big-endian integer, it is the capacity under which the descriptor
/// is hashed.
const DOMAIN: &[u8] = b"hallmark input commitment 1";

/// Most bits of a packed element: one that is `2^250` away from another is still a different field element.
const PACKED_BITS: u32 = 250;

/// How the elements of one input are packed: element `i` of a group has the weight `2^(bits·i)`; groups are consecutive
/// elements in row-major order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Least value that an element can have.
    pub low: i64,
    /// Bits per element: all values lie in `[low, low + 2^bits)`.
    pub bits: u32,
    /// Number of elements of the tensor.
    pub length: usize,
}

impl Packing {
    /// The packing of a tensor of the graph.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] if the tensor's interval is empty or oversized.
    pub fn of(graph: &QuantizedGraph, tensor: TensorId) -> Result<Self, CircuitError> {
        let info = &graph.tensors[tensor.0];
        let values = interval_values(info)?;
        let bits = (usize::BITS - (values - 1).leading_zeros()).max(1);
        Ok(Self {
            low: info.interval.0,
            bits,
            length: info.shape.iter().product(),
        })
    }

    /// Number of elements in a group, except that the last group can be shorter.
    pub fn group(&self) -> usize {
        (PACKED_BITS / self.bits) as usize
    }

    /// The ranges of elements, one per group.
    pub fn groups(&self) -> impl DoubleEndedIterator<Item = std::ops::Range<usize>> + use<> {
        let (group, length) = (self.group(), self.length);
        (0..length.div_ceil(group)).map(move |i| i * group..((i + 1) * group).min(length))
    }
}

/// `Σ_i 2^(bits·i)·value_i` per group. Distinct lists of values in `[low, low + 2^bits)` have distinct results: as
/// integers they are numbers written with `2^bits` consecutive digits, and they differ by less than the modulus.
pub fn pack<'a>(packing: &Packing, values: impl IntoIterator<Item = &'a i64>) -> Vec<Fr> {
    let values: Vec<Fr> = values.into_iter().map(|v| field(*v)).collect();
    let base = Fr::from(2).pow([u64::from(packing.bits)]);
    values
        .chunks(packing.group())
        .map(|group| group.iter().rev().fold(Fr::ZERO, |sum, v| sum * base + v))
        .collect()
}

/// The sponge's initial capacity: a hash of the number of inputs and, for each, length, least value and bits per
/// element. It fixes the number of absorbed elements and what they mean.
///
/// # Errors
/// As [`Packing::of`].
pub fn descriptor(poseidon: &Poseidon, graph: &QuantizedGraph) -> Result<Fr, CircuitError> {
    let domain = DOMAIN.iter().fold(Fr::ZERO, |sum, byte| {
        sum * Fr::from(256) + Fr::from(u64::from(*byte))
    });
    let mut elements = vec![Fr::from(graph.inputs.len() as u64)];
    for input in &graph.inputs {
        let packing = Packing::of(graph, *input)?;
        elements.extend([
            Fr::from(packing.length as u64),
            field(packing.low),
            Fr::from(u64::from(packing.bits)),
        ]);
    }
    Ok(poseidon.sponge(domain, &elements))
}

/// What is absorbed after the salt: the packed inputs, in the graph's order.
///
/// # Errors
/// [`CircuitError::TraceMismatch`] if there is another number of inputs or one has another shape;
/// [`CircuitError::NotInTable`] if a value is outside its interval.
pub fn elements(graph: &QuantizedGraph, inputs: &[IntTensor]) -> Result<Vec<Fr>, CircuitError> {
    if inputs.len() != graph.inputs.len() {
        let reason = format!("{} inputs instead of {}", inputs.len(), graph.inputs.len());
        return Err(CircuitError::TraceMismatch(reason));
    }
    let mut elements = Vec::new();
    for (tensor, values) in graph.inputs.iter().zip(inputs) {
        let (info, packing) = (&graph.tensors[tensor.0], Packing::of(graph, *tensor)?);
        if values.shape() != info.shape {
            let reason = format!(
                "input '{}' has shape {:?} instead of {:?}",
                info.name,
                values.shape(),
                info.shape
            );
            return Err(CircuitError::TraceMismatch(reason));
        }
        let (low, high) = info.interval;
        if let Some((element, value)) = values.iter().enumerate().find(|(_, v)| !(low..=high).contains(v)) {
            let length = interval_values(info)?;
            let value = value.saturating_sub(low);
            return Err(CircuitError::NotInTable {
                tensor: info.name.clone(),
                element,
                value,
                length,
            });
        }
        elements.extend(pack(&packing, values.iter()));
    }
    Ok(elements)
}

/// A salt as a field element.
///
/// # Errors
/// [`CircuitError::Salt`] if the 32 bytes, little-endian, are not below the modulus.
pub fn salt(bytes: [u8; 32]) -> Result<Fr, CircuitError> {
    let value: Option<Fr> = Fr::from_repr(bytes).into();
    value.ok_or(CircuitError::Salt(
        "it is not below the modulus of the scalar field; draw a random scalar",
    ))
}

/// The commitment to a model's inputs under a salt: what opens a commitment in a proof's statement.
///
/// `inputs` are the integers in the graph's order; `salt_bytes` is a uniformly random scalar, little-endian.
///
/// # Errors
/// As [`elements`], and [`CircuitError::Salt`] if the salt is not canonical.
pub fn commitment(
    graph: &QuantizedGraph,
    inputs: &[IntTensor],
    salt_bytes: [u8; 32],
) -> Result<Fr, CircuitError> {
    let poseidon = Poseidon::default();
    let mut all = vec![salt(salt_bytes)?];
    all.extend(elements(graph, inputs)?);
    Ok(poseidon.sponge(descriptor(&poseidon, graph)?, &all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_model::{ElementKind, QTensor};
    use ndarray::ArrayD;

    fn graph(inputs: &[(usize, (i64, i64))]) -> QuantizedGraph {
        let tensor = |(i, (length, interval)): (usize, &(usize, (i64, i64)))| QTensor {
            name: format!("x{i}"),
            shape: vec![*length],
            kind: ElementKind::Integer,
            interval: *interval,
        };
        QuantizedGraph {
            tensors: inputs.iter().enumerate().map(tensor).collect(),
            inputs: (0..inputs.len()).map(TensorId).collect(),
            ..QuantizedGraph::default()
        }
    }

    fn values(values: &[i64]) -> IntTensor {
        ArrayD::from_shape_vec(vec![values.len()], values.to_vec()).unwrap()
    }

    #[test]
    fn packing_is_injective_at_its_edges() {
        let packing = |low, bits| Packing { low, bits, length: 3 };
        for packing in [packing(-4, 3), packing(0, 2), packing(5, 1), packing(-1, 1)] {
            let digits = packing.low..packing.low + (1 << packing.bits);
            let mut seen = std::collections::HashSet::new();
            for a in digits.clone() {
                for b in digits.clone() {
                    for c in digits.clone() {
                        assert!(
                            seen.insert(format!("{:?}", pack(&packing, &[a, b, c]))),
                            "{packing:?} {a} {b} {c}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn bits_follow_the_interval() {
        let bits = |interval| Packing::of(&graph(&[(1, interval)]), TensorId(0)).unwrap().bits;
        assert_eq!(
            [bits((0, 255)), bits((-128, 128)), bits((3, 3)), bits((0, 1))],
            [8, 9, 1, 1]
        );
        assert!(Packing::of(&graph(&[(1, (1, 0))]), TensorId(0)).is_err());
        assert!(Packing::of(&graph(&[(1, (i64::MIN, i64::MAX))]), TensorId(0)).is_err());
    }

    #[test]
    fn groups_cover_all_elements_in_order() {
        let packing = Packing {
            low: 0,
            bits: 8,
            length: 70,
        };
        let groups: Vec<_> = packing.groups().collect();
        assert_eq!(groups, vec![0..31, 31..62, 62..70]);
    }

    #[test]
    fn everything_is_bound() {
        let with = |inputs: &[(usize, (i64, i64))], data: &[&[i64]], salt: u8| {
            let data: Vec<_> = data.iter().map(|d| values(d)).collect();
            let mut bytes = [0; 32];
            bytes[0] = salt;
            commitment(&graph(inputs), &data, bytes).unwrap()
        };
        let all = [
            with(&[(2, (0, 7))], &[&[1, 2]], 1),
            with(&[(2, (0, 7))], &[&[1, 2]], 2),
            with(&[(2, (0, 7))], &[&[2, 1]], 1),
            with(&[(2, (-1, 6))], &[&[1, 2]], 1),
            with(&[(2, (0, 8))], &[&[1, 2]], 1),
            with(&[(3, (0, 7))], &[&[1, 2, 0]], 1),
            with(&[(1, (0, 7)), (1, (0, 7))], &[&[1], &[2]], 1),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(!all[..i].contains(a), "commitment {i} is not new");
        }
    }

    /// Computed from the definition in `docs/commitment.md` by a program that shares nothing with this one.
    #[test]
    fn the_documented_definition() {
        let inputs = graph(&[(3, (-4, 3)), (21, (-2048, 2047))]);
        let second: Vec<i64> = (0..21).map(|i| 100 * i - 1000).collect();
        let value = commitment(&inputs, &[values(&[-4, 0, 3]), values(&second)], [9; 32]).unwrap();
        let expected = "0x0b53907e5f0873ad8f281f13889dc661d2538076785e82b4379d2f56e275cec0";
        assert_eq!(format!("{value:?}"), expected);
    }

    #[test]
    fn what_cannot_be_committed_is_refused() {
        let one = graph(&[(2, (0, 7))]);
        let check = |inputs: &[IntTensor], salt| commitment(&one, inputs, salt).unwrap_err().to_string();
        assert!(check(&[], [0; 32]).contains("0 inputs instead of 1"));
        assert!(check(&[values(&[1])], [0; 32]).contains("shape [1] instead of [2]"));
        assert!(check(&[values(&[1, 8])], [0; 32]).contains("element 1"));
        assert!(check(&[values(&[-1, 7])], [0; 32]).contains("element 0"));
        assert!(check(&[values(&[1, 2])], [0xff; 32]).contains("salt"));
        let modulus = (-Fr::ONE).to_repr();
        assert!(
            commitment(&one, &[values(&[1, 2])], modulus).is_ok(),
            "the largest scalar"
        );
        let mut above = modulus;
        above[0] += 1;
        assert!(
            commitment(&one, &[values(&[1, 2])], above).is_err(),
            "the modulus"
        );
    }
}
