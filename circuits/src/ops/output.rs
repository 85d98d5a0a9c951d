//! Model outputs: linked to the instance.

use crate::{
    block::{Bank, Block, BlockId, Field, Offsets, Rows},
    builder::Builder,
    cell::NONE,
    error::CircuitError,
    functional::Functional,
    statement::{EntryKind, StatementEntry},
};
use hallmark_model::TensorId;

/// Links every output to the statement.
pub fn lower(b: &mut Builder<'_>) -> Result<(), CircuitError> {
    for output in b.graph.outputs.clone() {
        publish(b, output, EntryKind::Output)?;
    }
    Ok(())
}

/// Adds a tensor to the statement and equates the instance with it.
pub fn publish(b: &mut Builder<'_>, tensor: TensorId, kind: EntryKind) -> Result<(), CircuitError> {
    let info = &b.graph.tensors[tensor.0];
    let length = b.length(tensor);
    let first = b.statement.push(StatementEntry {
        kind,
        tensor: Some(tensor),
        name: info.name.clone(),
        shape: info.shape.clone(),
        element: info.kind,
        interval: info.interval,
        first: 0,
    });
    let block = instance_block(b, &info.name, first, length);
    debug_assert!(b.blocks[block.0].slot_of.iter().all(|s| *s != NONE));
    for functional in cheapest_link(b, tensor, block)? {
        let stored = b.evaluate(tensor, &functional)?;
        let public = b.evaluate_field(Field { block, index: 0 }, functional, false);
        let public = public.into_iter().map(|atom| (1, atom)).collect();
        b.equate(&stored, &public);
    }
    Ok(())
}

/// The family of functionals that ties a tensor to its instance values: the one that is noted for it, or the flat one if that costs
/// less. Which one does depends on the two orders: pieces of the tensor that lie apart are among others' values in the instance.
fn cheapest_link(
    b: &mut Builder<'_>,
    tensor: TensorId,
    block: BlockId,
) -> Result<Vec<Functional>, CircuitError> {
    let noted = b.link(tensor);
    if !b.evaluations.take_columns() || noted.len() <= 1 {
        return Ok(noted);
    }
    let flat = vec![Functional::flat(b.length(tensor))];
    let mut cost = |family: &[Functional]| {
        b.cost_of(|trial| {
            for functional in family {
                trial.evaluate(tensor, functional)?;
                trial.evaluate_field(Field { block, index: 0 }, functional.clone(), false);
            }
            Ok(())
        })
    };
    Ok(if cost(&flat)? < cost(&noted)? { flat } else { noted })
}

/// The block of `length` instance values from index `first`, which begins a row.
pub fn instance_block(b: &mut Builder<'_>, name: &str, first: usize, length: usize) -> BlockId {
    let lanes = b.widths.instance;
    // Instance values ascend with the rows; the block counts rows from the end, as evaluation climbs.
    b.push_block(Block {
        name: name.to_owned(),
        node: None,
        bank: Bank::Instance,
        rows: Rows::From(first / lanes),
        slots_per_row: lanes,
        stride: 1,
        slot_of: (0..length as u32).map(|e| reversed(e, length)).collect(),
        height: length.div_ceil(lanes),
        table: None,
        offsets: Offsets::Uniform(vec![0]),
        fills: Vec::new(),
    })
}

/// The instance holds a tensor's elements in descending order, so that evaluation can climb down its rows.
pub fn reversed(element: u32, length: usize) -> u32 {
    length as u32 - 1 - element
}
