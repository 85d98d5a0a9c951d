//! Forgeries of lookup.

use super::*;

/// x of one row of a function's table with y of another.
#[test]
fn pairs_are_of_one_row() {
    for make in [
        suite::lookup::table,
        suite::lookup::two_functions,
        suite::max_pool::pool_then_table,
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
        suite::lookup::table,
        suite::linear::one_row,
        suite::lookup::several_tables,
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
    with(suite::lookup::relu_twice(), |forger| {
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
