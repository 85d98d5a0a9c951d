//! The OpenAPI document, and the page to browse it.

use super::app::App;
use super::examples;
use crate::problem::{MEDIA_TYPE, ProblemBody, ProblemKind};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder, Server, Tag,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_swagger_ui::Config;

/// Problems that any request can be answered with.
const EVERYWHERE: &[ProblemKind] = &[
    ProblemKind::InvalidParameter,
    ProblemKind::InvalidKey,
    ProblemKind::ForeignOrigin,
    ProblemKind::UnknownHost,
    ProblemKind::RateLimited,
    ProblemKind::TooManyConnections,
    ProblemKind::Internal,
    ProblemKind::Overloaded,
    ProblemKind::HeadersTooLarge,
    ProblemKind::TimedOut,
    ProblemKind::StorageUnavailable,
    ProblemKind::ShuttingDown,
];
/// Problems of requests with a body.
const OF_BODIES: &[ProblemKind] = &[
    ProblemKind::MalformedJson,
    ProblemKind::MalformedBody,
    ProblemKind::InvalidBody,
    ProblemKind::UnsupportedMediaType,
    ProblemKind::BodyTooLarge,
    ProblemKind::BodyTooSlow,
];
/// Extension of an operation that names the scope that it needs.
const SCOPE: &str = "x-scope";
/// Extension of an operation that lists the codes of its own problems.
const PROBLEMS: &str = "x-problems";

/// Groups of operations.
const TAGS: &[(&str, &str)] = &[
    ("service", "What this server is, and what you may do."),
    ("models", "Registering models, reading about them, running them."),
    ("proofs", "Having predictions proven."),
    (
        "jobs",
        "Following proofs and compilations, and fetching what they made.",
    ),
    ("verification", "Checking proofs: for everybody."),
    ("receipts", "The log of ended jobs."),
    ("webhooks", "Being called when jobs end."),
    ("operation", "Probes and metrics for those who run the server."),
];

/// The document before the paths are in it.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Hallmark")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Proofs that this model, on this input, gave this output. Errors are problem details (RFC 9457); their \
             types are listed in docs/service/problems.md.",
        ))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT OR Apache-2.0")
                .identifier(Some("MIT OR Apache-2.0"))
                .build(),
        ))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .tags(Some(TAGS.iter().map(|(name, words)| {
            let mut tag = Tag::new(*name);
            tag.description = Some((*words).to_owned());
            tag
        })))
        .components(Some(Components::new()))
        .build()
}

/// Adds what is the same for all operations: the key, and the problems that can happen everywhere.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_with(Components::new);
    let mut key = Http::new(HttpAuthScheme::Bearer);
    key.bearer_format = Some("hmk_…".to_owned());
    key.description = Some(
        "An API key, which the operator makes with `hallmark keys create`. A server on a loopback address needs none."
            .to_owned(),
    );
    components.add_security_scheme("key", SecurityScheme::Http(key));
    examples::add_problems(components);
    components
        .schemas
        .insert(ProblemBody::name().into_owned(), ProblemBody::schema());
    super::describe::mend_schemas(components);
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            add_problems(operation);
            super::describe::mend(operation);
            examples::illustrate(operation);
        }
    }
    document
}

fn add_problems(operation: &mut Operation) {
    let extensions = operation.extensions.clone().unwrap_or_default();
    let mut codes: Vec<(StatusCode, &str)> = EVERYWHERE
        .iter()
        .map(|kind| (kind.status(), kind.code()))
        .collect();
    if operation.request_body.is_some() {
        codes.extend(OF_BODIES.iter().map(|kind| (kind.status(), kind.code())));
    }
    if let Some(scope) = extensions.get(SCOPE).and_then(Value::as_str) {
        codes.extend(
            [ProblemKind::Unauthenticated, ProblemKind::MissingScope]
                .map(|kind| (kind.status(), kind.code())),
        );
        let words = format!("Needs the scope `{scope}`.");
        operation.description = Some(match operation.description.take() {
            Some(text) if !text.is_empty() => format!("{text}\n\n{words}"),
            _ => words,
        });
    }
    let own = extensions.get(PROBLEMS).and_then(Value::as_array);
    for code in own.into_iter().flatten().filter_map(Value::as_str) {
        if let Some(kind) = ProblemKind::ALL.iter().find(|kind| kind.code() == code) {
            codes.push((kind.status(), kind.code()));
        }
    }
    let mut by_status: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (status, code) in codes {
        by_status
            .entry(status.as_str().to_owned())
            .or_default()
            .push(code);
    }
    for (status, codes) in by_status {
        operation
            .responses
            .responses
            .entry(status)
            .or_insert_with(|| RefOr::T(problem_response(&codes)));
    }
    // A key is accepted everywhere; where callers without one may come in is for the operator to say.
    operation.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new::<_, _, String>("key", []),
    ]);
}

/// A response that is a problem of one of these codes.
fn problem_response(codes: &[&str]) -> Response {
    let mut content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemBody::name())))
        .build();
    examples::refer_to_problems(&mut content, codes);
    ResponseBuilder::new()
        .description(codes.join(", "))
        .content(MEDIA_TYPE, content)
        .build()
}

/// All operations of a document.
#[cfg(test)]
pub(super) fn operations(document: &OpenApi) -> impl Iterator<Item = &Operation> {
    document.paths.paths.values().flat_map(|item| {
        [&item.get, &item.post, &item.put, &item.patch, &item.delete]
            .into_iter()
            .flatten()
    })
}

/// `/openapi.json` and the pages under `/docs`.
pub(super) fn routes(document: OpenApi) -> Router<App> {
    let text: Arc<str> = complete(document).to_json().unwrap_or_default().into();
    // The address is relative, for proxies that put the service under a path; nobody else is asked whether the document is valid.
    let config = Config::from("../openapi.json").validator_url("none");
    let config = Arc::new(config);
    Router::new()
        .route(
            "/openapi.json",
            get(move || {
                let text = Arc::clone(&text);
                async move { ([(header::CONTENT_TYPE, "application/json")], text.to_string()) }
            }),
        )
        .route(
            "/docs",
            get(|| async { axum::response::Redirect::permanent("/docs/") }),
        )
        .route(
            "/docs/{*file}",
            get({
                let config = Arc::clone(&config);
                move |path: axum::extract::Path<String>| swagger(path.0, config)
            }),
        )
        .route("/docs/", get(move || swagger(String::new(), config)))
}

async fn swagger(file: String, config: Arc<Config<'static>>) -> axum::response::Response {
    use axum::response::IntoResponse;
    match utoipa_swagger_ui::serve(&file, config) {
        Ok(Some(file)) => {
            let mut response =
                ([(header::CONTENT_TYPE, file.content_type)], file.bytes.to_vec()).into_response();
            crate::page::secure_docs(response.headers_mut());
            response
        }
        Ok(None) => crate::problem::Problem::new(ProblemKind::RouteNotFound, "no such page").into_response(),
        Err(error) => crate::problem::Problem::internal(error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Scope;

    /// Everything that a document refers to within itself.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn what_the_document_refers_to_is_in_it() {
        let document = serde_json::to_value(crate::api::document()).unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100);
        for place in found {
            let pointer = place.strip_prefix('#').unwrap_or_else(|| panic!("{place}"));
            assert!(document.pointer(pointer).is_some(), "{place} is not there");
        }
    }

    #[test]
    fn operations_have_ids_that_programs_can_call_them_by() {
        let document = crate::api::document();
        let mut ids: Vec<&str> = operations(&document)
            .map(|operation| operation.operation_id.as_deref().unwrap())
            .collect();
        for id in &ids {
            assert!(
                id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
                "{id}"
            );
        }
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id is there twice");
        let names: Vec<&str> = TAGS.iter().map(|(name, _)| *name).collect();
        for operation in operations(&document) {
            let tags = operation.tags.as_deref().unwrap();
            assert!(tags.iter().all(|tag| names.contains(&tag.as_str())), "{tags:?}");
        }
    }

    #[test]
    fn every_operation_names_scopes_and_problems_that_exist() {
        let document = crate::api::document();
        assert!(document.paths.paths.len() > 10);
        for (path, item) in &document.paths.paths {
            for operation in [&item.get, &item.post, &item.put, &item.patch, &item.delete]
                .into_iter()
                .flatten()
            {
                let extensions = operation.extensions.clone().unwrap_or_default();
                if let Some(scope) = extensions.get(SCOPE) {
                    scope.as_str().unwrap().parse::<Scope>().unwrap();
                }
                for code in extensions
                    .get(PROBLEMS)
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    let known = ProblemKind::ALL
                        .iter()
                        .any(|kind| Some(kind.code()) == code.as_str());
                    assert!(known, "{path}: {code}");
                }
                assert!(operation.summary.is_some(), "{path} has no summary");
                assert!(operation.tags.is_some(), "{path} has no tag");
            }
        }
    }
}
