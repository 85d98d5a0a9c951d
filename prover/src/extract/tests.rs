//! Random constraint systems of halo2 against their neutral descriptions, and what has none.

use super::*;
use halo2_proofs::halo2curves::bn256::{Fq2, G1, G2};
use halo2_proofs::halo2curves::ff::Field;
use halo2_proofs::halo2curves::group::{Curve, Group};
use halo2_proofs::plonk::{FirstPhase, SecondPhase};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    (rng.next_u64() % bound as u64) as usize
}

/// A circuit's columns.
struct Columns {
    advice: Vec<Column<halo2_proofs::plonk::Advice>>,
    fixed: Vec<Column<halo2_proofs::plonk::Fixed>>,
    instance: Column<halo2_proofs::plonk::Instance>,
    challenge: halo2_proofs::plonk::Challenge,
}

impl Columns {
    fn new(cs: &mut ConstraintSystem<HaloFr>) -> Self {
        let first = cs.advice_column_in(FirstPhase);
        let advice = vec![
            first,
            cs.advice_column_in(FirstPhase),
            cs.advice_column_in(SecondPhase),
        ];
        Self {
            advice,
            fixed: vec![cs.fixed_column(), cs.fixed_column()],
            instance: cs.instance_column(),
            challenge: cs.challenge_usable_after(FirstPhase),
        }
    }
}

/// A random expression of a degree up to `degree`.
fn expression(
    rng: &mut ChaCha8Rng,
    columns: &Columns,
    cells: &mut halo2_proofs::plonk::VirtualCells<'_, HaloFr>,
    degree: usize,
) -> Expression<HaloFr> {
    let mut sub = |rng: &mut ChaCha8Rng, degree| expression(rng, columns, cells, degree);
    match below(rng, 10) {
        0 => -sub(rng, degree),
        1 => sub(rng, degree) * HaloFr::random(&mut *rng),
        2 => sub(rng, degree) + sub(rng, degree),
        3 => sub(rng, degree) - sub(rng, degree),
        4 | 5 if degree > 1 => sub(rng, degree - 1) * sub(rng, 1),
        6 => Expression::Constant(HaloFr::from(rng.next_u64() % 3)),
        7 => Expression::Challenge(columns.challenge),
        8 => cells.query_instance(columns.instance, Rotation(below(rng, 2) as i32)),
        9 => cells.query_fixed(columns.fixed[below(rng, 2)], Rotation(below(rng, 2) as i32)),
        _ => cells.query_advice(columns.advice[below(rng, 3)], Rotation(below(rng, 3) as i32 - 1)),
    }
}

/// A value for every column of a kind at every rotation.
fn cell(kind: u64, column: usize, rotation: i32) -> HaloFr {
    let number = kind * 1_000_003 + column as u64 * 10_007 + (rotation + 50) as u64;
    HaloFr::from(number).square() + HaloFr::from(number)
}

fn challenge() -> HaloFr {
    HaloFr::from(0xabcd_ef01).square()
}

/// halo2's own evaluation.
fn evaluated(expression: &Expression<HaloFr>) -> HaloFr {
    expression.evaluate(
        &|constant| constant,
        &|_| panic!("no selector"),
        &|query| cell(0, query.column_index(), query.rotation().0),
        &|query| cell(1, query.column_index(), query.rotation().0),
        &|query| cell(2, query.column_index(), query.rotation().0),
        &|_| challenge(),
        &|a| -a,
        &|a, b| a + b,
        &|a, b| a * b,
        &|a, factor| a * factor,
    )
}

/// The values of a protocol's nodes.
fn nodes(protocol: &Protocol) -> Vec<HaloFr> {
    let mut values: Vec<HaloFr> = Vec::new();
    let at = |kind, query: &Query| cell(kind, query.column, query.rotation);
    for node in &protocol.nodes {
        values.push(match *node {
            Node::Constant(value) => halo_scalar(&value),
            Node::Fixed(i) => at(0, &protocol.fixed_queries[i]),
            Node::Advice(i) => at(1, &protocol.advice_queries[i]),
            Node::Instance(i) => at(2, &protocol.instance_queries[i]),
            Node::Challenge(i) => [challenge()][i],
            Node::Negated(a) => -values[a],
            Node::Sum(a, b) => values[a] + values[b],
            Node::Product(a, b) => values[a] * values[b],
            Node::Scaled(a, factor) => values[a] * halo_scalar(&factor),
        });
    }
    values
}

/// The description of a system of 2^6 rows, with commitments to nothing.
fn described(cs: &ConstraintSystem<HaloFr>) -> Result<Protocol, ExtractError> {
    let fixed = vec![HaloG1::generator(); cs.num_fixed_columns()];
    let permutation = vec![HaloG1::generator(); cs.permutation().get_columns().len()];
    draft(cs, 6, (&fixed, &permutation))
}

#[test]
fn nodes_have_the_values_of_the_gates() {
    for seed in 0..100 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut cs = ConstraintSystem::default();
        let columns = Columns::new(&mut cs);
        cs.enable_equality(columns.advice[1]);
        cs.enable_equality(columns.instance);
        let mut right: Vec<Vec<HaloFr>> = Vec::new();
        for gate in 0..1 + below(&mut rng, 3) {
            let mut values = Vec::new();
            cs.create_gate(["a", "b", "c"][gate], |cells| {
                // halo2 wants a cell in every gate.
                let one = cells.query_advice(columns.advice[0], Rotation(0));
                let more = (0..below(&mut rng, 4)).map(|_| expression(&mut rng, &columns, cells, 3));
                let all: Vec<_> = std::iter::once(one).chain(more).collect();
                values = all.iter().map(evaluated).collect();
                all
            });
            right.push(values);
        }
        let protocol = described(&cs).unwrap();
        let values = nodes(&protocol);
        let found: Vec<Vec<HaloFr>> = protocol
            .gates
            .iter()
            .map(|gate| {
                gate.constraints
                    .iter()
                    .map(|constraint| values[constraint.root])
                    .collect()
            })
            .collect();
        assert_eq!(found, right, "seed {seed}");
        let names: Vec<&str> = protocol.gates.iter().map(|gate| gate.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"][..right.len()]);
        let distinct: std::collections::HashSet<Node> = protocol.nodes.iter().copied().collect();
        assert_eq!(distinct.len(), protocol.nodes.len(), "equal nodes are one");
        assert_eq!(
            (protocol.advice_phases, protocol.challenge_phases),
            (vec![0, 0, 1], vec![0])
        );
        assert_eq!((protocol.instance_columns, protocol.degree), (1, cs.degree()));
        assert_eq!(protocol.blinding_factors, cs.blinding_factors());
        let permuted: Vec<(ColumnKind, usize)> = protocol
            .permutation_columns
            .iter()
            .map(|column| (column.kind, column.column))
            .collect();
        assert_eq!(permuted, [(ColumnKind::Advice, 1), (ColumnKind::Instance, 0)]);
    }
}

/// Deep sums are no deep recursion.
#[test]
fn deep_expressions_take_no_stack() {
    let mut cs = ConstraintSystem::<HaloFr>::default();
    let column = cs.advice_column();
    cs.create_gate("deep", |cells| {
        let x = cells.query_advice(column, Rotation(0));
        vec![(0..2000).fold(x.clone(), |sum, i| sum + x.clone() * HaloFr::from(i))]
    });
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let counted = thread.spawn(move || {
        let count = described(&cs).map(|protocol| protocol.nodes.len());
        // Dropping the expression recurses, in halo2.
        std::mem::forget(cs);
        count
    });
    // x, and per summand a product and a sum.
    assert_eq!(counted.unwrap().join().unwrap().unwrap(), 1 + 2 * 2000);
}

#[test]
fn what_has_no_counterpart_is_named() {
    let mut cs = ConstraintSystem::<HaloFr>::default();
    let (column, selector) = (cs.advice_column(), cs.selector());
    cs.create_gate("switched", |cells| {
        let x = cells.query_advice(column, Rotation(0));
        vec![cells.query_selector(selector) * x]
    });
    let error = described(&cs).unwrap_err();
    assert!(
        matches!(&error, ExtractError::VirtualSelector(gate) if gate == "switched"),
        "{error}"
    );

    // A cell that another system lists.
    let mut other = ConstraintSystem::<HaloFr>::default();
    let (_, second) = (other.advice_column(), other.advice_column());
    let mut foreign = None;
    other.create_gate("foreign", |cells| {
        let x = cells.query_advice(second, Rotation(-2));
        foreign = Some(x.clone());
        vec![x]
    });
    let mut cs = ConstraintSystem::<HaloFr>::default();
    cs.advice_column();
    cs.create_gate("mixed", |_| vec![foreign.take().unwrap()]);
    let error = described(&cs).unwrap_err();
    let named =
        matches!(&error, ExtractError::UnknownQuery { gate, column: 1, rotation: -2 } if gate == "mixed");
    assert!(named, "{error}");

    let mut cs = ConstraintSystem::<HaloFr>::default();
    let (column, table) = (cs.advice_column(), cs.lookup_table_column());
    cs.lookup("in a table", |cells| {
        vec![(cells.query_advice(column, Rotation(0)), table)]
    });
    assert!(matches!(described(&cs), Err(ExtractError::Lookups(1))));

    // Another number of commitments than columns.
    let mut cs = ConstraintSystem::<HaloFr>::default();
    let column = cs.advice_column();
    cs.enable_equality(column);
    cs.create_gate("g", |cells| vec![cells.query_advice(column, Rotation(0))]);
    assert!(draft(&cs, 6, (&[], &[HaloG1::generator()])).is_ok());
    for permutation in [vec![], vec![HaloG1::generator(); 2]] {
        let error = draft(&cs, 6, (&[], &permutation)).unwrap_err();
        assert!(matches!(error, ExtractError::Protocol(_)), "{error}");
    }
}

/// Scalars and points keep their values in both directions.
#[test]
fn elements_are_carried_over() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut scalars = vec![HaloFr::ZERO, HaloFr::ONE, -HaloFr::ONE, HaloFr::from(u64::MAX)];
    scalars.extend((0..20).map(|_| HaloFr::random(&mut rng)));
    for value in scalars {
        assert_eq!(halo_scalar(&scalar(&value)), value);
        assert_eq!(
            scalar(&(value + HaloFr::ONE)),
            scalar(&value) + scalar(&HaloFr::ONE)
        );
        assert_eq!(scalar(&value.square()), scalar(&value) * scalar(&value));
        let point = (G1::generator() * value).to_affine();
        assert_eq!(halo_g1(&g1(&point).unwrap()), point);
        let doubled = G1::from(point).double().to_affine();
        let ours = g1(&point).unwrap();
        assert!(g1(&doubled).unwrap() == ours + ours);
        assert!(g2(&(G2::generator() * value).to_affine()).is_ok());
    }
    assert_eq!(halo_g1(&g1(&HaloG1::default()).unwrap()), HaloG1::default());
    // Of the second group's curve, but outside the subgroup.
    let outside = (1u64..).find_map(|x| {
        let x = Fq2 {
            c0: HaloFq::from(x),
            c1: HaloFq::ONE,
        };
        let y: Option<Fq2> = (x.square() * x + HaloG2::b()).sqrt().into();
        let point = HaloG2 { x, y: y? };
        (point * -HaloFr::ONE + point != G2::identity()).then_some(point)
    });
    assert!(matches!(g2(&outside.unwrap()), Err(ExtractError::Constant(_))));
    let off_curve = HaloG1 {
        x: HaloFq::from(1),
        y: HaloFq::from(1),
    };
    assert!(matches!(g1(&off_curve), Err(ExtractError::Constant(_))));
}
