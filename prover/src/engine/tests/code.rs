//! What code leaves out: products, columns and registers that are not needed.

use super::programs::run;
use super::*;
use crate::engine::identities::Identities;
use crate::engine::plan::Step;
use crate::engine::program::Program;
use std::collections::BTreeSet;

/// A protocol with one gate of these constraints.
fn protocol(nodes: Vec<Node>, roots: &[usize]) -> Protocol {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut protocol = random_protocol(&mut rng, 8, 5, 0);
    protocol.nodes = nodes;
    let constraint = |root: &usize| Constraint {
        name: String::new(),
        root: *root,
    };
    protocol.gates[0].constraints = roots.iter().map(constraint).collect();
    protocol
}

fn compiled(nodes: Vec<Node>, roots: &[usize]) -> Identities {
    let protocol = protocol(nodes, roots);
    Identities::new(Program::new(&protocol), &protocol)
}

fn multiplications(identities: &Identities) -> usize {
    let steps = identities.codes.iter().flat_map(|code| &code.steps);
    let products = steps.filter(|step| matches!(step, Step::Multiply { .. } | Step::MultiplyAdd { .. }));
    products.count()
}

/// Columns that occur once are added up before their FFT, if there are two, and not if they are rotated or needed elsewhere.
#[test]
fn columns_that_occur_once_are_added_up_before_their_fft() {
    let queries: Vec<usize> = (0..COLUMNS).map(|column| column * ROTATIONS.len()).collect();
    let sums = |nodes: Vec<Node>| {
        let roots = [nodes.len() - 1];
        let identities = compiled(nodes, &roots);
        let sums = identities.codes[0].virtuals.iter().map(|sum| sum.terms.len());
        let sources: BTreeSet<Source> = identities.sources();
        (sums.collect::<Vec<_>>(), sources.len())
    };
    let advice = |column: usize, rotation: usize| Node::Advice(queries[column] + rotation);
    let sum = |more: Node| vec![advice(0, 0), advice(1, 0), Node::Sum(0, 1), more, Node::Sum(2, 3)];
    assert_eq!(sums(sum(advice(2, 0))), (vec![3], 0));
    assert_eq!(sums(sum(Node::Fixed(queries[2]))), (vec![3], 0));
    assert_eq!(sums(sum(advice(2, 1))), (vec![2], 1), "a rotated column");
    assert_eq!(
        sums(sum(advice(1, 1))),
        (vec![], 2),
        "one that is needed at another row"
    );
    assert_eq!(sums(vec![advice(0, 0)]), (vec![], 1), "one column alone");
    // (a + b)·f is in two factors, and has its columns once.
    let fixed = |column: usize| Node::Fixed(queries[column]);
    let shared = vec![
        advice(0, 0),
        advice(1, 0),
        Node::Sum(0, 1),
        fixed(0),
        Node::Product(2, 3),
        fixed(1),
        Node::Sum(4, 5),
        advice(2, 0),
        Node::Product(6, 7),
        fixed(2),
        Node::Sum(4, 9),
        Node::Instance(0),
        Node::Product(10, 11),
        Node::Sum(8, 12),
    ];
    assert_eq!(sums(shared), (vec![2], 5));
}

/// A product that several constraints have is computed once.
#[test]
fn shared_products_are_computed_once() {
    let nodes = |again: Node| {
        vec![
            Node::Advice(0),
            Node::Advice(5),
            Node::Product(0, 1),
            again,
            Node::Product(2, 2),
            Node::Product(3, 3),
            Node::Sum(4, 5),
        ]
    };
    assert_eq!(multiplications(&compiled(nodes(Node::Product(1, 0)), &[6])), 2);
    assert_eq!(multiplications(&compiled(nodes(Node::Product(1, 1)), &[6])), 4);
    // A factor of several constraints is multiplied once, by the sum of all that it multiplies.
    let common = |last: Node| {
        vec![
            Node::Fixed(0),
            Node::Advice(0),
            Node::Product(0, 1),
            Node::Advice(5),
            Node::Product(0, 3),
            Node::Instance(0),
            last,
        ]
    };
    assert_eq!(
        multiplications(&compiled(common(Node::Product(0, 5)), &[2, 4, 6])),
        1
    );
    assert_eq!(
        multiplications(&compiled(common(Node::Product(1, 5)), &[2, 4, 6])),
        2
    );
}

/// Registers that are not needed any more are used again: a long sum of products needs no more than a short one.
#[test]
fn registers_are_used_again() {
    let registers = |products: usize| {
        let mut nodes = vec![Node::Advice(0)];
        for i in 0..products {
            let column = 1 + i % (COLUMNS * ROTATIONS.len() - 1);
            let last = nodes.len() - 1;
            nodes.extend([
                Node::Advice(column),
                Node::Fixed(column),
                Node::Product(last + 1, last + 2),
            ]);
            nodes.extend([Node::Product(last + 3, last + 3), Node::Sum(last, last + 4)]);
        }
        let root = nodes.len() - 1;
        compiled(nodes, &[root]).codes[0].registers
    };
    // Squares are kept in a register as long as their factor is the same.
    assert!(registers(2) < 12, "{}", registers(2));
    // A factor that is a sum of products.
    let wide = |products: usize| {
        let mut nodes = vec![Node::Instance(1)];
        for i in 0..products {
            let last = nodes.len() - 1;
            nodes.extend([
                Node::Advice(i),
                Node::Fixed(i),
                Node::Product(last + 1, last + 2),
                Node::Sum(last, last + 3),
            ]);
        }
        let last = nodes.len() - 1;
        nodes.extend([Node::Instance(0), Node::Product(last, last + 1)]);
        compiled(nodes, &[last + 2]).codes[0].registers
    };
    assert_eq!(wide(3), wide(12));
    let deep = |depth: usize| {
        let mut nodes = vec![Node::Advice(0), Node::Fixed(0), Node::Instance(0)];
        for _ in 0..depth {
            let last = nodes.len() - 1;
            nodes.extend([
                Node::Sum(last, 0),
                Node::Product(last + 1, 1),
                Node::Sum(last + 2, 2),
            ]);
        }
        let root = nodes.len() - 1;
        compiled(nodes, &[root]).codes[0].registers
    };
    assert!(deep(16) <= deep(3) + 13 * 2, "{} and {}", deep(16), deep(3));
    assert!(deep(1) <= 6, "{}", deep(1));
}

/// What cancels is gone: constants fold, opposite terms leave nothing, and nothing is no column.
#[test]
fn what_cancels_is_gone() {
    let two = extract::scalar(&Fr::from(2));
    let minus_two = extract::scalar(&-Fr::from(2));
    let identities = compiled(
        vec![
            Node::Advice(0),
            Node::Negated(0),
            Node::Sum(0, 1),
            Node::Constant(two),
            Node::Scaled(3, minus_two),
            Node::Product(3, 4),
            Node::Product(2, 0),
            Node::Constant(hallmark_verifier::Fr::default()),
            Node::Product(7, 0),
            Node::Sum(7, 6),
            Node::Product(9, 0),
        ],
        &[2, 5, 8, 10],
    );
    assert!(identities.sources().is_empty());
    assert_eq!(multiplications(&identities), 0);
    let y = Fr::from(1000);
    let tables = identities.scalars(&[], Fr::ZERO, Fr::ZERO, y).tables;
    assert_eq!(identities.codes.len(), 1);
    let found = run(&identities.codes[0], &tables[0], &|_, _| Fr::ZERO);
    assert_eq!(found, -Fr::from(8) * y.square(), "the second of four");
}
