//! Witness columns: small integers for the stored cells, field elements for what depends on challenges.

use crate::{
    Fr,
    accumulator::Step,
    block::{Bank, Block},
    dot::Product,
    error::CircuitError,
    field,
    functional::Base,
    layout::{LOOKUPS_PER_HELPER, Layout},
    ops::output,
    plan::Plan,
    poseidon,
    statement::EntryKind,
    table::TableId,
    view::Atom,
    weighted_sum::Factors,
    wired,
};
use hallmark_model::Trace;
use halo2_proofs::halo2curves::ff::{BatchInvert, Field, PrimeField};
use rayon::prelude::*;

/// The verifier's challenges, in the order in which they are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Challenges {
    /// Drawn after the stored cells are committed.
    pub rho: Fr,
    /// Drawn with ρ, independent of it.
    pub sigma: Fr,
    /// Separates lookups from table rows.
    pub beta: Fr,
    /// Separates components of a lookup.
    pub gamma: Fr,
}

/// One execution, laid out.
#[derive(Clone)]
pub struct Witness {
    stored: Vec<Vec<i64>>,
    instance: Vec<Vec<Fr>>,
    salt: Option<Fr>,
}

impl Witness {
    /// Lays out a trace and the instance values with the caller's nonce.
    ///
    /// # Errors
    /// [`CircuitError::Salt`] if the circuit has private inputs: use [`Self::with_salt`];
    /// [`CircuitError::TraceMismatch`] if the trace has other tensors than the planned graph, and
    /// [`CircuitError::NotInTable`] if a value is outside its proven interval.
    pub fn new(plan: &Plan, trace: &Trace, nonce: [u8; 32]) -> Result<Self, CircuitError> {
        Self::with_salt(plan, trace, nonce, None)
    }

    /// As [`Self::new`], for private inputs, too. `salt` hides them: a uniformly random scalar, little-endian; `None`
    /// where inputs are public.
    ///
    /// # Errors
    /// Those of [`Self::new`]; [`CircuitError::Salt`] if the salt is missing, superfluous or not below the scalar
    /// field's modulus.
    pub fn with_salt(
        plan: &Plan,
        trace: &Trace,
        nonce: [u8; 32],
        salt: Option<[u8; 32]>,
    ) -> Result<Self, CircuitError> {
        check_trace(plan, trace)?;
        let layout = plan.layout();
        let stored = match &layout.wired {
            Some(wired) => vec![wired::stored(layout, wired, trace)?],
            None => stored_columns(layout, trace)?,
        };
        let mut instance = instance_columns(layout, trace, nonce);
        let salt = commit(plan, trace, salt, &mut instance)?;
        Ok(Self {
            stored,
            instance,
            salt,
        })
    }

    /// The instance columns.
    pub fn instances(&self) -> &[Vec<Fr>] {
        &self.instance
    }

    /// Mutable access for tests that check that wrong statements are rejected.
    pub fn instances_mut(&mut self) -> &mut Vec<Vec<Fr>> {
        &mut self.instance
    }

    /// The phase-0 columns, by advice column index: non-negative integers, from row 0.
    pub fn stored(&self) -> &[Vec<i64>] {
        &self.stored
    }

    /// Mutable access for tests that check that wrong cells are rejected.
    pub fn stored_mut(&mut self) -> &mut Vec<Vec<i64>> {
        &mut self.stored
    }

    /// All last-phase columns, with their advice column indices.
    pub fn late(&self, layout: &Layout, challenges: &Challenges) -> Vec<(usize, Vec<Fr>)> {
        if let (Some(wired), [cells], [instance]) =
            (&layout.wired, self.stored.as_slice(), self.instance.as_slice())
        {
            return wired::late(layout, wired, cells, instance, self.salt, challenges);
        }
        let fill = Late {
            layout,
            challenges,
            stored: &self.stored,
            instance: &self.instance,
        };
        let mut columns = Vec::new();
        let indices = 0..layout.advice.accumulators.len();
        let accumulators: Vec<Vec<Fr>> = indices.into_par_iter().map(|i| fill.accumulator(i)).collect();
        let dot = fill.dot(&accumulators);
        if let (Some(sponge), Some(salt)) = (&layout.sponge, self.salt) {
            let value_of = |atom| value_of(&accumulators, dot.last(), atom);
            let sponge = sponge.witness(layout.usable, salt, &value_of);
            columns.extend(layout.advice.sponge.iter().copied().zip(sponge));
        }
        columns.extend(layout.advice.accumulators.iter().copied().zip(accumulators));
        columns.extend(layout.advice.dot.into_iter().flatten().zip(dot));
        columns.extend(fill.lookups());
        columns
    }
}

/// Puts the commitment to private inputs into the instance; returns the salt.
fn commit(
    plan: &Plan,
    trace: &Trace,
    salt: Option<[u8; 32]>,
    instance: &mut [Vec<Fr>],
) -> Result<Option<Fr>, CircuitError> {
    let statement = plan.statement();
    let entry = statement
        .entries
        .iter()
        .find(|e| e.kind == EntryKind::InputCommitment);
    let (entry, salt) = match (entry, salt) {
        (None, None) => return Ok(None),
        (Some(entry), Some(salt)) => (entry, salt),
        (None, Some(_)) => return Err(CircuitError::Salt("the circuit has public inputs; leave it out")),
        (Some(_), None) => {
            return Err(CircuitError::Salt(
                "the circuit has private inputs, and there is none",
            ));
        }
    };
    let inputs: Vec<_> = plan
        .graph()
        .inputs
        .iter()
        .map(|t| trace.tensors[t.0].clone())
        .collect();
    let value = poseidon::commitment(plan.graph(), &inputs, salt)?;
    instance[entry.first % statement.columns][entry.first / statement.columns] = value;
    poseidon::salt(salt).map(Some)
}

/// The value of an evaluation.
fn value_of(accumulators: &[Vec<Fr>], totals: Option<&Vec<Fr>>, atom: Atom) -> Fr {
    match atom {
        Atom::Accumulator { index, row } => accumulators[index][row],
        Atom::Total { row } => totals.map_or(Fr::ZERO, |totals| totals[row]),
    }
}

fn check_trace(plan: &Plan, trace: &Trace) -> Result<(), CircuitError> {
    let tensors = &plan.graph().tensors;
    if tensors.len() != trace.tensors.len() {
        let reason = format!("{} tensors instead of {}", trace.tensors.len(), tensors.len());
        return Err(CircuitError::TraceMismatch(reason));
    }
    for (info, tensor) in tensors.iter().zip(&trace.tensors) {
        if info.shape != tensor.shape() {
            let reason = format!(
                "tensor '{}' has shape {:?} instead of {:?}",
                info.name,
                tensor.shape(),
                info.shape
            );
            return Err(CircuitError::TraceMismatch(reason));
        }
    }
    Ok(())
}

/// Fills the phase-0 lanes block by block and counts the lookups.
fn stored_columns(layout: &Layout, trace: &Trace) -> Result<Vec<Vec<i64>>, CircuitError> {
    let mut columns = vec![Vec::new(); layout.advice.first_late];
    for lanes in layout.advice.lanes.values() {
        lanes.iter().for_each(|c| columns[*c] = vec![0; layout.usable]);
    }
    for block in &layout.blocks {
        let Some(lanes) = layout.advice.lanes.get(&block.bank) else {
            continue;
        };
        for (field, fill) in block.fills.iter().enumerate() {
            for (element, value) in fill(trace).into_iter().enumerate() {
                let (row, lane) = block.place(element as u32, field as u32);
                columns[lanes[lane]][block.circuit_row(row)] = value;
                check_cell(layout, block, field, element, value)?;
            }
        }
        fill_unused_pairs(layout, block, lanes, &mut columns);
    }
    count_lookups(layout, &mut columns)?;
    Ok(columns)
}

fn check_cell(
    layout: &Layout,
    block: &Block,
    field: usize,
    element: usize,
    value: i64,
) -> Result<(), CircuitError> {
    let first = block.bank != Bank::Pair || field == 0;
    let length = match block.table {
        Some(table) if first => layout.tables.spec(table).len(),
        _ => return Ok(()),
    };
    if (0..length as i64).contains(&value) {
        return Ok(());
    }
    Err(CircuitError::NotInTable {
        tensor: block.name.clone(),
        element,
        value,
        length,
    })
}

/// Slots without an element hold the table's first row.
fn fill_unused_pairs(layout: &Layout, block: &Block, lanes: &[usize], columns: &mut [Vec<i64>]) {
    let (Bank::Pair, Some(table)) = (block.bank, block.table) else {
        return;
    };
    let mut used = vec![false; block.height * block.slots_per_row];
    block.slot_of.iter().for_each(|slot| used[*slot as usize] = true);
    for slot in (0..used.len()).filter(|s| !used[*s]) {
        let lane = (slot % block.slots_per_row) * 2 + 1;
        columns[lanes[lane]][block.circuit_row(slot / block.slots_per_row)] = layout.tables.spec(table).y(0);
    }
}

/// Position in the combined table of every lookup of a bank's row, by the row's tag.
fn positions(layout: &Layout, bank: Bank, row: usize, columns: &[Vec<i64>]) -> Vec<usize> {
    let lanes = &layout.advice.lanes[&bank];
    let stride = if bank == Bank::Pair { 2 } else { 1 };
    let tag = layout.fixed.tags.get(&bank).map_or(0, |c| {
        layout.fixed_values[*c].values.get(row).copied().unwrap_or(0)
    });
    let position = |lane: &usize| match tag {
        0 => 0,
        _ => {
            let table = TableId(tag as usize - 1);
            let x = columns[*lane][row].clamp(0, layout.tables.spec(table).len() as i64 - 1);
            layout.tables.position(table, x as usize)
        }
    };
    lanes.iter().step_by(stride).map(position).collect()
}

fn count_lookups(layout: &Layout, columns: &mut [Vec<i64>]) -> Result<(), CircuitError> {
    let mut counts = vec![0i64; layout.tables.rows()];
    for bank in [Bank::Single, Bank::Pair] {
        if layout.advice.lanes[&bank].is_empty() {
            continue;
        }
        for row in 0..layout.usable {
            positions(layout, bank, row, columns)
                .into_iter()
                .for_each(|p| counts[p] += 1);
        }
    }
    for (column, counts) in layout
        .advice
        .multiplicities
        .iter()
        .zip(counts.chunks(layout.usable))
    {
        columns[*column] = counts.to_vec();
    }
    Ok(())
}

fn instance_columns(layout: &Layout, trace: &Trace, nonce: [u8; 32]) -> Vec<Vec<Fr>> {
    let statement = &layout.statement;
    let mut columns = vec![vec![Fr::ZERO; statement.rows()]; statement.columns];
    let mut set =
        |index: usize, value: Fr| columns[index % statement.columns][index / statement.columns] = value;
    for entry in &statement.entries {
        match (entry.kind, entry.tensor) {
            (EntryKind::Nonce, _) => {
                for (i, half) in nonce.chunks(16).enumerate() {
                    let number = half.iter().fold(0u128, |n, byte| (n << 8) | u128::from(*byte));
                    set(entry.first + i, Fr::from_u128(number));
                }
            }
            (_, Some(tensor)) => {
                let values = &trace.tensors[tensor.0];
                for (element, value) in (0u32..).zip(values.iter()) {
                    set(
                        entry.first + output::reversed(element, values.len()) as usize,
                        field(*value),
                    );
                }
            }
            _ => {}
        }
    }
    columns
}

/// Computes the last-phase columns.
struct Late<'a> {
    layout: &'a Layout,
    challenges: &'a Challenges,
    stored: &'a [Vec<i64>],
    instance: &'a [Vec<Fr>],
}

impl Late<'_> {
    fn power(&self, base: Base, power: u32) -> Fr {
        let base = match base {
            Base::Rho => self.challenges.rho,
            Base::Sigma => self.challenges.sigma,
            Base::TwoPower(bits) => Fr::from(2).pow([u64::from(bits)]),
        };
        base.pow([u64::from(power)])
    }

    fn offset(&self, bank: Bank, position: usize, row: usize) -> i64 {
        let column = self.layout.fixed.offsets.get(&(bank, position));
        column
            .and_then(|c| self.layout.fixed_values[*c].values.get(row))
            .copied()
            .unwrap_or(0)
    }

    fn cell(&self, bank: Bank, lane: usize, position: usize, row: usize) -> Fr {
        match bank {
            Bank::Instance => self.instance[lane].get(row).copied().unwrap_or(Fr::ZERO),
            _ => field(
                self.stored[self.layout.advice.lanes[&bank][lane]][row] + self.offset(bank, position, row),
            ),
        }
    }

    fn accumulator(&self, index: usize) -> Vec<Fr> {
        let all = &self.layout.accumulators;
        let steps: Vec<Fr> = all.steps.iter().map(|s| self.power(s.base, s.power)).collect();
        let patterns: Vec<Vec<(usize, Fr)>> = all
            .patterns
            .iter()
            .map(|p| {
                let monomial =
                    |(power, rho): &(u32, u32)| self.power(p.base, *power) * self.power(Base::Rho, *rho);
                let coefficient = |m: &Vec<(u32, u32)>| m.iter().map(monomial).fold(Fr::ZERO, |a, b| a + b);
                p.lanes
                    .iter()
                    .map(|(lane, m)| (*lane as usize, coefficient(m)))
                    .collect()
            })
            .collect();
        let mut values = vec![Fr::ZERO; self.layout.usable];
        let mut previous = Fr::ZERO;
        for (row, use_) in all.columns[index].iter().enumerate() {
            let mut value = use_.step.map_or(Fr::ZERO, |s| steps[s as usize] * previous);
            if let Some(p) = use_.pattern {
                let pattern = &all.patterns[p as usize];
                for (lane, coefficient) in &patterns[p as usize] {
                    let cell = if pattern.product {
                        self.cell(pattern.bank, *lane, 0, row) * self.cell(pattern.bank, lane + 1, 1, row)
                    } else {
                        self.cell(pattern.bank, *lane, pattern.offset, row)
                    };
                    value += *coefficient * cell;
                }
            }
            values[row] = value;
            previous = value;
        }
        values
    }

    /// Weight accumulator, factor and total.
    fn dot(&self, accumulators: &[Vec<Fr>]) -> Vec<Vec<Fr>> {
        let (Some(columns), Some(_)) = (&self.layout.fixed.dot, self.layout.advice.dot) else {
            return Vec::new();
        };
        let rows = &self.layout.dots.rows;
        let rho = self.challenges.rho;
        let powers: Vec<Fr> = std::iter::successors(Some(Fr::ONE), |p| Some(*p * rho))
            .take(columns.lanes.len())
            .collect();
        let factors = Factors::new(&powers, field(self.layout.weight_offset));
        let lanes: Vec<&[i64]> = columns
            .lanes
            .iter()
            .map(|column| self.layout.fixed_values[*column].values.as_slice())
            .collect();
        let weights: Vec<Fr> = rows
            .par_iter()
            .enumerate()
            .map(|(row, dot)| {
                let used = dot.weights.map_or(0..0, |w| w.lane..w.lane + w.count);
                factors.sum(used.start, lanes[used].iter().map(|values| values[row]))
            })
            .collect();
        let operand = self.layout.advice.lanes[&Bank::Operand]
            .first()
            .map(|c| &self.stored[*c]);
        let steps: Vec<(Step, Fr)> = columns
            .steps
            .iter()
            .map(|(step, _)| (*step, self.power(step.base, step.power)))
            .collect();
        let mut all = vec![vec![Fr::ZERO; self.layout.usable]; 3];
        for (row, dot) in rows.iter().enumerate() {
            let value_of = |atom: Atom, totals: &[Fr]| match atom {
                Atom::Accumulator { index, row } => accumulators[index][row],
                Atom::Total { row } => totals[row],
            };
            let previous = |column: &Vec<Fr>| if row > 0 { column[row - 1] } else { Fr::ZERO };
            let mut v = weights[row];
            if let Some(step) = dot.step {
                let factor = steps.iter().find(|(other, _)| *other == step);
                v += previous(&all[0]) * factor.map_or(Fr::ZERO, |(_, power)| *power);
            }
            if let Some(atom) = dot.v_from {
                v = value_of(atom, &all[2]);
            }
            let f = dot.f_from.map_or(Fr::ZERO, |atom| value_of(atom, &all[2]));
            let mut total = field(dot.v) * v + field(dot.f) * f;
            if dot.keep {
                total += previous(&all[2]);
            }
            if dot.horner {
                total += rho * previous(&all[2]);
            }
            total += match dot.product {
                Product::None => Fr::ZERO,
                Product::Operand => v * operand.map_or(Fr::ZERO, |o| field(o[row])),
                Product::Factor => v * f,
            };
            (all[0][row], all[1][row], all[2][row]) = (v, f, total);
        }
        all
    }

    /// Helpers of cells and tables and their running sum. Every looked-up value is a table row, so only the table's
    /// denominators are inverted.
    fn lookups(&self) -> Vec<(usize, Vec<Fr>)> {
        let Some(sum_column) = self.layout.advice.sum else {
            return Vec::new();
        };
        let (beta, gamma) = (self.challenges.beta, self.challenges.gamma);
        let compress =
            |(x, tag, y): (i64, i64, i64)| beta - (field(x) + gamma * (field(tag) + gamma * field(y)));
        let mut inverses: Vec<Fr> = self.layout.tables.entries().map(compress).collect();
        inverses.iter_mut().batch_invert();
        let usable = self.layout.usable;
        let mut change = vec![Fr::ZERO; usable];
        let mut columns = Vec::new();
        for (bank, helpers) in self.layout.advice.helpers.iter().filter(|(_, h)| !h.is_empty()) {
            let rows: Vec<Vec<Fr>> = (0..usable)
                .into_par_iter()
                .map(|row| {
                    let all = positions(self.layout, *bank, row, self.stored);
                    let group = |g: &[usize]| g.iter().map(|p| inverses[*p]).fold(Fr::ZERO, |a, b| a + b);
                    all.chunks(LOOKUPS_PER_HELPER).map(group).collect()
                })
                .collect();
            for (i, helper) in helpers.iter().enumerate() {
                let column: Vec<Fr> = rows.iter().map(|r| r[i]).collect();
                change.iter_mut().zip(&column).for_each(|(c, h)| *c += h);
                columns.push((*helper, column));
            }
        }
        let sets: Vec<usize> = (0..self.layout.advice.multiplicities.len()).collect();
        for (helper, sets) in self
            .layout
            .advice
            .table_helpers
            .iter()
            .zip(sets.chunks(LOOKUPS_PER_HELPER))
        {
            let mut column = vec![Fr::ZERO; usable];
            for set in sets {
                let counts = &self.stored[self.layout.advice.multiplicities[*set]];
                let inverses = inverses.iter().skip(set * usable);
                column
                    .iter_mut()
                    .zip(counts.iter().zip(inverses))
                    .for_each(|(c, (m, i))| *c += field(*m) * i);
            }
            change.iter_mut().zip(&column).for_each(|(c, h)| *c -= h);
            columns.push((*helper, column));
        }
        let mut running = Fr::ZERO;
        let sum = change.into_iter().map(|c| {
            running += c;
            running
        });
        columns.push((sum_column, sum.collect()));
        columns
    }
}
