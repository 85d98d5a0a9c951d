//! Compiles a functional on one field of a block to accumulator rows.

use super::accumulator::{Accumulators, Monomial, Pattern, RowUse};
use super::runs::Run;
use crate::{
    block::{Bank, Block, Field},
    expression::Atom,
    functional::{Functional, Step},
};

/// Greatest power that a run's last row takes on itself. Beyond it, the run has a row more, which lowers what was added up: in the gate
/// of a pattern a power has as many leaves as it is great.
const MOST_LIFTED: u32 = 512;

/// The terms that fall into one block row.
struct RowTerms {
    row: usize,
    lowest: u32,
    pattern: u32,
}

/// Evaluates `functional` on a field, which is one of `block`; the result is the sum of the returned atoms.
///
/// Rows are climbed top to bottom, so the lowest power of each row must not increase; where it does, a new run (and
/// atom) begins. Every run ends at power 0 exactly: its last row has the pattern of its powers as they are, or there is one more.
pub fn compile(
    block: &Block,
    field: Field,
    functional: &Functional,
    product: bool,
    all: &mut Accumulators,
) -> Vec<Atom> {
    let mut rows = rows(block, field.index, functional, product, all);
    let mut atoms = Vec::new();
    let mut start = 0;
    for i in 1..=rows.len() {
        if i < rows.len() && rows[i].lowest <= rows[i - 1].lowest {
            continue;
        }
        if let Some(last) = rows[start..i].last_mut() {
            lift(last, all);
        }
        let run = run(block, field, functional, &rows[start..i], all);
        atoms.push(all.add(run));
        start = i;
    }
    atoms
}

/// A term in its place: block row, lane, power, power of ρ.
type Placed = (u32, u32, u32, u32);

/// Groups the terms by block row and finds each row's pattern.
fn rows(
    block: &Block,
    field: u32,
    functional: &Functional,
    product: bool,
    all: &mut Accumulators,
) -> Vec<RowTerms> {
    let mut placed: Vec<Placed> = functional
        .terms
        .iter()
        .map(|term| {
            let (row, lane) = block.place(term.element, field);
            (row as u32, lane as u32, term.power, term.rho)
        })
        .collect();
    placed.sort_unstable();
    let offset = match block.bank {
        Bank::Pair | Bank::Product => field as usize,
        _ => 0,
    };
    let mut before: Option<(&[Placed], u32, u32)> = None;
    placed
        .chunk_by(|a, b| a.0 == b.0)
        .map(|terms| {
            let lowest = terms.iter().map(|t| t.2).min().unwrap_or(0);
            // Most rows have the pattern of the row before.
            if let Some((same, their_lowest, pattern)) = before
                && has_pattern_of((terms, lowest), (same, their_lowest))
            {
                return RowTerms {
                    row: terms[0].0 as usize,
                    lowest,
                    pattern,
                };
            }
            let lanes = terms
                .chunk_by(|a, b| a.1 == b.1)
                .map(|lane| {
                    let monomials: Vec<Monomial> = lane.iter().map(|t| (t.2 - lowest, t.3)).collect();
                    (lane[0].1, monomials)
                })
                .collect();
            let pattern = Pattern {
                bank: block.bank,
                offset,
                base: functional.base,
                product,
                lanes,
            };
            let pattern = all.pattern(pattern);
            before = Some((terms, lowest, pattern));
            RowTerms {
                row: terms[0].0 as usize,
                lowest,
                pattern,
            }
        })
        .collect()
}

/// Whether terms of one row, relative to its lowest power, are those of another.
fn has_pattern_of((terms, lowest): (&[Placed], u32), (others, their_lowest): (&[Placed], u32)) -> bool {
    let same = |((_, lane, power, rho), (_, their_lane, their_power, their_rho)): (&Placed, &Placed)| {
        (lane, power - lowest, rho) == (their_lane, their_power - their_lowest, their_rho)
    };
    terms.len() == others.len() && terms.iter().zip(others).all(same)
}

/// Gives a run's last row its powers as they are, not relative to the lowest: whatever is below it in other runs of the block then has
/// that row for itself.
fn lift(last: &mut RowTerms, all: &mut Accumulators) {
    if (1..=MOST_LIFTED).contains(&last.lowest) {
        let mut lifted = all.patterns[last.pattern as usize].clone();
        let monomials = lifted.lanes.iter_mut().flat_map(|(_, all)| all);
        monomials.for_each(|(power, _)| *power += last.lowest);
        last.pattern = all.pattern(lifted);
        last.lowest = 0;
    }
}

/// One descending run; rows between (of blocks with gaps) carry the value.
fn run(
    block: &Block,
    field: Field,
    functional: &Functional,
    rows: &[RowTerms],
    all: &mut Accumulators,
) -> Run {
    let first = block.circuit_row(rows[0].row);
    let mut uses: Vec<RowUse> = Vec::new();
    let mut previous: Option<u32> = None;
    for terms in rows {
        let at = block.circuit_row(terms.row) - first;
        if uses.len() < at {
            let carry = all.step(Step {
                base: functional.base,
                power: 0,
            });
            uses.resize(
                at,
                RowUse {
                    pattern: None,
                    step: Some(carry),
                    taken: true,
                },
            );
        }
        let step = previous.map(|p| {
            all.step(Step {
                base: functional.base,
                power: p - terms.lowest,
            })
        });
        uses.push(RowUse {
            pattern: Some(terms.pattern),
            step,
            taken: true,
        });
        previous = Some(terms.lowest);
    }
    if let Some(rest @ 1..) = previous {
        let step = all.step(Step {
            base: functional.base,
            power: rest,
        });
        uses.push(RowUse {
            pattern: None,
            step: Some(step),
            taken: true,
        });
    }
    Run {
        block: Some(field.block),
        first,
        rows: uses,
    }
}
