//! The OpenAPI document, and the page to browse it.

use super::App;
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
    ResponseBuilder,
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
        .components(Some(Components::new()))
        .build()
}

/// Adds what is the same for all operations: the key, and the problems that can happen everywhere.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    components
        .schemas
        .insert(ProblemBody::name().into_owned(), ProblemBody::schema());
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
    ResponseBuilder::new()
        .description(codes.join(", "))
        .content(
            MEDIA_TYPE,
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(ProblemBody::name())))
                .build(),
        )
        .build()
}

/// `/openapi.json` and the pages under `/docs`.
pub(super) fn routes(document: OpenApi) -> Router<App> {
    let text: Arc<str> = complete(document).to_json().unwrap_or_default().into();
    let config = Arc::new(Config::from("/openapi.json"));
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
        Ok(Some(file)) => ([(header::CONTENT_TYPE, file.content_type)], file.bytes.to_vec()).into_response(),
        Ok(None) => crate::problem::Problem::new(ProblemKind::RouteNotFound, "no such page").into_response(),
        Err(error) => crate::problem::Problem::internal(error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Scope;

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
