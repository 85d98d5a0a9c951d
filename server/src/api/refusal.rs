//! What the store, the object store and the cache of models could not do, as problems.

use crate::models::OpenError;
use crate::objects::ObjectError;
use crate::problem::{Problem, ProblemKind};
use crate::retention::RetentionError;
use crate::store::StoreError;

/// When to try again while the database or object store is away, in seconds.
const STORAGE_RETRY: u64 = 2;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::VersionTaken { .. } => Self::new(ProblemKind::VersionTaken, error.to_string()),
            StoreError::Nul => Self::new(ProblemKind::InvalidBody, error.to_string()),
            error if error.is_unavailable() => {
                tracing::error!(%error, "the database does not answer");
                Self::new(ProblemKind::StorageUnavailable, "the database does not answer")
                    .retry_after(STORAGE_RETRY)
            }
            error => Self::internal(error),
        }
    }
}

impl From<ObjectError> for Problem {
    fn from(error: ObjectError) -> Self {
        Self::from(&error)
    }
}

impl From<&ObjectError> for Problem {
    fn from(error: &ObjectError) -> Self {
        tracing::error!(%error, "the object store does not answer");
        Self::new(
            ProblemKind::StorageUnavailable,
            "the object store does not answer",
        )
        .retry_after(STORAGE_RETRY)
    }
}

impl From<RetentionError> for Problem {
    fn from(error: RetentionError) -> Self {
        match error {
            RetentionError::Store(error) => Self::from(error),
            RetentionError::Objects(error) => Self::from(error),
        }
    }
}

impl From<OpenError> for Problem {
    fn from(error: OpenError) -> Self {
        match &error {
            OpenError::NoSuchModel(id) => crate::api::models::not_found(&id.to_string()),
            OpenError::Store(error) => Self::from(error.as_ref()),
            OpenError::Objects(error) => Self::from(error.as_ref()),
            OpenError::Damaged(..) => Self::internal(error),
        }
    }
}
