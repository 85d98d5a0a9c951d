//! Memory for bodies that are being read or worked on: each is bounded, and so are all together.

use crate::problem::{Problem, ProblemKind};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is counted at once, in bytes.
const UNIT: usize = 1 << 10;

/// The bytes that all bodies in memory may have. Clones share it.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Semaphore>);

/// A body on its way in, with its part of the budget. Both are given back together.
pub(super) struct Held {
    bytes: Vec<u8>,
    budget: Budget,
    permit: Option<OwnedSemaphorePermit>,
}

impl Budget {
    /// So many bytes in all.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(
            bytes.div_ceil(UNIT).min(Semaphore::MAX_PERMITS),
        )))
    }

    /// A body of which nothing has come.
    pub(super) fn hold(&self) -> Held {
        Held {
            bytes: Vec::new(),
            budget: self.clone(),
            permit: None,
        }
    }
}

impl Held {
    /// Appends a piece.
    ///
    /// # Errors
    /// `overloaded` if the budget is used up.
    pub(super) fn extend(&mut self, piece: &[u8]) -> Result<(), Problem> {
        let held = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = (self.bytes.len() + piece.len())
            .div_ceil(UNIT)
            .saturating_sub(held);
        if more > 0 {
            let taken = u32::try_from(more)
                .ok()
                .and_then(|more| Arc::clone(&self.budget.0).try_acquire_many_owned(more).ok());
            match (taken, &mut self.permit) {
                (None, _) => {
                    return Err(Problem::new(
                        ProblemKind::Overloaded,
                        "other bodies take all the memory that there is for them",
                    )
                    .retry_after(1));
                }
                (Some(taken), Some(permit)) => permit.merge(taken),
                (Some(taken), none) => *none = Some(taken),
            }
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The whole body; its part of the budget is free when the last clone is gone.
    pub(super) fn whole(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_holds_its_part_until_it_is_gone() {
        let budget = Budget::new(4 * UNIT);
        let mut first = budget.hold();
        for _ in 0..3 {
            first.extend(&[7; UNIT / 2]).unwrap();
        }
        let mut second = budget.hold();
        second.extend(&[0; 2 * UNIT]).unwrap();
        assert_eq!(second.extend(&[0]).unwrap_err().kind, ProblemKind::Overloaded);
        let bytes = first.whole();
        assert_eq!(bytes.len(), 3 * UNIT / 2);
        let clone = bytes.clone();
        drop(bytes);
        assert!(second.extend(&[0]).is_err());
        drop(clone);
        second.extend(&[0; 2 * UNIT]).unwrap();
        drop(second);
        assert_eq!(budget.0.available_permits(), 4);
    }
}
