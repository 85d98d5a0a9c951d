//! Vector kernels are fast only if every instruction is inlined into the function that is compiled for the unit; where it is
//! not, results are right, and the function of the instruction has a symbol in the program.

#![cfg(all(target_os = "linux", target_arch = "x86_64", not(debug_assertions)))]

use hallmark_kernels::Backend;

/// How often a program's bytes contain a text.
fn count(program: &[u8], text: &[u8]) -> usize {
    program.windows(text.len()).filter(|w| *w == text).count()
}

#[test]
fn no_vector_instruction_is_a_call() {
    // All kernels hang on this.
    assert!(!Backend::detect().name().is_empty());
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    // "_mm512_", "_mm256_" and "8compiled", the units' entries, written so that the program does not contain them by this line.
    let [wide, narrow, entry] = std::hint::black_box(["`nn623`", "`nn367`", "9dpnqjmfe"])
        .map(|t| t.bytes().map(|b| b - 1).collect::<Vec<u8>>());
    if count(&program, &entry) == 0 {
        // Without symbols there is nothing to see.
        return;
    }
    assert_eq!(
        count(&program, &wide),
        0,
        "512-bit instructions that are not inlined"
    );
    assert_eq!(
        count(&program, &narrow),
        0,
        "256-bit instructions that are not inlined"
    );
}
