//! Accumulators by their definition, against functionals on the elements.

use super::*;
use crate::block::{Bank, Block, BlockId, Field, Offsets, Rows};
use crate::evaluations::{Evaluation, Evaluations, accumulator::Accumulators, runs::Run};
use crate::expression::Atom;
use crate::functional::{Base, Functional, Step, Term};
use crate::scalar::Fr;
use halo2_proofs::halo2curves::ff::Field as _;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Cells by bank, row and lane; and what is added to them by bank, position and row.
#[derive(Default)]
struct Cells {
    cells: HashMap<(Bank, usize, usize), i64>,
    offsets: HashMap<(Bank, usize, usize), i64>,
}

impl Cells {
    /// A cell with its offset; what no block has is a number that no sum may contain.
    fn get(&self, bank: Bank, offset: usize, row: usize, lane: usize) -> Fr {
        let cell = self.cells.get(&(bank, row, lane)).copied().unwrap_or(1 << 40);
        let offset = self.offsets.get(&(bank, offset, row)).copied().unwrap_or(0);
        crate::scalar::field(cell + offset)
    }
}

struct Challenges {
    rho: Fr,
    sigma: Fr,
}

impl Challenges {
    fn power(&self, base: Base, power: u32) -> Fr {
        match base {
            Base::Rho => self.rho.pow([power.into()]),
            Base::Sigma => self.sigma.pow([power.into()]),
            Base::TwoPower(bits) => Fr::from(2).pow([u64::from(bits * power)]),
        }
    }

    /// All rows of all accumulators.
    fn columns(&self, all: &Accumulators, cells: &Cells) -> Vec<Vec<Fr>> {
        let steps: Vec<Fr> = all
            .steps
            .iter()
            .map(|Step { base, power }| self.power(*base, *power))
            .collect();
        let summand = |pattern: u32, row: usize| -> Fr {
            let pattern = &all.patterns[pattern as usize];
            let lanes = pattern.lanes.iter().map(|(lane, monomials)| {
                let lane = *lane as usize;
                let mut cell = cells.get(pattern.bank, pattern.offset, row, lane);
                if pattern.product {
                    cell *= cells.get(pattern.bank, pattern.offset + 1, row, lane + 1);
                }
                let monomials = monomials.iter();
                let monomials = monomials
                    .map(|(power, rho)| self.power(pattern.base, *power) * self.power(Base::Rho, *rho));
                monomials.sum::<Fr>() * cell
            });
            lanes.sum()
        };
        let column = |rows: &Vec<crate::evaluations::accumulator::RowUse>| {
            let mut value = Fr::ZERO;
            let values = rows.iter().enumerate().map(|(row, used)| {
                let carried = used.step.map_or(Fr::ZERO, |step| steps[step as usize] * value);
                value = carried + used.pattern.map_or(Fr::ZERO, |pattern| summand(pattern, row));
                value
            });
            values.collect()
        };
        all.columns.iter().map(column).collect()
    }
}

/// A block of random numbers in a bank, rows in sequence or with gaps; and the fields of its elements, offsets included.
fn block(dice: &mut Dice, bank: Bank, cells: &mut Cells) -> (Block, Vec<Vec<i64>>) {
    let (arrangement, length) = arrangement(dice);
    let slots_per_row = 1 + dice.below(6);
    let stride = if matches!(bank, Bank::Pair | Bank::Product) {
        2
    } else {
        1
    };
    let (slot_of, height) = arrangement.slots(length, slots_per_row, 1);
    let mut row = dice.below(8);
    let rows = match dice.below(2) {
        0 => Rows::From(row),
        _ => Rows::At(
            (0..height)
                .map(|_| {
                    row += 1 + dice.below(3);
                    row as u32
                })
                .collect(),
        ),
    };
    let block = Block {
        name: "random".to_owned(),
        node: None,
        bank,
        rows,
        slots_per_row,
        stride,
        slot_of,
        height,
        table: None,
        offsets: Offsets::Uniform(vec![0; stride]),
        fills: Vec::new(),
    };
    let mut elements = vec![vec![0; length]; stride];
    for row in 0..height {
        let at = block.circuit_row(row);
        (0..stride).for_each(|field| {
            cells
                .offsets
                .insert((bank, field, at), dice.below(200) as i64 - 100);
        });
    }
    for element in 0..length {
        for (field, values) in elements.iter_mut().enumerate() {
            let (row, lane) = block.place(element as u32, field as u32);
            let at = block.circuit_row(row);
            let cell = dice.below(1000) as i64;
            cells.cells.insert((bank, at, lane), cell);
            values[element] = cell + cells.offsets[&(bank, field, at)];
        }
    }
    (block, elements)
}

/// Terms on some elements, in any order; some of them twice, or none at all.
fn functional(dice: &mut Dice, length: usize) -> Functional {
    let base = [Base::Rho, Base::Sigma, Base::TwoPower(7)][dice.below(3)];
    let kind = dice.below(3);
    let shift = dice.below(3) as u32;
    let mut terms = Vec::new();
    for element in shuffled(dice, length) {
        for _ in 0..[1, 1, 1, 0, 2][dice.below(5)] {
            let power = match kind {
                0 => element + shift,
                1 => 3 * (element / 2) + element % 2,
                _ => dice.below(20) as u32,
            };
            let rho = if base == Base::Sigma {
                dice.below(4) as u32
            } else {
                0
            };
            terms.push(Term { element, power, rho });
        }
    }
    Functional { base, terms }
}

/// Many evaluations of several blocks in shared accumulators: each is its functional's value, whatever else is placed.
#[test]
fn evaluations_are_the_functionals_values() {
    let challenges = Challenges {
        rho: Fr::from(0x1234_5678_9abc).square(),
        sigma: Fr::from(0xfedc_ba98_7654).square(),
    };
    for seed in 0..400 {
        let mut dice = Dice(seed);
        let mut cells = Cells::default();
        let banks = [
            Bank::Single,
            Bank::Pair,
            Bank::Product,
            Bank::Operand,
            Bank::Border,
        ];
        let blocks: Vec<_> = banks.map(|bank| block(&mut dice, bank, &mut cells)).into();
        let mut evaluations = Evaluations::Placed(Accumulators::default());
        let mut found: Vec<(Vec<Atom>, Fr)> = Vec::new();
        for _ in 0..8 {
            let (block, elements) = &blocks[dice.below(blocks.len())];
            let functional = functional(&mut dice, block.slot_of.len());
            let product = block.bank == Bank::Product && dice.below(2) == 0;
            let index = if product {
                0
            } else {
                dice.below(block.stride) as u32
            };
            let value = |term: &Term| {
                let element = term.element as usize;
                let own = match product {
                    true => {
                        crate::scalar::field(elements[0][element])
                            * crate::scalar::field(elements[1][element])
                    }
                    false => crate::scalar::field(elements[index as usize][element]),
                };
                challenges.power(functional.base, term.power) * challenges.power(Base::Rho, term.rho) * own
            };
            let right = functional.terms.iter().map(value).sum();
            let field = Field {
                block: BlockId(0),
                index,
            };
            let evaluation = Evaluation {
                node: None,
                field,
                functional: Arc::new(functional.clone()),
                product,
            };
            let atoms = evaluations.add(block, evaluation);
            assert_eq!(atoms.is_empty(), functional.terms.is_empty(), "seed {seed}");
            found.push((atoms, right));
            if dice.below(4) == 0 {
                found.push((vec![evaluations.zero()], Fr::ZERO));
            }
        }
        let (all, ends) = placed(evaluations);
        let columns = challenges.columns(&all, &cells);
        let mut places = BTreeSet::new();
        for (i, (atoms, right)) in found.iter().enumerate() {
            let value = |atom: &Atom| match end(&ends, atom) {
                Atom::Evaluation { index, row } => {
                    assert!(
                        places.insert((index, row)),
                        "two evaluations in one place, seed {seed}"
                    );
                    columns[index][row]
                }
                Atom::Total { .. } => panic!("a total of no dot product"),
            };
            assert_eq!(
                atoms.iter().map(value).sum::<Fr>(),
                *right,
                "evaluation {i}, seed {seed}"
            );
        }
        accounts(&all);
    }
}

/// All runs in accumulators, where their blocks were stored; and the cell of each one's last row.
fn placed(evaluations: Evaluations) -> (Accumulators, Vec<Atom>) {
    let Evaluations::Placed(mut all) = evaluations else {
        panic!("evaluations without accumulators");
    };
    let firsts: Vec<usize> = all.runs().iter().map(|run| run.first).collect();
    let ends = all.place(&firsts);
    (all, ends)
}

/// The cell of an evaluation.
fn end(ends: &[Atom], atom: &Atom) -> Atom {
    match *atom {
        Atom::Evaluation { index, .. } => ends[index],
        other => other,
    }
}

/// Counts are those of the rows.
fn accounts(all: &Accumulators) {
    let rows = || all.columns.iter().flatten();
    assert_eq!(all.taken(), rows().filter(|row| row.taken).count());
    assert!(rows().all(|row| row.taken || (row.pattern, row.step) == (None, None)));
    let selectors: usize = all
        .columns
        .iter()
        .map(|rows| {
            let patterns: BTreeSet<u32> = rows.iter().filter_map(|row| row.pattern).collect();
            let steps: BTreeSet<u32> = rows.iter().filter_map(|row| row.step).collect();
            patterns.len() + steps.len()
        })
        .sum();
    assert_eq!(all.selectors_used(), selectors);
    let patterns: Vec<_> = all.patterns.iter().map(|pattern| (pattern, ())).collect();
    for (i, (pattern, ())) in patterns.iter().enumerate() {
        assert!(
            !patterns[..i].iter().any(|(other, ())| other == pattern),
            "patterns are distinct"
        );
        assert!(
            pattern.lanes.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "{pattern:?}"
        );
        // A run's last row has its powers as they are, all others have them relative to the lowest.
        let powers = pattern.lanes.iter().flat_map(|(_, monomials)| monomials);
        let lowest = powers.map(|(power, _)| *power).min().unwrap();
        let mut relative = (*pattern).clone();
        let monomials = relative.lanes.iter_mut().flat_map(|(_, all)| all);
        monomials.for_each(|(power, _)| *power -= lowest);
        assert!(
            patterns.iter().any(|(other, ())| **other == relative),
            "{pattern:?}"
        );
    }
}

/// Where powers descend with the rows one run is enough, which ends where power 0 is; a run for every row where they ascend.
#[test]
fn descending_powers_are_one_run() {
    for slots_per_row in 1..9 {
        let mut cells = Cells::default();
        let mut dice = Dice(slots_per_row as u64);
        let (mut block, _) = block(&mut dice, Bank::Single, &mut cells);
        let length = 20;
        block.slots_per_row = slots_per_row;
        (block.slot_of, block.height) = Arrangement::flat(length).slots(length, slots_per_row, 1);
        block.rows = Rows::At((0..block.height as u32).map(|row| 2 * row + 3).collect());
        let height = block.height;
        let compiled = |powers: &dyn Fn(u32) -> u32| {
            let functional = Functional::new(Base::Rho, (0..length as u32).map(|e| (e, powers(e))));
            let mut evaluations = Evaluations::Placed(Accumulators::default());
            let evaluation = Evaluation {
                node: None,
                field: Field {
                    block: BlockId(0),
                    index: 0,
                },
                functional: Arc::new(functional),
                product: false,
            };
            let atoms = evaluations.add(&block, evaluation);
            let (all, ends) = placed(evaluations);
            let atoms: Vec<Atom> = atoms.iter().map(|atom| end(&ends, atom)).collect();
            (atoms, all.taken())
        };
        let (atoms, taken) = compiled(&|element| element);
        // Rows between carry the value.
        assert_eq!((atoms.len(), taken), (1, 2 * height - 1));
        assert_eq!(
            atoms,
            [Atom::Evaluation {
                index: 0,
                row: 3 + 2 * (height - 1)
            }]
        );
        // Up to power 512 the last row takes what is left over on itself; beyond it there is one row more.
        for (left, more) in [(1, 0), (512, 0), (513, 1)] {
            let (atoms, taken) = compiled(&|element| element + left);
            assert_eq!((atoms.len(), taken), (1, 2 * height - 1 + more));
        }
        let (atoms, _) = compiled(&|element| 40 - element);
        assert_eq!(atoms.len(), height);
    }
}

/// What is noted keeps the evaluation as it is, in order; what is counted keeps the number.
#[test]
fn noted_and_counted_evaluations() {
    let mut dice = Dice(1);
    let (block, _) = block(&mut dice, Bank::Single, &mut Cells::default());
    let functional = Arc::new(Functional::flat(block.slot_of.len()));
    let evaluation = |node| Evaluation {
        node: Some(node),
        field: Field {
            block: BlockId(4),
            index: 0,
        },
        functional: Arc::clone(&functional),
        product: node == 1,
    };
    let mut noted = Evaluations::Noted(Vec::new());
    let mut counted = Evaluations::Counted(0);
    for node in 0..3 {
        let right = [Atom::Evaluation { index: node, row: 0 }];
        assert_eq!(noted.add(&block, evaluation(node)), right);
        assert_eq!(counted.add(&block, evaluation(node)), right);
    }
    let found: BTreeMap<usize, bool> = noted
        .noted()
        .iter()
        .map(|e| (e.node.unwrap(), e.product))
        .collect();
    assert_eq!(found, BTreeMap::from([(0, false), (1, true), (2, false)]));
    assert!(counted.noted().is_empty() && counted.are_counted() && !noted.are_counted());
    assert_eq!(
        (noted.zero(), counted.zero()),
        (Atom::Total { row: 0 }, Atom::Total { row: 0 })
    );
    let placed = Evaluations::Placed(Accumulators::default());
    assert!(placed.take_columns() && !noted.take_columns() && !counted.take_columns());
    assert!(placed.mark().is_some() && noted.mark().is_none() && counted.mark().is_none());
}

/// Among accumulators that are free the one is taken that needs the fewest selectors more.
#[test]
fn evaluations_share_selectors() {
    let mut all = Accumulators::default();
    let pattern = |all: &mut Accumulators, lane: u32| {
        all.pattern(crate::evaluations::accumulator::Pattern {
            bank: Bank::Single,
            offset: 0,
            base: Base::Rho,
            product: false,
            lanes: vec![(lane, vec![(0, 0)])],
        })
    };
    let [a, b, c] = [0, 1, 2].map(|lane| pattern(&mut all, lane));
    assert_eq!(pattern(&mut all, 1), b, "equal patterns are one");
    let row = |pattern: u32| crate::evaluations::accumulator::RowUse {
        pattern: Some(pattern),
        ..Default::default()
    };
    let runs = [
        (0, vec![row(a)]),
        (0, vec![row(b), row(c)]),
        (2, vec![row(a)]),
        (4, vec![row(b)]),
        (6, vec![row(c), row(a)]),
        (9, vec![row(b), row(c)]),
    ];
    for (first, rows) in runs.clone() {
        let block = Some(BlockId(0));
        all.add(Run { block, first, rows });
    }
    let ends = all.place(&runs.map(|(first, _)| first));
    let index = |end: &Atom| match end {
        Atom::Evaluation { index, .. } => *index,
        Atom::Total { .. } => panic!("a total of no dot product"),
    };
    let indices: Vec<usize> = ends.iter().map(index).collect();
    assert_eq!(indices, [0, 1, 0, 1, 0, 1], "the first one of equals");
    assert_eq!(all.selectors_used(), 4);
}
