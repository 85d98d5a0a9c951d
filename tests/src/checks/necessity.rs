//! Every constraint is needed: for each one there is a forgery that no other constraint rejects.
//!
//! This is computed from the sets of constraints that reject each forgery, by name and for every circuit on its own: were a
//! constraint left out, one of the forgeries here would be accepted.

use super::executions::another_trace;
use crate::attacks::{ArgMax, add, all_of, by_another_model, groups, public, raise};
use crate::cheater::inverse;
use crate::forger::{Cheat, Forger, Place, Rejection, power};
use crate::mutation::{elements, padding, place_of};
use crate::setting::{Setting, arbitrary};
use crate::suite::{Case, Suite};
use hallmark_circuits::internals::block::{Bank, Block};
use hallmark_circuits::internals::dot::Multiplier;
use hallmark_model::TensorId;
use hallmark_model::ops::integer::{Lookup, MaxPool};
use hallmark_verifier::{Fr, integer};
use std::collections::BTreeSet;

/// Constraints that others imply, with the reason.
const IMPLIED: &[(&str, &str)] = &[
    // The first bit of a sequence is one, from row to row it falls by zero or one, and its range check keeps it from
    // falling below zero: it cannot be anything but a bit. Kept because it is cheap and makes the other two readable.
    ("arg-max Any", "bit"),
];

/// What is the only one to reject some forgery.
struct Needed<'a, 'f> {
    forger: &'f Forger<'a>,
    names: BTreeSet<Rejection>,
}

impl Needed<'_, '_> {
    fn note(&mut self, cheat: &Cheat) {
        let rejections = self.forger.try_out(cheat);
        if rejections.len() == 1 {
            self.names.extend(rejections);
        }
    }

    /// One stored cell changed; everything recomputed, or all but one of the columns that depend on it.
    fn stored_cells(&mut self) {
        let late = &self.forger.strips().advice;
        for (index, element) in elements(self.forger).into_iter().enumerate() {
            let old = self.forger.honest.get(element.place);
            for new in [old + integer(1), old - integer(1), arbitrary(index as u64)] {
                let plain = Cheat::with([(element.place, new)]);
                self.note(&plain);
                let readers = self
                    .forger
                    .readers(element.place)
                    .iter()
                    .map(|i| late.accumulators[*i]);
                readers
                    .chain(late.dot.into_iter().flatten())
                    .for_each(|c| self.note(&plain.clone().stale(c)));
            }
        }
    }

    /// Unused lanes: values outside the table, and products that are not zero.
    fn unused_lanes(&mut self) {
        let late = &self.forger.strips().advice;
        let all = padding(self.forger);
        for place in &all {
            let outside = Cheat::with([(*place, integer(-1))]);
            self.note(&outside);
            late.sum
                .into_iter()
                .for_each(|c| self.note(&outside.clone().stale(c)));
            late.helpers
                .values()
                .flatten()
                .for_each(|c| self.note(&outside.clone().stale(*c)));
        }
        let unused: BTreeSet<Place> = all.into_iter().collect();
        let lanes = &late.lanes[&Bank::Single];
        for row in 0..self.forger.frame().usable {
            for size in 1..=4 {
                for group in lanes.chunks_exact(size) {
                    let places: Vec<Place> = group.iter().map(|c| Place::Advice(*c, row)).collect();
                    if places.iter().all(|place| unused.contains(place)) {
                        self.note(&Cheat::with(places.into_iter().map(|place| (place, integer(1)))));
                    }
                }
            }
        }
    }

    /// Multiplicities with an honest helper; helpers of two rows that differ by opposite amounts.
    fn lookups(&mut self) {
        let late = &self.forger.strips().advice;
        for (set, column) in late.multiplicities.iter().enumerate() {
            let place = Place::Advice(*column, 1);
            let mut cheat = Cheat::default().stale(late.table_helpers[set / 3]);
            add(self.forger, &mut cheat, place, 1);
            self.note(&cheat);
        }
        for column in late.helpers.values().flatten() {
            let of = |row: usize| self.forger.honest.advice[*column][row];
            let one = integer(1);
            self.note(
                &Cheat::default()
                    .set(*column, 2, of(2) + one)
                    .set(*column, 4, of(4) - one),
            );
        }
    }

    /// Weights of two rows that differ so that the sum of products stays the same.
    fn weights(&mut self) {
        let Some([v, f, _]) = self.forger.strips().advice.dot else {
            return;
        };
        let (rows, honest) = (&self.forger.strips().dots.rows, &self.forger.honest);
        let operands = &self.forger.strips().advice.lanes[&Bank::Operand];
        let rho = self.forger.setting.challenges[0];
        let pitch = power(rho, self.forger.strips().dots.pitch);
        let factor = |row: usize| {
            let over_images = |of: &dyn Fn(usize) -> Fr| {
                let sum = |sum, image| sum * pitch + of(image);
                (0..rows[row].images).rev().fold(Fr::from(0), sum)
            };
            let product = match rows[row].product {
                Multiplier::Operand => over_images(&|image| honest.advice[operands[image]][row]),
                Multiplier::Factor => honest.advice[f][row],
                Multiplier::None => Fr::from(0),
            };
            product + over_images(&|_| integer(rows[row].v))
        };
        let ends = |row: usize| rows.get(row + 1).is_none_or(|next| next.step.is_none());
        for first in (0..rows.len()).filter(|r| rows[*r].weights.is_some() && ends(*r)) {
            let same = |row: &usize| rows[*row].keep && !rows[*row].horner;
            for second in (first + 1..rows.len()).take_while(same) {
                if rows[second].weights.is_some() && ends(second) && factor(first) != Fr::from(0) {
                    let (a, b) = (honest.advice[v][first], honest.advice[v][second]);
                    self.note(&Cheat::default().set(v, first, a + factor(second)).set(
                        v,
                        second,
                        b - factor(first),
                    ));
                }
            }
        }
        for node in 0..self.forger.setting.plan.graph().nodes.len() {
            let cheats = [1, -1, 2, -2]
                .into_iter()
                .filter_map(|change| by_another_model(self.forger, node, change));
            cheats.for_each(|cheat| self.note(&cheat));
        }
    }

    /// Cells of accumulators alone, where no stored cell has a single reader.
    fn accumulators(&mut self) {
        for column in &self.forger.strips().advice.accumulators {
            for row in 0..self.forger.frame().usable {
                let mut columns = self.forger.honest.clone();
                columns.advice[*column][row] += integer(1);
                let rejections = self.forger.rejections(&columns);
                if rejections.len() == 1 {
                    self.names.extend(rejections);
                }
            }
        }
    }

    /// Copies of evaluations that differ by amounts which cancel in their equation.
    fn copies(&mut self) {
        let Some([v, f, _]) = self.forger.strips().advice.dot else {
            return;
        };
        let (rows, honest) = (&self.forger.strips().dots.rows, &self.forger.honest);
        let rho = self.forger.setting.challenges[0];
        for first in (0..rows.len()).filter(|r| rows[*r].f_from.is_some()) {
            let effect = |row: usize| {
                let by_product = if rows[row].product == Multiplier::Factor {
                    honest.advice[v][row]
                } else {
                    Fr::from(0)
                };
                by_product + integer(rows[row].f)
            };
            let continues = |row: &usize| rows[*row].keep || rows[*row].horner;
            let mut weight = Fr::from(1);
            for second in (first + 1..rows.len()).take_while(continues) {
                // One multiplication of the total by ρ between them is enough: some products have it before each.
                match rows[second].horner {
                    true if weight == rho => break,
                    true => weight = rho,
                    false => {}
                }
                let by_factor = rows[second].product == Multiplier::Factor && rows[second].v_from.is_some();
                let (a, b) = (honest.advice[f][first], honest.advice[f][second]);
                if rows[second].f_from.is_some() {
                    let cheat = Cheat::default().set(f, first, a + effect(second));
                    self.note(&cheat.set(f, second, b - effect(first) * weight));
                }
                if by_factor && rows[first].v_from.is_some() {
                    let (x, y) = (honest.advice[v][first], honest.advice[v][second]);
                    self.note(
                        &Cheat::default()
                            .set(v, first, x + b)
                            .set(v, second, y - a * weight),
                    );
                }
            }
        }
    }

    /// A public value, and the copied multiplier of a product that is added to nothing, changed so that the equation of both holds.
    fn multipliers(&mut self) {
        let Some([v, ..]) = self.forger.strips().advice.dot else {
            return;
        };
        let (rows, honest) = (&self.forger.strips().dots.rows, &self.forger.honest);
        let continues = |row: usize| rows.get(row).is_some_and(|row| row.keep || row.horner);
        let alone = |row: &usize| {
            let is_copied = rows[*row].product == Multiplier::Factor && rows[*row].v_from.is_some();
            is_copied && !continues(*row) && !continues(row + 1)
        };
        let differences = |cheat: &Cheat| -> Vec<Fr> {
            let columns = self.forger.forge(cheat);
            let value = |(column, row): (usize, usize)| columns.advice[column][row];
            let copies = self.forger.frame().copies.iter();
            copies.map(|(a, b)| value(*a) - value(*b)).collect()
        };
        let is_public = |place: &Place| matches!(place, Place::Instance(..));
        let places = elements(self.forger).into_iter().map(|element| element.place);
        let public: Vec<Place> = places.filter(is_public).collect();
        let mut found = Vec::new();
        for row in (0..rows.len()).filter(alone) {
            for place in &public {
                let plain = Cheat::with([(*place, honest.get(*place) + integer(1))]);
                let with = |change: Fr| plain.clone().set(v, row, honest.advice[v][row] + change);
                let (before, after) = (differences(&plain), differences(&with(integer(1))));
                let mut both = before.iter().zip(&after);
                let moved = both.find(|(before, after)| **before != Fr::from(0) && before != after);
                found.extend(moved.map(|(before, after)| with(*before * inverse(*before - *after))));
            }
        }
        found.iter().for_each(|cheat| self.note(cheat));
    }

    /// Another execution under one of this one's public tensors; and this one up to some node, the other from there on.
    fn mixtures(&mut self, case: &Case) {
        let setting = &self.forger.setting;
        let Some(trace) = another_trace(case) else { return };
        let other = Setting::of_plan(case.name, setting.plan.clone(), trace.into());
        let everything = all_of(self.forger, &Forger::new(&other).honest);
        let blocks = &self.forger.frame().blocks;
        let mut mix = |stays: &dyn Fn(&Block) -> bool| {
            let mut cheat = everything.clone();
            for element in elements(self.forger) {
                if stays(&blocks[element.block]) {
                    cheat.changes.remove(&element.place);
                }
            }
            self.note(&cheat);
        };
        for entry in &setting.plan.statement().entries {
            mix(&|block| block.bank == Bank::Instance && block.name == entry.name);
        }
        let outputs: BTreeSet<&str> = setting
            .plan
            .graph()
            .outputs
            .iter()
            .map(|id| name(setting, *id))
            .collect();
        for node in 1..setting.plan.graph().nodes.len() {
            mix(&|block| match block.bank {
                Bank::Instance => !outputs.contains(block.name.as_str()),
                _ => block.node < Some(node),
            });
        }
    }

    /// ReLU: both parts one more. Pools: a maximum that nothing attains.
    fn products(&mut self) {
        let forger = self.forger;
        for node in &forger.setting.plan.graph().nodes {
            let tensors = &forger.setting.plan.graph().tensors;
            let (input, output) = (&tensors[node.inputs[0].0].name, &tensors[node.output().0].name);
            match &node.op {
                hallmark_model::QOp::Lookup(Lookup { function, .. }) if function == "relu" => {
                    let split = forger
                        .frame()
                        .blocks
                        .iter()
                        .find(|b| b.name == *input && b.stride == 2);
                    let Some(split) = split else { continue };
                    for element in 0..split.slot_of.len() as u32 {
                        let mut cheat = Cheat::default();
                        let parts = [0, 1].map(|field| place_of(forger, split, element, field));
                        parts
                            .into_iter()
                            .chain(public(forger, output, element))
                            .for_each(|p| add(forger, &mut cheat, p, 1));
                        self.note(&cheat);
                    }
                }
                hallmark_model::QOp::MaxPool(MaxPool { window }) => {
                    let Some(stored) = forger
                        .frame()
                        .blocks
                        .iter()
                        .find(|b| b.name == *output && b.bank == Bank::Single)
                    else {
                        continue;
                    };
                    for element in 0..stored.slot_of.len() {
                        let top: Vec<Place> = [
                            Some(place_of(forger, stored, element as u32, 0)),
                            public(forger, output, element as u32),
                        ]
                        .into_iter()
                        .flatten()
                        .collect();
                        let groups = groups(forger, input, window.kernel().iter().product(), element);
                        (0..groups.len()).for_each(|g| self.note(&raise(forger, &groups, g, &top)));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The name of a tensor.
fn name(setting: &Setting, tensor: TensorId) -> &str {
    &setting.plan.graph().tensors[tensor.0].name
}

/// The constraints of a case that nothing here needs, and those that something needs.
fn examine(case: Case) -> (BTreeSet<Rejection>, BTreeSet<Rejection>) {
    let claims = case.name == "arg-max, claims";
    let setting = Setting::new(&case);
    let forger = Forger::new(&setting);
    let mut needed = Needed {
        forger: &forger,
        names: BTreeSet::new(),
    };
    needed.stored_cells();
    needed.unused_lanes();
    needed.lookups();
    needed.weights();
    needed.copies();
    needed.multipliers();
    needed.products();
    needed.accumulators();
    needed.mixtures(&case);
    if claims {
        ArgMax::of_claims(&forger)
            .wrong()
            .iter()
            .for_each(|(_, cheat, _)| needed.note(cheat));
    }
    let missing = forger.constraints().difference(&needed.names).cloned().collect();
    (missing, needed.names)
}

/// Whether a constraint is of a gate over lanes. The same lanes carry different blocks in different cases, so such a
/// constraint has to be needed in one of them.
fn over_lanes(name: &Rejection) -> bool {
    let over = |gate: &String| {
        gate.starts_with("one part") || gate.starts_with("a maximum") || gate.starts_with("arg-max")
    };
    matches!(name, Rejection::Constraint(gate, _) if over(gate))
}

/// All constraints of all cases.
pub fn check(suite: &Suite) {
    let (mut unneeded, mut needed) = (BTreeSet::new(), BTreeSet::new());
    for make in suite.cases.iter().chain(suite.necessity_with) {
        let case = make();
        let name = case.name;
        let (missing, found) = examine(case);
        needed.extend(found);
        unneeded.extend(missing.into_iter().map(|r| (r, name)));
    }
    let implied = |r: &Rejection| {
        IMPLIED
            .iter()
            .any(|(gate, name)| *r == Rejection::named(gate, name))
    };
    let elsewhere = |r: &Rejection| over_lanes(r) && needed.contains(r);
    unneeded.retain(|(r, _)| !implied(r) && !elsewhere(r));
    assert!(
        unneeded.is_empty(),
        "no forgery is rejected by these alone: {unneeded:#?}"
    );
}
