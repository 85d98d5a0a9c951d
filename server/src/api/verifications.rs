//! `POST /v1/verifications`: whether proofs show what they say, for anybody.

use super::app::App;
use super::capped::Capped;
use super::documents::ProofBundle;
use super::extract::{
    self, Query, READ_AT_ONCE, is_json, media_type, parse, parse_nonce, read_body, unsupported,
};
use super::models::{not_found, parse_id};
use crate::digest::unhex;
use crate::models::OpenError;
use crate::problem::{Problem, ProblemKind};
use crate::telemetry;
use crate::verification::{Check, Verdict, verify, verify_all};
use axum::Json;
use axum::extract::{Request, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hallmark_verifier::{Bundle, SrsPolicy, VerifyOptions, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Bundles that are read of a request, whatever `limits.batch_verifications` is.
const MOST_BUNDLES: usize = 4096;
/// Digests of accepted SRSs that are read of a request.
const MOST_DIGESTS: usize = 64;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(verifications))
}

/// One proof, or several in `bundles`; with the model that the caller expects.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerificationRequest {
    /// The model that you expect, from its author: what a bundle says about itself shows nothing.
    model_id: Option<String>,
    /// The bundle as JSON.
    #[schema(value_type = Option<ProofBundle>)]
    bundle: Option<Box<RawValue>>,
    /// The bundle in either form, in base64.
    bundle_base64: Option<String>,
    /// The nonce that the proof has to carry, up to 64 hexadecimal digits.
    nonce: Option<String>,
    /// Refuse proofs over an SRS whose secret is public, by its points: anybody can forge them.
    #[serde(default)]
    refuse_insecure: bool,
    /// Accept only ceremonies that are recognised by their points.
    #[serde(default)]
    only_ceremonies: bool,
    /// Accept only these SRSs: their digests.
    #[schema(value_type = Option<Vec<String>>)]
    srs: Option<Capped<String, MOST_DIGESTS>>,
    /// Several proofs, in place of `bundle` and `bundle_base64`.
    #[schema(value_type = Option<Vec<BatchItem>>)]
    bundles: Option<Capped<BatchItem, MOST_BUNDLES>>,
}

/// One proof of several. What it does not say is taken from the request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BatchItem {
    /// The model that you expect.
    model_id: Option<String>,
    /// The bundle as JSON.
    #[schema(value_type = Option<ProofBundle>)]
    bundle: Option<Box<RawValue>>,
    /// The bundle in either form, in base64.
    bundle_base64: Option<String>,
    /// The nonce that the proof has to carry.
    nonce: Option<String>,
}

/// For a bundle that is the body itself.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BinaryQuery {
    /// The model that you expect; for `application/octet-stream`.
    model_id: Option<String>,
    /// The nonce that the proof has to carry; for `application/octet-stream`.
    nonce: Option<String>,
    /// Refuse proofs over an SRS whose secret is public; for `application/octet-stream`.
    #[serde(default)]
    refuse_insecure: bool,
    /// Accept only ceremonies that are recognised by their points; for `application/octet-stream`.
    #[serde(default)]
    only_ceremonies: bool,
    /// Accept only the SRS with this digest; for `application/octet-stream`.
    srs: Option<String>,
}

/// The answer to one proof or to several.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum VerificationAnswer {
    /// To one.
    One(Box<Verification>),
    /// To several.
    Several(BatchVerification),
}

/// The verdict on one proof.
#[derive(Debug, Serialize, ToSchema)]
struct Verification {
    #[serde(flatten)]
    verdict: Verdict,
    /// How long it took, in milliseconds.
    verify_ms: f64,
}

/// The verdicts on several proofs, in their order.
#[derive(Debug, Serialize, ToSchema)]
struct BatchVerification {
    /// Whether all are valid.
    valid: bool,
    /// One per proof.
    results: Vec<Verdict>,
    /// How long it took, in milliseconds.
    verify_ms: f64,
}

/// Verify proofs
///
/// Needs no account, also for models that are not public: who has a proof and the id of its model may check it. A false proof is
/// answered with 200 and `valid: false`; only what is no bundle at all is an error. Several proofs share their most expensive step.
#[utoipa::path(post, path = "/v1/verifications", operation_id = "verify", tag = "verification", params(BinaryQuery),
    request_body(content((VerificationRequest = "application/json"), (Vec<u8> = "application/octet-stream"))),
    responses((status = OK, body = VerificationAnswer)),
    extensions(("x-problems" = json!(["model-not-found", "malformed-bundle"]))))]
async fn verifications(
    State(app): State<App>,
    Query(query): Query<BinaryQuery>,
    request: Request,
) -> Result<Json<VerificationAnswer>, Problem> {
    let began = Instant::now();
    let answer = verdict(&app, query, request).await;
    count(&app, &answer, began);
    answer.map(Json)
}

/// Tells the metrics what was found.
fn count(app: &App, answer: &Result<VerificationAnswer, Problem>, began: Instant) {
    let found = |verdict: &Verdict| match verdict.valid {
        true => telemetry::Verdict::Valid,
        false => telemetry::Verdict::Invalid,
    };
    let verdicts = match answer {
        Ok(VerificationAnswer::One(one)) => vec![found(&one.verdict)],
        Ok(VerificationAnswer::Several(several)) => several.results.iter().map(found).collect(),
        Err(problem) if problem.kind == ProblemKind::MalformedBundle => vec![telemetry::Verdict::Malformed],
        Err(_) => return,
    };
    app.metrics.verified(&verdicts, began.elapsed());
}

async fn verdict(app: &App, query: BinaryQuery, request: Request) -> Result<VerificationAnswer, Problem> {
    let kind = media_type(request.headers()).unwrap_or_default();
    if kind == "application/octet-stream" {
        let body = read_body(request, app).await?;
        return binary(app, query, body).await;
    }
    if !is_json(&kind) {
        return Err(unsupported(
            request.headers(),
            "application/json or application/octet-stream",
        ));
    }
    let request: VerificationRequest = parse(app, read_body(request, app).await?).await?;
    match request.bundles {
        None => one(app, request).await,
        Some(_) if request.bundle.is_some() || request.bundle_base64.is_some() => Err(invalid(
            "bundles",
            "give either one bundle or several in `bundles`",
        )),
        Some(items) => {
            let common = Common {
                srs: srs_policy(
                    app,
                    request.refuse_insecure,
                    request.only_ceremonies,
                    request.srs.as_ref().map(|digests| digests.0.as_slice()),
                )?,
                model_id: request.model_id,
                nonce: request.nonce,
            };
            several(app, items.0, common).await
        }
    }
}

async fn binary(app: &App, query: BinaryQuery, body: Bytes) -> Result<VerificationAnswer, Problem> {
    let missing = || {
        Problem::new(
            ProblemKind::InvalidParameter,
            "model_id: the id of the model that you expect is needed",
        )
        .with("parameter", "model_id")
    };
    let key = key(app, &query.model_id.ok_or_else(missing)?).await?;
    let only = query.srs.as_ref().map(std::slice::from_ref);
    let srs = srs_policy(app, query.refuse_insecure, query.only_ceremonies, only)?;
    let options = options(query.nonce.as_deref(), srs)?;
    answer(app, "body".to_owned(), key, Source::Bytes(body), options).await
}

async fn one(app: &App, request: VerificationRequest) -> Result<VerificationAnswer, Problem> {
    let source = Source::of(app, "", request.bundle, request.bundle_base64).await?;
    let key = key(app, &request.model_id.ok_or_else(|| expected_model("model_id"))?).await?;
    let only = request.srs.as_ref().map(|digests| digests.0.as_slice());
    let srs = srs_policy(app, request.refuse_insecure, request.only_ceremonies, only)?;
    let options = options(request.nonce.as_deref(), srs)?;
    answer(app, "bundle".to_owned(), key, source, options).await
}

async fn answer(
    app: &App,
    place: String,
    key: Arc<VerifyingKey>,
    source: Source,
    options: VerifyOptions,
) -> Result<VerificationAnswer, Problem> {
    let work = move || {
        let start = Instant::now();
        let bundle = source.parse(&place)?;
        let verdict = verify(&Check { key, bundle, options });
        Ok(VerificationAnswer::One(Box::new(Verification {
            verdict,
            verify_ms: milliseconds(start),
        })))
    };
    app.compute.run(work).await?
}

/// What the items of a batch take from the request.
struct Common {
    model_id: Option<String>,
    nonce: Option<String>,
    srs: SrsPolicy,
}

async fn several(app: &App, items: Vec<BatchItem>, common: Common) -> Result<VerificationAnswer, Problem> {
    let limit = app.settings.limits.batch_verifications;
    if items.is_empty() || items.len() > limit {
        return Err(invalid(
            "bundles",
            &format!("expected 1 to {limit} bundles, got {}", items.len()),
        ));
    }
    let mut sources = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let place = format!("bundles[{index}]");
        let id = item.model_id.or_else(|| common.model_id.clone());
        let key = key(
            app,
            &id.ok_or_else(|| expected_model(&format!("{place}.model_id")))?,
        )
        .await?;
        let nonce = item.nonce.as_deref().or(common.nonce.as_deref());
        let options = options(nonce, common.srs.clone())?;
        let source = Source::of(app, &format!("{place}."), item.bundle, item.bundle_base64).await?;
        sources.push((place, key, source, options));
    }
    let threads = app.compute.threads();
    let work = move || {
        let start = Instant::now();
        let checks: Result<Vec<Check>, Problem> = sources
            .into_iter()
            .map(|(place, key, source, options)| {
                Ok(Check {
                    key,
                    bundle: source.parse(&place)?,
                    options,
                })
            })
            .collect();
        let results = verify_all(&checks?, threads);
        Ok(VerificationAnswer::Several(BatchVerification {
            valid: results.iter().all(|verdict| verdict.valid),
            results,
            verify_ms: milliseconds(start),
        }))
    };
    app.compute.run(work).await?
}

/// A bundle as it came.
enum Source {
    Json(Box<RawValue>),
    Bytes(Bytes),
}

impl Source {
    async fn of(
        app: &App,
        prefix: &str,
        json: Option<Box<RawValue>>,
        base64: Option<String>,
    ) -> Result<Self, Problem> {
        match (json, base64) {
            (Some(json), None) => Ok(Self::Json(json)),
            (None, Some(text)) => {
                let place = format!("{prefix}bundle_base64");
                let text_is_short = text.len() <= READ_AT_ONCE;
                let decode = move || STANDARD.decode(text.trim());
                let bytes = match text_is_short {
                    true => decode(),
                    false => app.compute.run(decode).await?,
                }
                .map_err(|error| invalid(&place, &format!("not base64: {error}")))?;
                Ok(Self::Bytes(bytes.into()))
            }
            _ => Err(invalid(
                &format!("{prefix}bundle"),
                "give either `bundle` or `bundle_base64`",
            )),
        }
    }

    fn parse(&self, place: &str) -> Result<Bundle, Problem> {
        let bytes = match self {
            Self::Json(text) => text.get().as_bytes(),
            Self::Bytes(bytes) => bytes,
        };
        Bundle::parse(bytes)
            .map_err(|error| Problem::new(ProblemKind::MalformedBundle, format!("{place}: {error}")))
    }
}

async fn key(app: &App, id: &str) -> Result<Arc<VerifyingKey>, Problem> {
    let parsed = parse_id(id)?;
    app.models.key(parsed).await.map_err(|error| match error {
        OpenError::NoSuchModel(_) => not_found(id),
        other => Problem::from(other),
    })
}

fn options(nonce: Option<&str>, srs: SrsPolicy) -> Result<VerifyOptions, Problem> {
    Ok(VerifyOptions {
        nonce: nonce.map(|text| parse_nonce("nonce", text)).transpose()?,
        srs,
    })
}

/// What the caller and this server ask of an SRS.
fn srs_policy(
    app: &App,
    refuse_insecure: bool,
    only_ceremonies: bool,
    only: Option<&[String]>,
) -> Result<SrsPolicy, Problem> {
    let digest = |text: &String| {
        unhex(text).ok_or_else(|| invalid("srs", "expected digests of 64 lower-case hexadecimal digits"))
    };
    let asked = SrsPolicy {
        refuse_insecure,
        only_ceremonies,
        only: only.map(|texts| texts.iter().map(digest).collect()).transpose()?,
    };
    Ok(app.settings.srs.policy().and(&asked))
}

fn expected_model(place: &str) -> Problem {
    invalid(
        place,
        "the id of the model that you expect is needed: what a bundle says about itself shows nothing",
    )
}

fn invalid(member: &str, reason: &str) -> Problem {
    extract::invalid_member(member, reason)
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
