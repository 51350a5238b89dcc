//! A data directory of a test, and the real program run on it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use runtime::postgres::{Cluster, ClusterOptions};
use serde_json::Value;

/// A directory that is gone after the test, in the system's place for such things, which PostgreSQL's user can enter.
pub(crate) struct Place(PathBuf);

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) good: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// The only line of stdout, as JSON.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "one line on stdout: {:?}\n{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("retainer-commands-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        Self(dir)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_retainer"));
        for variable in ["DATABASE_URL", "RETAINER_KEY", "RETAINER_SMTP_URL", "RETAINER_LISTEN", "RUST_LOG"] {
            command.env_remove(variable);
        }
        command.args(arguments).arg("--data").arg(self.path());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ended { good: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Starts a server and waits for its first line.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let log = self.0.join(format!("log-{}", self.logs()));
        let file = std::fs::File::create(&log).expect("a log");
        let begun = Instant::now();
        let mut child =
            self.command(arguments).stdout(Stdio::piped()).stderr(file).spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        Running { child, out, line, log, took: begun.elapsed() }
    }

    fn logs(&self) -> usize {
        std::fs::read_dir(&self.0).expect("the directory").count()
    }

    /// Runs SQL as the superuser of the private PostgreSQL.
    pub(crate) async fn sql(&self, text: &str) {
        let cluster = Cluster::start(ClusterOptions::durable(self.0.join("postgres"))).await.expect("PostgreSQL");
        let client = runtime::db::connect(&cluster.config("retainer")).await.expect("a connection");
        client.batch_execute(text).await.expect("done");
        drop(client);
        cluster.stop().await.expect("stopped");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running server.
pub(crate) struct Running {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    /// Its first line.
    pub(crate) line: String,
    log: PathBuf,
    /// How long it took to say it.
    pub(crate) took: Duration,
}

impl Running {
    /// The first line as JSON.
    pub(crate) fn told(&self) -> Value {
        serde_json::from_str(&self.line).unwrap_or_else(|error| panic!("{error}: {:?}\n{}", self.line, self.log()))
    }

    /// What it wrote to stderr.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it as Ctrl-C does; what else it had written to stdout.
    pub(crate) fn end(mut self) -> String {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("told");
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("its output");
        let status = self.child.wait().expect("ended");
        assert!(status.success(), "{status}\n{}", self.log());
        rest
    }
}

/// A failed test leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let pid = rustix::process::Pid::from_child(&self.child);
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = self.child.wait();
        }
    }
}
