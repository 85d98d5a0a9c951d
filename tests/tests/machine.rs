//! The layout for contracts, attacked: every stored cell, every public value and every cell of the machine, changed alone, is
//! rejected, and so are forgeries in which all that follows from a lie is computed to fit it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing helper fails its test"
)]

#[path = "machine/cheater.rs"]
mod cheater;
#[path = "machine/lies.rs"]
mod lies;
#[path = "machine/necessity.rs"]
mod necessity;
#[path = "machine/proofs.rs"]
mod proofs;

use cheater::{Cheater, setting};
use hallmark_circuits::internals::machine::{CELLS, MACHINE, Number, SEGMENTS, Wire};
use hallmark_tests::cases;
use hallmark_tests::setting::arbitrary;
use hallmark_verifier::{Fr, integer};
use std::collections::HashSet;

fn changed(value: Fr, seed: usize) -> [Fr; 3] {
    [
        value + integer(1),
        value - integer(1),
        arbitrary(seed as u64 + 99),
    ]
}

#[test]
fn every_stored_cell_is_bound() {
    let mut accepted = Vec::new();
    for make in cases::all() {
        let setting = setting(&make(), false);
        let cheater = Cheater::new(&setting);
        let layout = setting.plan.layout();
        let all = 0..setting.protocol.usable_rows();
        for (index, block) in layout.frame().blocks.iter().enumerate() {
            for element in 0..block.slot_of.len() as u32 {
                for field in 0..block.fills.len() as u32 {
                    let row = cheater.arranged.cell(index, element, field);
                    // Constants of expressions store nothing that is read.
                    let constant = block.table.is_none() && row < cheater.arranged.height;
                    for new in changed(cheater.cells[row], row) {
                        let mut cells = cheater.cells.clone();
                        cheater.change(&mut cells, (index, element, field), new - cheater.cells[row]);
                        let machine = cheater.machine(&cells, &cheater.instance);
                        if cheater.rejections(&cells, &machine, &cheater.instance, all.clone()) == 0 {
                            accepted.push(format!(
                                "{}: block '{}', field {field}, element {element}{}",
                                setting.name,
                                block.name,
                                if constant { " (constant)" } else { "" }
                            ));
                        }
                    }
                }
            }
        }
        for row in 0..cheater.instance.len() {
            let mut instance = cheater.instance.clone();
            instance[row] += integer(1);
            let machine = cheater.machine(&cheater.cells, &instance);
            // The nonce is bound by the transcript alone.
            if row >= 2 && cheater.rejections(&cheater.cells, &machine, &instance, all.clone()) == 0 {
                accepted.push(format!("{}: public value {row}", setting.name));
            }
        }
    }
    assert!(
        accepted.is_empty(),
        "{}:\n{}",
        accepted.len(),
        accepted.join("\n")
    );
}

#[test]
fn every_cell_of_the_machine_is_determined() {
    let private = cases::all()
        .into_iter()
        .step_by(5)
        .map(|make| setting(&make(), true));
    for setting in cases::all()
        .into_iter()
        .map(|make| setting(&make(), false))
        .chain(private)
    {
        let cheater = Cheater::new(&setting);
        let honest = cheater.machine(&cheater.cells, &cheater.instance);
        let (height, rows) = (cheater.arranged.height, &cheater.arranged.machine.rows);
        for (index, row) in rows.iter().enumerate() {
            for segment in 0..3 {
                // An addend that its row does not read is free. So is the salt, which gives another commitment.
                if segment == 1 && row.b.is_none() && !row.is_free() {
                    continue;
                }
                let mut machine = honest.clone();
                machine[segment * height + index] += integer(1);
                let near = index..index + 2;
                let rejected = cheater.rejections(&cheater.cells, &machine, &cheater.instance, near);
                assert!(rejected > 0, "{}: row {index}, segment {segment}", setting.name);
            }
        }
        for index in (0..cheater.arranged.usable()).step_by(7) {
            let mut machine = honest.clone();
            machine[3 * height + index] += integer(1);
            let near = index..index + 2;
            let rejected = cheater.rejections(&cheater.cells, &machine, &cheater.instance, near.clone());
            assert!(rejected > 0, "{}: lookup sum {index}", setting.name);
            let mut cells = cheater.cells.clone();
            cells[height + index] += integer(1);
            let machine = cheater.machine(&cells, &cheater.instance);
            let rejected = cheater.rejections(&cells, &machine, &cheater.instance, near);
            // Rows behind the table repeat the null row, of which there may be any number.
            let repeated = index >= setting.plan.frame().tables.rows();
            assert!(rejected > 0 || repeated, "{}: multiplicity {index}", setting.name);
        }
    }
}

#[test]
fn every_operand_is_wired_to_an_earlier_result_or_a_cell() {
    let private = cases::all().into_iter().step_by(5).map(|make| (make, true));
    for (make, private_input) in cases::all().into_iter().map(|make| (make, false)).chain(private) {
        let setting = setting(&make(), private_input);
        let layout = setting.plan.layout();
        let arranged = &layout.machine().unwrap().arranged;
        let copies: HashSet<_> = layout.frame().copies.iter().copied().collect();
        let source = |wire: Wire| match wire {
            Wire::Row(row) => (MACHINE, 2 * arranged.height + row as usize),
            Wire::Cell(segment, row) => (CELLS, segment as usize * arranged.height + row as usize),
        };
        let earlier = |wire: Option<Wire>, index: usize| match wire {
            Some(Wire::Row(row)) => (row as usize) < index,
            _ => true,
        };
        for (index, row) in arranged.machine.rows.iter().enumerate() {
            assert!(earlier(row.e, index) && earlier(row.b, index));
            // Every multiplier is under a copy constraint, the absent one to zero.
            let multiplier = (source(row.e.unwrap_or(arranged.machine.zero)), (MACHINE, index));
            assert!(
                copies.contains(&multiplier),
                "{}: row {index} has a free multiplier",
                setting.name
            );
            let addend = row
                .b
                .map(|wire| (source(wire), (MACHINE, arranged.height + index)));
            // The salt.
            let free = row.is_free() && private_input;
            assert!(
                free || addend.map_or(row.c == Number::Small(0), |copy| copies.contains(&copy)),
                "{}: row {index} has a free addend",
                setting.name
            );
        }
    }
}

/// Every absent multiplier is a copy of the zero. If the zero were another value v, those rows would read the results before them;
/// this prover computes everything in front of the zero so that it could be v.
#[test]
fn the_zero_is_nothing_else() {
    let case = cases::all()[0]();
    let setting = setting(&case, false);
    let cheater = Cheater::new(&setting);
    let (arranged, height) = (cheater.arranged, cheater.arranged.height);
    let Wire::Row(zero) = arranged.machine.zero else {
        panic!("the zero is a result")
    };
    let zero = zero as usize;
    let lie = arbitrary(5);
    let mut column = cheater.machine(&cheater.cells, &cheater.instance);
    let result = |row: usize| 2 * height + row;
    column[..=zero].fill(lie);
    // Backwards from a one in front of the zero; the cell in front of the first row is free.
    let mut value = integer(1);
    for row in (0..zero).rev() {
        column[result(row)] = value;
        value = (value - cheater.instance[row]) * cheater::inverse(lie);
    }
    column[result(0) - 1] = value;
    column[result(zero)] = lie;
    // The row that pins it.
    column[zero + 1] = lie;
    column[height + zero + 1] = lie;
    column[result(zero + 1)] = lie * lie + lie;
    let names = cheater.failing_gates(&column, 0..zero + 2);
    assert_eq!(names, Vec::<String>::new(), "every gate holds");
    let rows = |cell: usize| cell % height <= zero + 1 && cell < SEGMENTS * height - height;
    let failing: Vec<(usize, usize)> = cheater
        .failing_copies(&column)
        .into_iter()
        .filter(|((a, i), (b, j))| *a == MACHINE && *b == MACHINE && rows(*i) && rows(*j))
        .map(|((_, i), (_, j))| (i, j))
        .collect();
    assert_eq!(failing, [(result(zero + 1), result(zero))]);
}
