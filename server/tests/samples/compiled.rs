//! A model that nobody compiled, and the job that would have made it.

use hallmark_server::digest::Digest;
use hallmark_server::job::{CompileOptions, CompileSpec, JobSpec, ModelTarget, NewJob};
use hallmark_server::model_summary::ModelSummary;
use hallmark_server::store::{Model, ModelArtifacts};
use hallmark_verifier::ModelId;
use serde_json::json;

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
            plan: Some(digest),
        },
        created_ms: 0,
    }
}
