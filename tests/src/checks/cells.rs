//! Every cell of every gadget, changed alone, is rejected by a named constraint or a copy; the cells that are free are of
//! the few kinds that [`crate::mutation`] lists.
//!
//! Whatever depends on a changed stored cell is recomputed first, as a cheating prover would: evaluations, products,
//! helpers, multiplicities.

use crate::forger::{Cheat, Forger, Place};
use crate::mutation::{elements, free_late, free_stored, padding};
use crate::setting::{Setting, arbitrary};
use crate::suite::Suite;
use hallmark_circuits::internals::block::Bank;
use hallmark_verifier::{Fr, integer};

/// All cells of all cases.
pub fn check(suite: &Suite) {
    let mut findings = Vec::new();
    for make in suite.cases {
        let setting = Setting::new(&make());
        let forger = Forger::new(&setting);
        let mut found = Vec::new();
        every_element(&forger, &mut found);
        every_other_stored_cell(&forger, &mut found);
        every_late_cell(&forger, &mut found);
        rows_behind_the_usable_ones(&forger, &mut found);
        findings.extend(found.into_iter().map(|f| format!("{}: {f}", setting.name)));
    }
    let shown = &findings[..findings.len().min(40)];
    assert!(
        findings.is_empty(),
        "{} accepted forgeries:\n{}",
        findings.len(),
        shown.join("\n")
    );
}

/// New values of a cell.
fn changed(value: Fr, seed: usize) -> [(&'static str, Fr); 3] {
    [
        ("plus one", value + integer(1)),
        ("minus one", value - integer(1)),
        ("arbitrary", arbitrary(seed as u64 + 99)),
    ]
}

/// Cells with an element, public ones included.
fn every_element(forger: &Forger<'_>, accepted: &mut Vec<String>) {
    let all = elements(forger);
    for (index, element) in all.iter().enumerate() {
        let block = &forger.frame().blocks[element.block];
        let what = format!(
            "block '{}', field {}, element {}",
            block.name, element.field, element.element
        );
        let old = forger.honest.get(element.place);
        for (how, new) in changed(old, index) {
            let columns = forger.forge(&Cheat::with([(element.place, new)]));
            let rejections = forger.rejections(&columns);
            if rejections.is_empty() {
                accepted.push(format!("{what}: {how}"));
            }
            if index % 16 == 0 {
                assert_eq!(
                    rejections,
                    forger.rejections_everywhere(&columns),
                    "{what}: {how}"
                );
            }
        }
        let Some(next) = all
            .get(index + 1)
            .filter(|n| (n.block, n.field) == (element.block, element.field))
        else {
            continue;
        };
        let other = forger.honest.get(next.place);
        if other != old
            && forger
                .try_out(&Cheat::with([(element.place, other), (next.place, old)]))
                .is_empty()
        {
            accepted.push(format!("{what}: swapped with the next one"));
        }
    }
}

/// Cells without an element.
fn every_other_stored_cell(forger: &Forger<'_>, accepted: &mut Vec<String>) {
    for (index, place) in padding(forger).into_iter().enumerate() {
        let Place::Advice(column, row) = place else {
            continue;
        };
        let bank = forger.lane(column).map(|(bank, _)| bank);
        for (how, new) in changed(forger.honest.get(place), index) {
            if !forger.try_out(&Cheat::with([(place, new)])).is_empty() {
                continue;
            }
            let bounded = matches!(bank, Some(Bank::Single | Bank::Pair));
            if free_stored(forger, place).is_none() || (bounded && how == "arbitrary") {
                accepted.push(format!("{bank:?} column {column}, row {row}, no element: {how}"));
            }
        }
    }
}

/// Multiplicities and all last-phase cells, nothing else recomputed, and recomputed.
fn every_late_cell(forger: &Forger<'_>, accepted: &mut Vec<String>) {
    let advice = &forger.strips().advice;
    for column in advice
        .multiplicities
        .iter()
        .copied()
        .chain(advice.first_late..advice.count)
    {
        for row in 0..forger.frame().usable {
            let place = Place::Advice(column, row);
            let new = forger.honest.get(place) + integer(1);
            let mut alone = forger.honest.clone();
            alone.advice[column][row] = new;
            let cheat = match column < advice.first_late {
                true => Cheat::with([(place, new)]),
                false => Cheat::default().set(column, row, new),
            };
            for (how, columns) in [("alone", alone), ("with all that follows", forger.forge(&cheat))] {
                let rejected = !forger.rejections(&columns).is_empty();
                if rejected == free_late(forger, column, row).is_some() {
                    accepted.push(format!("column {column}, row {row}, {how}: rejected {rejected}"));
                }
            }
        }
    }
}

/// Nothing reads the rows that halo2 fills with randomness, nor those between them and the last constrained row.
fn rows_behind_the_usable_ones(forger: &Forger<'_>, accepted: &mut Vec<String>) {
    let rows = 1usize << forger.frame().k;
    let mut columns = forger.honest.clone();
    for (index, column) in columns.advice.iter_mut().enumerate() {
        let seeds = (column.len()..rows).map(|row| (index * rows + row) as u64);
        column.extend(seeds.map(arbitrary));
    }
    let rejections = forger.rejections_everywhere(&columns);
    if !rejections.is_empty() {
        accepted.push(format!("the honest witness is rejected by {rejections:?}"));
    }
}
