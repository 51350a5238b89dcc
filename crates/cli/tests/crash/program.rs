//! The real program, as a process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::writers::Client;

const PROGRAM: &str = env!("CARGO_BIN_EXE_retainer");

/// A data directory that is gone after the test.
pub(crate) struct Place(PathBuf);

impl Place {
    /// In the system's directory for such things, which PostgreSQL's user can enter when we are root.
    pub(crate) fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("retainer-crash-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        Self(dir)
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// Kills the postmaster as `kill -9` does.
    pub(crate) fn kill_postgresql(&self) {
        let file = self.0.join("postgres/pgdata/postmaster.pid");
        let text = std::fs::read_to_string(&file).expect("PostgreSQL runs");
        let pid = text.lines().next().and_then(|line| line.parse().ok()).and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.expect("a process id"), rustix::process::Signal::KILL).expect("killed");
    }

    /// Asks the program itself for the proof.
    pub(crate) fn ledger_is_clean(&self) {
        let mut command = command(self);
        let output = command.args(["ledger", "verify", "--json"]).output().expect("an answer");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(output.status.success(), "{answer}");
        assert_eq!(answer["clean"], json!(true), "{answer}");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn command(place: &Place) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_remove("DATABASE_URL").env_remove("RETAINER_KEY").arg("--data").arg(place.path());
    command
}

/// A running demo.
pub(crate) struct Program {
    child: Child,
    url: String,
    account: Value,
}

impl Program {
    /// Starts it and waits until it says where it is.
    pub(crate) async fn start(place: &Place) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let log = std::fs::File::options().create(true).append(true).open(place.path().join("log")).expect("a log");
        let mut command = command(place);
        command.args(["demo", "--json", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            out.read_line(&mut line).map(|_| line)
        });
        let line = line.await.expect("the reader").expect("a line");
        let log = || std::fs::read_to_string(place.path().join("log")).unwrap_or_default();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON but {line:?}\n{}", log()));
        let mut account = told["accounts"][0].clone();
        account.as_object_mut().expect("an account").remove("role");
        Self { child, url: told["url"].as_str().expect("a URL").to_owned(), account }
    }

    /// Somebody who may do everything.
    pub(crate) async fn sign_in(&self) -> Client {
        let nobody = Client::new(&self.url, "");
        let answer = nobody.post("/api/v1/session-tokens", "sign-in", &self.account).await.expect("an answer");
        assert_eq!(answer.status, 201, "{}", answer.body);
        Client::new(&self.url, answer.body["token"].as_str().expect("a token"))
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }

    /// Ends it as a service manager does.
    pub(crate) fn end(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("told");
        let status = self.child.wait().expect("ended");
        assert!(status.success(), "{status}");
    }
}

/// A failed test leaves nothing running: the program ends, and with it its PostgreSQL.
impl Drop for Program {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let pid = rustix::process::Pid::from_child(&self.child);
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = self.child.wait();
        }
    }
}
