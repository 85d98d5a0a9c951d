//! Model inputs: stored and range-checked like any tensor, and linked to the instance or to a commitment.
//!
//! Private inputs are copied into [`Bank::Committed`] in row-major order, which no layout changes, linked to the stored
//! cells like an instance would be, and packed from there into the elements that the sponge absorbs.

use super::{output, storage};
use crate::{
    arrangement::Arrangement,
    block::{Bank, BlockId, Field, Fill, Offsets},
    builder::{Builder, NewBlock},
    error::CircuitError,
    expression::Atom,
    functional::{Base, Functional},
    poseidon::{Element, Packing, Section},
    statement::{EntryKind, StatementEntry},
};
use hallmark_model::{ElementKind, QuantizedGraph, TensorId};
use std::sync::Arc;

/// Stores all inputs and reserves their place in the statement.
pub fn lower(b: &mut Builder<'_>) -> Result<(), CircuitError> {
    b.statement.columns = b.widths.instance;
    b.statement.push(StatementEntry {
        kind: EntryKind::Nonce,
        tensor: None,
        name: "nonce".to_owned(),
        shape: vec![2],
        element: ElementKind::Integer,
        interval: (0, 0),
        first: 0,
    });
    for input in b.graph.inputs.clone() {
        if b.private_input {
            // Nobody checks the interval of a hidden input but the circuit, and packing needs exactly these bounds:
            // the forms in which a pool or a function would store its argument can prove wider ones.
            storage::number(b, input)?;
        } else {
            storage::store(b, input)?;
        }
    }
    Ok(())
}

/// Links the stored inputs to the statement, by the functionals that their consumers use.
pub fn link(b: &mut Builder<'_>) -> Result<(), CircuitError> {
    if b.private_input {
        return commit(b);
    }
    for input in b.graph.inputs.clone() {
        output::publish(b, input, EntryKind::Input)?;
    }
    Ok(())
}

/// Puts the commitment to all inputs into the statement, and the sponge into the circuit.
fn commit(b: &mut Builder<'_>) -> Result<(), CircuitError> {
    if b.graph.inputs.is_empty() {
        return Err(b.unsupported("the model has no input that could be private; leave private input off"));
    }
    let packings = packings(b.graph)?;
    b.committed_lanes = lanes(&packings, b.usable);
    let mut elements = vec![Element::Salt];
    for (input, packing) in b.graph.inputs.clone().into_iter().zip(packings) {
        let block = copy(b, input, &packing)?;
        elements.extend(pack(b, block, &packing)?.into_iter().map(Element::Atom));
    }
    if elements.len() % 2 == 1 {
        elements.push(Element::Atom(b.zero()));
    }
    let digest = digest(b)?;
    b.sponge = Some(Section::new(elements, digest, b.usable));
    Ok(())
}

/// How the elements of all inputs are packed.
pub fn packings(graph: &QuantizedGraph) -> Result<Vec<Packing>, CircuitError> {
    let inputs = graph.inputs.iter();
    inputs.map(|input| Packing::of(graph, *input)).collect()
}

/// The least number of lanes with which all groups fit into `usable` rows.
pub fn lanes(packings: &[Packing], usable: usize) -> usize {
    let height = |lanes: usize| {
        packings
            .iter()
            .map(|p| p.groups().map(|g| g.len().div_ceil(lanes)).sum::<usize>())
            .sum::<usize>()
    };
    let most = packings.iter().map(Packing::group).max().unwrap_or(1);
    (1..most).find(|lanes| height(*lanes) <= usable).unwrap_or(most)
}

/// Stores a row-major copy of an input, every group of packed elements on rows of its own, and links it.
fn copy(b: &mut Builder<'_>, input: TensorId, packing: &Packing) -> Result<BlockId, CircuitError> {
    let low = packing.low;
    let fill: Fill = Arc::new(move |trace| storage::elements(trace, input).map(|v| v - low).collect());
    let groups = packing
        .groups()
        .rev()
        .map(|group| group.map(|e| e as u32).collect())
        .collect();
    let block = b.store(NewBlock {
        name: format!("{} to commit", b.graph.tensors[input.0].name),
        bank: Bank::Committed,
        length: packing.length,
        arrangement: Arrangement::groups(groups),
        unit: 1,
        stride: 1,
        table: None,
        offsets: Offsets::Uniform(vec![low]),
        fills: vec![fill],
    });
    for functional in b.link(input) {
        let stored = b.evaluate(input, &functional)?;
        let copied = b.evaluate_field(Field { block, index: 0 }, functional, false);
        let copied = copied.into_iter().map(|atom| (1, atom)).collect();
        b.equate(&stored, &copied);
    }
    Ok(block)
}

/// One evaluation per group.
fn pack(b: &mut Builder<'_>, block: BlockId, packing: &Packing) -> Result<Vec<Atom>, CircuitError> {
    let base = Base::TwoPower(packing.bits);
    let groups = packing.groups().map(|group| {
        let functional = Functional::new(base, group.clone().map(|e| (e as u32, (e - group.start) as u32)));
        single(b, block, functional)
    });
    groups.collect()
}

/// Reserves the commitment's place in the statement; returns its evaluation.
fn digest(b: &mut Builder<'_>) -> Result<Atom, CircuitError> {
    let first = b.statement.push(StatementEntry {
        kind: EntryKind::InputCommitment,
        tensor: None,
        name: "commitment to the inputs".to_owned(),
        shape: Vec::new(),
        element: ElementKind::Integer,
        interval: (0, 0),
        first: 0,
    });
    let block = output::instance_block(b, "commitment to the inputs", first, 1);
    single(b, block, Functional::flat(1))
}

/// An evaluation that is one cell.
fn single(b: &mut Builder<'_>, block: BlockId, functional: Functional) -> Result<Atom, CircuitError> {
    match b
        .evaluate_field(Field { block, index: 0 }, functional, false)
        .as_slice()
    {
        [atom] => Ok(*atom),
        atoms => Err(CircuitError::Inconsistent {
            place: b.blocks[block.0].name.clone(),
            reason: format!("its evaluation falls into {} parts", atoms.len()),
        }),
    }
}
