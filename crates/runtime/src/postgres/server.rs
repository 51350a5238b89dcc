//! One server process: is it there, is it ready, and if not, start it.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::process::{Child, Command};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use super::error::{ClusterError, io_error};
use super::home::{Home, write_whole};
use super::process::{self, PidFile};
use super::{ClusterOptions, Durability, PORT, SUPERUSER, init, locate, settings};

/// How many bytes at the end of a log are shown.
const TAIL: usize = 1500;

/// What is needed to reach, start and judge one cluster's server.
#[derive(Debug)]
pub(super) struct Server {
    pub home: Home,
    pub options: ClusterOptions,
    pub password: String,
    /// Where our own starts put the socket.
    pub socket_dir: PathBuf,
}

/// A server that answered.
#[derive(Debug)]
pub(super) struct Running {
    pub pid: i32,
    pub socket_dir: PathBuf,
    /// Set when it is our own child; a dead child stays a zombie until we ask for it.
    pub child: Option<Child>,
}

enum Answer {
    Ready,
    NotYet,
}

impl Server {
    /// Attaches to the running server or starts one. The caller holds the start lock.
    pub(crate) async fn ensure(&self, mut child: Option<Child>) -> Result<Running, ClusterError> {
        let begun = Instant::now();
        let mut spawned_at = None;
        let mut pause = Duration::from_millis(4);
        loop {
            let found = PidFile::read(&self.home.pgdata());
            if let Some((pid, socket_dir)) = self.alive(found.as_ref(), &mut child) {
                if let Answer::Ready = self.ask(&socket_dir).await? {
                    let child = child.filter(|child| child_pid(child) == Some(pid));
                    return Ok(Running { pid, socket_dir, child });
                }
            } else if let Some(running) = self.hidden(found.as_ref()).await? {
                return Ok(running);
            } else {
                if spawned_at.is_some() {
                    self.judge_end(begun)?;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                child = Some(self.spawn(found.as_ref()).await?);
                spawned_at = Some(Instant::now());
            }
            if begun.elapsed() > self.options.patience {
                return Err(self.failed("it was not ready in time"));
            }
            tokio::time::sleep(pause).await;
            // A start takes about 60 ms, a crash recovery may take minutes.
            pause = if begun.elapsed() < Duration::from_secs(1) { pause } else { Duration::from_millis(100) };
        }
    }

    /// The live server's pid and socket directory: our child, or whoever the pid file names.
    fn alive(&self, found: Option<&PidFile>, child: &mut Option<Child>) -> Option<(i32, PathBuf)> {
        if let Some(child) = child {
            // A child that ended has no id any more after this.
            let _reaped = child.try_wait();
        }
        let own = child.as_ref().and_then(child_pid);
        if let Some(file) = found
            && (Some(file.pid) == own || process::is_server(file.pid, &self.home.pgdata()))
        {
            return Some((file.pid, file.socket_dir.clone().unwrap_or_else(|| self.socket_dir.clone())));
        }
        own.map(|pid| (pid, self.socket_dir.clone()))
    }

    /// A server that answers although its process does not look like one: started by hand, through another path.
    async fn hidden(&self, found: Option<&PidFile>) -> Result<Option<Running>, ClusterError> {
        let Some(PidFile { pid, socket_dir: Some(socket_dir), .. }) = found else { return Ok(None) };
        match self.ask(socket_dir).await {
            Ok(Answer::Ready) => Ok(Some(Running { pid: *pid, socket_dir: socket_dir.clone(), child: None })),
            // Refused: it is another cluster's server.
            Ok(Answer::NotYet) | Err(ClusterError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the failed start is worth another try: backends of a killed server may live a moment longer.
    fn judge_end(&self, begun: Instant) -> Result<(), ClusterError> {
        let said = tail_of(&self.home.start_log());
        let in_the_way = ["pre-existing shared memory block", "lock file \"postmaster.pid\""];
        if !in_the_way.iter().any(|text| said.contains(text)) || begun.elapsed() > Duration::from_secs(20) {
            return Err(self.failed("it ended while starting"));
        }
        if begun.elapsed() > Duration::from_secs(3) {
            process::end_orphans(&self.home.cluster_name(), Signal::KILL);
        } else if begun.elapsed() > Duration::from_millis(500) {
            process::end_orphans(&self.home.cluster_name(), Signal::QUIT);
        }
        Ok(())
    }

    async fn spawn(&self, stale: Option<&PidFile>) -> Result<Child, ClusterError> {
        let pgdata = self.home.pgdata();
        let made_by = read_major(&pgdata);
        let programs = locate::server_programs(made_by, &pgdata)?;
        if made_by.is_none() {
            tracing::info!(dir = %self.home.dir.display(), "making a new PostgreSQL database");
            init::create(&self.home, &programs, self.options.durability).await?;
        }
        self.home.furnish(&self.socket_dir)?;
        let text = settings::render(&self.options, &self.socket_dir, &self.home.cluster_name());
        if fs::read_to_string(self.home.settings()).ok().as_deref() != Some(&text) {
            write_whole(&self.home.settings(), &text, self.home.user)?;
        }
        let log = self.open_start_log()?;
        let copy = log.try_clone().map_err(io_error("open", &self.home.start_log()))?;
        let mut command = Command::new(&programs.postgres);
        command.arg("-D").arg(&pgdata).stdin(Stdio::null()).stdout(copy).stderr(log);
        self.home.user.run_as(&mut command);
        // Its own process group: Ctrl-C in the terminal is for us, and we stop the server after our last commit.
        command.process_group(0);
        if let Some(file) = stale {
            // We know that this process is not the server (a zombie, or a stranger that got the number after a
            // restart). PostgreSQL cannot know and would refuse; this tells it, and keeps its check of shared memory,
            // which deleting the pid file would not.
            command.env("PG_GRANDPARENT_PID", file.pid.to_string());
        }
        command.spawn().map_err(io_error("run", &programs.postgres))
    }

    fn open_start_log(&self) -> Result<File, ClusterError> {
        let path = self.home.start_log();
        // Anew each time, so that root never writes through a link that the directory's owner put there.
        let _absent = fs::remove_file(&path);
        let file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(io_error("open", &path))?;
        self.home.user.give(&path)?;
        Ok(file)
    }

    fn failed(&self, why: &str) -> ClusterError {
        let mut tail = tail_of(&self.home.start_log());
        if let Some(newest) = newest_file(&self.home.log_dir()) {
            tail.push_str(&tail_of(&newest));
        }
        ClusterError::StartFailed { path: self.home.pgdata(), why: why.to_owned(), tail: tail.trim_end().to_owned() }
    }

    /// The superuser's way in.
    pub(crate) fn config(&self, socket_dir: &Path, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(socket_dir).port(PORT).user(SUPERUSER).password(&self.password).dbname(database);
        config
    }

    /// Asks the server itself whether it is ready, and whether it is the one we mean.
    async fn ask(&self, socket_dir: &Path) -> Result<Answer, ClusterError> {
        let mut config = self.config(socket_dir, "postgres");
        config.connect_timeout(Duration::from_secs(3)).application_name("retainer start");
        let (client, connection) = match config.connect(NoTls).await {
            Ok(connected) => connected,
            Err(error) => return answer_of(error),
        };
        let driver = tokio::spawn(connection);
        let question = "select current_setting('data_directory'), current_setting('fsync')";
        let answer = tokio::time::timeout(Duration::from_secs(3), client.simple_query(question)).await;
        driver.abort();
        let rows = match answer {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => return answer_of(error),
            Err(_elapsed) => return Ok(Answer::NotYet),
        };
        let row = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())),
            _ => None,
        });
        let Some((directory, fsync)) = row else { return Ok(Answer::NotYet) };
        let pgdata = self.home.pgdata();
        if fs::canonicalize(&directory).ok() != fs::canonicalize(&pgdata).ok() {
            return Ok(Answer::NotYet);
        }
        if fsync == "off" && self.options.durability == Durability::Durable {
            return Err(ClusterError::RunsWithoutFsync { path: pgdata });
        }
        Ok(Answer::Ready)
    }
}

fn answer_of(error: tokio_postgres::Error) -> Result<Answer, ClusterError> {
    match error.code() {
        // All connections are taken, by people it serves well.
        Some(&SqlState::TOO_MANY_CONNECTIONS) => Ok(Answer::Ready),
        Some(code) if !not_yet(code) => Err(ClusterError::Refused(error)),
        _ => Ok(Answer::NotYet),
    }
}

/// Starting, recovering, stopping: all pass.
fn not_yet(code: &SqlState) -> bool {
    [&SqlState::CANNOT_CONNECT_NOW, &SqlState::ADMIN_SHUTDOWN, &SqlState::CRASH_SHUTDOWN].contains(&code)
}

fn child_pid(child: &Child) -> Option<i32> {
    child.id().and_then(|pid| i32::try_from(pid).ok())
}

fn read_major(pgdata: &Path) -> Option<u32> {
    fs::read_to_string(pgdata.join("PG_VERSION")).ok()?.trim().parse().ok()
}

fn newest_file(dir: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(dir).ok()?.flatten();
    entries.max_by_key(|entry| entry.metadata().and_then(|found| found.modified()).ok()).map(|entry| entry.path())
}

fn tail_of(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(TAIL)..]).into_owned();
    if bytes.len() > TAIL { text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or(text) } else { text }
}
