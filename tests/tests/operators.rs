//! Every check of every operator: `cargo test --release -p hallmark-tests max_pool` runs all of one operator's.

use hallmark_model::QOp;
use hallmark_tests::suite::{self, AtLeast, Suite};
use std::collections::BTreeSet;

macro_rules! operators {
    ($($name:ident)*) => {$(
        mod $name {
            use hallmark_tests::{checks, suite};

            #[test]
            fn interpreter() {
                checks::interpreter::check(&suite::$name::SUITE);
            }

            #[test]
            fn mock_prover() {
                checks::mock_prover::check(&suite::$name::SUITE);
            }

            #[test]
            fn cells() {
                checks::cells::check(&suite::$name::SUITE);
            }

            #[test]
            fn necessity() {
                checks::necessity::check(&suite::$name::SUITE);
            }

            #[test]
            fn intervals() {
                checks::intervals::check(&suite::$name::SUITE);
            }

            #[test]
            fn executions() {
                checks::executions::check(&suite::$name::SUITE);
            }

            #[test]
            fn rank() {
                checks::rank::check(&suite::$name::SUITE);
            }

            #[test]
            fn batches() {
                checks::batches::check(&suite::$name::SUITE);
            }

            #[test]
            fn engine() {
                checks::engine::check(&suite::$name::SUITE);
            }

            #[test]
            fn parameters() {
                checks::parameters::check(&suite::$name::SUITE);
            }

            #[test]
            fn machine() {
                checks::machine::check(&suite::$name::SUITE);
            }

            #[test]
            fn kept() {
                checks::kept::check(&suite::$name::SUITE);
            }

            #[test]
            fn contract() {
                checks::contract::check(&suite::$name::SUITE);
            }
        }
    )*};
}

hallmark_tests::for_every_operator!(operators);

#[test]
fn every_operator_of_the_model_has_a_suite() {
    let names: Vec<&str> = suite::ALL.iter().map(|suite| suite.name).collect();
    let operators: Vec<String> = QOp::NAMES.iter().map(|name| suite::snake_case(name)).collect();
    assert_eq!(
        BTreeSet::from_iter(names),
        operators.iter().map(String::as_str).collect()
    );
}

/// Seeds follow from names.
#[test]
fn no_two_cases_have_the_same_name() {
    let cases = suite::all();
    let names: BTreeSet<&str> = cases.iter().map(|make| make().name).collect();
    assert_eq!(names.len(), cases.len());
}

#[test]
fn there_is_enough_to_check() {
    let sum = |of: fn(&AtLeast) -> usize| {
        suite::ALL
            .iter()
            .map(|suite: &&Suite| of(&suite.at_least))
            .sum::<usize>()
    };
    assert!(sum(|least| least.executions) > 20);
    assert!(sum(|least| least.models) > 20);
    assert!(sum(|least| least.mixtures) > 100);
    assert!(sum(|least| least.batches) >= 10);
    assert!(sum(|least| least.mock_accepted) > 20);
    assert!(sum(|least| least.mock_rejected) > 50);
    // Where one is, the contract gets a batch of it.
    assert!(
        suite::ALL
            .iter()
            .filter(|suite| suite.at_least.batches > 0)
            .count()
            >= 6
    );
}
