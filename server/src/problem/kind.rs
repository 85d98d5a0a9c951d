//! The registry of problem types. `docs/service/problems.md` is its table.

use axum::http::StatusCode;

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $title:literal, $remedy:literal;)*) => {
        /// Every type of problem that the API answers with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemKind {
            $(#[doc = $title] $name,)*
        }

        impl ProblemKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The end of the type URI.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The type in words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What a client can do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

problems! {
    MalformedJson = BAD_REQUEST, "malformed-json", "The body is not well-formed JSON",
        "Send one JSON document in UTF-8, nested at most 128 levels.";
    MalformedBody = BAD_REQUEST, "malformed-body", "The body cannot be read",
        "Send the whole body with the length and, for uploads, the boundary that its headers announce.";
    InvalidParameter = BAD_REQUEST, "invalid-parameter", "A parameter or header is not valid",
        "Compare the parameter named in the detail with the API's description at /docs.";
    InvalidBody = UNPROCESSABLE_ENTITY, "invalid-body", "The body does not have the expected form",
        "Compare the member named in the detail with the API's description at /docs.";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "This kind of body is not accepted here",
        "Set Content-Type and Content-Encoding to what the detail names.";
    NotAcceptable = NOT_ACCEPTABLE, "not-acceptable", "There is no such representation",
        "Ask in Accept for what the detail names.";
    BodyTooLarge = PAYLOAD_TOO_LARGE, "body-too-large", "The body is over its limit",
        "Send less; the limits are in GET /v1/.";
    HeadersTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", "The head of the request is over its limit",
        "Send fewer and shorter header fields and parameters; the detail names the limit.";
    BodyTooSlow = REQUEST_TIMEOUT, "body-too-slow", "The body did not arrive in time",
        "Send it again over a faster connection.";
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "An API key is needed",
        "Send `Authorization: Bearer hmk_…`; the operator makes keys with `hallmark keys create`.";
    InvalidKey = UNAUTHORIZED, "invalid-key", "The API key is not valid",
        "The key is unknown, expired or revoked: ask the operator for another one, or send none where none is needed.";
    MissingScope = FORBIDDEN, "missing-scope", "The key may not do this",
        "Use a key with the scope that the detail names.";
    ForeignOrigin = FORBIDDEN, "foreign-origin", "Another server's page made this request",
        "Use the server's own page or a program; the operator can name the page in cors.origins, or set server.public_url behind a proxy.";
    UnknownHost = MISDIRECTED_REQUEST, "unknown-host", "The server does not know itself under this name",
        "Use an address that it knows; the operator can add the name to server.hosts, or set server.public_url behind a proxy.";
    RouteNotFound = NOT_FOUND, "route-not-found", "There is nothing at this path",
        "All paths are at /docs.";
    ModelNotFound = NOT_FOUND, "model-not-found", "There is no such model",
        "GET /v1/models lists those that you can see.";
    AmbiguousModel = CONFLICT, "ambiguous-model", "The name means several models",
        "Name one as PUBLISHER/NAME@VERSION, or by its id; `candidates` lists them.";
    JobNotFound = NOT_FOUND, "job-not-found", "There is no such job",
        "GET /v1/jobs lists yours.";
    ReceiptNotFound = NOT_FOUND, "receipt-not-found", "There is no such receipt",
        "GET /v1/receipts/head says how many there are.";
    WebhookNotFound = NOT_FOUND, "webhook-not-found", "There is no such webhook or delivery",
        "GET /v1/webhooks lists yours.";
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "This method is not supported here",
        "The Allow header names those that are.";
    IdempotencyConflict = CONFLICT, "idempotency-conflict", "The idempotency key was used for another request",
        "Use a new key for a new request, or repeat the old one exactly.";
    VersionTaken = CONFLICT, "version-taken", "Another model has this name and version",
        "A version never changes: register the new model under a new version.";
    JobNotDone = CONFLICT, "job-not-done", "The job has no result yet",
        "Follow its events, or ask again when its state is `done`.";
    NoResult = CONFLICT, "no-result", "The job ended without this result",
        "Its `cause` says why; submit a new job.";
    ModelInUse = CONFLICT, "model-in-use", "Jobs of yours need the model",
        "Wait for them, or cancel them with POST /v1/jobs/{id}/cancel; GET /v1/jobs?model=ID&state=queued,running lists them.";
    JobEnded = CONFLICT, "job-ended", "The job has ended already",
        "Nothing is left to cancel.";
    Erased = GONE, "erased", "What was asked for has been erased",
        "It does not come back: openings are kept for a limited time (`retention` in the configuration), and what is deleted is deleted.";
    InvalidInput = UNPROCESSABLE_ENTITY, "invalid-input", "The input does not fit the model",
        "Compare names and shapes with the model's `inputs`.";
    InputOutOfRange = UNPROCESSABLE_ENTITY, "input-out-of-range", "A value leaves the range that the model was calibrated for",
        "Scale the input as the model's author did; if it is a typical one, compile the model again with data like it.";
    NoPrivateInput = UNPROCESSABLE_ENTITY, "no-private-input", "This model has no circuit for private inputs",
        "Send `private_input: false`, or compile the model with `private_input`.";
    InvalidModel = UNPROCESSABLE_ENTITY, "invalid-model", "The file is not a usable ONNX model",
        "Export the model again; the detail names the place.";
    UnsupportedModel = UNPROCESSABLE_ENTITY, "unsupported-model", "The model uses what is not supported",
        "docs/import.md lists the supported operators.";
    DoesNotFit = UNPROCESSABLE_ENTITY, "does-not-fit", "A proof would need more memory than a worker has",
        "Use a smaller model or fewer bits, or ask the operator to raise workers.memory_mb.";
    MalformedBundle = UNPROCESSABLE_ENTITY, "malformed-bundle", "This is not a proof bundle",
        "Send the bundle as GET /v1/jobs/{id}/bundle gave it.";
    NotForContracts = UNPROCESSABLE_ENTITY, "not-for-contracts", "A contract cannot check this",
        "Register the model with `target: evm`: its keys and proofs have the form that contracts check.";
    InvalidWebhook = UNPROCESSABLE_ENTITY, "invalid-webhook", "The webhook cannot be delivered to",
        "Give an http or https URL with a public address.";
    RateLimited = TOO_MANY_REQUESTS, "rate-limited", "Too many requests",
        "Wait for as long as Retry-After says.";
    TooManyConnections = TOO_MANY_REQUESTS, "too-many-connections", "Too many connections of one address",
        "Use connections for more than one request, or wait until some are closed.";
    QuotaExhausted = TOO_MANY_REQUESTS, "quota-exhausted", "The quota of proving time is used up",
        "It starts anew at midnight UTC; GET /v1/me shows it.";
    TooManyJobs = TOO_MANY_REQUESTS, "too-many-jobs", "Too many of your jobs are waiting",
        "Wait for some of them to finish.";
    Internal = INTERNAL_SERVER_ERROR, "internal", "The server made a mistake",
        "Report it to the operator with the request id.";
    QueueFull = SERVICE_UNAVAILABLE, "queue-full", "The queue is full",
        "Try again when Retry-After has passed.";
    Overloaded = SERVICE_UNAVAILABLE, "overloaded", "The server has too much to do",
        "Try again when Retry-After has passed.";
    TimedOut = SERVICE_UNAVAILABLE, "timed-out", "The request took too long",
        "Try again later, or with a smaller request.";
    StorageUnavailable = SERVICE_UNAVAILABLE, "storage-unavailable", "The database or object store does not answer",
        "Nothing was lost; try again when Retry-After has passed.";
    ShuttingDown = SERVICE_UNAVAILABLE, "shutting-down", "The server is shutting down",
        "Try again when Retry-After has passed.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_distinct() {
        let codes: HashSet<_> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), ProblemKind::ALL.len());
    }

    /// `docs/service/problems.md` is this table; `WRITE_DOCS=1 cargo test` writes it.
    #[test]
    fn the_page_of_the_problems_is_up_to_date() {
        let mut page = String::from(
            "# Problems\n\n\
             Every error is answered with `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail` (what happened this\n\
             time), `remedy`, `instance` (the path), `request_id` (as in the `x-request-id` header and the server's log). `type` is\n\
             `urn:hallmark:problem:` and a code of this table, which never changes its meaning. This page is written by a test from the\n\
             program's own table.\n\n\
             | status | code | title | remedy |\n| --: | --- | --- | --- |\n",
        );
        for kind in ProblemKind::ALL {
            page.push_str(&format!(
                "| {} | `{}` | {} | {} |\n",
                kind.status().as_u16(),
                kind.code(),
                kind.title(),
                kind.remedy()
            ));
        }
        crate::docs::compare("problems.md", &page);
    }
}
