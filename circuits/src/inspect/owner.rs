//! Whose a cell is.

use crate::{
    block::{Bank, Block, Rows},
    evaluations::accumulator::{Accumulators, RowUse},
    frame::Frame,
    plan::Plan,
};
use hallmark_model::QuantizedGraph;

/// What a cell serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The source node that begins with this node of the integer graph.
    Layer(usize),
    /// Stored inputs.
    Inputs,
    /// Instance columns and the links to them.
    Statement,
    /// The commitment to private inputs.
    Commitment,
    /// Lookup tables and their multiplicities.
    Tables,
    /// What every proof has, and fixed columns that serve all rows.
    Proof,
}

/// Finds owners in a layout.
pub struct Owners<'a> {
    frame: &'a Frame,
    graph: &'a QuantizedGraph,
    /// First node of each node's source node.
    layers: Vec<usize>,
}

impl<'a> Owners<'a> {
    /// For a plan's layout.
    pub fn new(plan: &'a Plan) -> Self {
        let graph: &QuantizedGraph = plan.graph();
        let mut layers = Vec::with_capacity(graph.nodes.len());
        let mut firsts = std::collections::HashMap::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            layers.push(*firsts.entry(node.name.as_str()).or_insert(index));
        }
        Self {
            frame: plan.frame(),
            graph,
            layers,
        }
    }

    /// The owner of what belongs to a node of the integer graph, or to none.
    pub fn of_node(&self, node: Option<usize>) -> Owner {
        node.and_then(|n| self.layers.get(n))
            .map_or(Owner::Statement, |first| Owner::Layer(*first))
    }

    /// The owner of a block.
    pub fn of_block(&self, block: &Block) -> Owner {
        match (block.bank, block.node) {
            (Bank::Instance, _) => Owner::Statement,
            (Bank::Committed, _) => Owner::Commitment,
            (_, Some(node)) => self.of_node(Some(node)),
            // Constants of expressions that only the statement reads have no table, inputs always have one.
            (_, None) if block.table.is_none() => Owner::Statement,
            (_, None) => Owner::Inputs,
        }
    }

    /// The owner of every row of an accumulator: that of the cells that its run evaluates.
    pub fn of_accumulator(&self, all: &Accumulators, index: usize) -> Vec<Option<Owner>> {
        let mut current = None;
        let rows = all.columns.get(index).map_or(&[][..], Vec::as_slice);
        let owner = |(row, use_): (usize, &RowUse)| {
            if let Some(pattern) = use_.pattern {
                let bank = all.patterns[pattern as usize].bank;
                current = self.at(bank, row).or(current);
            }
            use_.taken.then_some(current).flatten()
        };
        rows.iter().enumerate().map(owner).collect()
    }

    /// The owner of a bank's row.
    fn at(&self, bank: Bank, row: usize) -> Option<Owner> {
        self.block_at(bank, row).map(|block| self.of_block(block))
    }

    /// The block that a bank's row belongs to.
    fn block_at(&self, bank: Bank, row: usize) -> Option<&'a Block> {
        let holds = |block: &&Block| match &block.rows {
            Rows::From(first) => (*first..first + block.height).contains(&row),
            Rows::At(rows) => rows.binary_search(&(row as u32)).is_ok(),
        };
        self.frame.blocks.iter().filter(|b| b.bank == bank).find(holds)
    }

    /// The cells that an evaluation reads in a row of some accumulator, in words.
    pub fn evaluated_at(&self, all: &Accumulators, row: usize) -> Option<String> {
        let patterns = all.columns.iter().filter_map(|column| column.get(row)?.pattern);
        let block = patterns
            .filter_map(|pattern| self.block_at(all.patterns[pattern as usize].bank, row))
            .next()?;
        Some(self.name(block))
    }

    /// A block in words: what it holds, and how many elements its fullest row has in how many lanes.
    pub fn block_in_words(&self, block: &Block, elements: usize, lanes: usize) -> String {
        let shape = match self.shape(block) {
            Some(shape) => shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×"),
            None => format!("{} elements", block.slot_of.len()),
        };
        format!(
            "{}, {shape}: {elements} in the {lanes} lanes of a row, {} rows",
            self.name(block),
            block.height
        )
    }

    /// Elements of a channel of what a block holds, if it is an image.
    pub fn plane(&self, block: &Block) -> Option<usize> {
        match self.shape(block)? {
            [.., _, height, width] => Some(height * width),
            _ => None,
        }
    }

    /// The layer that a block belongs to and, if that says more, what of it.
    fn name(&self, block: &Block) -> String {
        match block.node.and_then(|node| self.graph.nodes.get(node)) {
            Some(node) if node.name != block.name => format!("{} ({})", node.name, block.name),
            _ => block.name.clone(),
        }
    }

    /// The shape of the tensor whose elements a block holds, as far as their number tells it.
    fn shape(&self, block: &Block) -> Option<&[usize]> {
        let node = self.graph.nodes.get(block.node?)?;
        let tensors = node.inputs.iter().copied().chain([node.output()]);
        let mut shapes = tensors.map(|id| self.graph.tensors[id.0].shape.as_slice());
        shapes.rfind(|shape| shape.iter().product::<usize>() == block.slot_of.len())
    }

    /// Name, operation in words and output shape.
    pub fn describe(&self, owner: Owner) -> (String, String, Vec<usize>) {
        let fixed = |name: &str, op: &str| (name.to_owned(), op.to_owned(), Vec::new());
        match owner {
            Owner::Layer(first) => {
                let node = &self.graph.nodes[first];
                let last = self
                    .graph
                    .nodes
                    .iter()
                    .rev()
                    .find(|n| n.name == node.name)
                    .unwrap_or(node);
                (
                    node.name.clone(),
                    node.op.label().to_owned(),
                    self.graph.tensors[last.output().0].shape.clone(),
                )
            }
            Owner::Inputs => fixed("inputs", "stored inputs"),
            Owner::Statement => fixed("statement", "links to public values"),
            Owner::Commitment => fixed("commitment", "Poseidon of private inputs"),
            Owner::Tables => fixed("tables", "lookup tables"),
            Owner::Proof => fixed("every proof", "quotient and opening"),
        }
    }
}
