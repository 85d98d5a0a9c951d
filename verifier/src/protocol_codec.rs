//! The canonical encoding of a [`Protocol`].

use crate::codec::{MAX_NAME_BYTES, Reader, Writer};
use crate::error::VerifyError;
use crate::problem::Problem;
use crate::protocol::{
    ColumnKind, Constraint, Gate, MAX_COLUMNS, MAX_DEGREE, MAX_LOG_ROWS, MAX_NODES, Node, PermutationColumn,
    Protocol, Query,
};
use ark_bn254::G1Affine;

const MAX_GATES: u32 = 1 << 16;

pub(crate) fn write(protocol: &Protocol, writer: &mut Writer) {
    writer.u32(protocol.log_rows);
    writer.size(protocol.degree);
    writer.size(protocol.blinding_factors);
    for phases in [&protocol.advice_phases, &protocol.challenge_phases] {
        writer.size(phases.len());
        writer.raw(phases);
    }
    writer.size(protocol.instance_columns);
    for queries in [
        &protocol.fixed_queries,
        &protocol.advice_queries,
        &protocol.instance_queries,
    ] {
        writer.size(queries.len());
        for query in queries {
            writer.size(query.column);
            writer.raw(&query.rotation.to_le_bytes());
        }
    }
    writer.size(protocol.nodes.len());
    for node in &protocol.nodes {
        write_node(node, writer);
    }
    writer.size(protocol.gates.len());
    for gate in &protocol.gates {
        writer.text(&gate.name);
        writer.size(gate.constraints.len());
        for constraint in &gate.constraints {
            writer.text(&constraint.name);
            writer.size(constraint.root);
        }
    }
    writer.size(protocol.permutation_columns.len());
    for column in &protocol.permutation_columns {
        writer.u8(match column.kind {
            ColumnKind::Fixed => 0,
            ColumnKind::Advice => 1,
            ColumnKind::Instance => 2,
        });
        writer.size(column.column);
    }
    for commitments in [&protocol.fixed_commitments, &protocol.permutation_commitments] {
        writer.size(commitments.len());
        for commitment in commitments {
            writer.point(commitment);
        }
    }
    writer.scalar(&protocol.transcript_repr);
}

fn write_node(node: &Node, writer: &mut Writer) {
    let mut unary = |tag: u8, operand: &usize| {
        writer.u8(tag);
        writer.size(*operand);
    };
    match node {
        Node::Constant(value) => {
            writer.u8(0);
            writer.scalar(value);
        }
        Node::Fixed(query) => unary(1, query),
        Node::Advice(query) => unary(2, query),
        Node::Instance(query) => unary(3, query),
        Node::Challenge(challenge) => unary(4, challenge),
        Node::Negated(a) => unary(5, a),
        Node::Sum(a, b) => {
            unary(6, a);
            writer.size(*b);
        }
        Node::Product(a, b) => {
            unary(7, a);
            writer.size(*b);
        }
        Node::Scaled(a, factor) => {
            unary(8, a);
            writer.scalar(factor);
        }
    }
}

/// Reads and validates.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Protocol, VerifyError> {
    let protocol = Protocol {
        log_rows: match reader.u32("log rows")? {
            found if found > MAX_LOG_ROWS => {
                let problem = Problem::TooLarge {
                    found: found.into(),
                    limit: MAX_LOG_ROWS.into(),
                };
                return Err(reader.error(4, "log rows", problem));
            }
            found => found,
        },
        degree: reader.size("degree", MAX_DEGREE)?,
        blinding_factors: reader.size("blinding factors", MAX_COLUMNS)?,
        advice_phases: read_phases(reader, "advice phases")?,
        challenge_phases: read_phases(reader, "challenge phases")?,
        instance_columns: reader.size("instance columns", MAX_COLUMNS)?,
        fixed_queries: read_queries(reader, "fixed queries")?,
        advice_queries: read_queries(reader, "advice queries")?,
        instance_queries: read_queries(reader, "instance queries")?,
        nodes: read_list(reader, "expression nodes", MAX_NODES, 5, read_node)?,
        gates: read_gates(reader)?,
        permutation_columns: read_list(reader, "permutation columns", MAX_COLUMNS, 5, read_column)?,
        fixed_commitments: read_list(reader, "fixed commitments", MAX_COLUMNS, 64, |reader| {
            // A column of zeros, such as a selector that no row needs, is committed as infinity.
            reader.point("fixed commitment")
        })?,
        permutation_commitments: read_list(reader, "permutation commitments", MAX_COLUMNS, 64, read_sigma)?,
        transcript_repr: reader.scalar("transcript representation")?,
    };
    protocol.validate()?;
    Ok(protocol)
}

/// A count, then that many items of at least `item_bytes` each.
pub(crate) fn read_list<'a, T>(
    reader: &mut Reader<'a>,
    field: &'static str,
    limit: u32,
    item_bytes: usize,
    mut item: impl FnMut(&mut Reader<'a>) -> Result<T, VerifyError>,
) -> Result<Vec<T>, VerifyError> {
    let count = reader.count(field, limit, item_bytes)?;
    let mut items = Vec::with_capacity(count);
    for _ in 0..count {
        items.push(item(reader)?);
    }
    Ok(items)
}

fn read_phases(reader: &mut Reader<'_>, field: &'static str) -> Result<Vec<u8>, VerifyError> {
    let count = reader.count(field, MAX_COLUMNS, 1)?;
    Ok(reader.take(count, field)?.to_vec())
}

fn read_queries(reader: &mut Reader<'_>, field: &'static str) -> Result<Vec<Query>, VerifyError> {
    read_list(reader, field, MAX_COLUMNS, 8, |reader| {
        Ok(Query {
            column: reader.size("query column", MAX_COLUMNS)?,
            rotation: reader.i32("query rotation")?,
        })
    })
}

fn read_node(reader: &mut Reader<'_>) -> Result<Node, VerifyError> {
    const FIELD: &str = "expression node";
    let tag = reader.u8(FIELD)?;
    let mut operand = || reader.size(FIELD, MAX_NODES);
    Ok(match tag {
        0 => Node::Constant(reader.scalar(FIELD)?),
        1 => Node::Fixed(operand()?),
        2 => Node::Advice(operand()?),
        3 => Node::Instance(operand()?),
        4 => Node::Challenge(operand()?),
        5 => Node::Negated(operand()?),
        6 => Node::Sum(operand()?, operand()?),
        7 => Node::Product(operand()?, operand()?),
        8 => Node::Scaled(operand()?, reader.scalar(FIELD)?),
        tag => return Err(reader.error(1, FIELD, Problem::UnknownTag(tag))),
    })
}

/// All gates together have as many constraints as there can be nodes.
fn read_gates(reader: &mut Reader<'_>) -> Result<Vec<Gate>, VerifyError> {
    let mut left = MAX_NODES;
    read_list(reader, "gates", MAX_GATES, 8, |reader| {
        let gate = read_gate(reader, left)?;
        left = left.saturating_sub(u32::try_from(gate.constraints.len()).unwrap_or(u32::MAX));
        Ok(gate)
    })
}

fn read_gate(reader: &mut Reader<'_>, limit: u32) -> Result<Gate, VerifyError> {
    Ok(Gate {
        name: reader.text("gate name", MAX_NAME_BYTES)?,
        constraints: read_list(reader, "constraints", limit, 8, |reader| {
            Ok(Constraint {
                name: reader.text("constraint name", MAX_NAME_BYTES)?,
                root: reader.size("constraint root", MAX_NODES)?,
            })
        })?,
    })
}

fn read_column(reader: &mut Reader<'_>) -> Result<PermutationColumn, VerifyError> {
    let kind = match reader.u8("permutation column kind")? {
        0 => ColumnKind::Fixed,
        1 => ColumnKind::Advice,
        2 => ColumnKind::Instance,
        tag => return Err(reader.error(1, "permutation column kind", Problem::UnknownTag(tag))),
    };
    Ok(PermutationColumn {
        kind,
        column: reader.size("permutation column", MAX_COLUMNS)?,
    })
}

fn read_sigma(reader: &mut Reader<'_>) -> Result<G1Affine, VerifyError> {
    reader.finite_point("permutation commitment")
}
