//! Rows of the machine, and the wires between them.

use crate::{
    error::CircuitError,
    parameter::{Entry, Parameters, Run},
    scalar::{Fr, field},
};
use foldhash::{HashMap, HashMapExt};
use halo2_proofs::halo2curves::ff::Field;

/// σ stands for `ρ^(2^24)`: as no power of ρ in an identity reaches that, two different monomials in ρ and σ are
/// different powers of ρ.
pub const SIGMA_SQUARINGS: u32 = 24;

/// What a cell `e` or `b` is a copy of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wire {
    /// The result E of a row.
    Row(u32),
    /// A stored cell: segment and row of [`CELLS`](super::cells::CELLS).
    Cell(u32, u32),
}

/// A fixed number: a small integer wherever possible, because these are cheap to commit to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// A signed integer that follows from the architecture.
    Small(i64),
    /// Any element of the field.
    Field(Fr),
    /// What depends on parameters.
    Parameters {
        /// Its value.
        value: i64,
        /// Its index in [`Machine::entries`].
        entry: u32,
    },
    /// The first lane of a [run](Machine::runs).
    Lane(i64),
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Number::Small(value)
    }
}

impl Default for Number {
    fn default() -> Self {
        Number::Small(0)
    }
}

impl Number {
    /// The number in the field.
    pub fn value(self) -> Fr {
        match self {
            Number::Small(value) | Number::Parameters { value, .. } | Number::Lane(value) => field(value),
            Number::Field(value) => value,
        }
    }
}

/// `E = e·E_before + c·b + f + Σ_i ρ^(i+1)·weights_i`, and the instance's value in the first rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What multiplies the previous result; `None` stands for zero.
    pub e: Option<Wire>,
    /// What is added, times `c`. Without a wire and with `c ≠ 0`, the prover chooses it.
    pub b: Option<Wire>,
    /// Factor of `b`.
    pub c: Number,
    /// A constant.
    pub f: Number,
    /// Constants times ρ, ρ², …
    pub weights: Vec<i64>,
}

impl Row {
    /// `wire`.
    pub fn load(wire: Wire) -> Self {
        Self::scaled(wire, 1)
    }

    /// `factor·wire`.
    pub fn scaled(wire: Wire, factor: i64) -> Self {
        Self {
            b: Some(wire),
            c: Number::Small(factor),
            ..Self::default()
        }
    }

    /// The same, with `e·E_before` added.
    pub fn after(self, e: Wire) -> Self {
        Self { e: Some(e), ..self }
    }

    /// The same, with a constant added.
    pub fn plus(self, constant: impl Into<Number>) -> Self {
        Self {
            f: constant.into(),
            ..self
        }
    }

    /// `e·E_before`.
    pub fn times(e: Wire) -> Self {
        Self::default().after(e)
    }

    /// A constant.
    pub fn constant(value: Number) -> Self {
        Self {
            f: value,
            ..Self::default()
        }
    }
}

/// Rows under construction. The first ones take over the instance.
#[derive(Clone, Debug)]
pub struct Machine {
    /// All rows.
    pub rows: Vec<Row>,
    /// The graph node of each row, for reports.
    pub nodes: Vec<Option<usize>>,
    /// The node of the rows to come.
    pub node: Option<usize>,
    /// Pairs that must be equal.
    pub equal: Vec<(Wire, Wire)>,
    /// Constants of rows that depend on parameters.
    pub entries: Vec<Entry>,
    /// Rows whose constants are lanes of parameters: `f`, then `weights`.
    pub runs: Vec<(u32, Run)>,
    /// The row whose result is zero; see [`Self::new`] for why it can be nothing else.
    pub zero: Wire,
    /// The row whose result is one.
    pub one: Wire,
    constants: HashMap<[u8; 32], Wire>,
    /// Powers `ρ^i·σ^j` by (i, j).
    powers: HashMap<(u64, u64), Wire>,
}

impl Machine {
    /// A machine that has taken over `instances` public values, row by row.
    pub fn new(instances: usize) -> Self {
        let mut machine = Self {
            rows: vec![Row::default(); instances],
            nodes: vec![None; instances],
            node: None,
            equal: Vec::new(),
            entries: Vec::new(),
            runs: Vec::new(),
            zero: Wire::Row(0),
            one: Wire::Row(0),
            constants: HashMap::new(),
            powers: HashMap::new(),
        };
        machine.zero = machine.push(Row::default());
        // The zero's multiplier is a copy of the zero itself, so its own row allows another value v after a result of one. The
        // next row has v·v + v, and has to be v: then v² = 0.
        let pinned = machine.push(Row::load(machine.zero).after(machine.zero));
        machine.require_zero(pinned);
        machine.one = machine.push(Row::constant(Number::Small(1)));
        let rho = machine.push(Row {
            weights: vec![1],
            ..Row::default()
        });
        machine
            .constants
            .insert(Number::Small(1).value().to_bytes(), machine.one);
        machine.powers.insert((0, 0), machine.one);
        machine.powers.insert((1, 0), rho);
        machine
    }

    /// Appends a row; returns its result.
    pub fn push(&mut self, row: Row) -> Wire {
        self.rows.push(row);
        self.nodes.push(self.node);
        Wire::Row(self.rows.len() as u32 - 1)
    }

    /// A constant of a row.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] if it is no number of 63 bits.
    pub fn number(&mut self, entry: Entry, parameters: &Parameters<'_>) -> Result<Number, CircuitError> {
        if entry.terms.is_empty() {
            return Ok(Number::Small(entry.structure));
        }
        let value = parameters.value(&entry)?;
        self.entries.push(entry);
        let entry = self.entries.len() as u32 - 1;
        Ok(Number::Parameters { value, entry })
    }

    /// Appends a row of lanes; returns its result.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] if there are no such elements.
    pub fn push_run(
        &mut self,
        e: Option<Wire>,
        run: Run,
        parameters: &Parameters<'_>,
    ) -> Result<Wire, CircuitError> {
        let mut lanes = vec![0; run.lane];
        lanes.extend(parameters.run(&run)?);
        let f = Number::Lane(lanes.first().copied().unwrap_or(0));
        let weights = lanes.get(1..).unwrap_or_default().to_vec();
        self.runs.push((self.rows.len() as u32, run));
        Ok(self.push(Row {
            e,
            f,
            weights,
            ..Row::default()
        }))
    }

    /// The last row's result.
    pub fn last(&self) -> Wire {
        Wire::Row((self.rows.len() as u32).saturating_sub(1))
    }

    /// `a·b`.
    pub fn product(&mut self, a: Wire, b: Wire) -> Wire {
        self.push(Row::load(a));
        self.push(Row::times(b))
    }

    /// A constant, made once.
    pub fn constant(&mut self, number: Number) -> Wire {
        let key = number.value().to_bytes();
        if let Some(known) = self.constants.get(&key) {
            return *known;
        }
        let made = self.push(Row::constant(number));
        self.constants.insert(key, made);
        made
    }

    /// A constant, if there is a row of it.
    pub fn known(&self, number: Number) -> Option<Wire> {
        self.constants.get(&number.value().to_bytes()).copied()
    }

    /// `ρ^rho·σ^sigma`, made once. Appends rows, so it must not be called within a chain.
    pub fn power(&mut self, rho: u64, sigma: u64) -> Wire {
        if let Some(known) = self.powers.get(&(rho, sigma)) {
            return *known;
        }
        let made = match (rho, sigma) {
            (0, 1) => {
                let mut power = self.power(1, 0);
                for _ in 0..SIGMA_SQUARINGS {
                    power = self.product(power, power);
                }
                power
            }
            (0, _) => {
                let (half, rest) = (self.power(0, sigma / 2), self.power(0, sigma - sigma / 2));
                self.product(half, rest)
            }
            (_, 0) => {
                let (half, rest) = (self.power(rho / 2, 0), self.power(rho - rho / 2, 0));
                self.product(half, rest)
            }
            _ => {
                let (a, b) = (self.power(rho, 0), self.power(0, sigma));
                self.product(a, b)
            }
        };
        self.powers.insert((rho, sigma), made);
        made
    }

    /// Demands that a result is zero.
    pub fn require_zero(&mut self, wire: Wire) {
        self.equal.push((wire, self.zero));
    }

    /// `Σ step-wise`: a chain `E = e_i·E + c_i·b_i + f_i`, whose multipliers exist already.
    pub fn chain(&mut self, rows: impl IntoIterator<Item = Row>) -> Wire {
        let mut last = self.zero;
        for row in rows {
            last = self.push(row);
        }
        last
    }

    /// Checks that rows read earlier rows only, so that their values follow from each other.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] naming the row.
    pub fn check(&self) -> Result<(), CircuitError> {
        for (index, row) in self.rows.iter().enumerate() {
            let later =
                |wire: Option<Wire>| matches!(wire, Some(Wire::Row(other)) if other as usize >= index);
            if later(row.e) || later(row.b) {
                return Err(CircuitError::Inconsistent {
                    place: format!("machine row {index}"),
                    reason: "it reads a later row".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Values e, b and E of all rows. `cell` gives stored cells, `free` what the prover chooses, `instance` the public
    /// values.
    pub fn run(&self, rho: Fr, cell: &dyn Fn(u32, u32) -> Fr, free: Fr, instance: &[Fr]) -> Vec<[Fr; 3]> {
        let mut values: Vec<[Fr; 3]> = Vec::with_capacity(self.rows.len());
        let mut before = Fr::ZERO;
        for (index, row) in self.rows.iter().enumerate() {
            let read = |wire: Option<Wire>| match wire {
                None => Fr::ZERO,
                Some(Wire::Cell(segment, row)) => cell(segment, row),
                Some(Wire::Row(row)) => values.get(row as usize).map_or(Fr::ZERO, |v: &[Fr; 3]| v[2]),
            };
            let e = read(row.e);
            let b = if row.is_free() { free } else { read(row.b) };
            let mut sum = row.f.value() + instance.get(index).copied().unwrap_or(Fr::ZERO);
            if row.c != Number::Small(0) {
                sum += row.c.value() * b;
            }
            if row.e.is_some() {
                sum += e * before;
            }
            if !row.weights.is_empty() {
                let weights = row.weights.iter().rev();
                sum += weights.fold(Fr::ZERO, |s, w| s * rho + field(*w)) * rho;
            }
            before = sum;
            values.push([e, b, sum]);
        }
        values
    }
}

impl Row {
    /// Whether the prover chooses `b`.
    pub fn is_free(&self) -> bool {
        self.b.is_none() && self.c != Number::Small(0)
    }
}
