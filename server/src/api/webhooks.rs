//! Webhooks: addresses that are called when jobs end, and what was sent to them.

use super::app::App;
use super::caller::Caller;
use super::capped::Capped;
use super::documents::WebhookMessage;
use super::extract::{Path, Query, invalid_member, read_json};
use super::list::{Listed, PageQuery, page_size};
use super::time::rfc3339;
use crate::access::Scope;
use crate::job::{DeliveryId, WebhookId};
use crate::problem::{Problem, ProblemKind};
use crate::store::{self, WebhookChanges};
use crate::webhooks::{AddressError, Guard};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Webhooks that a tenant can have.
const MOST: i64 = 50;
/// Names of events in one request.
const MOST_EVENTS: usize = 32;
/// How long messages are signed with a replaced secret too.
const OVERLAP_SECONDS: i64 = 24 * 3600;
const LONGEST_OVERLAP_SECONDS: i64 = 30 * OVERLAP_SECONDS;
/// What a webhook can be told. `*` is all of it.
const EVENTS: [&str; 5] = ["*", "job.done", "job.failed", "job.cancelled", "job.dead"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(get, change, delete))
        .routes(routes!(rotate))
        .routes(routes!(test))
        .routes(routes!(deliveries))
        .routes(routes!(redeliver))
}

/// A new webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// An http or https address that is reachable from the server, without user name and password.
    #[schema(example = "https://example.com/hallmark")]
    url: String,
    /// What it is told: `job.done`, `job.failed`, `job.cancelled`, `job.dead`, or `*` for all, as if nothing is given.
    #[schema(example = json!(["job.done"]))]
    #[schema(value_type = Option<Vec<String>>)]
    events: Option<Capped<String, MOST_EVENTS>>,
}

/// What to change about a webhook; what is not there stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookChange {
    /// Where messages go, also those that are not delivered yet.
    url: Option<String>,
    /// What it is told.
    #[schema(value_type = Option<Vec<String>>)]
    events: Option<Capped<String, MOST_EVENTS>>,
    /// Whether it is told nothing. `false` switches on again what a 410 switched off; what happened in between is not told.
    disabled: Option<bool>,
}

/// How a secret is replaced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SecretRotation {
    /// For how long messages are signed with the old secret too, in seconds; a day if not given, 0 if the old one is known to others.
    #[schema(minimum = 0, maximum = 2_592_000)]
    overlap_seconds: Option<i64>,
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
struct Webhook {
    /// Its id.
    id: String,
    /// Where messages go.
    url: String,
    /// What it is told.
    events: Vec<String>,
    /// Whether it is switched off: by a change, or because the receiver answered with 410.
    disabled: bool,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// Key of the signatures; only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// Until when messages are signed with the secret before, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    old_secret_until: Option<String>,
}

/// A message to a webhook.
#[derive(Debug, Serialize, ToSchema)]
struct Delivery {
    /// Its id, which is `webhook-id` in every attempt.
    id: String,
    /// What it tells.
    event: String,
    /// Of which job.
    job_id: Option<String>,
    /// `pending`, `delivered` or `failed`.
    state: String,
    /// Attempts begun.
    attempt: i64,
    /// Status of the last answer.
    last_status: Option<i64>,
    /// Why the last attempt failed.
    last_error: Option<String>,
    /// When it was written.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is tried next.
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    /// When it was delivered or given up.
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// What is sent.
    #[schema(value_type = WebhookMessage)]
    body: Value,
}

/// Make a webhook
///
/// It is called with a signed POST when one of your jobs ends. The answer holds the secret of the signatures, which is not shown
/// again. Private and loopback addresses are refused unless the operator allows them.
#[utoipa::path(post, path = "/v1/webhooks", operation_id = "create_webhook", tag = "webhooks", request_body = NewWebhook,
    responses((status = CREATED, body = Webhook, headers(("location" = String)))),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["invalid-webhook"]))))]
async fn create(State(app): State<App>, caller: Caller, request: Request) -> Result<Response, Problem> {
    caller.require(Scope::Prove)?;
    let request: NewWebhook = read_json(&app, request).await?;
    let events = events(request.events.map(|events| events.0))?;
    let url = checked(&app, &request.url).await?;
    let made = app
        .database
        .create_webhook(&caller.tenant, &url, &events, MOST)
        .await?;
    let Some(made) = made else {
        return Err(Problem::new(
            ProblemKind::InvalidWebhook,
            format!("you have {MOST} webhooks already: delete one first"),
        ));
    };
    let location = format!("/v1/webhooks/{}", made.id);
    let mut response = with_secret(StatusCode::CREATED, made);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&location) {
        headers.insert(header::LOCATION, value);
    }
    Ok(response)
}

/// The one answer that shows a secret.
fn with_secret(status: StatusCode, webhook: store::Webhook) -> Response {
    let secret = webhook.secret.text();
    let mut view = Webhook::from(webhook);
    view.secret = Some(secret);
    let mut response = (status, axum::Json(view)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An address that messages may go to.
async fn checked(app: &App, url: &str) -> Result<String, Problem> {
    let guard = Guard {
        allow_private: app.settings.webhooks.allow_private,
    };
    let url = guard.check(url).await.map_err(|error| refused(&error))?;
    Ok(url.to_string())
}

fn events(given: Option<Vec<String>>) -> Result<Vec<String>, Problem> {
    let mut events = given.unwrap_or_else(|| vec!["*".to_owned()]);
    events.sort();
    events.dedup();
    let expected = EVENTS.join(", ");
    let invalid = |detail: String| Problem::new(ProblemKind::InvalidBody, detail).with("member", "events");
    if events.is_empty() {
        return Err(invalid(format!("events: expected at least one of {expected}")));
    }
    match events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
        Some(unknown) => Err(invalid(format!(
            "events: expected some of {expected}, got {unknown:?}"
        ))),
        None => Ok(events),
    }
}

fn refused(error: &AddressError) -> Problem {
    Problem::new(ProblemKind::InvalidWebhook, format!("url: {error}")).with("member", "url")
}

/// Your webhooks, the newest first
#[utoipa::path(get, path = "/v1/webhooks", operation_id = "list_webhooks", tag = "webhooks", params(PageQuery),
    responses((status = OK, body = Listed<Webhook>)),
    extensions(("x-scope" = json!("read"))))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Listed<Webhook>>, Problem> {
    caller.require(Scope::Read)?;
    let limit = page_size(query.limit)?;
    let before: Option<WebhookId> = cursor(query.cursor.as_deref())?;
    let found = app.database.webhooks(&caller.tenant, before, limit + 1).await?;
    let page = Listed::page(found, limit, |webhook| webhook.id.to_string());
    Ok(axum::Json(page.map(Webhook::from)))
}

/// A webhook
#[utoipa::path(get, path = "/v1/webhooks/{id}", operation_id = "get_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook.")),
    responses((status = OK, body = Webhook)),
    extensions(("x-scope" = json!("read")), ("x-problems" = json!(["webhook-not-found"]))))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Webhook>, Problem> {
    caller.require(Scope::Read)?;
    Ok(axum::Json(Webhook::from(own(&app, &caller, &id).await?)))
}

/// Change a webhook
///
/// Where it is, what it is told, and whether: `{"disabled": false}` switches it on again.
#[utoipa::path(patch, path = "/v1/webhooks/{id}", operation_id = "update_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook.")), request_body = WebhookChange,
    responses((status = OK, body = Webhook)),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["webhook-not-found", "invalid-webhook"]))))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<axum::Json<Webhook>, Problem> {
    caller.require(Scope::Prove)?;
    let request: WebhookChange = read_json(&app, request).await?;
    let webhook = own(&app, &caller, &id).await?;
    let changes = WebhookChanges {
        events: request.events.map(|given| events(Some(given.0))).transpose()?,
        url: match &request.url {
            Some(url) => Some(checked(&app, url).await?),
            None => None,
        },
        disabled: request.disabled,
    };
    let changed = app
        .database
        .change_webhook(&caller.tenant, webhook.id, &changes)
        .await?;
    changed
        .map(|webhook| axum::Json(Webhook::from(webhook)))
        .ok_or_else(|| not_found(&id))
}

/// Give a webhook a new secret
///
/// The answer holds the secret, which is not shown again. Until `overlap_seconds` are over, messages carry a signature with the old secret
/// too, so that receivers may be moved to the new one without missing any.
#[utoipa::path(post, path = "/v1/webhooks/{id}/secret", operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook.")), request_body = SecretRotation,
    responses((status = OK, body = Webhook)),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["webhook-not-found"]))))]
async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    caller.require(Scope::Prove)?;
    let request: SecretRotation = read_json(&app, request).await?;
    let webhook = own(&app, &caller, &id).await?;
    let overlap = request.overlap_seconds.unwrap_or(OVERLAP_SECONDS);
    if !(0..=LONGEST_OVERLAP_SECONDS).contains(&overlap) {
        return Err(invalid_member(
            "overlap_seconds",
            &format!("expected 0 to {LONGEST_OVERLAP_SECONDS}, got {overlap}"),
        ));
    }
    let rotated = app
        .database
        .rotate_secret(&caller.tenant, webhook.id, overlap * 1000)
        .await?;
    tracing::info!(webhook = id, tenant = caller.tenant, key = ?caller.key_id(), overlap, "secret of a webhook replaced");
    rotated
        .map(|webhook| with_secret(StatusCode::OK, webhook))
        .ok_or_else(|| not_found(&id))
}

/// Send a test message
///
/// Of type `webhook.test`, signed and tried like every other; also to a webhook that is switched off. What became of it is among the
/// deliveries.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", operation_id = "test_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook.")),
    responses((status = ACCEPTED, body = Delivery)),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["webhook-not-found"]))))]
async fn test(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, axum::Json<Delivery>), Problem> {
    caller.require(Scope::Prove)?;
    let parsed = id.parse().map_err(|_| not_found(&id))?;
    match app.database.test_webhook(&caller.tenant, parsed).await? {
        Some(message) => Ok((StatusCode::ACCEPTED, axum::Json(Delivery::from(message)))),
        None => Err(not_found(&id)),
    }
}

/// Delete a webhook
///
/// What was to be sent to it is dropped.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", operation_id = "delete_webhook", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook.")),
    responses((status = NO_CONTENT)),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["webhook-not-found"]))))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(Scope::Prove)?;
    let parsed = id.parse().map_err(|_| not_found(&id))?;
    match app.database.delete_webhook(&caller.tenant, parsed).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(not_found(&id)),
    }
}

/// What was sent to a webhook, the newest first
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", operation_id = "list_deliveries", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook."), PageQuery),
    responses((status = OK, body = Listed<Delivery>)),
    extensions(("x-scope" = json!("read")), ("x-problems" = json!(["webhook-not-found"]))))]
async fn deliveries(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Listed<Delivery>>, Problem> {
    caller.require(Scope::Read)?;
    let webhook = own(&app, &caller, &id).await?;
    let limit = page_size(query.limit)?;
    let before: Option<DeliveryId> = cursor(query.cursor.as_deref())?;
    let found = app.database.deliveries(webhook.id, before, limit + 1).await?;
    let page = Listed::page(found, limit, |delivery| delivery.id.to_string());
    Ok(axum::Json(page.map(Delivery::from)))
}

/// Send a message again
///
/// With the same id, at once, and with as many attempts as a new one.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{delivery}/redeliver", operation_id = "redeliver", tag = "webhooks",
    params(("id" = String, Path, description = "The webhook."), ("delivery" = String, Path, description = "The message.")),
    responses((status = ACCEPTED, body = Delivery)),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["webhook-not-found"]))))]
async fn redeliver(
    State(app): State<App>,
    caller: Caller,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<(StatusCode, axum::Json<Delivery>), Problem> {
    caller.require(Scope::Prove)?;
    let webhook = own(&app, &caller, &id).await?;
    let parsed = delivery.parse().map_err(|_| not_found(&delivery))?;
    match app.database.redeliver(webhook.id, parsed).await? {
        Some(found) => Ok((StatusCode::ACCEPTED, axum::Json(Delivery::from(found)))),
        None => Err(not_found(&delivery)),
    }
}

/// The caller's webhook of this id. Other tenants' webhooks are not there.
async fn own(app: &App, caller: &Caller, id: &str) -> Result<store::Webhook, Problem> {
    let parsed = id.parse().map_err(|_| not_found(id))?;
    app.database
        .webhook(&caller.tenant, parsed)
        .await?
        .ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> Problem {
    Problem::new(
        ProblemKind::WebhookNotFound,
        format!("you have no webhook or delivery {id:?}"),
    )
}

fn cursor<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        Problem::new(
            ProblemKind::InvalidParameter,
            format!("cursor: expected a `next_cursor`, got {text:?}"),
        )
        .with("parameter", "cursor")
    })
}

impl From<store::Webhook> for Webhook {
    fn from(webhook: store::Webhook) -> Self {
        Self {
            id: webhook.id.to_string(),
            url: webhook.url,
            events: webhook.events,
            disabled: webhook.disabled_ms.is_some(),
            created_at: rfc3339(webhook.created_ms),
            secret: None,
            old_secret_until: webhook.previous.map(|(_, until)| rfc3339(until)),
        }
    }
}

impl From<store::Delivery> for Delivery {
    fn from(delivery: store::Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            event: delivery.event,
            job_id: delivery.job.map(|job| job.to_string()),
            next_attempt_at: (delivery.state == "pending").then(|| rfc3339(delivery.next_ms)),
            state: delivery.state,
            attempt: delivery.attempt,
            last_status: delivery.last_status,
            last_error: delivery.last_error,
            created_at: rfc3339(delivery.created_ms),
            finished_at: delivery.finished_ms.map(rfc3339),
            body: serde_json::from_str(&delivery.body).unwrap_or_default(),
        }
    }
}
