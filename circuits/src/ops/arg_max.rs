//! ArgMax: the index of the maximum of each sequence; of equal maxima the first (or the last).
//!
//! Elements lie one to a row, the last one first, with three numbers: the maximum `m` (the same in all rows), a bit
//! `s_i = [index ≤ i]`, and `d_i = m − z_i − (1 − s_i)`. Range checks make `d` non-negative, so an element before the index is
//! strictly less than `m` and one after it at most `m`. Going down the rows `s` falls from 1 (first row) to 0 at most once, and
//! where it falls (or ends at 1), `d = 0`: the element at the index equals `m`. The index is the number of zero bits.

use super::{express, storage};
use crate::{
    arrangement::Arrangement,
    block::{Bank, BlockId, Field, Fill, Offsets},
    builder::{Builder, Expression, Map, NewBlock, Operator, Part, Source},
    error::CircuitError,
    functional::Functional,
    gate::{Constraint, Gate, Linear},
    limbs::interval_values,
    parameter::Constants,
};
use hallmark_model::{QNode, QuantizedGraph, TensorId, ops::integer::ArgMax};
use std::sync::Arc;

/// Lanes of a row: limbs of `d`, limbs of `m`, the bit.
#[derive(Clone, Copy)]
pub struct Lanes {
    /// Limbs per number.
    pub limbs: usize,
}

impl Lanes {
    /// Lanes for numbers of `span` values in limbs of at most `limb_bits`, and the bits of a limb.
    fn of(span: usize, limb_bits: u32) -> (Self, u32) {
        let total = (usize::BITS - (span - 1).leading_zeros()).max(1);
        let limbs = total.div_ceil(limb_bits) as usize;
        (Self { limbs }, total.div_ceil(limbs as u32))
    }

    /// Number of lanes.
    fn count(&self) -> usize {
        self.bit() + 1
    }

    /// First lane of the maximum.
    pub fn maximum(&self) -> usize {
        self.limbs
    }

    /// Lane of the bit.
    pub fn bit(&self) -> usize {
        2 * self.limbs
    }
}

/// Which elements form the sequences.
struct Sequences {
    /// `elements[s·length + p]` is position `p` of sequence `s`.
    elements: Vec<u32>,
    length: usize,
    mirrored: bool,
}

impl Operator for ArgMax {
    /// Stores the sequences and defines the output as the count of zero bits.
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        let (input, output) = (b.graph.nodes[node].inputs[0], b.graph.nodes[node].output());
        let sequences = Sequences::new(b.shape(input), self.axis, self.select_last);
        let span = storage::interval_length(b, input)?;
        b.splits.note(span);
        let (lanes, bits) = Lanes::of(span, b.widths.limb_bits);
        let limbs = lanes.limbs;
        if b.widths.single < lanes.count() {
            return Err(b.unsupported(format!(
                "an interval of {span} values needs {} lanes",
                lanes.count()
            )));
        }
        let low = b.graph.tensors[input.0].interval.0;
        let count = sequences.elements.len();
        let table = Some(b.tables.range(1 << bits));
        let block = b.store(NewBlock {
            name: format!("{} comparison", b.graph.nodes[node].name),
            bank: Bank::Single,
            length: count,
            arrangement: Arrangement::flat(count),
            unit: 1,
            stride: b.widths.single,
            table,
            offsets: Offsets::Uniform(vec![0; lanes.bit() + 1]),
            fills: sequences.fills(input, low, limbs, bits),
        });
        gate(b, block, sequences.length, &Gates { lanes, bits })?;
        let part = |coefficient: i64, lane: usize| Part {
            coefficient,
            source: Source::Field(Field {
                block,
                index: lane as u32,
            }),
            map: Map::Identity,
        };
        // z = low + m − d − 1 + s, with m and d in limbs.
        let mut parts = vec![part(1, lanes.bit())];
        for limb in 0..limbs {
            let weight = 1i64 << (bits * limb as u32);
            parts.extend([part(-weight, limb), part(weight, lanes.maximum() + limb)]);
        }
        let compared = Expression {
            parts,
            constants: Constants::structure(vec![low - 1; count]),
        };
        let functional = Functional::flat(count);
        let gathered = Expression::of(vec![express::part(
            1,
            input,
            express::gather(sequences.elements.clone()),
        )]);
        let (a, c) = (
            b.evaluate_expression(&compared, &functional)?,
            b.evaluate_expression(&gathered, &functional)?,
        );
        b.equate(&a, &c);
        b.define(output, sequences.index(part(1, lanes.bit())));
        Ok(())
    }

    fn lanes(&self, graph: &QuantizedGraph, node: &QNode, limb_bits: u32) -> usize {
        // What cannot be measured is refused where it is lowered.
        let span = interval_values(&graph.tensors[node.inputs[0].0]);
        span.map_or(0, |span| Lanes::of(span, limb_bits).0.count())
    }
}

/// Selects the gates of all rows of a block of sequences of `length` rows.
fn gate(b: &mut Builder<'_>, block: BlockId, length: usize, gates: &Gates) -> Result<(), CircuitError> {
    let height = b.blocks[block.0].height;
    let rows = |chosen: fn(usize, usize) -> bool| (0..height).filter(move |row| chosen(row % length, length));
    b.gate_some(gates.any(), block, 0..height)?;
    b.gate_some(gates.first(), block, rows(|row, _| row == 0))?;
    b.gate_some(gates.inner(), block, rows(|row, length| row + 1 < length))?;
    b.gate_some(gates.last(), block, rows(|row, length| row + 1 == length))
}

/// The gates, by which rows of a sequence they are for.
struct Gates {
    lanes: Lanes,
    /// Bits per limb.
    bits: u32,
}

const CHOSEN: &str = "the chosen element is the maximum";

impl Gates {
    fn bit(&self) -> Linear {
        Linear::lane(self.lanes.bit())
    }

    fn difference(&self) -> Linear {
        let limb = |limb: usize| Linear::lane(limb).times(1 << (self.bits * limb as u32));
        (0..self.lanes.limbs)
            .map(limb)
            .fold(Linear::default(), |sum, limb| sum + limb)
    }

    fn any(&self) -> Gate {
        Gate::of_row("arg-max Any", vec![Constraint::bit("bit", self.bit())])
    }

    fn first(&self) -> Gate {
        let one = self.bit() - Linear::constant(1);
        Gate::of_row(
            "arg-max First",
            vec![Constraint::linear("the first bit is one", one)],
        )
    }

    /// All but the last.
    fn inner(&self) -> Gate {
        let falls = self.bit() - Linear::below(self.lanes.bit());
        let mut all = vec![
            Constraint::bit("bits only fall", falls.clone()),
            Constraint::product(CHOSEN, [falls, self.difference()]),
        ];
        for lane in self.lanes.maximum()..self.lanes.bit() {
            let limb = lane - self.lanes.maximum();
            let same = Linear::lane(lane) - Linear::below(lane);
            all.push(Constraint::linear(
                format!("the maximum is the same (limb {limb})"),
                same,
            ));
        }
        Gate::of_row("arg-max Inner", all)
    }

    fn last(&self) -> Gate {
        let chosen = Constraint::product(CHOSEN, [self.bit(), self.difference()]);
        Gate::of_row("arg-max Last", vec![chosen])
    }
}

impl Sequences {
    fn new(shape: &[usize], axis: usize, mirrored: bool) -> Self {
        let length = shape[axis];
        let inner: usize = shape[axis + 1..].iter().product();
        let outer: usize = shape[..axis].iter().product();
        let mut elements = Vec::with_capacity(outer * inner * length);
        for o in 0..outer {
            for i in 0..inner {
                for p in 0..length {
                    let at = if mirrored { length - 1 - p } else { p };
                    elements.push(((o * length + at) * inner + i) as u32);
                }
            }
        }
        Self {
            elements,
            length,
            mirrored,
        }
    }

    /// The fillers of all lanes.
    fn fills(&self, input: TensorId, low: i64, limbs: usize, bits: u32) -> Vec<Fill> {
        let mask = (1i64 << bits) - 1;
        let (elements, length) = (Arc::new(self.elements.clone()), self.length);
        let rows = move |trace: &hallmark_model::Trace| -> Vec<[i64; 3]> {
            let all: Vec<i64> = storage::elements(trace, input).collect();
            let sorted: Vec<i64> = elements.iter().map(|e| all[*e as usize]).collect();
            let per_sequence = sorted.chunks(length).flat_map(|z| {
                let maximum = z.iter().copied().max().unwrap_or(0);
                let index = z.iter().position(|v| *v == maximum).unwrap_or(0);
                let row = move |(i, v): (usize, &i64)| {
                    let bit = i64::from(index <= i);
                    [maximum - v - (1 - bit), maximum - low, bit]
                };
                z.iter().enumerate().map(row).collect::<Vec<_>>()
            });
            per_sequence.collect()
        };
        let rows = Arc::new(rows);
        let column = |which: usize, shift: u32| -> Fill {
            let rows = Arc::clone(&rows);
            Arc::new(move |trace| rows(trace).iter().map(|r| (r[which] >> shift) & mask).collect())
        };
        let limb = |which: usize| (0..limbs as u32).map(move |l| (which, bits * l));
        limb(0)
            .chain(limb(1))
            .chain([(2, 0)])
            .map(|(which, shift)| column(which, shift))
            .collect()
    }

    /// The index of every sequence from its bits.
    fn index(&self, bit: Part) -> Expression {
        let sequences = self.elements.len() / self.length;
        let starts = (0..=sequences).map(|s| (s * self.length) as u32).collect();
        let items = (0..self.elements.len() as u32).collect();
        let map = Map::Many { starts, items };
        // index = length − Σ s; mirrored: length − 1 − index.
        let (coefficient, constant) = if self.mirrored {
            (1, -1)
        } else {
            (-1, self.length as i64)
        };
        Expression {
            parts: vec![Part {
                coefficient,
                map,
                ..bit
            }],
            constants: Constants::structure(vec![constant; sequences]),
        }
    }
}
