//! Stored tensors (`TensorProto`).

use crate::ImportError;
use crate::constant::{Data, not_finite};
use crate::onnx::element::{Element, integer_range};
use crate::onnx::proto::{DATA_LOCATION_EXTERNAL, TensorProto, data_type as code};
use hallmark_model::FloatTensor;
use ndarray::{ArrayD, IxDyn};
use std::rc::Rc;

/// Greatest number of axes of a stored tensor.
const MAX_RANK: usize = hallmark_model::limits::MAX_RANK;

/// Reads a stored constant. It has as many elements as the file holds for it, so its size is the file's.
pub(crate) fn read(tensor: &TensorProto, name: &str) -> Result<Data, ImportError> {
    let data = any(tensor, name)?;
    if let Data::Float(values) = &data {
        finite(values, name)?;
    }
    Ok(data)
}

/// As [`read`], of any numbers: NaN and infinities too.
pub(crate) fn any(tensor: &TensorProto, name: &str) -> Result<Data, ImportError> {
    let fail = |problem: String| ImportError::Tensor {
        tensor: name.to_owned(),
        problem,
    };
    if tensor.data_location == DATA_LOCATION_EXTERNAL {
        return Err(ImportError::ExternalData {
            tensor: name.to_owned(),
        });
    }
    if tensor.segment.is_some() {
        return Err(fail("is stored in segments, which is not supported".to_owned()));
    }
    let shape = shape(&tensor.dims).map_err(fail)?;
    let count = shape
        .iter()
        .try_fold(1_usize, |product, &axis| product.checked_mul(axis))
        .ok_or_else(|| fail(format!("shape {shape:?} is too large")))?;
    match Element::of(tensor.data_type) {
        Some(Element::Float) => {
            let values = floats(tensor, count).map_err(fail)?;
            Ok(Data::Float(Rc::new(array(&shape, values).map_err(fail)?)))
        }
        Some(element) => {
            let values = integers(tensor, count).map_err(fail)?;
            let boolean = element == Element::Boolean;
            Ok(Data::Integer {
                values: Rc::new(array(&shape, values).map_err(fail)?),
                boolean,
            })
        }
        None => Err(fail(format!(
            "element type {} is not supported (strings, complex numbers, 4- and 8-bit floats); \
             export the model with float32 weights",
            tensor.data_type
        ))),
    }
}

/// Refuses NaN, and infinities but for a single one, which may be the bound of a Clip, and masks. Operators that take neither refuse them.
pub(crate) fn finite(values: &FloatTensor, name: &str) -> Result<(), ImportError> {
    match not_finite(values) {
        Some((index, value)) if value.is_nan() || values.len() > 1 && !is_mask(values) => {
            Err(ImportError::NotFinite {
                tensor: name.to_owned(),
                index,
                value,
            })
        }
        _ => Ok(()),
    }
}

/// Whether all elements are zero or minus infinity.
fn is_mask(values: &FloatTensor) -> bool {
    values.iter().all(|x| *x == 0.0 || *x == f32::NEG_INFINITY)
}

fn shape(dims: &[i64]) -> Result<Vec<usize>, String> {
    if dims.len() > MAX_RANK {
        return Err(format!("has {} axes, the limit is {MAX_RANK}", dims.len()));
    }
    dims.iter()
        .map(|&d| usize::try_from(d).map_err(|_| format!("has an axis of length {d}")))
        .collect()
}

fn array<T>(shape: &[usize], values: Vec<T>) -> Result<ArrayD<T>, String> {
    let count = values.len();
    ArrayD::from_shape_vec(IxDyn(shape), values)
        .map_err(|_| format!("shape {shape:?} does not fit {count} elements"))
}

/// Reads `count` elements from `raw_data` where that is set, else from a typed field.
fn stored<T, S: Copy, const BYTES: usize>(
    tensor: &TensorProto,
    count: usize,
    from_bytes: impl Fn([u8; BYTES]) -> T,
    typed: &[S],
    from_typed: impl Fn(S) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    if tensor.raw_data.is_empty() {
        return match typed.len() == count {
            true => typed.iter().map(|&v| from_typed(v)).collect(),
            false => Err(format!(
                "dims {:?} need {count} elements, {} are stored",
                tensor.dims,
                typed.len()
            )),
        };
    }
    let (chunks, rest) = tensor.raw_data.as_chunks::<BYTES>();
    if chunks.len() != count || !rest.is_empty() {
        return Err(format!(
            "dims {:?} need {count} elements of {BYTES} bytes, {} bytes are stored",
            tensor.dims,
            tensor.raw_data.len()
        ));
    }
    Ok(chunks.iter().map(|&chunk| from_bytes(chunk)).collect())
}

fn floats(t: &TensorProto, count: usize) -> Result<Vec<f32>, String> {
    match t.data_type {
        code::FLOAT => stored(t, count, f32::from_le_bytes, &t.float_data, Ok),
        code::DOUBLE => stored(
            t,
            count,
            |b| narrow(f64::from_le_bytes(b)),
            &t.double_data,
            |v| Ok(narrow(v)),
        ),
        code::FLOAT16 => {
            let bits = |v| sixteen_bits(v).map(half);
            stored(t, count, |b| half(u16::from_le_bytes(b)), &t.int32_data, bits)
        }
        _ => {
            let bits = |v| sixteen_bits(v).map(bfloat);
            stored(t, count, |b| bfloat(u16::from_le_bytes(b)), &t.int32_data, bits)
        }
    }
}

fn integers(t: &TensorProto, count: usize) -> Result<Vec<i64>, String> {
    let range = integer_range(t.data_type).unwrap_or((0, 0));
    let checked = |v: i64| match v >= range.0 && v <= range.1 {
        true => Ok(v),
        false => Err(format!("{v} is outside its element type's range {range:?}")),
    };
    let small = |v: i32| checked(i64::from(v));
    let large = |v: u64| i64::try_from(v).map_err(|_| format!("{v} is over the 64-bit signed range"));
    match t.data_type {
        code::UINT8 | code::BOOL => stored(t, count, |[b]: [u8; 1]| i64::from(b), &t.int32_data, small)?
            .into_iter()
            .map(checked)
            .collect(),
        code::INT8 => stored(
            t,
            count,
            |b| i64::from(i8::from_le_bytes(b)),
            &t.int32_data,
            small,
        ),
        code::UINT16 => stored(
            t,
            count,
            |b| i64::from(u16::from_le_bytes(b)),
            &t.int32_data,
            small,
        ),
        code::INT16 => stored(
            t,
            count,
            |b| i64::from(i16::from_le_bytes(b)),
            &t.int32_data,
            small,
        ),
        code::INT32 => stored(
            t,
            count,
            |b| i64::from(i32::from_le_bytes(b)),
            &t.int32_data,
            small,
        ),
        code::UINT32 => stored(
            t,
            count,
            |b| i64::from(u32::from_le_bytes(b)),
            &t.uint64_data,
            |v| checked(large(v)?),
        ),
        code::UINT64 => stored(t, count, u64::from_le_bytes, &t.uint64_data, Ok)?
            .into_iter()
            .map(large)
            .collect(),
        _ => stored(t, count, i64::from_le_bytes, &t.int64_data, Ok),
    }
}

/// Typed 16-bit floats are stored as their bits, one to an `int32`.
fn sixteen_bits(value: i32) -> Result<u16, String> {
    u16::try_from(value).map_err(|_| format!("{value} is not the bits of a 16-bit float"))
}

/// The nearest single-precision value: models run in single precision here.
fn narrow(value: f64) -> f32 {
    value as f32
}

/// An IEEE 754 half-precision value from its bits.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff) / 1024.0;
    sign * match exponent {
        0 => fraction * 2_f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction) * 2_f32.powi(exponent - 15),
    }
}

/// A bfloat16 value from its bits: the upper half of a single-precision one.
fn bfloat(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(data_type: i32, dims: &[i64]) -> TensorProto {
        TensorProto {
            data_type,
            dims: dims.to_vec(),
            ..TensorProto::default()
        }
    }

    fn values(tensor: &TensorProto) -> Vec<f64> {
        match read(tensor, "t").unwrap() {
            Data::Float(array) => array.iter().map(|&v| f64::from(v)).collect(),
            Data::Integer { values, .. } => values.iter().map(|&v| v as f64).collect(),
        }
    }

    #[test]
    fn sixteen_bit_floats() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x0001, 5.960_464_5e-8),
            (0x7bff, 65504.0),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7c01).is_nan() && half(0xfc00) == f32::NEG_INFINITY);
        assert_eq!(bfloat(0xbf80), -1.0);
        let stored = TensorProto {
            int32_data: vec![0x3c00, 0x3800],
            ..tensor(code::FLOAT16, &[2])
        };
        assert_eq!(values(&stored), [1.0, 0.5]);
    }

    #[test]
    fn raw_and_typed_fields() {
        let raw = TensorProto {
            raw_data: vec![1, 0, 255, 255],
            ..tensor(code::INT16, &[2])
        };
        assert_eq!(values(&raw), [1.0, -1.0]);
        let typed = TensorProto {
            uint64_data: vec![7],
            ..tensor(code::UINT32, &[])
        };
        assert_eq!(values(&typed), [7.0]);
        let double = TensorProto {
            raw_data: 0.25_f64.to_le_bytes().to_vec(),
            ..tensor(code::DOUBLE, &[1, 1])
        };
        assert_eq!(values(&double), [0.25]);
        assert_eq!(values(&tensor(code::INT64, &[0])), Vec::<f64>::new());
    }

    #[test]
    fn malformed_tensors_are_refused() {
        let cases = [
            tensor(code::FLOAT, &[i64::MAX, i64::MAX]),
            tensor(code::FLOAT, &[-1]),
            tensor(code::FLOAT, &[1]),
            tensor(8, &[0]),
            TensorProto {
                raw_data: vec![0; 5],
                ..tensor(code::FLOAT, &[1])
            },
            TensorProto {
                raw_data: vec![2],
                ..tensor(code::BOOL, &[1])
            },
            TensorProto {
                int32_data: vec![300],
                ..tensor(code::UINT8, &[1])
            },
            TensorProto {
                uint64_data: vec![u64::MAX],
                ..tensor(code::UINT64, &[1])
            },
        ];
        for case in cases {
            assert!(
                matches!(read(&case, "t"), Err(ImportError::Tensor { .. })),
                "{case:?}"
            );
        }
        let external = TensorProto {
            data_location: 1,
            ..tensor(code::FLOAT, &[1])
        };
        assert!(matches!(
            read(&external, "t"),
            Err(ImportError::ExternalData { .. })
        ));
    }
}
