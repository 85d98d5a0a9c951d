//! The commitment to private inputs: complete, equal to its definition, and every cell of it constrained.

use crate::checker::Columns;
use crate::{graph_of, padded, square_table};
use hallmark_circuits::{
    Challenges, EntryKind, Fr, ModelCircuit, Plan, PlanOptions, Witness, commitment,
    internals::{
        block::Bank,
        builder::Widths,
        poseidon::{CELLS, Element, SLOT},
        strips::Sponge,
    },
};
use hallmark_model::{QuantizedGraph, Trace};
use hallmark_tests::graph_builder::window;
use halo2_proofs::{dev::MockProver, halo2curves::ff::Field};
use std::sync::Arc;

const PRIVATE: PlanOptions = PlanOptions {
    target: hallmark_circuits::Target::Fast,
    private_input: true,
};
const SALT: [u8; 32] = [9; 32];

fn challenges() -> Challenges {
    let [rho, sigma, beta, gamma] = [1u64, 2, 3, 4].map(|i| Fr::from(i + 1000).pow([77]));
    Challenges {
        rho,
        sigma,
        beta,
        gamma,
    }
}

/// Two inputs of different widths, one of them in several limbs, that are packed into five elements.
fn two_inputs(seed: u64) -> (Arc<QuantizedGraph>, Trace) {
    let mut g = graph_of(seed);
    let a = g.input(&[1, 70], 8);
    let b = g.input(&[1, 33], 14);
    let y = g.linear(a, 3, 8);
    let z = g.linear(b, 2, 8);
    g.output(y);
    g.output(z);
    g.finish()
}

fn inputs(graph: &QuantizedGraph, trace: &Trace) -> Vec<hallmark_model::IntTensor> {
    graph.inputs.iter().map(|t| trace.tensors[t.0].clone()).collect()
}

fn witness(plan: &Plan, trace: &Trace) -> Witness {
    Witness::with_salt(plan, trace, [7; 32], Some(SALT)).unwrap()
}

fn digest_at(plan: &Plan) -> (usize, usize) {
    let statement = plan.statement();
    let entry = statement
        .entries
        .iter()
        .find(|e| e.kind == EntryKind::InputCommitment)
        .unwrap();
    assert!(entry.shape.is_empty());
    (entry.first % statement.columns, entry.first / statement.columns)
}

fn accepted(plan: &Arc<Plan>, witness: &Witness) -> bool {
    let circuit = ModelCircuit::prove(Arc::clone(plan), Arc::new(witness.clone()));
    MockProver::run(plan.k(), &circuit, witness.instances().to_vec())
        .unwrap()
        .verify()
        .is_ok()
}

/// Input and circuit so small that the sponge takes several tracks and the copies several lanes.
fn several_tracks(seed: u64) -> (Arc<Plan>, Trace) {
    let mut g = graph_of(seed);
    let a = g.input(&[10, 53], 8);
    let b = g.input(&[1, 33], 14);
    let y = g.linear(a, 3, 8);
    let z = g.linear(b, 2, 8);
    g.output(y);
    g.output(z);
    let (graph, trace) = g.finish();
    let widths = Widths {
        single: 8,
        pair: 1,
        product: 1,
        border: 2,
        weights: 8,
        instance: 2,
        limb_bits: 8,
        operands: false,
    };
    let plan = Plan::forced(graph, &PRIVATE, 9, widths).unwrap();
    let section = &plan.layout().strips().unwrap().sponge.as_ref().unwrap().section;
    assert_eq!(
        (section.tracks, section.slots),
        (2, 6),
        "eleven permutations and a superfluous one"
    );
    assert_eq!(
        plan.layout().strips().unwrap().advice.lanes[&Bank::Committed].len(),
        2
    );
    (Arc::new(plan), trace)
}

fn one_track(seed: u64) -> (Arc<Plan>, Trace) {
    let (graph, trace) = two_inputs(seed);
    // As many rows as one track needs, whichever number is the cheapest.
    let plan = Plan::with_rows(graph, &PRIVATE, 9).unwrap().unwrap();
    let section = &plan.layout().strips().unwrap().sponge.as_ref().unwrap().section;
    assert_eq!(
        (section.tracks, section.slots),
        (1, 3),
        "three and two packed elements and the salt"
    );
    (Arc::new(plan), trace)
}

#[test]
fn the_instance_holds_the_defined_commitment() {
    for (plan, trace) in [one_track(1), several_tracks(1)] {
        assert!(
            plan.statement()
                .entries
                .iter()
                .all(|e| e.kind != EntryKind::Input)
        );
        let witness = witness(&plan, &trace);
        let (column, row) = digest_at(&plan);
        let expected = commitment(plan.graph(), &inputs(plan.graph(), &trace), SALT).unwrap();
        assert_eq!(witness.instances()[column][row], expected);
        assert!(accepted(&plan, &witness));
        assert!(
            Columns::new(&plan, &witness, challenges())
                .violated_anywhere()
                .is_empty()
        );
    }
}

#[test]
fn inputs_that_feed_pools_functions_and_convolutions() {
    for kind in 0..4 {
        let mut g = graph_of(20 + kind);
        let x = g.input(&[1, 2, 6, 6], 9);
        let y = match kind {
            0 => g.max_pool(x, window([2, 2], [2, 2], [[0; 2]; 2])),
            1 => g.relu(x),
            2 => square_table(&mut g, x),
            _ => g.conv(x, padded(2, [3, 3]), 8),
        };
        g.output(y);
        let (graph, trace) = g.finish();
        let plan = Arc::new(Plan::new(graph, &PRIVATE).unwrap());
        assert!(accepted(&plan, &witness(&plan, &trace)), "case {kind}");
    }
}

#[test]
fn every_cell_of_the_sponge_is_constrained() {
    for (plan, trace) in [one_track(2), several_tracks(2)] {
        let layout = plan.layout().strips().unwrap();
        let section = &layout.sponge.as_ref().unwrap().section;
        let permutations = section.elements.len() / 2;
        let mut columns = Columns::new(&plan, &witness(&plan, &trace), challenges());
        for (i, column) in layout.advice.sponge.iter().enumerate() {
            let (track, position) = (i / CELLS, i % CELLS);
            for row in 0..section.height() {
                let (slot, offset) = (track * section.slots + row / SLOT, row % SLOT);
                let violated = columns.violated_with((*column, row), Fr::ONE);
                // The auxiliary cell of the row of the last state belongs to nothing; what superfluous
                // permutations absorb does not reach the result.
                let irrelevant = position == CELLS - 1
                    && (row + 1 == section.height() || (slot >= permutations && offset < 2));
                let free = irrelevant && violated.iter().all(|v| v.starts_with("Poseidon"));
                let named = violated.iter().any(|v| v.starts_with("Poseidon") || v == "copy");
                assert!(
                    named || free,
                    "track {track}, cell {position} of row {row}: {violated:?}"
                );
                let absorbed = slot < permutations && offset < 2 && row + 1 < section.height();
                let element = if absorbed {
                    section.elements[slot * 2 + offset]
                } else {
                    Element::Salt
                };
                let from_evaluation = position == CELLS - 1 && element != Element::Salt;
                let last_of_track = row + 1 == section.height() && track + 1 < section.tracks;
                let between_tracks = position < CELLS - 1 && (last_of_track || (row == 0 && track > 0));
                let result = (*column, row) == layout.sponge.as_ref().unwrap().result(&layout.advice);
                let copied = from_evaluation || between_tracks || result;
                assert_eq!(
                    violated.iter().any(|v| v == "copy"),
                    copied,
                    "track {track}, cell {position} of row {row}"
                );
            }
        }
    }
}

/// Each constraint alone stops a sponge that is wrong in one place and right from there on, with the result in the
/// statement.
#[test]
fn consistent_forgeries_are_stopped_by_one_constraint() {
    let (plan, trace) = several_tracks(8);
    let layout = plan.layout().strips().unwrap();
    let sponge = layout.sponge.as_ref().unwrap();
    let last = *sponge.section.elements.last().unwrap();
    let (Element::Atom(first), Element::Atom(pad)) = (sponge.section.elements[1], last) else {
        panic!("the salt is absorbed first, and the list is completed by a zero");
    };
    let capacity = Sponge {
        capacity: sponge.capacity + Fr::ONE,
        ..sponge.clone()
    };
    for (forged, changed, expected) in [
        (&capacity, None, "Poseidon start: capacity"),
        (sponge, Some(first), "copy"),
        (sponge, Some(pad), "copy"),
    ] {
        let mut witness = witness(&plan, &trace);
        let columns = Columns::new(&plan, &witness, challenges());
        let value_of =
            |atom| columns.evaluation(&plan, atom) + if changed == Some(atom) { Fr::ONE } else { Fr::ZERO };
        let cells = forged.witness(layout.frame.usable, Fr::from(9), &value_of);
        let (column, row) = digest_at(&plan);
        let (result, at) = sponge.result(&layout.advice);
        let result = layout.advice.sponge.iter().position(|c| *c == result).unwrap();
        witness.instances_mut()[column][row] = cells[result][at];
        let mut columns = Columns::new(&plan, &witness, challenges());
        columns.replace(&layout.advice.sponge, cells);
        assert_eq!(columns.violated_anywhere(), [expected]);
    }
}

/// A prover may choose the salt, but then all that follows is determined: changing it and everything that can follow
/// changes the result.
#[test]
fn another_salt_gives_another_result() {
    let (graph, trace) = two_inputs(3);
    let plan = Arc::new(Plan::new(graph, &PRIVATE).unwrap());
    let own = witness(&plan, &trace);
    let mut salted = Witness::with_salt(&plan, &trace, [7; 32], Some([8; 32])).unwrap();
    assert_ne!(own.instances(), salted.instances());
    let (column, row) = digest_at(&plan);
    salted.instances_mut()[column][row] = own.instances()[column][row];
    let violated = Columns::new(&plan, &salted, challenges()).violated_anywhere();
    assert_eq!(violated, ["copy"], "the result is not the instance's");
    assert!(!accepted(&plan, &salted));
}

#[test]
fn another_input_under_the_same_commitment_is_rejected() {
    let (graph, trace) = two_inputs(4);
    let plan = Arc::new(Plan::new(Arc::clone(&graph), &PRIVATE).unwrap());
    let own = witness(&plan, &trace);
    let mut other = inputs(&graph, &trace);
    let element = other[0].iter_mut().next().unwrap();
    *element = if *element > 0 { *element - 1 } else { *element + 1 };
    let mut other = witness(&plan, &graph.run(&other).unwrap());
    let (column, row) = digest_at(&plan);
    other.instances_mut()[column][row] = own.instances()[column][row];
    assert_eq!(
        Columns::new(&plan, &other, challenges()).violated_anywhere(),
        ["copy"]
    );
    assert!(!accepted(&plan, &other));
}

/// Whoever changes the copies that are hashed, and the commitment with them, has to change the model's input as well.
#[test]
fn every_copy_of_an_input_is_linked() {
    for (plan, trace) in [one_track(5), several_tracks(5)] {
        let layout = plan.layout().strips().unwrap();
        let own = witness(&plan, &trace);
        let (column, at) = digest_at(&plan);
        let blocks = layout.frame.blocks.iter().filter(|b| b.bank == Bank::Committed);
        let mut cells = 0;
        for block in blocks {
            // All of the small one; of the large one enough to meet every lane and every end of a group.
            let step = block.slot_of.len().div_ceil(100);
            for element in (0..block.slot_of.len() as u32).step_by(step) {
                let (row, lane) = block.place(element, 0);
                let mut mutated = own.clone();
                mutated.stored_mut()[layout.advice.lanes[&Bank::Committed][lane]][block.circuit_row(row)] +=
                    1;
                let mut columns = Columns::new(&plan, &mutated, challenges());
                let result = columns.result_of_sponge(&plan);
                assert_ne!(
                    result,
                    own.instances()[column][at],
                    "the packed values reach the sponge"
                );
                mutated.instances_mut()[column][at] = result;
                columns = Columns::new(&plan, &mutated, challenges());
                let violated = columns.violated_anywhere();
                assert_eq!(violated, ["copy"], "element {element} of {}", block.name);
                cells += 1;
            }
        }
        assert!(cells > 100);
    }
}

#[test]
fn public_circuits_are_as_they_were() {
    let (graph, trace) = two_inputs(6);
    let plan = Plan::new(graph, &PlanOptions::default()).unwrap();
    let layout = plan.layout().strips().unwrap();
    assert!(layout.sponge.is_none() && layout.advice.sponge.is_empty() && layout.fixed.sponge.is_none());
    assert!(layout.advice.lanes[&Bank::Committed].is_empty());
    assert!(
        layout
            .frame
            .fixed_values
            .iter()
            .all(|c| !c.name.contains("Poseidon") && !c.name.contains("Committed"))
    );
    assert!(
        Witness::with_salt(&plan, &trace, [0; 32], Some(SALT)).is_err(),
        "a salt without a commitment"
    );
}

#[test]
fn salts_are_checked() {
    let (graph, trace) = two_inputs(7);
    let plan = Plan::new(graph, &PRIVATE).unwrap();
    assert!(Witness::new(&plan, &trace, [0; 32]).is_err());
    let refused = |salt| {
        Witness::with_salt(&plan, &trace, [0; 32], salt)
            .err()
            .unwrap()
            .to_string()
    };
    assert!(refused(None).contains("there is none"));
    assert!(refused(Some([0xff; 32])).contains("modulus"));
}
