//! The multiplication of matrices that products with constants and of two tensors share.

use super::element::Element;

/// Adds `A·B` to `sums`: `a` has rows of length `k`, `b` is `(k, n)`, `sums` has rows of length `n`.
pub(crate) fn product<E: Element>(a: &[E], b: &[E], k: usize, n: usize, sums: &mut [E::Sum]) {
    for (row, target) in a.chunks_exact(k).zip(sums.chunks_exact_mut(n)) {
        for (&x, weights) in row.iter().zip(b.chunks_exact(n)) {
            if E::EXACT && x == E::ZERO {
                continue;
            }
            for (sum, &w) in target.iter_mut().zip(weights) {
                *sum = E::multiply_add(*sum, x, w);
            }
        }
    }
}
