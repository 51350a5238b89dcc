//! A database per test: clones of one migrated template on a private, disposable PostgreSQL.

use std::path::PathBuf;

use dialects::MIGRATIONS;
use runtime::postgres::{Cluster, ClusterOptions};
use runtime::secret::Key;
use tokio::sync::OnceCell;

use crate::leftovers;

/// The key of all test installations, so that the roles of the shared cluster have one password.
pub fn key() -> Key {
    Key::new([7; 32])
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();

fn directory() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_TMPDIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tmp")));
    target.join("postgres")
}

/// The shared PostgreSQL of all tests.
pub async fn cluster() -> &'static Cluster {
    CLUSTER
        .get_or_init(|| async {
            Cluster::start(ClusterOptions::disposable(directory())).await.expect("a private PostgreSQL")
        })
        .await
}

/// Who owns the tests' databases: with the rights that the owner of a real installation has, and no more.
const OWNER: &str = "retainer_test_owner";

/// A fresh database with the whole schema.
#[derive(Debug)]
pub struct Fresh {
    /// How its owner connects.
    pub owner: tokio_postgres::Config,
    /// How a superuser connects, whom no border binds.
    pub root: tokio_postgres::Config,
}

fn of_owner(cluster: &Cluster, name: &str) -> tokio_postgres::Config {
    let mut config = cluster.config(name);
    config.user(OWNER).password(OWNER);
    config
}

/// Makes a fresh database, which is dropped when the test is over.
pub async fn fresh() -> Fresh {
    let cluster = cluster().await;
    let root = runtime::db::connect(&cluster.config("postgres")).await.expect("the root database");
    let template = format!("template_{}_hardened", MIGRATIONS.fingerprint());
    // Cloning locks the template, and so does making it: one test at a time.
    root.execute("select pg_advisory_lock(4711)", &[]).await.expect("the lock");
    let known = root.query_opt("select 1 from pg_database where datname = $1", &[&template]).await.expect("a look");
    if known.is_none() {
        make_template(cluster, &root, &template).await;
    }
    let name = new_name();
    root.batch_execute(&format!("create database {name} template {template} owner {OWNER}")).await.expect("a clone");
    root.execute("select pg_advisory_unlock(4711)", &[]).await.expect("the unlock");
    leftovers::drop_database(cluster.config("postgres"), name.clone());
    Fresh { owner: of_owner(cluster, &name), root: cluster.config(&name) }
}

async fn make_template(cluster: &Cluster, root: &tokio_postgres::Client, template: &str) {
    sweep(root).await;
    let draft = format!("draft_{template}");
    root.batch_execute(&format!("drop database if exists {draft}")).await.expect("no leftover");
    let known = root.query_opt("select 1 from pg_roles where rolname = $1", &[&OWNER]).await.expect("a look");
    if known.is_none() {
        root.batch_execute(&format!("create role {OWNER} login createrole password '{OWNER}'"))
            .await
            .expect("an owner");
    }
    root.batch_execute(&format!("create database {draft} owner {OWNER}")).await.expect("an empty database");
    let config = of_owner(cluster, &draft);
    let mut owner = runtime::db::connect(&config).await.expect("the draft");
    runtime::migrate::apply(&mut owner, &MIGRATIONS, &key()).await.expect("the migrations");
    runtime::jobs::migrate(&config).await.expect("the queue");
    // As on the private PostgreSQL of an installation, where a superuser can be had.
    let superuser = runtime::db::connect(&cluster.config(&draft)).await.expect("the draft");
    retainer::contracts::harden(&superuser).await.expect("hardened");
    drop(superuser);
    drop(owner);
    root.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", &[&draft])
        .await
        .expect("quiet");
    root.batch_execute(&format!("alter database {draft} rename to {template}")).await.expect("the template");
}

/// Drops what earlier runs left behind: their databases and the templates of older schemas.
async fn sweep(root: &tokio_postgres::Client) {
    let old = "select datname from pg_database where (datname like 'test\\_%' or datname like 'template\\_%')
               and datname not in (select datname from pg_stat_activity where datname is not null)";
    for row in root.query(old, &[]).await.expect("a list") {
        let name: String = row.get(0);
        // Another run may have dropped it first, or just begun to use it.
        let _ = root.batch_execute(&format!("drop database if exists {name}")).await;
    }
}

/// How a superuser connects to a fresh database with nothing in it, which is dropped when the test is over.
pub async fn empty() -> tokio_postgres::Config {
    let cluster = cluster().await;
    let root = runtime::db::connect(&cluster.config("postgres")).await.expect("the root database");
    let name = new_name();
    root.batch_execute(&format!("create database {name} template template0")).await.expect("a database");
    leftovers::drop_database(cluster.config("postgres"), name.clone());
    cluster.config(&name)
}

fn new_name() -> String {
    format!("test_{}", runtime::secret::Key::generate().to_hex().get(..20).expect("hexadecimal digits"))
}

/// A folder for files that nobody else has. It is made when the first file comes, and removed when the test is over.
pub fn files() -> runtime::files::Place {
    let name = format!("retainer-{}", runtime::secret::Token::new("files").reveal());
    let folder = std::env::temp_dir().join(name);
    leftovers::remove_folder(folder.clone());
    runtime::files::Place::Folder(folder)
}
