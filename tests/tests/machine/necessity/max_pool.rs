//! Forgeries of max-pool.

use super::*;

/// A maximum that no element attains.
#[test]
fn maxima_are_attained() {
    for (make, tensor, output, size) in [
        (suite::max_pool::pool_2x2 as fn() -> Case, "t2", "t3", 4),
        (suite::max_pool::pool_1x3, "t2", "t3", 3),
        (suite::max_pool::pool_3x3, "t2", "t3", 9),
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
