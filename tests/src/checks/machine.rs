//! The layout for contracts, attacked: every stored cell, every public value and every cell of the machine, changed alone, is
//! rejected, and so are forgeries in which all that follows from a lie is computed to fit it.

use crate::cheater::{Cheater, setting};
use crate::setting::{Setting, arbitrary};
use crate::suite::Suite;
use hallmark_circuits::internals::machine::{CELLS, MACHINE, Number, Wire};
use hallmark_verifier::{Fr, integer};
use std::collections::HashSet;

/// All cells of all cases; of the first case also with a private input.
pub fn check(suite: &Suite) {
    for (number, make) in suite.cases.iter().enumerate() {
        let case = make();
        let public = setting(&case, false);
        every_stored_cell_is_bound(&Cheater::new(&public));
        let private = (number == 0).then(|| setting(&case, true));
        for setting in std::iter::once(public).chain(private) {
            every_cell_of_the_machine_is_determined(&Cheater::new(&setting));
            every_operand_is_wired_to_an_earlier_result_or_a_cell(&setting);
        }
    }
}

fn changed(value: Fr, seed: usize) -> [Fr; 3] {
    [
        value + integer(1),
        value - integer(1),
        arbitrary(seed as u64 + 99),
    ]
}

fn every_stored_cell_is_bound(cheater: &Cheater<'_>) {
    let (mut accepted, setting) = (Vec::new(), cheater.setting);
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
    assert!(
        accepted.is_empty(),
        "{}:\n{}",
        accepted.len(),
        accepted.join("\n")
    );
}

fn every_cell_of_the_machine_is_determined(cheater: &Cheater<'_>) {
    let setting = cheater.setting;
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

fn every_operand_is_wired_to_an_earlier_result_or_a_cell(setting: &Setting) {
    let private_input = setting.plan.options().private_input;
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
