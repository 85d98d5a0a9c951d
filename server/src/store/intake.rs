//! Accepting many submissions with one write to the disk.
//!
//! SQLite has one writer, and a transaction ends with a write that has to reach the disk: some milliseconds. So submissions that come
//! while another one is written wait and then share a transaction, each in a savepoint of its own: one that is refused or fails takes
//! nothing of the others with it.

use super::StoreError;
use super::database::Database;
use super::idempotency::accept;
use super::sql::args;
use super::submission::{Intake, Outcome, Waiting};
use tokio::sync::mpsc;

/// Submissions in a transaction.
const GROUP: usize = 64;
/// Submissions that wait; more wait to be let in.
const WAITING: usize = 1024;

/// Starts the task that writes submissions to the database. It ends with the last clone of what is returned.
pub(super) fn start(database: Database) -> Intake {
    let (sender, mut receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let mut group = Vec::with_capacity(GROUP);
        while receiver.recv_many(&mut group, GROUP).await > 0 {
            write(&database, &mut group).await;
        }
    });
    Intake(sender)
}

/// Writes a group and answers.
async fn write(database: &Database, group: &mut Vec<Waiting>) {
    let together = match group.as_slice() {
        [_] => None,
        _ => in_one_transaction(database, group).await.ok(),
    };
    if let Some(outcomes) = together {
        for ((_, reply), outcome) in group.drain(..).zip(outcomes) {
            // A caller that has gone away does not hear of it.
            let _ = reply.send(outcome);
        }
        return;
    }
    // Alone, or the transaction did not come about: everyone learns of their own.
    for (submission, reply) in group.drain(..) {
        let _ = reply.send(database.accept_alone(&submission).await);
    }
}

async fn in_one_transaction(
    database: &Database,
    group: &[Waiting],
) -> Result<Vec<Result<Outcome, StoreError>>, StoreError> {
    let mut tx = database.begin().await?;
    let mut outcomes = Vec::with_capacity(group.len());
    for (submission, _) in group {
        tx.execute("SAVEPOINT submission", args![]).await?;
        let outcome = accept(&mut tx, submission).await;
        if !outcome.as_ref().is_ok_and(Outcome::is_written) {
            tx.execute("ROLLBACK TO submission", args![]).await?;
        }
        tx.execute("RELEASE submission", args![]).await?;
        outcomes.push(outcome);
    }
    tx.commit().await?;
    Ok(outcomes)
}
