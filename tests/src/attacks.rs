//! Forgeries that change several cells so that as many constraints as possible still hold.

use crate::forger::{Cheat, Columns, Forger, Place};
use crate::graph_builder::derive_intervals;
use crate::mutation::place_of;
use crate::setting::Setting;
use hallmark_circuits::internals::block::{Bank, Block};
use hallmark_circuits::{Plan, PlanOptions};
use hallmark_model::ops::integer::{IntConv, Linear};
use hallmark_model::{QOp, QuantizedGraph, Trace};
use hallmark_verifier::integer;
use std::sync::Arc;

/// Blocks with a name, in the order in which they were stored.
pub fn blocks<'a>(forger: &Forger<'a>, name: &str) -> Vec<&'a Block> {
    forger
        .frame()
        .blocks
        .iter()
        .filter(|b| b.name == name && b.bank != Bank::Instance)
        .collect()
}

/// The public cell of an element of an input or output tensor.
pub fn public(forger: &Forger<'_>, tensor: &str, element: u32) -> Option<Place> {
    let block = forger
        .frame()
        .blocks
        .iter()
        .find(|b| b.bank == Bank::Instance && b.name == tensor)?;
    Some(place_of(forger, block, element, 0))
}

/// Adds `change` to a cell in a cheat (to what the cheat has there already).
pub fn add(forger: &Forger<'_>, cheat: &mut Cheat, place: Place, change: i64) {
    let value = cheat
        .changes
        .get(&place)
        .copied()
        .unwrap_or_else(|| forger.honest.get(place));
    cheat.changes.insert(place, value + integer(change));
}

/// Another claim about a quotient `t2` by node `n0`, and its copy beside the divisor, its remainder, and what the divisor is above that, each
/// in one limb.
pub fn quotient(forger: &Forger<'_>, element: u32, [quotient, remainder, above]: [i64; 3]) -> Cheat {
    let mut cheat = Cheat::default();
    for (name, change) in [
        ("t2", quotient),
        ("n0 factors", quotient),
        ("t2 remainder", remainder),
        ("t2 divisor above remainder", above),
    ] {
        let place = place_of(forger, blocks(forger, name)[0], element, 0);
        add(forger, &mut cheat, place, change);
    }
    if let Some(place) = public(forger, "t2", element) {
        add(forger, &mut cheat, place, quotient);
    }
    cheat
}

/// Another claim about a root `t1` by node `n0`, and its copies that are multiplied, its remainder, and how far that is below the next
/// square, each in one limb.
pub fn root(forger: &Forger<'_>, element: u32, [root, remainder, room]: [i64; 3]) -> Cheat {
    let mut cheat = Cheat::default();
    for (name, field, change) in [
        ("t1", 0, root),
        ("n0 factors", 0, root),
        ("n0 factors", 1, root),
        ("t1 remainder", 0, remainder),
        ("t1 remainder below the next square", 0, room),
    ] {
        let place = place_of(forger, blocks(forger, name)[0], element, field);
        add(forger, &mut cheat, place, change);
    }
    if let Some(place) = public(forger, "t1", element) {
        add(forger, &mut cheat, place, root);
    }
    cheat
}

/// A group of a max-pool: the differences below one maximum.
pub struct Group {
    /// Cells of the differences.
    pub differences: Vec<Place>,
    /// The group of which this group's maximum is a member, and which member it is; none for a window's maximum.
    pub parent: Option<(usize, usize)>,
}

/// Raises the maximum of a group by one and leaves every other group's members as they are, where possible.
///
/// `top` adds to the window's maximum itself.
pub fn raise(forger: &Forger<'_>, groups: &[Group], group: usize, top: &[Place]) -> Cheat {
    let mut cheat = Cheat::default();
    raise_into(forger, groups, group, None, top, &mut cheat);
    cheat
}

fn raise_into(
    forger: &Forger<'_>,
    groups: &[Group],
    group: usize,
    spared: Option<usize>,
    top: &[Place],
    cheat: &mut Cheat,
) {
    for (member, difference) in groups[group].differences.iter().enumerate() {
        if spared != Some(member) {
            add(forger, cheat, *difference, 1);
        }
    }
    match groups[group].parent {
        None => top.iter().for_each(|place| add(forger, cheat, *place, 1)),
        Some((parent, member)) => {
            let difference = groups[parent].differences[member];
            if forger.small(difference) > 0 {
                add(forger, cheat, difference, -1);
            } else {
                raise_into(forger, groups, parent, Some(member), top, cheat);
            }
        }
    }
}

/// The groups of one window of a pool over `tensor` with 2 to 4, 9 or 25 elements.
pub fn groups(forger: &Forger<'_>, tensor: &str, size: usize, window: usize) -> Vec<Group> {
    let stored = blocks(forger, &format!("{tensor} below maximum"));
    let run = |block: usize, first: usize, count: usize| -> Vec<Place> {
        (first..first + count)
            .map(|e| place_of(forger, stored[block], e as u32, 0))
            .collect()
    };
    let group = |differences, parent| Group { differences, parent };
    match size {
        9 => vec![
            group(run(0, window * 3, 3), None),
            group(run(1, window * 6, 3), Some((0, 0))),
            group(run(1, window * 6 + 3, 3), Some((0, 1))),
            group(run(2, window * 3, 3), Some((0, 2))),
        ],
        25 => {
            let mut all = vec![
                group(run(0, window * 2, 2), None),
                group(run(1, window * 4, 4), Some((0, 0))),
                group(run(2, window * 3, 3), Some((0, 1))),
            ];
            for middle in 0..6 {
                let parent = if middle < 4 { (1, middle) } else { (2, middle - 4) };
                all.push(group(run(3, window * 24 + middle * 4, 4), Some(parent)));
            }
            all.push(group(run(4, window, 1), Some((2, 2))));
            all
        }
        _ => vec![group(run(0, window * size, size), None)],
    }
}

/// An arg-max over sequences of consecutive elements, as its cells see it.
pub struct ArgMax<'a, 'f> {
    /// The forger.
    pub forger: &'f Forger<'a>,
    /// Name of the arg-max node.
    pub node: &'static str,
    /// Name of its output.
    pub output: &'static str,
    /// Least value of the input's interval.
    pub low: i64,
    /// Elements of a sequence.
    pub length: usize,
    /// Limbs of a number.
    pub limbs: usize,
    /// Bits of a limb.
    pub bits: u32,
    /// Whether the last of equal maxima is chosen: sequences are then read backwards.
    pub mirrored: bool,
}

impl ArgMax<'_, '_> {
    /// Claims, in one sequence, maxima and bits row by row, with the differences and the index that follow from them.
    pub fn claim(&self, sequence: usize, values: &[i64], maxima: &[i64], bits: &[i64]) -> Cheat {
        let block = blocks(self.forger, &format!("{} comparison", self.node))[0];
        let mut cheat = Cheat::default();
        let mut set = |element: usize, field: usize, value: i64| {
            let place = place_of(self.forger, block, element as u32, field as u32);
            cheat.changes.insert(place, integer(value));
        };
        for (i, ((value, maximum), bit)) in values.iter().zip(maxima).zip(bits).enumerate() {
            let element = sequence * self.length + i;
            let difference = maximum - value - 1 + bit;
            for (number, first) in [(difference, 0), (maximum - self.low, self.limbs)] {
                for limb in 0..self.limbs {
                    let last = limb + 1 == self.limbs;
                    let shifted = number >> (self.bits * limb as u32);
                    set(
                        element,
                        first + limb,
                        if last {
                            shifted
                        } else {
                            shifted & ((1 << self.bits) - 1)
                        },
                    );
                }
            }
            set(element, 2 * self.limbs, *bit);
        }
        let zeros = self.length as i64 - bits.iter().sum::<i64>();
        let index = if self.mirrored {
            self.length as i64 - 1 - zeros
        } else {
            zeros
        };
        if let Some(place) = public(self.forger, self.output, sequence as u32) {
            cheat.changes.insert(place, integer(index));
        }
        cheat
    }
}

impl<'a, 'f> ArgMax<'a, 'f> {
    /// The comparison of [`crate::suite::arg_max::arg_max_claims`].
    pub fn of_claims(forger: &'f Forger<'a>) -> Self {
        let low = forger.setting.plan.graph().tensors[0].interval.0;
        let (limbs, bits) = if low == -32 { (2, 3) } else { (1, 4) };
        Self {
            forger,
            node: "n0",
            output: "t1",
            low,
            length: 4,
            limbs,
            bits,
            mirrored: false,
        }
    }

    /// Claims about a sequence of [`crate::suite::arg_max::arg_max_claims`].
    pub fn about(&self, sequence: usize, maxima: [i64; 4], bits: [i64; 4]) -> Cheat {
        let values: Vec<i64> = self.forger.setting.trace.tensors[0].iter().copied().collect();
        self.claim(sequence, &values[sequence * 4..][..4], &maxima, &bits)
    }

    /// Wrong claims, each with the one constraint (gate, name) that rejects it: why it is wrong, and the claim.
    pub fn wrong(&self) -> Vec<(&'static str, Cheat, (String, String))> {
        let chosen = "the chosen element is the maximum";
        let of = |gate: &str, name: &str| (gate.to_owned(), name.to_owned());
        let same = |limb: usize| of("arg-max Inner", &format!("the maximum is the same (limb {limb})"));
        let no_entry = of("lookup sum", "ends at zero");
        let mut all = vec![
            (
                "the second of equal maxima",
                self.about(0, [5; 4], [0, 0, 1, 1]),
                no_entry,
            ),
            (
                "the first element",
                self.about(0, [5; 4], [1, 1, 1, 1]),
                of("arg-max Last", chosen),
            ),
            (
                "the last element",
                self.about(0, [6; 4], [0, 0, 0, 1]),
                of("arg-max Inner", chosen),
            ),
            (
                "no element",
                self.about(0, [6; 4], [0; 4]),
                of("arg-max First", "the first bit is one"),
            ),
            (
                "two elements",
                self.about(1, [5; 4], [1, 0, 1, 1]),
                of("arg-max Inner", "bits only fall"),
            ),
            (
                "a maximum of its own",
                self.about(0, [3, 5, 5, 5], [1, 1, 1, 1]),
                same(0),
            ),
        ];
        if self.limbs == 2 {
            all.push((
                "a maximum of its own",
                self.about(2, [2, 10, 10, 10], [1, 1, 1, 1]),
                same(1),
            ));
        }
        all
    }
}

/// The same graph with one weight of a node changed, and its execution on the same input, if there is one.
pub fn another_model(forger: &Forger<'_>, node: usize, change: i64) -> Option<(Arc<QuantizedGraph>, Trace)> {
    let mut graph = QuantizedGraph::clone(forger.setting.plan.graph());
    match &mut graph.nodes[node].op {
        QOp::Conv(IntConv { weight, .. }) | QOp::Linear(Linear { weight, .. }) => {
            weight.iter_mut().take(1).for_each(|w| *w += change)
        }
        _ => return None,
    }
    derive_intervals(&mut graph);
    let inputs: Vec<_> = graph
        .inputs
        .iter()
        .map(|id| forger.setting.trace.tensors[id.0].clone())
        .collect();
    let trace = graph.run(&inputs).ok()?;
    Some((Arc::new(graph), trace))
}

/// A proof by another model: all cells are those of a model of which one weight differs, the accumulated weights too.
/// `None` where no such model runs on this input in the same layout.
pub fn by_another_model(forger: &Forger<'_>, node: usize, change: i64) -> Option<Cheat> {
    let (graph, trace) = another_model(forger, node, change)?;
    let (plan, options) = (&forger.setting.plan, PlanOptions::default());
    let other = Plan::forced(graph, &options, plan.k(), plan.widths()).ok()?;
    let same = other
        .layout()
        .strips()
        .unwrap()
        .fixed
        .offsets
        .iter()
        .all(|(_, c)| {
            other.frame().fixed_values.get(*c).map(|c| &c.values)
                == plan.frame().fixed_values.get(*c).map(|c| &c.values)
        });
    if !same || other.frame().copies != plan.frame().copies {
        return None;
    }
    let setting = Setting::of_plan("another model", Arc::new(other), Arc::new(trace));
    let other = Forger::new(&setting);
    let mut cheat = all_of(forger, &other.honest);
    let [v, ..] = forger.strips().advice.dot?;
    let weights = other.honest.advice[v].iter().enumerate();
    cheat.overrides = weights.map(|(row, value)| ((v, row), *value)).collect();
    Some(cheat)
}

/// The columns of another execution of the same circuit, as a cheat on the honest one.
pub fn all_of(forger: &Forger<'_>, other: &Columns) -> Cheat {
    let late = forger.strips().advice.first_late;
    let counts = &forger.strips().advice.multiplicities;
    let advice = (0..late).filter(|c| !counts.contains(c)).flat_map(|column| {
        let values = other.advice[column].iter().enumerate();
        values
            .map(move |(row, value)| (Place::Advice(column, row), *value))
            .collect::<Vec<_>>()
    });
    let instance = other.instance.iter().enumerate().flat_map(|(column, values)| {
        let values = values.iter().enumerate();
        values
            .map(move |(row, value)| (Place::Instance(column, row), *value))
            .collect::<Vec<_>>()
    });
    let changes = advice
        .chain(instance)
        .filter(|(place, value)| forger.honest.get(*place) != *value);
    Cheat::with(changes.collect::<Vec<_>>())
}
