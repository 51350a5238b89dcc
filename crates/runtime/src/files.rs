//! Where people's files lie: a folder of the installation, or a bucket that is spoken to as S3.
//!
//! Here are bytes under keys and nothing else. A key is an organization's id and a random one, never a name that somebody
//! chose. Whose a file is, what it is called and who may have it stands in the database.

use std::io::ErrorKind;
use std::path::{Path as Folder, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use kernel::id::{Id, OrganizationId};
use object_store::aws::AmazonS3Builder;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::Error;

/// How many bytes of a file that is being written to a bucket are in memory at a time: it takes no smaller parts.
const PART: usize = 5 * 1024 * 1024;
/// The same of a folder, which takes any.
const CHUNK: usize = 256 * 1024;

/// Where files are to lie.
#[derive(Debug, Clone)]
pub enum Place {
    /// In this folder, which is made when the first file comes.
    Folder(PathBuf),
    /// In a bucket.
    Bucket(Bucket),
}

/// A bucket of a service that speaks S3.
#[derive(Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The address of the service; without one, Amazon's own.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The id of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Bucket({} at {})", self.name, self.endpoint.as_deref().unwrap_or("Amazon"))
    }
}

/// The files of an installation; cheap to clone.
#[derive(Debug, Clone)]
pub struct Files {
    place: Arc<Place>,
    store: Arc<OnceLock<Arc<dyn ObjectStore>>>,
}

/// A file that is being written. Whoever drops it unfinished leaves nothing that could be read under its key.
#[derive(Debug)]
pub struct Upload {
    writer: Option<BufWriter>,
}

impl Drop for Upload {
    /// One that is neither finished nor abandoned, as when whoever wrote it was stopped, leaves nothing behind either.
    fn drop(&mut self) {
        let Some(writer) = self.writer.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(abort(writer));
        }
    }
}

async fn abort(mut writer: BufWriter) {
    if let Err(error) = writer.abort().await {
        tracing::warn!(%error, "parts of an unfinished file may stay behind");
    }
}

/// A file that is being read.
pub struct Download {
    /// How many bytes it has.
    pub size: u64,
    /// The bytes, as they come.
    pub bytes: BoxStream<'static, Result<Bytes, std::io::Error>>,
}

impl Files {
    /// Files at a place. Nothing is opened yet.
    pub fn new(place: Place) -> Self {
        Self { place: Arc::new(place), store: Arc::default() }
    }

    fn store(&self) -> Result<Arc<dyn ObjectStore>, Error> {
        if let Some(store) = self.store.get() {
            return Ok(Arc::clone(store));
        }
        let store = match self.place.as_ref() {
            Place::Folder(folder) => open_folder(folder)?,
            Place::Bucket(bucket) => open_bucket(bucket)?,
        };
        Ok(Arc::clone(self.store.get_or_init(|| store)))
    }

    /// A folder for what is gathered on disk before it can be written, in files without names. Where files lie in a folder it is
    /// that one, because it is where room for much was made; the machine's own may be memory.
    ///
    /// # Errors
    /// A fault when the place cannot be opened.
    pub fn spool(&self) -> Result<PathBuf, Error> {
        match self.place.as_ref() {
            Place::Folder(folder) => {
                self.store()?;
                Ok(folder.clone())
            }
            Place::Bucket(_) if std::env::var_os("TMPDIR").is_none() && Folder::new("/var/tmp").is_dir() => {
                Ok(PathBuf::from("/var/tmp"))
            }
            Place::Bucket(_) => Ok(std::env::temp_dir()),
        }
    }

    /// How many bytes there is room for where much is gathered; none where that cannot be told.
    pub fn room(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.spool().ok()?).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Begins to write a file.
    ///
    /// # Errors
    /// A fault when the place cannot be opened.
    pub fn upload(&self, organization: OrganizationId, file: Uuid) -> Result<Upload, Error> {
        let capacity = if matches!(self.place.as_ref(), Place::Folder(_)) { CHUNK } else { PART };
        let writer = BufWriter::with_capacity(self.store()?, key(organization, file), capacity).with_max_concurrency(1);
        Ok(Upload { writer: Some(writer) })
    }

    /// Begins to read a file; none when there is no such.
    ///
    /// # Errors
    /// A fault when the place cannot be read.
    pub async fn download(&self, organization: OrganizationId, file: Uuid) -> Result<Option<Download>, Error> {
        match self.store()?.get(&key(organization, file)).await {
            Ok(found) => {
                let size = found.meta.size;
                Ok(Some(Download { size, bytes: found.into_stream().map_err(std::io::Error::other).boxed() }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// Removes a file, also one that was never finished. What is not there is removed already.
    ///
    /// # Errors
    /// A fault when the place cannot be written.
    pub async fn remove(&self, organization: OrganizationId, file: Uuid) -> Result<(), Error> {
        let key = key(organization, file);
        if let Place::Folder(folder) = self.place.as_ref() {
            // What is not finished stands beside where it is to be, under this name.
            absent_is_fine(tokio::fs::remove_file(folder.join(format!("{key}#1"))).await)?;
        }
        match self.store()?.delete(&key).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// Removes all files of an organization.
    ///
    /// # Errors
    /// A fault when the place cannot be written.
    pub async fn remove_all(&self, organization: OrganizationId) -> Result<(), Error> {
        let prefix = organization.uuid().to_string();
        if let Place::Folder(folder) = self.place.as_ref() {
            return absent_is_fine(tokio::fs::remove_dir_all(folder.join(prefix)).await);
        }
        let store = self.store()?;
        let all = store.list(Some(&Path::from(prefix))).map_ok(|found| found.location).boxed();
        let removed: Result<Vec<Path>, _> = store.delete_stream(all).try_collect().await;
        removed.map(drop).map_err(Error::unavailable)
    }
}

impl Upload {
    /// Writes on.
    ///
    /// # Errors
    /// A fault when the place does not take it.
    pub async fn put(&mut self, bytes: Bytes) -> Result<(), Error> {
        let writer = self.writer.as_mut().ok_or_else(|| Error::internal("the file is ended"))?;
        writer.put(bytes).await.map_err(Error::unavailable)
    }

    /// Ends the file. It lasts, and can be read, from here on.
    ///
    /// # Errors
    /// A fault when the place does not take it.
    pub async fn finish(mut self) -> Result<(), Error> {
        let Some(writer) = self.writer.as_mut() else { return Ok(()) };
        writer.shutdown().await.map_err(Error::unavailable)?;
        self.writer = None;
        Ok(())
    }

    /// Ends without a file.
    pub async fn abandon(mut self) {
        if let Some(writer) = self.writer.take() {
            abort(writer).await;
        }
    }
}

fn key(organization: OrganizationId, file: Uuid) -> Path {
    Path::from_iter([organization.uuid().to_string(), file.to_string()])
}

fn absent_is_fine(removed: std::io::Result<()>) -> Result<(), Error> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::unavailable(error)),
        _ => Ok(()),
    }
}

/// Other users of the machine have no business in it.
fn open_folder(folder: &Folder) -> Result<Arc<dyn ObjectStore>, Error> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(Error::unavailable)?;
    let store = LocalFileSystem::new_with_prefix(folder).map_err(Error::unavailable)?;
    Ok(Arc::new(store.with_fsync(true)))
}

fn open_bucket(bucket: &Bucket) -> Result<Arc<dyn ObjectStore>, Error> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_access_key_id(&bucket.access_key_id)
        .with_secret_access_key(&bucket.secret_access_key)
        .with_retry(RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: 3,
            retry_timeout: Duration::from_secs(20),
        });
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    let store = builder.build().map_err(|error| Error::internal(format!("the bucket cannot be used: {error}")))?;
    Ok(Arc::new(store))
}
