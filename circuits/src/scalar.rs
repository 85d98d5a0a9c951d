//! The field of circuits.

/// The scalar field of BN254, in which circuits are written.
pub type Fr = halo2_proofs::halo2curves::bn256::Fr;

/// The field element that stands for a signed integer.
pub(crate) fn field(value: i64) -> Fr {
    if value < 0 {
        -Fr::from(value.unsigned_abs())
    } else {
        Fr::from(value.unsigned_abs())
    }
}
