//! The log of ended jobs: a Merkle tree after RFC 6962.
//!
//! A leaf is canonical JSON that names the leaf before it, so that the log is a chain as well as a tree. Roots of complete
//! subtrees are kept, so that appending, roots and proofs read a number of rows that grows with the logarithm of the log.

use super::StoreError;
use super::database::Database;
use super::job_row::parse;
use super::rows::row;
use super::sql::{Tx, args};
use crate::digest::Digest;
use crate::job::{JobId, JobRecord, JobResult};
use hallmark_verifier::receipt::{leaf_hash, node_hash};
use serde::Serialize;

/// The log at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Number of entries.
    pub size: i64,
    /// Root of the tree over them.
    pub root: Digest,
}

row! {
    /// An entry of the log.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Receipt {
        /// Its place, from 0.
        pub index: i64 = "idx",
        /// The job.
        pub job_id: String,
        /// Whose job it was.
        pub tenant: String,
        /// The leaf: canonical JSON, hashed as it stands.
        pub entry: String,
        /// Its hash, in hexadecimal digits.
        pub leaf_hash: String,
    }
}

/// What a leaf says, in this order and without spaces.
#[derive(Serialize)]
struct Entry<'a> {
    version: u32,
    index: i64,
    job: JobId,
    kind: &'a str,
    state: &'a str,
    model_id: Option<String>,
    /// Digest of the bundle.
    bundle: Option<Digest>,
    cause: Option<&'a str>,
    created_ms: i64,
    finished_ms: Option<i64>,
    attempts: i64,
    /// Hash of the leaf before this one; empty in the first.
    previous: &'a str,
}

const COLUMNS: &str = "idx, job_id, tenant, entry, leaf_hash";

impl Database {
    /// The log as it is now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tree_head(&self) -> Result<TreeHead, StoreError> {
        let (size,): (i64,) = self
            .one("SELECT size FROM receipt_tree WHERE id = 1", args![])
            .await?;
        Ok(TreeHead {
            size,
            root: self.root(0, size).await?,
        })
    }

    /// The log as it was with `size` entries.
    ///
    /// # Errors
    /// [`StoreError`]; the range has to be checked by the caller.
    pub async fn tree_head_of(&self, size: i64) -> Result<TreeHead, StoreError> {
        Ok(TreeHead {
            size,
            root: self.root(0, size).await?,
        })
    }

    /// An entry by its place.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn receipt(&self, index: i64) -> Result<Option<Receipt>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM receipts WHERE idx = $1");
        self.optional(&sql, args![index]).await
    }

    /// Entries from `first` on, in order; only those of `tenant`, where one is given.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn receipts(
        &self,
        tenant: Option<&str>,
        first: i64,
        limit: i64,
    ) -> Result<Vec<Receipt>, StoreError> {
        match tenant {
            Some(tenant) => {
                let sql = format!(
                    "SELECT {COLUMNS} FROM receipts WHERE tenant = $1 AND idx >= $2 ORDER BY idx LIMIT $3"
                );
                self.all(&sql, args![tenant, first, limit]).await
            }
            None => {
                let sql = format!("SELECT {COLUMNS} FROM receipts WHERE idx >= $1 ORDER BY idx LIMIT $2");
                self.all(&sql, args![first, limit]).await
            }
        }
    }

    /// The hashes that lead from entry `index` to the root of the first `size` entries (RFC 6962, 2.1.1).
    ///
    /// # Errors
    /// [`StoreError`]; the range has to be checked by the caller.
    pub async fn inclusion_path(&self, index: i64, size: i64) -> Result<Vec<Digest>, StoreError> {
        let mut path = Vec::new();
        let (mut first, mut length, mut index) = (0, size, index);
        while length > 1 {
            let split = split(length);
            if index < split {
                path.push(self.root(first + split, length - split).await?);
                length = split;
            } else {
                path.push(self.root(first, split).await?);
                first += split;
                length -= split;
                index -= split;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The hashes that show that the first `size` entries begin with the first `old` ones (RFC 6962, 2.1.2).
    ///
    /// # Errors
    /// [`StoreError`]; the range has to be checked by the caller.
    pub async fn consistency_path(&self, old: i64, size: i64) -> Result<Vec<Digest>, StoreError> {
        let mut path = Vec::new();
        let (mut first, mut length, mut old) = (0, size, old);
        // Whether the old tree is a complete subtree of the new one from the beginning, whose root the reader has.
        let mut known = true;
        while old != length && old != 0 {
            let split = split(length);
            if old <= split {
                path.push(self.root(first + split, length - split).await?);
                length = split;
            } else {
                path.push(self.root(first, split).await?);
                first += split;
                length -= split;
                old -= split;
                known = false;
            }
        }
        if !known {
            path.push(self.root(first, length).await?);
        }
        path.reverse();
        Ok(path)
    }

    /// Root of the subtree over `length` entries from `first` on, where that is one of the recursion's subtrees.
    async fn root(&self, first: i64, length: i64) -> Result<Digest, StoreError> {
        if length == 0 {
            return Ok(Digest::of(b""));
        }
        let mut parts = Vec::new();
        let (mut start, mut rest) = (first, length);
        while rest > 0 {
            // Complete subtrees from the left: the largest power of two that is left.
            let level = i64::from(63 - rest.leading_zeros());
            parts.push((level, start >> level));
            start += 1 << level;
            rest -= 1 << level;
        }
        let mut root: Option<[u8; 32]> = None;
        for (level, idx) in parts.into_iter().rev() {
            let (hash,): (String,) = self
                .one(
                    "SELECT hash FROM receipt_nodes WHERE level = $1 AND idx = $2",
                    args![level, idx],
                )
                .await?;
            let left: Digest = parse("a receipt", &hash)?;
            root = Some(match root {
                Some(right) => node_hash(&left.0, &right),
                None => left.0,
            });
        }
        Ok(root.map_or_else(|| Digest::of(b""), Digest))
    }
}

/// The largest power of two below `length`, which is at least 2.
fn split(length: i64) -> i64 {
    1 << (63 - (length - 1).leading_zeros())
}

/// Appends an ended job and returns its place. Appends are put in order by the lock of the tree's row.
pub(super) async fn append(tx: &mut Tx, job: &JobRecord) -> Result<i64, StoreError> {
    let (size, previous): (i64, String) = tx
        .one(
            "UPDATE receipt_tree SET size = size + 1 WHERE id = 1 RETURNING size, last_leaf",
            args![],
        )
        .await?;
    let index = size - 1;
    let bundle = match &job.result {
        Some(JobResult::Prove(result)) => Some(result.bundle.digest),
        _ => None,
    };
    let entry = super::job_row::to_json(&Entry {
        version: 1,
        index,
        job: job.id,
        kind: job.kind.word(),
        state: job.state.word(),
        model_id: job.model_id.map(|id| id.to_string()),
        bundle,
        cause: job.cause.as_ref().map(|cause| cause.kind.word()),
        created_ms: job.created_ms,
        finished_ms: job.finished_ms,
        attempts: job.attempt,
        previous: &previous,
    })?;
    let leaf = leaf_hash(entry.as_bytes());
    let text = Digest(leaf).to_string();
    tx.execute(
        "INSERT INTO receipts (idx, job_id, tenant, entry, leaf_hash) VALUES ($1, $2, $3, $4, $5)",
        args![index, job.id.to_string(), &job.tenant, entry, &text],
    )
    .await?;
    tx.execute(
        "UPDATE receipt_tree SET last_leaf = $1 WHERE id = 1",
        args![&text],
    )
    .await?;
    let (mut level, mut idx, mut hash) = (0i64, index, leaf);
    loop {
        tx.execute(
            "INSERT INTO receipt_nodes (level, idx, hash) VALUES ($1, $2, $3)",
            args![level, idx, Digest(hash).to_string()],
        )
        .await?;
        // A left child waits for its sibling.
        if idx % 2 == 0 {
            return Ok(index);
        }
        let (left,): (String,) = tx
            .one(
                "SELECT hash FROM receipt_nodes WHERE level = $1 AND idx = $2",
                args![level, idx - 1],
            )
            .await?;
        let left: Digest = parse("a receipt", &left)?;
        hash = node_hash(&left.0, &hash);
        level += 1;
        idx /= 2;
    }
}
