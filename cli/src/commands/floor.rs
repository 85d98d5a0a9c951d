//! The floor that `hallmark bench` compares proofs with, and what lies between.

use crate::median::median;
use crate::output::milliseconds;
use hallmark_circuits::{ColumnGroup, ColumnKind};
use hallmark_prover::Prover;
use hallmark_prover::engine::Floor;
use serde::Serialize;

/// The time to commit once to the cells that the network needs if every column were full, with quotient and opening of as many
/// columns. Times are medians.
#[derive(Debug, Serialize)]
pub struct FloorFigures {
    floor_ms: f64,
    commit_ms: f64,
    quotient_ms: f64,
    opening_ms: f64,
    /// `prove_ms` over `floor_ms`.
    prove_over_floor: f64,
    /// Columns of small integers and of field elements if all were full.
    small_columns: usize,
    full_columns: usize,
    /// What a proof has besides.
    beyond: Beyond,
}

/// What a proof has that the floor leaves out.
#[derive(Debug, Serialize)]
struct Beyond {
    /// Kinds of columns with the columns that they have because they are not full, most first.
    empty: Vec<EmptyColumns>,
    /// Selectors, tables and weights.
    fixed_columns: usize,
    /// Of the permutation argument.
    grand_products: usize,
    permutation_polynomials: usize,
}

/// A kind of columns that are not full.
#[derive(Debug, Serialize)]
struct EmptyColumns {
    name: String,
    filled: f64,
    /// What is empty of them, in columns.
    columns: f64,
}

impl FloorFigures {
    /// Of what was measured, if anything was.
    pub fn of(measured: &[Floor], prove_ms: f64, prover: &Prover) -> Option<Self> {
        let first = measured.first()?;
        let median_of = |part: fn(&Floor) -> f64| median(&measured.iter().map(part).collect::<Vec<_>>());
        let floor_ms = median_of(Floor::total_ms);
        Some(Self {
            floor_ms,
            commit_ms: median_of(|floor| floor.commit_ms),
            quotient_ms: median_of(|floor| floor.quotient_ms),
            opening_ms: median_of(|floor| floor.opening_ms),
            prove_over_floor: prove_ms / floor_ms,
            small_columns: first.small_columns,
            full_columns: first.full_columns,
            beyond: Beyond::of(prover),
        })
    }

    /// Time, parts, and the proof's distance.
    pub fn in_words(measured: Option<&Self>) -> String {
        let Some(floor) = measured else {
            return "not measured".to_owned();
        };
        format!(
            "{} for {} + {} full columns (commitments {}, quotient {}, opening {}); a proof takes {:.2} times as long",
            milliseconds(floor.floor_ms),
            floor.small_columns,
            floor.full_columns,
            milliseconds(floor.commit_ms),
            milliseconds(floor.quotient_ms),
            milliseconds(floor.opening_ms),
            floor.prove_over_floor
        )
    }

    /// Where the distance is.
    pub fn beyond_in_words(measured: Option<&Self>) -> String {
        let Some(floor) = measured else {
            return "not measured".to_owned();
        };
        let Beyond {
            empty,
            fixed_columns,
            grand_products,
            permutation_polynomials,
        } = &floor.beyond;
        let kind = |kind: &EmptyColumns| {
            format!(
                "{:.1} columns of {} ({:.0} % full)",
                kind.columns,
                kind.name,
                100.0 * kind.filled
            )
        };
        let mut parts: Vec<String> = empty.iter().map(kind).collect();
        if !parts.is_empty() {
            parts = vec![format!("empty: {}", parts.join(", "))];
        }
        parts.push(format!(
            "{fixed_columns} fixed columns, {grand_products} grand products and {permutation_polynomials} permutation polynomials"
        ));
        parts.join("; ")
    }
}

impl Beyond {
    fn of(prover: &Prover) -> Self {
        let plan = prover.circuit().plan();
        let protocol = &prover.keys().circuit_key().protocol;
        let usable = plan.frame().usable;
        let committed = |group: &&ColumnGroup| matches!(group.kind, ColumnKind::Small | ColumnKind::Full);
        let groups = plan.summary().groups;
        let empty = groups.iter().filter(committed).map(|group| EmptyColumns {
            name: group.name.clone(),
            filled: group.filled,
            columns: group.columns as f64 - group.cells as f64 / usable as f64,
        });
        // A tenth of a column is nothing to speak of.
        let mut empty: Vec<EmptyColumns> = empty.filter(|kind| kind.columns >= 0.1).collect();
        empty.sort_by(|a, b| b.columns.total_cmp(&a.columns));
        Self {
            empty,
            fixed_columns: protocol.fixed_columns(),
            grand_products: protocol.permutation_products(),
            permutation_polynomials: protocol.permutation_columns.len(),
        }
    }
}
