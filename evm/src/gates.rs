//! Compiles a protocol's constraints, folded by y, to a [`Program`].

use crate::memory::{ACTIVE_ROWS, Challenges, FIRST_ROW, INSTANCES, LAST_ROW};
use crate::program::{Operand, Program, Value};
use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};
use hallmark_verifier::{ColumnKind, Node, PermutationColumn, Protocol, delta};

/// Positions of evaluations in a proof.
#[derive(Clone, Copy)]
pub(crate) struct Evaluations<'a> {
    protocol: &'a Protocol,
}

impl<'a> Evaluations<'a> {
    pub(crate) fn new(protocol: &'a Protocol) -> Self {
        Self { protocol }
    }

    pub(crate) fn advice(self, query: usize) -> Operand {
        Operand::Evaluation(query)
    }

    pub(crate) fn fixed(self, query: usize) -> Operand {
        Operand::Evaluation(self.protocol.advice_queries.len() + query)
    }

    pub(crate) fn random(self) -> Operand {
        self.fixed(self.protocol.fixed_queries.len())
    }

    fn after_random(self, offset: usize) -> Operand {
        let before = self.protocol.advice_queries.len() + self.protocol.fixed_queries.len() + 1;
        Operand::Evaluation(before + offset)
    }

    pub(crate) fn sigma(self, position: usize) -> Operand {
        self.after_random(position)
    }

    /// A grand product at x (0), at ωx (1), or in the last row (2; not of the last product).
    pub(crate) fn product(self, position: usize, place: usize) -> Operand {
        self.after_random(self.protocol.permutation_columns.len() + 3 * position + place)
    }
}

/// Appends all constraints; returns the register of their sum folded by y.
pub(crate) fn compile(protocol: &Protocol, challenges: &Challenges, program: &mut Program) -> Operand {
    let mut compiler = Compiler {
        protocol,
        challenges,
        evaluations: Evaluations::new(protocol),
        program,
        folded: Value::Known(Fr::ZERO),
    };
    compiler.gates();
    if !protocol.permutation_columns.is_empty() {
        compiler.permutation();
    }
    let folded = compiler.folded;
    program.finished(folded)
}

struct Compiler<'a> {
    protocol: &'a Protocol,
    challenges: &'a Challenges,
    evaluations: Evaluations<'a>,
    program: &'a mut Program,
    folded: Value,
}

impl Compiler<'_> {
    fn fold(&mut self, constraint: Value) {
        let y = Value::register(Operand::Challenge(self.challenges.y()));
        let raised = self.program.multiply(self.folded, y);
        // The constraint's own product is computed first: the sum takes up the one with y.
        let constraint = self.program.settled(constraint);
        self.folded = self.program.add(raised, constraint);
    }

    fn gates(&mut self) {
        let nodes = &self.protocol.nodes;
        let roots = self.protocol.gates.iter().flat_map(|gate| &gate.constraints);
        let roots: Vec<usize> = roots.map(|constraint| constraint.root).collect();
        let uses = uses(nodes, &roots);
        let mut values: Vec<Value> = Vec::with_capacity(nodes.len());
        for (node, uses) in nodes.iter().zip(&uses) {
            let value = match uses {
                0 => Value::Known(Fr::ZERO),
                _ => self.node(node, &values),
            };
            // What is read more than once is computed once.
            values.push(match uses {
                0 | 1 => value,
                _ => self.program.settled(value),
            });
        }
        for root in roots {
            self.fold(values[root]);
        }
    }

    fn node(&mut self, node: &Node, values: &[Value]) -> Value {
        match node {
            Node::Constant(value) => Value::Known(*value),
            Node::Fixed(query) => Value::register(self.evaluations.fixed(*query)),
            Node::Advice(query) => Value::register(self.evaluations.advice(*query)),
            Node::Instance(query) => self.instance(*query),
            Node::Challenge(challenge) => {
                Value::register(Operand::Challenge(self.challenges.circuit(*challenge)))
            }
            Node::Negated(a) => Program::negate(values[*a]),
            Node::Sum(a, b) => self.program.add(values[*a], values[*b]),
            Node::Product(a, b) => self.program.multiply(values[*a], values[*b]),
            Node::Scaled(a, factor) => self.program.multiply(values[*a], Value::Known(*factor)),
        }
    }

    fn instance(&self, query: usize) -> Value {
        let column = self.protocol.instance_queries[query].column;
        Value::register(Operand::Derived(INSTANCES + column))
    }

    fn permuted(&self, column: &PermutationColumn) -> Value {
        let position = |queries: &[hallmark_verifier::Query]| {
            let found = queries
                .iter()
                .position(|q| q.column == column.column && q.rotation == 0);
            // Protocols are validated: every permuted column is queried.
            found.unwrap_or(0)
        };
        match column.kind {
            ColumnKind::Fixed => {
                Value::register(self.evaluations.fixed(position(&self.protocol.fixed_queries)))
            }
            ColumnKind::Advice => {
                Value::register(self.evaluations.advice(position(&self.protocol.advice_queries)))
            }
            ColumnKind::Instance => self.instance(position(&self.protocol.instance_queries)),
        }
    }

    fn permutation(&mut self) {
        let derived = |position| Value::register(Operand::Derived(position));
        let (first_row, last_row) = (derived(FIRST_ROW), derived(LAST_ROW));
        let (evaluations, one) = (self.evaluations, Value::Known(Fr::ONE));
        let product = |position, place| Value::register(evaluations.product(position, place));
        let products = self.protocol.permutation_products();

        let start = self.program.subtract(one, product(0, 0));
        let start = self.program.multiply(first_row, start);
        self.fold(start);
        let last = product(products - 1, 0);
        let square = self.program.multiply(last, last);
        let end = self.program.subtract(square, last);
        let end = self.program.multiply(last_row, end);
        self.fold(end);
        for position in 1..products {
            let step = self
                .program
                .subtract(product(position, 0), product(position - 1, 2));
            let step = self.program.multiply(first_row, step);
            self.fold(step);
        }
        let chunk = self.protocol.permutation_chunk();
        let columns = &self.protocol.permutation_columns;
        for (position, columns) in columns.chunks(chunk).enumerate() {
            let (left, right) = self.sides(position, columns);
            let difference = self.program.subtract(left, right);
            let constraint = self.program.multiply(derived(ACTIVE_ROWS), difference);
            self.fold(constraint);
        }
    }

    /// `z_j(ωx)·Π(c_i + β·σ_i + γ)` and `z_j(x)·Π(c_i + δ^i·β·x + γ)`.
    fn sides(&mut self, position: usize, columns: &[PermutationColumn]) -> (Value, Value) {
        let challenge = |index| Value::register(Operand::Challenge(index));
        let (beta, gamma) = (
            challenge(self.challenges.beta()),
            challenge(self.challenges.gamma()),
        );
        let identity = self.program.multiply(beta, challenge(self.challenges.x()));
        let identity = self.program.settled(identity);
        let mut left = Value::register(self.evaluations.product(position, 1));
        let mut right = Value::register(self.evaluations.product(position, 0));
        let first = position * self.protocol.permutation_chunk();
        for (offset, column) in columns.iter().enumerate() {
            let index = first + offset;
            let value = self.permuted(column);
            let value = self.program.add(value, gamma);
            let sigma = Value::register(self.evaluations.sigma(index));
            let sigma = self.program.multiply(beta, sigma);
            let permuted = self.program.add(value, sigma);
            left = self.program.multiply(left, permuted);
            let shift = Value::Known(delta().pow([index as u64]));
            let own = self.program.multiply(identity, shift);
            let own = self.program.add(value, own);
            right = self.program.multiply(right, own);
        }
        (left, right)
    }
}

/// How often every node is read, by needed nodes and as a constraint.
fn uses(nodes: &[Node], roots: &[usize]) -> Vec<u32> {
    let mut uses = vec![0u32; nodes.len()];
    for root in roots {
        uses[*root] += 1;
    }
    for index in (0..nodes.len()).rev() {
        if uses[index] == 0 {
            continue;
        }
        match nodes[index] {
            Node::Negated(a) | Node::Scaled(a, _) => uses[a] += 1,
            Node::Sum(a, b) | Node::Product(a, b) => {
                uses[a] += 1;
                uses[b] += 1;
            }
            _ => {}
        }
    }
    uses
}
