#!/usr/bin/env python3
"""Trains the example models on scikit-learn's bundled handwritten digits and writes them as ONNX.

    pip install -r requirements.txt
    python train.py            # writes cnn.onnx, mlp.onnx, calibration.npz and test.npz beside this file

Everything is seeded and runs in float64 on one thread, so a repeated run writes the same models.
"""
import os

# One BLAS thread: sums are made in the same order on every run.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import zipfile  # noqa: E402

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402

FOLDER = os.path.dirname(os.path.abspath(__file__))
EPOCHS = 120
BATCH = 32


def data():
    """Images (N, 1, 8, 8) with pixels in 0..1, and labels, split into training and test sets."""
    digits = load_digits()
    images = (digits.images / 16.0)[:, None]
    return train_test_split(images, digits.target, test_size=450, random_state=7, stratify=digits.target)


class Dense:
    """y = x·w + b over flattened samples."""

    def __init__(self, rng, n_in, n_out):
        self.params = [rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)), np.zeros(n_out)]

    def forward(self, x):
        self.shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.params[0] + self.params[1]

    def backward(self, dy):
        self.grads = [self.x.T @ dy, dy.sum(0)]
        return (dy @ self.params[0].T).reshape(self.shape)


class Conv3x3:
    """3x3 convolution, padding 1, by patches."""

    def __init__(self, rng, n_in, n_out):
        self.params = [rng.normal(0, np.sqrt(2 / (9 * n_in)), (n_out, n_in, 3, 3)), np.zeros(n_out)]

    def forward(self, x):
        n, c, h, w = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        self.patches = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * 9)
        self.shape = x.shape
        y = self.patches @ self.params[0].reshape(len(self.params[0]), -1).T + self.params[1]
        return y.reshape(n, h, w, -1).transpose(0, 3, 1, 2)

    def backward(self, dy):
        n, c, h, w = self.shape
        flat = dy.transpose(0, 2, 3, 1).reshape(n * h * w, -1)
        self.grads = [(flat.T @ self.patches).reshape(self.params[0].shape), flat.sum(0)]
        patches = (flat @ self.params[0].reshape(len(self.params[0]), -1)).reshape(n, h, w, c, 3, 3)
        dx = np.zeros((n, c, h + 2, w + 2))
        for i in range(3):
            for j in range(3):
                dx[:, :, i : i + h, j : j + w] += patches[..., i, j].transpose(0, 3, 1, 2)
        return dx[:, :, 1:-1, 1:-1]


class Relu:
    params = grads = ()

    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dy):
        return dy * self.mask


class MaxPool2:
    params = grads = ()

    def forward(self, x):
        n, c, h, w = x.shape
        blocks = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
        self.shape, self.best = x.shape, blocks.argmax(-1)
        return blocks.max(-1)

    def backward(self, dy):
        n, c, h, w = self.shape
        blocks = np.eye(4)[self.best] * dy[..., None]
        return blocks.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(self.shape)


def forward(layers, x):
    for layer in layers:
        x = layer.forward(x)
    return x


def train(layers, images, labels, seed):
    """Adam on the cross-entropy, with images shifted by up to one pixel and a decaying learning rate."""
    rng = np.random.default_rng(seed)
    params = [p for layer in layers for p in layer.params]
    m, v, step = [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params], 0
    for epoch in range(EPOCHS):
        rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = rng.permutation(len(images))
        for start in range(0, len(order), BATCH):
            pick = order[start : start + BATCH]
            dx = int(rng.integers(-1, 2))
            x = np.pad(images[pick], ((0, 0), (0, 0), (0, 0), (1, 1)))[..., 1 + dx : 9 + dx]
            logits = forward(layers, x)
            p = np.exp(logits - logits.max(1, keepdims=True))
            grad = (p / p.sum(1, keepdims=True) - np.eye(10)[labels[pick]]) / len(pick)
            for layer in reversed(layers):
                grad = layer.backward(grad)
            grads = [g for layer in layers for g in layer.grads]
            step += 1
            for k, (p, g) in enumerate(zip(params, grads)):
                g = g + 1e-4 * p
                m[k] = 0.9 * m[k] + 0.1 * g
                v[k] = 0.999 * v[k] + 0.001 * g * g
                p -= rate * (m[k] / (1 - 0.9**step)) / (np.sqrt(v[k] / (1 - 0.999**step)) + 1e-8)


def write(name, layers):
    """Writes the layers as an ONNX file for one image (1, 1, 8, 8)."""
    nodes, tensors, x, flat, count = [], [], "image", False, 0
    for layer in layers:
        count += 1
        last = layer is layers[-1]
        y = "logits" if last else f"{type(layer).__name__.lower()}{count}"
        names = [f"{y}.weight", f"{y}.bias"] if layer.params else []
        tensors += [numpy_helper.from_array(p.astype(np.float32), n) for p, n in zip(layer.params, names)]
        if isinstance(layer, Dense):
            if not flat:
                nodes.append(helper.make_node("Flatten", [x], ["flat"], name="flatten", axis=1))
                x, flat = "flat", True
            nodes.append(helper.make_node("Gemm", [x, *names], [y], name=y))
        elif isinstance(layer, Conv3x3):
            nodes.append(helper.make_node("Conv", [x, *names], [y], name=y, kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        elif isinstance(layer, Relu):
            nodes.append(helper.make_node("Relu", [x], [y], name=y))
        else:
            nodes.append(helper.make_node("MaxPool", [x], [y], name=y, kernel_shape=[2, 2], strides=[2, 2]))
        x = y
    graph = helper.make_graph(
        nodes,
        f"digits_{name}",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 10])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="digits")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, os.path.join(FOLDER, f"{name}.onnx"))


def write_npz(name, **arrays):
    """`np.savez_compressed` without the time of day, so that the bytes repeat."""
    with zipfile.ZipFile(os.path.join(FOLDER, name), "w", zipfile.ZIP_DEFLATED) as archive:
        for key, array in arrays.items():
            entry = zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array))


def main():
    train_x, test_x, train_y, test_y = data()
    rng = np.random.default_rng(11)
    models = {
        "cnn": [Conv3x3(rng, 1, 8), Relu(), MaxPool2(), Conv3x3(rng, 8, 16), Relu(), Dense(rng, 256, 10)],
        "mlp": [Dense(rng, 64, 32), Relu(), Dense(rng, 32, 32), Relu(), Dense(rng, 32, 10)],
    }
    for name, layers in models.items():
        train(layers, train_x, train_y, seed=13)
        accuracy = (forward(layers, test_x).argmax(1) == test_y).mean()
        size = sum(p.size for layer in layers for p in layer.params)
        print(f"{name}: {size} parameters, test accuracy {accuracy:.4f}")
        write(name, layers)
    write_npz("calibration.npz", image=train_x[:128].astype(np.float32))
    write_npz("test.npz", image=test_x.astype(np.float32), label=test_y.astype(np.int64))


if __name__ == "__main__":
    main()
