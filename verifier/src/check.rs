//! Evaluates gates row by row on given columns: for tests and diagnostics, to name the constraint that a wrong
//! witness breaks. No part of verification.

use crate::protocol::{ColumnKind, Node, PermutationColumn, Protocol, Query};
use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use std::collections::BTreeMap;
use std::ops::Range;

/// A constraint that does not hold on a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// Name of the gate.
    pub gate: String,
    /// Index of the constraint in its gate.
    pub constraint: usize,
    /// Name of the constraint.
    pub name: String,
    /// The row.
    pub row: usize,
}

/// Values of all columns. Cells that a column does not have are zero.
struct Columns<'a> {
    fixed: &'a [Vec<Fr>],
    advice: &'a [Vec<Fr>],
    instance: &'a [Vec<Fr>],
    /// Number of rows, a power of two, less one.
    mask: usize,
}

impl Columns<'_> {
    fn cell(&self, columns: &[Vec<Fr>], query: Option<&Query>, row: usize) -> Fr {
        let cell = |query: &Query| {
            let row = row.wrapping_add_signed(isize::try_from(query.rotation).ok()?) & self.mask;
            columns.get(query.column)?.get(row).copied()
        };
        query.and_then(cell).unwrap_or_default()
    }
}

/// Constraints that are multiplied by the same fixed column, which is zero on most rows.
#[derive(Default)]
struct Group {
    /// Gate, constraint index, root.
    constraints: Vec<(usize, usize, usize)>,
    /// Nodes to be evaluated on every row, in order.
    nodes: Vec<usize>,
}

/// Evaluates every gate at the given rows (usually `0..protocol.usable_rows()`) and returns what does not hold,
/// in order of rows. Columns are indexed as in the protocol, `challenges` by challenge. For many calls with the
/// same challenges make a [`Checker`] once.
#[must_use]
pub fn failing_constraints(
    protocol: &Protocol,
    fixed: &[Vec<Fr>],
    advice: &[Vec<Fr>],
    instance: &[Vec<Fr>],
    challenges: &[Fr],
    rows: Range<usize>,
) -> Vec<Failure> {
    Checker::new(protocol, challenges).failures(fixed, advice, instance, rows)
}

/// A protocol prepared for checking rows under given challenges.
pub struct Checker<'a> {
    protocol: &'a Protocol,
    /// Values of the nodes that no column takes part in; zero for the others.
    constants: Vec<Fr>,
    /// By the query of the fixed column that the constraints are multiplied by.
    groups: BTreeMap<Option<usize>, Group>,
}

impl<'a> Checker<'a> {
    /// Evaluates what depends on challenges only, and groups constraints.
    #[must_use]
    pub fn new(protocol: &'a Protocol, challenges: &[Fr]) -> Self {
        let mut constants = vec![Fr::ZERO; protocol.nodes.len()];
        let constant = evaluate_constants(protocol, challenges, &mut constants);
        Checker {
            protocol,
            constants,
            groups: group_by_guard(protocol, &constant),
        }
    }

    /// See [`failing_constraints`].
    #[must_use]
    pub fn failures(
        &self,
        fixed: &[Vec<Fr>],
        advice: &[Vec<Fr>],
        instance: &[Vec<Fr>],
        rows: Range<usize>,
    ) -> Vec<Failure> {
        let protocol = self.protocol;
        let columns = Columns {
            fixed,
            advice,
            instance,
            mask: protocol.rows().saturating_sub(1),
        };
        let mut values = self.constants.clone();
        let mut failures = Vec::new();
        for row in rows {
            for (guard, group) in &self.groups {
                let query = guard.and_then(|guard| protocol.fixed_queries.get(guard));
                if query.is_some() && columns.cell(fixed, query, row) == Fr::ZERO {
                    continue;
                }
                for node in &group.nodes {
                    evaluate(protocol, &columns, *node, row, &mut values);
                }
                for (gate, constraint, root) in &group.constraints {
                    if values.get(*root).is_some_and(|value| *value != Fr::ZERO) {
                        failures.extend(failure(protocol, *gate, *constraint, row));
                    }
                }
            }
        }
        failures
    }
}

fn failure(protocol: &Protocol, gate: usize, constraint: usize, row: usize) -> Option<Failure> {
    let gate = protocol.gates.get(gate)?;
    let name = gate.constraints.get(constraint)?.name.clone();
    Some(Failure {
        gate: gate.name.clone(),
        constraint,
        name,
        row,
    })
}

/// Evaluates the nodes that no column takes part in, and says which they are.
fn evaluate_constants(protocol: &Protocol, challenges: &[Fr], values: &mut [Fr]) -> Vec<bool> {
    let mut constant: Vec<bool> = Vec::with_capacity(protocol.nodes.len());
    for (position, node) in protocol.nodes.iter().enumerate() {
        let is = |operand: &usize| constant.get(*operand).copied().unwrap_or(false);
        let fixed = match node {
            Node::Constant(_) | Node::Challenge(_) => true,
            Node::Fixed(_) | Node::Advice(_) | Node::Instance(_) => false,
            Node::Negated(a) | Node::Scaled(a, _) => is(a),
            Node::Sum(a, b) | Node::Product(a, b) => is(a) && is(b),
        };
        constant.push(fixed);
        if fixed {
            let value = match node {
                Node::Challenge(challenge) => challenges.get(*challenge).copied().unwrap_or_default(),
                node => arithmetic(node, values),
            };
            if let Some(slot) = values.get_mut(position) {
                *slot = value;
            }
        }
    }
    constant
}

fn arithmetic(node: &Node, values: &[Fr]) -> Fr {
    let get = |operand: &usize| values.get(*operand).copied().unwrap_or_default();
    match node {
        Node::Constant(value) => *value,
        Node::Negated(a) => -get(a),
        Node::Sum(a, b) => get(a) + get(b),
        Node::Product(a, b) => get(a) * get(b),
        Node::Scaled(a, factor) => get(a) * factor,
        Node::Fixed(_) | Node::Advice(_) | Node::Instance(_) | Node::Challenge(_) => Fr::ZERO,
    }
}

fn evaluate(protocol: &Protocol, columns: &Columns<'_>, position: usize, row: usize, values: &mut [Fr]) {
    let Some(node) = protocol.nodes.get(position) else {
        return;
    };
    let value = match node {
        Node::Fixed(query) => columns.cell(columns.fixed, protocol.fixed_queries.get(*query), row),
        Node::Advice(query) => columns.cell(columns.advice, protocol.advice_queries.get(*query), row),
        Node::Instance(query) => columns.cell(columns.instance, protocol.instance_queries.get(*query), row),
        node => arithmetic(node, values),
    };
    if let Some(slot) = values.get_mut(position) {
        *slot = value;
    }
}

fn group_by_guard(protocol: &Protocol, constant: &[bool]) -> BTreeMap<Option<usize>, Group> {
    let mut groups: BTreeMap<Option<usize>, Group> = BTreeMap::new();
    for (number, gate) in protocol.gates.iter().enumerate() {
        for (index, constraint) in gate.constraints.iter().enumerate() {
            let group = groups.entry(guard(protocol, constraint.root)).or_default();
            group.constraints.push((number, index, constraint.root));
        }
    }
    for group in groups.values_mut() {
        let mut reached = vec![false; protocol.nodes.len()];
        let mut open: Vec<usize> = group.constraints.iter().map(|(_, _, root)| *root).collect();
        while let Some(position) = open.pop() {
            let is_constant = constant.get(position).copied().unwrap_or(true);
            match (reached.get_mut(position), protocol.nodes.get(position)) {
                (Some(reached), Some(node)) if !*reached && !is_constant => {
                    *reached = true;
                    open.extend(operands(node));
                }
                _ => {}
            }
        }
        let nodes = reached.iter().enumerate().filter(|(_, reached)| **reached);
        group.nodes = nodes.map(|(position, _)| position).collect();
    }
    groups
}

fn operands(node: &Node) -> impl Iterator<Item = usize> + use<> {
    let (a, b) = match node {
        Node::Negated(a) | Node::Scaled(a, _) => (Some(*a), None),
        Node::Sum(a, b) | Node::Product(a, b) => (Some(*a), Some(*b)),
        _ => (None, None),
    };
    a.into_iter().chain(b)
}

/// A fixed query that multiplies the whole constraint, if it has one.
fn guard(protocol: &Protocol, root: usize) -> Option<usize> {
    let mut position = root;
    loop {
        match protocol.nodes.get(position)? {
            Node::Fixed(query) => return Some(*query),
            Node::Negated(a) | Node::Scaled(a, _) => position = *a,
            Node::Product(a, b) => match protocol.nodes.get(*b)? {
                Node::Fixed(query) => return Some(*query),
                _ => position = *a,
            },
            _ => return None,
        }
    }
}

/// One end of a copy constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    /// The column.
    pub column: PermutationColumn,
    /// The row.
    pub row: usize,
}

/// Copy constraints whose two cells differ.
#[must_use]
pub fn failing_copies(
    copies: &[(Cell, Cell)],
    fixed: &[Vec<Fr>],
    advice: &[Vec<Fr>],
    instance: &[Vec<Fr>],
) -> Vec<(Cell, Cell)> {
    let value = |cell: &Cell| {
        let columns = match cell.column.kind {
            ColumnKind::Fixed => fixed,
            ColumnKind::Advice => advice,
            ColumnKind::Instance => instance,
        };
        let value = columns
            .get(cell.column.column)
            .and_then(|column| column.get(cell.row));
        value.copied().unwrap_or_default()
    };
    copies
        .iter()
        .filter(|(a, b)| value(a) != value(b))
        .copied()
        .collect()
}
