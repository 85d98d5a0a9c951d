//! Gates over lanes, as data: an operator declares once, beside its argument, which polynomials in the cells of a row (and of the row
//! below) have to be zero on the rows of its blocks. Each layout translates any of them.

use crate::error::CircuitError;
use foldhash::HashMap;
use std::ops::{Add, Neg, Sub};

/// Most factors of a product: with a selector, the degree of the constraint system.
pub const MAX_FACTORS: usize = 4;

/// Rows below its own that a gate may read.
pub const MAX_AHEAD: usize = 1;

/// A cell of [`crate::block::Bank::Single`], relative to the row of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneCell {
    /// The lane; in a [repeated](Gate::group) gate, counted from the group's first.
    pub lane: usize,
    /// How many rows below.
    pub ahead: usize,
}

/// `constant + Σ coefficient·cell`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Linear {
    /// The constant.
    pub constant: i64,
    /// Coefficients and cells, each cell once.
    pub terms: Vec<(i64, LaneCell)>,
}

/// A sum of products of linear forms that has to be zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Constraint {
    /// What it says. In a repeated gate, `{group}`, `{first}` and `{last}` stand for the group's number and its first and last
    /// lane.
    pub name: String,
    /// The products, each a list of factors.
    pub products: Vec<Vec<Linear>>,
}

/// Constraints that hold on the same rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gate {
    /// What they say together.
    pub name: String,
    /// Lanes of a group, for a gate that is repeated for each group of so many lanes.
    pub group: Option<usize>,
    /// The constraints.
    pub constraints: Vec<Constraint>,
}

/// The gates of a circuit with the rows they hold on.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    all: Vec<(Gate, Vec<u32>)>,
    index: HashMap<Gate, usize>,
}

impl Gates {
    /// Adds rows of a gate.
    pub fn add(&mut self, gate: Gate, rows: impl IntoIterator<Item = u32>) {
        let known = self.index.get(&gate).copied();
        let index = known.unwrap_or_else(|| {
            self.index.insert(gate.clone(), self.all.len());
            self.all.push((gate, Vec::new()));
            self.all.len() - 1
        });
        self.all[index].1.extend(rows);
    }

    /// Moves all rows.
    pub(crate) fn move_rows(&mut self, to: impl Fn(u32) -> u32) {
        let rows = self.all.iter_mut().flat_map(|(_, rows)| rows);
        rows.for_each(|row| *row = to(*row));
    }

    /// All gates with their rows, in the order of their first use.
    pub fn iter(&self) -> impl Iterator<Item = (&Gate, &[u32])> {
        self.all.iter().map(|(gate, rows)| (gate, rows.as_slice()))
    }

    /// Number of gates.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl Linear {
    /// A cell of the gate's row.
    pub fn lane(lane: usize) -> Self {
        Self::cell(LaneCell { lane, ahead: 0 })
    }

    /// A cell of the row below.
    pub fn below(lane: usize) -> Self {
        Self::cell(LaneCell { lane, ahead: 1 })
    }

    /// A number.
    pub fn constant(constant: i64) -> Self {
        Self {
            constant,
            terms: Vec::new(),
        }
    }

    fn cell(cell: LaneCell) -> Self {
        Self {
            constant: 0,
            terms: vec![(1, cell)],
        }
    }

    /// The form times a number.
    #[must_use]
    pub fn times(mut self, factor: i64) -> Self {
        self.constant *= factor;
        self.terms
            .iter_mut()
            .for_each(|(coefficient, _)| *coefficient *= factor);
        self
    }

    /// The cell that it is, if it is nothing but one.
    pub fn as_cell(&self) -> Option<LaneCell> {
        match self.terms.as_slice() {
            [(1, cell)] if self.constant == 0 => Some(*cell),
            _ => None,
        }
    }

    /// `(factor, constant)` such that the form is `factor·other + constant`, if there are such.
    pub fn in_terms_of(&self, other: &Self) -> Option<(i64, i64)> {
        let ((first, _), (theirs, _)) = (self.terms.first()?, other.terms.first()?);
        let factor = first.checked_div(*theirs)?;
        let scaled = other.clone().times(factor);
        (scaled.terms == self.terms).then(|| (factor, self.constant - scaled.constant))
    }
}

impl Add for Linear {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.constant += other.constant;
        for (coefficient, cell) in other.terms {
            match self.terms.iter_mut().find(|(_, known)| *known == cell) {
                Some((sum, _)) => *sum += coefficient,
                None => self.terms.push((coefficient, cell)),
            }
        }
        self.terms.retain(|(coefficient, _)| *coefficient != 0);
        self
    }
}

impl Neg for Linear {
    type Output = Self;

    fn neg(self) -> Self {
        self.times(-1)
    }
}

impl Sub for Linear {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Constraint {
    /// A product that has to be zero.
    pub fn product(name: impl Into<String>, factors: impl IntoIterator<Item = Linear>) -> Self {
        Self {
            name: name.into(),
            products: vec![factors.into_iter().collect()],
        }
    }

    /// A linear form that has to be zero.
    pub fn linear(name: impl Into<String>, form: Linear) -> Self {
        Self::product(name, [form])
    }

    /// A form that has to be zero or one.
    pub fn bit(name: impl Into<String>, form: Linear) -> Self {
        let other = Linear::constant(1) - form.clone();
        Self::product(name, [form, other])
    }

    /// The name in a group that begins at lane `first`.
    pub fn name_in(&self, group: usize, lanes: usize) -> String {
        let (first, last) = (group * lanes, (group + 1) * lanes - 1);
        let number = |text: String, what: &str, value: usize| text.replace(what, &value.to_string());
        let name = number(self.name.clone(), "{group}", group);
        number(number(name, "{first}", first), "{last}", last)
    }

    /// Whether it holds where all cells are zero.
    fn holds_at_zero(&self) -> bool {
        let products = self.products.iter();
        let value = |product: &Vec<Linear>| {
            product
                .iter()
                .map(|factor| i128::from(factor.constant))
                .product::<i128>()
        };
        products.map(value).sum::<i128>() == 0
    }
}

impl Gate {
    /// A gate on the row as a whole.
    pub fn of_row(name: impl Into<String>, constraints: Vec<Constraint>) -> Self {
        Self {
            name: name.into(),
            group: None,
            constraints,
        }
    }

    /// A gate on each group of `lanes` lanes. Groups that hold nothing are zero.
    pub fn of_groups(name: impl Into<String>, lanes: usize, constraint: Constraint) -> Self {
        Self {
            name: name.into(),
            group: Some(lanes),
            constraints: vec![constraint],
        }
    }

    /// Groups in a row of `lanes` lanes, and the lanes of each.
    pub fn groups(&self, lanes: usize) -> (usize, usize) {
        match self.group {
            Some(size) => (lanes / size.max(1), size),
            None => (1, lanes),
        }
    }

    /// Checks that every layout can translate the gate for rows of `lanes` lanes: its degree, its rows and lanes, and that it holds for
    /// groups that nothing is stored in.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`].
    pub fn check(&self, lanes: usize) -> Result<(), CircuitError> {
        let (_, size) = self.groups(lanes);
        for constraint in &self.constraints {
            let mut factors = constraint.products.iter().flatten();
            let cells = factors.clone().flat_map(|factor| &factor.terms);
            let outside = |(_, cell): &(i64, LaneCell)| cell.lane >= size || cell.ahead > MAX_AHEAD;
            let reason = if constraint.products.iter().any(|p| p.len() > MAX_FACTORS) {
                "a product has too many factors"
            } else if cells.clone().any(outside) {
                "it reads a cell that is not there"
            } else if factors.any(|factor| factor.terms.is_empty()) {
                "a factor is a constant"
            } else if self.group.is_some() && !constraint.holds_at_zero() {
                "it does not hold for groups without cells"
            } else {
                continue;
            };
            return Err(CircuitError::Inconsistent {
                place: format!("gate '{}', constraint '{}'", self.name, constraint.name),
                reason: reason.to_owned(),
            });
        }
        Ok(())
    }
}

/// Random constraints, to compare what layouts make of them with what they say.
#[cfg(test)]
pub(crate) mod random {
    use super::{Constraint, LaneCell, Linear, MAX_AHEAD, MAX_FACTORS};

    /// Lanes of the rows that the constraints read.
    pub const LANES: usize = 4;

    /// A small generator of numbers; every seed gives the same ones.
    pub struct Dice(pub u64);

    impl Dice {
        pub fn below(&mut self, end: usize) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (self.0 >> 33) as usize % end
        }

        fn form(&mut self) -> Linear {
            let mut form = Linear::constant(self.below(5) as i64 - 2);
            for _ in 0..1 + self.below(3) {
                let coefficient = [1, -1, 1, 256, -3][self.below(5)];
                let cell = LaneCell {
                    lane: self.below(LANES),
                    ahead: self.below(MAX_AHEAD + 1),
                };
                form = form + Linear::cell(cell).times(coefficient);
            }
            match form.terms.is_empty() {
                true => self.form(),
                false => form,
            }
        }

        /// Forms of earlier factors come again, as they are and as one minus them.
        pub fn constraint(&mut self) -> Constraint {
            let mut known = vec![self.form()];
            let products = (0..1 + self.below(3)).map(|_| {
                let factors = (0..1 + self.below(MAX_FACTORS)).map(|_| {
                    let old = known[self.below(known.len())].clone();
                    let form = match self.below(4) {
                        0 => old,
                        1 => Linear::constant(1) - old,
                        _ => self.form(),
                    };
                    known.push(form.clone());
                    form
                });
                factors.collect()
            });
            let products = products.collect();
            Constraint {
                name: "random".to_owned(),
                products,
            }
        }
    }

    impl Constraint {
        /// The sum of products at these cells.
        pub fn value(&self, cell: &dyn Fn(LaneCell) -> i64) -> i128 {
            let form = |form: &Linear| {
                let terms = form.terms.iter().map(|(c, at)| i128::from(c * cell(*at)));
                i128::from(form.constant) + terms.sum::<i128>()
            };
            let products = self.products.iter();
            products.map(|p| p.iter().map(form).product::<i128>()).sum()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_added_up() {
        let form = Linear::lane(1) - Linear::below(1) + Linear::constant(3);
        assert_eq!(form.clone() - form.clone(), Linear::default());
        let other = Linear::constant(1) - form.clone();
        assert_eq!(other.in_terms_of(&form), Some((-1, 1)));
        assert_eq!(other.in_terms_of(&Linear::lane(1)), None);
        assert_eq!(Linear::lane(1).as_cell(), Some(LaneCell { lane: 1, ahead: 0 }));
        assert_eq!(form.as_cell(), None);
    }

    #[test]
    fn gates_that_no_layout_can_translate_are_refused() {
        let gate = |constraint| Gate::of_groups("g", 2, constraint);
        let lane = Linear::lane;
        assert!(
            gate(Constraint::product("c", [lane(0), lane(1)]))
                .check(8)
                .is_ok()
        );
        for bad in [
            Constraint::product("five factors", vec![lane(0); 5]),
            Constraint::linear("another group", lane(2)),
            Constraint::linear("not of nothing", lane(0) - Linear::constant(1)),
            Constraint::product("constant", [Linear::constant(2), lane(0)]),
        ] {
            assert!(gate(bad.clone()).check(8).is_err(), "{bad:?}");
        }
        let one = Constraint::linear("one", lane(7) - Linear::constant(1));
        assert!(Gate::of_row("g", vec![one.clone()]).check(8).is_ok());
        assert!(Gate::of_row("g", vec![one]).check(7).is_err());
    }

    #[test]
    fn names_say_which_group() {
        let constraint = Constraint::linear("{group}: {first} to {last}", Linear::lane(0));
        assert_eq!(constraint.name_in(2, 3), "2: 6 to 8");
    }
}
