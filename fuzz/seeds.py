#!/usr/bin/env python3
"""Writes files to begin with into fuzz/corpus/: what the repository holds, and what `hallmark` makes of the digits MLP.

    python3 fuzz/seeds.py [PROGRAM]
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
ROOT = FUZZ.parent
DIGITS = ROOT / "examples" / "digits"


def seed(target, name, data):
    folder = FUZZ / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def from_files():
    for path in [*(ROOT / "tests" / "reference" / "data").iterdir(), *DIGITS.iterdir()]:
        for target in {".onnx": ["import", "quantize"], ".npz": ["inputs"], ".npy": ["inputs"]}.get(path.suffix, []):
            seed(target, path.name, path.read_bytes())
    inputs = {
        "flat": {"input_data": [[1, 2, 3, 4, 5, 6]]},
        "nested": {"x": [[[1.5, -2, 3e2], [4, 5, 6]]], "mask": [0]},
        "samples": [{"x": [1, 2, 3, 4, 5, 6], "mask": [0]}] * 2,
        "request": {"input": {"x": [1, 2, 3, 4, 5, 6], "mask": 1}},
    }
    for name, value in inputs.items():
        seed("inputs", f"{name}.json", json.dumps(value).encode())
    for name in ["audit_file", "log_head", "log_consistency"]:
        page = json.loads((ROOT / "server" / "src" / "api" / "examples" / f"get_{name}.json").read_text())
        body = page["responses"]["200"]["application/json"]
        if name == "audit_file":
            # Examples abbreviate what is long, and an entry has to have its hash.
            body["bundle"]["proof"] = body["verifying_key"] = "AAAA"
            body["receipt"]["entry"] = "{}"
            body["receipt"]["leaf_hash"] = hashlib.sha256(b"\0{}").hexdigest()
        seed("log", f"{name}.json", json.dumps(body).encode())


def from_program(program):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)

        def run(*arguments):
            subprocess.run([program, "--quiet", "--cache", folder / "cache", *arguments], check=True, stdout=subprocess.DEVNULL)

        model = folder / "model"
        (folder / "in.json").write_text(json.dumps({"input_data": [[0.5] * 64]}))
        run("compile", DIGITS / "mlp.onnx", "--calibration", DIGITS / "calibration.npz", "--public-only", "--bits", "6", "-o", model)
        seed("graph", "mlp.json", (model / "quantized.json").read_bytes())
        key = (model / "vk.bin").read_bytes()
        for name in ["mlp.proof", "mlp.json"]:
            run("prove", model, "--input", folder / "in.json", "-o", folder / name)
            bundle = (folder / name).read_bytes()
            seed("bundle", name, bundle)
            seed("key", name, len(key).to_bytes(4, "little") + key + bundle)


def main():
    from_files()
    from_program(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "release" / "hallmark")


if __name__ == "__main__":
    main()
