//! What the canonical encoding is written to.

use crate::IntTensor;
use crate::shape::View;
use sha2::{Digest, Sha256};

/// Receives the encoding piece by piece, so that a digest needs no copy of the weights.
pub(crate) trait Sink {
    fn bytes(&mut self, bytes: &[u8]);

    fn number(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }
    fn integer(&mut self, integer: i64) {
        self.bytes(&integer.to_le_bytes());
    }
    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.bytes(text.as_bytes());
    }
    fn numbers(&mut self, numbers: &[usize]) {
        self.number(numbers.len());
        numbers.iter().for_each(|&n| self.number(n));
    }
    fn integers(&mut self, integers: &[i64]) {
        self.number(integers.len());
        for chunk in integers.chunks(1024) {
            let bytes: Vec<u8> = chunk.iter().flat_map(|i| i.to_le_bytes()).collect();
            self.bytes(&bytes);
        }
    }
    fn tensor(&mut self, tensor: &IntTensor) {
        self.numbers(tensor.shape());
        self.integers(&View::contents(tensor));
    }
}

impl Sink for Vec<u8> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl Sink for Sha256 {
    fn bytes(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}
