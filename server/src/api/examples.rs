//! Examples of requests and answers in the description of the API: what a real server was sent and answered.
//!
//! `server/tests/openapi/story.py --write` records them; without `--write` it compares them with what a server answers now.

use crate::problem::{Problem, ProblemKind};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, Content, Ref, RefOr};

#[derive(RustEmbed)]
#[folder = "src/api/examples/"]
struct Files;

/// The file with what happened, by the code of each problem.
const PROBLEMS: &str = "problems.json";

/// Bodies of one operation by media type; of answers by status before.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    #[serde(default)]
    request: BTreeMap<String, Value>,
    #[serde(default)]
    responses: BTreeMap<String, BTreeMap<String, Value>>,
}

fn read<T: for<'de> Deserialize<'de> + Default>(name: &str) -> T {
    Files::get(name)
        .and_then(|file| serde_json::from_slice(&file.data).ok())
        .unwrap_or_default()
}

/// Puts the examples of an operation beside the schemas of its bodies.
pub(super) fn illustrate(operation: &mut Operation) {
    let Some(id) = &operation.operation_id else { return };
    let exchange: Exchange = read(&format!("{id}.json"));
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for (media_type, value) in exchange.request {
            if let Some(RefOr::T(content)) = body.content.get_mut(&media_type) {
                content.example = Some(value);
            }
        }
    }
    for (status, bodies) in exchange.responses {
        let Some(RefOr::T(response)) = operation.responses.responses.get_mut(&status) else {
            continue;
        };
        for (media_type, value) in bodies {
            if let Some(RefOr::T(content)) = response.content.get_mut(&media_type) {
                content.example = Some(value);
            }
        }
    }
}

/// One example for each kind of problem, for responses to refer to.
pub(super) fn add_problems(components: &mut Components) {
    let details: BTreeMap<String, String> = read(PROBLEMS);
    for kind in ProblemKind::ALL {
        let detail = details.get(kind.code()).map_or(kind.title(), String::as_str);
        let example = ExampleBuilder::new()
            .summary(kind.title())
            .value(Some(Problem::new(*kind, detail).example()))
            .build();
        components
            .examples
            .insert(kind.code().to_owned(), RefOr::T(example));
    }
}

/// Refers to the examples of these kinds of problems.
pub(super) fn refer_to_problems(content: &mut Content, codes: &[&str]) {
    for code in codes {
        let place = Ref::new(format!("#/components/examples/{code}"));
        content.examples.insert((*code).to_owned(), RefOr::Ref(place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::extract::from_json;
    use crate::api::{document, estimates, models, predictions, proofs, verifications, webhooks};
    use std::collections::BTreeSet;

    type Reader = fn(&[u8]) -> Result<(), Problem>;

    /// The types that handlers read bodies into, by operation.
    const READERS: &[(&str, Reader)] = &[
        ("predict", |bytes| {
            from_json::<predictions::PredictionRequest>(bytes).map(drop)
        }),
        ("prove", |bytes| {
            from_json::<proofs::ProofRequest>(bytes).map(drop)
        }),
        ("prove_batch", |bytes| {
            from_json::<proofs::BatchRequest>(bytes).map(drop)
        }),
        ("estimate", |bytes| {
            from_json::<estimates::EstimateRequest>(bytes).map(drop)
        }),
        ("update_model", |bytes| {
            from_json::<models::ChangeRequest>(bytes).map(drop)
        }),
        ("verify", |bytes| {
            from_json::<verifications::VerificationRequest>(bytes).map(drop)
        }),
        ("update_webhook", |bytes| {
            from_json::<webhooks::WebhookChange>(bytes).map(drop)
        }),
        ("rotate_webhook_secret", |bytes| {
            from_json::<webhooks::SecretRotation>(bytes).map(drop)
        }),
        ("create_webhook", |bytes| {
            from_json::<webhooks::NewWebhook>(bytes).map(drop)
        }),
    ];

    fn exchanges() -> BTreeMap<String, Exchange> {
        Files::iter()
            .filter(|name| name != PROBLEMS)
            .map(|name| {
                let file = Files::get(&name).unwrap();
                let exchange =
                    serde_json::from_slice(&file.data).unwrap_or_else(|error| panic!("{name}: {error}"));
                (name.trim_end_matches(".json").to_owned(), exchange)
            })
            .collect()
    }

    #[test]
    fn every_body_has_an_example_and_every_example_a_place() {
        let document = document();
        let mut used = BTreeSet::new();
        let mut missing = Vec::new();
        for operation in crate::api::openapi::operations(&document) {
            let id = operation.operation_id.clone().unwrap();
            let mut look = |place: String, media_type: &str, content: &RefOr<Content>| {
                let RefOr::T(content) = content else { return };
                // Bytes cannot be shown.
                if media_type == "application/octet-stream" {
                    return;
                }
                if content.example.is_none() && content.examples.is_empty() {
                    missing.push(format!("{id} {place} {media_type}"));
                }
                used.insert(format!("{id} {place} {media_type}"));
            };
            if let Some(RefOr::T(body)) = &operation.request_body {
                for (media_type, content) in &body.content {
                    look("request".to_owned(), media_type, content);
                }
            }
            for (status, response) in &operation.responses.responses {
                let RefOr::T(response) = response else { continue };
                for (media_type, content) in &response.content {
                    look(status.clone(), media_type, content);
                }
            }
        }
        assert_eq!(
            missing,
            Vec::<String>::new(),
            "without an example: record them with server/tests/openapi/story.py --write"
        );
        for (id, exchange) in exchanges() {
            for media_type in exchange.request.keys() {
                assert!(
                    used.contains(&format!("{id} request {media_type}")),
                    "{id}: {media_type}"
                );
            }
            for (status, bodies) in &exchange.responses {
                for media_type in bodies.keys() {
                    assert!(
                        used.contains(&format!("{id} {status} {media_type}")),
                        "{id}: {status} {media_type}"
                    );
                }
            }
        }
    }

    #[test]
    fn requests_in_examples_are_read_by_the_handlers_types() {
        let exchanges = exchanges();
        for (id, exchange) in &exchanges {
            let Some(value) = exchange.request.get("application/json") else {
                continue;
            };
            let (_, reader) = READERS
                .iter()
                .find(|(name, _)| name == id)
                .unwrap_or_else(|| panic!("{id}: its body's type is not in READERS"));
            reader(value.to_string().as_bytes()).unwrap_or_else(|problem| panic!("{id}: {}", problem.detail));
        }
        assert!(READERS.iter().all(|(id, _)| exchanges.contains_key(*id)));
        let upload = &exchanges["register_model"].request["multipart/form-data"]["options"];
        from_json::<models::UploadOptions>(upload.to_string().as_bytes()).unwrap();
        let estimate = &exchanges["estimate"].request["multipart/form-data"]["options"];
        from_json::<estimates::EstimateOptions>(estimate.to_string().as_bytes()).unwrap();
    }

    #[test]
    fn every_kind_of_problem_has_an_example_of_its_own() {
        let details: BTreeMap<String, String> = read(PROBLEMS);
        let codes: BTreeSet<&str> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(details.keys().map(String::as_str).collect::<BTreeSet<_>>(), codes);
    }
}
