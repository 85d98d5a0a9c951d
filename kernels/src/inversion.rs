//! Batch inversion.

use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::Field;
use rayon::prelude::*;

/// Elements per inversion and per task.
const CHUNK: usize = 1 << 12;

/// Replaces every element by its inverse; zeros stay zeros. Montgomery's trick: three multiplications an element.
pub fn batch_invert(values: &mut [Fr]) {
    values.par_chunks_mut(CHUNK).for_each(chunk);
}

fn chunk(values: &mut [Fr]) {
    let mut running = Fr::ONE;
    let mut before = Vec::with_capacity(values.len());
    for value in values.iter() {
        before.push(running);
        if *value != Fr::ZERO {
            running *= value;
        }
    }
    let mut inverse = running.invert().unwrap_or(Fr::ZERO);
    for (value, before) in values.iter_mut().zip(before).rev() {
        if *value != Fr::ZERO {
            let next = inverse * *value;
            *value = inverse * before;
            inverse = next;
        }
    }
}
