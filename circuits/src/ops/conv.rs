//! Conv: an identity of polynomials in σ.
//!
//! The lines of a padded image are laid end to end, whatever the number of its axes. The product of the image polynomial and the
//! reversed kernel polynomial then has every valid output as one coefficient:
//! `Y_o(σ)·σ^e + border_o(σ) = Σ_c X_c(σ)·W_oc(σ)`, for all output channels `o` at once by powers of ρ.
//! The other coefficients (the *border*) are stored; the identity determines them. Strides split image and kernel into
//! phases, one for each remainder along every axis.

mod border;
mod geometry;

use self::border::store_border;
use self::geometry::{Geometry, MAX_POWERS, Phase, Tap};
use super::product;
use crate::{
    builder::{Builder, Expression, Operator, Pieces, Product},
    dot::{DotRow, Multiplier},
    error::CircuitError,
    expression::Atom,
    functional::{Base, Functional, Step},
    parameter::{ParameterId, ParameterRole, Run},
};
use hallmark_model::{TensorId, ops::integer::IntConv};

impl Operator for IntConv {
    fn lower(&self, b: &mut Builder<'_>, node: usize) -> Result<(), CircuitError> {
        product::lower(b, node, self)
    }

    fn product(&self) -> Option<&dyn Product> {
        Some(self)
    }
}

impl Product for IntConv {
    /// Proves `value` (an expression of the output, bias already subtracted) to be the convolution.
    fn prove(&self, b: &mut Builder<'_>, node: usize, value: &Expression) -> Result<(), CircuitError> {
        let source = &b.graph.nodes[node];
        let (input, shape) = (source.inputs[0], b.shape(source.output()));
        let Some(geometry) = Geometry::new(&self.window, self.groups, b.shape(input), shape) else {
            return Err(b.unsupported(format!(
                "the padded input spans more than {MAX_POWERS} positions; use smaller pads, dilations or batches"
            )));
        };
        let outputs: Vec<Functional> = (0..shape[1]).map(|o| geometry.output(o)).collect();
        let left = outputs
            .iter()
            .map(|f| b.evaluate_expression(value, f))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(rounded) = b.node.map(|n| b.graph.nodes[n].output()) {
            b.note_link(rounded, &outputs);
        }
        let factors = evaluate_input(b, input, &geometry)?;
        let border = store_border(b, node, self, &geometry)?;
        let lanes = b.widths.weights;
        for o in (0..shape[1]).rev() {
            let first = o + 1 == shape[1];
            let mut left = left[o].clone();
            left.extend(border[o].iter().map(|atom| (1, *atom)));
            b.add_scalar(&left, -1, false, !first);
            if o % lanes == 0 {
                let mut keep = !(first && left.is_empty());
                for (channel, phase, factor) in &factors {
                    push_kernel(
                        b,
                        node,
                        self,
                        &geometry,
                        *channel,
                        &geometry.phases[*phase],
                        o,
                        *factor,
                        &mut keep,
                    );
                }
            }
        }
        b.end_equation();
        Ok(())
    }

    fn pieces(&self, _b: &Builder<'_>, _node: usize) -> Pieces {
        Pieces::Channels
    }

    fn has_phases(&self) -> bool {
        let mut axes = self.window.axes.iter();
        axes.any(|axis| axis.stride > 1 && axis.kernel > 1)
    }

    fn phases(&self, b: &Builder<'_>, node: usize) -> Option<Vec<u32>> {
        let source = &b.graph.nodes[node];
        let (input, output) = (b.shape(source.inputs[0]), b.shape(source.output()));
        Geometry::new(&self.window, self.groups, input, output)?.phase_of_elements()
    }
}

/// Evaluations of every phase of every channel: `(channel, phase, cell)`; all-padding ones are left out.
fn evaluate_input(
    b: &mut Builder<'_>,
    input: TensorId,
    geometry: &Geometry,
) -> Result<Vec<(usize, usize, Atom)>, CircuitError> {
    let mut factors = Vec::new();
    let mut family = Vec::new();
    for channel in 0..geometry.channels {
        for (index, phase) in geometry.phases.iter().enumerate() {
            let functional = geometry.input(phase, channel);
            let scalar = b.evaluate(input, &functional)?;
            family.push(functional);
            if let Some(atom) = b.single(&scalar) {
                factors.push((channel, index, atom));
            }
        }
    }
    b.note_link(input, &family);
    Ok(factors)
}

/// Appends `factor · Σ_o ρ^(o−first) W_o,channel(σ)` over the lanes `first..first + lanes` of output channels.
#[allow(clippy::too_many_arguments)]
fn push_kernel(
    b: &mut Builder<'_>,
    node: usize,
    conv: &IntConv,
    geometry: &Geometry,
    channel: usize,
    phase: &Phase,
    first: usize,
    factor: Atom,
    keep: &mut bool,
) {
    let weight = &conv.weight;
    let (size, per_group) = (weight.shape(), geometry.filters_of_group());
    let group = channel / size[1];
    let from = first.max(group * per_group);
    let to = (first + b.widths.weights).min((group + 1) * per_group);
    if from >= to {
        return;
    }
    let kernel = geometry.kernel();
    let weights = |tap: &Tap| Run {
        of: ParameterId {
            node,
            role: ParameterRole::Weight,
        },
        first: (from * size[1] + channel % size[1]) * kernel + tap.place,
        stride: size[1] * kernel,
        lane: from - first,
        count: to - from,
    };
    let images = geometry.images as u32;
    let mut previous: Option<u32> = None;
    let mut rows: Vec<DotRow> = Vec::new();
    for tap in &phase.taps {
        let step = previous.map(|p| Step {
            base: Base::Sigma,
            power: (p - tap.position) * images,
        });
        rows.push(DotRow {
            weights: Some(weights(tap)),
            step,
            ..DotRow::default()
        });
        previous = Some(tap.position);
    }
    if let (Some(rest @ 1..), Some(tap)) = (previous, phase.taps.first()) {
        let step = Some(Step {
            base: Base::Sigma,
            power: rest * images,
        });
        rows.push(DotRow {
            weights: Some(Run {
                count: 0,
                ..weights(tap)
            }),
            step,
            ..DotRow::default()
        });
    }
    let last = rows.len() - 1;
    for (i, row) in rows.into_iter().enumerate() {
        let product = if i == last {
            Multiplier::Factor
        } else {
            Multiplier::None
        };
        let f_from = (i == last).then_some(factor);
        b.dots.push(DotRow {
            node: b.node,
            keep: *keep,
            product,
            f_from,
            ..row
        });
        *keep = true;
    }
}
