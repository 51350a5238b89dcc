//! Two advisory locks: one while starting or stopping, one for as long as a process uses the server.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::error::{ClusterError, io_error};

/// The right to start or stop the server; given back on drop, or by the system when the process dies.
#[derive(Debug)]
pub(super) struct StartLock {
    file: File,
}

impl StartLock {
    /// Waits for the lock.
    pub(crate) async fn take(path: &Path, patience: Duration) -> Result<Self, ClusterError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(5);
        loop {
            if let Some(lock) = Self::try_take(path)? {
                return Ok(lock);
            }
            if begun.elapsed() > patience {
                return Err(ClusterError::Busy { path: path.to_path_buf() });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(40));
        }
    }

    /// Takes the lock if nobody holds it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>, ClusterError> {
        let file = open(path)?;
        Ok(if exclusive(&file, path)? { Some(Self { file }) } else { None })
    }
}

/// This process's sign that it uses the server. Enter and leave only under the [`StartLock`].
#[derive(Debug)]
pub(super) struct Presence {
    file: File,
}

impl Presence {
    /// Says that we use the server.
    pub(crate) fn enter(path: &Path) -> Result<Self, ClusterError> {
        let file = open(path)?;
        file.lock_shared().map_err(io_error("lock", path))?;
        Ok(Self { file })
    }

    /// Says that we no longer do, and tells whether we were the last.
    pub(crate) fn leave(self, path: &Path) -> Result<bool, ClusterError> {
        drop(self);
        exclusive(&open(path)?, path)
    }
}

// Closing would not do: a child that another thread has forked, but that has not yet become its program, holds a copy.
impl Drop for StartLock {
    fn drop(&mut self) {
        let _closing_unlocks_too = self.file.unlock();
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let _closing_unlocks_too = self.file.unlock();
    }
}

fn exclusive(file: &File, path: &Path) -> Result<bool, ClusterError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(io_error("lock", path)(error)),
    }
}

fn open(path: &Path) -> Result<File, ClusterError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(io_error("open", path))
}
