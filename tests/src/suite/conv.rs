//! Convolutions.

use super::{AtLeast, Case, NARROW, Suite};
use crate::graph_builder::{ConvShape, GraphBuilder};
use hallmark_circuits::internals::builder::Widths;
use hallmark_model::QOp;
use hallmark_model::ops::integer::Concat;

/// Its cases.
pub const SUITE: Suite = Suite {
    name: "conv",
    cases: &[
        padded,
        strided,
        dilated_groups,
        depthwise,
        two_images,
        one_dimension,
        line,
        lines_in_groups,
        volume,
        strided_volume,
        depthwise_volumes,
        exact,
        repeated_vector,
    ],
    necessity_with: &[],
    at_least: AtLeast {
        executions: 11,
        models: 24,
        mixtures: 120,
        batches: 9,
        mock_accepted: 92,
        mock_rejected: 44,
    },
};

/// Padding, two channels, more output channels than weight lanes.
pub fn padded() -> Case {
    let mut g = GraphBuilder::named("padded convolution");
    let x = g.input(&[1, 2, 3, 3], 4);
    let y = g.conv(
        x,
        ConvShape {
            pads: [[1; 2]; 2],
            ..ConvShape::plain(4, [3, 2])
        },
        4,
    );
    g.output(y);
    Case::new("padded convolution", g)
}

/// A vector that is repeated to an image, its elements to channels: each is a piece of its own, beside its value of a function.
pub fn repeated_vector() -> Case {
    let mut g = GraphBuilder::named("repeated vector");
    let x = g.input(&[1, 1, 1, 5], 4);
    let y = g.conv(x, ConvShape::plain(1, [1, 1]), 4);
    let y = g.lookup(y, "half", |v| v.div_euclid(2));
    let channels = g.transpose(y, &[0, 3, 1, 2]);
    let image = g.node(QOp::Concat(Concat { axis: 2 }), &[channels; 3], &[1, 5, 3, 1]);
    let z = g.conv(image, ConvShape::plain(2, [2, 1]), 4);
    g.output(z);
    Case::new("repeated vector", g)
}

/// Strides: the input in four phases, one of them without kernel elements.
pub fn strided() -> Case {
    let mut g = GraphBuilder::named("strided convolution");
    let x = g.input(&[1, 1, 5, 4], 4);
    let y = g.conv(
        x,
        ConvShape {
            strides: [2, 2],
            pads: [[1, 0], [0, 1]],
            ..ConvShape::plain(2, [3, 1])
        },
        4,
    );
    g.output(y);
    Case::new("strided convolution", g)
}

/// Dilation, groups, uneven padding, strides.
pub fn dilated_groups() -> Case {
    let mut g = GraphBuilder::named("dilated groups");
    let x = g.input(&[1, 4, 4, 5], 4);
    let conv = ConvShape {
        channels: 4,
        kernel: [2, 2],
        strides: [1, 2],
        pads: [[0, 1], [1, 2]],
        dilations: [2, 1],
        groups: 2,
    };
    let y = g.conv(x, conv, 4);
    g.output(y);
    Case::new("dilated groups", g)
}

/// One channel per group.
pub fn depthwise() -> Case {
    let mut g = GraphBuilder::named("depthwise");
    let x = g.input(&[1, 3, 3, 3], 4);
    let y = g.conv(
        x,
        ConvShape {
            groups: 3,
            ..ConvShape::plain(3, [2, 2])
        },
        4,
    );
    g.output(y);
    Case::with(
        "depthwise",
        g,
        Widths {
            weights: 2,
            border: 4,
            ..NARROW
        },
    )
}

/// Several images, which must not run into each other.
pub fn two_images() -> Case {
    let mut g = GraphBuilder::named("two images");
    let x = g.input(&[2, 1, 3, 3], 4);
    let y = g.conv(
        x,
        ConvShape {
            pads: [[1, 1], [1, 1]],
            ..ConvShape::plain(2, [2, 3])
        },
        4,
    );
    g.output(y);
    Case::new("two images", g)
}

/// Height one.
pub fn one_dimension() -> Case {
    let mut g = GraphBuilder::named("one dimension");
    let x = g.input(&[1, 2, 1, 7], 4);
    let y = g.conv(
        x,
        ConvShape {
            strides: [1, 2],
            pads: [[0, 1], [0, 1]],
            ..ConvShape::plain(3, [1, 3])
        },
        4,
    );
    g.output(y);
    Case::new("one dimension", g)
}

/// One spatial axis: strides, dilation, uneven padding, more channels than weight lanes.
pub fn line() -> Case {
    let mut g = GraphBuilder::named("line");
    let x = g.input(&[1, 2, 7], 4);
    let conv = ConvShape {
        strides: [2],
        pads: [[1], [2]],
        dilations: [2],
        ..ConvShape::plain(4, [3])
    };
    let y = g.conv(x, conv, 4);
    g.output(y);
    Case::new("line", g)
}

/// Several lines, which must not run into each other, in groups.
pub fn lines_in_groups() -> Case {
    let mut g = GraphBuilder::named("lines in groups");
    let x = g.input(&[2, 2, 4], 4);
    let conv = ConvShape {
        pads: [[1], [0]],
        groups: 2,
        ..ConvShape::plain(4, [2])
    };
    let y = g.conv(x, conv, 4);
    g.output(y);
    Case::new("lines in groups", g)
}

/// Three spatial axes, padding on each, two channels.
pub fn volume() -> Case {
    let mut g = GraphBuilder::named("volume");
    let x = g.input(&[1, 2, 2, 2, 2], 4);
    let conv = ConvShape {
        pads: [[1, 0, 0], [0, 1, 1]],
        ..ConvShape::plain(2, [2, 2, 2])
    };
    let y = g.conv(x, conv, 4);
    g.output(y);
    Case::new("volume", g)
}

/// Strides and dilations that differ along each axis.
pub fn strided_volume() -> Case {
    let mut g = GraphBuilder::named("strided volume");
    let x = g.input(&[1, 1, 3, 4, 3], 4);
    let conv = ConvShape {
        strides: [2, 1, 2],
        pads: [[0, 1, 1], [1, 0, 0]],
        dilations: [1, 2, 1],
        ..ConvShape::plain(2, [2, 2, 1])
    };
    let y = g.conv(x, conv, 4);
    g.output(y);
    Case::new("strided volume", g)
}

/// Several volumes, one channel per group.
pub fn depthwise_volumes() -> Case {
    let mut g = GraphBuilder::named("depthwise volumes");
    let x = g.input(&[2, 2, 2, 2, 2], 4);
    let conv = ConvShape {
        groups: 2,
        ..ConvShape::plain(2, [1, 2, 2])
    };
    let y = g.conv(x, conv, 4);
    g.output(y);
    Case::new("depthwise volumes", g)
}

/// Shift 0, a kernel of one element, no border.
pub fn exact() -> Case {
    let mut g = GraphBuilder::named("exact convolution");
    let x = g.input(&[1, 2, 2, 2], 3);
    let y = g.convolved(x, ConvShape::plain(2, [1, 1]));
    let z = g.requantize_from(y, 7, 0);
    g.output(z);
    Case::new("exact convolution", g)
}
