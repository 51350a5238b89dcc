//! Writing an organization into a file.

use std::path::Path;

use futures_util::{TryStreamExt, pin_mut};
use kernel::Actor;
use kernel::id::{Id as _, OrganizationId};
use runtime::carry::{Doing, EXACTLY, Progress, REPORT_EVERY, SNAPSHOT, Watch};
use runtime::tx::Access;
use runtime::{Change, Error, sql};
use tokio_postgres::Client;

use super::load::belongs;
use super::manifest::{FORMAT, File, MANIFEST, Manifest, Whose, file_name};
use super::pack::{Gathered, Pack};
use super::rows::{LONGEST, of, out};
use super::tables::{self, Table};
use super::{ArchiveRefused, files, people};
use crate::App;
use crate::organizations::find;
use crate::schema::MIGRATIONS;

/// What is to be exported, and where to.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    /// The organization's word in addresses.
    pub slug: &'a str,
    /// The file to write; there must be none of that name.
    pub to: &'a Path,
}

/// The last migration that this program knows.
pub(super) fn schema() -> &'static str {
    MIGRATIONS.numbered.last().map_or("", |migration| migration.name)
}

/// Writes an organization into a new file, as it is at one moment, also while people work in it. The file holds the
/// hashes of passwords of whoever belongs to this organization alone, so only its owner may read it.
///
/// # Errors
/// [`ArchiveRefused`], or a fault.
pub async fn export(app: &App, wanted: Export<'_>, watch: Watch<'_>) -> Result<Manifest, Error> {
    let known = find::all(&app.db).await?.into_iter().find(|listed| listed.slug == wanted.slug);
    let known = known.ok_or_else(|| ArchiveRefused::NoOrganization { slug: wanted.slug.to_owned() })?;
    let pack = Pack::begin(wanted.to, app.clock.now())?;
    let whose = Whose { id: known.id, slug: known.slug, name: known.name };
    let (manifest, _) = write(app, whose, pack, watch).await?;
    record(app, &manifest, "retainer archive export").await?;
    Ok(manifest)
}

/// The same into a file without a name in a folder, which is gone when it is closed. Whoever orders it writes down that it
/// was made.
///
/// # Errors
/// [`ArchiveRefused`], or a fault.
pub async fn spool(
    app: &App,
    organization: OrganizationId,
    folder: &Path,
    watch: Watch<'_>,
) -> Result<(Manifest, std::fs::File), Error> {
    let tx = app.begin(organization, Actor::system("archive.spool"), Access::Read).await?;
    let own = find::own(&tx).await?;
    drop(tx);
    let pack = Pack::nameless(folder, app.clock.now())?;
    write(app, Whose { id: organization, slug: own.slug, name: own.name }, pack, watch).await
}

/// How many parts an archive has of which a watcher hears: the people's tables, the organization's, and the files.
///
/// # Errors
/// A fault of the database.
pub async fn parts(app: &App) -> Result<usize, Error> {
    let client = app.db.long().await?;
    Ok(tables::of_people(&client).await?.len() + tables::archived(&client).await?.len() + 1)
}

async fn write(app: &App, whose: Whose, mut pack: Pack, watch: Watch<'_>) -> Result<(Manifest, std::fs::File), Error> {
    let (now, id) = (app.clock.now(), whose.id);
    let client = snapshot(app, id).await?;
    let mut writing = Writing { client: &client, pack: &mut pack, files: Vec::new(), watch };
    let member = "exists (select from memberships m where m.organization_id = '{org}' and m.user_id = t.id)";
    let member = member.replace("{org}", &id.uuid().to_string());
    for table in tables::of_people(&client).await? {
        if table.name == "users" {
            writing.table(&table, &format!("{member} order by t.id")).await?;
        } else {
            writing.of_each(&table, &people::with_codes(&client).await?).await?;
        }
    }
    for table in tables::archived(&client).await? {
        let key = primary_key(&client, &table.name).await?;
        writing.table(&table, &format!("{} order by {key}", of(id.uuid()))).await?;
    }
    let tables = writing.files;
    let named = files::named(&client, id).await?;
    client.batch_execute("commit").await?;
    let stored = files::put(app, id, (&mut pack, &named), watch).await?;
    let mut manifest = Manifest {
        format: FORMAT,
        schema: schema().to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        exported_at: now,
        organization: whose,
        files: tables,
        stored,
        seal: String::new(),
    };
    manifest.seal = manifest.sealed(&app.key)?;
    let text = serde_json::to_vec_pretty(&manifest)?;
    let file = tokio::task::block_in_place(|| pack.end(MANIFEST, &text))?;
    Ok((manifest, file))
}

/// A connection that sees the organization's rows alone, as they are now. It is the application's role, so row-level
/// security is the second lock here as everywhere.
async fn snapshot(app: &App, organization: OrganizationId) -> Result<Client, Error> {
    let client = app.db.long().await?;
    client.batch_execute(&format!("{EXACTLY}; {}", belongs(organization))).await?;
    // What proves who somebody is leaves only with those whose affair it is: not with who has left, nor with who belongs to
    // other organizations, too, where the same password opens what is none of this one's business.
    client.batch_execute("create temp table keeps_secrets (id uuid primary key)").await?;
    client.batch_execute(SNAPSHOT).await?;
    client.batch_execute("insert into keeps_secrets select * from people_only_here()").await?;
    Ok(client)
}

/// The columns of a table's primary key, as an order.
async fn primary_key(client: &Client, table: &str) -> Result<String, Error> {
    let row = client
        .query_one(
            sql!(
                "select string_agg(format('t.%I', a.attname), ', ' order by k.place) as key
                 from pg_index i cross join lateral unnest(i.indkey) with ordinality k(number, place)
                 join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
                 where i.indrelid = to_regclass(quote_ident($1)) and i.indisprimary"
            ),
            &[&table],
        )
        .await?;
    row.get::<_, Option<String>>("key").ok_or_else(|| Error::internal(format!("{table} has no primary key")))
}

/// An archive that is being written from a snapshot.
struct Writing<'a> {
    client: &'a Client,
    pack: &'a mut Pack,
    files: Vec<File>,
    watch: Watch<'a>,
}

impl Writing<'_> {
    /// Writes the rows of a table that `which` names.
    async fn table(&mut self, table: &Table, which: &str) -> Result<(), Error> {
        let condition = which.split(" order by ").next().unwrap_or(which);
        let count = format!("select count(*) from \"{}\" t where {condition}", table.name);
        let total: i64 = self.client.query_one(&count, &[]).await?.get(0);
        let mut gathered = self.pack.gather()?;
        self.gather(&mut gathered, table, (which, u64::try_from(total).unwrap_or(0))).await?;
        self.put(table, gathered)
    }

    /// Writes rows of people, each of whom alone sees their own.
    async fn of_each(&mut self, table: &Table, users: &[uuid::Uuid]) -> Result<(), Error> {
        let mut gathered = self.pack.gather()?;
        for user in users {
            let see = format!("select set_config('retainer.user_id', '{user}', true)");
            self.client.batch_execute(&see).await?;
            let which = format!("t.user_id = '{user}' order by t.code_hash");
            self.gather(&mut gathered, table, (&which, 0)).await?;
        }
        self.client.batch_execute("select set_config('retainer.user_id', '', true)").await?;
        self.put(table, gathered)
    }

    async fn gather(&self, to: &mut Gathered, table: &Table, (which, total): (&str, u64)) -> Result<(), Error> {
        let none: [&(dyn tokio_postgres::types::ToSql + Sync); 0] = [];
        let secrets: &[&str] = if table.name == "users" { &people::SECRETS } else { &[] };
        let rows = self.client.query_raw(&out(table, which, secrets), none).await?;
        pin_mut!(rows);
        while let Some(row) = rows.try_next().await? {
            let line: &str = row.get(0);
            if line.len() > LONGEST {
                let size = line.len();
                return Err(Error::internal(format!(
                    "a row of {} has {size} bytes, more than is read back",
                    table.name
                )));
            }
            to.line(line).map_err(|error| Error::internal(format!("a file for {}: {error}", table.name)))?;
            if to.rows.is_multiple_of(REPORT_EVERY) {
                (self.watch)(Progress { doing: Doing::Reading, table: &table.name, done: to.rows, total });
            }
        }
        (self.watch)(Progress { doing: Doing::Reading, table: &table.name, done: to.rows, total: to.rows });
        Ok(())
    }

    fn put(&mut self, table: &Table, gathered: Gathered) -> Result<(), Error> {
        let name = file_name(self.files.len() + 1, &table.name);
        let (rows, bytes) = (gathered.rows, gathered.bytes);
        // Compressing takes a core; others on this thread go elsewhere meanwhile.
        let sha256 = tokio::task::block_in_place(|| self.pack.put(&name, gathered))?;
        self.files.push(File { name, table: table.name.clone(), columns: table.names(), rows, bytes, sha256 });
        Ok(())
    }
}

/// Who took the organization's data along is part of its own trail.
async fn record(app: &App, manifest: &Manifest, by: &str) -> Result<(), Error> {
    let tx = app.begin(manifest.organization.id, Actor::system(by), Access::Write).await?;
    tx.record(exported(manifest));
    tx.commit().await
}

/// That an archive was written, as the trail has it.
pub fn exported(manifest: &Manifest) -> Change {
    Change::new("organization.exported", "organization", manifest.organization.id)
        .after(serde_json::json!({"rows": manifest.rows(), "seal": manifest.seal}))
}
