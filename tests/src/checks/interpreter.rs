//! What the interpreter computes.

use crate::suite::{Suite, snake_case};

/// Every case uses the operator, and is executed as it was, in the declared shapes and intervals.
pub fn check(suite: &Suite) {
    for make in suite.cases {
        let case = make();
        let uses = case
            .graph
            .nodes
            .iter()
            .any(|node| snake_case(node.op.name()) == suite.name);
        assert!(uses, "{} is no case of {}", case.name, suite.name);
        case.graph.validate().unwrap();
        let inputs: Vec<_> = case
            .graph
            .inputs
            .iter()
            .map(|id| case.trace.tensors[id.0].clone())
            .collect();
        let again = case.graph.run(&inputs).unwrap();
        assert_eq!(again.tensors, case.trace.tensors, "{}", case.name);
        for (tensor, values) in case.graph.tensors.iter().zip(&again.tensors) {
            let (low, high) = tensor.interval;
            assert_eq!(values.shape(), tensor.shape, "{}, {}", case.name, tensor.name);
            assert!(
                values.iter().all(|v| (low..=high).contains(v)),
                "{}, {}",
                case.name,
                tensor.name
            );
        }
    }
}
