//! MatMul: a product of two stored matrices, by Freivalds' identity with both factors evaluated.

use super::product;
use crate::{
    builder::{Builder, Expression, Operator, Pieces, Product},
    dot::{DotRow, Multiplier},
    error::CircuitError,
    functional::{Base, Functional, Term},
    index,
};
use hallmark_model::{TensorId, ops::integer::MatMul};

impl Operator for MatMul {
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        product::lower(b, node, self)
    }

    fn product(&self) -> Option<&dyn Product> {
        Some(self)
    }
}

impl Product for MatMul {
    /// Proves `value` to be the product: `Σ_bmn σ^(bM+m) ρ^n Y[b,m,n] = Σ_bk (Σ_m σ^(bM+m) A[b,m,k]) · (Σ_n ρ^n B[b,k,n])`.
    fn prove(&self, b: &mut Builder<'_>, node: usize, value: &Expression) -> Result<(), CircuitError> {
        let node = &b.graph.nodes[node];
        let (a, c) = (node.inputs[0], node.inputs[1]);
        let (left, right, out) = (b.shape(a), b.shape(c), b.shape(node.output()));
        let rank = out.len();
        if left.len() < 2 || right.len() < 2 {
            return Err(b.unsupported("a matrix product of vectors; reshape them to matrices"));
        }
        let (rows, inner, columns) = (out[rank - 2], left[left.len() - 1], out[rank - 1]);
        let lead = &out[..rank - 2];
        let batches: usize = lead.iter().product();
        let (in_a, in_c) = (
            index::broadcast(&left[..left.len() - 2], lead)?,
            index::broadcast(&right[..right.len() - 2], lead)?,
        );
        let elements = (0..batches * rows).flat_map(|m| (0..columns).map(move |n| (m, n)));
        let product = Functional {
            base: Base::Sigma,
            terms: elements
                .map(|(m, n)| Term {
                    element: (m * columns + n) as u32,
                    power: m as u32,
                    rho: n as u32,
                })
                .collect(),
        };
        let value = b.evaluate_expression(value, &product)?;
        if let Some(rounded) = b.node.map(|n| b.graph.nodes[n].output()) {
            b.note_link(rounded, std::slice::from_ref(&product));
        }
        let mut products = Vec::with_capacity(batches * inner);
        for batch in 0..batches {
            let (first_a, first_c) = (
                in_a[batch] as usize * rows * inner,
                in_c[batch] as usize * inner * columns,
            );
            for k in 0..inner {
                let column = (0..rows).map(|m| ((first_a + m * inner + k) as u32, (batch * rows + m) as u32));
                let row = (0..columns).map(|n| ((first_c + k * columns + n) as u32, n as u32));
                let (x, y) = (
                    b.evaluate(a, &Functional::new(Base::Sigma, column))?,
                    b.evaluate(c, &Functional::new(Base::Rho, row))?,
                );
                if let (Some(x), Some(y)) = (b.single(&x), b.single(&y)) {
                    products.push((x, y));
                }
            }
        }
        b.add_scalar(&value, -1, false, false);
        let mut keep = !value.is_empty();
        for (x, y) in products {
            b.dots.push(DotRow {
                node: b.node,
                keep,
                product: Multiplier::Factor,
                v_from: Some(x),
                f_from: Some(y),
                ..DotRow::default()
            });
            keep = true;
        }
        if !keep {
            return Ok(());
        }
        b.end_equation();
        Ok(())
    }

    fn pieces(&self, _b: &Builder<'_>, _node: usize) -> Pieces {
        Pieces::Any
    }

    /// The columns of the left matrices and the rows of the right ones.
    fn input_pieces(&self, b: &Builder<'_>, node: usize) -> Vec<(TensorId, Vec<u32>)> {
        let (a, c) = (b.graph.nodes[node].inputs[0], b.graph.nodes[node].inputs[1]);
        let (Some(&inner), Some(&columns)) = (b.shape(a).last(), b.shape(c).last()) else {
            return Vec::new();
        };
        let [.., rows, _] = *b.shape(a) else {
            return Vec::new();
        };
        let column = |e: usize| e / (rows * inner) * inner + e % inner;
        let row = |e: usize| e / columns;
        let pieces = |tensor: TensorId, piece: &dyn Fn(usize) -> usize| {
            (tensor, (0..b.length(tensor)).map(|e| piece(e) as u32).collect())
        };
        vec![pieces(a, &column), pieces(c, &row)]
    }
}
