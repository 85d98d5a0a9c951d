//! `POST /v1/models`: uploads, streamed to disk within their limits.

use super::Model;
use crate::access::Scope;
use crate::api::admission;
use crate::api::app::App;
use crate::api::caller::Caller;
use crate::api::capped::Capped;
use crate::api::extract::invalid_member;
use crate::api::form::receive;
use crate::api::jobs::{applied, wait};
use crate::job::{CompileOptions, CompileSpec, JobRecord, JobResult, JobSpec, ModelTarget, NewJob};
use crate::problem::{Problem, ProblemKind};
use crate::store::{ModelFilter, Upload};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use hallmark_model::limits::{MAX_RANK, MAX_TENSOR_ELEMENTS};
use hallmark_verifier::ModelId;
use hallmark_verifier::name::{
    LONGEST_MODEL_NAME, is_acceptable_character, is_model_name, is_space, unacceptable_character,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

const LONGEST_TAG: usize = 100;
const LONGEST_DESCRIPTION: usize = 10_000;
const LONGEST_LICENCE: usize = 200;
pub(super) const MOST_TAGS: usize = 32;

/// The parts of an upload.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form; its fields are read one by one")]
struct UploadForm {
    /// The ONNX file.
    #[schema(value_type = String, format = Binary)]
    model: Vec<u8>,
    /// Typical inputs that decide the scales: `.json`, `.npy` or `.npz`. Without them scales are guesses.
    #[schema(value_type = Option<String>, format = Binary)]
    calibration: Option<Vec<u8>>,
    /// Options, as JSON.
    options: Option<UploadOptions>,
}

/// Options of a model. The first four shape it and its id.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(in crate::api) struct UploadOptions {
    /// Bits of activations and weights; 12 if not given.
    #[schema(minimum = 4, maximum = 16)]
    bits: Option<u32>,
    /// What the layout is made for.
    target: ModelTarget,
    /// Whether to make a circuit for private inputs too; true if not given.
    private_input: Option<bool>,
    /// The model's name; if not given, what the ONNX file calls its graph, or `model`.
    #[schema(max_length = 100)]
    name: Option<String>,
    /// Its version; `1` if not given. A version never changes.
    #[schema(max_length = 100)]
    version: Option<String>,
    /// Words to find it by.
    #[schema(value_type = Vec<String>, max_items = 32)]
    tags: Capped<String, MOST_TAGS>,
    /// What it does.
    #[schema(max_length = 10_000)]
    description: String,
    /// An SPDX expression, or words.
    #[schema(max_length = 200)]
    licence: String,
    /// Whether everybody may see and use it.
    public: bool,
    /// Shapes of inputs whose axes the ONNX file leaves open, by input. Where nothing is given, the calibration data decide,
    /// and the first axis is a batch of 1.
    shapes: BTreeMap<String, Vec<usize>>,
    /// Lengths of open axes that have a name in the file, by that name.
    dimensions: BTreeMap<String, usize>,
    /// Make the model although it refuses calibration samples, rounds integers, or has an output whose error is half
    /// its spread or more.
    accept_inaccurate: bool,
}

/// Register a model
///
/// Compiles an ONNX file into circuits and keys. The same upload twice is the same model.
#[utoipa::path(post, path = "/v1/models", operation_id = "register_model", tag = "models",
    params(("idempotency-key" = Option<String>, Header, description = "Any text of yours that names this request."),
        ("prefer" = Option<String>, Header, description = "`wait=N`: answer when it is compiled, or after N seconds.")),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = ACCEPTED, body = crate::api::jobs::Job, description = "It is being compiled.", headers(("location" = String))),
        (status = OK, body = Model, description = "It is registered.", headers(("location" = String)))),
    extensions(("x-scope" = json!("prove")),
        ("x-problems" = json!(["version-taken", "idempotency-conflict", "quota-exhausted", "too-many-jobs", "queue-full"]))))]
pub(super) async fn upload(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    caller.require(Scope::Prove)?;
    let headers = request.headers().clone();
    let parts = receive::<UploadOptions>(&app, request).await?;
    let model = parts.model;
    let options = checked(parts.options)?;
    let calibration = parts.calibration.as_ref().map(|file| file.digest);
    let digest = CompileSpec::upload_digest(model.digest, calibration, &options);
    let idempotency = admission::idempotency(&headers, "models", &[&digest.0, options.version.as_bytes()])?;
    if let Some(earlier) = admission::earlier(&app, &caller, idempotency.as_ref()).await? {
        return answer(&app, &caller, &headers, earlier.jobs).await;
    }
    if let Some(Upload::Model(id)) = app.database.upload(&caller.tenant, digest).await?
        && let Some(registered) = registered(&app, &caller, id).await?
    {
        return Ok(registered);
    }
    version_is_free(&app, &caller, &options).await?;
    let onnx = model.digest;
    app.objects.put_file(onnx, model.file.path()).await?;
    if let Some(file) = &parts.calibration {
        app.objects.put_file(file.digest, file.file.path()).await?;
    }
    let spec = CompileSpec {
        upload: digest,
        onnx,
        calibration,
        options,
    };
    let mut job = NewJob::new(caller.tenant.clone(), caller.key_id(), JobSpec::Compile(spec));
    job.max_attempts = i64::from(app.settings.workers.max_attempts);
    job.max_lost = i64::from(app.settings.workers.max_lost);
    let accepted = admission::queue(&app, &caller, &[job], idempotency.as_ref()).await?;
    answer(&app, &caller, &headers, accepted.jobs).await
}

/// The job, or the model if that is there by the time that the client prefers to wait.
async fn answer(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    mut jobs: Vec<JobRecord>,
) -> Result<Response, Problem> {
    let Some(record) = jobs.pop() else {
        return Err(Problem::internal("a job was accepted and is not there"));
    };
    let (record, waited) = wait(app, headers, record).await?;
    let mut response = match &record.result {
        Some(JobResult::Compile(made)) => registered(app, caller, made.model_id).await?,
        _ => None,
    };
    if response.is_none() {
        let location = [("location", format!("/v1/jobs/{}", record.id))];
        let job = crate::api::jobs::Job::placed(app, record).await?;
        response = Some((axum::http::StatusCode::ACCEPTED, location, Json(job)).into_response());
    }
    let mut response = response.unwrap_or_default();
    applied(&mut response, waited);
    Ok(response)
}

async fn registered(app: &App, caller: &Caller, id: ModelId) -> Result<Option<Response>, Problem> {
    let listed = app.database.visible_model(&caller.tenant, &id).await?;
    Ok(listed.map(|listed| {
        let location = [("location", format!("/v1/models/{id}"))];
        (location, Json(Model::from(listed))).into_response()
    }))
}

/// A version that is taken is refused before minutes of compiling; the database has the last word.
async fn version_is_free(app: &App, caller: &Caller, options: &CompileOptions) -> Result<(), Problem> {
    // A name that the file gives is not known before it is read, which is not done here.
    let Some(name) = &options.name else {
        return Ok(());
    };
    let filter = ModelFilter {
        text: Some(name.clone()),
        tag: None,
        mine: true,
        deprecated: true,
    };
    let same = app.database.models(&caller.tenant, &filter, None, 1000).await?;
    let taken = same
        .iter()
        .find(|listed| listed.registration.name == *name && listed.registration.version == options.version);
    match taken {
        None => Ok(()),
        Some(listed) => Err(Problem::new(
            ProblemKind::VersionTaken,
            format!(
                "{:?} version {:?} is model {}",
                name, options.version, listed.model.model_id
            ),
        )
        .with("model_id", listed.model.model_id.to_string())),
    }
}

fn checked(options: UploadOptions) -> Result<CompileOptions, Problem> {
    check_lengths(&options.shapes, &options.dimensions)?;
    let bits = options.bits.unwrap_or(12);
    if !(4..=16).contains(&bits) {
        return Err(invalid_member(
            "options.bits",
            &format!("expected 4 to 16, got {bits}"),
        ));
    }
    let version = options.version.unwrap_or_else(|| "1".to_owned());
    for (member, text) in [
        ("options.name", options.name.as_ref()),
        ("options.version", Some(&version)),
    ] {
        if text.is_some_and(|text| !is_model_name(text)) {
            return Err(invalid_member(
                member,
                &format!(
                    "expected 1 to {LONGEST_MODEL_NAME} characters that can be seen (no control or format characters) in at most 256 bytes, \
                     without `/`, `@` and spaces at the ends, and neither `.`, `..` nor a model's id"
                ),
            ));
        }
    }
    check_words(
        Some(&options.description),
        Some(&options.tags.0),
        Some(&options.licence),
    )?;
    Ok(CompileOptions {
        bits,
        target: options.target,
        private_input: options.private_input.unwrap_or(true),
        name: options.name,
        version,
        tags: options.tags.0,
        description: options.description,
        licence: options.licence,
        public: options.public,
        shapes: options.shapes,
        dimensions: options.dimensions,
        accept_inaccurate: options.accept_inaccurate,
    })
}

/// Refuses lengths of axes that no model can have, before they are stored with a job.
///
/// # Errors
/// `invalid-body` with the member.
pub(in crate::api) fn check_lengths(
    shapes: &BTreeMap<String, Vec<usize>>,
    dimensions: &BTreeMap<String, usize>,
) -> Result<(), Problem> {
    let refuse = |member: &str, name: &str, reason: &str| {
        Err(invalid_member(&format!("options.{member}.{name}"), reason))
    };
    for (name, shape) in shapes {
        if shape.len() > MAX_RANK
            || shape
                .iter()
                .any(|length| !(1..=MAX_TENSOR_ELEMENTS).contains(length))
        {
            return refuse(
                "shapes",
                name,
                &format!("expected at most {MAX_RANK} lengths from 1 to {MAX_TENSOR_ELEMENTS}"),
            );
        }
    }
    for (name, length) in dimensions {
        if !(1..=MAX_TENSOR_ELEMENTS).contains(length) {
            return refuse(
                "dimensions",
                name,
                &format!("expected 1 to {MAX_TENSOR_ELEMENTS}, got {length}"),
            );
        }
    }
    Ok(())
}

/// Refuses what is said about a model if it is too long.
///
/// # Errors
/// `invalid-body` with the member.
pub(super) fn check_words(
    description: Option<&str>,
    tags: Option<&[String]>,
    licence: Option<&str>,
) -> Result<(), Problem> {
    let tags = tags.unwrap_or_default();
    // It may have lines, and the spaces of any script: it is prose, by which nothing is told apart.
    let acts = |c: char| !is_acceptable_character(c) && !matches!(c, '\n' | '\r' | '\t') && !is_space(c);
    if description.is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION || text.chars().any(acts)) {
        return Err(invalid_member(
            "description",
            &format!(
                "expected at most {LONGEST_DESCRIPTION} characters that can be seen (no control or format characters)"
            ),
        ));
    }
    if licence.is_some_and(|text| !text_is_fine(text, LONGEST_LICENCE)) {
        return Err(invalid_member(
            "licence",
            &format!(
                "expected at most {LONGEST_LICENCE} characters that can be seen (no control or format characters)"
            ),
        ));
    }
    let fine = |tag: &String| !tag.trim().is_empty() && text_is_fine(tag, LONGEST_TAG);
    if tags.len() > MOST_TAGS || !tags.iter().all(fine) {
        return Err(invalid_member(
            "tags",
            &format!("expected at most {MOST_TAGS} tags of 1 to {LONGEST_TAG} characters"),
        ));
    }
    Ok(())
}

fn text_is_fine(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && unacceptable_character(text).is_none()
}

#[cfg(test)]
mod tests {
    use super::{UploadOptions, check_words, checked};

    #[test]
    fn names_and_words_can_be_seen() {
        let options = |name: &str, version: &str| UploadOptions {
            name: Some(name.to_owned()),
            version: Some(version.to_owned()),
            ..UploadOptions::default()
        };
        for character in [
            '\u{202e}',
            '\u{2066}',
            '\u{200b}',
            '\u{feff}',
            '\u{2028}',
            '\u{e0041}',
            '\u{1b}',
        ] {
            let hidden = format!("digits{character}cnn");
            assert!(checked(options(&hidden, "1")).is_err(), "{character:?}");
            assert!(checked(options("digits", &hidden)).is_err(), "{character:?}");
            assert!(check_words(Some(&hidden), None, None).is_err(), "{character:?}");
            assert!(
                check_words(None, Some(std::slice::from_ref(&hidden)), None).is_err(),
                "{character:?}"
            );
            assert!(check_words(None, None, Some(&hidden)).is_err(), "{character:?}");
        }
        assert!(checked(options("数字 2", "1.0")).is_ok());
        assert!(check_words(Some("Two\nlines.\r\n\tAnd a third."), None, None).is_ok());
    }
}
