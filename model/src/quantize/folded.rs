//! A graph that is being simplified, and what its steps have in common.

use crate::{FloatTensor, Graph, ValueId};
use std::collections::HashMap;

/// The simplified graph. Values keep their ids; new constants come after them.
pub(super) struct Folded {
    pub graph: Graph,
    /// By the output of a node, which nodes were merged into it, in words: what errors about it have to name.
    pub merged: HashMap<ValueId, Vec<String>>,
}

/// The contents of a constant that varies along one axis only (or not at all), one per channel.
pub(super) fn per_channel(
    constant: &FloatTensor,
    rank: usize,
    axis: usize,
    channels: usize,
) -> Option<Vec<f64>> {
    let values = constant.iter().copied().map(f64::from);
    if constant.len() == 1 {
        return Some(values.cycle().take(channels).collect());
    }
    let own_axis = (axis + constant.ndim()).checked_sub(rank)?;
    let fits = constant.shape().get(own_axis) == Some(&channels) && constant.len() == channels;
    fits.then(|| values.collect())
}
