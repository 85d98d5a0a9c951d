//! Bounds on the size of graphs and of the numbers in them.
//!
//! A graph may come from outside, so everything that decides an allocation or a running time is checked against
//! these bounds first. They are far above what a circuit can prove.

/// Greatest number of tensors or of nodes in a graph.
pub const MAX_GRAPH_ITEMS: usize = 1 << 16;

/// Greatest number of axes of a tensor.
pub const MAX_RANK: usize = 12;

/// Greatest number of elements of one tensor.
pub const MAX_TENSOR_ELEMENTS: usize = 1 << 27;

/// Greatest number of elements of all tensors of a graph together.
pub const MAX_TOTAL_ELEMENTS: usize = 1 << 29;

/// Greatest number of multiply-accumulates (or comparisons) in one execution of a graph.
pub const MAX_WORK: u128 = 1 << 38;

/// Greatest number of spatial axes of a convolution or pool: as many as onnxruntime, with which they are compared, computes.
pub const MAX_WINDOW_AXES: usize = 3;

/// Greatest kernel extent, stride, padding or dilation of a window.
pub const MAX_WINDOW: usize = 1 << 16;

/// Greatest number of elements of a kernel of one channel.
pub const MAX_KERNEL: usize = 1 << 20;

/// Every element of every integer tensor is less than this in magnitude, and so is every partial sum on the way
/// to it, in any order of summation: nothing wraps an `i64`.
pub const MAX_MAGNITUDE: i64 = 1 << 62;

/// Integer weights and factors are less than this in magnitude.
pub const MAX_WEIGHT: i64 = 1 << 40;

/// Greatest number of terms of one integer dot product.
pub const MAX_TERMS: usize = 1 << 22;

/// Greatest number of entries of a lookup table.
pub const MAX_TABLE: usize = 1 << 20;

/// Greatest number of bits of a requantised value.
pub const MAX_REQUANTIZED_BITS: u32 = 24;

/// Roots are at most 2 to this: squares of them, and of what a circuit may take for them, stay far below the order of its field.
pub const MAX_ROOT_BITS: u32 = 31;

/// Integers and zero points of quantised tensors are less than this in magnitude: differences of them are then exact in an `f64`.
pub const MAX_QUANTIZED_MAGNITUDE: i64 = 1 << 32;

/// Most bits of the integers of a model's inputs: inputs are read in single precision, which holds no more exactly.
pub const MAX_INPUT_BITS: u32 = f32::MANTISSA_DIGITS;

/// Greatest magnitude of `scale_bits`.
pub const MAX_SCALE_BITS: i32 = 256;
