//! A private PostgreSQL, as the rest of the program sees it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::process::Child;
use tokio::sync::Mutex;
use tokio_postgres::Config;

use super::error::ClusterError;
use super::home::Home;
use super::locks::{Presence, StartLock};
use super::process::{self, PidFile};
use super::server::{Running, Server};
use super::{ClusterOptions, Lifetime, PORT, init};

/// How often `supervise` looks.
const TICK: Duration = Duration::from_millis(250);

/// How long a server may take to write all to disk when it stops, before it is made to.
const STOP_PATIENCE: Duration = Duration::from_mins(1);

/// A running private PostgreSQL that this process uses.
#[derive(Debug)]
pub struct Cluster {
    server: Server,
    socket_dir: PathBuf,
    pid: AtomicI32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    child: Option<Child>,
    /// Given up when stopped.
    presence: Option<Presence>,
}

impl Cluster {
    /// Attaches to the server on the directory, or starts it, or makes it first.
    pub async fn start(options: ClusterOptions) -> Result<Self, ClusterError> {
        let home = Home::settle(&options.data_dir, options.durability)?;
        let _lock = StartLock::take(&home.start_lock(), options.patience).await?;
        let password = init::password(&home)?;
        let socket_dir = home.socket_dir(&password);
        let presence = Presence::enter(&home.users())?;
        let server = Server { home, options, password, socket_dir };
        let Running { pid, socket_dir, child } = server.ensure(None).await?;
        tracing::debug!(pid, started = child.is_some(), "private PostgreSQL is ready");
        let state = State { child, presence: Some(presence) };
        Ok(Self { server, socket_dir, pid: AtomicI32::new(pid), state: Mutex::new(state) })
    }

    /// How to connect to `database` as the superuser.
    pub fn config(&self, database: &str) -> Config {
        self.server.config(&self.socket_dir, database)
    }

    /// The directory of the unix socket.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The directory where the cluster really lives, with its log and its password.
    pub fn data_dir(&self) -> &Path {
        &self.server.home.dir
    }

    /// The directory that was asked for, when PostgreSQL's user could not enter it and another one is used.
    pub fn moved_from(&self) -> Option<&Path> {
        self.server.home.moved_from.as_deref()
    }

    /// The port number in the socket's name.
    pub fn port(&self) -> u16 {
        PORT
    }

    /// The process id of the server, as last seen.
    pub fn pid(&self) -> i32 {
        self.pid.load(Ordering::Relaxed)
    }

    /// Starts the server again if it died, and waits until it is ready.
    pub async fn revive(&self) -> Result<(), ClusterError> {
        let mut state = self.state.lock().await;
        if state.presence.is_none() {
            return Err(ClusterError::Stopped);
        }
        let home = &self.server.home;
        let _lock = StartLock::take(&home.start_lock(), self.server.options.patience).await?;
        let running = self.server.ensure(state.child.take()).await?;
        self.pid.store(running.pid, Ordering::Relaxed);
        state.child = running.child;
        Ok(())
    }

    /// Watches the server and starts it again whenever it died; ends when `stop` is called.
    pub async fn supervise(&self) {
        const SHORTEST: Duration = Duration::from_millis(500);
        const LONGEST: Duration = Duration::from_secs(30);
        let mut pause = SHORTEST;
        let mut last: Option<Instant> = None;
        loop {
            tokio::time::sleep(TICK).await;
            match self.is_alive().await {
                None => return,
                Some(true) => continue,
                Some(false) => tracing::error!(pid = self.pid(), "the private PostgreSQL died"),
            }
            if last.is_some_and(|at| at.elapsed() < LONGEST) {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            } else {
                pause = SHORTEST;
            }
            match self.revive().await {
                Ok(()) => tracing::info!(pid = self.pid(), "the private PostgreSQL runs again"),
                Err(ClusterError::Stopped) => return,
                Err(error) => tracing::error!(%error, "the private PostgreSQL could not be started again"),
            }
            last = Some(Instant::now());
        }
    }

    /// Nothing when stopped, else whether the server's process lives.
    async fn is_alive(&self) -> Option<bool> {
        let mut state = self.state.lock().await;
        state.presence.as_ref()?;
        Some(match &mut state.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => process::is_server(self.pid(), &self.server.home.pgdata()),
        })
    }

    /// Leaves the server, and stops it if it is [`Lifetime::Owned`] and no other process uses it.
    pub async fn stop(&self) -> Result<(), ClusterError> {
        let mut state = self.state.lock().await;
        let Some(presence) = state.presence.take() else { return Ok(()) };
        let home = &self.server.home;
        let _lock = StartLock::take(&home.start_lock(), STOP_PATIENCE).await?;
        if presence.leave(&home.users())? && self.server.options.lifetime == Lifetime::Owned {
            end_server(home, state.child.as_mut()).await?;
        }
        Ok(())
    }

    /// The same on drop, without waiting for the end: the next start does.
    fn abandon(&mut self) -> Result<(), ClusterError> {
        let Some(presence) = self.state.get_mut().presence.take() else { return Ok(()) };
        let home = &self.server.home;
        let begun = Instant::now();
        let _lock = loop {
            match StartLock::try_take(&home.start_lock())? {
                Some(lock) => break lock,
                // Most likely somebody is about to attach, and will be the one to stop it.
                None if begun.elapsed() > Duration::from_millis(300) => return Ok(()),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        if !presence.leave(&home.users())? || self.server.options.lifetime == Lifetime::Shared {
            return Ok(());
        }
        let Some(file) = PidFile::read(&home.pgdata()) else { return Ok(()) };
        if process::is_server(file.pid, &home.pgdata()) {
            process::send(file.pid, Signal::INT);
            let begun = Instant::now();
            // Until it says so itself, another process could still attach to a server that is about to go.
            while PidFile::read(&home.pgdata()).is_some_and(|file| !file.stopping)
                && begun.elapsed() < Duration::from_millis(300)
            {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.abandon() {
            tracing::warn!(%error, "the private PostgreSQL was left running");
        }
    }
}

/// Stops the server on a directory whoever uses it, and says whether there was one; for operators and test clean-up.
pub async fn halt(data_dir: &Path) -> Result<bool, ClusterError> {
    let Some(home) = Home::find(data_dir)? else { return Ok(false) };
    let _lock = StartLock::take(&home.start_lock(), STOP_PATIENCE).await?;
    end_server(&home, None).await
}

/// Ends the server, gently first; says whether there was one. The caller holds the start lock.
async fn end_server(home: &Home, child: Option<&mut Child>) -> Result<bool, ClusterError> {
    let pgdata = home.pgdata();
    let Some(PidFile { pid, .. }) = PidFile::read(&pgdata) else { return Ok(false) };
    if !process::is_server(pid, &pgdata) {
        return Ok(false);
    }
    // SIGINT is what `pg_ctl stop -m fast` sends: roll back, write all to disk, end. SIGQUIT leaves it to recovery.
    process::send(pid, Signal::INT);
    if !process::wait_for_end(pid, STOP_PATIENCE).await && process::is_server(pid, &pgdata) {
        process::send(pid, Signal::QUIT);
        if !process::wait_for_end(pid, Duration::from_secs(10)).await {
            return Err(ClusterError::StopFailed { pid });
        }
    }
    if let Some(child) = child {
        let _reaped = child.try_wait();
    }
    Ok(true)
}
