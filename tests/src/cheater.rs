//! A prover that cheats with what it commits to first, and the circuits that it cheats in.

use crate::setting::{NONCE, Setting};
use crate::suite::Case;
use hallmark_circuits::Challenges;
use hallmark_circuits::internals::machine::{Arranged, CELLS, MACHINE, Machine, SEGMENTS, UNUSABLE, Wire};
use hallmark_circuits::{CircuitError, Plan, PlanOptions, Target, Witness};
use hallmark_prover::extract::{halo_scalar, scalar};
use hallmark_verifier::check::{Cell, Checker, failing_copies};
use hallmark_verifier::{Fr, integer};
use halo2_proofs::halo2curves::ff::PrimeField;
use std::ops::Range;
use std::sync::Arc;

const SALT: [u8; 32] = [9; 32];

/// A case laid out for contracts with its own limbs, which are narrower than the planner's.
pub fn setting(case: &Case, private_input: bool) -> Setting {
    let options = PlanOptions {
        target: Target::Evm,
        private_input,
    };
    let plan = (8..16)
        .find_map(
            |k| match Plan::forced(Arc::clone(&case.graph), &options, k, case.widths) {
                Ok(plan) => Some(Arc::new(plan)),
                Err(CircuitError::TooLarge { .. }) => None,
                Err(error) => panic!("{}: {error}", case.name),
            },
        )
        .unwrap();
    Setting::of_plan(case.name, plan, Arc::clone(&case.trace))
}

/// A constraint that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// A gate, on a row.
    Gate(String, usize),
    /// A copy: column and row of both cells.
    Copy((usize, usize), (usize, usize)),
}

/// A prover that cheats with stored cells or the statement, and computes everything else as it has to.
pub struct Cheater<'a> {
    /// The circuit.
    pub setting: &'a Setting,
    /// Its cells and rows.
    pub arranged: &'a Arranged,
    /// Its gates.
    pub checker: Checker<'a>,
    /// The honest stored cells.
    pub cells: Vec<Fr>,
    /// The honest public values.
    pub instance: Vec<Fr>,
    /// The salt of a private input.
    salt: Fr,
    /// What the honest lookup of every row adds to the sum.
    terms: Vec<Fr>,
    /// Tags of the rows.
    tags: Vec<i64>,
    /// The combined table.
    pub entries: Vec<(i64, i64, i64)>,
}

impl<'a> Cheater<'a> {
    /// A wire to no cell of the circuit.
    pub const FORGED: Wire = Wire::Cell(u32::MAX, 0);

    /// Computes the honest columns, and checks that the prover under test computes the same and that they are accepted.
    pub fn new(setting: &'a Setting) -> Self {
        let private = setting.plan.options().private_input;
        let witness =
            Witness::with_salt(&setting.plan, &setting.trace, NONCE, private.then_some(SALT)).unwrap();
        let layout = setting.plan.layout();
        let arranged = &layout.machine().unwrap().arranged;
        let cells = witness.stored()[CELLS].iter().map(|v| integer(*v)).collect();
        let instance = witness.instances()[0].iter().map(scalar).collect();
        let mut cheater = Self {
            setting,
            arranged,
            checker: setting.checker(),
            cells,
            instance,
            salt: if private {
                scalar(&hallmark_circuits::Fr::from_repr(SALT).unwrap())
            } else {
                Fr::from(0)
            },
            terms: Vec::new(),
            tags: tags(setting, arranged),
            entries: layout.frame().tables.entries().collect(),
        };
        cheater.terms = (0..arranged.usable())
            .map(|row| cheater.term(&cheater.cells, row))
            .collect();
        // The prover's own column is the one that is computed here, and it is accepted.
        let [rho, sigma, beta, gamma] = setting.challenges.map(|c| halo_scalar(&c));
        let challenges = Challenges {
            rho,
            sigma,
            beta,
            gamma,
        };
        let late = witness.late(layout, &challenges);
        let [(MACHINE, late)] = late.as_slice() else {
            panic!("one last-phase column")
        };
        let late: Vec<Fr> = late.iter().map(scalar).collect();
        let machine = cheater.machine(&cheater.cells, &cheater.instance);
        assert_eq!(late, machine, "{}", setting.name);
        let rows = 0..setting.protocol.usable_rows();
        assert_eq!(
            cheater.rejections(&cheater.cells, &machine, &cheater.instance, rows),
            0
        );
        cheater
    }

    /// The machine's column for any cells: results as the rows compute them, lookups as if all were in the table.
    pub fn machine(&self, cells: &[Fr], instance: &[Fr]) -> Vec<Fr> {
        let mut column = self.results(&self.arranged.machine, cells, instance, Fr::from(0));
        self.sum_up(cells, Fr::from(0), &mut column);
        column
    }

    /// The rows of `machine`, whose wires to [`Self::FORGED`] read `forged`; the lookup sum is left out.
    pub fn results(&self, machine: &Machine, cells: &[Fr], instance: &[Fr], forged: Fr) -> Vec<Fr> {
        let [rho, ..] = self.setting.challenges;
        let height = self.arranged.height;
        let cell = |segment: u32, row: u32| match Wire::Cell(segment, row) {
            Self::FORGED => halo_scalar(&forged),
            _ => halo_scalar(&cells[segment as usize * height + row as usize]),
        };
        let instance: Vec<_> = instance.iter().map(halo_scalar).collect();
        let rows = machine.run(halo_scalar(&rho), &cell, halo_scalar(&self.salt), &instance);
        let mut column = vec![Fr::from(0); height * SEGMENTS - UNUSABLE];
        for (row, values) in rows.iter().enumerate() {
            for (segment, value) in values.iter().enumerate() {
                column[segment * height + row] = scalar(value);
            }
        }
        column
    }

    /// Fills in the lookup sum, which starts from `sum`; returns where it ends.
    pub fn sum_up(&self, cells: &[Fr], mut sum: Fr, column: &mut [Fr]) -> Fr {
        let height = self.arranged.height;
        for (row, honest) in self.terms.iter().enumerate() {
            let same = |segment: usize| {
                let cell = segment * height + row;
                cells[cell] == self.cells[cell]
            };
            let unchanged = (0..3).all(same);
            sum += if unchanged { *honest } else { self.term(cells, row) };
            column[3 * height + row] = sum;
        }
        sum
    }

    /// Adds `change` to a field of an element of a block, and lets multiplicities follow; false if the value is in no table then.
    pub fn change(&self, cells: &mut [Fr], place: (usize, u32, u32), change: Fr) -> bool {
        let (block, element, field) = place;
        let row = self.arranged.cell(block, element, field);
        let old = cells[row];
        cells[row] += change;
        let Some(table) = self.setting.plan.frame().blocks[block].table else {
            return true;
        };
        // Values of functions are looked up with their arguments.
        if row >= self.arranged.height {
            return true;
        }
        let position = |value: Fr| {
            let found = |e: &(i64, i64, i64)| e.1 == table.tag() && integer(e.0) == value;
            self.entries.iter().position(found)
        };
        let (Some(from), Some(to)) = (position(old), position(cells[row])) else {
            return false;
        };
        cells[self.arranged.height + from] -= integer(1);
        cells[self.arranged.height + to] += integer(1);
        true
    }

    /// `1/(β − lookup) − multiplicity/(β − table row)`.
    fn term(&self, cells: &[Fr], row: usize) -> Fr {
        let [_, _, beta, gamma] = self.setting.challenges;
        let height = self.arranged.height;
        let value = match self.arranged.has_functions() {
            true => cells[2 * height + row],
            false => Fr::from(0),
        };
        let lookup = cells[row] + gamma * (integer(self.tags[row]) + gamma * value);
        let (x, tag, y) = self.entries.get(row).copied().unwrap_or_default();
        let entry = integer(x) + gamma * (integer(tag) + gamma * integer(y));
        inverse(beta - lookup) - cells[height + row] * inverse(beta - entry)
    }

    /// Number of gates on these rows, and of copies, that do not hold.
    pub fn rejections(&self, cells: &[Fr], machine: &[Fr], instance: &[Fr], rows: Range<usize>) -> usize {
        let advice = [cells.to_vec(), machine.to_vec()];
        let instance = [instance.to_vec()];
        let gates = self
            .checker
            .failures(&self.setting.fixed, &advice, &instance, rows);
        let copies = failing_copies(&self.setting.copies, &self.setting.fixed, &advice, &instance);
        gates.len() + copies.len()
    }

    /// Everything that does not hold, gates by name and row, copies by their second cell.
    pub fn broken(&self, cells: &[Fr], machine: &[Fr], instance: &[Fr]) -> Vec<Broken> {
        let advice = [cells.to_vec(), machine.to_vec()];
        let instance = [instance.to_vec()];
        let rows = 0..self.setting.protocol.usable_rows();
        let (fixed, copies) = (&self.setting.fixed, &self.setting.copies);
        let gates = self.checker.failures(fixed, &advice, &instance, rows);
        let copies = failing_copies(copies, fixed, &advice, &instance);
        let gates = gates.into_iter().map(|f| Broken::Gate(f.gate, f.row));
        let cell = |cell: Cell| (cell.column.column, cell.row);
        gates
            .chain(copies.into_iter().map(|(a, b)| Broken::Copy(cell(a), cell(b))))
            .collect()
    }

    /// Names of the gates that do not hold on these rows, for honest cells and public values.
    pub fn failing_gates(&self, machine: &[Fr], rows: Range<usize>) -> Vec<String> {
        let advice = [self.cells.clone(), machine.to_vec()];
        let instance = [self.instance.clone()];
        let failures = self
            .checker
            .failures(&self.setting.fixed, &advice, &instance, rows);
        failures
            .into_iter()
            .map(|f| format!("{} row {}", f.gate, f.row))
            .collect()
    }

    /// The pairs of cells, by column and row, that should be equal and are not.
    pub fn failing_copies(&self, machine: &[Fr]) -> Vec<((usize, usize), (usize, usize))> {
        let value = |(column, row): (usize, usize)| match column {
            CELLS => self.cells[row],
            _ => machine[row],
        };
        let copies = self.setting.plan.frame().copies.iter().copied();
        copies.filter(|(a, b)| value(*a) != value(*b)).collect()
    }
}

/// The inverse, and zero of zero.
pub fn inverse(value: Fr) -> Fr {
    let inverse = Option::<hallmark_circuits::Fr>::from(halo_scalar(&value).invert());
    inverse.map_or(Fr::from(0), |inverse| scalar(&inverse))
}

/// The tag of every row's lookup, from the blocks.
fn tags(setting: &Setting, arranged: &Arranged) -> Vec<i64> {
    let mut tags = vec![0i64; arranged.height];
    for (index, block) in setting.plan.frame().blocks.iter().enumerate() {
        let Some(table) = block.table else { continue };
        for element in 0..block.slot_of.len() as u32 {
            for field in 0..block.fills.len() as u32 {
                let row = arranged.cell(index, element, field);
                // Values of functions are looked up with their arguments.
                if row < arranged.height {
                    tags[row] = table.tag();
                }
            }
        }
    }
    tags
}
