//! Bounds from both sides: the last that is accepted, and the first that is not.

use super::*;
use crate::kind::Step;
use crate::{ElementKind, IntTensor, QOp};

/// A copy of an input of one element.
fn copy(kind: ElementKind, interval: (i64, i64)) -> QuantizedGraph {
    let tensor = |name: &str| QTensor {
        name: name.to_owned(),
        shape: vec![1],
        kind,
        interval,
    };
    QuantizedGraph {
        name: "g".to_owned(),
        tensors: vec![tensor("x"), tensor("y")],
        nodes: vec![QNode {
            name: "copy".to_owned(),
            op: QOp::Reshape,
            inputs: vec![TensorId(0)],
            outputs: vec![TensorId(1)],
        }],
        inputs: vec![TensorId(0)],
        outputs: vec![TensorId(1)],
    }
}

fn accepted(kind: ElementKind, interval: (i64, i64)) -> bool {
    let graph = copy(kind, interval);
    let accepted = graph.validate().is_ok();
    if accepted {
        // What is accepted runs at both ends of its interval, and not beyond.
        for (value, fits) in [
            (interval.0, true),
            (interval.1, true),
            (interval.0 - 1, false),
            (interval.1 + 1, false),
        ] {
            let input = IntTensor::from_elem(vec![1], value);
            assert_eq!(graph.run(&[input]).is_ok(), fits, "{value} in {interval:?}");
        }
    }
    accepted
}

#[test]
fn intervals_end_where_sums_would_wrap() {
    let most = limits::MAX_MAGNITUDE;
    for (interval, fits) in [
        ((0, most - 1), true),
        ((1 - most, 0), true),
        ((1 - most, most - 1), true),
        ((0, most), false),
        ((-most, 0), false),
        ((i64::MIN, i64::MAX), false),
        ((3, 3), true),
        ((3, 2), false),
    ] {
        assert_eq!(accepted(ElementKind::Integer, interval), fits, "{interval:?}");
    }
}

#[test]
fn kinds_have_scales_and_values_within_bounds() {
    let most = limits::MAX_SCALE_BITS;
    for (bits, fits) in [
        (most, true),
        (-most, true),
        (most + 1, false),
        (-most - 1, false),
        (i32::MIN, false),
    ] {
        assert_eq!(accepted(ElementKind::real(bits), (-1, 1)), fits, "2^{bits}");
    }
    for (interval, fits) in [((0, 1), true), ((1, 1), true), ((0, 2), false), ((-1, 0), false)] {
        assert_eq!(accepted(ElementKind::Boolean, interval), fits, "{interval:?}");
    }
    let most = limits::MAX_QUANTIZED_MAGNITUDE;
    let scale = Step::try_from(0.5).unwrap();
    for (zero_point, interval, fits) in [
        (most - 1, (0, 255), true),
        (1 - most, (0, 255), true),
        (most, (0, 255), false),
        (-most, (0, 255), false),
        (0, (1 - most, most - 1), true),
        (0, (0, most), false),
        (0, (-most, 0), false),
    ] {
        let kind = ElementKind::Quantized { scale, zero_point };
        assert_eq!(
            accepted(kind, interval),
            fits,
            "zero at {zero_point}, {interval:?}"
        );
    }
}

/// Sizes are refused by their products, ranks by their number, before anything is allocated.
#[test]
fn sizes_are_bounded() {
    let shaped = |shape: &[usize]| {
        let mut graph = copy(ElementKind::Integer, (0, 1));
        graph
            .tensors
            .iter_mut()
            .for_each(|tensor| tensor.shape = shape.to_vec());
        graph.validate().map_err(|error| error.to_string())
    };
    let most = limits::MAX_TENSOR_ELEMENTS;
    assert_eq!(shaped(&[1; limits::MAX_RANK]), Ok(()));
    assert!(shaped(&[1; limits::MAX_RANK + 1]).unwrap_err().contains("rank"));
    assert_eq!(shaped(&[most / 2]), Ok(()));
    for shape in [
        &[most + 1][..],
        &[most, 2],
        &[usize::MAX, usize::MAX],
        &[1 << 32, 1 << 32, 0],
    ] {
        let error = shaped(shape).unwrap_err();
        assert!(error.contains("elements"), "{shape:?}: {error}");
    }
    assert!(shaped(&[2, 0]).unwrap_err().contains("length 0"));
}

/// Totals are of all tensors together; the place where they are too much is named.
#[test]
fn totals_are_spent_up_to_their_limit() {
    let mut total = 0;
    let mut take = |amount| spend(&mut total, amount, 100, "here", "operations so far");
    assert!(take(60).is_ok() && take(40).is_ok() && take(0).is_ok());
    let error = take(1).unwrap_err();
    let too_large = matches!(
        &error,
        ModelError::TooLarge { place, size: 101, limit: 100, .. } if place == "here"
    );
    assert!(too_large, "{error}");
    assert!(take(u128::MAX).is_err(), "no wrapping");
    assert!(count("nodes", limits::MAX_GRAPH_ITEMS).is_ok());
    let error = count("nodes", limits::MAX_GRAPH_ITEMS + 1).unwrap_err();
    assert!(matches!(error, ModelError::TooLarge { .. }), "{error}");
}

/// Tensors are defined once, before they are used, and exist.
#[test]
fn tensors_are_defined_once_and_before_their_use() {
    let mut order = Order {
        known: vec![false; 2],
    };
    let said = |result: Result<(), ModelError>| result.map_err(|error| error.to_string());
    assert!(
        said(order.use_of(1, "n"))
            .unwrap_err()
            .contains("used before it is computed")
    );
    assert_eq!(said(order.define(1, "n")), Ok(()));
    assert_eq!(said(order.use_of(1, "n")), Ok(()));
    assert!(said(order.define(1, "n")).unwrap_err().contains("two producers"));
    for id in [2, usize::MAX] {
        assert!(
            said(order.define(id, "n"))
                .unwrap_err()
                .contains("there is no tensor")
        );
        assert!(
            said(order.use_of(id, "n"))
                .unwrap_err()
                .contains("there is no tensor")
        );
    }
    assert_eq!(order.known, [false, true]);
}
