//! Which SRS a model's keys are made with.

use crate::compiling::Surroundings;
use crate::{ProjectError, Step, during};
use hallmark_prover::srs::{MIN_K, Srs, SrsStore, hex};
use hallmark_prover::{Event, Observer, ProverError, Stage};
use hallmark_verifier::SrsPoints;
use serde_json::{Value, json};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

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
    /// [`ProjectError::SrsChoice`] if it is none of them.
    pub fn parse(text: &str) -> Result<Self, ProjectError> {
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
            .map_err(|_| ProjectError::SrsChoice(text.to_owned()))
    }

    /// The points of the SRS, by which it is recognised: from the first powers of its file, or of the smallest size in the cache.
    ///
    /// # Errors
    /// [`ProjectError`] naming the file, or if the cache has none with the digest.
    pub fn points(&self, surroundings: &Surroundings<'_>) -> Result<SrsPoints, ProjectError> {
        let srs = match self {
            Self::Development => Srs::development(MIN_K)?,
            Self::Digest(digest) => {
                let (store, silent) = (surroundings.srs_store(), hallmark_prover::observer::Silent);
                store.get(*digest, "with this digest", MIN_K, &silent)?
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
    ) -> Result<([u8; 32], String), ProjectError> {
        let path = match self {
            Self::Development => return Ok((Srs::development_digest(), "development".to_owned())),
            Self::Digest(digest) => return Ok((*digest, "with this digest".to_owned())),
            Self::File(path) => path,
        };
        let small = import_srs(path, Some(MIN_K), surroundings)?;
        let (digest, name) = (small.digest(), small.name().to_owned());
        let store = surroundings.srs_store();
        let there = store
            .get(digest, &name, k, &hallmark_prover::observer::Silent)
            .is_ok();
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
/// [`ProjectError`] naming the file.
pub fn import_srs(path: &Path, k: Option<u32>, surroundings: &Surroundings<'_>) -> Result<Srs, ProjectError> {
    let mut file = File::open(path).map_err(ProjectError::file("opening", path))?;
    let name = path.file_name().map_or_else(
        || "unnamed".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    during(surroundings.progress, Step::CheckingSrs, || {
        Srs::import(&mut file, &name, k)
    })
    .map_err(|error| ProjectError::from(error).at(path))
}

/// The SRS for 2^k rows, as a stage.
///
/// # Errors
/// Those of [`SrsStore::get`].
pub fn get_srs(
    store: &SrsStore,
    (digest, name): &([u8; 32], String),
    k: u32,
    observer: &dyn Observer,
) -> Result<Srs, ProverError> {
    observer.notice(Event::StageStarted {
        stage: Stage::Srs,
        estimate_ms: None,
    });
    let start = Instant::now();
    let srs = store.get(*digest, name, k, observer);
    let elapsed_ms = start.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    observer.notice(Event::StageFinished {
        stage: Stage::Srs,
        elapsed_ms,
    });
    srs
}
