//! The values behind the names.

use super::element::{Element, Entry, MAX_UNIFORM, ParameterId, Place, Run};
use crate::{cell::NONE, error::CircuitError};
use hallmark_model::ops::ParameterRole;
use hallmark_model::{QuantizedGraph, ops::Parameter};
use std::collections::HashMap;

/// All parameters of a graph.
#[derive(Debug)]
pub struct Parameters<'g> {
    by_node: Vec<Vec<Parameter<'g>>>,
}

impl<'g> Parameters<'g> {
    /// The parameters of a graph.
    pub fn new(graph: &'g QuantizedGraph) -> Self {
        Self {
            by_node: graph.nodes.iter().map(|node| node.op.parameters()).collect(),
        }
    }

    /// All of them, in the order of nodes.
    pub fn iter(&self) -> impl Iterator<Item = (ParameterId, &Parameter<'g>)> {
        let nodes = self.by_node.iter().enumerate();
        nodes.flat_map(|(node, all)| {
            all.iter()
                .map(move |own| (ParameterId { node, role: own.role }, own))
        })
    }

    /// A parameter, if the node has one of that role.
    pub fn get(&self, id: ParameterId) -> Option<&Parameter<'g>> {
        self.by_node.get(id.node)?.iter().find(|own| own.role == id.role)
    }

    /// The shape of a node's weights, if it has some.
    pub fn weight_shape(&self, node: usize) -> Option<&[usize]> {
        let role = ParameterRole::Weight;
        self.get(ParameterId { node, role })
            .map(|own| own.shape.as_slice())
    }

    /// Where a parameter lies.
    pub fn place(&self, _id: ParameterId) -> Place {
        Place::Fixed
    }

    /// Whether a node adds something: a bias or constant that is zero throughout is as good as none.
    pub fn adds(&self, id: ParameterId) -> bool {
        self.get(id).is_some_and(|own| !own.is_zero())
    }

    /// Where cells are laid out by which elements of a parameter are equal: for each of them the first one that is equal to it, or
    /// [`NONE`] if it is zero. That is so for factors, each of which multiplies an evaluation of all elements that have it, and for
    /// what has few values for its size, such as a mask.
    pub fn equal(&self, id: ParameterId) -> Option<Vec<u32>> {
        let own = self.get(id)?;
        let mut first: HashMap<i64, u32> = HashMap::from([(0, NONE)]);
        let mut all = Vec::with_capacity(own.values.len());
        for (value, index) in own.values.iter().zip(0u32..) {
            all.push(*first.entry(*value).or_insert(index));
            if id.role != ParameterRole::Factor && first.len() > 1 + MAX_UNIFORM {
                return None;
            }
        }
        (id.role == ParameterRole::Factor || all.len() > MAX_UNIFORM).then_some(all)
    }

    /// The greatest power of two that some parameter of a role needs: all their magnitudes are less.
    pub(crate) fn power_above(&self, role: ParameterRole) -> i64 {
        let all = self.iter().filter(|(id, _)| id.role == role);
        let largest = all.flat_map(|(_, own)| own.values.iter().map(|value| value.unsigned_abs()).max());
        (largest.max().unwrap_or(0) + 1).next_power_of_two() as i64
    }

    fn element(&self, element: Element) -> Option<i64> {
        self.get(element.of)?.values.get(element.index as usize).copied()
    }

    /// The values of a run.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] if there are no such elements.
    pub(crate) fn run(&self, run: &Run) -> Result<impl Iterator<Item = i64> + use<'_, 'g>, CircuitError> {
        let values = self.get(run.of).map_or(&[][..], |own| &own.values);
        let last = run.first + run.count.saturating_sub(1) * run.stride;
        if run.count > 0 && last >= values.len() {
            return Err(missing(run));
        }
        Ok(values
            .iter()
            .skip(run.first)
            .step_by(run.stride.max(1))
            .take(run.count)
            .copied())
    }

    /// The value of an entry.
    ///
    /// # Errors
    /// [`CircuitError::Inconsistent`] if there is no such element, or the sum leaves 63 bits.
    pub(crate) fn value(&self, entry: &Entry) -> Result<i64, CircuitError> {
        let mut sum = Some(entry.structure);
        for (times, element) in &entry.terms {
            let product = self.element(*element).and_then(|value| value.checked_mul(*times));
            sum = sum
                .zip(product)
                .and_then(|(sum, product)| sum.checked_add(product));
        }
        sum.ok_or_else(|| missing(entry))
    }
}

fn missing(what: &impl std::fmt::Debug) -> CircuitError {
    CircuitError::Inconsistent {
        place: format!("{what:?}"),
        reason: "a number of a fixed column is missing, or leaves 63 bits".to_owned(),
    }
}
