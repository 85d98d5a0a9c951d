//! What two heads show about their log.

use super::head::{HeadError, SignedHead, TOLERANCE_MS};
use crate::hexadecimal;
use crate::receipt::verify_consistency;

/// What two heads of one log show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// One state of the log.
    Same,
    /// The larger log begins with the smaller one.
    Continued,
}

/// Checks that one head's keys are the other's first ones, and that those of them that were replaced signed no more.
fn check_keys(one: &SignedHead, other: &SignedHead) -> Result<(), HeadError> {
    let (short, long) = match one.rotations.len() <= other.rotations.len() {
        true => (one, other),
        false => (other, one),
    };
    let mut key = short.log;
    for (mine, theirs) in short.rotations.iter().zip(&long.rotations) {
        if (mine.key, mine.since_ms) != (theirs.key, theirs.since_ms) {
            return Err(HeadError::TwoSuccessors {
                key,
                one: mine.key,
                other: theirs.key,
            });
        }
        key = mine.key;
    }
    match long.rotations.get(short.rotations.len()) {
        Some(next) if short.time_ms.saturating_sub(next.since_ms) > TOLERANCE_MS => Err(HeadError::Retired {
            key,
            time_ms: short.time_ms,
            since_ms: next.since_ms,
        }),
        _ => Ok(()),
    }
}

/// As [`compare`], for a head that was kept and one that a server gave out later: a later answer does not go back.
///
/// # Errors
/// [`HeadError`], where the new head is one of fewer entries, or of an earlier time, [`HeadError::RolledBack`] or a graver one.
pub fn compare_later(
    old: &SignedHead,
    new: &SignedHead,
    proof: Option<&[[u8; 32]]>,
) -> Result<Compared, HeadError> {
    let compared = compare(old, new, proof);
    let back = new.tree_size < old.tree_size || old.time_ms.saturating_sub(new.time_ms) > TOLERANCE_MS;
    match compared {
        Ok(_) | Err(HeadError::ProofNeeded { .. }) if back => Err(HeadError::RolledBack {
            old: old.tree_size,
            old_ms: old.time_ms,
            new: new.tree_size,
            new_ms: new.time_ms,
        }),
        compared => compared,
    }
}

/// Checks both heads, that their keys do not contradict each other, and that the larger log begins with the smaller one. `proof` is
/// the path of RFC 9162, 2.1.4, which heads of equal size do not need. The order of the heads does not matter, see
/// [`compare_later`].
///
/// # Errors
/// [`HeadError`].
pub fn compare(
    one: &SignedHead,
    other: &SignedHead,
    proof: Option<&[[u8; 32]]>,
) -> Result<Compared, HeadError> {
    one.verify()?;
    other.verify()?;
    if one.log != other.log {
        return Err(HeadError::OtherLog {
            found: other.log,
            expected: one.log,
        });
    }
    check_keys(one, other)?;
    let (first, second) = match one.tree_size <= other.tree_size {
        true => (one, other),
        false => (other, one),
    };
    if first.tree_size == second.tree_size {
        return match first.root == second.root {
            true => Ok(Compared::Same),
            false => Err(HeadError::Forked {
                size: first.tree_size,
                one: hexadecimal::encode(&one.root),
                other: hexadecimal::encode(&other.root),
            }),
        };
    }
    if first.time_ms.saturating_sub(second.time_ms) > TOLERANCE_MS {
        return Err(HeadError::Shrunk {
            earlier: second.tree_size,
            later: first.tree_size,
        });
    }
    let path: &[[u8; 32]] = match proof {
        Some(path) => path,
        None if first.tree_size == 0 => &[],
        None => {
            return Err(HeadError::ProofNeeded {
                first: first.tree_size,
                second: second.tree_size,
            });
        }
    };
    verify_consistency(first.tree_size, &first.root, second.tree_size, &second.root, path)?;
    Ok(Compared::Continued)
}
