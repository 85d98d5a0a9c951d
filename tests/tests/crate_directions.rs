//! Which crate may know which: ARCHITECTURE.md's arrows, checked on what cargo says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Every crate of the workspace with the crates of the workspace that it may depend on. `*` is all of them.
const ALLOWED: &[(&str, &[&str])] = &[
    ("hallmark-model", &[]),
    ("hallmark-import", &["hallmark-model"]),
    ("hallmark-circuits", &["hallmark-model"]),
    ("hallmark-kernels", &[]),
    ("hallmark-verifier", &[]),
    (
        "hallmark-prover",
        &[
            "hallmark-model",
            "hallmark-circuits",
            "hallmark-kernels",
            "hallmark-verifier",
        ],
    ),
    ("hallmark-evm", &["hallmark-verifier"]),
    ("hallmark-evm-execution", &["hallmark-evm"]),
    (
        "hallmark",
        &[
            "hallmark-model",
            "hallmark-import",
            "hallmark-circuits",
            "hallmark-prover",
            "hallmark-verifier",
        ],
    ),
    ("hallmark-server", &["*"]),
    ("hallmark-cli", &["*"]),
    ("hallmark-benches", &["*"]),
    ("hallmark-tests", &["*"]),
];

/// Packages that only some crates may see, and which.
const CONFINED: &[(&str, &[&str])] = &[
    ("prost", &["hallmark-import"]),
    ("tract-onnx", &["hallmark-import"]),
    (
        "halo2-axiom",
        &[
            "hallmark-circuits",
            "hallmark-kernels",
            "hallmark-prover",
            "hallmark-benches",
            "hallmark-tests",
        ],
    ),
    ("ark-bn254", &["hallmark-verifier", "hallmark-evm"]),
    ("tokio", &["hallmark-server", "hallmark-cli"]),
    ("anyhow", &["hallmark-cli"]),
    ("clap", &["hallmark-cli", "hallmark-benches"]),
    ("revm", &["hallmark-evm-execution"]),
    ("hallmark-evm-execution", &["hallmark-benches", "hallmark-tests"]),
];

/// Packages that the verifier must not reach, however indirectly.
const FOREIGN_TO_THE_VERIFIER: &[&str] = &[
    "halo2-axiom",
    "halo2curves-axiom",
    "tract-onnx",
    "tokio",
    "rayon",
    "prost",
];

fn metadata(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(arguments);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The target that this is built for.
fn host() -> String {
    let output = Command::new(env!("CARGO")).arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().to_owned()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().unwrap().iter()
}

/// Per crate of the workspace: its dependencies that are not for its tests only, by package name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata(&["--no-deps"]);
    let packages = list(&metadata, "packages").map(|package| {
        let direct = list(package, "dependencies").filter(|d| d["kind"].as_str() != Some("dev"));
        let names = direct.map(|d| d["name"].as_str().unwrap().to_owned()).collect();
        (package["name"].as_str().unwrap().to_owned(), names)
    });
    packages.collect()
}

#[test]
fn crates_depend_in_the_allowed_direction_only() {
    let all = dependencies();
    assert!(all.len() >= 8, "{all:?}");
    for (name, dependencies) in &all {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name) else {
            panic!("{name} is new: say here, and in ARCHITECTURE.md, what it may depend on")
        };
        for dependency in dependencies.iter().filter(|d| all.contains_key(*d)) {
            let fits = allowed.contains(&"*") || allowed.contains(&dependency.as_str());
            assert!(fits, "{name} must not depend on {dependency}");
        }
        for (package, owners) in CONFINED {
            let fits = owners.contains(&name.as_str()) || !dependencies.contains(*package);
            assert!(fits, "{name} must not see {package}: only {owners:?} may");
        }
    }
}

/// Packages that a crate reaches, however indirectly, but for its tests; the crate itself too.
fn reached(crate_name: &str) -> Vec<Value> {
    // Without --no-deps cargo resolves everything; for one target, because nothing downloads what only others need.
    let metadata = metadata(&["--locked", "--filter-platform", &host()]);
    let resolved: BTreeMap<&str, Vec<&str>> = list(&metadata["resolve"], "nodes")
        .map(|node| {
            let normal = |d: &&Value| list(d, "dep_kinds").any(|k| k["kind"].as_str() != Some("dev"));
            let ids = list(node, "deps")
                .filter(normal)
                .map(|d| d["pkg"].as_str().unwrap());
            (node["id"].as_str().unwrap(), ids.collect())
        })
        .collect();
    let names: BTreeMap<&str, &str> = list(&metadata, "packages")
        .map(|p| (p["id"].as_str().unwrap(), p["name"].as_str().unwrap()))
        .collect();
    let start = names.iter().find(|(_, name)| **name == crate_name).unwrap().0;
    let (mut open, mut reached) = (vec![*start], BTreeSet::new());
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            open.extend(&resolved[id]);
        }
    }
    let packages = list(&metadata, "packages");
    packages
        .filter(|package| reached.contains(package["id"].as_str().unwrap()))
        .cloned()
        .collect()
}

/// Their names.
fn reached_by(crate_name: &str) -> BTreeSet<String> {
    let packages = reached(crate_name);
    let names = packages.iter().map(|package| package["name"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

/// The oldest toolchain that a package says it compiles with: major and minor version.
fn oldest_toolchain(package: &Value) -> Option<(u32, u32)> {
    let mut numbers = package["rust_version"].as_str()?.split('.');
    let mut number = || numbers.next()?.parse().ok();
    Some((number()?, number()?))
}

#[test]
fn no_crate_promises_an_older_toolchain_than_its_dependencies_ask_for() {
    for (name, _) in ALLOWED {
        let packages = reached(name);
        let own = packages.iter().find(|package| package["name"] == *name).unwrap();
        let own = oldest_toolchain(own).unwrap();
        for package in &packages {
            let asked = oldest_toolchain(package).unwrap_or_default();
            assert!(
                asked <= own,
                "{name} promises {own:?}, {} asks for {asked:?}",
                package["name"]
            );
        }
    }
}

#[test]
fn the_verifier_reaches_nothing_of_the_prover() {
    let reached = reached_by("hallmark-verifier");
    for foreign in FOREIGN_TO_THE_VERIFIER {
        assert!(!reached.contains(*foreign), "the verifier reaches {foreign}");
    }
    let ours: Vec<_> = reached
        .iter()
        .filter(|name| name.starts_with("hallmark"))
        .collect();
    assert_eq!(ours, [&"hallmark-verifier"]);
}

#[test]
fn what_is_shipped_holds_no_evm() {
    for shipped in ["hallmark-cli", "hallmark-server"] {
        let reached = reached_by(shipped);
        assert!(reached.contains("hallmark-evm"), "{reached:?}");
        let foreign: Vec<_> = reached
            .iter()
            .filter(|name| name.starts_with("revm") || *name == "hallmark-evm-execution")
            .collect();
        assert!(foreign.is_empty(), "{shipped} reaches {foreign:?}");
    }
}
