//! The neutral description of a circuit: columns, queries, gates, permutation and commitments.
//!
//! It is complete: a prover engine, this verifier and a contract can all be built from it. The argument that it
//! parametrises is described in `docs/proof-format.md`.

use crate::error::VerifyError;
use crate::transcript::TranscriptKind;
use ark_bn254::{Fr, G1Affine};
use ark_ff::{Field, PrimeField};
use std::collections::{HashMap, HashSet};

/// Greatest accepted base-2 logarithm of the number of rows.
pub(crate) const MAX_LOG_ROWS: u32 = 26;
/// Greatest accepted degree of a constraint.
pub(crate) const MAX_DEGREE: u32 = 64;
/// Greatest accepted number of columns of a kind, and of queries of a kind.
pub(crate) const MAX_COLUMNS: u32 = 1 << 14;
/// Greatest accepted number of expression nodes.
pub(crate) const MAX_NODES: u32 = 1 << 20;
/// Phases are numbered 0, 1, 2.
pub(crate) const MAX_PHASE: u8 = 2;

/// A column seen at a distance from the current row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    /// Index of the column among those of its kind.
    pub column: usize,
    /// Rows ahead of (negative: behind) the current one; rows wrap around.
    pub rotation: i32,
}

/// One node of the expressions' common graph. Operands are indices of earlier nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A constant.
    Constant(Fr),
    /// The fixed query of this index in [`Protocol::fixed_queries`].
    Fixed(usize),
    /// The advice query of this index in [`Protocol::advice_queries`].
    Advice(usize),
    /// The instance query of this index in [`Protocol::instance_queries`].
    Instance(usize),
    /// The challenge of this index.
    Challenge(usize),
    /// The negation of a node.
    Negated(usize),
    /// The sum of two nodes.
    Sum(usize, usize),
    /// The product of two nodes.
    Product(usize, usize),
    /// A node multiplied by a constant.
    Scaled(usize, Fr),
}

/// One polynomial that has to vanish on every usable row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// What the constraint says; may be empty.
    pub name: String,
    /// Index of its expression's last node.
    pub root: usize,
}

/// A named group of constraints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// What the gate is for.
    pub name: String,
    /// Its constraints, in order.
    pub constraints: Vec<Constraint>,
}

/// The kinds of columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// Part of the circuit: weights, tables, selectors.
    Fixed,
    /// Part of the witness.
    Advice,
    /// Public values.
    Instance,
}

/// A column under the permutation argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PermutationColumn {
    /// Its kind.
    pub kind: ColumnKind,
    /// Its index among the columns of its kind.
    pub column: usize,
}

/// A circuit as the verifier sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Base-2 logarithm of the number of rows (halo2's k).
    pub log_rows: u32,
    /// Greatest degree of a constraint; the quotient has `degree − 1` pieces.
    pub degree: usize,
    /// Number of random rows at the end of every advice column.
    pub blinding_factors: usize,
    /// Phase in which each advice column is committed.
    pub advice_phases: Vec<u8>,
    /// Phase after which each challenge is drawn.
    pub challenge_phases: Vec<u8>,
    /// Number of instance columns.
    pub instance_columns: usize,
    /// Evaluations of fixed columns in the proof, in order.
    pub fixed_queries: Vec<Query>,
    /// Evaluations of advice columns in the proof, in order.
    pub advice_queries: Vec<Query>,
    /// Evaluations of instance columns that gates and the permutation need; the verifier computes them.
    pub instance_queries: Vec<Query>,
    /// All expressions, shared; every node comes after its operands.
    pub nodes: Vec<Node>,
    /// The gates; the order of their constraints is the order of powers of the challenge y.
    pub gates: Vec<Gate>,
    /// Columns under the permutation argument, in chunks of [`Protocol::permutation_chunk`].
    pub permutation_columns: Vec<PermutationColumn>,
    /// One commitment per fixed column.
    pub fixed_commitments: Vec<G1Affine>,
    /// One commitment per permutation column, to its σ polynomial.
    pub permutation_commitments: Vec<G1Affine>,
    /// The scalar that stands for the circuit in the transcript.
    pub transcript_repr: Fr,
}

/// The generator of the multiplicative group that halo2 builds its domains from. (arkworks uses another.)
const GENERATOR: u64 = 7;
const TWO_ADICITY: u32 = 28;

/// The root of unity of order `2^log_rows` that generates the domain: `7^((r−1)/2^log_rows)`.
/// `None` above 28, where there is none.
#[must_use]
pub fn omega(log_rows: u32) -> Option<Fr> {
    let squarings = TWO_ADICITY.checked_sub(log_rows)?;
    let mut root = Fr::from(GENERATOR).pow(Fr::TRACE);
    for _ in 0..squarings {
        root.square_in_place();
    }
    Some(root)
}

/// The permutation argument's `7^(2^28)`, whose powers tell columns apart.
#[must_use]
pub fn delta() -> Fr {
    Fr::from(GENERATOR).pow([1u64 << TWO_ADICITY])
}

impl Protocol {
    /// Number of rows, a power of two.
    #[must_use]
    pub fn rows(&self) -> usize {
        1usize.checked_shl(self.log_rows).unwrap_or(usize::MAX)
    }

    /// Number of rows that constraints speak about: all but the blinding rows and one before them.
    #[must_use]
    pub fn usable_rows(&self) -> usize {
        self.rows()
            .saturating_sub(self.blinding_factors)
            .saturating_sub(1)
    }

    /// Number of advice columns.
    #[must_use]
    pub fn advice_columns(&self) -> usize {
        self.advice_phases.len()
    }

    /// Number of fixed columns.
    #[must_use]
    pub fn fixed_columns(&self) -> usize {
        self.fixed_commitments.len()
    }

    /// Number of pieces in which the quotient is committed.
    #[must_use]
    pub fn quotient_pieces(&self) -> usize {
        self.degree.saturating_sub(1)
    }

    /// Number of columns that one grand product of the permutation argument takes.
    #[must_use]
    pub fn permutation_chunk(&self) -> usize {
        self.degree.saturating_sub(2).max(1)
    }

    /// Number of grand products of the permutation argument.
    #[must_use]
    pub fn permutation_products(&self) -> usize {
        self.permutation_columns.len().div_ceil(self.permutation_chunk())
    }

    /// The rotation of the row just after the usable ones, where the permutation argument ends.
    #[must_use]
    pub fn last_rotation(&self) -> i32 {
        i32::try_from(self.blinding_factors)
            .unwrap_or(i32::MAX)
            .saturating_add(1)
            .saturating_neg()
    }

    /// Number of points in a proof: columns, grand products, the random polynomial, the quotient's pieces and the
    /// opening's two.
    #[must_use]
    pub fn proof_points(&self) -> usize {
        [self.permutation_products(), self.quotient_pieces(), 3]
            .iter()
            .fold(self.advice_columns(), |sum, count| sum.saturating_add(*count))
    }

    /// Number of scalars in a proof: all evaluations. A grand product has two and, if it is not the last, a third in the
    /// last row.
    #[must_use]
    pub fn proof_scalars(&self) -> usize {
        let products = self.permutation_products();
        [
            self.fixed_queries.len(),
            self.permutation_columns.len(),
            products
                .saturating_mul(3)
                .saturating_sub(usize::from(products > 0)),
            1,
        ]
        .iter()
        .fold(self.advice_queries.len(), |sum, count| sum.saturating_add(*count))
    }

    /// Number of bytes of a proof.
    #[must_use]
    pub fn proof_bytes(&self, transcript: TranscriptKind) -> usize {
        let points = self.proof_points().saturating_mul(transcript.point_bytes());
        points.saturating_add(self.proof_scalars().saturating_mul(32))
    }

    /// For every permutation column, the position among the queries of its kind of its query at rotation 0.
    pub(crate) fn permutation_queries(&self) -> Vec<Option<usize>> {
        let mut positions: HashMap<PermutationColumn, usize> = HashMap::new();
        for (kind, queries) in [
            (ColumnKind::Fixed, &self.fixed_queries),
            (ColumnKind::Advice, &self.advice_queries),
            (ColumnKind::Instance, &self.instance_queries),
        ] {
            for (position, query) in queries.iter().enumerate().filter(|(_, q)| q.rotation == 0) {
                let column = query.column;
                positions.insert(PermutationColumn { kind, column }, position);
            }
        }
        let columns = self.permutation_columns.iter();
        columns.map(|column| positions.get(column).copied()).collect()
    }

    /// Checks that all parts fit together.
    ///
    /// # Errors
    /// [`VerifyError::InconsistentKey`] naming the part.
    pub fn validate(&self) -> Result<(), VerifyError> {
        self.validate_size()?;
        self.validate_phases()?;
        self.validate_queries()?;
        self.validate_permutation()?;
        self.validate_gates()
    }

    fn validate_size(&self) -> Result<(), VerifyError> {
        ensure(self.log_rows <= MAX_LOG_ROWS, "rows", || {
            format!("2^{} rows, at most 2^{MAX_LOG_ROWS} are supported", self.log_rows)
        })?;
        let limit = crate::size::index(MAX_DEGREE);
        ensure((3..=limit).contains(&self.degree), "degree", || {
            format!("degree {} is not in 3..={limit}", self.degree)
        })?;
        // halo2 never has fewer than 5; fewer than 3 could not even blind the permutation argument.
        ensure(
            self.blinding_factors >= 3 && self.usable_rows() >= 1,
            "blinding factors",
            || {
                format!(
                    "{} of {} rows are blinding rows",
                    self.blinding_factors,
                    self.rows()
                )
            },
        )
    }

    fn validate_phases(&self) -> Result<(), VerifyError> {
        let last = self.advice_phases.iter().max().copied().unwrap_or(0);
        ensure(last <= MAX_PHASE, "advice phases", || {
            format!("phase {last} is above the greatest one, {MAX_PHASE}")
        })?;
        let last_challenge = self.challenge_phases.iter().max().copied().unwrap_or(0);
        ensure(last_challenge <= last, "challenge phases", || {
            format!(
                "a challenge is drawn after phase {last_challenge}, the last phase with columns is {last}"
            )
        })
    }

    fn validate_queries(&self) -> Result<(), VerifyError> {
        let mut rotations = HashSet::from([0, 1, self.last_rotation()]);
        for (place, queries, columns) in [
            ("fixed queries", &self.fixed_queries, self.fixed_columns()),
            ("advice queries", &self.advice_queries, self.advice_columns()),
            ("instance queries", &self.instance_queries, self.instance_columns),
        ] {
            let mut seen = HashSet::new();
            for query in queries {
                ensure(query.column < columns && seen.insert(*query), place, || {
                    format!("{query:?} is repeated or not among {columns} columns")
                })?;
                rotations.insert(query.rotation);
            }
        }
        // Two rotations to the same row would be one opening point under two names.
        let rows = i64::try_from(self.rows()).unwrap_or(i64::MAX);
        let mut residues: HashMap<Option<i64>, i32> = HashMap::new();
        for rotation in rotations {
            let residue = i64::from(rotation).checked_rem_euclid(rows);
            let other = residues.insert(residue, rotation);
            ensure(other.is_none(), "rotations", || {
                format!(
                    "rotations {rotation} and {} are equal modulo {rows} rows",
                    other.unwrap_or_default()
                )
            })?;
        }
        Ok(())
    }

    fn validate_permutation(&self) -> Result<(), VerifyError> {
        let (columns, commitments) = (self.permutation_columns.len(), self.permutation_commitments.len());
        ensure(columns == commitments, "permutation", || {
            format!("{columns} columns but {commitments} commitments")
        })?;
        let mut seen = HashSet::new();
        for (column, query) in self.permutation_columns.iter().zip(self.permutation_queries()) {
            ensure(seen.insert(*column) && query.is_some(), "permutation", || {
                format!("{column:?} is repeated or not queried at rotation 0")
            })?;
        }
        Ok(())
    }

    fn validate_gates(&self) -> Result<(), VerifyError> {
        let mut degrees: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for (position, node) in self.nodes.iter().enumerate() {
            let degree = self.node_degree(node, &degrees);
            degrees.push(degree.ok_or_else(|| {
                inconsistent(
                    "expressions",
                    format!("node {position}, {node:?}, points outside its list"),
                )
            })?);
        }
        for gate in &self.gates {
            for constraint in &gate.constraints {
                let degree = degrees.get(constraint.root);
                ensure(
                    degree.is_some_and(|degree| *degree <= self.degree),
                    "gates",
                    || {
                        format!(
                            "constraint \"{}\" of gate \"{}\" has degree {degree:?}, at most {} fits",
                            constraint.name, gate.name, self.degree
                        )
                    },
                )?;
            }
        }
        Ok(())
    }

    /// `None` where an index is out of range.
    fn node_degree(&self, node: &Node, degrees: &[usize]) -> Option<usize> {
        let leaf = |index: usize, length: usize, degree: usize| (index < length).then_some(degree);
        match node {
            Node::Constant(_) => Some(0),
            Node::Fixed(query) => leaf(*query, self.fixed_queries.len(), 1),
            Node::Advice(query) => leaf(*query, self.advice_queries.len(), 1),
            Node::Instance(query) => leaf(*query, self.instance_queries.len(), 1),
            Node::Challenge(challenge) => leaf(*challenge, self.challenge_phases.len(), 0),
            Node::Negated(a) | Node::Scaled(a, _) => degrees.get(*a).copied(),
            Node::Sum(a, b) => Some(*degrees.get(*a)?.max(degrees.get(*b)?)),
            Node::Product(a, b) => Some(degrees.get(*a)?.saturating_add(*degrees.get(*b)?)),
        }
    }
}

pub(crate) fn inconsistent(place: &str, reason: String) -> VerifyError {
    VerifyError::InconsistentKey {
        place: place.to_owned(),
        reason,
    }
}

pub(crate) fn ensure(holds: bool, place: &str, reason: impl FnOnce() -> String) -> Result<(), VerifyError> {
    match holds {
        true => Ok(()),
        false => Err(inconsistent(place, reason())),
    }
}
