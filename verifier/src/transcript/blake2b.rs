//! halo2's `Blake2bRead` with `Challenge255`.

use crate::curve::{coordinate_to_bytes, scalar_to_bytes};
use ark_bn254::{Fr, G1Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;

const CHALLENGE: u8 = 0;
const POINT: u8 = 1;
const SCALAR: u8 = 2;

pub(crate) struct Blake2b {
    state: blake2b_simd::State,
}

impl Blake2b {
    pub(super) fn new() -> Self {
        let state = blake2b_simd::Params::new()
            .hash_length(64)
            .personal(b"Halo2-Transcript")
            .to_state();
        Blake2b { state }
    }

    pub(super) fn absorb_scalar(&mut self, scalar: &Fr) {
        self.state.update(&[SCALAR]);
        self.state.update(&scalar_to_bytes(scalar));
    }

    pub(super) fn absorb_point(&mut self, point: &G1Affine) {
        let (x, y) = point.xy().unwrap_or_default();
        self.state.update(&[POINT]);
        self.state.update(&coordinate_to_bytes(&x));
        self.state.update(&coordinate_to_bytes(&y));
    }

    pub(super) fn challenge(&mut self) -> Fr {
        self.state.update(&[CHALLENGE]);
        Fr::from_le_bytes_mod_order(self.state.finalize().as_bytes())
    }

    pub(super) fn digest(&self) -> [u8; 64] {
        // No prefix that the transcript uses has this value.
        *self.state.clone().update(&[0xff]).finalize().as_array()
    }
}
