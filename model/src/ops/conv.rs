//! Convolution over the spatial axes of `(N, C, …)` with a constant kernel.

use super::bound::{Bound, check_bias, check_magnitude, check_weights};
use super::check::{arithmetic_kind, arity, dimensions, is_computed, single};
use super::element::Element;
use super::lowering::{Lowering, NodeView, Operation, Quantize};
use super::operator::{FloatOp, IntOp, Ranks, Shaped};
use super::parameter::{Parameter, ParameterRole};
use super::scales::{doubles, quantize_bias, quantize_channels};
use crate::shape::{self, View};
use crate::sink::Sink;
use crate::window::Window;
use crate::window::{self, Sweep};
use crate::{ElementKind, FloatTensor, IntTensor, ModelError, TensorId};
use serde::{Deserialize, Serialize};

/// `[X (N,C,…), W (O,C/groups,…) constant, B (O) constant, optional] → (N,O,…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatConv {
    /// Kernel geometry.
    pub window: Window,
    /// Number of channel groups.
    pub groups: usize,
}

/// `[X (N,C,…)] → Y (N,O,…)`, `Y = bias + Σ X·weight`; padding is zero. `weight` is `(O, C/groups, …)`. Scales: `scale(Y) = scale(X) + weight scale`; per-channel weight scales are already
/// multiplied into `weight` (see docs/semantics.md).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntConv {
    /// Integer kernel.
    pub weight: IntTensor,
    /// One value per output channel, at the output's scale.
    pub bias: Vec<i64>,
    /// Kernel geometry.
    pub window: Window,
    /// Number of channel groups.
    pub groups: usize,
}

fn shape(
    input: &[usize],
    weight: &[usize],
    bias: Option<&[usize]>,
    window: &Window,
    groups: usize,
) -> Result<Vec<usize>, String> {
    let (batch, channels, plane) = window::channels_and_plane(input)?;
    let &[filters, group_channels, ref kernel @ ..] = weight else {
        return Err(format!("weight of shape {weight:?}, expected (O, C/groups, …)"));
    };
    if *kernel != window.kernel() {
        return Err(format!(
            "weight of shape {weight:?} does not have the kernel {:?}",
            window.kernel()
        ));
    }
    if groups == 0 || channels % groups != 0 || filters % groups != 0 || channels / groups != group_channels {
        return Err(format!(
            "input {input:?} and weight {weight:?} do not divide into {groups} groups"
        ));
    }
    if let Some(bias) = bias
        && bias != [filters]
    {
        return Err(format!("bias of shape {bias:?}, expected [{filters}]"));
    }
    let positions = window::output_size(window, plane)?;
    Ok([batch, filters].into_iter().chain(positions).collect())
}

/// Convolves with `x` of shape `(N,C,…)` and `weight` of shape `(O,C/groups,…)`; sums start at `bias`.
fn convolve<E: Element>(
    x: View<E>,
    weight: &[E],
    bias: impl Fn(usize) -> E::Sum,
    (window, groups): (&Window, usize),
    output: &[usize],
) -> Vec<E::Sum> {
    let (&[batch, channels, ref plane @ ..], &[_, filters, ref positions @ ..]) = (x.shape, output) else {
        return Vec::new();
    };
    let sweep = Sweep::new(window, plane, positions);
    let (plane, positions): (usize, usize) = (plane.iter().product(), positions.iter().product());
    let (group_channels, group_filters) = (channels / groups, filters / groups);
    let taps = weight.len() / (filters * group_channels);
    let mut result = Vec::with_capacity(batch * filters * positions);
    for n in 0..batch {
        for o in 0..filters {
            let start = result.len();
            result.resize(start + positions, bias(o));
            let target = &mut result[start..];
            for c in 0..group_channels {
                let source =
                    &x.data[(n * channels + o / group_filters * group_channels + c) * plane..][..plane];
                let kernel = &weight[(o * group_channels + c) * taps..][..taps];
                sweep.run(target, source, |place| {
                    let w = kernel[place];
                    let step = move |sum: &mut E::Sum, x| *sum = E::multiply_add(*sum, w, x);
                    (!E::EXACT || w != E::ZERO).then_some(step)
                });
            }
        }
    }
    result
}

fn work(weight: &[usize]) -> u128 {
    weight.iter().skip(1).map(|&d| d as u128).product()
}

impl Shaped for FloatConv {
    fn name(&self) -> &'static str {
        "Conv"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        let inputs = arity(inputs, 2..=3)?;
        shape(
            inputs[0],
            inputs[1],
            inputs.get(2).copied(),
            &self.window,
            self.groups,
        )
    }
    fn work_per_element(&self, inputs: &[&[usize]]) -> u128 {
        work(inputs[1])
    }
}

impl FloatOp for FloatConv {
    fn evaluate(&self, inputs: &[View<f32>], output: &[usize]) -> Vec<f32> {
        let bias = |o: usize| inputs.get(2).map_or(0.0, |b| f64::from(b.data[o]));
        let sums = convolve(
            inputs[0],
            inputs[1].data,
            bias,
            (&self.window, self.groups),
            output,
        );
        sums.into_iter().map(f32::narrow).collect()
    }
    fn unsupported(&self, constants: &[Option<&FloatTensor>]) -> Option<String> {
        let computed = is_computed(constants, 1) || is_computed(constants, 2);
        computed.then(|| "weight and bias must be constant".to_owned())
    }
}

impl<O: Operation + From<IntConv>> Quantize<O> for FloatConv {
    /// Conv, then Requantize.
    fn quantize(&self, to: &mut Lowering<'_, O>, node: NodeView<'_>) -> Result<TensorId, ModelError> {
        let x = to.input(node, 0)?;
        let weight = to
            .constant(node, 1)
            .ok_or_else(|| to.error(node, "the weight must be constant".to_owned()))?;
        let filters = weight.shape()[0];
        let per_filter = weight.len() / filters;
        let bits = (to.options.weight_bits, to.options.channel_spread_bits);
        let made = quantize_channels(&doubles(weight), filters, |p| p / per_filter, bits).and_then(
            |(integers, weight_scale)| {
                let scale = to.scale(x) + weight_scale;
                let bias = quantize_bias(to.constant(node, 2), filters, scale)?;
                let op = IntConv {
                    weight: shape::tensor(weight.shape(), integers)?,
                    bias,
                    window: self.window.clone(),
                    groups: self.groups,
                };
                Ok((op, scale))
            },
        );
        let (op, scale) = made.map_err(|reason| to.error(node, reason))?;
        let sums = to.emit(
            node,
            (op, vec![x]),
            (".sum", ElementKind::real(scale)),
            &to.shape(node),
        )?;
        to.requantize(node, sums)
    }
}

impl Shaped for IntConv {
    fn name(&self) -> &'static str {
        "Conv"
    }
    fn shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        shape(
            single(inputs)?,
            self.weight.shape(),
            Some(&[self.bias.len()]),
            &self.window,
            self.groups,
        )
    }
    fn work_per_element(&self, _inputs: &[&[usize]]) -> u128 {
        work(self.weight.shape())
    }
}

impl IntOp for IntConv {
    fn bound(&self, inputs: &[(Bound, &[usize])], _declared: Bound) -> Result<Option<Bound>, String> {
        let mut x = inputs[0].0;
        if self.window.is_padded() {
            x = x.with_zero();
        }
        let weight = View::contents(&self.weight);
        check_weights(&weight, self.weight.len() / self.bias.len())?;
        check_bias(&self.bias)?;
        let mut result: Option<Bound> = None;
        for (kernel, &bias) in weight.chunks(self.weight.len() / self.bias.len()).zip(&self.bias) {
            let positive: i64 = kernel.iter().map(|&w| w.max(0)).sum();
            let negative: i64 = kernel.iter().map(|&w| w.min(0)).sum();
            check_magnitude(
                (i128::from(positive) - i128::from(negative)) * x.magnitude() + i128::from(bias).abs(),
            )?;
            let sums = x
                .times(Bound::point(positive))
                .plus(x.times(Bound::point(negative)));
            let sums = sums.plus(Bound::point(bias));
            result = Some(result.map_or(sums, |r| r.hull(sums)));
        }
        Ok(result)
    }
    fn check_kind(&self, inputs: &[ElementKind], output: ElementKind) -> Result<(), String> {
        // The weight's scale is free.
        arithmetic_kind(inputs, |_| None, output)
    }
    fn evaluate(&self, inputs: &[View<i64>], _lows: &[i64], output: &[usize]) -> Vec<i64> {
        let weight = View::contents(&self.weight);
        convolve(
            inputs[0],
            &weight,
            |o| self.bias[o],
            (&self.window, self.groups),
            output,
        )
    }
    fn encode(&self, sink: &mut dyn Sink) {
        sink.tensor(&self.weight);
        sink.integers(&self.bias);
        window::encode(&self.window, sink);
        sink.number(self.groups);
    }
    fn parameters(&self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::tensor(ParameterRole::Weight, &self.weight),
            Parameter::bias(&self.bias, self.weight.ndim().saturating_sub(2)),
        ]
    }
    fn widen(&mut self, _ranks: Ranks<'_>, _executions: usize) -> Result<(), &'static str> {
        Ok(())
    }
    fn words(&self) -> String {
        let weight = dimensions(self.weight.shape());
        match self.groups {
            groups @ 2.. => format!("convolution {weight} in {groups} groups"),
            _ => format!("convolution {weight}"),
        }
    }
}
