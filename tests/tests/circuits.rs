//! Layouts from within: small graphs by halo2's MockProver, the commitment to private inputs cell by cell, and reports.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

#[path = "circuits/census.rs"]
mod census;
#[path = "circuits/checker.rs"]
mod checker;
#[path = "circuits/inspect.rs"]
mod inspect;
#[path = "circuits/mock.rs"]
mod mock;
#[path = "circuits/private_input.rs"]
mod private_input;

use hallmark_model::TensorId;
use hallmark_tests::graph_builder::{ConvShape, GraphBuilder};

/// A graph whose weights have 8 bits and whose biases have 10.
fn graph_of(seed: u64) -> GraphBuilder {
    let mut g = GraphBuilder::new(seed);
    (g.weight_bits, g.bias_bits) = (8, 10);
    g
}

/// A convolution with one zero around the image.
fn padded(channels: usize, kernel: [usize; 2]) -> ConvShape<2> {
    ConvShape {
        pads: [[1; 2]; 2],
        ..ConvShape::plain(channels, kernel)
    }
}

/// A function of 8 bits that is neither monotone nor injective.
fn square_table(g: &mut GraphBuilder, x: TensorId) -> TensorId {
    g.lookup(x, "square", |v| v * v / 64 - 11)
}
