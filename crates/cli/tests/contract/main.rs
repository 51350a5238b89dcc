//! The real program grants, renews and revokes logins beside a running server, on its private PostgreSQL, whose owner is
//! no superuser.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use kernel::{Actor, Clock, Currency};
use retainer::customers::{self, Add};
use retainer::organizations::{self, Create, Zone};
use retainer::server::{self, Options};
use runtime::files::Place as Files;
use runtime::postgres::{Cluster, ClusterOptions};
use runtime::secret::Key;
use runtime::tx::Access;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_retainer");

/// An installation with Acme and Bolt, and a server on it; both are gone after the test.
struct Installation {
    data: PathBuf,
    server: Option<Child>,
}

impl Installation {
    async fn new(name: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = std::env::temp_dir().join(format!("retainer-contract-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&data).expect("a directory");
        let mut installation = Self { data, server: None };
        installation.json(&["migrate"]);
        found(&installation.data).await.expect("two businesses");
        installation.serve();
        installation
    }

    fn serve(&mut self) {
        let mut command = self.command(&["serve", "--json", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        assert!(line.contains("url"), "{line}");
        self.server = Some(child);
    }

    fn end(&mut self) {
        if let Some(mut server) = self.server.take() {
            let pid = rustix::process::Pid::from_child(&server);
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = server.wait();
        }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_remove("DATABASE_URL").env_remove("RETAINER_KEY").arg("--data").arg(&self.data).args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("an answer")
    }

    fn json(&self, words: &[&str]) -> Value {
        let output = self.run(&[words, &["--json"]].concat());
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn grant(&self, organization: &str, login: &str) -> Value {
        self.json(&["contract", "grant", "consulting", "--organization", organization, "--login", login])
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.end();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// Makes Acme and Bolt with a customer each.
async fn found(data: &Path) -> anyhow::Result<()> {
    let cluster = Cluster::start(ClusterOptions::durable(data.join("postgres"))).await?;
    let key = Key::from_hex(&std::fs::read_to_string(data.join("key"))?).expect("a key");
    let (clock, owner) = (Clock::system(), cluster.config("retainer"));
    let options = Options {
        connections: 2,
        requests_a_minute: 0,
        ..Options::new(owner, key, clock, Files::Folder(data.join("files")))
    };
    let app = server::app(&options, ([127, 0, 0, 1], 0).into())?;
    for (slug, name) in [("acme", "Acme"), ("bolt", "Bolt")] {
        let tx = app.begin(app.ids.next(), Actor::system("test"), Access::Write).await?;
        let business = Create {
            slug: slug.parse().expect("a slug"),
            name: name.parse()?,
            zone: Zone::UTC,
            currency: Currency::USD,
            is_sample: false,
        };
        organizations::create(&tx, business).await?;
        let customer = Add { name: format!("Customer of {slug}").parse()?, email: None, notes: None, tags: Vec::new() };
        customers::add(&tx, customer).await?;
        tx.commit().await?;
    }
    app.db.close();
    cluster.stop().await?;
    Ok(())
}

/// What psql says to a statement, or its error.
fn psql(url: &str, statement: &str) -> Result<String, String> {
    let output =
        Command::new("psql").arg(url).args(["-XtAqc", statement]).output().expect("psql, which comes with PostgreSQL");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_an_address_is_said_to_lead_nowhere() {
    let mut installation = Installation::new("alone").await;
    installation.end();
    let granted = installation.grant("acme", "analyst");
    assert_eq!(granted["reachable"], false);
    assert!(psql(granted["url"].as_str().expect("a connection string"), "select 1").is_err());
    let told = installation.run(&["contract", "grant", "consulting", "--organization", "acme", "--login", "analyst"]);
    assert!(String::from_utf8_lossy(&told.stderr).contains("`retainer serve`"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logins_are_granted_renewed_listed_and_revoked_beside_a_running_server() {
    let installation = Installation::new("life").await;
    let granted = installation.grant("acme", "analyst");
    assert_eq!((&granted["rotated"], &granted["reachable"]), (&false.into(), &true.into()));
    let acme = granted["url"].as_str().expect("a connection string").to_owned();
    let bolt = installation.grant("bolt", "analyst")["url"].as_str().expect("another").to_owned();
    let names = "select string_agg(name, ',') from users_consulting";
    assert_eq!(psql(&acme, names).as_deref(), Ok("Customer of acme"));
    assert_eq!(psql(&bolt, names).as_deref(), Ok("Customer of bolt"));

    let again = installation.grant("acme", "analyst");
    assert_eq!(again["rotated"], true);
    assert!(psql(&acme, "select 1").is_err(), "the old password is refused");
    let acme = again["url"].as_str().expect("a connection string").to_owned();
    assert_eq!(psql(&acme, "select count(*) from get_customers_consulting()").as_deref(), Ok("1"));
    let listed = installation.json(&["contract", "list", "--organization", "acme"]);
    assert_eq!((&listed[0]["login"], listed.as_array().map(Vec::len)), (&"analyst".into(), Some(1)), "{listed}");

    installation.json(&["contract", "revoke", "consulting", "--organization", "acme", "--login", "analyst"]);
    assert!(psql(&acme, "select 1").is_err(), "nobody comes in");
    assert_eq!(psql(&bolt, names).as_deref(), Ok("Customer of bolt"), "Bolt's goes on");
    let mistakes: [&[&str]; 3] = [
        &["contract", "grant", "consulting", "--organization", "nobody", "--login", "analyst"],
        &["contract", "grant", "consulting", "--organization", "acme", "--login", "An Analyst"],
        &["contract", "revoke", "consulting", "--organization", "acme", "--login", "analyst"],
    ];
    for words in mistakes {
        let output = installation.run(words);
        assert!(!output.status.success() && output.stdout.is_empty(), "{words:?}");
        assert!(!output.stderr.is_empty(), "{words:?} says why");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_private_postgresql_a_login_has_nothing_but_its_contract() {
    let installation = Installation::new("rights").await;
    let url = installation.grant("acme", "analyst")["url"].as_str().expect("a connection string").to_owned();
    for refused in [
        "create temp table spy as select 1",
        "set transaction_read_only = off; select lo_from_bytea(0, 'x')",
        "select * from organizations",
        "select * from public.contract_logins",
        "select * from public.mails",
        "select * from graphile_worker.jobs",
        "set role retainer_owner",
        "set role retainer_app",
    ] {
        assert!(psql(&url, refused).is_err(), "{refused}");
    }
    for elsewhere in ["postgres", "template1"] {
        let other = url.replace("/retainer", &format!("/{elsewhere}"));
        if other != url {
            assert!(psql(&other, "select 1").is_err(), "{elsewhere}");
        }
    }
    assert!(psql(&url, "show temp_file_limit").expect("a setting").contains("1GB"), "nor does it fill the disk");
    assert!(psql(&url, "set temp_file_limit = -1").is_err());
    // What it may set changes nothing about whose rows it sees, nor does dropping what its group has.
    let pretend = "begin; set default_transaction_read_only = off; drop owned by retainer_contract_consulting";
    let _refused_or_void = psql(&url, pretend);
    let seen = "select set_config('retainer.organization_id', (select organization_id::text from public.customers limit 1), false);
        select string_agg(name, ',') from public.customers";
    let seen = psql(&url, seen).expect("one's own");
    assert!(seen.contains("Customer of acme") && !seen.contains("bolt"), "{seen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_who_is_a_member_of_the_group_still_brings_the_database_up_to_date() {
    // As PostgreSQL 16 makes every maker of a role, and as somebody may do on 15.
    let mut installation = Installation::new("member").await;
    let url = installation.grant("acme", "analyst")["url"].as_str().expect("a connection string").to_owned();
    let root = |statement: &str| {
        let folder = installation.data.join("postgres");
        let secret = std::fs::read_to_string(folder.join("secret")).expect("the secret");
        let output = Command::new("psql")
            .env("PGPASSWORD", secret.trim())
            .args(["-X", "-U", "retainer_root", "-d", "retainer", "-h"])
            .arg(folder.join("socket"))
            .args(["-c", statement])
            .output()
            .expect("psql");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    };
    root("grant retainer_contract_consulting to retainer_owner with admin option");
    root("delete from schema_migrations where name = 'contract_logins.sql'");
    let migrated = installation.run(&["migrate"]);
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    assert_eq!(psql(&url, "select count(*) from users_consulting").as_deref(), Ok("1"), "reports go on");
    let again = installation.grant("acme", "analyst");
    assert_eq!(again["rotated"], true);
    if let Some(mut server) = installation.server.take() {
        let _ = server.kill();
        let _ = server.wait();
    }
}
