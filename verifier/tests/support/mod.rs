//! A small key and bundle that are well-formed, without any proof behind them, and a seeded generator.
#![allow(dead_code, reason = "every test uses a part")]

use ark_ec::AffineRepr;
use hallmark_verifier::form::Inputs;
use hallmark_verifier::{
    Bundle, CircuitKey, ColumnKind, Constraint, ElementKind, Entry, EntryKind, Form, Fr, G1Affine, Gate,
    ModelDescription, Node, PermutationColumn, Protocol, Query, SrsPoints, Statement, StatementValues,
    TranscriptKind, VerifyingKey,
};

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

pub fn point(multiple: u64) -> G1Affine {
    (G1Affine::generator() * Fr::from(multiple)).into()
}

/// `q·(a·b(+1) − c·challenge) = 0` and `q·(instance − a) = 0` over three advice columns.
pub fn protocol(log_rows: u32) -> Protocol {
    let query = |column, rotation| Query { column, rotation };
    Protocol {
        log_rows,
        degree: 4,
        blinding_factors: 5,
        advice_phases: vec![0, 0, 1],
        challenge_phases: vec![0],
        instance_columns: 2,
        fixed_queries: vec![query(0, 0), query(1, -1)],
        advice_queries: vec![query(0, 0), query(1, 1), query(2, 0), query(1, 0)],
        instance_queries: vec![query(1, 0)],
        nodes: vec![
            Node::Fixed(0),
            Node::Advice(0),
            Node::Advice(1),
            Node::Product(1, 2),
            Node::Advice(2),
            Node::Challenge(0),
            Node::Product(4, 5),
            Node::Negated(6),
            Node::Sum(3, 7),
            Node::Product(0, 8),
            Node::Instance(0),
            Node::Scaled(1, -Fr::from(1u64)),
            Node::Sum(10, 11),
            Node::Product(0, 12),
            Node::Constant(Fr::from(0u64)),
        ],
        gates: vec![
            Gate {
                name: "product".into(),
                constraints: vec![Constraint {
                    name: "c".into(),
                    root: 9,
                }],
            },
            Gate {
                name: "public".into(),
                constraints: vec![
                    Constraint {
                        name: "nothing".into(),
                        root: 14,
                    },
                    Constraint {
                        name: "instance".into(),
                        root: 13,
                    },
                ],
            },
        ],
        permutation_columns: vec![
            PermutationColumn {
                kind: ColumnKind::Advice,
                column: 0,
            },
            PermutationColumn {
                kind: ColumnKind::Fixed,
                column: 0,
            },
            PermutationColumn {
                kind: ColumnKind::Instance,
                column: 1,
            },
        ],
        fixed_commitments: vec![point(5), G1Affine::identity()],
        permutation_commitments: vec![point(6), point(7), point(8)],
        transcript_repr: Fr::from(99u64),
    }
}

pub fn statement(form: Form) -> Statement {
    let entry = |kind, name: &str, shape: &[usize], first| Entry {
        kind,
        name: name.into(),
        shape: shape.to_vec(),
        element: ElementKind::Real { scale_bits: 8 },
        interval: (-128, 127),
        first,
    };
    let (input, output) = match form.inputs() {
        Inputs::Public => (entry(EntryKind::Input, "x", &[2, 2], 2), 6),
        Inputs::Committed => (entry(EntryKind::InputCommitment, "commitment to x", &[], 2), 4),
    };
    Statement {
        columns: 2,
        entries: vec![
            entry(EntryKind::Nonce, "nonce", &[], 0),
            input,
            entry(EntryKind::Output, "y", &[3], output),
        ],
        length: output + 3,
    }
}

pub fn srs() -> SrsPoints {
    let secret = Fr::from(12345u64);
    SrsPoints::new(
        (SrsPoints::g1() * secret).into(),
        (SrsPoints::g2() * secret).into(),
    )
    .unwrap()
}

pub fn key() -> VerifyingKey {
    let circuit = |form| CircuitKey {
        form,
        graph_digest: [2; 32],
        statement: statement(form),
        protocol: protocol(5),
    };
    let model = ModelDescription {
        name: "a model".into(),
        parameters: 12,
        graph_digest: [2; 32],
        layers: vec!["x: 2×2".into(), "y".into()],
        bits: 12,
        target: "fast".into(),
    };
    VerifyingKey::new(
        srs(),
        model,
        vec![circuit(Form::PUBLIC), circuit(Form::PRIVATE_INPUT)],
    )
    .unwrap()
}

pub fn bundle(key: &VerifyingKey, form: Form) -> Bundle {
    let private = form.inputs().are_committed();
    let length = key
        .circuit(form)
        .unwrap()
        .protocol
        .proof_bytes(TranscriptKind::Blake2b);
    // Small scalars and the generator: every element decodes, as a point or as a scalar.
    let proof = (0..length).map(|i| u8::from(i % 32 == 0)).collect();
    Bundle {
        model_id: key.model_id(),
        form,
        transcript: TranscriptKind::Blake2b,
        srs_digest: key.srs().digest(),
        values: StatementValues {
            nonce: [4; 32],
            inputs: if private {
                vec![]
            } else {
                vec![vec![1, -2, 127, -128]]
            },
            input_commitment: private.then_some([5; 32]),
            outputs: vec![vec![0, 9, -9]],
        },
        proof,
    }
}
