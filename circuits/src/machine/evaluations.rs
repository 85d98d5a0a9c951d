//! Evaluations of stored tensors as Horner chains.

use super::{
    cells::Cells,
    rows::{Machine, Number, Row, SIGMA_SQUARINGS, Wire},
};
use crate::{
    block::Bank, builder::Builder, error::CircuitError, evaluations::Evaluation, functional::Base, scalar::Fr,
};
use halo2_proofs::halo2curves::ff::Field;
use std::collections::BTreeMap;

/// A summand: a power of the base, a value, and what is added to it.
struct Term {
    power: u32,
    value: Wire,
    offset: Number,
}

/// Appends an evaluation; returns its result.
///
/// # Errors
/// [`CircuitError::TooLarge`] if powers of ρ reach those that stand for σ.
pub(super) fn lower(
    b: &Builder<'_>,
    cells: &Cells,
    machine: &mut Machine,
    evaluation: &Evaluation,
) -> Result<Wire, CircuitError> {
    let base = evaluation.functional.base;
    for term in &evaluation.functional.terms {
        within_limit(base, term.power)?;
        within_limit(Base::Rho, term.rho)?;
    }
    let mut by_rho: BTreeMap<u32, Vec<Term>> = BTreeMap::new();
    for term in &evaluation.functional.terms {
        let (value, offset) = summand(b, cells, machine, evaluation, term.element)?;
        by_rho.entry(term.rho).or_default().push(Term {
            power: term.power,
            value,
            offset,
        });
    }
    let groups: Vec<(u32, Wire)> = by_rho
        .into_iter()
        .rev()
        .map(|(rho, terms)| (rho, horner(machine, base, terms)))
        .collect();
    if let [(0, only)] = groups.as_slice() {
        return Ok(*only);
    }
    let terms = groups
        .into_iter()
        .map(|(power, value)| Term {
            power,
            value,
            offset: Number::default(),
        })
        .collect();
    Ok(horner(machine, Base::Rho, terms))
}

/// The value of an element, up to a constant.
fn summand(
    b: &Builder<'_>,
    cells: &Cells,
    machine: &mut Machine,
    evaluation: &Evaluation,
    element: u32,
) -> Result<(Wire, Number), CircuitError> {
    let field = evaluation.field;
    let block = &b.blocks[field.block.0];
    let nothing = Number::default();
    if block.bank == Bank::Instance {
        let row = block.circuit_row(block.place(element, 0).0);
        return Ok((Wire::Row(row as u32), nothing));
    }
    let offset = |machine: &mut Machine, index: u32| {
        let row = block.place(element, index).0;
        machine.number(block.offsets.get(row, index as usize), &b.parameters)
    };
    if block.table.is_none() && block.bank == Bank::Single {
        // A constant of an expression.
        return Ok((machine.zero, offset(machine, field.index)?));
    }
    let cell = |index: u32| cells.wire(field.block.0, element, index);
    if !evaluation.product {
        return Ok((cell(field.index), offset(machine, field.index)?));
    }
    let (first, second) = (offset(machine, 0)?, offset(machine, 1)?);
    let second = machine.push(Row::load(cell(1)).plus(second));
    machine.push(Row::load(cell(0)).plus(first));
    Ok((machine.push(Row::times(second)), nothing))
}

/// `Σ base^power·(value + offset)`.
fn horner(machine: &mut Machine, base: Base, mut terms: Vec<Term>) -> Wire {
    terms.sort_by_key(|term| std::cmp::Reverse(term.power));
    let Some(last) = terms.last().map(|term| term.power) else {
        return machine.zero;
    };
    let mut before: Option<u32> = None;
    let mut rows = Vec::with_capacity(terms.len() + 1);
    for term in terms {
        let row = Row::load(term.value).plus(term.offset);
        rows.push(match before {
            None => row,
            Some(power) => row.after(step(machine, base, power - term.power)),
        });
        before = Some(term.power);
    }
    if last > 0 {
        rows.push(Row::times(step(machine, base, last)));
    }
    machine.chain(rows)
}

/// Checks that a power of ρ is none of those that stand for σ.
pub(super) fn within_limit(base: Base, power: u32) -> Result<(), CircuitError> {
    if base != Base::Rho || power < 1 << SIGMA_SQUARINGS {
        return Ok(());
    }
    Err(CircuitError::TooLarge {
        reason: format!("an evaluation has {power} terms, fewer than 2^{SIGMA_SQUARINGS} are supported"),
        max_k: *crate::options::K_RANGE.end(),
    })
}

/// A power of a base.
pub(super) fn step(machine: &mut Machine, base: Base, power: u32) -> Wire {
    match base {
        _ if power == 0 => machine.one,
        Base::Rho => machine.power(u64::from(power), 0),
        Base::Sigma => machine.power(0, u64::from(power)),
        Base::TwoPower(bits) => {
            let exponent = u64::from(bits) * u64::from(power);
            let number = match 1i64.checked_shl(exponent.try_into().unwrap_or(u32::MAX)) {
                Some(value) if exponent < 62 => Number::Small(value),
                _ => Number::Field(Fr::from(2).pow([exponent])),
            };
            machine.constant(number)
        }
    }
}
