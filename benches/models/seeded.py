"""Networks with seeded weights, of the shapes of real ones."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    """An ONNX graph under construction. Operations return the names of their results; those on images take their channels too."""

    def __init__(self, seed, **inputs):
        self.random = np.random.default_rng(seed)
        self.inputs = inputs
        self.nodes, self.weights = [], []

    def weight(self, *shape, bound=None):
        """Uniform, so that activations neither grow nor vanish."""
        bound = bound or np.sqrt(6 / max(1, np.prod(shape[1:])))
        return self.constant(self.random.uniform(-bound, bound, shape).astype(np.float32))

    def constant(self, value):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def op(self, kind, inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def conv(self, x, channels, outputs, kernel, stride=(1, 1), groups=1, pads=None):
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        stride = (stride, stride) if isinstance(stride, int) else stride
        pads = [length // 2 for length in kernel] * 2 if pads is None else pads
        weight = self.weight(outputs, channels // groups, *kernel)
        bias = self.weight(outputs, bound=0.1)
        shape = dict(kernel_shape=kernel, strides=stride, pads=pads, group=groups)
        return self.op("Conv", [x, weight, bias], **shape)

    def dense(self, x, inputs, outputs):
        return self.op("Gemm", [x, self.weight(outputs, inputs), self.weight(outputs, bound=0.1)], transB=1)

    def relu(self, x):
        return self.op("Relu", [x])

    def leaky(self, x):
        return self.op("LeakyRelu", [x], alpha=0.2)

    def hard_swish(self, x):
        return self.op("Mul", [x, self.op("HardSigmoid", [x], alpha=1 / 6, beta=0.5)])

    def pool(self, x, kernel, stride, kind="MaxPool", pads=(0, 0, 0, 0)):
        return self.op(kind, [x], kernel_shape=kernel, strides=stride, pads=pads)

    def flat_mean(self, x):
        return self.op("Flatten", [self.op("GlobalAveragePool", [x])])

    def model(self, output):
        inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in self.inputs.items()]
        outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)]
        graph = helper.make_graph(self.nodes, "network", inputs, outputs, self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
        model.ir_version = 8
        return model


def profanity():
    """Five linear classifiers of word counts; the mean of their probabilities."""
    net = Network(11, counts=(1, 15442))
    weights = net.constant((net.random.standard_normal((15442, 5)) * 2).astype(np.float32))
    return mean_of_sigmoids(net, weights, net.weight(5, bound=1.0))


def mean_of_sigmoids(net, weights, biases):
    folds = net.op("Sigmoid", [net.op("Gemm", ["counts", weights, biases])])
    return net.model(net.op("ReduceMean", [folds], axes=[1], keepdims=1))


def embedding():
    """The wake words' speech embedding: 20 convolutions of lines and columns."""
    net = Network(12, input_1=(1, 76, 32, 1))
    x = net.op("Reshape", ["input_1", net.constant(np.array([1, 1, 76, 32], dtype=np.int64))])
    line, column = dict(kernel=(1, 3), pads=[0, 1, 0, 1]), dict(kernel=(3, 1), pads=[0, 0, 0, 0])

    def convs(x, channels, outputs, kinds):
        for kind in kinds:
            x, channels = net.leaky(net.conv(x, channels, outputs, **kind)), outputs
        return x

    x = convs(x, 1, 24, [dict(kernel=(3, 3), pads=[0, 1, 0, 1]), line, column])
    x = net.pool(x, (2, 2), (2, 2))
    for channels, outputs, kernel, stride in [
        (24, 48, (1, 2), (1, 2)),
        (48, 72, (2, 2), (2, 2)),
        (72, 96, (1, 2), (1, 2)),
        (96, 96, (2, 2), (2, 2)),
    ]:
        x = net.pool(convs(x, channels, outputs, [line, column] * 2), kernel, stride)
    return net.model(net.conv(x, 96, 96, **column))


def direction():
    """MobileNetV3, small, a third as wide: 11 blocks of three convolutions, nine with a squeeze and excitation."""
    net = Network(13, x=(1, 3, 48, 192))

    def excited(x, channels):
        mean = net.op("GlobalAveragePool", [x])
        few = net.relu(net.conv(mean, channels, channels // 4, 1))
        factors = net.op("HardSigmoid", [net.conv(few, channels // 4, channels, 1)], alpha=0.2, beta=0.5)
        return net.op("Mul", [x, factors])

    x, channels = net.hard_swish(net.conv("x", 3, 8, 3, 2)), 8
    for kernel, inner, outputs, excite, swish, stride in [
        (3, 8, 8, True, False, (2, 1)),
        (3, 24, 8, False, False, (2, 1)),
        (3, 32, 8, False, False, 1),
        (5, 32, 16, True, True, (2, 1)),
        (5, 88, 16, True, True, 1),
        (5, 88, 16, True, True, 1),
        (5, 40, 16, True, True, 1),
        (5, 48, 16, True, True, 1),
        (5, 104, 32, True, True, (2, 1)),
        (5, 200, 32, True, True, 1),
        (5, 200, 32, True, True, 1),
    ]:
        bend = net.hard_swish if swish else net.relu
        y = bend(net.conv(x, channels, inner, 1))
        y = bend(net.conv(y, inner, inner, kernel, stride, groups=inner))
        y = net.conv(excited(y, inner) if excite else y, inner, outputs, 1)
        # The first block has as many channels as its argument, but a smaller image.
        x = net.op("Add", [x, y]) if stride == 1 and channels == outputs else y
        channels = outputs
    x = net.pool(net.hard_swish(net.conv(x, channels, 200, 1)), (2, 2), (2, 2))
    return net.model(net.dense(net.flat_mean(x), 200, 2))


def iclabel():
    """A network for images and two for lines, whose features become images and are convolved together."""
    net = Network(14, topo=(1, 1, 32, 32), psds=(1, 1, 1, 100), autocorr=(1, 1, 1, 100))
    image = "topo"
    for channels, outputs in [(1, 128), (128, 256), (256, 512)]:
        image = net.leaky(net.conv(image, channels, outputs, (4, 4), 2, pads=[1, 1, 1, 1]))

    def line(x):
        for channels, outputs in [(1, 128), (128, 256), (256, 1)]:
            x = net.leaky(net.conv(x, channels, outputs, (1, 3)))
        row = net.op("Transpose", [x], perm=[0, 3, 1, 2])
        square = net.op("Concat", [row] * 4, axis=2)
        return net.op("Concat", [square] * 4, axis=3)

    all_features = net.op("Concat", [image, line("psds"), line("autocorr")], axis=1)
    return net.model(net.conv(all_features, 712, 7, (4, 4), pads=[0] * 4))


def age_gender():
    """Separable convolutions with residual branches (a small Xception), 112×112."""
    net = Network(15, x=(1, 3, 112, 112))

    def separable(x, channels, outputs):
        return net.conv(net.conv(x, channels, channels, 3, groups=channels), channels, outputs, 1)

    def reduction(x, channels, outputs, first=False):
        y = separable(x if first else net.relu(x), channels, outputs)
        y = net.pool(separable(net.relu(y), outputs, outputs), (3, 3), (2, 2), pads=(1, 1, 1, 1))
        return net.op("Add", [y, net.conv(x, channels, outputs, 1, 2)])

    x = net.relu(net.conv("x", 3, 32, 3, 2))
    x = reduction(reduction(x, 32, 64, first=True), 64, 128)
    for _ in range(2):
        y = x
        for _ in range(3):
            y = separable(net.relu(y), 128, 128)
        x = net.op("Add", [x, y])
    x = net.relu(separable(reduction(x, 128, 256), 256, 512))
    return net.model(net.dense(net.flat_mean(x), 512, 3))


def recognition():
    """A ResNet of 14 blocks, 150×150."""
    net = Network(16, x=(1, 3, 150, 150))

    def block(x, channels, outputs, stride):
        y = net.relu(net.conv(x, channels, outputs, 3, stride))
        y = net.conv(y, outputs, outputs, 3)
        same = x if stride == 1 else net.conv(x, channels, outputs, 1, stride)
        return net.relu(net.op("Add", [y, same]))

    x = net.relu(net.conv("x", 3, 32, 7, 2, pads=[0] * 4))
    x, channels = net.pool(x, (3, 3), (2, 2)), 32
    for outputs, blocks in [(32, 4), (64, 4), (128, 3), (256, 3)]:
        for first in range(blocks):
            x, channels = block(x, channels, outputs, 2 if first == 0 and outputs > 32 else 1), outputs
    return net.model(net.dense(net.flat_mean(x), 256, 128))
