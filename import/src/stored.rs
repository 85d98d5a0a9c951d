//! A tensor as an ONNX file stores it.

use hallmark_model::{FloatTensor, IntTensor};

/// A tensor as an ONNX file stores it (`TensorProto`).
#[derive(Clone, Debug)]
pub struct StoredTensor {
    /// Its name in the file.
    pub name: String,
    /// Its elements.
    pub elements: Elements,
    /// Bits of the significand of its element type, the leading one included: 8 of bfloat16, 11 of half precision, 24 of what is
    /// computed in single precision. `None` of integers.
    pub significand_bits: Option<u32>,
    /// The ONNX element type.
    pub(crate) code: i32,
}

/// Elements of a stored tensor, row-major.
#[derive(Clone, Debug)]
pub enum Elements {
    /// In single precision, whatever they are in the file. They may be NaN or infinite.
    Floats(FloatTensor),
    /// Exactly, within 64 bits with a sign.
    Integers(IntTensor),
    /// As 0 and 1.
    Booleans(IntTensor),
}

impl StoredTensor {
    /// Its shape.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match &self.elements {
            Elements::Floats(values) => values.shape(),
            Elements::Integers(values) | Elements::Booleans(values) => values.shape(),
        }
    }

    /// The elements as a model's inputs are given, in single precision; `None` where that does not hold an integer.
    #[must_use]
    pub fn to_input(&self) -> Option<FloatTensor> {
        match &self.elements {
            Elements::Floats(values) => Some(values.clone()),
            Elements::Integers(values) | Elements::Booleans(values) => {
                let exact = |v: &i64| i128::from(*v) == *v as f32 as i128;
                values.iter().all(exact).then(|| values.mapv(|v| v as f32))
            }
        }
    }
}
