//! Stored cells and public values of false statements, whose lookups are in their tables.

use hallmark_circuits::internals::block::{Bank, Block};
use hallmark_circuits::internals::machine::MACHINE;
use hallmark_tests::cheater::{Broken, Cheater, inverse};
use hallmark_tests::forger::{Cheat, Forger};
use hallmark_tests::mutation::elements;
use hallmark_verifier::{Fr, integer};
use std::collections::BTreeMap;

/// Rows of the two cells of an equality between results; other equalities do not occur here.
pub type Equality = (usize, usize);

/// What a cheating prover claims.
#[derive(Clone)]
pub struct Lie {
    pub cells: Vec<Fr>,
    pub instance: Vec<Fr>,
}

impl Lie {
    pub fn none(cheater: &Cheater<'_>) -> Self {
        Self {
            cells: cheater.cells.clone(),
            instance: cheater.instance.clone(),
        }
    }

    /// What rejects it when everything that follows from it is computed.
    pub fn broken(&self, cheater: &Cheater<'_>) -> Vec<Broken> {
        let column = cheater.machine(&self.cells, &self.instance);
        cheater.broken(&self.cells, &column, &self.instance)
    }

    /// By how much the results of all equalities that it breaks differ; none if anything else is broken.
    fn differences(&self, cheater: &Cheater<'_>) -> Option<BTreeMap<Equality, Fr>> {
        let column = cheater.machine(&self.cells, &self.instance);
        let broken = cheater.broken(&self.cells, &column, &self.instance);
        let difference = |broken: &Broken| match broken {
            Broken::Copy((MACHINE, a), (MACHINE, b)) if *a < 3 * cheater.arranged.height => {
                Some(((*a, *b), column[*a] - column[*b]))
            }
            _ => None,
        };
        broken.iter().map(difference).collect()
    }
}

/// For every equality that can be broken alone by what is tried here, a lie that only this equality rejects.
///
/// Tried are: another public value; another stored cell, and public values that make up for it in other equalities.
pub fn by_equality(cheater: &Cheater<'_>) -> BTreeMap<Equality, Lie> {
    let honest = Lie::none(cheater);
    let (mut found, mut public) = (BTreeMap::new(), BTreeMap::new());
    // The nonce, in front, is bound by the transcript alone.
    for row in 2..honest.instance.len() {
        let mut lie = honest.clone();
        lie.instance[row] += integer(1);
        let differences = lie.differences(cheater).unwrap_or_default();
        if let [(equality, effect)] = differences.into_iter().collect::<Vec<_>>()[..] {
            public.insert(equality, (row, effect));
            found.insert(equality, lie);
        }
    }
    for (index, block) in cheater.setting.plan.frame().blocks.iter().enumerate() {
        if block.bank == Bank::Instance {
            continue;
        }
        for element in 0..block.slot_of.len() as u32 {
            for (field, change) in (0..block.fills.len() as u32).flat_map(|f| [(f, 1), (f, -1)]) {
                let mut lie = honest.clone();
                if !cheater.change(&mut lie.cells, (index, element, field), integer(change)) {
                    continue;
                }
                let Some(mut differences) = lie.differences(cheater) else {
                    continue;
                };
                for (equality, (row, effect)) in &public {
                    if differences.len() > 1
                        && let Some(difference) = differences.remove(equality)
                    {
                        lie.instance[*row] -= difference * inverse(*effect);
                    }
                }
                if let Some((equality, _)) = differences.pop_first()
                    && differences.is_empty()
                    && matches!(lie.broken(cheater).as_slice(), [Broken::Copy(..)])
                {
                    found.entry(equality).or_insert(lie);
                }
            }
        }
    }
    found
}

/// A forgery of the layout for fast proofs in this one: the same changes to elements of the blocks of the same name.
pub fn translated(cheater: &Cheater<'_>, forger: &Forger<'_>, cheat: &Cheat) -> Lie {
    let theirs = &forger.frame().blocks;
    let ours = &cheater.setting.plan.frame().blocks;
    let numbered = |blocks: &[Block], index: usize| {
        let same = |b: &&Block| b.name == blocks[index].name && b.bank == blocks[index].bank;
        blocks[..index].iter().filter(same).count()
    };
    let mut lie = Lie::none(cheater);
    for element in elements(forger) {
        let Some(value) = cheat.changes.get(&element.place) else {
            continue;
        };
        let block = &theirs[element.block];
        let same = |(_, b): &(usize, &Block)| b.name == block.name && b.bank == block.bank;
        let (index, found) = ours
            .iter()
            .enumerate()
            .filter(same)
            .nth(numbered(theirs, element.block))
            .unwrap();
        if block.bank == Bank::Instance {
            lie.instance[found.circuit_row(found.place(element.element, 0).0)] = *value;
            continue;
        }
        let place = (index, element.element, element.field);
        let change = *value - lie.cells[cheater.arranged.cell(index, element.element, element.field)];
        cheater.change(&mut lie.cells, place, change);
    }
    lie
}
