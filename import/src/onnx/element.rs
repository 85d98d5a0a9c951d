//! ONNX element types, reduced to what matters here.

use super::proto::data_type as code;
use hallmark_model::IntegerType;

/// What the elements of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// Floating point of any width.
    Float,
    /// Integers of any width.
    Integer,
    /// Booleans, held as 0 and 1.
    Boolean,
}

impl Element {
    /// The class of an ONNX element type; `None` for strings, complex numbers and packed types.
    pub fn of(data_type: i32) -> Option<Self> {
        Some(match data_type {
            code::FLOAT | code::FLOAT16 | code::BFLOAT16 | code::DOUBLE => Self::Float,
            code::UINT8 | code::INT8 | code::UINT16 | code::INT16 | code::INT32 | code::INT64 => {
                Self::Integer
            }
            code::UINT32 | code::UINT64 => Self::Integer,
            code::BOOL => Self::Boolean,
            _ => return None,
        })
    }

    /// The type in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "floating-point values",
            Self::Integer => "integers",
            Self::Boolean => "booleans",
        }
    }
}

/// The element types of ONNX by their codes.
const NAMES: [&str; 24] = [
    "undefined",
    "float",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "int32",
    "int64",
    "string",
    "bool",
    "float16",
    "double",
    "uint32",
    "uint64",
    "complex64",
    "complex128",
    "bfloat16",
    "float8e4m3fn",
    "float8e4m3fnuz",
    "float8e5m2",
    "float8e5m2fnuz",
    "uint4",
    "int4",
    "float4e2m1",
];

/// The code of an element type.
pub(crate) fn code_of(name: &str) -> Option<i32> {
    let code = NAMES.iter().position(|known| *known == name)?;
    i32::try_from(code).ok()
}

/// What ONNX calls an element type.
pub(crate) fn code_name(data_type: i32) -> String {
    let name = usize::try_from(data_type).ok().and_then(|code| NAMES.get(code));
    name.map_or_else(
        || format!("ONNX element type {data_type}"),
        |name| (*name).to_owned(),
    )
}

/// The integer or boolean type of an ONNX code; `None` for other types.
pub(crate) fn integer_type(data_type: i32) -> Option<IntegerType> {
    let name = match data_type {
        code::UINT8 => "uint8",
        code::INT8 => "int8",
        code::UINT16 => "uint16",
        code::INT16 => "int16",
        code::INT32 => "int32",
        code::INT64 => "int64",
        code::UINT32 => "uint32",
        code::UINT64 => "uint64",
        code::BOOL => "bool",
        _ => return None,
    };
    let holds = integer_range(data_type)?;
    Some(IntegerType { name, holds })
}

/// The values that an integer or boolean ONNX type can hold; `None` for other types.
pub(crate) fn integer_range(data_type: i32) -> Option<(i64, i64)> {
    Some(match data_type {
        code::UINT8 => (0, i64::from(u8::MAX)),
        code::INT8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
        code::UINT16 => (0, i64::from(u16::MAX)),
        code::INT16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        code::INT32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        code::INT64 => (i64::MIN, i64::MAX),
        code::UINT32 => (0, i64::from(u32::MAX)),
        code::UINT64 => (0, i64::MAX),
        code::BOOL => (0, 1),
        _ => return None,
    })
}
