//! In which pieces convolutions and products of matrices read tensors, through whatever moves elements between: a row of cells that several pieces share is
//! evaluated once for each, at the same time, in an accumulator of its own.

use super::{
    Builder, Pieces, Product,
    pieces::{Passage, Readings},
};
use crate::{cell::NONE, expression::Map};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use hallmark_model::TensorId;
use std::sync::Arc;

/// Most pieces of all tensors together that lie on rows apart, as a share of all elements, beside [`FEW_PIECES`].
const ELEMENTS_PER_PIECE: usize = 64;

/// Pieces that may lie on rows apart however small the graph.
const FEW_PIECES: usize = 256;

/// Most pieces that may lie on rows apart however large the graph: each takes one at least.
const MOST_PIECES: usize = 1 << 14;

/// Most elements that are looked at, beside those of all tensors once.
const MOST_WORK: usize = 1 << 22;

/// What is known of the pieces in which a tensor is read.
#[derive(Clone, Debug)]
enum Reading {
    /// No channel has elements of more than one; nor do the same channels of several images.
    Channels,
    /// The piece of each element, or [`NONE`].
    Pieces(Arc<Vec<u32>>),
    /// There are too many, or it is not known.
    Unknown,
}

impl Builder<'_> {
    /// In which pieces all tensors of the graph are read.
    pub(crate) fn readings(&self) -> Readings {
        let has_phases = |node| self.product(node).is_some_and(|product| product.has_phases());
        let strided = (0..self.graph.nodes.len()).any(has_phases);
        Readings {
            groups: Search::new(self, Kind::Channels).found(),
            phases: match strided {
                true => Search::new(self, Kind::Phases).found(),
                false => HashMap::new(),
            },
            matrices: Search::new(self, Kind::Matrices).found(),
        }
    }
}

/// Whose pieces are searched for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Channels that convolutions read.
    Channels,
    /// The phases of channels in which strided convolutions read them.
    Phases,
    /// What products of matrices and of rows read.
    Matrices,
}

struct Search<'b, 'g> {
    b: &'b Builder<'g>,
    known: HashMap<TensorId, Reading>,
    /// Tensors whose elements lie where other tensors' do.
    moved: HashSet<TensorId>,
    kind: Kind,
    /// Elements that may still be looked at.
    work: usize,
}

impl<'b, 'g> Search<'b, 'g> {
    fn new(b: &'b Builder<'g>, kind: Kind) -> Self {
        Self {
            b,
            known: HashMap::new(),
            moved: HashSet::new(),
            kind,
            work: elements(b).saturating_add(MOST_WORK),
        }
    }

    /// How a convolution reads its input.
    fn of_conv(&mut self, product: &dyn Product, node: usize, input: TensorId) -> Reading {
        let (b, shape) = (self.b, self.b.shape(input));
        if !(self.kind == Kind::Phases && product.has_phases()) {
            return Reading::Channels;
        }
        if !self.may(b.length(input) + b.length(b.graph.nodes[node].output())) {
            return Reading::Unknown;
        }
        let Some(phases) = product.phases(b, node) else {
            return Reading::Channels;
        };
        let count = phases
            .iter()
            .filter(|phase| **phase != NONE)
            .max()
            .map_or(1, |last| last + 1);
        let own = channels(shape).into_iter().zip(phases.iter().cycle());
        let piece = |(channel, phase): (u32, &u32)| match *phase {
            NONE => NONE,
            phase => channel.saturating_mul(count).saturating_add(phase),
        };
        reading_of(Arc::new(own.map(piece).collect()), shape)
    }

    fn visit(&mut self, node: usize) {
        let (b, source) = (self.b, &self.b.graph.nodes[node]);
        match (b.product(node), self.kind) {
            (Some(product), Kind::Matrices) => {
                for (input, pieces) in product.input_pieces(b, node) {
                    if !self.may(pieces.len()) {
                        self.add(input, Reading::Unknown);
                        continue;
                    }
                    self.add(input, reading_of(Arc::new(pieces), b.shape(input)));
                }
            }
            (Some(product), _) if product.pieces(b, node) == Pieces::Channels => {
                let reading = self.of_conv(product, node, source.inputs[0]);
                self.add(source.inputs[0], reading);
            }
            _ => {}
        }
        if !source
            .outputs
            .iter()
            .any(|output| self.known.contains_key(output))
        {
            return;
        }
        // Maps take as many elements as all outputs have, for each input.
        let outputs = source
            .outputs
            .iter()
            .map(|output| b.length(*output))
            .sum::<usize>();
        if !self.may(outputs.saturating_mul(source.inputs.len())) {
            source
                .inputs
                .iter()
                .for_each(|input| self.add(*input, Reading::Unknown));
            return;
        }
        for Passage { input, output, map } in b.operator(node).passages(b, node) {
            self.moved.insert(output);
            if let Some(reading) = self.known.get(&output).cloned() {
                let reading = self.through(reading, input, output, &map);
                self.add(input, reading);
            }
        }
    }

    /// Whether so many elements more may be looked at.
    fn may(&mut self, elements: usize) -> bool {
        let left = self.work.checked_sub(elements);
        self.work = left.unwrap_or(0);
        left.is_some()
    }

    /// Pieces of an input that are read through a map.
    fn through(&mut self, reading: Reading, input: TensorId, output: TensorId, map: &Map) -> Reading {
        let (shape, read_as) = (self.b.shape(input), self.b.shape(output));
        let same = matches!(map, Map::Identity);
        let is_done = matches!(self.known.get(&input), Some(Reading::Unknown));
        let own = match reading {
            Reading::Channels if same && shape == read_as => return Reading::Channels,
            _ if is_done || !self.may(self.b.length(input) + self.b.length(output)) => {
                return Reading::Unknown;
            }
            Reading::Unknown => return Reading::Unknown,
            Reading::Channels => Arc::new(channels(read_as)),
            Reading::Pieces(pieces) => pieces,
        };
        let index = match map {
            Map::Identity => return reading_of(own, shape),
            Map::Gather(index) => index,
            Map::Many { .. } | Map::Scaled { .. } => return Reading::Unknown,
        };
        let mut pieces = vec![NONE; self.b.length(input)];
        let mut joined = Joined::default();
        for (element, piece) in index.iter().zip(own.iter()) {
            if *element != NONE && *piece != NONE {
                let place = &mut pieces[*element as usize];
                *place = joined.with(*place, *piece);
            }
            if joined.ids.len() > MOST_PIECES {
                return Reading::Unknown;
            }
        }
        reading_of(Arc::new(pieces), shape)
    }

    /// Adds what else is known of a tensor.
    fn add(&mut self, tensor: TensorId, reading: Reading) {
        let shape = self.b.shape(tensor);
        let both = match (self.known.remove(&tensor), reading) {
            (None, reading) | (Some(Reading::Channels), reading) => reading,
            (Some(Reading::Unknown), _) | (_, Reading::Unknown) => Reading::Unknown,
            (Some(own), Reading::Channels) => own,
            (Some(Reading::Pieces(_)), Reading::Pieces(_)) if !self.may(self.b.length(tensor)) => {
                Reading::Unknown
            }
            (Some(Reading::Pieces(own)), Reading::Pieces(other)) => {
                let mut joined = Joined::default();
                let both = own.iter().zip(other.iter());
                let pieces: Vec<u32> = both.map(|(a, c)| joined.id(*a, *c)).collect();
                match joined.ids.len() <= MOST_PIECES {
                    true => reading_of(Arc::new(pieces), shape),
                    false => Reading::Unknown,
                }
            }
        };
        self.known.insert(tensor, both);
    }

    /// The elements of each piece. Of channels, none where a piece has elements of several: its rows would lie between those of others, so
    /// that all are read at the same time as before; nor for several images, which share rows.
    fn grouped(&self, pieces: &[u32], shape: &[usize]) -> Option<Vec<Vec<u32>>> {
        let are_channels = self.kind != Kind::Matrices;
        if are_channels && shape.first() != Some(&1) {
            return None;
        }
        let plane = plane(shape);
        // What nobody reads is a piece of its own in each channel.
        let unread = |piece: u32, element: usize| (piece == NONE).then_some(element / plane);
        let mut place: HashMap<(u32, Option<usize>), usize> = HashMap::new();
        let mut groups: Vec<Vec<u32>> = Vec::new();
        for (element, piece) in pieces.iter().enumerate() {
            let group = *place.entry((*piece, unread(*piece, element))).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            let own = &mut groups[group];
            let first = own.first().map(|first| *first as usize);
            if are_channels && first.is_some_and(|first| first / plane != element / plane) {
                return None;
            }
            own.push(element as u32);
        }
        groups.reverse();
        Some(groups)
    }

    /// The pieces of tensors that are stored, as long as there are few of them together; found from the graph's end to its beginning.
    fn found(mut self) -> HashMap<TensorId, Vec<Vec<u32>>> {
        for node in (0..self.b.graph.nodes.len()).rev() {
            self.visit(node);
        }
        let mut left = (FEW_PIECES + elements(self.b) / ELEMENTS_PER_PIECE).min(MOST_PIECES);
        let mut groups = HashMap::new();
        for tensor in (0..self.b.graph.tensors.len()).map(TensorId) {
            if let Some(Reading::Pieces(pieces)) = self.known.get(&tensor)
                && !self.moved.contains(&tensor)
                && let Some(own) = self.grouped(pieces, self.b.shape(tensor))
                && own.len() <= left
            {
                left -= own.len();
                groups.insert(tensor, own);
            }
        }
        groups
    }
}

/// Elements of all tensors.
fn elements(b: &Builder<'_>) -> usize {
    let lengths = (0..b.graph.tensors.len()).map(|tensor| b.length(TensorId(tensor)));
    lengths.fold(0, usize::saturating_add)
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
    let (plane, channels) = (plane(shape), channel_count(shape));
    let length: usize = shape.iter().product();
    (0..length).map(|e| (e / plane % channels) as u32).collect()
}

fn channel_count(shape: &[usize]) -> usize {
    match shape {
        [_, channels, _, ..] => (*channels).max(1),
        _ => 1,
    }
}

/// Whether every channel is one piece, or not.
fn reading_of(pieces: Arc<Vec<u32>>, shape: &[usize]) -> Reading {
    let (plane, channels) = (plane(shape), channel_count(shape));
    let whole = pieces.chunks(plane).enumerate().all(|(at, own)| {
        let first = pieces.get(at % channels * plane);
        own.iter().all(|piece| Some(piece) == first)
    });
    match whole {
        true => Reading::Channels,
        false => Reading::Pieces(pieces),
    }
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

    /// What is read by the pieces that `place` stands for, and by one more.
    fn with(&mut self, place: u32, piece: u32) -> u32 {
        match self.id(NONE, piece) {
            alone if place == NONE || place == alone => alone,
            _ => self.id(place, piece),
        }
    }
}
