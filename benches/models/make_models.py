#!/usr/bin/env python3
"""Writes the benchmark models with an input each. Weights are seeded: every machine gets the same ones.

    pip install -r requirements.txt
    python make_models.py FOLDER      # FOLDER/NAME/{network.onnx,input.json}

mlp_50k   MLP 64-128-256-32-10, ReLU
mlp_4m    MLP 4-1024-1024-1024-1024-1024-3, ReLU
cnn_62k   conv 5x5 (6), ReLU, max-pool, conv 5x5 (16), ReLU, max-pool, dense 120, 84, 10; input 3x32x32 (LeNet-5's size)
cnn_264k  the same with 16 and 32 channels, dense 268, 128, 10
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.helper import make_node as node


def save(folder, nodes, weights, sample, outputs):
    """Writes the graph from `input` to `output` and the sample."""
    folder.mkdir(parents=True, exist_ok=True)
    graph = helper.make_graph(
        nodes,
        folder.name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, sample.shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, outputs])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(model))
    onnx.save(model, folder / "network.onnx")
    data = {"input_data": [sample.ravel().tolist()], "input_shapes": [list(sample.shape)]}
    (folder / "input.json").write_text(json.dumps(data))
    print(f"{folder.name}: {sum(value.size for value in weights.values())} parameters")


def sample(seed, shape):
    """Uniform in [-1, 1]."""
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def dense(random, inputs, outputs, last):
    """Weight (outputs, inputs) and bias; activations neither grow nor vanish through a ReLU."""
    bound = (1.0 if last else math.sqrt(6)) / math.sqrt(inputs)
    return random.uniform(-bound, bound, (outputs, inputs)), random.uniform(-0.05, 0.05, outputs)


def mlp(folder, widths):
    random, nodes, weights, x = np.random.default_rng(1), [], {}, "input"
    layers = list(zip(widths, widths[1:]))
    for k, (inputs, outputs) in enumerate(layers):
        last = k == len(layers) - 1
        weights[f"w{k}"], weights[f"b{k}"] = dense(random, inputs, outputs, last)
        y = "output" if last else f"g{k}"
        nodes.append(node("Gemm", [x, f"w{k}", f"b{k}"], [y], transB=1))
        if not last:
            nodes.append(node("Relu", [y], [f"r{k}"]))
            x = f"r{k}"
    save(folder, nodes, weights, sample(100, (1, widths[0])), widths[-1])


def cnn(folder, channels, widths):
    random, weights = np.random.default_rng(2), {}
    for k, (outputs, inputs) in enumerate(zip(channels, (3, *channels)), 1):
        bound = math.sqrt(6 / (inputs * 25))
        weights[f"cw{k}"] = random.uniform(-bound, bound, (outputs, inputs, 5, 5))
        weights[f"cb{k}"] = random.uniform(-0.05, 0.05, outputs)
    sizes = (channels[-1] * 25, *widths)
    for k, (inputs, outputs) in enumerate(zip(sizes, widths), 1):
        weights[f"w{k}"], weights[f"b{k}"] = dense(random, inputs, outputs, k == len(widths))
    pool = dict(kernel_shape=[2, 2], strides=[2, 2])
    nodes = [
        node("Conv", ["input", "cw1", "cb1"], ["c1"], kernel_shape=[5, 5]),
        node("Relu", ["c1"], ["a1"]),
        node("MaxPool", ["a1"], ["p1"], **pool),
        node("Conv", ["p1", "cw2", "cb2"], ["c2"], kernel_shape=[5, 5]),
        node("Relu", ["c2"], ["a2"]),
        node("MaxPool", ["a2"], ["p2"], **pool),
        node("Flatten", ["p2"], ["f"], axis=1),
        node("Gemm", ["f", "w1", "b1"], ["g1"], transB=1),
        node("Relu", ["g1"], ["h1"]),
        node("Gemm", ["h1", "w2", "b2"], ["g2"], transB=1),
        node("Relu", ["g2"], ["h2"]),
        node("Gemm", ["h2", "w3", "b3"], ["output"], transB=1),
    ]
    save(folder, nodes, weights, sample(101, (1, 3, 32, 32)), widths[-1])


def main(folder):
    mlp(folder / "mlp_50k", (64, 128, 256, 32, 10))
    mlp(folder / "mlp_4m", (4, 1024, 1024, 1024, 1024, 1024, 3))
    cnn(folder / "cnn_62k", (6, 16), (120, 84, 10))
    cnn(folder / "cnn_264k", (16, 32), (268, 128, 10))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
