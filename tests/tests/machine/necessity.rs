//! Every kind of constraint is needed: for each there is a forgery, of a false statement, that nothing else rejects. Were the
//! constraint left out, the forgery would be accepted, and its test fail. (The copy that pins the zero has its test in `machine.rs`.)

use super::cheater::{Broken, Cheater, inverse, setting};
use super::lies::{Equality, Lie, by_equality, translated};
use hallmark_circuits::internals::block::{Bank, Block};
use hallmark_circuits::internals::builder::Widths;
use hallmark_circuits::internals::machine::{MACHINE, Wire};
use hallmark_tests::attacks::{ArgMax, add, blocks, groups, public, raise};
use hallmark_tests::cases::{Case, NARROW, convolutions, functions, matrices};
use hallmark_tests::forger::{Cheat, Forger};
use hallmark_tests::graph_builder::GraphBuilder;
use hallmark_tests::mutation::place_of;
use hallmark_tests::setting::Setting;
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
    with(&matrices::two_layers(), false, |cheater| {
        for row in 2..cheater.instance.len() {
            let mut instance = cheater.instance.clone();
            let honest = cheater.machine(&cheater.cells, &instance);
            instance[row] += integer(1);
            let broken = cheater.broken(&cheater.cells, &honest, &instance);
            assert_eq!(broken, [Broken::Gate("machine".to_owned(), row)]);
        }
    });
}

/// One unit more in a rounded result and `2^shift` less in its remainder: the equation holds, the remainder is in no table. The
/// lookup sum then ends at something else than zero, unless it starts from something else, or a step of it is wrong.
#[test]
fn lookups_outside_their_table() {
    let mut g = GraphBuilder::new(1);
    let x = g.input(&[1, 4], 4);
    let y = g.linear(x, 3, 6);
    g.output(y);
    let widths = Widths {
        limb_bits: 8,
        ..NARROW
    };
    with(&Case::with("rounding", g, widths), false, |cheater| {
        let layout = cheater.setting.plan.layout();
        let block = |name: &str, stored: bool| {
            let is = |b: &Block| b.name == name && (b.bank != Bank::Instance) == stored;
            layout.frame().blocks.iter().position(is).unwrap()
        };
        let (rounded, remainder) = (block("t2", true), block("t1 remainder", true));
        let output = &layout.frame().blocks[block("t2", false)];
        let length = layout
            .frame()
            .tables
            .spec(layout.frame().blocks[remainder].table.unwrap())
            .len() as i64;
        let zero = result(cheater, cheater.arranged.machine.zero);
        for element in 0..3 {
            let mut lie = Lie::none(cheater);
            assert!(cheater.change(&mut lie.cells, (rounded, element, 0), integer(1)));
            assert!(!cheater.change(&mut lie.cells, (remainder, element, 0), integer(-length)));
            lie.instance[output.circuit_row(output.place(element, 0).0)] += integer(1);
            let honest = cheater.machine(&cheater.cells, &cheater.instance);
            let mut column = cheater.machine(&lie.cells, &lie.instance);

            let last = 3 * cheater.arranged.height + cheater.arranged.usable() - 1;
            let ends_at_zero = Broken::Copy(zero, (MACHINE, last));
            assert_eq!(cheater.broken(&lie.cells, &column, &lie.instance), [ends_at_zero]);

            let front = 3 * cheater.arranged.height - 1;
            let start = -cheater.sum_up(&lie.cells, Fr::from(0), &mut column);
            column[front] = start;
            assert_eq!(cheater.sum_up(&lie.cells, start, &mut column), Fr::from(0));
            let starts_at_zero = Broken::Copy(zero, (MACHINE, front));
            assert_eq!(
                cheater.broken(&lie.cells, &column, &lie.instance),
                [starts_at_zero]
            );

            column[front..].copy_from_slice(&honest[front..]);
            let broken = cheater.broken(&lie.cells, &column, &lie.instance);
            let step = |b: &Broken| matches!(b, Broken::Gate(gate, _) if gate == "lookup");
            assert!(!broken.is_empty() && broken.iter().all(step), "{broken:?}");
        }
    });
}

/// Equations, evaluations that have to agree, and the commitment to private inputs.
#[test]
fn every_equality_alone_rejects_a_lie() {
    let both = [false, true];
    for (make, visibilities) in [
        (convolutions::padded as fn() -> Case, &both[..]),
        (convolutions::strided, &both),
        (convolutions::depthwise, &both),
        (matrices::one_row, &both[..1]),
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

/// Both parts of a ReLU grow by the same amount.
#[test]
fn one_part_of_a_relu_is_zero() {
    let rejections = rejections(&functions::relu_twice(), |forger| {
        let split = blocks(forger, "t0")[0];
        let mut all = Vec::new();
        for element in 0..5 {
            let parts = [0, 1].map(|field| place_of(forger, split, element, field));
            if parts.iter().any(|part| forger.small(*part) == 8) {
                continue;
            }
            let mut cheat = Cheat::default();
            for place in parts.into_iter().chain(public(forger, "t2", element)) {
                add(forger, &mut cheat, place, 1);
            }
            all.push(cheat);
        }
        all
    });
    assert!(rejections.len() > 3 && rejections.iter().all(|broken| one_equality(broken)));
}

/// A maximum that no element attains.
#[test]
fn maxima_are_attained() {
    for (make, tensor, output, size) in [
        (functions::pool_2x2 as fn() -> Case, "t2", "t3", 4),
        (functions::pool_1x3, "t2", "t3", 3),
        (functions::pool_3x3, "t2", "t3", 9),
    ] {
        let rejections = rejections(&make(), |forger| {
            let stored = blocks(forger, output)[0];
            let windows = 0..stored.slot_of.len();
            let of_window = |window: usize| {
                let top = [
                    place_of(forger, stored, window as u32, 0),
                    public(forger, output, window as u32).unwrap(),
                ];
                let groups = groups(forger, tensor, size, window);
                (0..groups.len())
                    .map(|group| raise(forger, &groups, group, &top))
                    .collect::<Vec<_>>()
            };
            windows.flat_map(of_window).collect()
        });
        assert!(rejections.iter().all(|broken| !broken.is_empty()));
        assert!(
            rejections.iter().any(|broken| one_equality(broken)),
            "{tensor}, {size}"
        );
    }
}

/// Wrong indices, each with the cells that leave one constraint to reject them.
#[test]
fn arg_max_claims() {
    for bits in [4, 6] {
        let case = functions::arg_max_claims(bits);
        let rejections = rejections(&case, |forger| {
            let claims = ArgMax::of_claims(forger);
            let honest = claims.about(0, [5; 4], [0, 1, 1, 1]);
            let wrong = claims.wrong().into_iter().map(|(_, cheat, _)| cheat);
            std::iter::once(honest).chain(wrong).collect()
        });
        let (honest, wrong) = rejections.split_first().unwrap();
        assert_eq!(honest, &[]);
        for (index, broken) in wrong.iter().enumerate() {
            assert_eq!(broken.len(), 1, "{bits} bits, claim {index}: {broken:?}");
        }
    }
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
        convolutions::exact(),
        convolutions::strided(),
        functions::relu_twice(),
        matrices::one_row(),
    ] {
        with(&case, false, |cheater| needed_copies(cheater, &mut needed));
    }
    with(&functions::relu(), true, |cheater| {
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
