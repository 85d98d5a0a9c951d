//! Memory for bodies that are being read or worked on: each is bounded, those of one network are, and so are all together.

use super::extract::READ_AT_ONCE;
use crate::access::{Network, Share, Shares};
use crate::problem::{Problem, ProblemKind};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is counted at once, in bytes.
const UNIT: usize = 1 << 10;
/// How many networks it takes to use the budget up.
const NETWORKS: usize = 4;

/// The bytes that all bodies in memory may have. Clones share it. Bodies of up to [`READ_AT_ONCE`] bytes take nothing of it: the number
/// of requests bounds them, and they are served however much memory others hold.
#[derive(Clone, Debug)]
pub struct Budget {
    all: Arc<Semaphore>,
    shares: Shares,
}

/// A body on its way in, with its part of the budget. Both are given back together.
pub(super) struct Held {
    bytes: Vec<u8>,
    network: Network,
    budget: Budget,
    taken: Option<(Share, OwnedSemaphorePermit)>,
}

impl Budget {
    /// So many bytes in all; for one network a quarter of them, but always one body of the `largest` size.
    #[must_use]
    pub fn new(bytes: usize, largest: usize) -> Self {
        let units = bytes.div_ceil(UNIT).min(Semaphore::MAX_PERMITS);
        Self {
            all: Arc::new(Semaphore::new(units)),
            shares: Shares::new((units / NETWORKS).max(largest.div_ceil(UNIT))),
        }
    }

    /// A body of which nothing has come.
    pub(super) fn hold(&self, network: Network) -> Held {
        Held {
            bytes: Vec::new(),
            network,
            budget: self.clone(),
            taken: None,
        }
    }
}

impl Held {
    /// Appends a piece.
    ///
    /// # Errors
    /// `overloaded` if the budget, or what one network gets of it, is used up.
    pub(super) fn extend(&mut self, piece: &[u8]) -> Result<(), Problem> {
        let len = self.bytes.len() + piece.len();
        let held = self.taken.as_ref().map_or(0, |(_, permit)| permit.num_permits());
        let more = len.div_ceil(UNIT).saturating_sub(held);
        if len > READ_AT_ONCE && more > 0 {
            self.take(more)?;
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    fn take(&mut self, units: usize) -> Result<(), Problem> {
        let used_up = |whose: &str| {
            Problem::new(ProblemKind::Overloaded, format!("other bodies {whose}")).retry_after(1)
        };
        let share = self.budget.shares.take_many(self.network, units);
        let share =
            share.ok_or_else(|| used_up("of your address take all the memory that one address gets"))?;
        let permit = u32::try_from(units)
            .ok()
            .and_then(|units| Arc::clone(&self.budget.all).try_acquire_many_owned(units).ok())
            .ok_or_else(|| used_up("take all the memory that there is for them"))?;
        match &mut self.taken {
            Some((shares, permits)) => {
                shares.merge(share);
                permits.merge(permit);
            }
            none => *none = Some((share, permit)),
        }
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

    const LARGE: usize = 2 * READ_AT_ONCE;

    fn network(last: u8) -> Network {
        Network::of([192, 0, 2, last].into())
    }

    fn detail(refused: Result<(), Problem>) -> String {
        let problem = refused.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Overloaded);
        problem.detail
    }

    #[test]
    fn a_body_holds_its_part_until_it_is_gone() {
        let budget = Budget::new(2 * LARGE, LARGE);
        let units = budget.all.available_permits();
        let mut first = budget.hold(network(1));
        for _ in 0..3 {
            first.extend(&[7; LARGE / 4]).unwrap();
        }
        let mut second = budget.hold(network(2));
        second.extend(&[0; LARGE]).unwrap();
        let mut third = budget.hold(network(3));
        assert!(detail(third.extend(&[0; LARGE])).contains("there is for them"));
        let bytes = first.whole();
        assert_eq!(bytes.len(), LARGE / 4 * 3);
        let clone = bytes.clone();
        drop(bytes);
        assert!(third.extend(&[0; LARGE]).is_err());
        drop(clone);
        third.extend(&[0; LARGE]).unwrap();
        drop((second, third));
        assert_eq!(budget.all.available_permits(), units);
    }

    #[test]
    fn a_network_holds_its_part_and_small_bodies_hold_nothing() {
        let budget = Budget::new(8 * LARGE, LARGE);
        let mut held: Vec<_> = (0..3).map(|_| budget.hold(network(1))).collect();
        held[0].extend(&[0; LARGE]).unwrap();
        held[1].extend(&[0; LARGE]).unwrap();
        assert!(detail(held[2].extend(&[0; LARGE])).contains("of your address"));
        for last in 2..5 {
            for _ in 0..2 {
                let mut body = budget.hold(network(last));
                body.extend(&[0; LARGE]).unwrap();
                held.push(body);
            }
        }
        assert_eq!(budget.all.available_permits(), 0);
        for last in [1, 9] {
            let mut small = budget.hold(network(last));
            small.extend(&[0; READ_AT_ONCE]).unwrap();
            assert!(small.extend(&[0]).is_err());
        }
        held.clear();
        budget.hold(network(1)).extend(&[0; LARGE]).unwrap();
    }
}
