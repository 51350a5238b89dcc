//! The database: one pool as the application's role, which owns nothing and cannot bypass row-level security.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::config::Host;

use crate::Error;
use crate::secret::Key;

/// The role that the application connects as.
pub const APP_ROLE: &str = "retainer_app";
/// The role that reads across organizations; every use is audited.
pub const OPERATOR_ROLE: &str = "retainer_operator";

/// Statements longer than this are cut off, so that one request cannot hold a connection for ever.
/// Sequential scans are left to where nothing else is possible: on a small table they look cheap and would be chosen once
/// per row of a join, and a plan that was made when a table was small is kept when it has grown.
const SESSION: &str = "-c statement_timeout=15s -c lock_timeout=8s -c idle_in_transaction_session_timeout=30s \
                       -c timezone=UTC -c jit=off -c enable_seqscan=off";

/// Of work that has no request waiting for it. It still gives way where it would wait long for a lock.
const LONG_SESSION: &str = "-c statement_timeout=0 -c lock_timeout=60s -c timezone=UTC";

/// That the server looks every second whether anybody still waits for what it does.
const NOTICED: &str = "set client_connection_check_interval = '1s'";

/// Connections to one PostgreSQL database.
#[derive(Clone)]
pub struct Database {
    app: Pool,
    operator: Pool,
    owner: tokio_postgres::Config,
    long: tokio_postgres::Config,
    /// Statements of transactions since the start.
    statements: Arc<AtomicU64>,
    lookup: Key,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Database({:?})", self.owner.get_dbname())
    }
}

impl Database {
    /// Pools on the database that `owner` (the role that runs migrations) points to. Nothing is connected yet.
    ///
    /// # Errors
    /// A fault when the pool's settings make no sense.
    pub fn new(owner: tokio_postgres::Config, key: &Key, connections: usize) -> Result<Self, Error> {
        let app = pool(login(&owner, APP_ROLE, key), connections)?;
        let operator = pool(login(&owner, OPERATOR_ROLE, key), 2)?;
        let lookup = Key::new(key.derive_bytes("lookup"));
        let mut long = login(&owner, APP_ROLE, key);
        long.options(LONG_SESSION);
        Ok(Self { app, operator, owner, long, statements: Arc::default(), lookup })
    }

    /// A connection as the application's role.
    ///
    /// # Errors
    /// A fault when PostgreSQL cannot be reached or every connection stays busy for ten seconds.
    pub async fn client(&self) -> Result<deadpool_postgres::Object, Error> {
        Ok(self.app.get().await?)
    }

    /// A connection as the operator's role, which reads across organizations.
    ///
    /// # Errors
    /// A fault when PostgreSQL cannot be reached.
    pub async fn operator(&self) -> Result<deadpool_postgres::Object, Error> {
        Ok(self.operator.get().await?)
    }

    /// A connection of its own as the owner, for migrations and for listening.
    ///
    /// # Errors
    /// A fault when PostgreSQL cannot be reached.
    pub async fn owner(&self) -> Result<tokio_postgres::Client, Error> {
        connect(&self.owner).await
    }

    /// A connection of its own as the application's role, for work that takes longer than a request may: statements
    /// are not cut off.
    ///
    /// # Errors
    /// A fault when PostgreSQL cannot be reached.
    pub async fn long(&self) -> Result<tokio_postgres::Client, Error> {
        let client = connect(&self.long).await?;
        // Else the server goes on with a statement of a program that was killed, and keeps its locks. Where the server's system
        // cannot tell that somebody is gone, it refuses the setting, and the statement ends by itself.
        let _ = client.batch_execute(NOTICED).await;
        Ok(client)
    }

    /// How the owner connects.
    pub const fn owner_config(&self) -> &tokio_postgres::Config {
        &self.owner
    }

    /// How many statements transactions have sent since the start, by which a test sees that no page sends one per row.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// What a transaction counts its statements with.
    pub(crate) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.statements)
    }

    /// The key of hashes by which something is found; it follows from the installation's key.
    pub const fn lookup(&self) -> &Key {
        &self.lookup
    }

    /// Closes all pooled connections.
    pub fn close(&self) {
        self.app.close();
        self.operator.close();
    }
}

/// The settings of another role on the same server and database.
fn login(owner: &tokio_postgres::Config, role: &str, key: &Key) -> tokio_postgres::Config {
    let mut config = owner.clone();
    config.user(role).password(role_password(key, role)).options(SESSION).application_name("retainer");
    config
}

/// A role's password follows from the installation's key, so every server of an installation knows it.
pub fn role_password(key: &Key, role: &str) -> String {
    key.derive(&format!("database role {role}"))
}

fn pool(config: tokio_postgres::Config, connections: usize) -> Result<Pool, Error> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = if is_local(&config) {
        Manager::from_config(config, tokio_postgres::NoTls, recycling)
    } else {
        Manager::from_config(config, tls(), recycling)
    };
    let patience = std::time::Duration::from_secs(10);
    Pool::builder(manager)
        .max_size(connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(patience))
        .create_timeout(Some(patience))
        .build()
        .map_err(Error::unavailable)
}

fn is_local(config: &tokio_postgres::Config) -> bool {
    config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
}

fn tls() -> tokio_postgres_rustls::MakeRustlsConnect {
    tokio_postgres_rustls::MakeRustlsConnect::with_webpki_roots()
}

/// Opens a single connection and lets it run in the background.
///
/// # Errors
/// A fault when PostgreSQL cannot be reached.
pub async fn connect(config: &tokio_postgres::Config) -> Result<tokio_postgres::Client, Error> {
    if is_local(config) {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    } else {
        let (client, connection) = config.connect(tls()).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// A connection's messages, one after the other, until it ends.
pub type Messages = std::pin::Pin<
    Box<dyn futures_util::Stream<Item = Result<tokio_postgres::AsyncMessage, tokio_postgres::Error>> + Send>,
>;

/// Opens a single connection whose messages, notices included, go to `hear`, which runs in the background.
///
/// # Errors
/// A fault when PostgreSQL cannot be reached.
pub async fn connect_hearing<F>(
    config: &tokio_postgres::Config,
    hear: impl FnOnce(Messages) -> F,
) -> Result<tokio_postgres::Client, Error>
where
    F: Future<Output = ()> + Send + 'static,
{
    use futures_util::stream::poll_fn;
    if is_local(config) {
        let (client, mut connection) = config.connect(tokio_postgres::NoTls).await?;
        tokio::spawn(hear(Box::pin(poll_fn(move |context| connection.poll_message(context)))));
        Ok(client)
    } else {
        let (client, mut connection) = config.connect(tls()).await?;
        tokio::spawn(hear(Box::pin(poll_fn(move |context| connection.poll_message(context)))));
        Ok(client)
    }
}
