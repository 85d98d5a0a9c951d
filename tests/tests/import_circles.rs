//! Inside a crate, folders import each other in one direction only, and in most crates files do: read from their text.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

#[path = "import_circles/graph.rs"]
mod graph;
#[path = "import_circles/text.rs"]
mod text;

use graph::Modules;
use std::path::Path;

/// Crates in which no file reaches itself by imports.
const FILES: &[&str] = &[
    "model",
    "import",
    "circuits",
    "kernels",
    "verifier",
    "prover",
    "evm",
    "evm/execution",
    "hallmark",
    "benches",
];

/// Crates in which folders import in one direction; files of one folder may know each other.
const FOLDERS: &[&str] = &["server", "cli", "tests"];

/// The modules of a crate.
fn modules(name: &str) -> Modules {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let modules = Modules::read(&root.join(name).join("src"));
    // A parser that sees nothing would find no circles.
    let (files, edges) = (modules.count(), modules.edges().len());
    assert!(
        edges + 1 >= files,
        "{edges} imports among {files} files of {name}"
    );
    modules
}

#[test]
fn folders_import_in_one_direction() {
    for name in [FILES, FOLDERS].concat() {
        let circles = modules(name).circles_of_folders();
        assert!(circles.is_empty(), "of {name}: {circles:?}");
    }
}

#[test]
fn files_import_in_one_direction() {
    for name in FILES {
        let circles = modules(name).circles_of_files();
        assert!(circles.is_empty(), "of {name}: {circles:?}");
    }
}

#[test]
fn every_crate_is_looked_at() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let members = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = "))
        .unwrap();
    let mut members: Vec<String> = serde_json::from_str(members).unwrap();
    let mut listed = [FILES, FOLDERS].concat();
    members.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, members);
}

/// The circles of files and of folders among these.
fn circles(files: &[(&str, &str)]) -> [Vec<Vec<String>>; 2] {
    let modules = Modules::of(files.iter().copied());
    [modules.circles_of_files(), modules.circles_of_folders()]
}

fn one(circle: &[&str]) -> Vec<Vec<String>> {
    vec![circle.iter().map(|&name| name.to_owned()).collect()]
}

#[test]
fn circles_are_found() {
    // In every form that a path can have.
    for (a, b) in [
        ("use crate::b::B; pub struct A;", "use crate::a::A; pub struct B;"),
        ("use super::b::B; pub struct A;", "pub struct B(super::a::A);"),
        (
            "use crate::{b::{B, C}, c}; pub struct A;",
            "pub struct B; fn b() { crate::a::A::new(); }",
        ),
        (
            "use super::{b as other}; pub struct A(other::B);",
            "pub use super::a::*; pub struct B;",
        ),
        (
            "use crate::b; pub struct A; mod inner { fn a() { super::b::b() } }",
            "use crate::A; pub fn b() {}",
        ),
    ] {
        let files = [
            ("lib", "mod a; mod b; pub use a::A;"),
            ("a", a),
            ("b", b),
            ("c", ""),
        ];
        let circle = one(&["a", "b"]);
        assert_eq!(circles(&files), [circle, vec![]], "{a} {b}");
    }
    // Through names that others pass on, and with a folder's own file.
    let files = [
        ("lib", "mod folder; mod low;"),
        (
            "folder/mod",
            "mod a; pub use a::A; use crate::low::Low; pub struct Own(A);",
        ),
        ("folder/a", "use super::Own; pub struct A;"),
        ("low", "pub struct Low;"),
    ];
    assert_eq!(circles(&files), [one(&["folder", "folder/a"]), vec![]]);
    // Between folders, without one between files.
    let files = [
        ("lib", "mod one; mod two;"),
        ("one/mod", "mod a; pub mod b; pub use a::A;"),
        ("one/a", "use crate::two::X; pub struct A;"),
        ("one/b", "pub struct B;"),
        ("two/mod", "mod x; mod y; pub use x::X;"),
        ("two/x", "pub struct X;"),
        ("two/y", "use crate::one::b::B; pub struct Y;"),
    ];
    assert_eq!(circles(&files), [vec![], one(&["one", "two"])]);
}

#[test]
fn what_is_no_import_makes_no_circle() {
    let a = "use crate::b::B; pub struct A;";
    for b in [
        "pub struct B; // use crate::a::A;",
        "pub struct B; /* crate::a::A */",
        "pub struct B; const TEXT: &str = \"\\\" crate::a::A\"; const RAW: &str = r#\"\" crate::a::A \"#;",
        "pub struct B; fn b<'a>(c: char) -> bool { c == '\"' || c == '\\'' } #[cfg(test)] mod tests { use crate::a::A; }",
        "pub struct B; pub(in crate::a) struct C;",
        "use std::a::A; pub struct B;",
        "use crate::c::A; pub struct B;",
    ] {
        // What a module only passes on is of the module that defines it.
        let files = [
            ("lib", "mod a; mod b; mod c;"),
            ("a", a),
            ("b", b),
            ("c", "pub struct A;"),
        ];
        let found = circles(&files);
        assert!(found.iter().all(Vec::is_empty), "{b}: {found:?}");
    }
}
