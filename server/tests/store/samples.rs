//! Jobs and results to fill stores with.

use hallmark_server::digest::Digest;
use hallmark_server::job::{
    ANONYMOUS, BundleInfo, JobId, JobRecord, JobSpec, NewJob, ProveResult, ProveSpec,
};
use hallmark_server::store::{Claim, Database, Inserted};
use hallmark_verifier::ModelId;
use serde_json::json;

pub const LEASE_MS: i64 = 60_000;

pub fn proof() -> NewJob {
    let spec = ProveSpec {
        model_id: ModelId([7; 32]),
        input: Digest::of(b"input"),
        private_input: false,
        nonce: [3; 32],
        metadata: Some(json!({ "order": 17 })),
    };
    NewJob::new(ANONYMOUS, None, JobSpec::Prove(spec))
}

pub fn result(seed: &[u8]) -> ProveResult {
    ProveResult {
        outputs: Vec::new(),
        bundle: BundleInfo {
            digest: Digest::of(seed),
            bytes: 1000,
            proof_bytes: 900,
        },
        opening: None,
    }
}

/// Puts the job into the queue.
pub async fn submit(database: &Database, job: &NewJob) -> JobId {
    match database
        .insert_jobs(std::slice::from_ref(job), None, None)
        .await
        .unwrap()
    {
        Inserted::Created(jobs) => assert_eq!(jobs.len(), 1),
        other => panic!("{other:?}"),
    }
    job.id
}

pub async fn claim(database: &Database) -> Claim {
    database.claim("tester", LEASE_MS).await.unwrap().unwrap()
}

pub async fn record(database: &Database, id: JobId) -> JobRecord {
    database.job(None, id).await.unwrap().unwrap()
}
