//! Mul: an element-wise product of two stored tensors.
//!
//! Where one factor is the same for whole groups of consecutive elements, a channel's scale say, there is one product of evaluations
//! for each group: `Σ_g ρ^g·Y_g(σ) = Σ_g ρ^g·s_g·X_g(σ)`. Otherwise copies of the factors lie side by side, linked to the
//! originals by evaluation; an accumulator sums their products under the same functional as the result.

use super::{express, product, storage};
use crate::{
    arrangement::Arrangement,
    block::{Bank, Field, Fill, Offsets},
    builder::{Builder, Expression, Map, NewBlock, Operator, Part, Pieces, Product, Scalar, Source},
    dot::{DotRow, Multiplier},
    error::CircuitError,
    functional::{Base, Functional, Term},
    index,
};
use hallmark_model::{TensorId, ops::integer::Mul};
use std::sync::Arc;

impl Operator for Mul {
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        product::lower(b, node, self)
    }

    fn product(&self) -> Option<&dyn Product> {
        Some(self)
    }
}

/// Fewest elements of a group that are multiplied together: each takes two cells and three terms of evaluations by itself, a group
/// some rows of the dot section, which no wider bank makes fewer.
const LEAST_GROUP: usize = 16;

impl Product for Mul {
    /// Proves `value` to be the product.
    fn prove(&self, b: &mut Builder<'_>, node: usize, value: &Expression) -> Result<(), CircuitError> {
        let inputs = &b.graph.nodes[node].inputs;
        prove_product(b, node, [inputs[0], inputs[1]], value)
    }

    /// The products of the copies, unless there is one product for each group.
    fn express(&self, b: &mut Builder<'_>, node: usize) -> Result<Option<Expression>, CircuitError> {
        let inputs = &b.graph.nodes[node].inputs;
        let factors = [inputs[0], inputs[1]];
        if Groups::of(b, node, factors)?.is_some() {
            return Ok(None);
        }
        let source = Source::Products(store_factors(b, node, factors)?);
        Ok(Some(Expression::of(vec![Part {
            coefficient: 1,
            source,
            map: Map::Identity,
        }])))
    }

    fn pieces(&self, _b: &Builder<'_>, _node: usize) -> Pieces {
        Pieces::Any
    }

    /// The groups that are multiplied together, and every element by which one is.
    fn input_pieces(&self, b: &Builder<'_>, node: usize) -> Vec<(TensorId, Vec<u32>)> {
        let inputs = &b.graph.nodes[node].inputs;
        let Ok(Some(groups)) = Groups::of(b, node, [inputs[0], inputs[1]]) else {
            return Vec::new();
        };
        let group = |e: usize| (e / groups.length) as u32;
        let of = (0..b.length(groups.of)).map(group).collect();
        let by = (0..b.length(groups.by)).map(|e| e as u32).collect();
        vec![(groups.of, of), (groups.by, by)]
    }
}

/// Proves `value`, which has the shape of a node's output, to be the product of two tensors that broadcast to it.
pub(super) fn prove_product(
    b: &mut Builder<'_>,
    node: usize,
    factors: [TensorId; 2],
    value: &Expression,
) -> Result<(), CircuitError> {
    match Groups::of(b, node, factors)? {
        Some(groups) => groups.prove(b, value),
        None => prove_elements(b, node, factors, value),
    }
}

/// A product one factor of which is the same throughout each group of consecutive elements.
struct Groups {
    /// The other factor, as long as the product.
    of: TensorId,
    /// What each group is multiplied by: an element of this tensor.
    by: TensorId,
    elements: Vec<u32>,
    /// Elements of a group.
    length: usize,
}

impl Groups {
    fn of(
        b: &Builder<'_>,
        node: usize,
        [first, second]: [TensorId; 2],
    ) -> Result<Option<Self>, CircuitError> {
        let output = b.graph.nodes[node].output();
        let (shape, length) = (b.shape(output), b.length(output));
        // Images share rows: groups of all of them would be evaluated at the same time.
        if b.are_images(shape) {
            return Ok(None);
        }
        for (of, by) in [(first, second), (second, first)] {
            let own = b.shape(by);
            // Axes from the end along which the factor does not change.
            let same = own.iter().rev().take_while(|size| **size == 1).count();
            let same = if same == own.len() { shape.len() } else { same };
            let group: usize = shape.iter().rev().take(same).product();
            if b.length(of) == length && group >= LEAST_GROUP {
                let index = index::broadcast(own, shape)?;
                return Ok(Some(Self {
                    of,
                    by,
                    elements: index.iter().copied().step_by(group).collect(),
                    length: group,
                }));
            }
        }
        Ok(None)
    }

    /// `Σ_j σ^j·x[g·length + j]`.
    fn functional(&self, group: usize) -> Functional {
        let first = group * self.length;
        let terms = (0..self.length).map(|j| ((first + j) as u32, j as u32));
        Functional::new(Base::Sigma, terms)
    }

    fn prove(&self, b: &mut Builder<'_>, value: &Expression) -> Result<(), CircuitError> {
        let family: Vec<Functional> = (0..self.elements.len()).map(|g| self.functional(g)).collect();
        let rounded = b.node.map(|n| b.graph.nodes[n].output());
        // Where rows do not hold elements of one group, all groups are evaluated at once.
        let together = rounded.is_some_and(|rounded| storage::matrix_groups(b, rounded).is_some());
        let mut left = Vec::with_capacity(family.len());
        let mut products = Vec::with_capacity(family.len());
        for (functional, element) in family.iter().zip(&self.elements) {
            left.push(match together {
                true => Scalar::new(),
                false => b.evaluate_expression(value, functional)?,
            });
            let x = b.evaluate(self.of, functional)?;
            let factor = b.evaluate(self.by, &Functional::new(Base::Sigma, [(*element, 0)]))?;
            products.push(b.single(&x).zip(b.single(&factor)));
        }
        b.note_link(self.of, &family);
        let whole = together.then(|| Functional {
            base: Base::Sigma,
            terms: (0..)
                .zip(&family)
                .flat_map(|(g, own)| own.terms.iter().map(move |term| Term { rho: g, ..*term }))
                .collect(),
        });
        if let (Some(whole), Some(first)) = (&whole, left.first_mut()) {
            *first = b.evaluate_expression(value, whole)?;
        }
        if let Some(rounded) = rounded {
            b.note_link(rounded, whole.as_ref().map_or(&family, std::slice::from_ref));
        }
        let mut keep = false;
        for (left, product) in left.iter().zip(products).rev() {
            // Where a group has no left side of its own, its product's row multiplies what was added up so far by ρ.
            let alone = left.is_empty() && product.is_some();
            if !alone {
                b.add_scalar(left, -1, false, keep);
                keep |= !left.is_empty();
            }
            let Some((x, factor)) = product else { continue };
            b.dots.push(DotRow {
                node: b.node,
                keep: keep && !alone,
                horner: keep && alone,
                product: Multiplier::Factor,
                v_from: Some(x),
                f_from: Some(factor),
                ..DotRow::default()
            });
            keep = true;
        }
        if keep {
            b.end_equation();
        }
        Ok(())
    }
}

/// Proves `value` to be the product of both factors, element by element.
fn prove_elements(
    b: &mut Builder<'_>,
    node: usize,
    factors: [TensorId; 2],
    value: &Expression,
) -> Result<(), CircuitError> {
    let field = store_factors(b, node, factors)?;
    let functional = Functional::flat(b.length(b.graph.nodes[node].output()));
    let products = b.evaluate_field(field, functional.clone(), true);
    let products = products.into_iter().map(|a| (1, a)).collect();
    let result = b.evaluate_expression(value, &functional)?;
    b.equate(&result, &products);
    Ok(())
}

/// Stores copies of both factors side by side, each linked to its original; returns the field of the first.
fn store_factors(b: &mut Builder<'_>, node: usize, factors: [TensorId; 2]) -> Result<Field, CircuitError> {
    let node = &b.graph.nodes[node];
    let shape = b.shape(node.output());
    let length = b.length(node.output());
    let maps: Vec<Vec<u32>> = factors
        .iter()
        .map(|t| index::broadcast(b.shape(*t), shape))
        .collect::<Result<_, _>>()?;
    let lows: Vec<i64> = factors.iter().map(|t| b.graph.tensors[t.0].interval.0).collect();
    let mut fills = Vec::new();
    for ((tensor, map), low) in factors.into_iter().zip(maps.clone()).zip(lows.clone()) {
        let fill: Fill = Arc::new(move |trace| {
            let all: Vec<i64> = storage::elements(trace, tensor).map(|v| v - low).collect();
            map.iter().map(|i| all[*i as usize]).collect()
        });
        fills.push(fill);
    }
    let block = b.store(NewBlock {
        name: format!("{} factors", node.name),
        bank: Bank::Product,
        length,
        arrangement: Arrangement::flat(length),
        unit: 1,
        stride: 2,
        table: None,
        offsets: Offsets::Uniform(lows),
        fills,
    });
    let functional = Functional::flat(length);
    for (side, (tensor, map)) in factors.iter().zip(maps).enumerate() {
        let gathered = Expression::of(vec![express::part(1, *tensor, express::gather(map))]);
        let original = b.evaluate_expression(&gathered, &functional)?;
        let field = Field {
            block,
            index: side as u32,
        };
        let copied = b
            .evaluate_field(field, functional.clone(), false)
            .into_iter()
            .map(|a| (1, a))
            .collect();
        b.equate(&original, &copied);
    }
    Ok(Field { block, index: 0 })
}
