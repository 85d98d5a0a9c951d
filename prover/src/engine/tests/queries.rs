//! The order of evaluations in proofs, and of openings.

use super::*;
use crate::engine::queries::Queries;
use hallmark_verifier::TranscriptKind;

/// A key whose circuit has these queries and as many permuted columns, three to a product.
fn key_of(advice: &[(usize, i32)], fixed: &[(usize, i32)], permuted: usize) -> EngineKey {
    let mut key = key(Backend::PORTABLE);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    key.protocol = random_protocol(&mut rng, key.protocol.log_rows, 5, permuted);
    let queries = |list: &[(usize, i32)]| {
        let query = |(column, rotation): &(usize, i32)| Query {
            column: *column,
            rotation: *rotation,
        };
        list.iter().map(query).collect::<Vec<Query>>()
    };
    key.protocol.advice_queries = queries(advice);
    key.protocol.fixed_queries = queries(fixed);
    key.sigmas = vec![Vec::new(); permuted];
    key
}

/// Evaluations as halo2 writes them: advice, fixed, permutation polynomials, then each product's, the last row's for all
/// but the last; opened with the products before what is fixed, last rows in reverse.
#[test]
fn evaluations_and_openings_have_halo2s_order() {
    use Source::{Advice, Fixed, Product, Sigma};
    let last = -6;
    for (permuted, products) in [
        (0, vec![]),
        (2, vec![(Product(0), 0), (Product(0), 1)]),
        (3, vec![(Product(0), 0), (Product(0), 1)]),
        (
            4,
            vec![
                (Product(0), 0),
                (Product(0), 1),
                (Product(0), last),
                (Product(1), 0),
                (Product(1), 1),
            ],
        ),
        (
            7,
            vec![
                (Product(0), 0),
                (Product(0), 1),
                (Product(0), last),
                (Product(1), 0),
                (Product(1), 1),
                (Product(1), last),
                (Product(2), 0),
                (Product(2), 1),
            ],
        ),
    ] {
        let key = key_of(&[(1, 0), (0, -1), (1, 1)], &[(2, 0), (0, 3)], permuted);
        let queries = Queries::of(&key);
        let columns = [
            (Advice(1), 0),
            (Advice(0), -1),
            (Advice(1), 1),
            (Fixed(2), 0),
            (Fixed(0), 3),
        ];
        let sigmas: Vec<(Source, i32)> = (0..permuted).map(|i| (Sigma(i), 0)).collect();
        assert_eq!(
            queries.sigmas,
            columns.len(),
            "the random polynomial's value comes next"
        );
        assert_eq!(
            queries.all,
            [&columns[..], &sigmas, &products].concat(),
            "{permuted} columns"
        );
        assert_eq!(
            queries.all.len() + 1,
            key.protocol.proof_scalars(),
            "with the random polynomial's"
        );
        let opened: Vec<(Source, i32)> = queries
            .opening_order()
            .into_iter()
            .map(|i| queries.all[i])
            .collect();
        let here = products.iter().copied().filter(|(_, rotation)| *rotation != last);
        let mut there: Vec<(Source, i32)> = products
            .iter()
            .copied()
            .filter(|(_, rotation)| *rotation == last)
            .collect();
        there.reverse();
        let right: Vec<(Source, i32)> = columns[..3]
            .iter()
            .copied()
            .chain(here)
            .chain(there)
            .chain(columns[3..].iter().copied())
            .chain(sigmas)
            .collect();
        assert_eq!(opened, right, "{permuted} columns");
    }
}

/// The proof of a protocol has room for all of them.
#[test]
fn proofs_have_as_many_bytes_as_points_and_evaluations() {
    let key = key_of(&[(0, 0), (1, 0), (2, 0)], &[(0, 0)], 7);
    let (protocol, points) = (&key.protocol, 3 + 3 + 1 + 4 + 2);
    assert_eq!(protocol.proof_points(), points);
    let scalars = Queries::of(&key).all.len() + 1;
    assert_eq!(
        protocol.proof_bytes(TranscriptKind::Blake2b),
        32 * (points + scalars)
    );
    assert_eq!(
        protocol.proof_bytes(TranscriptKind::Keccak),
        64 * points + 32 * scalars
    );
}
