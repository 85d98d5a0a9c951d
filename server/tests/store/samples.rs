//! Jobs, models and results to fill stores with.

use hallmark_server::digest::Digest;
use hallmark_server::job::{
    ANONYMOUS, BundleInfo, CompileOptions, CompileSpec, JobId, JobRecord, JobSpec, ModelTarget, NewJob,
    ProveResult, ProveSpec,
};
use hallmark_server::model_summary::ModelSummary;
use hallmark_server::store::{Claim, Database, Inserted, Model, ModelArtifacts};
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

pub fn options(name: &str, version: &str) -> CompileOptions {
    CompileOptions {
        bits: 12,
        target: ModelTarget::Fast,
        private_input: true,
        name: Some(name.to_owned()),
        version: version.to_owned(),
        tags: vec!["digits".to_owned()],
        description: "reads digits".to_owned(),
        licence: "MIT".to_owned(),
        public: false,
        shapes: Default::default(),
        dimensions: Default::default(),
        accept_inaccurate: false,
    }
}

pub fn compilation(tenant: &str, onnx: &[u8], options: CompileOptions) -> NewJob {
    let onnx = Digest::of(onnx);
    let spec = CompileSpec {
        upload: CompileSpec::upload_digest(onnx, None, &options),
        onnx,
        calibration: None,
        options,
    };
    NewJob::new(tenant, None, JobSpec::Compile(spec))
}

pub fn model(id: u8) -> Model {
    let digest = Digest::of(&[id]);
    Model {
        model_id: ModelId([id; 32]),
        summary: ModelSummary {
            name: "digits".to_owned(),
            parameters: 10,
            layers: vec!["linear".to_owned()],
            bits: 12,
            target: ModelTarget::Fast,
            calibration: "data".to_owned(),
            srs_name: "development".to_owned(),
            srs_digest: digest,
            srs_provenance: "insecure".to_owned(),
            insecure_srs: true,
            inputs: Vec::new(),
            outputs: Vec::new(),
            accuracy: json!({}),
            circuits: Vec::new(),
        },
        artifacts: ModelArtifacts {
            project: digest,
            onnx: digest,
            graph: digest,
            key: digest,
            report: digest,
            layout: digest,
            layout_svg: digest,
        },
        created_ms: 0,
    }
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
