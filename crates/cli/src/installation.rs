//! An installation: its data directory, its key, and the database, private or given.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use kernel::Clock;
use retainer::server::Options;
use runtime::db::{connect, role_password};
use runtime::files;
use runtime::postgres::{Cluster, ClusterOptions};
use runtime::secret::Key;
use tokio_postgres::Config;

use crate::args::{BucketArgs, Place};

/// The role that owns the database of a private PostgreSQL. Not the superuser, so that row-level security binds it too.
const OWNER: &str = "retainer_owner";
/// The database of a private PostgreSQL.
pub(crate) const DATABASE: &str = "retainer";
/// The variable that holds the key where there is no lasting data directory.
const KEY_VARIABLE: &str = "RETAINER_KEY";

/// What to do when there is no installation yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    /// Make one.
    Make,
    /// Say so and end.
    Refuse,
}

/// An opened installation.
#[derive(Debug)]
pub(crate) struct Installation {
    /// Its directory.
    pub data: PathBuf,
    /// How the owner of the database connects.
    pub owner: Config,
    /// Its key.
    pub key: Key,
    /// Where its files lie.
    pub files: files::Place,
    /// The private PostgreSQL, unless a database was given.
    pub cluster: Option<Arc<Cluster>>,
}

impl Installation {
    /// Finds the installation, starting its private PostgreSQL where it has one.
    pub(crate) async fn open(place: &Place, absent: Absent) -> anyhow::Result<Self> {
        let data = match &place.data {
            Some(data) => data.clone(),
            None => default_data()?,
        };
        let files = files(&data, &place.bucket)?;
        match &place.database_url {
            Some(url) => Self::given(data, url, files).await,
            None => Self::private(data, absent, files).await,
        }
    }

    /// On a database that somebody else runs.
    async fn given(data: PathBuf, url: &str, files: files::Place) -> anyhow::Result<Self> {
        let owner: Config = url.parse().context("DATABASE_URL cannot be read")?;
        let key = match known_key(&data)? {
            Some(key) => key,
            None if is_in_use(&owner).await? => bail!(
                "this database belongs to an installation whose key is elsewhere: set {KEY_VARIABLE} to it, or put \
                 its key file at {}",
                key_file(&data).display()
            ),
            None => make_key(&data)?,
        };
        Ok(Self { data, owner, key, files, cluster: None })
    }

    /// On its own PostgreSQL.
    async fn private(data: PathBuf, absent: Absent, files: files::Place) -> anyhow::Result<Self> {
        let home = data.join("postgres");
        let fresh = !home.exists();
        if fresh && absent == Absent::Refuse {
            bail!("there is no installation in {}: `retainer serve` makes one, --data chooses another", data.display());
        }
        let cluster = Cluster::start(ClusterOptions::durable(home)).await?;
        if let Some(asked) = cluster.moved_from() {
            tracing::warn!(
                "PostgreSQL does not run as root, and its user cannot enter {}: the database is in {}",
                asked.display(),
                cluster.data_dir().display()
            );
        }
        let key = match known_key(&data)? {
            Some(key) => key,
            None if is_in_use(&cluster.config(DATABASE)).await.unwrap_or(false) => bail!(
                "the key of this installation is gone: put {} back from a backup, or set {KEY_VARIABLE} to it",
                key_file(&data).display()
            ),
            None => make_key(&data)?,
        };
        let owner = owned_database(&cluster, &key, DATABASE).await?;
        Ok(Self { data, owner, key, files, cluster: Some(Arc::new(cluster)) })
    }

    /// How a server runs here; the caller fills in what its own command takes.
    pub(crate) fn options(&self) -> Options {
        Options::new(self.owner.clone(), self.key.clone(), Clock::system(), self.files.clone())
    }

    /// Whether its tables are there; a first start that was interrupted leaves none.
    pub(crate) async fn is_migrated(&self) -> anyhow::Result<bool> {
        let client = connect(&self.owner).await?;
        Ok(client.query_one("select to_regclass('public.organizations') is not null", &[]).await?.get(0))
    }

    /// Leaves the private PostgreSQL, which ends unless another process uses it.
    pub(crate) async fn close(&self) {
        if let Some(cluster) = &self.cluster
            && let Err(error) = cluster.stop().await
        {
            tracing::warn!(%error, "the private PostgreSQL did not stop");
        }
    }
}

/// Where files lie: in the data directory, or in the bucket that was named, with its key.
fn files(data: &Path, bucket: &BucketArgs) -> anyhow::Result<files::Place> {
    let Some(name) = bucket.name.clone() else { return Ok(files::Place::Folder(data.join("files"))) };
    let needed = "a bucket needs its key: set RETAINER_S3_ACCESS_KEY_ID and RETAINER_S3_SECRET_ACCESS_KEY";
    Ok(files::Place::Bucket(files::Bucket {
        name,
        endpoint: bucket.endpoint.clone(),
        region: bucket.region.clone(),
        access_key_id: bucket.access_key_id.clone().context(needed)?,
        secret_access_key: bucket.secret_access_key.clone().context(needed)?,
    }))
}

/// Where data lives when nobody says.
pub(crate) fn default_data() -> anyhow::Result<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(data) = named("XDG_DATA_HOME") {
        return Ok(data.join("retainer"));
    }
    let home = named("HOME").context("there is no HOME: say with --data DIR where the data shall live")?;
    Ok(home.join(".local/share/retainer"))
}

/// The settings by which the owner reaches a database of the private PostgreSQL, which is made if it is new.
pub(crate) async fn owned_database(cluster: &Cluster, key: &Key, name: &str) -> anyhow::Result<Config> {
    let password = role_password(key, OWNER);
    let mut owner = cluster.config(name);
    owner.user(OWNER).password(&password);
    // What a login of a contract may write to the disk is the superuser's to say, who lets the owner say it.
    if let Ok(client) = connect(&owner).await
        && client.query_one("select has_parameter_privilege('temp_file_limit', 'set')", &[]).await?.get(0)
    {
        return Ok(owner);
    }
    let root = connect(&cluster.config("postgres")).await?;
    root.execute("select pg_advisory_lock(4712)", &[]).await?;
    let known = root.query_opt("select 1 from pg_roles where rolname = $1", &[&OWNER]).await?.is_some();
    let verb = if known { "alter" } else { "create" };
    // The password is hexadecimal and the names are constants, so they can stand in the statements.
    root.batch_execute(&format!("{verb} role {OWNER} login createrole password '{password}'")).await?;
    root.batch_execute(&format!("grant set on parameter temp_file_limit to {OWNER}")).await?;
    if root.query_opt("select 1 from pg_database where datname = $1", &[&name]).await?.is_none() {
        root.batch_execute(&format!("create database {name} owner {OWNER}")).await?;
    }
    Ok(owner)
}

/// Whether the database has been migrated before.
async fn is_in_use(config: &Config) -> anyhow::Result<bool> {
    let client = connect(config).await?;
    let row = client.query_one("select to_regclass('public.schema_migrations') is not null", &[]).await?;
    Ok(row.get(0))
}

/// The file that holds the installation's key.
fn key_file(data: &Path) -> PathBuf {
    data.join("key")
}

fn known_key(data: &Path) -> anyhow::Result<Option<Key>> {
    if let Some(text) = std::env::var_os(KEY_VARIABLE).filter(|text| !text.is_empty()) {
        let key = text.to_str().and_then(Key::from_hex);
        return key.map(Some).with_context(|| format!("{KEY_VARIABLE} must be 64 hexadecimal digits"));
    }
    let path = key_file(data);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let key = Key::from_hex(&text);
            key.map(Some).with_context(|| {
                format!("{} must hold 64 hexadecimal digits: put it back from a backup", path.display())
            })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
    }
}

/// Makes the key, whole or not at all, and lasting before anything depends on it.
fn make_key(data: &Path) -> anyhow::Result<Key> {
    let path = key_file(data);
    let draft = data.join(format!("key.{}", std::process::id()));
    let made = std::fs::create_dir_all(data).and_then(|()| write_key(&draft, &path));
    let removed = std::fs::remove_file(&draft);
    made.with_context(|| format!("could not write {}", path.display()))?;
    removed?;
    File::open(data)?.sync_all()?;
    known_key(data)?.with_context(|| format!("{} disappeared", path.display()))
}

fn write_key(draft: &Path, path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft)?;
    file.write_all(Key::generate().to_hex().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    match std::fs::hard_link(draft, path) {
        // Another start was quicker; its key is as good.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}
