//! `Einsum`: products of tensors, summed over labels.
//!
//! Operands are put together from left to right. Labels that neither the output nor a later operand has are summed as soon as they
//! can be: those of one operand by a product with ones, those of two by a matrix product of `(batch, free, summed)` and
//! `(batch, summed, free)`. Without summed labels it is a product of elements. A label twice in an operand is its diagonal.

use super::mat_mul::product;
use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};
use crate::linear::sum_last;
use crate::moves::{coordinates, elements, place};
use hallmark_model::Op;

pub(super) const RULE: Rule = Rule {
    name: "Einsum",
    attributes: &["equation"],
    lower,
};

/// A tensor with a label for each of its axes, all of them different.
struct Labelled {
    tensor: Operand,
    labels: Vec<char>,
}

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let text = ctx
        .string("equation")?
        .ok_or_else(|| Reason::attribute("equation", "is missing"))?;
    let equation: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let operands = ctx.all_inputs()?;
    let (terms, output) = parse(&equation, &operands)?;
    let mut whole: Option<Labelled> = None;
    for (number, (operand, labels)) in operands.iter().zip(&terms).enumerate() {
        let next = diagonal(ctx, operand, labels, &equation)?;
        let later = terms.iter().skip(number + 1).flatten();
        let kept: Vec<char> = later.chain(&output).copied().collect();
        whole = Some(match whole {
            None => next,
            Some(left) => {
                let left = summed(ctx, left, |c| kept.contains(&c) || next.labels.contains(&c))?;
                let right = summed(ctx, next, |c| kept.contains(&c) || left.labels.contains(&c))?;
                contract(ctx, (&left, &right), &kept, &equation)?
            }
        });
    }
    let whole = whole.ok_or(Reason::MissingInput { index: 0 })?;
    let whole = summed(ctx, whole, |c| output.contains(&c))?;
    Ok(permuted(ctx, &whole.tensor, &whole.labels, &output)?.into())
}

/// An operand whose labels are all different: of axes with the same one, the diagonal.
fn diagonal(ctx: &mut Context<'_>, x: &Operand, labels: &[char], equation: &str) -> Result<Labelled, Reason> {
    let mut own: Vec<char> = Vec::new();
    let mut shape = Vec::new();
    for (&label, &length) in labels.iter().zip(x.shape()) {
        match own.iter().position(|c| *c == label) {
            None => {
                own.push(label);
                shape.push(length);
            }
            Some(first) if shape[first] == length => {}
            Some(_) => {
                return Err(Reason::shape(format!(
                    "shape {:?} has no diagonal for `{equation}`",
                    x.shape()
                )));
            }
        }
    }
    if own.len() == labels.len() {
        return Ok(Labelled {
            tensor: x.clone(),
            labels: own,
        });
    }
    ctx.builder.reserve(elements(&shape))?;
    let axes: Vec<usize> = labels
        .iter()
        .filter_map(|label| own.iter().position(|c| c == label))
        .collect();
    let places: Vec<Option<usize>> = coordinates(&shape)
        .map(|at| {
            let from: Vec<usize> = axes.iter().map(|&axis| at[axis]).collect();
            Some(place(x.shape(), &from))
        })
        .collect();
    let tensor = ctx.placed(x, &places, shape)?;
    Ok(Labelled { tensor, labels: own })
}

/// Sums over the labels that are not kept.
fn summed(ctx: &mut Context<'_>, x: Labelled, keeps: impl Fn(char) -> bool) -> Result<Labelled, Reason> {
    let (kept, gone): (Vec<char>, Vec<char>) = x.labels.iter().partition(|c| keeps(**c));
    if gone.is_empty() {
        return Ok(x);
    }
    let turned = permuted(ctx, &x.tensor, &x.labels, &[&kept[..], &gone].concat())?;
    let (rows, columns) = turned.shape().split_at(kept.len());
    let (shape, count) = (rows.to_vec(), columns.iter().product());
    let flat = ctx.reshape(&turned, vec![rows.iter().product(), count])?;
    let sums = sum_last(ctx, &flat)?;
    Ok(Labelled {
        tensor: ctx.reshape(&sums, shape)?,
        labels: kept,
    })
}

/// The labels of every operand, and of the output. An ellipsis stands for labels of its own, from `\u{0}` on.
fn parse(equation: &str, operands: &[Operand]) -> Result<(Vec<Vec<char>>, Vec<char>), Reason> {
    let (left, output) = match equation.split_once("->") {
        Some((left, output)) => (left, Some(output)),
        None => (equation, None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != operands.len() {
        return Err(Reason::attribute(
            "equation",
            format!("has {} terms for {} inputs", terms.len(), operands.len()),
        ));
    }
    let mut wide = 0;
    let mut labels = Vec::with_capacity(terms.len());
    for (term, operand) in terms.iter().zip(operands) {
        let named = term.replace("...", "").chars().count();
        let rest = operand
            .rank()
            .checked_sub(named)
            .filter(|&rest| rest == 0 || term.contains("..."));
        let rest = rest.ok_or_else(|| {
            Reason::attribute(
                "equation",
                format!("`{term}` does not fit an input of shape {:?}", operand.shape()),
            )
        })?;
        if wide != 0 && rest != 0 && rest != wide {
            return Err(Reason::attribute(
                "equation",
                "its ellipses stand for different numbers of axes",
            ));
        }
        wide = wide.max(rest);
        labels.push(spelled(term, rest)?);
    }
    let output = match output {
        Some(output) => spelled(output, if output.contains("...") { wide } else { 0 })?,
        None => implicit(&labels, wide),
    };
    match output
        .iter()
        .all(|label| labels.iter().any(|term| term.contains(label)))
        && !has_repeats(&output)
    {
        true => Ok((labels, output)),
        false => Err(Reason::attribute(
            "equation",
            "its output has a label twice or one that no input has",
        )),
    }
}

/// A term's labels one by one.
fn spelled(term: &str, wide: usize) -> Result<Vec<char>, Reason> {
    let ellipsis: String = ('\u{0}'..).take(wide).collect();
    let labels: Vec<char> = term.replacen("...", &ellipsis, 1).chars().collect();
    match labels
        .iter()
        .all(|c| c.is_ascii_alphabetic() || (*c as usize) < wide)
    {
        true => Ok(labels),
        false => Err(Reason::attribute(
            "equation",
            format!("`{term}` has a label that is not a letter"),
        )),
    }
}

/// Without `->`, the output has the labels that occur once, sorted, after those of the ellipsis.
fn implicit(terms: &[Vec<char>], wide: usize) -> Vec<char> {
    let all: Vec<char> = terms.iter().flatten().copied().collect();
    let mut once: Vec<char> = all
        .iter()
        .copied()
        .filter(|c| c.is_ascii_alphabetic() && all.iter().filter(|d| *d == c).count() == 1)
        .collect();
    once.sort_unstable();
    ('\u{0}'..).take(wide).chain(once).collect()
}

fn has_repeats(labels: &[char]) -> bool {
    labels
        .iter()
        .enumerate()
        .any(|(index, label)| labels[..index].contains(label))
}

/// The product of two tensors, summed over the labels of both that are not kept.
fn contract(
    ctx: &mut Context<'_>,
    (a, b): (&Labelled, &Labelled),
    kept: &[char],
    equation: &str,
) -> Result<Labelled, Reason> {
    let shared = |keeps: bool| -> Vec<char> {
        let both = a.labels.iter().copied().filter(|c| b.labels.contains(c));
        both.filter(|c| kept.contains(c) == keeps).collect()
    };
    let alone = |own: &Labelled, other: &Labelled| -> Vec<char> {
        let own = own.labels.iter().copied();
        own.filter(|c| !other.labels.contains(c)).collect()
    };
    let (batch, inner) = (shared(true), shared(false));
    let (left, right) = (alone(a, b), alone(b, a));
    let length = |label: &char| -> Option<usize> {
        let find = |x: &Labelled| {
            x.labels
                .iter()
                .position(|c| c == label)
                .map(|i| x.tensor.shape()[i])
        };
        match (find(a), find(b)) {
            (Some(m), Some(n)) if m != n => None,
            (m, n) => m.or(n),
        }
    };
    let lengths = |labels: &[char]| labels.iter().map(length).collect::<Option<Vec<_>>>();
    let sizes = [&batch, &left, &inner, &right].map(|labels| lengths(labels));
    let [
        Some(batch_shape),
        Some(left_shape),
        Some(inner_shape),
        Some(right_shape),
    ] = sizes
    else {
        return Err(Reason::shape(format!(
            "shapes {:?} and {:?} do not fit `{equation}`",
            a.tensor.shape(),
            b.tensor.shape()
        )));
    };
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    let matrix =
        |rows: &[usize], columns: &[usize]| [batch_shape.clone(), vec![count(rows), count(columns)]].concat();
    let x = permuted(ctx, &a.tensor, &a.labels, &[&batch[..], &left, &inner].concat())?;
    let x = ctx.reshape(&x, matrix(&left_shape, &inner_shape))?;
    let y = permuted(ctx, &b.tensor, &b.labels, &[&batch[..], &inner, &right].concat())?;
    let y = ctx.reshape(&y, matrix(&inner_shape, &right_shape))?;
    let z = match inner.is_empty() {
        true => ctx.emit(Op::Mul, &[&x, &y])?,
        false => product(ctx, &x, &y)?,
    };
    Ok(Labelled {
        tensor: ctx.reshape(&z, [&batch_shape[..], &left_shape, &right_shape].concat())?,
        labels: [batch, left, right].concat(),
    })
}

/// Axes labelled `from`, put into the order `to`.
fn permuted(ctx: &mut Context<'_>, x: &Operand, from: &[char], to: &[char]) -> Result<Operand, Reason> {
    let perm: Option<Vec<usize>> = to
        .iter()
        .map(|label| from.iter().position(|c| c == label))
        .collect();
    let perm = perm.ok_or_else(|| Reason::shape("an output label that no input has"))?;
    ctx.transpose(x, perm)
}
