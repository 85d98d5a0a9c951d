//! What a key keeps for further proofs, what a proof takes, and the SRS's points.

use super::*;
use crate::engine::EngineError;
use crate::engine::identities::Identities;
use crate::engine::program::Program;
use hallmark_kernels::{Scalars, evaluate, msm};
use halo2_proofs::halo2curves::bn256::{Bn256, G1Affine};
use halo2_proofs::halo2curves::group::Curve;
use halo2_proofs::poly::commitment::ParamsProver;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use std::collections::BTreeSet;

/// Values on cosets are kept whole or not at all, after the tables of points, and only as far as the budget goes.
#[test]
fn precomputing_stays_within_its_budget() {
    let backend = Backend::detect();
    let tables = {
        let key = key(backend);
        [&key.srs.lagrange, &key.srs.monomial].map(|bases| bases.multiples_bytes())
    };
    let kept = key(backend).kept_cosets_bytes();
    assert!(kept > 0 && tables.iter().all(|bytes| *bytes > 0));
    let all = tables[0] + tables[1] + kept;
    for (budget, taken, points, cosets) in [
        (0, 0, [false, false], false),
        (tables[0].min(kept) - 1, 0, [false, false], false),
        (all - 1, tables[0] + tables[1], [true, true], false),
        (all, all, [true, true], true),
        (usize::MAX, all, [true, true], true),
    ] {
        let key = key(backend);
        let before = key.bytes();
        assert_eq!(key.precompute(budget), taken, "budget {budget}");
        let precomputed = [&key.srs.lagrange, &key.srs.monomial].map(|bases| bases.precomputed());
        assert_eq!(
            (precomputed, key.kept_on(0).is_some()),
            (points, cosets),
            "budget {budget}"
        );
        assert_eq!(key.bytes(), before + taken, "budget {budget}");
        // Asked again, it says what is there, and makes what the new budget allows.
        assert_eq!(key.precompute(0), taken);
        assert_eq!(key.precompute(all), all);
    }
}

/// On every coset exactly the columns that some identity reads there, with their polynomials' values.
#[test]
fn kept_cosets_have_the_values_there() {
    for backend in Backend::available() {
        let key = key(backend);
        assert!(key.kept_on(0).is_none() && !key.keeps_on_cosets(Source::Fixed(0)));
        key.precompute(usize::MAX);
        let most = key.identities.most_cosets();
        assert!(most > 1 && key.kept_on(most).is_none());
        for coset in 0..most {
            let shift = key.identities.coset_shift(coset);
            let kept = key.kept_on(coset).unwrap();
            let read: BTreeSet<Source> = key.identities.read_on(coset).collect();
            let constant = |source: &Source| key.coefficients(*source).is_some();
            let right: Vec<Source> = read.into_iter().filter(constant).collect();
            assert_eq!(kept.keys().copied().collect::<Vec<_>>(), right, "coset {coset}");
            for (source, values) in kept {
                assert!(key.keeps_on_cosets(*source));
                let coefficients = key.coefficients(*source).unwrap();
                for row in [0, 1, values.len() - 1] {
                    let at = shift * key.domain.omega().pow([row as u64]);
                    assert_eq!(
                        values.get(row),
                        evaluate(coefficients, at),
                        "{source:?}, coset {coset}, row {row}"
                    );
                }
            }
        }
        assert!(!key.keeps_on_cosets(Source::Advice(0)));
    }
}

/// Classes of fewer cosets run on those of the larger ones that are their own.
#[test]
fn classes_run_on_their_own_cosets() {
    let key = key(Backend::PORTABLE);
    let identities = &key.identities;
    let most = identities.most_cosets();
    let rows = key.protocol.rows() as u64;
    for (class, code) in identities.codes.iter().enumerate() {
        let own: Vec<usize> = (0..most)
            .filter(|c| identities.running(*c).any(|other| other == class))
            .collect();
        assert_eq!(own.len(), code.cosets);
        // Cosets of a class of m are those of g times powers of a root of order n·m.
        let step = identities.coset_shift(own.get(1).copied().unwrap_or(0))
            * Fr::MULTIPLICATIVE_GENERATOR.invert().unwrap();
        assert_eq!(step.pow([rows * code.cosets as u64]), Fr::ONE);
        for (c, coset) in own.iter().enumerate() {
            let right = Fr::MULTIPLICATIVE_GENERATOR * step.pow([c as u64]);
            assert_eq!(identities.coset_shift(*coset), right, "coset {coset} of {most}");
        }
    }
}

/// The fewest parts that keep the limit, to the byte; below the least there is none.
#[test]
fn parts_are_as_few_as_the_limit_allows() {
    let mut key = key(Backend::detect());
    // Forty squares of columns, at two rows each: only the numbers of a large circuit, which is not proven.
    let columns = 40;
    let protocol = &mut key.protocol;
    (protocol.log_rows, protocol.degree) = (20, 3);
    protocol.advice_phases = vec![0; columns];
    let query = |i: usize| Query {
        column: i / 2,
        rotation: (i % 2) as i32,
    };
    protocol.advice_queries = (0..2 * columns).map(query).collect();
    protocol.permutation_columns = Vec::new();
    let leaves = (0..2 * columns).map(Node::Advice);
    protocol.nodes = leaves
        .chain((0..2 * columns).map(|i| Node::Product(i, i)))
        .collect();
    let roots = 2 * columns..4 * columns;
    let constraint = |root: usize| Constraint {
        name: String::new(),
        root,
    };
    protocol.gates = vec![Gate {
        name: String::new(),
        constraints: roots.map(constraint).collect(),
    }];
    key.identities = Identities::new(Program::new(&key.protocol), &key.protocol);
    let most = key.protocol.rows() / hallmark_kernels::BLOCK;
    let choices: Vec<usize> = (0..)
        .map(|log| 1 << log)
        .take_while(|strips| *strips <= most)
        .collect();
    assert_eq!(choices.len(), 15, "{choices:?}");
    let needed: Vec<usize> = choices.iter().map(|s| key.working_bytes(*s)).collect();
    // Rotated columns are columns of their own if there are parts: two halves are as much as the whole.
    let packed = key.protocol.rows() * key.backend().element_bytes();
    assert_eq!(needed[0], needed[1]);
    assert_eq!(needed[1] - needed[2], columns * packed / 2, "{needed:?}");
    let least = *needed.iter().min().unwrap();
    assert!(least < needed[2], "{needed:?}");
    let around = needed.iter().flat_map(|bytes| [bytes - 1, *bytes, bytes + 1]);
    for limit in around.chain([0, usize::MAX]) {
        let fewest = choices.iter().zip(&needed).find(|(_, bytes)| **bytes <= limit);
        let right = fewest.map(|(strips, _)| *strips).ok_or(least);
        assert_eq!(key.strips_within(limit), right, "limit {limit} of {needed:?}");
    }
}

fn params(k: u32) -> ParamsKZG<Bn256> {
    ParamsKZG::setup(k, ChaCha8Rng::seed_from_u64(k.into()))
}

/// Both bases commit to one polynomial alike, by values and by coefficients; a circuit's key takes no other size.
#[test]
fn an_srs_has_both_bases_and_one_size() {
    for backend in Backend::available() {
        let params = params(5);
        let bases = SrsBases::new(&params, backend).unwrap();
        assert_eq!(bases.rows(), 32);
        let x: G1Affine = params.get_g()[1];
        assert_eq!(bases.x, x);
        let domain = hallmark_kernels::Domain::new(backend, 5);
        let powers: Vec<Fr> = (0..32).map(|i| domain.omega().pow([i])).collect();
        let by_values = msm(&bases.lagrange, Scalars::Full(&powers)).to_affine();
        assert_eq!(by_values, x, "X has the powers of ω for values");
        let ones = [Fr::ONE; 32];
        assert_eq!(
            msm(&bases.lagrange, Scalars::Full(&ones)).to_affine(),
            params.get_g()[0]
        );
        let before = bases.bytes();
        let bytes = [&bases.lagrange, &bases.monomial].map(|bases| bases.multiples_bytes());
        assert_eq!(bases.precompute(bytes[0] + bytes[1] - 1), bytes[0]);
        assert_eq!(bases.bytes(), before + bytes[0]);
        assert_eq!(bases.precompute(bytes[0] + bytes[1]), bytes[0] + bytes[1]);
        assert_eq!(msm(&bases.lagrange, Scalars::Full(&powers)).to_affine(), x);
    }
    for (k, fits) in [(1, false), (2, false), (3, true)] {
        let made = SrsBases::new(&params(k), Backend::PORTABLE);
        assert_eq!(made.is_ok(), fits, "2^{k} points");
        assert!(fits || matches!(made.err(), Some(EngineError::TooFewRows)));
    }
    let whole = key(Backend::PORTABLE);
    let other = Arc::new(SrsBases::new(&params(5), Backend::PORTABLE).unwrap());
    let error = whole.structure.commit(&other).err();
    assert!(
        matches!(error, Some(EngineError::Key("size of the SRS"))),
        "{error:?}"
    );
    let made = |change: fn(&mut Protocol), srs: &Arc<SrsBases>| {
        let mut protocol = whole.protocol.clone();
        change(&mut protocol);
        EngineKey::new(protocol, Arc::clone(&whole.structure), Arc::clone(srs)).err()
    };
    assert!(made(|_| {}, &whole.srs).is_none());
    for error in [
        made(|_| {}, &other),
        made(|protocol| protocol.log_rows += 1, &whole.srs),
        made(|protocol| protocol.fixed_commitments.truncate(1), &whole.srs),
        made(|protocol| protocol.permutation_columns.clear(), &whole.srs),
    ] {
        assert!(
            matches!(error, Some(EngineError::Key("number of rows or columns"))),
            "{error:?}"
        );
    }
}
