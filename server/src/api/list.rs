//! Lists in pages.

use crate::problem::{Problem, ProblemKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const DEFAULT_PAGE: i64 = 50;
const LARGEST_PAGE: i64 = 200;

/// Which part of a list that cannot be filtered.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// At most so many; 50 if not given, 200 at most.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// `next_cursor` of the list before.
    pub cursor: Option<String>,
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_next_one_only_if_more_was_found() {
        for (found, size, shown, cursor) in [
            (0, 2, 0, None),
            (2, 2, 2, None),
            (3, 2, 2, Some("1")),
            (3, 200, 3, None),
            (1, 1, 1, None),
            (2, 1, 1, Some("0")),
        ] {
            let page = Listed::page((0..found).collect(), size, |item: &usize| item.to_string());
            assert_eq!(
                (page.items.len(), page.next_cursor.as_deref()),
                (shown, cursor),
                "{found} of {size}"
            );
            let mapped = page.map(|item| item + 1);
            assert_eq!(mapped.items.first().copied(), (shown > 0).then_some(1));
            assert_eq!(mapped.next_cursor.as_deref(), cursor);
        }
    }

    #[test]
    fn sizes_of_pages_have_bounds() {
        assert_eq!(page_size(None).unwrap(), DEFAULT_PAGE);
        for size in [1, LARGEST_PAGE] {
            assert_eq!(page_size(Some(size)).unwrap(), size);
        }
        for size in [0, -1, LARGEST_PAGE + 1, i64::MIN] {
            let problem = page_size(Some(size)).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::InvalidParameter);
            assert!(problem.detail.contains(&size.to_string()), "{}", problem.detail);
            assert_eq!(problem.members["parameter"], "limit");
        }
    }
}
