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

#[cfg(test)]
mod tests {
    use super::*;
    use hallmark_verifier::ModelId;
    use std::sync::Arc;

    fn away() -> StoreError {
        StoreError::Database(sqlx::Error::PoolTimedOut)
    }

    #[test]
    fn what_passes_is_said_to_pass_and_what_is_inside_stays_inside() {
        use ProblemKind::{Internal, InvalidBody, ModelNotFound, StorageUnavailable, VersionTaken};
        let damaged = || ObjectError::Damaged(crate::digest::Digest::of(b"secret path"));
        let taken = StoreError::VersionTaken {
            name: "digits".to_owned(),
            version: "1".to_owned(),
        };
        let cases: Vec<(Problem, ProblemKind)> = vec![
            (away().into(), StorageUnavailable),
            (StoreError::Database(sqlx::Error::RowNotFound).into(), Internal),
            (StoreError::row("job 1", "secret words").into(), Internal),
            (taken.into(), VersionTaken),
            (StoreError::Nul.into(), InvalidBody),
            (damaged().into(), StorageUnavailable),
            (RetentionError::from(away()).into(), StorageUnavailable),
            (RetentionError::from(damaged()).into(), StorageUnavailable),
            (OpenError::NoSuchModel(ModelId([7; 32])).into(), ModelNotFound),
            (OpenError::Store(Arc::new(away())).into(), StorageUnavailable),
            (OpenError::Objects(Arc::new(damaged())).into(), StorageUnavailable),
        ];
        for (problem, kind) in cases {
            assert_eq!(problem.kind, kind, "{}", problem.detail);
            assert_eq!(
                problem.retry_after.is_some(),
                kind == StorageUnavailable,
                "{}",
                problem.detail
            );
            assert!(!problem.detail.contains("secret"), "{}", problem.detail);
        }
    }
}
