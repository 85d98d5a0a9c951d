//! What is refused, and what the errors say. The files are made by `tests/reference/make.py`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failing helper fails its test"
)]

use hallmark_import::{ImportError, ImportOptions, Limits, Reason, import, supported_operators};
use std::path::Path;

fn file(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reference/data");
    std::fs::read(folder.join(format!("{name}.onnx"))).unwrap()
}

fn refuse(name: &str) -> ImportError {
    import(&file(&format!("errors/{name}")), &ImportOptions::default()).unwrap_err()
}

fn reason(name: &str) -> Reason {
    match refuse(name) {
        ImportError::Nodes(mut problems) if problems.len() == 1 => problems.pop().unwrap().reason,
        other => panic!("{other}"),
    }
}

#[test]
fn every_offending_node_is_named_at_once() {
    let error = refuse("three_unsupported");
    let ImportError::Nodes(problems) = &error else {
        panic!("{error}")
    };
    let found: Vec<_> = problems
        .iter()
        .map(|p| (p.node.as_str(), p.operator.as_str()))
        .collect();
    let expected = [
        ("soft", "Det"),
        ("top", "TopK"),
        ("odd", "Relu"),
        ("foreign", "com.microsoft.Gelu"),
    ];
    assert_eq!(found.len(), expected.len(), "{error}");
    assert!(expected.iter().all(|node| found.contains(node)), "{error}");
    assert!(
        problems
            .iter()
            .any(|p| matches!(&p.reason, Reason::UnknownAttribute { attribute } if attribute == "mystery"))
    );
    let text = error.to_string();
    assert!(
        text.starts_with("4 of the model's nodes") && text.contains("node `top` (TopK)"),
        "{text}"
    );
}

#[test]
fn nodes_that_cannot_be_lowered() {
    assert!(matches!(reason("subgraph"), Reason::Subgraph { attribute } if attribute.ends_with("_branch")));
    assert!(matches!(reason("shape_mismatch"), Reason::Shape { .. }));
    assert!(matches!(reason("huge_fill"), Reason::TooLarge { .. }));
    assert!(matches!(reason("mask_output"), Reason::Output { index: 1, output } if output == "m"));
    assert!(matches!(
        reason("variable_shape"),
        Reason::NotConstant { index: 1, .. }
    ));
}

#[test]
fn malformed_graphs() {
    assert!(matches!(refuse("cycle"), ImportError::Cycle { .. }));
    assert!(matches!(refuse("duplicate"), ImportError::Duplicate { name } if name == "y"));
    let undefined = refuse("undefined").to_string();
    assert!(
        undefined.contains("`nowhere`") && undefined.contains("`sum`"),
        "{undefined}"
    );
    assert!(matches!(refuse("constant_output"), ImportError::ConstantOutput { output } if output == "y"));
}

#[test]
fn versions_and_types() {
    assert!(matches!(refuse("old_opset"), ImportError::Opset { found: 6 }));
    assert!(matches!(refuse("new_opset"), ImportError::Opset { found: 99 }));
    assert!(matches!(refuse("external_data"), ImportError::ExternalData { tensor } if tensor == "w"));
    assert!(matches!(refuse("sequence_input"), ImportError::ValueType { name, .. } if name == "x"));
    assert!(matches!(refuse("string_input"), ImportError::ValueType { name, .. } if name == "x"));
}

#[test]
fn symbolic_shapes() {
    let message = refuse("unknown_axis").to_string();
    assert!(
        message.contains("`x`") && message.contains("(batch, width)"),
        "{message}"
    );
    let shape = |name: &str, options: &ImportOptions| -> Result<Vec<usize>, ImportError> {
        let graph = import(&file(&format!("errors/{name}")), options)?;
        Ok(graph.values[graph.outputs[0].0].shape.clone())
    };
    let mut options = ImportOptions::default();
    assert_eq!(shape("symbolic_batch", &options).unwrap(), [1, 4]);
    options.dimensions.insert("width".to_owned(), 5);
    assert_eq!(shape("unknown_axis", &options).unwrap(), [1, 5]);
    options.input_shapes.insert("x".to_owned(), vec![3, 7]);
    assert_eq!(shape("unknown_axis", &options).unwrap(), [3, 7]);
    assert!(matches!(
        shape("symbolic_batch", &options),
        Err(ImportError::UnknownDimension { name, .. }) if name == "width"
    ));
    options.dimensions.clear();
    let conflict = shape("symbolic_batch", &options).unwrap_err().to_string();
    assert!(conflict.contains("fixed to 4"), "{conflict}");
    options.input_shapes.insert("x".to_owned(), vec![3]);
    assert!(matches!(
        shape("unknown_axis", &options),
        Err(ImportError::InputShape { .. })
    ));
    options.input_shapes.insert("x".to_owned(), vec![3, 0]);
    assert!(matches!(
        shape("unknown_axis", &options),
        Err(ImportError::InputShape { .. })
    ));
    options.input_shapes.insert("X".to_owned(), vec![3]);
    assert!(matches!(
        shape("unknown_axis", &options),
        Err(ImportError::UnknownInput { .. })
    ));
}

#[test]
fn limits_hold() {
    let limited = |limits: Limits| {
        import(
            &file("cnn"),
            &ImportOptions {
                limits,
                ..ImportOptions::default()
            },
        )
    };
    assert!(limited(Limits::default()).is_ok());
    let cases = [
        Limits {
            file_bytes: 100,
            ..Limits::default()
        },
        Limits {
            nodes: 3,
            ..Limits::default()
        },
        Limits {
            tensor_elements: 50,
            ..Limits::default()
        },
        Limits {
            total_elements: 500,
            ..Limits::default()
        },
    ];
    for limits in cases {
        let message = limited(limits).unwrap_err().to_string();
        assert!(message.contains("over the limit"), "{message}");
    }
}

/// Two bytes of an empty node become a structure a hundred times as large: their number is bounded before that.
#[test]
fn empty_messages_do_not_fill_the_memory() {
    let nodes = [0x0a, 0].repeat(3 << 20);
    let mut graph = vec![0x3a];
    let mut length = nodes.len();
    while length >= 0x80 {
        graph.push(length as u8 | 0x80);
        length >>= 7;
    }
    graph.push(length as u8);
    graph.extend(&nodes);
    let error = import(&graph, &ImportOptions::default()).unwrap_err();
    assert!(
        matches!(&error, ImportError::TooLarge { what, .. } if what.contains("messages")),
        "{error}"
    );
}

#[test]
fn names_are_kept() {
    let graph = import(&file("cnn"), &ImportOptions::default()).unwrap();
    let names: Vec<_> = graph.values.iter().map(|value| value.name.as_str()).collect();
    for name in ["x", "w1", "c1", "r1", "p1", "c2", "n2", "r2", "p2", "f", "y"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), names.len());
}

#[test]
fn the_list_of_operators_is_sorted_and_unique() {
    let names = supported_operators();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(names.contains(&"Conv"));
}
