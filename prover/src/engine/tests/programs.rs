//! Programs, classes and straight-line code of random gates, against the gates' own expressions.

use super::*;
use crate::engine::identities::{Identities, ProofScalars};
use crate::engine::plan::{Class, Code, Coefficient, Input, Step, Weight, Weighted, classes};
use crate::engine::program::{Atom, Form as Sum, Program};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A value for every column and rotation.
fn cell(seed: u64) -> impl Fn(Source, i32) -> Fr {
    move |source, rotation| {
        let mut hash = DefaultHasher::new();
        (seed, source, rotation).hash(&mut hash);
        Fr::from(hash.finish()).square()
    }
}

/// Evaluates forms of a program.
struct Values<'a> {
    program: &'a Program,
    scalars: Vec<Fr>,
    cell: &'a dyn Fn(Source, i32) -> Fr,
}

impl Values<'_> {
    fn atom(&self, atom: &Atom) -> Fr {
        match atom {
            Atom::One => Fr::ONE,
            Atom::Column((source, rotation)) => (self.cell)(*source, *rotation),
            Atom::Product(id) => {
                let (a, b) = self.program.products[*id];
                self.form(&self.program.forms[a]) * self.form(&self.program.forms[b])
            }
        }
    }

    fn form(&self, form: &Sum) -> Fr {
        let terms = form
            .iter()
            .map(|(atom, scalar)| self.scalars[*scalar] * self.atom(atom));
        terms.sum()
    }

    /// A form whose coefficients depend on y.
    fn weighted(&self, form: &Weighted, powers: &[Fr]) -> Fr {
        let weight = |(identity, a, b): &Weight| powers[*identity] * self.scalars[*a] * self.scalars[*b];
        let terms = form
            .iter()
            .map(|(atom, weights)| self.atom(atom) * weights.iter().map(weight).sum::<Fr>());
        terms.sum()
    }

    fn class(&self, class: &Class, powers: &[Fr]) -> Fr {
        let group = |(form, inner): &(usize, Weighted)| {
            self.form(&self.program.forms[*form]) * self.weighted(inner, powers)
        };
        self.weighted(&class.affine, powers) + class.groups.iter().map(group).sum::<Fr>()
    }
}

/// Cosets on which a polynomial of `degree` times the rows is known after division by the vanishing polynomial.
fn cosets(degree: usize) -> usize {
    [1, 2, 4, 8, 16]
        .into_iter()
        .find(|cosets| cosets + 1 >= degree)
        .unwrap()
}

/// Runs code at one place; a register that was not written to cannot be read.
pub(super) fn run(code: &Code, table: &[Fr], cell: &dyn Fn(Source, i32) -> Fr) -> Fr {
    let mut registers: Vec<Option<Fr>> = vec![None; code.registers];
    let value = |coefficient: Coefficient| match coefficient {
        Coefficient::One => Fr::ONE,
        Coefficient::MinusOne => -Fr::ONE,
        Coefficient::Table(entry) => table[entry],
    };
    for step in &code.steps {
        let read = |register: usize| registers[register].unwrap();
        let (out, result) = match *step {
            Step::Load {
                out,
                column,
                rotation,
            } => {
                let loaded = match code.columns[column] {
                    Input::Source(source) => cell(source, rotation),
                    Input::Virtual(index) => {
                        assert_eq!(rotation, 0, "sums of columns have no neighbours");
                        let terms = code.virtuals[index].terms.iter();
                        terms
                            .map(|(source, entry)| table[*entry] * cell(*source, 0))
                            .sum()
                    }
                };
                (out, loaded)
            }
            Step::Constant { out, coefficient } => (out, value(coefficient)),
            Step::Scale { out, a, coefficient } => (out, read(a) * value(coefficient)),
            Step::Add { out, a, coefficient } => (out, read(out) + read(a) * value(coefficient)),
            Step::Multiply { out, a, b } => (out, read(a) * read(b)),
            Step::MultiplyAdd { out, a, b } => (out, read(out) + read(a) * read(b)),
        };
        registers[out] = Some(result);
    }
    registers[0].unwrap()
}

/// What is checked of one random circuit.
struct Case {
    protocol: Protocol,
    challenges: Challenges,
    seed: u64,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (degree, permuted) = (3 + below(&mut rng, 7), below(&mut rng, 3 * COLUMNS));
        Self {
            protocol: random_protocol(&mut rng, 8, degree, permuted),
            challenges: Challenges::random(&mut rng),
            seed,
        }
    }

    fn values<'a>(&self, program: &'a Program, cell: &'a dyn Fn(Source, i32) -> Fr) -> Values<'a> {
        let Challenges {
            circuit, beta, gamma, ..
        } = &self.challenges;
        Values {
            scalars: program.evaluate_scalars(circuit, *beta, *gamma),
            program,
            cell,
        }
    }

    fn direct(&self) -> Vec<(Fr, usize)> {
        identities(&self.protocol, &self.challenges, &cell(self.seed))
    }

    /// Direct values of the identities that need as many cosets, zero for all others.
    fn of_class(&self, program: &Program, of: usize) -> Fr {
        let own = self.direct().into_iter().zip(&program.identities);
        let values =
            own.map(|((value, _), (_, degree))| if cosets(*degree) == of { value } else { Fr::ZERO });
        folded(&values.collect::<Vec<_>>(), self.challenges.y)
    }

    fn scalars(&self, identities: &Identities) -> ProofScalars {
        let Challenges {
            circuit,
            beta,
            gamma,
            y,
        } = &self.challenges;
        identities.scalars(circuit, *beta, *gamma, *y)
    }
}

const CASES: u64 = 300;

/// Forms have the values of the expressions that they were made of, atoms in order and once, and no higher degree.
#[test]
fn forms_are_the_expressions() {
    for seed in 0..CASES {
        let case = Case::new(seed);
        let program = Program::new(&case.protocol);
        let cell = cell(seed);
        let values = case.values(&program, &cell);
        let direct = case.direct();
        assert_eq!(program.identities.len(), direct.len(), "seed {seed}");
        let gates = case.protocol.gates[0].constraints.len();
        for (i, ((form, degree), (value, most))) in program.identities.iter().zip(direct).enumerate() {
            assert_eq!(
                values.form(&program.forms[*form]),
                value,
                "identity {i}, seed {seed}"
            );
            assert!(
                *degree <= most,
                "identity {i}, seed {seed}: degree {degree} of {most}"
            );
            assert!(
                i < gates || *degree == most,
                "nothing of the permutation argument cancels, seed {seed}"
            );
        }
        for form in &program.forms {
            assert!(
                form.windows(2).all(|pair| pair[0].0 < pair[1].0),
                "seed {seed}: {form:?}"
            );
        }
        let distinct: BTreeSet<_> = program
            .products
            .iter()
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        assert_eq!(
            distinct.len(),
            program.products.len(),
            "equal products are one, seed {seed}"
        );
    }
}

/// Every identity is in the class of its degree, smallest first, with its own power of y.
#[test]
fn classes_are_the_identities() {
    for seed in 0..CASES {
        let case = Case::new(seed);
        let program = Program::new(&case.protocol);
        let y = &case.challenges.y;
        let cell = cell(seed);
        let values = case.values(&program, &cell);
        let count = program.identities.len();
        let powers: Vec<Fr> = (0..count).map(|i| y.pow([(count - 1 - i) as u64])).collect();
        let classes = classes(&program);
        let needed: BTreeSet<usize> = program
            .identities
            .iter()
            .map(|(_, degree)| cosets(*degree))
            .collect();
        let found: Vec<usize> = classes.iter().map(|class| class.cosets).collect();
        assert_eq!(found, needed.into_iter().collect::<Vec<_>>(), "seed {seed}");
        for class in &classes {
            let right = case.of_class(&program, class.cosets);
            assert_eq!(
                values.class(class, &powers),
                right,
                "{} cosets, seed {seed}",
                class.cosets
            );
        }
    }
}

/// Code computes its class: every register is written before it is read, and what is loaded is what is listed.
#[test]
fn code_computes_its_class() {
    for seed in 0..CASES {
        let case = Case::new(seed);
        let program = Program::new(&case.protocol);
        let identities = Identities::new(Program::new(&case.protocol), &case.protocol);
        let tables = case.scalars(&identities).tables;
        let cell = cell(seed);
        let codes = identities.codes.iter().zip(&tables);
        for (code, table) in codes {
            let found = run(code, table, &cell);
            assert_eq!(
                found,
                case.of_class(&program, code.cosets),
                "{} cosets, seed {seed}",
                code.cosets
            );
            let inputs: BTreeSet<Input> = code.columns.iter().copied().collect();
            assert_eq!(
                inputs.len(),
                code.columns.len(),
                "a column is listed once, seed {seed}"
            );
            let loaded: BTreeSet<Input> = code.loads().map(|(input, _)| input).collect();
            assert_eq!(loaded, inputs, "seed {seed}");
            for sum in &code.virtuals {
                assert!(sum.terms.len() >= 2, "a sum is of several columns, seed {seed}");
                let alone = sum
                    .terms
                    .iter()
                    .all(|(source, _)| !loaded.contains(&Input::Source(*source)));
                assert!(alone, "what is loaded anyway is in no sum, seed {seed}");
            }
        }
    }
}
