//! Which number of rows and which widths a circuit in strips gets.
//!
//! A lowering that only counts, one for each width of limbs, says how many rows everything takes at any width. From that follow the
//! narrowest widths for every number of rows, and what they cost but for their accumulators. The most promising ones are then
//! lowered, two at a time, and the others compared with what these cost: few are left.

use super::{cost::Figures, rows_needed, usable};
use crate::{
    builder::{Builder, Widths},
    census::{self, Census, MAX_LANES, Needs},
    choice::{Choice, Progress},
    cost::Cost,
    error::CircuitError,
    evaluations,
    lowering::lowered,
    ops,
    options::PlanOptions,
    parameter::ParameterRole,
};
use hallmark_model::{QNode, QuantizedGraph};
use rayon::prelude::*;
use std::ops::RangeInclusive;

/// Widths of limbs that are tried, in bits.
const LIMB_BITS: [u32; 7] = [8, 10, 12, 13, 14, 15, 16];

/// Layouts that are lowered at the same time. (Not as many as there are threads: the plan must be the same everywhere.)
const TOGETHER: usize = 2;

/// Most layouts that are lowered once one has been found.
const MOST_TRIED: usize = 6;

/// Most times that one is widened and lowered again because counting missed something; the second number holds while there is none
/// that fits.
const MOST_WIDENED: [usize; 2] = [2, 12];

/// How far what is expected of a layout may be above the best cost, before it is lowered: accumulators and their selectors are guessed.
const DOUBT: f64 = 1.08;

/// Accumulators, their selectors and the leaves of their gates that are expected before any layout has been lowered.
const EXPECTED: (usize, usize, f64) = (evaluations::EXPECTED, 60, 0.0);

/// The layout that was chosen.
pub(crate) struct Chosen<'g> {
    /// What it costs.
    pub(crate) cost: Cost,
    /// Rows are 2^k.
    pub(crate) k: u32,
    /// The lowering.
    pub(crate) builder: Builder<'g>,
    /// How many lowerings were made to find it, not counting those that only count.
    pub(crate) lowerings: usize,
}

/// The layout of least cost with one of these numbers of rows; of those with the same cost, the one with the fewest rows.
///
/// # Errors
/// Those of lowering; [`CircuitError::TooLarge`] if none holds everything.
pub(crate) fn cheapest<'g>(
    graph: &'g QuantizedGraph,
    options: &PlanOptions,
    sizes: RangeInclusive<u32>,
    progress: Progress<'_>,
) -> Result<Chosen<'g>, CircuitError> {
    let mut failed = Vec::new();
    let lists = operand_forms(graph);
    for (index, forms) in lists.iter().enumerate() {
        let part = |part: f64| progress((index as f64 + part) / lists.len() as f64);
        let mut search = Search::new(graph, options, forms, sizes.clone(), &mut failed);
        search.run(&mut failed, &part);
        if let Some((_, mut best)) = search.best {
            best.lowerings = search.lowerings;
            progress(1.0);
            return Ok(best);
        }
    }
    Err(CircuitError::most_helpful(failed))
}

/// Which values of [`Widths::operands`] are worth a try, and which ones only if none of those can be had: evaluations of columns of
/// what a convolution made would each take an accumulator.
fn operand_forms(graph: &QuantizedGraph) -> &'static [&'static [bool]] {
    let weights = |node: &QNode| {
        let all = node.op.parameters().into_iter();
        all.filter(|own| own.role == ParameterRole::Weight)
            .map(|own| own.shape.len())
            .next()
    };
    let shape = |node: &QNode| graph.tensors[node.output().0].shape.as_slice();
    let of_rows = |node: &&QNode| weights(node) == Some(2) && !ops::linear::is_single_row(shape(node));
    let of_images = |node: &&QNode| weights(node) > Some(2) && shape(node).first() > Some(&1);
    match graph.nodes.iter().find(of_rows) {
        None => &[&[false]],
        Some(_) if graph.nodes.iter().any(|node| of_images(&node)) => &[&[true], &[false]],
        Some(_) => &[&[false, true]],
    }
}

/// What of a choice this search never comes to, with its value: widths are those that [`census::least`] names or wider by whole units.
pub(crate) fn impossible(graph: &QuantizedGraph, choice: &Choice) -> Option<(&'static str, String)> {
    let Choice { k, widths } = *choice;
    if !LIMB_BITS.contains(&widths.limb_bits) || widths.limb_bits > k + 1 {
        return Some(("the width of limbs", widths.limb_bits.to_string()));
    }
    if !operand_forms(graph)
        .iter()
        .any(|forms| forms.contains(&widths.operands))
    {
        return Some(("the form of operands", widths.operands.to_string()));
    }
    let least = census::least(graph, widths.limb_bits, widths.operands);
    let all = [
        ("the width of `single`", widths.single, least.single, 4),
        ("the width of `pair`", widths.pair, least.pair, 1),
        ("the width of `product`", widths.product, least.product, 1),
        ("the width of `border`", widths.border, least.border, 2),
        ("the width of `weights`", widths.weights, least.weights, 4),
        (
            "the number of columns of the instance",
            widths.instance,
            least.instance,
            1,
        ),
    ];
    let is_possible = |width: usize, least: usize, unit: usize| {
        (least..=MAX_LANES.max(least)).contains(&width) && (width - least).is_multiple_of(unit)
    };
    let wrong = all
        .into_iter()
        .find(|(_, width, least, unit)| !is_possible(*width, *least, *unit));
    wrong.map(|(what, width, ..)| (what, width.to_string()))
}

/// A layout that has not been lowered.
#[derive(Clone, Copy)]
struct Candidate {
    /// Position in the order of candidates, which decides between equal costs.
    order: usize,
    k: u32,
    census: usize,
    widths: Widths,
}

/// A layout that has been lowered.
type Known = (Candidate, Figures);

struct Search<'g, 'o> {
    graph: &'g QuantizedGraph,
    options: &'o PlanOptions,
    censuses: Vec<Census>,
    pending: Vec<Candidate>,
    known: Vec<Known>,
    tried: Vec<Candidate>,
    lowerings: usize,
    best: Option<(usize, Chosen<'g>)>,
}

impl<'g, 'o> Search<'g, 'o> {
    fn new(
        graph: &'g QuantizedGraph,
        options: &'o PlanOptions,
        forms: &[bool],
        sizes: RangeInclusive<u32>,
        failed: &mut Vec<CircuitError>,
    ) -> Self {
        let censuses = census::different(graph, options, &LIMB_BITS, forms, failed);
        let mut pending = Vec::new();
        for k in sizes {
            let narrow = |(_, census): &(usize, &Census)| census.limb_bits() <= k + 1;
            for (index, census) in censuses.iter().enumerate().filter(narrow) {
                if let Some(widths) = census.widths(usable(k)) {
                    pending.push(Candidate {
                        order: pending.len(),
                        k,
                        census: index,
                        widths,
                    });
                }
            }
        }
        Self {
            graph,
            options,
            censuses,
            pending,
            known: Vec::new(),
            tried: Vec::new(),
            lowerings: 0,
            best: None,
        }
    }

    /// Lowers candidates until none is left that might be cheaper than the best.
    fn run(&mut self, failed: &mut Vec<CircuitError>, progress: Progress<'_>) {
        loop {
            // Counting takes about as long as lowering two.
            let (done, most) = (self.tried.len() + TOGETHER, MOST_TRIED + 2 * TOGETHER);
            progress((done as f64 / most as f64).min(1.0));
            let next = self.next();
            if next.is_empty() {
                return;
            }
            let widened = MOST_WIDENED[usize::from(self.best.is_none())];
            let outcomes: Vec<_> = next
                .par_iter()
                .map(|candidate| self.lower(candidate, widened))
                .collect();
            for (candidate, (lowerings, outcome)) in next.into_iter().zip(outcomes) {
                self.lowerings += lowerings;
                match outcome {
                    Ok(Some(builder)) => self.found(candidate, builder),
                    Ok(None) => {}
                    Err(error) => failed.push(error),
                }
            }
        }
    }

    /// The most promising candidates, taken from those that are left.
    fn next(&mut self) -> Vec<Candidate> {
        let mut ranked: Vec<(f64, Candidate)> = self.pending.iter().map(|c| (self.expected(c), *c)).collect();
        ranked.sort_by(|(a, ..), (b, ..)| a.total_cmp(b));
        // Of how many accumulators a form of operands takes, another form says nothing.
        let untried = |form: &bool| !self.tried.iter().any(|c| self.form(c) == *form);
        let first = |form: bool| ranked.iter().find(|(_, c)| self.form(c) == form);
        let firsts = [false, true].into_iter().filter(untried).filter_map(first);
        let mut next: Vec<(f64, Candidate)> = firsts.copied().collect();
        if next.is_empty() {
            if let Some((_, best)) = &self.best {
                ranked.retain(|(score, _)| *score <= DOUBT * best.cost.score);
                ranked.truncate(MOST_TRIED.saturating_sub(self.tried.len()));
            }
            ranked.truncate(TOGETHER);
            next = ranked;
        }
        let next: Vec<Candidate> = next.into_iter().map(|(_, candidate)| candidate).collect();
        self.pending
            .retain(|c| next.iter().all(|taken| taken.order != c.order));
        self.tried.extend(&next);
        next
    }

    fn form(&self, candidate: &Candidate) -> bool {
        self.censuses[candidate.census].operands()
    }

    /// The cost of a candidate, if it has accumulators like the most similar one of the same form that was lowered.
    fn expected(&self, candidate: &Candidate) -> f64 {
        let census = &self.censuses[candidate.census];
        let distance = |(other, _): &&Known| {
            let sizes = other.k.abs_diff(candidate.k);
            (sizes, other.census.abs_diff(candidate.census))
        };
        let same_form = self
            .known
            .iter()
            .filter(|(other, _)| self.form(other) == census.operands());
        let nearest = same_form.min_by_key(distance);
        // Patterns of wider rows have more lanes, and higher powers.
        let wider = |own: &Figures| candidate.widths.single as f64 / own.single.max(1) as f64;
        let seen = |(_, own): &Known| (own.accumulators, own.selectors, own.leaves * wider(own).powi(2));
        let (accumulators, selectors, leaves) = nearest.map_or(EXPECTED, seen);
        let figures = Figures {
            accumulators,
            selectors,
            leaves,
            ..Figures::expected(census, candidate.k, &candidate.widths)
        };
        figures.cost().score
    }

    /// Lowers a candidate, and again with wider widths where counting missed something. Says how many lowerings that took.
    fn lower(
        &self,
        candidate: &Candidate,
        widened: usize,
    ) -> (usize, Result<Option<Builder<'g>>, CircuitError>) {
        let usable = usable(candidate.k);
        let mut widths = candidate.widths;
        let mut before: Option<Needs> = None;
        for lowerings in 1..=widened + 1 {
            let builder = match lowered(self.graph, self.options, widths, usable) {
                Ok(builder) => builder,
                Err(error) => return (lowerings, Err(error)),
            };
            if rows_needed(&builder) <= usable {
                return (lowerings, Ok(Some(builder)));
            }
            let needs = Needs::of(&builder);
            // Rows of the dot section that hold no weights are no fewer for more weights in others.
            let in_vain = |before: &Needs| needs.dots > usable && needs.dots == before.dots;
            match needs.grown(widths, usable) {
                Some(next) if !before.as_ref().is_some_and(in_vain) => widths = next,
                _ => return (lowerings, Ok(None)),
            }
            before = Some(needs);
        }
        (widened + 1, Ok(None))
    }

    fn found(&mut self, candidate: Candidate, builder: Builder<'g>) {
        let figures = Figures::of(&builder, candidate.k);
        self.known.push((candidate, figures));
        let cost = figures.cost();
        let better =
            |(order, best): &(usize, Chosen<'_>)| (cost.score, candidate.order) < (best.cost.score, *order);
        if self.best.as_ref().is_none_or(better) {
            let chosen = Chosen {
                cost,
                k: candidate.k,
                builder,
                lowerings: 0,
            };
            self.best = Some((candidate.order, chosen));
        }
    }
}
