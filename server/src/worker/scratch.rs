//! Files of running jobs.
//!
//! Each worker has a folder with a lock that it holds while it lives. Folders without a living worker are removed by the
//! next one that starts: they may hold private inputs. What their workers had is known to be lost.

use super::WorkerError;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const FOLDER: &str = "scratch";
const LOCK: &str = "lock";
/// How long a model that nobody uses is kept.
const UNUSED: Duration = Duration::from_secs(7 * 86_400);

pub(super) struct Scratch {
    folder: PathBuf,
    models: PathBuf,
    dead: Vec<String>,
    _lock: File,
}

impl Scratch {
    pub(super) fn new(parent: &Path, worker: &str) -> Result<Self, WorkerError> {
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source| WorkerError::Folder { action, path, source }
        };
        let all = parent.join(FOLDER);
        private_folder(&all).map_err(failed("creating", &all))?;
        let dead = remove_stale(&all);
        let folder = all.join(worker);
        private_folder(&folder).map_err(failed("creating", &folder))?;
        let lock_path = folder.join(LOCK);
        let lock = File::create(&lock_path).map_err(failed("creating", &lock_path))?;
        flock(&lock, FlockOperation::LockExclusive)
            .map_err(|error| failed("locking", &lock_path)(error.into()))?;
        let models = parent.join("models");
        private_folder(&models).map_err(failed("creating", &models))?;
        forget_unused(&models);
        Ok(Self {
            folder,
            models,
            dead,
            _lock: lock,
        })
    }

    /// Names of workers of this machine that were found dead.
    pub(super) fn dead(&self) -> &[String] {
        &self.dead
    }

    /// A folder for one attempt, removed with the value.
    pub(super) fn attempt(&self) -> std::io::Result<TempDir> {
        tempfile::Builder::new().prefix("job-").tempdir_in(&self.folder)
    }

    /// Where models of this machine's workers lie, in folders named by their ids. They can be fetched again; those that nobody used
    /// for a week are removed when a worker starts or another model comes.
    pub(super) fn models(&self) -> &Path {
        &self.models
    }

    /// Notes that a model is wanted: its folder stays for now.
    pub(super) fn use_model(folder: &Path) {
        let now = File::open(folder).and_then(|folder| folder.set_modified(SystemTime::now()));
        if let Err(error) = now {
            tracing::debug!(%error, folder = %folder.display(), "noting that a model is used");
        }
    }

    /// Makes room for another model.
    pub(super) fn forget_unused_models(&self) {
        forget_unused(&self.models);
    }
}

fn forget_unused(models: &Path) {
    let Ok(entries) = fs::read_dir(models) else { return };
    for entry in entries.filter_map(Result::ok) {
        let used = entry.metadata().and_then(|data| data.modified());
        if used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age > UNUSED)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A folder that only its owner can look into.
fn private_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Removes the folders of dead workers, and returns the names of those whose locks were free: nobody but its worker ever held one.
fn remove_stale(all: &Path) -> Vec<String> {
    let mut dead = Vec::new();
    let Ok(entries) = fs::read_dir(all) else {
        return dead;
    };
    for entry in entries.filter_map(Result::ok) {
        let folder = entry.path();
        // A worker that is just starting has no lock yet; its folder is young.
        let young = entry
            .metadata()
            .and_then(|data| data.modified())
            .is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() < 10));
        let lock = File::open(folder.join(LOCK));
        let stale = match &lock {
            Ok(lock) => flock(lock, FlockOperation::NonBlockingLockExclusive).is_ok(),
            Err(_) => !young,
        };
        if stale {
            dead.extend(lock.ok().and_then(|_| entry.file_name().into_string().ok()));
            let _ = fs::remove_dir_all(folder);
        }
    }
    dead
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_dead_workers_go_and_those_of_living_ones_stay() {
        let parent = tempfile::tempdir().unwrap();
        let living = Scratch::new(parent.path(), "living").unwrap();
        let attempt = living.attempt().unwrap();
        let dead = parent.path().join("scratch/dead");
        fs::create_dir_all(dead.join("job-1")).unwrap();
        File::create(dead.join("lock")).unwrap();
        let other = Scratch::new(parent.path(), "other").unwrap();
        assert!(attempt.path().is_dir() && !dead.exists());
        assert_eq!((living.dead().len(), other.dead()), (0, &["dead".to_owned()][..]));
        drop(attempt);
        drop(living);
        assert!(!parent.path().join("scratch/living").exists());
        assert!(other.models().is_dir());
    }

    #[test]
    fn models_that_nobody_uses_go() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(parent.path(), "worker").unwrap();
        let old = SystemTime::now() - UNUSED - Duration::from_secs(60);
        let [unused, used, young] = ["unused", "used", "young"].map(|name| scratch.models().join(name));
        for folder in [&unused, &used, &young] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("key.bin"), "key").unwrap();
        }
        for folder in [&unused, &used] {
            File::open(folder).unwrap().set_modified(old).unwrap();
        }
        Scratch::use_model(&used);
        scratch.forget_unused_models();
        assert!(!unused.exists() && used.is_dir() && young.is_dir());
    }
}
