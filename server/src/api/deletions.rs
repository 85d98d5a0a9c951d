//! What was deleted, when, and by whom.

use super::app::App;
use super::caller::Caller;
use super::extract::Query;
use super::list::{Listed, PageQuery, page_size};
use super::time::rfc3339;
use crate::access::Scope;
use crate::problem::Problem;
use crate::store;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Something that was deleted.
#[derive(Debug, Serialize, ToSchema)]
struct Deletion {
    /// `job` or `model`.
    what: String,
    /// Its id.
    id: String,
    /// The API key that did it; null if it was done without one.
    key_id: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    deleted_at: String,
}

/// What you have deleted, the latest first
///
/// Jobs and models. What they were is gone; that they were deleted, and with which key, is kept.
#[utoipa::path(get, path = "/v1/deletions", operation_id = "list_deletions", tag = "service", params(PageQuery),
    responses((status = OK, body = Listed<Deletion>)),
    extensions(("x-scope" = json!("read"))))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listed<Deletion>>, Problem> {
    caller.require(Scope::Read)?;
    let limit = page_size(query.limit)?;
    let found = app
        .database
        .deletions(&caller.tenant, query.cursor.as_deref(), limit + 1)
        .await?;
    let page = Listed::page(found, limit, |deletion: &store::Deletion| deletion.id.clone());
    Ok(Json(page.map(Deletion::from)))
}

impl From<store::Deletion> for Deletion {
    fn from(deletion: store::Deletion) -> Self {
        Self {
            what: deletion.what,
            id: deletion.name,
            key_id: deletion.key_id,
            deleted_at: rfc3339(deletion.at_ms),
        }
    }
}
