//! Mul: an element-wise product of two stored tensors. Copies of the factors lie side by side, linked to the originals by
//! evaluation; an accumulator sums their products under the same functional as the result.

use super::{express, product, storage};
use crate::{
    block::{Arrangement, Bank, Field, Fill, Offsets},
    builder::{Builder, Expression, NewBlock, Operator, Pieces, Product},
    error::CircuitError,
    functional::Functional,
    index,
};
use hallmark_model::ops::integer::Mul;
use std::sync::Arc;

impl Operator for Mul {
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        product::lower(b, node, self)
    }

    fn product(&self) -> Option<&dyn Product> {
        Some(self)
    }
}

impl Product for Mul {
    /// Proves `value` to be the product.
    fn prove(&self, b: &mut Builder<'_>, node: usize, value: &Expression) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[node];
        let shape = b.shape(node.output());
        let length = b.length(node.output());
        let maps: Vec<Vec<u32>> = node
            .inputs
            .iter()
            .map(|t| index::broadcast(b.shape(*t), shape))
            .collect::<Result<_, _>>()?;
        let lows: Vec<i64> = node
            .inputs
            .iter()
            .map(|t| b.graph.tensors[t.0].interval.0)
            .collect();
        let mut fills = Vec::new();
        for ((tensor, map), low) in node.inputs.iter().copied().zip(maps.clone()).zip(lows.clone()) {
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
        for (side, (tensor, map)) in node.inputs.iter().zip(maps).enumerate() {
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
        let products = b.evaluate_field(Field { block, index: 0 }, functional.clone(), true);
        let products = products.into_iter().map(|a| (1, a)).collect();
        let result = b.evaluate_expression(value, &functional)?;
        b.equate(&result, &products);
        Ok(())
    }

    fn pieces(&self, _b: &Builder<'_>, _node: usize) -> Pieces {
        Pieces::Any
    }
}
