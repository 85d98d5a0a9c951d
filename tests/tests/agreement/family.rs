//! A family of small halo2 circuits that together use everything the verifier implements.

use halo2_proofs::circuit::{Cell, Layouter, Region, SimpleFloorPlanner, Value};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::plonk::{
    Advice, Challenge, Circuit, Column, ConstraintSystem, Error, FirstPhase, Fixed, Instance, SecondPhase,
};
use halo2_proofs::poly::Rotation;

/// What a circuit of the family has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shape {
    /// Advice columns of the first phase, at least 4, or 0 for a circuit of fixed columns only.
    pub width: usize,
    /// Number of phases, 1 or 2. (The stock prover stops at a third one.)
    pub phases: usize,
    /// Number of instance columns.
    pub instances: usize,
    /// Number of advice columns under the permutation argument. With one, an instance column is too; with more, also a
    /// fixed column.
    pub permuted: usize,
    /// Degree asked for, if more than the gates need.
    pub degree: Option<usize>,
    /// Whether gates read instance columns in their own row only.
    pub near: bool,
}

#[derive(Clone)]
pub struct Config {
    shape: Shape,
    advice: Vec<Column<Advice>>,
    horner: Option<(Column<Advice>, Challenge)>,
    combined: Option<(Column<Advice>, Challenge, Challenge)>,
    instance: Vec<Column<Instance>>,
    selector: Column<Fixed>,
    factor: Column<Fixed>,
    /// Never set: its commitment is the point at infinity.
    zero: Column<Fixed>,
}

#[derive(Clone)]
pub struct Family {
    pub shape: Shape,
    pub instance: Vec<Vec<Fr>>,
    /// Advice column (first-phase ones, then the two of the second phase) and row of a cell to be assigned wrongly.
    pub fault: Option<(usize, usize)>,
}

/// Rows on which gates are active.
const ROWS: std::ops::Range<usize> = 2..9;

impl Circuit<Fr> for Family {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Shape;

    fn without_witnesses(&self) -> Self {
        self.clone()
    }

    fn params(&self) -> Shape {
        self.shape
    }

    fn configure(_: &mut ConstraintSystem<Fr>) -> Config {
        unreachable!("the circuit is configured with parameters")
    }

    fn configure_with_params(cs: &mut ConstraintSystem<Fr>, shape: Shape) -> Config {
        if let Some(degree) = shape.degree {
            cs.set_minimum_degree(degree);
        }
        let advice: Vec<_> = (0..shape.width)
            .map(|_| cs.advice_column_in(FirstPhase))
            .collect();
        let instance: Vec<_> = (0..shape.instances).map(|_| cs.instance_column()).collect();
        let config = Config {
            shape,
            horner: (shape.phases > 1).then(|| {
                (
                    cs.advice_column_in(SecondPhase),
                    cs.challenge_usable_after(FirstPhase),
                )
            }),
            combined: (shape.phases > 1).then(|| {
                let challenges = [(); 2].map(|()| cs.challenge_usable_after(FirstPhase));
                (cs.advice_column_in(SecondPhase), challenges[0], challenges[1])
            }),
            advice,
            instance,
            selector: cs.fixed_column(),
            factor: cs.fixed_column(),
            zero: cs.fixed_column(),
        };
        config.gates(cs);
        for column in config.advice.iter().take(shape.permuted) {
            cs.enable_equality(*column);
        }
        if shape.permuted > 0 {
            cs.enable_equality(config.instance[0]);
        }
        if shape.permuted > 1 {
            cs.enable_equality(config.factor);
        }
        config
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let point = config
            .horner
            .map(|(_, point)| known(layouter.get_challenge(point)));
        let mix = config
            .combined
            .map(|(_, a, b)| [a, b].map(|c| known(layouter.get_challenge(c))));
        let shared = layouter.assign_region(
            || "all",
            |mut region| {
                Ok(self.assign(
                    &config,
                    point.unwrap_or_default(),
                    mix.unwrap_or_default(),
                    &mut region,
                ))
            },
        )?;
        if let Some(cell) = shared {
            layouter.constrain_instance(cell, config.instance[0], 0);
        }
        Ok(())
    }
}

fn known(value: Value<Fr>) -> Fr {
    let mut known = Fr::zero();
    value.map(|value| known = value);
    known
}

impl Config {
    fn gates(&self, cs: &mut ConstraintSystem<Fr>) {
        let at = Rotation;
        cs.create_gate("fixed", |cells| {
            let [selector, factor, zero] =
                [self.selector, self.factor, self.zero].map(|column| cells.query_fixed(column, at(0)));
            let next = cells.query_fixed(self.factor, at(1));
            // factor counts upwards where the selector is set.
            vec![(
                "step",
                selector * (next - factor - halo2_proofs::plonk::Expression::Constant(Fr::one())) + zero,
            )]
        });
        if self.advice.is_empty() {
            return;
        }
        cs.create_gate("rotations", |cells| {
            let selector = cells.query_fixed(self.selector, at(0));
            let factor = cells.query_fixed(self.factor, at(0));
            let [a, ahead, behind, result] = [(0, 0), (0, 3), (1, -1), (2, 0)]
                .map(|(column, rotation)| cells.query_advice(self.advice[column], at(rotation)));
            vec![selector * (a * behind + ahead * factor - result * Fr::from(5))]
        });
        if let Some(column) = self.instance.last() {
            cs.create_gate("instance", |cells| {
                let selector = cells.query_fixed(self.selector, at(0));
                let rotations = if self.shape.near { [0; 3] } else { [0, 1, -2] };
                let [here, ahead, behind] = rotations.map(|r| cells.query_instance(*column, at(r)));
                let result = cells.query_advice(self.advice[3], at(0));
                vec![("sum", selector * (here + ahead * Fr::from(2) - behind - result))]
            });
        }
        if let Some((column, point)) = self.horner {
            cs.create_gate("horner", |cells| {
                let selector = cells.query_fixed(self.selector, at(0));
                let point = cells.query_challenge(point);
                let [before, now] = [-1, 0].map(|r| cells.query_advice(column, at(r)));
                let term = cells.query_advice(self.advice[0], at(0));
                vec![selector * (before * point + term - now)]
            });
        }
        if let (Some((column, a, b)), Some((horner, _))) = (self.combined, self.horner) {
            cs.create_gate("combined", |cells| {
                let selector = cells.query_fixed(self.selector, at(0));
                let [a, b] = [a, b].map(|challenge| cells.query_challenge(challenge));
                let inner = cells.query_advice(horner, at(0));
                let outer = cells.query_advice(column, at(0));
                vec![selector * (inner.clone() * inner * a + b - outer)]
            });
        }
    }
}

impl Family {
    /// Returns a cell that has to equal the first public value.
    fn assign(
        &self,
        config: &Config,
        point: Fr,
        [mix_a, mix_b]: [Fr; 2],
        region: &mut Region<'_, Fr>,
    ) -> Option<Cell> {
        let n = ROWS.end + 4;
        for row in 0..n {
            let active = ROWS.contains(&row);
            region.assign_fixed(config.selector, row, if active { Fr::one() } else { Fr::zero() });
            region.assign_fixed(config.factor, row, factor(row));
        }
        if config.shape.width == 0 {
            return None;
        }
        // Column c, row r of the free columns. All permuted columns agree on the last row.
        let shared = self
            .instance
            .first()
            .and_then(|column| column.first().copied())
            .unwrap_or_default();
        let free = |c: usize, r: usize| match r + 1 == n {
            true => shared,
            false => Fr::from((c * c * 31 + r * 17 + 3) as u64) * Fr::from(0x1234_5678_9abc_def1),
        };
        let instance = |row: i64| {
            let column = self.instance.last();
            let cell = usize::try_from(row)
                .ok()
                .and_then(|row| column?.get(row).copied());
            cell.unwrap_or_default()
        };
        let fifth = Fr::from(5).invert().unwrap();
        let wrong = |column: usize, row: usize, value: Fr| match self.fault == Some((column, row)) {
            true => Value::known(value + Fr::one()),
            false => Value::known(value),
        };
        let width = config.shape.width;
        let mut sum = Fr::zero();
        let mut last = Vec::new();
        for row in 0..n {
            let r = row as i64;
            for (c, column) in config.advice.iter().enumerate() {
                let value = match c {
                    2 if ROWS.contains(&row) => {
                        (free(0, row) * free(1, row - 1) + free(0, row + 3) * factor(row)) * fifth
                    }
                    3 if ROWS.contains(&row) && config.shape.near => instance(r) * Fr::from(2),
                    3 if ROWS.contains(&row) => instance(r) + instance(r + 1) * Fr::from(2) - instance(r - 2),
                    _ => free(c, row),
                };
                let cell = region.assign_advice(*column, row, wrong(c, row, value)).cell();
                if row + 1 == n && c < config.shape.permuted {
                    last.push(cell);
                }
            }
            sum = if ROWS.contains(&row) {
                sum * point + free(0, row)
            } else {
                Fr::zero()
            };
            if let Some((column, _)) = config.horner {
                region.assign_advice(column, row, wrong(width, row, sum));
            }
            if let Some((column, ..)) = config.combined {
                region.assign_advice(column, row, wrong(width + 1, row, sum * sum * mix_a + mix_b));
            }
        }
        for pair in last.windows(2) {
            region.constrain_equal(pair[0], pair[1]);
        }
        if last.len() > 1 {
            let fixed = region.assign_fixed(config.factor, n - 1, shared);
            region.constrain_equal(last[0], fixed);
        }
        last.first().copied()
    }
}

fn factor(row: usize) -> Fr {
    Fr::from(40 + row as u64)
}
