//! Every kind of constraint is needed: for each there is a forgery, of a false statement, that nothing else rejects. Were the
//! constraint left out, the forgery would be accepted, and its test fail. (The copy that pins the zero has its test in `machine.rs`.)

#[path = "necessity/arg_max.rs"]
mod arg_max;
#[path = "necessity/floor_div.rs"]
mod floor_div;
#[path = "necessity/isqrt.rs"]
mod isqrt;
#[path = "necessity/lookup.rs"]
mod lookup;
#[path = "necessity/max_pool.rs"]
mod max_pool;
#[path = "necessity/requantize.rs"]
mod requantize;

use super::lies::{Equality, Lie, by_equality, translated};
use hallmark_circuits::internals::block::{Bank, Block};
use hallmark_circuits::internals::machine::{MACHINE, Wire};
use hallmark_tests::attacks::{ArgMax, add, blocks, groups, public, raise};
use hallmark_tests::cheater::{Broken, Cheater, inverse, setting};
use hallmark_tests::forger::{Cheat, Forger};
use hallmark_tests::mutation::place_of;
use hallmark_tests::setting::Setting;
use hallmark_tests::suite::{self, Case};
use hallmark_verifier::{Fr, integer};
use std::collections::{BTreeMap, BTreeSet};

fn with(case: &Case, private_input: bool, check: impl FnOnce(&Cheater<'_>)) {
    let setting = setting(case, private_input);
    check(&Cheater::new(&setting));
}

/// The cell of a row's result.
fn result(cheater: &Cheater<'_>, wire: Wire) -> (usize, usize) {
    match wire {
        Wire::Row(row) => (MACHINE, 2 * cheater.arranged.height + row as usize),
        Wire::Cell(..) => panic!("no result"),
    }
}

/// Another public value than the one that the machine took over.
#[test]
fn the_machine_takes_over_what_is_public() {
    with(&suite::linear::two_layers(), false, |cheater| {
        for row in 2..cheater.instance.len() {
            let mut instance = cheater.instance.clone();
            let honest = cheater.machine(&cheater.cells, &instance);
            instance[row] += integer(1);
            let broken = cheater.broken(&cheater.cells, &honest, &instance);
            assert_eq!(broken, [Broken::Gate("machine".to_owned(), row)]);
        }
    });
}

/// Equations, evaluations that have to agree, and the commitment to private inputs.
#[test]
fn every_equality_alone_rejects_a_lie() {
    let both = [false, true];
    for (make, visibilities) in [
        (suite::conv::padded as fn() -> Case, &both[..]),
        (suite::conv::strided, &both),
        (suite::conv::depthwise, &both),
        (suite::conv::strided_volume, &both),
        (suite::linear::one_row, &both[..1]),
    ] {
        let case = make();
        for private_input in visibilities {
            with(&case, *private_input, |cheater| {
                let found: BTreeSet<Equality> = by_equality(cheater).into_keys().collect();
                let pair = |(a, b): &(Wire, Wire)| (result(cheater, *a).1, result(cheater, *b).1);
                // The first pins the zero.
                let pairs = cheater.arranged.machine.equal.iter().enumerate().skip(1);
                let missing: Vec<usize> = pairs
                    .filter(|(_, wires)| !found.contains(&pair(wires)))
                    .map(|(index, _)| index)
                    .collect();
                assert!(
                    missing.is_empty(),
                    "{}, private {private_input}: {missing:?}",
                    case.name
                );
            });
        }
    }
}

/// What rejects forgeries that are made for the other layout.
fn rejections(case: &Case, forgeries: impl FnOnce(&Forger<'_>) -> Vec<Cheat>) -> Vec<Vec<Broken>> {
    let fast = Setting::new(case);
    let forger = Forger::new(&fast);
    let mut all = Vec::new();
    with(case, false, |cheater| {
        let lies = forgeries(&forger)
            .into_iter()
            .map(|cheat| translated(cheater, &forger, &cheat));
        all.extend(lies.map(|lie| lie.broken(cheater)));
    });
    all
}

fn one_equality(broken: &[Broken]) -> bool {
    matches!(broken, [Broken::Copy((MACHINE, _), (MACHINE, _))])
}

/// An operand of the machine: what it is, and where.
fn kind(cheater: &Cheater<'_>, row: usize, wire: Option<Wire>, is_multiplier: bool) -> String {
    let operand = if is_multiplier { "multiplier" } else { "addend" };
    let wire = match wire {
        None => "none",
        Some(Wire::Row(_)) => "a result",
        Some(Wire::Cell(..)) => "a cell",
    };
    let free = cheater.arranged.machine.rows.iter().position(|row| row.is_free());
    let place = match row {
        _ if row < cheater.instance.len() => " in the statement",
        _ if free.is_some_and(|salt| row > salt) => " in the sponge",
        _ => "",
    };
    format!("{operand}: {wire}{place}")
}

/// A lie that one equality rejects, and one operand that is not what it should be a copy of, so that the equality holds: only the
/// copy rejects. Per kind of operand, how many copies alone reject such a lie.
fn needed_copies(cheater: &Cheater<'_>, needed: &mut BTreeMap<String, usize>) {
    let machine = &cheater.arranged.machine;
    let found = by_equality(cheater);
    for (index, row) in machine.rows.iter().enumerate() {
        let operands = [(row.e, true), (row.b, false)];
        for (wire, is_multiplier) in operands.into_iter().filter(|(w, e)| *e || w.is_some()) {
            let at = if is_multiplier {
                index
            } else {
                cheater.arranged.height + index
            };
            let mut forged = machine.clone();
            let operand = match is_multiplier {
                true => &mut forged.rows[index].e,
                false => &mut forged.rows[index].b,
            };
            *operand = Some(Cheater::FORGED);
            let alone = found.iter().any(|((a, b), lie)| {
                let honest = cheater.results(machine, &lie.cells, &lie.instance, Fr::from(0));
                let with = |value: Fr| cheater.results(&forged, &lie.cells, &lie.instance, value);
                let difference = |column: &[Fr]| column[*a] - column[*b];
                // Most equalities are linear in the operand.
                let (before, after) = (difference(&honest), difference(&with(honest[at] + integer(1))));
                if before == after {
                    return false;
                }
                let mut column = with(honest[at] + before * inverse(before - after));
                cheater.sum_up(&lie.cells, Fr::from(0), &mut column);
                let broken = cheater.broken(&lie.cells, &column, &lie.instance);
                matches!(broken.as_slice(), [Broken::Copy(_, forged)] if *forged == (MACHINE, at))
            });
            if alone {
                *needed
                    .entry(kind(cheater, index, wire, is_multiplier))
                    .or_default() += 1;
            }
        }
    }
}

#[test]
fn copies_of_operands_are_needed() {
    let mut needed = BTreeMap::new();
    for case in [
        suite::conv::exact(),
        suite::conv::strided(),
        suite::lookup::relu_twice(),
        suite::linear::one_row(),
    ] {
        with(&case, false, |cheater| needed_copies(cheater, &mut needed));
    }
    with(&suite::lookup::relu(), true, |cheater| {
        needed_copies(cheater, &mut needed)
    });
    for kind in [
        "multiplier: none",
        "multiplier: none in the statement",
        "multiplier: none in the sponge",
        "multiplier: a result",
        "multiplier: a result in the sponge",
        "multiplier: a cell",
        "addend: a result",
        "addend: a result in the sponge",
        "addend: a cell",
    ] {
        assert!(needed.contains_key(kind), "{kind}: {needed:#?}");
    }
}
