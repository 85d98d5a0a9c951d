//! What checking one proof costs: counted from the key alone, and bounded when a key is decoded.
//!
//! Every field of a key has a limit of its own, but a key of two kilobytes can ask for the *product* of two of them: every
//! rotation of an instance column at every row of the statement, or every opening point against every other. The sum here
//! has one term for every loop of the argument and the opening, so that what a key can ask for is one number.

use crate::argument::BLOCK;
use crate::error::VerifyError;
use crate::form::Form;
use crate::protocol::{Protocol, Query};
use crate::size::to_u64;
use std::collections::{HashMap, HashSet};

/// Greatest accepted number of steps for one proof: a few seconds. Real models ask for less than a hundredth of it, one
/// instance column of 2²² rows for about half.
pub const MAX_WORK: u64 = 1 << 27;

/// Steps for a point of a proof: a square root, or a check that it lies on the curve.
const POINT: u64 = 400;
/// Steps for a term of the multi-scalar multiplication.
const TERM: u64 = 400;
/// Steps for a scalar of a proof or of the statement: it is decoded and hashed.
const SCALAR: u64 = 8;
/// Steps for one value of a Lagrange polynomial.
const LAGRANGE: u64 = 8;
/// Steps for a power of ω.
const POWER: u64 = 64;
/// Steps for an inverse.
const INVERSE: u64 = 500;
/// Steps for what is looked up and multiplied once or twice.
const SMALL: u64 = 4;

/// What one proof costs, part by part. One step takes about as long as a multiplication in the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    parts: Vec<(&'static str, u64)>,
}

impl Work {
    /// Of a circuit whose instance columns have `rows` rows each.
    pub(crate) fn of(protocol: &Protocol, rows: usize) -> Self {
        let sum = |counts: &[usize]| {
            let counts = counts.iter();
            counts.fold(0u64, |sum, count| sum.saturating_add(to_u64(*count)))
        };
        let rows = to_u64(rows);
        let instance_rotations: HashSet<i32> = protocol.instance_queries.iter().map(|q| q.rotation).collect();
        let constraints = protocol.gates.iter().map(|gate| to_u64(gate.constraints.len()));
        let constraints = constraints.fold(0u64, u64::saturating_add);
        let instance = rows.saturating_mul(
            sum(&[protocol.instance_columns])
                .saturating_mul(SCALAR)
                .saturating_add(sum(&[instance_rotations.len()]).saturating_mul(LAGRANGE))
                .saturating_add(sum(&[protocol.instance_queries.len()])),
        );
        let blocks = sum(&[instance_rotations.len()]).saturating_mul(rows.div_ceil(to_u64(BLOCK)));
        let instance = instance.saturating_add(blocks.saturating_mul(POWER.saturating_add(INVERSE)));
        let terms = sum(&[
            protocol.proof_points(),
            protocol.fixed_columns(),
            protocol.permutation_commitments.len(),
        ]);
        let parts = vec![
            ("the public values", instance),
            (
                "the points of a proof",
                sum(&[protocol.proof_points()]).saturating_mul(POINT),
            ),
            (
                "the evaluations in a proof",
                sum(&[protocol.proof_scalars()]).saturating_mul(SCALAR),
            ),
            ("the commitments", terms.saturating_mul(TERM)),
            ("the openings", openings(protocol)),
            (
                "the gates",
                sum(&[protocol.nodes.len()])
                    .saturating_add(constraints)
                    .saturating_mul(SMALL),
            ),
            (
                "the permutation",
                sum(&[protocol.permutation_columns.len()])
                    .saturating_mul(SMALL)
                    .saturating_add(sum(&[protocol.blinding_factors]).saturating_mul(LAGRANGE)),
            ),
        ];
        Work { parts }
    }

    /// All steps.
    pub(crate) fn steps(&self) -> u64 {
        let steps = self.parts.iter().map(|(_, steps)| *steps);
        steps.fold(0, u64::saturating_add)
    }

    /// Refuses what is above [`MAX_WORK`].
    pub(crate) fn check(&self, form: Form) -> Result<(), VerifyError> {
        let steps = self.steps();
        if steps <= MAX_WORK {
            return Ok(());
        }
        let most = self.parts.iter().max_by_key(|(_, steps)| *steps);
        Err(VerifyError::TooMuchWork {
            form,
            part: most.map_or("", |(part, _)| part),
            steps,
            limit: MAX_WORK,
        })
    }
}

/// One power of ω per point; and per commitment the polynomial through its values, which takes the square of their number.
fn openings(protocol: &Protocol) -> u64 {
    let mut rotations: HashSet<i32> = HashSet::new();
    let mut steps = 0u64;
    for queries in [&protocol.fixed_queries, &protocol.advice_queries] {
        rotations.extend(queries.iter().map(|query| query.rotation));
        for count in per_column(queries).into_values() {
            let square = count.saturating_mul(count).saturating_mul(SMALL);
            steps = steps.saturating_add(square).saturating_add(INVERSE);
        }
    }
    // Columns without a query are not opened; grand products, σ and the rest are opened at one to three points.
    let others = to_u64(protocol.proof_scalars()).saturating_mul(SMALL);
    let powers = to_u64(rotations.len()).saturating_mul(POWER);
    steps.saturating_add(others).saturating_add(powers)
}

fn per_column(queries: &[Query]) -> HashMap<usize, u64> {
    let mut counts: HashMap<usize, u64> = HashMap::new();
    for query in queries {
        let count = counts.entry(query.column).or_default();
        *count = count.saturating_add(1);
    }
    counts
}
