//! Values that are a function of one element of another value: chains of activations and scalar arithmetic, such
//! as an exported GELU or SiLU. A whole chain becomes one table, so that it is rounded once.

use crate::fixed_point::EXACT_IN_F64;
use crate::{Activation, Graph, IntegerType, Node, Op, ValueId};
use std::rc::Rc;

/// Chains are cut at this many operations.
const MAX_SIZE: usize = 48;

/// An expression in one variable.
#[derive(Debug)]
enum Expression {
    Variable,
    Constant(f64),
    Activation(Activation, Rc<Expression>),
    /// With the type of the results, where they are integers.
    Arithmetic(
        fn(f64, f64) -> f64,
        Option<IntegerType>,
        Rc<Expression>,
        Rc<Expression>,
    ),
}

/// A result within a chain that its type does not hold, or that is too large to be exact here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wraps {
    /// The result.
    pub value: f64,
    /// Its type.
    pub kind: IntegerType,
}

/// A value as a function of the elements of `root`.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// The value that the expression's variable stands for.
    pub root: ValueId,
    expression: Rc<Expression>,
    size: usize,
    activations: Vec<&'static str>,
    narrows: bool,
}

impl Form {
    fn variable(root: ValueId) -> Form {
        Form {
            root,
            expression: Rc::new(Expression::Variable),
            size: 0,
            activations: Vec::new(),
            narrows: false,
        }
    }

    /// The function's value.
    ///
    /// # Errors
    /// The first result of arithmetic on integers that would wrap.
    pub fn apply(&self, x: f64) -> Result<f64, Wraps> {
        evaluate(&self.expression, x)
    }

    /// The names of the activations in the expression.
    pub fn name(&self) -> String {
        self.activations.join("+")
    }

    /// Whether this is one activation and nothing else.
    pub fn single(&self) -> Option<Activation> {
        match &*self.expression {
            Expression::Activation(a, inner) if matches!(**inner, Expression::Variable) => Some(*a),
            _ => None,
        }
    }

    /// Whether its values can be much larger than those that are wanted ([`Function::narrows`](crate::ops::functions::Function)).
    pub fn narrows(&self) -> bool {
        self.narrows
    }

    /// Whether a table is the way to compute it: pure arithmetic has cheaper forms.
    pub fn is_table(&self) -> bool {
        !self.activations.is_empty()
    }
}

fn evaluate(expression: &Expression, x: f64) -> Result<f64, Wraps> {
    Ok(match expression {
        Expression::Variable => x,
        Expression::Constant(c) => *c,
        // What is no number stays none: the maximum of it and another is that other, in Rust.
        Expression::Activation(a, inner) => match evaluate(inner, x)? {
            x if x.is_nan() => x,
            x => a.apply(x),
        },
        Expression::Arithmetic(function, kind, a, b) => {
            let (a, b) = (evaluate(a, x)?, evaluate(b, x)?);
            // A comparison with what is no number has an answer, too.
            if a.is_nan() || b.is_nan() {
                return Ok(f64::NAN);
            }
            let value = function(a, b);
            match kind {
                Some(kind) if !holds(*kind, value) => return Err(Wraps { value, kind: *kind }),
                _ => value,
            }
        }
    })
}

/// Whether a type holds a number, and it is exact here.
fn holds(kind: IntegerType, value: f64) -> bool {
    value.abs() < EXACT_IN_F64 as f64 && kind.contains((value.floor() as i64, value.ceil() as i64))
}

/// The form of every value that has one.
pub(super) fn forms(graph: &Graph) -> Vec<Option<Form>> {
    let mut forms: Vec<Option<Form>> = vec![None; graph.values.len()];
    for node in &graph.nodes {
        forms[node.output().0] = form(graph, node, &forms);
    }
    forms
}

fn form(graph: &Graph, node: &Node, forms: &[Option<Form>]) -> Option<Form> {
    let shape = &graph.values[node.output().0].shape;
    let tensor = |id: ValueId| forms[id.0].clone().unwrap_or_else(|| Form::variable(id));
    if let Op::Activation(activation) = node.op {
        let inner = Some(tensor(node.inputs[0])).filter(|f| f.size < MAX_SIZE);
        let mut form = inner.unwrap_or_else(|| Form::variable(node.inputs[0]));
        form.expression = Rc::new(Expression::Activation(activation, form.expression));
        form.size += 1;
        form.activations.push(activation.name());
        form.narrows |= activation.function().narrows;
        return Some(form);
    }
    let arithmetic = node.op.arithmetic()?.float;
    // Each operand is a scalar constant, or of the output's shape.
    let operand = |id: ValueId| match &graph.values[id.0].constant {
        Some(constant) if constant.len() == 1 => constant.iter().next().map(|&c| Err(f64::from(c))),
        Some(_) => None,
        None => (&graph.values[id.0].shape == shape).then(|| Ok(tensor(id))),
    };
    let constant = |c: f64| Rc::new(Expression::Constant(c));
    let (a, b) = (operand(node.inputs[0])?, operand(node.inputs[1])?);
    let divides = node.op == Op::Div && b.is_ok();
    let (mut form, a, b) = match (a, b) {
        (Ok(form), Err(c)) => (form.clone(), form.expression, constant(c)),
        (Err(c), Ok(form)) => (form.clone(), constant(c), form.expression),
        (Ok(mut a), Ok(b)) if a.root == b.root => {
            a.size += b.size;
            a.narrows |= b.narrows;
            a.activations.extend(
                b.activations
                    .iter()
                    .filter(|name| !a.activations.contains(name))
                    .copied()
                    .collect::<Vec<_>>(),
            );
            (a.clone(), a.expression, b.expression)
        }
        _ => return None,
    };
    let kind = graph.values[node.output().0].whole.map(|whole| whole.kind);
    form.expression = Rc::new(Expression::Arithmetic(arithmetic, kind, a, b));
    form.size += 1;
    form.narrows |= divides;
    if node.op.gives_booleans() {
        form.activations.push(node.op.name());
    }
    Some(form).filter(|f| f.size < MAX_SIZE)
}
