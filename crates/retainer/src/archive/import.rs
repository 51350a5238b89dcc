//! Taking an organization in from a file.

use std::path::Path;

use kernel::Actor;
use kernel::id::{AuditEntryId, CustomerId, Id, OrganizationId};
use runtime::carry::{EXACTLY, Watch};
use runtime::tx::Access;
use runtime::{Columns, Error, sql, turn};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::export::schema;
use super::load::{Counter, Loading, STAGES, arrival, belongs};
use super::manifest::Manifest;
use super::people::{People, Taking};
use super::sound::sound;
use super::tables::{self, Table};
use super::unpack::walk;
use super::{ArchiveRefused, check, damaged, files};
use crate::App;
use crate::organizations::Slug;
use crate::people::{Invite, invite};

/// What is to be taken in.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// The archive.
    pub from: &'a Path,
    /// Another word in addresses than the archive's.
    pub slug: Option<&'a Slug>,
    /// Whether everything is undone at the end.
    pub dry_run: bool,
}

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// The organization.
    pub organization: OrganizationId,
    /// Its word in addresses here.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// As of when.
    pub exported_at: jiff::Timestamp,
    /// Whether nothing of it lasts.
    pub dry_run: bool,
    /// Whether this installation wrote the archive itself.
    pub own: bool,
    /// How many rows.
    pub rows: u64,
    /// What became of its people.
    pub people: People,
    /// Mails that were on their way when it was exported and wait here for somebody to release them.
    pub held_mails: u64,
    /// Who may do everything in it here; where there is nobody, the operator invites somebody.
    pub owners: u64,
}

/// How far behind the highest number of an archive the installation's own numbers go on, so that whoever took a number
/// at the same moment did not take one of these.
const AHEAD: i64 = 100_000;
/// The highest number that documented layouts can read.
const HIGHEST: i64 = 2_000_000_000;

/// Takes an organization in, wholly or not at all. Until the end nobody sees anything of it.
///
/// # Errors
/// [`ArchiveRefused`], or a fault; then nothing was written.
pub async fn import(app: &App, wanted: Import<'_>, watch: Watch<'_>) -> Result<Imported, Error> {
    let manifest = tokio::task::block_in_place(|| check(wanted.from, watch))?;
    if manifest.schema != schema() {
        let ours = schema().to_owned();
        return Err(ArchiveRefused::OtherSchema { theirs: manifest.schema, ours }.into());
    }
    let owner = one_at_a_time(app).await?;
    let client = app.db.long().await?;
    client.batch_execute(&format!("{EXACTLY}; set jit = off; {}", belongs(manifest.organization.id))).await?;
    let tables = fitting(&client, &manifest).await?;
    let slug = match wanted.slug {
        Some(slug) => slug.clone(),
        None => manifest.organization.slug.parse().map_err(|_| damaged("its address is none"))?,
    };
    is_free(&client, &manifest, &slug).await?;
    let mut laid = Vec::new();
    let taken = async {
        if !wanted.dry_run {
            files::lay_down(app, &client, (wanted.from, &manifest), &mut laid).await?;
        }
        take(app, (&client, &owner), (&wanted, &manifest, &tables, &slug, &laid), watch).await
    };
    let taken = taken.await;
    if taken.is_err() {
        files::undo(app, manifest.organization.id, &laid).await;
    }
    taken
}

/// Takes the rows in, when everything else is there.
async fn take(
    app: &App,
    (client, owner): (&Client, &Client),
    (wanted, manifest, tables, slug, laid): (&Import<'_>, &Manifest, &[Table], &Slug, &[Uuid]),
    watch: Watch<'_>,
) -> Result<Imported, Error> {
    client.batch_execute(&format!("begin; {STAGES}")).await?;
    let own = manifest.is_of(&app.key)?;
    let counters = counters(owner, tables).await?;
    let people = Taking::new(app, client, own);
    let loading = Loading { client, manifest, tables, people, slug, counters: &counters, watch, at: 0, done: 0 };
    let people = load(wanted.from, loading).await?;
    files::agree(client, manifest).await?;
    files::owned(client, manifest.organization.id, laid).await?;
    sound(client, manifest, tables).await?;
    let held_mails = settle(app, client, manifest, slug).await?;
    let numbers = Numbers { counters: &counters, organization: manifest.organization.id, own };
    let ahead = ahead(client, &numbers).await?;
    let unproved = unproved(client, manifest).await?;
    let owners = owners(client, manifest).await?;
    if wanted.dry_run {
        client.batch_execute("rollback").await?;
    } else {
        count_on(owner, &ahead).await?;
        client.batch_execute("commit").await?;
        invite_unproved(app, manifest.organization.id, unproved).await?;
        analyze(owner, tables).await;
    }
    Ok(Imported {
        organization: manifest.organization.id,
        slug: slug.to_string(),
        exported_at: manifest.exported_at,
        dry_run: wanted.dry_run,
        own,
        rows: manifest.rows(),
        people,
        held_mails,
        owners,
        name: manifest.organization.name.clone(),
    })
}

/// The owner's connection, whose lock lets one import in at a time.
async fn one_at_a_time(app: &App) -> Result<Client, Error> {
    let owner = app.db.owner().await?;
    let key = turn::key_of(&owner, "archive").await?;
    if turn::try_take(&owner, &owner, key).await? { Ok(owner) } else { Err(ArchiveRefused::Busy.into()) }
}

/// The tables of the archive, which are those of this database with the same columns.
async fn fitting(client: &Client, manifest: &Manifest) -> Result<Vec<Table>, Error> {
    let mut tables = tables::of_people(client).await?;
    tables.extend(tables::archived(client).await?);
    let same = tables.len() == manifest.files.len()
        && tables
            .iter()
            .zip(&manifest.files)
            .all(|(table, file)| table.name == file.table && table.names() == file.columns);
    if same { Ok(tables) } else { Err(damaged("its tables are not those of its version")) }
}

async fn is_free(client: &Client, manifest: &Manifest, slug: &Slug) -> Result<(), Error> {
    let id = manifest.organization.id;
    let rows = client
        .query(
            sql!("select slug, organization_id from organization_slugs where organization_id = $1 or slug = $2"),
            &[id.as_uuid(), &slug.as_str()],
        )
        .await?;
    for row in &rows {
        let taken: String = row.get("slug");
        if row.get::<_, Uuid>("organization_id") == id.uuid() {
            return Err(ArchiveRefused::AlreadyHere { organization: id.to_string(), slug: taken }.into());
        }
    }
    match rows.first() {
        None => Ok(()),
        Some(_) => Err(ArchiveRefused::SlugTaken { slug: slug.to_string() }.into()),
    }
}

/// Reads on one thread, writes on another; what is between them is a few megabytes at most.
async fn load(from: &Path, mut loading: Loading<'_>) -> Result<People, Error> {
    let (send, mut receive) = tokio::sync::mpsc::channel(4);
    let path = from.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        walk(&path, &mut |piece| send.blocking_send(piece).map_err(|_| damaged("nobody reads on")))
    });
    while let Some(piece) = receive.recv().await {
        loading.take(piece).await?;
    }
    let again = reading.await.map_err(|error| Error::internal(error.to_string()))??;
    if again != *loading.manifest {
        return Err(damaged("it changed while it was read"));
    }
    loading.people.enter().await?;
    Ok(loading.people.counts)
}

/// What follows when all rows are there: mail that was on its way waits, the address leads here, the trail says it.
async fn settle(app: &App, client: &Client, manifest: &Manifest, slug: &Slug) -> Result<u64, Error> {
    let id = manifest.organization.id;
    let held = client
        .execute(
            sql!(
                "update mails set state = 'held',
                        last_error = 'It was on its way when the organization moved here. The installation that it came from may have sent it.'
                 where organization_id = $1 and state = 'queued'"
            ),
            &[id.as_uuid()],
        )
        .await?;
    let named = client
        .execute(
            sql!(
                "insert into organization_slugs (slug, organization_id, is_sample)
                 select slug, organization_id, is_sample from organizations where organization_id = $1"
            ),
            &[id.as_uuid()],
        )
        .await
        .map_err(|error| match error.code() {
            Some(&SqlState::UNIQUE_VIOLATION) => ArchiveRefused::SlugTaken { slug: slug.to_string() }.into(),
            _ => Error::from(error),
        })?;
    if named != 1 {
        return Err(damaged("the organization itself is missing"));
    }
    let after = serde_json::json!({
        "exported_at": manifest.exported_at, "rows": manifest.rows(), "seal": manifest.seal, "held_mails": held,
    });
    client
        .execute(
            sql!(
                "insert into audit_entries (organization_id, id, at, actor_kind, actor_name, action, subject_kind, subject_id, after)
                 values ($1, $2, $3, 'system', 'retainer archive import', 'organization.imported', 'organization', $1, $4)"
            ),
            &[id.as_uuid(), app.ids.next::<AuditEntryId>().as_uuid(), &app.clock.now(), &after],
        )
        .await?;
    Ok(held)
}

/// The installation's own numbers, as far as they have come.
async fn counters(owner: &Client, tables: &[Table]) -> Result<Vec<Counter>, Error> {
    let mut counters = Vec::new();
    for table in tables {
        for column in table.columns.iter().filter(|column| column.counted) {
            let sequence = "select pg_get_serial_sequence(quote_ident($1), $2)";
            let sequence: String = owner.query_one(sequence, &[&table.name, &column.name]).await?.get(0);
            let last: i64 = owner.query_one(&format!("select last_value from {sequence}"), &[]).await?.get(0);
            counters.push(Counter { table: table.name.clone(), column: column.name.clone(), sequence, last });
        }
    }
    Ok(counters)
}

/// How far the installation's own numbers must go on, because higher ones came in.
async fn ahead<'a>(client: &Client, numbers: &Numbers<'a>) -> Result<Vec<(&'a Counter, i64)>, Error> {
    let mut ahead = Vec::new();
    // The few of an archive from elsewhere are numbered anew where they are beyond ours.
    for counter in numbers.counters.iter().filter(|counter| numbers.own || !counter.is_few()) {
        let Counter { table, column, .. } = counter;
        let id = numbers.organization.uuid();
        let query = format!("select max(\"{column}\") from \"{table}\" where organization_id = '{id}'");
        let Some(last) = client.query_one(&query, &[]).await?.get::<_, Option<i64>>(0) else { continue };
        let most = if counter.is_few() { HIGHEST } else { 1 << 52 };
        if last > most {
            let reason = format!("its {column} goes up to {last}, and {most} is the most");
            return Err(ArchiveRefused::Refused { table: table.clone(), reason }.into());
        }
        ahead.push((counter, last));
    }
    Ok(ahead)
}

/// Whose numbers came in.
struct Numbers<'a> {
    counters: &'a [Counter],
    organization: OrganizationId,
    own: bool,
}

/// Lets the installation's own numbers go on behind those that came in.
async fn count_on(owner: &Client, ahead: &[(&Counter, i64)]) -> Result<(), Error> {
    for (Counter { sequence, .. }, last) in ahead {
        let next = last + AHEAD;
        owner
            .batch_execute(&format!("select setval('{sequence}', {next}) from {sequence} where last_value <= {last}"))
            .await?;
    }
    Ok(())
}

/// Invites whoever has an address of the archive here without having proved it.
async fn invite_unproved(app: &App, organization: OrganizationId, unproved: Vec<Invite>) -> Result<(), Error> {
    for person in unproved {
        let tx = app.begin(organization, Actor::system("retainer archive import"), Access::Write).await?;
        let email = person.email.clone();
        match invite(&tx, app, person).await {
            Ok(_) => tx.commit().await?,
            Err(error) => tracing::warn!(%email, %error, "somebody who came with an archive could not be invited"),
        }
    }
    Ok(())
}

/// Who is to be invited, while it is known who of the archive is whom: whose membership ended by coming here, not who had
/// left before.
async fn unproved(client: &Client, manifest: &Manifest) -> Result<Vec<Invite>, Error> {
    let query = format!(
        "select u.email, m.role, m.customer_id from memberships m
         join pg_temp.people_of_archive n on n.new = m.user_id and n.unproved
         join users u on u.id = m.user_id
         where m.organization_id = current_organization_id() and m.ended_at = {}",
        arrival(manifest)
    );
    let rows = client.query(&query, &[]).await?;
    rows.iter()
        .map(|row| {
            let customer: Option<Uuid> = row.get("customer_id");
            let customer = customer.map(CustomerId::from_uuid);
            Ok(Invite { email: row.word("email")?, name: None, role: row.word("role")?, customer })
        })
        .collect()
}

/// How many owners it has here. It may have none: one that was imported from a system without an administrator never had.
async fn owners(client: &Client, manifest: &Manifest) -> Result<u64, Error> {
    let query =
        sql!("select count(*) from memberships where organization_id = $1 and role = 'owner' and ended_at is null");
    let row = client.query_one(query, &[manifest.organization.id.as_uuid()]).await?;
    Ok(u64::try_from(row.get::<_, i64>(0)).unwrap_or(0))
}

/// Lets the planner know of rows that it has never heard of. It finds out by itself, too, only later.
async fn analyze(owner: &Client, tables: &[Table]) {
    let names: Vec<String> = tables.iter().map(|table| format!("\"{}\"", table.name)).collect();
    if let Err(error) = owner.batch_execute(&format!("analyze {}", names.join(", "))).await {
        tracing::warn!(%error, "the planner does not know yet of what came in");
    }
}
