//! Files: content-addressed artifacts under their digest, and inputs under their job's id, where they can be erased.

use crate::digest::Digest;
use crate::job::JobId;
use crate::private;
use crate::settings::Storage;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, RetryConfig, WriteMultipart};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncReadExt;

/// Bytes that a large file is sent in at once.
const CHUNK: usize = 1 << 20;

/// Why a file could not be read or written.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The store refused, or cannot be reached.
    #[error("object store: {0}")]
    Store(#[from] object_store::Error),
    /// A local file could not be read or made.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// What the store gave is not what was stored.
    #[error("object {0} is damaged: its content has another digest")]
    Damaged(Digest),
}

impl ObjectError {
    /// Whether there is no such object, rather than no answer.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Store(object_store::Error::NotFound { .. }))
    }
}

/// The object store. Clones share it.
#[derive(Clone, Debug)]
pub struct Objects(Arc<dyn ObjectStore>);

impl Objects {
    /// Opens `s3://bucket/prefix`, or a folder.
    ///
    /// # Errors
    /// If the folder cannot be made, or the address has no meaning.
    pub fn open(storage: &Storage) -> Result<Self, ObjectError> {
        if let Some(rest) = storage.objects.strip_prefix("s3://") {
            crate::tls::install_provider();
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            let s3 = &storage.s3;
            // Without a key in the settings, the usual variables and the machine's role are asked.
            let mut builder = if s3.access_key_id.is_empty() {
                AmazonS3Builder::from_env()
            } else {
                AmazonS3Builder::new()
                    .with_access_key_id(&s3.access_key_id)
                    .with_secret_access_key(&s3.secret_access_key)
            };
            // Within the time that a request has: the job is tried again, and the caller is told to come back.
            let retries = RetryConfig {
                max_retries: 4,
                retry_timeout: Duration::from_secs(15),
                ..RetryConfig::default()
            };
            builder = builder.with_bucket_name(bucket).with_retry(retries);
            if !s3.endpoint.is_empty() {
                builder = builder
                    .with_endpoint(&s3.endpoint)
                    .with_allow_http(s3.endpoint.starts_with("http://"));
            }
            if !s3.region.is_empty() {
                builder = builder.with_region(&s3.region);
            }
            return Ok(Self(Arc::new(PrefixStore::new(builder.build()?, prefix))));
        }
        let folder = Path::new(
            storage
                .objects
                .strip_prefix("file://")
                .unwrap_or(&storage.objects),
        );
        Self::open_folder(folder)
    }

    /// Opens or makes a folder.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open_folder(folder: &Path) -> Result<Self, ObjectError> {
        private::make_folder(folder).map_err(|source| ObjectError::File {
            path: folder.display().to_string(),
            source,
        })?;
        private::close_all(folder);
        // Artifacts are stored before the row that names them: they have to be on the disk by then.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self(Arc::new(store)))
    }

    /// Uses this store.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self(store)
    }

    /// Stores an artifact and returns its digest. When this returns, it is there to stay.
    ///
    /// # Errors
    /// [`ObjectError::Store`].
    pub async fn put(&self, bytes: impl Into<Bytes>) -> Result<Digest, ObjectError> {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        if !self.is_fresh(digest).await? {
            self.0.put(&artifact(digest), bytes.into()).await?;
        }
        Ok(digest)
    }

    /// Stores a local file whose digest is known.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn put_file(&self, digest: Digest, path: &Path) -> Result<(), ObjectError> {
        if self.is_fresh(digest).await? {
            return Ok(());
        }
        let failed = |source| ObjectError::File {
            path: path.display().to_string(),
            source,
        };
        let mut file = tokio::fs::File::open(path).await.map_err(failed)?;
        let mut upload = WriteMultipart::new(self.0.put_multipart(&artifact(digest)).await?);
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = file.read(&mut buffer).await.map_err(failed)?;
            let Some(chunk) = buffer.get(..read).filter(|chunk| !chunk.is_empty()) else {
                break;
            };
            upload.wait_for_capacity(4).await?;
            upload.write(chunk);
        }
        upload.finish().await?;
        Ok(())
    }

    /// Reads an artifact and checks it.
    ///
    /// # Errors
    /// [`ObjectError`]; see [`ObjectError::is_not_found`].
    pub async fn get(&self, digest: Digest) -> Result<Bytes, ObjectError> {
        let bytes = self.0.get(&artifact(digest)).await?.bytes().await?;
        if Digest::of(&bytes) != digest {
            return Err(ObjectError::Damaged(digest));
        }
        Ok(bytes)
    }

    /// When an artifact was last stored, in milliseconds since the epoch, if it is there.
    ///
    /// # Errors
    /// [`ObjectError::Store`].
    pub async fn stored_ms(&self, digest: Digest) -> Result<Option<i64>, ObjectError> {
        match self.0.head(&artifact(digest)).await {
            Ok(found) => Ok(Some(found.last_modified.timestamp_millis())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether an artifact was stored so lately that it need not be stored again. An older one is, so that nobody takes it for one
    /// that is no longer wanted.
    async fn is_fresh(&self, digest: Digest) -> Result<bool, ObjectError> {
        let now = system_ms();
        let stored = self.stored_ms(digest).await?;
        Ok(stored.is_some_and(|stored| now - stored < FRESH_MS))
    }

    /// Erases an artifact. One that is not there is erased.
    ///
    /// # Errors
    /// [`ObjectError::Store`].
    pub async fn erase(&self, digest: Digest) -> Result<(), ObjectError> {
        self.erase_at(&artifact(digest)).await
    }

    /// All artifacts with the time of their storing, in milliseconds since the epoch.
    pub fn list(&self) -> BoxStream<'_, Result<(Digest, i64), ObjectError>> {
        self.list_folder(ARTIFACTS)
    }

    /// Jobs of which there are inputs, with the time of their storing, in milliseconds since the epoch.
    pub fn list_inputs(&self) -> BoxStream<'_, Result<(JobId, i64), ObjectError>> {
        self.list_folder(INPUTS)
    }

    fn list_folder<T: FromStr + Send + 'static>(
        &self,
        folder: &str,
    ) -> BoxStream<'_, Result<(T, i64), ObjectError>> {
        let entries = self.0.list(Some(&ObjectPath::from(folder)));
        entries
            .map_err(ObjectError::Store)
            .try_filter_map(|entry| async move {
                let name = entry.location.filename().and_then(|name| name.parse().ok());
                Ok(name.map(|name| (name, entry.last_modified.timestamp_millis())))
            })
            .boxed()
    }

    /// Writes, reads and erases a few bytes.
    ///
    /// # Errors
    /// [`ObjectError`] if one of these is not possible.
    pub async fn check(&self) -> Result<(), ObjectError> {
        let place = ObjectPath::from(format!("checks/{}", uuid::Uuid::now_v7().simple()));
        self.0.put(&place, Bytes::from_static(b"check").into()).await?;
        self.0.get(&place).await?.bytes().await?;
        self.erase_at(&place).await
    }

    async fn erase_at(&self, place: &ObjectPath) -> Result<(), ObjectError> {
        match self.0.delete(place).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores the input of a job.
    ///
    /// # Errors
    /// [`ObjectError::Store`].
    pub async fn put_input(&self, job: JobId, bytes: impl Into<Bytes>) -> Result<(), ObjectError> {
        self.0.put(&input(job), bytes.into().into()).await?;
        Ok(())
    }

    /// Reads the input of a job.
    ///
    /// # Errors
    /// [`ObjectError::Store`]; see [`ObjectError::is_not_found`].
    pub async fn input(&self, job: JobId) -> Result<Bytes, ObjectError> {
        Ok(self.0.get(&input(job)).await?.bytes().await?)
    }

    /// Erases the input of a job. One that is not there is erased.
    ///
    /// # Errors
    /// [`ObjectError::Store`].
    pub async fn erase_input(&self, job: JobId) -> Result<(), ObjectError> {
        self.erase_at(&input(job)).await
    }
}

/// The time by the clock of this machine, as stores note it.
fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// How long an artifact need not be stored again.
pub(crate) const FRESH_MS: i64 = 3_600_000;
const ARTIFACTS: &str = "artifacts";
const INPUTS: &str = "inputs";

fn artifact(digest: Digest) -> ObjectPath {
    let text = digest.to_string();
    // Folders of at most some thousand files.
    let (first, _) = text.split_at_checked(2).unwrap_or((&text, ""));
    ObjectPath::from(format!("{ARTIFACTS}/{first}/{text}"))
}

fn input(job: JobId) -> ObjectPath {
    ObjectPath::from(format!("{INPUTS}/{job}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;

    #[tokio::test]
    async fn artifacts_are_whole_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::open_folder(&folder.path().join("objects")).unwrap();
        objects.check().await.unwrap();
        let digest = objects.put("some bytes").await.unwrap();
        assert_eq!(objects.put("some bytes").await.unwrap(), digest);
        assert_eq!(objects.get(digest).await.unwrap(), "some bytes");
        let listed: Vec<_> = objects.list().try_collect().await.unwrap();
        assert_eq!(
            listed.iter().map(|(digest, _)| *digest).collect::<Vec<_>>(),
            [digest]
        );
        let name = digest.to_string();
        let file = folder
            .path()
            .join("objects/artifacts")
            .join(&name[..2])
            .join(&name);
        std::fs::write(file, "other bytes").unwrap();
        assert!(matches!(objects.get(digest).await, Err(ObjectError::Damaged(_))));
        objects.erase(digest).await.unwrap();
        objects.erase(digest).await.unwrap();
        assert!(objects.get(digest).await.unwrap_err().is_not_found());
    }

    #[tokio::test]
    async fn files_are_stored_under_the_digest_of_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::new(Arc::new(InMemory::new()));
        for length in [0, 100, 9 << 20] {
            let bytes: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let path = folder.path().join("file");
            std::fs::write(&path, &bytes).unwrap();
            objects.put_file(Digest::of(&bytes), &path).await.unwrap();
            assert_eq!(objects.get(Digest::of(&bytes)).await.unwrap(), bytes);
        }
    }

    #[tokio::test]
    async fn inputs_are_erased_one_by_one() {
        let objects = Objects::new(Arc::new(InMemory::new()));
        let (first, second) = (JobId::new(), JobId::new());
        objects.put_input(first, "[1]").await.unwrap();
        objects.put_input(second, "[1]").await.unwrap();
        objects.erase_input(first).await.unwrap();
        objects.erase_input(first).await.unwrap();
        assert!(objects.input(first).await.unwrap_err().is_not_found());
        assert_eq!(objects.input(second).await.unwrap(), "[1]");
        let listed: Vec<_> = objects.list_inputs().try_collect().await.unwrap();
        assert_eq!(listed[0].0, second);
    }
}
