//! Migrations: numbered files once, repeatable files whenever their text changed.

use std::time::Duration;

use sha2::Digest;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient};

use crate::db::{APP_ROLE, OPERATOR_ROLE, role_password};
use crate::secret::Key;
use crate::{Error, role, sql, turn};

/// A migration, embedded in the program.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The file's name, `0001_create_organizations.sql`; the order is the order of names.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
}

/// All that makes up the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// Applied once, in order, forward only.
    pub numbered: &'static [Migration],
    /// Functions and views, applied in order after the numbered ones whenever any text differs; a slice a crate.
    pub repeatable: &'static [&'static [Migration]],
}

/// What [`apply`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Names of the files that ran.
    pub files: Vec<String>,
}

impl Migrations {
    /// A fingerprint of all texts, by which a migrated template database is known.
    pub fn fingerprint(&self) -> String {
        let mut hash = sha2::Sha256::new();
        for migration in self.numbered.iter().chain(self.repeatable.iter().copied().flatten()) {
            hash.update(migration.name);
            hash.update(migration.text);
        }
        hex::encode(hash.finalize())[..16].to_owned()
    }
}

fn fingerprint(text: &str) -> String {
    hex::encode(sha2::Sha256::digest(text.as_bytes()))
}

/// Servers that start together migrate one after the other.
const LOCK: i64 = 0x5265_7461_696e_6572;
/// How long a server whose turn it is not waits before it asks again.
const TURN: Duration = Duration::from_millis(100);
/// After how many times it says that it waits.
const SAID_EVERY: u32 = 100;

/// Brings the database up to date, as its owner. Each file is one transaction, which gives way to whoever holds a lock
/// that it needs and tries again; one that says so builds indexes outside of any.
///
/// # Errors
/// A fault that names the file; a numbered file whose text has changed since it ran; a database that is newer than
/// this program.
pub async fn apply(client: &mut Client, migrations: &Migrations, key: &Key) -> Result<Applied, Error> {
    take_turn(client).await?;
    let applied = apply_locked(client, migrations, key).await;
    // Whoever died while reports were kept out left that to the next start.
    let opened = let_reports_in(client).await;
    let given_back = turn::give_back(client, LOCK).await;
    let applied = applied?;
    opened?;
    given_back?;
    Ok(applied)
}

/// Waits for one's turn by asking again and again. Who waits inside a statement keeps a snapshot, and an index that is
/// built concurrently waits for all snapshots: the one whose turn it is would wait for those who wait for it.
async fn take_turn(client: &Client) -> Result<(), Error> {
    let mut asked = 0_u32;
    while !turn::try_take(client, client, LOCK).await? {
        asked += 1;
        if asked.is_multiple_of(SAID_EVERY) {
            tracing::info!("waiting for another process that brings the database up to date");
        }
        tokio::time::sleep(TURN).await;
    }
    Ok(())
}

async fn apply_locked(client: &mut Client, migrations: &Migrations, key: &Key) -> Result<Applied, Error> {
    roles(client, key).await?;
    client
        .batch_execute(
            "create table if not exists schema_migrations (
                name text primary key, fingerprint text not null, applied_at timestamptz not null default now())",
        )
        .await?;
    let rows = client.query("select name, fingerprint from schema_migrations", &[]).await?;
    let done: std::collections::HashMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    check(migrations, &done)?;
    let mut applied = Applied::default();
    for migration in migrations.numbered.iter().filter(|migration| !done.contains_key(migration.name)) {
        run(client, migration).await?;
        applied.files.push(migration.name.to_owned());
    }
    let stale = |migration: &Migration| done.get(migration.name) != Some(&fingerprint(migration.text));
    // Views may build on one another, so one changed file reapplies all.
    let repeatable: Vec<Migration> = migrations.repeatable.concat();
    if repeatable.iter().any(stale) || !applied.files.is_empty() {
        for migration in &repeatable {
            run(client, migration).await?;
            applied.files.push(migration.name.to_owned());
        }
    }
    Ok(applied)
}

fn check(migrations: &Migrations, done: &std::collections::HashMap<String, String>) -> Result<(), Error> {
    for (name, known) in done {
        let here = migrations.numbered.iter().find(|migration| migration.name == name);
        match here {
            Some(migration) if fingerprint(migration.text) != *known => {
                return Err(Error::internal(format!(
                    "migration {name} was changed after it ran; add a new one instead"
                )));
            }
            None if is_numbered(name) => {
                return Err(Error::internal(format!("the database is newer than this program: it has had {name}")));
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_numbered(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_digit())
}

/// How long a file waits for a lock before it lets go of all that it has. Requests wait behind whoever waits for a lock,
/// so this is what they may lose at a time; and it is shorter than PostgreSQL takes to look for a deadlock, whose victim
/// could be a request.
const PATIENCE: &str = "set local lock_timeout = '800ms'";
/// How often, and how far apart, a file is tried: longer than a report may run that reads what is to be changed.
const TRIES: u32 = 90;
const PAUSE: Duration = Duration::from_secs(1);

async fn run(client: &mut Client, migration: &Migration) -> Result<(), Error> {
    for left in (0..TRIES).rev() {
        keep_reports_out(client).await?;
        match once(client, migration).await {
            Err(error) if left > 0 && waits_for_others(&error) => {
                tracing::info!(migration = migration.name, "waiting for somebody to let go of a table");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => {
                let reason = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
                return Err(Error::internal(format!("migration {} failed: {reason}", migration.name)));
            }
            Ok(()) => return Ok(()),
        }
    }
    Ok(())
}

/// Keeps reports out, and ends those that run. One that reads for ever, in spite of what it is set to, would keep an index
/// from being built and a view from being replaced for ever; a report can be asked for again.
async fn keep_reports_out(client: &Client) -> Result<(), Error> {
    for (login, may) in logins(client).await? {
        if may {
            match role::shut_out(client, &login).await {
                Ok(true) => {}
                Ok(false) => tracing::warn!(
                    role = login,
                    "a login of a contract keeps its role to itself and reads on, which may keep the migration waiting; if it \
                     fails, revoke the login (`retainer contract revoke`) and start again"
                ),
                // An owner that may not alter roles waits for those who read, as for anybody.
                Err(error) if is_rights(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let rows = client
            .query(
                sql!("select pid, quote_ident(usename) from pg_stat_activity where quote_ident(usename) = $1"),
                &[&login],
            )
            .await?;
        let sessions: Vec<turn::Session> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        turn::evict(client, &sessions).await?;
    }
    Ok(())
}

async fn let_reports_in(client: &Client) -> Result<(), Error> {
    for (role, may) in logins(client).await? {
        if !may {
            let_in(client, &role).await?;
        }
    }
    Ok(())
}

async fn logins(client: &Client) -> Result<Vec<(String, bool)>, Error> {
    let known: Option<String> =
        client.query_one(sql!("select to_regclass('contract_logins')::text"), &[]).await?.get(0);
    if known.is_none() {
        return Ok(Vec::new());
    }
    let rows = client
        .query(
            sql!(
                "select quote_ident(r.rolname), r.rolcanlogin from contract_logins l
                 join pg_roles r on r.rolname = l.role_name where l.revoked_at is null"
            ),
            &[],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// An owner that may not alter a role has to wait for it.
async fn let_in(client: &Client, role: &str) -> Result<(), Error> {
    match client.batch_execute(&format!("alter role {role} login")).await {
        Err(error) if is_rights(&error) => Ok(()),
        done => Ok(done?),
    }
}

/// How a file begins that builds indexes concurrently, which keeps nobody from writing meanwhile and which PostgreSQL
/// does in no transaction. Its statements run one by one, and all of them again if one fails.
const APART: &str = "-- Outside of a transaction.";

async fn once(client: &mut Client, migration: &Migration) -> Result<(), tokio_postgres::Error> {
    if migration.text.starts_with(APART) {
        // It waits for whoever is there already, without anybody waiting behind it.
        client.batch_execute("set lock_timeout = 0").await?;
        for statement in statements(migration.text) {
            client.batch_execute(&statement).await?;
        }
    }
    let tx = client.transaction().await?;
    tx.batch_execute(PATIENCE).await?;
    if !migration.text.starts_with(APART) {
        tx.batch_execute(migration.text).await?;
    }
    if is_numbered(migration.name) {
        // A new table may need what a repeatable file does to all tables. Whoever dies before that leaves it to the next.
        tx.execute("delete from schema_migrations where name !~ '^[0-9]'", &[]).await?;
    }
    tx.execute(
        "insert into schema_migrations (name, fingerprint) values ($1, $2)
         on conflict (name) do update set fingerprint = excluded.fingerprint, applied_at = now()",
        &[&migration.name, &fingerprint(migration.text)],
    )
    .await?;
    tx.commit().await
}

/// The statements of a file. A body between `$$` is a part of its statement.
fn statements(text: &str) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    let mut begun = String::new();
    for piece in text.split_inclusive(";\n") {
        begun.push_str(piece);
        if begun.matches("$$").count().is_multiple_of(2) {
            statements.push(std::mem::take(&mut begun));
        }
    }
    statements.extend((!begun.trim().is_empty()).then_some(begun));
    statements
}

/// Nothing is wrong with the file; somebody else was there first.
fn waits_for_others(error: &tokio_postgres::Error) -> bool {
    is_overtaken(error)
        || matches!(error.code(), Some(&SqlState::LOCK_NOT_AVAILABLE | &SqlState::T_R_DEADLOCK_DETECTED))
}

/// Makes the application's and the operator's role, with passwords that follow from the installation's key.
async fn roles(client: &Client, key: &Key) -> Result<(), Error> {
    for role in [APP_ROLE, OPERATOR_ROLE] {
        for left in (0..TRIES).rev() {
            match prepare_role(client, role, key).await {
                Err(error) if left > 0 && is_raced(&error) => tokio::time::sleep(PAUSE / 10).await,
                made => {
                    made?;
                    break;
                }
            }
        }
    }
    Ok(())
}

async fn prepare_role(client: &Client, role: &str, key: &Key) -> Result<(), tokio_postgres::Error> {
    let known = client.query_opt("select 1 from pg_roles where rolname = $1", &[&role]).await?.is_some();
    let verb = if known { "alter" } else { "create" };
    // The password is hexadecimal and the role a constant, so both can stand in the statement.
    let password = role_password(key, role);
    match client.batch_execute(&format!("{verb} role {role} login password '{password}'")).await {
        Err(error) if known && is_rights(&error) => Ok(()),
        made => made,
    }
}

/// Roles belong to the whole server: another installation on it was preparing the same one just now.
fn is_raced(error: &tokio_postgres::Error) -> bool {
    is_overtaken(error) || matches!(error.code(), Some(&SqlState::DUPLICATE_OBJECT | &SqlState::UNIQUE_VIOLATION))
}

fn is_overtaken(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| error.message() == "tuple concurrently updated")
}

/// An owner without the right to alter roles works with roles that were prepared for it.
fn is_rights(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
}

/// The migrations that have not run yet: numbered ones, and repeatable ones whose text is another by now.
///
/// # Errors
/// A fault of the database.
pub async fn pending(client: &impl GenericClient, migrations: &Migrations) -> Result<Vec<&'static str>, Error> {
    let all = migrations.numbered.iter().chain(migrations.repeatable.iter().copied().flatten());
    let known = client
        .query_opt(
            "select to_regclass('schema_migrations')::text where to_regclass('schema_migrations') is not null",
            &[],
        )
        .await?;
    if known.is_none() {
        return Ok(all.map(|migration| migration.name).collect());
    }
    let rows = client.query("select name, fingerprint from schema_migrations", &[]).await?;
    let done: std::collections::HashMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let is_done = |migration: &Migration| match done.get(migration.name) {
        Some(known) => is_numbered(migration.name) || *known == fingerprint(migration.text),
        None => false,
    };
    Ok(all.filter(|migration| !is_done(migration)).map(|migration| migration.name).collect())
}
