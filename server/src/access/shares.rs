//! How much of what is limited one caller may hold at once.

use super::Network;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts what each network holds. Clones count together.
#[derive(Clone, Debug)]
pub struct Shares {
    most: usize,
    held: Arc<Mutex<HashMap<Network, usize>>>,
}

/// A part of what a network holds, until it is dropped.
#[derive(Debug)]
pub struct Share {
    network: Network,
    count: usize,
    held: Arc<Mutex<HashMap<Network, usize>>>,
}

impl Shares {
    /// At most so many for each network.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            held: Arc::default(),
        }
    }

    /// One more for a network; nothing if it holds as many as it may.
    #[must_use]
    pub fn take(&self, network: Network) -> Option<Share> {
        self.take_many(network, 1)
    }

    /// So many more for a network; nothing if it would hold more than it may.
    #[must_use]
    pub fn take_many(&self, network: Network, count: usize) -> Option<Share> {
        let mut held = lock(&self.held);
        let before = held.get(&network).copied().unwrap_or_default();
        let after = before.checked_add(count).filter(|after| *after <= self.most)?;
        held.insert(network, after);
        Some(Share {
            network,
            count,
            held: Arc::clone(&self.held),
        })
    }
}

impl Share {
    /// Makes one share of two, which are of the same network.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.count += std::mem::take(&mut other.count);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // What is not held is not remembered: there are more networks than memory.
        if let Entry::Occupied(mut entry) = lock(&self.held).entry(self.network) {
            match entry.get().saturating_sub(self.count) {
                0 => drop(entry.remove()),
                left => *entry.get_mut() = left,
            }
        }
    }
}

fn lock(held: &Mutex<HashMap<Network, usize>>) -> MutexGuard<'_, HashMap<Network, usize>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_counted_given_back_and_forgotten() {
        let shares = Shares::new(2);
        let network = |text: &str| Network::of(text.parse().unwrap());
        let (first, second) = (network("2001:db8::1"), network("2001:db8::2"));
        let held = [shares.take(first).unwrap(), shares.take(second).unwrap()];
        assert!(shares.take(first).is_none());
        let other = shares.take(network("192.0.2.1")).unwrap();
        drop(held);
        let again = shares.take(first).unwrap();
        drop((other, again));
        assert!(lock(&shares.held).is_empty());
    }

    #[test]
    fn shares_of_many_grow_and_are_given_back_whole() {
        let shares = Shares::new(5);
        let network = Network::of("192.0.2.1".parse().unwrap());
        assert!(shares.take_many(network, 6).is_none());
        assert!(lock(&shares.held).is_empty());
        let mut first = shares.take_many(network, 2).unwrap();
        let second = shares.take_many(network, 1).unwrap();
        first.merge(shares.take_many(network, 2).unwrap());
        assert!(shares.take_many(network, 1).is_none());
        drop(first);
        assert!(shares.take_many(network, 5).is_none());
        drop((shares.take_many(network, 4).unwrap(), second));
        assert!(lock(&shares.held).is_empty());
    }
}
