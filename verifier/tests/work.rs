//! What a key, a bundle or an audit file can ask for: work is counted and memory is measured, for hostile ones written by
//! hand and for some thousand that are mutated by their structure.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use hallmark_verifier::audit::Audit;
use hallmark_verifier::{
    Bundle, CircuitKey, ColumnKind, Constraint, Entry, EntryKind, Form, Fr, Gate, MAX_WORK, ModelId, Node,
    PermutationColumn, Problem, Query, StatementValues, VerifyError, VerifyingKey, verify,
};
use peak_alloc::PeakAlloc;
use std::sync::{Mutex, MutexGuard};
use support::{Random, bundle, key, point};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Tests of one program share its memory: they take turns.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What `work` returns, and the bytes that it had allocated at most, beyond what was there before.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = work();
    (result, MEMORY.peak_usage().saturating_sub(before))
}

fn changed(change: impl FnOnce(&mut CircuitKey)) -> Result<VerifyingKey, VerifyError> {
    let mut circuit = key().circuits()[0].clone();
    change(&mut circuit);
    VerifyingKey::new(support::srs(), key().model().clone(), vec![circuit])
}

/// A bundle whose proof has the right length and decodes.
fn bundle_for(key: &VerifyingKey) -> Bundle {
    let mut bundle = bundle(key, key.circuits()[0].form);
    bundle.values = values_for(&key.circuits()[0]);
    bundle
}

/// Values of the statement's shapes, all at the lower ends of their intervals.
fn values_for(circuit: &CircuitKey) -> StatementValues {
    let tensor = |entry: &Entry| vec![entry.interval.0; entry.elements().unwrap()];
    let tensors = |kind| circuit.statement.of_kind(kind).map(tensor).collect();
    let private = circuit.form.inputs().are_committed();
    StatementValues {
        nonce: [4; 32],
        inputs: tensors(EntryKind::Input),
        input_commitment: private.then_some([5; 32]),
        outputs: tensors(EntryKind::Output),
    }
}

fn refused(result: Result<VerifyingKey, VerifyError>) -> &'static str {
    match result {
        Err(VerifyError::TooMuchWork {
            part, steps, limit, ..
        }) => {
            assert!(steps > limit && limit == MAX_WORK);
            part
        }
        Err(other) => panic!("{other}"),
        Ok(key) => panic!("accepted, with {} steps", key.circuits()[0].work()),
    }
}

/// The statement's last tensor gets `rows` rows more.
fn lengthen(circuit: &mut CircuitKey, rows: usize) {
    let columns = circuit.statement.columns;
    let last = circuit.statement.entries.last_mut().unwrap();
    last.shape = vec![rows * columns];
    circuit.statement.length = last.first + rows * columns;
}

#[test]
fn products_of_a_keys_fields_are_bounded() {
    let _turn = turn();
    // Every rotation of an instance column, at every row: 500 bytes of key for minutes of work and gigabytes.
    let part = refused(changed(|circuit| {
        circuit.protocol.log_rows = 22;
        lengthen(circuit, 1 << 19);
        let more = (0..32).map(|i| Query {
            column: 0,
            rotation: 100 + i,
        });
        circuit.protocol.instance_queries.extend(more);
    }));
    assert_eq!(part, "the public values");
    // One column at many rotations: its polynomial takes the square of their number.
    for many in [1 << 13, 1 << 14] {
        let part = refused(changed(|circuit| {
            circuit.protocol.log_rows = 20;
            let old = circuit.protocol.advice_queries.len() as i32;
            let more = (old..many).map(|i| Query {
                column: 0,
                rotation: 100 + i,
            });
            circuit.protocol.advice_queries.extend(more);
        }));
        assert_eq!(part, "the openings");
    }
}

#[test]
fn cells_that_belong_to_no_tensor_are_refused() {
    let _turn = turn();
    for change in [
        (|circuit| circuit.statement.length = 1 << 20) as fn(&mut CircuitKey),
        |circuit| {
            circuit.statement.length = 1 << 20;
            circuit.statement.entries.last_mut().unwrap().first = (1 << 20) - 3;
        },
    ] {
        let result = changed(|circuit| {
            circuit.protocol.log_rows = 22;
            change(circuit);
        });
        match result {
            Err(VerifyError::InconsistentKey { reason, .. }) => {
                assert!(reason.contains("no entry"), "{reason}")
            }
            other => panic!("{other:?}"),
        }
    }
}

/// As many columns, queries, copies and nodes as the largest network could need, with a statement of 2^18 values.
fn large() -> Result<VerifyingKey, VerifyError> {
    const MANY: usize = 1 << 13;
    changed(|circuit| {
        let protocol = &mut circuit.protocol;
        protocol.log_rows = 24;
        protocol.degree = 9;
        protocol.advice_phases = vec![0; 1 << 10];
        protocol.challenge_phases = vec![0; 4];
        protocol.fixed_commitments = vec![point(3); MANY];
        protocol.fixed_queries = (0..MANY).map(|column| Query { column, rotation: 0 }).collect();
        protocol.advice_queries = (0..1 << 10)
            .flat_map(|column| [-1, 0, 1, 2].map(|rotation| Query { column, rotation }))
            .collect();
        protocol.nodes = vec![Node::Constant(Fr::from(0u64)); 1 << 16];
        protocol.gates = vec![Gate {
            name: "gate".into(),
            constraints: Vec::new(),
        }];
        protocol.gates[0].constraints.push(Constraint {
            name: String::new(),
            root: 9,
        });
        protocol.permutation_columns = (0..1 << 10)
            .map(|column| PermutationColumn {
                kind: ColumnKind::Advice,
                column,
            })
            .collect();
        protocol.permutation_commitments = vec![point(6); 1 << 10];
        lengthen(circuit, 1 << 17);
    })
}

#[test]
fn the_largest_models_are_accepted_and_take_memory_like_their_size() {
    let _turn = turn();
    assert!(key().circuits()[0].work() < MAX_WORK / 1000);
    let key = large().unwrap();
    let steps = key.circuits()[0].work();
    assert!(steps < MAX_WORK / 4, "{steps} of {MAX_WORK}");
    let bundle = bundle_for(&key);
    let values = bundle.values.outputs[0].len();
    let (result, bytes) = measured(|| verify(&key, &key.model_id(), &bundle));
    assert_eq!(result, Err(VerifyError::PairingFailed));
    // 32 bytes a value, and some hundred a column.
    assert!(bytes < 40 * values + 2000 * (1 << 14), "{bytes} bytes");
}

#[test]
fn what_a_key_alone_asks_for_is_not_allocated() {
    let _turn = turn();
    let key = changed(|circuit| {
        circuit.protocol.log_rows = 22;
        lengthen(circuit, 1 << 19);
    });
    let key = key.unwrap();
    let bytes = key.to_bytes();
    let (result, peak) = measured(|| {
        let key = VerifyingKey::from_bytes(&bytes).unwrap();
        verify(&key, &key.model_id(), &bundle(&key, Form::PUBLIC))
    });
    assert!(
        matches!(result, Err(VerifyError::StatementShape { .. })),
        "{result:?}"
    );
    // The search for small secrets of an SRS takes half a megabyte, whatever the key.
    assert!(peak < 1 << 20, "{peak} bytes for a key of {}", bytes.len());
}

#[test]
fn a_key_of_another_model_is_not_read() {
    let _turn = turn();
    let key = key();
    let bytes = key.to_bytes();
    assert_eq!(ModelId::of_key(&bytes), key.model_id());
    assert_eq!(
        VerifyingKey::from_bytes_expecting(&bytes, &key.model_id()).unwrap(),
        key
    );
    let expecting = |bytes: &[u8]| match VerifyingKey::from_bytes_expecting(bytes, &key.model_id()) {
        Err(VerifyError::WrongKey { expected, found }) => {
            assert_eq!((expected, found), (key.model_id(), ModelId::of_key(bytes)));
        }
        other => panic!("{other:?}"),
    };
    // Not even its form: bytes that are no key at all are the key of no model that anybody expects.
    expecting(b"no key");
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    let (_, peak) = measured(|| expecting(&other));
    assert!(peak < 1 << 12, "{peak} bytes");
}

// ---- JSON -----------------------------------------------------------------------------------------

fn too_large(result: Result<impl std::fmt::Debug, VerifyError>) -> &'static str {
    match result {
        Err(VerifyError::Malformed {
            field,
            problem: Problem::TooLarge { found, limit },
            ..
        }) => {
            assert!(found > limit);
            field
        }
        other => panic!("{other:?}"),
    }
}

/// The bundle's JSON with other inputs.
fn with_inputs(inputs: &str) -> String {
    let json = bundle(&key(), Form::PUBLIC).to_json();
    let [head, tail] = ["\"inputs\":", ",\"outputs\""];
    let (start, end) = (json.find(head).unwrap() + head.len(), json.find(tail).unwrap());
    [&json[..start], inputs, &json[end..]].concat()
}

/// The audit file of a bundle's JSON.
fn audit(json: &str) -> String {
    let audit = Audit {
        bundle: bundle(&key(), Form::PUBLIC),
        key: key().to_bytes(),
        index: 0,
        entry: String::new(),
        tree_size: 1,
        root: [0; 32],
        path: Vec::new(),
        signed: None,
    };
    let text = audit.to_json();
    text.replacen(&audit.bundle.to_json(), json, 1)
}

#[test]
fn json_is_refused_before_it_takes_memory() {
    let _turn = turn();
    assert!(Audit::parse(audit(&with_inputs("[[1,2]]")).as_bytes()).is_ok());
    let cases = [
        (
            "number of tensors and lists",
            format!("[{}[]]", "[],".repeat(20_000_000)),
        ),
        (
            "number of tensors and lists",
            format!("[{}[]]", "[],".repeat(2_999)),
        ),
        ("inputs", format!("[{}[]]", "[],".repeat(1024))),
        ("number of values", format!("[[{}0]]", "0,".repeat(5 << 20))),
        ("values", format!("[[{}0]]", "0,".repeat(1 << 22))),
        ("nesting", "[".repeat(1 << 20)),
        ("nesting", "[[[[1]]]]".to_owned()),
        ("length of a text", format!("\"{}\"", "a".repeat(8 << 20))),
        (
            "long texts",
            format!("[[0]],\"{}\":[[1]]", "b".repeat(2000)).repeat(2),
        ),
    ];
    for (expected, inputs) in cases {
        let json = with_inputs(&inputs);
        let (result, peak) = measured(|| Bundle::parse(json.as_bytes()));
        assert_eq!(too_large(result), expected);
        // Only what passes the first look is read: 2^22 values at most.
        let allowed = if expected == "values" { 112 << 20 } else { 1 << 19 };
        assert!(peak < allowed, "{expected}: {peak} bytes");
        let json = audit(&json);
        if json.len() < 10 << 20
            && !matches!(expected, "length of a text" | "long texts" | "number of values")
        {
            let (result, peak) = measured(|| Audit::parse(json.as_bytes()));
            assert_eq!(too_large(result), expected);
            assert!(peak < allowed, "{expected}: {peak} bytes");
        }
    }
    let (result, peak) = measured(|| Bundle::parse(&vec![b' '; (64 << 20) + 1]));
    assert_eq!(too_large(result), "size");
    assert!(peak < (64 << 20) + (1 << 16), "{peak} bytes");
}

#[test]
fn both_forms_have_the_same_limits() {
    let _turn = turn();
    let mut bundle = bundle(&key(), Form::PUBLIC);
    for (tensors, accepted) in [(1024, true), (1025, false), (2000, false)] {
        bundle.values.inputs = vec![Vec::new(); tensors];
        assert_eq!(
            Bundle::parse(bundle.to_json().as_bytes()).is_ok(),
            accepted,
            "{tensors}"
        );
        assert_eq!(Bundle::parse(&bundle.to_bytes()).is_ok(), accepted, "{tensors}");
    }
    bundle.values.inputs = vec![vec![0; 1 << 21]; 2];
    bundle.values.outputs = vec![Vec::new()];
    assert!(Bundle::parse(bundle.to_json().as_bytes()).is_ok());
    assert!(Bundle::parse(&bundle.to_bytes()).is_ok());
    bundle.values.outputs = vec![vec![0]];
    assert_eq!(too_large(Bundle::parse(bundle.to_json().as_bytes())), "values");
    assert_eq!(too_large(Bundle::parse(&bundle.to_bytes())), "values");
    bundle.values.inputs = Vec::new();
    bundle.proof = vec![1; 4 << 20];
    assert!(Bundle::parse(bundle.to_json().as_bytes()).is_ok());
    assert!(Bundle::parse(&bundle.to_bytes()).is_ok());
    bundle.proof.push(1);
    assert_eq!(too_large(Bundle::parse(bundle.to_json().as_bytes())), "proof");
    assert_eq!(too_large(Bundle::parse(&bundle.to_bytes())), "proof");
}

#[test]
fn a_parsers_message_shows_no_more_than_it_has_to() {
    let _turn = turn();
    let json = with_inputs("[[1]]");
    let hostile = json.replacen("\"nonce\"", "\"\\u001b[31m\\u202e\"", 1);
    let message = Bundle::parse(hostile.as_bytes()).unwrap_err().to_string();
    assert!(message.contains("\\u{1b}[31m\\u{202e}"), "{message}");
    let hostile = json.replacen("\"nonce\"", &format!("\"{}\"", "n".repeat(1 << 20)), 1);
    let message = Bundle::parse(hostile.as_bytes()).unwrap_err().to_string();
    assert!(message.len() < 400, "{} bytes", message.len());
}

// ---- Mutations ------------------------------------------------------------------------------------

/// A number that tends to be at an edge.
fn number(random: &mut Random, usual: usize) -> usize {
    match random.below(8) {
        0 => 0,
        1 => 1,
        2 => usual.saturating_add(1),
        3 => usual.saturating_sub(1),
        4 => 1 << random.below(27),
        5 => random.next() as u32 as usize,
        _ => random.below(usual.max(4)),
    }
}

fn rotation(random: &mut Random) -> i32 {
    match random.below(4) {
        0 => random.next() as i32,
        1 => i32::MIN,
        _ => random.below(64) as i32 - 32,
    }
}

fn mutate_protocol(circuit: &mut CircuitKey, random: &mut Random) {
    let protocol = &mut circuit.protocol;
    let many = 1 << random.below(11);
    match random.below(13) {
        0 => protocol.log_rows = random.below(28) as u32,
        1 => protocol.degree = number(random, protocol.degree),
        2 => protocol.blinding_factors = number(random, protocol.blinding_factors),
        3 => {
            let columns = protocol.advice_columns();
            protocol.advice_queries.extend((0..many).map(|_| Query {
                column: random.below(columns),
                rotation: rotation(random),
            }));
        }
        4 => {
            let columns = protocol.instance_columns;
            protocol.instance_queries.extend((0..many).map(|_| Query {
                column: random.below(columns),
                rotation: rotation(random),
            }));
        }
        5 => {
            let first = protocol.fixed_columns();
            protocol.fixed_commitments.extend(vec![point(9); many]);
            let columns = first..first.saturating_add(many);
            protocol.fixed_queries.extend(columns.map(|column| Query {
                column,
                rotation: rotation(random),
            }));
        }
        6 => {
            let at = random.below(protocol.nodes.len());
            let other = random.below(protocol.nodes.len());
            protocol.nodes[at] = match random.below(5) {
                0 => Node::Product(other, other),
                1 => Node::Sum(other, at),
                2 => Node::Instance(number(random, 1)),
                3 => Node::Fixed(number(random, 2)),
                _ => Node::Constant(Fr::from(random.next())),
            };
        }
        7 => protocol.nodes.extend((0..many).map(|i| Node::Negated(i.min(9)))),
        8 => {
            let root = random.below(protocol.nodes.len());
            let constraint = Constraint {
                name: "more".into(),
                root,
            };
            protocol.gates[0].constraints.extend(vec![constraint; many]);
        }
        9 => {
            let first = protocol.advice_columns();
            protocol.advice_phases.extend(vec![0; many]);
            let columns = first..first + many;
            protocol
                .advice_queries
                .extend(columns.clone().map(|column| Query { column, rotation: 0 }));
            let kind = ColumnKind::Advice;
            protocol
                .permutation_columns
                .extend(columns.map(|column| PermutationColumn { kind, column }));
            protocol.permutation_commitments.extend(vec![point(4); many]);
        }
        10 => protocol.challenge_phases.extend(vec![0; many]),
        11 => protocol.permutation_columns.truncate(random.below(4)),
        _ => protocol
            .advice_phases
            .iter_mut()
            .for_each(|phase| *phase = random.below(4) as u8),
    }
}

fn mutate_statement(circuit: &mut CircuitKey, random: &mut Random) {
    let statement = &mut circuit.statement;
    let at = random.below(statement.entries.len());
    match random.below(7) {
        0 => statement.columns = number(random, 2),
        1 => statement.length = number(random, 9),
        2 => statement.entries[at].shape = (0..random.below(4)).map(|_| number(random, 4)).collect(),
        3 => statement.entries[at].first = number(random, 6),
        4 => statement.entries[at].interval = (random.next() as i64, random.next() as i64),
        5 => {
            let rows = 1 << random.below(18);
            lengthen(circuit, rows);
        }
        _ => {
            let columns = 1 << random.below(12);
            circuit.statement.columns = columns;
            circuit.protocol.instance_columns = columns;
            for (position, entry) in circuit.statement.entries.iter_mut().enumerate() {
                entry.first = position * columns;
            }
            circuit.statement.length = 2 * columns + 3;
        }
    }
}

/// Keys that a hostile author could have encoded: whatever is accepted is checked within its counted work, and what is
/// refused is refused with a reason. Neither takes memory out of proportion to the bytes that came.
#[test]
fn keys_mutated_by_their_structure() {
    let _turn = turn();
    let mut random = Random(11);
    let (mut accepted, mut verified, mut too_much) = (0, 0, 0);
    let original = key();
    let (srs, model, originals) = (original.srs(), original.model(), original.circuits());
    for case in 0..2_000 {
        let mut circuit = originals[random.below(2)].clone();
        for _ in 0..=random.below(3) {
            match random.below(3) {
                0 => mutate_statement(&mut circuit, &mut random),
                _ => mutate_protocol(&mut circuit, &mut random),
            }
        }
        // Encoded and decoded again.
        let (result, peak) = measured(|| VerifyingKey::new(srs.clone(), model.clone(), vec![circuit]));
        let key = match result {
            Ok(key) => key,
            Err(VerifyError::TooMuchWork { .. }) => {
                too_much += 1;
                continue;
            }
            Err(VerifyError::Malformed { .. } | VerifyError::InconsistentKey { .. }) => continue,
            Err(other) => panic!("case {case}: {other}"),
        };
        accepted += 1;
        let steps = key.circuits()[0].work();
        assert!(steps <= MAX_WORK, "case {case}");
        let bytes = key.to_bytes().len();
        assert!(
            peak < (1 << 20) + 20 * bytes,
            "case {case}: {peak} bytes for {bytes}"
        );
        let cells = key.circuits()[0].statement.rows() * key.circuits()[0].statement.columns;
        if steps > MAX_WORK / 32 || cells > 1 << 20 {
            continue;
        }
        verified += 1;
        let bundle = bundle_for(&key);
        let size = bundle.to_bytes().len();
        let (result, peak) = measured(|| verify(&key, &key.model_id(), &bundle));
        match result {
            Err(VerifyError::PairingFailed | VerifyError::Malformed { .. }) => {}
            other => panic!("case {case}: {other:?}"),
        }
        let allowed = (1 << 20) + 32 * (size + bytes) + 64 * cells;
        assert!(
            peak < allowed,
            "case {case}: {peak} bytes, {allowed} allowed, {steps} steps"
        );
    }
    assert!(
        accepted > 200 && verified > 150,
        "{accepted} accepted, {verified} verified, {too_much} too much"
    );
}

/// How long a step takes in the keys that ask for most: `cargo test --release -p hallmark-verifier --test work -- --ignored
/// --nocapture`.
#[test]
#[ignore = "a measurement of half a minute"]
fn time_of_a_step() {
    let _turn = turn();
    let rotations = |many: i32| {
        changed(|circuit| {
            circuit.protocol.log_rows = 20;
            let more = (0..many).map(|i| Query {
                column: 0,
                rotation: 100 + i,
            });
            circuit.protocol.advice_queries.extend(more);
        })
    };
    let rows = |log_rows: u32, rotations: i32| {
        changed(|circuit| {
            circuit.protocol.log_rows = 24;
            lengthen(circuit, 1 << log_rows);
            let more = (0..rotations).map(|i| Query {
                column: 0,
                rotation: 100 + i,
            });
            circuit.protocol.instance_queries.extend(more);
        })
    };
    for (name, key) in [
        ("many rotations", rotations(5_000)),
        ("many rows", rows(20, 0)),
        ("rows and rotations", rows(19, 20)),
        ("rotations of few rows", rows(1, 16_000)),
        ("many columns", large()),
    ] {
        let key = key.unwrap();
        let bundle = bundle_for(&key);
        let start = std::time::Instant::now();
        let (result, peak) = measured(|| verify(&key, &key.model_id(), &bundle));
        let (time, steps) = (start.elapsed(), key.circuits()[0].work());
        println!(
            "{name}: {steps} steps in {time:.2?}, {:.1} ns each, {} kB, key of {} bytes: {result:?}",
            time.as_nanos() as f64 / steps as f64,
            peak >> 10,
            key.to_bytes().len()
        );
    }
}
