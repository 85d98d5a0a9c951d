//! Integers are exact from the data and the file to the integer graph, or refused by name.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

#[allow(dead_code, reason = "other tests use the rest")]
mod file;

use file::{FLOAT, INT64, Model, Node, UINT8, attribute_int};
use hallmark_import::input::{InputLimits, InputSpec, parse};
use hallmark_import::{ImportOptions, import};
use hallmark_model::{FloatTensor, Graph, QuantizeOptions, quantize};
use ndarray::{ArrayD, IxDyn};

const INT8: i32 = 3;
const BOOL: i32 = 9;
const DOUBLE: i32 = 11;
const UINT32: i32 = 12;

/// A model of one input, which is its output.
fn identity(element: i32, shape: &[&str]) -> Graph {
    let node = Node::new("Identity", &["x"], &["y"]);
    imported(
        Model::new()
            .input("x", element, shape)
            .output("y", element)
            .node(node),
    )
}

fn imported(model: Model) -> Graph {
    import(&model.bytes(), &ImportOptions::default()).unwrap()
}

fn refusal(model: &Model) -> String {
    import(&model.bytes(), &ImportOptions::default())
        .unwrap_err()
        .to_string()
}

/// The samples in a file's bytes, or why there are none.
fn read(graph: &Graph, bytes: &[u8]) -> Result<Vec<Vec<FloatTensor>>, String> {
    parse(bytes, &InputSpec::of_graph(graph), &InputLimits::default()).map_err(|error| error.to_string())
}

fn tensor(shape: &[usize], values: &[f32]) -> FloatTensor {
    ArrayD::from_shape_vec(IxDyn(shape), values.to_vec()).unwrap()
}

/// An array as NumPy stores it.
fn npy(dtype: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{dtype}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// The integers that the integer graph computes.
fn integers(graph: &Graph, calibration: &[f32], sample: &[f32]) -> Vec<i64> {
    let shape = &graph.values[graph.inputs[0].0].shape;
    let quantized = quantize(
        graph,
        &[vec![tensor(shape, calibration)]],
        &QuantizeOptions::default(),
    );
    let graph = quantized.unwrap().graph;
    let inputs = graph.quantize_input(0, &tensor(shape, sample)).unwrap();
    let trace = graph.run(&[inputs]).unwrap();
    let output = trace.outputs(&graph).next().unwrap();
    output.iter().copied().collect()
}

/// The first output of the float graph.
fn floats(graph: &Graph, sample: &[f32]) -> Vec<f32> {
    let shape = &graph.values[graph.inputs[0].0].shape;
    let values = graph.run(&[tensor(shape, sample)]).unwrap();
    values[graph.outputs[0].0].iter().copied().collect()
}

#[test]
fn every_form_of_json_gives_integers_exactly_or_not_at_all() {
    let graph = identity(INT64, &["1", "2"]);
    let forms = [
        r#"{"input_data": [[7, #]]}"#,
        r#"{"input_data": [7, #]}"#,
        r#"{"x": [[7, #]]}"#,
        r#"{"x": [7, #]}"#,
        r#"[{"x": [7, #]}]"#,
        r#"{"input": [7, #], "nonce": "7"}"#,
        r#"{"input": {"x": [[7], [#]]}}"#,
        "[7, #]",
        "[[7, #]]",
    ];
    for form in forms {
        let read = |number: &str| read(&graph, form.replace('#', number).as_bytes());
        for (number, value) in [
            ("5", 5.0),
            ("5.0", 5.0),
            ("5e0", 5.0),
            ("-50e-1", -5.0),
            ("16777216", 16_777_216.0),
        ] {
            let samples = read(number).unwrap();
            assert_eq!(samples, [[tensor(&[1, 2], &[7.0, value])]], "{form} {number}");
        }
        for (number, words) in [
            ("5.00000001", "is 5.00000001; the model takes integers there"),
            ("0.5", "is 0.5; the model takes integers there"),
            ("16777217", "is 16777217; integers of inputs have at most 24 bits"),
            (
                "16777217.0",
                "is 16777217; integers of inputs have at most 24 bits",
            ),
            ("-9223372036854775807", "is -9223372036854775807; integers"),
            ("18446744073709551615", "is 18446744073709551615; integers"),
        ] {
            let error = read(number).unwrap_err();
            assert!(
                error.contains("input `x` at [0, 1] ") && error.contains(words),
                "{error}"
            );
        }
    }
    let error = read(&graph, b"[[1, 2], [3, 4.5], [5.5, 6]]").unwrap_err();
    assert!(error.contains("`x` at [0, 1] of sample 1 is 4.5"), "{error}");
}

/// Of several inputs each is read as what it holds.
#[test]
fn reals_beside_integers_are_rounded_as_ever() {
    let model = Model::new()
        .input("x", FLOAT, &["1", "1"])
        .input("ids", INT64, &["1", "2"])
        .output("a", FLOAT)
        .output("b", INT64)
        .node(Node::new("Identity", &["x"], &["a"]))
        .node(Node::new("Identity", &["ids"], &["b"]));
    let graph = imported(model);
    let samples = read(&graph, br#"{"input_data": [[16777217], [1, 2]]}"#).unwrap();
    assert_eq!(samples[0][0], tensor(&[1, 1], &[16_777_216.0]));
    for text in [
        r#"{"input_data": [[0.5], [1, 2.00000001]]}"#,
        r#"{"ids": [1, 2.00000001], "x": [0.5]}"#,
    ] {
        let error = read(&graph, text.as_bytes()).unwrap_err();
        assert!(error.contains("`ids` at [0, 1] is 2.00000001"), "{error}");
    }
}

#[test]
fn every_type_of_numpy_gives_integers_exactly_or_not_at_all() {
    let graph = identity(INT64, &["2", "2"]);
    let file = |dtype: &str, number: &dyn Fn(i32) -> Vec<u8>, last: &[u8]| {
        let data: Vec<u8> = (1..4).flat_map(number).chain(last.iter().copied()).collect();
        npy(dtype, "False", "(2, 2)", &data)
    };
    let whole = [tensor(&[2, 2], &[1.0, 2.0, 3.0, 4.0])];
    let f8 = |n: i32| f64::from(n).to_le_bytes().to_vec();
    let f4 = |n: i32| (n as f32).to_be_bytes().to_vec();
    let i8 = |n: i32| i64::from(n).to_be_bytes().to_vec();
    let u8 = |n: i32| (n as u64).to_le_bytes().to_vec();
    let i4 = |n: i32| n.to_le_bytes().to_vec();
    type Stored<'a> = &'a dyn Fn(i32) -> Vec<u8>;
    let numbers: [(&str, Stored); 5] = [
        ("<f8", &f8),
        (">f4", &f4),
        (">i8", &i8),
        ("<u8", &u8),
        ("<i4", &i4),
    ];
    for (dtype, number) in numbers {
        assert_eq!(
            read(&graph, &file(dtype, number, &number(4))).unwrap(),
            std::slice::from_ref(&whole),
            "{dtype}"
        );
    }
    for (bytes, words) in [
        (
            file("<f8", &f8, &5.000_000_01_f64.to_le_bytes()),
            "is 5.00000001; the model takes integers",
        ),
        (
            file(">f4", &f4, &2.5_f32.to_be_bytes()),
            "is 2.5; the model takes integers",
        ),
        (
            file("<f8", &f8, &16_777_217_f64.to_le_bytes()),
            "is 16777217; integers",
        ),
        (
            file("<i4", &i4, &16_777_217_i32.to_le_bytes()),
            "is 16777217; integers",
        ),
        (
            file(">i8", &i8, &(-9_007_199_254_740_993_i64).to_be_bytes()),
            "is -9007199254740993; integers",
        ),
        (
            file("<u8", &u8, &u64::MAX.to_le_bytes()),
            "is 18446744073709551615; integers",
        ),
    ] {
        let error = read(&graph, &bytes).unwrap_err();
        assert!(
            error.contains("`x` at [1, 1] ") && error.contains(words),
            "{error}"
        );
    }
    // Of a column-major array the second number is the first one of the second row.
    let data: Vec<u8> = [1.0, 2.5, 3.0, 4.0_f64]
        .into_iter()
        .flat_map(f64::to_le_bytes)
        .collect();
    let error = read(&graph, &npy("<f8", "True", "(2, 2)", &data)).unwrap_err();
    assert!(error.contains("`x` at [1, 0] is 2.5"), "{error}");
}

#[test]
fn booleans_are_read_where_the_model_takes_them() {
    let graph = identity(BOOL, &["1", "2"]);
    let expected = [[tensor(&[1, 2], &[1.0, 0.0])]];
    for text in ["[true, false]", "[1, 0]", r#"{"x": [[true, 0]]}"#] {
        assert_eq!(read(&graph, text.as_bytes()).unwrap(), expected, "{text}");
    }
    let file = npy("|b1", "False", "(1, 2)", &[1, 0]);
    assert_eq!(read(&graph, &file).unwrap(), expected);
    assert!(
        read(&graph, &npy("|b1", "False", "(1, 2)", &[2, 0]))
            .unwrap_err()
            .contains("expected 0 or 1")
    );
    let error = read(&graph, b"[1, 0.00000001]").unwrap_err();
    assert!(error.contains("`x` at [0, 1] is 0.00000001"), "{error}");
    for element in [FLOAT, INT64] {
        let graph = identity(element, &["1", "2"]);
        for bytes in [&file[..], b"[true, false]"] {
            let error = read(&graph, bytes).unwrap_err();
            assert!(
                error.contains("`x` at [0, 0] is true; the model takes numbers"),
                "{error}"
            );
        }
    }
}

/// What a type does not hold is no range that calibration could show.
#[test]
fn calibration_data_that_their_type_does_not_hold_are_refused() {
    for (element, value, words) in [
        (
            UINT32,
            -1.0,
            "is -1, and of type uint32, which holds 0 to 4294967295",
        ),
        (INT8, 128.0, "is 128, and of type int8, which holds -128 to 127"),
        (BOOL, 2.0, "is 2, and of type bool, which holds 0 to 1"),
    ] {
        let graph = identity(element, &["1", "2"]);
        let samples = [vec![tensor(&[1, 2], &[1.0, value])]];
        let error = quantize(&graph, &samples, &QuantizeOptions::default())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("`x` at [0, 1] ") && error.contains(words),
            "{error}"
        );
    }
}

/// `Pad` of two integers by one on the left.
fn padded(fill: i64) -> Model {
    Model::new()
        .input("x", INT64, &["1", "2"])
        .output("y", INT64)
        .integers("pads", INT64, &[4], &[0, 1, 0, 0])
        .integers("fill", INT64, &[], &[fill])
        .node(Node::new("Pad", &["x", "pads", "fill"], &["y"]))
}

#[test]
fn padding_of_integers_is_exact() {
    for fill in [16_777_217, -(1 << 40) - 1, (1 << 62) - 1] {
        let graph = imported(padded(fill));
        assert_eq!(integers(&graph, &[5.0, 9.0], &[3.0, 4.0]), [fill, 3, 4]);
    }
    let samples = [vec![tensor(&[1, 2], &[5.0, 9.0])]];
    let error = quantize(&imported(padded(1 << 62)), &samples, &QuantizeOptions::default()).unwrap_err();
    assert!(
        error.to_string().contains("pads with 4611686018427387904"),
        "{error}"
    );
    let model = Model::new()
        .input("x", INT64, &["1", "2"])
        .output("y", INT64)
        .integers("pads", INT64, &[4], &[0, 1, 0, 0])
        .floats("fill", &[], &[0.5])
        .node(Node::new("Pad", &["x", "pads", "fill"], &["y"]));
    let error = refusal(&model);
    assert!(
        error.contains("expected integers, found the padding value in floating point (0.5)"),
        "{error}"
    );
}

/// 1, 7 and 16,777,217, of which the last is a fill, less 16,777,216 each: added to the input, of 64 bits.
#[test]
fn padding_of_constants_is_exact() {
    let model = Model::new()
        .input("x", INT64, &["3"])
        .output("y", INT64)
        .integers("c", INT64, &[2], &[16_777_217, 16_777_223])
        .integers("pads", INT64, &[2], &[0, 1])
        .integers("fill", INT64, &[], &[16_777_217])
        .integers("less", INT64, &[], &[16_777_216])
        .node(Node::new("Pad", &["c", "pads", "fill"], &["p"]))
        .node(Node::new("Sub", &["p", "less"], &["s"]))
        .node(Node::new("Add", &["x", "s"], &["y"]));
    assert_eq!(
        integers(&imported(model), &[5.0, 9.0, 1.0], &[3.0, 4.0, 5.0]),
        [4, 11, 6]
    );
}

/// 65,793 of 255 and 3 are 16,777,218.
fn clipped(low: i64, high: i64) -> Model {
    Model::new()
        .input("x", UINT8, &["1", "2"])
        .output("y", INT64)
        .integers("k", INT64, &[], &[65_793])
        .integers("o", INT64, &[], &[3])
        .integers("low", INT64, &[], &[low])
        .integers("high", INT64, &[], &[high])
        .node(Node::new("Cast", &["x"], &["i"]).attribute(attribute_int("to", INT64 as u64)))
        .node(Node::new("Mul", &["i", "k"], &["m"]))
        .node(Node::new("Add", &["m", "o"], &["a"]))
        .node(Node::new("Clip", &["a", "low", "high"], &["y"]))
}

#[test]
fn bounds_of_integers_are_exact() {
    let run = |low, high, sample: [f32; 2]| integers(&imported(clipped(low, high)), &[5.0, 9.0], &sample);
    assert_eq!(run(0, 16_777_217, [255.0, 254.0]), [16_777_217, 16_711_425]);
    assert_eq!(
        run(16_777_217, i64::MAX, [255.0, 254.0]),
        [16_777_218, 16_777_217]
    );
    assert_eq!(run(i64::MIN, i64::MAX, [255.0, 0.0]), [16_777_218, 3]);
    let error = refusal(&clipped(0, (1 << 53) + 1));
    assert!(
        error.contains("the upper bound, 9007199254740993, is over 2^53"),
        "{error}"
    );
}

#[test]
fn functions_and_products_of_constants_stay_integers() {
    // 5001·5001 and 2 are 25,010,003, which single precision does not hold.
    let model = Model::new()
        .input("x", INT64, &["1", "1"])
        .output("y", INT64)
        .integers("a", INT64, &[1, 2], &[5001, 1])
        .integers("b", INT64, &[2, 1], &[5001, 2])
        .integers("less", INT64, &[], &[25_010_000])
        .node(Node::new("MatMul", &["a", "b"], &["p"]))
        .node(Node::new("Sub", &["p", "less"], &["s"]))
        .node(Node::new("Add", &["x", "s"], &["y"]));
    assert_eq!(integers(&imported(model), &[5.0], &[4.0]), [7]);
    // A shape that is computed: 2 and 100 within 1 to 3.
    let model = Model::new()
        .input("x", FLOAT, &["1", "6"])
        .output("y", FLOAT)
        .integers("s", INT64, &[2], &[2, 100])
        .integers("low", INT64, &[], &[1])
        .integers("high", INT64, &[], &[3])
        .node(Node::new("Clip", &["s", "low", "high"], &["c"]))
        .node(Node::new("Reshape", &["x", "c"], &["y"]));
    let graph = imported(model);
    assert_eq!(graph.values[graph.outputs[0].0].shape, [2, 3]);
}

/// There and back: rounded where the file says so, and nowhere else.
#[test]
fn casts_of_integer_constants_are_rounded_only_where_the_file_says_so() {
    let cast = |from: &str, to: i32, into: &str| {
        Node::new("Cast", &[from], &[into]).attribute(attribute_int("to", to as u64))
    };
    let model = |to: i32, constant: i64| {
        Model::new()
            .input("x", INT64, &["1", "1"])
            .output("y", INT64)
            .integers("c", INT64, &[], &[constant])
            .integers("less", INT64, &[], &[16_777_216])
            .node(cast("c", to, "f"))
            .node(cast("f", INT64, "i"))
            .node(Node::new("Sub", &["i", "less"], &["s"]))
            .node(Node::new("Add", &["x", "s"], &["y"]))
    };
    assert_eq!(integers(&imported(model(FLOAT, 16_777_217)), &[5.0], &[4.0]), [4]);
    assert_eq!(
        integers(&imported(model(DOUBLE, 16_777_218)), &[5.0], &[4.0]),
        [6]
    );
    let error = refusal(&model(DOUBLE, 16_777_217));
    assert!(
        error.contains("the constant 16777217 is cast to double"),
        "{error}"
    );
}

/// Of integers over 2^53 no function is computed, since double precision rounds them.
#[test]
fn functions_of_integers_are_exact_or_refused() {
    let model = |offset: i64| {
        Model::new()
            .input("x", UINT8, &["1", "2"])
            .output("y", INT64)
            .integers("o", INT64, &[2], &[offset, offset])
            .node(Node::new("Cast", &["x"], &["i"]).attribute(attribute_int("to", INT64 as u64)))
            .node(Node::new("Add", &["i", "o"], &["a"]))
            .node(Node::new("Relu", &["a"], &["y"]))
    };
    let graph = imported(model(1 << 52));
    assert_eq!(
        integers(&graph, &[5.0, 9.0], &[255.0, 1.0]),
        [(1 << 52) + 255, (1 << 52) + 1]
    );
    let samples = [vec![tensor(&[1, 2], &[5.0, 9.0])]];
    let error = quantize(&imported(model(1 << 54)), &samples, &QuantizeOptions::default()).unwrap_err();
    assert!(error.to_string().contains("integers up to 2^53 only"), "{error}");
}

/// 4097² is 16,785,409, which single precision does not hold: what follows on it would differ in the float graph.
#[test]
fn the_float_graph_computes_integers_exactly() {
    let model = |element| Model::new().input("x", INT64, &["1", "2"]).output("y", element);
    let square = || Node::new("Mul", &["x", "x"], &["p"]);
    let sum = model(INT64)
        .integers("one", INT64, &[], &[1])
        .node(square())
        .node(Node::new("Add", &["p", "one"], &["q"]))
        .node(Node::new("Sub", &["q", "p"], &["y"]));
    let product = model(INT64)
        .integers("w", INT64, &[2, 2], &[4097, 4096, 1, 1])
        .integers("less", INT64, &[], &[16_785_408])
        .node(Node::new("MatMul", &["x", "w"], &["p"]))
        .node(Node::new("Sub", &["p", "less"], &["y"]));
    let greatest = model(INT64)
        .integers("less", INT64, &[2], &[1, 0])
        .node(square())
        .node(Node::new("Sub", &["p", "less"], &["q"]))
        .node(Node::new("ArgMax", &["q"], &["y"]).attribute(attribute_int("axis", 1)));
    let moved = model(INT64)
        .integers("pads", INT64, &[4], &[0, 1, 0, 0])
        .integers("fill", INT64, &[], &[16_777_217])
        .node(square())
        .node(Node::new("Pad", &["p", "pads", "fill"], &["q"]))
        .integers("less", INT64, &[3], &[16_777_216, 16_785_408, 16_785_408])
        .node(Node::new("Sub", &["q", "less"], &["y"]));
    let positive = model(INT64)
        .integers("less", INT64, &[], &[16_785_408])
        .node(square())
        .node(Node::new("Relu", &["p"], &["r"]))
        .node(Node::new("Sub", &["r", "less"], &["y"]));
    let cases = [
        (sum, [4097.0, 4097.0], vec![1.0, 1.0]),
        (product, [4097.0, 0.0], vec![1.0, 16_781_312.0 - 16_785_408.0]),
        (greatest, [4097.0, 4097.0], vec![1.0]),
        (moved, [4097.0, 4097.0], vec![1.0, 1.0, 1.0]),
        (positive, [4097.0, 4097.0], vec![1.0, 1.0]),
    ];
    for (number, (model, sample, expected)) in cases.into_iter().enumerate() {
        assert_eq!(floats(&imported(model), &sample), expected, "{number}");
    }
}
