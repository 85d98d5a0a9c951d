//! Division of polynomials.

use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;

/// Divides by X − at in place, dropping the remainder (the value at `at`); the highest coefficient becomes zero.
pub fn divide_by_linear(coefficients: &mut [Fr], at: Fr) {
    let mut carry = Fr::ZERO;
    for coefficient in coefficients.iter_mut().rev() {
        let next = *coefficient + carry * at;
        *coefficient = carry;
        carry = next;
    }
}
