//! What auditors take away: the trail of all jobs, and the file with which one proof is checked offline.

use super::app::App;
use super::caller::Caller;
use super::documents::AuditFile;
use super::extract::Path;
use super::file::attachment;
use super::jobs::{own_job, proof};
use super::receipts::ReceiptProof;
use crate::access::Scope;
use crate::problem::{Problem, ProblemKind};
use crate::store::{Receipt, StoreError};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures::stream::{self, Stream};
use hallmark_verifier::Bundle;
use hallmark_verifier::audit::Audit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Entries that are read in one go.
const ENTRIES: i64 = 500;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(trail)).routes(routes!(file))
}

/// Audit trail
///
/// All entries of the receipt log that you may read, a JSON object a line, the oldest first: those of your jobs, or with the scope
/// `admin` everybody's. The text of each is what was hashed into the log.
#[utoipa::path(get, path = "/v1/audit.ndjson", operation_id = "get_audit_trail", tag = "receipts",
    responses((status = OK, body = String, content_type = "application/x-ndjson")),
    extensions(("x-scope" = json!("read"))))]
async fn trail(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    let tenant = match caller.may(Scope::Admin) {
        true => None,
        false => {
            caller.require(Scope::Read)?;
            Some(caller.tenant.clone())
        }
    };
    // The first entries are read here, so that a database that is away is a problem and not a broken stream.
    let first = app.database.receipts(tenant.as_deref(), 0, ENTRIES).await?;
    let mut response = Response::new(Body::from_stream(lines(app, tenant, first)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"audit.ndjson\""),
    );
    Ok(response)
}

/// The entries as lines, read as fast as the client takes them.
fn lines(
    app: App,
    tenant: Option<String>,
    first: Vec<Receipt>,
) -> impl Stream<Item = Result<Bytes, StoreError>> + Send + 'static {
    stream::try_unfold((app, tenant, first), |(app, tenant, receipts)| async move {
        let Some(last) = receipts.last() else {
            return Ok(None);
        };
        let mut text = String::new();
        for receipt in &receipts {
            text.push_str(&receipt.entry);
            text.push('\n');
        }
        let next = app
            .database
            .receipts(tenant.as_deref(), last.index + 1, ENTRIES)
            .await?;
        Ok(Some((Bytes::from(text), (app, tenant, next))))
    })
}

/// File for checking a proof offline
///
/// Bundle, verifying key, and the receipt with the proof that it is in the log. `hallmark verify FILE --model ID` checks all of it
/// without the server.
#[utoipa::path(get, path = "/v1/jobs/{id}/audit", operation_id = "get_audit_file", tag = "jobs", params(("id" = String, Path, description = "The job.")),
    responses((status = OK, body = AuditFile)),
    extensions(("x-scope" = json!("read")),
        ("x-problems" = json!(["job-not-found", "job-not-done", "no-result", "erased"]))))]
async fn file(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    caller.require(Scope::Read)?;
    let job = own_job(&app, &caller, &id).await?;
    let digest = proof(&job)?.bundle.digest;
    let (Some(model_id), Some(index)) = (job.model_id, job.receipt_index) else {
        return Err(Problem::new(
            ProblemKind::NoResult,
            "the job has no model or no receipt",
        ));
    };
    let model = app.database.registered_model(&model_id).await?;
    let model = model.ok_or_else(|| {
        Problem::new(
            ProblemKind::Erased,
            format!("model {model_id} was deleted, and its verifying key with it"),
        )
    })?;
    let bundle = app.objects.get(digest).await?;
    let bundle =
        Bundle::parse(&bundle).map_err(|error| Problem::internal(format!("the bundle of {id}: {error}")))?;
    let key = app.objects.get(model.artifacts.key).await?;
    let logged = ReceiptProof::of(&app, index, None).await?;
    let unsigned = |number: i64| u64::try_from(number).map_err(Problem::internal);
    let audit = Audit {
        bundle,
        key: key.to_vec(),
        index: unsigned(index)?,
        entry: logged.receipt.entry,
        tree_size: unsigned(logged.head.size)?,
        root: logged.head.root.0,
        path: logged.path.iter().map(|node| node.0).collect(),
        signed: Some(app.database.sign_head(logged.head).await?),
    };
    let mut response = Response::new(Body::from(audit.to_json()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    let name = format!("{}.audit.json", job.id);
    headers.insert(header::CONTENT_DISPOSITION, attachment(&name));
    Ok(response)
}
