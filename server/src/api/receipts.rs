//! The receipt log: its head, its entries, and the proofs that they are in it and that it only grew.
//!
//! Head and proofs are for everybody: a log that only its owner can check binds nobody. What an entry says is for
//! its tenant; others see its hash.

use super::app::App;
use super::caller::Caller;
use super::extract::{Path, Query};
use super::list::{Listed, page_size};
use crate::access::Scope;
use crate::digest::{Digest, hex};
use crate::problem::{Problem, ProblemKind};
use crate::store;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(head))
        .routes(routes!(consistency))
        .routes(routes!(one))
}

/// The log at one time.
#[derive(Debug, Serialize, ToSchema)]
struct TreeHead {
    /// How many entries it has.
    tree_size: i64,
    /// The hash that stands for all of them, hexadecimal.
    root_hash: String,
}

/// The log at one time, signed with Ed25519 by its owner.
#[derive(Debug, Serialize, ToSchema)]
struct SignedHead {
    /// `hallmark-log-head`.
    format: &'static str,
    /// 1.
    version: u32,
    /// How many entries the log has.
    tree_size: i64,
    /// The hash that stands for all of them, hexadecimal.
    root_hash: String,
    /// The log's name: its first key, hexadecimal. Keep it: a head that it does not lead to is another log's.
    log: String,
    /// When this was signed, in milliseconds since the epoch.
    time_ms: i64,
    /// The signature of log, size, root and time by the last key, hexadecimal.
    signature: String,
    /// The keys that followed the first one.
    rotations: Vec<Rotation>,
}

/// A key of the log that replaced another.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rotation {
    /// The new key, hexadecimal.
    key: String,
    /// From when on it signs, in milliseconds since the epoch; the one before signed until then.
    since_ms: i64,
    /// The signature by the key before, hexadecimal.
    signature: String,
}

/// An entry.
#[derive(Debug, Serialize, ToSchema)]
struct Receipt {
    /// Its place, from 0.
    index: i64,
    /// SHA-256 of a zero byte and the entry, hexadecimal.
    leaf_hash: String,
    /// The entry as it was hashed, JSON; only for those whose job it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
}

/// The way from an entry to the root.
#[derive(Debug, Serialize, ToSchema)]
struct Inclusion {
    /// Of the log with so many entries.
    tree_size: i64,
    /// The hashes beside the way, from the leaf up, hexadecimal.
    path: Vec<String>,
}

/// An entry and the proof that it is in the log.
#[derive(Debug, Serialize, ToSchema)]
struct ProvenReceipt {
    /// The entry.
    receipt: Receipt,
    /// The proof (RFC 9162, 2.1.3).
    inclusion: Inclusion,
    /// The log that it is in.
    head: TreeHead,
}

/// The proof that the log only grew.
#[derive(Debug, Serialize, ToSchema)]
struct Consistency {
    /// Size of the log before.
    first: i64,
    /// Size of the log afterwards.
    second: i64,
    /// The hashes that lead from one root to the other (RFC 9162, 2.1.4), hexadecimal.
    path: Vec<String>,
}

/// Which entries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Those after this place; from the beginning if not given.
    #[param(minimum = -1)]
    after: Option<i64>,
    /// At most so many; 50 if not given, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// `next_cursor` of the list before, in place of `after`.
    cursor: Option<String>,
}

/// Which log the proof is for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OneQuery {
    /// The log with so many entries; the present one if not given.
    #[param(minimum = 1)]
    size: Option<i64>,
}

/// Two states of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ConsistencyQuery {
    /// Size of the log before.
    #[param(minimum = 0)]
    first: i64,
    /// Size of the log afterwards.
    #[param(minimum = 0)]
    second: i64,
}

/// State of the receipt log
///
/// Who keeps it notices later if an entry was changed, removed or slipped in, and has the server's signature to show for it: `hallmark
/// log check` holds one against another. Needs no account.
#[utoipa::path(get, path = "/v1/receipts/head", operation_id = "get_log_head", tag = "receipts", responses((status = OK, body = SignedHead)))]
async fn head(State(app): State<App>) -> Result<Json<SignedHead>, Problem> {
    let head = app.database.tree_head().await?;
    let signed = app.database.sign_head(head).await?;
    let signed_number = |number: u64| i64::try_from(number).map_err(Problem::internal);
    let rotations = signed.rotations.iter().map(|rotation| {
        Ok(Rotation {
            key: rotation.key.to_string(),
            since_ms: signed_number(rotation.since_ms)?,
            signature: hex(&rotation.signature),
        })
    });
    Ok(Json(SignedHead {
        format: "hallmark-log-head",
        version: 1,
        tree_size: head.size,
        root_hash: head.root.to_string(),
        log: signed.log.to_string(),
        time_ms: signed_number(signed.time_ms)?,
        signature: hex(&signed.signature),
        rotations: rotations.collect::<Result<_, Problem>>()?,
    }))
}

/// Entries of the receipt log, the oldest first
///
/// What an entry says is shown to those whose job it was.
#[utoipa::path(get, path = "/v1/receipts", operation_id = "list_receipts", tag = "receipts", params(ListQuery),
    responses((status = OK, body = Listed<Receipt>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<Receipt>>, Problem> {
    let limit = page_size(query.limit)?;
    let after = match &query.cursor {
        Some(text) => text
            .parse()
            .map_err(|_| invalid("cursor", "a `next_cursor`", text))?,
        None => query.after.unwrap_or(-1),
    };
    if after < -1 {
        return Err(invalid("after", "a place in the log or -1", &after.to_string()));
    }
    let found = app
        .database
        .receipts(None, after.saturating_add(1), limit + 1)
        .await?;
    let page = Listed::page(found, limit, |receipt| receipt.index.to_string());
    Ok(Json(page.map(|receipt| Receipt::seen_by(&caller, receipt))))
}

/// An entry with the proof that it is in the log
///
/// Needs no account; what the entry says is shown to those whose job it was.
#[utoipa::path(get, path = "/v1/receipts/{index}", operation_id = "get_receipt", tag = "receipts", params(
    ("index" = i64, Path, description = "The place, from 0."), OneQuery),
    responses((status = OK, body = ProvenReceipt)),
    extensions(("x-problems" = json!(["receipt-not-found"]))))]
async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(index): Path<i64>,
    Query(query): Query<OneQuery>,
) -> Result<Json<ProvenReceipt>, Problem> {
    let proof = ReceiptProof::of(&app, index, query.size).await?;
    Ok(Json(ProvenReceipt {
        receipt: Receipt::seen_by(&caller, proof.receipt),
        inclusion: Inclusion {
            tree_size: proof.head.size,
            path: texts(&proof.path),
        },
        head: TreeHead::from(proof.head),
    }))
}

/// Proof that the log only grew
///
/// From the state with `first` entries to the one with `second`. Needs no account.
#[utoipa::path(get, path = "/v1/receipts/consistency", operation_id = "get_log_consistency", tag = "receipts", params(ConsistencyQuery),
    responses((status = OK, body = Consistency)))]
async fn consistency(
    State(app): State<App>,
    Query(query): Query<ConsistencyQuery>,
) -> Result<Json<Consistency>, Problem> {
    let ConsistencyQuery { first, second } = query;
    let now = app.database.tree_head().await?.size;
    if !(0..=now).contains(&second) {
        return Err(invalid("second", &format!("0 to {now}"), &second.to_string()));
    }
    if !(0..=second).contains(&first) {
        return Err(invalid("first", &format!("0 to {second}"), &first.to_string()));
    }
    let path = app.database.consistency_path(first, second).await?;
    Ok(Json(Consistency {
        first,
        second,
        path: texts(&path),
    }))
}

/// An entry, and how it is in the log.
pub(super) struct ReceiptProof {
    /// The entry.
    pub receipt: store::Receipt,
    /// The log.
    pub head: store::TreeHead,
    /// The hashes beside the way.
    pub path: Vec<Digest>,
}

impl ReceiptProof {
    /// The entry at `index`, in the log of `size` entries or the present one.
    ///
    /// # Errors
    /// `receipt-not-found`, or an invalid `size`.
    pub async fn of(app: &App, index: i64, size: Option<i64>) -> Result<Self, Problem> {
        let now = app.database.tree_head().await?;
        let not_found = || {
            Problem::new(
                ProblemKind::ReceiptNotFound,
                format!("the log has {} entries and none at {index}", now.size),
            )
        };
        let size = size.unwrap_or(now.size);
        if size > now.size || size < 1 {
            if now.size == 0 {
                return Err(not_found());
            }
            return Err(invalid("size", &format!("1 to {}", now.size), &size.to_string()));
        }
        if !(0..size).contains(&index) {
            return Err(not_found());
        }
        let receipt = app.database.receipt(index).await?.ok_or_else(not_found)?;
        Ok(Self {
            receipt,
            path: app.database.inclusion_path(index, size).await?,
            head: match size == now.size {
                true => now,
                false => app.database.tree_head_of(size).await?,
            },
        })
    }
}

impl Receipt {
    fn seen_by(caller: &Caller, receipt: store::Receipt) -> Self {
        let own = receipt.tenant == caller.tenant && caller.may(Scope::Read);
        Self {
            index: receipt.index,
            leaf_hash: receipt.leaf_hash,
            entry: (own || caller.may(Scope::Admin)).then_some(receipt.entry),
        }
    }
}

impl From<store::TreeHead> for TreeHead {
    fn from(head: store::TreeHead) -> Self {
        Self {
            tree_size: head.size,
            root_hash: head.root.to_string(),
        }
    }
}

fn texts(path: &[Digest]) -> Vec<String> {
    path.iter().map(Digest::to_string).collect()
}

fn invalid(name: &str, expected: &str, found: &str) -> Problem {
    Problem::new(
        ProblemKind::InvalidParameter,
        format!("{name}: expected {expected}, got {found:?}"),
    )
    .with("parameter", name)
}
