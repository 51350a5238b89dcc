//! `retainer demo`: the invented consulting business, ready to be looked around in.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, bail};
use retainer::pages::design;
use retainer::sample::{self, Told};
use retainer::server::{self, Options, Server};
use runtime::db::connect;
use runtime::postgres::Cluster;

use crate::address;
use crate::args::{BucketArgs, Listening, Place};
use crate::installation::{Absent, DATABASE, Installation, default_data, owned_database};
use crate::output;
use crate::serve::{Signals, listen, until_told};

/// Where the sample is filled in, until it is whole.
const DRAFT: &str = "retainer_draft";

/// Serves the demo. It always uses a private PostgreSQL, so that nobody finds invented customers in a real database.
pub(crate) async fn run(place: &Place, listening: Listening) -> anyhow::Result<ExitCode> {
    if place.database_url.is_some() {
        eprintln!("DATABASE_URL is left alone: the demo has a PostgreSQL of its own.");
    }
    let listener = listen(listening.listen).await?;
    let place =
        Place { data: Some(directory(place)?), database_url: None, json: place.json, bucket: BucketArgs::default() };
    let installation = Installation::open(&place, Absent::Make).await?;
    let cluster = installation.cluster.clone().context("the demo has a private PostgreSQL")?;
    let options = installation.options();
    if !is_filled(&installation).await? {
        eprintln!("Inventing a consulting business with a year of life; the next start finds it again …");
        fill(&installation, &cluster).await?;
    } else if !is_sample(&installation).await? {
        let data = installation.data.display().to_string();
        installation.close().await;
        bail!(
            "{data} holds a real installation, and the demo leaves it alone: `retainer serve` serves it, and --data DIR gives the demo another place"
        );
    }
    server::migrate(&options, &dialects::MIGRATIONS).await?;
    let server = Server::start_with(&options, listener, design::routes())?;
    let signals = Signals::hear()?;
    address::note(&installation.data, &server.app.public_url);
    announce(&place, &server)?;
    until_told(&installation, server, signals).await
}

fn directory(place: &Place) -> anyhow::Result<PathBuf> {
    match &place.data {
        Some(data) => Ok(data.clone()),
        None => Ok(default_data()?.join("demo")),
    }
}

async fn is_filled(installation: &Installation) -> anyhow::Result<bool> {
    let client = connect(&installation.owner).await?;
    Ok(client.query_one("select to_regclass('public.organizations') is not null", &[]).await?.get(0))
}

/// Whether what is there is the invented business. A real installation may have no organization yet.
async fn is_sample(installation: &Installation) -> anyhow::Result<bool> {
    let mut client = connect(&installation.owner).await?;
    let Some(row) = client
        .query_opt("select organization_id::text from organization_slugs where slug = $1", &[&sample::SLUG])
        .await?
    else {
        return Ok(false);
    };
    // Row-level security binds the owner, too.
    let tx = client.transaction().await?;
    let organization: String = row.get(0);
    tx.execute("select set_config('retainer.organization_id', $1, true)", &[&organization]).await?;
    let row = tx.query_opt("select is_sample from organizations", &[]).await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

/// Fills a database of another name, which takes its place when all is there: an interrupted start leaves no half
/// business behind.
async fn fill(installation: &Installation, cluster: &Cluster) -> anyhow::Result<()> {
    let root = connect(&cluster.config("postgres")).await?;
    root.batch_execute(&format!("drop database if exists {DRAFT} with (force)")).await?;
    let owner = owned_database(cluster, &installation.key, DRAFT).await?;
    let options = Options { owner, ..installation.options() };
    server::migrate(&options, &dialects::MIGRATIONS).await?;
    // Thousands of small transactions of which only the whole counts: it reaches the disk at the end.
    root.batch_execute(&format!("alter database {DRAFT} set synchronous_commit = off")).await?;
    // A terminal shows one line that grows; a file or a pipe gets a line for each tenth.
    let (watched, shown) = (std::io::stderr().is_terminal(), AtomicI64::new(0));
    let watch = |told: Told| {
        let percent = told.day.saturating_mul(100).checked_div(told.days).unwrap_or(100);
        if percent >= shown.load(Ordering::Relaxed) + if watched { 1 } else { 10 } {
            shown.store(percent, Ordering::Relaxed);
            eprint!(
                "{}day {} of {}{}",
                if watched { "\r  " } else { "  " },
                told.day,
                told.days,
                if watched { " " } else { "\n" }
            );
        }
    };
    sample::fill(&options, &watch).await?;
    if watched {
        eprint!("\r{:40}\r", "");
    }
    root.batch_execute(&format!("alter database {DRAFT} reset synchronous_commit")).await?;
    root.batch_execute("checkpoint").await?;
    root.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname in ($1, $2)",
        &[&DRAFT, &DATABASE],
    )
    .await?;
    root.batch_execute(&format!("drop database {DATABASE} with (force)")).await?;
    root.batch_execute(&format!("alter database {DRAFT} rename to {DATABASE}")).await?;
    Ok(())
}

fn announce(place: &Place, server: &Server) -> anyhow::Result<()> {
    let url = &server.app.public_url;
    if place.json {
        return output::json(&serde_json::json!({ "url": url, "accounts": sample::accounts() }));
    }
    output::line(&format!("\n  Retainer is at {url}\n"))?;
    for account in sample::accounts() {
        output::line(&format!("  {:<10} {:<30} {}", account.role.word(), account.email, account.password))?;
    }
    output::line("\n  Ctrl-C ends it.")
}
