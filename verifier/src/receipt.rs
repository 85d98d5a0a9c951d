//! Entries of a server's receipt log, and proofs that the log holds them: Merkle trees after RFC 6962.
//!
//! The log's owner could show different logs to different people; whoever wants to notice compares tree heads
//! with others, or keeps an old one and asks for a proof of consistency.

use sha2::{Digest, Sha256};

/// Longest path that a proof can have: logs have fewer than 2^64 entries.
pub const MAX_PATH: usize = 64;

/// Why a proof about the log was refused.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The place is not in a log of that size.
    #[error("entry {index} is not in a log of {size} entries")]
    OutOfRange {
        /// The place.
        index: u64,
        /// Size of the log.
        size: u64,
    },
    /// The path has not the length that place and size ask for.
    #[error("the path has {got} hashes, {expected}")]
    PathLength {
        /// In words.
        expected: &'static str,
        /// Number of hashes in the path.
        got: usize,
    },
    /// The path leads to another root: the log does not hold this entry, or not at this place.
    #[error("the path leads to another root: the log does not hold this entry at this place")]
    OtherRoot,
    /// The old log is not the beginning of the new one.
    #[error("the old log is not the beginning of the new one: entries were changed or removed")]
    NotAContinuation,
}

/// Hash of an entry: SHA-256 of a zero byte and the entry's bytes.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update([0])
        .chain_update(entry)
        .finalize()
        .into()
}

/// Hash of an inner node: SHA-256 of a one byte and the hashes of both children.
#[must_use]
pub fn node_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// Checks that a log of `size` entries with root `root` holds an entry with hash `leaf` at place `index` (RFC 9162, 2.1.3.2).
///
/// # Errors
/// [`ReceiptError`].
pub fn verify_inclusion(
    leaf: &[u8; 32],
    index: u64,
    size: u64,
    path: &[[u8; 32]],
    root: &[u8; 32],
) -> Result<(), ReceiptError> {
    let last = size
        .checked_sub(1)
        .filter(|last| index <= *last)
        .ok_or(ReceiptError::OutOfRange { index, size })?;
    let length = |expected| ReceiptError::PathLength {
        expected,
        got: path.len(),
    };
    if path.len() > MAX_PATH {
        return Err(length("at most 64 are possible"));
    }
    let (mut node, mut last, mut hash) = (index, last, *leaf);
    for sibling in path {
        if last == 0 {
            return Err(length("more than this place needs"));
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length("fewer than this place needs"));
    }
    if hash == *root {
        Ok(())
    } else {
        Err(ReceiptError::OtherRoot)
    }
}

/// Checks that the log of `size` entries with root `root` begins with the one of `old_size` entries with root `old_root`
/// (RFC 9162, 2.1.4.2).
///
/// # Errors
/// [`ReceiptError`].
pub fn verify_consistency(
    old_size: u64,
    old_root: &[u8; 32],
    size: u64,
    root: &[u8; 32],
    path: &[[u8; 32]],
) -> Result<(), ReceiptError> {
    let length = |expected| ReceiptError::PathLength {
        expected,
        got: path.len(),
    };
    if old_size > size {
        return Err(ReceiptError::OutOfRange {
            index: old_size,
            size,
        });
    }
    let verdict = |same: bool| {
        if same {
            Ok(())
        } else {
            Err(ReceiptError::NotAContinuation)
        }
    };
    if old_size == size || old_size == 0 {
        if !path.is_empty() {
            return Err(length("none is needed"));
        }
        return verdict(old_size == 0 || old_root == root);
    }
    if path.len() > MAX_PATH {
        return Err(length("at most 64 are possible"));
    }
    // Where the old log is a complete subtree, its root begins the path.
    let mut hashes = path.iter();
    let first = if old_size.is_power_of_two() {
        *old_root
    } else {
        *hashes.next().ok_or(length("at least one is needed"))?
    };
    let (mut node, mut last) = (old_size.saturating_sub(1), size.saturating_sub(1));
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut hash) = (first, first);
    for sibling in hashes {
        if last == 0 {
            return Err(length("more than these sizes need"));
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length("fewer than these sizes need"));
    }
    verdict(old_hash == *old_root && hash == *root)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree's root by the recursive definition of RFC 6962, 2.1.
    fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
        match leaves {
            [] => Sha256::digest(b"").into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&root(left), &root(right))
            }
        }
    }

    fn inclusion(index: usize, leaves: &[[u8; 32]]) -> Vec<[u8; 32]> {
        if leaves.len() < 2 {
            return Vec::new();
        }
        let split = leaves.len().next_power_of_two() / 2;
        let (left, right) = leaves.split_at(split);
        let (mut path, other) = if index < split {
            (inclusion(index, left), root(right))
        } else {
            (inclusion(index - split, right), root(left))
        };
        path.push(other);
        path
    }

    fn consistency(old: usize, leaves: &[[u8; 32]], known: bool) -> Vec<[u8; 32]> {
        if old == leaves.len() {
            return if known { Vec::new() } else { vec![root(leaves)] };
        }
        let split = leaves.len().next_power_of_two() / 2;
        let (left, right) = leaves.split_at(split);
        let (mut path, other) = if old <= split {
            (consistency(old, left, known), root(right))
        } else {
            (consistency(old - split, right, false), root(left))
        };
        path.push(other);
        path
    }

    #[test]
    fn proofs_of_all_small_logs_hold_and_altered_ones_do_not() {
        let leaves: Vec<[u8; 32]> = (0u8..20).map(|n| leaf_hash(&[n])).collect();
        let other = leaf_hash(b"other");
        for size in 1..=leaves.len() {
            let log = &leaves[..size];
            let (head, size64) = (root(log), size as u64);
            for index in 0..size {
                let path = inclusion(index, log);
                let check = |leaf, index, path: &[_], head| verify_inclusion(leaf, index, size64, path, head);
                let place = index as u64;
                assert_eq!(check(&log[index], place, &path, &head), Ok(()));
                assert_eq!(check(&other, place, &path, &head), Err(ReceiptError::OtherRoot));
                assert_eq!(
                    check(&log[index], place, &path, &other),
                    Err(ReceiptError::OtherRoot)
                );
                if size > 1 {
                    assert!(check(&log[index], (place + 1) % size64, &path, &head).is_err());
                    assert!(check(&log[index], place, &path[1..], &head).is_err());
                }
                let longer = [path.clone(), vec![other]].concat();
                assert!(check(&log[index], place, &longer, &head).is_err());
            }
            for old in 0..=size {
                let path = if old == 0 {
                    Vec::new()
                } else {
                    consistency(old, log, true)
                };
                let old_root = root(&log[..old]);
                let check =
                    |old_root, head, path: &[_]| verify_consistency(old as u64, old_root, size64, head, path);
                assert_eq!(check(&old_root, &head, &path), Ok(()), "{old} of {size}");
                if old > 0 {
                    assert!(check(&other, &head, &path).is_err());
                    assert!(check(&old_root, &other, &path).is_err());
                }
                let longer = [path.clone(), vec![other]].concat();
                assert!(check(&old_root, &head, &longer).is_err());
                if let Some((_, shorter)) = path.split_last() {
                    assert!(check(&old_root, &head, shorter).is_err());
                }
            }
        }
        assert!(verify_inclusion(&other, 0, 0, &[], &other).is_err());
        assert!(verify_inclusion(&other, 5, 5, &[], &other).is_err());
        assert!(verify_inclusion(&other, 0, u64::MAX, &vec![other; 70], &other).is_err());
        assert!(verify_consistency(3, &other, 2, &other, &[]).is_err());
    }
}
