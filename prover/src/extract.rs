//! halo2's verifying key as the verifier's neutral [`Protocol`], and halo2's field and points as arkworks'.
//!
//! Everything is read through halo2's public interface and carried over as canonical bytes; nothing of the two
//! libraries' internals is assumed to agree.

use hallmark_verifier::{
    ColumnKind, Constraint, Fr, G1Affine, G2Affine, Gate, Node, PermutationColumn, Protocol, Query,
    VerifyError, delta, omega,
};
use halo2_proofs::halo2curves::CurveAffine;
use halo2_proofs::halo2curves::bn256::{Fq as HaloFq, Fr as HaloFr, G1Affine as HaloG1, G2Affine as HaloG2};
use halo2_proofs::halo2curves::ff::PrimeField;
use halo2_proofs::halo2curves::group::prime::PrimeCurveAffine;
use halo2_proofs::plonk::{Any, Column, ConstraintSystem, Expression, VerifyingKey as HaloKey};
use halo2_proofs::poly::Rotation;
use std::collections::HashMap;

/// Why a halo2 key has no counterpart.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The circuit uses an argument that Hallmark writes as gates instead.
    #[error("the circuit has {0} lookup arguments; write them as gates")]
    Lookups(usize),
    /// A selector was not turned into a fixed column.
    #[error("gate \"{0}\" still has a virtual selector; make the key with keygen_vk")]
    VirtualSelector(String),
    /// An expression asks for a cell that is not in the constraint system's queries.
    #[error(
        "gate \"{gate}\" queries column {column} at rotation {rotation}, which the constraint system does not list"
    )]
    UnknownQuery {
        /// The gate.
        gate: String,
        /// Index of the column.
        column: usize,
        /// The rotation.
        rotation: i32,
    },
    /// A field constant or point differs between the two libraries.
    #[error("the proving library's {0} differs from the verifier's")]
    Constant(&'static str),
    /// The result is not a protocol that the verifier accepts.
    #[error(transparent)]
    Protocol(#[from] VerifyError),
}

/// A scalar as the verifier has it.
#[must_use]
pub fn scalar(value: &HaloFr) -> Fr {
    hallmark_verifier::scalar_from_bytes(&value.to_repr()).unwrap_or_default()
}

/// A scalar as halo2 has it.
#[must_use]
pub fn halo_scalar(value: &Fr) -> HaloFr {
    // Both fields have the same order, so a canonical encoding of one is one of the other.
    Option::from(HaloFr::from_repr(hallmark_verifier::scalar_to_bytes(value))).unwrap_or_default()
}

/// A point of the first group as the verifier has it.
///
/// # Errors
/// [`ExtractError::Constant`] if the point is not on the verifier's curve.
pub fn g1(point: &HaloG1) -> Result<G1Affine, ExtractError> {
    let (x, y) = match Option::from(point.coordinates()) {
        Some(coordinates) => {
            let coordinates: halo2_proofs::halo2curves::Coordinates<HaloG1> = coordinates;
            (coordinates.x().to_repr(), coordinates.y().to_repr())
        }
        None if bool::from(point.is_identity()) => ([0; 32], [0; 32]),
        // What is not on the curve has no coordinates either.
        None => return Err(ExtractError::Constant("point of the first group")),
    };
    hallmark_verifier::g1_from_bytes(&x, &y).ok_or(ExtractError::Constant("point of the first group"))
}

/// A point of the first group as halo2 has it.
#[must_use]
pub fn halo_g1(point: &G1Affine) -> HaloG1 {
    let [x, y] = hallmark_verifier::g1_to_bytes(point).map(|bytes| Option::from(HaloFq::from_repr(bytes)));
    let point = x.zip(y).and_then(|(x, y)| Option::from(HaloG1::from_xy(x, y)));
    // Both curves are the same, so only infinity, which has no coordinates, is left.
    point.unwrap_or_default()
}

/// A point of the second group as the verifier has it.
///
/// # Errors
/// [`ExtractError::Constant`] if the point is not in the verifier's group.
pub fn g2(point: &HaloG2) -> Result<G2Affine, ExtractError> {
    let bytes = |value: &HaloFq| value.to_repr();
    let coordinates = [&point.x.c0, &point.x.c1, &point.y.c0, &point.y.c1].map(bytes);
    hallmark_verifier::g2_from_bytes(&coordinates).ok_or(ExtractError::Constant("point of the second group"))
}

/// The neutral description of a circuit.
///
/// # Errors
/// See [`ExtractError`].
pub fn protocol(key: &HaloKey<HaloG1>) -> Result<Protocol, ExtractError> {
    let domain = key.get_domain();
    if omega(domain.k()) != Some(scalar(&domain.get_omega())) {
        return Err(ExtractError::Constant("root of unity"));
    }
    if domain.get_quotient_poly_degree() + 1 != key.cs().degree() {
        return Err(ExtractError::Constant("degree of the quotient"));
    }
    let commitments = (
        key.fixed_commitments().as_slice(),
        key.permutation().commitments().as_slice(),
    );
    let mut protocol = draft(key.cs(), domain.k(), commitments)?;
    protocol.transcript_repr = scalar(&key.transcript_repr());
    Ok(protocol)
}

/// The neutral description of a circuit of 2^k rows without halo2's key, with commitments to fixed columns and permutation
/// polynomials: everything but [`transcript_repr`](Protocol::transcript_repr), which is zero.
///
/// # Errors
/// See [`ExtractError`].
pub fn draft(
    cs: &ConstraintSystem<HaloFr>,
    k: u32,
    (fixed, permutation): (&[HaloG1], &[HaloG1]),
) -> Result<Protocol, ExtractError> {
    if !cs.lookups().is_empty() {
        return Err(ExtractError::Lookups(cs.lookups().len()));
    }
    if delta() != scalar(&HaloFr::DELTA) {
        return Err(ExtractError::Constant("delta"));
    }
    let mut builder = Builder::new(cs);
    let gates = builder.gates(cs)?;
    let protocol = Protocol {
        log_rows: k,
        degree: cs.degree(),
        blinding_factors: cs.blinding_factors(),
        advice_phases: cs.advice_column_phase(),
        challenge_phases: cs.challenge_phase(),
        instance_columns: cs.num_instance_columns(),
        fixed_queries: queries(cs.fixed_queries()),
        advice_queries: queries(cs.advice_queries()),
        instance_queries: queries(cs.instance_queries()),
        nodes: builder.nodes,
        gates,
        permutation_columns: cs
            .permutation()
            .get_columns()
            .iter()
            .map(permutation_column)
            .collect(),
        fixed_commitments: fixed.iter().map(g1).collect::<Result<_, _>>()?,
        permutation_commitments: permutation.iter().map(g1).collect::<Result<_, _>>()?,
        transcript_repr: Fr::default(),
    };
    protocol.validate()?;
    Ok(protocol)
}

fn queries<C: halo2_proofs::plonk::ColumnType>(list: &[(Column<C>, Rotation)]) -> Vec<Query> {
    list.iter()
        .map(|(column, at)| Query {
            column: column.index(),
            rotation: at.0,
        })
        .collect()
}

fn permutation_column(column: &Column<Any>) -> PermutationColumn {
    let kind = match column.column_type() {
        Any::Advice(_) => ColumnKind::Advice,
        Any::Fixed => ColumnKind::Fixed,
        Any::Instance => ColumnKind::Instance,
    };
    PermutationColumn {
        kind,
        column: column.index(),
    }
}

/// Collects expressions into one graph in which equal nodes are shared.
struct Builder {
    nodes: Vec<Node>,
    known: HashMap<Node, usize>,
    fixed: HashMap<(usize, i32), usize>,
    advice: HashMap<(usize, i32), usize>,
    instance: HashMap<(usize, i32), usize>,
}

fn positions<C: halo2_proofs::plonk::ColumnType>(
    list: &[(Column<C>, Rotation)],
) -> HashMap<(usize, i32), usize> {
    let keys = list.iter().map(|(column, at)| (column.index(), at.0));
    keys.enumerate().map(|(position, key)| (key, position)).collect()
}

impl Builder {
    fn new(cs: &ConstraintSystem<HaloFr>) -> Self {
        Builder {
            nodes: Vec::new(),
            known: HashMap::new(),
            fixed: positions(cs.fixed_queries()),
            advice: positions(cs.advice_queries()),
            instance: positions(cs.instance_queries()),
        }
    }

    fn gates(&mut self, cs: &ConstraintSystem<HaloFr>) -> Result<Vec<Gate>, ExtractError> {
        let mut gates = Vec::with_capacity(cs.gates().len());
        for gate in cs.gates() {
            let mut constraints = Vec::with_capacity(gate.polynomials().len());
            for (index, polynomial) in gate.polynomials().iter().enumerate() {
                let root = self.expression(polynomial, gate.name())?;
                constraints.push(Constraint {
                    name: gate.constraint_name(index).to_owned(),
                    root,
                });
            }
            gates.push(Gate {
                name: gate.name().to_owned(),
                constraints,
            });
        }
        Ok(gates)
    }

    fn push(&mut self, node: Node) -> usize {
        *self.known.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        })
    }

    /// Walks the expression bottom-up without recursion, because sums over many columns are deep.
    fn expression(&mut self, root: &Expression<HaloFr>, gate: &str) -> Result<usize, ExtractError> {
        enum Step<'a> {
            Enter(&'a Expression<HaloFr>),
            Leave(&'a Expression<HaloFr>),
        }
        let mut steps = vec![Step::Enter(root)];
        let mut operands: Vec<usize> = Vec::new();
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(expression) => {
                    steps.push(Step::Leave(expression));
                    match expression {
                        Expression::Negated(a) | Expression::Scaled(a, _) => steps.push(Step::Enter(a)),
                        Expression::Sum(a, b) | Expression::Product(a, b) => {
                            steps.extend([Step::Enter(b), Step::Enter(a)]);
                        }
                        _ => {}
                    }
                }
                Step::Leave(expression) => {
                    let node = self.node(expression, &mut operands, gate)?;
                    let position = self.push(node);
                    operands.push(position);
                }
            }
        }
        Ok(operands.pop().unwrap_or_default())
    }

    /// The node of an expression whose operands' positions are on top of the stack.
    fn node(
        &self,
        expression: &Expression<HaloFr>,
        operands: &mut Vec<usize>,
        gate: &str,
    ) -> Result<Node, ExtractError> {
        let mut pop = || operands.pop().unwrap_or_default();
        let find = |positions: &HashMap<(usize, i32), usize>, column: usize, at: Rotation| {
            positions
                .get(&(column, at.0))
                .copied()
                .ok_or_else(|| ExtractError::UnknownQuery {
                    gate: gate.to_owned(),
                    column,
                    rotation: at.0,
                })
        };
        Ok(match expression {
            Expression::Constant(value) => Node::Constant(scalar(value)),
            Expression::Selector(_) => return Err(ExtractError::VirtualSelector(gate.to_owned())),
            Expression::Fixed(query) => {
                Node::Fixed(find(&self.fixed, query.column_index(), query.rotation())?)
            }
            Expression::Advice(query) => {
                Node::Advice(find(&self.advice, query.column_index(), query.rotation())?)
            }
            Expression::Instance(query) => {
                Node::Instance(find(&self.instance, query.column_index(), query.rotation())?)
            }
            Expression::Challenge(challenge) => Node::Challenge(challenge.index()),
            Expression::Negated(_) => Node::Negated(pop()),
            Expression::Scaled(_, factor) => Node::Scaled(pop(), scalar(factor)),
            Expression::Sum(..) => {
                let b = pop();
                Node::Sum(pop(), b)
            }
            Expression::Product(..) => {
                let b = pop();
                Node::Product(pop(), b)
            }
        })
    }
}

#[cfg(test)]
mod tests;
