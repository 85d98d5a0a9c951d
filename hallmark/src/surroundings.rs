//! What compiling and proving have around them.

use crate::error::Error;
use hallmark_prover::Observer;
use hallmark_prover::cache::Cache;
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::{Srs, SrsStore};

/// Where cached files lie and progress goes.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Cached SRSs, and digests of keys that were made. Without it there is the development SRS only.
    pub cache: Option<&'a Cache>,
    /// The caller's view.
    pub progress: &'a dyn Observer,
}

impl Default for Surroundings<'_> {
    /// No cache, and nobody who looks on.
    fn default() -> Self {
        Self {
            cache: None,
            progress: &Silent,
        }
    }
}

impl Surroundings<'_> {
    /// The SRSs in the cache.
    #[must_use]
    pub fn srs_store(&self) -> Option<SrsStore> {
        self.cache.map(|cache| SrsStore::new(cache.clone()))
    }

    /// Whether the SRS, by digest and name, can be had without a cache where there is none.
    pub(crate) fn keeps(&self, (digest, _): &([u8; 32], String)) -> Result<(), Error> {
        match self.cache {
            None if *digest != Srs::development_digest() => Err(Error::NoCache),
            _ => Ok(()),
        }
    }
}
