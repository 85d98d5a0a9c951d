//! Targeted forgeries: several cells are changed so that all but one constraint hold, and that one must reject.

use hallmark_circuits::internals::block::{Bank, Block};
use hallmark_circuits::internals::builder::Widths;
use hallmark_tests::attacks::{ArgMax, add, blocks, groups, public, raise};
use hallmark_tests::cases::{self, Case, NARROW, convolutions, functions, matrices};
use hallmark_tests::forger::{Cheat, CopyKind, Forger, Place, Rejection};
use hallmark_tests::graph_builder::GraphBuilder;
use hallmark_tests::mutation::{elements, place_of};
use hallmark_tests::setting::Setting;
use hallmark_verifier::integer;
use std::collections::BTreeSet;

fn no_such_entry() -> BTreeSet<Rejection> {
    BTreeSet::from([Rejection::named("lookup sum", "ends at zero")])
}

fn only(gate: &str, name: &str) -> BTreeSet<Rejection> {
    BTreeSet::from([Rejection::named(gate, name)])
}

fn with(case: Case, check: impl FnOnce(&Forger<'_>)) {
    let setting = Setting::new(&case);
    check(&Forger::new(&setting));
}

/// One unit more in the result, `2^shift` less in the remainder: the identity holds, the range does not.
#[test]
fn rounding_is_unique() {
    let mut g = GraphBuilder::new(1);
    let x = g.input(&[1, 4], 4);
    let y = g.linear(x, 3, 6);
    g.output(y);
    with(
        Case::with(
            "rounding",
            g,
            Widths {
                limb_bits: 8,
                ..NARROW
            },
        ),
        |forger| {
            let (rounded, remainder) = (blocks(forger, "t2")[0], blocks(forger, "t1 remainder")[0]);
            let length = forger.frame().tables.spec(remainder.table.unwrap()).len() as i64;
            for element in 0..3 {
                for sign in [1, -1] {
                    let mut cheat = Cheat::default();
                    add(forger, &mut cheat, place_of(forger, rounded, element, 0), sign);
                    add(forger, &mut cheat, public(forger, "t2", element).unwrap(), sign);
                    add(
                        forger,
                        &mut cheat,
                        place_of(forger, remainder, element, 0),
                        -sign * length,
                    );
                    assert_eq!(forger.try_out(&cheat), no_such_entry());
                }
            }
        },
    );
}

/// The same number in other limbs.
#[test]
fn limbs_are_unique() {
    with(matrices::one_row(), |forger| {
        let (low, high) = (blocks(forger, "t0 limb 0")[0], blocks(forger, "t0 limb 1")[0]);
        let width = forger.frame().tables.spec(low.table.unwrap()).len() as i64;
        for element in 0..4 {
            for sign in [1, -1] {
                let mut cheat = Cheat::default();
                add(
                    forger,
                    &mut cheat,
                    place_of(forger, low, element, 0),
                    sign * width,
                );
                add(forger, &mut cheat, place_of(forger, high, element, 0), -sign);
                assert_eq!(forger.try_out(&cheat), no_such_entry());
            }
        }
    });
}

/// Values just outside every table, with the helpers that the gates ask for and with honest helpers.
#[test]
fn intervals_end_where_they_should() {
    for make in cases::all() {
        with(make(), |forger| {
            for element in elements(forger) {
                let block = &forger.frame().blocks[element.block];
                let (Some(table), Bank::Single | Bank::Pair) = (block.table, block.bank) else {
                    continue;
                };
                if element.field > 0 && block.bank == Bank::Pair {
                    continue;
                }
                let length = forger.frame().tables.spec(table).len() as i64;
                for value in [-1, length, i64::MIN, i64::MAX] {
                    let mut cheat = Cheat::with([(element.place, integer(value))]);
                    assert!(
                        forger.try_out(&cheat).is_superset(&no_such_entry()),
                        "{} {value}",
                        block.name
                    );
                    let helpers = &forger.strips().advice.helpers[&block.bank];
                    cheat.stale.extend(helpers);
                    let names = forger.try_out(&cheat);
                    let helper =
                        |r: &Rejection| matches!(r, Rejection::Constraint(_, name) if name == "helper");
                    assert!(names.iter().any(helper), "{} {value}", block.name);
                }
            }
        });
    }
}

/// x of one row of a function's table with y of another.
#[test]
fn pairs_are_of_one_row() {
    for make in [
        functions::table,
        functions::two_functions,
        functions::pool_then_table,
    ] {
        with(make(), |forger| {
            for element in elements(forger).into_iter().filter(|e| e.field == 0) {
                let block = &forger.frame().blocks[element.block];
                let (Some(table), Bank::Pair) = (block.table, block.bank) else {
                    continue;
                };
                let spec = forger.frame().tables.spec(table);
                let y = place_of(forger, block, element.element, 1);
                let (x_now, y_now) = (forger.small(element.place), forger.small(y));
                for other in (0..spec.len()).filter(|x| *x as i64 != x_now) {
                    let (new_x, new_y) = (integer(other as i64), integer(spec.y(other)));
                    let matching = forger.try_out(&Cheat::with([(element.place, new_x), (y, new_y)]));
                    assert!(
                        !matching.is_empty() && matching.is_disjoint(&no_such_entry()),
                        "another row"
                    );
                    if spec.y(other) != y_now {
                        for cheat in [Cheat::with([(element.place, new_x)]), Cheat::with([(y, new_y)])] {
                            assert!(forger.try_out(&cheat).is_superset(&no_such_entry()), "two rows");
                        }
                    }
                }
            }
        });
    }
}

/// Multiplicities can only be traded between equal entries (there are several null entries).
#[test]
fn multiplicities_count_lookups() {
    for make in [
        functions::table,
        matrices::one_row,
        cases::movement::several_tables,
    ] {
        with(make(), |forger| {
            let (usable, columns) = (forger.frame().usable, &forger.strips().advice.multiplicities);
            let entries: Vec<_> = forger.frame().tables.entries().collect();
            let place = |position: usize| Place::Advice(columns[position / usable], position % usable);
            for position in 0..columns.len() * usable {
                for value in [
                    integer(i64::MAX),
                    integer(-1),
                    -forger.honest.get(place(position)) - integer(1),
                ] {
                    assert!(
                        !forger
                            .try_out(&Cheat::with([(place(position), value)]))
                            .is_empty()
                    );
                }
                let next = (position + 1) % (columns.len() * usable);
                let mut cheat = Cheat::default();
                add(forger, &mut cheat, place(position), 1);
                add(forger, &mut cheat, place(next), -1);
                let null = (0, 0, 0);
                let equal = entries.get(position).unwrap_or(&null) == entries.get(next).unwrap_or(&null);
                assert_eq!(
                    forger.try_out(&cheat).is_empty(),
                    equal,
                    "entries {position} and {next}"
                );
            }
        });
    }
}

/// Both parts of a ReLU grow by the same amount.
#[test]
fn relu_has_one_part() {
    with(functions::relu_twice(), |forger| {
        let split = blocks(forger, "t0")[0];
        for element in 0..5 {
            let (positive, negative) = (
                place_of(forger, split, element, 0),
                place_of(forger, split, element, 1),
            );
            let mut cheat = Cheat::default();
            let change = if forger.small(positive).max(forger.small(negative)) == 8 {
                0
            } else {
                1
            };
            add(forger, &mut cheat, positive, change);
            add(forger, &mut cheat, negative, change);
            add(forger, &mut cheat, public(forger, "t2", element).unwrap(), change);
            let rejections = forger.try_out(&cheat);
            let is_product =
                |r: &Rejection| matches!(r, Rejection::Constraint(gate, _) if gate == "one part is zero");
            assert_eq!(rejections.len(), change as usize);
            assert!(rejections.iter().all(is_product), "{rejections:?}");
        }
    });
}

/// A maximum that no element attains, at every level of a pool's groups; and one that is exceeded.
#[test]
fn maxima_are_attained() {
    for (make, tensor, output, size) in [
        (functions::pool_2x2 as fn() -> Case, "t2", "t3", 4),
        (functions::pool_of_input, "t0", "t1", 4),
        (functions::pool_3x3, "t2", "t3", 9),
        (functions::pool_5x5, "t2", "t3", 25),
        (functions::pool_1x3, "t2", "t3", 3),
        (functions::pool_padded, "t2", "t3", 4),
    ] {
        with(make(), |forger| {
            let windows = blocks(forger, output)[0].slot_of.len();
            let mut raised = 0;
            for window in 0..windows {
                let stored = place_of(forger, blocks(forger, output)[0], window as u32, 0);
                let top = [stored, public(forger, output, window as u32).unwrap()];
                let groups = groups(forger, tensor, size, window);
                for group in 0..groups.len() {
                    let rejections = forger.try_out(&raise(forger, &groups, group, &top));
                    assert!(!rejections.is_empty(), "window {window}, group {group}");
                    if rejections.is_disjoint(&no_such_entry()) {
                        raised += 1;
                        let all = &groups[group].differences;
                        let gate = format!("a maximum of {} is attained", all.len());
                        let attained = |r: &Rejection| matches!(r, Rejection::Constraint(g, _) if *g == gate);
                        assert!(
                            rejections.len() == 1 && rejections.iter().all(attained),
                            "{rejections:?}"
                        );
                    }
                }
                // One less: the greatest element is then above the maximum.
                let mut cheat = Cheat::default();
                top.iter()
                    .chain(&groups[0].differences)
                    .for_each(|place| add(forger, &mut cheat, *place, -1));
                assert!(forger.try_out(&cheat).is_superset(&no_such_entry()));
            }
            assert!(raised > 0, "no group could be raised");
        });
    }
}

/// Wrong indices, each with the cells that leave one constraint to reject them.
#[test]
fn arg_max_claims() {
    for bits in [4, 6] {
        with(functions::arg_max_claims(bits), |forger| {
            let claims = ArgMax::of_claims(forger);
            assert_eq!(
                forger.try_out(&claims.about(0, [5; 4], [0, 1, 1, 1])),
                BTreeSet::new(),
                "the honest claim"
            );
            for (why, cheat, (gate, name)) in claims.wrong() {
                assert_eq!(forger.try_out(&cheat), only(&gate, &name), "{why}");
            }
            // A bit of two: whatever else is claimed, a row before it or after it has to differ by more than one.
            for two in 0..4 {
                let mut bits = [0, 1, 1, 1];
                bits[two] = 2;
                assert!(
                    !forger.try_out(&claims.about(0, [5; 4], bits)).is_empty(),
                    "a bit of two"
                );
            }
        });
    }
}

/// The last of equal maxima, where the first is to be chosen, and the other way round.
#[test]
fn ties_go_to_the_right_one() {
    for make in [functions::arg_max_first, functions::arg_max_last] {
        let case = make();
        let mirrored = case.name.contains("last");
        let values: Vec<i64> = case.trace.tensors[0].iter().copied().collect();
        with(case, |forger| {
            let claims = ArgMax {
                forger,
                node: "n0",
                output: "t1",
                low: -8,
                length: 4,
                limbs: 1,
                bits: 4,
                mirrored,
            };
            let row = |sequence: usize| {
                let mut row = values[sequence * 4..][..4].to_vec();
                if mirrored {
                    row.reverse();
                }
                row
            };
            // 5, 7, 7, 1 or 1, 7, 7, 5: position 1 is right, position 2 is wrong.
            let right = claims.claim(0, &row(0), &[7; 4], &[0, 1, 1, 1]);
            assert_eq!(forger.try_out(&right), BTreeSet::new());
            let wrong = claims.claim(0, &row(0), &[7; 4], &[0, 0, 1, 1]);
            assert_eq!(forger.try_out(&wrong), no_such_entry());
            // Four equal elements.
            let right = claims.claim(1, &row(1), &[-7; 4], &[1, 1, 1, 1]);
            assert_eq!(forger.try_out(&right), BTreeSet::new());
            for wrong in [[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]] {
                assert_eq!(
                    forger.try_out(&claims.claim(1, &row(1), &[-7; 4], &wrong)),
                    no_such_entry()
                );
            }
        });
    }
}

/// An element and its copy beside the weights, changed alike; the statement with them.
#[test]
fn operands_are_bound_to_the_output() {
    with(matrices::two_layers(), |forger| {
        let (input, copy) = (
            blocks(forger, "t0")[0],
            blocks(forger, "t0 beside its weights")[0],
        );
        for element in 0..3 {
            for change in [1, -1, 3] {
                let mut cheat = Cheat::default();
                for place in [
                    place_of(forger, input, element, 0),
                    place_of(forger, copy, element, 0),
                ] {
                    add(forger, &mut cheat, place, change);
                }
                assert!(!forger.try_out(&cheat).is_empty(), "both copies");
                add(forger, &mut cheat, public(forger, "t0", element).unwrap(), change);
                let rejections = forger.try_out(&cheat);
                let zero = Rejection::Copy(hallmark_tests::forger::CopyKind::Zero);
                assert!(
                    rejections.contains(&zero),
                    "both copies and the statement: {rejections:?}"
                );
            }
        }
    });
}

/// A claim that two images of a batch gave each other's outputs: everything but the product holds. With their factors exchanged
/// beside the weights as well, everything but the link of these with the tensor does.
#[test]
fn images_of_a_batch_are_not_exchanged() {
    for (make, output, remainder, factor, sizes) in [
        (
            matrices::several_rows as cases::Make,
            "t4",
            "t3 remainder",
            "t2",
            [2, 5],
        ),
        (convolutions::batch, "t7", "t6 remainder", "t5", [3, 8]),
    ] {
        with(make(), |forger| {
            let limbs = |name: &str| -> Vec<_> {
                let all = &forger.frame().blocks;
                let own = |b: &&Block| b.bank == Bank::Single && b.name.starts_with(name);
                all.iter().filter(own).collect()
            };
            let mut cheat = Cheat::default();
            let mut exchange = |places: [Place; 2]| {
                let [a, b] = places.map(|place| forger.honest.get(place));
                cheat.changes.extend([(places[0], b), (places[1], a)]);
            };
            let [columns, inner] = sizes;
            let pairs = |columns: u32| (0..columns).map(move |e| [e, e + columns]);
            let stored = [limbs(output), limbs(remainder)].concat();
            assert!(stored.len() >= 2, "{}", stored.len());
            for block in stored {
                pairs(columns).for_each(|pair| exchange(pair.map(|e| place_of(forger, block, e, 0))));
            }
            pairs(columns).for_each(|pair| exchange(pair.map(|e| public(forger, output, e).unwrap())));
            let product = forger.try_out(&cheat);
            assert_eq!(product, BTreeSet::from([Rejection::Copy(CopyKind::Zero)]));
            let copy = blocks(forger, &format!("{factor} beside its weights"))[0];
            let mut exchange = |places: [Place; 2]| {
                let [a, b] = places.map(|place| forger.honest.get(place));
                cheat.changes.extend([(places[0], b), (places[1], a)]);
            };
            pairs(inner).for_each(|pair| exchange(pair.map(|e| place_of(forger, copy, e, 0))));
            let link = forger.try_out(&cheat);
            assert_eq!(link.len(), 1, "{link:?}");
        });
    }
}
