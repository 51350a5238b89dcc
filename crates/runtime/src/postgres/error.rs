//! Why a private cluster could not be started, used or stopped, in sentences for the person at the terminal.

use std::io;
use std::path::{Path, PathBuf};

/// Why a private cluster could not be started, used or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// There are no PostgreSQL server programs on this machine.
    #[error("PostgreSQL {oldest} or newer was not found on this machine{searched}: {advice}, or set DATABASE_URL")]
    NotInstalled {
        /// The oldest version that would do.
        oldest: u32,
        /// What was found instead, or where it was looked for, starting with a space; may be empty.
        searched: String,
        /// What to type to install it.
        advice: String,
    },
    /// The data was made by a PostgreSQL that this machine does not have.
    #[error(
        "the database in {} was made by PostgreSQL {made_by}, but this machine has {found}: install PostgreSQL \
         {made_by} beside it and start again, or dump the data there and restore it into a new directory",
        pgdata.display()
    )]
    OtherVersion {
        /// The PostgreSQL data directory.
        pgdata: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// The versions that are installed.
        found: String,
    },
    /// The directory belongs to another user.
    #[error("{} belongs to user id {owner}: run as that user, or choose another directory", path.display())]
    NotOurs {
        /// The directory or file.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
    },
    /// The unprivileged user that the server must run as cannot get to the directory.
    #[error(
        "the unprivileged user of PostgreSQL cannot enter {}, on the way to {}: allow it with chmod o+x, or choose \
         another directory",
        closed.display(),
        path.display()
    )]
    Unreachable {
        /// Where the server's files are to be.
        path: PathBuf,
        /// The directory on the way that is closed.
        closed: PathBuf,
    },
    /// The superuser's password is gone.
    #[error(
        "{} is missing or damaged, so nobody can sign in to the database beside it: put it back from a backup",
        path.display()
    )]
    SecretLost {
        /// The password's file.
        path: PathBuf,
    },
    /// A server without fsync already runs where a durable one was asked for.
    #[error("a PostgreSQL with fsync off already runs on {}: stop it first", path.display())]
    RunsWithoutFsync {
        /// The PostgreSQL data directory.
        path: PathBuf,
    },
    /// Another process holds the start lock for too long.
    #[error("another process has been starting or stopping the database for too long ({})", path.display())]
    Busy {
        /// The lock file.
        path: PathBuf,
    },
    /// `initdb` failed.
    #[error("PostgreSQL could not make a new database in {}: {tail}", path.display())]
    InitFailed {
        /// The directory in which it was to be made.
        path: PathBuf,
        /// The end of what it said.
        tail: String,
    },
    /// The server ended while starting, or did not become ready in time.
    #[error("PostgreSQL did not start on {} ({why}); the end of its log:\n{tail}", path.display())]
    StartFailed {
        /// The PostgreSQL data directory.
        path: PathBuf,
        /// How it failed.
        why: String,
        /// The end of its log.
        tail: String,
    },
    /// The server did not end when told to.
    #[error("PostgreSQL (process {pid}) did not stop in time")]
    StopFailed {
        /// The postmaster.
        pid: i32,
    },
    /// This `Cluster` was stopped.
    #[error("this database was stopped")]
    Stopped,
    /// The server answered, but not as expected.
    #[error("the private PostgreSQL refused the connection")]
    Refused(#[source] tokio_postgres::Error),
    /// A file or a program could not be used.
    #[error("could not {doing} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

/// Says on what and while doing what an [`io::Error`] came up.
pub(super) fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ClusterError {
    let path = path.to_path_buf();
    move |source| ClusterError::Io { doing, path, source }
}
