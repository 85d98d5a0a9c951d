//! Forgeries of max-pool.

use super::*;

/// A maximum that no element attains, at every level of a pool's groups; and one that is exceeded.
#[test]
fn maxima_are_attained() {
    for (make, tensor, output, size) in [
        (suite::max_pool::pool_2x2 as fn() -> Case, "t2", "t3", 4),
        (suite::max_pool::pool_of_input, "t0", "t1", 4),
        (suite::max_pool::pool_3x3, "t2", "t3", 9),
        (suite::max_pool::pool_5x5, "t2", "t3", 25),
        (suite::max_pool::pool_1x3, "t2", "t3", 3),
        (suite::max_pool::pool_padded, "t2", "t3", 4),
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
