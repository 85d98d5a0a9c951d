//! The last-phase columns, computed from the layout independently of the prover under test.

use super::{Cheat, Columns, Forger, Place};
use crate::setting::Setting;
use hallmark_circuits::internals::block::Bank;
use hallmark_circuits::internals::dot::Multiplier;
use hallmark_circuits::internals::expression::Atom;
use hallmark_circuits::internals::functional::Base;
use hallmark_circuits::internals::strips::LOOKUPS_PER_HELPER;
use hallmark_verifier::{Fr, integer};
use std::collections::{BTreeSet, HashMap};

/// A power of a challenge.
pub fn power(base: Fr, exponent: u32) -> Fr {
    (0..exponent).fold(Fr::from(1), |p, _| p * base)
}

/// The inverse, or zero of zero.
fn inverse(value: Fr) -> Fr {
    if value == Fr::from(0) {
        value
    } else {
        Fr::from(1) / value
    }
}

impl<'a> Forger<'a> {
    pub(super) fn without_witness(setting: &'a Setting) -> Self {
        let layout = setting.plan.layout().strips().unwrap();
        let [rho, sigma, beta, gamma] = setting.challenges;
        let base = |base: Base| match base {
            Base::Rho => rho,
            Base::Sigma => sigma,
            Base::TwoPower(bits) => power(Fr::from(2), bits),
        };
        let all = &layout.accumulators;
        let steps = all.steps.iter().map(|s| power(base(s.base), s.power)).collect();
        let coefficient = |b: Base, monomials: &[(u32, u32)]| {
            let terms = monomials.iter().map(|(p, r)| power(base(b), *p) * power(rho, *r));
            terms.fold(Fr::from(0), |a, b| a + b)
        };
        let pattern = |p: &hallmark_circuits::internals::evaluations::accumulator::Pattern| {
            p.lanes
                .iter()
                .map(|(lane, m)| (*lane as usize, coefficient(p.base, m)))
                .collect()
        };
        let compressed: Vec<Fr> = layout
            .frame
            .tables
            .entries()
            .map(|(x, tag, y)| integer(x) + gamma * (integer(tag) + gamma * integer(y)))
            .collect();
        let mut positions = HashMap::new();
        for (position, entry) in compressed.iter().enumerate() {
            positions.entry(*entry).or_insert(position);
        }
        let lanes = layout.advice.lanes.iter().flat_map(|(bank, columns)| {
            columns
                .iter()
                .enumerate()
                .map(move |(lane, column)| (*column, (*bank, lane)))
        });
        let mut forger = Self {
            setting,
            honest: Columns {
                advice: Vec::new(),
                instance: Vec::new(),
            },
            checker: setting.checker(),
            readers: HashMap::new(),
            steps,
            patterns: all.patterns.iter().map(pattern).collect(),
            weights: weights(setting, rho),
            positions,
            inverses: compressed.iter().map(|e| inverse(beta - e)).collect(),
            lanes: lanes.collect(),
        };
        forger.readers = forger.all_readers();
        forger
    }

    fn place(&self, bank: Bank, lane: usize, row: usize) -> Place {
        match bank {
            Bank::Instance => Place::Instance(lane, row),
            _ => Place::Advice(self.column(bank, lane), row),
        }
    }

    fn all_readers(&self) -> HashMap<Place, Vec<usize>> {
        let all = &self.strips().accumulators;
        let mut readers: HashMap<Place, Vec<usize>> = HashMap::new();
        for (index, rows) in all.columns.iter().enumerate() {
            for (row, pattern) in rows
                .iter()
                .enumerate()
                .filter_map(|(i, r)| r.pattern.map(|p| (i, p)))
            {
                let pattern = &all.patterns[pattern as usize];
                for (lane, _) in &pattern.lanes {
                    for lane in *lane..=*lane + u32::from(pattern.product) {
                        readers
                            .entry(self.place(pattern.bank, lane as usize, row))
                            .or_default()
                            .push(index);
                    }
                }
            }
        }
        readers
    }

    /// The honest columns with the last-phase ones computed.
    pub(super) fn complete(&self) -> Columns {
        let mut columns = self.honest.clone();
        for index in 0..self.strips().accumulators.columns.len() {
            self.accumulator(index, &Cheat::default(), &mut columns);
        }
        self.dot(&Cheat::default(), &mut columns);
        for row in 0..self.frame().usable {
            self.helpers(row, &Cheat::default(), &mut columns);
        }
        for table in 0..self.strips().advice.table_helpers.len() {
            for row in 0..self.frame().usable {
                self.table_helper(table, row, &Cheat::default(), &mut columns);
            }
        }
        self.sum(&Cheat::default(), &mut columns);
        columns
    }

    /// Recomputes what depends on a cheat's changes and on the given multiplicities.
    pub(super) fn recompute(&self, cheat: &Cheat, counted: &[(usize, usize)], columns: &mut Columns) {
        let layout = self.strips();
        let mut dirty: BTreeSet<usize> = cheat
            .changes
            .keys()
            .flat_map(|place| self.readers(*place))
            .copied()
            .collect();
        let own = layout.advice.accumulators.iter().enumerate();
        dirty.extend(
            own.filter(|(_, c)| cheat.overrides.keys().any(|o| o.0 == **c))
                .map(|(i, _)| i),
        );
        for index in dirty {
            self.accumulator(index, cheat, columns);
        }
        self.dot(cheat, columns);
        let mut rows: BTreeSet<usize> = self.changed_lookups(cheat).into_iter().map(|l| l.1).collect();
        rows.extend(cheat.overrides.keys().map(|o| o.1));
        rows.into_iter().for_each(|row| self.helpers(row, cheat, columns));
        let mut counts: BTreeSet<(usize, usize)> = counted.iter().copied().collect();
        counts.extend(cheat.changes.keys().filter_map(|p| match p {
            Place::Advice(column, row) => Some((*column, *row)),
            Place::Instance(..) => None,
        }));
        counts.extend(cheat.overrides.keys());
        for (column, row) in counts {
            let tables = layout
                .advice
                .multiplicities
                .chunks(LOOKUPS_PER_HELPER)
                .enumerate();
            for (table, sets) in tables {
                if sets.contains(&column) || layout.advice.table_helpers[table] == column {
                    self.table_helper(table, row, cheat, columns);
                }
            }
        }
        self.sum(cheat, columns);
    }

    fn write(&self, cheat: &Cheat, columns: &mut Columns, (column, row): (usize, usize), value: Fr) {
        if cheat.stale.contains(&column) {
            return;
        }
        columns.advice[column][row] = cheat.overrides.get(&(column, row)).copied().unwrap_or(value);
    }

    fn offset(&self, bank: Bank, position: usize, row: usize) -> Fr {
        let column = self.strips().fixed.offsets.get(&(bank, position));
        integer(
            column
                .and_then(|c| self.frame().fixed_values[*c].values.get(row))
                .copied()
                .unwrap_or(0),
        )
    }

    fn accumulator(&self, index: usize, cheat: &Cheat, columns: &mut Columns) {
        let (all, column) = (
            &self.strips().accumulators,
            self.strips().advice.accumulators[index],
        );
        let rows = &all.columns[index];
        for row in 0..self.frame().usable {
            let row_use = rows.get(row).copied().unwrap_or_default();
            let mut value = Fr::from(0);
            if let (Some(step), Some(before)) = (row_use.step, row.checked_sub(1)) {
                value = self.steps[step as usize] * columns.advice[column][before];
            }
            if let Some(index) = row_use.pattern {
                let pattern = &all.patterns[index as usize];
                let cell = |lane: usize, position: usize| {
                    let place = self.place(pattern.bank, lane, row);
                    let known = match place {
                        Place::Instance(column, row) => columns.instance[column].get(row).copied(),
                        place => Some(columns.get(place)),
                    };
                    known.unwrap_or_default() + self.offset(pattern.bank, position, row)
                };
                for (lane, coefficient) in &self.patterns[index as usize] {
                    value += *coefficient
                        * if pattern.product {
                            cell(*lane, 0) * cell(lane + 1, 1)
                        } else {
                            cell(*lane, pattern.offset)
                        };
                }
            }
            self.write(cheat, columns, (column, row), value);
        }
    }

    fn dot(&self, cheat: &Cheat, columns: &mut Columns) {
        let Some([v, f, t]) = self.strips().advice.dot else {
            return;
        };
        let rho = self.setting.challenges[0];
        let operands: &[usize] = &self.strips().advice.lanes[&Bank::Operand];
        let pitch = power(rho, self.strips().dots.pitch);
        let of = |atom: Atom, columns: &Columns| match atom {
            Atom::Evaluation { index, row } => columns.advice[self.strips().advice.accumulators[index]][row],
            Atom::Total { row } => columns.advice[t][row],
            #[allow(unreachable_patterns, reason = "sections of their own may add atoms")]
            _ => Fr::from(0),
        };
        for row in 0..self.frame().usable {
            let Some(dot) = self.strips().dots.rows.get(row) else {
                [v, f, t]
                    .into_iter()
                    .for_each(|c| self.write(cheat, columns, (c, row), Fr::from(0)));
                continue;
            };
            let before = |columns: &Columns, column: usize| match row {
                0 => Fr::from(0),
                _ => columns.advice[column][row - 1],
            };
            let mut value = self.weights[row];
            if let Some(step) = dot.step {
                let base = if step.base == Base::Rho {
                    rho
                } else {
                    self.setting.challenges[1]
                };
                value += power(base, step.power) * before(columns, v);
            }
            if let Some(atom) = dot.v_from {
                value = of(atom, columns);
            }
            self.write(cheat, columns, (v, row), value);
            let value = dot.f_from.map_or(Fr::from(0), |atom| of(atom, columns));
            self.write(cheat, columns, (f, row), value);
            let (value, factor) = (columns.advice[v][row], columns.advice[f][row]);
            let over_images = |of: &dyn Fn(usize) -> Fr| {
                let sum = |sum, image| sum * pitch + of(image);
                (0..dot.images).rev().fold(Fr::from(0), sum)
            };
            let mut total = over_images(&|_| integer(dot.v)) * value + integer(dot.f) * factor;
            total += match dot.product {
                Multiplier::None => Fr::from(0),
                Multiplier::Operand => value * over_images(&|image| columns.advice[operands[image]][row]),
                Multiplier::Factor => value * factor,
            };
            if dot.keep {
                total += before(columns, t);
            }
            if dot.horner {
                total += rho * before(columns, t);
            }
            self.write(cheat, columns, (t, row), total);
        }
    }

    /// The helpers of one row: what the lookups' gates ask for, whether the entries exist or not.
    fn helpers(&self, row: usize, cheat: &Cheat, columns: &mut Columns) {
        let beta = self.setting.challenges[2];
        for (bank, helpers) in &self.strips().advice.helpers {
            let stride = if *bank == Bank::Pair { 2 } else { 1 };
            let lanes: Vec<usize> = (0..self.strips().advice.lanes[bank].len())
                .step_by(stride)
                .collect();
            for (helper, group) in helpers.iter().zip(lanes.chunks(LOOKUPS_PER_HELPER)) {
                let term = |lane: &usize| {
                    let entry = self.entry(columns, *bank, row, *lane);
                    match self.positions.get(&entry) {
                        Some(position) => self.inverses[*position],
                        None => inverse(beta - entry),
                    }
                };
                let value = group.iter().map(term).fold(Fr::from(0), |a, b| a + b);
                self.write(cheat, columns, (*helper, row), value);
            }
        }
    }

    fn table_helper(&self, table: usize, row: usize, cheat: &Cheat, columns: &mut Columns) {
        let advice = &self.strips().advice;
        let sets = advice
            .multiplicities
            .iter()
            .enumerate()
            .skip(table * LOOKUPS_PER_HELPER);
        let null = Fr::from(1) / self.setting.challenges[2];
        let value = sets
            .take(LOOKUPS_PER_HELPER)
            .fold(Fr::from(0), |sum, (set, column)| {
                // Behind the table's end the fixed columns are zero: null entries.
                let inverse = self
                    .inverses
                    .get(set * self.frame().usable + row)
                    .copied()
                    .unwrap_or(null);
                sum + columns.advice[*column][row] * inverse
            });
        self.write(cheat, columns, (advice.table_helpers[table], row), value);
    }

    fn sum(&self, cheat: &Cheat, columns: &mut Columns) {
        let advice = &self.strips().advice;
        let Some(sum) = advice.sum else { return };
        let mut running = Fr::from(0);
        for row in 0..self.frame().usable {
            for helper in advice.helpers.values().flatten() {
                running += columns.advice[*helper][row];
            }
            for helper in &advice.table_helpers {
                running -= columns.advice[*helper][row];
            }
            self.write(cheat, columns, (sum, row), running);
            running = columns.advice[sum][row];
        }
    }
}

/// Per dot row, the weights at ρ.
fn weights(setting: &Setting, rho: Fr) -> Vec<Fr> {
    let layout = setting.plan.layout().strips().unwrap();
    let Some(columns) = &layout.fixed.dot else {
        return vec![Fr::from(0); layout.dots.rows.len()];
    };
    let of = |(row, dot): (usize, &hallmark_circuits::internals::dot::DotRow)| {
        let weighted = dot.weights.is_some();
        let lanes = columns.lanes.iter().rev().filter(|_| weighted);
        lanes.fold(Fr::from(0), |sum, column| {
            sum * rho + integer(layout.frame.fixed_values[*column].values[row] - layout.weight_offset)
        })
    };
    layout.dots.rows.iter().enumerate().map(of).collect()
}
