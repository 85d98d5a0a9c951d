//! A pass over the undecoded file that counts messages.
//!
//! An empty submessage takes two bytes of a file and some two hundred bytes of memory once it is decoded. This
//! pass allocates nothing and bounds their number by the node limit, so that the memory a file takes is in
//! proportion to the file or to the limits.

use crate::{ImportError, Limits};

/// Messages per node that a file may hold (attributes, shapes, dimensions, initializers).
const MESSAGES_PER_NODE: usize = 16;
/// Messages that a file may hold whatever the node limit is.
const MESSAGES_BASE: usize = 4096;

/// Which submessages of a message are decoded.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    SparseTensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    /// A message whose own fields hold no messages.
    Leaf,
}

impl Kind {
    /// The submessage in field `tag`, if that field is a decoded message.
    fn child(self, tag: u64) -> Option<Self> {
        Some(match (self, tag) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8) | (Self::Graph, 5) | (Self::SparseTensor, 1) | (Self::Shape, 1) => Self::Leaf,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 11 | 12) => Self::ValueInfo,
            (Self::Graph, 15) => Self::SparseTensor,
            (Self::Node, 5) => Self::Attribute,
            (Self::Attribute, 5 | 6 | 11) => Self::Leaf,
            (Self::ValueInfo, 2) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            _ => return None,
        })
    }
}

/// Checks that the file's number of messages is in proportion to the node limit.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<(), ImportError> {
    let limit = limits
        .nodes
        .saturating_mul(MESSAGES_PER_NODE)
        .saturating_add(MESSAGES_BASE);
    let found = count(bytes, Kind::Model, limit).ok_or(match bytes {
        [0x1f, 0x8b, ..] => ImportError::Compressed,
        _ => ImportError::Format,
    })?;
    within("the number of messages in the file", found, limit)
}

/// Counts the decoded submessages of a message; stops soon after the count passes `limit`. `None` where the bytes
/// are not fields.
///
/// The depth of the recursion is that of [`Kind::child`], which has no cycle.
fn count(mut bytes: &[u8], kind: Kind, limit: usize) -> Option<usize> {
    let mut total = 0_usize;
    while !bytes.is_empty() && total <= limit {
        let field = Field::first(bytes)?;
        if let (Some(child), Some(message)) = (kind.child(field.tag), field.payload) {
            total = total
                .saturating_add(1)
                .saturating_add(count(message, child, limit)?);
        }
        bytes = field.rest;
    }
    Some(total)
}

/// One field of a message.
struct Field<'a> {
    tag: u64,
    /// Its bytes, where it is length-delimited.
    payload: Option<&'a [u8]>,
    /// What follows it.
    rest: &'a [u8],
}

impl<'a> Field<'a> {
    /// The first field of `bytes`.
    fn first(bytes: &'a [u8]) -> Option<Self> {
        let (key, rest) = varint(bytes)?;
        let (payload, rest) = match key & 7 {
            0 => (None, varint(rest)?.1),
            1 => (None, rest.get(8..)?),
            2 => {
                let (length, rest) = varint(rest)?;
                let (payload, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                (Some(payload), rest)
            }
            5 => (None, rest.get(4..)?),
            // Groups (3, 4) occur in no version of the format.
            _ => return None,
        };
        Some(Self {
            tag: key >> 3,
            payload,
            rest,
        })
    }
}

/// A base-128 number of at most ten bytes.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

/// Checks a size against a limit.
pub(crate) fn within(what: &str, found: usize, limit: usize) -> Result<(), ImportError> {
    if found <= limit {
        Ok(())
    } else {
        Err(ImportError::TooLarge {
            what: what.to_owned(),
            found,
            limit,
        })
    }
}
