//! In which pieces convolutions read tensors, through whatever moves elements between: a row of cells that several pieces share is
//! evaluated once for each, at the same time, in an accumulator of its own.

use super::{Builder, Map, Pieces};
use crate::cell::NONE;
use foldhash::{HashMap, HashMapExt};
use hallmark_model::TensorId;
use std::sync::Arc;

/// Most pieces that lie on rows of their own: each takes one at least.
const MOST_PIECES: usize = 4096;

/// How elements of an output are elements of an input, or are stored beside them.
pub struct Passage {
    /// The input.
    pub input: TensorId,
    /// The output.
    pub output: TensorId,
    /// Which elements of the input each element of the output is.
    pub map: Map,
}

impl Passage {
    /// That of a node with one input and one output.
    pub fn first(b: &Builder<'_>, node: usize, map: Map) -> Self {
        let node = &b.graph.nodes[node];
        Self {
            input: node.inputs[0],
            output: node.output(),
            map,
        }
    }
}

/// What is known of the pieces in which a tensor is read.
#[derive(Clone, Debug)]
enum Reading {
    /// No channel has elements of more than one; nor do the same channels of several images.
    Channels,
    /// The piece of each element, or [`NONE`].
    Pieces(Arc<Vec<u32>>),
    /// There are too many.
    TooMany,
}

/// Pieces of the tensors whose channels are read in several.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readings {
    pieces: HashMap<TensorId, Arc<Vec<u32>>>,
}

impl Readings {
    /// Those of all tensors of a graph, found from its end to its beginning.
    pub(crate) fn new(b: &Builder<'_>) -> Self {
        let mut known: HashMap<TensorId, Reading> = HashMap::new();
        for node in (0..b.graph.nodes.len()).rev() {
            let source = &b.graph.nodes[node];
            if b.product(node).map(|product| product.pieces(b, node)) == Some(Pieces::Channels) {
                add(b, &mut known, source.inputs[0], Reading::Channels);
            }
            if !source.outputs.iter().any(|output| known.contains_key(output)) {
                continue;
            }
            for Passage { input, output, map } in b.operator(node).passages(b, node) {
                if let Some(reading) = known
                    .get(&output)
                    .map(|reading| through(b, reading, input, output, &map))
                {
                    add(b, &mut known, input, reading);
                }
            }
        }
        let pieces = known.into_iter().filter_map(|(tensor, reading)| match reading {
            Reading::Pieces(pieces) => Some((tensor, pieces)),
            Reading::Channels | Reading::TooMany => None,
        });
        Self {
            pieces: pieces.collect(),
        }
    }

    /// The elements of each piece of a channel, ascending; pieces in descending order of their first elements. None if every
    /// channel is read as a whole.
    pub(crate) fn groups(&self, b: &Builder<'_>, tensor: TensorId) -> Option<Vec<Vec<u32>>> {
        let pieces = self.pieces.get(&tensor)?;
        // Rows of several images are shared by images instead.
        if b.shape(tensor).first() != Some(&1) {
            return None;
        }
        let plane = plane(b.shape(tensor));
        let mut place: HashMap<(usize, u32), usize> = HashMap::new();
        let mut groups: Vec<Vec<u32>> = Vec::new();
        for (element, piece) in pieces.iter().enumerate() {
            let group = *place.entry((element / plane, *piece)).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            groups[group].push(element as u32);
        }
        groups.reverse();
        (groups.len() <= MOST_PIECES).then_some(groups)
    }
}

/// Elements of one channel of one image; all elements of what is no image.
fn plane(shape: &[usize]) -> usize {
    let plane = match shape {
        [_, _, plane @ ..] if !plane.is_empty() => plane,
        all => all,
    };
    plane.iter().product::<usize>().max(1)
}

/// The channel of every element, as convolutions read them: the same one of all images. What is no image is one channel.
fn channels(shape: &[usize]) -> Vec<u32> {
    let plane = plane(shape);
    let channels = match shape {
        [_, channels, _, ..] => (*channels).max(1),
        _ => 1,
    };
    let length: usize = shape.iter().product();
    (0..length).map(|e| (e / plane % channels) as u32).collect()
}

/// Pieces of an input that are read through a map.
fn through(b: &Builder<'_>, reading: &Reading, input: TensorId, output: TensorId, map: &Map) -> Reading {
    let own = match reading {
        Reading::TooMany => return Reading::TooMany,
        Reading::Channels if matches!(map, Map::Identity) && b.shape(input) == b.shape(output) => {
            return Reading::Channels;
        }
        Reading::Channels => Arc::new(channels(b.shape(output))),
        Reading::Pieces(pieces) => Arc::clone(pieces),
    };
    let read: Vec<(u32, u32)> = match map {
        Map::Identity => own
            .iter()
            .enumerate()
            .map(|(e, piece)| (e as u32, *piece))
            .collect(),
        Map::Gather(index) => index.iter().copied().zip(own.iter().copied()).collect(),
        Map::Scaled { index, .. } => index.iter().copied().zip(own.iter().copied()).collect(),
        Map::Many { starts, items } => {
            let of = |(range, piece): (&[u32], &u32)| {
                let items = &items[range[0] as usize..range[1] as usize];
                items.iter().map(|e| (*e, *piece)).collect::<Vec<_>>()
            };
            starts.windows(2).zip(own.iter()).flat_map(of).collect()
        }
    };
    let mut pieces = vec![NONE; b.length(input)];
    let mut joined = Joined::default();
    for (element, piece) in read {
        if element == NONE || piece == NONE {
            continue;
        }
        let place = &mut pieces[element as usize];
        if *place != joined.id(NONE, piece) {
            *place = joined.id(*place, piece);
        }
    }
    joined.reading(pieces, b.shape(input))
}

/// Adds what else is known of a tensor.
fn add(b: &Builder<'_>, known: &mut HashMap<TensorId, Reading>, tensor: TensorId, reading: Reading) {
    let shape = b.shape(tensor);
    let both = match (known.remove(&tensor), reading) {
        (None, reading) | (Some(Reading::Channels), reading) => reading,
        (Some(Reading::TooMany), _) | (_, Reading::TooMany) => Reading::TooMany,
        (Some(own), Reading::Channels) => own,
        (Some(Reading::Pieces(own)), Reading::Pieces(other)) => {
            let mut joined = Joined::default();
            let pieces = own
                .iter()
                .zip(other.iter())
                .map(|(a, c)| joined.id(*a, *c))
                .collect();
            joined.reading(pieces, shape)
        }
    };
    known.insert(tensor, both);
}

/// Numbers for pairs of pieces.
#[derive(Default)]
struct Joined {
    ids: HashMap<(u32, u32), u32>,
}

impl Joined {
    fn id(&mut self, a: u32, c: u32) -> u32 {
        let next = self.ids.len() as u32;
        *self.ids.entry((a, c)).or_insert(next)
    }

    fn reading(self, pieces: Vec<u32>, shape: &[usize]) -> Reading {
        let channels = channels(shape);
        let mut first: Vec<Option<u32>> =
            vec![None; channels.iter().max().map_or(0, |most| *most as usize + 1)];
        let mut each = channels.iter().zip(&pieces);
        let whole = each.all(|(channel, piece)| *first[*channel as usize].get_or_insert(*piece) == *piece);
        match whole {
            true => Reading::Channels,
            false if self.ids.len() > MOST_PIECES => Reading::TooMany,
            false => Reading::Pieces(Arc::new(pieces)),
        }
    }
}
