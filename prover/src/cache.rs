//! Files that can be made again: prepared SRSs, and what is known about keys.
//!
//! An entry is written to a temporary file beside its place, flushed to the disk and renamed, so that a reader
//! sees a whole entry or none. It starts with a header that holds the SHA-256 digest of its payload; the digest
//! is checked before a byte of the payload is decoded. A damaged entry is reported and never trusted.
//!
//! Header, little endian: 8 bytes magic, 32 bytes digest, 8 bytes payload length. The payload follows and ends the file.

use crate::ProverError;
use rand_core::{OsRng, RngCore};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const MAGIC: [u8; 8] = *b"HMCACHE1";
const HEADER_BYTES: u64 = 48;
const BUFFER_BYTES: usize = 1 << 20;

/// A folder of entries.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// The outcome of looking up an entry.
#[derive(Debug)]
pub enum Lookup<T> {
    /// The entry was whole.
    Hit(T),
    /// There is no such entry.
    Miss,
    /// The entry was there but damaged.
    Damaged {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

impl Cache {
    /// A cache in `folder`, which is created with the first entry.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder of the cache.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of entry `name`.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Names of all whole-looking entries that start with `prefix`, sorted. An absent folder has none.
    ///
    /// # Errors
    /// [`ProverError::File`] if the folder cannot be listed.
    pub fn names(&self, prefix: &str) -> Result<Vec<String>, ProverError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(file_error("listing", &self.folder, error)),
        };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.starts_with(prefix) && !name.ends_with(TEMPORARY_SUFFIX))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Checks the digest of entry `name` and decodes its payload with `read`.
    ///
    /// # Errors
    /// [`ProverError::File`] if the file exists but cannot be opened. Damage is a [`Lookup::Damaged`], not an error.
    pub fn load<T>(
        &self,
        name: &str,
        read: impl FnOnce(&mut BufReader<File>) -> io::Result<T>,
    ) -> Result<Lookup<T>, ProverError> {
        let path = self.path(name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Lookup::Miss),
            Err(error) => return Err(file_error("opening", &path, error)),
        };
        let loaded = check_payload(&mut file)
            .and_then(|()| file.seek(SeekFrom::Start(HEADER_BYTES)))
            .and_then(|_| read(&mut BufReader::with_capacity(BUFFER_BYTES, file)));
        Ok(match loaded {
            Ok(value) => {
                // Only the order of eviction depends on it.
                let _ = File::options()
                    .append(true)
                    .open(&path)
                    .and_then(|file| file.set_modified(SystemTime::now()));
                Lookup::Hit(value)
            }
            Err(error) => Lookup::Damaged {
                path,
                problem: error.to_string(),
            },
        })
    }

    /// Writes entry `name` with the payload that `write` produces, replacing an earlier one. Returns the bytes
    /// of the payload.
    ///
    /// # Errors
    /// [`ProverError::File`]; no partial file stays behind.
    pub fn store(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<u64, ProverError> {
        fs::create_dir_all(&self.folder).map_err(|error| file_error("creating", &self.folder, error))?;
        write_atomically(&self.path(name), |file| {
            file.write_all(&[0; HEADER_BYTES as usize])?;
            let (digest, bytes) = write_payload(file, write)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&MAGIC)?;
            file.write_all(&digest)?;
            file.write_all(&bytes.to_le_bytes())?;
            Ok(bytes)
        })
    }

    /// Removes the entries whose names start with one of `prefixes`, least recently loaded or stored first, until the
    /// rest takes no more than `limit_bytes`. Entries that cannot be looked at or removed are left.
    ///
    /// # Errors
    /// [`ProverError::File`] if the folder cannot be listed.
    pub fn evict(&self, prefixes: &[&str], limit_bytes: u64) -> Result<(), ProverError> {
        let mut entries = Vec::new();
        for prefix in prefixes {
            for name in self.names(prefix)? {
                if let Ok(metadata) = fs::metadata(self.path(&name)) {
                    entries.push((metadata.modified().ok(), metadata.len(), name));
                }
            }
        }
        entries.sort();
        let mut total: u64 = entries.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, name) in entries {
            if total <= limit_bytes {
                break;
            }
            if self.remove(&name).is_ok() {
                total -= bytes;
            }
        }
        Ok(())
    }

    /// Removes entry `name` if it is there.
    ///
    /// # Errors
    /// [`ProverError::File`].
    pub fn remove(&self, name: &str) -> Result<(), ProverError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(file_error("removing", &path, error))
            }
            _ => Ok(()),
        }
    }
}

const TEMPORARY_SUFFIX: &str = ".part";

/// Creates or replaces `path` with what `write` puts into the file: whole, on the disk, or not at all.
///
/// # Errors
/// [`ProverError::File`]; the temporary file is removed.
pub fn write_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<T>,
) -> Result<T, ProverError> {
    place_atomically(&OpenOptions::new(), path, write)
}

/// As [`write_atomically`], for a file that is its owner's alone from its first moment, where the system knows owners.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_secret_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<T>,
) -> Result<T, ProverError> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    place_atomically(&options, path, write)
}

fn place_atomically<T>(
    options: &OpenOptions,
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<T>,
) -> Result<T, ProverError> {
    // Random, so that two writers cannot share a temporary file.
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{:016x}{TEMPORARY_SUFFIX}", OsRng.next_u64()));
    let temporary = path.with_file_name(name);
    let written = options
        .clone()
        .write(true)
        .create_new(true)
        .open(&temporary)
        .and_then(|mut file| {
            let value = write(&mut file)?;
            file.sync_all()?;
            fs::rename(&temporary, path)?;
            sync_folder(path);
            Ok(value)
        });
    written.map_err(|error| {
        // The write's own error is the one to report.
        let _ = fs::remove_file(&temporary);
        file_error("writing", path, error)
    })
}

/// Makes the rename durable where the platform can; the entry is whole either way.
fn sync_folder(path: &Path) {
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
}

fn check_payload(file: &mut File) -> io::Result<()> {
    let damaged = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    let length = file.metadata()?.len();
    let mut header = [0u8; HEADER_BYTES as usize];
    file.read_exact(&mut header)
        .map_err(|_| damaged(format!("the file has {length} bytes, fewer than its header")))?;
    let (magic, rest) = header.split_at(8);
    let (digest, bytes) = rest.split_at(32);
    if magic != MAGIC {
        return Err(damaged(
            "it does not start with the magic bytes of a cache entry".into(),
        ));
    }
    let bytes = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    if length.checked_sub(HEADER_BYTES) != Some(bytes) {
        return Err(damaged(format!(
            "the header announces {bytes} bytes of payload, the file holds {}",
            length.saturating_sub(HEADER_BYTES)
        )));
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0u8; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hash.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if hash.finalize().as_slice() != digest {
        return Err(damaged(
            "the digest of the payload differs from the one in the header".into(),
        ));
    }
    Ok(())
}

fn write_payload(
    file: &mut File,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<([u8; 32], u64)> {
    // Buffered before it is hashed: halo2 writes eight bytes at a time.
    let hashing = Hashing {
        inner: file,
        hash: Sha256::new(),
        bytes: 0,
    };
    let mut payload = BufWriter::with_capacity(BUFFER_BYTES, hashing);
    write(&mut payload)?;
    let Hashing { hash, bytes, .. } = payload.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok((hash.finalize().into(), bytes))
}

struct Hashing<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn file_error(action: &'static str, path: &Path, source: io::Error) -> ProverError {
    ProverError::File {
        action,
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests;
