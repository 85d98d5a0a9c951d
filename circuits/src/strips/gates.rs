//! Gates of strips.

use super::{columns::LOOKUPS_PER_HELPER, layout::Strips, sponge_gates};
use crate::{
    block::Bank,
    columns::Columns,
    evaluations::accumulator::Pattern,
    functional::{Base, Step},
    gate::{Constraint, LaneCell, Linear},
    polynomial::Polynomial,
    scalar::{Fr, field},
};
use halo2_proofs::{halo2curves::ff::Field, plonk::ConstraintSystem};
use std::{cmp::Reverse, collections::HashMap};

/// Degree of the constraint system: a selector times a helper times three lookups.
pub(crate) const DEGREE: usize = 5;

/// Summands that are added up one after the other. halo2 goes through all before anew for each further one when it puts a key together,
/// and for hundreds that takes longer than all else: more are added up by halves.
const LONGEST_SUM: usize = 32;

/// Lanes of a pattern that are added up by Horner's rule in one chain, for the same reason.
const LONGEST_CHAIN: usize = 128;

impl Strips {
    pub(crate) fn create_gates(&self, meta: &mut ConstraintSystem<Fr>, columns: &Columns) {
        let gates = Gates {
            columns,
            layout: self,
        };
        gates.accumulators(meta);
        gates.dot(meta);
        gates.lookups(meta);
        gates.lanes(meta);
        sponge_gates::create(meta, columns, self);
    }
}

/// Writes the gates.
struct Gates<'a> {
    columns: &'a Columns,
    layout: &'a Strips,
}

type Expr = Polynomial;

impl Gates<'_> {
    fn advice(&self, column: usize, rotation: i32) -> Expr {
        self.columns.advice[column].rot(rotation).into()
    }

    fn fixed(&self, column: usize) -> Expr {
        self.columns.fixed[column].cur().into()
    }

    fn fixed_or_zero(&self, column: Option<usize>) -> Option<Expr> {
        column.map(|c| self.fixed(c))
    }

    fn lane(&self, bank: Bank, lane: usize) -> Expr {
        match bank {
            Bank::Instance => self.columns.instance[lane].cur().into(),
            _ => self.advice(self.layout.advice.lanes[&bank][lane], 0),
        }
    }

    /// A cell of [`Bank::Single`], its lane counted from `first`.
    fn cell(&self, first: usize, cell: LaneCell) -> Expr {
        let column = self.layout.advice.lanes[&Bank::Single][first + cell.lane];
        self.advice(column, cell.ahead as i32)
    }

    /// `base^power` as an expression.
    fn power(&self, base: Base, power: u32) -> Expr {
        match base {
            Base::Rho => pow(&Expr::from(self.columns.rho.expr()), power),
            Base::Sigma => pow(&Expr::from(self.columns.sigma.expr()), power),
            Base::TwoPower(bits) => Expr::constant(Fr::from(2).pow([u64::from(bits) * u64::from(power)])),
        }
    }

    /// `Σ selector·base^power` over steps, each selected by a fixed column; none if there are none.
    ///
    /// By Horner's rule for each base: an expression is a tree, in which a power has as many leaves as it is great.
    fn factor(&self, mut steps: Vec<(Step, usize)>) -> Option<Expr> {
        steps.sort_by_key(|(step, selector)| (step.base, Reverse(step.power), *selector));
        let by_base = steps.chunk_by(|(a, _), (b, _)| a.base == b.base);
        let of_base = |steps: &[(Step, usize)]| {
            let (first, others) = steps.split_first()?;
            let start = (self.fixed(first.1), first.0);
            let (sum, last) = others.iter().fold(start, |(sum, above), (step, selector)| {
                let raised = self.raised(sum, step.base, above.power - step.power);
                (raised + self.fixed(*selector), *step)
            });
            Some(self.raised(sum, last.base, last.power))
        };
        by_base.filter_map(of_base).reduce(|a, b| a + b)
    }

    /// `value·base^power`.
    fn raised(&self, value: Expr, base: Base, power: u32) -> Expr {
        match power {
            0 => value,
            _ => value * self.power(base, power),
        }
    }

    /// `E = Σ step·E_prev + Σ pattern`, for every accumulator. Unused rows are zero, except the unusable ones.
    fn accumulators(&self, meta: &mut ConstraintSystem<Fr>) {
        let all = &self.layout.accumulators;
        for (index, column) in self.layout.advice.accumulators.iter().enumerate() {
            let mut sum = self.fixed(self.layout.fixed.usable) * self.advice(*column, 0);
            let steps = self.layout.fixed.steps[index].iter();
            let steps = steps.map(|(step, selector)| (all.steps[*step as usize], *selector));
            if let Some(factor) = self.factor(steps.collect()) {
                sum = sum - factor * self.advice(*column, -1);
            }
            let patterns = self.layout.fixed.patterns[index].iter();
            let patterns: Vec<Expr> = patterns
                .map(|(pattern, selector)| {
                    self.fixed(*selector) * self.pattern(&all.patterns[*pattern as usize])
                })
                .collect();
            sum = match patterns.len() {
                ..=LONGEST_SUM => patterns.into_iter().fold(sum, |sum, pattern| sum - pattern),
                _ => sum - total(patterns),
            };
            meta.create_gate(format!("accumulator {index}"), |_| {
                vec![("evaluation", sum.into())]
            });
        }
    }

    /// `Σ_lanes (Σ monomials)·(cell + offset)`, by Horner's rule for each power of ρ.
    fn pattern(&self, pattern: &Pattern) -> Expr {
        let offset = |position: usize| {
            self.layout
                .fixed
                .offsets
                .get(&(pattern.bank, position))
                .map(|c| self.fixed(*c))
        };
        let cell = |lane: u32, position: usize| {
            let cell = self.lane(pattern.bank, lane as usize);
            offset(position).map_or(cell.clone(), |o| cell + o)
        };
        let mut by_rho: HashMap<u32, Vec<(u32, Expr)>> = HashMap::new();
        for (lane, monomials) in &pattern.lanes {
            let value = if pattern.product {
                cell(*lane, 0) * cell(*lane + 1, 1)
            } else {
                cell(*lane, pattern.offset)
            };
            for (power, rho) in monomials {
                by_rho.entry(*rho).or_default().push((*power, value.clone()));
            }
        }
        let mut by_rho: Vec<_> = by_rho.into_iter().collect();
        by_rho.sort_by_key(|(rho, _)| *rho);
        let horner = |mut terms: Vec<(u32, Expr)>| {
            terms.sort_by_key(|(power, _)| Reverse(*power));
            let longest = match terms.len() {
                ..=LONGEST_CHAIN => LONGEST_CHAIN,
                _ => LONGEST_SUM,
            };
            let (sum, last) = self.by_horner(terms, pattern.base, longest);
            self.raised(sum, pattern.base, last)
        };
        let summands = by_rho.into_iter().map(|(rho, terms)| match rho {
            0 => horner(terms),
            _ => horner(terms) * self.power(Base::Rho, rho),
        });
        total(summands.collect())
    }

    /// `Σ base^(power − last)·value` of terms in descending order of their powers, the last of which is `last`. More than `longest` of them
    /// are halved.
    fn by_horner(&self, mut terms: Vec<(u32, Expr)>, base: Base, longest: usize) -> (Expr, u32) {
        if terms.len() > longest {
            let (lower, last) = self.by_horner(terms.split_off(terms.len() / 2), base, longest);
            let (upper, high) = self.by_horner(terms, base, longest);
            return (self.raised(upper, base, high - last) + lower, last);
        }
        let mut terms = terms.into_iter();
        let (last, first) = terms.next().unwrap_or((0, Expr::constant(Fr::ZERO)));
        terms.fold((first, last), |(sum, high), (power, value)| {
            (self.raised(sum, base, high - power) + value, power)
        })
    }

    /// The weight accumulator and the running total; see [`crate::dot`].
    fn dot(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some([v, f, t]), Some(fixed)) = (self.layout.advice.dot, self.layout.fixed.dot.as_ref()) else {
            return;
        };
        if let Some(weighted) = self.fixed_or_zero(fixed.weighted) {
            let offset = Expr::constant(field(self.layout.weight_offset));
            let mut lanes = fixed.lanes.iter().rev().map(|c| self.fixed(*c) - offset.clone());
            let first = lanes.next().unwrap_or(Expr::constant(Fr::ZERO));
            let weights = lanes.fold(first, |sum, lane| {
                sum * Expr::from(self.columns.rho.expr()) + lane
            });
            let mut sum = weighted * (self.advice(v, 0) - weights);
            if let Some(factor) = self.factor(fixed.steps.clone()) {
                sum = sum - factor * self.advice(v, -1);
            }
            meta.create_gate("weight accumulator", |_| vec![("evaluation", sum.into())]);
        }
        let mut sum = self.fixed(self.layout.fixed.usable) * self.advice(t, 0);
        let factors = [
            (fixed.keep, self.advice(t, -1)),
            (
                fixed.horner,
                Expr::from(self.columns.rho.expr()) * self.advice(t, -1),
            ),
            (fixed.by_factor, self.advice(v, 0) * self.advice(f, 0)),
            (fixed.v, self.advice(v, 0)),
            (fixed.f, self.advice(f, 0)),
        ];
        for (selector, value) in factors {
            if let Some(selector) = self.fixed_or_zero(selector) {
                sum = sum - selector * value;
            }
        }
        if let Some(selector) = self.fixed_or_zero(fixed.by_operand) {
            sum = sum - selector * self.advice(v, 0) * self.lane(Bank::Operand, 0);
        }
        for several in &fixed.several {
            let (one, v) = (Expr::constant(Fr::ONE), self.advice(v, 0));
            if let Some(selector) = self.fixed_or_zero(several.v) {
                sum = sum - selector * v.clone() * self.over_images((0..several.images).map(|_| one.clone()));
            }
            if let Some(selector) = self.fixed_or_zero(several.by_operand) {
                let operands = (0..several.images).map(|image| self.lane(Bank::Operand, image));
                sum = sum - selector * v * self.over_images(operands);
            }
        }
        meta.create_gate("running total", |_| vec![("sum", sum.into())]);
    }

    /// `Σ_i ρ^(i·pitch)·values_i`.
    fn over_images(&self, values: impl DoubleEndedIterator<Item = Expr>) -> Expr {
        let pitch = self.power(Base::Rho, self.layout.dots.pitch);
        values
            .rev()
            .reduce(|sum, value| sum * pitch.clone() + value)
            .unwrap_or(Expr::constant(Fr::ZERO))
    }

    /// logUp: helpers of cells and tables, and their running sum.
    fn lookups(&self, meta: &mut ConstraintSystem<Fr>) {
        let (Some(sum), Some(not_first)) = (self.layout.advice.sum, self.layout.fixed.not_first) else {
            return;
        };
        let usable = || self.fixed(self.layout.fixed.usable);
        let mut change = self.advice(sum, 0);
        for (bank, helpers) in &self.layout.advice.helpers {
            let lookups = self.lookup_inputs(*bank);
            for (i, (helper, group)) in helpers.iter().zip(lookups.chunks(LOOKUPS_PER_HELPER)).enumerate() {
                let ones = vec![Expr::constant(Fr::ONE); group.len()];
                let gate = usable() * fraction(self.advice(*helper, 0), group, &ones);
                meta.create_gate(format!("{bank:?} lookup {i}"), |_| vec![("helper", gate.into())]);
                change = change - self.advice(*helper, 0);
            }
        }
        let tables = self.table_inputs();
        let counts: Vec<Expr> = self
            .layout
            .advice
            .multiplicities
            .iter()
            .map(|m| self.advice(*m, 0))
            .collect();
        let groups = tables
            .chunks(LOOKUPS_PER_HELPER)
            .zip(counts.chunks(LOOKUPS_PER_HELPER));
        for (i, (helper, (group, counts))) in self.layout.advice.table_helpers.iter().zip(groups).enumerate()
        {
            let gate = usable() * fraction(self.advice(*helper, 0), group, counts);
            meta.create_gate(format!("table {i}"), |_| vec![("helper", gate.into())]);
            change = change + self.advice(*helper, 0);
        }
        let step = usable() * change - self.fixed(not_first) * self.advice(sum, -1);
        let next = Expr::from(self.columns.fixed[not_first].next());
        let end = (usable() - next) * self.advice(sum, 0);
        meta.create_gate("lookup sum", |_| {
            vec![("step", step.into()), ("ends at zero", end.into())]
        });
    }

    fn compressed(&self, x: Expr, tag: Expr, y: Option<Expr>) -> Expr {
        let y = y.map(Into::into);
        self.columns.compressed(x.into(), tag.into(), y).into()
    }

    /// `β − (x + γ·tag + γ²·y)` of every lookup of a bank.
    fn lookup_inputs(&self, bank: Bank) -> Vec<Expr> {
        let lanes = self.layout.advice.lanes[&bank].len();
        let Some(tag) = self.layout.fixed.tags.get(&bank) else {
            return Vec::new();
        };
        let stride = if bank == Bank::Pair { 2 } else { 1 };
        let lookup = |lane: usize| {
            let y = (bank == Bank::Pair).then(|| self.lane(bank, lane + 1));
            self.compressed(self.lane(bank, lane), self.fixed(*tag), y)
        };
        (0..lanes).step_by(stride).map(lookup).collect()
    }

    fn table_inputs(&self) -> Vec<Expr> {
        let table = |(x, tag, y): &(usize, usize, Option<usize>)| {
            self.compressed(self.fixed(*x), self.fixed(*tag), self.fixed_or_zero(*y))
        };
        self.layout.fixed.tables.iter().map(table).collect()
    }

    /// Gates over the lanes of [`Bank::Single`].
    fn lanes(&self, meta: &mut ConstraintSystem<Fr>) {
        let lanes = self.layout.advice.lanes.get(&Bank::Single).map_or(0, Vec::len);
        for (gate, selector) in &self.layout.fixed.gates {
            let selector = self.fixed(*selector);
            let (groups, size) = gate.groups(lanes);
            let constraints = (0..groups).flat_map(|group| {
                let one = |constraint: &Constraint| {
                    let value = polynomial(&constraint.products, &|cell| self.cell(group * size, cell));
                    (constraint.name_in(group, size), (selector.clone() * value).into())
                };
                gate.constraints.iter().map(one).collect::<Vec<_>>()
            });
            meta.create_gate(gate.name.clone(), |_| constraints.collect::<Vec<_>>());
        }
    }
}

/// A sum of products of linear forms in cells.
fn polynomial(products: &[Vec<Linear>], cell: &dyn Fn(LaneCell) -> Expr) -> Expr {
    let product = |factors: &Vec<Linear>| {
        let factors = factors.iter().map(|factor| linear(factor, cell));
        factors.reduce(|a, b| a * b).unwrap_or(Expr::constant(Fr::ONE))
    };
    total(products.iter().map(product).collect())
}

fn linear(form: &Linear, cell: &dyn Fn(LaneCell) -> Expr) -> Expr {
    let constant = (form.constant != 0).then(|| Expr::constant(field(form.constant)));
    let sum = form.terms.iter().fold(constant, |sum, (coefficient, at)| {
        let value = cell(*at);
        Some(match (sum, coefficient) {
            (None, 1) => value,
            (None, other) => value * field(*other),
            (Some(sum), 1) => sum + value,
            (Some(sum), -1) => sum - value,
            (Some(sum), other) => sum + value * field(*other),
        })
    });
    sum.unwrap_or(Expr::constant(Fr::ZERO))
}

/// `helper·Π f_i − Σ_i counts_i Π_{j≠i} f_j`: the helper is `Σ counts_i / f_i`.
fn fraction(helper: Expr, factors: &[Expr], counts: &[Expr]) -> Expr {
    let without = |skip: usize| {
        let others = factors
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != skip)
            .map(|(_, f)| f.clone());
        others.reduce(|a, b| a * b)
    };
    let numerators = counts.iter().enumerate().map(|(i, count)| match without(i) {
        Some(product) => count.clone() * product,
        None => count.clone(),
    });
    let numerator = total(numerators.collect());
    let all = factors
        .iter()
        .cloned()
        .reduce(|a, b| a * b)
        .unwrap_or(Expr::constant(Fr::ONE));
    helper * all - numerator
}

fn total(mut summands: Vec<Expr>) -> Expr {
    if summands.len() > LONGEST_SUM {
        let others = summands.split_off(summands.len() / 2);
        return total(summands) + total(others);
    }
    summands
        .into_iter()
        .reduce(|a, b| a + b)
        .unwrap_or(Expr::constant(Fr::ZERO))
}

fn pow(base: &Expr, power: u32) -> Expr {
    match power {
        0 => Expr::constant(Fr::ONE),
        1 => base.clone(),
        _ => {
            let half = pow(base, power / 2);
            let square = half.clone() * half;
            if power % 2 == 1 {
                square * base.clone()
            } else {
                square
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::random::{Dice, LANES};
    use halo2_proofs::plonk::{Expression, FirstPhase};

    #[test]
    fn a_translated_constraint_has_the_value_of_its_polynomial() {
        let mut meta = ConstraintSystem::<Fr>::default();
        let columns: Vec<_> = (0..LANES).map(|_| meta.advice_column_in(FirstPhase)).collect();
        for seed in 0..500 {
            let mut dice = Dice(seed);
            let constraint = dice.constraint();
            let cells: Vec<i64> = (0..2 * LANES).map(|_| dice.below(4) as i64).collect();
            let value = |lane: usize, ahead: usize| cells[ahead * LANES + lane];
            let expression: Expression<Fr> = polynomial(&constraint.products, &|cell| {
                columns[cell.lane].rot(cell.ahead as i32).into()
            })
            .into();
            let unexpected = || Fr::from(u64::MAX);
            let found = expression.evaluate(
                &|c| c,
                &|_| unexpected(),
                &|_| unexpected(),
                &|q| field(value(q.column_index(), q.rotation().0 as usize)),
                &|_| unexpected(),
                &|_| unexpected(),
                &|a| -a,
                &|a, b| a + b,
                &|a, b| a * b,
                &|a, s| a * s,
            );
            let expected = constraint.value(&|cell| value(cell.lane, cell.ahead));
            assert_eq!(found, field(i64::try_from(expected).unwrap()), "{constraint:?}");
        }
    }
}
