//! Graphs from outside: whatever is deserialised, `validate` and `run` return, within bounds, without a panic.

// Everything here is test code, also outside the test functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use hallmark_model::ops::integer::{
    Affine, ArgMax, Concat, IntConv, Linear, Lookup, MaxPool, Pad, Requantize, Scale, Slice, Split, SumPool,
    Transpose,
};
use hallmark_model::{
    ElementKind, IntTensor, QNode, QOp, QTensor, QuantizedGraph, SliceAxis, TensorId, Window,
};
use ndarray::{ArrayD, IxDyn};
use proptest::prelude::*;
use serde_json::Value;

fn constant(shape: &[usize], value: i64) -> IntTensor {
    ArrayD::from_elem(IxDyn(shape), value)
}

/// A graph with every operator.
fn every_operator() -> QuantizedGraph {
    let mut graph = QuantizedGraph {
        name: "all".into(),
        ..Default::default()
    };
    let mut add =
        |op: Option<QOp>, inputs: &[usize], shape: &[usize], scale_bits: i32, interval: (i64, i64)| {
            let id = TensorId(graph.tensors.len());
            let tensors: Vec<&QTensor> = inputs.iter().map(|i| &graph.tensors[*i]).collect();
            let derived = op.as_ref().and_then(|op| op.interval(&tensors).unwrap());
            let interval = derived.unwrap_or(interval);
            graph.tensors.push(QTensor {
                name: format!("t{}", id.0),
                shape: shape.to_vec(),
                kind: ElementKind::real(scale_bits),
                interval,
            });
            match op {
                None => graph.inputs.push(id),
                Some(op) => graph.nodes.push(QNode {
                    name: format!("n{}", id.0),
                    op,
                    inputs: inputs.iter().map(|&i| TensorId(i)).collect(),
                    outputs: vec![id],
                }),
            }
            id.0
        };
    let window = Window::new([2, 2], [2, 2], [[0, 0], [1, 1]], [1, 1]);
    let x = add(None, &[], &[1, 2, 5, 5], 2, (-8, 7));
    let conv = QOp::Conv(IntConv {
        weight: constant(&[4, 1, 2, 2], 3),
        bias: vec![1; 4],
        window: window.clone(),
        groups: 2,
    });
    let c = add(Some(conv), &[x], &[1, 4, 3, 3], 4, (-200, 200));
    let r = add(
        Some(QOp::Requantize(Requantize { shift: 2 })),
        &[c],
        &[1, 4, 3, 3],
        2,
        (-32, 31),
    );
    let m = add(
        Some(QOp::MaxPool(MaxPool {
            window: window.clone(),
        })),
        &[r],
        &[1, 4, 2, 2],
        2,
        (-32, 31),
    );
    let table = (-32..32).map(|v: i64| v.max(0)).collect();
    let l = add(
        Some(QOp::Lookup(Lookup {
            function: "Relu".into(),
            table,
        })),
        &[m],
        &[1, 4, 2, 2],
        2,
        (0, 31),
    );
    let s = add(
        Some(QOp::SumPool(SumPool { window })),
        &[l],
        &[1, 4, 1, 1],
        2,
        (0, 200),
    );
    let s = add(
        Some(QOp::Scale(Scale {
            factor: constant(&[4, 1, 1], 5),
        })),
        &[s],
        &[1, 4, 1, 1],
        4,
        (0, 2000),
    );
    let s = add(
        Some(QOp::Requantize(Requantize { shift: 4 })),
        &[s],
        &[1, 4, 1, 1],
        0,
        (0, 127),
    );
    let f = add(Some(QOp::Reshape), &[s], &[1, 4], 0, (0, 127));
    let linear = QOp::Linear(Linear {
        weight: constant(&[4, 3], -2),
        bias: vec![7; 3],
    });
    let y = add(Some(linear), &[f], &[1, 3], 0, (-2000, 2000));
    let t = add(
        Some(QOp::Transpose(Transpose { perm: vec![1, 0] })),
        &[y],
        &[3, 1],
        0,
        (-2000, 2000),
    );
    let p = add(Some(QOp::MatMul), &[t, y], &[3, 3], 0, (-4000000, 4000000));
    let q = add(Some(QOp::Mul), &[t, y], &[3, 3], 0, (-4000000, 4000000));
    let affine = QOp::Affine(Affine {
        coefficients: vec![1, -1],
        constant: Some(constant(&[3], 4)),
    });
    let a = add(Some(affine), &[p, q], &[3, 3], 0, (-9000000, 9000000));
    let axes = vec![
        SliceAxis {
            start: 2,
            step: -2,
            len: 2,
        },
        SliceAxis {
            start: 0,
            step: 1,
            len: 3,
        },
    ];
    let b = add(
        Some(QOp::Slice(Slice { axes })),
        &[a],
        &[2, 3],
        0,
        (-9000000, 9000000),
    );
    let d = add(
        Some(QOp::Pad(Pad {
            pads: vec![(1, 0), (0, 0)],
            value: 2,
        })),
        &[b],
        &[3, 3],
        0,
        (-9000000, 9000000),
    );
    let e = add(
        Some(QOp::Concat(Concat { axis: 0 })),
        &[d, a],
        &[6, 3],
        0,
        (-9000000, 9000000),
    );
    let g = add(
        Some(QOp::ArgMax(ArgMax {
            axis: 1,
            select_last: false,
        })),
        &[e],
        &[6],
        0,
        (0, 2),
    );
    graph.tensors[g].kind = ElementKind::Integer;
    split(&mut graph, e);
    graph.outputs = vec![TensorId(g), TensorId(e)];
    graph
}

/// Adds a node with two outputs, and a tensor of every other kind.
fn split(graph: &mut QuantizedGraph, input: usize) {
    let scale = 0.75f32.try_into().unwrap();
    let quantised = ElementKind::Quantized {
        scale,
        zero_point: -3,
    };
    let mut tensor = |name: &str, shape: &[usize], kind, interval| {
        graph.tensors.push(QTensor {
            name: name.into(),
            shape: shape.to_vec(),
            kind,
            interval,
        });
        TensorId(graph.tensors.len() - 1)
    };
    let inputs = [
        ("bool", ElementKind::Boolean, (0, 1)),
        ("uint8", quantised, (0, 255)),
    ];
    let inputs = inputs.map(|(name, kind, interval)| tensor(name, &[1], kind, interval));
    let QTensor { kind, interval, .. } = graph.tensors[input].clone();
    let mut tensor = |name: &str, rows: usize| {
        graph.tensors.push(QTensor {
            name: name.into(),
            shape: vec![rows, 3],
            kind,
            interval,
        });
        TensorId(graph.tensors.len() - 1)
    };
    let outputs = vec![tensor("upper", 2), tensor("lower", 4)];
    graph.inputs.extend(inputs);
    graph.nodes.push(QNode {
        name: "parts".into(),
        op: QOp::Split(Split {
            axis: 0,
            lengths: vec![2, 4],
        }),
        inputs: vec![TensorId(input)],
        outputs,
    });
}

/// The encoding of every operator is part of model ids: it changes with the encoding's version only.
#[test]
fn the_encoding_of_every_operator_stays() {
    let digest = every_operator().digest();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        digest,
        "b84db21d41e72f4fc2cd965ec889832215fcb7956c96a26ff0756ae45e99af7f"
    );
}

/// Wider or narrower than what the inputs give is refused for every operator whose interval is not chosen, naming the tensor and
/// both intervals.
#[test]
fn declared_intervals_are_the_derived_ones() {
    let graph = every_operator();
    let mut checked = 0;
    for node in &graph.nodes {
        let outputs = node.outputs.iter().map(|id| id.0);
        let ends = [(-1, 0), (0, 1), (1, 0), (0, -1)];
        for (output, (low, high)) in outputs.flat_map(|output| ends.map(|end| (output, end))) {
            let mut other = graph.clone();
            let (derived, interval) = (
                graph.tensors[output].interval,
                &mut other.tensors[output].interval,
            );
            *interval = (interval.0 + low, interval.1 + high);
            let declared = *interval;
            let error = other.validate().unwrap_err().to_string();
            if matches!(node.op, QOp::Requantize { .. }) {
                assert!(error.contains("a power of two"), "{error}");
                continue;
            }
            for named in [
                format!("'{}'", graph.tensors[output].name),
                format!("[{}, {}]", derived.0, derived.1),
                format!("[{}, {}]", declared.0, declared.1),
            ] {
                assert!(error.contains(&named), "{}: {error}", node.op.name());
            }
            checked += 1;
        }
    }
    assert!(checked > 4 * 16, "{checked}");
}

/// Inputs of the declared shapes, of the ends of their intervals in turn.
fn inputs(graph: &QuantizedGraph) -> Vec<IntTensor> {
    let tensors = graph.inputs.iter().map(|id| &graph.tensors[id.0]);
    let fill = |t: &QTensor| {
        let mut high = false;
        ArrayD::from_shape_simple_fn(t.shape.clone(), || {
            high = !high;
            if high { t.interval.1 } else { t.interval.0 }
        })
    };
    tensors.map(fill).collect()
}

/// All numbers and lists in a JSON value, as paths.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) | Value::Bool(_) => found.push(path.to_owned()),
        Value::Array(items) => {
            found.push(path.to_owned());
            items
                .iter()
                .enumerate()
                .for_each(|(i, v)| places(v, &format!("{path}/{i}"), found));
        }
        Value::Object(fields) => fields
            .iter()
            .for_each(|(k, v)| places(v, &format!("{path}/{k}"), found)),
        _ => {}
    }
}

fn mutate(value: &mut Value, kind: usize) {
    let numbers = [
        0,
        1,
        2,
        3,
        63,
        255,
        1 << 20,
        1 << 31,
        1 << 40,
        1 << 61,
        1 << 62,
        i64::MAX,
        -1,
        -2,
        i64::MIN,
    ];
    match value {
        Value::Array(items) if kind.is_multiple_of(3) => items.truncate(items.len() / 2),
        Value::Array(items) if kind % 3 == 1 => items.extend(items.clone()),
        Value::Array(items) => items.reverse(),
        Value::Bool(b) => *b = !*b,
        Value::Number(n) if kind % 16 == 15 => *n = u64::MAX.into(),
        other => *other = numbers[kind % numbers.len()].into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn mutated_graphs_never_panic(mutations in prop::collection::vec((any::<prop::sample::Index>(), 0usize..64), 1..4)) {
        let mut json = serde_json::to_value(every_operator()).unwrap();
        for (index, kind) in mutations {
            let mut found = Vec::new();
            places(&json, "", &mut found);
            let path = &found[index.index(found.len())];
            mutate(json.pointer_mut(path).unwrap(), kind);
        }
        let Ok(graph) = serde_json::from_value::<QuantizedGraph>(json) else { return Ok(()) };
        let valid = graph.validate();
        let _ = (graph.canonical_bytes(), graph.parameters());
        if valid.is_ok() {
            // Large but legal graphs are not executed here.
            if graph.tensors.iter().all(|t| t.shape.iter().product::<usize>() < 1 << 16) {
                let _ = graph.run(&inputs(&graph));
            }
        } else {
            prop_assert!(graph.run(&[]).is_err());
        }
    }
}

#[test]
fn the_graph_itself_is_valid_and_runs() {
    let graph = every_operator();
    graph.validate().unwrap();
    graph.run(&inputs(&graph)).unwrap();
    let copy: QuantizedGraph = serde_json::from_str(&serde_json::to_string(&graph).unwrap()).unwrap();
    assert_eq!(copy, graph);
    assert_eq!(copy.canonical_bytes(), graph.canonical_bytes());
}

#[test]
fn every_single_change_changes_the_encoding() {
    let graph = every_operator();
    let json = serde_json::to_value(&graph).unwrap();
    let mut found = Vec::new();
    places(&json, "", &mut found);
    let bytes = graph.canonical_bytes();
    let mut compared = 0;
    for path in found {
        for kind in 0..4 {
            let mut other = json.clone();
            mutate(other.pointer_mut(&path).unwrap(), kind);
            let Ok(other) = serde_json::from_value::<QuantizedGraph>(other) else {
                continue;
            };
            assert_eq!(other == graph, other.canonical_bytes() == bytes, "{path}");
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn structural_faults_are_refused() {
    let refused = |change: fn(&mut QuantizedGraph)| {
        let mut graph = every_operator();
        change(&mut graph);
        assert!(graph.validate().is_err());
    };
    refused(|g| g.nodes.swap(0, 1));
    refused(|g| g.nodes[1].outputs = g.nodes[0].outputs.clone());
    refused(|g| g.nodes[0].outputs = g.inputs.clone());
    refused(|g| g.outputs.clear());
    refused(|g| g.outputs[0] = TensorId(usize::MAX));
    refused(|g| g.nodes[0].inputs[0] = TensorId(99));
    refused(|g| g.nodes[0].inputs.clear());
    refused(|g| g.tensors[1].name = g.tensors[0].name.clone());
    refused(|g| g.tensors[0].interval = (7, -8));
    refused(|g| g.tensors[0].shape[0] = 0);
    refused(|g| g.tensors[2].kind = ElementKind::real(3));
    // An input so wide that sums no longer fit their declared interval, or 62 bits.
    refused(|g| g.tensors[0].interval.1 = 1000);
    refused(|g| g.tensors[0].interval.1 = 1 << 61);
    refused(|g| g.tensors[2].interval.1 += 1);
    refused(|g| g.tensors.push(g.tensors[0].clone()));
    // Outputs of a node: one too few, one twice, none.
    refused(|g| {
        g.nodes.last_mut().unwrap().outputs.pop();
    });
    refused(|g| {
        let outputs = &mut g.nodes.last_mut().unwrap().outputs;
        outputs[1] = outputs[0];
    });
    refused(|g| g.nodes.last_mut().unwrap().outputs.clear());
    refused(|g| g.nodes[0].outputs.clear());
    refused(|g| g.nodes.last_mut().unwrap().outputs.reverse());
}

/// What a node's inputs hold decides what its outputs may hold.
#[test]
fn kinds_follow_the_operators() {
    let quantised = |graph: &QuantizedGraph| graph.tensors[graph.inputs[2].0].kind;
    let refused = |change: fn(&mut QuantizedGraph, ElementKind)| {
        let mut graph = every_operator();
        let kind = quantised(&graph);
        change(&mut graph, kind);
        graph.validate().unwrap_err().to_string()
    };
    let text = refused(|g, quantised| g.tensors[0].kind = quantised);
    assert!(text.contains("arithmetic with quantised numbers"), "{text}");
    // An input of integers gives reals at any scale, or integers; one of reals no integers.
    let mut graph = every_operator();
    graph.tensors[0].kind = ElementKind::Integer;
    graph.validate().unwrap();
    graph.tensors[1].kind = ElementKind::Integer;
    let text = graph.validate().unwrap_err().to_string();
    assert!(
        text.contains("the output holds reals (integers / 2^2), the inputs give reals (integers / 2^-2)"),
        "{text}"
    );
    let text = refused(|g, _| g.tensors[1].kind = ElementKind::Integer);
    assert!(
        text.contains("the output holds integers, the inputs give reals"),
        "{text}"
    );
    let text = refused(|g, _| {
        let input = g.inputs[1].0;
        g.tensors[input].interval = (0, 2);
    });
    assert!(text.contains("of booleans"), "{text}");
    let text = refused(|g, _| {
        let input = g.inputs[2].0;
        g.tensors[input].interval = (0, 1 << 33);
    });
    assert!(text.contains("zero point"), "{text}");
}

/// Names end up in keys: what could not be shown there is refused before anything is made from the graph.
#[test]
fn names_that_cannot_be_seen_are_refused() {
    use hallmark_model::ModelError;
    let graph = every_operator();
    graph.validate().unwrap();
    for character in [
        '\n',
        '\u{1b}',
        '\u{200b}',
        '\u{202e}',
        '\u{2069}',
        '\u{feff}',
        '\u{e0041}',
    ] {
        for what in ["tensor", "node"] {
            let mut changed = graph.clone();
            match what {
                "tensor" => changed.tensors[3].name.push(character),
                _ => changed.nodes[3].name.push(character),
            }
            let error = changed.validate().unwrap_err();
            assert!(
                matches!(error, ModelError::UnacceptableName { what: found, character: c, .. } if found == what && c == u32::from(character)),
                "{error}"
            );
            assert!(error.to_string().contains("rename it in the model"), "{error}");
        }
    }
}
