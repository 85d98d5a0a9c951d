//! Files of running jobs.
//!
//! Each worker has a folder with a lock that it holds while it lives. Folders without a living worker are removed by the
//! next one that starts: they may hold private inputs. What their workers had is known to be lost.
//!
//! A lock counts only while it is the file at its path: between making it and holding it, a folder looks like a dead worker's.

use super::WorkerError;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const FOLDER: &str = "scratch";
const LOCK: &str = "lock";
/// What a lock says that was held by its worker.
const HELD: &[u8] = b"held\n";
/// How often a folder is made that others take for a dead worker's.
const TRIES: u32 = 100;
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
        let lock = own_folder(&folder).map_err(failed("locking", &folder))?;
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

/// Makes a worker's folder and returns its lock, held.
fn own_folder(folder: &Path) -> io::Result<File> {
    let path = folder.join(LOCK);
    for _ in 0..TRIES {
        private_folder(folder)?;
        match open_lock(&path) {
            Ok(lock) if hold(&lock, &path)? => return Ok(lock),
            Ok(_) => {}
            // The folder was removed in between.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other(
        "other workers that start remove it again and again; start this one again when they run",
    ))
}

fn open_lock(path: &Path) -> io::Result<File> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}

/// Waits for the lock and notes in it that it is held. Says whether it is: not if the file at its path is another, or none.
fn hold(mut lock: &File, path: &Path) -> io::Result<bool> {
    flock(lock, FlockOperation::LockExclusive)?;
    if !is_at(lock, path)? {
        return Ok(false);
    }
    lock.write_all(HELD)?;
    Ok(true)
}

/// Whether this open file is what others find at `path`.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match fs::metadata(path) {
        Ok(found) => Ok((own.dev(), own.ino()) == (found.dev(), found.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes the folders of dead workers, and returns the names of those that once held their locks: others are just starting, and make
/// their folders again.
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
        let path = folder.join(LOCK);
        let lock = match File::open(&path) {
            Err(_) if !young => open_lock(&path),
            lock => lock,
        };
        let Ok(lock) = lock else { continue };
        // What is at the path is removed, so that must be what is locked here.
        let stale = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok()
            && is_at(&lock, &path).unwrap_or(false);
        if stale {
            let was_held = lock.metadata().is_ok_and(|data| data.len() > 0);
            dead.extend(entry.file_name().into_string().ok().filter(|_| was_held));
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
        fs::write(dead.join("lock"), HELD).unwrap();
        let other = Scratch::new(parent.path(), "other").unwrap();
        assert!(attempt.path().is_dir() && !dead.exists());
        assert_eq!((living.dead().len(), other.dead()), (0, &["dead".to_owned()][..]));
        drop(attempt);
        drop(living);
        assert!(!parent.path().join("scratch/living").exists());
        assert!(other.models().is_dir());
    }

    #[test]
    fn a_lock_that_was_taken_for_a_dead_workers_is_not_held() {
        let parent = tempfile::tempdir().unwrap();
        let all = parent.path().join(FOLDER);
        let folder = all.join("starting");
        private_folder(&folder).unwrap();
        let path = folder.join(LOCK);
        // Another worker starts after this one opened its lock, and before it holds it.
        let opened = open_lock(&path).unwrap();
        assert!(remove_stale(&all).is_empty(), "one that starts is not dead");
        assert!(!folder.exists() && !hold(&opened, &path).unwrap());
        // It makes another, which stays; who opened the first takes nothing for it.
        let lock = own_folder(&folder).unwrap();
        assert!(is_at(&lock, &path).unwrap() && !hold(&opened, &path).unwrap());
        assert!(remove_stale(&all).is_empty() && folder.is_dir());
        drop(lock);
        assert_eq!(remove_stale(&all), ["starting"]);
        assert!(!folder.exists());
    }

    #[test]
    fn a_worker_that_waits_for_a_lock_that_is_removed_makes_its_folder_again() {
        let parent = tempfile::tempdir().unwrap();
        let all = parent.path().join(FOLDER);
        let folder = all.join("starting");
        private_folder(&folder).unwrap();
        let path = folder.join(LOCK);
        let others = open_lock(&path).unwrap();
        flock(&others, FlockOperation::LockExclusive).unwrap();
        let starting = std::thread::spawn({
            let folder = folder.clone();
            move || own_folder(&folder).unwrap()
        });
        std::thread::sleep(Duration::from_millis(100));
        fs::remove_dir_all(&folder).unwrap();
        drop(others);
        let lock = starting.join().unwrap();
        assert!(is_at(&lock, &path).unwrap());
        assert!(remove_stale(&all).is_empty() && folder.is_dir());
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
