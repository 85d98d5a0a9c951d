//! Operators by the smallest models that use them: the shapes that they give, and what is refused in which words.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

#[allow(dead_code, reason = "every test uses a part")]
mod file;

use file::{FLOAT, INT64, Model, Node, attribute_float, attribute_int, attribute_ints, attribute_text};
use hallmark_import::{ImportOptions, import};

/// Imports a model of one node of an operator set, as a line describes it; returns the shapes of its outputs.
///
/// Behind the operator's name come its inputs: `x[…]` floats and `i[…]` integers that the model is given, of these shapes; `f[…]:v`
/// constant floats, all of them v; `c[…]` constant integers, and `n:v` one without axes; `-` one that is left out. Then attributes:
/// numbers (floats have a point), lists of integers, texts.
fn lowered(version: u64, line: &str, outputs: &[&str]) -> Result<Vec<Vec<usize>>, String> {
    let mut words = line.split_whitespace();
    let operator = words.next().unwrap();
    let (inputs, attributes): (Vec<&str>, Vec<&str>) = words.partition(|word| !word.contains('='));
    let names: Vec<String> = (0..inputs.len()).map(|i| format!("i{i}")).collect();
    let mut model = Model::of_version(version);
    let mut used: Vec<&str> = Vec::new();
    for (input, name) in inputs.into_iter().zip(&names) {
        used.push(if input == "-" { "" } else { name });
        model = with_input(model, input, name);
    }
    let node = attributes
        .into_iter()
        .fold(Node::new(operator, &used, outputs), |node, word| {
            node.attribute(attribute(word))
        });
    model = model.node(node);
    for output in outputs {
        model = model.output(output, FLOAT);
    }
    let graph = import(&model.bytes(), &ImportOptions::default()).map_err(|error| error.to_string())?;
    let shape = |id: &hallmark_model::ValueId| graph.values[id.0].shape.clone();
    Ok(graph.outputs.iter().map(shape).collect())
}

fn list(text: &str) -> Vec<i64> {
    let inside = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap();
    inside
        .split(',')
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().unwrap())
        .collect()
}

fn with_input(model: Model, input: &str, name: &str) -> Model {
    let (kind, rest) = input.split_at(1);
    let shape = |text: &str| {
        list(text)
            .into_iter()
            .map(|length| length as u64)
            .collect::<Vec<_>>()
    };
    match kind {
        "x" | "i" => {
            let lengths: Vec<String> = list(rest).iter().map(ToString::to_string).collect();
            let lengths: Vec<&str> = lengths.iter().map(String::as_str).collect();
            model.input(name, if kind == "x" { FLOAT } else { INT64 }, &lengths)
        }
        "f" => {
            let (lengths, value) = rest.split_once(':').unwrap();
            let lengths = shape(lengths);
            let values = vec![value.parse().unwrap(); lengths.iter().product::<u64>() as usize];
            model.floats(name, &lengths, &values)
        }
        "c" => model.integers(name, INT64, &[list(rest).len() as u64], &list(rest)),
        "n" => model.integers(name, INT64, &[], &[rest[1..].parse().unwrap()]),
        _ => model,
    }
}

fn attribute(word: &str) -> Vec<u8> {
    let (name, value) = word.split_once('=').unwrap();
    if let Some(text) = value.strip_prefix('`') {
        return attribute_text(name, text.trim_end_matches('`'));
    }
    match value {
        _ if value.starts_with('[') => {
            let values: Vec<u64> = list(value).into_iter().map(i64::cast_unsigned).collect();
            attribute_ints(name, &values)
        }
        _ if value.contains('.') => attribute_float(name, value.parse().unwrap()),
        _ => attribute_int(name, value.parse::<i64>().unwrap().cast_unsigned()),
    }
}

/// Lines with the shape of the result behind ` = `, or what the refusal says behind ` ! `.
fn check(version: u64, lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let refused = line.split_once(" ! ");
        let (left, right) = refused.or_else(|| line.split_once(" = ")).unwrap();
        let found = lowered(version, left, &["y"]);
        match (&found, refused) {
            (Ok(shapes), None) => {
                let expected: Vec<usize> = list(right).into_iter().map(|length| length as usize).collect();
                assert_eq!(shapes[0], expected, "{line}");
            }
            (Err(words), Some(_)) => {
                // Every refusal names the node (by its output, as it has no name) and the operator.
                let operator = left.split_whitespace().next().unwrap();
                assert!(
                    words.contains(&format!("node `y` ({operator}): ")),
                    "{line}: {words}"
                );
                assert!(words.contains(right), "{line}: {words}");
            }
            _ => panic!("{line}: {found:?}"),
        }
    }
}

const SLICES: &str = "
    Slice x[4,6] c[1] c[3]                                                 = [2,6]
    Slice x[4,6] c[1] c[3] c[-1]                                           = [4,2]
    Slice x[4,6] c[0,-2] c[9223372036854775807,-9223372036854775808] c[0,1] c[3,-2] = [2,3]
    Slice x[4,6] c[0] c[2] c[2]                                            ! axis 2 is outside a tensor of 2 axes
    Slice x[4,6] c[0] c[2] c[-3]                                           ! axis -3 is outside a tensor of 2 axes
    Slice x[4,6] c[0,0] c[2,2] c[1,-1]                                     ! name an axis twice
    Slice x[4,6] c[0] c[2,2]                                               ! differ in number: [0], [2, 2]
    Slice x[4,6] c[0] c[2] c[0] c[0]                                       ! a step of 0
    Slice x[4,6] c[0]                                                      ! input 2 is missing
    Slice x[4,6] x[1] c[2]                                                 ! input 1 (starts) must be a constant
    Slice x[4,6] f[1]:0.0 c[2]                                             ! expected integers, found starts in floating point
    Slice x[4,6] c[2] c[2]                                                 ! `y`
";

const SLICES_9: &str = "
    Slice x[4,6] starts=[1] ends=[3] = [2,6]
    Slice x[4,6] ends=[3]            ! input 1 is missing
    Slice x[4,6] starts=1 ends=[3]   ! attribute `starts`: expected kind 7, found 2
";

#[test]
fn slices() {
    check(17, SLICES);
    check(9, SLICES_9);
}

const PICKS: &str = "
    Gather x[4,6] c[0,2,3,-1]    = [4,6]
    Gather x[4,6] c[5,-6] axis=1 = [4,2]
    Gather x[4,6] n:3            = [6]
    Gather x[4,6] c[4]           ! index 4 is outside an axis of length 4
    Gather x[4,6] c[-7] axis=1   ! index -7 is outside an axis of length 6
    Gather x[4,6] c[]            ! no indices
    Gather x[4,6] i[2]           = [2,6]
    Gather f[4,6]:0.5 i[2,3]     = [2,3,6]
    Gather f[4,6]:0.5 i[2,3] axis=1 = [4,2,3]
    Gather x[4,6] x[2]           ! expected integers, found indices that are floating-point values
    GatherElements x[2,3] c[0]   ! indices of shape [1] for an input of shape [2, 3]
    GatherElements x[3] c[2,-1]  = [2]
    GatherElements x[3] c[3]     ! index 3 is outside an axis of length 3
    GatherElements x[3] i[2]     ! input 1 (the indices) must be a constant
    GatherND x[2,3] c[1,2]       = []
    GatherND x[2,3,4] c[1,2]     = [4]
    GatherND x[2,3,4] c[1,-4]    ! index -4 is outside an axis of length 3
    GatherND x[2,3] c[1,2,0]     ! with 0 batch axes for an input of shape [2, 3]
    Compress x[4,6] c[1,0,1] axis=0 ! expected booleans
    OneHot i[2,3] c[5] f[2]:1.0  = [2,3,5]
    OneHot i[2,3] c[5] f[2]:1.0 axis=0 = [5,2,3]
    OneHot i[2,3] c[0] f[2]:1.0  ! the depth must be a positive integer
    OneHot x[2,3] c[5] f[2]:1.0  ! expected integers; cast the indices to int64
    ReverseSequence x[4,2] c[1,3] = [4,2]
    ReverseSequence x[4,2] c[1,5] ! 5 elements are reversed of an axis of length 4
    ReverseSequence x[4,2] i[2]  ! input 1 (the lengths) must be a constant
    ScatterElements x[4] c[1,-1] x[2] = [4]
    ScatterElements x[4] c[1,4] x[2] ! index 4 is outside an axis of length 4
    ScatterElements x[4] c[1,1] x[2] ! writes an element twice
    ScatterElements x[4] c[1,1] x[2] reduction=`add` = [4]
    ScatterElements x[4] c[1,1] x[2] reduction=`mul` ! attribute `reduction`: `mul` is not supported
    ScatterND x[4,3] c[1] x[3]   = [4,3]
    CastLike x[2] c[1]           ! the type of a constant of integers is not kept
    CastLike x[2] x[1]           = [2]
    Gather x[4,6] c[0] axis=2    ! axis 2 is outside
";

#[test]
fn parts_and_picks() {
    let parts = |line, outputs: &[&str]| lowered(17, line, outputs);
    let three = ["a", "b", "c"];
    assert_eq!(parts("Split x[7,2]", &three).unwrap(), [[3, 2], [3, 2], [1, 2]]);
    assert_eq!(
        parts("Split x[2,7] c[5,2] axis=-1", &["a", "b"]).unwrap(),
        [[2, 5], [2, 2]]
    );
    for (line, words) in [
        ("Split x[2,7]", "an axis of length 2 cannot be split into 3 parts"),
        (
            "Split x[5,2] c[2,2,2]",
            "parts [2, 2, 2] for 3 outputs do not make up an axis of length 5",
        ),
        ("Split x[5,2] c[2,3]", "parts [2, 3] for 3 outputs"),
        ("Split x[5,2] c[6,-1,0]", "[6, -1, 0] has a negative length"),
        (
            "Split x[5,2] c[9223372036854775807,9223372036854775807,7]",
            "do not make up an axis",
        ),
    ] {
        let error = parts(line, &three).unwrap_err();
        assert!(error.contains(words), "{line}: {error}");
    }
    check(17, PICKS);
}

const SHAPES: &str = "
    Reshape x[2,3,4] c[0,-1]                                               = [2,12]
    Reshape x[2,3,4] c[4,0,-1]                                             = [4,3,2]
    Reshape x[2,3,4] c[5,-1]                                               ! the elements do not divide
    Reshape x[2,3,4] c[-1,-1]                                              ! more than one axis is -1
    Reshape x[2,3,4] c[1,1,1,0]                                            ! a 0 copies no axis
    Reshape x[2,3,4] c[-2]                                                 ! an axis is negative
    Reshape x[2,3,4] c[9223372036854775807,4,-1]                           ! it is too large
    Reshape x[2,3,4] c[23]                                                 ! shape [2, 3, 4] cannot become [23]
    Expand x[3,1] c[2,1,4]                                                 = [2,3,4]
    Tile x[2,3] c[2,1]                                                     = [4,3]
    Tile x[2,3] c[2]                                                       ! 1 numbers of repetitions for a tensor of 2 axes
    Tile x[2,3] c[1099511627776,1]                                         ! over the limit
    DepthToSpace x[1,8,2,3] blocksize=2                                    = [1,2,4,6]
    DepthToSpace x[1,6,2,3] blocksize=2                                    ! 6 channels are no blocks of 2 times 2
    DepthToSpace x[1,8,2,3] blocksize=0                                    ! attribute `blocksize`: must be from 1
    DepthToSpace x[1,8,2,3] blocksize=2 mode=`RGB`                         ! `RGB` is neither DCR nor CRD
    SpaceToDepth x[1,2,4,6] blocksize=2                                    = [1,8,2,3]
    SpaceToDepth x[1,2,5,6] blocksize=2                                    ! has no whole blocks
    SpaceToDepth x[2,4,6] blocksize=2                                      ! expected (N, C, H, W)
    Trilu x[2,3,3]                                                         = [2,3,3]
    Trilu x[3]                                                             ! expected matrices
    CumSum x[2,3] n:1                                                      = [2,3]
    CumSum x[2,3] n:2                                                      ! axis 2 is outside
    DFT x[1,10,3,1]                                                        = [1,10,3,2]
    DFT x[1,10,3,1] onesided=1                                             = [1,6,3,2]
    DFT x[1,6,3,2] onesided=1 inverse=1                                    = [1,10,3,1]
    DFT x[1,6,3,2] onesided=1                                              ! a one-sided transform is one of real numbers
    DFT x[1,6,3,3]                                                         ! must hold one or two parts
    CenterCropPad x[4,6] c[3,9]                                            = [3,9]
    Resize x[1,1,4,6] - - c[1,1,8,9]                                       = [1,1,8,9]
    Resize x[1,1,4,6] - - c[8,9] axes=[2,3] mode=`linear`                  = [1,1,8,9]
    Resize x[1,1,4,6] - - c[1,1,8]                                         ! sizes [1, 1, 8] for 4 axes
    Resize x[1,1,4,6]                                                      ! either scales or sizes must be given
    Resize x[1,1,4,6] - f[4]:1.5                                           = [1,1,6,9]
    Resize x[1,1,4,6] - f[4]:0.01                                          ! a scale of
    Resize x[1,1,4,6] - - c[1,1,8,9] mode=`area`                           ! attribute `mode`: `area` is not known
    Resize x[1,1,4,6] - - c[1,1,8,9] coordinate_transformation_mode=`tf_crop_and_resize` ! input 1 is missing
    Expand x[3,1] c[2,4]                                                   ! [3, 1]
    Expand x[3,1] c[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1] ! a shape of 40 axes is too long
    Expand x[3,1] c[3,-1]                                                  ! [3, -1] has a negative length
    Expand x[3,1] c[1099511627776,3,1]                                     ! over the limit
    Squeeze x[1,3,1]                                                       = [3]
    Squeeze x[1,3,1] c[-1]                                                 = [1,3]
    Squeeze x[1,3,1] c[1]                                                  ! axis 1 of [1, 3, 1] is not of length 1
    Squeeze x[1,3,1] c[0,-3]                                               ! name an axis twice
    Squeeze x[1,1] c[0,1,0]                                                ! 3 axes are named, the tensor has 2
    Unsqueeze x[3,4] c[0,-1]                                               = [1,3,4,1]
    Unsqueeze x[3,4] c[4]                                                  ! axis 4 is outside a tensor of 3 axes
    Unsqueeze x[3,4]                                                       ! attribute `axes`: is missing
    Unsqueeze x[3,4] c[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0] ! the result would have 42 axes
    Flatten x[2,3,4]                                                       = [2,12]
    Flatten x[2,3,4] axis=3                                                = [24,1]
    Flatten x[2,3,4] axis=0                                                = [1,24]
    Flatten x[2,3,4] axis=4                                                ! axis 4 is outside a tensor of 3 axes
    Transpose x[2,3,4]                                                     = [4,3,2]
    Transpose x[2,3,4] perm=[0,2,1]                                        = [2,4,3]
    Transpose x[2,3,4] perm=[0,2]                                          ! [0, 2] is no permutation of 3 axes
    Transpose x[2,3,4] perm=[0,2,2]                                        ! [0, 2, 2] is no permutation of 3 axes
    Transpose x[2,3,4] perm=[0,1,-1]                                       ! [0, 1, -1] has a negative element
";

#[test]
fn shapes_from_constants() {
    check(17, SHAPES);
}

const JOINS: &str = "
    Pad x[2,5] c[1,0,0,2]                             = [3,7]
    Pad x[2,5] c[0,-2,1,-2]                           = [3,1]
    Pad x[2,5] c[3,4] - c[-1]                         = [2,12]
    Pad x[2,5] c[0,-3,0,-3]                           ! axis 1 is cropped by more than its length
    Pad x[2,5] c[1,0,2]                               ! 3 padding amounts for 2 axes
    Pad x[2,5] c[3,4] - c[2]                          ! axis 2 is outside
    Pad x[2,5] c[1,0,0,2] mode=`reflect`              = [3,7]
    Pad x[2,5] c[1,-1,0,2] mode=`edge`                = [3,6]
    Pad x[2,5] c[1,0,0,2] mode=`mirror`               ! `mirror` is none of constant, reflect, edge, wrap
    Pad x[2,5] c[1,0,0,2] f[2]:1.0                    ! (the padding value) must be a scalar, has 2 elements
    Pad x[2,5]                                        ! attribute `pads`: is missing
    Concat x[2,5] x[3,5] axis=0                       = [5,5]
    Concat x[2,5] f[2,2]:1.5 axis=-1                  = [2,7]
    Concat f[2,2]:1.5 x[2,5] f[2,3]:2.5 x[2,5] axis=1 = [2,15]
    Concat x[2,5] f[2,0]:0.0 axis=1                   = [2,5]
    Concat x[2,5] x[3,5] axis=1                       ! differ outside axis 1
    Concat x[2,5] x[3,5]                              ! attribute `axis`: is missing
    Concat x[2,5] x[3,5] axis=2                       ! axis 2 is outside
    Sum x[2,5] f[5]:1.0 x[1,1]                        = [2,5]
    Add x[2,5] x[3,5]                                 ! `y` (Add)
    Add x[2,5]                                        ! input 1 is missing
    Add x[2,5] -                                      ! input 1 is missing
";

const JOINS_10: &str = "
    Pad x[2,5] pads=[1,0,0,2] value=2.0 = [3,7]
    Pad x[2,5] pads=[1,0,0,2] value=2   ! attribute `value`: expected kind 1, found 2
";

#[test]
fn pads_and_joins() {
    check(17, JOINS);
    check(10, JOINS_10);
}

const PRODUCTS: &str = "
    MatMul x[2,3] f[3,4]:1.0                             = [2,4]
    MatMul f[2,3]:1.0 x[3,4]                             = [2,4]
    MatMul x[3] f[3,4]:1.0                               = [4]
    MatMul x[2,3] f[3]:1.0                               = [2]
    MatMul x[5,2,3] x[1,3,4]                             = [5,2,4]
    MatMul x[2,3] f[4,3]:1.0                             ! inner lengths of [2, 3] and [4, 3] differ
    MatMul x[2,3] f[]:1.0                                ! shapes [2, 3] and [] have no matrix product
    Gemm x[2,3] f[4,3]:1.0 f[4]:0.5 transB=1             = [2,4]
    Gemm x[3,2] f[3,4]:1.0 transA=1 alpha=0.5            = [2,4]
    Gemm x[2,3] x[3,4] f[2,1]:0.5 beta=2.0               = [2,4]
    Gemm x[2,3] f[3,4]:1.0 f[2,2,4]:0.5                  ! C of shape [2, 2, 4] does not broadcast to [2, 4]
    Gemm x[2,3] f[3,4]:1.0 f[2,2,4]:0.5 beta=0.0         = [2,4]
    Gemm x[1,2,3] f[3,4]:1.0                             ! expected two matrices, found [1, 2, 3] and [3, 4]
    Einsum x[2,3,4] x[2,5,4] equation=`bik,bjk->bji`     = [2,5,3]
    Einsum x[2,3,4] x[2,4,5] equation=`...ik,...kj`      = [2,3,5]
    Einsum x[2,3] equation=`ij->ji`                      = [3,2]
    Einsum x[2,3] x[4,5] equation=`ik,kj->ij`            ! shapes [2, 3] and [4, 5] do not fit `ik,kj->ij`
    Einsum x[2,3] x[2,3] equation=`ij,ij->ij`            = [2,3]
    Einsum x[2,3] equation=`ij->i`                       = [2]
    Einsum x[2,3] equation=`ij->`                        = []
    Einsum x[3,3] equation=`ii->i`                       = [3]
    Einsum x[2,3] equation=`ii->i`                       ! has no diagonal for `ii->i`
    Einsum x[2,3] x[3,4] x[4,5] equation=`ij,jk,kl->li`  = [5,2]
    Einsum x[2] x[3] x[4] equation=`i,j,k->kij`          = [4,2,3]
    Einsum x[2,2] equation=`ii->ii`                      ! has a label twice
    Einsum x[2,3] equation=`ij->ik`                      ! one that no input has
    Einsum x[2,3] equation=`i->i`                        ! `i` does not fit an input of shape [2, 3]
    Einsum x[2,3] equation=`i1->i1`                      ! has a label that is not a letter
    Einsum x[2,3] equation=`ij,jk->ik`                   ! has 2 terms for 1 inputs
    Einsum x[2,3,4] x[4,5,6,7] equation=`...k,k...->...` ! ellipses stand for different numbers of axes
    Einsum x[2,3]                                        ! attribute `equation`: is missing
";

#[test]
fn products() {
    check(17, PRODUCTS);
}

const WINDOWS: &str = "
    MaxPool x[1,4,9] kernel_shape=[3] strides=[2]                          = [1,4,4]
    MaxPool x[1,4,9] kernel_shape=[3] dilations=[4]                        = [1,4,1]
    MaxPool x[1,4,9] kernel_shape=[3] dilations=[5]                        ! longer than the padded input axis of 9
    MaxPool x[1,4,9] kernel_shape=[2] strides=[2] ceil_mode=1              = [1,4,5]
    MaxPool x[1,4,9] kernel_shape=[2] strides=[2]                          = [1,4,4]
    MaxPool x[1,4,9] kernel_shape=[3] strides=[3] auto_pad=`SAME_UPPER`    = [1,4,3]
    MaxPool x[1,4,9] kernel_shape=[4] strides=[2] auto_pad=`SAME_LOWER`    = [1,4,5]
    MaxPool x[1,4,9] kernel_shape=[4] auto_pad=`VALID`                     = [1,4,6]
    MaxPool x[1,4,9] kernel_shape=[4] auto_pad=`SAME`                      ! `SAME` is not a padding rule
    MaxPool x[1,4,9]                                                       ! attribute `kernel_shape`: is missing
    MaxPool x[1,4,9] kernel_shape=[0]                                      ! [0] has a value outside 1..=
    MaxPool x[1,4,9] kernel_shape=[3,3]                                    ! attribute `kernel_shape`: expected 1 values, found [3, 3]
    MaxPool x[1,4,9] kernel_shape=[3] pads=[1]                             ! attribute `pads`: expected 2 values, found [1]
    MaxPool x[1,4,9] kernel_shape=[3] strides=[0]                          ! attribute `strides`: [0] has a value
    MaxPool x[1,4,9] kernel_shape=[2] pads=[2,0]                           ! lies in the padding only
    MaxPool x[4,9] kernel_shape=[3]                                        ! windows move over one to three spatial axes
    AveragePool x[1,4,9] kernel_shape=[2] strides=[2] ceil_mode=1          = [1,4,5]
    AveragePool x[1,4,9] kernel_shape=[2] strides=[2] ceil_mode=1 count_include_pad=1 ! together with count_include_pad are not supported
    AveragePool x[1,4,9]                                                   ! attribute `kernel_shape`: is missing
    GlobalAveragePool x[2,3]                                               ! expected an input (N, C, …), found shape [2, 3]
    Conv x[1,4,9] f[2,4,3]:1.0                                             = [1,2,7]
    Conv x[1,4,9] f[6,2,3]:1.0 f[6]:1.0 group=2                            = [1,6,7]
    Conv x[1,4,9] f[6,2,3]:1.0 group=0                                     ! attribute `group`: must be positive
    Conv x[1,4,9] f[6,2,3]:1.0 group=3                                     ! `y` (Conv)
    Conv x[1,4,9] f[6,3,3]:1.0                                             ! `y` (Conv)
    Conv x[1,4,9] f[2,4,3]:1.0 f[3]:1.0                                    ! `y` (Conv)
    Conv x[1,4,9] f[2,4,3]:1.0 kernel_shape=[2]                            ! attribute `kernel_shape`: is [2], the kernel has [3]
    ConvTranspose x[1,4,9] f[4,2,3]:1.0                                    = [1,2,11]
    ConvTranspose x[1,4,9] f[4,2,3]:1.0 strides=[2] pads=[1,1] output_padding=[1] = [1,2,18]
    ConvTranspose x[1,4,9] f[4,2,3]:1.0 f[4]:1.0 group=2 dilations=[2]     = [1,4,13]
    ConvTranspose x[1,4,9] f[4,2,3]:1.0 strides=[2] auto_pad=`SAME_UPPER`  = [1,2,18]
    ConvTranspose x[1,4,9] f[4,2,3]:1.0 strides=[2] output_shape=[20]      = [1,2,20]
    ConvTranspose x[1,4,9] f[4,2,3]:1.0 strides=[2] output_shape=[18]      ! implementations disagree
    ConvTranspose x[1,4,9] f[4,2,3]:1.0 strides=[0]                        ! attribute `strides`: [0], expected 1 values from 1
    ConvTranspose x[1,4,9] f[4,2,3]:1.0 group=3                            ! does not divide into 3 groups
    ConvTranspose x[1,4,9] f[4,2,3]:1.0 pads=[6,6]                         ! longer than the padded input axis of 1
    ConvTranspose x[1,4,9] x[4,2,3]                                        ! input 1 (the kernel) must be a constant
    Conv x[1,4,9] x[2,4,3]                                                 ! input 1 (the kernel) must be a constant
    Conv x[1,4,9] f[2,4,3,3]:1.0                                           ! attribute `kernel_shape`: expected 1 values, found [3, 3]
";

const ATTENTION: &str = "
    Attention x[1,2,3,4] x[1,2,5,4] x[1,2,5,6]                              = [1,2,3,6]
    Attention x[1,2,3,4] x[1,1,5,4] x[1,1,5,6] is_causal=1                  = [1,2,3,6]
    Attention x[1,3,8] x[1,5,4] x[1,5,6] q_num_heads=2 kv_num_heads=1       = [1,3,12]
    Attention x[1,2,3,4] x[1,2,5,4] x[1,2,5,6] f[3,5]:0.5                   = [1,2,3,6]
    Attention x[1,2,3,4] x[1,2,5,4] x[1,2,5,6] x[3,4]                       = [1,2,3,6]
    Attention x[1,2,3,4] x[1,2,5,4] x[1,2,5,6] x[2,5]                       ! a mask of shape [2, 5] for scores of shape [1, 2, 3, 5]
    Attention x[1,2,3,4] x[1,2,5,4] x[1,2,5,6] i[3,5]                       ! a mask of booleans that is computed
    Attention x[1,2,3,4] x[1,2,5,4] x[1,2,5,6] c[1,1,1,1,1]                 ! expected a mask of booleans or floating-point values
    Attention x[1,3,8] x[1,5,4] x[1,5,6] q_num_heads=3 kv_num_heads=1       ! attribute `q_num_heads`: does not divide a width of 8
    Attention x[1,3,4,4] x[1,2,5,4] x[1,2,5,6]                              ! 3 heads of queries and 2 of keys
    Attention x[1,3] x[1,3] x[1,3]                                          ! three or four axes are expected
    NegativeLogLikelihoodLoss x[2,3] c[1,2]                                 = []
    NegativeLogLikelihoodLoss x[2,3] c[1,2] reduction=`none`                = [2]
    NegativeLogLikelihoodLoss x[2,3] c[1,3]                                 ! class 3 is none of 3
    NegativeLogLikelihoodLoss x[2,3] c[1,2,0]                               ! classes of shape [3] for scores of shape [2, 3]
    NegativeLogLikelihoodLoss x[2,3] c[1,1] ignore_index=1                  ! whose weights add up to nothing
    NegativeLogLikelihoodLoss x[2,3] i[2]                                   ! input 1 (the classes) must be a constant
    SoftmaxCrossEntropyLoss x[2,3] c[1,2]                                   = []
";

#[test]
fn attention_and_losses() {
    check(23, ATTENTION);
}

#[test]
fn windows() {
    check(17, WINDOWS);
}

const REDUCTIONS: &str = "
    ReduceMean x[2,3,4] axes=[1]                                           = [2,1,4]
    ReduceMean x[2,3,4] axes=[2,0] keepdims=0                              = [3]
    ReduceMean x[2,3,4]                                                    = [1,1,1]
    ReduceMean x[2,3,4] axes=[3]                                           ! axis 3 is outside a tensor of 3 axes
    ReduceMean i[2,3] axes=[1]                                             ! expected floating-point values, found
    ArgMax x[2,3,4] axis=-1                                                = [2,3,1]
    ArgMax x[2,3,4] axis=1 keepdims=0                                      = [2,4]
    ArgMax x[2,3,4] axis=3                                                 ! axis 3 is outside
    ReduceProd x[2,3,4]                                                    = [1,1,1]
    BatchNormalization x[2,3,4] f[3]:1.0 f[3]:0.0 f[3]:0.5 f[3]:1.0        = [2,3,4]
    BatchNormalization x[2,3,4] f[4]:1.0 f[3]:0.0 f[3]:0.5 f[3]:1.0        ! the scale has 4 elements for 3 channels
    BatchNormalization x[2,3,4] f[3]:1.0 f[3]:0.0 f[2]:0.5 f[3]:1.0        ! has 2 elements for 3 channels
    BatchNormalization x[2,3,4] f[3]:1.0 f[3]:0.0 f[3]:0.5 f[3]:1.0 training_mode=1 ! export for inference
    BatchNormalization x[3] f[3]:1.0 f[3]:0.0 f[3]:0.5 f[3]:1.0            ! expected an input (N, C, …)
    BatchNormalization x[2,3,4] x[3] f[3]:0.0 f[3]:0.5 f[3]:1.0            ! must be a constant
";

const REDUCTIONS_18: &str = "
    ReduceMean x[2,3,4] c[-1]                      = [2,3,1]
    ReduceMean x[2,3,4] c[] noop_with_empty_axes=1 = [2,3,4]
    ReduceMean x[2,3,4] i[1]                       ! input 1 (axes) must be a constant
";

#[test]
fn reductions_and_normalisations() {
    check(17, REDUCTIONS);
    check(18, REDUCTIONS_18);
}

const FUNCTIONS: &str = "
    Clip x[2,3] f[]:0.0 f[]:6.0     = [2,3]
    Clip x[2,3] f[2]:0.0            ! input 1 (the lower bound) must be a scalar, has 2 elements
    Clip x[2,3] - x[]               = [2,3]
    Clip x[2,3] x[3] f[]:1.0        ! the lower bound must be a scalar, has 3 elements
    Max x[2,3] x[4]                 ! [2, 3]
    Max x[2,3] f[1,1,1]:0.5 x[3]    = [1,2,3]
    Mean x[2,3] x[3]                = [2,3]
    Dropout x[2,3] f[]:0.5 f[]:1.0  ! export the model for inference
    Dropout x[2,3] f[]:0.5 f[]:0.0  = [2,3]
    Div x[2,3] x[3]                 = [2,3]
    Div i[2,3] n:2                  = [2,3]
    Div i[2,3] i[3]                 = [2,3]
    Mod i[2,3] n:2                  = [2,3]
    Mod i[2,3] n:2 fmod=1           = [2,3]
    Mod x[2,3] f[]:2.0 fmod=1       ! cast them to integers
    Cast x[2,3]                     ! attribute `to`: is missing
    Cast x[2,3] to=8                ! ONNX element type 8 is not a supported number type
    Cast x[2,3] to=9                = [2,3]
    Pow x[2,3] f[]:-1.5             = [2,3]
    Pow x[2,3] f[1,1,1]:2.0         = [1,2,3]
    Pow f[]:-2.0 x[2,3]             ! powers of the constant -2 are no numbers
    Pow i[3] f[]:0.5                ! integers to the power of 0.5 are no integers
    Pow i[3] i[3]                   ! powers of integers are supported for one constant exponent only
    Equal i[3] n:2                  = [3]
    Less x[2,3] x[4]                ! [2, 3]
    And x[2,3] x[3]                 ! expected booleans, found floating-point values
    Where n:1 i[3] n:2              ! expected a condition of booleans, found integers
    Hardmax x[2,3] axis=2           ! axis 2 is outside
    PRelu x[2,3] f[3]:0.25          = [2,3]
    PRelu x[2,3] x[3]               = [2,3]
    Gelu x[2,3] approximate=`tanh`  = [2,3]
    Gelu x[2,3] approximate=`exact` ! `exact` is neither
    Relu - x[2]                     ! input 0 is missing
    Relu x[2,3] alpha=1.0           ! attribute `alpha` is not supported
    LSTM x[2,3]                     ! the operator is not supported
    BitwiseAnd i[3] n:2             ! the operator is not supported
";

#[test]
fn functions_and_elements() {
    check(17, FUNCTIONS);
}

/// Constants are folded by the importer, so that what they overflow is found there.
#[test]
fn constants_that_overflow_are_refused() {
    let shape_of = |nodes: Vec<Node>, constants: &[(&str, i64)]| {
        let model = Model::new().input("x", FLOAT, &["2", "3"]).output("y", FLOAT);
        let model = constants.iter().fold(model, |model, (name, value)| {
            model.integers(name, INT64, &[1], &[*value])
        });
        let model = nodes.into_iter().fold(model, Model::node);
        let model = model.node(Node::new("Expand", &["x", "s"], &["y"]));
        let graph = import(&model.bytes(), &ImportOptions::default()).map_err(|error| error.to_string())?;
        Ok::<_, String>(graph.values[graph.outputs[0].0].shape.clone())
    };
    let binary = |op: &str| vec![Node::new(op, &["a", "b"], &["s"])];
    let good = [("a", 3), ("b", 1)];
    assert_eq!(shape_of(binary("Mul"), &good).unwrap(), [2, 3]);
    let (most, least) = (i64::MAX, i64::MIN);
    for (op, a, b) in [
        ("Add", most, 1),
        ("Sub", least, 1),
        ("Mul", most, 2),
        ("Div", 3, 0),
        ("Div", least, -1),
    ] {
        let error = shape_of(binary(op), &[("a", a), ("b", b)]).unwrap_err();
        assert!(error.contains(&format!("({op})")), "{error}");
    }
    let product = vec![
        Node::new("Concat", &["a", "b"], &["c"]).attribute(attribute_int("axis", 0)),
        Node::new("ReduceProd", &["c"], &["s"]),
    ];
    let error = shape_of(product, &[("a", most), ("b", 2)]).unwrap_err();
    assert!(error.contains("integer overflow in a constant"), "{error}");
    let cast = |value| {
        let nodes = vec![
            Node::new("Cast", &["a"], &["n"]).attribute(attribute_int("to", 2)),
            Node::new("Cast", &["n"], &["s"]).attribute(attribute_int("to", 7)),
        ];
        shape_of(nodes, &[("a", value)])
    };
    assert!(cast(3).is_ok());
    for value in [-1, 256] {
        let error = cast(value).unwrap_err();
        assert!(
            error.contains(&format!("the constant {value} does not fit the element type 2")),
            "{error}"
        );
    }
    // 255 fits the type, and no shape of the model.
    assert!(cast(255).unwrap_err().contains("(Expand)"));
    let range = |bounds: [i64; 3]| {
        let nodes = vec![
            Node::new("Squeeze", &["a"], &["start"]),
            Node::new("Squeeze", &["b"], &["end"]),
            Node::new("Squeeze", &["c"], &["step"]),
            Node::new("Range", &["start", "end", "step"], &["s"]),
        ];
        shape_of(nodes, &[("a", bounds[0]), ("b", bounds[1]), ("c", bounds[2])])
    };
    assert_eq!(range([2, 4, 1]).unwrap(), [2, 3], "[2, 3] from 2 up to 4");
    assert!(
        range([3, 1, -1]).unwrap_err().contains("(Expand)"),
        "[3, 2] from 3 down to 1"
    );
    assert!(range([2, 4, 0]).unwrap_err().contains("the step is 0"));
    assert!(range([least, most, 1]).unwrap_err().contains("over the limit"));
}
