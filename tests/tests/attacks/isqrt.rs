//! Forgeries of isqrt.

use super::*;
use hallmark_tests::attacks::root;

/// One more or less than the root. Where both equations hold, a number is in no table; where all are in their tables, one equation does
/// not hold.
#[test]
fn roots_are_unique() {
    let case = suite::isqrt::roots();
    let elements: Vec<(i64, i64)> = (case.trace.tensors[0].iter().zip(&case.trace.tensors[1]))
        .map(|(x, root)| (x - root * root, *root))
        .collect();
    with(case, |forger| {
        let length = |name: &str| {
            forger
                .frame()
                .tables
                .spec(blocks(forger, name)[0].table.unwrap())
                .len()
        };
        let greatest = length("t1 remainder") as i64 - 1;
        let equation = BTreeSet::from([Rejection::Copy(CopyKind::Zero)]);
        let mut above = 0;
        for (element, (remainder, y)) in (0..).zip(elements) {
            let more = root(forger, element, [1, -2 * y - 1, 2 * y + 3]);
            let less = root(forger, element, [-1, 2 * y - 1, -2 * y - 1]);
            assert_eq!(
                forger.try_out(&more),
                no_such_entry(),
                "the root of {y}² + {remainder}"
            );
            assert_eq!(
                forger.try_out(&less),
                no_such_entry(),
                "the root of {y}² + {remainder}"
            );
            let not_square = root(forger, element, [1, 0, 2]);
            assert_eq!(
                forger.try_out(&not_square),
                equation,
                "a root with the remainder of another"
            );
            if y > 0 && remainder + 2 * y - 1 <= greatest {
                let beyond = root(forger, element, [-1, 2 * y - 1, 0]);
                assert_eq!(
                    forger.try_out(&beyond),
                    equation,
                    "a remainder beyond the next square"
                );
                above += 1;
            }
        }
        assert!(above > 2);
    });
}
