//! What webhooks are to be told, written in the transaction that makes it true.

use super::StoreError;
use super::sql::{Tx, args};
use crate::job::{DeliveryId, JobRecord, JobSpec};
use serde_json::{Value, json};

/// Puts a delivery into the outbox for every webhook of the tenant that wants to know of this end.
pub(super) async fn job_ended(tx: &mut Tx, job: &JobRecord) -> Result<(), StoreError> {
    let event = format!("job.{}", job.state);
    let hooks: Vec<(String, String)> = tx
        .all(
            "SELECT id, events FROM webhooks WHERE tenant = $1 AND disabled_ms IS NULL",
            args![&job.tenant],
        )
        .await?;
    let now = tx.now_ms().await?;
    for (hook, events) in hooks {
        let wanted: Vec<String> = super::job_row::json("a webhook", &events)?;
        if !wanted.iter().any(|word| *word == event || word == "*") {
            continue;
        }
        let delivery = DeliveryId::new();
        let body = json!({
            "id": delivery,
            "type": event,
            "created_ms": now,
            "job": {
                "id": job.id,
                "kind": job.kind,
                "state": job.state,
                "model_id": job.model_id.map(|id| id.to_string()),
                "cause": job.cause,
                "metadata": metadata(job),
                "finished_ms": job.finished_ms,
            },
        });
        tx.execute(
            "INSERT INTO deliveries (id, webhook_id, tenant, job_id, event, body, state, next_ms, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $7)",
            args![
                delivery.to_string(),
                hook,
                &job.tenant,
                job.id.to_string(),
                event.as_str(),
                body.to_string(),
                now
            ],
        )
        .await?;
    }
    Ok(())
}

/// What the caller wanted to get back, null if nothing.
fn metadata(job: &JobRecord) -> Option<&Value> {
    match &job.spec {
        JobSpec::Prove(proof) => proof.metadata.as_ref(),
        JobSpec::Compile(_) => None,
    }
}
