//! The two kinds of numbers that operators work on.

/// `f32`, whose sums are accumulated in `f64`, or `i64`, whose sums validation has shown not to wrap.
pub(crate) trait Element: Copy + PartialOrd + Send + Sync + 'static {
    /// Type of sums.
    type Sum: Copy;
    /// Least value: the start of a maximum.
    const LOWEST: Self;
    /// Zero.
    const ZERO: Self;
    /// Whether a product with zero adds nothing, so that it can be skipped.
    const EXACT: bool;
    /// A finished sum as a number.
    fn narrow(sum: Self::Sum) -> Self;
    /// `sum + a·b`.
    fn multiply_add(sum: Self::Sum, a: Self, b: Self) -> Self::Sum;
    /// `sum + a`.
    fn add(sum: Self::Sum, a: Self) -> Self::Sum;
}

impl Element for f32 {
    type Sum = f64;
    const LOWEST: f32 = f32::NEG_INFINITY;
    const ZERO: f32 = 0.0;
    const EXACT: bool = false;
    fn narrow(sum: f64) -> f32 {
        sum as f32
    }
    fn multiply_add(sum: f64, a: f32, b: f32) -> f64 {
        sum + f64::from(a) * f64::from(b)
    }
    fn add(sum: f64, a: f32) -> f64 {
        sum + f64::from(a)
    }
}

/// Wrapping operations are the fast ones; `QuantizedGraph::validate` bounds every partial sum below 2^62, and an
/// execution that left the intervals stops before it could matter.
impl Element for i64 {
    type Sum = i64;
    const LOWEST: i64 = i64::MIN;
    const ZERO: i64 = 0;
    const EXACT: bool = true;
    fn narrow(sum: i64) -> i64 {
        sum
    }
    fn multiply_add(sum: i64, a: i64, b: i64) -> i64 {
        sum.wrapping_add(a.wrapping_mul(b))
    }
    fn add(sum: i64, a: i64) -> i64 {
        sum.wrapping_add(a)
    }
}
