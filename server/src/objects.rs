//! Files: content-addressed artifacts under their digest, and inputs under their job's id, where they can be erased.

use crate::digest::Digest;
use crate::job::JobId;
use crate::settings::Storage;
use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};
use std::path::Path;
use std::sync::Arc;
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
            let mut builder = AmazonS3Builder::new().with_bucket_name(bucket);
            let s3 = &storage.s3;
            if !s3.endpoint.is_empty() {
                builder = builder
                    .with_endpoint(&s3.endpoint)
                    .with_allow_http(s3.endpoint.starts_with("http://"));
            }
            if !s3.region.is_empty() {
                builder = builder.with_region(&s3.region);
            }
            builder = if s3.access_key_id.is_empty() {
                builder.with_skip_signature(true)
            } else {
                builder
                    .with_access_key_id(&s3.access_key_id)
                    .with_secret_access_key(&s3.secret_access_key)
            };
            return Ok(Self(Arc::new(PrefixStore::new(builder.build()?, prefix))));
        }
        let folder = Path::new(
            storage
                .objects
                .strip_prefix("file://")
                .unwrap_or(&storage.objects),
        );
        std::fs::create_dir_all(folder).map_err(|source| ObjectError::File {
            path: folder.display().to_string(),
            source,
        })?;
        // Artifacts are stored before the row that names them: they have to be on the disk by then.
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self(Arc::new(store)))
    }

    /// Stores an artifact and returns its digest.
    ///
    /// # Errors
    /// [`ObjectError::Store`].
    pub async fn put(&self, bytes: impl Into<Bytes>) -> Result<Digest, ObjectError> {
        let bytes = bytes.into();
        let digest = Digest::of(&bytes);
        if !self.has(digest).await? {
            self.0.put(&artifact(digest), bytes.into()).await?;
        }
        Ok(digest)
    }

    /// Stores a local file whose digest is known.
    ///
    /// # Errors
    /// [`ObjectError`].
    pub async fn put_file(&self, digest: Digest, path: &Path) -> Result<(), ObjectError> {
        if self.has(digest).await? {
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

    /// Whether an artifact is there.
    ///
    /// # Errors
    /// [`ObjectError::Store`].
    pub async fn has(&self, digest: Digest) -> Result<bool, ObjectError> {
        match self.0.head(&artifact(digest)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
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
        match self.0.delete(&input(job)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn artifact(digest: Digest) -> ObjectPath {
    let text = digest.to_string();
    // Folders of at most some thousand files.
    let (first, _) = text.split_at_checked(2).unwrap_or((&text, ""));
    ObjectPath::from(format!("artifacts/{first}/{text}"))
}

fn input(job: JobId) -> ObjectPath {
    ObjectPath::from(format!("inputs/{job}"))
}
