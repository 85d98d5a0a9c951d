//! Names of parameters and of their elements.

use crate::cell::NONE;
use hallmark_model::ops::ParameterRole;
use std::sync::Arc;

/// Most different constants that get blocks of their own.
pub const MAX_UNIFORM: usize = 8;

/// A parameter of a node of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParameterId {
    /// The node.
    pub node: usize,
    /// Which of its parameters.
    pub role: ParameterRole,
}

/// Where the elements of a parameter lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In fixed columns: they are part of the key.
    Fixed,
}

/// An element of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Element {
    /// The parameter.
    pub of: ParameterId,
    /// Row-major index.
    pub index: u32,
}

/// A number in a fixed column: `structure + Σ times·element`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry {
    /// What follows from the architecture.
    pub structure: i64,
    /// Elements of parameters, each with an integer that follows from the architecture.
    pub terms: Vec<(i64, Element)>,
}

impl From<i64> for Entry {
    fn from(structure: i64) -> Self {
        Self {
            structure,
            terms: Vec::new(),
        }
    }
}

impl Entry {
    /// Whether it is zero whatever the parameters are.
    pub fn is_nothing(&self) -> bool {
        self.structure == 0 && self.terms.is_empty()
    }

    /// The same, with `times·element` added.
    #[must_use]
    pub fn plus(mut self, times: i64, element: Element) -> Self {
        self.terms.push((times, element));
        self
    }
}

/// Elements of a parameter in lanes side by side: lane `lane + i` holds element `first + i·stride`, for `i < count`; other lanes of
/// the row hold zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The parameter.
    pub of: ParameterId,
    /// Index of the first element.
    pub first: usize,
    /// Distance of elements.
    pub stride: usize,
    /// First lane.
    pub lane: usize,
    /// Number of elements.
    pub count: usize,
}

impl Run {
    /// One element, in the first lane.
    pub fn one(element: Element) -> Self {
        Self {
            of: element.of,
            first: element.index as usize,
            stride: 1,
            lane: 0,
            count: 1,
        }
    }

    /// The elements with their lanes.
    pub fn elements(&self) -> impl Iterator<Item = (usize, Element)> + use<> {
        let Self {
            of,
            first,
            stride,
            lane,
            count,
        } = *self;
        (0..count).map(move |i| {
            let index = (first + i * stride) as u32;
            (lane + i, Element { of, index })
        })
    }
}

/// A parameter at every element of a tensor.
#[derive(Clone, Debug)]
pub struct Spread {
    /// The parameter.
    pub of: ParameterId,
    /// Which of its elements each element of the tensor has; [`NONE`] where that is known to be zero.
    pub index: Arc<Vec<u32>>,
}

impl Spread {
    /// What an element of the tensor has.
    pub fn at(&self, element: usize) -> Option<Element> {
        let (of, index) = (self.of, self.index[element]);
        (index != NONE).then_some(Element { of, index })
    }
}

/// What is added to every element of a tensor.
#[derive(Clone, Debug, Default)]
pub struct Constants {
    /// What follows from the architecture; empty for none.
    structure: Vec<i64>,
    /// Parameters, each times an integer.
    parameters: Vec<(i64, Spread)>,
}

impl Constants {
    /// Constants that follow from the architecture.
    pub fn structure(structure: Vec<i64>) -> Self {
        Self {
            structure,
            parameters: Vec::new(),
        }
    }

    /// Adds a parameter, if there is one.
    pub fn add(&mut self, times: i64, spread: Option<Spread>) {
        self.parameters.extend(spread.map(|spread| (times, spread)));
    }

    /// Number of elements; zero if there is nothing to add to any.
    pub fn len(&self) -> usize {
        let spread = self
            .parameters
            .first()
            .map_or(0, |(_, spread)| spread.index.len());
        self.structure.len().max(spread)
    }

    /// Whether nothing is added to any element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is added to an element.
    pub fn entry(&self, element: usize) -> Entry {
        let own = |(times, spread): &(i64, Spread)| Some((*times, spread.at(element)?));
        Entry {
            structure: self.structure.get(element).copied().unwrap_or(0),
            terms: self.parameters.iter().filter_map(own).collect(),
        }
    }
}
