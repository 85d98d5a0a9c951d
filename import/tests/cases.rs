//! Faults of files that outsiders reported, each with the cause that the error has to name. The files are built here, field by
//! field, as protobuf encodes them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

#[allow(dead_code, reason = "every test uses a part")]
mod file;

use file::{FLOAT, INT64, Model, Node, UINT8, attribute_int, attribute_ints, attribute_text};
use hallmark_import::input::stated_shapes;
use hallmark_import::{
    DataShape, ImportError, ImportOptions, Imported, Limits, Reason, StoredTensor, read, read_tensor,
};

fn import(model: &Model) -> Result<Imported, ImportError> {
    read(&model.bytes(), &ImportOptions::default())
}

/// `y = x · w` with an open axis in the middle of x.
fn recurrent() -> Model {
    Model::new()
        .input("x", FLOAT, &["5", "batch", "4"])
        .output("y", FLOAT)
        .floats("w", &[4, 3], &[0.5; 12])
        .node(Node::new("MatMul", &["x", "w"], &["y"]))
}

/// A convolution over pictures of any size.
fn pictures() -> Model {
    Model::new()
        .input("x", FLOAT, &["N", "2", "height", "width"])
        .output("y", FLOAT)
        .floats("w", &[3, 2, 3, 3], &[0.25; 54])
        .node(Node::new("Conv", &["x", "w"], &["c"]))
        .node(Node::new("GlobalAveragePool", &["c"], &["y"]))
}

#[test]
fn open_axes_are_all_named() {
    let error = import(&pictures()).unwrap_err();
    let ImportError::OpenAxes(axes) = &error else {
        panic!("{error}")
    };
    let found: Vec<_> = axes
        .iter()
        .map(|open| (open.input.as_str(), open.axis, open.name.as_deref()))
        .collect();
    assert_eq!(found, [("x", 2, Some("height")), ("x", 3, Some("width"))]);
    assert_eq!(axes[0].lengths, [Some(1), Some(2), None, None]);
    let text = error.to_string();
    assert!(
        text.contains("(N, 2, height, width)") && text.contains("axis 2 (`height`)"),
        "{text}"
    );
}

#[test]
fn open_axes_are_filled_by_name_and_by_data() {
    let mut options = ImportOptions::default();
    options.dimensions.insert("height".to_owned(), 6);
    options.dimensions.insert("width".to_owned(), 7);
    let imported = read(&pictures().bytes(), &options).unwrap();
    assert_eq!(imported.shapes["x"], [1, 2, 6, 7]);

    options.dimensions.insert("hight".to_owned(), 6);
    let error = read(&pictures().bytes(), &options).unwrap_err().to_string();
    assert!(
        error.contains("`hight`") && error.contains("N, height, width"),
        "{error}"
    );

    // Samples along an axis of their own, along the batch axis, and none.
    for (shape, expected) in [
        (vec![12, 1, 2, 6, 7], [1, 2, 6, 7]),
        (vec![12, 2, 6, 7], [1, 2, 6, 7]),
        (vec![2, 6, 7], [1, 2, 6, 7]),
    ] {
        assert_eq!(from_data(&pictures(), shape).unwrap().shapes["x"], expected);
    }
    for shape in [vec![12, 5, 1, 4], vec![5, 1, 4], vec![20, 1, 4]] {
        assert_eq!(from_data(&recurrent(), shape).unwrap().shapes["x"], [5, 1, 4]);
    }
    // Data of another shape say nothing.
    assert!(matches!(
        from_data(&pictures(), vec![12, 6, 7, 2]),
        Err(ImportError::OpenAxes(_))
    ));
    // Whatever was decided is enough to import the file again.
    let shapes = from_data(&recurrent(), vec![12, 5, 1, 4]).unwrap().shapes;
    let again = ImportOptions {
        input_shapes: shapes,
        ..ImportOptions::default()
    };
    assert!(read(&recurrent().bytes(), &again).is_ok());
}

fn from_data(model: &Model, shape: Vec<usize>) -> Result<Imported, ImportError> {
    let data_shapes = vec![DataShape {
        name: Some("x".to_owned()),
        shape,
    }];
    read(
        &model.bytes(),
        &ImportOptions {
            data_shapes,
            ..ImportOptions::default()
        },
    )
}

#[test]
fn shapes_of_data_are_read_from_every_form() {
    let shapes = |text: &str| stated_shapes(text.as_bytes());
    let of = |name: &str, shape: &[usize]| DataShape {
        name: Some(name.to_owned()),
        shape: shape.to_vec(),
    };
    assert_eq!(
        shapes(r#"{"a": [[1, 2, 3], [4, 5, 6]], "b": 7, "label": "text", "uneven": [[1], [1, 2]]}"#),
        [of("a", &[2, 3]), of("b", &[])]
    );
    assert_eq!(
        shapes(r#"[{"a": [[1, 2]]}, {"a": [[3, 4]]}]"#),
        [of("a", &[1, 2])]
    );
    assert_eq!(shapes("not JSON"), []);
}

#[test]
fn constants_that_are_no_numbers_are_named() {
    let mut weights = vec![0.5; 12];
    weights[4] = f32::NAN;
    let model = recurrent_with(&weights);
    let error = import(&model).unwrap_err();
    assert!(
        matches!(&error, ImportError::NotFinite { tensor, index, value } if tensor == "w" && *index == [1, 1] && value.is_nan()),
        "{error}"
    );
    weights[4] = f32::NEG_INFINITY;
    let error = import(&recurrent_with(&weights)).unwrap_err().to_string();
    assert!(error.contains("`w` is -inf at [1, 1]"), "{error}");
    // The bounds of a Clip may be infinite; a summand may not.
    let clipped = |operator: &str| {
        Model::new()
            .input("x", FLOAT, &["1", "4"])
            .output("y", FLOAT)
            .floats("bound", &[], &[f32::NEG_INFINITY])
            .node(Node::new(operator, &["x", "bound"], &["y"]))
    };
    assert!(import(&clipped("Clip")).is_ok());
    let error = import(&clipped("Add")).unwrap_err().to_string();
    assert!(error.contains("`bound`") && error.contains("-inf"), "{error}");
}

fn recurrent_with(weights: &[f32]) -> Model {
    Model::new()
        .input("x", FLOAT, &["1", "4"])
        .output("y", FLOAT)
        .floats("w", &[4, 3], weights)
        .node(Node::new("MatMul", &["x", "w"], &["y"]))
}

#[test]
fn foreign_operators_are_named_before_what_the_file_lacks_because_of_them() {
    let node = Node::new("LinearRegressor", &["x"], &["y"]).domain("ai.onnx.ml");
    let model = Model::without_default_operators()
        .input("x", FLOAT, &["batch", "features"])
        .output("y", FLOAT)
        .node(node);
    let error = import(&model).unwrap_err();
    let text = error.to_string();
    assert!(
        matches!(&error, ImportError::Nodes(problems) if problems.len() == 1)
            && text.contains("ai.onnx.ml.LinearRegressor")
            && text.contains("not supported"),
        "{text}"
    );
    // Without a foreign operator it is the operator set that is missing.
    let model = Model::without_default_operators()
        .input("x", FLOAT, &["1"])
        .output("y", FLOAT)
        .node(Node::new("Relu", &["x"], &["y"]));
    assert!(matches!(import(&model), Err(ImportError::Missing { .. })));
}

#[test]
fn an_input_that_is_an_output_keeps_its_name() {
    let model = Model::new()
        .input("x", FLOAT, &["1", "4"])
        .output("x", FLOAT)
        .output("y", FLOAT)
        .output("z", FLOAT)
        .node(Node::new("Relu", &["x"], &["y"]))
        .node(Node::new("Identity", &["x"], &["z"]));
    let graph = import(&model).unwrap().graph;
    let names: Vec<&str> = graph
        .outputs
        .iter()
        .map(|id| graph.values[id.0].name.as_str())
        .collect();
    assert_eq!(names, ["x", "y", "z"]);
    assert_eq!(graph.outputs[0], graph.inputs[0]);
    assert_ne!(graph.outputs[2], graph.inputs[0]);
}

#[test]
fn windows_on_which_implementations_disagree_are_refused() {
    let pool = |length: &str| {
        let node = Node::new("MaxPool", &["x"], &["y"])
            .attribute(attribute_ints("kernel_shape", &[2]))
            .attribute(attribute_ints("strides", &[2]))
            .attribute(attribute_text("auto_pad", "VALID"))
            .attribute(attribute_int("ceil_mode", 1));
        Model::new()
            .input("x", FLOAT, &["1", "1", length])
            .output("y", FLOAT)
            .node(node)
    };
    let error = import(&pool("5")).unwrap_err().to_string();
    assert!(
        error.contains("`y` (MaxPool)") && error.contains("explicit pads"),
        "{error}"
    );
    let graph = import(&pool("6")).unwrap().graph;
    assert_eq!(graph.values[graph.outputs[0].0].shape, [1, 1, 3]);
}

/// Windows over one to three axes are nodes of their own, without reshapes; more axes are refused, except where all of them are one.
#[test]
fn windows_move_over_one_to_three_axes() {
    let import_over = |axes: usize, op: &str| {
        let mut shape = vec!["1", "2"];
        shape.resize(2 + axes, "4");
        let mut node = Node::new(op, &["x"], &["y"]);
        if !op.starts_with("Global") {
            node = node.attribute(attribute_ints("kernel_shape", &vec![2; axes]));
        }
        let model = Model::new()
            .input("x", FLOAT, &shape)
            .output("y", FLOAT)
            .node(node);
        import(&model).map(|imported| imported.graph)
    };
    for axes in 1..=3 {
        for op in ["MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool"] {
            let graph = import_over(axes, op).unwrap();
            assert_eq!(graph.nodes.len(), 1, "{op} over {axes} axes");
            let side = if op.starts_with("Global") { 1 } else { 3 };
            let expected = [&[1, 2], &vec![side; axes][..]].concat();
            assert_eq!(graph.values[graph.outputs[0].0].shape, expected);
        }
    }
    for op in ["MaxPool", "AveragePool"] {
        let error = import_over(4, op).unwrap_err().to_string();
        assert!(
            error.contains(&format!("`y` ({op})")) && error.contains("one to three spatial axes"),
            "{error}"
        );
    }
    let graph = import_over(4, "GlobalMaxPool").unwrap();
    assert_eq!(graph.values[graph.outputs[0].0].shape, [1, 2, 1, 1, 1, 1]);
}

#[test]
fn narrow_integers_that_may_wrap_are_refused() {
    let difference = |element: i32| {
        Model::new()
            .input("a", element, &["1", "4"])
            .input("b", element, &["1", "4"])
            .output("d", element)
            .node(Node::new("Sub", &["a", "b"], &["d"]))
    };
    let error = import(&difference(UINT8)).unwrap_err();
    let text = error.to_string();
    assert!(
        matches!(&error, ImportError::Nodes(problems) if matches!(problems[0].reason, Reason::Wraps { element: "uint8", .. })),
        "{text}"
    );
    assert!(
        text.contains("`d` (Sub)") && text.contains("-255 to 255"),
        "{text}"
    );
    let imported = import(&difference(INT64)).unwrap();
    assert_eq!(imported.outputs[0].unwrap().name, "int64");
    // What stays within the type does not wrap.
    let halves = Model::new()
        .input("a", UINT8, &["1", "4"])
        .output("y", UINT8)
        .integers("c", UINT8, &[], &[1])
        .node(Node::new("Mul", &["a", "c"], &["y"]));
    assert!(import(&halves).is_ok());
    let narrowed = Model::new()
        .input("a", INT64, &["1", "4"])
        .output("y", UINT8)
        .node(Node::new("Cast", &["a"], &["y"]).attribute(attribute_int("to", 2)));
    let error = import(&narrowed).unwrap_err().to_string();
    assert!(error.contains("(Cast)") && error.contains("uint8"), "{error}");
}

#[test]
fn types_of_integers_are_kept() {
    let model = Model::new()
        .input("x", FLOAT, &["1", "4"])
        .output("code", INT64)
        .output("y", FLOAT)
        .integers("k", INT64, &[], &[1000])
        .node(Node::new("ArgMax", &["x"], &["a"]).attribute(attribute_int("axis", 1)))
        .node(Node::new("Mul", &["a", "k"], &["code"]))
        .node(Node::new("Cast", &["code"], &["y"]).attribute(attribute_int("to", 1)));
    let imported = import(&model).unwrap();
    let integer = |name: &str| {
        let id = imported
            .graph
            .values
            .iter()
            .position(|value| value.name == name)
            .unwrap();
        imported.graph.values[id].whole.map(|whole| whole.kind.name)
    };
    assert_eq!(
        (integer("x"), integer("a"), integer("code")),
        (None, Some("int64"), Some("int64"))
    );
    let outputs: Vec<_> = imported
        .outputs
        .iter()
        .map(|kind| kind.map(|kind| kind.name))
        .collect();
    assert_eq!(outputs, [Some("int64"), None]);
}

/// A tensor in a file of its own: of 64-bit integers, or of floats.
fn stored(code: u8, shape: &[u8], data: &[u8]) -> StoredTensor {
    let dims = shape.iter().flat_map(|length| [1 << 3, *length]);
    let bytes: Vec<u8> = dims
        .chain([2 << 3, code, 9 << 3 | 2, data.len() as u8])
        .chain(data.iter().copied())
        .collect();
    read_tensor(&bytes, &Limits::default()).unwrap()
}

#[test]
fn an_input_with_a_value_is_a_constant() {
    let model = Model::new()
        .input("x", FLOAT, &["2", "3"])
        .input("shape", INT64, &["n"])
        .output("y", FLOAT)
        .node(Node::new("Reshape", &["x", "shape"], &["y"]));
    let with = |name: &str, value: StoredTensor| {
        let values = [(name.to_owned(), value)].into();
        let options = ImportOptions {
            values,
            ..ImportOptions::default()
        };
        read(&model.bytes(), &options)
    };
    let integers = |values: &[i64]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let graph = with("shape", stored(7, &[2], &integers(&[3, 2]))).unwrap().graph;
    let shape = |id: hallmark_model::ValueId| graph.values[id.0].shape.clone();
    assert_eq!(graph.inputs.len(), 1);
    assert_eq!(
        (shape(graph.inputs[0]), shape(graph.outputs[0])),
        (vec![2, 3], vec![3, 2])
    );
    for (name, value, words) in [
        (
            "shape",
            stored(1, &[1], &1f32.to_le_bytes()),
            "it is of type int64, the value of float",
        ),
        (
            "shape",
            stored(7, &[1, 1], &integers(&[6])),
            "it has shape (n), the value [1, 1]",
        ),
        (
            "x",
            stored(1, &[1], &1f32.to_le_bytes()),
            "it has shape (2, 3), the value [1]",
        ),
        (
            "z",
            stored(7, &[1], &integers(&[6])),
            "`z`, which is not an input of the model (inputs: x, shape)",
        ),
    ] {
        let error = with(name, value).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let nan: Vec<u8> = [f32::NAN; 6].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert!(matches!(
        with("x", stored(1, &[2, 3], &nan)),
        Err(ImportError::NotFinite { .. })
    ));
}

#[test]
fn rows_of_real_numbers_are_real_whatever_chooses_them() {
    let model = Model::new()
        .input("ids", INT64, &["1", "4"])
        .output("y", FLOAT)
        .floats("table", &[5, 3], &[0.25; 15])
        .node(Node::new("Gather", &["table", "ids"], &["rows"]))
        .node(Node::new("ReduceMean", &["rows"], &["y"]));
    let graph = import(&model).unwrap().graph;
    let rows = graph.values.iter().find(|value| value.name == "rows").unwrap();
    assert!(rows.whole.is_none() && rows.shape == [1, 4, 3]);
}
