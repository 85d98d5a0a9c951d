//! How the identities of one degree are evaluated: which columns on which cosets, and in what order.
//!
//! `Σ y^i·identity_i` of a degree class is arranged as `affine + Σ_L L·R_L`, where each `R_L` collects everything that is
//! multiplied by the same factor `L`; its coefficients fold powers of y and the circuit's scalars.

use super::program::{Atom, Form, FormId, ProductId, Program, ScalarId, Source};
use halo2_proofs::halo2curves::bn256::Fr;
use std::collections::{BTreeMap, HashMap};

/// One summand `y^(last − identity) · scalar · scalar` of a coefficient.
pub type Weight = (usize, ScalarId, ScalarId);

/// A linear form whose coefficients depend on y.
pub type Weighted = Vec<(Atom, Vec<Weight>)>;

/// The identities of a class of degrees.
pub struct Class {
    /// Cosets of the domain on which the class is evaluated: its degree less one, rounded up to a power of two.
    pub cosets: usize,
    /// Summands that are multiplied by no common factor.
    pub affine: Weighted,
    /// Factors with what they multiply.
    pub groups: Vec<(FormId, Weighted)>,
}

/// All classes, smallest first.
pub fn classes(program: &Program) -> Vec<Class> {
    let mut by_cosets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, (_, degree)) in program.identities.iter().enumerate() {
        by_cosets
            .entry(degree.saturating_sub(1).max(1).next_power_of_two())
            .or_default()
            .push(index);
    }
    by_cosets
        .into_iter()
        .map(|(cosets, identities)| class(program, cosets, &identities))
        .collect()
}

fn class(program: &Program, cosets: usize, identities: &[usize]) -> Class {
    let mut total: BTreeMap<Atom, Vec<(usize, ScalarId)>> = BTreeMap::new();
    for identity in identities {
        for (atom, scalar) in &program.forms[program.identities[*identity].0] {
            total.entry(*atom).or_default().push((*identity, *scalar));
        }
    }
    let mut occurrences: HashMap<FormId, usize> = HashMap::new();
    for atom in total.keys() {
        if let Atom::Product(id) = atom {
            let (a, b) = program.products[*id];
            *occurrences.entry(a).or_default() += 1;
            *occurrences.entry(b).or_default() += 1;
        }
    }
    let one = program.one();
    let mut affine = Weighted::new();
    let mut groups: BTreeMap<FormId, BTreeMap<Atom, Vec<Weight>>> = BTreeMap::new();
    for (atom, weights) in total {
        let Atom::Product(id) = atom else {
            affine.push((atom, weights.into_iter().map(|(i, s)| (i, s, one)).collect()));
            continue;
        };
        let (a, b) = program.products[id];
        // The more frequent factor is taken out; of equals, the shorter.
        let rank = |form: FormId| (occurrences[&form], std::cmp::Reverse(program.forms[form].len()));
        let (outer, inner) = if rank(a) >= rank(b) { (a, b) } else { (b, a) };
        let group = groups.entry(outer).or_default();
        for (inner_atom, scalar) in &program.forms[inner] {
            let weights = weights.iter().map(|(i, s)| (*i, *s, *scalar));
            group.entry(*inner_atom).or_default().extend(weights);
        }
    }
    let groups = groups
        .into_iter()
        .map(|(form, atoms)| (form, atoms.into_iter().collect()))
        .collect();
    Class {
        cosets,
        affine,
        groups,
    }
}

/// Columns that a class reads, and how often each occurs in a linear form.
pub struct Uses {
    /// Number of forms that name the column, at any rotation.
    pub counts: BTreeMap<Source, usize>,
}

impl Uses {
    /// Counts the uses of all columns in a class.
    pub fn of(program: &Program, class: &Class) -> Self {
        let mut uses = Self {
            counts: BTreeMap::new(),
        };
        let mut seen = vec![false; program.products.len()];
        for (atom, _) in class
            .affine
            .iter()
            .chain(class.groups.iter().flat_map(|(_, atoms)| atoms))
        {
            uses.atom(program, atom, &mut seen);
        }
        for (form, _) in &class.groups {
            uses.form(program, &program.forms[*form], &mut seen);
        }
        uses
    }

    fn atom(&mut self, program: &Program, atom: &Atom, seen: &mut [bool]) {
        match atom {
            Atom::One => {}
            Atom::Column((source, _)) => *self.counts.entry(*source).or_default() += 1,
            Atom::Product(id) if seen[*id] => {}
            Atom::Product(id) => {
                seen[*id] = true;
                let (a, b) = program.products[*id];
                self.form(program, &program.forms[a], seen);
                self.form(program, &program.forms[b], seen);
            }
        }
    }

    fn form(&mut self, program: &Program, form: &Form, seen: &mut [bool]) {
        form.iter().for_each(|(atom, _)| self.atom(program, atom, seen));
    }
}

/// A register of a [`Code`].
pub type Register = usize;

/// Reference to a coefficient of a [`Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coefficient {
    /// One.
    One,
    /// Minus one.
    MinusOne,
    /// An entry of the per-proof table.
    Table(usize),
}

/// One step of evaluating a class on a block of rows.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// `out = column[row + rotation]`; the column is an index in [`Code::columns`].
    Load {
        /// Register written.
        out: Register,
        /// Column.
        column: usize,
        /// Rotation.
        rotation: i32,
    },
    /// `out = coefficient`.
    Constant {
        /// Register written.
        out: Register,
        /// Coefficient.
        coefficient: Coefficient,
    },
    /// `out = coefficient · a`.
    Scale {
        /// Register written.
        out: Register,
        /// Register read.
        a: Register,
        /// Coefficient.
        coefficient: Coefficient,
    },
    /// `out = out + coefficient · a`.
    Add {
        /// Register changed.
        out: Register,
        /// Register read.
        a: Register,
        /// Coefficient.
        coefficient: Coefficient,
    },
    /// `out = a · b`.
    Multiply {
        /// Register written.
        out: Register,
        /// Register read.
        a: Register,
        /// Register read.
        b: Register,
    },
    /// `out = out + a · b`.
    MultiplyAdd {
        /// Register changed.
        out: Register,
        /// Register read.
        a: Register,
        /// Register read.
        b: Register,
    },
}

/// How the entries of the coefficient table are computed per proof.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Recipe {
    /// A scalar of the program.
    Scalar(ScalarId),
    /// A sum of weights.
    Weights(Vec<Weight>),
}

/// Columns that are added up before their FFT.
pub struct Virtual {
    /// Columns with the entry of the coefficient table that multiplies each.
    pub terms: Vec<(Source, usize)>,
}

/// What a column of a [`Code`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Input {
    /// A column of the circuit.
    Source(Source),
    /// A virtual column.
    Virtual(usize),
}

/// Straight-line code of a class; the result is in register 0.
pub struct Code {
    /// Cosets on which it runs.
    pub cosets: usize,
    /// Columns that are read.
    pub columns: Vec<Input>,
    /// Columns that are added up before their FFT.
    pub virtuals: Vec<Virtual>,
    /// The steps.
    pub steps: Vec<Step>,
    /// Number of registers.
    pub registers: usize,
    /// The coefficient table.
    pub table: Vec<Recipe>,
}

/// Columns of a form that are worth adding up before their FFT: at least this many.
const WORTHWHILE: usize = 2;

/// Writes a [`Code`].
struct Emitter<'a> {
    program: &'a Program,
    uses: Uses,
    code: Code,
    free: Vec<Register>,
    column_index: HashMap<Input, usize>,
    recipes: HashMap<Recipe, usize>,
    /// Products that are used more than once stay in a register.
    product_uses: HashMap<ProductId, usize>,
    kept: HashMap<ProductId, Register>,
}

/// Compiles a class.
pub fn compile(program: &Program, class: &Class) -> Code {
    let code = Code {
        cosets: class.cosets,
        columns: Vec::new(),
        virtuals: Vec::new(),
        steps: Vec::new(),
        registers: 1,
        table: Vec::new(),
    };
    let mut emitter = Emitter {
        program,
        uses: Uses::of(program, class),
        code,
        free: Vec::new(),
        column_index: HashMap::new(),
        recipes: HashMap::new(),
        product_uses: HashMap::new(),
        kept: HashMap::new(),
    };
    emitter.count_products(class);
    emitter.weighted(&class.affine, 0);
    for (outer, inner) in &class.groups {
        let (a, b) = (emitter.take(), emitter.take());
        emitter.form(*outer, a);
        emitter.weighted(inner, b);
        emitter.code.steps.push(Step::MultiplyAdd { out: 0, a, b });
        emitter.free.extend([a, b]);
    }
    emitter.code
}

impl Emitter<'_> {
    fn count_products(&mut self, class: &Class) {
        let mut pending: Vec<ProductId> = Vec::new();
        let mut visit = |atoms: &mut dyn Iterator<Item = Atom>, uses: &mut HashMap<ProductId, usize>| {
            for atom in atoms {
                if let Atom::Product(id) = atom {
                    let count = uses.entry(id).or_default();
                    *count += 1;
                    if *count == 1 {
                        pending.push(id);
                    }
                }
            }
            std::mem::take(&mut pending)
        };
        let mut queue: Vec<ProductId> = Vec::new();
        queue.extend(visit(
            &mut class.affine.iter().map(|(a, _)| *a),
            &mut self.product_uses,
        ));
        for (outer, inner) in &class.groups {
            queue.extend(visit(&mut inner.iter().map(|(a, _)| *a), &mut self.product_uses));
            queue.extend(visit(
                &mut self.program.forms[*outer].iter().map(|(a, _)| *a),
                &mut self.product_uses,
            ));
        }
        while let Some(id) = queue.pop() {
            let (a, b) = self.program.products[id];
            for form in [a, b] {
                queue.extend(visit(
                    &mut self.program.forms[form].iter().map(|(a, _)| *a),
                    &mut self.product_uses,
                ));
            }
        }
    }

    fn take(&mut self) -> Register {
        self.free.pop().unwrap_or_else(|| {
            self.code.registers += 1;
            self.code.registers - 1
        })
    }

    fn column(&mut self, input: Input) -> usize {
        *self.column_index.entry(input).or_insert_with(|| {
            self.code.columns.push(input);
            self.code.columns.len() - 1
        })
    }

    fn coefficient(&mut self, recipe: Recipe) -> Coefficient {
        if let Recipe::Scalar(id) = recipe {
            match self.program.known(id) {
                Some(one) if one == Fr::one() => return Coefficient::One,
                Some(minus) if minus == -Fr::one() => return Coefficient::MinusOne,
                _ => {}
            }
        }
        Coefficient::Table(self.entry(recipe))
    }

    fn entry(&mut self, recipe: Recipe) -> usize {
        if let Some(found) = self.recipes.get(&recipe) {
            return *found;
        }
        self.code.table.push(recipe.clone());
        self.recipes.insert(recipe, self.code.table.len() - 1);
        self.code.table.len() - 1
    }

    fn form(&mut self, id: FormId, out: Register) {
        let program = self.program;
        let atoms: Vec<(Atom, Recipe)> = program.forms[id]
            .iter()
            .map(|(a, s)| (*a, Recipe::Scalar(*s)))
            .collect();
        self.linear(&atoms, out);
    }

    fn weighted(&mut self, atoms: &Weighted, out: Register) {
        let atoms: Vec<(Atom, Recipe)> = atoms
            .iter()
            .map(|(a, w)| (*a, Recipe::Weights(w.clone())))
            .collect();
        self.linear(&atoms, out);
    }

    /// `out = Σ coefficient · atom`.
    fn linear(&mut self, atoms: &[(Atom, Recipe)], out: Register) {
        let alone = |uses: &Uses, atom: &Atom| match atom {
            Atom::Column((source, 0)) => uses.counts.get(source) == Some(&1) && !matches!(source, Source::X),
            _ => false,
        };
        let virtuals = atoms.iter().filter(|(atom, _)| alone(&self.uses, atom)).count();
        let merged = virtuals >= WORTHWHILE;
        let mut started = false;
        if merged {
            let mut terms = Vec::with_capacity(virtuals);
            for (atom, recipe) in atoms {
                if let Atom::Column((source, _)) = atom
                    && alone(&self.uses, atom)
                {
                    terms.push((*source, self.entry(recipe.clone())));
                }
            }
            self.code.virtuals.push(Virtual { terms });
            let column = self.column(Input::Virtual(self.code.virtuals.len() - 1));
            self.code.steps.push(Step::Load {
                out,
                column,
                rotation: 0,
            });
            started = true;
        }
        for (atom, recipe) in atoms {
            if merged && alone(&self.uses, atom) {
                continue;
            }
            let coefficient = self.coefficient(recipe.clone());
            match atom {
                Atom::One => {
                    if started {
                        let a = self.take();
                        self.code.steps.push(Step::Constant { out: a, coefficient });
                        self.code.steps.push(Step::Add {
                            out,
                            a,
                            coefficient: Coefficient::One,
                        });
                        self.free.push(a);
                    } else {
                        self.code.steps.push(Step::Constant { out, coefficient });
                    }
                }
                Atom::Column((source, rotation)) => {
                    let a = self.take();
                    let column = self.column(Input::Source(*source));
                    self.code.steps.push(Step::Load {
                        out: a,
                        column,
                        rotation: *rotation,
                    });
                    self.accumulate(out, a, coefficient, started);
                    self.free.push(a);
                }
                Atom::Product(id) => {
                    let (a, kept) = self.product(*id);
                    self.accumulate(out, a, coefficient, started);
                    if !kept {
                        self.free.push(a);
                    }
                }
            }
            started = true;
        }
        if !started {
            let zero = Coefficient::Table(self.entry(Recipe::Weights(Vec::new())));
            self.code.steps.push(Step::Constant {
                out,
                coefficient: zero,
            });
        }
    }

    fn accumulate(&mut self, out: Register, a: Register, coefficient: Coefficient, started: bool) {
        self.code.steps.push(match started {
            true => Step::Add { out, a, coefficient },
            false => Step::Scale { out, a, coefficient },
        });
    }

    /// The register of a product, and whether it stays in use.
    fn product(&mut self, id: ProductId) -> (Register, bool) {
        if let Some(register) = self.kept.get(&id) {
            return (*register, true);
        }
        let (left, right) = self.program.products[id];
        let a = self.take();
        self.form(left, a);
        let b = self.take();
        self.form(right, b);
        self.code.steps.push(Step::Multiply { out: a, a, b });
        self.free.push(b);
        let kept = self.product_uses.get(&id).copied().unwrap_or(0) > 1;
        if kept {
            self.kept.insert(id, a);
        }
        (a, kept)
    }
}
