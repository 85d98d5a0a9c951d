//! Errors as answers: RFC 9457 problem details with stable types.

mod kind;
mod layer;

pub use kind::ProblemKind;
pub use layer::{RequestId, problem_details, request_id};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// The media type of problem details.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// What every type URI begins with; the rest is [`ProblemKind::code`].
pub const TYPE_PREFIX: &str = "urn:hallmark:problem:";

/// A refusal or failure on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Type, status and title.
    pub kind: ProblemKind,
    /// What happened this time: place, what was expected, what came.
    pub detail: String,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
    /// Further members of the body.
    pub members: Map<String, Value>,
}

impl Problem {
    /// A problem of a kind, with what happened.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            retry_after: None,
            members: Map::new(),
        }
    }

    /// A fault of the server. What happened goes to the log under the request's id, not to the client.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "internal error");
        Self::new(
            ProblemKind::Internal,
            "the server made a mistake; its log has the details under this request id",
        )
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds a member to the body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.members.insert(name.to_owned(), value);
        }
        self
    }

    fn body(&self, instance: Option<&str>, request_id: Option<&str>) -> ProblemBody {
        ProblemBody {
            r#type: format!("{TYPE_PREFIX}{}", self.kind.code()),
            title: self.kind.title().to_owned(),
            status: self.kind.status().as_u16(),
            detail: self.detail.clone(),
            remedy: self.kind.remedy().to_owned(),
            instance: instance.map(str::to_owned),
            request_id: request_id.map(str::to_owned),
            members: self.members.clone(),
        }
    }

    /// The body of an answer with this problem, for the description of the API.
    pub(crate) fn example(&self) -> Value {
        let body = self.body(Some("/v1/…"), Some("019abf2c9f6b7d0e8a3e4c5d6f708192"));
        serde_json::to_value(body).unwrap_or_default()
    }

    fn response(&self, instance: Option<&str>, request_id: Option<&str>) -> Response {
        let body = serde_json::to_vec(&self.body(instance, request_id)).unwrap_or_default();
        let mut response = (
            self.kind.status(),
            [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))],
            body,
        )
            .into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind.status() == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"hallmark\""),
            );
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.response(None, None);
        // The outermost layer completes it with the request's path and id.
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// The body of an error: RFC 9457 problem details.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// What kind of problem it is; stable, see the table of problems in the documentation.
    #[schema(example = "urn:hallmark:problem:job-not-found")]
    r#type: String,
    /// The kind in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened this time.
    detail: String,
    /// What can be done about it.
    remedy: String,
    /// Path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// Id of the request, for the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// Members that depend on the type.
    #[serde(flatten)]
    members: Map<String, Value>,
}
