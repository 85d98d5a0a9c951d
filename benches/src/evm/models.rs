//! The models that are measured: the bundled digits CNN, and the shapes of the benchmarks'
//! (`benches/models/make_models.py`) with weights from a generator of fixed seed. Gas depends on shapes, hardly on weights.

use crate::Problem;
use hallmark::project::random_samples;
use hallmark::{Model, digits};
use hallmark_model::graph::{Activation, Graph, Node, Op, Value, ValueId, Window};
use hallmark_model::ops::float::{FloatConv, MaxPool};
use hallmark_model::{FloatTensor, ModelError};

/// The names, in the order of the report.
pub const NAMES: [&str; 4] = ["digits", "mlp_50k", "cnn_62k", "cnn_264k"];

/// A model and inputs for it.
pub struct Measured {
    /// The float model.
    pub graph: Graph,
    /// Inputs; the first one is proven.
    pub samples: Vec<Vec<FloatTensor>>,
}

/// The model of a name.
///
/// # Errors
/// If there is none of this name.
pub fn model(name: &str) -> Result<Measured, Problem> {
    let graph = match name {
        "digits" => return bundled(),
        "mlp_50k" => mlp(name, &[64, 128, 256, 32, 10]),
        "cnn_62k" => cnn(name, [6, 16], [120, 84, 10]),
        "cnn_264k" => cnn(name, [16, 32], [268, 128, 10]),
        _ => {
            let names = NAMES.join(", ");
            return Err(format!("there is no model {name:?}; there are {names}").into());
        }
    }?;
    let samples = random_samples(&graph, 4);
    Ok(Measured { graph, samples })
}

fn bundled() -> Result<Measured, Problem> {
    let model = Model::from_onnx(digits::CNN)?;
    let samples = model.samples(digits::CALIBRATION)?;
    let graph = model.graph().clone();
    Ok(Measured { graph, samples })
}

/// Layers one after the other.
struct Layers {
    graph: Graph,
    last: ValueId,
    state: u64,
}

impl Layers {
    fn new(name: &str, shape: &[usize]) -> Self {
        let mut layers = Self {
            graph: Graph {
                name: name.to_owned(),
                ..Graph::default()
            },
            last: ValueId(0),
            state: 1,
        };
        layers.last = layers.value("input", shape.to_vec(), None);
        layers.graph.inputs.push(layers.last);
        layers
    }

    fn value(&mut self, name: &str, shape: Vec<usize>, constant: Option<FloatTensor>) -> ValueId {
        let name = format!("{name}{}", self.graph.values.len());
        self.graph.values.push(Value {
            name,
            shape,
            constant,
            whole: None,
        });
        ValueId(self.graph.values.len() - 1)
    }

    /// SplitMix64, uniform in [−bound, bound].
    fn random(&mut self, bound: f32) -> f32 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = ((z ^ (z >> 31)) >> 40) as f32 / (1u32 << 24) as f32;
        (2.0 * unit - 1.0) * bound
    }

    fn weights(&mut self, shape: Vec<usize>, bound: f32) -> Result<ValueId, ModelError> {
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| self.random(bound)).collect();
        let tensor =
            FloatTensor::from_shape_vec(shape.clone(), values).map_err(|error| ModelError::InvalidGraph {
                place: "weights".to_owned(),
                reason: error.to_string(),
            })?;
        Ok(self.value("weights", shape, Some(tensor)))
    }

    fn push(&mut self, op: Op, constants: Vec<ValueId>, shape: Vec<usize>) {
        let output = self.value("value", shape, None);
        let mut inputs = vec![self.last];
        inputs.extend(constants);
        self.graph.nodes.push(Node {
            name: format!("node{}", self.graph.nodes.len()),
            op,
            inputs,
            outputs: vec![output],
        });
        self.last = output;
    }

    fn relu(&mut self) {
        let shape = self.shape();
        self.push(Op::Activation(Activation::RELU), vec![], shape);
    }

    fn shape(&self) -> Vec<usize> {
        self.graph
            .values
            .get(self.last.0)
            .map_or_else(Vec::new, |value| value.shape.clone())
    }

    fn dense(&mut self, inputs: usize, outputs: usize, last: bool) -> Result<(), ModelError> {
        let gain = if last { 1.0 } else { 6f32.sqrt() };
        let bound = gain / (inputs as f32).sqrt();
        let weight = self.weights(vec![inputs, outputs], bound)?;
        let bias = self.weights(vec![outputs], 0.05)?;
        self.push(Op::MatMul, vec![weight, bias], vec![1, outputs]);
        if !last {
            self.relu();
        }
        Ok(())
    }

    fn finish(mut self) -> Graph {
        self.graph.outputs.push(self.last);
        self.graph
    }
}

fn mlp(name: &str, widths: &[usize]) -> Result<Graph, ModelError> {
    let mut layers = Layers::new(name, &[1, widths.first().copied().unwrap_or(1)]);
    let count = widths.len().saturating_sub(1);
    for (i, (inputs, outputs)) in widths.iter().zip(widths.iter().skip(1)).enumerate() {
        layers.dense(*inputs, *outputs, i + 1 == count)?;
    }
    Ok(layers.finish())
}

/// Convolutions of 5×5 on 3×32×32, each with ReLU and a maximum of 2×2, then dense layers.
fn cnn(name: &str, channels: [usize; 2], widths: [usize; 3]) -> Result<Graph, ModelError> {
    let mut layers = Layers::new(name, &[1, 3, 32, 32]);
    let window = |kernel: usize, stride: usize| Window::new([kernel; 2], [stride; 2], [[0; 2]; 2], [1; 2]);
    let (mut inputs, mut size) = (3, 32);
    for outputs in channels {
        let bound = (6.0 / (inputs * 25) as f32).sqrt();
        let weight = layers.weights(vec![outputs, inputs, 5, 5], bound)?;
        let bias = layers.weights(vec![outputs], 0.05)?;
        let conv = Op::Conv(FloatConv {
            window: window(5, 1),
            groups: 1,
        });
        size -= 4;
        layers.push(conv, vec![weight, bias], vec![1, outputs, size, size]);
        layers.relu();
        size /= 2;
        let pool = Op::MaxPool(MaxPool { window: window(2, 2) });
        layers.push(pool, vec![], vec![1, outputs, size, size]);
        inputs = outputs;
    }
    let mut flat = inputs * size * size;
    layers.push(Op::Reshape, vec![], vec![1, flat]);
    for (i, width) in widths.into_iter().enumerate() {
        layers.dense(flat, width, i == 2)?;
        flat = width;
    }
    Ok(layers.finish())
}
