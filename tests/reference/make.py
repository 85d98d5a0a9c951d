#!/usr/bin/env python3
"""Writes small ONNX models with random inputs and onnxruntime's outputs: what the importer and the interpreters
are tested against.

    pip install -r requirements.txt
    python make.py             # writes data/NAME.onnx, data/NAME.npz and data/errors/NAME.onnx

NAME.npz holds the inputs and the outputs by name; their first axis counts the samples. Everything is seeded.
"""
import os
import shutil
import zipfile
import zlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T
from onnx import helper, numpy_helper

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
SAMPLES = 6
RNG = np.random.default_rng(0)
node = helper.make_node
made = []


def value(name, shape, element=T.FLOAT):
    return helper.make_tensor_value_info(name, element, shape)


def random(*shape, scale=1.0):
    return RNG.uniform(-scale, scale, shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def model(nodes, inputs, constants, outputs, opset, old_ir=False):
    """`inputs` and `outputs` map names to shapes (or to (shape, type)); `constants` map names to arrays."""
    def infos(mapping):
        return [value(n, *(v if isinstance(v, tuple) else (v,))) for n, v in mapping.items()]

    tensors = [numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()]
    ins = infos(inputs)
    if old_ir:
        ins += [value(t.name, list(t.dims), t.data_type) for t in tensors]
    graph = helper.make_graph(nodes, "case", ins, infos(outputs), tensors)
    foreign = sorted({n.domain for n in nodes if n.domain})
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in foreign)])
    result.ir_version = 3 if old_ir else 8
    return result


def write_npz(path, arrays):
    """`np.savez_compressed` without the time of day, so that the bytes repeat."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, array in arrays.items():
            entry = zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array))


def case(name, nodes, inputs, constants=None, outputs=("y",), opset=17, old_ir=False, scale=1.0, between=None, step=None):
    """Writes one model and its vectors; `inputs` map names to shapes. Real inputs lie within ±scale, or `between` two numbers, and are
    multiples of `step`, if there is one."""
    if not isinstance(nodes, list):
        nodes = [nodes]
    unknown = {n: None for n in outputs}
    built = model(nodes, inputs, constants or {}, unknown, opset, old_ir)
    for o in built.graph.output:
        o.ClearField("type")
    inferred = onnx.shape_inference.infer_shapes(built)
    kinds = {o.name: o.type.tensor_type.elem_type or T.FLOAT for o in inferred.graph.output}
    for o in built.graph.output:
        o.type.tensor_type.elem_type = kinds[o.name]
    session = onnxruntime.InferenceSession(built.SerializeToString(), providers=["CPUExecutionProvider"])
    batches = {n: random(SAMPLES, *(v[0] if isinstance(v, tuple) else v), scale=scale) for n, v in inputs.items()}
    if between:
        batches = {n: (between[0] + (b / scale + 1) / 2 * (between[1] - between[0])).astype(np.float32) for n, b in batches.items()}
    if step:
        batches = {n: (np.round(b / step) * step).astype(np.float32) for n, b in batches.items()}
    for n, v in inputs.items():
        if isinstance(v, tuple):
            low, high = (0, 255) if v[1] == T.UINT8 else (-20, 20)
            batches[n] = RNG.integers(low, high, batches[n].shape).astype(helper.tensor_dtype_to_np_dtype(v[1]))
    runs = [session.run(list(outputs), {n: np.asarray(b[i]) for n, b in batches.items()}) for i in range(SAMPLES)]
    results = {n: np.stack([r[k] for r in runs]) for k, n in enumerate(outputs)}
    # Truth values as numbers, as the models' outputs are read.
    results = {n: r.astype(np.float32) if r.dtype == bool else r for n, r in results.items()}
    del built.graph.output[:]
    built.graph.output.extend(value(n, results[n].shape[1:], kinds[n]) for n in outputs)
    onnx.checker.check_model(built)
    onnx.save(built, os.path.join(FOLDER, f"{name}.onnx"))
    write_npz(os.path.join(FOLDER, f"{name}.npz"), batches | results)
    made.append(name)


def error(name, nodes, inputs=None, constants=None, outputs=None, opset=17):
    built = model(nodes, inputs or {"x": [1, 4]}, constants or {}, outputs or {"y": None}, opset)
    save_error(name, built)


def save_error(name, built):
    onnx.save(built, os.path.join(FOLDER, "errors", f"{name}.onnx"))


def linear_algebra():
    w, b = random(5, 4), random(4)
    case("gemm", node("Gemm", ["x", "w", "b"], ["y"]), {"x": [3, 5]}, {"w": w, "b": b})
    case("gemm_transposed", node("Gemm", ["x", "w", "b"], ["y"], transA=1, transB=1, alpha=0.5, beta=2.0),
         {"x": [5, 3]}, {"w": w.T.copy(), "b": random(1, 1)})
    case("gemm_no_bias", node("Gemm", ["x", "w"], ["y"]), {"x": [1, 5]}, {"w": w}, opset=11)
    case("gemm_full_bias", node("Gemm", ["x", "w", "b"], ["y"], beta=0.5), {"x": [3, 5]}, {"w": w, "b": random(3, 4)})
    case("gemm_column_bias", node("Gemm", ["x", "w", "b"], ["y"]), {"x": [3, 5]}, {"w": w, "b": random(3, 1)})
    case("gemm_scalar_bias", node("Gemm", ["x", "w", "b"], ["y"]), {"x": [3, 5]}, {"w": w, "b": random(1)})
    case("gemm_constant_left", node("Gemm", ["w", "x", "b"], ["y"], alpha=0.5), {"x": [4, 3]}, {"w": w, "b": random(3)})
    case("gemm_variables", node("Gemm", ["x", "z", "b"], ["y"], transB=1, alpha=0.7),
         {"x": [3, 5], "z": [4, 5]}, {"b": b})
    case("gemm_variable_bias", node("Gemm", ["x", "w", "z"], ["y"], beta=0.3), {"x": [3, 5], "z": [4]}, {"w": w})
    case("gemm_old_ir", node("Gemm", ["x", "w", "b"], ["y"]), {"x": [3, 5]}, {"w": w, "b": b}, opset=9, old_ir=True)
    case("matmul", node("MatMul", ["x", "w"], ["y"]), {"x": [2, 3, 5]}, {"w": w})
    case("matmul_variables", node("MatMul", ["x", "z"], ["y"]), {"x": [2, 3, 5], "z": [2, 5, 2]})
    case("matmul_broadcast", node("MatMul", ["x", "z"], ["y"]), {"x": [2, 1, 3, 5], "z": [3, 5, 2]})
    case("matmul_constant_left", node("MatMul", ["w", "x"], ["y"]), {"x": [2, 4, 3]}, {"w": w})
    case("matmul_vector_left", node("MatMul", ["x", "w"], ["y"]), {"x": [5]}, {"w": w})
    case("matmul_vector_right", node("MatMul", ["x", "w"], ["y"]), {"x": [3, 5]}, {"w": random(5)})
    case("matmul_vectors", node("MatMul", ["x", "w"], ["y"]), {"x": [5]}, {"w": random(5)})
    case("matmul_add", [node("MatMul", ["x", "w"], ["m"]), node("Add", ["m", "b"], ["y"])],
         {"x": [3, 5]}, {"w": w, "b": b})
    for tag, equation, x, z in [
        ("plain", "ij,jk->ik", [3, 5], None),
        ("implicit", "ij,jk", [3, 5], None),
        ("spaces", " b i j , j k -> b k i ", [2, 3, 5], None),
        ("ellipsis", "...j,jk->...k", [2, 2, 5], None),
    ]:
        case(f"einsum_{tag}", node("Einsum", ["x", "w"], ["y"], equation=equation), {"x": x}, {"w": w})
    case("einsum_attention", node("Einsum", ["x", "z"], ["y"], equation="bqhd,bkhd->bhqk"),
         {"x": [2, 3, 2, 4], "z": [2, 5, 2, 4]})
    case("einsum_outer_free", node("Einsum", ["x", "w"], ["y"], equation="abj,jcd->cabd"),
         {"x": [2, 3, 5]}, {"w": random(5, 2, 2)})
    case("einsum_transpose", node("Einsum", ["x"], ["y"], equation="abc->cab"), {"x": [2, 3, 4]})


def convolutions():
    def conv(name, x, w, bias=True, opset=17, **attributes):
        constants = {"w": random(*w)} | ({"b": random(w[0])} if bias else {})
        case(f"conv_{name}", node("Conv", ["x", *constants], ["y"], **attributes), {"x": x}, constants, opset=opset)

    conv("plain", [1, 2, 6, 5], [3, 2, 3, 3])
    conv("batch", [2, 2, 5, 5], [3, 2, 3, 3], bias=False, kernel_shape=[3, 3])
    conv("pads", [1, 2, 6, 5], [3, 2, 3, 2], pads=[1, 0, 2, 1])
    conv("strides", [1, 2, 7, 8], [3, 2, 3, 3], strides=[2, 3], pads=[1, 1, 1, 1])
    conv("dilations", [1, 2, 8, 9], [2, 2, 3, 2], dilations=[2, 3], opset=11)
    conv("groups", [1, 4, 5, 5], [6, 2, 3, 3], group=2)
    conv("depthwise", [1, 3, 6, 6], [3, 1, 3, 3], group=3, pads=[1, 1, 1, 1], strides=[2, 2])
    conv("depth_multiplier", [1, 2, 5, 5], [4, 1, 2, 2], group=2)
    conv("pointwise", [1, 4, 3, 3], [5, 4, 1, 1])
    conv("same_upper", [1, 2, 6, 7], [2, 2, 4, 3], auto_pad="SAME_UPPER", strides=[2, 2])
    conv("same_lower", [1, 2, 6, 7], [2, 2, 4, 2], auto_pad="SAME_LOWER", strides=[1, 2])
    conv("valid", [1, 2, 6, 7], [2, 2, 4, 2], auto_pad="VALID")
    conv("line", [1, 3, 12], [4, 3, 3], pads=[1, 2], strides=[2])
    conv("line_dilated", [2, 2, 12], [4, 1, 3], group=2, dilations=[3])
    conv("opset9", [1, 1, 4, 4], [2, 1, 2, 2], opset=9)


def pools():
    for op in ("MaxPool", "AveragePool"):
        def pool(name, x, opset=19, **attributes):
            case(f"{op.lower()}_{name}", node(op, ["x"], ["y"], **attributes), {"x": x}, opset=opset)

        pool("plain", [1, 2, 6, 6], kernel_shape=[2, 2], strides=[2, 2])
        pool("overlap", [1, 2, 6, 7], kernel_shape=[3, 2], strides=[1, 2])
        pool("pads", [1, 2, 6, 6], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 2])
        pool("ceil", [1, 2, 6, 7], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        pool("ceil_pads", [1, 1, 5, 6], kernel_shape=[2, 3], strides=[3, 3], pads=[1, 1, 0, 1], ceil_mode=1)
        pool("dilated", [1, 1, 7, 7], kernel_shape=[2, 3], dilations=[3, 2])
        pool("same_upper", [1, 1, 5, 6], kernel_shape=[2, 3], strides=[2, 2], auto_pad="SAME_UPPER")
        pool("same_lower", [1, 1, 5, 6], kernel_shape=[2, 3], strides=[2, 2], auto_pad="SAME_LOWER")
        pool("line", [1, 2, 9], kernel_shape=[3], strides=[2], pads=[1, 1])
        pool("opset10", [2, 2, 4, 4], opset=10, kernel_shape=[2, 2])
    case("averagepool_count_pads", node("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1],
         strides=[2, 2], count_include_pad=1), {"x": [1, 2, 5, 5]})
    case("global_average_pool", node("GlobalAveragePool", ["x"], ["y"]), {"x": [1, 3, 4, 5]})
    case("global_average_pool_line", node("GlobalAveragePool", ["x"], ["y"]), {"x": [2, 3, 7]})
    case("global_max_pool", node("GlobalMaxPool", ["x"], ["y"]), {"x": [1, 3, 4, 5]})
    case("reduce_mean_spatial", node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0), {"x": [1, 3, 4, 5]}, opset=13)
    case("reduce_mean_first", node("ReduceMean", ["x", "a"], ["y"]), {"x": [3, 2, 4]}, {"a": ints(0, -1)}, opset=18)
    case("reduce_mean_all", node("ReduceMean", ["x"], ["y"], keepdims=0), {"x": [3, 2, 4]}, opset=18)


def windows_of_any_rank():
    """Convolutions and pools over one and three axes, each attribute there is."""
    def conv(name, x, w, bias=True, **attributes):
        constants = {"w": random(*w)} | ({"b": random(w[0])} if bias else {})
        case(f"conv_{name}", node("Conv", ["x", *constants], ["y"], **attributes), {"x": x}, constants)

    conv("line_plain", [1, 2, 9], [3, 2, 4])
    conv("line_strides", [2, 4, 11], [6, 2, 3], group=2, strides=[3], pads=[2, 1], dilations=[2])
    conv("line_depthwise", [1, 3, 8], [3, 1, 3], group=3, pads=[1, 1], bias=False)
    conv("line_same_upper", [1, 2, 8], [2, 2, 4], auto_pad="SAME_UPPER", strides=[3])
    conv("line_same_lower", [1, 2, 8], [2, 2, 4], auto_pad="SAME_LOWER", strides=[2])
    conv("line_valid", [1, 2, 8], [2, 2, 3], auto_pad="VALID")
    conv("volume", [1, 2, 4, 5, 6], [3, 2, 2, 3, 2])
    conv("volume_batch", [2, 1, 3, 3, 3], [2, 1, 2, 2, 2], bias=False, kernel_shape=[2, 2, 2])
    conv("volume_pads", [1, 1, 3, 4, 3], [2, 1, 3, 2, 3], pads=[1, 0, 2, 0, 1, 1])
    conv("volume_strides", [1, 2, 5, 6, 7], [2, 2, 2, 3, 3], strides=[2, 3, 1], pads=[1, 1, 1, 0, 1, 1])
    conv("volume_dilations", [1, 1, 5, 6, 7], [2, 1, 3, 2, 2], dilations=[2, 3, 4], strides=[1, 2, 1])
    conv("volume_groups", [1, 4, 3, 4, 3], [6, 2, 2, 2, 2], group=2)
    conv("volume_depthwise", [1, 3, 4, 4, 4], [3, 1, 3, 3, 3], group=3, pads=[1] * 6, strides=[2, 2, 2])
    conv("volume_pointwise", [1, 3, 2, 3, 2], [4, 3, 1, 1, 1])
    conv("volume_same_upper", [1, 1, 4, 5, 6], [2, 1, 2, 3, 4], auto_pad="SAME_UPPER", strides=[1, 2, 2])
    conv("volume_same_lower", [1, 1, 4, 5, 6], [2, 1, 2, 3, 4], auto_pad="SAME_LOWER", strides=[1, 2, 2])
    conv("volume_valid", [1, 1, 4, 5, 6], [2, 1, 2, 3, 4], auto_pad="VALID")
    for op in ("MaxPool", "AveragePool"):
        def pool(name, x, **attributes):
            case(f"{op.lower()}_{name}", node(op, ["x"], ["y"], **attributes), {"x": x}, opset=19)

        pool("line_ceil", [1, 2, 8], kernel_shape=[3], strides=[2], ceil_mode=1)
        pool("line_ceil_pads", [1, 2, 9], kernel_shape=[3], strides=[3], pads=[1, 1], ceil_mode=1)
        pool("line_dilated", [1, 2, 9], kernel_shape=[3], dilations=[2], strides=[2])
        pool("line_same_upper", [1, 2, 8], kernel_shape=[3], strides=[2], auto_pad="SAME_UPPER")
        pool("line_same_lower", [1, 2, 8], kernel_shape=[3], strides=[2], auto_pad="SAME_LOWER")
        pool("volume", [2, 2, 4, 4, 4], kernel_shape=[2, 2, 2], strides=[2, 2, 2])
        pool("volume_overlap", [1, 1, 3, 4, 5], kernel_shape=[2, 3, 2], strides=[1, 1, 2])
        pool("volume_pads", [1, 2, 4, 4, 5], kernel_shape=[3, 2, 3], strides=[2, 2, 2], pads=[1, 0, 1, 1, 1, 2])
        pool("volume_ceil", [1, 1, 4, 5, 6], kernel_shape=[2, 2, 3], strides=[3, 2, 2], ceil_mode=1)
        pool("volume_ceil_pads", [1, 1, 5, 4, 5], kernel_shape=[2, 3, 2], strides=[3, 2, 3], pads=[1, 1, 0, 0, 1, 1],
             ceil_mode=1)
        pool("volume_dilated", [1, 1, 5, 4, 5], kernel_shape=[2, 2, 3], dilations=[3, 1, 2])
        pool("volume_same_upper", [1, 1, 3, 5, 6], kernel_shape=[2, 2, 3], strides=[2, 2, 2], auto_pad="SAME_UPPER")
        pool("volume_same_lower", [1, 1, 3, 5, 6], kernel_shape=[2, 2, 3], strides=[2, 2, 2], auto_pad="SAME_LOWER")
    for rank, shape in (("line", [1, 2, 6]), ("volume", [1, 1, 4, 3, 4])):
        axes = len(shape) - 2
        case(f"averagepool_{rank}_count_pads", node("AveragePool", ["x"], ["y"], kernel_shape=[3] * axes,
             pads=[1] * (2 * axes), strides=[2] * axes, count_include_pad=1), {"x": shape})
        case(f"global_max_pool_{rank}", node("GlobalMaxPool", ["x"], ["y"]), {"x": shape})
    case("global_average_pool_volume", node("GlobalAveragePool", ["x"], ["y"]), {"x": [2, 2, 3, 2, 3]})
    case("reduce_mean_volume", node("ReduceMean", ["x"], ["y"], axes=[2, 3, 4]), {"x": [1, 2, 3, 2, 3]}, opset=13)
    case("reduce_mean_line", node("ReduceMean", ["x"], ["y"], axes=[2], keepdims=0), {"x": [1, 2, 5]}, opset=13)
    parameters = {"s": random(3), "b": random(3), "m": random(3), "v": np.abs(random(3)) + 0.5}
    for rank, shape in (("line", [1, 2, 9]), ("volume", [1, 2, 3, 4, 3])):
        kernel = [3, 2] + [2] * (len(shape) - 2)
        case(f"conv_{rank}_batch_norm", [node("Conv", ["x", "w"], ["c"]), node("BatchNormalization", ["c", *parameters], ["n"]),
             node("Relu", ["n"], ["y"])], {"x": shape}, {"w": random(*kernel)} | parameters)


def elementwise():
    for op in ("Add", "Sub", "Mul"):
        case(f"{op.lower()}_tensors", node(op, ["x", "z"], ["y"]), {"x": [2, 3, 4], "z": [3, 1]})
        case(f"{op.lower()}_constant", node(op, ["x", "c"], ["y"]), {"x": [2, 3, 4]}, {"c": random(3, 1, scale=3.0)})
        case(f"{op.lower()}_constant_left", node(op, ["c", "x"], ["y"]), {"x": [3, 1]}, {"c": random(2, 3, 4)})
        case(f"{op.lower()}_scalar", node(op, ["x", "c"], ["y"]), {"x": [2, 4]}, {"c": np.float32(0.3)})
    case("add_same", node("Add", ["x", "x"], ["y"]), {"x": [2, 4]})
    case("div_constant", node("Div", ["x", "c"], ["y"]), {"x": [2, 3]}, {"c": np.array([0.5, 2.0, -3.0], np.float32)})
    case("div_scalar", node("Div", ["x", "c"], ["y"]), {"x": [2, 3]}, {"c": np.float32(1.7)})
    case("neg", node("Neg", ["x"], ["y"]), {"x": [2, 3]})
    case("sum", node("Sum", ["x", "z", "x"], ["y"]), {"x": [2, 3], "z": [3]})
    for op in ("Relu", "Sigmoid", "Tanh", "Erf", "HardSwish", "HardSigmoid", "LeakyRelu"):
        case(op.lower(), node(op, ["x"], ["y"]), {"x": [2, 9]}, scale=4.0)
    case("leakyrelu_alpha", node("LeakyRelu", ["x"], ["y"], alpha=0.3), {"x": [2, 9]}, scale=4.0, opset=9)
    case("hardsigmoid_slopes", node("HardSigmoid", ["x"], ["y"], alpha=0.4, beta=0.3), {"x": [2, 9]}, scale=4.0)
    case("gelu", node("Gelu", ["x"], ["y"]), {"x": [2, 9]}, scale=4.0, opset=20)
    case("gelu_tanh", node("Gelu", ["x"], ["y"], approximate="tanh"), {"x": [2, 9]}, scale=4.0, opset=20)
    case("prelu_channels", node("PRelu", ["x", "s"], ["y"]), {"x": [1, 3, 2, 2]}, {"s": random(3, 1, 1)})
    case("prelu_scalar", node("PRelu", ["x", "s"], ["y"]), {"x": [2, 5]}, {"s": np.array([0.2], np.float32)})
    case("clip_attributes", node("Clip", ["x"], ["y"], min=-0.5, max=0.7), {"x": [2, 9]}, opset=9)
    case("clip_inputs", node("Clip", ["x", "lo", "hi"], ["y"]), {"x": [2, 9]},
         {"lo": np.float32(-0.5), "hi": np.float32(0.7)})
    case("clip_upper", node("Clip", ["x", "", "hi"], ["y"]), {"x": [2, 9]}, {"hi": np.float32(0.2)})
    case("clip_relu", node("Clip", ["x", "lo"], ["y"]), {"x": [2, 9]}, {"lo": np.float32(0)})
    parameters = {"s": random(3), "b": random(3), "m": random(3), "v": np.abs(random(3)) + 0.5}
    case("batch_norm", node("BatchNormalization", ["x", *parameters], ["y"], epsilon=1e-3), {"x": [2, 3, 4, 4]}, parameters)
    case("batch_norm_opset9", node("BatchNormalization", ["x", *parameters], ["y"]), {"x": [2, 3]}, parameters, opset=9)
    case("conv_batch_norm", [node("Conv", ["x", "w"], ["c"]), node("BatchNormalization", ["c", *parameters], ["n"]),
         node("Relu", ["n"], ["y"])], {"x": [1, 2, 5, 5]}, {"w": random(3, 2, 3, 3)} | parameters)
    case("cast_input", [node("Cast", ["x"], ["f"], to=T.FLOAT), node("Mul", ["f", "c"], ["y"])],
         {"x": ([1, 6], T.UINT8)}, {"c": np.float32(1 / 255)})
    case("cast_truncates", [node("Cast", ["x"], ["i"], to=T.INT32), node("Cast", ["i"], ["y"], to=T.FLOAT)],
         {"x": [2, 9]}, scale=4.0)
    case("half_weights", [node("Cast", ["c"], ["w"], to=T.FLOAT), node("MatMul", ["x", "w"], ["y"])],
         {"x": [2, 5]}, {"c": random(5, 3).astype(np.float16)})
    case("argmax", node("ArgMax", ["x"], ["y"], axis=1), {"x": [2, 7, 3]})
    case("argmax_flat", node("ArgMax", ["x"], ["y"], axis=-1, keepdims=0), {"x": [2, 7]}, opset=11)
    case("argmax_last", [node("Clip", ["x", "lo", "hi"], ["c"]), node("ArgMax", ["c"], ["y"], axis=1, select_last_index=1)],
         {"x": [2, 9]}, {"lo": np.float32(-0.5), "hi": np.float32(0.1)})
    case("argmax_first", [node("Clip", ["x", "lo", "hi"], ["c"]), node("ArgMax", ["c"], ["y"], axis=1)],
         {"x": [2, 9]}, {"lo": np.float32(-0.5), "hi": np.float32(0.1)})
    case("softsign", node("Softsign", ["x"], ["y"]), {"x": [2, 9]}, scale=4.0)


def functions():
    """Functions of one number, and where they are defined."""
    x = {"x": [2, 9]}
    for op, low, high in [
        ("Exp", -3, 1), ("Log", 0.5, 4), ("Sqrt", 0, 3), ("Reciprocal", 1, 4), ("Sin", -4, 4), ("Cos", -4, 4), ("Tan", -1, 1),
        ("Asin", -1, 0.9), ("Acos", -0.9, 1), ("Atan", -4, 4), ("Sinh", -2, 2), ("Cosh", -2, 2), ("Asinh", -4, 4), ("Acosh", 1, 4),
        ("Atanh", -0.8, 0.8), ("Abs", -4, 4), ("Elu", -4, 4), ("Selu", -4, 4), ("Celu", -4, 4), ("Softplus", -6, 6), ("Mish", -4, 4),
    ]:
        case(op.lower(), node(op, ["x"], ["y"]), x, between=(low, high), opset=18)
    case("reciprocal_negative", node("Reciprocal", ["x"], ["y"]), x, between=(-5, -1))
    case("exp_far_below", node("Exp", ["x"], ["y"]), x, between=(-6, 0))
    # Multiples of 1/4, so that halves are among them.
    for op in ("Ceil", "Floor", "Round", "Sign"):
        case(op.lower(), node(op, ["x"], ["y"]), x, scale=4.0, step=0.25)
    case("thresholdedrelu", node("ThresholdedRelu", ["x"], ["y"], alpha=0.5), x, scale=4.0, step=0.25)
    case("shrink", node("Shrink", ["x"], ["y"], lambd=1.5, bias=0.25), x, scale=4.0, step=0.25)
    case("elu_alpha", node("Elu", ["x"], ["y"], alpha=0.3), x, scale=4.0)
    case("celu_alpha", node("Celu", ["x"], ["y"], alpha=2.0), x, scale=4.0)
    case("selu_slopes", node("Selu", ["x"], ["y"], alpha=1.2, gamma=0.7), x, scale=4.0)
    for tag, exponent in [("two", 2.0), ("three", 3.0), ("half", 0.5), ("minus_one", -1.0), ("fraction", -1.5), ("zero", 0.0)]:
        between = (1, 2) if exponent < 0 else (0, 2) if exponent % 1 else (-2, 2)
        case(f"pow_{tag}", node("Pow", ["x", "e"], ["y"]), x, {"e": np.float32(exponent)}, between=between)
    case("pow_integer_exponent", node("Pow", ["x", "e"], ["y"]), x, {"e": np.int64(3)})
    case("pow_base", node("Pow", ["b", "x"], ["y"]), x, {"b": np.float32(1.7)}, scale=2.0)
    case("pow_exponents", node("Pow", ["x", "e"], ["y"]), {"x": [2, 3]}, {"e": np.array([2, 0.5, 1.5], np.float32)}, between=(1, 2))
    case("pow_variables", node("Pow", ["x", "z"], ["y"]), {"x": [2, 3], "z": [3]}, between=(1, 2))
    # Chains are one table, cut to where all of the chain is defined.
    case("sqrt_reciprocal", [node("Sqrt", ["x"], ["s"]), node("Reciprocal", ["s"], ["y"])], x, between=(0.5, 3))
    case("log_clipped", [node("Log", ["x"], ["l"]), node("Clip", ["l", "low"], ["y"])], x, {"low": np.float32(-1)}, between=(0.1, 1))
    case("sigmoid_spelled", [node("Neg", ["x"], ["n"]), node("Exp", ["n"], ["e"]), node("Add", ["e", "one"], ["s"]),
         node("Div", ["one", "s"], ["y"])], x, {"one": np.float32(1)}, scale=4.0)
    case("silu_spelled", [node("Neg", ["x"], ["n"]), node("Exp", ["n"], ["e"]), node("Add", ["e", "one"], ["s"]),
         node("Div", ["x", "s"], ["y"])], x, {"one": np.float32(1)}, scale=4.0)
    case("not", node("Not", ["x"], ["y"]), {"x": ([2, 4], T.BOOL)})
    case("cast_boolean", [node("Cast", ["x"], ["b"], to=T.BOOL), node("Cast", ["b"], ["y"], to=T.FLOAT)], x, step=0.25)
    case("is_nan", [node("IsNaN", ["x"], ["n"]), node("IsInf", ["x"], ["i"]), node("Cast", ["n"], ["a"], to=T.FLOAT),
         node("Cast", ["i"], ["b"], to=T.FLOAT), node("Add", ["x", "a"], ["z"]), node("Add", ["z", "b"], ["y"])], x, opset=20)
    case("abs_integers", node("Abs", ["x"], ["y"]), {"x": ([2, 4], T.INT32)})
    case("sign_integers", node("Sign", ["x"], ["y"]), {"x": ([2, 4], T.INT64)})
    # On both sides of a pole.
    case("reciprocal_signs", [node("Mul", ["x", "c"], ["m"]), node("Reciprocal", ["m"], ["y"])], {"x": [2, 4]},
         {"c": np.array([1, -1, 1, -1], np.float32)}, between=(1, 2))
    case("pow_integers", node("Pow", ["x", "e"], ["y"]), {"x": ([2, 4], T.INT32)}, {"e": np.int64(3)})
    case("log_reduced", [node("Log", ["x"], ["l"]), node("ReduceMax", ["l"], ["y"], axes=[-1])], x, between=(0.5, 4))


def choices():
    """The greatest, the least and the mean of several tensors."""
    x, both = {"x": [2, 4]}, {"x": [2, 4], "z": [2, 4]}
    for op in ("Max", "Min"):
        tag = op.lower()
        case(f"{tag}_two", node(op, ["x", "z"], ["y"]), both, scale=2.0)
        case(f"{tag}_broadcast", node(op, ["x", "z"], ["y"]), {"x": [3, 1], "z": [2, 1, 4]})
        case(f"{tag}_three", node(op, ["x", "c", "z"], ["y"]), both, {"c": random(4)})
        case(f"{tag}_one", node(op, ["x"], ["y"]), x)
        case(f"{tag}_number", node(op, ["x", "c"], ["y"]), x, {"c": np.float32(0.25)})
        case(f"{tag}_zero", node(op, ["c", "x"], ["y"]), x, {"c": np.float32(0)})
        case(f"{tag}_no_bound", [node(op, ["x", "c"], ["m"]), node("Tanh", ["m"], ["y"])], x,
             {"c": np.float32("-inf" if op == "Max" else "inf")})
        case(f"{tag}_scales", [node("Mul", ["z", "c"], ["s"]), node(op, ["x", "s"], ["y"])], both, {"c": np.float32(0.01)})
        case(f"{tag}_integers", node(op, ["x", "z"], ["y"]), {"x": ([2, 4], T.INT32), "z": ([4], T.INT32)})
        case(f"{tag}_bytes", node(op, ["x", "z"], ["y"]), {"x": ([2, 4], T.UINT8), "z": ([2, 4], T.UINT8)})
        case(f"{tag}_integers_constant", node(op, ["x", "c"], ["y"]), {"x": ([2, 4], T.INT64)}, {"c": ints(3, -5, 0, 7)})
    case("mean", node("Mean", ["x", "z", "c"], ["y"]), both, {"c": random(4)})
    case("mean_one", node("Mean", ["x"], ["y"]), x)
    case("clip_computed", node("Clip", ["x", "lo", "hi"], ["y"]), {"x": [2, 9], "lo": [], "hi": []})
    case("clip_computed_upper", [node("ReduceMean", ["z"], ["hi"], keepdims=0), node("Clip", ["x", "lo", "hi"], ["y"])],
         {"x": [2, 9], "z": [4]}, {"lo": np.float32(-0.1)})
    case("prelu_computed", node("PRelu", ["x", "s"], ["y"]), {"x": [2, 3, 4], "s": [3, 1]})
    case("argmin", node("ArgMin", ["x"], ["y"], axis=1), {"x": [2, 7, 3]})
    case("argmin_last", node("ArgMin", ["x"], ["y"], axis=1, keepdims=0, select_last_index=1), {"x": [2, 9]}, step=0.25)
    case("argmin_first", node("ArgMin", ["x"], ["y"], axis=1, keepdims=0), {"x": [2, 9]}, step=0.25)
    case("argmin_bytes", node("ArgMin", ["x"], ["y"], axis=-1), {"x": ([2, 5], T.UINT8)})


def comparisons():
    """Comparisons, logic and what they choose."""
    both = {"x": [2, 4], "z": [2, 4]}
    for op in ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"):
        tag = op.lower()
        case(f"{tag}_two", node(op, ["x", "z"], ["y"]), both, scale=2.0, step=0.5)
        case(f"{tag}_broadcast", node(op, ["x", "z"], ["y"]), {"x": [3, 1], "z": [2, 1, 4]}, step=0.25)
        case(f"{tag}_number", node(op, ["x", "c"], ["y"]), {"x": [2, 9]}, {"c": np.float32(0.25)}, step=0.25)
        case(f"{tag}_between", node(op, ["c", "x"], ["y"]), {"x": [2, 3]}, {"c": np.array([0.2501, -7, 1e30], np.float32)}, step=0.25)
        case(f"{tag}_integers", node(op, ["x", "z"], ["y"]), {"x": ([2, 9], T.INT32), "z": ([9], T.INT32)})
        case(f"{tag}_integers_constant", node(op, ["x", "c"], ["y"]), {"x": ([2, 4], T.INT64)}, {"c": ints(3, -5, 0, 7)})
        case(f"{tag}_far", [node("Cast", ["x"], ["f"], to=T.INT64), node("Mul", ["f", "k"], ["m"]), node(op, ["m", "z"], ["y"])],
             {"x": ([2, 9], T.INT32), "z": ([9], T.INT64)}, {"k": np.int64(1000)})
    case("greater_scales", [node("Mul", ["z", "c"], ["s"]), node("Greater", ["x", "s"], ["y"])], both, {"c": np.float32(0.001)})
    case("step_spelled", [node("Greater", ["x", "c"], ["g"]), node("Cast", ["g"], ["f"], to=T.FLOAT), node("Mul", ["x", "f"], ["y"])],
         {"x": [2, 9]}, {"c": np.float32(0.25)})
    booleans = {"x": ([2, 4], T.BOOL), "z": ([4], T.BOOL)}
    for op in ("And", "Or", "Xor"):
        case(op.lower(), node(op, ["x", "z"], ["y"]), booleans)
    case("equal_booleans", node("Equal", ["x", "z"], ["y"]), booleans)
    case("and_constant", node("And", ["x", "c"], ["y"]), {"x": ([2, 4], T.BOOL)}, {"c": np.array([True, False, True, False])})
    case("within", [node("Greater", ["x", "low"], ["a"]), node("Less", ["x", "high"], ["b"]), node("And", ["a", "b"], ["y"])],
         {"x": [2, 9]}, {"low": np.float32(-0.5), "high": np.float32(0.5)})
    condition = {"c": ([2, 4], T.BOOL)}
    case("where_all", node("Where", ["c", "x", "z"], ["y"]), condition | both)
    case("where_broadcast", node("Where", ["c", "x", "z"], ["y"]), {"c": ([3, 1], T.BOOL), "x": [1, 4], "z": [2, 1, 1]})
    case("where_constant", node("Where", ["c", "x", "n"], ["y"]), condition | {"x": [2, 4]}, {"n": np.float32(0.3)})
    case("where_constants", node("Where", ["c", "m", "n"], ["y"]), condition, {"m": random(4), "n": np.float32(0.3)})
    case("where_mask", node("Where", ["m", "x", "z"], ["y"]), both, {"m": np.array([True, False, False, True])})
    case("where_mask_constant", node("Where", ["m", "x", "n"], ["y"]), {"x": [2, 4]},
         {"m": np.array([True, False, False, True]), "n": random(4)})
    case("where_integers", node("Where", ["c", "x", "z"], ["y"]), condition | {"x": ([2, 4], T.INT64), "z": ([4], T.INT64)})
    case("where_bytes", node("Where", ["c", "x", "z"], ["y"]), condition | {"x": ([2, 4], T.UINT8), "z": ([4], T.UINT8)})
    case("where_integer_constants", node("Where", ["c", "m", "n"], ["y"]), condition, {"m": ints(5, 6, 7, 8), "n": ints(-3)})
    case("where_positive", [node("Greater", ["x", "zero"], ["g"]), node("Where", ["g", "x", "z"], ["y"])], both, {"zero": np.float32(0)})
    case("hardmax", node("Hardmax", ["x"], ["y"]), {"x": [2, 3, 4]})
    case("hardmax_axis", node("Hardmax", ["x"], ["y"], axis=1), {"x": [2, 5, 3]}, step=0.25)
    case("hardmax_flattened", node("Hardmax", ["x"], ["y"]), {"x": [2, 3, 4]}, opset=11)
    for op in ("Equal", "LessOrEqual", "Greater"):
        # The negative of the least difference is a power of two.
        case(f"{op.lower()}_at_the_end", [node("Cast", ["x"], ["f"], to=T.INT64), node("Mul", ["f", "k"], ["m"]), node(op, ["m", "z"], ["y"])],
             {"x": ([2, 9], T.INT8)}, {"k": np.int64(8192), "z": np.zeros(9, np.int64)})


def reductions():
    """Reductions along axes, as attributes and as inputs."""
    x = {"x": [2, 3, 4]}
    for op, since in [("ReduceSum", 13), ("ReduceMax", 18), ("ReduceMin", 18), ("ReduceL1", 18), ("ReduceSumSquare", 18),
                      ("ReduceProd", 18), ("ReduceLogSum", 18)]:
        tag, between = op.lower(), {"ReduceLogSum": (0.5, 2), "ReduceProd": (0.7, 1.3)}.get(op, (-1, 1))
        case(f"{tag}_attribute", node(op, ["x"], ["y"], axes=[1]), x, opset=since - 1, between=between)
        case(f"{tag}_input", node(op, ["x", "a"], ["y"], keepdims=0), x, {"a": ints(-1, 0)}, opset=since, between=between)
        case(f"{tag}_all", node(op, ["x"], ["y"], keepdims=0), {"x": [2, 3]}, opset=since, between=between)
        case(f"{tag}_planes", node(op, ["x", "a"], ["y"]), {"x": [1, 2, 3, 2]}, {"a": ints(2, 3)}, opset=since, between=between)
        if op in ("ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd"):
            case(f"{tag}_none", [node(op, ["x", "a"], ["r"], noop_with_empty_axes=1), node("Relu", ["r"], ["y"])], x,
                 {"a": ints()}, opset=since)
        if op != "ReduceLogSum":
            case(f"{tag}_integers", node(op, ["x", "a"], ["y"]), {"x": ([2, 3], T.INT64)}, {"a": ints(1)}, opset=since)
    for op in ("ReduceMax", "ReduceMin"):
        case(f"{op.lower()}_bytes", node(op, ["x", "a"], ["y"]), {"x": ([2, 5], T.UINT8)}, {"a": ints(1)}, opset=18)
    case("reduceprod_signs", node("ReduceProd", ["x", "a"], ["y"]), {"x": [2, 3]}, {"a": ints(1)}, opset=18, between=(-2, 2))
    case("reduceprod_odd", node("ReduceProd", ["x", "a"], ["y"]), {"x": [2, 7]}, {"a": ints(1)}, opset=18, between=(0.7, 1.3))


def movements():
    x = {"x": [2, 3, 4]}
    for axis in (0, 2, 3, -1):
        case(f"flatten_{axis}", node("Flatten", ["x"], ["y"], axis=axis), x, opset=11)
    case("reshape", node("Reshape", ["x", "s"], ["y"]), x, {"s": ints(0, -1, 2)})
    case("reshape_allowzero", node("Reshape", ["x", "s"], ["y"], allowzero=1), x, {"s": ints(4, 6)})
    case("transpose", node("Transpose", ["x"], ["y"], perm=[1, 2, 0]), x)
    case("transpose_default", node("Transpose", ["x"], ["y"]), x)
    case("squeeze_attribute", node("Squeeze", ["x"], ["y"], axes=[0, -2]), {"x": [1, 3, 1, 2]}, opset=11)
    case("squeeze_input", node("Squeeze", ["x", "a"], ["y"]), {"x": [1, 3, 1, 2]}, {"a": ints(2)}, opset=13)
    case("squeeze_all", node("Squeeze", ["x"], ["y"]), {"x": [1, 3, 1, 2]})
    case("unsqueeze_attribute", node("Unsqueeze", ["x"], ["y"], axes=[0, 3]), x, opset=11)
    case("unsqueeze_input", node("Unsqueeze", ["x", "a"], ["y"]), x, {"a": ints(-1, 1)}, opset=13)
    case("concat", node("Concat", ["x", "z", "x"], ["y"], axis=1), {"x": [2, 3, 4], "z": [2, 1, 4]})
    case("concat_constant", node("Concat", ["x", "c"], ["y"], axis=-1), x, {"c": random(2, 3, 1)})
    case("concat_constants", node("Concat", ["c", "x", "d", "e", "z", "c"], ["y"], axis=1),
         {"x": [2, 3, 4], "z": [2, 1, 4]}, {"c": random(2, 1, 4), "d": random(2, 2, 4), "e": random(2, 0, 4)})
    case("slice_attributes", node("Slice", ["x"], ["y"], starts=[1, 0], ends=[9, -1], axes=[1, 2]), x, opset=9)
    case("slice_inputs", node("Slice", ["x", "s", "e", "a", "t"], ["y"]), x,
         {"s": ints(-1, 0), "e": ints(-100, 4), "a": ints(2, 1), "t": ints(-2, 2)})
    case("slice_defaults", node("Slice", ["x", "s", "e"], ["y"]), x, {"s": ints(0, 1), "e": ints(1, 2**63 - 1)}, opset=10)
    case("split_even", node("Split", ["x"], ["y", "z"], axis=2), x, outputs=("y", "z"), opset=13)
    case("split_parts", node("Split", ["x", "s"], ["y", "z"], axis=1), x, {"s": ints(1, 2)}, outputs=("z", "y"), opset=13)
    case("split_attribute", node("Split", ["x"], ["y", "z"], axis=1, split=[2, 1]), x, outputs=("y", "z"), opset=11)
    case("split_uneven", node("Split", ["x"], ["y", "z"], axis=1, num_outputs=2), x, outputs=("y", "z"), opset=18)
    case("pad_attributes", node("Pad", ["x"], ["y"], pads=[0, 1, 0, 1, 0, 2], value=0.5), x, opset=9)
    case("pad_inputs", node("Pad", ["x", "p", "v"], ["y"]), x, {"p": ints(0, 1, -1, 1, 0, 2), "v": np.float32(-0.5)}, opset=13)
    case("pad_axes", node("Pad", ["x", "p", "", "a"], ["y"]), x, {"p": ints(1, 2), "a": ints(-1)}, opset=18)
    case("identity_dropout", [node("Identity", ["x"], ["i"]), node("Dropout", ["i"], ["d"]), node("Relu", ["d"], ["y"])], x)
    case("dropout_opset9", [node("Dropout", ["x"], ["d"], ratio=0.5), node("Relu", ["d"], ["y"])], x, opset=9)
    case("input_is_output", [node("Identity", ["x"], ["y"]), node("Relu", ["x"], ["r"]), node("Identity", ["r"], ["z"])],
         x, outputs=("y", "z", "r"))
    case("gather_index", node("Gather", ["x", "i"], ["y"], axis=1), x, {"i": np.int64(-1)})
    case("gather_list", node("Gather", ["x", "i"], ["y"], axis=2), x, {"i": ints(3, 1, 0, 2, 2)})
    case("gather_matrix", node("Gather", ["x", "i"], ["y"], axis=0), x, {"i": np.array([[0, 1], [1, 0]], np.int64)})
    case("expand", node("Expand", ["x", "s"], ["y"]), {"x": [3, 1]}, {"s": ints(2, 1, 4)})


def shape_arithmetic():
    """Shapes computed as exporters write them, all of which must fold."""
    case("shape_reshape", [
        node("Shape", ["x"], ["s"]),
        node("Gather", ["s", "zero"], ["n"], axis=0),
        node("Unsqueeze", ["n"], ["u"], axes=[0]),
        node("Concat", ["u", "rest"], ["target"], axis=0),
        node("Reshape", ["x", "target"], ["y"]),
    ], {"x": [2, 3, 4]}, {"zero": np.int64(0), "rest": ints(-1)}, opset=11)
    case("shape_slice_product", [
        node("Shape", ["x"], ["s"]),
        node("Slice", ["s", "one", "max", "zero"], ["tail"]),
        node("ReduceProd", ["tail"], ["p"], keepdims=1),
        node("Concat", ["first", "p"], ["target"], axis=0),
        node("Reshape", ["x", "target"], ["y"]),
    ], {"x": [2, 3, 4]}, {"one": ints(1), "max": ints(2**63 - 1), "zero": ints(0), "first": ints(-1)})
    case("shape_expand", [
        node("Shape", ["x"], ["s"], start=1),
        node("ConstantOfShape", ["rank"], ["ones"], value=numpy_helper.from_array(ints(1))),
        node("Mul", ["ones", "minus"], ["minuses"]),
        node("Equal", ["shape", "minuses"], ["wild"]),
        node("Where", ["wild", "s", "shape"], ["target"]),
        node("Expand", ["x", "target"], ["y"]),
    ], {"x": [1, 3, 1]}, {"rank": ints(2), "minus": ints(-1), "shape": ints(-1, 4)}, opset=15)
    case("shape_range", [
        node("Size", ["x"], ["n"]),
        node("Range", ["zero", "n", "two"], ["r"]),
        node("Cast", ["r"], ["f"], to=T.FLOAT),
        node("Div", ["f", "scale"], ["d"]),
        node("Reshape", ["x", "pairs"], ["q"]),
        node("ReduceMean", ["q"], ["h"], axes=[1], keepdims=0),
        node("Add", ["h", "d"], ["y"]),
    ], {"x": [2, 3]}, {"zero": np.int64(0), "two": np.int64(2), "scale": np.float32(4), "pairs": ints(3, 2)}, opset=13)
    case("constants_fold", [
        node("Constant", [], ["a"], value=numpy_helper.from_array(random(4, 3))),
        node("Transpose", ["a"], ["t"], perm=[1, 0]),
        node("Constant", [], ["k"], value_float=0.5),
        node("Mul", ["t", "k"], ["h"]),
        node("Tanh", ["h"], ["w"]),
        node("MatMul", ["w", "a"], ["ww"]),
        node("MatMul", ["x", "ww"], ["y"]),
    ], {"x": [2, 3]})
    case("dead_nodes", [node("Softmax", ["x"], ["dead"]), node("NonZero", ["x"], ["dead2"]), node("Relu", ["x"], ["y"])],
         {"x": [2, 3]})


def networks():
    """Whole small networks as frameworks export them."""
    def dense(x, y, n, m):
        return node("Gemm", [x, f"{y}.w", f"{y}.b"], [y], transB=1), {
            f"{y}.w": random(m, n, scale=np.sqrt(3 / n)), f"{y}.b": random(m, scale=0.1)}

    nodes, constants = [], {}
    for k, (n, m) in enumerate([(8, 16), (16, 12), (12, 4)]):
        gemm, parameters = dense("x" if k == 0 else f"a{k - 1}", f"g{k}" if k < 2 else "y", n, m)
        nodes.append(gemm)
        constants |= parameters
        if k < 2:
            nodes.append(node(["Relu", "Sigmoid"][k], [f"g{k}"], [f"a{k}"]))
    case("mlp", nodes, {"x": [1, 8]}, constants)
    w = {"w1": random(4, 1, 3, 3, scale=0.5), "b1": random(4, scale=0.1), "w2": random(6, 4, 3, 3, scale=0.25)}
    w |= {"s": np.abs(random(6)) + 0.5, "t": random(6, scale=0.2), "m": random(6, scale=0.2), "v": np.abs(random(6)) + 0.5}
    gemm, parameters = dense("f", "y", 6, 3)
    case("cnn", [
        node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        node("Clip", ["c1", "zero", "six"], ["r1"]),
        node("MaxPool", ["r1"], ["p1"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p1", "w2"], ["c2"]),
        node("BatchNormalization", ["c2", "s", "t", "m", "v"], ["n2"]),
        node("Relu", ["n2"], ["r2"]),
        node("GlobalAveragePool", ["r2"], ["p2"]),
        node("Flatten", ["p2"], ["f"]),
        gemm,
    ], {"x": [1, 1, 8, 8]}, w | {"zero": np.float32(0), "six": np.float32(6)} | parameters)
    w = {"w1": random(4, 4, 3, 3, scale=0.2), "w2": random(4, 4, 3, 3, scale=0.2)}
    case("residual", [
        node("Conv", ["x", "w1"], ["c1"], pads=[1, 1, 1, 1]),
        node("HardSigmoid", ["c1"], ["g1"], alpha=1 / 6, beta=0.5),
        node("Mul", ["c1", "g1"], ["r1"]),
        node("Conv", ["r1", "w2"], ["c2"], pads=[1, 1, 1, 1]),
        node("Add", ["c2", "x"], ["s"]),
        node("Relu", ["s"], ["y"]),
    ], {"x": [1, 4, 5, 5]}, w)


def softmaxes():
    """Softmax and what is like it, along any axis, and with masks."""
    for tag, shape, axis in [
        ("vector", [7], 0),
        ("matrix", [1, 10], -1),
        ("rows", [3, 20], 1),
        ("columns", [6, 5], 0),
        ("last", [2, 3, 8], -1),
        ("heads", [1, 2, 5, 17], 3),
        ("queries", [1, 2, 5, 6], 2),
        ("channels", [1, 6, 3, 4], 1),
        ("volume", [1, 2, 2, 3, 4], 4),
        ("many_axes", [1, 2, 2, 1, 3, 5], -2),
        ("single", [2, 3, 1], -1),
    ]:
        case(f"softmax_{tag}", node("Softmax", ["x"], ["y"], axis=axis), {"x": shape}, scale=3.0)
    case("softmax_default_axis", node("Softmax", ["x"], ["y"]), {"x": [2, 3, 4]})
    case("softmax_long", node("Softmax", ["x"], ["y"]), {"x": [1, 500]}, scale=6.0)
    case("softmax_one_axis_of_matrix", node("Softmax", ["x"], ["y"]), {"x": [2, 3, 4]}, opset=11)
    case("softmax_flattened", node("Softmax", ["x"], ["y"], axis=2), {"x": [2, 3, 2, 2]}, opset=11)
    case("logsoftmax", node("LogSoftmax", ["x"], ["y"]), {"x": [2, 10]}, scale=3.0)
    case("logsoftmax_axis", node("LogSoftmax", ["x"], ["y"], axis=1), {"x": [2, 4, 3]}, scale=3.0)
    case("logsoftmax_flattened", node("LogSoftmax", ["x"], ["y"], axis=1), {"x": [2, 4, 3]}, opset=11)
    case("logsumexp", node("ReduceLogSumExp", ["x"], ["y"], axes=[1], keepdims=0), {"x": [2, 4, 3]}, scale=3.0)
    case("logsumexp_all", node("ReduceLogSumExp", ["x"], ["y"]), {"x": [2, 4, 3]}, scale=3.0)
    case("logsumexp_axes", node("ReduceLogSumExp", ["x", "a"], ["y"]), {"x": [2, 4, 3]}, {"a": ints(0, 2)}, opset=18)
    head = {n: random(6, 6, scale=0.7) for n in ("wq", "wk", "wv")} | {"isq": np.float32(6 ** -0.5)}
    causal = np.triu(np.ones((5, 5), np.float32), 1)
    for tag, mask in [
        ("", None),
        ("_masked_1e4", causal * np.float32(-1e4)),
        ("_masked_least", causal * np.finfo(np.float32).min),
        ("_masked_infinite", np.where(causal > 0, -np.inf, 0).astype(np.float32)),
        ("_chosen", causal == 0),
        ("_masked_and_biased", causal * np.float32(-1e4) - np.abs(np.subtract.outer(np.arange(5), np.arange(5))) / np.float32(4)),
    ]:
        scores = [] if mask is None else [node("Add", ["ss", "mask"], ["sm"])]
        if tag == "_chosen":
            scores = [node("Where", ["mask", "ss", "far"], ["sm"])]
        case(f"attention{tag}", [
            node("MatMul", ["x", "wq"], ["q"]),
            node("MatMul", ["x", "wk"], ["k"]),
            node("MatMul", ["x", "wv"], ["v"]),
            node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
            node("MatMul", ["q", "kt"], ["s"]),
            node("Mul", ["s", "isq"], ["ss"]),
            *scores,
            node("Softmax", ["sm" if scores else "ss"], ["p"]),
            node("MatMul", ["p", "v"], ["y"]),
        ], {"x": [1, 5, 6]}, head | ({} if mask is None else {"mask": mask if tag == "_chosen" else mask.astype(np.float32)})
             | ({"far": np.float32(-np.inf)} if tag == "_chosen" else {}))
    least = np.array([[0, 0, np.finfo(np.float32).min]], np.float32)
    case("argmax_masked", [node("Gemm", ["x", "w"], ["g"]), node("Add", ["g", "mask"], ["s"]), node("ArgMax", ["s"], ["y"], axis=1)],
         {"x": [1, 4]}, {"w": random(4, 3), "mask": least})
    case("softmax_mask_subtracted", [node("Sub", ["x", "m"], ["s"]), node("Softmax", ["s"], ["y"])], {"x": [2, 5, 5]}, {"m": causal * np.float32(1e4)},
         scale=3.0)


def places():
    """Elements elsewhere, linear maps along axes, rows of tables."""
    x = {"x": [2, 3, 4]}
    plane = {"x": [1, 2, 4, 5]}
    case("tile", node("Tile", ["x", "r"], ["y"]), x, {"r": ints(1, 2, 3)})
    for mode in ("DCR", "CRD"):
        case(f"depth_to_space_{mode.lower()}", node("DepthToSpace", ["x"], ["y"], blocksize=2, mode=mode), {"x": [1, 8, 2, 3]})
    case("space_to_depth", node("SpaceToDepth", ["x"], ["y"], blocksize=2), {"x": [1, 2, 4, 6]})
    for mode in ("reflect", "edge"):
        case(f"pad_{mode}", node("Pad", ["x", "p"], ["y"], mode=mode), plane, {"p": ints(0, 0, 2, 1, 0, 0, 1, 3)})
    case("pad_wrap", node("Pad", ["x", "p"], ["y"], mode="wrap"), plane, {"p": ints(0, 0, 2, 1, 0, 0, 1, 3)}, opset=19)
    case("gather_repeats", node("Gather", ["x", "i"], ["y"], axis=2), x, {"i": ints(3, 0, 0, -1, 2)})
    case("gather_elements", node("GatherElements", ["x", "i"], ["y"], axis=1), x, {"i": RNG.integers(-3, 3, (2, 5, 4))})
    case("gather_nd", node("GatherND", ["x", "i"], ["y"]), x, {"i": np.array([[0, 2], [1, -3]], np.int64)})
    case("gather_nd_batch", node("GatherND", ["x", "i"], ["y"], batch_dims=1), x, {"i": np.array([[2], [0]], np.int64)})
    case("trilu_upper", node("Trilu", ["x", "k"], ["y"]), x, {"k": np.int64(1)})
    case("trilu_lower", node("Trilu", ["x"], ["y"], upper=0), x)
    case("reverse_sequence", node("ReverseSequence", ["x", "l"], ["y"], batch_axis=0, time_axis=1), x, {"l": ints(2, 3)})
    case("compress", node("Compress", ["x", "c"], ["y"], axis=2), x, {"c": np.array([True, False, True, True])})
    case("center_crop_pad", node("CenterCropPad", ["x", "s"], ["y"], axes=[1, 2]), x, {"s": ints(6, 3)}, opset=18)
    case("scatter_elements", node("ScatterElements", ["x", "i", "u"], ["y"], axis=2), x | {"u": [2, 3, 1]},
         {"i": RNG.integers(0, 4, (2, 3, 1))})
    case("scatter_nd", node("ScatterND", ["x", "i", "u"], ["y"]), x | {"u": [2, 4]}, {"i": np.array([[0, 2], [1, 0]], np.int64)})
    case("scatter_nd_add", node("ScatterND", ["x", "i", "u"], ["y"], reduction="add"), x | {"u": [2, 4]},
         {"i": np.array([[0, 2], [0, 2]], np.int64)}, opset=16)
    case("cum_sum", node("CumSum", ["x", "a"], ["y"]), x, {"a": np.int64(1)})
    case("cum_sum_reverse", node("CumSum", ["x", "a"], ["y"], exclusive=1, reverse=1), x, {"a": np.int64(-1)})
    case("relu_opset7", node("Relu", ["x"], ["y"]), x, opset=7)
    w = random(2, 3, 3, 3)
    case("conv_transpose", node("ConvTranspose", ["x", "w", "b"], ["y"]), plane, {"w": w, "b": random(3)})
    case("conv_transpose_strides", node("ConvTranspose", ["x", "w"], ["y"], strides=[3, 2], pads=[1, 0, 2, 1], output_padding=[1, 1]),
         plane, {"w": w})
    case("conv_transpose_groups", node("ConvTranspose", ["x", "w"], ["y"], group=2, dilations=[1, 2]), plane, {"w": w})
    case("conv_transpose_same", node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2], auto_pad="SAME_UPPER"), plane, {"w": w})
    case("conv_transpose_line", node("ConvTranspose", ["x", "w"], ["y"], strides=[2]), {"x": [1, 2, 5]}, {"w": random(2, 3, 4)})
    small, large = ints(1, 2, 3, 4), ints(1, 2, 7, 9)
    for tag, size, attributes in [
        ("nearest", large, {"mode": "nearest"}),
        ("nearest_asymmetric", small, {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
        ("linear", large, {"mode": "linear"}),
        ("linear_corners", large, {"mode": "linear", "coordinate_transformation_mode": "align_corners"}),
        ("linear_antialias", small, {"mode": "linear", "antialias": 1}),
        ("cubic", large, {"mode": "cubic", "cubic_coeff_a": -0.5}),
        ("cubic_outside", large, {"mode": "cubic", "exclude_outside": 1}),
    ]:
        case(f"resize_{tag}", node("Resize", ["x", "", "", "s"], ["y"], **attributes), plane, {"s": size}, opset=18)
    case("upsample", node("Upsample", ["x", "s"], ["y"], mode="nearest"), plane, {"s": np.array([1, 1, 2, 3], np.float32)}, opset=9)
    case("upsample_attribute", node("Upsample", ["x"], ["y"], mode="nearest", scales=[1.0, 1.0, 2.0, 2.0]), plane, opset=7)
    for tag, equation, shapes in [
        ("diagonal", "...ii->...i", [[2, 3, 3]]), ("sum", "ij->j", [[3, 4]]), ("dangling", "ij,jk->i", [[2, 3], [3, 4]]),
        ("three", "ij,jk,kl->li", [[2, 3], [3, 4], [4, 2]]), ("elements", "bi,bi->ib", [[2, 3], [2, 3]]),
        ("outer", "i,j->ji", [[2], [3]]),
    ]:
        names = ["x", "z", "w"][:len(shapes)]
        case(f"einsum_{tag}", node("Einsum", names, ["y"], equation=equation), dict(zip(names, shapes)))
    # Indices are from -20 to 19, as all integers here: of tables of 20 rows and more, also from the end.
    index = {"i": ([2, 3], T.INT64)}
    case("embedding", node("Gather", ["t", "i"], ["y"]), index, {"t": random(21, 4)})
    case("embedding_columns", node("Gather", ["t", "i"], ["y"], axis=1), index, {"t": random(3, 20)})
    case("embedding_computed", [node("MatMul", ["w", "x"], ["t"]), node("Gather", ["t", "i"], ["y"])], index | {"x": [2, 3]},
         {"w": random(20, 2)})
    case("one_hot", node("OneHot", ["i", "d", "v"], ["y"], axis=1), index, {"d": ints(9), "v": np.array([-1, 2], np.float32)})


def divisions():
    """Quotients and remainders of computed tensors."""
    positive = {"x": [2, 3, 20], "z": [2, 3, 1]}
    div = node("Div", ["x", "z"], ["y"])
    case("div_rows", div, positive, between=(0.5, 3.0))
    case("div_elements", div, {"x": [2, 9], "z": [2, 9]}, between=(0.5, 3.0))
    case("div_negative", [node("Neg", ["z"], ["n"]), node("Div", ["x", "n"], ["y"])], positive, between=(0.5, 3.0))
    case("div_both_signs", [node("Mul", ["z", "c"], ["n"]), node("Mul", ["x", "c"], ["m"]), node("Div", ["m", "n"], ["y"])],
         {"x": [4, 3], "z": [4, 1]}, {"c": np.array([[1], [-1], [2], [-0.75]], np.float32)}, between=(0.5, 3.0))
    case("div_of_constant", node("Div", ["c", "z"], ["y"]), {"z": [2, 1]}, {"c": random(5)}, between=(0.5, 3.0))
    case("div_by_norm", [node("Mul", ["x", "x"], ["q"]), node("ReduceMean", ["q"], ["m"], axes=[1]), node("Sqrt", ["m"], ["s"]),
         node("Div", ["x", "s"], ["y"])], {"x": [2, 12]}, between=(-1.0, 1.0))
    whole = {"x": ([2, 9], T.INT32), "z": ([2, 9], T.INT32)}
    odd = [node("Mul", ["z", "two"], ["t"]), node("Add", ["t", "one"], ["d"])]
    one = {"two": np.int32(2), "one": np.int32(1)}
    case("div_integers", [*odd, node("Div", ["x", "d"], ["y"])], whole, one)
    case("div_integers_by_constants", node("Div", ["x", "c"], ["y"]), {"x": ([4, 3], T.INT32)},
         {"c": np.array([3, -4, 1], np.int32)})
    case("div_integers_by_constant", node("Div", ["x", "c"], ["y"]), {"x": ([2, 9], T.INT64)}, {"c": np.int64(7)})
    case("mod", [*odd, node("Mod", ["x", "d"], ["y"])], whole, one)
    case("mod_fmod", [*odd, node("Mod", ["x", "d"], ["y"], fmod=1)], whole, one)
    case("mod_constant", node("Mod", ["x", "c"], ["y"]), {"x": ([2, 9], T.INT64)}, {"c": np.int64(-7)})
    case("mod_bytes", node("Mod", ["x", "c"], ["y"]), {"x": ([2, 9], T.UINT8)}, {"c": np.uint8(10)})


def digits():
    """onnxruntime's logits for the first test images of examples/digits."""
    examples = os.path.join(FOLDER, "..", "..", "..", "examples", "digits")
    images = np.load(os.path.join(examples, "test.npz"))["image"][:50]
    for name in ("cnn", "mlp"):
        path = os.path.join(examples, f"{name}.onnx")
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        logits = np.stack([session.run(None, {"image": image[None]})[0] for image in images])
        write_npz(os.path.join(FOLDER, f"digits_{name}.npz"), {"image": images, "logits": logits})


def normalizations():
    def written(x, y, axes, centred=True, root="Sqrt", square="Pow", keepdims=1, p="w"):
        """Nodes that normalise x along axes, as exporters write them out."""
        names = {k: p + k for k in ("m", "d", "q", "v", "e", "s", "n")}
        means = [node("ReduceMean", [x], [names["m"]], axes=axes), node("Sub", [x, names["m"]], [names["d"]])]
        d = names["d"] if centred else x
        nodes = means if centred else []
        nodes.append(node("Pow", [d, "two"], [names["q"]]) if square == "Pow" else node("Mul", [d, d], [names["q"]]))
        nodes.append(node("ReduceMean", [names["q"]], [names["v"]], axes=axes, keepdims=keepdims))
        nodes.append(node("Add", [names["v"], "eps"], [names["e"]]))
        e = names["e"]
        if not keepdims:
            nodes.append(node("Unsqueeze", [e, "axes"], [p + "u"]))
            e = p + "u"
        if root == "Sqrt":
            return nodes + [node("Sqrt", [e], [names["s"]]), node("Div", [d, names["s"]], [y])]
        if root == "Pow":
            return nodes + [node("Pow", [e, "minus_half"], [names["s"]]), node("Mul", [d, names["s"]], [y])]
        inverse = node("Reciprocal", [names["s"]], [names["n"]]) if root == "Reciprocal" else node("Div", ["one", names["s"]], [names["n"]])
        return nodes + [node("Sqrt", [e], [names["s"]]), inverse, node("Mul", [names["n"], d], [y])]

    numbers = {"two": np.float32(2), "one": np.float32(1), "minus_half": np.float32(-0.5), "eps": np.float32(1e-5), "axes": ints(-1)}
    g, b = 1 + random(16, scale=0.5), random(16, scale=0.5)
    scales = {"g": g, "b": b}
    layer = node("LayerNormalization", ["x", "g", "b"], ["y"])
    case("layer_norm", layer, {"x": [1, 6, 16]}, scales)
    case("layer_norm_wide", layer, {"x": [2, 3, 160]}, {"g": 1 + random(160, scale=0.5), "b": random(160)}, scale=40.0)
    case("layer_norm_no_bias", node("LayerNormalization", ["x", "g"], ["y"], epsilon=0.1), {"x": [6, 16]}, {"g": g})
    case("layer_norm_of_all", node("LayerNormalization", ["x", "g", "b"], ["y"], axis=1), {"x": [1, 4, 16]},
         {"g": 1 + random(4, 16, scale=0.5), "b": random(4, 16)})
    w, c = random(16, 5, scale=0.4), random(5)
    linear = [node("MatMul", ["n", "w"], ["p"]), node("Add", ["p", "c"], ["y"])]
    case("layer_norm_linear", [node("LayerNormalization", ["x", "g", "b"], ["n"]), *linear], {"x": [1, 6, 16]}, scales | {"w": w, "c": c})
    case("layer_norm_rms", node("RMSNormalization", ["x", "g"], ["y"]), {"x": [1, 6, 16]}, {"g": g}, opset=23)
    case("layer_norm_skip", node("SkipLayerNormalization", ["x", "z", "g", "b", "a"], ["y", "", "", "s"], domain="com.microsoft"),
         {"x": [1, 6, 16], "z": [1, 6, 16]}, scales | {"a": random(16)}, outputs=("y", "s"))
    case("layer_norm_skip_simplified", node("SkipSimplifiedLayerNormalization", ["x", "z", "g"], ["y"], domain="com.microsoft"),
         {"x": [1, 6, 16], "z": [1, 6, 16]}, {"g": g})
    case("instance_norm", node("InstanceNormalization", ["x", "g", "b"], ["y"]), {"x": [1, 3, 5, 6]}, {"g": g[:3], "b": b[:3]})
    case("group_norm", node("GroupNormalization", ["x", "g", "b"], ["y"], num_groups=2), {"x": [1, 6, 4, 5]}, {"g": g[:6], "b": b[:6]},
         opset=21)
    case("lp_norm", node("LpNormalization", ["x"], ["y"], axis=1), {"x": [2, 7, 3]})
    case("mean_variance_norm", node("MeanVarianceNormalization", ["x"], ["y"]), {"x": [1, 3, 4, 5]})
    case("mean_variance_norm_axes", node("MeanVarianceNormalization", ["x"], ["y"], axes=[1]), {"x": [2, 7, 3]})
    for name, how in {
        "sqrt": {}, "mul": {"square": "Mul"}, "reciprocal": {"root": "Reciprocal"}, "one_over": {"root": "Div"}, "pow": {"root": "Pow"},
        "unsqueezed": {"keepdims": 0}, "rms": {"centred": False}, "rms_pow": {"centred": False, "root": "Pow"},
    }.items():
        nodes = written("x", "n", [-1], **how) + [node("Mul", ["n", "g"], ["ng"]), node("Add", ["ng", "b"], ["y"])]
        case(f"written_norm_{name}", nodes, {"x": [1, 6, 16]}, numbers | scales)
    # As jax has it: sums times a reciprocal, both moved back by reshapes; the difference made twice, the scale times the reciprocal root.
    nodes = [node("ReduceSum", ["x", "axes"], ["s"], keepdims=0), node("Div", ["s", "sixteen"], ["sm"]), node("Reshape", ["sm", "rows"], ["m"]),
             node("Sub", ["x", "m"], ["d"]), node("Mul", ["d", "d"], ["q"]), node("ReduceSum", ["q", "axes"], ["t"], keepdims=0),
             node("Div", ["t", "sixteen"], ["v"]), node("Reshape", ["v", "rows"], ["vr"]), node("Add", ["vr", "eps"], ["e"]),
             node("Sqrt", ["e"], ["r"]), node("Div", ["one", "r"], ["i"]), node("Mul", ["i", "g"], ["ig"]), node("Sub", ["x", "m"], ["d2"]),
             node("Mul", ["d2", "ig"], ["n"]), node("Add", ["n", "b"], ["y"])]
    case("written_norm_jax", nodes, {"x": [1, 6, 16]}, numbers | scales | {"sixteen": np.float32(16), "rows": ints(1, 6, 1)})
    nodes = [node("Mul", ["x", "x"], ["q"]), node("ReduceSum", ["q", "axes"], ["v"]), node("Sqrt", ["v"], ["s"]),
             node("Clip", ["s", "least"], ["c"]), node("Div", ["x", "c"], ["y"])]
    case("written_norm_length", nodes, {"x": [1, 6, 16]}, numbers | {"least": np.float32(1e-12)})
    nodes = [node("ReduceL2", ["x"], ["s"], axes=[1]), node("Clip", ["s", "least"], ["c"]), node("Shape", ["x"], ["shape"]),
             node("Expand", ["c", "shape"], ["e"]), node("Div", ["x", "e"], ["y"])]
    case("written_norm_expanded", nodes, {"x": [2, 6, 5]}, {"least": np.float32(1e-12)})
    case("reducel2", node("ReduceL2", ["x"], ["y"], axes=[1]), {"x": [2, 6, 5]})
    case("reducel2_all", node("ReduceL2", ["x"], ["y"], keepdims=0), {"x": [2, 6, 5]}, opset=18)
    case("lp_pool", node("LpPool", ["x"], ["y"], kernel_shape=[2, 3], strides=[2, 1], pads=[1, 0, 0, 1]), {"x": [1, 2, 5, 6]})
    case("lp_pool_magnitudes", node("LpPool", ["x"], ["y"], kernel_shape=[2], p=1), {"x": [1, 2, 7]})
    case("global_lp_pool", node("GlobalLpPool", ["x"], ["y"]), {"x": [1, 3, 4, 5]})
    case("global_lp_pool_magnitudes", node("GlobalLpPool", ["x"], ["y"], p=1), {"x": [1, 3, 4, 5]})
    case("lrn", node("LRN", ["x"], ["y"], size=3, alpha=0.5, beta=0.75, bias=1.5), {"x": [1, 5, 3, 4]})
    case("lrn_small", node("LRN", ["x"], ["y"], size=5, alpha=1e-4, beta=0.75, bias=1.0), {"x": [2, 6, 3, 2]})
    case("written_norm_channels", written("x", "y", [1]), {"x": [1, 8, 3, 4]}, numbers)
    case("written_norm_image", written("x", "y", [2, 3]), {"x": [1, 3, 4, 5]}, numbers)
    nodes = written("x", "n", [-1]) + [node("Mul", ["n", "g"], ["ng"]), node("Add", ["ng", "b"], ["o"]), node("MatMul", ["o", "w"], ["p"]),
                                       node("Add", ["p", "c"], ["y"])]
    case("written_norm_linear", nodes, {"x": [1, 6, 16]}, numbers | scales | {"w": w, "c": c})
    clamped = [node("Mul", ["x", "x"], ["q"]), node("ReduceMean", ["q"], ["v"], axes=[-1]), node("Clip", ["v", "low", "high"], ["c"]),
               node("Sqrt", ["c"], ["s"]), node("Div", ["x", "s"], ["y"])]
    case("written_norm_clamped", clamped, {"x": [1, 4, 16]}, {"low": np.float32(0.1), "high": np.float32(20500)}, scale=200.0)


def errors():
    shape = {"y": [1, 4]}
    error("three_unsupported", [
        node("Det", ["x"], ["a"], name="soft"),
        node("Relu", ["a"], ["b"], name="fine"),
        node("TopK", ["b", "k"], ["v", "i"], name="top"),
        node("Conv", ["v", "b"], ["c"], name="behind"),
        node("Relu", ["x"], ["d"], name="odd", mystery=1),
        node("Gelu", ["d"], ["e"], name="foreign", domain="com.microsoft"),
        node("Add", ["c", "e"], ["y"]),
    ], constants={"k": ints(2)})
    branch = helper.make_graph([node("Relu", ["x"], ["z"])], "branch", [], [value("z", [1, 4])])
    error("subgraph", [node("If", ["c"], ["y"], name="choose", then_branch=branch, else_branch=branch)],
          inputs={"x": [1, 4], "c": ([], T.BOOL)}, outputs=shape)
    error("cycle", [node("Add", ["x", "b"], ["a"], name="one"), node("Relu", ["a"], ["b"]), node("Relu", ["a"], ["y"])])
    error("undefined", [node("Add", ["x", "nowhere"], ["y"], name="sum")])
    error("duplicate", [node("Relu", ["x"], ["y"]), node("Tanh", ["x"], ["y"])])
    error("constant_output", [node("Relu", ["c"], ["y"])], constants={"c": random(2)})
    error("old_opset", [node("Relu", ["x"], ["y"])], opset=6)
    error("new_opset", [node("Relu", ["x"], ["y"])], opset=99)
    error("unknown_axis", [node("Relu", ["x"], ["y"])], inputs={"x": ["batch", "width"]})
    error("symbolic_batch", [node("Relu", ["x"], ["y"])], inputs={"x": ["batch", 4]})
    error("shape_mismatch", [node("MatMul", ["x", "w"], ["y"], name="product")], constants={"w": random(3, 2)})
    error("huge_fill", [node("ConstantOfShape", ["s"], ["c"], name="fill"), node("Add", ["x", "c"], ["y"])],
          constants={"s": ints(1 << 30, 1 << 30)})
    error("mask_output", [node("Dropout", ["x"], ["d", "m"], name="drop"), node("Cast", ["m"], ["f"], to=T.FLOAT),
          node("Add", ["d", "f"], ["y"])])
    error("string_input", [node("Identity", ["x"], ["y"])], inputs={"x": ([1], T.STRING)}, outputs={"y": ([1], T.STRING)})
    error("variable_shape", [node("Cast", ["x"], ["s"], to=T.INT64), node("Reshape", ["x", "s"], ["y"], name="move")])
    built = model([node("Relu", ["x"], ["y"])], {"x": [1]}, {}, {"y": None}, 17)
    built.graph.input[0].CopyFrom(helper.make_tensor_sequence_value_info("x", T.FLOAT, [1]))
    save_error("sequence_input", built)
    built = model([node("Add", ["x", "w"], ["y"])], {"x": [1, 4]}, {"w": random(4)}, {"y": None}, 17)
    built.graph.initializer[0].ClearField("raw_data")
    built.graph.initializer[0].data_location = T.EXTERNAL
    entry = built.graph.initializer[0].external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    save_error("external_data", built)


def main():
    global RNG
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(os.path.join(FOLDER, "errors"))
    for part in (linear_algebra, convolutions, pools, windows_of_any_rank, elementwise, functions, choices, comparisons, reductions,
                 movements, places, shape_arithmetic, networks, softmaxes, divisions, normalizations, digits, errors):
        # A case more in one part changes no other part's numbers.
        RNG = np.random.default_rng(zlib.crc32(part.__name__.encode()))
        part()
    print(len(made), "cases")


if __name__ == "__main__":
    main()
