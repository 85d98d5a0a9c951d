//! Every limit of a key, at the limit and one above it, and every encoding that has to be canonical.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

mod support;

use ark_ff::{BigInteger, PrimeField};
use hallmark_verifier::{
    CircuitKey, Constraint, Entry, EntryKind, Form, Fr, Gate, ModelDescription, Node, Problem, Query,
    VerifyError, VerifyingKey,
};
use support::{key, srs};

/// The support's key with another description or circuit.
fn made(change: impl FnOnce(&mut ModelDescription, &mut CircuitKey)) -> Result<VerifyingKey, VerifyError> {
    let (mut model, mut circuit) = (key().model().clone(), key().circuits()[0].clone());
    change(&mut model, &mut circuit);
    VerifyingKey::new(srs(), model, vec![circuit])
}

fn text(length: usize) -> String {
    "n".repeat(length)
}

type Change = fn(&mut ModelDescription, &mut CircuitKey, usize);

/// Field of the error, the greatest accepted size, and how a key gets one.
const SIZES: [(&str, usize, Change); 9] = [
    ("model name", 256, |model, _, size| model.name = text(size)),
    ("target", 256, |model, _, size| model.target = text(size)),
    ("layer", 1024, |model, _, size| model.layers[1] = text(size)),
    ("layers", 1 << 14, |model, _, size| {
        model.layers = vec![String::new(); size]
    }),
    ("entry name", 256, |_, circuit, size| {
        circuit.statement.entries[1].name = text(size);
    }),
    ("entry shape", 16, |_, circuit, size| {
        let mut shape = vec![1; size];
        shape[0] = 4;
        circuit.statement.entries[1].shape = shape;
    }),
    ("gate name", 256, |_, circuit, size| {
        circuit.protocol.gates[0].name = text(size)
    }),
    ("constraint name", 256, |_, circuit, size| {
        circuit.protocol.gates[1].constraints[0].name = text(size);
    }),
    ("gates", 1 << 16, |_, circuit, size| {
        let gate = Gate {
            name: String::new(),
            constraints: Vec::new(),
        };
        circuit.protocol.gates.resize(size, gate);
    }),
];

#[test]
fn sizes_end_at_their_limits() {
    for (field, limit, change) in SIZES {
        let at = made(|model, circuit| change(model, circuit, limit));
        let key = at.unwrap_or_else(|error| panic!("{field} of {limit}: {error}"));
        assert_eq!(VerifyingKey::from_bytes(&key.to_bytes()).unwrap(), key);
        refused(
            field,
            limit as u64,
            made(|model, circuit| change(model, circuit, limit + 1)),
        );
        // Before a key is made, the same is said of its parts.
        for (size, fits) in [(limit, true), (limit + 1, false)] {
            let (mut model, mut circuit) = (key.model().clone(), key.circuits()[0].clone());
            change(&mut model, &mut circuit, size);
            let writable = model.check_writable().and(circuit.check_writable());
            assert_eq!(writable.is_ok(), fits, "{field} of {size}: {writable:?}");
        }
    }
}

fn refused(field: &str, limit: u64, result: Result<VerifyingKey, VerifyError>) {
    match result.unwrap_err() {
        VerifyError::Malformed {
            field: found,
            problem:
                Problem::TooLarge {
                    limit: most,
                    found: size,
                },
            ..
        } => assert_eq!((found, most, size), (field, limit, limit + 1)),
        other => panic!("{field}: {other}"),
    }
}

/// Numbers that are bounded by a word of their own, whatever else would be wrong with the circuit.
#[test]
fn numbers_end_at_their_limits() {
    let cases: [(&str, u64, Change); 8] = [
        ("log rows", 26, |_, circuit, n| {
            circuit.protocol.log_rows = n as u32
        }),
        ("degree", 64, |_, circuit, n| circuit.protocol.degree = n),
        ("blinding factors", 1 << 14, |_, circuit, n| {
            circuit.protocol.blinding_factors = n
        }),
        ("instance columns", 1 << 14, |_, circuit, n| {
            circuit.protocol.instance_columns = n
        }),
        ("query column", 1 << 14, |_, circuit, n| {
            circuit.protocol.advice_queries[0].column = n
        }),
        ("permutation column", 1 << 14, |_, circuit, n| {
            circuit.protocol.permutation_columns[0].column = n;
        }),
        ("expression node", 1 << 20, |_, circuit, n| {
            circuit.protocol.nodes[3] = Node::Sum(1, n)
        }),
        ("constraint root", 1 << 20, |_, circuit, n| {
            circuit.protocol.gates[0].constraints[0].root = n;
        }),
    ];
    for (field, limit, change) in cases {
        refused(
            field,
            limit,
            made(|model, circuit| change(model, circuit, limit as usize + 1)),
        );
        // At the limit the number is read, and refused by what it would mean, if at all.
        match made(|model, circuit| change(model, circuit, limit as usize)) {
            Ok(key) => assert_eq!(VerifyingKey::from_bytes(&key.to_bytes()).unwrap(), key),
            Err(VerifyError::InconsistentKey { .. } | VerifyError::TooMuchWork { .. }) => {}
            Err(other) => panic!("{field} of {limit}: {other}"),
        }
    }
    for (log_rows, degree) in [(26, 4), (5, 64)] {
        made(|_, circuit| (circuit.protocol.log_rows, circuit.protocol.degree) = (log_rows, degree)).unwrap();
    }
}

/// Lists of things that take a few bytes each: one more than there may be is refused by the count alone.
#[test]
fn lists_end_at_their_limits() {
    let query = |column, rotation| Query { column, rotation };
    let cases: [(&str, u64, Change); 5] = [
        ("advice phases", 1 << 14, |_, circuit, n| {
            circuit.protocol.advice_phases = vec![0; n]
        }),
        ("challenge phases", 1 << 14, |_, circuit, n| {
            circuit.protocol.challenge_phases = vec![0; n]
        }),
        ("fixed commitments", 1 << 14, |_, circuit, n| {
            circuit.protocol.fixed_commitments = vec![support::point(1); n];
        }),
        ("expression nodes", 1 << 20, |_, circuit, n| {
            circuit.protocol.nodes.resize(n, Node::Constant(Fr::from(1u64)));
        }),
        ("statement entries", 1 << 10, |_, circuit, n| {
            let entry = circuit.statement.entries[2].clone();
            let nonce = circuit.statement.entries[0].clone();
            let outputs = (0..n - 1).map(|i| Entry {
                shape: vec![1],
                first: 2 + i,
                ..entry.clone()
            });
            circuit.statement.entries = std::iter::once(nonce).chain(outputs).collect();
            circuit.statement.length = n + 1;
            circuit.protocol.log_rows = 11;
        }),
    ];
    for (field, limit, change) in cases {
        refused(
            field,
            limit,
            made(|model, circuit| change(model, circuit, limit as usize + 1)),
        );
        match made(|model, circuit| change(model, circuit, limit as usize)) {
            Ok(_) | Err(VerifyError::TooMuchWork { .. }) => {}
            Err(other) => panic!("{field} of {limit}: {other}"),
        }
    }
    // All gates together have as many constraints as there can be nodes.
    let constraints = |counts: &[usize]| {
        let counts = counts.to_vec();
        made(|_, circuit| {
            let constraint = Constraint {
                name: String::new(),
                root: 14,
            };
            let gate = |count| Gate {
                name: String::new(),
                constraints: vec![constraint.clone(); count],
            };
            circuit.protocol.gates = counts.into_iter().map(gate).collect();
        })
    };
    assert!(constraints(&[1 << 19, 1 << 19]).is_ok());
    match constraints(&[1 << 19, (1 << 19) + 1]).unwrap_err() {
        VerifyError::Malformed {
            field: "constraints",
            problem: Problem::TooLarge { limit, .. },
            ..
        } => assert_eq!(limit, 1 << 19, "what the first gate left"),
        other => panic!("{other}"),
    }
    // Every rotation costs an opening point; as many as there can be queries are too much work, not too much to read.
    let queries = (0..1 << 14).map(|rotation| query(0, rotation)).collect();
    let many = made(|_, circuit| {
        circuit.protocol.log_rows = 20;
        circuit.protocol.fixed_queries = queries;
    });
    assert!(matches!(
        many.unwrap_err(),
        VerifyError::TooMuchWork {
            part: "the openings",
            ..
        }
    ));
}

#[test]
fn statements_end_at_their_limits() {
    let long = |length: usize| {
        made(|_, circuit| {
            circuit.protocol.log_rows = 22;
            circuit.statement.entries[2].shape = vec![length - 6];
            circuit.statement.length = length;
        })
    };
    long(1 << 22).unwrap();
    refused("statement length", 1 << 22, long((1 << 22) + 1));
    let first = |first| made(|_, circuit| circuit.statement.entries[1].first = first);
    refused("entry position", 1 << 22, first((1 << 22) + 1));
    let columns = |columns| made(|_, circuit| circuit.statement.columns = columns);
    refused("statement columns", 1 << 14, columns((1 << 14) + 1));
    // A row in which no cell belongs to an entry is one too many, whether between entries or behind the last one.
    let gap = |cells: usize| {
        made(|_, circuit| {
            circuit.statement.entries[2].first += cells;
            circuit.statement.length += cells;
        })
    };
    gap(1).unwrap();
    assert!(
        gap(2)
            .unwrap_err()
            .to_string()
            .contains("2 cells before 8 belong to no entry")
    );
    let behind = |cells: usize| made(|_, circuit| circuit.statement.length += cells);
    behind(1).unwrap();
    assert!(behind(2).unwrap_err().to_string().contains("2 cells before 11"));
    // A product that no machine has is no size at all.
    let huge = made(|_, circuit| circuit.statement.entries[2].shape = vec![1 << 31; 3]);
    assert!(huge.unwrap_err().to_string().contains("does not fit"));
    let kinds = made(|_, circuit| circuit.statement.entries[2].kind = EntryKind::Nonce);
    assert!(kinds.unwrap_err().to_string().contains("exactly one nonce"));
}

/// Where bytes lie in a key.
fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes
        .windows(part.len())
        .position(|window| window == part)
        .unwrap()
}

fn little_endian(number: impl BigInteger) -> [u8; 32] {
    number.to_bytes_le().try_into().unwrap()
}

/// A changed part of the key is refused with its problem, at its own offset.
fn problem(bytes: &[u8], at: usize, part: &[u8]) -> Problem {
    let mut changed = bytes.to_vec();
    changed[at..at + part.len()].copy_from_slice(part);
    match VerifyingKey::from_bytes(&changed).unwrap_err() {
        VerifyError::Malformed { offset, problem, .. } => {
            assert!(
                offset <= at + part.len() && at <= offset + 128,
                "{offset} for {at}"
            );
            problem
        }
        other => panic!("{other}"),
    }
}

#[test]
fn points_have_one_encoding() {
    let bytes = key().to_bytes();
    let coordinates = |multiple| {
        let [x, y] = hallmark_verifier::g1_to_bytes(&support::point(multiple));
        [x, y].concat()
    };
    let (fixed, sigma) = (find(&bytes, &coordinates(5)), find(&bytes, &coordinates(6)));
    let order = ark_bn254::Fq::MODULUS;
    let mut above = order;
    above.add_with_carry(&ark_bn254::Fq::from(1u64).into_bigint());
    for at in [fixed, sigma] {
        // x = p and p + 1 stand for 0 and 1, but are not how these are written; (1, 1) is not on the curve.
        assert_eq!(
            problem(&bytes, at, &little_endian(order)),
            Problem::NonCanonicalPoint
        );
        assert_eq!(
            problem(&bytes, at, &little_endian(above)),
            Problem::NonCanonicalPoint
        );
        assert_eq!(
            problem(&bytes, at + 32, &little_endian(order)),
            Problem::NonCanonicalPoint
        );
        assert_eq!(problem(&bytes, at, &[0xff; 32]), Problem::NonCanonicalPoint);
        let one = little_endian(Fr::from(1u64).into_bigint());
        assert_eq!(problem(&bytes, at, &[one, one].concat()), Problem::OffCurve);
        // Infinity is two zeros, never one.
        assert_eq!(problem(&bytes, at, &[0; 32]), Problem::OffCurve);
        assert_eq!(problem(&bytes, at + 32, &[0; 32]), Problem::OffCurve);
    }
    // A column of zeros is committed as infinity, a permutation never is.
    let mut zero = bytes.clone();
    zero[fixed..fixed + 64].fill(0);
    assert!(VerifyingKey::from_bytes(&zero).is_ok());
    assert_eq!(problem(&bytes, sigma, &[0; 64]), Problem::PointAtInfinity);
    // The SRS is the first thing behind magic and version.
    assert_eq!(problem(&bytes, 12, &[0; 64]), Problem::PointAtInfinity);
    assert_eq!(
        problem(&bytes, 12 + 64, &little_endian(order)),
        Problem::NonCanonicalPoint
    );
    let mut g2 = [0; 128];
    g2[0] = 1;
    assert_eq!(problem(&bytes, 12 + 64, &g2), Problem::OffCurve);
}

#[test]
fn scalars_and_tags_have_one_encoding() {
    let bytes = key().to_bytes();
    let representation = find(&bytes, &little_endian(Fr::from(99u64).into_bigint()));
    assert_eq!(
        problem(&bytes, representation, &little_endian(Fr::MODULUS)),
        Problem::NonCanonicalScalar
    );
    let mut largest = bytes.clone();
    largest[representation..representation + 32]
        .copy_from_slice(&little_endian((-Fr::from(1u64)).into_bigint()));
    assert!(VerifyingKey::from_bytes(&largest).is_ok());
    // An entry is a tag, its name with a length before it, its shape, the kind of its elements.
    let name = find(&bytes, b"\x05\0\0\0nonce");
    assert_eq!(problem(&bytes, name - 1, &[4]), Problem::UnknownTag(4));
    let element = name + 4 + 5 + 4;
    assert_eq!(problem(&bytes, element, &[4]), Problem::UnknownTag(4));
    let [circuit, gates] =
        [b"\x02\0\0\0\x09\0\0\0".as_slice(), b"\x07\0\0\0product"].map(|part| find(&bytes, part));
    // The tag of the form stands before the statement's columns and length.
    assert!(matches!(
        problem(&bytes, circuit - 1, &[8]),
        Problem::UnknownTag(8)
    ));
    // The last node before the gates, and their number, is a constant: a tag and a scalar.
    assert_eq!(problem(&bytes, gates - 4 - 33, &[9]), Problem::UnknownTag(9));
    let columns = find(&bytes, b"\x01\0\0\0\0\0\0\0\0\0\x02\x01\0\0\0");
    assert_eq!(problem(&bytes, columns, &[3]), Problem::UnknownTag(3));
}

/// Batches: every tensor begins with as many parts as there are executions.
#[test]
fn batches_have_one_number_of_executions() {
    let batch = |input: &[usize], output: &[usize]| {
        made(|_, circuit| {
            circuit.form = Form::PUBLIC_BATCH;
            circuit.statement.entries[1].shape = input.to_vec();
            circuit.statement.entries[2].shape = output.to_vec();
        })
    };
    for (input, output, accepted) in [
        ([2, 2].as_slice(), [3].as_slice(), false),
        (&[4], &[3], false),
        (&[], &[3], false),
        (&[1, 4], &[1, 3], true),
    ] {
        let key = batch(input, output);
        assert_eq!(key.is_ok(), accepted, "{input:?} {output:?}: {key:?}");
    }
    let key = batch(&[1, 4], &[1, 3]).unwrap();
    let circuit = key.circuit(Form::PUBLIC_BATCH).unwrap();
    assert_eq!(circuit.executions(), 1);
    assert_eq!(circuit.shape_of_one(&circuit.statement.entries[2]), [1, 3]);
}
