//! The identities of a circuit as linear forms of columns and products of such forms, grouped by degree.
//!
//! Challenges and constants fold into scalars that are computed once per proof. What is left per row are products of
//! linear forms; a form of many columns can be added up before its FFT instead of after.

use hallmark_verifier::{ColumnKind, Node, Protocol};
use halo2_proofs::halo2curves::bn256::Fr;
use halo2_proofs::halo2curves::ff::{Field, PrimeField};
use std::collections::HashMap;

use crate::extract;

/// A polynomial that identities are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// Advice column.
    Advice(usize),
    /// Fixed column.
    Fixed(usize),
    /// Instance column.
    Instance(usize),
    /// Grand product of the permutation argument.
    Product(usize),
    /// Permutation polynomial.
    Sigma(usize),
    /// One on the first row.
    First,
    /// One on the row after the usable ones.
    Last,
    /// One on usable rows.
    Active,
    /// The identity X.
    X,
}

/// A column at a rotation.
pub type Query = (Source, i32);

/// Index of a scalar.
pub type ScalarId = usize;
/// Index of a linear form.
pub type FormId = usize;
/// Index of a product of two forms.
pub type ProductId = usize;

/// How a scalar is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarOp {
    /// A constant, as canonical bytes.
    Constant([u8; 32]),
    /// The circuit's challenge of this index.
    Challenge(usize),
    /// β of the permutation argument.
    Beta,
    /// γ of the permutation argument.
    Gamma,
    /// Sum.
    Sum(ScalarId, ScalarId),
    /// Product.
    Product(ScalarId, ScalarId),
}

/// What a linear form adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// The constant one.
    One,
    /// A column.
    Column(Query),
    /// A product.
    Product(ProductId),
}

/// `Σ scalar · atom`, atoms in ascending order.
pub type Form = Vec<(Atom, ScalarId)>;

/// All identities.
pub struct Program {
    /// Scalars; operands come before their users.
    pub scalars: Vec<ScalarOp>,
    /// Linear forms.
    pub forms: Vec<Form>,
    /// Products of two forms.
    pub products: Vec<(FormId, FormId)>,
    /// Identities in the order of powers of y: form and degree in units of a column.
    pub identities: Vec<(FormId, usize)>,
}

/// Builds a [`Program`].
struct Compiler {
    scalars: Vec<ScalarOp>,
    scalar_ids: HashMap<ScalarOp, ScalarId>,
    forms: Vec<Form>,
    form_ids: HashMap<Form, FormId>,
    products: Vec<(FormId, FormId)>,
    product_ids: HashMap<(FormId, FormId), ProductId>,
    product_degrees: Vec<usize>,
}

impl Program {
    /// Compiles the gates and the permutation argument of a circuit.
    pub fn new(protocol: &Protocol) -> Self {
        let mut c = Compiler {
            scalars: Vec::new(),
            scalar_ids: HashMap::new(),
            forms: Vec::new(),
            form_ids: HashMap::new(),
            products: Vec::new(),
            product_ids: HashMap::new(),
            product_degrees: Vec::new(),
        };
        let one = c.constant(Fr::ONE);
        debug_assert_eq!(one, 0);
        let nodes = c.nodes(protocol);
        let mut identities: Vec<Form> = Vec::new();
        for constraint in protocol.gates.iter().flat_map(|gate| &gate.constraints) {
            identities.push(nodes.get(constraint.root).cloned().unwrap_or_default());
        }
        identities.extend(c.permutation(protocol));
        let identities = identities
            .into_iter()
            .map(|form| {
                let degree = c.degree(&form);
                (c.form(form), degree)
            })
            .collect();
        Self {
            scalars: c.scalars,
            forms: c.forms,
            products: c.products,
            identities,
        }
    }

    /// A scalar that is the same in all proofs.
    pub fn known(&self, id: ScalarId) -> Option<Fr> {
        match self.scalars[id] {
            ScalarOp::Constant(bytes) => Option::from(Fr::from_repr(bytes)),
            _ => None,
        }
    }

    /// The scalar one.
    pub fn one(&self) -> ScalarId {
        // The compiler adds it first.
        0
    }

    /// The scalars of one proof.
    pub fn evaluate_scalars(&self, challenges: &[Fr], beta: Fr, gamma: Fr) -> Vec<Fr> {
        let mut values: Vec<Fr> = Vec::with_capacity(self.scalars.len());
        for op in &self.scalars {
            values.push(match *op {
                ScalarOp::Constant(bytes) => Option::from(Fr::from_repr(bytes)).unwrap_or_default(),
                ScalarOp::Challenge(index) => challenges.get(index).copied().unwrap_or_default(),
                ScalarOp::Beta => beta,
                ScalarOp::Gamma => gamma,
                ScalarOp::Sum(a, b) => values[a] + values[b],
                ScalarOp::Product(a, b) => values[a] * values[b],
            });
        }
        values
    }
}

impl Compiler {
    fn scalar(&mut self, op: ScalarOp) -> ScalarId {
        *self.scalar_ids.entry(op).or_insert_with(|| {
            self.scalars.push(op);
            self.scalars.len() - 1
        })
    }

    fn constant(&mut self, value: Fr) -> ScalarId {
        self.scalar(ScalarOp::Constant(value.to_repr()))
    }

    fn known(&self, id: ScalarId) -> Option<Fr> {
        match self.scalars[id] {
            ScalarOp::Constant(bytes) => Option::from(Fr::from_repr(bytes)),
            _ => None,
        }
    }

    fn multiplied(&mut self, a: ScalarId, b: ScalarId) -> ScalarId {
        match (self.known(a), self.known(b)) {
            (Some(a), Some(b)) => self.constant(a * b),
            (Some(one), None) if one == Fr::ONE => b,
            (None, Some(one)) if one == Fr::ONE => a,
            _ => self.scalar(ScalarOp::Product(a.min(b), a.max(b))),
        }
    }

    fn added(&mut self, a: ScalarId, b: ScalarId) -> ScalarId {
        match (self.known(a), self.known(b)) {
            (Some(a), Some(b)) => self.constant(a + b),
            _ => self.scalar(ScalarOp::Sum(a.min(b), a.max(b))),
        }
    }

    fn form(&mut self, form: Form) -> FormId {
        if let Some(id) = self.form_ids.get(&form) {
            return *id;
        }
        self.forms.push(form.clone());
        self.form_ids.insert(form, self.forms.len() - 1);
        self.forms.len() - 1
    }

    fn degree(&self, form: &Form) -> usize {
        let of = |atom: &Atom| match atom {
            Atom::One => 0,
            Atom::Column(_) => 1,
            Atom::Product(id) => self.product_degrees[*id],
        };
        form.iter().map(|(atom, _)| of(atom)).max().unwrap_or(0)
    }

    fn column(&mut self, query: Query) -> Form {
        let one = self.constant(Fr::ONE);
        vec![(Atom::Column(query), one)]
    }

    fn scalar_form(&self, scalar: ScalarId) -> Form {
        vec![(Atom::One, scalar)]
    }

    fn scaled(&mut self, form: &Form, scalar: ScalarId) -> Form {
        form.iter()
            .map(|(atom, s)| (*atom, self.multiplied(*s, scalar)))
            .collect()
    }

    fn sum(&mut self, a: &Form, b: &Form) -> Form {
        let mut result = Form::with_capacity(a.len() + b.len());
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let order = match (a.get(i), b.get(j)) {
                (Some(x), Some(y)) => x.0.cmp(&y.0),
                (Some(_), None) => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            };
            match order {
                std::cmp::Ordering::Less => {
                    result.push(a[i]);
                    i += 1;
                }
                std::cmp::Ordering::Greater => {
                    result.push(b[j]);
                    j += 1;
                }
                std::cmp::Ordering::Equal => {
                    let scalar = self.added(a[i].1, b[j].1);
                    if self.known(scalar) != Some(Fr::ZERO) {
                        result.push((a[i].0, scalar));
                    }
                    (i, j) = (i + 1, j + 1);
                }
            }
        }
        result
    }

    fn negated(&mut self, form: &Form) -> Form {
        let minus = self.constant(-Fr::ONE);
        self.scaled(form, minus)
    }

    fn product(&mut self, a: &Form, b: &Form) -> Form {
        match (a.as_slice(), b.as_slice()) {
            ([], _) | (_, []) => Form::new(),
            ([(Atom::One, s)], other) | (other, [(Atom::One, s)]) => self.scaled(&other.to_vec(), *s),
            _ => {
                let degree = self.degree(a) + self.degree(b);
                let (a, b) = (self.form(a.clone()), self.form(b.clone()));
                let key = (a.min(b), a.max(b));
                let id = match self.product_ids.get(&key) {
                    Some(id) => *id,
                    None => {
                        self.products.push(key);
                        self.product_degrees.push(degree);
                        self.product_ids.insert(key, self.products.len() - 1);
                        self.products.len() - 1
                    }
                };
                let one = self.constant(Fr::ONE);
                vec![(Atom::Product(id), one)]
            }
        }
    }

    /// The forms of all expression nodes.
    fn nodes(&mut self, protocol: &Protocol) -> Vec<Form> {
        let mut forms: Vec<Form> = Vec::with_capacity(protocol.nodes.len());
        for node in &protocol.nodes {
            let form = match *node {
                Node::Constant(value) => {
                    let value = extract::halo_scalar(&value);
                    let id = self.constant(value);
                    if value == Fr::ZERO {
                        Form::new()
                    } else {
                        self.scalar_form(id)
                    }
                }
                Node::Fixed(query) => {
                    let query = &protocol.fixed_queries[query];
                    self.column((Source::Fixed(query.column), query.rotation))
                }
                Node::Advice(query) => {
                    let query = &protocol.advice_queries[query];
                    self.column((Source::Advice(query.column), query.rotation))
                }
                Node::Instance(query) => {
                    let query = &protocol.instance_queries[query];
                    self.column((Source::Instance(query.column), query.rotation))
                }
                Node::Challenge(index) => {
                    let id = self.scalar(ScalarOp::Challenge(index));
                    self.scalar_form(id)
                }
                Node::Negated(a) => self.negated(&forms[a].clone()),
                Node::Sum(a, b) => self.sum(&forms[a].clone(), &forms[b].clone()),
                Node::Product(a, b) => self.product(&forms[a].clone(), &forms[b].clone()),
                Node::Scaled(a, factor) => {
                    let factor = self.constant(extract::halo_scalar(&factor));
                    self.scaled(&forms[a].clone(), factor)
                }
            };
            forms.push(form);
        }
        forms
    }

    /// The identities of the permutation argument, in halo2's order.
    fn permutation(&mut self, protocol: &Protocol) -> Vec<Form> {
        let products = protocol.permutation_products();
        if products == 0 {
            return Vec::new();
        }
        let one = self.constant(Fr::ONE);
        let (first, last, active) = (
            self.column((Source::First, 0)),
            self.column((Source::Last, 0)),
            self.column((Source::Active, 0)),
        );
        let one = self.scalar_form(one);
        let z = |c: &mut Self, i: usize, rotation: i32| c.column((Source::Product(i), rotation));
        let mut all = Vec::new();
        let z0 = z(self, 0, 0);
        let minus = self.negated(&z0);
        let starts = self.sum(&one, &minus);
        all.push(self.product(&first, &starts));
        let end = z(self, products - 1, 0);
        let square = self.product(&end, &end);
        let minus = self.negated(&end);
        let boolean = self.sum(&square, &minus);
        all.push(self.product(&last, &boolean));
        for i in 1..products {
            let (own, before) = (z(self, i, 0), z(self, i - 1, protocol.last_rotation()));
            let minus = self.negated(&before);
            let continues = self.sum(&own, &minus);
            all.push(self.product(&first, &continues));
        }
        let (beta, gamma) = (self.scalar(ScalarOp::Beta), self.scalar(ScalarOp::Gamma));
        let gamma = self.scalar_form(gamma);
        let mut delta = Fr::ONE;
        for (i, chunk) in protocol
            .permutation_columns
            .chunks(protocol.permutation_chunk())
            .enumerate()
        {
            let (mut left, mut right) = (z(self, i, 1), z(self, i, 0));
            for (j, column) in chunk.iter().enumerate() {
                let source = match column.kind {
                    ColumnKind::Fixed => Source::Fixed(column.column),
                    ColumnKind::Advice => Source::Advice(column.column),
                    ColumnKind::Instance => Source::Instance(column.column),
                };
                let column = self.column((source, 0));
                let shifted = self.sum(&column, &gamma);
                let sigma = self.column((Source::Sigma(i * protocol.permutation_chunk() + j), 0));
                let sigma = self.scaled(&sigma, beta);
                let factor = self.sum(&shifted, &sigma);
                left = self.product(&left, &factor);
                let power = self.constant(delta);
                let scaled = self.multiplied(beta, power);
                let x = self.column((Source::X, 0));
                let x = self.scaled(&x, scaled);
                let factor = self.sum(&shifted, &x);
                right = self.product(&right, &factor);
                delta *= Fr::DELTA;
            }
            let minus = self.negated(&right);
            let difference = self.sum(&left, &minus);
            all.push(self.product(&active, &difference));
        }
        all
    }
}
