//! Whether the shape that data state about themselves is an input's, and if not, in which order of axes it would be.

/// Axes of data for which a fitting order is looked for.
const MAX_ORDERED: usize = 6;

/// Whether data of shape `stated` can be an input of shape `expected`, or `samples` of them one after the other.
///
/// Axes of length 1 do not matter: they change no element's place. What else may differ is an axis of samples in front, and
/// flat data state no shape.
pub(super) fn fits(stated: &[usize], expected: &[usize], samples: usize) -> bool {
    let long =
        |shape: &[usize]| -> Vec<usize> { shape.iter().copied().filter(|&length| length != 1).collect() };
    let (stated, wanted) = (long(stated), long(expected));
    let elements: usize = wanted.iter().product();
    match stated.split_first() {
        None => true,
        Some((_, [])) => true,
        Some((&first, rest)) => {
            let stacked = first == samples && (rest == wanted || rest == [elements]);
            // Samples along the batch axis that the model has itself.
            let batches = expected.first().is_some_and(|&batch| {
                batch > 1 && batch.checked_mul(samples) == Some(first) && wanted.get(1..) == Some(rest)
            });
            stated == wanted || stacked || batches
        }
    }
}

/// An order of axes in which the data would fit.
pub(super) fn order(stated: &[usize], expected: &[usize], samples: usize) -> Option<Vec<usize>> {
    if stated.len() > MAX_ORDERED {
        return None;
    }
    let mut order: Vec<usize> = (0..stated.len()).collect();
    loop {
        let turned: Vec<usize> = order
            .iter()
            .filter_map(|&axis| stated.get(axis).copied())
            .collect();
        if fits(&turned, expected, samples) {
            return Some(order);
        }
        if !next_permutation(&mut order) {
            return None;
        }
    }
}

/// The next order in lexicographic order.
fn next_permutation(order: &mut [usize]) -> bool {
    let Some(turn) = order.windows(2).rposition(|pair| pair[0] < pair[1]) else {
        return false;
    };
    if let Some(swap) = (turn + 1..order.len())
        .rev()
        .find(|&later| order[later] > order[turn])
    {
        order.swap(turn, swap);
    }
    order[turn + 1..].reverse();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_of_one_and_samples_in_front_do_not_matter() {
        for (stated, expected, samples) in [
            (&[][..], &[1, 1][..], 1),
            (&[192], &[1, 3, 8, 8], 1),
            (&[384], &[1, 3, 8, 8], 2),
            (&[3, 8, 8], &[1, 3, 8, 8], 1),
            (&[1, 1, 3, 8, 8], &[1, 3, 8, 8], 1),
            (&[5, 3, 8, 8], &[1, 3, 8, 8], 5),
            (&[5, 1, 3, 8, 8], &[1, 3, 8, 8], 5),
            (&[5, 192], &[1, 3, 8, 8], 5),
            (&[6, 4], &[2, 4], 3),
            (&[3, 2, 4], &[2, 4], 3),
            (&[8, 8, 1], &[1, 1, 8, 8], 1),
        ] {
            assert!(fits(stated, expected, samples), "{stated:?} {expected:?}");
        }
        for (stated, expected, samples) in [
            (&[8, 8, 3][..], &[1, 3, 8, 8][..], 1),
            (&[5, 8, 8, 3], &[1, 3, 8, 8], 5),
            (&[4, 6], &[6, 4], 1),
            (&[8, 8], &[1, 64], 1),
            (&[4, 2], &[1, 2, 4], 1),
        ] {
            assert!(!fits(stated, expected, samples), "{stated:?} {expected:?}");
        }
    }

    #[test]
    fn an_order_that_fits_is_found() {
        assert_eq!(order(&[8, 8, 3], &[1, 3, 8, 8], 1), Some(vec![2, 0, 1]));
        assert_eq!(order(&[5, 8, 9, 3], &[1, 3, 8, 9], 5), Some(vec![0, 3, 1, 2]));
        assert_eq!(order(&[8, 8], &[1, 64], 1), None);
        assert_eq!(order(&[2; 7], &[128], 1), None);
    }
}
