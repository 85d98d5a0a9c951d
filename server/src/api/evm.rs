//! What contracts on an EVM chain need: a model's key, and the call that checks a proof.

use super::app::App;
use super::caller::Caller;
use super::extract::{Path, Query};
use super::jobs::{own_job, proof};
use super::models::visible;
use crate::access::Scope;
use crate::element::Element;
use crate::problem::{Problem, ProblemKind};
use axum::Json;
use axum::extract::State;
use hallmark_evm::calldata::proof_system;
use hallmark_evm::hex::{self, prefixed};
use hallmark_evm::{Claim, EvmError, EvmKey, GasParts, Inference};
use hallmark_verifier::form::Inputs;
use hallmark_verifier::{Bundle, Form, ModelId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(evm_key))
        .routes(routes!(evm_call))
}

/// Which circuit of a model.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct KeyQuery {
    /// The one in whose statement a commitment stands for the input.
    #[serde(default)]
    private_input: bool,
}

/// The key of one circuit of a model for the verifier contract. Bytes are hexadecimal with `0x` in front.
#[derive(Debug, Serialize, ToSchema)]
struct EvmKeyView {
    /// The model.
    model_id: String,
    /// `public` or `private-input`.
    visibility: &'static str,
    /// The bytes that deploy the key contract; null if the key is larger than a contract may be (EIP-170): then it is given as data.
    init_code: Option<String>,
    /// The key as data, for `verifyWithKey`.
    data: String,
    /// Length of the key contract's code.
    code_bytes: usize,
    /// Hash of the key contract's code: the registry's `vkHash`.
    code_hash: String,
    /// Hash of the data: the registry's `circuitHash`, and the digest that `verifyWithKey` takes.
    data_digest: String,
    /// What the registry calls the proof system.
    proof_system_id: String,
    /// Length of a proof.
    proof_bytes: usize,
    /// About what a call of the verifier costs, within one percent.
    gas_estimate: u64,
    /// The same by part.
    gas: GasView,
    /// How the public values are packed, one after the other.
    statement: Vec<PackedEntryView>,
}

/// Estimated gas by part.
#[derive(Debug, Serialize, ToSchema)]
struct GasView {
    /// What every transaction costs.
    intrinsic: u64,
    /// The call's bytes.
    calldata: u64,
    /// Loading the key.
    key: u64,
    /// Public values, elements of the proof and challenges.
    transcript: u64,
    /// Gates and openings at the challenges.
    evaluations: u64,
    /// Sums of multiples of points.
    msm: u64,
    /// The pairing.
    pairing: u64,
}

/// A part of a packed statement: signed big-endian integers.
#[derive(Debug, Serialize, ToSchema)]
struct PackedEntryView {
    /// `nonce`, `input`, `input_commitment` or `output`.
    kind: &'static str,
    /// Name of the tensor.
    name: String,
    /// Its shape.
    shape: Vec<usize>,
    /// What the integers stand for.
    element: Element,
    /// An integer v stands for `v / 2^scale_bits`.
    scale_bits: i32,
    /// Position of the first byte.
    offset: usize,
    /// Bytes of a number.
    width: usize,
    /// How many there are.
    count: usize,
}

/// Which call to encode.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CallQuery {
    /// Address of the key contract: the call is `verify(key, statement, proof)`. Without it the key is part of the call:
    /// `verifyWithKey(digest, key, statement, proof)`.
    key: Option<String>,
    /// The registry's id of the model: the call is the registry's `verifyInference(id, inputCommitment, output, proof)`.
    registry_id: Option<String>,
}

/// The call with which a contract checks a proof, and its parts for contracts that call the registry themselves. Bytes are hexadecimal
/// with `0x` in front.
#[derive(Debug, Serialize, ToSchema)]
struct EvmCall {
    /// `verify`, `verifyWithKey` or `verifyInference`.
    function: &'static str,
    /// What the contract is called with.
    calldata: String,
    /// Length of the call.
    calldata_bytes: usize,
    /// About what `verify` or `verifyWithKey` costs, within one percent; what a registry does is not in it.
    gas_estimate: u64,
    /// The packed public values.
    statement: String,
    /// The proof.
    proof: String,
    /// The nonce of the proof.
    nonce: String,
    /// The packed inputs, or the commitment to private ones.
    inputs: String,
    /// The registry's commitment to nonce and inputs.
    input_commitment: String,
    /// `abi.encode(int256[])` of the outputs' integers.
    output: String,
    /// Nonce, inputs and proof as the registry takes them.
    envelope: String,
}

/// Key for contracts
///
/// What the verifier contract needs to know of the model: deploy `init_code` once, and give its address with every proof.
#[utoipa::path(get, path = "/v1/models/{id}/evm/key", operation_id = "get_evm_key", tag = "models",
    params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`."), KeyQuery),
    responses((status = OK, body = EvmKeyView)),
    extensions(("x-problems" = json!(["model-not-found", "ambiguous-model", "no-private-input", "not-for-contracts"]))))]
async fn evm_key(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<KeyQuery>,
) -> Result<Json<EvmKeyView>, Problem> {
    let model = visible(&app, &caller, &id).await?.model;
    let form = Form::of_one(Inputs::private_if(query.private_input));
    let key = key_of(&app, model.model_id, form).await?;
    Ok(Json(EvmKeyView::from(&key)))
}

/// Call that checks a proof on a chain
///
/// Of a proof of a model for contracts (`target: evm`).
#[utoipa::path(get, path = "/v1/jobs/{id}/evm", operation_id = "get_evm_call", tag = "jobs",
    params(("id" = String, Path, description = "The job."), CallQuery),
    responses((status = OK, body = EvmCall)),
    extensions(("x-scope" = json!("read")),
        ("x-problems" = json!(["job-not-found", "job-not-done", "no-result", "not-for-contracts"]))))]
async fn evm_call(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<CallQuery>,
) -> Result<Json<EvmCall>, Problem> {
    caller.require(Scope::Read)?;
    let job = own_job(&app, &caller, &id).await?;
    let digest = proof(&job)?.bundle.digest;
    let target = Callee::parse(&query)?;
    let bytes = app.objects.get(digest).await?;
    let damaged = |error| Problem::internal(format!("the bundle of {id}: {error}"));
    let bundle = Bundle::parse(&bytes).map_err(damaged)?;
    let key = key_of(&app, bundle.model_id, bundle.form).await?;
    app.compute
        .run(move || target.call(&key, &bundle))
        .await?
        .map(Json)
}

/// The key of a registered model's circuit.
pub(super) async fn key_of(app: &App, id: ModelId, form: Form) -> Result<EvmKey, Problem> {
    let key = app.models.key(id).await?;
    app.compute
        .run(move || EvmKey::new(&key, form))
        .await?
        .map_err(refused)
}

fn refused(error: EvmError) -> Problem {
    let kind = match &error {
        EvmError::NoSuchCircuit(form) if form.inputs().are_committed() => ProblemKind::NoPrivateInput,
        EvmError::Statement(_) | EvmError::WrongModel { .. } => return Problem::internal(error),
        _ => ProblemKind::NotForContracts,
    };
    // The program's remedies are options of its command line.
    let detail = match &error {
        EvmError::WrongTranscript { found } => format!(
            "the proof has the transcript {found}, contracts check keccak: have a model proven that was registered with `target: evm`"
        ),
        EvmError::TooLarge { what, found, limit } => format!(
            "the key needs {found} {what}, the contract's format has room for {limit}: register the model with `target: evm`"
        ),
        error => error.to_string(),
    };
    Problem::new(kind, detail)
}

/// Whom the call is for.
enum Callee {
    Verifier([u8; 20]),
    VerifierWithKey,
    Registry([u8; 32]),
}

impl Callee {
    fn parse(query: &CallQuery) -> Result<Self, Problem> {
        match (&query.key, &query.registry_id) {
            (Some(_), Some(_)) => Err(Problem::new(
                ProblemKind::InvalidParameter,
                "key, registry_id: the call is for the verifier or for the registry, not for both",
            )),
            (Some(address), None) => parse_hex("key", address).map(Self::Verifier),
            (None, Some(id)) => parse_hex("registry_id", id).map(Self::Registry),
            (None, None) => Ok(Self::VerifierWithKey),
        }
    }

    fn call(&self, key: &EvmKey, bundle: &Bundle) -> Result<EvmCall, Problem> {
        let claim = Claim::new(key, bundle).map_err(refused)?;
        let inference = Inference::new(key, bundle).map_err(refused)?;
        let (function, calldata) = match self {
            Self::Verifier(address) => ("verify", claim.verify(address)),
            Self::VerifierWithKey => ("verifyWithKey", claim.verify_with_key(key)),
            Self::Registry(id) => ("verifyInference", inference.verify_inference(id)),
        };
        Ok(EvmCall {
            function,
            calldata: prefixed(&calldata),
            calldata_bytes: calldata.len(),
            gas_estimate: key.gas_estimate().total(),
            statement: prefixed(&claim.statement),
            proof: prefixed(&claim.proof),
            nonce: prefixed(&inference.nonce),
            inputs: prefixed(&inference.inputs),
            input_commitment: prefixed(&inference.input_commitment()),
            output: prefixed(&inference.output),
            envelope: prefixed(&inference.envelope()),
        })
    }
}

/// Exactly N bytes in hexadecimal digits.
fn parse_hex<const N: usize>(parameter: &str, text: &str) -> Result<[u8; N], Problem> {
    hex::parse(text).ok_or_else(|| {
        Problem::new(
            ProblemKind::InvalidParameter,
            format!("{parameter}: expected {} hexadecimal digits, got {text:?}", 2 * N),
        )
    })
}

impl From<&EvmKey> for EvmKeyView {
    fn from(key: &EvmKey) -> Self {
        let gas = key.gas_estimate();
        let entries = key.statement().entries().iter();
        Self {
            model_id: key.model_id().to_string(),
            visibility: key.form().name(),
            init_code: key.fits_a_contract().then(|| prefixed(&key.init_code())),
            data: prefixed(key.data()),
            code_bytes: key.code().len(),
            code_hash: prefixed(&key.code_hash()),
            data_digest: prefixed(&key.data_digest()),
            proof_system_id: prefixed(&proof_system()),
            proof_bytes: key.proof_bytes(),
            gas_estimate: gas.total(),
            gas: gas.into(),
            statement: entries
                .map(|entry| PackedEntryView {
                    kind: entry.kind.name(),
                    name: entry.name.clone(),
                    shape: entry.shape.clone(),
                    element: entry.element.into(),
                    scale_bits: entry.scale_bits,
                    offset: entry.offset,
                    width: entry.width,
                    count: entry.count,
                })
                .collect(),
        }
    }
}

impl From<GasParts> for GasView {
    fn from(parts: GasParts) -> Self {
        Self {
            intrinsic: parts.intrinsic,
            calldata: parts.calldata,
            key: parts.key,
            transcript: parts.transcript,
            evaluations: parts.evaluations,
            msm: parts.msm,
            pairing: parts.pairing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_strictly() {
        assert_eq!(parse_hex::<2>("key", "0x01fF").unwrap(), [1, 255]);
        assert_eq!(parse_hex::<2>("key", "01ff").unwrap(), [1, 255]);
        for wrong in ["", "0x", "0x01f", "0x01ff0", "0x0+1f", "0x01é", "01 f"] {
            let problem = parse_hex::<2>("key", wrong).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::InvalidParameter, "{wrong}");
        }
    }

    #[test]
    fn a_call_has_one_callee() {
        let both = CallQuery {
            key: Some("0x".to_owned() + &"11".repeat(20)),
            registry_id: Some("11".repeat(32)),
        };
        assert!(Callee::parse(&both).is_err());
        let registry = CallQuery { key: None, ..both };
        assert!(matches!(
            Callee::parse(&registry),
            Ok(Callee::Registry([0x11, ..]))
        ));
    }
}
