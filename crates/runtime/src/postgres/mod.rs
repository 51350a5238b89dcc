//! The private PostgreSQL: what makes set-up zero-effort when no `DATABASE_URL` is given.
//!
//! A [`Cluster`] is a PostgreSQL server on a directory that belongs to Retainer alone. It listens on a unix socket
//! only, asks for a scram password even there, and keeps fsync on unless it is [`Durability::Disposable`].
//!
//! What holds:
//!
//! 1. One server per directory. Who finds it running attaches; who starts at the same time waits for the other.
//! 2. A server in use is never stopped by us: each process holds a shared lock (`users`) while it uses the server, and
//!    the last one to leave stops it. A killed process loses its lock with its life, so nobody has to clean up after it.
//! 3. `kill -9` of this process, of PostgreSQL, or of a half-done `initdb` needs no repair by hand.
//! 4. The server never runs as root.
//! 5. The lock `lock` is held only while starting and stopping.
//!
//! The directory holds `pgdata/`, `secret` (the superuser's password), `retainer.conf` (our settings), `log/`,
//! `start.log`, `socket/`, and the two lock files. Read `cluster.rs` first, then `server.rs`.

mod cluster;
mod error;
mod home;
mod init;
mod locate;
mod locks;
mod process;
mod server;
mod settings;
mod user;

use std::path::PathBuf;
use std::time::Duration;

pub use cluster::{Cluster, halt};
pub use error::ClusterError;
pub use locate::{ServerPrograms, installations};

/// The superuser of every private cluster.
pub const SUPERUSER: &str = "retainer_root";

/// The port number in the socket's name; no TCP port is ever opened.
pub const PORT: u16 = 5432;

/// The oldest PostgreSQL that Retainer runs on.
pub const OLDEST_MAJOR: u32 = 15;

/// What a cluster promises about a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A commit is on disk before it is acknowledged.
    Durable,
    /// Fast and lossy, for tests only: no fsync, no full-page writes, no synchronous commit.
    Disposable,
}

/// What happens to the server when a [`Cluster`] goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// The last process that uses the server stops it, on `stop()` and on drop.
    Owned,
    /// The server is left running for the next process; only [`halt`] stops it.
    Shared,
}

/// How a private cluster is to be run.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// A directory for this cluster alone; it is made if it does not exist.
    pub data_dir: PathBuf,
    /// What the cluster promises about a power cut.
    pub durability: Durability,
    /// Whether the server outlives its users.
    pub lifetime: Lifetime,
    /// PostgreSQL's `max_connections`.
    pub max_connections: u16,
    /// PostgreSQL's `shared_buffers`, in MiB.
    pub shared_buffers_mib: u16,
    /// How long a start may take, crash recovery included, before it is reported as failed.
    pub patience: Duration,
}

impl ClusterOptions {
    /// What `retainer serve` uses: durable, stopped by its last user.
    pub fn durable(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            durability: Durability::Durable,
            lifetime: Lifetime::Owned,
            max_connections: 100,
            shared_buffers_mib: 128,
            patience: Duration::from_mins(5),
        }
    }

    /// What tests use: lossy, fast, and left running for the next test process.
    pub fn disposable(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            durability: Durability::Disposable,
            lifetime: Lifetime::Shared,
            max_connections: 200,
            shared_buffers_mib: 64,
            patience: Duration::from_mins(1),
            ..Self::durable(data_dir)
        }
    }
}
