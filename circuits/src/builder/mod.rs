//! Lowers a quantised graph to blocks, evaluations and equations, for given bank widths.

mod constants;
mod count;
mod define;
mod definition;
mod equations;
mod evaluate;
mod link;
mod memory;
mod pieces;
mod reading;
mod repeated;
mod settle;
mod shapes;
mod trial;
mod uses;

use crate::{
    arrangement::Arrangement,
    block::{Bank, Block, BlockId, Fill, Offsets, Rows},
    dot::Dots,
    error::CircuitError,
    evaluations::Evaluations,
    expression::Atom,
    functional::{Base, Functional},
    gate::{Gate, Gates},
    limbs::{Limbs, Splits},
    parameter::{ParameterId, Parameters},
    poseidon::Section,
    statement::StatementLayout,
    table::{TableId, Tables},
};
use foldhash::{HashMap, HashMapExt};
use hallmark_model::{QNode, QOp, QuantizedGraph, TensorId};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use crate::expression::{Expression, Map, Part, Scalar, Source};
pub use pieces::Passage;
pub(crate) use pieces::Readings;
pub(crate) use shapes::Shapes;

use definition::Definition;
use memory::Memory;
use uses::Uses;

/// Powers of a base and of ρ.
type Powers = Vec<(u32, u32)>;

/// Widths of the banks: what the planner chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Widths {
    /// Lanes of [`Bank::Single`]; a multiple of 4.
    pub single: usize,
    /// Slots (pairs of lanes) of [`Bank::Pair`].
    pub pair: usize,
    /// Slots (pairs of lanes) of [`Bank::Product`].
    pub product: usize,
    /// Lanes of [`Bank::Border`].
    pub border: usize,
    /// Fixed weight lanes.
    pub weights: usize,
    /// Instance columns.
    pub instance: usize,
    /// Greatest width of a range-checked limb, in bits.
    pub limb_bits: u32,
    /// Whether matrices of several rows are stored once more beside the weights that they are multiplied with; else their
    /// columns are evaluated one by one.
    pub operands: bool,
}

/// A block to be stored; see [`Block`].
pub struct NewBlock {
    /// What it holds.
    pub name: String,
    /// The bank ([`Bank::Single`], [`Bank::Pair`], [`Bank::Product`], [`Bank::Border`] or [`Bank::Committed`]).
    pub bank: Bank,
    /// Number of elements.
    pub length: usize,
    /// Order of elements.
    pub arrangement: Arrangement,
    /// Consecutive elements that stay in one row.
    pub unit: usize,
    /// Lanes per element: a few, or all of a row.
    pub stride: usize,
    /// The table.
    pub table: Option<TableId>,
    /// Offsets per field.
    pub offsets: Offsets,
    /// One filler per field.
    pub fills: Vec<Fill>,
}

impl NewBlock {
    /// The same without what its cells hold: where blocks are only counted, nobody asks.
    fn without_contents(self) -> Self {
        Self {
            name: String::new(),
            offsets: Offsets::Uniform(Vec::new()),
            fills: Vec::new(),
            ..self
        }
    }
}

/// What lowering has to know of an operator: all that its file in [`crate::ops`] says. Nothing else asks which operator a node has.
pub trait Operator {
    /// Lowers a node: defines its output, or leaves that to those who read it.
    ///
    /// # Errors
    /// [`CircuitError::Unsupported`] naming the node.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError>;

    /// Whether it wants its argument stored in a way of its own, together with its result.
    fn claim(&self, _b: &Builder<'_>) -> Option<Claim> {
        None
    }

    /// Stores the argument that it [claims](Self::claim).
    ///
    /// # Errors
    /// Those of storing it.
    fn store_argument(
        &self,
        _b: &mut Builder<'_>,
        _tensor: TensorId,
        _node: usize,
    ) -> Result<(), CircuitError> {
        Ok(())
    }

    /// How elements of its outputs are elements of its inputs, or lie beside them in the same rows; none where outputs are stored
    /// in an order of their own.
    fn passages(&self, _b: &Builder<'_>, _node: usize) -> Vec<Passage> {
        Vec::new()
    }

    /// What there is to be proven of its result, where that is a product.
    fn product(&self) -> Option<&dyn Product> {
        None
    }

    /// Whether it rounds its argument, and proves what that is with it.
    fn rounds(&self) -> bool {
        false
    }

    /// Whether it only adds a constant to its one argument.
    fn only_adds(&self) -> bool {
        false
    }

    /// Whether its outputs are sums of elements of its inputs times constants, which take no cells.
    fn is_linear(&self) -> bool {
        false
    }

    /// Whether it reads its argument by one evaluation, in an equation with numbers that lie in tables: it may be an expression of
    /// products.
    fn evaluates(&self) -> bool {
        self.rounds()
    }

    /// Lanes of [`Bank::Single`] that a row of it needs at least, for limbs of at most so many bits.
    fn lanes(&self, _graph: &QuantizedGraph, _node: &QNode, _limb_bits: u32) -> usize {
        0
    }
}

/// A product of tensors, or of a tensor and weights. It is not stored where only roundings read it: they prove it.
pub trait Product {
    /// Proves `value` to be the product, without the bias unless [that is proven](Self::proves_bias), too.
    ///
    /// # Errors
    /// [`CircuitError::Unsupported`] naming the node.
    fn prove(&self, b: &mut Builder<'_>, node: usize, value: &Expression) -> Result<(), CircuitError>;

    /// The result as an expression of what is stored for it, where that can be; none where it has to be stored itself.
    ///
    /// # Errors
    /// Those of [`Self::prove`].
    fn express(&self, _b: &mut Builder<'_>, _node: usize) -> Result<Option<Expression>, CircuitError> {
        Ok(None)
    }

    /// Whether its bias is part of the identity; else that is left to whoever stores the result.
    fn proves_bias(&self, _b: &Builder<'_>, _node: usize) -> bool {
        false
    }

    /// In which pieces it reads its factor and makes its result.
    fn pieces(&self, b: &Builder<'_>, node: usize) -> Pieces;

    /// Inputs that it reads in several pieces at the same time, with the piece of every element: such as the columns of a matrix.
    fn input_pieces(&self, _b: &Builder<'_>, _node: usize) -> Vec<(TensorId, Vec<u32>)> {
        Vec::new()
    }

    /// Whether it may read channels of its factor in several [phases](Self::phases).
    fn has_phases(&self) -> bool {
        false
    }

    /// The pieces in which it reads each channel of its factor, if there are several: that of every element of a plane, or [`crate::cell::NONE`].
    fn phases(&self, _b: &Builder<'_>, _node: usize) -> Option<Vec<u32>> {
        None
    }
}

/// How urgently an operator wants its argument stored its way: the first claim counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// By windows, below their maxima.
    Windows,
    /// Beside a function of it.
    Function,
}

/// Pieces of a tensor that a product evaluates one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// No particular ones.
    Any,
    /// The channels of images.
    Channels,
    /// The columns of a matrix.
    Columns,
    /// The rows of a matrix together, beside weights.
    RowsTogether,
}

/// The operator of a node's operation.
pub type Operators = fn(&QOp) -> &dyn Operator;

/// State of a lowering.
pub struct Builder<'g> {
    /// The graph.
    pub graph: &'g QuantizedGraph,
    /// Bank widths.
    pub widths: Widths,
    /// Stored blocks.
    pub blocks: Vec<Block>,
    /// Next free row of each bank.
    pub heights: BTreeMap<Bank, usize>,
    /// What was stored, where it is only counted.
    pub(crate) shapes: Shapes,
    /// Lookup tables.
    pub tables: Tables,
    /// Evaluations.
    pub evaluations: Evaluations,
    /// Weights and equations.
    pub dots: Dots,
    /// Gates over lanes, in the order of their first use.
    pub gates: Gates,
    /// Pairs of scalars that must be equal.
    pub equalities: Vec<(Atom, Atom)>,
    /// Numbers of axes of what convolutions make: tensors with as many can be batches of images, whose rows they then share.
    pub image_ranks: BTreeSet<usize>,
    /// Whether a tensor that is several inputs of a movement is one summand of it.
    pub(crate) joins_repeated: bool,
    /// In which pieces tensors are read.
    pub(crate) readings: Arc<Readings>,
    /// Rows of the circuit that is planned.
    pub usable: usize,
    /// Whether inputs are hidden behind a commitment.
    pub private_input: bool,
    /// Lanes of [`Bank::Committed`], as many as the rows require.
    pub committed_lanes: usize,
    /// The commitment's sponge.
    pub sponge: Option<Section>,
    /// The statement.
    pub statement: StatementLayout,
    /// The node being lowered.
    pub node: Option<usize>,
    /// The graph's parameters.
    pub parameters: Arc<Parameters<'g>>,
    /// Parameters whose equal elements share cells.
    pub equal: BTreeSet<ParameterId>,
    /// How each tensor is expressed, as far as that is known.
    definitions: Vec<Option<Definition>>,
    operators: Operators,
    uses: Uses,
    /// How many pools are being stored, one inside the other.
    pub(crate) pools: usize,
    /// What was split into limbs.
    pub(crate) splits: Splits,
    evaluated: Memory,
    /// Sums of powers that broadcast tensors are multiplied by: few, in the order in which they were evaluated.
    sums: Vec<((Base, Powers), Scalar)>,
    /// The first family of functionals by which each stored tensor was evaluated.
    links: HashMap<TensorId, Vec<Functional>>,
}

impl<'g> Builder<'g> {
    /// An empty lowering for a circuit of `usable` rows.
    pub fn new(
        graph: &'g QuantizedGraph,
        widths: Widths,
        usable: usize,
        evaluations: Evaluations,
        operators: Operators,
    ) -> Self {
        Self {
            graph,
            widths,
            blocks: Vec::new(),
            heights: BTreeMap::new(),
            shapes: Shapes::default(),
            tables: Tables::default(),
            evaluations,
            dots: Dots::default(),
            gates: Gates::default(),
            equalities: Vec::new(),
            image_ranks: BTreeSet::new(),
            joins_repeated: true,
            readings: Arc::default(),
            usable,
            private_input: false,
            committed_lanes: 0,
            sponge: None,
            statement: StatementLayout::default(),
            node: None,
            parameters: Arc::new(Parameters::new(graph)),
            equal: BTreeSet::new(),
            definitions: vec![None; graph.tensors.len()],
            operators,
            uses: Uses::of(graph),
            pools: 0,
            splits: Splits::default(),
            evaluated: Memory::new(),
            sums: Vec::new(),
            links: HashMap::new(),
        }
    }

    /// Number of elements of a tensor.
    pub fn length(&self, tensor: TensorId) -> usize {
        self.graph.tensors[tensor.0].shape.iter().product()
    }

    /// Shape of a tensor.
    pub fn shape(&self, tensor: TensorId) -> &'g [usize] {
        &self.graph.tensors[tensor.0].shape
    }

    /// Whether a tensor of this shape is a batch of several images that share rows.
    pub fn are_images(&self, shape: &[usize]) -> bool {
        shape.first().is_some_and(|images| *images > 1) && self.image_ranks.contains(&shape.len())
    }

    /// The operator of a node.
    pub fn operator(&self, node: usize) -> &'g dyn Operator {
        (self.operators)(&self.graph.nodes[node].op)
    }

    /// The product that a node computes, if it does.
    pub fn product(&self, node: usize) -> Option<&'g dyn Product> {
        self.operator(node).product()
    }

    /// Index of the node that makes a tensor, if it is not an input.
    pub fn producer(&self, tensor: TensorId) -> Option<usize> {
        self.uses.producer(tensor)
    }

    /// Indices of the nodes that read a tensor, ascending.
    pub fn consumers(&self, tensor: TensorId) -> &[usize] {
        self.uses.readers(tensor)
    }

    /// Whether a tensor is an output of the graph.
    pub fn is_output(&self, tensor: TensorId) -> bool {
        self.uses.is_output(tensor)
    }

    /// Limbs for numbers of `length` values.
    pub fn limbs(&mut self, length: usize) -> Limbs {
        self.splits.note(length);
        Limbs::of(length, self.widths.limb_bits)
    }

    /// An [`CircuitError::Unsupported`] for the node being lowered.
    pub fn unsupported(&self, reason: impl Into<String>) -> CircuitError {
        let node = self
            .node
            .map_or("(graph)".to_owned(), |n| self.graph.nodes[n].name.clone());
        CircuitError::Unsupported {
            node,
            reason: reason.into(),
        }
    }

    /// Stores a block below the last one of its bank.
    pub fn store(&mut self, new: NewBlock) -> BlockId {
        let slots_per_row = self.lanes(new.bank) / new.stride;
        let (slot_of, height, new) = match self.evaluations.are_counted() {
            true => {
                let height = self.count(&new);
                (Vec::new(), height, new.without_contents())
            }
            false => {
                let (slot_of, height) = new.arrangement.slots(new.length, slots_per_row, new.unit);
                (slot_of, height, new)
            }
        };
        let next = self.heights.entry(new.bank).or_insert(0);
        let first = *next;
        *next += height;
        self.push_block(Block {
            name: new.name,
            node: self.node,
            bank: new.bank,
            rows: Rows::From(first),
            slots_per_row,
            stride: new.stride,
            slot_of,
            height,
            table: new.table,
            offsets: new.offsets,
            fills: new.fills,
        })
    }

    /// Lanes of [`Bank::Operand`]: as many as the operands that have the most.
    pub fn operand_lanes(&self) -> usize {
        let operands = self.blocks.iter().filter(|block| block.bank == Bank::Operand);
        operands.map(|block| block.slots_per_row).max().unwrap_or(0)
    }

    /// Fixed columns of gates and of the dot section, but for weights.
    pub(crate) fn gate_columns(&self) -> usize {
        self.gates.len() + self.dots.steps().len() + 2 * self.dots.several().len()
    }

    /// Adds a block whose rows are already chosen.
    pub fn push_block(&mut self, block: Block) -> BlockId {
        self.blocks.push(block);
        BlockId(self.blocks.len() - 1)
    }

    /// Puts every row of a block of [`Bank::Single`] under a gate.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] for a gate that no layout can translate.
    pub fn gate_rows(&mut self, gate: Gate, block: BlockId) -> Result<(), CircuitError> {
        let height = self.blocks[block.0].height;
        self.gate_some(gate, block, 0..height)
    }

    /// As [`Self::gate_rows`] for some rows of the block.
    ///
    /// # Errors
    /// Those of [`Self::gate_rows`].
    pub fn gate_some(
        &mut self,
        gate: Gate,
        block: BlockId,
        rows: impl Iterator<Item = usize>,
    ) -> Result<(), CircuitError> {
        gate.check(self.widths.single)?;
        let block = &self.blocks[block.0];
        self.gates.add(gate, rows.map(|r| block.circuit_row(r) as u32));
        Ok(())
    }
}
