//! Truncated and corrupted files: an answer within a moment, never a panic. Cases are seeded, so that a failure
//! repeats; `cargo test --release -p hallmark-import --test hostile`.

use hallmark_import::input::{InputLimits, InputSpec, parse};
use hallmark_import::{ImportOptions, import};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Corrupted variants of every file.
const VARIANTS: u64 = 60;
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
fn survive(bytes: &[u8], what: impl Fn() -> String) {
    let start = Instant::now();
    if let Ok(graph) = import(bytes, &ImportOptions::default()) {
        graph
            .validate()
            .unwrap_or_else(|error| panic!("{}: accepted, yet {error}", what()));
    }
    assert!(start.elapsed() < PATIENCE, "{}: {:?}", what(), start.elapsed());
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

#[test]
fn every_truncation() {
    for path in files("onnx") {
        let bytes = std::fs::read(&path).unwrap();
        for length in 0..bytes.len() {
            survive(&bytes[..length], || format!("{} cut to {length}", path.display()));
        }
    }
}

#[test]
fn corrupted_models() {
    for (index, path) in files("onnx").iter().enumerate() {
        let bytes = std::fs::read(path).unwrap();
        for variant in 0..VARIANTS {
            let seed = index as u64 * VARIANTS + variant;
            survive(&Random(seed).corrupt(&bytes), || {
                format!("{} seed {seed}", path.display())
            });
        }
    }
}

#[test]
fn corrupted_inputs() {
    let specs = [InputSpec {
        name: "x".to_owned(),
        shape: vec![2, 3],
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
