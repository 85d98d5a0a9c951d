//! Which keys count for which queries, and what is added to their scores.

use crate::Reason;
use crate::constant::{Data, Operand};
use crate::context::Context;
use crate::moves::{coordinates, elements, place};
use crate::onnx::element::Element;
use hallmark_model::Op;
use hallmark_model::ops::Number;
use hallmark_model::ops::float::Pad;
use ndarray::{ArrayD, IxDyn};

/// What is added to scores `(batch, heads, queries, keys)`.
pub(super) struct Mask {
    /// What is added at run time, broadcasting.
    computed: Option<Operand>,
    /// Shape of what is known: of four axes, some of one element.
    shape: Vec<usize>,
    /// What is known, minus infinity where a key does not count.
    values: Vec<f32>,
}

impl Mask {
    /// `before` is the number of keys from earlier calls.
    pub fn new(ctx: &mut Context<'_>, scores: &Operand, before: usize) -> Result<Self, Reason> {
        let whole = scores.shape().to_vec();
        let (queries, keys) = (whole[2], whole[3]);
        let given = ctx.optional(3);
        let filled = ctx.integers(6, "the numbers of keys that count")?;
        let mut shape = vec![1, 1, queries, keys];
        if filled.is_some() {
            shape[0] = whole[0];
        }
        if let Some(given) = &given {
            let own = four_axes(given.shape(), &whole)?;
            if given.data().is_some() {
                (0..2).for_each(|axis| shape[axis] = shape[axis].max(own[axis]));
            }
        }
        let known = given
            .as_ref()
            .and_then(Operand::data)
            .map(Known::new)
            .transpose()?;
        let computed = given.filter(|mask| mask.data().is_none());
        if computed
            .as_ref()
            .is_some_and(|mask| mask.element() != Element::Float)
        {
            return Err(Reason::form(
                "a mask of booleans that is computed; make it a constant, or one of numbers that are added",
            ));
        }
        ctx.builder.reserve(elements(&shape))?;
        let length = computed.as_ref().and_then(|mask| mask.shape().last().copied());
        let rules = Rules::new(ctx, length.unwrap_or(keys))?;
        let value = |at: Vec<usize>| {
            let count = filled.as_ref().and_then(|filled| filled.get(at[0])).copied();
            let offset = count.map_or(before as i64, |count| count - queries as i64);
            match rules.count((at[2] as i64, at[3] as i64), offset, count) {
                true => known.as_ref().map_or(0.0, |known| known.at(&at)),
                false => f32::NEG_INFINITY,
            }
        };
        let values = coordinates(&shape).map(value).collect();
        Ok(Self {
            computed,
            shape,
            values,
        })
    }

    /// What is added at run time, for all keys.
    pub fn added(&self, ctx: &mut Context<'_>, scores: &Operand) -> Result<Option<Operand>, Reason> {
        let Some(mask) = &self.computed else {
            return Ok(None);
        };
        let last = mask.rank() - 1;
        let missing = scores.shape()[3].saturating_sub(mask.shape()[last]);
        let pads = (0..mask.rank())
            .map(|axis| (0, if axis == last { missing } else { 0 }))
            .collect();
        let value = Number::Integer(0);
        ctx.emit(Op::Pad(Pad { pads, value }), &[mask]).map(Some)
    }

    /// Whether some key does not count.
    pub fn excludes(&self) -> bool {
        self.values.contains(&f32::NEG_INFINITY)
    }

    /// Whether no key counts for a query.
    fn is_empty(&self, row: usize) -> bool {
        let keys = self.shape[3];
        self.values[row * keys..][..keys]
            .iter()
            .all(|value| *value == f32::NEG_INFINITY)
    }

    /// What is known, if it is anything; zero for queries for which no key counts.
    pub fn constant(&self) -> Result<Option<ArrayD<f32>>, Reason> {
        if self.values.iter().all(|value| *value == 0.0) {
            return Ok(None);
        }
        let keys = self.shape[3];
        let value = |(place, &value): (usize, &f32)| if self.is_empty(place / keys) { 0.0 } else { value };
        let values = self.values.iter().enumerate().map(value).collect();
        let made = ArrayD::from_shape_vec(IxDyn(&self.shape), values);
        made.map(Some).map_err(|_| Reason::shape("constant shape"))
    }

    /// Weights that are zero for queries for which no key counts.
    pub fn without_empty_rows(&self, ctx: &mut Context<'_>, weights: Operand) -> Result<Operand, Reason> {
        let rows = self.values.len() / self.shape[3];
        if !(0..rows).any(|row| self.is_empty(row)) {
            return Ok(weights);
        }
        let shape = weights.shape().to_vec();
        let places: Vec<Option<usize>> = coordinates(&shape)
            .enumerate()
            .map(|(number, at)| {
                let own: Vec<usize> = at
                    .iter()
                    .zip(&self.shape)
                    .map(|(&i, &n)| if n == 1 { 0 } else { i })
                    .collect();
                let row = place(&self.shape, &own) / self.shape[3];
                (!self.is_empty(row)).then_some(number)
            })
            .collect();
        ctx.placed(&weights, &places, shape)
    }
}

/// The shape of a mask with four axes, which broadcasts to that of the scores but for keys that it lacks.
fn four_axes(mask: &[usize], scores: &[usize]) -> Result<Vec<usize>, Reason> {
    let missing = 4_usize.checked_sub(mask.len());
    let missing = missing.ok_or_else(|| Reason::shape("a mask of more than four axes"))?;
    let shape = [&vec![1; missing][..], mask].concat();
    let fits = (0..3).all(|axis| shape[axis] == 1 || shape[axis] == scores[axis]);
    match fits && shape[3] <= scores[3] {
        true => Ok(shape),
        false => Err(Reason::shape(format!(
            "a mask of shape {mask:?} for scores of shape {scores:?}"
        ))),
    }
}

/// Which keys count for which queries, by the attributes.
struct Rules {
    causal: bool,
    left: Option<i64>,
    right: Option<i64>,
    /// Keys that a computed mask has; others do not count.
    length: i64,
}

impl Rules {
    fn new(ctx: &Context<'_>, length: usize) -> Result<Self, Reason> {
        let window =
            |name: &str| -> Result<Option<i64>, Reason> { Ok(ctx.int(name)?.filter(|size| *size >= 0)) };
        Ok(Self {
            causal: ctx.flag("is_causal", false)?,
            left: window("left_window_size")?,
            right: window("right_window_size")?,
            length: length as i64,
        })
    }

    /// Whether a key counts for a query, which `offset` keys come before, of `count` keys that are filled.
    fn count(&self, (query, key): (i64, i64), offset: i64, count: Option<i64>) -> bool {
        // How far the key lies before the query.
        let distance = query + offset - key;
        (!self.causal || distance >= 0)
            && self.left.is_none_or(|left| distance <= left)
            && self.right.is_none_or(|right| -distance <= right)
            && count.is_none_or(|count| key < count)
            && key < self.length
    }
}

/// A mask that is known.
struct Known {
    shape: Vec<usize>,
    values: Vec<f32>,
}

impl Known {
    fn new(data: &Data) -> Result<Self, Reason> {
        let values = match data {
            Data::Float(values) => values.iter().copied().collect(),
            Data::Integer {
                values,
                boolean: true,
            } => {
                let value = |v: &i64| if *v == 0 { f32::NEG_INFINITY } else { 0.0 };
                values.iter().map(value).collect()
            }
            Data::Integer { .. } => {
                return Err(Reason::ElementType {
                    expected: "a mask of booleans or floating-point values",
                    found: "integers".to_owned(),
                });
            }
        };
        Ok(Self {
            shape: data.shape().to_vec(),
            values,
        })
    }

    /// Its value at coordinates of four axes; keys that it does not have do not count.
    fn at(&self, at: &[usize]) -> f32 {
        let own: Vec<usize> = at[4 - self.shape.len()..]
            .iter()
            .zip(&self.shape)
            .enumerate()
            .map(|(axis, (&i, &n))| {
                if n == 1 && axis + 1 < self.shape.len() {
                    0
                } else {
                    i
                }
            })
            .collect();
        match own.iter().zip(&self.shape).all(|(i, n)| i < n) {
            true => self.values[place(&self.shape, &own)],
            false => f32::NEG_INFINITY,
        }
    }
}
