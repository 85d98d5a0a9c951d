//! ArgMax: the index of the maximum of each sequence; of equal maxima the first (or the last).
//!
//! Elements lie one to a row, the last one first, with three numbers: the maximum `m` (the same in all rows), a bit
//! `s_i = [index ≤ i]`, and `d_i = m − z_i − (1 − s_i)`. Range checks make `d` non-negative, so an element before the index is
//! strictly less than `m` and one after it at most `m`. Going down the rows `s` falls from 1 (first row) to 0 at most once, and
//! where it falls (or ends at 1), `d = 0`: the element at the index equals `m`. The index is the number of zero bits.

use super::storage;
use crate::{
    block::{Arrangement, Bank, Block, Field, Fill, Offsets},
    builder::{Builder, LaneGate, Map, NewBlock, Part, Repr, Sequence, Source},
    error::CircuitError,
    functional::Functional,
};
use hallmark_model::{QOp, QuantizedGraph, TensorId};
use std::{rc::Rc, sync::Arc};

/// Lanes of a row: limbs of `d`, limbs of `m`, the bit.
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

/// Lanes of [`Bank::Single`] that a graph's comparisons need, at least; zero if there are none.
pub fn lanes(graph: &QuantizedGraph, limb_bits: u32) -> usize {
    let compared = graph.nodes.iter().filter(|n| matches!(n.op, QOp::ArgMax { .. }));
    // What cannot be measured is refused where it is lowered.
    let lanes = compared.filter_map(|n| {
        let span = storage::interval_values(&graph.tensors[n.inputs[0].0]).ok()?;
        Some(Lanes::of(span, limb_bits).0.count())
    });
    lanes.max().unwrap_or(0)
}

/// Which elements form the sequences.
struct Sequences {
    /// `elements[s·length + p]` is position `p` of sequence `s`.
    elements: Vec<u32>,
    length: usize,
    mirrored: bool,
}

/// Stores the sequences and defines the output as the count of zero bits.
pub fn lower(b: &mut Builder<'_>, node: usize, axis: usize, select_last: bool) -> Result<(), CircuitError> {
    let (input, output) = (b.graph.nodes[node].inputs[0], b.graph.nodes[node].output);
    let sequences = Sequences::new(b.shape(input), axis, select_last);
    let span = storage::interval_length(b, input)?;
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
    gate(b, block.0, sequences.length, limbs, bits);
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
    let compared = Repr {
        parts,
        constants: vec![low - 1; count],
    };
    let functional = Functional::flat(count);
    let gathered = Repr {
        parts: vec![super::part(1, input, super::gather(sequences.elements.clone()))],
        constants: Vec::new(),
    };
    let (a, c) = (
        b.evaluate_repr(&compared, &functional)?,
        b.evaluate_repr(&gathered, &functional)?,
    );
    b.equate(&a, &c);
    b.define(output, sequences.index(part(1, lanes.bit())));
    Ok(())
}

/// Selects the gates of all rows of a block.
fn gate(b: &mut Builder<'_>, block: usize, length: usize, limbs: usize, bits: u32) {
    let block: &Block = &b.blocks[block];
    for row in 0..block.height {
        let mut parts = vec![Sequence::Any];
        parts.extend((row % length == 0).then_some(Sequence::First));
        parts.push(if row % length == length - 1 {
            Sequence::Last
        } else {
            Sequence::Inner
        });
        for part in parts {
            b.gates
                .entry(LaneGate::ArgMax { part, limbs, bits })
                .or_default()
                .push(block.circuit_row(row) as u32);
        }
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
    fn index(&self, bit: Part) -> Repr {
        let sequences = self.elements.len() / self.length;
        let starts = (0..=sequences).map(|s| (s * self.length) as u32).collect();
        let items = (0..self.elements.len() as u32).collect();
        let map = Map::Many {
            starts: Rc::new(starts),
            items: Rc::new(items),
        };
        // index = length − Σ s; mirrored: length − 1 − index.
        let (coefficient, constant) = if self.mirrored {
            (1, -1)
        } else {
            (-1, self.length as i64)
        };
        Repr {
            parts: vec![Part {
                coefficient,
                map,
                ..bit
            }],
            constants: vec![constant; sequences],
        }
    }
}
