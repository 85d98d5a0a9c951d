//! Forgeries of requantize.

use super::*;

/// One unit more in a rounded result and `2^shift` less in its remainder: the equation holds, the remainder is in no table. The
/// lookup sum then ends at something else than zero, unless it starts from something else, or a step of it is wrong.
#[test]
fn lookups_outside_their_table() {
    with(&suite::requantize::rounding(), false, |cheater| {
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
