//! A database per test: clones of one migrated template on a private, disposable PostgreSQL.

use std::path::PathBuf;

use dialects::MIGRATIONS;
use runtime::postgres::{Cluster, ClusterOptions};
use runtime::secret::Key;
use tokio::sync::OnceCell;

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

/// A fresh database with the whole schema, and how its owner connects.
pub async fn fresh() -> tokio_postgres::Config {
    let cluster = cluster().await;
    let root = runtime::db::connect(&cluster.config("postgres")).await.expect("the root database");
    let template = format!("template_{}", MIGRATIONS.fingerprint());
    // Cloning locks the template, and so does making it: one test at a time.
    root.execute("select pg_advisory_lock(4711)", &[]).await.expect("the lock");
    let known = root.query_opt("select 1 from pg_database where datname = $1", &[&template]).await.expect("a look");
    if known.is_none() {
        make_template(cluster, &root, &template).await;
    }
    let name = format!("test_{}", runtime::secret::Key::generate().to_hex().get(..20).expect("hexadecimal digits"));
    root.batch_execute(&format!("create database {name} template {template}")).await.expect("a clone");
    root.execute("select pg_advisory_unlock(4711)", &[]).await.expect("the unlock");
    cluster.config(&name)
}

async fn make_template(cluster: &Cluster, root: &tokio_postgres::Client, template: &str) {
    sweep(root).await;
    let draft = format!("draft_{template}");
    root.batch_execute(&format!("drop database if exists {draft}")).await.expect("no leftover");
    root.batch_execute(&format!("create database {draft}")).await.expect("an empty database");
    let config = cluster.config(&draft);
    let mut owner = runtime::db::connect(&config).await.expect("the draft");
    runtime::migrate::apply(&mut owner, &MIGRATIONS, &key()).await.expect("the migrations");
    runtime::jobs::migrate(&config).await.expect("the queue");
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
