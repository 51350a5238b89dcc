//! The real program, as a process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kernel::{Actor, Clock, Currency, Role};
use retainer::App;
use retainer::organizations::{self, Create, Zone};
use retainer::people::{AddMember, add_member, password};
use retainer::server::{self, Options};
use runtime::files::Place as Files;
use runtime::postgres::{Cluster, ClusterOptions};
use runtime::secret::Key;
use runtime::tx::Access;
use serde_json::{Value, json};

use super::writers::Client;

const PROGRAM: &str = env!("CARGO_BIN_EXE_retainer");
const OWNER: &str = "olga@acme.example";
const PASSWORD: &str = "a long enough password";

/// A data directory that is gone after the test.
pub(crate) struct Place(PathBuf);

impl Place {
    /// With a business in it, in the system's directory for such things, which PostgreSQL's user can enter when we are
    /// root.
    pub(crate) async fn new(name: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = std::env::temp_dir().join(format!("retainer-crash-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let place = Self(dir);
        let migrated = command(&place).args(["migrate", "--json"]).output().expect("an answer");
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        filled(place.path(), Clock::system(), found).await.expect("a business");
        place
    }

    /// Lets `fill` write into the database at the clock's time, while no server runs.
    pub(crate) async fn filled<T>(&self, clock: Clock, fill: impl AsyncFnOnce(&App) -> anyhow::Result<T>) -> T {
        filled(self.path(), clock, fill).await.expect("the database is filled")
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

    /// The end of what the program logged.
    pub(crate) fn log(&self) -> String {
        let text = std::fs::read_to_string(self.0.join("log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
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

/// Lets `fill` write into the database at the clock's time, without a server.
async fn filled<T>(data: &Path, clock: Clock, fill: impl AsyncFnOnce(&App) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let cluster = Cluster::start(ClusterOptions::durable(data.join("postgres"))).await?;
    let key = Key::from_hex(&std::fs::read_to_string(data.join("key"))?).expect("a key");
    let owner = cluster.config("retainer");
    let options = Options {
        connections: 2,
        requests_a_minute: 0,
        ..Options::new(owner, key, clock, Files::Folder(data.join("files")))
    };
    let app = server::app(&options, ([127, 0, 0, 1], 0).into())?;
    let done = fill(&app).await?;
    app.db.close();
    cluster.stop().await?;
    Ok(done)
}

/// Makes Acme with its owner.
async fn found(app: &App) -> anyhow::Result<()> {
    let hashed = password::hash(PASSWORD.parse().expect("a password")).await?;
    let tx = app.begin(app.ids.next(), Actor::system("test"), Access::Write).await?;
    let acme = Create {
        slug: "acme".parse().expect("a slug"),
        name: "Acme".parse()?,
        zone: Zone::UTC,
        currency: Currency::USD,
        is_sample: false,
    };
    organizations::create(&tx, acme).await?;
    let owner = AddMember {
        email: OWNER.parse()?,
        name: "Olga Ek".parse()?,
        role: Role::Owner,
        customer: None,
        password: Some(hashed),
    };
    add_member(&tx, owner).await?;
    tx.commit().await?;
    Ok(())
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

/// A running server.
pub(crate) struct Program {
    child: Child,
    url: String,
}

impl Program {
    /// Starts it and waits until it says where it is.
    pub(crate) async fn start(place: &Place) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(place.path().join("log")).expect("a log");
        let mut command = command(place);
        command.args(["serve", "--json", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            out.read_line(&mut line).map(|_| line)
        });
        let line = line.await.expect("the reader").expect("a line");
        let log = || std::fs::read_to_string(place.path().join("log")).unwrap_or_default();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON but {line:?}\n{}", log()));
        Self { child, url: told["url"].as_str().expect("a URL").to_owned() }
    }

    /// Somebody who may do everything.
    pub(crate) async fn sign_in(&self) -> Client {
        let nobody = Client::new(&self.url, "");
        let answer = nobody
            .post(
                "/api/v1/session-tokens",
                "sign-in",
                &json!({ "organization": "acme", "email": OWNER, "password": PASSWORD }),
            )
            .await
            .expect("an answer");
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
