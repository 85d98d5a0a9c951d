//! A small network that reads handwritten digits, with data: something to try at once. `examples/digits` says how it was trained.

/// A convolutional network from 8×8 pixels of brightness 0 to 1 (the input `image`, 1×1×8×8) to ten logits (the output `logits`,
/// 1×10), as ONNX.
pub const CNN: &[u8] = include_bytes!("../digits/cnn.onnx");

/// Typical images, as `.npz`.
pub const CALIBRATION: &[u8] = include_bytes!("../digits/calibration.npz");

/// Images that the network has never seen, as `.npz`, with what a person wrote in the array `label`.
pub const TEST: &[u8] = include_bytes!("../digits/test.npz");
