//! Truncated and corrupted files: an answer within a moment, never a panic. Cases are seeded, so that a failure
//! repeats; `cargo test --release -p hallmark-import --test hostile`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failing helper fails its test"
)]

use hallmark_import::input::{InputKind, InputLimits, InputSpec, parse};
use hallmark_import::{ImportError, ImportOptions, import};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest that one import may take. Folding has a budget of about a second; the rest is for slow machines.
const PATIENCE: Duration = Duration::from_secs(10);

fn files(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reference/data");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|e| e == extension));
    files.sort();
    assert!(files.len() > 100);
    files
}

/// Imports, and runs what was accepted through the model crate's own check.
///
/// Returns the kind of the answer, so that a test can see that it got past the first check.
fn survive(bytes: &[u8], what: impl Fn() -> String) -> &'static str {
    let start = Instant::now();
    let kind = match import(bytes, &ImportOptions::default()) {
        Ok(graph) => {
            graph
                .validate()
                .unwrap_or_else(|error| panic!("{}: accepted, yet {error}", what()));
            "accepted"
        }
        Err(ImportError::Format | ImportError::Decode(_)) => "format",
        Err(ImportError::Nodes(_)) => "nodes",
        Err(_) => "other",
    };
    assert!(start.elapsed() < PATIENCE, "{}: {:?}", what(), start.elapsed());
    kind
}

/// The SplitMix64 generator: <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Changes a few bytes: set, inserted, removed, or a stretch repeated.
    fn corrupt(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..=self.below(4) {
            if bytes.is_empty() {
                break;
            }
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.next() as u8,
                2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                3 => bytes.insert(at, self.next() as u8),
                4 => drop(bytes.remove(at)),
                _ => {
                    let end = (at + 1 + self.below(40)).min(bytes.len());
                    let stretch = bytes[at..end].to_vec();
                    bytes.splice(at..at, stretch);
                }
            }
        }
        bytes
    }
}

/// A protobuf field: its key (tag and wire type) and its value.
#[derive(Clone)]
struct Field {
    key: u64,
    value: Value,
}

#[derive(Clone)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
    /// Four or eight bytes.
    Fixed(Vec<u8>),
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Splits a message into fields; `None` where the bytes are no message.
fn fields(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let count = match key & 7 {
            0 => {
                fields.push(Field {
                    key,
                    value: Value::Number(varint(&mut bytes)?),
                });
                continue;
            }
            1 => 8,
            5 => 4,
            2 => usize::try_from(varint(&mut bytes)?).ok()?,
            _ => return None,
        };
        let (taken, rest) = bytes.split_at_checked(count)?;
        bytes = rest;
        let value = if key & 7 == 2 {
            Value::Bytes(taken.to_vec())
        } else {
            Value::Fixed(taken.to_vec())
        };
        fields.push(Field { key, value });
    }
    Some(fields)
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn encode(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for Field { key, value } in fields {
        push_varint(&mut bytes, *key);
        match value {
            Value::Number(number) => push_varint(&mut bytes, *number),
            Value::Fixed(fixed) => bytes.extend(fixed),
            Value::Bytes(content) => {
                push_varint(&mut bytes, content.len() as u64);
                bytes.extend(content);
            }
        }
    }
    bytes
}

impl Random {
    /// Changes one place of a message and keeps the framing around it valid.
    fn disturb(&mut self, message: &[u8]) -> Vec<u8> {
        let Some(mut fields) = fields(message).filter(|fields| !fields.is_empty()) else {
            return self.corrupt(message);
        };
        // Large fields are chosen more often: the graph rather than the version, a node rather than its name.
        let size = |field: &Field| match &field.value {
            Value::Bytes(content) => content.len() + 2,
            Value::Number(_) | Value::Fixed(_) => 2,
        };
        let mut place = self.below(fields.iter().map(size).sum());
        let at = fields
            .iter()
            .position(|field| match place.checked_sub(size(field)) {
                Some(rest) => {
                    place = rest;
                    false
                }
                None => true,
            });
        let at = at.unwrap_or(0);
        match self.below(12) {
            0 => drop(fields.remove(at)),
            1 => fields.insert(at, fields[self.below(at + 1)].clone()),
            2 => {
                let other = self.below(fields.len());
                fields.swap(at, other);
            }
            3 => {
                // The same place in the other of two fields.
                let other = fields[self.below(fields.len())].value.clone();
                fields[at].value = match (&fields[at].value, other) {
                    (Value::Number(_), other @ Value::Number(_)) => other,
                    (Value::Bytes(_), other @ Value::Bytes(_)) => other,
                    (same, _) => same.clone(),
                };
            }
            _ => match &mut fields[at].value {
                Value::Number(number) => *number = self.number(*number),
                Value::Fixed(fixed) => {
                    let byte = self.below(fixed.len());
                    fixed[byte] = self.next() as u8;
                }
                Value::Bytes(content) => *content = self.disturb(content),
            },
        }
        encode(&fields)
    }

    /// A number that parsers stumble over, or one beside the old one.
    fn number(&mut self, old: u64) -> u64 {
        let minus_one = u64::MAX;
        let choices = [
            0,
            1,
            2,
            3,
            5,
            7,
            100,
            1 << 16,
            1 << 31,
            1 << 40,
            1 << 62,
            1 << 63,
            (1 << 63) - 1,
            minus_one,
            minus_one - 1,
        ];
        match self.below(4) {
            0 => old.wrapping_add(1),
            1 => old.wrapping_sub(1),
            _ => choices[self.below(choices.len())],
        }
    }
}

#[test]
fn every_truncation() {
    for path in files("onnx") {
        let bytes = std::fs::read(&path).unwrap();
        for length in 0..bytes.len() {
            let _ = survive(&bytes[..length], || format!("{} cut to {length}", path.display()));
        }
    }
}

/// Corrupts every file many times; returns how often each kind of answer came.
fn corrupt_all(
    variants: u64,
    corrupt: impl Fn(&mut Random, &[u8]) -> Vec<u8>,
) -> BTreeMap<&'static str, usize> {
    let mut answers = BTreeMap::new();
    for (index, path) in files("onnx").iter().enumerate() {
        let bytes = std::fs::read(path).unwrap();
        for variant in 0..variants {
            let seed = index as u64 * variants + variant;
            let corrupted = corrupt(&mut Random(seed), &bytes);
            let kind = survive(&corrupted, || format!("{} seed {seed}", path.display()));
            *answers.entry(kind).or_default() += 1;
        }
    }
    println!("{answers:?}");
    answers
}

#[test]
fn corrupted_bytes() {
    let answers = corrupt_all(200, Random::corrupt);
    assert!(
        ["accepted", "format", "nodes", "other"]
            .iter()
            .all(|kind| answers.contains_key(kind)),
        "{answers:?}"
    );
}

/// Valid protobuf, invalid models: most get past the decoder and must be refused by the lowering.
#[test]
fn corrupted_fields() {
    let answers = corrupt_all(1000, |random, bytes| {
        let once = random.disturb(bytes);
        if random.below(3) == 0 {
            random.disturb(&once)
        } else {
            once
        }
    });
    for kind in ["accepted", "nodes", "other"] {
        assert!(
            answers.get(kind).is_some_and(|&count| count > 5000),
            "{answers:?}"
        );
    }
}

#[test]
fn corrupted_inputs() {
    let specs = [InputSpec {
        name: "x".to_owned(),
        shape: vec![2, 3],
        kind: InputKind::Real,
    }];
    let limits = InputLimits {
        file_bytes: 1 << 20,
        elements: 1 << 16,
    };
    let json =
        br#"[{"input_data": [[1, 2.5e0, -3], [4, 5, 6]]}, {"x": [[[1, 2, 3], [4, 5, 6]]], "note": null}]"#;
    let mut originals: Vec<Vec<u8>> = files("npz")
        .iter()
        .take(8)
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    let header = b"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n";
    originals.push(
        [
            &b"\x93NUMPY\x01\x00"[..],
            &[header.len() as u8, 0],
            header,
            &[0; 24],
        ]
        .concat(),
    );
    originals.push(json.to_vec());
    assert!(parse(&originals[originals.len() - 2], &specs, &limits).is_ok());
    assert_eq!(parse(json, &specs, &limits).unwrap().len(), 2);
    for (index, original) in originals.iter().enumerate() {
        for length in 0..original.len() {
            let _ = parse(&original[..length], &specs, &limits);
        }
        for variant in 0..1000 {
            let seed = (index * 1000 + variant) as u64;
            let start = Instant::now();
            let _ = parse(&Random(seed).corrupt(original), &specs, &limits);
            assert!(start.elapsed() < PATIENCE, "seed {seed}");
        }
    }
}
