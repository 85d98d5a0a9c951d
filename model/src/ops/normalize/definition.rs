//! What a normalisation is.

/// What the elements of a row are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The standard deviation, after the mean was subtracted: `(x − μ) / √(σ² + ε)`, with `σ² = Σ(x − μ)² / D` of `D` elements.
    Deviation,
    /// The root of the mean square: `x / √(Σx² / D + ε)`.
    RootMeanSquare,
    /// The Euclidean length: `x / √(Σx² + ε)`.
    Length,
}

/// `[X] → X` with each row divided by its measure. A row has all axes from `first` on. A row of zeros stays one, also where ε is zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalize {
    /// What rows are divided by.
    pub measure: Measure,
    /// The first axis of rows.
    pub first: usize,
    /// Added below the root; not negative.
    pub epsilon: f64,
}

impl Normalize {
    /// Elements of a row.
    pub(super) fn row(&self, shape: &[usize]) -> usize {
        shape.iter().skip(self.first).product()
    }
}
