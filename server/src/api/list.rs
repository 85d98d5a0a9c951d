//! Lists in pages.

use crate::problem::{Problem, ProblemKind};
use serde::Serialize;
use utoipa::ToSchema;

const DEFAULT_PAGE: i64 = 50;
const LARGEST_PAGE: i64 = 200;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed<T> {
    /// The page.
    pub items: Vec<T>,
    /// What to give as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// A page from up to one item more than its size, whose `cursor` names the last shown one.
    #[must_use]
    pub fn page(mut items: Vec<T>, size: i64, cursor: impl Fn(&T) -> String) -> Self {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let next_cursor = items.last().filter(|_| more).map(cursor);
        Self { items, next_cursor }
    }

    /// The page with its items turned into others.
    #[must_use]
    pub fn map<U>(self, item: impl Fn(T) -> U) -> Listed<U> {
        Listed {
            items: self.items.into_iter().map(item).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

/// The size of a page that was asked for.
///
/// # Errors
/// If it is not within its bounds.
pub fn page_size(limit: Option<i64>) -> Result<i64, Problem> {
    let size = limit.unwrap_or(DEFAULT_PAGE);
    if (1..=LARGEST_PAGE).contains(&size) {
        return Ok(size);
    }
    Err(Problem::new(
        ProblemKind::InvalidParameter,
        format!("limit: expected 1 to {LARGEST_PAGE}, got {size}"),
    )
    .with("parameter", "limit"))
}
