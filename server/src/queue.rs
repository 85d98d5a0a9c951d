//! Telling workers that there is work.

use crate::store::{Database, StoreError, Tx};

impl Database {
    /// Has workers told, when `tx` commits, that `count` jobs may be claimed.
    pub(crate) async fn enqueue(&self, tx: &mut Tx, _count: usize) -> Result<(), StoreError> {
        Database::announce(tx, "work").await
    }
}
