//! The list of scalar functions, and that `docs/ops/functions.md` has what their files say.

// Everything here is test code, also outside the test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

use hallmark_model::ops::functions::{Attribute, FUNCTIONS, Function};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ops/functions.md");
const HEAD: &str = "| function | ONNX | f(x) | remarks |\n|---|---|---|---|\n";

fn row(function: &Function) -> String {
    let operator = function.onnx.map_or("–".to_owned(), |onnx| {
        let attributes: Vec<String> = onnx.attributes.iter().map(attribute).collect();
        match attributes.is_empty() {
            true => onnx.operator.to_owned(),
            false => format!("{}: {}", onnx.operator, attributes.join(", ")),
        }
    });
    let cell = |text: &str| text.replace('|', "\\|");
    let (formula, remark) = (cell(function.formula), cell(function.remark));
    format!("| {} | {operator} | {formula} | {remark} |\n", function.name)
}

fn attribute(attribute: &Attribute) -> String {
    match attribute {
        Attribute::Number { name, default } => format!("{name} = {default}"),
        Attribute::Choice { name, words } => format!("{name} = {}", words.join(" or ")),
    }
}

/// The page with its table made from the list.
fn page(old: &str) -> String {
    let (text, rest) = old.split_once(HEAD).unwrap();
    let after = rest.lines().skip_while(|line| line.starts_with('|'));
    let rows: String = FUNCTIONS.iter().map(|function| row(function)).collect();
    let after: String = after.map(|line| format!("{line}\n")).collect();
    format!("{text}{HEAD}{rows}{after}")
}

#[test]
fn the_page_has_all_functions() {
    let old = std::fs::read_to_string(PAGE).unwrap();
    let new = page(&old);
    assert!(
        old == new,
        "docs/ops/functions.md is not what the functions' files say; `cargo test --release -p hallmark-model --test functions \
         -- --ignored` writes it:\n{new}"
    );
}

#[test]
#[ignore = "writes the page"]
fn write_the_page() {
    let old = std::fs::read_to_string(PAGE).unwrap();
    std::fs::write(PAGE, page(&old)).unwrap();
}

#[test]
fn names_are_given_once() {
    let mut names: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FUNCTIONS.len());
    for function in FUNCTIONS {
        assert!(!function.formula.is_empty(), "{} has no formula", function.name);
    }
}
