//! Models: listing, reading, changing what is said about them.

mod files;
mod upload;
mod view;

#[cfg(test)]
pub(super) use upload::UploadOptions;
pub(super) use upload::check_lengths;
pub use view::Model;

use super::App;
use super::capped::Capped;
use super::extract::{Path, Query, read_json};
use super::list::{Listed, page_size};
use crate::access::Scope;
use crate::api::caller::Caller;
use crate::problem::{Problem, ProblemKind};
use crate::store::{Changes, ListedModel, ModelDeletion, ModelFilter, ModelName};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use hallmark_verifier::ModelId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, upload::upload))
        .routes(routes!(get, change, delete))
        .merge(files::routes())
}

/// Which models to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Part of the name or the description, in any case.
    q: Option<String>,
    /// One of the tags.
    tag: Option<String>,
    /// Only your own.
    #[serde(default)]
    mine: bool,
    /// Also deprecated ones.
    #[serde(default)]
    deprecated: bool,
    /// At most so many; 50 if not given, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the list before.
    cursor: Option<String>,
}

/// Models that you can use: the operator's, then the newest first
#[utoipa::path(get, path = "/v1/models", operation_id = "list_models", tag = "models", params(ListQuery),
    responses((status = OK, body = Listed<Model>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<Listed<Model>>, Problem> {
    let limit = page_size(query.limit)?;
    let filter = ModelFilter {
        text: query.q.filter(|text| !text.is_empty()),
        tag: query.tag.filter(|tag| !tag.is_empty()),
        mine: query.mine,
        deprecated: query.deprecated,
    };
    let viewer = viewer(&caller);
    let models = app
        .database
        .models(viewer, &filter, query.cursor.as_deref(), limit + 1)
        .await?;
    let page = Listed::page(models, limit, |model: &ListedModel| model.registration.id.clone());
    Ok(axum::Json(page.map(Model::from)))
}

/// A model
#[utoipa::path(get, path = "/v1/models/{id}", operation_id = "get_model", tag = "models", params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`.")),
    responses((status = OK, body = Model)),
    extensions(("x-problems" = json!(["model-not-found", "ambiguous-model"]))))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Model>, Problem> {
    Ok(axum::Json(Model::from(visible(&app, &caller, &id).await?)))
}

/// What to change; what is not there stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ChangeRequest {
    /// What it does.
    #[schema(max_length = 10_000)]
    description: Option<String>,
    /// Words to find it by.
    #[schema(value_type = Option<Vec<String>>, max_items = 32)]
    tags: Option<Capped<String, { upload::MOST_TAGS }>>,
    /// An SPDX expression, or words.
    #[schema(max_length = 200)]
    licence: Option<String>,
    /// Whether everybody may see and use it.
    public: Option<bool>,
    /// Whether it should not be used any more. It still works, so that old proofs stay what they are.
    deprecated: Option<bool>,
}

/// Change what is said about a model
///
/// The model itself, its name and its version never change.
#[utoipa::path(patch, path = "/v1/models/{id}", operation_id = "update_model", tag = "models", params(("id" = String, Path, description = "The model: its id, or `PUBLISHER/NAME@VERSION` with the slash as `%2F`.")),
    request_body = ChangeRequest,
    responses((status = OK, body = Model)),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["model-not-found", "ambiguous-model"]))))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<axum::Json<Model>, Problem> {
    caller.require(Scope::Prove)?;
    let request: ChangeRequest = read_json(&app, request).await?;
    let seen = visible(&app, &caller, &id).await?;
    let model = seen.model.model_id;
    let tags = request.tags.map(|tags| tags.0);
    upload::check_words(
        request.description.as_deref(),
        tags.as_deref(),
        request.licence.as_deref(),
    )?;
    let changes = Changes {
        description: request.description,
        tags,
        licence: request.licence,
        public: request.public,
        deprecated: request.deprecated,
    };
    // Another tenant's public model can be seen, but is not yours to change.
    if !app
        .database
        .change_registration(&caller.tenant, &model, &changes)
        .await?
    {
        return Err(not_yours(&id, &seen));
    }
    Ok(axum::Json(Model::from(
        visible(&app, &caller, &model.to_string()).await?,
    )))
}

/// Delete a model
///
/// Takes it from those that you have. When nobody else has it, its files are erased: at once those that were stored two hours ago or
/// longer, the others then. Proofs that were made stay, but who wants to check them needs the verifying key. Jobs of yours that need the
/// model have to have ended; accepted jobs of others are done. Deleting twice is no error.
#[utoipa::path(delete, path = "/v1/models/{id}", operation_id = "delete_model", tag = "models",
    params(("id" = String, Path, description = "The model's id: what is deleted is not named by what may be ambiguous.")),
    responses((status = NO_CONTENT)),
    extensions(("x-scope" = json!("prove")), ("x-problems" = json!(["model-not-found", "model-in-use"]))))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(Scope::Prove)?;
    let model = parse_id(&id)?;
    let by = caller.key_id();
    match app
        .database
        .delete_registration(&caller.tenant, &model, by)
        .await?
    {
        ModelDeletion::NotFound => Err(match visible(&app, &caller, &id).await {
            Ok(seen) => not_yours(&id, &seen),
            Err(problem) => problem,
        }),
        ModelDeletion::InUse(jobs) => Err(Problem::new(
            ProblemKind::ModelInUse,
            format!("{jobs} of your jobs of this model have not ended"),
        )
        .with("jobs", jobs)),
        ModelDeletion::Deleted => {
            tracing::info!(model = %model, tenant = caller.tenant, key = ?by, "model deleted");
            app.models.forget(&model).await;
            let erased = app.retention.abandoned_models().await?;
            app.metrics.erased("models", erased);
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

/// Whose private models are seen: nobody's, without the scope for it.
fn viewer(caller: &Caller) -> &str {
    if caller.may(Scope::Read) || caller.may(Scope::Predict) || caller.may(Scope::Prove) {
        &caller.tenant
    } else {
        ""
    }
}

/// The model that is named by its id or as `[PUBLISHER/]NAME[@VERSION]`, if the caller may see it.
///
/// # Errors
/// `model-not-found`, `ambiguous-model`.
pub async fn visible(app: &App, caller: &Caller, reference: &str) -> Result<ListedModel, Problem> {
    if let Ok(id) = reference.parse::<ModelId>() {
        let listed = app.database.visible_model(viewer(caller), &id).await?;
        return listed.ok_or_else(|| not_found(reference));
    }
    let name = ModelName::parse(reference).ok_or_else(|| not_found(reference))?;
    let found = app.database.named_models(viewer(caller), &name).await?;
    let mut ids: Vec<ModelId> = found.iter().map(|listed| listed.model.model_id).collect();
    ids.dedup();
    if ids.len() > 1 {
        let candidates: Vec<String> = found.iter().map(view::reference).collect();
        let detail = format!("{reference:?} may be {}", candidates.join(", "));
        return Err(Problem::new(ProblemKind::AmbiguousModel, detail).with("candidates", candidates));
    }
    // Own ones come first.
    found.into_iter().next().ok_or_else(|| not_found(reference))
}

/// A model id in a path or body where nothing else may stand for it.
///
/// # Errors
/// `model-not-found` for what is no id.
pub fn parse_id(id: &str) -> Result<ModelId, Problem> {
    id.parse().map_err(|_| {
        Problem::new(
            ProblemKind::ModelNotFound,
            format!(
                "{id:?} is no model's id, 64 hexadecimal digits, and only that is taken here: a name may come to mean another model. \
                 GET /v1/models/{{NAME}} tells the id of a name"
            ),
        )
    })
}

/// The refusal to change or delete a model that the caller sees because somebody else published it.
fn not_yours(id: &str, seen: &ListedModel) -> Problem {
    Problem::new(
        ProblemKind::ModelNotFound,
        format!(
            "you have no model {id:?} of your own: it is {}, which only its publisher can change or delete",
            view::reference(seen)
        ),
    )
}

/// The refusal of a model that is not there, or not for the caller.
#[must_use]
pub fn not_found(id: &str) -> Problem {
    Problem::new(
        ProblemKind::ModelNotFound,
        format!(
            "there is no model {id:?} that you can see; a model is named by its id, or as PUBLISHER/NAME@VERSION, without PUBLISHER only \
             your own and the operator's"
        ),
    )
}
