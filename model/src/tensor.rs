//! The contents of tensors.

/// A float tensor, row-major, of any rank (scalars have rank 0).
pub type FloatTensor = ndarray::ArrayD<f32>;

/// An integer tensor, row-major, of any rank.
pub type IntTensor = ndarray::ArrayD<i64>;
