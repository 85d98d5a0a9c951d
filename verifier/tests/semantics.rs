//! Statements, keys that do not fit together, and the row checker.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use hallmark_verifier::check::{Cell, failing_constraints, failing_copies};
use hallmark_verifier::{
    CircuitKey, ColumnKind, EntryKind, Form, Fr, Node, PermutationColumn, Protocol, Query, StatementValues,
    VerifyError, VerifyingKey, integer, omega,
};
use support::{bundle, key, protocol, srs, statement};

#[test]
fn values_lie_where_the_statement_says() {
    let statement = statement(Form::PUBLIC);
    let mut nonce = [0; 32];
    nonce[15] = 3;
    nonce[30] = 1;
    let values = StatementValues {
        nonce,
        inputs: vec![vec![1, -2, 127, -128]],
        input_commitment: None,
        outputs: vec![vec![0, 9, -9]],
    };
    let columns = statement.instances(&values).unwrap();
    // Tensors lie last element first, across the columns.
    let expected = [[3, -128, -2, -9, 0], [256, 127, 1, 9, 0]];
    assert_eq!(
        columns,
        expected.map(|column| column.map(integer).to_vec()).to_vec()
    );
}

#[test]
fn private_statements_hold_the_commitment() {
    let statement = statement(Form::PRIVATE_INPUT);
    let mut values = bundle(&key(), Form::PRIVATE_INPUT).values;
    let mut commitment = [0; 32];
    commitment[0] = 77;
    values.input_commitment = Some(commitment);
    assert_eq!(statement.instances(&values).unwrap()[0][1], integer(77));
    values.input_commitment = Some([255; 32]);
    assert!(matches!(
        statement.instances(&values),
        Err(VerifyError::StatementShape { .. })
    ));
    values.input_commitment = None;
    assert!(matches!(
        statement.instances(&values),
        Err(VerifyError::StatementShape { .. })
    ));
}

#[test]
fn the_domain_is_halo2s() {
    let root = omega(3).unwrap();
    assert_eq!((0..4).fold(Fr::from(1u64), |power, _| power * root), integer(-1));
    assert_eq!(omega(28).map(|_| ()), Some(()));
    assert_eq!(omega(29), None);
}

/// Every way in which parts can fail to fit is refused under a name.
#[test]
fn inconsistent_keys_are_refused() {
    let refused = |place: &str, change: &dyn Fn(&mut Protocol)| {
        let mut changed = protocol(5);
        change(&mut changed);
        match changed.validate() {
            Err(VerifyError::InconsistentKey { place: found, .. }) => assert_eq!(found, place),
            other => panic!("{place}: {other:?}"),
        }
    };
    protocol(5).validate().unwrap();
    refused("rows", &|p| p.log_rows = 27);
    refused("degree", &|p| p.degree = 2);
    refused("degree", &|p| p.degree = 65);
    refused("blinding factors", &|p| p.blinding_factors = 31);
    refused("blinding factors", &|p| p.blinding_factors = 2);
    refused("advice phases", &|p| p.advice_phases[2] = 3);
    refused("challenge phases", &|p| p.challenge_phases[0] = 2);
    refused("fixed queries", &|p| p.fixed_queries[0].column = 2);
    refused("advice queries", &|p| p.advice_queries[1] = p.advice_queries[0]);
    refused("instance queries", &|p| p.instance_queries[0].column = 2);
    refused("rotations", &|p| p.advice_queries[1].rotation = 31);
    refused("rotations", &|p| p.advice_queries[1].rotation = i32::MIN);
    refused("permutation", &|p| p.permutation_columns.truncate(2));
    refused("permutation", &|p| {
        p.permutation_columns[1] = p.permutation_columns[0]
    });
    refused("permutation", &|p| p.permutation_columns[1].column = 1);
    refused("expressions", &|p| p.nodes[3] = Node::Product(1, 3));
    refused("expressions", &|p| p.nodes[5] = Node::Challenge(1));
    refused("expressions", &|p| p.nodes[0] = Node::Fixed(2));
    refused("gates", &|p| p.gates[0].constraints[0].root = 15);
    refused("gates", &|p| p.nodes[14] = Node::Product(9, 9));
}

#[test]
fn inconsistent_statements_are_refused() {
    let make = |change: &dyn Fn(&mut CircuitKey)| {
        let mut circuit = key().circuits()[0].clone();
        change(&mut circuit);
        VerifyingKey::new(srs(), key().model().clone(), vec![circuit])
    };
    make(&|_| {}).unwrap();
    let refused = |change: &dyn Fn(&mut CircuitKey)| {
        let error = make(change).unwrap_err();
        assert!(matches!(error, VerifyError::InconsistentKey { .. }), "{error}");
    };
    refused(&|c| c.statement.columns = 3);
    refused(&|c| c.statement.length = 8);
    refused(&|c| c.statement.length = 60);
    refused(&|c| c.statement.entries[1].first = 1);
    refused(&|c| c.statement.entries[1].interval = (1, 0));
    refused(&|c| c.statement.entries[0].kind = EntryKind::Output);
    refused(&|c| c.statement.entries[1].kind = EntryKind::InputCommitment);
    refused(&|c| c.form = Form::PRIVATE_INPUT);
    refused(&|c| c.statement.entries[1].shape = vec![usize::MAX, 2]);
    let twice = vec![key().circuits()[0].clone(), key().circuits()[0].clone()];
    assert!(VerifyingKey::new(srs(), key().model().clone(), twice).is_err());
    let mut model = key().model().clone();
    model.name = "\u{1b}[31mred".into();
    assert!(matches!(
        VerifyingKey::new(srs(), model, key().circuits().to_vec()),
        Err(VerifyError::Malformed { .. })
    ));
}

/// A witness of the support circuit, then every cell of it changed.
#[test]
fn every_changed_cell_breaks_a_named_constraint() {
    let protocol = protocol(5);
    let (rows, challenge) = (protocol.usable_rows(), integer(7));
    let inverse = ark_ff::Field::inverse(&challenge).unwrap();
    let cell = |column: i64, row: usize| integer(column * 1000 + row as i64 * row as i64 - 50);
    let mut advice: Vec<Vec<Fr>> = (0..2)
        .map(|c| (0..32).map(|row| cell(c, row)).collect())
        .collect();
    let result = (0..32)
        .map(|row| advice[0][row] * advice[1][(row + 1) % 32] * inverse)
        .collect();
    advice.push(result);
    let fixed = vec![vec![integer(1); rows], vec![integer(0); 32]];
    let instance = vec![vec![], advice[0].clone()];
    let failures =
        |advice: &[Vec<Fr>]| failing_constraints(&protocol, &fixed, advice, &instance, &[challenge], 0..rows);
    assert_eq!(failures(&advice), vec![]);
    for column in 0..3 {
        for row in 0..rows {
            let mut changed = advice.clone();
            changed[column][row] += integer(1);
            let found = failures(&changed);
            let broken = match (column, row) {
                // b is read one row ahead, so row 0 of it is free.
                (1, 0) => None,
                (1, row) => Some(row - 1),
                (_, row) => Some(row),
            };
            assert_eq!(
                found.first().map(|failure| failure.row),
                broken,
                "column {column}"
            );
            let names: Vec<_> = found
                .iter()
                .map(|f| (f.gate.as_str(), f.constraint, f.name.as_str()))
                .collect();
            match column {
                0 => assert_eq!(names, [("product", 0, "c"), ("public", 1, "instance")]),
                _ => assert!(found.is_empty() || names == [("product", 0, "c")]),
            }
        }
    }
    // Where the selector is zero nothing is checked.
    let mut changed = advice.clone();
    changed[2][4] += integer(1);
    let mut off = fixed.clone();
    off[0][4] = integer(0);
    assert_eq!(
        failing_constraints(&protocol, &off, &changed, &instance, &[challenge], 0..rows),
        vec![]
    );
    let unguarded = Protocol {
        advice_queries: vec![Query {
            column: 0,
            rotation: 0,
        }],
        nodes: vec![Node::Advice(0)],
        gates: vec![protocol.gates[0].clone()],
        ..protocol.clone()
    };
    let unguarded = Protocol {
        gates: vec![hallmark_verifier::Gate {
            name: "zero".into(),
            constraints: vec![hallmark_verifier::Constraint {
                name: String::new(),
                root: 0,
            }],
        }],
        ..unguarded
    };
    assert_eq!(
        failing_constraints(&unguarded, &[], &[vec![integer(1)]], &[], &[], 0..4).len(),
        1
    );
}

#[test]
fn broken_copies_are_found() {
    let at = |column, row| Cell {
        column: PermutationColumn {
            kind: ColumnKind::Advice,
            column,
        },
        row,
    };
    let advice = vec![vec![integer(1), integer(2)], vec![integer(2), integer(1)]];
    let copies = [(at(0, 0), at(1, 1)), (at(0, 1), at(1, 1))];
    assert_eq!(failing_copies(&copies, &[], &advice, &[]), vec![copies[1]]);
}
