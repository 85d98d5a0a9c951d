//! `POST /v1/estimates`: what proofs of a model will cost.

use super::admission::has_time;
use super::app::App;
use super::caller::Caller;
use super::evm::key_of;
use super::extract::{invalid_member, is_json, media_type, parse, read_body, unsupported};
use super::form::{Parts, receive};
use super::models::{check_lengths, visible};
use crate::access::Scope;
use crate::child;
use crate::job::{Cause, CauseKind, ModelTarget};
use crate::model_summary::CircuitSummary;
use crate::problem::{Problem, ProblemKind};
use crate::worker::{WorkerOptions, once};
use axum::extract::{Request, State};
use hallmark_verifier::{Form, ModelId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(estimates))
}

/// Of a registered model.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EstimateRequest {
    /// The model: its id, or `PUBLISHER/NAME@VERSION`.
    model_id: String,
}

/// Of a model that is not registered.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form; its fields are read one by one")]
struct EstimateForm {
    /// The ONNX file.
    #[schema(value_type = String, format = Binary)]
    model: Vec<u8>,
    /// Typical inputs that decide the scales: `.json`, `.npy` or `.npz`.
    #[schema(value_type = Option<String>, format = Binary)]
    calibration: Option<Vec<u8>>,
    /// Options, as JSON.
    options: Option<EstimateOptions>,
}

/// Options that shape a model.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EstimateOptions {
    /// Bits of activations and weights; 12 if not given.
    #[schema(minimum = 4, maximum = 16)]
    bits: Option<u32>,
    /// What the layout is made for.
    target: ModelTarget,
    /// Whether to estimate the circuit for private inputs too; true if not given.
    private_input: Option<bool>,
    /// Shapes of inputs whose axes the ONNX file leaves open, by input.
    shapes: BTreeMap<String, Vec<usize>>,
    /// Lengths of open axes that have a name in the file, by that name.
    dimensions: BTreeMap<String, usize>,
}

/// What proofs will cost.
#[derive(Debug, Serialize, ToSchema)]
struct Estimates {
    /// The model, if it is registered.
    model_id: Option<String>,
    /// One per kind of statement.
    circuits: Vec<CircuitEstimate>,
    /// Memory of the process that proves, in bytes.
    available_memory_bytes: u64,
    /// Whether all circuits fit into it.
    fits: bool,
}

/// What proofs of one circuit will cost. Times are rough and for two cores.
#[derive(Debug, Serialize, ToSchema)]
struct CircuitEstimate {
    #[serde(flatten)]
    circuit: CircuitSummary,
    /// Seconds of a proof.
    prove_seconds: f64,
    /// Whether a worker has the memory.
    fits: bool,
    /// About the gas that a contract needs to check a proof, the call's bytes included; null if it is not known.
    gas: Option<u64>,
    /// Why it is not known.
    gas_reason: Option<String>,
}

/// Estimate the cost of proofs
///
/// Of a registered model (JSON), or of an ONNX file (multipart/form-data), which is laid out without being registered.
#[utoipa::path(post, path = "/v1/estimates", operation_id = "estimate", tag = "models",
    request_body(content((EstimateRequest = "application/json"), (EstimateForm = "multipart/form-data"))),
    responses((status = OK, body = Estimates)),
    extensions(("x-scope" = json!("read")),
        ("x-problems" = json!(["model-not-found", "ambiguous-model", "invalid-model", "unsupported-model", "does-not-fit", "quota-exhausted"]))))]
async fn estimates(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<axum::Json<Estimates>, Problem> {
    caller.require(Scope::Read)?;
    let memory = app.settings.workers.memory_bytes();
    let kind = media_type(request.headers()).unwrap_or_default();
    if kind == "multipart/form-data" {
        // Laying a model out costs as much as a proof.
        caller.require(Scope::Prove)?;
        has_time(&app, &caller).await?;
        let circuits = lay_out(&app, &caller, receive(&app, request).await?).await?;
        let reason = "gas depends on the key, which is made when the model is registered";
        let estimates = circuits
            .into_iter()
            .map(|circuit| CircuitEstimate::new(circuit, memory, Err(reason.to_owned())));
        return Ok(axum::Json(Estimates::new(None, estimates.collect(), memory)));
    }
    if !is_json(&kind) {
        return Err(unsupported(
            request.headers(),
            "application/json or multipart/form-data",
        ));
    }
    let wanted: EstimateRequest = parse(&app, read_body(request, &app).await?).await?;
    let model = visible(&app, &caller, &wanted.model_id).await?.model;
    let mut circuits = Vec::new();
    for circuit in model.summary.circuits {
        let gas = match model.summary.target {
            ModelTarget::Evm => gas(&app, model.model_id, &circuit.visibility).await?,
            ModelTarget::Fast => Err(
                "contracts do not check proofs of models with `target: fast`; register it with `target: evm`"
                    .to_owned(),
            ),
        };
        circuits.push(CircuitEstimate::new(circuit, memory, gas));
    }
    let id = model.model_id.to_string();
    Ok(axum::Json(Estimates::new(Some(id), circuits, memory)))
}

/// The gas of checking a proof of one circuit, or why it is not known.
async fn gas(app: &App, id: ModelId, visibility: &str) -> Result<Result<u64, String>, Problem> {
    let form = Form::from_name(visibility)
        .ok_or_else(|| Problem::internal(format!("the summary of {id} names the circuit {visibility:?}")))?;
    match key_of(app, id, form).await {
        Ok(key) => Ok(Ok(key.gas_estimate().total())),
        Err(problem) if problem.kind == ProblemKind::NotForContracts => Ok(Err(problem.detail)),
        Err(problem) => Err(problem),
    }
}

/// Has a child process lay the model out: what strangers upload is not read in this one.
/// The time that it takes counts like that of a job.
async fn lay_out(
    app: &App,
    caller: &Caller,
    parts: Parts<EstimateOptions>,
) -> Result<Vec<CircuitSummary>, Problem> {
    let bits = parts.options.bits.unwrap_or(12);
    if !(4..=16).contains(&bits) {
        return Err(invalid_member(
            "options.bits",
            &format!("expected 4 to 16, got {bits}"),
        ));
    }
    check_lengths(&parts.options.shapes, &parts.options.dimensions)?;
    let Ok(_place) = app.estimates.try_acquire() else {
        return Err(Problem::new(ProblemKind::Overloaded, "another model is being estimated").retry_after(5));
    };
    let request = child::Request::Estimate(child::EstimateRequest {
        onnx: parts.model.file.path().to_owned(),
        calibration: parts.calibration.as_ref().map(|file| file.file.path().to_owned()),
        bits,
        target: parts.options.target,
        private_input: parts.options.private_input.unwrap_or(true),
        shapes: parts.options.shapes,
        dimensions: parts.options.dimensions,
    });
    let options = WorkerOptions::new(&app.settings, 1);
    let limit = Duration::from_secs(app.settings.limits.request_seconds);
    let _meter = Meter {
        app: app.clone(),
        caller: caller.clone(),
        begun: Instant::now(),
    };
    match once(&options, &request, limit).await {
        Ok(child::Reply::Estimated { circuits }) => Ok(circuits),
        Ok(_) => Err(Problem::internal("a child process answered another question")),
        Err(cause) => Err(refused(cause)),
    }
}

/// Counts the time until it is dropped, also when the caller goes away in between.
struct Meter {
    app: App,
    caller: Caller,
    begun: Instant,
}

impl Drop for Meter {
    fn drop(&mut self) {
        let used_ms = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let (app, caller) = (self.app.clone(), self.caller.clone());
        tokio::spawn(async move {
            let (tenant, key) = (&caller.tenant, caller.key_id());
            if let Err(error) = app.database.add_usage(tenant, key, used_ms).await {
                tracing::warn!(%error, "counting the time of an estimate");
            }
        });
    }
}

fn refused(cause: Cause) -> Problem {
    let kind = match cause.kind {
        CauseKind::UnsupportedModel => ProblemKind::UnsupportedModel,
        CauseKind::InvalidModel | CauseKind::InvalidInput | CauseKind::InputOutOfRange => {
            ProblemKind::InvalidModel
        }
        CauseKind::TooLarge | CauseKind::OutOfMemory => ProblemKind::DoesNotFit,
        CauseKind::TimedOut => ProblemKind::TimedOut,
        _ => return Problem::internal(cause),
    };
    Problem::new(kind, cause.detail)
}

impl CircuitEstimate {
    fn new(circuit: CircuitSummary, memory: u64, gas: Result<u64, String>) -> Self {
        Self {
            prove_seconds: circuit.prove_ms_estimate as f64 / 1000.0,
            fits: circuit.memory_bytes_estimate <= memory,
            gas: gas.as_ref().ok().copied(),
            gas_reason: gas.err(),
            circuit,
        }
    }
}

impl Estimates {
    fn new(model_id: Option<String>, circuits: Vec<CircuitEstimate>, memory: u64) -> Self {
        Self {
            model_id,
            fits: circuits.iter().all(|circuit| circuit.fits),
            circuits,
            available_memory_bytes: memory,
        }
    }
}
