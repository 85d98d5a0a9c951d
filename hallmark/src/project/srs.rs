//! Which SRS a model's keys are made with.

use crate::error::Error;
use crate::surroundings::Surroundings;
use hallmark_prover::observer::Silent;
use hallmark_prover::srs::{MIN_K, Srs, hex};
use hallmark_prover::{Event, ProverError, Stage, during};
use hallmark_verifier::SrsPoints;
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The SRS that the user asked for.
#[derive(Clone, Debug)]
pub enum SrsChoice {
    /// The development SRS.
    Development,
    /// One in the cache, by digest.
    Digest([u8; 32]),
    /// A file.
    File(PathBuf),
}

impl SrsChoice {
    /// Understands `dev`, a digest, or a path.
    ///
    /// # Errors
    /// [`Error::SrsChoice`] if it is none of them.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text == "dev" {
            return Ok(Self::Development);
        }
        let path = PathBuf::from(text);
        if path.is_file() {
            return Ok(Self::File(path));
        }
        // A digest is written like a model id.
        text.parse::<hallmark_verifier::ModelId>()
            .map(|id| Self::Digest(id.0))
            .map_err(|_| Error::SrsChoice(text.to_owned()))
    }

    /// The points of the SRS, by which it is recognised: from the first powers of its file, or of the smallest size in the cache.
    ///
    /// # Errors
    /// [`Error`] naming the file, or if the cache has none with the digest.
    pub fn points(&self, surroundings: &Surroundings<'_>) -> Result<SrsPoints, Error> {
        let srs = match self {
            Self::Development => Srs::development(MIN_K)?,
            Self::Digest(digest) => {
                let store = surroundings.srs_store().ok_or(Error::NoCache)?;
                store.get(*digest, "with this digest", MIN_K, &Silent)?
            }
            Self::File(path) => import_srs(path, Some(MIN_K), surroundings)?,
        };
        Ok(srs.points().clone())
    }

    /// Makes sure that the SRS is there for up to 2^k rows, and returns its digest and name.
    pub(crate) fn prepare(
        &self,
        k: u32,
        surroundings: &Surroundings<'_>,
    ) -> Result<([u8; 32], String), Error> {
        let path = match self {
            Self::Development => return Ok((Srs::development_digest(), "development".to_owned())),
            Self::Digest(digest) => {
                let named = (*digest, "with this digest".to_owned());
                surroundings.keeps(&named)?;
                return Ok(named);
            }
            Self::File(path) => path,
        };
        let store = surroundings.srs_store().ok_or(Error::NoCache)?;
        let small = import_srs(path, Some(MIN_K), surroundings)?;
        let (digest, name) = (small.digest(), small.name().to_owned());
        let there = store.get(digest, &name, k, &Silent).is_ok();
        if !there {
            let srs = import_srs(path, Some(k), surroundings)?;
            if let Err(error) = store.put(&srs) {
                surroundings.progress.notice(Event::CacheNotWritten {
                    problem: error.to_string(),
                });
            }
        }
        Ok((digest, name))
    }
}

/// What JSON output says about an SRS: its digest and, by its points, where it comes from.
#[must_use]
pub fn srs_json(srs: &SrsPoints) -> Value {
    json!({
        "digest": hex(&srs.digest()),
        "provenance": srs.provenance().word(),
        "name": srs.provenance().name(),
        "insecure": srs.is_insecure(),
    })
}

/// Reads and checks the SRS in `path`, for 2^k rows or as many as it has.
///
/// # Errors
/// [`Error`] naming the file.
pub fn import_srs(path: &Path, k: Option<u32>, surroundings: &Surroundings<'_>) -> Result<Srs, Error> {
    let mut file = File::open(path).map_err(Error::file("opening", path))?;
    let name = path.file_name().map_or_else(
        || "unnamed".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    during(surroundings.progress, Stage::CheckSrs, || {
        Srs::import(&mut file, &name, k)
    })
    .map_err(|error| Error::from(error).at(path))
}

/// The SRS for 2^k rows, by digest and name, as a stage.
///
/// # Errors
/// Those of [`hallmark_prover::srs::SrsStore::get`]. Without a cache there is the development SRS only.
pub fn get_srs(
    (digest, name): &([u8; 32], String),
    k: u32,
    surroundings: &Surroundings<'_>,
) -> Result<Srs, ProverError> {
    let observer = surroundings.progress;
    during(observer, Stage::Srs, || match surroundings.srs_store() {
        Some(store) => store.get(*digest, name, k, observer),
        None if *digest == Srs::development_digest() => {
            observer.notice(Event::InsecureSrs);
            Srs::development(k)
        }
        None => Err(ProverError::SrsMissing {
            name: name.clone(),
            digest: hex(digest),
            folder: PathBuf::new(),
        }),
    })
}
