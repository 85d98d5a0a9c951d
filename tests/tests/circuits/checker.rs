//! Evaluates the gates and copies of a planned circuit on given columns, so that single cells can be changed cheaply.
use hallmark_circuits::{
    Challenges, Fr, ModelCircuit, Plan, Witness,
    internals::{columns::Columns as Config, expression::Atom},
};
use halo2_proofs::{
    halo2curves::ff::Field,
    plonk::{Circuit, ConstraintSystem},
};
use std::collections::{BTreeSet, HashMap};

fn signed(value: i64) -> Fr {
    if value < 0 {
        -Fr::from(value.unsigned_abs())
    } else {
        Fr::from(value.unsigned_abs())
    }
}

/// All columns of a circuit with a witness.
pub struct Columns {
    meta: ConstraintSystem<Fr>,
    config: Config,
    advice: Vec<Vec<Fr>>,
    fixed: Vec<Vec<Fr>>,
    instance: Vec<Vec<Fr>>,
    challenges: [Fr; 4],
    copies: HashMap<(usize, usize), Vec<(usize, usize)>>,
    usable: usize,
}

impl Columns {
    /// The columns that `witness` and the challenges give.
    pub fn new(plan: &Plan, witness: &Witness, challenges: Challenges) -> Self {
        let (layout, frame) = (plan.layout(), plan.frame());
        let rows = 1 << plan.k();
        let mut meta = ConstraintSystem::default();
        let circuit = ModelCircuit::keygen(std::sync::Arc::new(plan.clone()));
        let config = ModelCircuit::configure_with_params(&mut meta, circuit.params());
        let sized = |mut values: Vec<Fr>| {
            values.resize(rows, Fr::ZERO);
            values
        };
        let mut advice = vec![vec![Fr::ZERO; rows]; frame.advice_columns];
        for (column, values) in witness.stored().iter().enumerate() {
            advice[column] = sized(values.iter().map(|v| signed(*v)).collect());
        }
        for (column, values) in witness.late(layout, &challenges) {
            advice[column] = sized(values);
        }
        let mut fixed: Vec<_> = plan
            .fixed_columns()
            .map(|c| sized(c.iter().map(|v| signed(*v)).collect()))
            .collect();
        if let (Some(sponge), Some(columns)) = layout
            .strips()
            .map_or((&None, &None), |strips| (&strips.sponge, &strips.fixed.sponge))
        {
            fixed[columns.constants] = sized(sponge.constants().collect());
        }
        let mut copies: HashMap<_, Vec<_>> = HashMap::new();
        for (a, b) in &frame.copies {
            copies.entry(*a).or_default().push(*b);
            copies.entry(*b).or_default().push(*a);
        }
        Self {
            meta,
            config,
            advice,
            fixed,
            instance: witness.instances().iter().cloned().map(sized).collect(),
            challenges: [
                challenges.rho,
                challenges.sigma,
                challenges.beta,
                challenges.gamma,
            ],
            copies,
            usable: frame.usable,
        }
    }

    /// `gate: constraint` of what does not hold in a row.
    fn gates(&self, row: usize, violated: &mut BTreeSet<String>) {
        let rows = self.fixed[0].len() as i32;
        let at = |rotation: i32| (row as i32 + rotation).rem_euclid(rows) as usize;
        let known = [
            self.config.rho,
            self.config.sigma,
            self.config.lookup[0],
            self.config.lookup[1],
        ];
        for gate in self.meta.gates() {
            for (i, polynomial) in gate.polynomials().iter().enumerate() {
                let value = polynomial.evaluate(
                    &|c| c,
                    &|_| Fr::ONE,
                    &|q| self.fixed[q.column_index()][at(q.rotation().0)],
                    &|q| self.advice[q.column_index()][at(q.rotation().0)],
                    &|q| self.instance[q.column_index()][at(q.rotation().0)],
                    &|c| self.challenges[known.iter().position(|k| k.index() == c.index()).unwrap()],
                    &|a| -a,
                    &|a, b| a + b,
                    &|a, b| a * b,
                    &|a, s| a * s,
                );
                if value != Fr::ZERO {
                    violated.insert(format!("{}: {}", gate.name(), gate.constraint_name(i)));
                }
            }
        }
    }

    fn copies(&self, cell: (usize, usize), violated: &mut BTreeSet<String>) {
        let value = |(column, row): (usize, usize)| self.advice[column][row];
        if self
            .copies
            .get(&cell)
            .is_some_and(|all| all.iter().any(|other| value(*other) != value(cell)))
        {
            violated.insert("copy".to_owned());
        }
    }

    /// Everything that does not hold in any row; `copy` stands for all copies.
    pub fn violated_anywhere(&self) -> Vec<String> {
        let mut violated = BTreeSet::new();
        (0..self.usable).for_each(|row| self.gates(row, &mut violated));
        self.copies
            .keys()
            .for_each(|cell| self.copies(*cell, &mut violated));
        violated.into_iter().collect()
    }

    /// What does not hold around one cell when `change` is added to it.
    pub fn violated_with(&mut self, (column, row): (usize, usize), change: Fr) -> Vec<String> {
        self.advice[column][row] += change;
        let mut violated = BTreeSet::new();
        (row.saturating_sub(1)..(row + 2).min(self.usable)).for_each(|row| self.gates(row, &mut violated));
        self.copies((column, row), &mut violated);
        self.advice[column][row] -= change;
        violated.into_iter().collect()
    }

    /// Puts other values into some columns.
    pub fn replace(&mut self, columns: &[usize], values: Vec<Vec<Fr>>) {
        for (column, values) in columns.iter().zip(values) {
            self.advice[*column][..values.len()].copy_from_slice(&values);
        }
    }

    /// The value of an evaluation.
    pub fn evaluation(&self, plan: &Plan, atom: Atom) -> Fr {
        match atom {
            Atom::Evaluation { index, row } => {
                self.advice[plan.layout().strips().unwrap().advice.accumulators[index]][row]
            }
            Atom::Total { row } => self.advice[plan.layout().strips().unwrap().advice.dot.unwrap()[2]][row],
        }
    }

    /// The cell that is copied to the statement's commitment.
    pub fn result_of_sponge(&self, plan: &Plan) -> Fr {
        let (column, row) = plan
            .layout()
            .strips()
            .unwrap()
            .sponge
            .as_ref()
            .unwrap()
            .result(&plan.layout().strips().unwrap().advice);
        self.advice[column][row]
    }
}
