//! Models of one layer, each of a size that a small network has.

use crate::Problem;
use crate::ready::Ready;
use hallmark_model::ops::float::{ArgMax, AveragePool, FloatConv, MaxPool};
use hallmark_model::{Activation, FloatTensor, Graph, Node, Op, Value, ValueId, Window};

/// Samples that decide the scales; the first is proven.
const SAMPLES: usize = 4;

/// One layer with its constants.
pub struct Layer {
    name: &'static str,
    op: Op,
    input: &'static [usize],
    constants: &'static [&'static [usize]],
    output: &'static [usize],
}

/// Every layer that is measured. Each stores its input; all but the last three store a requantised result too.
#[must_use]
pub fn catalogue() -> Vec<Layer> {
    let window = |kernel, strides, pad| Window::new(kernel, strides, [[pad; 2]; 2], [1, 1]);
    vec![
        Layer {
            name: "conv_3x3_8_to_16_of_16x16",
            op: Op::Conv(FloatConv {
                window: window([3, 3], [1, 1], 1),
                groups: 1,
            }),
            input: &[1, 8, 16, 16],
            constants: &[&[16, 8, 3, 3], &[16]],
            output: &[1, 16, 16, 16],
        },
        Layer {
            name: "linear_256_to_128",
            op: Op::MatMul,
            input: &[1, 256],
            constants: &[&[256, 128], &[128]],
            output: &[1, 128],
        },
        Layer {
            name: "requantize_2048_average_pool",
            op: Op::AveragePool(AveragePool {
                window: window([2, 2], [2, 2], 0),
                count_include_pad: false,
            }),
            input: &[1, 8, 32, 32],
            constants: &[],
            output: &[1, 8, 16, 16],
        },
        Layer {
            name: "relu_4096",
            op: Op::Activation(Activation::RELU),
            input: &[1, 4096],
            constants: &[],
            output: &[1, 4096],
        },
        Layer {
            name: "max_pool_2x2_8_of_32x32",
            op: Op::MaxPool(MaxPool {
                window: window([2, 2], [2, 2], 0),
            }),
            input: &[1, 8, 32, 32],
            constants: &[],
            output: &[1, 8, 16, 16],
        },
        Layer {
            name: "arg_max_16_of_64",
            op: Op::ArgMax(ArgMax {
                axis: 1,
                select_last: false,
            }),
            input: &[16, 64],
            constants: &[],
            output: &[16],
        },
    ]
}

impl Layer {
    /// The layer as a model, with keys and a proof.
    ///
    /// # Errors
    /// Those of [`Ready::new`].
    pub fn ready(&self) -> Result<Ready, Problem> {
        let mut random = Random(0x2545_f491_4f6c_dd1d);
        let samples: Vec<Vec<FloatTensor>> = (0..SAMPLES).map(|_| vec![random.tensor(self.input)]).collect();
        let mut graph = Graph {
            name: self.name.to_owned(),
            values: vec![value("input", self.input, None)],
            inputs: vec![ValueId(0)],
            ..Graph::default()
        };
        for (index, shape) in self.constants.iter().enumerate() {
            let constant = Some(random.tensor(shape));
            graph
                .values
                .push(value(&format!("constant{index}"), shape, constant));
        }
        let output = ValueId(graph.values.len());
        graph.nodes.push(Node {
            name: "layer".to_owned(),
            op: self.op.clone(),
            inputs: (0..output.0).map(ValueId).collect(),
            outputs: vec![output],
        });
        graph.values.push(value("output", self.output, None));
        graph.outputs = vec![output];
        Ready::new(self.name, &graph, &samples)
    }
}

fn value(name: &str, shape: &[usize], constant: Option<FloatTensor>) -> Value {
    Value {
        name: name.to_owned(),
        shape: shape.to_vec(),
        constant,
        whole: None,
    }
}

/// Xorshift: the same numbers on every machine.
struct Random(u64);

impl Random {
    /// Elements in [−1, 1).
    fn tensor(&mut self, shape: &[usize]) -> FloatTensor {
        FloatTensor::from_shape_simple_fn(shape, || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 40) as f32 / (1u32 << 23) as f32 - 1.0
        })
    }
}
