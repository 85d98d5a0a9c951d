//! Forgeries of reshape.

use super::*;

/// A claim that two images of a batch gave each other's outputs: everything but the product holds. With their factors exchanged
/// beside the weights as well, everything but the link of these with the tensor does.
#[test]
fn images_of_a_batch_are_not_exchanged() {
    for (make, output, remainder, factor, sizes) in [
        (
            suite::linear::several_rows as suite::Make,
            "t4",
            "t3 remainder",
            "t2",
            [2, 5],
        ),
        (suite::reshape::batch, "t7", "t6 remainder", "t5", [3, 8]),
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
