//! The page for Rust programs shows the program that is compiled here.
#![allow(clippy::unwrap_used)]

#[test]
fn the_page_shows_the_program_that_is_compiled() {
    let page = include_str!("../../docs/rust.md");
    let program = include_str!("../examples/prove.rs");
    let start = program.find("\nuse ").unwrap() + 1;
    let shown = page
        .split("```rust\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    assert_eq!(shown, &program[start..]);
}
