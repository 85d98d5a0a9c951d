//! How tensors are expressed, and how large their expressions are.

use super::definition::{Definition, Size};
use super::{Builder, repeated};
use crate::{
    cell::NONE,
    expression::{Expression, Map, Part, Source},
};
use hallmark_model::TensorId;
use std::sync::Arc;

/// Most expressions that may be nested: their evaluation is recursive.
const MAX_DEPTH: usize = 16;

/// Most terms that an evaluation of a whole expression may come down to: sums of sums multiply them at each level.
const MAX_TERMS: u64 = 1 << 24;

impl Builder<'_> {
    pub(super) fn definition(&self, tensor: TensorId) -> Option<&Definition> {
        self.definitions.get(tensor.0)?.as_ref()
    }

    /// Says how a tensor is expressed. The expression must be [small](Self::is_small).
    ///
    /// A mere renaming takes over the expression of what it renames, so that chains of them cost no recursion.
    pub fn define(&mut self, tensor: TensorId, expression: Expression) {
        if let [
            Part {
                coefficient: 1,
                source: Source::Tensor(source),
                map: Map::Identity,
            },
        ] = expression.parts.as_slice()
            && expression.constants.is_empty()
            && let Some(known) = self.definition(*source).cloned()
        {
            self.definitions[tensor.0] = Some(known);
            return;
        }
        self.definitions[tensor.0] = Some(Definition {
            size: self.size(&expression, self.length(tensor)),
            expression: Arc::new(expression),
            root: tensor,
        });
    }

    /// Whether an expression of `length` elements can be evaluated without deep recursion and without more work than storing it
    /// would be.
    pub fn is_small(&self, expression: &Expression, length: usize) -> bool {
        let size = self.size(expression, length);
        size.depth <= MAX_DEPTH && size.terms <= MAX_TERMS.max(length as u64)
    }

    fn size(&self, expression: &Expression, length: usize) -> Size {
        let mut size = Size {
            depth: 0,
            terms: expression.constants.len() as u64,
        };
        for part in &expression.parts {
            let read = match &part.map {
                Map::Identity => length,
                Map::Gather(index) => index.iter().filter(|i| **i != NONE).count(),
                Map::Many { items, .. } => items.len(),
                Map::Scaled { index, .. } => index.len(),
            } as u64;
            // What a pool or limbs are made of has the size of what is stored.
            let Source::Tensor(source) = &part.source else {
                size.terms = size.terms.saturating_add(read);
                continue;
            };
            // What is broadcast is evaluated once.
            let source_length = self.length(*source) as u64;
            let least = source_length.saturating_mul(repeated::LEAST as u64);
            let is_repeated = matches!(part.map, Map::Gather(_)) && read >= least;
            let read = if is_repeated { source_length } else { read };
            let inner = self
                .definition(*source)
                .map_or_else(Size::default, |known| known.size);
            let each = inner.terms.div_ceil(self.length(*source).max(1) as u64).max(1);
            size.depth = size.depth.max(inner.depth + 1);
            size.terms = size.terms.saturating_add(read.saturating_mul(each));
        }
        size
    }

    /// An expression that chooses elements of a tensor, as one that chooses elements of what that tensor chooses from, and so on:
    /// chains of movements are then as deep as one.
    pub fn composed(&self, mut expression: Expression) -> Expression {
        while let [
            Part {
                coefficient: 1,
                source: Source::Tensor(source),
                map: Map::Gather(outer),
            },
        ] = expression.parts.as_slice()
            && expression.constants.is_empty()
            && let Some(Part {
                coefficient: 1,
                source: inner @ Source::Tensor(_),
                map: Map::Gather(index),
            }) = self.only_part(*source)
        {
            let through = |e: &u32| if *e == NONE { NONE } else { index[*e as usize] };
            let map = Map::Gather(outer.iter().map(through).collect());
            expression.parts = vec![Part {
                coefficient: 1,
                source: inner.clone(),
                map,
            }];
        }
        expression
    }

    /// The tensor that another one is in the same order, or itself.
    pub fn root(&self, tensor: TensorId) -> TensorId {
        self.definition(tensor).map_or(tensor, |known| known.root)
    }

    /// Whether a tensor has an expression.
    pub fn is_defined(&self, tensor: TensorId) -> bool {
        self.definition(tensor).is_some()
    }

    pub(super) fn only_part(&self, tensor: TensorId) -> Option<&Part> {
        let expression = &self.definition(tensor)?.expression;
        if expression.constants.is_empty() && expression.parts.len() == 1 {
            expression.parts.first()
        } else {
            None
        }
    }
}
