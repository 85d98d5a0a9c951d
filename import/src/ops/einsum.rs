//! `Einsum` with two operands that is a matrix product, or with one that is a transposition.
//!
//! Labels of a product are in both operands and the output (batch), in one operand and the output (free), or in both
//! operands only (summed). The operands become `(batch, free, summed)` and `(batch, summed, free)`, and the product's
//! axes are put into the output's order.

use super::mat_mul::product;
use super::rule::Rule;
use crate::Reason;
use crate::constant::Operand;
use crate::context::{Context, Lowered};

pub(super) const RULE: Rule = Rule {
    name: "Einsum",
    attributes: &["equation"],
    lower,
};

fn lower(ctx: &mut Context<'_>) -> Lowered {
    let text = ctx
        .string("equation")?
        .ok_or_else(|| Reason::attribute("equation", "is missing"))?;
    let equation: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if ctx.inputs.len() > 2 {
        return Err(unsupported(&equation));
    }
    let operands = ctx.all_inputs()?;
    let (terms, output) = parse(&equation, &operands)?;
    let y = match (&operands[..], &terms[..]) {
        ([x], [labels]) => {
            if labels.len() != output.len() || has_repeats(labels) {
                return Err(unsupported(&equation));
            }
            permuted(ctx, x, labels, &output)?
        }
        ([a, b], [left, right]) => contract(ctx, (a, left), (b, right), &output, &equation)?,
        _ => return Err(unsupported(&equation)),
    };
    Ok(y.into())
}

fn unsupported(equation: &str) -> Reason {
    Reason::attribute(
        "equation",
        format!("`{equation}` is neither a product of two matrices nor a transposition"),
    )
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

fn contract(
    ctx: &mut Context<'_>,
    (a, left): (&Operand, &[char]),
    (b, right): (&Operand, &[char]),
    output: &[char],
    equation: &str,
) -> Result<Operand, Reason> {
    let of = |labels: &[char], other: bool, out: bool| -> Vec<char> {
        let second = if labels == left { right } else { left };
        labels
            .iter()
            .copied()
            .filter(|c| second.contains(c) == other && output.contains(c) == out)
            .collect()
    };
    let (batch, summed) = (of(left, true, true), of(left, true, false));
    let free_left: Vec<char> = left.iter().copied().filter(|c| !right.contains(c)).collect();
    let free_right: Vec<char> = right.iter().copied().filter(|c| !left.contains(c)).collect();
    let dangling = free_left.iter().chain(&free_right).any(|c| !output.contains(c));
    if dangling || has_repeats(left) || has_repeats(right) || summed.is_empty() {
        return Err(unsupported(equation));
    }
    let length = |label: &char| -> Option<usize> {
        let find =
            |labels: &[char], x: &Operand| labels.iter().position(|c| c == label).map(|i| x.shape()[i]);
        match (find(left, a), find(right, b)) {
            (Some(m), Some(n)) if m != n => None,
            (m, n) => m.or(n),
        }
    };
    let lengths = |labels: &[char]| labels.iter().map(length).collect::<Option<Vec<_>>>();
    let sizes = [&batch, &free_left, &summed, &free_right].map(|labels| lengths(labels));
    let [
        Some(batch_shape),
        Some(left_shape),
        Some(summed_shape),
        Some(right_shape),
    ] = sizes
    else {
        return Err(Reason::shape(format!(
            "shapes {:?} and {:?} do not fit `{equation}`",
            a.shape(),
            b.shape()
        )));
    };
    let count = |shape: &[usize]| shape.iter().product::<usize>();
    let matrix =
        |rows: &[usize], columns: &[usize]| [batch_shape.clone(), vec![count(rows), count(columns)]].concat();
    let a = permuted(ctx, a, left, &[&batch[..], &free_left, &summed].concat())?;
    let a = ctx.reshape(&a, matrix(&left_shape, &summed_shape))?;
    let b = permuted(ctx, b, right, &[&batch[..], &summed, &free_right].concat())?;
    let b = ctx.reshape(&b, matrix(&summed_shape, &right_shape))?;
    let y = product(ctx, &a, &b)?;
    let y = ctx.reshape(&y, [&batch_shape[..], &left_shape, &right_shape].concat())?;
    permuted(ctx, &y, &[batch, free_left, free_right].concat(), output)
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
