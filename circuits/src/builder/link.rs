//! Which functionals tie a tensor to its public values.

use super::Builder;
use crate::{
    cell::NONE,
    expression::{Map, Part, Source},
    functional::{Functional, Term},
};
use hallmark_model::TensorId;

impl Builder<'_> {
    /// Remembers a family of functionals by which a tensor was read, so that links to the statement can share it.
    pub fn note_link(&mut self, tensor: TensorId, family: &[Functional]) {
        let tensor = self.root(tensor);
        let length = self.length(tensor);
        if !self.links.contains_key(&tensor) && Functional::separates(family, length) {
            self.links.insert(tensor, family.to_vec());
        }
    }

    /// A family of functionals that separates tensors and falls into few patterns on the stored cells: the one noted
    /// for the tensor or for the one that it is a rearrangement of, or the flat functional.
    pub fn link(&self, tensor: TensorId) -> Vec<Functional> {
        let tensor = self.root(tensor);
        if let Some(family) = self.links.get(&tensor) {
            return family.clone();
        }
        let length = self.length(tensor);
        if let Some(Part {
            coefficient: 1,
            source: Source::Tensor(source),
            map,
        }) = self.only_part(tensor)
        {
            let family = self.link(*source);
            let moved = |index: &dyn Fn(u32) -> u32| {
                let terms = |f: &Functional| {
                    f.terms
                        .iter()
                        .map(|t| Term {
                            element: index(t.element),
                            ..*t
                        })
                        .collect()
                };
                family
                    .iter()
                    .map(|f| Functional {
                        base: f.base,
                        terms: terms(f),
                    })
                    .collect::<Vec<_>>()
            };
            match map {
                Map::Identity => return family,
                Map::Gather(index) if self.length(*source) == length => {
                    let mut inverse = vec![NONE; length];
                    index
                        .iter()
                        .zip(0u32..)
                        .filter(|(i, _)| **i != NONE)
                        .for_each(|(i, e)| inverse[*i as usize] = e);
                    if !inverse.contains(&NONE) {
                        return moved(&|element| inverse[element as usize]);
                    }
                }
                _ => {}
            }
        }
        vec![Functional::flat(length)]
    }
}
