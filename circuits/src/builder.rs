//! Lowers a quantised graph to blocks, evaluations and equations, for given bank widths.

use crate::{
    accumulator::Accumulators,
    block::{Arrangement, Bank, Block, BlockId, Field, Fill, NONE, Offsets, Rows},
    dot::{DotRow, Dots},
    error::CircuitError,
    functional::{Functional, Term},
    gate::{Gate, Gates},
    poseidon::Section,
    statement::StatementLayout,
    table::{TableId, Tables},
    view::{self, Atom},
};
use hallmark_model::{QuantizedGraph, TensorId};
use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
    sync::Arc,
};

/// Widths of the banks: what the planner chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// A scalar as an integer combination of evaluations.
pub type Scalar = Vec<(i64, Atom)>;

/// How the elements of a tensor are expressed: `value[e] = constant[e] + Σ_parts coefficient · source[map(e)]`.
#[derive(Clone, Default)]
pub struct Repr {
    /// The summands.
    pub parts: Vec<Part>,
    /// Constants, one per element; empty for none.
    pub constants: Vec<i64>,
}

/// One summand of a [`Repr`].
#[derive(Clone)]
pub struct Part {
    /// Integer factor.
    pub coefficient: i64,
    /// What is summed.
    pub source: Source,
    /// Which elements.
    pub map: Map,
}

/// What a [`Part`] reads.
#[derive(Clone)]
pub enum Source {
    /// Stored cells (plus their offset).
    Field(Field),
    /// Another tensor of the graph.
    Tensor(TensorId),
    /// An expression that is no tensor of the graph.
    Repr(Rc<Repr>),
}

/// Elements of the source for each element of the result.
#[derive(Clone)]
pub enum Map {
    /// The same element.
    Identity,
    /// One element, or none ([`NONE`]).
    Gather(Rc<Vec<u32>>),
    /// Several: element `e` reads `items[starts[e]..starts[e + 1]]`.
    Many {
        /// One more than elements.
        starts: Rc<Vec<u32>>,
        /// Source elements.
        items: Rc<Vec<u32>>,
    },
    /// One element, times an integer factor of its own.
    Scaled {
        /// Source elements.
        index: Rc<Vec<u32>>,
        /// Factors.
        factors: Rc<Vec<i64>>,
    },
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
    /// Lanes per element.
    pub stride: usize,
    /// The table.
    pub table: Option<TableId>,
    /// Offsets per field.
    pub offsets: Offsets,
    /// One filler per field.
    pub fills: Vec<Fill>,
}

/// Most different constants that get blocks of their own.
const MAX_UNIFORM: usize = 8;

/// Most expressions that may be nested: their evaluation is recursive.
const MAX_DEPTH: usize = 16;

/// Most terms that an evaluation of a whole expression may come down to: sums of sums multiply them at each level.
const MAX_TERMS: u64 = 1 << 24;

/// How large an expression is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    /// Expressions of tensors that are nested in it.
    depth: usize,
    /// Terms on stored cells that an evaluation of all elements comes down to.
    terms: u64,
}

/// An evaluation that was compiled: the functional, whether of products of lanes, and the result.
type View = (Rc<Functional>, bool, Vec<Atom>);

/// An evaluation of a wired circuit, which are lowered all at once.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The node that needs it, for reports.
    pub node: Option<usize>,
    /// What is evaluated.
    pub field: Field,
    /// By which functional.
    pub functional: Functional,
    /// Whether of products of both fields of a slot.
    pub product: bool,
}

/// State of a lowering.
#[derive(Clone)]
pub struct Builder<'g> {
    /// The graph.
    pub graph: &'g QuantizedGraph,
    /// Bank widths.
    pub widths: Widths,
    /// Stored blocks.
    pub blocks: Vec<Block>,
    /// Next free row of each bank.
    pub heights: BTreeMap<Bank, usize>,
    /// Lookup tables.
    pub tables: Tables,
    /// Evaluations.
    pub accumulators: Accumulators,
    /// Whether the circuit is [wired](crate::wired): evaluations are then noted instead of placed.
    pub wired: bool,
    /// Evaluations of a wired circuit; an atom's index is a position here.
    pub evaluations: Vec<Evaluation>,
    /// Weights and equations.
    pub dots: Dots,
    /// Gates over lanes, in the order of their first use.
    pub gates: Gates,
    /// Pairs of scalars that must be equal.
    pub equalities: Vec<(Atom, Atom)>,
    /// Whether tensors of rank four can be batches of images, whose rows they then share.
    pub has_images: bool,
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
    reprs: HashMap<TensorId, Rc<Repr>>,
    /// Tensors that are another one in the same order.
    renamed: HashMap<TensorId, TensorId>,
    /// How large the expression of each is.
    sizes: HashMap<TensorId, Size>,
    /// The node that makes each tensor.
    producers: Vec<Option<usize>>,
    /// The nodes that read each tensor.
    consumers: Vec<Vec<usize>>,
    /// How many pools are being stored, one inside the other.
    pub(crate) pools: usize,
    views: HashMap<Field, Vec<View>>,
    /// The first family of functionals by which each stored tensor was evaluated.
    links: HashMap<TensorId, Vec<Functional>>,
}

impl<'g> Builder<'g> {
    /// An empty lowering for a circuit of `usable` rows.
    pub fn new(graph: &'g QuantizedGraph, widths: Widths, usable: usize) -> Self {
        let mut producers = vec![None; graph.tensors.len()];
        let mut consumers = vec![Vec::new(); graph.tensors.len()];
        for (index, node) in graph.nodes.iter().enumerate() {
            producers[node.output.0] = Some(index);
            for input in &node.inputs {
                if consumers[input.0].last() != Some(&index) {
                    consumers[input.0].push(index);
                }
            }
        }
        Self {
            graph,
            widths,
            blocks: Vec::new(),
            heights: BTreeMap::new(),
            tables: Tables::default(),
            accumulators: Accumulators::default(),
            wired: false,
            evaluations: Vec::new(),
            dots: Dots::default(),
            gates: Gates::default(),
            equalities: Vec::new(),
            has_images: false,
            usable,
            private_input: false,
            committed_lanes: 0,
            sponge: None,
            statement: StatementLayout::default(),
            node: None,
            reprs: HashMap::new(),
            renamed: HashMap::new(),
            sizes: HashMap::new(),
            producers,
            consumers,
            pools: 0,
            views: HashMap::new(),
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

    /// Index of the node that makes a tensor, if it is not an input.
    pub fn producer(&self, tensor: TensorId) -> Option<usize> {
        self.producers[tensor.0]
    }

    /// Indices of the nodes that read a tensor, ascending.
    pub fn consumers(&self, tensor: TensorId) -> &[usize] {
        &self.consumers[tensor.0]
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
        let lanes = match new.bank {
            Bank::Pair => 2 * self.widths.pair,
            Bank::Product => 2 * self.widths.product,
            Bank::Border => self.widths.border,
            Bank::Committed => self.committed_lanes,
            _ => self.widths.single,
        };
        let slots_per_row = lanes / new.stride;
        let (slot_of, height) = new.arrangement.slots(new.length, slots_per_row, new.unit);
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

    /// Says how a tensor is expressed. The expression must be [small](Self::is_small).
    ///
    /// A mere renaming takes over the expression of what it renames, so that chains of them cost no recursion.
    pub fn define(&mut self, tensor: TensorId, repr: Repr) {
        if let [
            Part {
                coefficient: 1,
                source: Source::Tensor(source),
                map: Map::Identity,
            },
        ] = repr.parts.as_slice()
            && repr.constants.is_empty()
            && let Some(known) = self.reprs.get(source).cloned()
        {
            let root = self.renamed.get(source).copied().unwrap_or(*source);
            self.renamed.insert(tensor, root);
            self.sizes
                .insert(tensor, self.sizes.get(source).copied().unwrap_or_default());
            self.reprs.insert(tensor, known);
            return;
        }
        self.sizes.insert(tensor, self.size(&repr, self.length(tensor)));
        self.reprs.insert(tensor, Rc::new(repr));
    }

    /// Whether an expression of `length` elements can be evaluated without deep recursion and without more work than storing it
    /// would be.
    pub fn is_small(&self, repr: &Repr, length: usize) -> bool {
        let size = self.size(repr, length);
        size.depth <= MAX_DEPTH && size.terms <= MAX_TERMS.max(length as u64)
    }

    fn size(&self, repr: &Repr, length: usize) -> Size {
        let mut size = Size {
            depth: 0,
            terms: repr.constants.len() as u64,
        };
        for part in &repr.parts {
            let read = match &part.map {
                Map::Identity => length,
                Map::Gather(index) => index.iter().filter(|i| **i != NONE).count(),
                Map::Many { items, .. } => items.len(),
                Map::Scaled { index, .. } => index.len(),
            } as u64;
            // What a pool or limbs are made of has the size of what is stored.
            let Source::Tensor(source) = &part.source else {
                size.terms = size.terms.saturating_add(read);
                continue;
            };
            let inner = self.sizes.get(source).copied().unwrap_or_default();
            let each = inner.terms.div_ceil(self.length(*source).max(1) as u64).max(1);
            size.depth = size.depth.max(inner.depth + 1);
            size.terms = size.terms.saturating_add(read.saturating_mul(each));
        }
        size
    }

    /// An expression that chooses elements of a tensor, as one that chooses elements of what that tensor chooses from, and so on:
    /// chains of movements are then as deep as one.
    pub fn composed(&self, mut repr: Repr) -> Repr {
        while let [
            Part {
                coefficient: 1,
                source: Source::Tensor(source),
                map: Map::Gather(outer),
            },
        ] = repr.parts.as_slice()
            && repr.constants.is_empty()
            && let Some(Part {
                coefficient: 1,
                source: inner @ Source::Tensor(_),
                map: Map::Gather(index),
            }) = self.only_part(*source)
        {
            let through = |e: &u32| if *e == NONE { NONE } else { index[*e as usize] };
            let map = Map::Gather(Rc::new(outer.iter().map(through).collect()));
            repr.parts = vec![Part {
                coefficient: 1,
                source: inner.clone(),
                map,
            }];
        }
        repr
    }

    /// The tensor that another one is in the same order, or itself.
    pub fn root(&self, tensor: TensorId) -> TensorId {
        self.renamed.get(&tensor).copied().unwrap_or(tensor)
    }

    /// Whether a tensor has an expression.
    pub fn is_defined(&self, tensor: TensorId) -> bool {
        self.reprs.contains_key(&tensor)
    }

    /// `Σ term · tensor[element]` as a combination of evaluations.
    pub fn evaluate(&mut self, tensor: TensorId, functional: &Functional) -> Result<Scalar, CircuitError> {
        let Some(repr) = self.reprs.get(&tensor).cloned() else {
            return Err(CircuitError::Inconsistent {
                place: self.graph.tensors[tensor.0].name.clone(),
                reason: "it is read before it has an expression".to_owned(),
            });
        };
        self.evaluate_repr(&repr, functional)
    }

    /// As [`Self::evaluate`] for an expression.
    pub fn evaluate_repr(&mut self, repr: &Repr, functional: &Functional) -> Result<Scalar, CircuitError> {
        let mut sum = Scalar::new();
        for (part, factor, terms) in repr.parts.iter().flat_map(|p| {
            mapped(&p.map, &functional.terms)
                .into_iter()
                .map(move |(factor, terms)| (p, factor, terms))
        }) {
            if terms.is_empty() || part.coefficient == 0 {
                continue;
            }
            let functional = Functional {
                base: functional.base,
                terms,
            };
            let scalar = match &part.source {
                Source::Field(field) => self
                    .evaluate_field(*field, functional, false)
                    .into_iter()
                    .map(|atom| (1, atom))
                    .collect(),
                Source::Tensor(tensor) => self.evaluate(*tensor, &functional)?,
                Source::Repr(repr) => self.evaluate_repr(repr, &functional)?,
            };
            for (coefficient, atom) in scalar {
                let coefficient: Option<i64> = part
                    .coefficient
                    .checked_mul(factor)
                    .and_then(|f| f.checked_mul(coefficient));
                let coefficient =
                    coefficient.ok_or_else(|| self.unsupported("a constant factor exceeds 63 bits"))?;
                sum.push((coefficient, atom));
            }
        }
        if !repr.constants.is_empty() {
            sum.extend(self.evaluate_constants(&repr.constants, functional));
        }
        Ok(merged(sum))
    }

    /// `Σ term · field[element]`, each functional once per field.
    pub fn evaluate_field(&mut self, field: Field, functional: Functional, product: bool) -> Vec<Atom> {
        let known = self.views.entry(field).or_default();
        if let Some((_, _, atoms)) = known.iter().find(|(f, p, _)| *p == product && **f == functional) {
            return atoms.clone();
        }
        let atoms = if self.wired {
            self.evaluations.push(Evaluation {
                node: self.node,
                field,
                functional: functional.clone(),
                product,
            });
            vec![Atom::Accumulator {
                index: self.evaluations.len() - 1,
                row: 0,
            }]
        } else {
            let block = &self.blocks[field.block.0];
            view::compile(block, field.index, &functional, product, &mut self.accumulators)
        };
        known.push((Rc::new(functional), product, atoms.clone()));
        atoms
    }

    /// An evaluation that is zero.
    pub fn zero(&mut self) -> Atom {
        if self.wired {
            // Row 0 of the dot section is empty.
            return Atom::Total { row: 0 };
        }
        self.accumulators.zero()
    }

    /// `Σ term · constant[element]`, by rows of [`Bank::Single`] whose cells are zero and whose offset is the constant.
    fn evaluate_constants(&mut self, constants: &[i64], functional: &Functional) -> Scalar {
        let mut by_value: BTreeMap<i64, Vec<Term>> = BTreeMap::new();
        for term in &functional.terms {
            let value = constants[term.element as usize];
            if value != 0 {
                by_value.entry(value).or_default().push(*term);
            }
        }
        if by_value.len() > MAX_UNIFORM {
            return self.evaluate_distinct(constants, functional);
        }
        let mut sum = Scalar::new();
        for (value, mut terms) in by_value {
            terms.sort_unstable_by_key(|t| t.power);
            let length = terms.len();
            let renumbered = terms
                .iter()
                .zip(0u32..)
                .map(|(t, element)| Term { element, ..*t })
                .collect();
            let block = self.store(NewBlock {
                name: format!("constant {value}"),
                bank: Bank::Single,
                length,
                arrangement: Arrangement::flat(length),
                unit: 1,
                stride: 1,
                table: None,
                offsets: Offsets::Uniform(vec![value]),
                fills: vec![Arc::new(move |_| vec![0; length])],
            });
            let functional = Functional {
                base: functional.base,
                terms: renumbered,
            };
            let atoms = self.evaluate_field(Field { block, index: 0 }, functional, false);
            sum.extend(atoms.into_iter().map(|atom| (1, atom)));
        }
        sum
    }

    /// As [`Self::evaluate_constants`] for many different values: one row each, so that all share one pattern.
    fn evaluate_distinct(&mut self, constants: &[i64], functional: &Functional) -> Scalar {
        let mut terms: Vec<Term> = functional.terms.clone();
        terms.retain(|t| constants[t.element as usize] != 0);
        terms.sort_unstable_by_key(|t| t.power);
        let length = terms.len();
        // Rows descend, as powers do.
        let offsets = terms
            .iter()
            .rev()
            .map(|t| constants[t.element as usize])
            .collect();
        let block = self.store(NewBlock {
            name: "constants".to_owned(),
            bank: Bank::Single,
            length,
            arrangement: Arrangement::flat(length),
            unit: 1,
            stride: self.widths.single,
            table: None,
            offsets: Offsets::PerRow(offsets),
            fills: vec![Arc::new(move |_| vec![0; length])],
        });
        let renumbered = terms
            .iter()
            .zip(0u32..)
            .map(|(t, element)| Term { element, ..*t })
            .collect();
        let functional = Functional {
            base: functional.base,
            terms: renumbered,
        };
        let atoms = self.evaluate_field(Field { block, index: 0 }, functional, false);
        atoms.into_iter().map(|atom| (1, atom)).collect()
    }

    /// Remembers a family of functionals by which a tensor was read, so that links to the statement can share it.
    pub fn note_link(&mut self, tensor: TensorId, family: &[Functional]) {
        let tensor = self.root(tensor);
        let length = self.length(tensor);
        if !self.links.contains_key(&tensor) && Functional::separates(family, length) {
            self.links.insert(tensor, family.to_vec());
        }
    }

    /// A family of functionals that separates tensors and falls into few patterns on the stored cells: the one noted
    /// for the tensor or for the one that it is a rearrangement of, or the flat functional.
    pub fn link(&self, tensor: TensorId) -> Vec<Functional> {
        let tensor = self.root(tensor);
        if let Some(family) = self.links.get(&tensor) {
            return family.clone();
        }
        let length = self.length(tensor);
        if let Some(Part {
            coefficient: 1,
            source: Source::Tensor(source),
            map,
        }) = self.only_part(tensor)
        {
            let family = self.link(*source);
            let moved = |index: &dyn Fn(u32) -> u32| {
                let terms = |f: &Functional| {
                    f.terms
                        .iter()
                        .map(|t| Term {
                            element: index(t.element),
                            ..*t
                        })
                        .collect()
                };
                family
                    .iter()
                    .map(|f| Functional {
                        base: f.base,
                        terms: terms(f),
                    })
                    .collect::<Vec<_>>()
            };
            match map {
                Map::Identity => return family,
                Map::Gather(index) if self.length(*source) == length => {
                    let mut inverse = vec![NONE; length];
                    index
                        .iter()
                        .zip(0u32..)
                        .filter(|(i, _)| **i != NONE)
                        .for_each(|(i, e)| inverse[*i as usize] = e);
                    if !inverse.contains(&NONE) {
                        return moved(&|element| inverse[element as usize]);
                    }
                }
                _ => {}
            }
        }
        vec![Functional::flat(length)]
    }

    fn only_part(&self, tensor: TensorId) -> Option<&Part> {
        let repr = self.reprs.get(&tensor)?;
        if repr.constants.is_empty() && repr.parts.len() == 1 {
            repr.parts.first()
        } else {
            None
        }
    }

    /// Appends rows that add `sign · scalar` to the running total; the first row multiplies the total by ρ if
    /// `horner`, or continues it if `keep`.
    pub fn add_scalar(&mut self, scalar: &Scalar, sign: i64, mut keep: bool, mut horner: bool) {
        for (coefficient, atom) in scalar {
            let row = DotRow {
                node: self.node,
                keep,
                horner,
                f: sign * coefficient,
                f_from: Some(*atom),
                ..DotRow::default()
            };
            self.dots.push(row);
            (keep, horner) = (true, false);
        }
        if scalar.is_empty() && (keep || horner) {
            self.dots.push(DotRow {
                node: self.node,
                keep,
                horner,
                ..DotRow::default()
            });
        }
    }

    /// Constrains the running total of the last row to be zero.
    pub fn end_equation(&mut self) {
        if let Some(row) = self.dots.rows.last_mut() {
            row.zero = true;
        }
    }

    /// Constrains two scalars to be equal.
    pub fn equate(&mut self, a: &Scalar, b: &Scalar) {
        if a.is_empty() && b.is_empty() {
            return;
        }
        if let ([(1, a)], [(1, b)]) = (a.as_slice(), b.as_slice()) {
            self.equalities.push((*a, *b));
            return;
        }
        self.add_scalar(a, 1, false, false);
        let keep = !a.is_empty();
        self.add_scalar(b, -1, keep, false);
        self.end_equation();
    }
}

/// Terms on the source of a map, by factor.
fn mapped(map: &Map, terms: &[Term]) -> Vec<(i64, Vec<Term>)> {
    let moved = |t: &Term, element: u32| Term { element, ..*t };
    let terms = match map {
        Map::Identity => terms.to_vec(),
        Map::Gather(index) => {
            let all = terms.iter().map(|t| moved(t, index[t.element as usize]));
            all.filter(|t| t.element != NONE).collect()
        }
        Map::Many { starts, items } => terms
            .iter()
            .flat_map(|t| {
                let range = starts[t.element as usize] as usize..starts[t.element as usize + 1] as usize;
                items[range].iter().map(move |element| moved(t, *element))
            })
            .collect(),
        Map::Scaled { index, factors } => {
            let mut by_factor: BTreeMap<i64, Vec<Term>> = BTreeMap::new();
            for t in terms {
                let factor = factors[t.element as usize];
                by_factor
                    .entry(factor)
                    .or_default()
                    .push(moved(t, index[t.element as usize]));
            }
            return by_factor.into_iter().filter(|(factor, _)| *factor != 0).collect();
        }
    };
    vec![(1, terms)]
}

/// Adds up the coefficients of equal atoms.
fn merged(scalar: Scalar) -> Scalar {
    let mut result: Scalar = Vec::with_capacity(scalar.len());
    for (coefficient, atom) in scalar {
        match result.iter_mut().find(|(_, a)| *a == atom) {
            Some(found) if found.0.checked_add(coefficient).is_some() => found.0 += coefficient,
            _ => result.push((coefficient, atom)),
        }
    }
    result.retain(|(coefficient, _)| *coefficient != 0);
    result
}
