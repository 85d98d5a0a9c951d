//! Normalisations that exporters write out: means, differences, squares, their mean, a root and a quotient, in whatever order and
//! operators, become one operation. What is recognised are the functions that these nodes compute, not their names.

use super::folded::Links;
use super::pointwise::{Form, forms};
use crate::movement::expand;
use crate::ops::float::{AveragePool, LengthPool, Measure, Normalize, SumPool, Transpose};
use crate::shape::{View, strides};
use crate::{FloatTensor, Graph, Node, Op, Value, ValueId, window};
use ndarray::{ArrayD, IxDyn};
use std::collections::HashMap;

/// Greatest relative difference between a function and the root that it is taken for: that of double precision, generously.
const SAME: f64 = 1e-9;

/// Where functions are compared with roots and with the identity: four numbers in each octave from 2^−40 to 2^60. A clamp anywhere between
/// makes another function; what means of squares below 2^−40 are raised to, so that nothing is divided by zero, is a summand below the root.
fn probes() -> impl Iterator<Item = f64> {
    (-160..=240).map(|quarter| libm::exp2(f64::from(quarter) / 4.0))
}

/// Most nodes and chains of functions between a root and the means that it is made of, and most nodes that move what the means are of: more
/// than any exporter writes, and few, because they are looked at for each quotient.
const MOST_STEPS: usize = 8;

/// Replaces every quotient that normalises rows.
pub(super) fn recognize(graph: &mut Graph) {
    let found = Spelled::new(graph).all();
    if found.is_empty() {
        return;
    }
    for (index, node) in std::mem::take(&mut graph.nodes).into_iter().enumerate() {
        match found.get(&index) {
            Some(normalization) => normalization.emit(graph, &node),
            None => graph.nodes.push(node),
        }
    }
}

/// A normalisation that several nodes compute.
struct Normalization {
    source: ValueId,
    /// Axes of a row, ascending.
    axes: Vec<usize>,
    measure: Measure,
    epsilon: f64,
    /// What the result is multiplied by.
    factor: f64,
    /// A constant that it is multiplied by besides.
    by: Option<ValueId>,
}

/// A graph whose nodes are looked at.
struct Spelled<'g> {
    graph: &'g Graph,
    forms: Vec<Option<Form>>,
    links: Links,
}

/// A value that is made of the means of rows, function by function, and moved about.
struct Reduced<'s> {
    /// The pool's node.
    pool: &'s Node,
    /// What the pool's sums are of the means.
    length: f64,
    /// Whether the pool makes roots of sums of squares, and the means are those of the squares.
    of_squares: bool,
    /// From the value down to the pool.
    steps: Vec<Step<'s>>,
}

enum Step<'s> {
    Function(&'s Form),
    /// A node that moves elements.
    Moves(&'s Node),
    /// To the shape of a value.
    Broadcasts(ValueId),
}

impl<'g> Spelled<'g> {
    fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            forms: forms(graph),
            links: Links::new(graph),
        }
    }

    /// The quotients, by their nodes.
    fn all(&self) -> HashMap<usize, Normalization> {
        let nodes = self.graph.nodes.iter().enumerate();
        nodes
            .filter_map(|(index, node)| Some((index, self.quotient(node)?)))
            .collect()
    }

    fn producer(&self, value: ValueId) -> Option<&'g Node> {
        self.links.producers[value.0].map(|index| &self.graph.nodes[index])
    }

    fn value(&self, value: ValueId) -> &'g Value {
        &self.graph.values[value.0]
    }

    fn is_constant(&self, value: ValueId) -> bool {
        self.value(value).constant.is_some()
    }

    /// What a node computes, if it divides by the root of a mean square.
    fn quotient(&self, node: &Node) -> Option<Normalization> {
        let &[a, b] = node.inputs.as_slice() else {
            return None;
        };
        if self.is_constant(a) || self.is_constant(b) {
            return None;
        }
        let found = match node.op {
            Op::Div => self.normalization(a, b, false)?,
            Op::Mul => {
                let either = [(a, b), (b, a)].into_iter();
                either.filter_map(|(n, w)| self.product(n, w)).next()?
            }
            _ => return None,
        };
        let same = self.value(node.output()).shape == self.value(found.source).shape;
        same.then_some(found)
    }

    /// A product with a reciprocal root, which may have been multiplied by a constant before.
    fn product(&self, numerator: ValueId, factor: ValueId) -> Option<Normalization> {
        if let Some(found) = self.normalization(numerator, factor, true) {
            return Some(found);
        }
        let node = self.producer(factor).filter(|node| node.op == Op::Mul)?;
        let &[a, b] = node.inputs.as_slice() else {
            return None;
        };
        let (root, by) = match (self.is_constant(a), self.is_constant(b)) {
            (false, true) => (a, b),
            (true, false) => (b, a),
            _ => return None,
        };
        let found = self.normalization(numerator, root, true)?;
        Some(Normalization {
            by: Some(by),
            ..found
        })
    }

    /// A numerator over a root, or times its reciprocal.
    fn normalization(&self, numerator: ValueId, root: ValueId, is_reciprocal: bool) -> Option<Normalization> {
        let reduced = self.reduced(root)?;
        let (factor, epsilon) = reduced.root(is_reciprocal)?;
        let (squared, axes) = self.sources(&reduced).find_map(|(square, moves)| {
            if reduced.of_squares {
                return Some((square, self.axes(&reduced, root, (square, &moves))?));
            }
            let node = self.producer(square).filter(|node| node.op == Op::Mul)?;
            let &[a, b] = node.inputs.as_slice() else {
                return None;
            };
            (a == b).then_some(())?;
            Some((a, self.axes(&reduced, root, (square, &moves))?))
        })?;
        let length: usize = axes.iter().map(|axis| self.value(squared).shape[*axis]).product();
        let centred = self.centred(squared).filter(|(_, own)| *own == axes);
        let (source, measure) = match centred {
            Some((source, _)) => {
                let other = || {
                    self.centred(numerator)
                        .is_some_and(|other| other == (source, axes.clone()))
                };
                (numerator == squared || other()).then_some((source, Measure::Deviation))?
            }
            None => (numerator == squared).then_some((squared, Measure::RootMeanSquare))?,
        };
        if self.value(source).whole.is_some() {
            return None;
        }
        let is = |right: f64| (factor - right).abs() <= SAME * right;
        let is_length = measure == Measure::RootMeanSquare && is(length as f64);
        Some(match is_length {
            true => Normalization {
                source,
                axes,
                measure: Measure::Length,
                epsilon,
                factor: 1.0,
                by: None,
            },
            false => Normalization {
                source,
                axes,
                measure,
                epsilon: epsilon / factor,
                factor: if is(1.0) { 1.0 } else { 1.0 / factor.sqrt() },
                by: None,
            },
        })
    }

    /// What a value is the difference of to its mean, and along which axes.
    fn centred(&self, value: ValueId) -> Option<(ValueId, Vec<usize>)> {
        let node = self.producer(value).filter(|node| node.op == Op::Sub)?;
        let &[source, mean] = node.inputs.as_slice() else {
            return None;
        };
        if self.value(value).shape != self.value(source).shape {
            return None;
        }
        let reduced = self.reduced(mean).filter(Reduced::is_mean)?;
        let (_, moves) = self.sources(&reduced).find(|(own, _)| *own == source)?;
        Some((source, self.axes(&reduced, mean, (source, &moves))?))
    }

    /// How a value is made of the means of rows.
    fn reduced(&self, value: ValueId) -> Option<Reduced<'_>> {
        let (mut value, mut steps) = (value, Vec::new());
        while steps.len() <= MOST_STEPS {
            if let Some(form) = self.forms[value.0].as_ref().filter(|form| form.root != value) {
                steps.push(Step::Function(form));
                value = form.root;
                continue;
            }
            let node = self.producer(value)?;
            let rows = |id: &ValueId| self.value(*id).shape.get(2..).unwrap_or_default();
            match (&node.op, node.inputs.as_slice()) {
                (Op::Reshape | Op::Transpose(_) | Op::Gather(_), [input]) => {
                    steps.push(Step::Moves(node));
                    value = *input;
                }
                (Op::Add, &[a, b]) => {
                    let is_zero = |id: ValueId| {
                        let constant = self.value(id).constant.as_ref();
                        constant.is_some_and(|constant| constant.iter().all(|x| *x == 0.0))
                    };
                    let input = [(a, b), (b, a)].into_iter().find(|(_, zero)| is_zero(*zero))?.0;
                    steps.push(Step::Broadcasts(value));
                    value = input;
                }
                (Op::AveragePool(AveragePool { window, .. }), [input])
                    if window::covers(window, rows(input)) =>
                {
                    return Some(Reduced::of(node, (1.0, false), steps));
                }
                (Op::SumPool(SumPool { window }), [input]) if window::covers(window, rows(input)) => {
                    return Some(Reduced::of(node, (window::elements(window) as f64, false), steps));
                }
                (Op::LengthPool(LengthPool { window }), [input]) if window::covers(window, rows(input)) => {
                    return Some(Reduced::of(node, (window::elements(window) as f64, true), steps));
                }
                _ => return None,
            }
        }
        None
    }

    /// The values whose rows a pool adds up, from its input on, each with the nodes that move it there, first one last.
    fn sources<'s>(&'s self, reduced: &Reduced<'s>) -> impl Iterator<Item = (ValueId, Vec<&'s Node>)> {
        let mut next = reduced.pool.inputs.first().map(|input| (*input, Vec::new()));
        std::iter::from_fn(move || {
            let (value, moves) = next.take()?;
            let before = self.producer(value);
            let is_movement = |node: &&Node| matches!(node.op, Op::Reshape | Op::Transpose(_));
            let before = before.filter(|node| is_movement(node) && moves.len() < MOST_STEPS);
            next = before.map(|node| {
                let mut moves: Vec<&'s Node> = moves.clone();
                moves.push(node);
                (node.inputs[0], moves)
            });
            Some((value, moves))
        })
    }

    /// The axes of a source along which its rows lie, if every element of `value`, broadcast to the source, is what was made of the row
    /// that the source has there.
    fn axes(
        &self,
        reduced: &Reduced<'_>,
        value: ValueId,
        (source, moves): (ValueId, &[&Node]),
    ) -> Option<Vec<usize>> {
        let shape = &self.value(source).shape;
        let numbers = |count: usize| (0..count as i64).collect::<Vec<_>>();
        let mut elements = numbers(shape.iter().product());
        for node in moves.iter().rev() {
            elements = self.moved(node, &elements)?;
        }
        let mut made = numbers(self.value(reduced.pool.output()).shape.iter().product());
        let row = elements.len() / made.len().max(1);
        let mut row_of = vec![0; elements.len()];
        for (place, element) in elements.iter().enumerate() {
            row_of[*element as usize] = (place / row.max(1)) as i64;
        }
        let mut own = self.value(reduced.pool.output()).shape.clone();
        for step in reduced.steps.iter().rev() {
            match step {
                Step::Function(_) => {}
                Step::Moves(node) => {
                    made = self.moved(node, &made)?;
                    own.clone_from(&self.value(node.output()).shape);
                }
                Step::Broadcasts(to) => {
                    let to = &self.value(*to).shape;
                    made = expand(
                        View {
                            shape: &own,
                            data: &made,
                        },
                        to,
                    )
                    .into_owned();
                    own.clone_from(to);
                }
            }
        }
        let shape_of_value = &self.value(value).shape;
        let broadcast = expand(
            View {
                shape: shape_of_value,
                data: &made,
            },
            shape,
        );
        if broadcast.as_ref() != row_of {
            return None;
        }
        let steps = strides(shape);
        let along = |axis: &usize| shape[*axis] > 1 && row_of[steps[*axis] as usize] == row_of[0];
        let mut axes: Vec<usize> = (0..shape.len()).filter(along).collect();
        let length: usize = axes.iter().map(|axis| shape[*axis]).product();
        let in_row = row_of.iter().filter(|own| **own == row_of[0]).count();
        if length != row || in_row != row || axes.is_empty() {
            return None;
        }
        // Axes of length one behind the first one belong to a row as well as not.
        let first = axes[0];
        axes.extend((first..shape.len()).filter(|axis| shape[*axis] == 1));
        axes.sort_unstable();
        Some(axes)
    }

    /// Elements moved by a node.
    fn moved(&self, node: &Node, elements: &[i64]) -> Option<Vec<i64>> {
        let shape = &self.value(*node.inputs.first()?).shape;
        let output = &self.value(node.output()).shape;
        let movement = node.op.movement(&[shape], output)?.ok()?;
        Some(movement.apply(
            &[View {
                shape,
                data: elements,
            }],
            0,
        ))
    }
}

impl<'s> Reduced<'s> {
    fn of(pool: &'s Node, (length, of_squares): (f64, bool), steps: Vec<Step<'s>>) -> Self {
        Self {
            pool,
            length,
            of_squares,
            steps,
        }
    }

    /// The value for rows of a mean.
    fn apply(&self, mean: f64) -> Option<f64> {
        let sum = mean * self.length;
        let made = if self.of_squares { sum.sqrt() } else { sum };
        let mut functions = self.steps.iter().rev();
        functions.try_fold(made, |x, step| match step {
            Step::Function(form) => form.apply(x).ok(),
            _ => Some(x),
        })
    }

    fn is_mean(&self) -> bool {
        probes().chain([0.0, -2.0]).all(|mean| {
            self.apply(mean)
                .is_some_and(|value| (value - mean).abs() <= SAME * mean.abs())
        })
    }

    /// The factor and the summand for which the value is `√(factor·mean + summand)`, or one over that.
    fn root(&self, is_reciprocal: bool) -> Option<(f64, f64)> {
        let square = |mean: f64| {
            let value = self.apply(mean)?;
            let value = if is_reciprocal { 1.0 / value } else { value };
            (value >= 0.0).then_some(value * value)
        };
        let summand = square(0.0).filter(|summand| summand.is_finite())?;
        let factor = square(1.0)? - summand;
        let fits = |mean: f64| {
            let right = factor * mean + summand;
            square(mean).is_some_and(|found| (found - right).abs() <= SAME * right)
        };
        (factor > 0.0 && probes().all(fits)).then_some((factor, summand))
    }
}

impl Normalization {
    /// Adds the operation in place of a node, with the same output.
    fn emit(&self, graph: &mut Graph, node: &Node) {
        let shape = graph.values[self.source.0].shape.clone();
        let rank = shape.len();
        let first = rank - self.axes.len();
        let normalize = Op::Normalize(Normalize {
            measure: self.measure,
            first,
            epsilon: self.epsilon,
        });
        let mut steps: Vec<(Op, Option<ValueId>)> = Vec::new();
        if self.axes.iter().copied().eq(first..rank) {
            steps.push((normalize, None));
        } else {
            let kept = (0..rank).filter(|axis| !self.axes.contains(axis));
            let perm: Vec<usize> = kept.chain(self.axes.iter().copied()).collect();
            let mut back = vec![0; rank];
            perm.iter().enumerate().for_each(|(to, from)| back[*from] = to);
            steps.push((Op::Transpose(Transpose { perm }), None));
            steps.push((normalize, None));
            steps.push((Op::Transpose(Transpose { perm: back }), None));
        }
        if self.factor != 1.0 {
            let constant = ArrayD::from_elem(IxDyn(&[]), self.factor as f32);
            let factor = constant_value(graph, &format!("{}.factor", node.name), constant);
            steps.push((Op::Mul, Some(factor)));
        }
        steps.extend(self.by.map(|by| (Op::Mul, Some(by))));
        let count = steps.len();
        let mut value = self.source;
        for (index, (op, constant)) in steps.into_iter().enumerate() {
            let is_last = index + 1 == count;
            let mut shape = graph.values[value.0].shape.clone();
            if let Op::Transpose(Transpose { perm }) = &op {
                shape = perm.iter().map(|axis| shape[*axis]).collect();
            }
            let output = match is_last {
                true => node.output(),
                false => {
                    graph.values.push(Value {
                        name: format!("{}.rows", node.name),
                        shape,
                        constant: None,
                        whole: None,
                    });
                    ValueId(graph.values.len() - 1)
                }
            };
            graph.nodes.push(Node {
                name: node.name.clone(),
                op,
                inputs: std::iter::once(value).chain(constant).collect(),
                outputs: vec![output],
            });
            value = output;
        }
    }
}

/// Adds a constant.
pub(super) fn constant_value(graph: &mut Graph, name: &str, constant: FloatTensor) -> ValueId {
    graph.values.push(Value {
        name: name.to_owned(),
        shape: constant.shape().to_vec(),
        constant: Some(constant),
        whole: None,
    });
    ValueId(graph.values.len() - 1)
}
