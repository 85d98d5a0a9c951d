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

/// One of what a network holds, until it is dropped.
#[derive(Debug)]
pub struct Share {
    network: Network,
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
        let mut held = lock(&self.held);
        let count = held.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Share {
            network,
            held: Arc::clone(&self.held),
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // What is not held is not remembered: there are more networks than memory.
        if let Entry::Occupied(mut entry) = lock(&self.held).entry(self.network) {
            match *entry.get() {
                0 | 1 => drop(entry.remove()),
                _ => *entry.get_mut() -= 1,
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
}
