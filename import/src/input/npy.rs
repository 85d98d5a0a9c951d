//! NumPy's `.npy` format, versions 1 to 3: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use super::array::Array;
use super::error::InputError;
use super::numbers::{Number, Numbers};
use ndarray::{ArrayD, IxDyn, ShapeBuilder};

/// How a file begins.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// Bytes that a header may have.
const MAX_HEADER: usize = 1 << 16;

/// What the header says.
struct Header {
    /// Element type, as `<f4`.
    dtype: String,
    /// Column-major order.
    fortran: bool,
    shape: Vec<usize>,
}

/// Reads an array of numbers as floats in row-major order. `name` is for messages.
pub(super) fn read(bytes: &[u8], name: &str, limit: usize) -> Result<Array, InputError> {
    let fail = |problem: String| InputError::Npy {
        array: name.to_owned(),
        problem,
    };
    let (header, data) = split(bytes).ok_or_else(|| fail("is not a complete .npy file".to_owned()))?;
    let header = parse_header(header).map_err(fail)?;
    let count = header
        .shape
        .iter()
        .try_fold(1_usize, |product, &axis| product.checked_mul(axis));
    let count = count.unwrap_or(usize::MAX);
    if count > limit {
        return Err(InputError::TooLarge {
            what: "elements of an array",
            found: count,
            limit,
        });
    }
    let numbers = elements(&header.dtype, data).map_err(fail)?;
    if numbers.values.len() != count {
        return Err(fail(format!(
            "shape {:?} needs {count} elements, {} are stored",
            header.shape,
            numbers.values.len()
        )));
    }
    let shape = header.shape;
    let numbers = match header.fortran {
        false => numbers,
        true => row_major(numbers, &shape).ok_or_else(|| fail("has a malformed shape".to_owned()))?,
    };
    Ok(Array {
        numbers,
        shape: Some(shape),
    })
}

/// Numbers of a column-major array, row-major.
fn row_major(mut numbers: Numbers, shape: &[usize]) -> Option<Numbers> {
    let values = std::mem::take(&mut numbers.values);
    let turned = ArrayD::from_shape_vec(IxDyn(shape).f(), values).ok()?;
    let values = turned.iter().copied().collect();
    let place = |mut index: usize| {
        let (mut place, mut step) = (0, shape.iter().product::<usize>());
        for &length in shape {
            step /= length;
            place += index % length * step;
            index /= length;
        }
        place
    };
    Some(numbers.reordered(values, place))
}

/// The shape in a file's header.
pub(super) fn shape(bytes: &[u8]) -> Option<Vec<usize>> {
    let (header, _) = split(bytes)?;
    parse_header(header).ok().map(|header| header.shape)
}

/// Header text and data.
fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (version, rest) = rest.split_first_chunk::<2>()?;
    let (length, rest) = match version {
        [1, _] => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        [2 | 3, _] => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            (usize::try_from(u32::from_le_bytes(*length)).ok()?, rest)
        }
        _ => return None,
    };
    let (header, data) = rest.split_at_checked(length).filter(|_| length <= MAX_HEADER)?;
    Some((std::str::from_utf8(header).ok()?, data))
}

/// Parses a header such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn parse_header(text: &str) -> Result<Header, String> {
    let value = |key: &str| {
        let quoted = [format!("'{key}'"), format!("\"{key}\"")];
        let after = quoted
            .iter()
            .find_map(|q| text.split_once(q.as_str()).map(|(_, after)| after));
        after
            .and_then(|after| after.trim_start().strip_prefix(':'))
            .map(str::trim_start)
    };
    let missing = |key: &str| format!("its header has no `{key}`");
    let descr = value("descr").ok_or_else(|| missing("descr"))?;
    let dtype = ['\'', '"']
        .iter()
        .find_map(|&quote| descr.strip_prefix(quote)?.split_once(quote));
    let (dtype, _) = dtype.ok_or("has a structured element type; save plain numbers")?;
    let order = value("fortran_order").ok_or_else(|| missing("fortran_order"))?;
    let fortran = match (order.starts_with("True"), order.starts_with("False")) {
        (true, _) => true,
        (_, true) => false,
        _ => return Err("its `fortran_order` is neither True nor False".to_owned()),
    };
    let shape = value("shape").ok_or_else(|| missing("shape"))?;
    let axes = shape
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
        .map(|(axes, _)| axes);
    let axes = axes.ok_or("its `shape` is not a tuple")?;
    let axes = axes.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    let shape = axes
        .map(|axis| {
            axis.trim_end_matches('L')
                .parse()
                .map_err(|_| format!("its shape has an axis `{axis}`"))
        })
        .collect::<Result<Vec<usize>, String>>()?;
    if shape.len() > hallmark_model::limits::MAX_RANK {
        return Err(format!(
            "has {} axes, the limit is {}",
            shape.len(),
            hallmark_model::limits::MAX_RANK
        ));
    }
    Ok(Header {
        dtype: dtype.to_owned(),
        fortran,
        shape,
    })
}

/// Decodes elements of the type `dtype`.
fn elements(dtype: &str, data: &[u8]) -> Result<Numbers, String> {
    fn decode<const N: usize>(
        data: &[u8],
        big: bool,
        number: fn([u8; N]) -> Number,
    ) -> Result<Numbers, String> {
        let (chunks, rest) = data.as_chunks::<N>();
        if !rest.is_empty() {
            return Err(format!(
                "its data of {} bytes is no whole number of elements",
                data.len()
            ));
        }
        let mut numbers = Numbers::default();
        numbers.values.reserve(chunks.len());
        for &(mut chunk) in chunks {
            if big {
                chunk.reverse();
            }
            numbers.push(number(chunk));
        }
        Ok(numbers)
    }
    fn integer(value: impl Into<i128>) -> Number {
        Number::Integer(value.into())
    }
    let big = dtype.starts_with('>');
    match dtype.trim_start_matches(['<', '>', '|', '=']) {
        "f4" => decode(data, big, |b| Number::Float(f32::from_le_bytes(b).into())),
        "f8" => decode(data, big, |b| Number::Float(f64::from_le_bytes(b))),
        "i1" => decode(data, big, |b| integer(i8::from_le_bytes(b))),
        "i2" => decode(data, big, |b| integer(i16::from_le_bytes(b))),
        "i4" => decode(data, big, |b| integer(i32::from_le_bytes(b))),
        "i8" => decode(data, big, |b| integer(i64::from_le_bytes(b))),
        "u1" => decode(data, big, |b| integer(u8::from_le_bytes(b))),
        "u2" => decode(data, big, |b| integer(u16::from_le_bytes(b))),
        "u4" => decode(data, big, |b| integer(u32::from_le_bytes(b))),
        "u8" => decode(data, big, |b| integer(u64::from_le_bytes(b))),
        "b1" => match data.iter().find(|&&byte| byte > 1) {
            None => decode(data, big, |[byte]: [u8; 1]| Number::Boolean(byte == 1)),
            Some(byte) => Err(format!("has a boolean stored as {byte}, expected 0 or 1")),
        },
        other => Err(format!(
            "has element type `{other}`; save it as float32, float64, bool or an integer type"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [MAGIC, &[1, 0], &length, header.as_bytes(), data].concat()
    }

    #[test]
    fn orders_and_types() {
        let header = "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }\n";
        let data: Vec<u8> = (0..6_i16).flat_map(i16::to_le_bytes).collect();
        assert_eq!(
            read(&file(header, &data), "", 6).unwrap().numbers.values,
            [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]
        );
        let header = "{'descr': '>f8', 'fortran_order': False, 'shape': ()}";
        assert_eq!(
            read(&file(header, &(-0.5_f64).to_be_bytes()), "", 6)
                .unwrap()
                .numbers
                .values,
            [-0.5]
        );
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}";
        assert_eq!(
            read(&file(header, &[0, 255]), "", 6).unwrap().numbers.values,
            [0.0, 255.0]
        );
    }

    #[test]
    fn malformed_files() {
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}";
        let bytes = file(good, &[0; 4]);
        assert!(read(&bytes, "", 1).is_ok());
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length], "", 1).is_err(), "{length}");
        }
        assert!(matches!(read(&bytes, "", 0), Err(InputError::TooLarge { .. })));
        for header in [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
            "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
            "{}",
        ] {
            assert!(read(&file(header, &[0; 4]), "", 100).is_err(), "{header}");
        }
    }
}
